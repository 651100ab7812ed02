//! Alarms on throttled requests in the log of a trail: by a metric filter, or by a query.

use super::fault::Fault;
use super::filter_pattern::{FilterPattern, Selects};
use super::log_source::{Arrival, arrival};
use super::on_metrics::{check_count, check_datapoints, own_series};
use super::quantity::Series;
use super::{AlarmLimits, Doubts, Meant, Watched, goes_up, pools};
use crate::facts::{
    AccountFacts, Alarm, AlarmState, Fact, LogAlarm, MetricAlarm, MetricFilter, Region, RegionFacts, RegionState,
    Trail,
};

/// What the namespaces of AWS begin with. Metric filters feed others.
const OF_AWS: &str = "AWS/";

/// Whether an alarm watches a metric that a metric filter can feed.
pub(super) fn watches_custom_metric(account: &AccountFacts, alarm: &MetricAlarm) -> bool {
    custom(account, alarm).next().is_some()
}

fn custom<'a>(account: &AccountFacts, alarm: &'a MetricAlarm) -> impl Iterator<Item = Series<'a>> {
    own_series(account, alarm).filter(|series| !series.namespace.starts_with(OF_AWS))
}

/// What an alarm on a metric that is none of AWS is meant for; `None` where it has nothing to do with KMS.
pub(super) fn judge_metric<'a>(
    account: &'a AccountFacts,
    region: &'a RegionFacts,
    alarm: &'a Alarm,
    metric: &'a MetricAlarm,
    limits: AlarmLimits,
) -> Option<Meant<'a>> {
    let series = custom(account, metric).next()?;
    let Fact::Known(filters) = &region.metric_filters else {
        return names_throttling(alarm, &series).then(|| {
            let mut doubts = Doubts::default();
            doubts.unclear("the metric filters that may feed it were not read");
            of_region(region, doubts)
        });
    };
    let feeding: Vec<&MetricFilter> = filters.iter().filter(|filter| feeds(account, filter, metric)).collect();
    if feeding.is_empty() {
        return names_throttling(alarm, &series).then(|| of_region(region, without_filter(alarm, &series)));
    }
    let patterns: Vec<(&MetricFilter, FilterPattern<'_>)> = feeding
        .into_iter()
        .map(|filter| (filter, FilterPattern::read(&filter.pattern)))
        .filter(|(_, pattern)| any_region(account, pattern).is_some())
        .collect();
    if patterns.is_empty() {
        return None;
    }
    let mut doubts = Doubts::default();
    check_count(metric, &series, &mut doubts);
    check_datapoints(metric, series.period_seconds, limits, &mut doubts);
    let groups: Vec<&str> = patterns.iter().map(|(filter, _)| filter.log_group.as_str()).collect();
    let trails = take_arrival(arrival(account, region, &groups), &mut doubts);
    if patterns
        .iter()
        .all(|(_, pattern)| any_region(account, pattern) != Some(Selects::Throttling))
    {
        doubts
            .unclear("whether the pattern of its metric filter selects requests that KMS throttled is not certain");
    }
    let selects = |region: &Region| {
        let mut patterns = patterns.iter();
        patterns.any(|(_, pattern)| pattern.selects(region.as_str()) != Selects::SomethingElse)
    };
    Some(Meant {
        watches: watches(account, region, &trails, selects),
        is_about_kms: patterns.iter().any(|(_, pattern)| pattern.names_kms),
        filters: patterns.iter().map(|(filter, _)| *filter).collect(),
        doubts,
    })
}

fn feeds(account: &AccountFacts, filter: &MetricFilter, alarm: &MetricAlarm) -> bool {
    let mut fed = filter.metrics.iter();
    fed.any(|fed| custom(account, alarm).any(|series| series.namespace == fed.namespace && series.name == fed.name))
}

/// What a pattern selects in the Region in which it selects most; `None` where it is about something else in all.
fn any_region(account: &AccountFacts, pattern: &FilterPattern<'_>) -> Option<Selects> {
    let mut best = None;
    for region in &account.regions {
        match pattern.selects(region.region.as_str()) {
            Selects::Throttling => return Some(Selects::Throttling),
            Selects::Unclear => best = Some(Selects::Unclear),
            Selects::SomethingElse => {}
        }
    }
    best
}

/// Whether the names that people gave say that it is about requests that KMS throttled.
fn names_throttling(alarm: &Alarm, series: &Series<'_>) -> bool {
    let names = format!("{} {} {}", alarm.name, series.namespace, series.name).to_ascii_lowercase();
    names.contains("kms") && names.contains("throttl")
}

/// Nothing that can be seen feeds the metric. An application may; but then it would have data.
fn without_filter(alarm: &Alarm, series: &Series<'_>) -> Doubts {
    let mut doubts = Doubts::default();
    if alarm.state == AlarmState::InsufficientData {
        doubts.faults.push(Fault::NoMetricFilter {
            namespace: series.namespace.to_owned(),
            name: series.name.to_owned(),
        });
    } else {
        doubts.unclear(
            "no metric filter of the Region feeds its metric, and whether an application does is not known",
        );
    }
    doubts
}

fn of_region(region: &RegionFacts, doubts: Doubts) -> Meant<'_> {
    Meant {
        watches: pools(region).collect(),
        filters: Vec::new(),
        doubts,
        is_about_kms: true,
    }
}

/// What an alarm on the result of a query is meant for. Queries are not read word for word: one that speaks of throttling,
/// of no other source of events than KMS, and negates nothing, is taken to select what it speaks of.
pub(super) fn judge_query<'a>(
    account: &'a AccountFacts,
    region: &'a RegionFacts,
    alarm: &'a LogAlarm,
) -> Option<Meant<'a>> {
    let query = alarm.query.to_ascii_lowercase();
    let is_about_kms = query.contains("kms");
    if !query.contains("throttl") || !is_about_kms && query.contains("eventsource") {
        return None;
    }
    let mut doubts = Doubts::default();
    match (alarm.threshold, goes_up(&alarm.comparison)) {
        (Some(_), Some(true)) => {}
        (Some(_), Some(false)) => doubts.faults.push(Fault::WrongDirection {
            comparison: alarm.comparison.clone(),
        }),
        _ => doubts.unclear("it compares with what is usual, not with a limit"),
    }
    if query.contains("!=") || query.split_whitespace().any(|word| word == "not") {
        doubts.unclear("whether its query selects requests that KMS throttled is not certain");
    }
    let groups: Vec<&str> = alarm.log_groups.iter().map(String::as_str).collect();
    let trails = take_arrival(arrival(account, region, &groups), &mut doubts);
    Some(Meant {
        watches: watches(account, region, &trails, |_| true),
        filters: Vec::new(),
        doubts,
        is_about_kms,
    })
}

fn take_arrival<'a>(arrival: Arrival<'a>, doubts: &mut Doubts) -> Vec<&'a Trail> {
    match arrival {
        Arrival::By(trails) => return trails,
        Arrival::Never(faults) => doubts.faults.extend(faults),
        Arrival::Unclear(why) => doubts.unclear(why),
    }
    Vec::new()
}

/// The pools whose throttled requests arrive: those of every Region that a trail records, for the log group of a trail of
/// all Regions has the events of all. Where nothing arrives, those of the Region were meant.
fn watches<'a>(
    account: &'a AccountFacts,
    region: &'a RegionFacts,
    trails: &[&Trail],
    selects: impl Fn(&Region) -> bool,
) -> Vec<Watched<'a>> {
    let recorded =
        |other: &RegionFacts| std::ptr::eq(other, region) || trails.iter().any(|trail| trail.covers(&other.region));
    account
        .regions
        .iter()
        .filter(|other| other.state == RegionState::Scanned && recorded(other) && selects(&other.region))
        .flat_map(pools)
        .collect()
}
