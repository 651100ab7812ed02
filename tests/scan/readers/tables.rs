//! The tables of a run: those of the snapshot, and those of the results.

use std::path::{Path, PathBuf};

use kms_audit::config::Config;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::TestCaseError;
use serde_json::{Value, json};

use super::mutation::{edited, edits, mutations};
use super::{Copy, compare, files, judge, runner, whole_run};

/// The tables that have rows, with their rows.
fn tables() -> Vec<(PathBuf, Vec<Value>)> {
    let tables = files(whole_run())
        .into_iter()
        .filter(|file| file.extension().is_some_and(|end| end == "zst"));
    let tables = tables.map(|file| {
        let text = zstd::decode_all(std::fs::File::open(whole_run().join(&file)).unwrap()).unwrap();
        let rows = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let rows = rows.map(|row| serde_json::from_slice(row).unwrap()).collect();
        (file, rows)
    });
    let tables: Vec<(PathBuf, Vec<Value>)> = tables.filter(|(_, rows): &(_, Vec<_>)| !rows.is_empty()).collect();
    assert_eq!(
        tables.len(),
        12,
        "{:?}",
        tables.iter().map(|(file, _)| file).collect::<Vec<_>>()
    );
    tables
}

fn packed(text: &[u8]) -> Vec<u8> {
    zstd::encode_all(text, 1).unwrap()
}

fn line(row: &Value) -> Vec<u8> {
    let mut line = serde_json::to_vec(row).unwrap();
    line.push(b'\n');
    line
}

/// Reads a run in every way there is. Where that fails, the error names the file.
fn read_all(run: &Path, changed: &Path) -> Result<(), TestCaseError> {
    for outcome in [
        judge(run, &Config::default()),
        compare(whole_run(), run),
        compare(run, run),
    ] {
        if let Err(error) = outcome {
            let said = format!("{error:#}");
            prop_assert!(
                said.contains(&*changed.to_string_lossy()),
                "{}: {said}",
                changed.display()
            );
        }
    }
    Ok(())
}

#[test]
fn a_row_that_somebody_changed_is_read_or_named() {
    let (tables, copy) = (tables(), Copy::of_run());
    let cases = (any::<Index>(), any::<Index>(), mutations());
    let tested = runner(100).run(&cases, |(table, row, mutation)| {
        let (file, rows) = table.get(&tables);
        let at = row.index(rows.len());
        let lines: Vec<u8> = rows
            .iter()
            .enumerate()
            .flat_map(|(n, row)| if n == at { mutation.of(row, line) } else { line(row) })
            .collect();
        copy.with(file, &packed(&lines), || read_all(copy.path(), file))
    });
    tested.unwrap();
}

#[test]
fn a_compressed_file_that_somebody_changed_is_read_or_named() {
    let (tables, copy) = (tables(), Copy::of_run());
    let tested = runner(60).run(&(any::<Index>(), edits()), |(table, edits)| {
        let (file, _) = table.get(&tables);
        let content = edited(&std::fs::read(whole_run().join(file)).unwrap(), &edits);
        copy.with(file, &content, || read_all(copy.path(), file))
    });
    tested.unwrap();
}

#[test]
fn several_frames_are_one_file_and_half_of_one_is_none() {
    let copy = Copy::of_run();
    let file = Path::new("snapshot/quotas/account_id=888899990000/part.jsonl.zst");
    let whole = std::fs::read(whole_run().join(file)).unwrap();
    let empty_frame = packed(b"");
    // A skippable frame, https://www.rfc-editor.org/rfc/rfc8878#section-3.1.2
    let skipped = [&[0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0], &b"skip"[..]].concat();
    let frames = [&empty_frame[..], &whole, &skipped, &empty_frame].concat();
    copy.with(file, &frames, || judge(copy.path(), &Config::default()))
        .unwrap();
    for broken in [
        &whole[..whole.len() - 1],
        &[&whole[..], &whole[..20]].concat(),
        &[],
        &whole[4..],
        b"\x28\xb5\x2f\xfd",
    ] {
        let error = copy
            .with(file, broken, || judge(copy.path(), &Config::default()))
            .unwrap_err();
        assert!(
            format!("{error:#}").contains("quotas/account_id=888899990000"),
            "{error:#}"
        );
    }
}

/// The rows of keys, and where in them a key policy stands.
fn keys_with_policies() -> (PathBuf, Vec<Value>, Vec<usize>) {
    let (file, rows) = tables()
        .into_iter()
        .find(|(file, _)| file.starts_with("snapshot/keys"))
        .unwrap();
    let has_policy = |row: &Value| row["details"]["policy"]["known"].is_string();
    let with = (0..rows.len()).filter(|n| has_policy(&rows[*n])).collect::<Vec<_>>();
    assert!(with.len() > 2, "{with:?}");
    (file, rows, with)
}

#[test]
fn a_key_policy_is_whatever_somebody_wrote() {
    let (file, rows, with) = keys_with_policies();
    let copy = Copy::of_run();
    let judged = |at: usize, policy: &[u8]| {
        let mut rows = rows.clone();
        rows[at]["details"]["policy"] = json!({ "known": String::from_utf8_lossy(policy) });
        let lines: Vec<u8> = rows.iter().flat_map(line).collect();
        copy.with(&file, &packed(&lines), || judge(copy.path(), &Config::default()))
    };
    let tested = runner(100).run(&(any::<Index>(), mutations()), |(at, mutation)| {
        let at = *at.get(&with);
        let policy: Value = serde_json::from_str(rows[at]["details"]["policy"]["known"].as_str().unwrap()).unwrap();
        let policy = mutation.of(&policy, |policy| policy.to_string().into_bytes());
        // A policy that is none is no error of the run, unless it makes a row of what no row can have.
        if let Err(error) = judged(at, &policy) {
            prop_assert!(error.to_string().contains("holds more values than a row"), "{error:#}");
        }
        Ok(())
    });
    tested.unwrap();
    for policy in [
        "[".repeat(100_000),
        "{\"Statement\":".repeat(50_000),
        format!(
            "{{\"Statement\":[{}]}}",
            vec!["{\"Effect\":\"Allow\"}"; 5_000].join(",")
        ),
        format!("{{\"a\":[{}0]}}", "{\"\":0},".repeat(90_000)),
    ] {
        judged(with[0], policy.as_bytes()).unwrap();
    }
}

#[test]
fn a_line_of_deep_brackets_is_an_error_in_each_table() {
    let copy = Copy::of_run();
    for (file, rows) in tables() {
        for lists in [true, false] {
            let deep = if lists { "[" } else { "{\"a\":" }.repeat(100_000);
            let lines = [&line(&rows[0])[..], deep.as_bytes(), b"\n"].concat();
            let outcomes = copy.with(&file, &packed(&lines), || {
                [
                    judge(copy.path(), &Config::default()),
                    compare(whole_run(), copy.path()),
                ]
            });
            let errors: Vec<String> = outcomes
                .into_iter()
                .filter_map(Result::err)
                .map(|error| format!("{error:#}"))
                .collect();
            // Gaps are told from the facts, and not read back.
            let is_read = !file.starts_with("gaps") && !file.starts_with("snapshot/gaps");
            assert_eq!(!errors.is_empty(), is_read, "{}", file.display());
            assert!(errors.iter().all(|error| error.contains("line 2")), "{errors:?}");
        }
    }
}
