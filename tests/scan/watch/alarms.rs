//! Alarms, and the metric filters that feed them.

use kms_audit::facts::{
    Alarm, AlarmKind, AlarmMetric, AlarmMetricSource, AlarmState, Arn, Fact, FilterMetric, LogAlarm, MetricAlarm,
    MetricFilter,
};

use super::*;

fn metric(id: Option<&str>, source: AlarmMetricSource, returns_data: bool) -> AlarmMetric {
    AlarmMetric {
        id: id.map(str::to_owned),
        source,
        returns_data,
        account_id: None,
    }
}

fn statistic(namespace: &str, name: &str, dimension: (&str, &str), statistic: &str) -> AlarmMetricSource {
    AlarmMetricSource::Statistic {
        namespace: namespace.into(),
        name: name.into(),
        dimensions: [(dimension.0.to_owned(), dimension.1.to_owned())].into(),
        statistic: statistic.into(),
        period_seconds: 60,
    }
}

#[test]
fn alarms_of_every_kind_are_read_and_those_that_cannot_concern_kms_are_forgotten() {
    let (run, account) = facts(&with_paris(ALARMS));
    assert_eq!(run.gaps(), []);
    // Pages of a hundred, of all types together.
    assert_eq!(run.calls("DescribeAlarms", "calls"), 3 + 2);
    let alarms = region(&account, "eu-west-3").alarms.known().unwrap();
    let names: Vec<&str> = alarms.iter().map(|alarm| alarm.name.as_str()).collect();
    assert_eq!(names, ["near-quota", "of-kms", "slow", "throttled"]);
    let expression = AlarmMetricSource::Expression {
        expression: "m1/SERVICE_QUOTA(m1)*100".into(),
        period_seconds: None,
    };
    let near_quota = Alarm {
        arn: Arn::new("arn:aws:cloudwatch:eu-west-3:111122223333:alarm:near-quota"),
        name: "near-quota".into(),
        actions_enabled: false,
        actions: vec!["arn:aws:sns:eu-west-3:111122223333:oncall".into()],
        state: AlarmState::InsufficientData,
        kind: AlarmKind::Metric(MetricAlarm {
            metrics: vec![
                metric(
                    Some("m1"),
                    statistic("AWS/Usage", "CallCount", ("Service", "KMS"), "Sum"),
                    false,
                ),
                metric(Some("e1"), expression, true),
            ],
            comparison: "GreaterThanThreshold".into(),
            threshold: Some(70.0),
            evaluation_periods: Some(3),
            datapoints_to_alarm: Some(2),
            treat_missing_data: Some("notBreaching".into()),
        }),
    };
    assert_eq!(alarms[0], near_quota);
    assert_eq!(alarms[1].actions, ["arn:aws:sns:eu-west-3:111122223333:pager"]);
    let rule = "ALARM(\"cpu-001\") OR ALARM(\"near-quota\")".into();
    assert_eq!(alarms[1].kind, AlarmKind::Composite { rule });
    let AlarmKind::Metric(slow) = &alarms[2].kind else {
        panic!("{:?}", alarms[2])
    };
    let latency = statistic("AWS/KMS", "XksProxyLatency", ("CustomKeyStoreId", "cks-1"), "p90");
    assert_eq!(slow.metrics, [metric(None, latency, true)]);
    let throttled = LogAlarm {
        query: "filter errorCode = 'ThrottlingException'".into(),
        log_groups: vec!["trail".into()],
        comparison: "GreaterThanThreshold".into(),
        threshold: Some(0.0),
    };
    assert_eq!(alarms[3].kind, AlarmKind::Log(throttled));
}

#[test]
fn a_region_without_keys_and_use_is_not_asked_for_alarms() {
    let (run, account) = facts(WATCHED);
    assert_eq!(run.calls("DescribeAlarms", "calls"), 3);
    assert!(region(&account, "eu-west-2").alarms.is_not_collected());
    assert_eq!(region(&account, "eu-west-3").alarms, Fact::Known(vec![]));
    // AWS managed keys are used too, and count against the same quota.
    let usage = "[[region.usage]]\nresource = \"CryptographicOperationsSymmetric\"\nconstant = { rps = 1 }";
    let (run, account) = facts(&format!("{WATCHED}{usage}"));
    assert_eq!(run.calls("DescribeAlarms", "calls"), 4);
    assert_eq!(region(&account, "eu-west-2").alarms, Fact::Known(vec![]));
}

#[test]
fn the_metric_filters_that_feed_an_alarm_are_read_and_the_others_are_forgotten() {
    let (run, account) = facts(&with_paris(FED));
    assert_eq!(run.gaps(), []);
    // Pages of fifty, in the one Region with such an alarm.
    assert_eq!(run.calls("DescribeMetricFilters", "calls"), 3);
    let throttled = MetricFilter {
        name: "throttled".into(),
        log_group: "trail".into(),
        pattern: "{ $.errorCode = \"ThrottlingException\" }".into(),
        metrics: vec![FilterMetric {
            namespace: "Security".into(),
            name: "KmsThrottled".into(),
        }],
    };
    assert_eq!(
        region(&account, "eu-west-3").metric_filters,
        Fact::Known(vec![throttled])
    );
    assert!(region(&account, "eu-west-1").metric_filters.is_not_collected());
}

#[test]
fn without_an_alarm_on_a_metric_of_ones_own_no_metric_filters_are_asked_for() {
    let (run, account) = facts(&with_paris(ALARMS));
    assert_eq!(run.calls("DescribeMetricFilters", "calls"), 0);
    assert!(region(&account, "eu-west-3").metric_filters.is_not_collected());
}
