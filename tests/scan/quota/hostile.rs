//! What somebody typed into AWS, in the formats of `quota`.

use super::*;

/// An organization whose accounts have names that break programs, and an AWS whose errors do.
fn hostile() -> String {
    let fault = r#"
[[fault]]
service = "cloudwatch"
operation = "GetMetricData"
region = "us-east-1"
kind = "error"
message = "\u001b[2J\u202Egone\nkms_audit_forged 1\r\n| forged | row |\u009b31m"

[[fault]]
service = "sts"
operation = "AssumeRole"
kind = "error"
message = "\u001b]0;owned\u0007\nkms_audit_forged 2"
"#;
    let named = ORGANIZATION.replace("name = \"no-role\"", r#"name = "\u001b[31m\u202E<b>no role\u009b2J""#);
    assert_ne!(named, ORGANIZATION);
    format!("{named}\n{fault}")
}

#[test]
fn nothing_hides_moves_a_cursor_or_forges_a_line_in_any_format() {
    for format in ["table", "json", "prometheus"] {
        for estate in [hostile(), estate("hostile-text.toml")] {
            let output = run(&estate, &["--organization", "--format", format]);
            assert!([0, 3].contains(&code(&output)), "{}", stderr(&output));
            for text in [stdout(&output), stderr(&output)] {
                let treacherous = |c: &char| *c != '\n' && kms_audit::visible::is_treacherous(*c);
                assert_eq!(text.chars().find(treacherous), None, "{format}: {text}");
                assert!(!text.lines().any(|line| line.starts_with("kms_audit_forged")), "{text}");
                assert!(!text.lines().any(|line| line.starts_with("| forged")), "{text}");
            }
        }
    }
}

#[test]
fn for_whoever_parses_it_the_text_is_the_same() {
    let (_, document) = document(&hostile(), &["--organization"]);
    let names: Vec<_> = document["accounts_not_entered"].as_array().unwrap().iter().collect();
    let hostile = names.iter().find(|row| row["account_id"] == "444400000001").unwrap();
    assert_eq!(hostile["name"], "\u{1b}[31m\u{202e}<b>no role\u{9b}2J");
    let gaps = document["coverage"]["gaps"].as_array().unwrap();
    assert!(
        gaps.iter()
            .any(|gap| gap["message"].as_str().unwrap().contains("kms_audit_forged 1"))
    );
}
