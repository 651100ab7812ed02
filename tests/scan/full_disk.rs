//! A disk that is full: the error says which file could not be written and what to do, the earlier run is untouched, and
//! nothing lies under its final name that is not whole.
//!
//! Each test runs itself again in a mount namespace of its own, where it may mount a small tmpfs. That takes root, or
//! user namespaces.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::run::command_into;

/// Set where the test is in its namespace.
const INSIDE: &str = "KMS_AUDIT_TEST_MAY_MOUNT";

/// What a tmpfs gives out at least.
const PAGE: usize = 4096;

/// Reports of several pages.
const ESTATE: &str = r#"
as_of = "2026-06-15T06:00:00Z"
[account]
id = "111122223333"
[[region]]
name = "eu-west-3"
[[region.key]]
count = 40
alias = "alias/app-{n}"
[[bucket]]
name = "costly"
region = "eu-west-3"
encryption = "SSE-KMS"
"#;

/// Runs a test where it may mount something.
fn where_it_may_mount(test: &str, body: fn()) {
    if std::env::var_os(INSIDE).is_some() {
        return body();
    }
    let program = std::env::current_exe().unwrap();
    let ways: [&[&str]; 2] = [&["--mount"], &["--user", "--map-root-user", "--mount"]];
    let may_mount = |way: &&&[&str]| {
        let mount = ["mount", "-t", "tmpfs", "none", "/mnt"];
        let tried = Command::new("unshare").args(**way).args(mount).output();
        tried.is_ok_and(|output| output.status.success())
    };
    let way = ways.iter().find(may_mount).expect(
        "this test mounts a small tmpfs: run it as root, or allow user namespaces (sysctl kernel.unprivileged_userns_clone=1, \
         or kernel.apparmor_restrict_unprivileged_userns=0), and install unshare (util-linux)",
    );
    let output = Command::new("unshare")
        .args(*way)
        .arg(program)
        .args([&format!("full_disk::{test}"), "--exact", "--nocapture"])
        .env(INSIDE, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

/// A small disk, with a finished run on it.
struct Disk {
    folder: tempfile::TempDir,
    estate: tempfile::NamedTempFile,
    /// The files of the earlier run.
    earlier: BTreeMap<PathBuf, Vec<u8>>,
}

impl Disk {
    fn with_a_run() -> Disk {
        let folder = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=1m,nr_inodes=200", "none"]);
        assert!(mount.arg(folder.path()).status().unwrap().success());
        let estate = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
        fs::write(estate.path(), ESTATE).unwrap();
        let mut disk = Disk {
            folder,
            estate,
            earlier: BTreeMap::new(),
        };
        let output = disk.scan("earlier");
        assert!(output.status.success(), "{output:?}");
        disk.earlier = files(&disk.path("earlier"));
        disk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn scan(&self, name: &str) -> Output {
        command_into(Path::new("/tmp"), self.estate.path(), &self.path(name))
            .output()
            .unwrap()
    }

    fn program(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kms-audit"));
        command.args(arguments).current_dir(self.folder.path());
        command
    }

    /// Writes until so many pages are left.
    fn fill(&self, pages_left: usize) {
        let mut ballast = File::create(self.path("ballast")).unwrap();
        while ballast.write_all(&[0; PAGE]).is_ok() {}
        let full = ballast.metadata().unwrap().len();
        ballast.set_len(full - (pages_left * PAGE) as u64).unwrap();
    }

    /// Makes empty files until so many more can be made.
    fn use_up_files(&self, files_left: usize) {
        fs::create_dir(self.path("ballast")).unwrap();
        let names = (0..).map(|n| self.path("ballast").join(n.to_string()));
        let made: Vec<PathBuf> = names.take_while(|path| File::create(path).is_ok()).collect();
        for path in made.iter().rev().take(files_left) {
            fs::remove_file(path).unwrap();
        }
    }

    /// Makes room again.
    fn clear(&self) {
        for name in ["ballast", "later"] {
            let path = self.path(name);
            if path.is_dir() {
                fs::remove_dir_all(path).unwrap();
            } else if path.exists() {
                fs::remove_file(path).unwrap();
            }
        }
    }

    fn check_earlier_run(&self) {
        let verified = self.program(&["verify", "earlier"]).output().unwrap();
        assert_eq!(verified.status.code(), Some(0), "{verified:?}");
    }

    /// Looks at what a run left that had no room; returns the file that the error names.
    fn check_later_run(&self, output: &Output) -> String {
        let error = stderr(output);
        assert_eq!(output.status.code(), Some(1), "{error}");
        let left = if self.path("later").exists() {
            files(&self.path("later"))
        } else {
            BTreeMap::new()
        };
        assert!(!left.contains_key(Path::new("manifest.json")), "{error}");
        // In a sandbox time stands still, so that a file which is whole is that of the earlier run.
        for (name, content) in &left {
            assert!(
                self.earlier.get(name) == Some(content),
                "{} is not whole: {error}",
                name.display()
            );
        }
        let verified = self.program(&["verify", "later"]).output().unwrap();
        assert_eq!(verified.status.code(), Some(1), "{verified:?}");
        let later = self.path("later").display().to_string();
        assert!(error.contains(&later), "{error}");
        // What to do about it may name the folder too.
        let Some((_, rest)) = error.split_once(&format!("{later}/")) else {
            return String::new();
        };
        rest.split([':', ';']).next().unwrap().to_owned()
    }
}

/// Every file below a folder with its content.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = walkdir::WalkDir::new(folder).into_iter().map(Result::unwrap);
    entries
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let name = entry.path().strip_prefix(folder).unwrap().to_owned();
            (name, fs::read(entry.path()).unwrap())
        })
        .collect()
}

fn stderr(output: &Output) -> String {
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(!said.contains("panicked"), "{said}");
    said
}

/// That an error says what happened, and what to do.
fn check_advice(error: &str) {
    assert!(error.contains("No space left on device"), "{error}");
    assert!(error.contains("\n  Free some space"), "{error}");
}

/// Runs something with more and more room, until it has enough. Returns which files had no room.
fn with_more_and_more_room(disk: &Disk, leave: impl Fn(usize), run: impl Fn() -> Output) -> BTreeSet<String> {
    let mut without_room = BTreeSet::new();
    for left in 0.. {
        assert!(left < 200, "it never had room enough");
        leave(left);
        let output = run();
        disk.check_earlier_run();
        if output.status.success() {
            let verified = disk.program(&["verify", "later"]).output().unwrap();
            assert_eq!(verified.status.code(), Some(0), "{verified:?}");
            disk.clear();
            break;
        }
        without_room.insert(disk.check_later_run(&output));
        check_advice(&stderr(&output));
        disk.clear();
    }
    without_room
}

#[test]
fn a_scan_without_room_ends_with_an_error_and_leaves_nothing_half_written() {
    where_it_may_mount(
        "a_scan_without_room_ends_with_an_error_and_leaves_nothing_half_written",
        || {
            let disk = Disk::with_a_run();
            let without_room = with_more_and_more_room(&disk, |left| disk.fill(left), || disk.scan("later"));
            for file in [
                "snapshot/accounts/account_id=111122223333/part.jsonl.zst",
                "snapshot/scan.json",
                "findings/account_id=111122223333/part.jsonl.zst",
                "report.json",
                "report.md",
                "manifest.json",
            ] {
                assert!(without_room.contains(file), "{file} always had room: {without_room:?}");
            }
        },
    );
}

#[test]
fn a_scan_on_a_disk_that_takes_no_more_files_ends_in_the_same_way() {
    where_it_may_mount("a_scan_on_a_disk_that_takes_no_more_files_ends_in_the_same_way", || {
        let disk = Disk::with_a_run();
        let without_room = with_more_and_more_room(&disk, |left| disk.use_up_files(left), || disk.scan("later"));
        assert!(
            without_room.contains("") && without_room.contains("manifest.json"),
            "{without_room:?}"
        );
    });
}

#[test]
fn an_assessment_without_room_ends_in_the_same_way() {
    where_it_may_mount("an_assessment_without_room_ends_in_the_same_way", || {
        let disk = Disk::with_a_run();
        let assess = || {
            let mut command = disk.program(&["assess", "earlier", "--out"]);
            command.arg(disk.path("later")).output().unwrap()
        };
        let without_room = with_more_and_more_room(&disk, |left| disk.fill(left), assess);
        for file in [
            "inventory/account_id=111122223333/part.jsonl.zst",
            "report.json",
            "manifest.json",
        ] {
            assert!(without_room.contains(file), "{file} always had room: {without_room:?}");
        }
    });
}

#[test]
fn what_is_compared_on_a_full_disk_is_an_error_wherever_it_goes() {
    where_it_may_mount("what_is_compared_on_a_full_disk_is_an_error_wherever_it_goes", || {
        let disk = Disk::with_a_run();
        disk.fill(0);
        for (arguments, into) in [
            (&["diff", "earlier", "earlier"][..], "stdout"),
            (&["diff", "earlier", "earlier", "--format", "json"], "stdout"),
            (&["diff", "earlier", "earlier", "--format", "markdown"], "stdout"),
            (&["diff", "earlier", "earlier", "--out", "changes"], "changes"),
            (&["trend", "earlier"], "stdout"),
            (&["trend", "earlier", "--format", "json"], "stdout"),
            (&["trend", "earlier", "--format", "csv"], "stdout"),
            (&["trend", "earlier", "--format", "csv", "--out", "numbers"], "numbers"),
            (&["trend", "earlier", "earlier", "--chart", "chart.svg"], "chart.svg"),
            (&["verify", "earlier"], "stdout"),
            (&["checks", "show", "unused-key"], "stdout"),
        ] {
            let stdout = File::create(disk.path("stdout")).unwrap();
            let output = disk.program(arguments).stdout(stdout).output().unwrap();
            let error = stderr(&output);
            assert_eq!(output.status.code(), Some(1), "{arguments:?}: {error}");
            assert!(
                error.contains(&format!(
                    "cannot write {}",
                    if into == "stdout" { "to stdout" } else { into }
                )),
                "{arguments:?}: {error}"
            );
            check_advice(&error);
            assert!(
                into == "stdout" || !disk.path(into).exists(),
                "{arguments:?} left half a file"
            );
            let left: Vec<_> = fs::read_dir(disk.folder.path())
                .unwrap()
                .map(|entry| entry.unwrap().file_name())
                .collect();
            assert_eq!(left.len(), 3, "{arguments:?}: {left:?}");
        }
        disk.check_earlier_run();
    });
}
