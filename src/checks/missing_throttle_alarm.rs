//! `missing-throttle-alarm`: a limit in use that no alarm watches.

use super::dead_throttle_alarm::has_live_alarm;
use super::outcomes::{Failure, observed};
use super::{Check, Outcomes, Resource, Subject};
use crate::facts::{Fact, RegionFacts, Usage};
use crate::model::{Headroom, ThrottleAlarm, Verdict, Watched, unread_filters};
use crate::numbers::percent;
use crate::published::CUSTOM_KEY_STORE_RATE;
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "missing-throttle-alarm",
    title: "Request quota that no working alarm watches",
    severity: Severity::Medium,
    why: "KMS throttles the whole account and Region at once, and services on its behalf report it as errors of their \
          own. Without an alarm the first to notice are customers.",
    remediation: "See first whether a central monitoring account watches it: its alarms are not visible from here, and \
                  then an exception that says so is the answer. Otherwise make an alarm of this account: Sum of the \
                  usage metric over 60 seconds, divided by SERVICE_QUOTA() and times 100, above 70 to 80, with an \
                  action that reaches somebody.",
    settings: &[],
    page: include_str!("../../docs/checks/missing-throttle-alarm.md"),
    assess,
};

fn assess(subject: &Subject<'_>, outcomes: &mut Outcomes<'_>) {
    for region in subject.regions() {
        for quota in region.quotas.iter().filter(|quota| quota.is_cryptographic()) {
            let watched = Watched::Quota {
                region: region.region.as_str(),
                pool: &quota.pool,
            };
            let headroom = quota.usage.known().and_then(|usage| Headroom::of(quota, usage));
            let limit = Limit {
                region,
                watched,
                what: "this quota",
                headroom,
            };
            let resource = outcomes.quota(&region.region, quota);
            judge(subject, outcomes, &limit, &quota.usage, resource);
        }
        for store in region.custom_key_stores.known().into_iter().flatten() {
            let watched = Watched::CustomKeyStore {
                region: region.region.as_str(),
                id: &store.id,
            };
            let usage = store.usage.known();
            let limit = Limit {
                region,
                watched,
                what: "the requests to this custom key store that KMS throttles",
                headroom: usage.and_then(|usage| Headroom::within(CUSTOM_KEY_STORE_RATE, usage)),
            };
            let resource = outcomes.custom_key_store(&region.region, store);
            judge(subject, outcomes, &limit, &store.usage, resource);
        }
    }
}

/// A limit that an alarm should watch.
struct Limit<'a> {
    region: &'a RegionFacts,
    watched: Watched<'a>,
    what: &'static str,
    headroom: Option<Headroom>,
}

fn judge(
    subject: &Subject<'_>,
    outcomes: &mut Outcomes<'_>,
    limit: &Limit<'_>,
    usage: &Fact<Usage>,
    resource: Resource,
) {
    let in_use = match usage {
        Fact::Known(usage) => match usage.peak {
            Some(peak) => Ok(peak.sum > 0.0),
            // No datapoint is not the same as no use.
            None => Err("its usage metric has no datapoints in the window".to_owned()),
        },
        Fact::Unavailable(reason) => Err(format!("its use could not be read: {}", reason.code)),
        Fact::NotCollected => Err("its use was not collected".to_owned()),
    };
    if in_use == Ok(false) {
        return;
    }
    if has_live_alarm(subject, &limit.watched) {
        outcomes.pass();
        return;
    }
    match in_use.and_then(|_| unseen(subject, limit)) {
        Ok(()) => outcomes.fail(resource, failure(subject, limit)),
        Err(because) => outcomes.not_assessed_of(resource.arn, because),
    }
}

/// Why an alarm that works may be there all the same.
fn unseen(subject: &Subject<'_>, limit: &Limit<'_>) -> Result<(), String> {
    match &limit.region.alarms {
        Fact::Known(_) => {}
        Fact::Unavailable(reason) => return Err(format!("the alarms could not be read: {}", reason.code)),
        Fact::NotCollected => return Err("the alarms were not collected".to_owned()),
    }
    for alarm in meant_for(subject, limit) {
        if let Verdict::Unclear(why) = &alarm.verdict {
            return Err(format!("whether the alarm on it works is not certain: {why}"));
        }
    }
    if matches!(limit.watched, Watched::Quota { .. }) {
        if let Some(why) = unread_filters(subject.account, limit.region) {
            return Err(format!("an alarm may be fed by a metric filter: {why}"));
        }
        if let Some(code) = unread_log_region(subject, limit.region) {
            return Err(format!(
                "a trail takes its events to another Region, whose alarms could not be read: {code}"
            ));
        }
    }
    Ok(())
}

/// The error code where the events of a Region go to a log group of another, whose alarms could not be read.
fn unread_log_region<'a>(subject: &Subject<'a>, region: &RegionFacts) -> Option<&'a str> {
    let trails = subject.account.trails.iter();
    let mut homes = trails
        .filter(|trail| trail.log_group.is_some() && trail.covers(&region.region))
        .map(|trail| &trail.home_region);
    homes.find_map(|home| {
        let home = subject.regions().find(|region| region.region == *home)?;
        Some(home.alarms.unavailable()?.code.as_str())
    })
}

fn meant_for<'s>(subject: &'s Subject<'_>, limit: &Limit<'_>) -> impl Iterator<Item = &'s ThrottleAlarm<'s>> {
    let alarms = subject.throttle_alarms.iter();
    alarms.filter(move |alarm| alarm.watches.contains(&limit.watched))
}

fn failure(subject: &Subject<'_>, limit: &Limit<'_>) -> Failure {
    let dead: Vec<&str> = meant_for(subject, limit)
        .map(|alarm| alarm.alarm.name.as_str())
        .collect();
    let what = limit.what;
    let mut detail = match dead.as_slice() {
        [] => format!("No alarm of the account watches {what}."),
        [only] => format!("The only alarm of the account on {what}, {only}, cannot work."),
        several => format!(
            "None of the {} alarms of the account on {what} can work: {}.",
            several.len(),
            several.join(", ")
        ),
    };
    detail.push_str(" One in a central monitoring account would not be visible from here.");
    let threshold = subject.config.quota.threshold_percent;
    let near = limit.headroom.filter(|headroom| headroom.reaches(threshold));
    if let Some(headroom) = near {
        detail.push_str(&format!(
            " Its busiest minute used {} of the limit.",
            percent(headroom.utilization)
        ));
    }
    Failure {
        severity: near.map(|_| Severity::High),
        detail,
        observed: observed! {
            "watched": limit.watched,
            "dead_alarms": dead,
            "alarms_read": limit.region.alarms.known().map(Vec::len),
            "utilization": limit.headroom.map(|headroom| headroom.utilization),
            "peak_at": limit.headroom.map(|headroom| headroom.peak.at),
            "threshold_percent": threshold,
        },
        ..Failure::default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{Judged, judge};
    use super::*;
    use crate::facts::examples::{
        account, custom_key_store, denied, filter_alarm, math_alarm, metric_filter, quota, region, trail,
    };
    use crate::facts::{AccountFacts, Alarm, Region};

    fn facts(sum: Option<f64>, alarms: Vec<Alarm>) -> AccountFacts {
        let mut here = region([]);
        here.quotas = vec![quota(10_000.0, sum)];
        here.alarms = Fact::Known(alarms);
        account(here)
    }

    fn not_assessed(facts: AccountFacts) -> bool {
        let Judged { tally, .. } = judge(&CHECK, facts);
        (tally.passed, tally.failed, tally.not_assessed.len()) == (0, 0, 1)
    }

    #[test]
    fn a_pool_with_an_alarm_that_works_passes() {
        let alarm = math_alarm("m1/SERVICE_QUOTA(m1)*100", 80.0);
        assert_eq!(judge(&CHECK, facts(Some(60.0), vec![alarm])).tally.passed, 1);
    }

    #[test]
    fn a_pool_without_an_alarm_fails_and_matters_more_near_its_limit() {
        let of = |sum| judge(&CHECK, facts(Some(sum), Vec::new())).findings.remove(0);
        assert_eq!(of(419_940.0).severity, Severity::Medium, "69.99 %");
        let near = of(420_000.0);
        assert_eq!(near.severity, Severity::High, "70 %");
        assert_eq!(
            near.detail,
            "No alarm of the account watches this quota. One in a central monitoring account would not be visible \
             from here. Its busiest minute used 70 % of the limit."
        );
    }

    #[test]
    fn a_pool_with_dead_alarms_alone_fails_and_names_them() {
        let mut alarm = math_alarm("m1/SERVICE_QUOTA(m1)*100", 80.0);
        alarm.actions.clear();
        let finding = judge(&CHECK, facts(Some(60.0), vec![alarm])).findings.remove(0);
        assert!(
            finding
                .detail
                .starts_with("The only alarm of the account on this quota, kms-quota, cannot work.")
        );
    }

    #[test]
    fn a_pool_without_use_needs_no_alarm_and_one_without_datapoints_is_not_assessed() {
        let silent = judge(&CHECK, facts(None, Vec::new())).tally;
        assert_eq!((silent.passed, silent.failed, silent.not_assessed.len()), (0, 0, 1));
        assert_eq!(judge(&CHECK, facts(Some(0.0), Vec::new())).tally, Default::default());
    }

    #[test]
    fn a_pool_of_which_not_everything_was_read_is_not_assessed() {
        let changes: [fn(&mut RegionFacts); 4] = [
            |here| here.alarms = denied("cloudwatch:DescribeAlarms"),
            |here| here.alarms = Fact::NotCollected,
            |here| here.quotas[0].usage = denied("cloudwatch:GetMetricData"),
            |here| here.alarms = Fact::Known(vec![math_alarm("RATE(m1)", 1.0)]),
        ];
        for (n, change) in changes.into_iter().enumerate() {
            let mut facts = facts(Some(60.0), Vec::new());
            change(&mut facts.regions[0]);
            assert!(not_assessed(facts), "{n}");
        }
        let mut custom = filter_alarm();
        custom.name = "errors".into();
        let mut facts = facts(Some(60.0), vec![custom]);
        facts.regions[0].metric_filters = denied("logs:DescribeMetricFilters");
        assert!(not_assessed(facts), "it may count throttled requests");
    }

    #[test]
    fn an_alarm_on_the_log_of_another_region_counts() {
        let mut facts = facts(Some(60.0), vec![filter_alarm()]);
        facts.trails = vec![trail()];
        facts.regions[0].trails = Fact::Known(vec![trail().arn]);
        facts.regions[0].metric_filters = Fact::Known(vec![metric_filter()]);
        let mut there = region([]);
        there.region = Region::new("us-east-1");
        there.quotas = vec![quota(100_000.0, Some(60.0))];
        there.alarms = Fact::Known(Vec::new());
        facts.regions.push(there);
        assert_eq!(judge(&CHECK, facts.clone()).tally.passed, 2);
        facts.regions[0].alarms = denied("cloudwatch:DescribeAlarms");
        let judged = judge(&CHECK, facts);
        assert_eq!((judged.tally.failed, judged.tally.not_assessed.len()), (0, 2));
    }

    #[test]
    fn a_custom_key_store_in_use_needs_an_alarm_of_its_own() {
        let mut facts = facts(None, vec![math_alarm("m1/SERVICE_QUOTA(m1)*100", 80.0)]);
        facts.regions[0].custom_key_stores = Fact::Known(vec![custom_key_store(Some(60.0), None)]);
        let judged = judge(&CHECK, facts);
        assert_eq!(judged.findings[0].resource.kind, "kms-custom-key-store");
    }
}
