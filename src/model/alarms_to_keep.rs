//! Which alarms could concern KMS, and what depends on them.
//!
//! An account can have thousands of alarms. Kept are:
//!
//! - alarms on the usage metrics of KMS (`AWS/Usage` with the dimension `Service` = `KMS`) and on `AWS/KMS`, alone or
//!   among the metrics of an expression;
//! - alarms on a namespace that is not one of AWS (`AWS/…`): a metric filter, or an application, may count throttled
//!   requests there;
//! - alarms on a query that speaks of KMS or of `AWS/Usage`, or that names no namespace of AWS;
//! - every log alarm, since a query of logs can ask for anything;
//! - of the composite alarms those whose rule names an alarm that is kept, directly or by way of other composite
//!   alarms. A rule is about alarms of its own account and Region:
//!   <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-combining.html>.

use std::collections::HashSet;

use super::justification::{Standing, standing};
use crate::config::JustificationPolicy;
use crate::facts::{
    AccountId, Alarm, AlarmKind, AlarmMetric, AlarmMetricSource, MetricFilter, RegionFacts, RequestQuota,
};

/// What the namespaces of AWS begin with.
const OF_AWS: &str = "AWS/";
/// The namespaces that KMS has metrics in.
const USAGE: &str = "AWS/Usage";
const KMS: &str = "AWS/KMS";
/// What a Metrics Insights query begins with. Other expressions calculate with the metrics beside them.
const QUERY: &str = "SELECT";

/// Whether any request was counted against a cryptographic pool.
pub fn uses_pools(quotas: &[RequestQuota]) -> bool {
    let peak = |quota: &RequestQuota| quota.usage.known().and_then(|usage| usage.peak);
    let mut pools = quotas.iter().filter(|quota| quota.is_cryptographic());
    pools.any(|quota| peak(quota).is_some_and(|peak| peak.sum > 0.0))
}

/// Whether something in a Region is only as it should be if its events are recorded: a key that is there for its audit,
/// or an alarm that is fed by log events.
pub fn depends_on_trails(region: &RegionFacts, policy: &JustificationPolicy) -> bool {
    let claims_audit = |standing| match standing {
        Standing::Justified(claim) => claim.controls.contains("audit"),
        _ => false,
    };
    let is_log = |alarm: &Alarm| matches!(alarm.kind, AlarmKind::Log(_));
    let mut alarms = region.alarms.known().into_iter().flatten();
    let mut filters = region.metric_filters.known().into_iter().flatten();
    alarms.any(is_log)
        || filters.next().is_some()
        || region.keys.iter().any(|key| claims_audit(standing(key, policy)))
}

/// Whether an alarm could concern KMS by what it watches itself. Composite alarms watch others: see
/// [`drop_idle_composites`].
pub fn may_concern_kms(alarm: &Alarm) -> bool {
    match &alarm.kind {
        AlarmKind::Metric(alarm) => alarm.metrics.iter().any(metric_may_concern_kms),
        AlarmKind::Composite { .. } | AlarmKind::Log(_) => true,
    }
}

fn metric_may_concern_kms(metric: &AlarmMetric) -> bool {
    match &metric.source {
        AlarmMetricSource::Statistic {
            namespace, dimensions, ..
        } => match namespace.as_str() {
            USAGE => dimensions.get("Service").is_some_and(|service| service == "KMS"),
            KMS => true,
            other => !other.starts_with(OF_AWS),
        },
        AlarmMetricSource::Expression { expression, .. } => {
            expression.contains(USAGE)
                || expression.to_ascii_lowercase().contains("kms")
                || is_query_beside_aws(expression)
        }
    }
}

/// Whether an expression is a query of metrics that are not those of AWS.
fn is_query_beside_aws(expression: &str) -> bool {
    expression.trim_start().starts_with(QUERY) && !expression.contains(OF_AWS)
}

/// Drops the composite alarms whose rule names no alarm that is left, neither directly nor by way of others.
pub fn drop_idle_composites(alarms: &mut Vec<Alarm>) {
    let rule = |alarm: &Alarm| match &alarm.kind {
        AlarmKind::Composite { rule } => Some(alarms_named_in(rule)),
        AlarmKind::Metric(_) | AlarmKind::Log(_) => None,
    };
    let mut kept: HashSet<String> = HashSet::new();
    let mut undecided = Vec::new();
    for alarm in alarms.iter() {
        match rule(alarm) {
            Some(named) => undecided.push((alarm, named)),
            None => kept.extend([alarm.name.clone(), alarm.arn.as_str().to_owned()]),
        }
    }
    // Rules can go round in a circle, so each pass keeps what the last one made reachable.
    loop {
        let (reached, rest): (Vec<_>, Vec<_>) = undecided
            .into_iter()
            .partition(|(_, named)| named.iter().any(|name| kept.contains(name)));
        if reached.is_empty() {
            break;
        }
        for (alarm, _) in reached {
            kept.extend([alarm.name.clone(), alarm.arn.as_str().to_owned()]);
        }
        undecided = rest;
    }
    alarms.retain(|alarm| kept.contains(alarm.arn.as_str()));
}

/// The names and ARNs that stand in the rule of a composite alarm: with quotation marks, in which `\"` stands for one,
/// or without, and then without spaces, round brackets and commas. The words of the language, such as `ALARM` and
/// `AND`, are among them.
pub fn alarms_named_in(rule: &str) -> Vec<String> {
    let mut named = Vec::new();
    let mut letters = rule.chars();
    let mut word = String::new();
    loop {
        let letter = letters.next();
        match letter {
            Some(letter) if !letter.is_whitespace() && !"(),\"".contains(letter) => {
                word.push(letter);
                continue;
            }
            _ if !word.is_empty() => named.push(std::mem::take(&mut word)),
            _ => {}
        }
        match letter {
            Some('"') => named.push(quoted(&mut letters)),
            Some(_) => {}
            None => return named,
        }
    }
}

/// The rest of a name in quotation marks.
fn quoted(letters: &mut impl Iterator<Item = char>) -> String {
    let mut name = String::new();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => break,
            '\\' => name.extend(letters.next()),
            other => name.push(other),
        }
    }
    name
}

/// The metrics that alarms watch and that are none of AWS's own: those that metric filters can feed.
#[derive(Debug, Default)]
pub struct CustomMetrics<'a> {
    /// Namespace and name.
    named: HashSet<(&'a str, &'a str)>,
    queries: Vec<&'a str>,
}

impl<'a> CustomMetrics<'a> {
    /// Those of an account. What a monitoring account watches in others is fed there.
    pub fn watched_by(alarms: &'a [Alarm], account: &AccountId) -> Self {
        let mut watched = CustomMetrics::default();
        let metrics = alarms.iter().flat_map(|alarm| match &alarm.kind {
            AlarmKind::Metric(alarm) => alarm.metrics.as_slice(),
            AlarmKind::Composite { .. } | AlarmKind::Log(_) => &[],
        });
        let own = |metric: &&AlarmMetric| metric.account_id.as_deref().is_none_or(|id| id == account.as_str());
        for metric in metrics.filter(own) {
            match &metric.source {
                AlarmMetricSource::Statistic { namespace, name, .. } if !namespace.starts_with(OF_AWS) => {
                    watched.named.insert((namespace, name));
                }
                AlarmMetricSource::Expression { expression, .. } if is_query_beside_aws(expression) => {
                    watched.queries.push(expression);
                }
                AlarmMetricSource::Statistic { .. } | AlarmMetricSource::Expression { .. } => {}
            }
        }
        watched
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.named.is_empty() && self.queries.is_empty()
    }

    /// Whether a metric filter feeds one of them.
    pub fn are_fed_by(&self, filter: &MetricFilter) -> bool {
        filter.metrics.iter().any(|metric| {
            let (namespace, name) = (metric.namespace.as_str(), metric.name.as_str());
            let mut queries = self.queries.iter();
            self.named.contains(&(namespace, name))
                || queries.any(|query| query.contains(namespace) && query.contains(name))
        })
    }
}

#[cfg(test)]
mod tests;
