//! `scan --resume`: the run that was begun, and what is left of it.

use std::path::Path;

use clap::CommandFactory;
use serde_json::{Map, Value};

use super::super::UsageError;
use super::super::output::OutputFolder;
use crate::accounts::Targets;
use crate::cli::{Cli, ScanArgs};
use crate::evidence::{MANIFEST_FILE, SIGNATURE_FILE};
use crate::facts::AccountId;
use crate::results::Results;
use crate::run_record::{RecordError, RunRecord, differs};
use crate::snapshot::{AccountReader, SnapshotReader, SnapshotWriter};
#[cfg(feature = "sandbox")]
use crate::visible::visible;

/// Flags that need not be those the run was begun with: other credentials of the same account will do.
const MAY_DIFFER: &[&str] = &["profile"];

/// A run that was begun before.
#[derive(Debug)]
pub(super) struct Begun {
    pub record: RunRecord,
    pub output: OutputFolder,
}

/// Opens the folder of a run, and brings the flags it was begun with together with those that are given now.
pub(super) fn open(folder: &Path, given: &ScanArgs) -> anyhow::Result<(ScanArgs, Begun)> {
    if given.out.as_deref().is_some_and(|out| out != folder) {
        let what = "--resume goes on in its own folder: leave --out (KMS_AUDIT_OUT) away";
        return Err(UsageError(what.to_owned()).into());
    }
    // A folder without a run is left as it is.
    RunRecord::read(folder)?;
    let output = OutputFolder::resume(folder)?;
    let record = RunRecord::read(folder)?;
    let args = with_recorded(given, &record, folder)?;
    Ok((args, Begun { record, output }))
}

fn with_recorded(given: &ScanArgs, record: &RunRecord, folder: &Path) -> anyhow::Result<ScanArgs> {
    #[cfg(feature = "sandbox")]
    check_sandbox(given, record, folder)?;
    let Value::Object(flags) = serde_json::to_value(given)? else {
        anyhow::bail!("the flags cannot be held against those in {}", folder.display());
    };
    let mut differences = Vec::new();
    let mut merged = Map::new();
    for (name, value) in flags {
        let recorded = record.arguments.get(&name).cloned().unwrap_or_default();
        if is_absent(&value) {
            merged.insert(name, recorded);
            continue;
        }
        if value != recorded && !MAY_DIFFER.contains(&name.as_str()) {
            let recorded = if is_absent(&recorded) {
                "not given".to_owned()
            } else {
                recorded.to_string()
            };
            differences.push(differs(&flag(&name), &recorded, &value.to_string()));
        }
        merged.insert(name, value);
    }
    if !differences.is_empty() {
        let folder = folder.to_owned();
        return Err(RecordError::Differs { folder, differences }.into());
    }
    let merged: ScanArgs = serde_json::from_value(Value::Object(merged))?;
    let mut args = ScanArgs {
        // What is not written down is as it is given now.
        out: given.out.clone(),
        report: given.report.clone(),
        resume: given.resume.clone(),
        restartable: given.restartable,
        ..merged
    };
    args.ask.log = given.ask.log;
    args.ask.quiet = given.ask.quiet;
    args.ask.targets.external_id = given.ask.targets.external_id.clone();
    #[cfg(feature = "sandbox")]
    args.ask.sandbox.clone_from(&given.ask.sandbox);
    Ok(args)
}

/// Where an estate lies is not written down, so it has to be said again.
#[cfg(feature = "sandbox")]
fn check_sandbox(given: &ScanArgs, record: &RunRecord, folder: &Path) -> anyhow::Result<()> {
    match &record.sandbox {
        Some(estate) if given.ask.sandbox.is_none() => {
            let what = format!(
                "the scan in {} is of the sandbox: it was begun with --sandbox, on the estate {}. Give that again beside \
                 --resume: --sandbox alone for the built-in estate, else with its file or URL",
                folder.display(),
                visible(estate),
            );
            Err(UsageError(what).into())
        }
        _ => Ok(()),
    }
}

fn is_absent(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// How a flag is written on the command line.
fn flag(name: &str) -> String {
    let command = Cli::command();
    let scan = command.find_subcommand("scan");
    let argument = scan.and_then(|scan| scan.get_arguments().find(|argument| argument.get_id() == name));
    match argument.and_then(|argument| argument.get_long()) {
        Some(long) => format!("--{long}"),
        None => name.to_owned(),
    }
}

/// What is left to be asked, and what need not be asked again.
#[derive(Debug)]
pub(super) struct Rest {
    pub finished: Vec<AccountId>,
    pub to_ask: Vec<(AccountId, Option<String>)>,
}

impl Rest {
    /// Everything is left.
    pub(super) fn all(targets: &Targets) -> Rest {
        Rest {
            finished: Vec::new(),
            to_ask: targets.to_scan.clone().into_iter().collect(),
        }
    }

    /// Finds the accounts that are finished and whose files are whole, and clears away what there is of the others. The
    /// manifest is no longer true from here on.
    pub(super) fn of(targets: &Targets, begun: &RunRecord, output: &OutputFolder) -> anyhow::Result<Rest> {
        let folder = output.path();
        let snapshot = folder.join("snapshot");
        let reader = AccountReader::in_folder(&snapshot);
        let (finished, to_ask): (Vec<_>, Vec<_>) = targets.to_scan.clone().into_iter().partition(|(account, _)| {
            let finished = reader.check_finished(account);
            if let Err(reason) = &finished {
                tracing::info!(%account, %reason, "the account is asked again");
            }
            finished.is_ok()
        });
        if to_ask.is_empty() && has_ended(folder, &snapshot) {
            let folder = folder.to_owned();
            return Err(RecordError::Complete { folder }.into());
        }
        if !to_ask.is_empty() && begun.sandbox.is_none() {
            begun.check_age(jiff::Timestamp::now(), folder)?;
        }
        clear_manifest(output)?;
        let writer = SnapshotWriter::create(&snapshot)?;
        for (account, _) in &to_ask {
            writer.remove_account(account)?;
            Results::in_folder(folder).remove(account)?;
        }
        Ok(Rest {
            finished: finished.into_iter().map(|(account, _)| account).collect(),
            to_ask,
        })
    }
}

/// Removes a manifest that is no longer true, or about to be written again.
pub(super) fn clear_manifest(output: &OutputFolder) -> anyhow::Result<()> {
    [MANIFEST_FILE, SIGNATURE_FILE]
        .into_iter()
        .try_for_each(|name| output.remove(name))
}

/// Whether a run could not be gone on with because nothing of it is left to do.
pub(super) fn has_come_to_its_end(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(RecordError::Complete { .. }))
}

/// Whether the run was written down to its end, and not because it was stopped.
fn has_ended(folder: &Path, snapshot: &Path) -> bool {
    let was_stopped = || SnapshotReader::open(snapshot).is_ok_and(|snapshot| snapshot.scan.interrupted);
    folder.join(MANIFEST_FILE).exists() && !was_stopped()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Command;
    use clap::Parser;
    use std::collections::BTreeMap;

    fn args(flags: &str) -> ScanArgs {
        let words = ["kms-audit", "scan"].into_iter().chain(flags.split_whitespace());
        let Command::Scan(args) = Cli::parse_from(words).command else {
            panic!("it is a scan");
        };
        *args
    }

    fn record(flags: &str) -> RunRecord {
        let moment = "2026-06-15T06:00:00Z".parse().unwrap();
        let Value::Object(arguments) = serde_json::to_value(args(flags)).unwrap() else {
            panic!("flags are an object");
        };
        RunRecord {
            tool_version: RunRecord::tool_version(),
            operations: RunRecord::operations(),
            as_of: moment,
            started_at: moment,
            sandbox: None,
            caller_account: AccountId::new("111122223333"),
            partition: "aws".into(),
            arguments,
            external_id: false,
            parameters: BTreeMap::new(),
            targets: None,
            api_calls: Vec::new(),
        }
    }

    fn resumed(begun: &str, now: &str) -> anyhow::Result<ScanArgs> {
        with_recorded(&args(now), &record(begun), Path::new("run"))
    }

    #[test]
    fn flags_that_are_not_given_again_are_those_the_run_was_begun_with() {
        let begun =
            "--organization --region eu-west-3 --threshold 80 --api-share off --role-name audit/reader --profile a";
        let resumed = resumed(begun, "--resume run --fail-on high --profile b --region eu-west-3").unwrap();
        assert!(resumed.ask.targets.organization && resumed.report.fail_on.is_some() && resumed.resume.is_some());
        assert_eq!(resumed.ask.regions, args(begun).ask.regions);
        assert_eq!(
            (resumed.ask.threshold, resumed.ask.api_share),
            (Some(80.0), args(begun).ask.api_share)
        );
        assert_eq!(resumed.ask.targets.role_name.as_deref(), Some("audit/reader"));
        assert_eq!(resumed.ask.profile.as_deref(), Some("b"));
    }

    #[test]
    fn flags_that_differ_are_named_as_they_are_written() {
        let error = resumed(
            "--organization --region eu-west-3",
            "--region us-east-1 --exclude-account 111122223333",
        );
        let said = error.unwrap_err().to_string();
        for part in [
            "--region was [\"eu-west-3\"] and is [\"us-east-1\"]",
            "--exclude-account was not given and is [\"111122223333\"]",
        ] {
            assert!(said.contains(part), "{said}");
        }
    }
}
