//! What scanning a whole organization costs: calls a second, CPU for each call, collecting and writing the snapshot, beside the
//! SDK alone making the same calls over the same connection, and that memory follows the accounts in flight and not the keys.
//!
//! The AWS is `kms-audit sandbox serve` in a process of its own, on the same machine. Everything is measured by the
//! operating system, of child processes that have ended.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};

use serde_json::Value;

mod floor;
#[path = "../measured/mod.rs"]
mod measured;

use measured::{Measured, address, run};

/// The program's allocator, for the floor.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ACCOUNTS: u64 = 1_000;
const REGIONS: u64 = 17;
const MANY: u64 = 1_000_000;
const FEW: u64 = 100_000;
/// How many of the accounts the floor asks about.
const FLOOR_ACCOUNTS: usize = 25;
/// The keys of the account that is scanned with pacing, of which every call is counted by the published quota.
const PACED_KEYS: u64 = 3_200;
/// The share of the published quotas that a scan takes where nothing else is said.
const SHARE: f64 = 0.2;

const LEAST_CALLS_PER_SECOND: f64 = 6_000.0;
const MOST_BYTES: u64 = 300_000_000;
const MOST_GROWTH: f64 = 1.10;
const MOST_RATIO: f64 = 1.5;
const MOST_PACED: f64 = 1.15;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, part, url, as_of, rotations] = arguments.as_slice()
        && part == "floor"
    {
        let mix = floor::Mix {
            accounts: FLOOR_ACCOUNTS,
            as_of: as_of.parse().unwrap(),
            rotations: rotations.parse().unwrap(),
        };
        println!("{}", floor::make_calls(url, &mix));
        return ExitCode::SUCCESS;
    }
    let folder = tempfile::tempdir().unwrap();
    println!("\n                              calls    wall s  calls/s  CPU us/call  ratio  throttled  peak MB");
    let off = ["--organization", "--api-share", "off", "--last-usage-budget", "0s"];
    let few = measure(folder.path(), "few", [ACCOUNTS, REGIONS, FEW], "", &off);
    let many = measure(folder.path(), "many", [ACCOUNTS, REGIONS, MANY], "", &off);
    // Every call is counted by the published quota: one too many is throttled.
    let throttle = "\n[[fault]]\nkind = \"throttle\"\n";
    let share = ["--last-usage-budget", "0s"];
    let paced = measure(folder.path(), "paced", [1, 1, PACED_KEYS], throttle, &share);

    let growth = many.measured.peak_bytes as f64 / few.measured.peak_bytes as f64;
    let allowed = paced.said.seconds_allowed;
    let over = paced.measured.wall.as_secs_f64() / allowed;
    println!(
        "\n{ACCOUNTS} accounts in {REGIONS} Regions; memory for ten times the keys: {growth:.2} x; paced: {over:.2} x the \
         {allowed:.1} s that the calls need at the allowed rate"
    );
    println!(
        "targets: {LEAST_CALLS_PER_SECOND} calls/s and a ratio of at most {MOST_RATIO} with pacing off, under {} MB, memory \
         at most {MOST_GROWTH} x, paced at most {MOST_PACED} x and not throttled",
        MOST_BYTES / 1_000_000
    );
    let is_fast = |scan: &Scan| scan.calls_per_second() >= LEAST_CALLS_PER_SECOND && scan.ratio <= MOST_RATIO;
    let is_small = many.measured.peak_bytes < MOST_BYTES && growth <= MOST_GROWTH;
    let is_polite = over <= MOST_PACED && paced.said.throttled == 0;
    let all_well = is_fast(&few) && is_fast(&many) && is_small && is_polite;
    if all_well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Scans a generated estate, lets the floor ask the same server, and prints both.
fn measure(folder: &Path, name: &str, size: [u64; 3], faults: &str, flags: &[&str]) -> Scan {
    let keys = size[2];
    let estate = Estate::write(folder, name, size, faults);
    let server = estate.serve();
    let Scanned {
        measured,
        judging,
        said,
    } = estate.scan(&server, flags);
    assert_eq!((said.keys, said.complete), (keys, true), "not everything was read");
    let calls = said.calls;
    let floor = (size[0] > 1).then(|| estate.floor(&server, &said));
    let floor_call = floor
        .as_ref()
        .map_or(f64::NAN, |(floor, calls)| floor.cpu.as_secs_f64() / *calls as f64);
    if let Some((floor, calls)) = &floor {
        line(&format!("bare SDK, {FLOOR_ACCOUNTS} accounts"), *calls, floor, 1.0, 0);
    }
    // Judging and the reports come after the calls, and have a bench of their own.
    let collecting = measured.cpu.saturating_sub(judging.cpu);
    let ratio = collecting.as_secs_f64() / calls as f64 / floor_call;
    line(
        &format!("{keys} keys {}", flags.join(" ")),
        calls,
        &measured,
        ratio,
        said.throttled,
    );
    Scan { measured, said, ratio }
}

fn line(what: &str, calls: u64, run: &Measured, ratio: f64, throttled: u64) {
    let wall = run.wall.as_secs_f64();
    println!(
        "{what:26} {calls:8} {wall:9.2} {:8.0} {:12.1} {ratio:6.2} {throttled:10} {:8.1}",
        calls as f64 / wall,
        run.cpu.as_secs_f64() * 1e6 / calls as f64,
        run.peak_bytes as f64 / 1e6
    );
}

/// An estate that is served while it is asked.
struct Estate {
    file: std::path::PathBuf,
    out: std::path::PathBuf,
}

/// A server that ends with this.
struct Server {
    process: Child,
    url: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A scan, what it took, and what it took to judge its snapshot once more.
struct Scanned {
    measured: Measured,
    judging: Measured,
    said: Said,
}

/// A scan, measured.
struct Scan {
    measured: Measured,
    said: Said,
    /// The CPU time of a call beside that of the floor, without that of judging.
    ratio: f64,
}

/// What the manifest says of a scan.
struct Said {
    calls: u64,
    throttled: u64,
    keys: u64,
    complete: bool,
    /// The moment of the estate, in seconds.
    as_of: i64,
    /// Of this part of the keys the rotations were asked for.
    rotations: f64,
    /// How long the calls of the slowest operation take at the allowed rate, in one account and Region.
    seconds_allowed: f64,
}

impl Estate {
    fn write(folder: &Path, name: &str, [accounts, regions, keys]: [u64; 3], faults: &str) -> Self {
        let numbers = [("--accounts", accounts), ("--regions", regions), ("--keys", keys)];
        let mut generate = kms_audit();
        generate.args(["sandbox", "generate"]);
        for (flag, number) in numbers {
            generate.arg(flag).arg(number.to_string());
        }
        let output = generate.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let file = folder.join(format!("{name}.toml"));
        let mut out = std::fs::File::create(&file).unwrap();
        out.write_all(&output.stdout).unwrap();
        out.write_all(faults.as_bytes()).unwrap();
        Estate {
            file,
            out: folder.join(name),
        }
    }

    fn serve(&self) -> Server {
        let mut process = kms_audit()
            .args(["sandbox", "serve"])
            .arg(&self.file)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let url = address(&mut process).expect("the server gives its address");
        Server { process, url }
    }

    /// The floor asks the server that was scanned, in the mix of the scan. Says what it took and how many calls it made.
    fn floor(&self, server: &Server, said: &Said) -> (Measured, u64) {
        let me = std::env::current_exe().unwrap();
        let mut floor = Command::new(me);
        floor.args(["floor", &server.url]);
        floor.args([said.as_of.to_string(), said.rotations.to_string()]);
        let calls = self.out.with_extension("calls");
        floor.stdout(std::fs::File::create(&calls).unwrap());
        let measured = run(&mut floor);
        (
            measured,
            std::fs::read_to_string(calls).unwrap().trim().parse().unwrap(),
        )
    }

    fn scan(&self, server: &Server, flags: &[&str]) -> Scanned {
        let mut scan = kms_audit();
        scan.args(["scan", "--sandbox", &server.url]).args(flags);
        let measured = run(scan.arg("--out").arg(&self.out).stdout(Stdio::null()));
        let said = Said::in_folder(&self.out);
        let again = self.out.with_extension("again");
        let mut assess = kms_audit();
        assess.arg("assess").arg(&self.out).arg("--out").arg(&again);
        let judging = run(assess.stdout(Stdio::null()));
        std::fs::remove_dir_all(again).unwrap();
        // What a million keys are on disk is not needed any more.
        std::fs::remove_dir_all(&self.out).unwrap();
        Scanned {
            measured,
            judging,
            said,
        }
    }
}

impl Scan {
    fn calls_per_second(&self) -> f64 {
        self.said.calls as f64 / self.measured.wall.as_secs_f64()
    }
}

impl Said {
    fn in_folder(out: &Path) -> Self {
        let manifest: Value = serde_json::from_slice(&std::fs::read(out.join("manifest.json")).unwrap()).unwrap();
        let sum = |field: &str| -> u64 {
            let rows = manifest["api_calls"].as_array().unwrap().iter();
            rows.map(|row| row[field].as_u64().unwrap()).sum()
        };
        let page = std::fs::read_to_string(out.join("report.md")).unwrap();
        let keys = page
            .lines()
            .find_map(|line| line.strip_prefix("| Customer managed keys | "));
        let keys = keys.unwrap().trim_end_matches(" |").replace(',', "");
        let calls_of = |operation: &str| -> f64 {
            let rows = manifest["api_calls"].as_array().unwrap().iter();
            let of = rows.filter(|row| row["operation"] == operation);
            of.map(|row| row["calls"].as_f64().unwrap()).sum()
        };
        let as_of: jiff::Timestamp = manifest["as_of"].as_str().unwrap().parse().unwrap();
        Said {
            calls: sum("calls"),
            throttled: sum("throttled"),
            keys: keys.parse().unwrap(),
            complete: manifest["coverage_complete"].as_bool().unwrap(),
            as_of: as_of.as_second(),
            rotations: calls_of("ListKeyRotations") / calls_of("DescribeKey"),
            seconds_allowed: kms_audit::aws::OPERATIONS
                .iter()
                .filter(|operation| operation.service == "kms")
                .map(|operation| calls_of(operation.name) / (operation.requests_per_second * SHARE))
                .fold(0.0, f64::max),
        }
    }
}

fn kms_audit() -> Command {
    Command::new(env!("CARGO_BIN_EXE_kms-audit"))
}
