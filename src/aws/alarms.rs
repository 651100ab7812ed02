//! Which alarms of a Region could concern KMS?

use std::collections::BTreeMap;

use aws_sdk_cloudwatch::types::{
    AlarmType, CompositeAlarm, Dimension, EvaluationCriteria, LogAlarm as SdkLogAlarm,
    MetricAlarm as SdkMetricAlarm, MetricDataQuery, StateValue,
};

use super::clients::RegionSession;
use super::error::CallError;
use super::operations::CLOUDWATCH_DESCRIBE_ALARMS as DESCRIBE;
use super::paging::Pages;
use crate::facts::{
    Alarm, AlarmKind, AlarmMetric, AlarmMetricSource, AlarmState, Arn, Fact, LogAlarm, MetricAlarm,
};
use crate::model::{drop_idle_composites, may_concern_kms};

/// The largest page CloudWatch allows.
const ALARMS_A_PAGE: i32 = 100;

/// Reads the alarms of a Region that could concern KMS, in the order of their names, and forgets the others.
pub async fn read_alarms(session: &RegionSession) -> Fact<Vec<Alarm>> {
    describe_alarms(session).await.into()
}

async fn describe_alarms(session: &RegionSession) -> Result<Vec<Alarm>, CallError> {
    let mut alarms = Vec::new();
    let mut pages = Pages::default();
    let mut token = None;
    loop {
        let request = || {
            // Whoever names no types gets the alarms on metrics alone.
            let types = vec![AlarmType::MetricAlarm, AlarmType::CompositeAlarm, AlarmType::LogAlarm];
            session
                .cloudwatch
                .describe_alarms()
                .set_alarm_types(Some(types))
                .max_records(ALARMS_A_PAGE)
                .set_next_token(token.clone())
                .send()
        };
        let page = session.caller.call(DESCRIBE, request).await?;
        let (metric, composite, log) = (page.metric_alarms, page.composite_alarms, page.log_alarms);
        if metric.is_none() && composite.is_none() && log.is_none() {
            return Err(CallError::malformed(DESCRIBE, "the answer has no list of alarms"));
        }
        let metric = metric.into_iter().flatten().map(metric_alarm);
        let composite = composite.into_iter().flatten().map(composite_alarm);
        let log = log.into_iter().flatten().map(log_alarm);
        let mut brought = 0;
        for alarm in metric.chain(composite).chain(log) {
            let alarm = alarm
                .ok_or_else(|| CallError::malformed(DESCRIBE, "an alarm in the list lacks what every alarm has"))?;
            brought += 1;
            if may_concern_kms(&alarm) {
                alarms.push(alarm);
            }
        }
        match pages.next(DESCRIBE, None, page.next_token.as_deref(), brought)? {
            Some(next) => token = Some(next),
            None => break,
        }
    }
    drop_idle_composites(&mut alarms);
    alarms.sort_by(|a, b| (&a.name, &a.arn).cmp(&(&b.name, &b.arn)));
    Ok(alarms)
}

/// What alarms of all kinds have in common; `None` for one without a name or an ARN.
struct Common {
    name: Option<String>,
    arn: Option<String>,
    actions_enabled: Option<bool>,
    actions: Option<Vec<String>>,
    state: Option<StateValue>,
}

impl Common {
    fn alarm(self, kind: AlarmKind) -> Option<Alarm> {
        Some(Alarm {
            arn: Arn::new(self.arn?),
            name: self.name?,
            // CloudWatch's own default.
            actions_enabled: self.actions_enabled.unwrap_or(true),
            actions: self.actions.unwrap_or_default(),
            state: AlarmState::from(stated(self.state.as_ref().map(|state| state.as_str()))),
            kind,
        })
    }
}

/// A word of AWS, or that there is none.
fn stated(word: Option<&str>) -> String {
    word.unwrap_or("not stated").to_owned()
}

fn metric_alarm(sdk: SdkMetricAlarm) -> Option<Alarm> {
    let kind = MetricAlarm {
        comparison: stated(sdk.comparison_operator.as_ref().map(|word| word.as_str())),
        threshold: sdk.threshold,
        evaluation_periods: sdk.evaluation_periods.and_then(|periods| periods.try_into().ok()),
        datapoints_to_alarm: sdk.datapoints_to_alarm.and_then(|points| points.try_into().ok()),
        treat_missing_data: sdk.treat_missing_data.clone(),
        metrics: metrics(&sdk)?,
    };
    let common = Common {
        name: sdk.alarm_name,
        arn: sdk.alarm_arn,
        actions_enabled: sdk.actions_enabled,
        actions: sdk.alarm_actions,
        state: sdk.state_value,
    };
    common.alarm(AlarmKind::Metric(kind))
}

/// The metrics of an alarm: a list, or a single metric, or a PromQL query.
fn metrics(sdk: &SdkMetricAlarm) -> Option<Vec<AlarmMetric>> {
    if !sdk.metrics().is_empty() {
        return sdk.metrics().iter().map(metric_of_several).collect();
    }
    let source = match (&sdk.evaluation_criteria, sdk.namespace(), sdk.metric_name()) {
        (Some(EvaluationCriteria::PromQlCriteria(criteria)), _, _) => AlarmMetricSource::Expression {
            expression: criteria.query.clone()?,
            period_seconds: None,
        },
        // Something that this version does not know, and of which it cannot say what it is about.
        (Some(_), _, _) => return None,
        (None, namespace, name) => AlarmMetricSource::Statistic {
            namespace: namespace?.to_owned(),
            name: name?.to_owned(),
            dimensions: dimensions(sdk.dimensions()),
            statistic: match (&sdk.statistic, sdk.extended_statistic()) {
                (Some(statistic), _) => statistic.as_str().to_owned(),
                (None, extended) => extended?.to_owned(),
            },
            period_seconds: sdk.period?.try_into().ok()?,
        },
    };
    Some(vec![AlarmMetric {
        id: None,
        source,
        returns_data: true,
        account_id: None,
    }])
}

fn metric_of_several(query: &MetricDataQuery) -> Option<AlarmMetric> {
    let source = match (query.expression(), query.metric_stat()) {
        (Some(expression), _) => AlarmMetricSource::Expression {
            expression: expression.to_owned(),
            period_seconds: query.period.and_then(|period| period.try_into().ok()),
        },
        (None, statistic) => {
            let (statistic, metric) = (statistic?, statistic?.metric()?);
            AlarmMetricSource::Statistic {
                namespace: metric.namespace.clone()?,
                name: metric.metric_name.clone()?,
                dimensions: dimensions(metric.dimensions()),
                statistic: statistic.stat.clone()?,
                period_seconds: statistic.period?.try_into().ok()?,
            }
        }
    };
    Some(AlarmMetric {
        id: Some(query.id.clone()?),
        source,
        // CloudWatch's own default.
        returns_data: query.return_data.unwrap_or(true),
        account_id: query.account_id.clone(),
    })
}

fn dimensions(sdk: &[Dimension]) -> BTreeMap<String, String> {
    let pair = |dimension: &Dimension| Some((dimension.name.clone()?, dimension.value.clone()?));
    sdk.iter().filter_map(pair).collect()
}

fn composite_alarm(sdk: CompositeAlarm) -> Option<Alarm> {
    let common = Common {
        name: sdk.alarm_name,
        arn: sdk.alarm_arn,
        actions_enabled: sdk.actions_enabled,
        actions: sdk.alarm_actions,
        state: sdk.state_value,
    };
    common.alarm(AlarmKind::Composite { rule: sdk.alarm_rule? })
}

fn log_alarm(sdk: SdkLogAlarm) -> Option<Alarm> {
    let query = sdk.scheduled_query_configuration?;
    let kind = LogAlarm {
        query: query.query_string?,
        log_groups: query.log_group_identifiers.unwrap_or_default(),
        comparison: stated(sdk.comparison_operator.as_ref().map(|word| word.as_str())),
        threshold: sdk.threshold,
    };
    let common = Common {
        name: sdk.alarm_name,
        arn: sdk.alarm_arn,
        actions_enabled: sdk.actions_enabled,
        actions: sdk.alarm_actions,
        state: sdk.state_value,
    };
    common.alarm(AlarmKind::Log(kind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_cloudwatch::types::{AlarmPromQlCriteria, Statistic};

    fn named() -> aws_sdk_cloudwatch::types::builders::MetricAlarmBuilder {
        SdkMetricAlarm::builder().alarm_name("a").alarm_arn("arn:aws:a")
    }

    fn metrics_of(alarm: Option<Alarm>) -> Vec<AlarmMetric> {
        match alarm.unwrap().kind {
            AlarmKind::Metric(alarm) => alarm.metrics,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_promql_query_is_an_expression() {
        let criteria = AlarmPromQlCriteria::builder().query("sum(throttled)").build();
        let alarm = named().evaluation_criteria(EvaluationCriteria::PromQlCriteria(criteria));
        let [metric] = metrics_of(metric_alarm(alarm.build())).try_into().unwrap();
        let expression = AlarmMetricSource::Expression {
            expression: "sum(throttled)".into(),
            period_seconds: None,
        };
        assert_eq!((metric.source, metric.returns_data), (expression, true));
    }

    #[test]
    fn what_is_left_out_has_the_defaults_of_cloudwatch() {
        let one = named()
            .namespace("N")
            .metric_name("M")
            .statistic(Statistic::Sum)
            .period(60);
        let alarm = metric_alarm(one.build()).unwrap();
        assert!(alarm.actions_enabled && alarm.actions.is_empty());
        assert_eq!(alarm.state.as_str(), "not stated");
        let query = MetricDataQuery::builder().id("e1").expression("1").build();
        assert!(metrics_of(metric_alarm(named().metrics(query).build()))[0].returns_data);
    }

    #[test]
    fn an_alarm_that_lacks_what_every_alarm_has_is_none() {
        let one = || named().namespace("N").metric_name("M");
        assert_eq!(metric_alarm(one().period(60).build()), None, "no statistic");
        assert_eq!(metric_alarm(one().statistic(Statistic::Sum).build()), None, "no period");
        assert_eq!(metric_alarm(named().build()), None, "no metric");
        assert_eq!(metric_alarm(SdkMetricAlarm::builder().build()), None);
        assert_eq!(composite_alarm(CompositeAlarm::builder().alarm_name("a").build()), None);
        assert_eq!(log_alarm(SdkLogAlarm::builder().alarm_name("a").build()), None);
    }
}
