//! `quota --watch`.

use super::*;

#[test]
fn a_second_round_asks_again_with_the_same_sessions() {
    let flags = [
        "--organization",
        "--watch",
        "10s",
        "--rounds",
        "2",
        "--format",
        "json",
        "--fail-on-gaps",
    ];
    let output = run(ORGANIZATION, &flags);
    assert_eq!(code(&output), 4);
    let text = stdout(&output);
    let rounds: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [first, second] = rounds.as_slice() else {
        panic!("a document on each of two lines: {text}");
    };
    assert_eq!(first["quota"], second["quota"]);
    let of = |document: &Value, name: &str| {
        let calls = calls(document);
        calls
            .iter()
            .find(|(operation, _)| operation == name)
            .map_or(0, |(_, calls)| *calls)
    };
    // Who it is, once; four accounts are entered once, and the two that cannot be are tried again.
    assert_eq!(
        (of(first, "sts:GetCallerIdentity"), of(second, "sts:GetCallerIdentity")),
        (1, 0)
    );
    assert_eq!((of(first, "sts:AssumeRole"), of(second, "sts:AssumeRole")), (6, 2));
    for operation in [
        "servicequotas:ListServiceQuotas",
        "cloudwatch:GetMetricData",
        "organizations:ListAccounts",
    ] {
        assert_eq!(of(first, operation), of(second, operation), "{operation}");
    }
}

#[test]
fn rounds_that_nobody_could_read_are_wrong_usage() {
    for flags in [
        &["--watch", "--format", "prometheus"][..],
        &["--watch", "9s"],
        &["--rounds", "2"],
        &["--watch", "--rounds", "0"],
    ] {
        assert_eq!(code(&run(ESTATE, flags)), 2, "{flags:?}");
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_it_quietly_with_the_exit_code_of_the_last_round() {
    use std::io::{BufRead, BufReader, Read};
    use std::process::Stdio;

    let folder = tempfile::tempdir().unwrap();
    let mut command = quota(folder.path(), ESTATE, &["--watch", "1h"]);
    let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdout = BufReader::new(process.stdout.take().unwrap());
    let mut line = String::new();
    while !line.starts_with("Coverage: complete.") {
        line.clear();
        assert!(
            stdout.read_line(&mut line).unwrap() > 0,
            "it ends before it has said anything"
        );
    }
    let sent = Command::new("kill").args(["-INT", &process.id().to_string()]).status();
    assert!(sent.unwrap().success());
    assert_eq!(process.wait().unwrap().code(), Some(3), "75 % of the quota");
    let mut said = String::new();
    process.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(said, "");
}

#[cfg(unix)]
#[test]
fn it_ends_when_nobody_reads_any_more() {
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;

    let folder = tempfile::tempdir().unwrap();
    let mut command = quota(folder.path(), ESTATE, &["--watch", "10s", "--rounds", "100"]);
    let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    let mut stdout = BufReader::new(process.stdout.take().unwrap());
    stdout.read_line(&mut line).unwrap();
    drop(stdout);
    assert_eq!(process.wait().unwrap().code(), Some(3), "at the second round");
}
