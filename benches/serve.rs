//! How many `DescribeKey` a second `sandbox serve` answers on one core, so that in measurements against it the client
//! is what is measured.
//!
//! wrk asks, from another core. The floor is a server of the same library, hyper, that reads each request and gives
//! one canned answer: what the sandbox needs beyond that is its own work.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use aws_sdk_kms::config::{BehaviorVersion, Credentials, Region};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use kms_audit::sandbox::Sandbox;
use tokio::net::TcpListener;
use wait4::Wait4;

mod measured;

/// The program's allocator, for the floor.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const WANTED: f64 = 8_000.0;
const RUNS: usize = 3;
const SECONDS: u32 = 5;
const CONNECTIONS: u32 = 32;
const KEYS: i32 = 1_000;

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    if std::env::args().any(|argument| argument == "floor-server") {
        runtime.block_on(floor_server());
    }
    if let Err(error) = Command::new("wrk").arg("-v").output() {
        println!("wrk does not run ({error}): install it, on Debian with `apt-get install wrk`, and try again");
        return ExitCode::FAILURE;
    }
    let asked = runtime.block_on(arguments());
    let cores = two_cores();
    let me = std::env::current_exe().unwrap();
    let bare = [me.to_str().unwrap(), "floor-server"];
    let sandbox = [env!("CARGO_BIN_EXE_kms-audit"), "sandbox", "serve"];
    // In turns, so that what else the machine does disturbs both alike; of each the fastest run.
    let runs = (0..RUNS).map(|_| (measure(&bare, &asked, cores), measure(&sandbox, &asked, cores)));
    let (floors, served): (Vec<_>, Vec<_>) = runs.unzip();
    let (floor, served) = (fastest(floors), fastest(served));
    println!("\n                        requests/s  CPU us/request  ratio  of a core  p50 us  p99 us  errors");
    line("bare hyper, one answer", &floor, &floor);
    line("sandbox serve", &served, &floor);
    match cores {
        Some([server, client]) => println!("\nthe server on core {server}, wrk on core {client}"),
        None => println!("\nnot on cores of their own, which needs Linux, taskset and two cores"),
    }
    println!("target: at least {WANTED} DescribeKey a second, no errors");
    let reached = served.per_second() >= WANTED && served.errors == 0;
    if reached { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

struct Measured {
    requests: u64,
    wall: Duration,
    cpu: Duration,
    /// Latencies in microseconds.
    p50: u64,
    p99: u64,
    errors: u64,
}

impl Measured {
    fn per_second(&self) -> f64 {
        self.requests as f64 / self.wall.as_secs_f64()
    }

    fn cpu_per_request(&self) -> f64 {
        self.cpu.as_secs_f64() / self.requests as f64
    }
}

fn fastest(runs: Vec<Measured>) -> Measured {
    let by_speed = |a: &Measured, b: &Measured| a.per_second().total_cmp(&b.per_second());
    runs.into_iter().max_by(by_speed).unwrap()
}

fn line(what: &str, run: &Measured, floor: &Measured) {
    println!(
        "{what:23} {:10.0} {:15.1} {:6.2} {:8.0} % {:7} {:7} {:7}",
        run.per_second(),
        run.cpu_per_request() * 1e6,
        run.cpu_per_request() / floor.cpu_per_request(),
        run.cpu.as_secs_f64() / run.wall.as_secs_f64() * 100.0,
        run.p50,
        run.p99,
        run.errors
    );
}

/// Starts a server, lets wrk ask it, and ends it. Its CPU time is the operating system's figure, with the few
/// milliseconds of its start.
fn measure(server: &[&str], asked: &[String], cores: Option<[u32; 2]>) -> Measured {
    let mut server = on_core(cores.map(|[core, _]| core), server)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let url = measured::address(&mut server);
    let asking = url.map(|url| wrk(&url, asked, cores.map(|[_, core]| core)).output());
    server.kill().unwrap();
    let used = server.wait4().unwrap().rusage;
    let output = asking.expect("the server gives its address").unwrap();
    let output = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    let figures = output.lines().find_map(|line| line.strip_prefix("figures "));
    let figures = figures.unwrap_or_else(|| panic!("wrk has no figures: {output}"));
    let figures: Vec<f64> = figures.split(' ').map(|figure| figure.parse().unwrap()).collect();
    let [requests, microseconds, p50, p99, errors] = figures[..] else {
        panic!("not the figures of describe_key.lua: {figures:?}");
    };
    Measured {
        requests: requests as u64,
        wall: Duration::from_secs_f64(microseconds / 1e6),
        cpu: used.utime + used.stime,
        p50: p50 as u64,
        p99: p99 as u64,
        errors: errors as u64,
    }
}

fn wrk(url: &str, asked: &[String], core: Option<u32>) -> Command {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/describe_key.lua");
    let mut command = on_core(core, &["wrk", "-t1", "-s", script]);
    command.arg(format!("-c{CONNECTIONS}")).arg(format!("-d{SECONDS}"));
    command.args([url, "--"]).args(asked);
    command
}

fn on_core(core: Option<u32>, command: &[&str]) -> Command {
    let mut on_core = match core {
        Some(core) => {
            let mut taskset = Command::new("taskset");
            taskset.args(["-c", &core.to_string(), command[0]]);
            taskset
        }
        None => Command::new(command[0]),
    };
    on_core.args(&command[1..]);
    on_core
}

/// Two cores that this process may use, if the system tells them and can keep a process on one.
fn two_cores() -> Option<[u32; 2]> {
    let output = Command::new("taskset")
        .arg("-cp")
        .arg(std::process::id().to_string())
        .output();
    let output = String::from_utf8(output.ok()?.stdout).ok()?;
    // pid 1's current affinity list: 0,2-5
    let list = output.rsplit(' ').next()?.trim();
    let mut cores = list.split(',').flat_map(|range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        first.parse().unwrap()..=last.parse().unwrap()
    });
    Some([cores.next()?, cores.next()?])
}

/// What `describe_key.lua` is told: the Region, and ids of keys in it, which are the same through every door.
async fn arguments() -> Vec<String> {
    let sandbox = Sandbox::built_in().unwrap();
    let config = aws_sdk_kms::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(sandbox.home_region().to_owned()))
        .credentials_provider(Credentials::new("BENCH", "bench", None, None, "bench"))
        .http_client(sandbox.http_client())
        .build();
    let keys = aws_sdk_kms::Client::from_conf(config).list_keys().limit(KEYS).send();
    let keys = keys.await.unwrap().keys.unwrap().into_iter();
    std::iter::once(sandbox.home_region().to_owned())
        .chain(keys.map(|key| key.key_id.unwrap()))
        .collect()
}

/// The floor: hyper alone, in the way the sandbox uses it.
async fn floor_server() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    println!("AWS_ENDPOINT_URL=http://{}", listener.local_addr().unwrap());
    loop {
        let (connection, _) = listener.accept().await.unwrap();
        connection.set_nodelay(true).unwrap();
        let served = http1::Builder::new()
            .timer(TokioTimer::new())
            .serve_connection(TokioIo::new(connection), service_fn(canned));
        tokio::spawn(async {
            // wrk closes its connections as it pleases.
            let _ = served.await;
        });
    }
}

async fn canned(request: hyper::Request<Incoming>) -> Result<hyper::Response<Full<Bytes>>, Infallible> {
    const ANSWER: &str = r#"{"KeyMetadata":{"AWSAccountId":"111122223333","Arn":"arn:aws:kms:eu-west-3:111122223333:key/00000000-0000-4000-8000-000000000000","CreationDate":1700000000.0,"CustomerMasterKeySpec":"SYMMETRIC_DEFAULT","Description":"tenant","Enabled":true,"EncryptionAlgorithms":["SYMMETRIC_DEFAULT"],"KeyId":"00000000-0000-4000-8000-000000000000","KeyManager":"CUSTOMER","KeySpec":"SYMMETRIC_DEFAULT","KeyState":"Enabled","KeyUsage":"ENCRYPT_DECRYPT","MultiRegion":false,"Origin":"AWS_KMS"}}"#;
    let _ = request.into_body().collect().await;
    let response = hyper::Response::builder()
        .header("content-type", "application/x-amz-json-1.1")
        .header("x-amzn-requestid", "00000000-0000-4000-8000-000000000000");
    Ok(response.body(Full::new(Bytes::from_static(ANSWER.as_bytes()))).unwrap())
}
