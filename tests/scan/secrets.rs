//! No credential in anything that a run writes, at any verbosity: its files, stdout and stderr.

use std::path::Path;
use std::process::{Command, Output};

use super::doors::{Server, files};
use super::run;

/// The credentials of the scan, and whatever else nobody may read in its output. A session token of AWS is Base64.
const ACCESS_KEY_ID: &str = "QXXA4EXAMPLE6EXAMPLE";
const SECRET_ACCESS_KEY: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const SESSION_TOKEN: &str = "IQoJb3JpZ2luX2VjEXAMPLE/TOKEN+OF/A/SESSION==";
const XKS_ACCESS_KEY_ID: &str = "XKSEXAMPLEACCESSKEY234";
const SECRETS: &[&str] = &[ACCESS_KEY_ID, SECRET_ACCESS_KEY, SESSION_TOKEN, XKS_ACCESS_KEY_ID];

/// What is asked of the log: flags, and `KMS_AUDIT_LOG`.
const VERBOSITIES: &[(&[&str], &str)] = &[
    (&[], ""),
    (&["-v"], ""),
    (&["-vv"], ""),
    (&[], "trace"),
    (&["-vv", "--log-format", "json"], ""),
    (
        &["-vv"],
        "aws_smithy_runtime=trace,aws_config=trace,hyper=trace,kms_audit=trace",
    ),
];

/// An account with an external key store, whose proxy has an access key.
fn estate() -> String {
    format!(
        r#"
as_of = "2026-06-15T06:00:00Z"
[account]
id = "111122223333"
[[region]]
name = "eu-west-3"
[[region.custom_key_store]]
name = "xks"
type = "EXTERNAL_KEY_STORE"
proxy = {{ connectivity = "PUBLIC_ENDPOINT", uri_endpoint = "https://xks.example.com", access_key_id = "{XKS_ACCESS_KEY_ID}" }}
[[region.key]]
origin = "EXTERNAL_KEY_STORE"
custom_key_store = "xks"
xks_key_id = "hsm-key-7"
[[region.key]]
alias = "alias/app"
[[bucket]]
name = "costly"
region = "eu-west-3"
encryption = "SSE-KMS"
"#
    )
}

/// A service that repeats the request that it refuses, as AWS does where a signature is wrong.
fn echo(service: &str, operation: &str) -> String {
    let in_url = SESSION_TOKEN
        .replace('/', "%2F")
        .replace('+', "%2B")
        .replace('=', "%3D");
    let message = format!(
        "No {ACCESS_KEY_ID} with {SESSION_TOKEN} ({in_url}) or {SECRET_ACCESS_KEY} here.\\n ERROR forged: line\\n\
         Authorization: AWS4-HMAC-SHA256 Credential={ACCESS_KEY_ID}/20260615/eu-west-3/kms/aws4_request\\n\\n\
         The Canonical String for this request should have been\\n'POST\\n/\\n\\n\
         x-amz-security-token:{SESSION_TOKEN}\\n'"
    );
    format!(
        "[[fault]]\nservice = \"{service}\"\noperation = \"{operation}\"\nkind = \"error\"\n\
         code = \"SignatureDoesNotMatch\"\nstatus = 403\nmessage = \"{message}\"\n"
    )
}

/// Where one of the secrets stands, if anywhere: in a file of the run, or in what was printed.
fn leaks(folder: &Path, output: &Output) -> Vec<String> {
    let mut texts = vec![
        (
            "stdout".to_owned(),
            String::from_utf8_lossy(&output.stdout).into_owned(),
        ),
        (
            "stderr".to_owned(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        ),
    ];
    if folder.exists() {
        let files = files(folder).into_iter();
        texts.extend(files.map(|(path, text)| (path.display().to_string(), text)));
    }
    let found = |text: &str| SECRETS.iter().find(|secret| text.contains(**secret)).copied();
    texts
        .iter()
        .filter_map(|(place, text)| found(text).map(|secret| format!("{secret} in {place}:\n{text}")))
        .collect()
}

/// The same scan at every verbosity; the last one's folder of the run and output.
fn scans(prepare: impl Fn(&Path) -> Command) -> (tempfile::TempDir, Vec<Output>) {
    let folder = tempfile::tempdir().unwrap();
    let mut outputs = Vec::new();
    for (n, (flags, log)) in VERBOSITIES.iter().enumerate() {
        let out = folder.path().join(n.to_string());
        let output = prepare(&out).args(*flags).env("KMS_AUDIT_LOG", log).output().unwrap();
        assert_eq!(leaks(&out, &output), [""; 0], "{flags:?} {log}");
        outputs.push(output);
    }
    (folder, outputs)
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A scan of a server by the credentials of the environment.
fn scan_of(server: &Server, out: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kms-audit"));
    command
        .args(["scan", "--region", "eu-west-3", "--api-share", "off", "--out"])
        .arg(out)
        .current_dir(out.parent().unwrap())
        .env("AWS_ENDPOINT_URL", &server.url)
        .env("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID)
        .env("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY)
        .env("AWS_SESSION_TOKEN", SESSION_TOKEN)
        .env("AWS_REGION", "eu-west-3")
        .env("AWS_CONFIG_FILE", "/nonexistent/config")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials")
        .env("NO_PROXY", "127.0.0.1")
        .env_remove("AWS_PROFILE")
        .env_remove("RUST_BACKTRACE");
    command
}

fn served(faults: &str) -> (tempfile::TempDir, Server) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("estate.toml");
    std::fs::write(&file, format!("{}{faults}", estate())).unwrap();
    let server = Server::start(&file);
    (folder, server)
}

#[test]
fn nothing_in_a_run_tells_the_credentials_of_an_external_key_store_at_any_verbosity() {
    let keep = tempfile::tempdir().unwrap();
    let file = keep.path().join("estate.toml");
    std::fs::write(&file, estate()).unwrap();
    let (_folder, outputs) = scans(|out| run::command_into(keep.path(), &file, out));
    for output in &outputs {
        assert_eq!(output.status.code(), Some(0), "{}", stderr(output));
    }
    assert_eq!(stderr(&outputs[0]), "");
    // The store was read, and the log says so, with nothing of what came back.
    for (output, (flags, _)) in outputs.iter().zip(VERBOSITIES).skip(2) {
        let said = stderr(output);
        if flags.contains(&"json") {
            let lines = said
                .lines()
                .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
            let line = lines
                .into_iter()
                .find(|line| line["operation"] == "DescribeCustomKeyStores");
            let line = line.unwrap();
            assert_eq!(
                (&line["outcome"], &line["region"]),
                (&"200".into(), &"eu-west-3".into()),
                "{line}"
            );
            continue;
        }
        let line = said
            .lines()
            .find(|line| line.contains("DescribeCustomKeyStores"))
            .unwrap();
        for part in [
            "TRACE kms_audit::aws::request_log: request service=kms operation=DescribeCustomKeyStores",
            "region=eu-west-3 account=111122223333 attempt=1 outcome=200 ms=",
            "request_id=",
        ] {
            assert!(line.contains(part), "{line}");
        }
        assert!(said.lines().all(|line| line.contains(" kms_audit::")), "{said}");
    }
}

#[test]
fn an_answer_that_repeats_the_credentials_leaves_none_in_a_run_at_any_verbosity() {
    let operations = [
        ("kms", "ListAliases"),
        ("kms", "ListResourceTags"),
        ("servicequotas", "ListServiceQuotas"),
        ("cloudwatch", "DescribeAlarms"),
        ("s3", "GetBucketEncryption"),
    ];
    let faults: String = operations
        .iter()
        .map(|(service, operation)| echo(service, operation))
        .collect();
    let (_keep, server) = served(&faults);
    let (folder, outputs) = scans(|out| scan_of(&server, out));
    for output in &outputs {
        assert_eq!(output.status.code(), Some(0), "{}", stderr(output));
        assert!(!stderr(output).contains("\n ERROR forged"), "{}", stderr(output));
    }
    let report = std::fs::read(folder.path().join("0/report.json")).unwrap();
    let report: serde_json::Value = serde_json::from_slice(&report).unwrap();
    for (service, operation) in operations {
        let operation = format!("{service}:{operation}");
        let gaps = report["coverage"]["gaps"].as_array().unwrap();
        let gap = gaps.iter().find(|gap| gap["operation"] == operation.as_str());
        let said = gap.unwrap_or_else(|| panic!("{operation} is no gap: {gaps:?}"))["message"].as_str();
        assert_eq!(
            said,
            Some(
                "No [credential removed] with [credential removed] ([credential removed]) or [credential removed] here.\n \
                 ERROR forged: line\nAuthorization: AWS4-HMAC-SHA256 \
                 Credential=[credential removed]/20260615/eu-west-3/kms/aws4_request"
            ),
            "{operation}"
        );
    }
}

#[test]
fn a_scan_that_cannot_begin_says_why_without_the_credentials_and_on_one_line() {
    let (_keep, server) = served(&echo("sts", "GetCallerIdentity"));
    let (_folder, outputs) = scans(|out| scan_of(&server, out));
    for output in &outputs {
        let said = stderr(output);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(
            said.contains("sts:GetCallerIdentity: SignatureDoesNotMatch: No [credential removed]"),
            "{said}"
        );
        assert!(!said.lines().any(|line| line.starts_with(" ERROR forged")), "{said}");
    }
}
