//! Reads two runs, an account of both at a time.

use std::collections::BTreeSet;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::change::{Change, NotComparable};
use super::comparison::AccountDiff;
use super::totals::DiffSummary;
use super::{compare_accounts, compare_configuration};
use crate::assessment::Tool;
use crate::facts::AccountId;
use crate::runs::{Run, RunError, RunHead};

/// The version of the document's shape. Within a version, fields are added and never changed or taken away.
pub const DIFF_SCHEMA_VERSION: &str = "1";

/// The parameter that says where the inventory comes from.
const SOURCE: &str = "source";
/// The parameters that are of one source of the inventory only. A run of another source has none of them, which says no
/// more than that the sources differ.
const OF_THE_SOURCE: [&str; 3] = ["aggregator", "aggregator_region", "tags_from"];

/// What changed between two runs of kms-audit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "kms-audit diff")]
pub struct DiffDocument {
    /// The runs.
    #[serde(flatten)]
    pub head: DiffHead,
    /// Every change, account by account.
    pub changes: Vec<Change>,
    /// What could not be compared, because one of the runs did not read it: none of it is a change.
    pub not_comparable: Vec<NotComparable>,
    /// The comparison in numbers.
    pub summary: DiffSummary,
}

/// What was compared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DiffHead {
    /// The version of this shape, "1".
    pub schema_version: String,
    /// What compared.
    pub tool: Tool,
    /// The first run.
    pub old: RunName,
    /// The second run.
    pub new: RunName,
    /// What the runs were asked for, or judged by, that differs: findings can come and go for that reason.
    pub parameters_changed: Vec<String>,
    /// What was not compared at all, because a run does not hold it.
    pub not_compared: Vec<String>,
}

/// A run, as a comparison names it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunName {
    /// The moment that every judgement refers to.
    pub as_of: Timestamp,
    /// What judged it.
    pub tool: Tool,
    /// The estate, where the scan was of the sandbox.
    pub sandbox: Option<String>,
    /// The accounts looked at.
    pub accounts: Vec<AccountId>,
    /// Whether everything was looked at.
    pub complete: bool,
}

impl From<&RunHead> for RunName {
    fn from(run: &RunHead) -> Self {
        RunName {
            as_of: run.as_of,
            tool: run.tool.clone(),
            sandbox: run.sandbox.clone(),
            accounts: run.accounts.iter().cloned().collect(),
            complete: run.complete,
        }
    }
}

impl DiffHead {
    /// What is said of two runs before they are compared.
    pub fn of(old: &RunHead, new: &RunHead) -> Self {
        let names: BTreeSet<&String> = old.parameters.keys().chain(new.parameters.keys()).collect();
        let given = |run: &RunHead, name: &str| run.parameters.get(name).filter(|value| !value.is_null()).cloned();
        let differs = |name: &str| given(old, name) != given(new, name);
        let other_source = differs(SOURCE);
        let changed = names.into_iter().filter(|name| {
            // Where the file lies is not what it says.
            *name != "config_file" && !(other_source && OF_THE_SOURCE.contains(&name.as_str())) && differs(name)
        });
        let lacks: BTreeSet<&str> = [old.lacks, new.lacks].into_iter().flatten().collect();
        DiffHead {
            schema_version: DIFF_SCHEMA_VERSION.to_owned(),
            tool: Tool::this(),
            old: old.into(),
            new: new.into(),
            parameters_changed: changed.cloned().collect(),
            not_compared: lacks.into_iter().map(str::to_owned).collect(),
        }
    }
}

/// Compares two runs, account by account in the order of their ids, and hands on what each came to; last, what the
/// findings about the configuration did. In memory is one account of both runs.
///
/// # Errors
/// When a run cannot be read, or whoever takes the results refuses.
pub fn walk<E: From<RunError>>(
    old: &Run,
    new: &Run,
    mut take: impl FnMut(AccountDiff) -> Result<(), E>,
) -> Result<(), E> {
    let accounts: BTreeSet<&AccountId> = old.head.accounts.union(&new.head.accounts).collect();
    for id in accounts {
        // Reading is most of the work, and the two have nothing to do with each other.
        let (before, after) = std::thread::scope(|scope| {
            let before = scope.spawn(|| old.account(id));
            let after = new.account(id);
            (before.join(), after)
        });
        let before = before.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        let after = after?;
        take(compare_accounts(
            id,
            (&old.head, before.as_ref()),
            (&new.head, after.as_ref()),
        ))?;
    }
    let (before, after) = (old.findings_about_configuration()?, new.findings_about_configuration()?);
    take(compare_configuration((&old.head, &before), (&new.head, &after)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn run(parameters: serde_json::Value) -> RunHead {
        let serde_json::Value::Object(parameters) = parameters else {
            panic!("not an object");
        };
        RunHead {
            as_of: crate::facts::examples::scan().as_of,
            tool: Tool::this(),
            sandbox: None,
            accounts: BTreeSet::new(),
            accounts_not_seen: std::collections::BTreeMap::new(),
            parameters: parameters.into_iter().collect(),
            checks: BTreeSet::new(),
            complete: true,
            lacks: None,
        }
    }

    #[test]
    fn of_two_sources_it_is_said_that_they_differ_and_not_what_only_one_of_them_can_be_asked() {
        let services = run(json!({ "tags_from": "kms", "window_days": 14 }));
        let at_once = run(json!({ "tags_from": "resource-groups", "window_days": 14 }));
        let aggregator = |name: Option<&str>| {
            run(
                json!({ "source": "config-aggregator", "aggregator": name, "aggregator_region": null, "window_days": 14 }),
            )
        };
        for (old, new, expected) in [
            (&services, &services, &[][..]),
            (&services, &at_once, &["tags_from"]),
            (&services, &aggregator(None), &["source"]),
            (&aggregator(Some("all")), &services, &["source"]),
            (&aggregator(Some("all")), &aggregator(Some("other")), &["aggregator"]),
        ] {
            assert_eq!(DiffHead::of(old, new).parameters_changed, expected);
        }
    }
}
