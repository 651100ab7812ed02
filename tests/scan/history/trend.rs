//! Runs over time.

use super::super::accounts::ORGANIZATION;
use super::*;

#[test]
fn a_trend_is_a_row_for_each_run_the_oldest_first() {
    let mut runs = Runs::new();
    let later = ESTATE
        .replace("2026-06-15", "2026-06-22")
        .replacen("count = 5", "count = 9", 1);
    let denied =
        format!("{ESTATE}\n[[fault]]\nkind = \"error\"\nregion = \"us-east-1\"\n").replace("06-15", "06-29");
    let paths = [runs.scan(&denied, &[]), runs.scan(&later, &[]), runs.scan(ESTATE, &[])];
    let chart = runs.folder.path().join("trend.svg");
    let output = kms_audit(&[
        &"trend",
        &paths[0],
        &paths[1].join("report.json"),
        &paths[2],
        &"--format",
        &"json",
        &"--chart",
        &chart,
    ]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let trend: Value = serde_json::from_slice(&output.stdout).unwrap();
    let column = |name: &str| -> Vec<Value> {
        let rows = trend["runs"].as_array().unwrap();
        rows.iter().map(|run| run[name].clone()).collect()
    };
    assert_eq!(column("as_of")[0], "2026-06-15T06:00:00Z");
    assert_eq!(column("keys"), [7, 11, 6]);
    assert_eq!(column("unjustified"), [1, 1, 1]);
    assert_eq!(column("complete"), [true, true, false]);
    assert!(column("gaps")[2].as_u64().unwrap() > 0);
    assert_eq!(column("monthly_cost_usd"), [7.0, 11.0, 6.0]);
    let paris = &trend["runs"][0]["regions"]["eu-west-3"];
    assert_eq!(
        (&paris["keys"], &paris["highest_pool"]),
        (&6.into(), &"CryptographicOperationsSymmetric".into())
    );
    let svg = String::from_utf8(read(chart)).unwrap();
    assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"), "{svg}");
    assert!(svg.contains("eu-west-3") && svg.contains("2026-06-2"), "{svg}");

    let table = said(&kms_audit(&[&"trend", &paths[0], &paths[1], &paths[2]]));
    assert!(table.contains(">= 6") && table.contains("eu-west-3"), "{table}");
    let csv = said(&kms_audit(&[&"trend", &paths[2], &"--format", &"csv"]));
    assert_eq!(csv.lines().count(), 1 + 1 + 2, "{csv}");
    assert!(csv.contains("2026-06-15T06:00:00Z,,1,true,7,1,7,0,"), "{csv}");
}

#[test]
fn runs_of_different_accounts_are_no_trend() {
    let mut runs = Runs::new();
    let (one, other) = (
        runs.scan(ESTATE, &[]),
        runs.scan(&ESTATE.replace("111122223333", "444455556666"), &[]),
    );
    let output = kms_audit(&[&"trend", &one, &other]);
    assert_eq!(output.status.code(), Some(2));
    let said = said(&output);
    assert!(said.contains("444455556666") && said.contains("111122223333"), "{said}");
}

#[test]
fn a_run_of_one_account_beside_one_of_the_organization_is_marked() {
    let mut runs = Runs::new();
    let alone = runs.scan(ORGANIZATION, &[]);
    let later = ORGANIZATION.replace("2026-06-15", "2026-06-22");
    assert_ne!(later, ORGANIZATION);
    let all = runs.scan(&later, &["--organization", "--external-id", "e-7c1f0aSECRET"]);
    let rows = |paths: [&std::path::PathBuf; 2]| -> Vec<(u64, u64, u64)> {
        let output = kms_audit(&[&"trend", paths[0], paths[1], &"--format", &"json"]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let trend: Value = serde_json::from_slice(&output.stdout).unwrap();
        let number = |run: &Value, name: &str| run[name].as_u64().unwrap();
        let runs = trend["runs"].as_array().unwrap().iter();
        runs.map(|run| {
            (
                number(run, "accounts"),
                number(run, "accounts_not_in_newest"),
                number(run, "accounts_only_in_newest"),
            )
        })
        .collect()
    };
    // Whichever is named first.
    for paths in [[&alone, &all], [&all, &alone]] {
        let rows = rows(paths);
        let of_all = rows[1].0;
        assert!(of_all > 1, "{rows:?}");
        assert_eq!(rows, [(1, 0, of_all - 1), (of_all, 0, 0)]);
    }
    assert!(rows([&all, &all]).iter().all(|(_, gone, come)| gone + come == 0));
    let table = said(&kms_audit(&[&"trend", &alone, &all]));
    assert!(
        table.contains("2026-06-15T06:00:00Z *") && table.contains("looked at other accounts than the newest run"),
        "{table}"
    );
}
