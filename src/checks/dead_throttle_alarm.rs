//! `dead-throttle-alarm`: an alarm that is meant to tell of throttling, and cannot.

use super::outcomes::{Failure, observed};
use super::{Check, Outcomes, Setting, Subject};
use crate::config::Config;
use crate::facts::{Fact, RegionFacts};
use crate::model::{AlarmLimits, Fault, Headroom, ThrottleAlarm, Verdict, Watched};
use crate::published::CUSTOM_KEY_STORE_RATE;
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "dead-throttle-alarm",
    title: "Alarm on KMS throttling that cannot work",
    severity: Severity::Medium,
    why: "Whoever made the alarm counts on being told, and will not be. It stays green through the night in which \
          production is throttled, and nobody looks for a second one as long as it is there.",
    remediation: "Repair it: Sum of the usage metric over 60 seconds, divided by SERVICE_QUOTA() and times 100, above \
                  70 to 80, with an action that reaches somebody. Then see it go off once, with set-alarm-state or a \
                  lower threshold. Remove it if another alarm does its work.",
    settings: &[&LONGEST_PERIOD, &LONGEST_TO_ALARM],
    page: include_str!("../../docs/checks/dead-throttle-alarm.md"),
    assess,
};

const LONGEST_PERIOD: Setting = Setting {
    name: "longest-period-seconds",
    default: 300.0,
    least: 60.0,
    most: 86_400.0,
    meaning: "An alarm on the use of a quota with a longer period is dead: it averages a burst away.",
};

const LONGEST_TO_ALARM: Setting = Setting {
    name: "longest-to-alarm-seconds",
    default: 900.0,
    least: 60.0,
    most: 86_400.0,
    meaning: "An alarm that needs several datapoints over more seconds than these is dead: the burst can be over.",
};

/// What an alarm is held to, here and wherever it is asked whether one works.
pub(super) fn limits(config: &Config) -> AlarmLimits {
    AlarmLimits {
        longest_period_seconds: LONGEST_PERIOD.of(CHECK.id, config),
        longest_to_alarm_seconds: LONGEST_TO_ALARM.of(CHECK.id, config),
    }
}

fn assess(subject: &Subject<'_>, outcomes: &mut Outcomes<'_>) {
    for region in subject.regions() {
        match &region.alarms {
            Fact::Known(_) => {}
            Fact::Unavailable(reason) => {
                outcomes.not_assessed(format!("its alarms could not be read: {}", reason.code));
            }
            Fact::NotCollected if is_in_use(region) => outcomes.not_assessed("its alarms were not collected"),
            // There is nothing to watch.
            Fact::NotCollected => {}
        }
    }
    for alarm in &subject.throttle_alarms {
        match &alarm.verdict {
            Verdict::Live => outcomes.pass(),
            Verdict::Unclear(why) => outcomes.not_assessed_of(alarm.alarm.arn.clone(), why.as_str()),
            Verdict::Dead(faults) => {
                let region = &alarm.region.region;
                let (arn, name) = (alarm.alarm.arn.clone(), &alarm.alarm.name);
                let resource = outcomes.resource("cloudwatch-alarm", Some(region), arn, name);
                outcomes.fail(resource, failure(subject, alarm, faults));
            }
        }
    }
}

fn is_in_use(region: &RegionFacts) -> bool {
    let mut pools = region.quotas.iter().filter(|quota| quota.is_cryptographic());
    pools.any(|quota| quota.usage.known().is_some_and(|usage| usage.peak.is_some()))
}

fn failure(subject: &Subject<'_>, alarm: &ThrottleAlarm<'_>, faults: &[Fault]) -> Failure {
    let in_use = alarm.watches.iter().filter(|watched| is_used(subject, watched));
    let mut counts: Vec<&Watched<'_>> = in_use.collect();
    if counts.is_empty() {
        counts = alarm.watches.iter().collect();
    }
    let is_watched = !counts.is_empty() && counts.iter().all(|watched| has_live_alarm(subject, watched));
    counts.retain(|watched| !has_live_alarm(subject, watched));
    let threshold = subject.config.quota.threshold_percent;
    let near = |watched: &&Watched<'_>| headroom(subject, watched).is_some_and(|it| it.reaches(threshold));
    let severity = if is_watched {
        Severity::Low
    } else if counts.iter().any(near) {
        Severity::High
    } else {
        CHECK.severity
    };
    let faults_in_words: Vec<String> = faults.iter().map(Fault::to_string).collect();
    let others = match severity {
        Severity::Low => " Other alarms that work watch the same.",
        Severity::High => " No other alarm that works watches it, and its peak came near the limit.",
        _ => " No other alarm that works watches it.",
    };
    Failure {
        severity: Some(severity),
        detail: format!(
            "This alarm, on {}, cannot work: {}.{others}",
            meant_for(&alarm.watches),
            faults_in_words.join("; ")
        ),
        observed: observed! {
            "watches": alarm.watches,
            "faults": faults,
            "reasons": faults_in_words,
            "alarm": alarm.alarm,
            "metric_filters": alarm.filters,
        },
        ..Failure::default()
    }
}

/// Whether an alarm that works watches this.
pub(super) fn has_live_alarm(subject: &Subject<'_>, watched: &Watched<'_>) -> bool {
    let mut alarms = subject.throttle_alarms.iter();
    alarms.any(|alarm| alarm.verdict == Verdict::Live && alarm.watches.contains(watched))
}

fn is_used(subject: &Subject<'_>, watched: &Watched<'_>) -> bool {
    headroom(subject, watched).is_some_and(|headroom| headroom.peak.sum > 0.0)
}

/// How full what is watched got; `None` where it has no datapoint, or none is known.
fn headroom(subject: &Subject<'_>, watched: &Watched<'_>) -> Option<Headroom> {
    let in_region = |name: &str| subject.regions().find(|region| region.region.as_str() == name);
    match watched {
        Watched::Quota { region, pool } => {
            let mut quotas = in_region(region)?.quotas.iter();
            let quota = quotas.find(|quota| quota.pool == *pool)?;
            Headroom::of(quota, quota.usage.known()?)
        }
        Watched::CustomKeyStore { region, id } => {
            let mut stores = in_region(region)?.custom_key_stores.known()?.iter();
            let store = stores.find(|store| store.id == *id)?;
            Headroom::within(CUSTOM_KEY_STORE_RATE, store.usage.known()?)
        }
    }
}

fn meant_for(watches: &[Watched<'_>]) -> String {
    match watches {
        [] => "the use of KMS".to_owned(),
        [Watched::Quota { pool, .. }] => format!("the use of {pool}"),
        [Watched::CustomKeyStore { id, .. }] => format!("throttled requests to the custom key store {id}"),
        _ => "throttled requests to KMS".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{Judged, judge, judge_by};
    use super::*;
    use crate::facts::examples::{
        account, denied, filter_alarm, math_alarm, metric_alarm, metric_filter, quota, region, usage_metric,
    };
    use crate::facts::{AccountFacts, Alarm, AlarmKind};

    fn facts(sum: f64, alarms: Vec<Alarm>) -> AccountFacts {
        let mut here = region([]);
        here.quotas = vec![quota(10_000.0, Some(sum))];
        here.alarms = Fact::Known(alarms);
        account(here)
    }

    fn judged(sum: f64, alarms: Vec<Alarm>) -> Judged {
        judge(&CHECK, facts(sum, alarms))
    }

    fn dead() -> Alarm {
        let mut alarm = metric_alarm(vec![usage_metric("Maximum", 60)], 420_000.0);
        alarm.name = "kms-request-rate".into();
        alarm
    }

    fn live() -> Alarm {
        math_alarm("m1/SERVICE_QUOTA(m1)*100", 80.0)
    }

    #[test]
    fn an_alarm_that_works_passes() {
        assert_eq!(judged(60.0, vec![live()]).tally.passed, 1);
    }

    #[test]
    fn a_dead_alarm_fails_with_every_reason() {
        let mut alarm = dead();
        alarm.actions_enabled = false;
        let finding = judged(60.0, vec![alarm]).findings.remove(0);
        assert_eq!(
            (finding.resource.kind.as_ref(), finding.severity),
            ("cloudwatch-alarm", Severity::Medium)
        );
        assert_eq!(
            finding.detail,
            "This alarm, on the use of CryptographicOperationsSymmetric, cannot work: its statistic is Maximum, and \
             only Sum adds the requests up; its actions are switched off. No other alarm that works watches it."
        );
        assert_eq!(finding.observed["faults"][1], "actions_off");
    }

    #[test]
    fn it_matters_less_beside_one_that_works_and_more_near_the_limit() {
        let severity = |sum, alarms| judged(sum, alarms).findings[0].severity;
        assert_eq!(severity(600_000.0, vec![dead(), live()]), Severity::Low);
        assert_eq!(severity(419_940.0, vec![dead()]), Severity::Medium, "69.99 %");
        assert_eq!(severity(420_000.0, vec![dead()]), Severity::High, "70 %");
    }

    #[test]
    fn pools_without_use_need_no_other_alarm() {
        let mut facts = facts(60.0, vec![live(), filter_alarm()]);
        let mut idle = quota(1_000.0, None);
        idle.pool = "CryptographicOperationsRsa".into();
        facts.regions[0].quotas.push(idle);
        facts.regions[0].metric_filters = Fact::Known(vec![metric_filter()]);
        facts.regions[0].trails = Fact::Known(Vec::new());
        let finding = judge(&CHECK, facts).findings.remove(0);
        assert_eq!(finding.severity, Severity::Low);
        assert!(
            finding
                .detail
                .starts_with("This alarm, on throttled requests to KMS, cannot work: no trail")
        );
    }

    #[test]
    fn what_cannot_be_told_is_not_assessed() {
        let judged = judged(60.0, vec![math_alarm("RATE(m1)", 1.0)]);
        assert_eq!((judged.tally.failed, judged.tally.not_assessed.len()), (0, 1));
    }

    #[test]
    fn alarms_that_were_not_read_are_not_assessed() {
        let mut facts = facts(60.0, Vec::new());
        facts.regions[0].alarms = denied("cloudwatch:DescribeAlarms");
        assert_eq!(judge(&CHECK, facts.clone()).tally.not_assessed.len(), 1);
        facts.regions[0].alarms = Fact::NotCollected;
        assert_eq!(judge(&CHECK, facts.clone()).tally.not_assessed.len(), 1);
        facts.regions[0].quotas = vec![quota(10_000.0, None)];
        assert_eq!(judge(&CHECK, facts).tally, Default::default(), "nothing is in use");
    }

    #[test]
    fn the_longest_period_can_be_set() {
        let alarm = metric_alarm(vec![usage_metric("Sum", 600)], 4_200_000.0);
        assert!(matches!(alarm.kind, AlarmKind::Metric(_)));
        let facts = facts(60.0, vec![alarm]);
        assert_eq!(judge(&CHECK, facts.clone()).tally.failed, 1);
        let config = toml::from_str("[checks.dead-throttle-alarm]\nlongest-period-seconds = 600").unwrap();
        assert_eq!(judge_by(&CHECK, &facts, &config).tally.passed, 1);
    }
}
