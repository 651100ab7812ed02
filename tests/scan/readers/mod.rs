//! Whatever lies in a file, reading it is an answer or an error: no panic, and no more memory than the file is worth.
//!
//! `PROPTEST_CASES` raises the number of cases.

mod bombs;
mod documents;
mod mutation;
#[cfg(unix)]
mod paths;
mod tables;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use kms_audit::assessment::Assessor;
use kms_audit::config::Config;
use kms_audit::diff::{DiffHead, Totals, walk};
use kms_audit::report::{
    Palette, Report, render_diff_markdown, render_diff_terminal, render_markdown, render_terminal,
    render_trend_chart, write_diff_json, write_json,
};
use kms_audit::results::Results;
use kms_audit::runs::{Run, RunError};
use kms_audit::snapshot::SnapshotReader;
use kms_audit::trend::Trend;
use proptest::prelude::ProptestConfig;
use proptest::test_runner::TestRunner;

use super::run;

/// A gap, an alarm with its metric filter, and a trail, for an estate that has none.
const MORE: &str = r#"
[[fault]]
service = "kms"
operation = "ListResourceTags"
kind = "error"
after = 3
times = 2
[[region.metric_filter]]
name = "throttled"
log_group = "trail"
pattern = "{ $.errorCode = \"ThrottlingException\" }"
namespace = "Security"
metric = "KmsThrottled"
[[region.alarm]]
name = "kms-throttled"
namespace = "Security"
metric = "KmsThrottled"
stat = "Sum"
period = 60
threshold = 0
comparison = "GreaterThanThreshold"
actions = ["oncall"]
[[trail]]
name = "kms"
home_region = "eu-central-1"
multi_region = true
bucket = "trail-{account}"
log_group = "trail"
"#;

const PALETTE: Palette = Palette {
    width: 100,
    colours: false,
};

/// An estate that fills every table.
fn estate() -> String {
    run::estate("regulated.toml") + MORE
}

/// The folder of a whole run, which nobody changes.
fn whole_run() -> &'static Path {
    static RUN: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, out) = RUN.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let run = run::scan_in(folder.path(), &estate(), &[]);
        assert_eq!(run.code(), 0, "{:?}", run.output);
        let out = folder.path().join("out");
        (folder, out)
    });
    out
}

/// A folder in memory, where there is one: what is written is synchronized with the disk, thousands of times.
fn folder_in_memory() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .unwrap()
}

/// The folder of a run that may be changed.
struct Copy(tempfile::TempDir);

impl Copy {
    fn of_run() -> Copy {
        let folder = folder_in_memory();
        for file in files(whole_run()) {
            let to = folder.path().join(&file);
            std::fs::create_dir_all(to.parent().unwrap()).unwrap();
            std::fs::copy(whole_run().join(&file), to).unwrap();
        }
        Copy(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file anew, which later is put back as it was.
    fn with<T>(&self, file: &Path, content: &[u8], act: impl FnOnce() -> T) -> T {
        let path = self.path().join(file);
        let before = std::fs::read(&path).unwrap();
        std::fs::write(&path, content).unwrap();
        let result = act();
        std::fs::write(&path, before).unwrap();
        result
    }
}

/// Every file below a folder, by its path in there.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(folder)
        .sort_by_file_name()
        .into_iter()
        .map(Result::unwrap);
    entries
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| entry.path().strip_prefix(folder).unwrap().to_owned())
        .collect()
}

/// So many cases, unless the environment asks for another number.
fn runner(cases: u32) -> TestRunner {
    let default = ProptestConfig::default();
    TestRunner::new(ProptestConfig {
        cases: if std::env::var_os("PROPTEST_CASES").is_some() {
            default.cases
        } else {
            cases
        },
        failure_persistence: None,
        max_shrink_iters: 300,
        ..default
    })
}

/// Judges a snapshot and renders the report, as `assess` does.
fn judge(run: &Path, config: &Config) -> anyhow::Result<()> {
    let snapshot = SnapshotReader::open(&run.join("snapshot"))?;
    let folder = folder_in_memory();
    let results = Results::in_folder(folder.path());
    let mut assessor = Assessor::new(config, snapshot.scan.clone());
    for account in &snapshot.scan.accounts {
        let judged = assessor.judge(&snapshot.account(account)?);
        results.write(&judged)?;
        assessor.add(judged);
    }
    let assessment = assessor.finish();
    results.write_about_configuration(&assessment.about_configuration)?;
    let report = Report::new(&assessment, &results);
    let mut json = Vec::new();
    write_json(&report, &mut json)?;
    render_markdown(&report)?;
    render_terminal(&report, PALETTE, run)?;
    // What is written can be read.
    let file = folder.path().join("report.json");
    std::fs::write(&file, json)?;
    compare(&file, &file)
}

/// Compares two runs, as `diff` and `trend` do.
fn compare(old: &Path, new: &Path) -> anyhow::Result<()> {
    let trend = Trend::read(&[old.to_owned(), new.to_owned()])?;
    render_trend_chart(&trend)?;
    let (old, new) = (Run::open(old)?, Run::open(new)?);
    let head = DiffHead::of(&old.head, &new.head);
    let mut totals = Totals::default();
    walk(&old, &new, |account| -> Result<(), RunError> {
        totals.add(account);
        Ok(())
    })?;
    render_diff_markdown(&head, &totals)?;
    render_diff_terminal(&head, &totals, PALETTE)?;
    write_diff_json(&old, &new, &head, &mut Vec::new())?;
    Ok(())
}

#[test]
fn a_run_that_nobody_changed_is_read() {
    judge(whole_run(), &Config::default()).unwrap();
    compare(whole_run(), whole_run()).unwrap();
}
