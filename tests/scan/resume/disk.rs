//! A disk that is full.

use super::*;

/// A file system of this size that is taken away again.
struct SmallDisk {
    folder: tempfile::TempDir,
}

impl SmallDisk {
    /// `None` where this user may not mount one.
    fn mount(kilobytes: u32) -> Option<SmallDisk> {
        let folder = tempfile::tempdir().unwrap();
        let output = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={kilobytes}k"), "tmpfs"])
            .arg(folder.path())
            .output();
        match output {
            Ok(output) if output.status.success() => Some(SmallDisk { folder }),
            Ok(output) => {
                println!("skipped: {}", String::from_utf8_lossy(&output.stderr));
                None
            }
            Err(error) => {
                println!("skipped: {error}");
                None
            }
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg(self.folder.path()).status();
        assert!(unmounted.unwrap().success());
    }
}

#[test]
fn a_disk_that_fills_up_is_a_clear_error_and_the_run_is_gone_on_with_when_there_is_room() {
    let Some(disk) = SmallDisk::mount(16_384) else { return };
    let folder = disk.folder.path();
    write_estate(folder, ORGANIZATION);
    let flags = ["--organization"];
    assert_success(&scan(folder, &flags).output().unwrap());
    let earlier = folder.join("earlier");
    std::fs::rename(folder.join("out"), &earlier).unwrap();
    let before = files(&earlier);
    let needs: u64 = walk(&earlier)
        .iter()
        .map(|file| file.metadata().unwrap().len().div_ceil(4096) * 4096)
        .sum();

    let ballast = folder.join("ballast");
    for part in [1, 2, 3, 6, 9] {
        // Room for some tenths of the run.
        let room = needs * part / 10;
        std::fs::write(&ballast, vec![0; usize::try_from(room).unwrap()]).unwrap();
        let fill = folder.join("fill");
        let mut filling = std::fs::File::create(&fill).unwrap();
        while std::io::Write::write_all(&mut filling, &[0; 4096]).is_ok() {}
        drop(filling);
        std::fs::remove_file(&ballast).unwrap();

        let output = scan(folder, &flags).output().unwrap();
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{part}: {said}");
        assert!(said.contains("No space left on device"), "{part}: {said}");
        assert!(files(&earlier) == before, "the earlier run is untouched");
        assert_verified(&earlier);
        let out = folder.join("out");
        // What is there under its final name can be read to its end.
        if out.exists() {
            files(&out);
        }

        std::fs::remove_file(&fill).unwrap();
        match out.join("run.json").exists() {
            true => assert_success(&resume(folder, &[]).output().unwrap()),
            false => assert_success(&scan(folder, &flags).output().unwrap()),
        }
        assert_same_run(&out, &earlier);
        assert_verified(&out);
        std::fs::remove_dir_all(&out).unwrap();
    }
}
