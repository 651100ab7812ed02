//! What the formats cost for a hundred thousand findings: all of them, one after the other, and each by itself.
//!
//! Each measurement is a child process, so that time and peak memory are the operating system's figures.

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

mod measured;
mod uniform;

use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, ExitCode};

use kms_audit::assessment::{Assessment, Assessor};
use kms_audit::config::Config;
use kms_audit::facts::AccountId;
use kms_audit::report::{FORMATS, Format, Report};
use kms_audit::results::Results;
use measured::Measured;

/// The program's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ACCOUNTS: u64 = 10;
const KEYS_OF_ACCOUNT: u64 = 10_000;

/// The most CPU time that all formats may take together.
const MOST_SECONDS: f64 = 5.0;
/// The most memory.
const MOST_MEGABYTES: f64 = 200.0;
/// The most that GitHub takes of SARIF, compressed.
const MOST_SARIF_MEGABYTES: f64 = 10.0;

/// What a child is told that writes all formats, and none.
const ALL: &str = "all";
const NONE: &str = "none";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, formats, folder] = arguments.as_slice() {
        write(formats, Path::new(folder));
        return ExitCode::SUCCESS;
    }
    let folder = tempfile::tempdir().unwrap();
    let findings = judge(folder.path()).document.summary.findings.values().sum::<u64>();
    println!("\n{findings} findings, {ACCOUNTS} accounts; without the assessment, which is made anew each time");
    println!("                CPU s  peak MB     bytes");
    let nothing = run(NONE, folder.path());
    for format in FORMATS {
        let written = run(format.name, folder.path());
        let bytes = folder.path().join(format.file).metadata().unwrap().len();
        line(format.name, &written, &nothing, bytes);
    }
    let all = run(ALL, folder.path());
    let bytes = FORMATS
        .iter()
        .map(|format| folder.path().join(format.file).metadata().unwrap().len());
    line("all formats", &all, &nothing, bytes.sum());
    let sarif = gzipped(&folder.path().join("report.sarif"));
    println!(
        "\ntargets: all formats for 100,000 findings in under {MOST_SECONDS} s and {MOST_MEGABYTES} MB; report.sarif under \
         {MOST_SARIF_MEGABYTES} MB compressed: {sarif:.2} MB"
    );
    let seconds = all.cpu.saturating_sub(nothing.cpu).as_secs_f64();
    if findings >= 100_000
        && seconds < MOST_SECONDS
        && all.peak_bytes as f64 / 1e6 < MOST_MEGABYTES
        && sarif < MOST_SARIF_MEGABYTES
    {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn line(what: &str, run: &Measured, nothing: &Measured, bytes: u64) {
    let seconds = run.cpu.saturating_sub(nothing.cpu).as_secs_f64();
    println!("{what:14} {seconds:6.2} {:8.1} {bytes:9}", run.peak_bytes as f64 / 1e6);
}

/// Judges accounts of which every key is a finding, and writes the results.
fn judge(folder: &Path) -> Assessment {
    let accounts: Vec<AccountId> = (0..ACCOUNTS).map(uniform::account_id).collect();
    let results = Results::in_folder(folder);
    let config = Config::default();
    let mut assessor = Assessor::new(&config, uniform::scan(&accounts, 0));
    for number in 0..ACCOUNTS {
        let judged = assessor.judge(&uniform::account(number, KEYS_OF_ACCOUNT, 0));
        results.write(&judged).unwrap();
        assessor.add(judged);
    }
    assessor.finish()
}

fn run(formats: &str, folder: &Path) -> Measured {
    let mut command = Command::new(std::env::current_exe().unwrap());
    measured::run(command.arg(formats).arg(folder))
}

/// The child: judges the accounts, and writes the formats.
fn write(formats: &str, folder: &Path) {
    let assessment = judge(folder);
    let results = Results::in_folder(folder);
    let report = Report::new(&assessment, &results);
    let wanted = |format: &&Format| formats == ALL || format.name == formats;
    for format in FORMATS.iter().filter(wanted) {
        let file = std::fs::File::create(folder.join(format.file)).unwrap();
        let mut file = BufWriter::new(file);
        (format.write)(&report, &mut file).unwrap();
        file.flush().unwrap();
    }
}

/// How large a file is when it is compressed as for an upload, in megabytes.
fn gzipped(path: &Path) -> f64 {
    let output = Command::new("gzip").arg("-c").arg(path).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    output.stdout.len() as f64 / 1e6
}
