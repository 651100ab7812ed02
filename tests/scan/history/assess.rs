//! Snapshots judged anew.

use super::super::accounts::ORGANIZATION;
use super::*;

#[test]
fn an_assessment_of_a_snapshot_is_to_the_byte_the_report_of_its_scan() {
    let mut runs = Runs::new();
    let config = runs.folder.path().join("kms-audit.toml");
    std::fs::write(
        &config,
        "[quota]\nthreshold-percent = 40\n[checks.unjustified-key]\nseverity = 'high'\n",
    )
    .unwrap();
    let (run, _) = runs.scanned(ESTATE, &["--config", config.to_str().unwrap(), "--region", "eu-west-3"]);
    let [first, second] = ["first", "second"].map(|name| runs.folder.path().join(name));
    for (snapshot, out) in [(run.clone(), &first), (run.join("snapshot"), &second)] {
        let output = kms_audit(&[&"assess", &snapshot, &"--config", &config, &"--out", out]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }
    for file in ["report.json", "report.md", "report.html"] {
        let of_scan = read(run.join(file));
        assert!(
            of_scan == read(first.join(file)),
            "{file} of the scan and of the assessment"
        );
        assert!(of_scan == read(second.join(file)), "{file} of two assessments");
    }
    let table = "findings/account_id=111122223333/part.jsonl.zst";
    assert!(read(run.join(table)) == read(first.join(table)));
    assert!(!first.join("snapshot").exists());
    for folder in [&run, &first] {
        assert_eq!(
            kms_audit(&[&"verify", folder]).status.code(),
            Some(0),
            "{}",
            folder.display()
        );
    }
    let manifest =
        |folder: &Path| -> Value { serde_json::from_slice(&read(folder.join("manifest.json"))).unwrap() };
    let (of_scan, of_assessment) = (manifest(&run), manifest(&first));
    assert_eq!(of_scan["snapshot"], of_assessment["snapshot"]);
    assert_eq!(of_scan["snapshot"]["files"].as_u64().unwrap(), 9);
}

#[test]
fn an_assessment_of_many_accounts_says_of_those_that_were_not_entered_what_the_scan_said() {
    let mut runs = Runs::new();
    let (run, of_scan) = runs.scanned(ORGANIZATION, &["--organization"]);
    assert_eq!(of_scan.gaps().len(), 2);
    let again = runs.folder.path().join("again");
    let output = kms_audit(&[&"assess", &run, &"--out", &again, &"--fail-on-gaps"]);
    assert_eq!(output.status.code(), Some(4), "{output:?}");
    for file in ["report.json", "report.md", "report.html"] {
        assert!(read(run.join(file)) == read(again.join(file)), "{file}");
    }
    let resumed = kms_audit(&[&"scan", &"--resume", &again]);
    assert!(said(&resumed).contains("there is no run.json"), "{resumed:?}");
}

#[test]
fn another_configuration_judges_the_same_snapshot_otherwise_and_keeps_what_was_asked_of_the_scan() {
    let mut runs = Runs::new();
    let run = runs.scan(ESTATE, &["--region", "eu-west-3"]);
    let config = runs.folder.path().join("other.toml");
    std::fs::write(
        &config,
        "[justification]\nrequirement-tags = ['team']\ncontrols = ['payments']\n",
    )
    .unwrap();
    let out = runs.folder.path().join("again");
    let output = kms_audit(&[
        &"assess",
        &run,
        &"--config",
        &config,
        &"--out",
        &out,
        &"--threshold",
        &"10",
        &"--fail-on",
        &"medium",
    ]);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let report: Value = serde_json::from_slice(&read(out.join("report.json"))).unwrap();
    assert_eq!(report["summary"]["justified"], 1);
    assert_eq!(report["summary"]["unjustified"], 5);
    let parameters = &report["scan"]["parameters"];
    assert_eq!(parameters["threshold_percent"], 10.0);
    assert_eq!(parameters["regions"], serde_json::json!(["eu-west-3"]));
    assert_eq!(parameters["api_share"], "off");
    assert!(said(&output).contains("unjustified-key"));
}

#[test]
fn an_assessment_is_not_written_into_the_run_and_the_run_stays_as_it_was() {
    let mut runs = Runs::new();
    let run = runs.scan(ESTATE, &[]);
    for (snapshot, out) in [
        (run.clone(), run.join("again")),
        (run.join("snapshot"), run.join("a/b/c")),
        (run.join("snapshot"), run.join("snapshot/keys/../again")),
        (run.clone(), run.clone()),
    ] {
        let output = kms_audit(&[&"assess", &snapshot, &"--out", &out]);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(said(&output).contains("--out"), "{output:?}");
    }
    // Where nothing is said, the folder would be made here.
    let output = Command::new(env!("CARGO_BIN_EXE_kms-audit"))
        .args(["assess", "."])
        .current_dir(&run)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert_eq!(kms_audit(&[&"verify", &run]).status.code(), Some(0));
}

#[test]
fn what_is_no_snapshot_or_one_of_another_version_is_refused_with_what_to_do() {
    let mut runs = Runs::new();
    let run = runs.scan(ESTATE, &[]);
    let out = runs.folder.path().join("again");
    let output = kms_audit(&[&"assess", &runs.folder.path(), &"--out", &out]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("has no snapshot/ in it"), "{output:?}");
    let file = run.join("snapshot/scan.json");
    let text = String::from_utf8(read(file.clone())).unwrap();
    for version in ["0", "2"] {
        let other = text.replace("\"schema_version\": 1", &format!("\"schema_version\": {version}"));
        std::fs::write(&file, other).unwrap();
        let output = kms_audit(&[&"assess", &run, &"--out", &out]);
        assert_eq!(output.status.code(), Some(1));
        let said = said(&output);
        assert!(
            said.contains(&format!("schema version {version},")) && said.contains("use that version"),
            "{said}"
        );
        assert!(!out.exists());
    }
}
