//! What is gone on with, and what is refused.

use std::process::{Child, Stdio};

use super::*;
use crate::accounts::depth::last_usages;

const TEAMS: [&str; 3] = ["333300000001", "333300000002", "333300000003"];
/// One that cannot be entered, so that there is always something left to be asked.
const CLOSED: &str = "444400000001";

fn flags() -> Vec<&'static str> {
    TEAMS
        .into_iter()
        .chain([CLOSED])
        .flat_map(|account| ["--account", account])
        .collect()
}

/// A finished run of which one account could not be entered.
fn finished_run() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_estate(folder.path(), ORGANIZATION);
    assert_success(&scan(folder.path(), &flags()).output().unwrap());
    folder
}

/// The estate, in which every question about keys is refused now.
fn write_refusing_estate(folder: &Path) {
    let fault = "\n[[fault]]\nkind = \"error\"\nservice = \"kms\"\n";
    write_estate(folder, &format!("{ORGANIZATION}{fault}"));
}

fn accounts_with_gaps(out: &Path) -> Vec<String> {
    let report = report(out);
    let gaps = report["coverage"]["gaps"].as_array().unwrap().iter();
    let mut accounts: Vec<_> = gaps.map(|gap| gap["account_id"].as_str().unwrap().to_owned()).collect();
    accounts.dedup();
    accounts
}

#[test]
fn accounts_that_are_finished_and_whole_are_not_asked_again() {
    let folder = finished_run();
    let before = report(&folder.path().join("out"));
    write_refusing_estate(folder.path());
    assert_success(&resume(folder.path(), &[]).output().unwrap());
    assert_eq!(report(&folder.path().join("out")), before);
    assert_verified(&folder.path().join("out"));
}

#[test]
fn an_account_of_which_a_file_is_missing_or_altered_is_asked_again_and_no_other() {
    for (table, damage) in [
        ("keys", "altered"),
        ("gaps", "missing"),
        ("accounts", "cut"),
        ("accounts", "altered"),
        ("buckets", "of another account"),
        ("trails", "of another account"),
        ("alarms", "altered"),
        ("regions", "missing"),
        ("quotas", "cut"),
    ] {
        let folder = finished_run();
        let out = folder.path().join("out");
        let before = report(&out);
        let of = |account: &str| out.join(format!("snapshot/{table}/account_id={account}/part.jsonl.zst"));
        let damaged = of(TEAMS[1]);
        let mut bytes = std::fs::read(&damaged).unwrap();
        let middle = bytes.len() / 2;
        match damage {
            "altered" => bytes[middle] ^= 0x10,
            "cut" => bytes.truncate(middle),
            _ => bytes = std::fs::read(of(TEAMS[2])).unwrap(),
        }
        std::fs::write(&damaged, bytes).unwrap();
        if damage == "missing" {
            std::fs::remove_file(&damaged).unwrap();
        }
        let copy = tempfile::tempdir().unwrap();
        for file in walk(folder.path()) {
            let to = copy.path().join(file.strip_prefix(folder.path()).unwrap());
            std::fs::create_dir_all(to.parent().unwrap()).unwrap();
            std::fs::copy(file, to).unwrap();
        }

        let output = resume(folder.path(), &["-v"]).output().unwrap();
        assert_success(&output);
        let said = stderr(&output);
        let asked = said.lines().filter(|line| line.contains("is asked again"));
        let asked: Vec<_> = asked.filter(|line| !line.contains(CLOSED)).collect();
        assert!(
            asked.len() == 1 && asked[0].contains(TEAMS[1]),
            "{table} {damage}: {said}"
        );
        assert_eq!(report(&out), before, "{table} {damage}");
        assert_verified(&out);

        write_refusing_estate(copy.path());
        assert_success(&resume(copy.path(), &[]).output().unwrap());
        assert_eq!(
            accounts_with_gaps(&copy.path().join("out")),
            [CLOSED, TEAMS[1]],
            "{table} {damage}"
        );
    }
}

#[test]
fn an_account_that_could_not_be_entered_is_tried_again() {
    let folder = finished_run();
    let open = ORGANIZATION.replace(
        "name = \"no-role\"",
        "name = \"no-role\"\nrole = [{ name = \"KmsAuditReadOnly\" }]",
    );
    write_estate(folder.path(), &open);
    assert_success(&resume(folder.path(), &["--fail-on-gaps"]).output().unwrap());
    let out = folder.path().join("out");
    let report = report(&out);
    assert_eq!(report["scan"]["accounts"].as_array().unwrap().len(), 4);
    assert_eq!(report["coverage"]["complete"], true);
    assert_verified(&out);
    let again = resume(folder.path(), &[]).output().unwrap();
    assert_eq!(again.status.code(), Some(1));
    assert!(stderr(&again).contains("there is nothing to resume"), "{again:?}");
    assert_verified(&out);
}

#[test]
fn each_account_goes_on_from_the_earlier_scan_also_in_a_run_that_is_gone_on_with() {
    let folder = finished_run();
    let (out, earlier) = (folder.path().join("out"), folder.path().join("earlier"));
    std::fs::rename(&out, &earlier).unwrap();
    let unasked = ["--last-usage-budget", "0s", "--previous", "earlier"];
    let flags: Vec<&str> = flags().into_iter().chain(unasked).collect();
    assert_success(&scan(folder.path(), &flags).output().unwrap());
    let report = report(&out);
    let calls = report["api_calls"].as_array().unwrap();
    assert!(calls.iter().all(|calls| calls["operation"] != "GetKeyLastUsage"));
    for account in TEAMS {
        let answers = last_usages(&earlier, account);
        assert!(answers.iter().any(|answer| answer.known().is_some()), "{account}");
        assert_eq!(last_usages(&out, account), answers, "{account}");
    }

    let uninterrupted = folder.path().join("uninterrupted");
    std::fs::rename(&out, &uninterrupted).unwrap();
    for file in walk(&uninterrupted) {
        let to = out.join(file.strip_prefix(&uninterrupted).unwrap());
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(file, to).unwrap();
    }
    std::fs::remove_dir_all(out.join(format!("snapshot/accounts/account_id={}", TEAMS[1]))).unwrap();
    assert_success(&resume(folder.path(), &["--last-usage-budget", "0s"]).output().unwrap());
    assert_same_run(&out, &uninterrupted);
    assert_verified(&out);
}

fn refusal(folder: &Path, flags: &[&str]) -> String {
    let out = folder.join("out");
    let before = files(&out);
    let output = resume(folder, flags).output().unwrap();
    assert!(matches!(output.status.code(), Some(1 | 2)), "{output:?}");
    assert!(files(&out) == before, "nothing is touched");
    stderr(&output)
}

#[test]
fn another_run_is_refused_by_what_is_different_about_it() {
    let folder = finished_run();
    let folder = folder.path();
    for (flags, words) in [
        (
            vec!["--region", "eu-west-3"],
            "--region was not given and is [\"eu-west-3\"]",
        ),
        (vec!["--threshold", "80"], "--threshold was not given and is 80"),
        (vec!["--organization"], "--organization was not given and is true"),
        (vec!["--account", "333300000001"], "--account was ["),
        (
            vec!["--role-name", "Other"],
            "--role-name was not given and is \"Other\"",
        ),
        (
            vec!["--last-usage-budget", "5m"],
            "--last-usage-budget was \"10m\" and is \"5m\"",
        ),
        (
            vec!["--previous", "earlier"],
            "--previous was not given and is \"earlier\"",
        ),
        (vec!["--external-id", "abc"], "begun without an external id"),
        (
            vec!["--session-duration", "900"],
            "--session-duration was not given and is 900",
        ),
    ] {
        let said = refusal(folder, &flags);
        assert!(said.contains(words) && !said.contains("abc"), "{flags:?}: {said}");
    }
    let config = folder.join("kms-audit.toml");
    std::fs::write(&config, "[quota]\nthreshold-percent = 50\n").unwrap();
    let said = refusal(folder, &[]);
    assert!(said.contains("`threshold_percent` was 70.0 and is 50.0"), "{said}");
    std::fs::remove_file(config).unwrap();

    write_estate(
        folder,
        &ORGANIZATION.replace("id = \"111122223333\"", "id = \"999922223333\""),
    );
    let said = refusal(folder, &[]);
    assert!(
        said.contains("the account of the credentials was 111122223333 and is 999922223333"),
        "{said}"
    );
    write_estate(
        folder,
        &ORGANIZATION.replace("2026-06-15T06:00:00Z", "2026-06-15T07:00:00Z"),
    );
    let said = refusal(folder, &[]);
    assert!(
        said.contains("the moment of the scan was 2026-06-15T06:00:00Z"),
        "{said}"
    );
    write_estate(folder, ORGANIZATION);

    let record = folder.join("out/run.json");
    let text = std::fs::read_to_string(&record).unwrap();
    let version = format!("\"tool_version\": \"{}\"", env!("CARGO_PKG_VERSION"));
    std::fs::write(&record, text.replace(&version, "\"tool_version\": \"0.0.1\"")).unwrap();
    let said = refusal(folder, &[]);
    assert!(said.contains("the version of kms-audit was 0.0.1 and is"), "{said}");
}

#[test]
fn a_run_of_the_sandbox_is_not_gone_on_with_on_aws() {
    let folder = finished_run();
    let output = Command::new(env!("CARGO_BIN_EXE_kms-audit"))
        .args(["scan", "--resume", "out"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = stderr(&output);
    assert!(said.contains("it was begun with --sandbox, on the estate "), "{said}");
    assert!(said.contains("Give that again beside --resume"), "{said}");
}

#[test]
fn a_folder_without_a_run_is_named_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    write_estate(folder.path(), ORGANIZATION);
    std::fs::create_dir(folder.path().join("out")).unwrap();
    let output = resume(folder.path(), &[]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("there is no run.json"), "{output:?}");
    assert_eq!(std::fs::read_dir(folder.path().join("out")).unwrap().count(), 0);
}

/// Ends the scan with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[test]
fn two_scans_do_not_write_into_one_folder_and_a_killed_one_locks_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let fault = "\n[[fault]]\nkind = \"stall\"\nservice = \"kms\"\naccount = \"333300000004\"\n";
    write_estate(folder.path(), &format!("{ORGANIZATION}{fault}"));
    let started = scan(folder.path(), &["--organization"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let running = Running(started.unwrap());
    let out = folder.path().join("out");
    while !out.join("snapshot/accounts/account_id=333300000001").exists() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    for mut second in [scan(folder.path(), &["--organization"]), resume(folder.path(), &[])] {
        let output = second.output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr(&output).contains("another scan is writing into"), "{output:?}");
    }
    drop(running);
    write_estate(folder.path(), ORGANIZATION);
    assert_success(&resume(folder.path(), &[]).output().unwrap());
    assert_verified(&out);
}
