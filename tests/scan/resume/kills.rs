//! Kill -9 at random moments: after the run was gone on with, it holds what an uninterrupted one does.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant, SystemTime};

use super::*;

/// How many scans are killed.
const KILLS: u32 = 50;

/// `fixtures/estates/organization.toml`: 200 accounts.
fn organization() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/estates/organization.toml");
    std::fs::read_to_string(path).unwrap()
}

/// The same with fewer accounts and keys that are alike: 22 accounts, of which 16 can be entered.
pub(super) fn small_organization() -> String {
    let few = organization()
        .replace("count = 110\n", "count = 6\n")
        .replace("count = 60\n", "count = 4\n")
        .replace("count = 20\n", "count = 2\n")
        .replace("count = 40\n", "count = 9\n");
    assert!(few.len() < organization().len());
    few
}

/// A generator of numbers that look random: SplitMix64, <https://prng.di.unimi.it/splitmix64.c>.
struct Random(u64);

impl Random {
    /// Of the seed that is asked for, or of the time.
    fn seeded() -> Random {
        let seed = match std::env::var("KMS_AUDIT_TEST_SEED") {
            Ok(seed) => seed.parse().unwrap(),
            Err(_) => SystemTime::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64,
        };
        println!("KMS_AUDIT_TEST_SEED={seed}");
        Random(seed)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }

    fn moment_within(&mut self, time: Duration) -> Duration {
        Duration::from_micros(self.below(time.as_micros() as u64))
    }
}

pub(super) fn start(mut command: Command) -> Child {
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Kills a scan after this time. False if it had ended by itself.
fn killed(command: Command, after: Duration) -> bool {
    let mut scan = start(command);
    let end = Instant::now() + after;
    while Instant::now() < end {
        if scan.try_wait().unwrap().is_some() {
            return false;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    scan.kill().unwrap();
    scan.wait().unwrap().code().is_none()
}

/// Goes on with whatever a killed scan left, as somebody would who reads what the program says.
fn go_on(folder: &Path, flags: &[&str]) {
    let output = resume(folder, &[]).output().unwrap();
    let said = stderr(&output);
    if said.contains("there is nothing to resume") {
        // It was killed after its last file was written.
        return;
    }
    if said.contains("there is no run.json") || !folder.join("out").exists() {
        // It was killed before it had begun.
        assert_success(&scan(folder, flags).output().unwrap());
        return;
    }
    assert!(output.status.success(), "{output:?}");
}

/// One Region, so that fifty scans and what they are gone on with take a minute or two and not a quarter of an hour.
const FLAGS: [&str; 3] = ["--organization", "--region", "eu-west-3"];

/// Kills scans of an estate at random moments, and holds what they are after they were gone on with against an
/// uninterrupted one. Returns how many were killed among their accounts.
fn kill(kills: u32, estate: &str, accounts: usize) -> u32 {
    let folder = tempfile::tempdir().unwrap();
    write_estate(folder.path(), estate);
    let started = Instant::now();
    assert_success(&scan(folder.path(), &FLAGS).output().unwrap());
    let takes = started.elapsed();
    let out = folder.path().join("out");
    let uninterrupted = folder.path().join("uninterrupted");
    std::fs::rename(&out, &uninterrupted).unwrap();
    let scanned = report(&uninterrupted);
    assert_eq!(scanned["scan"]["accounts"].as_array().unwrap().len(), accounts);

    let mut random = Random::seeded();
    let (mut killed_so_far, mut killed_amid) = (0, 0);
    while killed_so_far < kills {
        if !killed(scan(folder.path(), &FLAGS), random.moment_within(takes)) {
            std::fs::remove_dir_all(&out).unwrap();
            continue;
        }
        killed_so_far += 1;
        // Some are killed again while they are gone on with.
        while out.join("run.json").exists() && random.below(4) == 0 && killed_so_far < kills {
            killed_so_far += u32::from(killed(resume(folder.path(), &[]), random.moment_within(takes)));
        }
        let is_amid = out.join("snapshot/accounts").exists() && !out.join("snapshot/scan.json").exists();
        killed_amid += u32::from(is_amid);
        go_on(folder.path(), &FLAGS);
        assert_same_run(&out, &uninterrupted);
        assert_verified(&out);
        std::fs::remove_dir_all(&out).unwrap();
    }
    killed_amid
}

#[test]
fn a_killed_scan_that_is_gone_on_with_holds_what_an_uninterrupted_one_does() {
    let amid = kill(KILLS, &small_organization(), 16);
    assert!(amid >= KILLS / 5, "only {amid} scans were killed among their accounts");
}

#[test]
fn a_killed_scan_of_two_hundred_accounts_is_gone_on_with() {
    kill(2, &organization(), 194);
}

#[cfg(unix)]
#[test]
fn a_scan_that_was_stopped_is_gone_on_with_from_the_accounts_it_had_finished() {
    let folder = tempfile::tempdir().unwrap();
    let slow = "\n[[fault]]\nkind = \"delay\"\nms = 40\nservice = \"kms\"\n";
    let estate = small_organization();
    write_estate(folder.path(), &format!("{estate}{slow}"));
    let out = folder.path().join("out");
    let mut stopped = start(scan(folder.path(), &FLAGS));
    while !out.join("snapshot/accounts").exists() {
        assert!(stopped.try_wait().unwrap().is_none());
        std::thread::sleep(Duration::from_millis(5));
    }
    let interrupt = Command::new("kill").arg("-INT").arg(stopped.id().to_string()).status();
    assert!(interrupt.unwrap().success());
    assert_eq!(stopped.wait().unwrap().code(), Some(130));
    let stopped = report(&out);
    super::super::accounts::assert_none_is_missing(&stopped);
    assert_eq!(stopped["scan"]["interrupted"], true);
    assert_eq!(stopped["coverage"]["complete"], false);
    assert_verified(&out);

    write_estate(folder.path(), &estate);
    assert_success(&resume(folder.path(), &["--fail-on-gaps"]).output().unwrap());
    let resumed = folder.path().join("resumed");
    std::fs::rename(&out, &resumed).unwrap();
    assert_success(&scan(folder.path(), &FLAGS).output().unwrap());
    assert_same_run(&resumed, &out);
    assert_verified(&resumed);
}
