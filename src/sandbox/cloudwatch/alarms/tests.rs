use super::*;
use crate::sandbox::testing;
use aws_sdk_cloudwatch::error::ProvideErrorMetadata;
use aws_sdk_cloudwatch::operation::describe_alarms::DescribeAlarmsOutput;
use aws_sdk_cloudwatch::types::AlarmType::{CompositeAlarm, LogAlarm, MetricAlarm};
use aws_sdk_cloudwatch::types::{ComparisonOperator, StateValue, Statistic};

const ESTATE: &str = r#"
    as_of = 2026-06-15T06:00:00Z
    account = { id = "111122223333" }

    [[region]]
    name = "eu-west-3"

    [[region.alarm]]
    name = "kms-share"
    description = "symmetric requests, in percent of the quota"
    metrics = [
        { id = "m1", label = "requests", namespace = "AWS/Usage", metric = "CallCount", stat = "Sum", period = 60,
          dimensions = { Service = "KMS", Type = "API", Resource = "CryptographicOperationsSymmetric", Class = "None" } },
        { id = "e1", expression = "m1/60/SERVICE_QUOTA(m1)*100", return_data = true },
    ]
    threshold = 70
    comparison = "GreaterThanThreshold"
    evaluation_periods = 3
    datapoints_to_alarm = 2
    treat_missing_data = "notBreaching"
    actions = ["oncall", "arn:aws:lambda:eu-west-3:{account}:function:page"]
    state = "ALARM"
    state_reason = "Threshold Crossed"
    updated = 2026-06-14T01:30:00Z

    [[region.alarm]]
    name = "kms-requests"
    namespace = "AWS/Usage"
    metric = "CallCount"
    dimensions = { Service = "KMS" }
    stat = "Sum"
    period = 300
    threshold = 2_100_000.5
    comparison = "GreaterThanOrEqualToThreshold"
    actions_enabled = false
    ok_actions = ["calm"]

    [[region.alarm]]
    type = "composite"
    name = "kms-any"
    rule = 'ALARM("kms-share") OR (ALARM(arn:aws:cloudwatch:eu-west-3:111122223333:alarm:kms-requests) AND NOT OK( noise-001 ))'

    [[region.alarm]]
    type = "log"
    name = "kms-log"
    query = "filter errorCode = 'ThrottlingException'"
    log_groups = ["trail"]
    threshold = 0
    comparison = "GreaterThanThreshold"
    results_to_evaluate = 3
    results_to_alarm = 2
    state = "INSUFFICIENT_DATA"

    [[region.alarm]]
    name = "noise-{n:03}"
    count = 240
    namespace = "AWS/EC2"
    metric = "CPUUtilization"
    stat = "p99"
    period = 60
    threshold = 90
    comparison = "GreaterThanThreshold"
"#;

fn client() -> aws_sdk_cloudwatch::Client {
    testing::cloudwatch(&testing::sandbox(ESTATE), "eu-west-3")
}

fn metric_names(output: &DescribeAlarmsOutput) -> Vec<&str> {
    output
        .metric_alarms()
        .iter()
        .filter_map(|alarm| alarm.alarm_name())
        .collect()
}

#[tokio::test]
async fn a_math_alarm_is_described_as_the_estate_has_it() {
    let output = client()
        .describe_alarms()
        .alarm_names("kms-share")
        .send()
        .await
        .unwrap();
    let alarm = &output.metric_alarms()[0];
    assert_eq!(
        alarm.alarm_arn(),
        Some("arn:aws:cloudwatch:eu-west-3:111122223333:alarm:kms-share")
    );
    assert_eq!(
        alarm.alarm_description(),
        Some("symmetric requests, in percent of the quota")
    );
    let actions = [
        "arn:aws:sns:eu-west-3:111122223333:oncall",
        "arn:aws:lambda:eu-west-3:111122223333:function:page",
    ];
    assert_eq!(alarm.alarm_actions(), actions);
    assert_eq!((alarm.actions_enabled(), alarm.ok_actions().len()), (Some(true), 0));
    assert_eq!((alarm.threshold(), alarm.metric_name()), (Some(70.0), None));
    assert_eq!(
        alarm.comparison_operator(),
        Some(&ComparisonOperator::GreaterThanThreshold)
    );
    assert_eq!(
        (alarm.evaluation_periods(), alarm.datapoints_to_alarm()),
        (Some(3), Some(2))
    );
    assert_eq!(alarm.treat_missing_data(), Some("notBreaching"));
    assert_eq!(alarm.state_value(), Some(&StateValue::Alarm));
    assert_eq!(alarm.state_reason(), Some("Threshold Crossed"));
    assert_eq!(alarm.state_transitioned_timestamp().unwrap().secs(), 1_781_400_600);
    let [requests, share] = alarm.metrics() else {
        panic!("{:?}", alarm.metrics());
    };
    let stat = requests.metric_stat().unwrap();
    assert_eq!((stat.stat(), stat.period()), (Some("Sum"), Some(60)));
    assert_eq!(stat.metric().unwrap().metric_name(), Some("CallCount"));
    let dimensions = stat.metric().unwrap().dimensions().iter();
    let dimensions: Vec<_> = dimensions.filter_map(|dimension| dimension.value()).collect();
    assert_eq!(dimensions, ["None", "CryptographicOperationsSymmetric", "KMS", "API"]);
    assert_eq!(
        (requests.label(), requests.return_data()),
        (Some("requests"), Some(false))
    );
    assert_eq!(share.id(), Some("e1"));
    assert_eq!(share.expression(), Some("m1/60/SERVICE_QUOTA(m1)*100"));
    assert_eq!((share.return_data(), share.metric_stat()), (Some(true), None));
}

#[tokio::test]
async fn an_alarm_on_one_metric_has_it_at_its_top() {
    let names = ["kms-requests", "noise-007"].map(str::to_owned).to_vec();
    let output = client()
        .describe_alarms()
        .set_alarm_names(Some(names))
        .send()
        .await
        .unwrap();
    let [requests, noise] = output.metric_alarms() else {
        panic!("{output:?}");
    };
    assert_eq!(
        (requests.namespace(), requests.metric_name()),
        (Some("AWS/Usage"), Some("CallCount"))
    );
    assert_eq!(
        (requests.statistic(), requests.period()),
        (Some(&Statistic::Sum), Some(300))
    );
    assert_eq!(requests.dimensions()[0].value(), Some("KMS"));
    assert_eq!((requests.threshold(), requests.metrics().len()), (Some(2_100_000.5), 0));
    assert_eq!(
        (requests.evaluation_periods(), requests.datapoints_to_alarm()),
        (Some(1), None)
    );
    assert_eq!(
        (requests.actions_enabled(), requests.alarm_actions().len()),
        (Some(false), 0)
    );
    assert_eq!(requests.ok_actions(), ["arn:aws:sns:eu-west-3:111122223333:calm"]);
    assert_eq!((noise.statistic(), noise.extended_statistic()), (None, Some("p99")));
}

#[test]
fn members_of_an_organization_have_alarms_of_their_own_also_on_metrics_of_others() {
    let estate = testing::sandbox(
        r#"
        as_of = 2026-06-15T06:00:00Z
        account = { id = "111122223333" }
        organization = {}
        region = [{ name = "eu-west-3" }]

        [[member]]
        count = 2
        id = "20000000000{n}"

        [[member.region]]
        name = ["eu-west-3", "us-east-1"]

        [[member.region.alarm]]
        name = "unusual"
        comparison = "GreaterThanUpperThreshold"
        threshold_metric = "band"
        metrics = [
            { id = "m", namespace = "N", metric = "M", stat = "Sum", period = 60, return_data = true, account = "111122223333" },
            { id = "band", expression = "ANOMALY_DETECTION_BAND(m, 2)", period = 60, return_data = true },
        ]
        "#,
    );
    let describe = |account, region| {
        let target = "GraniteServiceVersion20100801.DescribeAlarms";
        testing::json_request_as(&estate, account, "monitoring", region, target, &json!({})).1
    };
    for (account, region) in [("200000000001", "eu-west-3"), ("200000000002", "us-east-1")] {
        let alarm = &describe(account, region)["MetricAlarms"][0];
        assert_eq!(
            alarm["AlarmArn"],
            format!("arn:aws:cloudwatch:{region}:{account}:alarm:unusual")
        );
        assert_eq!(
            (alarm.get("Threshold"), &alarm["ThresholdMetricId"]),
            (None, &json!("band"))
        );
        assert_eq!(alarm["Metrics"][0]["AccountId"], "111122223333");
        assert_eq!(alarm["Metrics"][1]["Period"], 60);
    }
    assert_eq!(describe("111122223333", "eu-west-3")["MetricAlarms"], json!([]));
}

#[tokio::test]
async fn composite_and_log_alarms_come_only_if_they_are_asked_for() {
    let kms = || client().describe_alarms().alarm_name_prefix("kms-");
    let output = kms().send().await.unwrap();
    assert_eq!(metric_names(&output), ["kms-requests", "kms-share"]);
    assert!(output.composite_alarms().is_empty() && output.log_alarms().is_empty());
    let output = kms()
        .alarm_types(CompositeAlarm)
        .alarm_types(LogAlarm)
        .send()
        .await
        .unwrap();
    assert!(output.metric_alarms().is_empty());
    let composite = &output.composite_alarms()[0];
    assert_eq!(composite.alarm_name(), Some("kms-any"));
    assert!(composite.alarm_rule().unwrap().starts_with("ALARM(\"kms-share\") OR"));
    let log = &output.log_alarms()[0];
    assert_eq!(log.state_value(), Some(&StateValue::InsufficientData));
    assert_eq!((log.threshold(), log.query_results_to_alarm()), (Some(0.0), Some(2)));
    let query = log.scheduled_query_configuration().unwrap();
    assert_eq!(query.query_string(), Some("filter errorCode = 'ThrottlingException'"));
    assert_eq!(query.log_group_identifiers(), ["trail"]);
    assert_eq!(query.aggregation_expression(), Some("count(*)"));
    assert!(
        query
            .query_arn()
            .unwrap()
            .starts_with("arn:aws:logs:eu-west-3:111122223333:scheduled-query:")
    );
    let schedule = query.schedule_configuration().unwrap();
    assert_eq!(schedule.schedule_expression(), Some("rate(5 minutes)"));
    assert_eq!(
        (schedule.start_time_offset(), schedule.end_time_offset()),
        (Some(300), Some(0))
    );
}

#[tokio::test]
async fn a_page_has_fifty_alarms_and_at_most_a_hundred() {
    for (given, expected) in [(None, vec![50, 50, 50, 50, 44]), (Some(100), vec![100, 100, 44])] {
        let all = client().describe_alarms().set_max_records(given);
        let all = all.set_alarm_types(Some(vec![MetricAlarm, CompositeAlarm, LogAlarm]));
        let mut pages = all.into_paginator().send();
        let (mut sizes, mut names) = (Vec::new(), std::collections::BTreeSet::new());
        while let Some(page) = pages.next().await {
            let page = page.unwrap();
            names.extend(metric_names(&page).into_iter().map(str::to_owned));
            sizes.push(page.metric_alarms().len() + page.composite_alarms().len() + page.log_alarms().len());
        }
        assert_eq!((sizes, names.len()), (expected, 242));
    }
}

#[tokio::test]
async fn alarms_are_found_by_state_and_by_what_they_do() {
    let in_alarm = client()
        .describe_alarms()
        .state_value(StateValue::Alarm)
        .send()
        .await
        .unwrap();
    assert_eq!(metric_names(&in_alarm), ["kms-share"]);
    let topic = "arn:aws:sns:eu-west-3:111122223333:";
    let notifying = client().describe_alarms().action_prefix(topic).send().await.unwrap();
    assert_eq!(metric_names(&notifying), ["kms-requests", "kms-share"]);
    let paging = client()
        .describe_alarms()
        .action_prefix("arn:aws:lambda")
        .send()
        .await
        .unwrap();
    assert_eq!(metric_names(&paging), ["kms-share"]);
}

#[tokio::test]
async fn the_family_of_an_alarm_is_told_by_the_rules() {
    let children = client()
        .describe_alarms()
        .children_of_alarm_name("kms-any")
        .send()
        .await
        .unwrap();
    assert_eq!(metric_names(&children), ["kms-requests", "kms-share", "noise-001"]);
    let share = &children.metric_alarms()[1];
    assert_eq!(
        (share.state_value(), share.threshold()),
        (Some(&StateValue::Alarm), None)
    );
    for child in ["kms-requests", "kms-share", "noise-001"] {
        let parents = client()
            .describe_alarms()
            .parents_of_alarm_name(child)
            .send()
            .await
            .unwrap();
        assert_eq!(parents.composite_alarms()[0].alarm_name(), Some("kms-any"));
        assert_eq!(parents.composite_alarms()[0].alarm_rule(), None);
    }
    let none = client()
        .describe_alarms()
        .parents_of_alarm_name("noise-002")
        .send()
        .await
        .unwrap();
    assert!(none.composite_alarms().is_empty());
    let both = client()
        .describe_alarms()
        .parents_of_alarm_name("kms-share")
        .alarm_name_prefix("kms");
    let error = both.send().await.unwrap_err();
    assert_eq!(error.code(), Some("ValidationError"));
}

#[tokio::test]
async fn wrong_requests_are_refused() {
    let call = || client().describe_alarms();
    for wrong in [
        call().max_records(101),
        call().max_records(0),
        call().alarm_types("MetricAlarms".into()),
        call().state_value("FINE".into()),
        call().alarm_names("kms-any").alarm_name_prefix("kms"),
        call().set_alarm_names(Some(vec!["a".to_owned(); 101])),
    ] {
        assert_eq!(wrong.send().await.unwrap_err().code(), Some("ValidationError"));
    }
    let error = call().next_token("x").send().await.unwrap_err().into_service_error();
    assert!(error.is_invalid_next_token(), "{error:?}");
}

#[test]
fn the_references_of_a_rule_are_names_with_and_without_quotes() {
    let found = |rule| references(rule).collect::<Vec<_>>();
    assert_eq!(found("(ALARM(a b) AND NOT (OK (\"c (d)\")))"), ["a b", "c (d)"]);
    assert_eq!(found("INSUFFICIENT_DATA(e)OR TRUE"), ["e"]);
    assert!(found("FALSE OR (TRUE)").is_empty());
    assert!(found("ALARM(").is_empty());
}
