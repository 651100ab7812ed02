//! Whether a key has been in use lately.
//!
//! Source: <https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyLastUsage.html>. AWS began to keep track in
//! 2026, so that no record of a use can mean "never" or "not since then".

use std::borrow::Cow;
use std::fmt;

use jiff::Timestamp;

use super::{day_of, days_between};
use crate::facts::{Fact, Key, LastUsage, RegionFacts};

/// What "lately" means.
#[derive(Clone, Copy, Debug)]
pub struct UseLimits {
    /// The moment of the scan.
    pub as_of: Timestamp,
    /// A last use that is older than so many days is not lately.
    pub days: f64,
    /// An answer of AWS that is older than so many days says nothing any more.
    pub answer_days: f64,
}

/// Whether a key has been in use lately.
#[derive(Clone, Debug, PartialEq)]
pub enum KeyUse<'a> {
    /// It has, or it has not been there for long enough to say that it has not.
    Lately,
    /// It has not.
    Idle(IdleKey<'a>),
    /// That cannot be told, and why.
    Unknown(Cow<'static, str>),
}

/// A key without a use lately. Shown as sentences.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IdleKey<'a> {
    /// The answer of AWS.
    pub usage: &'a LastUsage,
    /// Since when it has not been used.
    pub since: IdleSince,
    /// How many days that is before the scan, rounded down.
    pub days: u32,
    /// How many days before the scan AWS was asked, rounded down: more than none for a carried-over answer.
    pub answer_age_days: u32,
}

/// Since when a key has not been used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdleSince {
    /// Its last use.
    LastUse(Timestamp),
    /// It was created then, when AWS kept track already: it has never been used.
    Creation(Timestamp),
    /// AWS began to keep track then, and what was before is unknown.
    TrackingStart(Timestamp),
}

impl IdleSince {
    fn moment(self) -> Timestamp {
        match self {
            IdleSince::LastUse(moment) | IdleSince::Creation(moment) | IdleSince::TrackingStart(moment) => moment,
        }
    }
}

/// Whether a key has been in use lately, from the metrics of its Region or what AWS says of its last use.
pub fn key_use<'a>(region: &RegionFacts, key: &'a Key, limits: &UseLimits) -> KeyUse<'a> {
    if region.key_metrics.known().is_some() && !key.details.active_operations.is_empty() {
        return KeyUse::Lately;
    }
    let usage = match &key.details.last_usage {
        Fact::Known(usage) => usage,
        Fact::Unavailable(reason) => {
            return KeyUse::Unknown(format!("its last use could not be read: {}", reason.code).into());
        }
        Fact::NotCollected => return KeyUse::Unknown("its last use was not collected".into()),
    };
    if days_between(usage.read_at, limits.as_of) > limits.answer_days {
        return KeyUse::Unknown("what is known about its last use is too old".into());
    }
    let since = match idle_since(key, usage) {
        Ok(since) => since,
        Err(because) => return KeyUse::Unknown(because.into()),
    };
    let days = days_between(since.moment(), limits.as_of);
    if days > limits.days && days_between(since.moment(), usage.read_at) <= limits.days {
        // When AWS was asked it was in use by this limit, and what happened since is not known.
        return KeyUse::Unknown("what is known about its last use is too old to tell".into());
    }
    match since {
        _ if days > limits.days => KeyUse::Idle(IdleKey {
            usage,
            since,
            days: days as u32,
            answer_age_days: days_between(usage.read_at, limits.as_of) as u32,
        }),
        IdleSince::TrackingStart(_) => {
            KeyUse::Unknown("no use of it is on record, but AWS has not kept track for long enough".into())
        }
        IdleSince::LastUse(_) | IdleSince::Creation(_) => KeyUse::Lately,
    }
}

fn idle_since(key: &Key, usage: &LastUsage) -> Result<IdleSince, &'static str> {
    if let Some(last) = &usage.last {
        return Ok(IdleSince::LastUse(last.at));
    }
    let tracking = usage
        .tracking_start
        .ok_or("AWS did not say since when it keeps track of its use")?;
    let created = key
        .metadata
        .known()
        .and_then(|metadata| metadata.creation_date)
        .ok_or("no use of it is on record, and its age is unknown")?;
    Ok(if created >= tracking {
        IdleSince::Creation(created)
    } else {
        IdleSince::TrackingStart(tracking)
    })
}

impl fmt::Display for IdleKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (day, days) = (day_of(self.since.moment()), self.days);
        match (self.since, &self.usage.last) {
            (IdleSince::Creation(_), _) => write!(
                f,
                "The key has never been used since it was created on {day}, {days} days before the scan."
            )?,
            (IdleSince::TrackingStart(_), _) => write!(
                f,
                "The key has not been used since {day}, {days} days before the scan, when AWS began to keep track; \
                 whether it was used before is unknown."
            )?,
            (IdleSince::LastUse(_), last) => {
                let operation = last.as_ref().and_then(|last| last.operation.as_deref());
                let operation = operation.map_or_else(String::new, |operation| format!(" ({operation})"));
                write!(
                    f,
                    "The key was last used on {day}{operation}, {days} days before the scan."
                )?;
            }
        }
        if self.answer_age_days > 0 {
            let (asked, age) = (day_of(self.usage.read_at), self.answer_age_days);
            write!(
                f,
                " AWS was asked on {asked}, {age} days before the scan: a later use is not in this."
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::examples::{key, key_metadata, last_usage, region};

    const AS_OF: &str = "2026-06-15T06:00:00Z";

    fn told(created: Option<&str>, last: Option<&str>, tracking: Option<&str>, read_at: &str) -> String {
        let mut key = key(&[]);
        key_metadata(&mut key).creation_date = created.map(|moment| moment.parse().unwrap());
        key.details.last_usage = Fact::Known(last_usage(last, tracking, read_at));
        let limits = UseLimits {
            as_of: AS_OF.parse().unwrap(),
            days: 90.0,
            answer_days: 35.0,
        };
        match key_use(&region([]), &key, &limits) {
            KeyUse::Lately => "lately".into(),
            KeyUse::Idle(idle) => idle.to_string(),
            KeyUse::Unknown(because) => because.into(),
        }
    }

    #[test]
    fn never_is_said_only_of_a_key_that_was_created_while_aws_kept_track() {
        let tracking = Some("2026-03-11T00:00:00Z");
        assert!(told(tracking, None, tracking, AS_OF).starts_with("The key has never been used since"));
        let before = told(Some("2026-03-10T23:59:59Z"), None, tracking, AS_OF);
        assert!(
            before.contains("not been used since 2026-03-11") && before.contains("unknown"),
            "{before}"
        );
    }

    #[test]
    fn a_young_key_is_not_idle_and_a_short_record_says_nothing() {
        let (old, young) = (Some("2020-01-01T00:00:00Z"), Some("2026-05-01T00:00:00Z"));
        assert_eq!(told(young, None, Some("2026-03-11T00:00:00Z"), AS_OF), "lately");
        assert!(told(old, None, young, AS_OF).contains("long enough"));
        assert!(told(old, None, None, AS_OF).contains("since when"));
        assert!(told(None, None, old, AS_OF).contains("age is unknown"));
    }

    #[test]
    fn a_use_exactly_as_old_as_the_limit_is_lately() {
        assert_eq!(told(None, Some("2026-03-17T06:00:00Z"), None, AS_OF), "lately");
        assert_eq!(
            told(None, Some("2026-03-17T05:59:59Z"), None, AS_OF),
            "The key was last used on 2026-03-17 (Decrypt), 90 days before the scan."
        );
    }

    #[test]
    fn the_age_of_a_carried_over_answer_is_shown_and_limited() {
        let carried = |read_at| told(None, Some("2025-01-01T00:00:00Z"), None, read_at);
        let shown = carried("2026-05-11T06:00:00Z");
        assert!(
            shown.ends_with("AWS was asked on 2026-05-11, 35 days before the scan: a later use is not in this."),
            "{shown}"
        );
        assert!(carried("2026-05-11T05:59:59Z").contains("too old"));
    }

    #[test]
    fn an_answer_that_was_good_when_it_was_given_does_not_become_a_finding_by_growing_old() {
        let carried = |last| told(None, Some(last), None, "2026-05-20T06:00:00Z");
        let words = carried("2026-03-01T06:00:00Z");
        assert!(
            words.contains("too old to tell"),
            "80 days at the time, 106 by now: {words}"
        );
        assert!(carried("2026-02-01T06:00:00Z").starts_with("The key was last used on 2026-02-01"));
    }

    #[test]
    fn a_metric_is_a_use_where_the_metrics_were_listed() {
        let mut key = key(&[]);
        key.details.active_operations = vec!["Decrypt".into()];
        let limits = UseLimits {
            as_of: AS_OF.parse().unwrap(),
            days: 90.0,
            answer_days: 35.0,
        };
        let mut here = region([]);
        assert!(matches!(key_use(&here, &key, &limits), KeyUse::Unknown(_)));
        here.key_metrics = Fact::Known(());
        assert_eq!(key_use(&here, &key, &limits), KeyUse::Lately);
    }
}
