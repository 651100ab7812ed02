//! What scanning a whole organization costs: calls a second, CPU for each call beside a bare loop of the SDK over the
//! same connection, and that memory follows the accounts in flight and not the keys.
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

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use aws_sdk_kms::config::{BehaviorVersion, Credentials, Region, StalledStreamProtectionConfig};
use futures_util::{StreamExt, stream};
use serde_json::Value;
use wait4::Wait4;

/// The program's allocator, for the floor.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ACCOUNTS: u64 = 1_000;
const REGIONS: u64 = 17;
const MANY: u64 = 1_000_000;
const FEW: u64 = 100_000;
const FLOOR_CALLS: usize = 100_000;
/// How many requests the floor has in flight, as the scanner has in an account.
const FLOOR_AT_ONCE: usize = 64;
/// The keys of the account that is scanned with pacing, of which every call is counted by the published quota.
const PACED_KEYS: u64 = 3_200;
/// A fifth of the published 2,000 `DescribeKey` a second.
const PACED_RATE: f64 = 400.0;

const LEAST_CALLS_PER_SECOND: f64 = 6_000.0;
const MOST_BYTES: u64 = 300_000_000;
const MOST_GROWTH: f64 = 1.10;
const MOST_RATIO: f64 = 1.5;
const MOST_PACED: f64 = 1.15;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, part, url] = arguments.as_slice()
        && part == "floor-loop"
    {
        floor_loop(url);
        return ExitCode::SUCCESS;
    }
    let folder = tempfile::tempdir().unwrap();
    println!("\n                              calls    wall s  calls/s  CPU us/call  ratio  throttled  peak MB");
    let large = Estate::write(folder.path(), "many", [ACCOUNTS, REGIONS, MANY], "");
    let floor = large.floor();
    line("bare SDK DescribeKey", FLOOR_CALLS as u64, &floor, 1.0, 0);
    let floor_call = floor.cpu.as_secs_f64() / FLOOR_CALLS as f64;
    let mut all_well = true;
    let mut peaks = Vec::new();
    for (estate, keys) in [
        (Estate::write(folder.path(), "few", [ACCOUNTS, REGIONS, FEW], ""), FEW),
        (large, MANY),
    ] {
        let scan = estate.scan(&["--organization", "--api-share", "off", "--last-usage-budget", "0s"]);
        scan.run.assert_complete(keys);
        let ratio = scan.cpu_per_call() / floor_call;
        line(
            &format!("{keys} keys, pacing off"),
            scan.run.calls,
            &scan.measured,
            ratio,
            scan.run.throttled,
        );
        all_well &= scan.calls_per_second() >= LEAST_CALLS_PER_SECOND && ratio <= MOST_RATIO;
        peaks.push(scan.measured.peak_bytes);
    }
    let growth = peaks[1] as f64 / peaks[0] as f64;
    all_well &= peaks[1] < MOST_BYTES && growth <= MOST_GROWTH;

    let throttle = "\n[[fault]]\nkind = \"throttle\"\n";
    let paced = Estate::write(folder.path(), "paced", [1, 1, PACED_KEYS], throttle);
    let scan = paced.scan(&["--last-usage-budget", "0s"]);
    scan.run.assert_complete(PACED_KEYS);
    let ratio = scan.cpu_per_call() / floor_call;
    line(
        &format!("{PACED_KEYS} keys, share 20 %"),
        scan.run.calls,
        &scan.measured,
        ratio,
        scan.run.throttled,
    );
    let allowed = PACED_KEYS as f64 / PACED_RATE;
    let paced = scan.measured.wall.as_secs_f64() / allowed;
    all_well &= paced <= MOST_PACED && scan.run.throttled == 0;
    println!(
        "\n{ACCOUNTS} accounts in {REGIONS} Regions; memory for ten times the keys: {growth:.2} x; paced: {paced:.2} x the \
         {allowed:.1} s that the calls need at the allowed rate"
    );
    println!(
        "targets: {LEAST_CALLS_PER_SECOND} calls/s, ratio at most {MOST_RATIO}, under {} MB, memory at most {MOST_GROWTH} \
         x, paced at most {MOST_PACED} x and not throttled",
        MOST_BYTES / 1_000_000
    );
    if all_well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

struct Measured {
    wall: Duration,
    cpu: Duration,
    peak_bytes: u64,
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

/// A scan, measured.
struct Scan {
    measured: Measured,
    run: Said,
}

/// What the manifest says of a scan.
struct Said {
    calls: u64,
    throttled: u64,
    keys: u64,
    complete: bool,
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
        let mut first_line = String::new();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        stdout.read_line(&mut first_line).unwrap();
        let url = first_line.trim().strip_prefix("AWS_ENDPOINT_URL=").map(str::to_owned);
        let url = url.unwrap_or_else(|| panic!("the server does not give its address: {first_line}"));
        Server { process, url }
    }

    fn floor(&self) -> Measured {
        let server = self.serve();
        let me = std::env::current_exe().unwrap();
        run(Command::new(me).args(["floor-loop", &server.url]))
    }

    fn scan(self, flags: &[&str]) -> Scan {
        let server = self.serve();
        let mut scan = kms_audit();
        scan.args(["scan", "--sandbox", &server.url]).args(flags);
        let measured = run(scan.arg("--out").arg(&self.out).stdout(Stdio::null()));
        let run = Said::in_folder(&self.out);
        // What a million keys are on disk is not needed any more.
        std::fs::remove_dir_all(&self.out).unwrap();
        Scan { measured, run }
    }
}

impl Scan {
    fn cpu_per_call(&self) -> f64 {
        self.measured.cpu.as_secs_f64() / self.run.calls as f64
    }

    fn calls_per_second(&self) -> f64 {
        self.run.calls as f64 / self.measured.wall.as_secs_f64()
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
        Said {
            calls: sum("calls"),
            throttled: sum("throttled"),
            keys: keys.parse().unwrap(),
            complete: manifest["coverage_complete"].as_bool().unwrap(),
        }
    }

    fn assert_complete(&self, keys: u64) {
        assert_eq!((self.keys, self.complete), (keys, true), "not everything was read");
    }
}

fn kms_audit() -> Command {
    Command::new(env!("CARGO_BIN_EXE_kms-audit"))
}

fn run(command: &mut Command) -> Measured {
    let started = Instant::now();
    let mut child = command.spawn().unwrap();
    let used = child.wait4().unwrap();
    assert!(used.status.success(), "{command:?} failed");
    Measured {
        wall: started.elapsed(),
        cpu: used.rusage.utime + used.rusage.stime,
        peak_bytes: used.rusage.maxrss,
    }
}

/// The floor: the SDK alone, on one thread, asking over the same loopback connection.
fn floor_loop(url: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let config = aws_sdk_kms::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .endpoint_url(url)
            .credentials_provider(Credentials::new("BENCH", "bench", None, None, "bench"))
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .http_client(kms_audit::aws::direct_http_client().unwrap())
            .build();
        let kms = aws_sdk_kms::Client::from_conf(config);
        let keys = kms.list_keys().limit(10).send().await.unwrap().keys.unwrap();
        let key = keys.first().unwrap().key_id.clone().unwrap();
        stream::iter(0..FLOOR_CALLS)
            .map(|_| kms.describe_key().key_id(&key).send())
            .for_each_concurrent(FLOOR_AT_ONCE, |answer| async {
                assert!(answer.await.unwrap().key_metadata.is_some());
            })
            .await;
    });
}
