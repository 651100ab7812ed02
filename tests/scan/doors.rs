//! Two doors, one room: a sandbox scanned through its server, and in the program itself.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

use super::run::{self, ESTATE};

/// `kms-audit sandbox serve`, for as long as the test needs it.
struct Server {
    process: Child,
    url: String,
}

impl Server {
    fn start(estate: &Path) -> Server {
        let mut process = Command::new(env!("CARGO_BIN_EXE_kms-audit"))
            .args(["sandbox", "serve"])
            .arg(estate)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        let url = line.trim_end().strip_prefix("AWS_ENDPOINT_URL=").unwrap().to_owned();
        Server { process, url }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// Every file of a report, with the tables unpacked.
fn files(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let mut bytes = std::fs::read(&path).unwrap();
            if path.extension().is_some_and(|extension| extension == "zst") {
                bytes = zstd::decode_all(bytes.as_slice()).unwrap();
            }
            let name = path.strip_prefix(folder).unwrap().to_owned();
            files.insert(name, String::from_utf8(bytes).unwrap());
        }
    }
    files
}

/// The usual estate, without the keys that fill pages.
fn few_keys() -> String {
    ESTATE.replace("count = 1199", "count = 5")
}

/// What the scan of a sandbox writes.
fn scan(sandbox: &str, settings: &[(&str, &str)]) -> BTreeMap<PathBuf, String> {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings.iter().copied();
    let output = run::command(folder.path(), sandbox).envs(settings).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{sandbox}: {stderr}");
    files(&folder.path().join("out"))
}

/// Scans an estate through both doors, and returns what both wrote.
fn scan_through_both(estate: &Path) -> BTreeMap<PathBuf, String> {
    let name = estate.to_str().unwrap();
    let server = Server::start(estate);
    let (served, in_process) = thread::scope(|scope| {
        let served = scope.spawn(|| scan(&server.url, &[]));
        let in_process = scan(name, &[]);
        (served.join().unwrap(), in_process)
    });
    let names = |files: &BTreeMap<PathBuf, String>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&served), names(&in_process), "{name}");
    for (file, text) in &served {
        let differing = text.lines().zip(in_process[file].lines()).find(|(a, b)| a != b);
        assert_eq!(differing, None, "{name}: {}, served and in process", file.display());
        assert!(text == &in_process[file], "{name}: {}", file.display());
    }
    served
}

/// An estate without its token buckets: how often one of those throttles depends on the time of each call, and so do
/// the counts of calls in a report. What they do is tested for by itself.
fn without_throttles(estate: &Path) -> tempfile::NamedTempFile {
    let text = std::fs::read_to_string(estate).unwrap();
    let mut parts = text.split("[[fault]]");
    let mut calm = parts.next().unwrap().to_owned();
    for fault in parts.filter(|fault| !fault.contains("kind = \"throttle\"")) {
        calm.push_str("[[fault]]");
        calm.push_str(fault);
    }
    let file = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
    std::fs::write(file.path(), calm).unwrap();
    file
}

#[test]
fn every_estate_has_the_same_report_through_both_doors() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/estates");
    let estates: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    assert!(estates.len() >= 5, "{estates:?}");
    for estate in estates {
        let calm = without_throttles(&estate);
        let files = scan_through_both(calm.path());
        for name in ["report.json", "report.md", "report.html", "snapshot/scan.json"] {
            assert!(!files[Path::new(name)].is_empty(), "{}: {name}", estate.display());
        }
        // The three reports, run.json, manifest and scan.json, the eight tables of the snapshot, the four of the results,
        // and the findings about the configuration.
        assert_eq!(files.len(), 19, "{}: {:?}", estate.display(), files.keys());
    }
}

#[test]
fn what_breaks_for_good_is_the_same_gap_through_both_doors() {
    let faults = [
        ("kms", "ListAliases", "reset"),
        ("kms", "ListResourceTags", "html"),
        ("cloudwatch", "GetMetricData", "truncated-body"),
        ("s3", "GetBucketEncryption", "truncated-body"),
        ("servicequotas", "ListServiceQuotas", "reset"),
    ];
    let faults = faults.map(|(service, operation, kind)| {
        format!("[[fault]]\nservice = \"{service}\"\noperation = \"{operation}\"\nkind = \"{kind}\"\n")
    });
    let folder = tempfile::tempdir().unwrap();
    let estate = folder.path().join("broken.toml");
    std::fs::write(&estate, format!("{}\n{}", few_keys(), faults.concat())).unwrap();
    let files = scan_through_both(&estate);
    let report = &files[Path::new("report.json")];
    for words in [
        "the connection was closed before an answer came",
        "the connection broke in the middle of the answer",
    ] {
        assert!(report.contains(words), "{report}");
    }
}

#[test]
fn time_stands_still_in_a_sandbox() {
    let folder = tempfile::tempdir().unwrap();
    let run = run::scan_in(folder.path(), ESTATE, &[]);
    for moment in ["as_of", "started_at", "finished_at"] {
        assert_eq!(run.report["scan"][moment], "2026-06-15T06:00:00Z", "{moment}");
    }
}

#[test]
fn nothing_of_the_environment_reaches_a_served_sandbox() {
    let folder = tempfile::tempdir().unwrap();
    let estate = folder.path().join("estate.toml");
    std::fs::write(&estate, few_keys()).unwrap();
    // A place where nobody listens: whoever goes there fails.
    let nowhere = "http://127.0.0.1:9";
    let settings = [
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_KMS",
        "AWS_ENDPOINT_URL_S3",
        "HTTP_PROXY",
        "http_proxy",
        "ALL_PROXY",
        "all_proxy",
    ]
    .map(|name| (name, nowhere));
    let others = [
        ("NO_PROXY", ""),
        ("no_proxy", ""),
        ("AWS_CA_BUNDLE", "/nonexistent/authorities.pem"),
        ("AWS_CONFIG_FILE", "/nonexistent/config"),
        ("AWS_PROFILE", "nobody"),
        ("AWS_REGION", "ap-south-1"),
        ("AWS_USE_FIPS_ENDPOINT", "true"),
        ("AWS_USE_DUALSTACK_ENDPOINT", "true"),
    ];
    let server = Server::start(&estate);
    let disturbed = scan(&server.url, &[&settings[..], &others[..]].concat());
    assert_eq!(disturbed, scan(estate.to_str().unwrap(), &[]));
}

/// The exit code and the words of a scan that finds no sandbox.
fn refusal(url: &str) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let output = run::command(folder.path(), url).output().unwrap();
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 0, "{url}: no output folder is left behind");
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_sandbox_anywhere_but_on_this_machine_is_refused_before_it_is_asked() {
    for url in ["http://192.0.2.1:4566", "https://127.0.0.1:4566"] {
        let (code, stderr) = refusal(url);
        assert_eq!(code, Some(2), "{stderr}");
        assert!(stderr.contains("`kms-audit sandbox serve` prints"), "{stderr}");
    }
}

#[test]
fn where_no_sandbox_answers_the_error_says_how_to_start_one() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let (code, stderr) = refusal(&url);
    assert_eq!(code, Some(1), "{stderr}");
    assert!(
        stderr.contains(&url) && stderr.contains("kms-audit sandbox serve"),
        "{stderr}"
    );
}
