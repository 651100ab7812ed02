//! The last usage of keys.

use super::checked::past;
use super::file::{At, Instant, KeyFile};
use super::{Problem, Setting, one_of};
use crate::sandbox::keys::last_usage::{LastUsage, TRACKING_START, recorded_operations};
use crate::sandbox::keys::lifecycle::Creation;
use crate::sandbox::keys::spec::{KeySpec, Usage};
use jiff::Timestamp;

/// When KMS began to record the last usage of keys.
pub(super) fn tracking_start(given: Option<&At<Instant>>, as_of: Timestamp) -> Result<Timestamp, Problem> {
    match given {
        Some(given) => past(given.0, as_of, given.span()),
        None => {
            // It is an instant.
            let documented = TRACKING_START.parse().unwrap_or(as_of);
            Ok(as_of.min(documented))
        }
    }
}

pub(super) fn last_usage(
    file: &KeyFile,
    spec: &KeySpec,
    usage: &Usage,
    created: Creation,
    setting: &Setting<'_>,
) -> Result<Option<LastUsage>, Problem> {
    let Some(given) = &file.last_usage else {
        return Ok(None);
    };
    let mut recorded = recorded_operations(spec, usage);
    let operation = recorded.find(|recorded| *given.operation == **recorded);
    let operation = operation.ok_or_else(|| {
        let recorded: Vec<&str> = recorded_operations(spec, usage).collect();
        let what = match recorded.as_slice() {
            [] => format!("KMS records no usage of keys for {}; remove last_usage", usage.name),
            recorded => format!(
                "KMS records no `{}` of a key of {} for {}; use {}",
                *given.operation,
                spec.name,
                usage.name,
                one_of(recorded.iter().copied())
            ),
        };
        Problem::new(given.operation.span(), what)
    })?;
    let at = past(given.at.0, setting.as_of, given.at.span())?;
    let (start, last) = (setting.last_usage_tracking_start, created.last);
    let problem = if at < start {
        format!("nothing before last_usage_tracking_start, {start}, is on record; use a later instant")
    } else if at < last {
        format!("the last of these keys was created at {last}; use a later instant")
    } else {
        return Ok(Some(LastUsage { operation, at }));
    };
    Err(Problem::new(given.at.span(), problem))
}
