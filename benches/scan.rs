//! What a call costs in the scanner, beside a bare loop of the SDK's own `DescribeKey`, in one run on one machine.
//!
//! Everything runs in child processes, so that CPU time and peak memory are the operating system's figures. The
//! floor's HTTP client gives one canned answer; the scanner's is the sandbox, which makes its answers, so the ratio
//! counts the sandbox's work against the scanner.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use aws_sdk_kms::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;

mod measured;

use measured::{Measured, run};

const FLOOR_CALLS: u64 = 6_500;
const RUNS: usize = 7;

fn main() {
    if std::env::args().any(|argument| argument == "floor-loop") {
        return floor_loop();
    }
    let folder = tempfile::tempdir().unwrap();
    let me = std::env::current_exe().unwrap();
    // In turns, so that what else the machine does disturbs both alike; of each the run with the least CPU.
    let runs: Vec<(Measured, Measured)> = (0..RUNS)
        .map(|n| {
            let floor = run(Command::new(&me).arg("floor-loop").stdout(Stdio::null()));
            (floor, scan(&folder.path().join(format!("off-{n}")), "off"))
        })
        .collect();
    let (floors, scans): (Vec<_>, Vec<_>) = runs.into_iter().unzip();
    let (floor, unpaced) = (best(floors), best(scans));
    let floor_call = floor.cpu.as_secs_f64() / FLOOR_CALLS as f64;
    let calls = calls(&folder.path().join("off-0"));
    let call = unpaced.cpu.as_secs_f64() / calls as f64;
    println!("\n                       calls   wall s  calls/s  CPU us/call  ratio  peak MB");
    line("bare SDK DescribeKey", FLOOR_CALLS, &floor, 1.0);
    line("scan, pacing off", calls, &unpaced, call / floor_call);

    let started = Instant::now();
    let paced = scan(&folder.path().join("paced"), "20");
    let wall = started.elapsed().as_secs_f64();
    let allowed = paced_floor(&folder.path().join("paced"));
    line(
        "scan, share 20 %",
        calls,
        &paced,
        paced.cpu.as_secs_f64() / calls as f64 / floor_call,
    );
    println!(
        "\npaced: {wall:.2} s, {:.2} x the {allowed:.2} s that the calls need at the allowed rate",
        wall / allowed
    );
    println!("targets: ratio <= 1.5, under 2 s and 100 MB unpaced, <= 1.2 x paced");
}

fn line(what: &str, calls: u64, run: &Measured, ratio: f64) {
    let wall = run.wall.as_secs_f64();
    println!(
        "{what:22} {calls:5} {wall:8.2} {:8.0} {:12.1} {ratio:6.2} {:8.1}",
        calls as f64 / wall,
        run.cpu.as_secs_f64() * 1e6 / calls as f64,
        run.peak_bytes as f64 / 1e6
    );
}

fn best(runs: Vec<Measured>) -> Measured {
    runs.into_iter().min_by_key(|run| run.cpu).unwrap()
}

fn scan(out: &Path, share: &str) -> Measured {
    run(Command::new(env!("CARGO_BIN_EXE_kms-audit"))
        // The last usage of keys takes as long as it may, which says nothing of the scanner.
        .args([
            "scan",
            "--sandbox",
            "--api-share",
            share,
            "--last-usage-budget",
            "0s",
            "--out",
        ])
        .arg(out)
        .stdout(Stdio::null()))
}

fn report(folder: &Path) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(folder.join("report.json")).unwrap()).unwrap()
}

fn calls(folder: &Path) -> u64 {
    let report = report(folder);
    let calls = report["api_calls"].as_array().unwrap();
    calls.iter().map(|calls| calls["calls"].as_u64().unwrap()).sum()
}

/// The Region with the most keys decides: each of its keys needs one `DescribeKey`, of which 20 % of 2,000 a second are
/// allowed. `ListResourceTags`, with the same quota, goes on beside it.
fn paced_floor(folder: &Path) -> f64 {
    let report = report(folder);
    let inventory = report["inventory"].as_array().unwrap();
    let most = inventory
        .iter()
        .map(|row| row["customer_managed"].as_u64().unwrap())
        .max()
        .unwrap();
    most as f64 / 400.0
}

/// The floor: the SDK alone, one call after the other.
fn floor_loop() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let http = http_client_fn(|_, _| SharedHttpConnector::new(Canned));
        let config = aws_config::SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-west-3"))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
                "BENCH", "bench", None, None, "bench",
            )))
            .sleep_impl(aws_smithy_async::rt::sleep::TokioSleep::new())
            .http_client(http)
            .build();
        let kms = aws_sdk_kms::Client::new(&config);
        for _ in 0..FLOOR_CALLS {
            let answer = kms
                .describe_key()
                .key_id("00000000-0000-4000-8000-000000000000")
                .send()
                .await
                .unwrap();
            assert!(answer.key_metadata.is_some());
        }
    });
}

#[derive(Debug)]
struct Canned;

impl HttpConnector for Canned {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        const ANSWER: &str = r#"{"KeyMetadata":{"AWSAccountId":"111122223333","Arn":"arn:aws:kms:eu-west-3:111122223333:key/00000000-0000-4000-8000-000000000000","CreationDate":1700000000.0,"CustomerMasterKeySpec":"SYMMETRIC_DEFAULT","Description":"tenant","Enabled":true,"EncryptionAlgorithms":["SYMMETRIC_DEFAULT"],"KeyId":"00000000-0000-4000-8000-000000000000","KeyManager":"CUSTOMER","KeySpec":"SYMMETRIC_DEFAULT","KeyState":"Enabled","KeyUsage":"ENCRYPT_DECRYPT","MultiRegion":false,"Origin":"AWS_KMS"}}"#;
        let answer = HttpResponse::new(200.try_into().unwrap(), SdkBody::from(ANSWER));
        HttpConnectorFuture::ready(Ok(answer))
    }
}
