//! What is kept of the alarms of an account, and what hangs on them.

use std::collections::BTreeMap;

use super::*;
use crate::facts::examples::{denied, key, quota, region};
use crate::facts::{AlarmState, Arn, Fact, FilterMetric, KeyState, LogAlarm, MetricAlarm};

fn alarm(name: &str, kind: AlarmKind) -> Alarm {
    Alarm {
        arn: Arn::new(format!("arn:aws:cloudwatch:eu-west-3:111122223333:alarm:{name}")),
        name: name.into(),
        actions_enabled: true,
        actions: Vec::new(),
        state: AlarmState::Ok,
        kind,
    }
}

fn on(name: &str, sources: Vec<AlarmMetricSource>) -> Alarm {
    let metrics = sources.into_iter().map(|source| AlarmMetric {
        id: None,
        source,
        returns_data: true,
        account_id: None,
    });
    let kind = MetricAlarm {
        metrics: metrics.collect(),
        comparison: "GreaterThanThreshold".into(),
        threshold: Some(1.0),
        evaluation_periods: Some(1),
        datapoints_to_alarm: None,
        treat_missing_data: None,
    };
    alarm(name, AlarmKind::Metric(kind))
}

fn statistic(namespace: &str, name: &str, dimensions: &[(&str, &str)]) -> AlarmMetricSource {
    let dimensions = dimensions
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_string()));
    AlarmMetricSource::Statistic {
        namespace: namespace.into(),
        name: name.into(),
        dimensions: BTreeMap::from_iter(dimensions),
        statistic: "Sum".into(),
        period_seconds: 60,
    }
}

fn expression(text: &str) -> AlarmMetricSource {
    AlarmMetricSource::Expression {
        expression: text.into(),
        period_seconds: None,
    }
}

fn composite(name: &str, rule: &str) -> Alarm {
    alarm(name, AlarmKind::Composite { rule: rule.into() })
}

fn log(name: &str) -> Alarm {
    let kind = LogAlarm {
        query: "filter errorCode = 'ThrottlingException'".into(),
        log_groups: vec!["trail".into()],
        comparison: "GreaterThanThreshold".into(),
        threshold: Some(0.0),
    };
    alarm(name, AlarmKind::Log(kind))
}

#[test]
fn alarms_on_metrics_of_kms_and_on_namespaces_of_others_are_kept() {
    let kms = [("Service", "KMS"), ("Resource", "CryptographicOperationsSymmetric")];
    let kept = [
        vec![statistic(USAGE, "CallCount", &kms)],
        vec![statistic(KMS, "SuccessfulRequest", &[])],
        vec![statistic("Security", "KmsThrottled", &[])],
        vec![
            statistic("AWS/S3", "5xxErrors", &[]),
            statistic(USAGE, "CallCount", &kms),
            expression("m1/m2"),
        ],
        vec![expression("SELECT SUM(CallCount) FROM SCHEMA(\"AWS/Usage\", Service)")],
        vec![expression("SELECT SUM(Throttled) FROM Security")],
        vec![expression("sum({\"CallCount\", Service=\"KMS\"})")],
    ];
    for sources in kept {
        assert!(may_concern_kms(&on("a", sources.clone())), "{sources:?}");
    }
    assert!(may_concern_kms(&log("a")));
}

#[test]
fn alarms_on_what_else_aws_measures_are_forgotten() {
    let forgotten = [
        vec![statistic("AWS/EC2", "CPUUtilization", &[])],
        vec![statistic(USAGE, "CallCount", &[("Service", "EC2")])],
        vec![statistic(USAGE, "CallCount", &[])],
        vec![statistic("AWS/SQS", "Age", &[]), expression("m1/60")],
        vec![expression("SELECT MAX(CPUUtilization) FROM \"AWS/EC2\"")],
        vec![],
    ];
    for sources in forgotten {
        assert!(!may_concern_kms(&on("a", sources.clone())), "{sources:?}");
    }
}

fn left(mut alarms: Vec<Alarm>) -> Vec<String> {
    drop_idle_composites(&mut alarms);
    alarms.into_iter().map(|alarm| alarm.name).collect()
}

#[test]
fn a_composite_alarm_stays_with_an_alarm_that_it_is_about() {
    let throttled = || on("kms throttled", vec![statistic("Security", "KmsThrottled", &[])]);
    let arn = throttled().arn;
    assert_eq!(
        left(vec![
            composite("by-name", "ALARM(cpu) OR NOT OK(\"kms throttled\")"),
            composite("by-arn", &format!("ALARM(\"{arn}\")")),
            composite("by-number", "AT_LEAST(50%, ALARM, (cpu, \"kms throttled\"))"),
            composite("of-others", "ALARM(cpu) AND ALARM(disk)"),
            composite("of-none", "TRUE"),
            throttled(),
            log("logs"),
        ]),
        ["by-name", "by-arn", "by-number", "kms throttled", "logs"]
    );
}

#[test]
fn composite_alarms_of_composite_alarms_stay_and_circles_end() {
    assert_eq!(
        left(vec![
            composite("top", "ALARM(middle)"),
            composite("middle", "ALARM(log)"),
            composite("round", "ALARM(about)"),
            composite("about", "ALARM(round)"),
            composite("self", "ALARM(self)"),
            log("log"),
        ]),
        ["top", "middle", "log"]
    );
}

#[test]
fn a_rule_names_alarms_with_and_without_quotation_marks() {
    let rule = r#"(ALARM(a-b) OR OK( "with (brackets), and \"quotes\"" ))AND AT_LEAST(2,ALARM,(c,d))"#;
    let named = alarms_named_in(rule);
    for name in ["a-b", "with (brackets), and \"quotes\"", "c", "d"] {
        assert!(named.iter().any(|named| named == name), "{name} in {named:?}");
    }
    assert_eq!(named.len(), 11, "{named:?}");
    assert_eq!(alarms_named_in("ALARM(\"never ends"), ["ALARM", "never ends"]);
    assert_eq!(alarms_named_in(""), [""; 0]);
}

fn filter(namespace: &str, name: &str) -> MetricFilter {
    MetricFilter {
        name: "throttled".into(),
        log_group: "trail".into(),
        pattern: String::new(),
        metrics: vec![FilterMetric {
            namespace: namespace.into(),
            name: name.into(),
        }],
    }
}

#[test]
fn a_metric_filter_feeds_the_alarm_on_its_metric_and_the_query_that_names_it() {
    let account = AccountId::new("111122223333");
    let alarms = [
        on("a", vec![statistic("Security", "KmsThrottled", &[])]),
        on("b", vec![expression("SELECT SUM(Denied) FROM \"Access\"")]),
        on(
            "c",
            vec![statistic(KMS, "ExternalKeyStoreThrottle", &[]), expression("m1*2")],
        ),
        log("d"),
    ];
    let watched = CustomMetrics::watched_by(&alarms, &account);
    assert!(watched.are_fed_by(&filter("Security", "KmsThrottled")));
    assert!(watched.are_fed_by(&filter("Access", "Denied")));
    assert!(!watched.are_fed_by(&filter("Security", "Other")));
    assert!(!watched.are_fed_by(&filter("Other", "KmsThrottled")));
    assert!(CustomMetrics::watched_by(&alarms[2..], &account).is_empty());
}

#[test]
fn what_is_watched_in_another_account_is_fed_there() {
    let mut central = on("a", vec![statistic("Security", "KmsThrottled", &[])]);
    let AlarmKind::Metric(alarm) = &mut central.kind else {
        panic!("an alarm on metrics")
    };
    alarm.metrics[0].account_id = Some("444455556666".into());
    let alarms = [central];
    assert!(CustomMetrics::watched_by(&alarms, &AccountId::new("111122223333")).is_empty());
    assert!(!CustomMetrics::watched_by(&alarms, &AccountId::new("444455556666")).is_empty());
}

#[test]
fn a_pool_is_used_where_a_request_was_counted() {
    assert!(uses_pools(&[quota(10_000.0, None), quota(1_000.0, Some(1.0))]));
    let mut management = quota(500.0, Some(60.0));
    management.pool = "DescribeKey".into();
    let mut unread = quota(10_000.0, None);
    unread.usage = denied("cloudwatch:GetMetricData");
    assert!(!uses_pools(&[management, unread, quota(10_000.0, Some(0.0))]));
}

#[test]
fn a_region_depends_on_trails_for_an_audit_and_for_alarms_on_log_events() {
    let policy = JustificationPolicy::default();
    let audited = || key(&[("requirement", "Audit, rotation")]);
    assert!(depends_on_trails(&region([audited()]), &policy));
    let mut leaving = audited();
    if let Fact::Known(metadata) = &mut leaving.metadata {
        metadata.state = KeyState::PendingDeletion;
    }
    let mut here = region([leaving, key(&[("requirement", "policy")]), key(&[])]);
    here.alarms = Fact::Known(vec![on("a", vec![statistic("Security", "KmsThrottled", &[])])]);
    here.metric_filters = Fact::Known(Vec::new());
    assert!(!depends_on_trails(&here, &policy));
    here.metric_filters = Fact::Known(vec![filter("Security", "KmsThrottled")]);
    assert!(depends_on_trails(&here, &policy));
    here.metric_filters = denied("logs:DescribeMetricFilters");
    assert!(!depends_on_trails(&here, &policy));
    here.alarms = Fact::Known(vec![log("b")]);
    assert!(depends_on_trails(&here, &policy));
}
