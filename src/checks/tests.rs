use super::*;

#[test]
fn ids_are_kebab_case_and_unique() {
    let mut ids: Vec<_> = CHECKS.iter().map(|check| check.id).collect();
    assert!(
        ids.iter()
            .all(|id| id.chars().all(|c| c.is_ascii_lowercase() || c == '-'))
    );
    ids.sort_unstable();
    assert!(ids.windows(2).all(|pair| pair[0] != pair[1]));
}

#[test]
fn every_check_has_a_page_that_names_it() {
    for check in CHECKS {
        assert!(
            check.page.starts_with(&format!("# `{}`: {}\n", check.id, check.title)),
            "{}",
            check.id
        );
        for section in [
            "## What it looks for",
            "Before (",
            "After (",
            "## Why",
            "## False positives",
            "## What to do",
            "## Sources",
        ] {
            assert!(check.page.contains(section), "the page of {} lacks {section}", check.id);
        }
        for setting in check.settings {
            let row = format!("`{}`", setting.name);
            assert!(check.page.contains(&row), "the page of {} lacks {row}", check.id);
        }
    }
    let pages = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/checks")).unwrap();
    assert_eq!(pages.count(), CHECKS.len(), "a page without a check");
}
