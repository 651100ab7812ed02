//! Files that are read as a whole: what describes a scan, manifests, reports, configurations, estates.

use std::path::Path;

use kms_audit::checks::check_config;
use kms_audit::config::Config;
use kms_audit::evidence::{read_manifest, verify};
use kms_audit::sandbox::Sandbox;
use proptest::prelude::*;
use serde_json::Value;

use super::mutation::mutations;
use super::{Copy, compare, estate, judge, runner, whole_run};

fn json(file: &str) -> Value {
    serde_json::from_slice(&std::fs::read(whole_run().join(file)).unwrap()).unwrap()
}

fn compact(document: &Value) -> Vec<u8> {
    document.to_string().into_bytes()
}

fn pretty(document: &Value) -> Vec<u8> {
    format!("{document:#}\n").into_bytes()
}

#[test]
fn what_describes_a_scan_is_read_or_named() {
    let (copy, document) = (Copy::of_run(), json("snapshot/scan.json"));
    let file = Path::new("snapshot/scan.json");
    let tested = runner(80).run(&mutations(), |mutation| {
        let content = mutation.of(&document, compact);
        if let Err(error) = copy.with(file, &content, || judge(copy.path(), &Config::default())) {
            let said = format!("{error:#}");
            // Of an account that is not that of the scan there are no tables; a report of none is in no series.
            let is_named = ["scan.json", "snapshot", "no account"]
                .iter()
                .any(|words| said.contains(words));
            prop_assert!(is_named, "{said}");
        }
        Ok(())
    });
    tested.unwrap();
}

#[test]
fn a_manifest_is_held_against_the_folder_whatever_it_says() {
    let (copy, document) = (Copy::of_run(), json("manifest.json"));
    let whole = std::fs::read(whole_run().join("manifest.json")).unwrap();
    assert_eq!(pretty(&document), whole);
    let tested = runner(100).run(&mutations(), |mutation| {
        let content = mutation.of(&document, pretty);
        copy.with(Path::new("manifest.json"), &content, || {
            match verify(copy.path(), None) {
                Ok(verification) => prop_assert_eq!(verification.holds(), content == whole),
                Err(error) => prop_assert!(error.to_string().contains("manifest.json"), "{error}"),
            }
            prop_assert_eq!(read_manifest(copy.path()).is_ok(), content == whole);
            Ok(())
        })
    });
    tested.unwrap();
}

#[test]
fn a_report_is_compared_or_named() {
    let (folder, document) = (tempfile::tempdir().unwrap(), json("report.json"));
    let (file, whole) = (folder.path().join("report.json"), whole_run().join("report.json"));
    let tested = runner(100).run(&mutations(), |mutation| {
        std::fs::write(&file, mutation.of(&document, compact)).unwrap();
        for outcome in [
            compare(&whole, &file),
            compare(&file, whole_run()),
            compare(&file, &file),
        ] {
            if let Err(error) = outcome {
                let said = format!("{error:#}");
                prop_assert!(said.contains("report.json") || said.contains("account"), "{said}");
            }
        }
        Ok(())
    });
    tested.unwrap();
}

/// The text of a document in TOML, which knows no null.
fn toml_of(document: &Value) -> Vec<u8> {
    fn without_null(value: &Value) -> Option<Value> {
        Some(match value {
            Value::Null => return None,
            Value::Array(items) => items.iter().filter_map(without_null).collect(),
            Value::Object(fields) => {
                let fields = fields
                    .iter()
                    .filter_map(|(name, value)| Some((name.clone(), without_null(value)?)));
                Value::Object(fields.collect())
            }
            other => other.clone(),
        })
    }
    toml::to_string(&without_null(document))
        .unwrap_or_default()
        .into_bytes()
}

/// Every setting there is.
fn configuration() -> Value {
    let page = include_str!("../../../docs/configuration.md");
    let (_, rest) = page.split_once("```toml\n").unwrap();
    let (shown, _) = rest.split_once("```").unwrap();
    let lines = shown.lines().map(|line| match line.strip_prefix("# ") {
        Some(setting) if setting.contains(" = ") || setting.starts_with('[') => setting,
        _ => line,
    });
    let text: String = lines.map(|line| format!("{line}\n")).collect();
    let config: Config = toml::from_str(&text).unwrap();
    assert_eq!((config.checks.len(), config.exceptions.len()), (1, 1));
    serde_json::to_value(config).unwrap()
}

#[test]
fn a_configuration_is_applied_or_named() {
    let (folder, document) = (tempfile::tempdir().unwrap(), configuration());
    let file = folder.path().join("kms-audit.toml");
    let tested = runner(100).run(&mutations(), |mutation| {
        std::fs::write(&file, mutation.of(&document, toml_of)).unwrap();
        match Config::load(Some(&file)) {
            Err(error) => prop_assert!(error.to_string().contains("kms-audit.toml"), "{error}"),
            Ok((config, _)) => {
                let as_of = "2026-06-15T06:00:00Z".parse().unwrap();
                if check_config(&config).is_ok() && config.check_exceptions(as_of).is_ok() {
                    judge(whole_run(), &config).map_err(|error| TestCaseError::fail(format!("{error:#}")))?;
                }
            }
        }
        Ok(())
    });
    tested.unwrap();
}

#[test]
fn an_estate_is_built_or_named() {
    let document: Value = toml::from_str(&estate()).unwrap();
    let tested = runner(100).run(&mutations(), |mutation| {
        let text = String::from_utf8_lossy(&mutation.of(&document, toml_of)).into_owned();
        if let Err(error) = Sandbox::from_toml("estate.toml", &text) {
            prop_assert!(error.to_string().starts_with("estate.toml, line "), "{error}");
        }
        Ok(())
    });
    tested.unwrap();
}
