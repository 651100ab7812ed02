//! Alarms of every form, judged.

use super::*;
use crate::facts::examples::{
    account, composite_alarm, custom_key_store, denied, filter_alarm, log_alarm, math_alarm, metric_alarm,
    metric_filter, quota, region, trail, usage_metric,
};
use crate::facts::{AlarmMetricSource, AlarmState, LimitSource, Region};

const LIMITS: AlarmLimits = AlarmLimits {
    longest_period_seconds: 300.0,
    longest_to_alarm_seconds: 900.0,
};

/// A Region with a symmetric pool of 10,000 requests/s, these alarms, and a log that a metric filter reads.
fn facts(alarms: Vec<Alarm>) -> AccountFacts {
    let mut here = region([]);
    here.quotas = vec![quota(10_000.0, Some(60.0))];
    here.alarms = Fact::Known(alarms);
    here.metric_filters = Fact::Known(vec![metric_filter()]);
    here.trails = Fact::Known(vec![trail().arn]);
    let mut facts = account(here);
    facts.trails = vec![trail()];
    facts
}

fn verdict_in(facts: &AccountFacts) -> Option<Verdict> {
    let mut judged = throttle_alarms(facts, LIMITS);
    assert!(judged.len() < 2, "one alarm, one verdict");
    judged.pop().map(|judged| judged.verdict)
}

fn verdict(alarm: Alarm) -> Verdict {
    verdict_in(&facts(vec![alarm])).unwrap()
}

/// The words of the only fault.
fn fault(alarm: Alarm) -> String {
    only_fault(verdict(alarm))
}

fn only_fault(verdict: Verdict) -> String {
    match verdict {
        Verdict::Dead(faults) if faults.len() == 1 => faults[0].to_string(),
        other => panic!("not one fault: {other:?}"),
    }
}

fn is_unclear(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Unclear(_))
}

fn metric(alarm: &mut Alarm) -> &mut crate::facts::MetricAlarm {
    match &mut alarm.kind {
        AlarmKind::Metric(metric) => metric,
        _ => panic!("an alarm on metrics"),
    }
}

fn plain(statistic: &str, period_seconds: u32, threshold: f64) -> Alarm {
    metric_alarm(vec![usage_metric(statistic, period_seconds)], threshold)
}

#[test]
fn usage_by_quota_is_live_up_to_the_whole_quota() {
    for (expression, threshold) in [
        ("m1/SERVICE_QUOTA(m1)*100", 80.0),
        ("m1/SERVICE_QUOTA(m1)*100", 100.0),
        ("(m1/SERVICE_QUOTA(m1))", 0.7),
        ("100 - 100*m1/SERVICE_QUOTA(m1)", 30.0),
    ] {
        let mut alarm = math_alarm(expression, threshold);
        if expression.starts_with("100 -") {
            metric(&mut alarm).comparison = "LessThanOrEqualToThreshold".into();
        }
        assert_eq!(verdict(alarm), Verdict::Live, "{expression} {threshold}");
    }
}

#[test]
fn a_share_whose_meaning_depends_on_the_period_of_service_quota_is_never_called_dead() {
    for (expression, threshold) in [
        ("m1/SERVICE_QUOTA(m1)*100", 100.01),
        ("m1/SERVICE_QUOTA(m1)*100", 6_000.0),
        ("m1/SERVICE_QUOTA(m1)", 60.0),
        ("m1/PERIOD(m1)/SERVICE_QUOTA(m1)*100", 80.0),
        ("m1/(SERVICE_QUOTA(m1)*60)*100", 80.0),
    ] {
        assert!(
            is_unclear(&verdict(math_alarm(expression, threshold))),
            "{expression} {threshold}"
        );
    }
    let above = fault(math_alarm("m1/SERVICE_QUOTA(m1)*100", 6_001.0));
    assert!(above.contains("6001 % of SERVICE_QUOTA()"), "{above}");
}

#[test]
fn a_rate_or_a_number_of_requests_is_held_against_the_quota() {
    assert_eq!(verdict(math_alarm("m1/PERIOD(m1)", 7_000.0)), Verdict::Live);
    assert_eq!(verdict(math_alarm("m1/60", 10_000.0)), Verdict::Live);
    assert_eq!(verdict(plain("Sum", 60, 420_000.0)), Verdict::Live);
    assert_eq!(verdict(plain("SampleCount", 60, 420_000.0)), Verdict::Live);
    assert_eq!(
        verdict(plain("Sum", 300, 3_000_000.0)),
        Verdict::Live,
        "the quota itself"
    );
    assert_eq!(
        fault(plain("Sum", 60, 600_060.0)),
        "its threshold stands for 10,001 requests/s, above the quota of 10,000, so that it goes off after requests have \
         been throttled, if at all"
    );
    assert!(fault(math_alarm("m1/PERIOD(m1)", 12_000.0)).contains("12,000 requests/s"));
}

#[test]
fn a_threshold_above_a_limit_that_may_not_be_the_accounts_own_is_unclear() {
    let mut facts = facts(vec![plain("Sum", 60, 900_000.0)]);
    facts.regions[0].quotas[0].limit_source = LimitSource::Builtin;
    assert!(is_unclear(&verdict_in(&facts).unwrap()));
}

#[test]
fn a_statistic_that_adds_nothing_up_is_dead() {
    for statistic in [
        "Maximum",
        "Average",
        "Minimum",
        "p99",
        "p99.9",
        "tm90",
        "TM(5%:95%)",
        "IQM",
    ] {
        let words = fault(plain(statistic, 60, 420_000.0));
        assert_eq!(
            words,
            format!("its statistic is {statistic}, and only Sum adds the requests up")
        );
    }
    assert!(is_unclear(&verdict(plain("ts90", 60, 420_000.0))));
    let mut alarm = math_alarm("IF(m1 > 1, 1, 0)", 0.0);
    metric(&mut alarm).metrics[0] = usage_metric("Maximum", 60);
    assert!(
        fault(alarm).contains("Maximum"),
        "also where the arithmetic is not understood"
    );
}

#[test]
fn a_metric_that_is_not_there_is_dead() {
    let mut alarm = plain("Sum", 60, 420_000.0);
    if let AlarmMetricSource::Statistic { dimensions, .. } = &mut metric(&mut alarm).metrics[0].source {
        dimensions.remove("Class");
    }
    assert_eq!(
        fault(alarm),
        "its metric is not the usage metric, which is AWS/Usage CallCount with Class = None, Resource = \
         CryptographicOperationsSymmetric, Service = KMS, Type = API"
    );
    let mut alarm = plain("Sum", 60, 0.0);
    if let AlarmMetricSource::Statistic { name, .. } = &mut metric(&mut alarm).metrics[0].source {
        *name = "ThrottleCount".into();
    }
    assert!(is_unclear(&verdict(alarm)), "KMS may have it");
}

#[test]
fn a_comparison_that_points_the_wrong_way_is_dead() {
    let mut alarm = plain("Sum", 60, 420_000.0);
    metric(&mut alarm).comparison = "LessThanThreshold".into();
    assert_eq!(
        fault(alarm),
        "with LessThanThreshold it goes off when there are few requests"
    );
    assert!(fault(math_alarm("100 - m1/SERVICE_QUOTA(m1)*100", 20.0)).contains("GreaterThanThreshold"));
}

#[test]
fn a_band_of_usual_values_is_unclear() {
    let mut alarm = plain("Sum", 60, 0.0);
    metric(&mut alarm).threshold = None;
    metric(&mut alarm).comparison = "GreaterThanUpperThreshold".into();
    assert!(is_unclear(&verdict(alarm)));
}

#[test]
fn a_period_that_hides_a_burst_is_dead() {
    assert_eq!(verdict(plain("Sum", 300, 2_100_000.0)), Verdict::Live);
    assert_eq!(
        fault(plain("Sum", 3_600, 25_200_000.0)),
        "its period of 3,600 s averages a burst away (the longest that counts is 300 s)"
    );
}

#[test]
fn waiting_longer_than_a_burst_lasts_is_dead() {
    let waiting = |datapoints, of| {
        let mut alarm = plain("Sum", 60, 420_000.0);
        metric(&mut alarm).evaluation_periods = Some(of);
        metric(&mut alarm).datapoints_to_alarm = datapoints;
        alarm
    };
    assert_eq!(verdict(waiting(None, 15)), Verdict::Live);
    assert_eq!(verdict(waiting(Some(3), 60)), Verdict::Live);
    assert!(fault(waiting(None, 16)).starts_with("it waits for 16 datapoints, 960 s"));
}

#[test]
fn how_missing_data_is_treated_kills_no_alarm() {
    for treatment in ["breaching", "notBreaching", "ignore", "missing"] {
        let mut alarm = plain("Sum", 60, 420_000.0);
        metric(&mut alarm).treat_missing_data = Some(treatment.into());
        assert_eq!(verdict(alarm), Verdict::Live, "{treatment}");
    }
}

#[test]
fn an_alarm_that_tells_nobody_is_dead_unless_a_composite_alarm_tells_someone() {
    let mut alarm = plain("Sum", 60, 420_000.0);
    alarm.actions_enabled = false;
    assert_eq!(fault(alarm.clone()), "its actions are switched off");
    let with = facts(vec![alarm.clone(), composite_alarm("page", "ALARM(kms-quota)")]);
    assert_eq!(verdict_in(&with), Some(Verdict::Live));
    alarm.actions.clear();
    assert_eq!(fault(alarm), "it has no actions");
}

#[test]
fn every_fault_is_named() {
    let mut alarm = plain("Average", 3_600, 420_000.0);
    alarm.actions.clear();
    let Verdict::Dead(faults) = verdict(alarm) else {
        panic!("it is dead");
    };
    assert_eq!(faults.len(), 3, "{faults:?}");
}

#[test]
fn alarms_on_something_else_are_none_of_ours() {
    let mut others = vec![
        math_alarm("m1", 1.0),
        filter_alarm(),
        log_alarm("filter errorCode = 'AccessDenied'"),
        composite_alarm("all", "ALARM(x)"),
        log_alarm("filter eventSource = 'dynamodb.amazonaws.com' and errorCode = 'ThrottlingException'"),
    ];
    metric(&mut others[0]).metrics[0].account_id = Some("444455556666".into());
    if let AlarmMetricSource::Statistic { name, .. } = &mut metric(&mut others[1]).metrics[0].source {
        *name = "Logins".into();
    }
    others[1].name = "logins".into();
    assert!(throttle_alarms(&facts(others), LIMITS).is_empty());
}

#[test]
fn a_query_of_metrics_is_unclear() {
    let query =
        "SELECT SUM(CallCount) FROM SCHEMA(\"AWS/Usage\", Class, Resource, Service, Type) WHERE Service = 'KMS'";
    let mut alarm = math_alarm(query, 1.0);
    metric(&mut alarm).metrics.remove(0);
    assert!(is_unclear(&verdict(alarm)));
}

#[test]
fn the_throttle_metrics_of_a_custom_key_store_count_for_the_store_alone() {
    let mut alarm = plain("Sum", 3_600, 0.0);
    if let AlarmMetricSource::Statistic {
        namespace,
        name,
        dimensions,
        ..
    } = &mut metric(&mut alarm).metrics[0].source
    {
        (*namespace, *name) = ("AWS/KMS".into(), "ExternalKeyStoreThrottle".into());
        *dimensions = [("CustomKeyStoreId".to_owned(), custom_key_store(None, None).id)].into();
    }
    let facts = facts(vec![alarm]);
    let judged = throttle_alarms(&facts, LIMITS);
    assert_eq!(
        judged[0].verdict,
        Verdict::Live,
        "a count has no period that is too long"
    );
    assert_eq!(
        judged[0].watches,
        [Watched::CustomKeyStore {
            region: "eu-west-3",
            id: "cks-1234567890abcdef0"
        }]
    );
}

#[test]
fn a_metric_filter_on_the_log_of_a_trail_is_live_in_every_region_that_the_trail_records() {
    let mut facts = facts(vec![filter_alarm()]);
    let mut there = region([]);
    there.region = Region::new("us-east-1");
    there.quotas = vec![quota(100_000.0, Some(60.0))];
    facts.regions.push(there);
    let watched = |facts: &AccountFacts| {
        let judged = throttle_alarms(facts, LIMITS);
        assert_eq!(judged[0].verdict, Verdict::Live);
        judged[0].watches.len()
    };
    assert_eq!(watched(&facts), 2);
    facts.trails[0].is_multi_region = false;
    assert_eq!(watched(&facts), 1);
}

#[test]
fn a_statistic_that_does_not_add_throttled_requests_up_is_not_taken_for_one_that_works() {
    for name in ["Average", "Maximum", "p99"] {
        let mut alarm = filter_alarm();
        if let AlarmMetricSource::Statistic { statistic, .. } = &mut metric(&mut alarm).metrics[0].source {
            *statistic = name.into();
        }
        assert!(is_unclear(&verdict_in(&facts(vec![alarm])).unwrap()), "{name}");
    }
}

#[test]
fn an_alarm_on_a_custom_key_store_must_not_wait_longer_than_a_burst_lasts() {
    let mut alarm = plain("Sum", 3_600, 0.0);
    metric(&mut alarm).evaluation_periods = Some(24);
    metric(&mut alarm).datapoints_to_alarm = Some(24);
    if let AlarmMetricSource::Statistic {
        namespace,
        name,
        dimensions,
        ..
    } = &mut metric(&mut alarm).metrics[0].source
    {
        (*namespace, *name) = ("AWS/KMS".into(), "ExternalKeyStoreThrottle".into());
        *dimensions = [("CustomKeyStoreId".to_owned(), custom_key_store(None, None).id)].into();
    }
    assert!(matches!(verdict_in(&facts(vec![alarm])), Some(Verdict::Dead(_))));
}

#[test]
fn an_alarm_on_a_log_without_the_events_of_kms_is_dead() {
    let mut without = facts(vec![filter_alarm()]);
    if let Fact::Known(crate::facts::TrailSelectors::Basic(selectors)) = &mut without.trails[0].selectors {
        selectors[0].exclude_management_event_sources = vec!["kms.amazonaws.com".into()];
    }
    let words = only_fault(verdict_in(&without).unwrap());
    assert!(
        words.starts_with("the trail arn:aws:cloudtrail:eu-west-3:111122223333:trail/all, which"),
        "{words}"
    );
    without.regions[0].trails = Fact::Known(Vec::new());
    without.trails.clear();
    assert_eq!(
        only_fault(verdict_in(&without).unwrap()),
        "no trail that records this Region delivers to the log group trail"
    );
    without.regions[0].trails = denied("cloudtrail:DescribeTrails");
    assert!(is_unclear(&verdict_in(&without).unwrap()));
}

#[test]
fn an_alarm_whose_metric_nothing_feeds_is_dead_once_it_has_no_data() {
    let mut facts = facts(vec![filter_alarm()]);
    facts.regions[0].metric_filters = Fact::Known(Vec::new());
    assert!(is_unclear(&verdict_in(&facts).unwrap()), "an application may feed it");
    let mut alarm = filter_alarm();
    alarm.state = AlarmState::InsufficientData;
    facts.regions[0].alarms = Fact::Known(vec![alarm]);
    assert_eq!(
        only_fault(verdict_in(&facts).unwrap()),
        "no metric filter of the Region feeds its metric Security KmsThrottled, and it has no data"
    );
}

#[test]
fn metric_filters_that_were_not_read_leave_it_open() {
    let mut facts = facts(vec![filter_alarm()]);
    facts.regions[0].metric_filters = denied("logs:DescribeMetricFilters");
    assert!(is_unclear(&verdict_in(&facts).unwrap()));
    let why = unread_filters(&facts, &facts.regions[0]).unwrap();
    assert!(why.ends_with("AccessDeniedException"));
    facts.regions[0].alarms = Fact::Known(vec![math_alarm("m1", 1.0)]);
    assert_eq!(unread_filters(&facts, &facts.regions[0]), None, "no filter can feed it");
}

#[test]
fn a_pattern_that_cannot_be_read_is_unclear_and_one_that_is_not_about_kms_alone_is_never_blamed() {
    let with = |pattern: &str, alarm: Alarm| {
        let mut facts = facts(vec![alarm]);
        let mut filter = metric_filter();
        filter.pattern = pattern.into();
        facts.regions[0].metric_filters = Fact::Known(vec![filter]);
        verdict_in(&facts)
    };
    let regex = r#"{ $.eventSource = "kms.amazonaws.com" && $.errorCode = %Throttl% }"#;
    assert!(is_unclear(&with(regex, filter_alarm()).unwrap()));
    let of_all = r#"{ $.errorCode = "ThrottlingException" }"#;
    assert_eq!(with(of_all, filter_alarm()), Some(Verdict::Live));
    let mut silent = filter_alarm();
    silent.actions.clear();
    assert_eq!(with(of_all, silent), None);
}

#[test]
fn a_query_of_the_log_is_live_where_the_events_arrive() {
    let query = "filter eventSource = 'kms.amazonaws.com' and errorCode like /Throttling/";
    assert_eq!(verdict(log_alarm(query)), Verdict::Live);
    let negated = "filter eventSource = 'kms.amazonaws.com' and errorCode not like /Throttling/";
    assert!(is_unclear(&verdict(log_alarm(negated))));
    let mut elsewhere = log_alarm(query);
    if let AlarmKind::Log(log) = &mut elsewhere.kind {
        log.log_groups = vec!["application".into()];
    }
    assert!(fault(elsewhere).contains("the log group application"));
    assert_eq!(
        verdict(log_alarm("filter errorCode = 'ThrottlingException'")),
        Verdict::Live
    );
}
