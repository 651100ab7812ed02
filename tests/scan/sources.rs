//! Other sources than KMS, for fewer calls: the same answers, and where they come from.

use serde_json::Value;

use super::run::*;

/// A report without what must differ between two ways to read the same estate.
fn without_the_way(run: &Run) -> Value {
    let mut report = run.report.clone();
    report["api_calls"].take();
    report["scan"]["parameters"].take();
    // A file of another folder.
    report["scan"]["sandbox"].take();
    for row in report["inventory"].as_array_mut().unwrap() {
        row["tag_source"].take();
    }
    report
}

fn tag_sources(run: &Run) -> Vec<String> {
    let rows = run.report["inventory"].as_array().unwrap().iter();
    rows.map(|row| format!("{}: {}", row["region"].as_str().unwrap(), row["tag_source"]))
        .collect()
}

#[test]
fn tags_from_resource_groups_are_those_from_kms_for_a_hundredth_of_the_calls() {
    let estate = format!(
        "{ESTATE}\n[[region]]\nname = \"eu-north-1\"\nkey = [{{ count = 120 }}, {{ tags = {{ a = \"b\" }} }}]"
    );
    let estate = estate.replace("count = 120 }", "count = 120, created = 2026-01-01T00:00:00Z }");
    let (one_by_one, at_once) = (
        scan_estate(&estate, &[]),
        scan_estate(&estate, &["--tags-from", "resource-groups"]),
    );
    assert!(without_the_way(&one_by_one) == without_the_way(&at_once));
    let calls = |run: &Run| ["ListResourceTags", "GetResources"].map(|operation| run.calls(operation, "calls"));
    assert_eq!(calls(&one_by_one), [1_324, 0]);
    assert_eq!(
        calls(&at_once),
        [0, 14],
        "a page for a hundred tagged keys in each Region"
    );
    assert_eq!(
        tag_sources(&at_once),
        [
            "eu-north-1: \"resource-groups\"",
            "eu-west-3: \"resource-groups\"",
            "us-east-1: \"resource-groups\""
        ]
    );
    assert_eq!(tag_sources(&one_by_one)[0], "eu-north-1: \"kms\"");
    assert_eq!(at_once.report["scan"]["parameters"]["tags_from"], "resource-groups");
    assert_eq!(at_once.findings("unjustified-key"), 122);
}

#[test]
fn a_denied_list_of_tags_is_made_up_for_and_said_to_be() {
    let denied = "[[fault]]\nkind = \"error\"\nservice = \"tag\"\nregion = \"eu-west-3\"";
    let run = scan(denied, &["--tags-from", "resource-groups", "--fail-on-gaps"]);
    assert_eq!((run.code(), run.gaps()), (0, Vec::new()));
    let fallbacks = run.report["coverage"]["fallbacks"].as_array().unwrap();
    assert_eq!(fallbacks.len(), 1);
    for (field, expected) in [
        ("region", "eu-west-3"),
        ("operation", "tag:GetResources"),
        ("error_code", "AccessDeniedException"),
        ("instead", "the tags of each key that was not listed were asked of KMS"),
    ] {
        assert_eq!(fallbacks[0][field], expected);
    }
    assert_eq!(
        tag_sources(&run),
        ["eu-west-3: \"kms\"", "us-east-1: \"resource-groups\""]
    );
    assert_eq!(run.calls("ListResourceTags", "calls"), 1_200);
}

#[test]
fn tags_that_neither_source_tells_are_a_gap() {
    let denied = "[[fault]]\nkind = \"error\"\nservice = \"tag\"\n\
                  [[fault]]\nkind = \"error\"\nservice = \"kms\"\noperation = \"ListResourceTags\"\nregion = \"us-east-1\"";
    let run = scan(denied, &["--tags-from", "resource-groups"]);
    assert_eq!(
        run.gaps(),
        [gap("kms:ListResourceTags", "AccessDeniedException", "us-east-1", 3)]
    );
}

#[test]
fn the_configuration_names_the_source_of_tags_and_a_flag_beats_it() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("kms-audit.toml"),
        "[scan]\ntags-from = \"resource-groups\"\n",
    )
    .unwrap();
    let run = scan_in(folder.path(), ESTATE, &[]);
    assert_eq!(run.report["scan"]["parameters"]["tags_from"], "resource-groups");
    std::fs::remove_dir_all(folder.path().join("out")).unwrap();
    let run = scan_in(folder.path(), ESTATE, &["--tags-from", "kms"]);
    assert_eq!(run.report["scan"]["parameters"]["tags_from"], "kms");
}
