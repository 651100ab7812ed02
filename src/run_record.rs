//! `run.json`: what a run was asked for, written down at its start, so that it can be gone on with after it was killed,
//! and only as the same run. It holds no secret.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::accounts::Targets;
use crate::aws::OPERATIONS;
use crate::digest::sha256;
use crate::facts::{AccountId, ApiCalls};
use crate::private_files;

/// The name of the file.
pub const RUN_FILE: &str = "run.json";

/// CloudWatch keeps minutes for 15 days, of which a scan looks at the last 14. A run that is gone on with later than this
/// after its `as_of` would not see all of them.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#metrics-retention>.
pub const LONGEST_BREAK: SignedDuration = SignedDuration::from_hours(24);

/// What a run was asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// The version of the program.
    pub tool_version: String,
    /// The SHA-256 of the names of all operations that the program may call.
    pub operations: String,
    /// The moment every judgement refers to.
    pub as_of: Timestamp,
    /// When the first call was made.
    pub started_at: Timestamp,
    /// The estate, where the scan is of the sandbox and not of AWS.
    pub sandbox: Option<String>,
    /// Whose credentials are used.
    pub caller_account: AccountId,
    /// The partition of the caller.
    pub partition: String,
    /// The flags and environment variables that decide what is asked, as they were given.
    pub arguments: Map<String, Value>,
    /// Whether an external id was given. It is a secret, and so not here.
    pub external_id: bool,
    /// What was asked for: flags, environment and configuration together.
    pub parameters: BTreeMap<String, Value>,
    /// The accounts, once they were listed to the end. They are not listed again.
    pub targets: Option<Targets>,
    /// The calls that it took to list them, and to read an aggregator of AWS Config where the inventory comes from one.
    pub api_calls: Vec<ApiCalls>,
}

/// Why a run cannot be gone on with.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// There is nothing to go on with.
    #[error(
        "{folder} holds no scan that was begun: there is no run.json. Start one with --out {folder}; a folder that a \
         killed scan left without anything in it will do"
    )]
    Missing {
        /// The folder.
        folder: PathBuf,
    },
    /// There is no such folder.
    #[error(
        "there is no folder {folder}: --resume takes the folder that a scan was begun in, the one of its --out"
    )]
    NoFolder {
        /// The folder.
        folder: PathBuf,
    },
    /// The file system refused.
    #[error("cannot read or write {path}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
    /// The file is not what it should be.
    #[error("{path} does not say what the run was asked for: {what}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// It would be another run.
    #[error("{folder} holds another run: {}. Start a new scan in another folder, or resume with what this one was begun with",
        .differences.join("; "))]
    Differs {
        /// The folder.
        folder: PathBuf,
        /// Each difference in words.
        differences: Vec<String>,
    },
    /// Too much time has passed.
    #[error(
        "{folder} holds a run as of {as_of}, more than 24 hours ago: CloudWatch no longer keeps all the minutes that it \
         looks at. Start a new scan"
    )]
    TooOld {
        /// The folder.
        folder: PathBuf,
        /// The moment it refers to.
        as_of: Timestamp,
    },
    /// There is nothing left to do.
    #[error("the run in {folder} has come to its end; there is nothing to resume")]
    Complete {
        /// The folder.
        folder: PathBuf,
    },
}

impl RunRecord {
    /// The operation table of this program, as a record names it.
    pub fn operations() -> String {
        let ids: Vec<String> = OPERATIONS.iter().map(|operation| operation.id()).collect();
        sha256(ids.join("\n"))
    }

    /// The version of this program, as a record names it.
    pub fn tool_version() -> String {
        env!("CARGO_PKG_VERSION").to_owned()
    }

    /// Reads the record of a run.
    ///
    /// # Errors
    /// When there is none, it cannot be read, or another version of the program wrote it.
    pub fn read(folder: &Path) -> Result<RunRecord, RecordError> {
        let path = folder.join(RUN_FILE);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound && folder.is_dir() => {
                return Err(RecordError::Missing {
                    folder: folder.to_owned(),
                });
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(RecordError::NoFolder {
                    folder: folder.to_owned(),
                });
            }
            Err(source) => return Err(RecordError::File { path, source }),
        };
        let unreadable = |error: serde_json::Error| RecordError::Unreadable {
            path: path.clone(),
            what: error.to_string(),
        };
        let value: Value = serde_json::from_str(&text).map_err(unreadable)?;
        // The version first: another version may have another shape.
        let version = value["tool_version"].as_str().unwrap_or("none");
        if version != Self::tool_version() {
            return Err(RecordError::Differs {
                folder: folder.to_owned(),
                differences: vec![differs("the version of kms-audit", version, &Self::tool_version())],
            });
        }
        serde_json::from_value(value).map_err(unreadable)
    }

    /// Writes the record, in the place of one that was there.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn write(&self, folder: &Path) -> Result<(), RecordError> {
        let path = folder.join(RUN_FILE);
        private_files::write_whole(&path, |out| {
            serde_json::to_writer_pretty(&mut *out, self)?;
            out.write_all(b"\n")
        })
        .map_err(|source| RecordError::File { path, source })
    }

    /// Holds a run against its record.
    ///
    /// # Errors
    /// Names each difference.
    pub fn check_same(&self, run: &RunRecord, folder: &Path) -> Result<(), RecordError> {
        let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "none".to_owned());
        let mut differences = Vec::new();
        for (what, recorded, now) in [
            ("the version of kms-audit", &self.tool_version, &run.tool_version),
            ("the table of operations", &self.operations, &run.operations),
            ("the estate of the sandbox", &text(&self.sandbox), &text(&run.sandbox)),
            (
                "the moment of the scan",
                &self.as_of.to_string(),
                &run.as_of.to_string(),
            ),
            (
                "the account of the credentials",
                &self.caller_account.to_string(),
                &run.caller_account.to_string(),
            ),
            ("the partition", &self.partition, &run.partition),
        ] {
            if recorded != now {
                differences.push(differs(what, recorded, now));
            }
        }
        // It is not known which one it was, only whether there was one.
        match (self.external_id, run.external_id) {
            (true, false) => differences.push("it was begun with an external id, and now there is none".to_owned()),
            (false, true) => {
                differences.push("it was begun without an external id, and now there is one".to_owned())
            }
            _ => {}
        }
        let names = self.parameters.keys().chain(run.parameters.keys());
        let names: std::collections::BTreeSet<&String> = names.collect();
        for name in names {
            let value = |run: &RunRecord| run.parameters.get(name).unwrap_or(&Value::Null).to_string();
            if value(self) != value(run) {
                differences.push(differs(&format!("`{name}`"), &value(self), &value(run)));
            }
        }
        if differences.is_empty() {
            return Ok(());
        }
        Err(RecordError::Differs {
            folder: folder.to_owned(),
            differences,
        })
    }

    /// Whether there is still time to go on with a run.
    ///
    /// # Errors
    /// When too much of it has passed.
    pub fn check_age(&self, now: Timestamp, folder: &Path) -> Result<(), RecordError> {
        if now.duration_since(self.as_of) <= LONGEST_BREAK {
            return Ok(());
        }
        Err(RecordError::TooOld {
            folder: folder.to_owned(),
            as_of: self.as_of,
        })
    }
}

/// A difference in words.
pub fn differs(what: &str, recorded: &str, now: &str) -> String {
    format!("{what} was {recorded} and is {now}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn record() -> RunRecord {
        let moment = "2026-06-15T06:00:00Z".parse().unwrap();
        RunRecord {
            tool_version: RunRecord::tool_version(),
            operations: RunRecord::operations(),
            as_of: moment,
            started_at: moment,
            sandbox: None,
            caller_account: AccountId::new("111122223333"),
            partition: "aws".into(),
            arguments: Map::new(),
            external_id: false,
            parameters: BTreeMap::from([("regions".to_owned(), json!(["eu-west-3"]))]),
            targets: None,
            api_calls: Vec::new(),
        }
    }

    fn said(run: &RunRecord) -> String {
        record().check_same(run, Path::new("run")).unwrap_err().to_string()
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        record().write(folder.path()).unwrap();
        let read = RunRecord::read(folder.path()).unwrap();
        assert_eq!(read, record());
        read.check_same(&record(), folder.path()).unwrap();
    }

    #[test]
    fn each_difference_is_named() {
        let mut other = record();
        other.caller_account = AccountId::new("444455556666");
        other.parameters.insert("regions".into(), json!(["us-east-1"]));
        other.parameters.insert("threshold_percent".into(), json!(80));
        other.external_id = true;
        let said = said(&other);
        for part in [
            "the account of the credentials was 111122223333 and is 444455556666",
            "`regions` was [\"eu-west-3\"] and is [\"us-east-1\"]",
            "`threshold_percent` was null and is 80",
            "without an external id",
        ] {
            assert!(said.contains(part), "{said}");
        }
    }

    #[test]
    fn another_version_is_refused_whatever_else_its_record_says() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(RUN_FILE), r#"{ "tool_version": "9.9.9" }"#).unwrap();
        let error = RunRecord::read(folder.path()).unwrap_err().to_string();
        assert!(error.contains("the version of kms-audit was 9.9.9 and is"), "{error}");
    }

    #[test]
    fn a_folder_without_a_record_holds_nothing_to_go_on_with() {
        let folder = tempfile::tempdir().unwrap();
        let error = RunRecord::read(folder.path()).unwrap_err();
        assert!(matches!(error, RecordError::Missing { .. }), "{error}");
    }

    #[test]
    fn a_run_is_gone_on_with_while_cloudwatch_keeps_all_its_minutes() {
        let check = |now: &str| record().check_age(now.parse().unwrap(), Path::new("run"));
        assert!(check("2026-06-16T06:00:00Z").is_ok());
        assert!(check("2026-06-16T06:00:01Z").is_err());
    }
}
