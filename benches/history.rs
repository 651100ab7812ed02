//! What it costs to write a snapshot of a million keys, to read it back, and to compare two of them, and that memory
//! follows one account and not all.
//!
//! Everything runs in child processes, so that CPU time and peak memory are the operating system's figures. The child
//! that writes makes the facts of one account after the other; one does nothing else, and its CPU time is taken off. What
//! is compared are two whole runs, judged and with their manifests, of which one key in a hundred has another tag.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, missing_docs)]

mod measured;
mod uniform;

use std::path::Path;
use std::process::{Command, ExitCode};

use kms_audit::assessment::Assessor;
use kms_audit::config::Config;
use kms_audit::diff::{ChangeKind, Totals, walk};
use kms_audit::evidence::{Origin, write_manifest};
use kms_audit::facts::AccountId;
use kms_audit::results::Results;
use kms_audit::runs::{Run, RunError};
use kms_audit::snapshot::{SnapshotReader, SnapshotWriter};
use measured::Measured;

/// The program's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const KEYS_OF_ACCOUNT: u64 = 10_000;
const MANY: u64 = 1_000_000;
const FEW: u64 = 100_000;
const RUNS: usize = 3;

/// The fewest keys a second that are to be written, and to be read, on one core.
const LEAST_KEYS_PER_SECOND: f64 = 300_000.0;
/// The most that a key may take on disk.
const MOST_BYTES: f64 = 60.0;
/// The most CPU time that comparing two runs of the many may take; the two are read on a core each.
const MOST_SECONDS: f64 = 20.0;
/// The most memory that comparing the many may take, as a multiple of what comparing the few takes.
const MOST_GROWTH: f64 = 1.10;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, part, keys, folder] = arguments.as_slice()
        && let Ok(keys) = keys.parse()
    {
        work(part, keys, Path::new(folder));
        return ExitCode::SUCCESS;
    }
    println!("\n{KEYS_OF_ACCOUNT} keys in each account; CPU time without that of making the facts");
    println!("                              keys    CPU s    wall s    keys/s  peak MB  on disk, bytes/key");
    let (few, many) = (measure(FEW), measure(MANY));
    let growth = many.compared.peak_bytes as f64 / few.compared.peak_bytes as f64;
    println!(
        "\ntargets: {LEAST_KEYS_PER_SECOND} keys/s of one core, written and read; under {MOST_BYTES} bytes a key; {MANY} \
         keys compared in under {MOST_SECONDS} s of one core; memory at most {MOST_GROWTH} x that of {FEW}: {growth:.2} x"
    );
    let is_fast = many.compared.cpu.as_secs_f64() < MOST_SECONDS;
    if few.is_fast && many.is_fast && is_fast && growth <= MOST_GROWTH {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

struct Figures {
    /// Whether writing, reading and the size on disk are as they should be.
    is_fast: bool,
    compared: Measured,
}

fn measure(keys: u64) -> Figures {
    let folder = tempfile::tempdir().unwrap();
    let facts = run("facts", keys, folder.path());
    let mut written = run("written", keys, folder.path());
    written.cpu = written.cpu.saturating_sub(facts.cpu);
    let read = run("read", keys, folder.path());
    let on_disk = size(&folder.path().join("old/snapshot/keys"));
    line("making the facts", keys, &facts, 0);
    let wrote = line("written", keys, &written, on_disk);
    let read = line("read", keys, &read, 0);
    run("runs", keys, folder.path());
    // How much memory two threads hold on to is a matter of chance.
    let runs = (0..RUNS).map(|_| run("compared", keys, folder.path()));
    let compared = runs.min_by_key(|run| run.peak_bytes).unwrap();
    line("compared, two of them", keys, &compared, 0);
    Figures {
        is_fast: wrote >= LEAST_KEYS_PER_SECOND
            && read >= LEAST_KEYS_PER_SECOND
            && (on_disk as f64) < MOST_BYTES * keys as f64,
        compared,
    }
}

/// Prints a line of figures; the keys a second of CPU time.
fn line(what: &str, keys: u64, run: &Measured, on_disk: u64) -> f64 {
    let rate = keys as f64 / run.cpu.as_secs_f64();
    println!(
        "{what:26} {keys:8} {:8.2}  {:8.2} {rate:9.0} {:8.1} {:8.1}",
        run.cpu.as_secs_f64(),
        run.wall.as_secs_f64(),
        run.peak_bytes as f64 / 1e6,
        on_disk as f64 / keys as f64
    );
    rate
}

fn run(part: &str, keys: u64, folder: &Path) -> Measured {
    let mut command = Command::new(std::env::current_exe().unwrap());
    measured::run(command.args([part, &keys.to_string()]).arg(folder))
}

fn size(path: &Path) -> u64 {
    if path.is_file() {
        return path.metadata().unwrap().len();
    }
    let entries = std::fs::read_dir(path).unwrap();
    entries.map(|entry| size(&entry.unwrap().path())).sum()
}

/// The child.
fn work(part: &str, keys: u64, folder: &Path) {
    let accounts: Vec<AccountId> = (0..keys / KEYS_OF_ACCOUNT).map(uniform::account_id).collect();
    let snapshot = folder.join("old/snapshot");
    match part {
        "facts" => {
            for number in 0..accounts.len() as u64 {
                std::hint::black_box(uniform::account(number, KEYS_OF_ACCOUNT, 0));
            }
        }
        "written" => {
            let writer = SnapshotWriter::create(&snapshot).unwrap();
            for number in 0..accounts.len() as u64 {
                writer
                    .write_account(&uniform::account(number, KEYS_OF_ACCOUNT, 0))
                    .unwrap();
            }
            writer.finish(&uniform::scan(&accounts, 0)).unwrap();
        }
        "read" => {
            let reader = SnapshotReader::open(&snapshot).unwrap();
            for id in &accounts {
                std::hint::black_box(reader.account(id).unwrap());
            }
        }
        "runs" => {
            for (week, name) in [(0, "old"), (1, "new")] {
                write_run(&accounts, week, &folder.join(name));
            }
        }
        "compared" => {
            let [old, new] = ["old", "new"].map(|name| Run::open(&folder.join(name)).unwrap());
            let mut totals = Totals::default();
            walk(&old, &new, |account| -> Result<(), RunError> {
                totals.add(account);
                Ok(())
            })
            .unwrap();
            let changes = &totals.summary.changes;
            assert_eq!(changes[&ChangeKind::KeyTagsChanged], keys / 100, "{changes:?}");
            assert_eq!(changes.len(), 1, "{changes:?}");
            assert_eq!(totals.summary.keys_in_both, keys);
        }
        part => panic!("no part {part}"),
    }
}

/// A whole run: its snapshot, what that comes to, and its manifest.
fn write_run(accounts: &[AccountId], week: u64, folder: &Path) {
    let scan = uniform::scan(accounts, week);
    let writer = SnapshotWriter::create(&folder.join("snapshot")).unwrap();
    let (results, config) = (Results::in_folder(folder), Config::default());
    let mut assessor = Assessor::new(&config, scan.clone());
    for number in 0..accounts.len() as u64 {
        let facts = uniform::account(number, KEYS_OF_ACCOUNT, week);
        writer.write_account(&facts).unwrap();
        let judged = assessor.judge(&facts);
        results.write(&judged).unwrap();
        assessor.add(judged);
    }
    writer.finish(&scan).unwrap();
    let assessment = assessor.finish();
    results
        .write_about_configuration(&assessment.about_configuration)
        .unwrap();
    write_manifest(folder, &assessment.document, Origin::Collected).unwrap();
}
