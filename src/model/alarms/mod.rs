//! Which alarms would tell someone that requests to KMS come near a quota, or are throttled; and why the others would
//! not.
//!
//! An alarm is meant for this if it watches the usage metric of a request quota, a throttle metric of a custom key store,
//! or, by a metric filter or a query, throttled requests in the log of a trail. Composite alarms are part of the alarms
//! they refer to. What cannot be read for certain is unclear, and never dead.

mod composite_rule;
mod delivery;
mod fault;
mod filter_pattern;
mod log_source;
mod metric_math;
mod on_logs;
mod on_metrics;
mod quantity;

use serde::Serialize;

pub use fault::Fault;

use crate::facts::{AccountFacts, Alarm, AlarmKind, Fact, MetricFilter, RegionFacts, RegionState};
use delivery::{Delivery, Told};

/// From when on an alarm on a request rate comes too late.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AlarmLimits {
    /// The longest period, in seconds, that does not average a burst away.
    pub longest_period_seconds: f64,
    /// The longest, in seconds, that a burst may have to last before the alarm goes off.
    pub longest_to_alarm_seconds: f64,
}

/// An alarm that is meant to tell of throttling.
#[derive(Debug)]
pub struct ThrottleAlarm<'a> {
    /// The Region it lies in.
    pub region: &'a RegionFacts,
    /// The alarm.
    pub alarm: &'a Alarm,
    /// What it watches, or is meant to.
    pub watches: Vec<Watched<'a>>,
    /// The metric filters that feed it.
    pub filters: Vec<&'a MetricFilter>,
    /// Whether it would tell.
    pub verdict: Verdict,
}

/// What an alarm watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Watched<'a> {
    /// A request quota.
    Quota {
        /// The Region.
        region: &'a str,
        /// The pool.
        pool: &'a str,
    },
    /// A custom key store.
    CustomKeyStore {
        /// The Region.
        region: &'a str,
        /// The id of the store.
        id: &'a str,
    },
}

/// Whether an alarm would tell someone in time.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It would.
    Live,
    /// It would not, for these reasons.
    Dead(Vec<Fault>),
    /// That cannot be told, and why.
    Unclear(String),
}

/// What speaks against an alarm, as it is looked at from all sides.
#[derive(Default)]
struct Doubts {
    faults: Vec<Fault>,
    unclear: Option<String>,
}

impl Doubts {
    fn unclear(&mut self, why: impl Into<String>) {
        self.unclear.get_or_insert(why.into());
    }

    /// A certain fault is one, whatever else is not certain.
    fn verdict(mut self, told: Told) -> Verdict {
        match told {
            Told::Someone => {}
            Told::Nobody(faults) => self.faults.extend(faults),
            Told::Perhaps(why) => self.unclear(why),
        }
        match self.unclear {
            _ if !self.faults.is_empty() => Verdict::Dead(self.faults),
            Some(why) => Verdict::Unclear(why),
            None => Verdict::Live,
        }
    }
}

/// The alarms of an account that are meant to tell of throttling.
pub fn throttle_alarms(account: &AccountFacts, limits: AlarmLimits) -> Vec<ThrottleAlarm<'_>> {
    let mut found = Vec::new();
    for region in account
        .regions
        .iter()
        .filter(|region| region.state == RegionState::Scanned)
    {
        let Some(alarms) = region.alarms.known() else {
            continue;
        };
        let delivery = Delivery::new(alarms);
        for alarm in alarms {
            let meant = match &alarm.kind {
                AlarmKind::Metric(metric) => on_metrics::judge(account, region, metric, limits)
                    .or_else(|| on_logs::judge_metric(account, region, alarm, metric, limits)),
                AlarmKind::Log(log) => on_logs::judge_query(account, region, log),
                AlarmKind::Composite { .. } => None,
            };
            let Some(meant) = meant else { continue };
            let verdict = meant.doubts.verdict(delivery.of(alarm));
            // What is not about KMS alone is counted where it helps, and not blamed where it does not.
            if meant.is_about_kms || verdict == Verdict::Live {
                found.push(ThrottleAlarm {
                    region,
                    alarm,
                    watches: meant.watches,
                    filters: meant.filters,
                    verdict,
                });
            }
        }
    }
    found
}

/// Why it is not known which alarms of a Region count throttled requests, although the alarms are known: some watch a
/// metric that a metric filter may feed, and the filters are not known.
pub fn unread_filters(account: &AccountFacts, region: &RegionFacts) -> Option<String> {
    let why = match &region.metric_filters {
        Fact::Known(_) => return None,
        Fact::Unavailable(reason) => format!("its metric filters could not be read: {}", reason.code),
        Fact::NotCollected => "its metric filters were not collected".to_owned(),
    };
    let mut alarms = region.alarms.known().into_iter().flatten();
    let may_be_fed = |alarm: &Alarm| match &alarm.kind {
        AlarmKind::Metric(alarm) => on_logs::watches_custom_metric(account, alarm),
        AlarmKind::Composite { .. } | AlarmKind::Log(_) => false,
    };
    alarms.any(may_be_fed).then_some(why)
}

/// What an alarm is meant for, and what speaks against it.
struct Meant<'a> {
    watches: Vec<Watched<'a>>,
    filters: Vec<&'a MetricFilter>,
    doubts: Doubts,
    /// Whether whoever made it had KMS in mind.
    is_about_kms: bool,
}

/// The pools of cryptographic operations of a Region.
fn pools(region: &RegionFacts) -> impl Iterator<Item = Watched<'_>> {
    let pools = region.quotas.iter().filter(|quota| quota.is_cryptographic());
    pools.map(|quota| Watched::Quota {
        region: region.region.as_str(),
        pool: &quota.pool,
    })
}

/// Whether a comparison, as AWS spells it, is with what is greater; `None` for one with a band.
fn goes_up(comparison: &str) -> Option<bool> {
    match comparison {
        "GreaterThanThreshold" | "GreaterThanOrEqualToThreshold" => Some(true),
        "LessThanThreshold" | "LessThanOrEqualToThreshold" => Some(false),
        _ => None,
    }
}

/// Brackets within each other deeper than this are not read: nobody writes them, and reading goes as deep.
const DEEPEST: usize = 50;

fn is_shallow(text: &str) -> bool {
    let mut depth: usize = 0;
    text.bytes().all(|byte| {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth <= DEEPEST
    })
}

#[cfg(test)]
mod tests;
