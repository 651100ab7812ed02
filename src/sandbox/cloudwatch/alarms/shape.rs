//! The shapes `MetricAlarm`, `CompositeAlarm` and `LogAlarm` of the CloudWatch API.

use crate::sandbox::call::Call;
use crate::sandbox::estate::{
    Account, Alarm, Condition, LogAlarm, MetricAlarm, MetricQuery, MetricStat, Queried, Region, STATISTICS, Source,
    Watches,
};
use crate::sandbox::keys::id::KeyIds;
use crate::sandbox::wire::value::Value;
use jiff::Timestamp;
use serde_json::json;
use std::collections::BTreeMap;

/// Where alarms are: what an estate leaves out of their ARNs.
pub(super) struct Place<'a> {
    partition: &'a str,
    region: &'a str,
    account: &'a Account<'a>,
}

impl<'a> Place<'a> {
    pub fn of(call: &'a Call<'_>, region: &'a Region) -> Place<'a> {
        Place {
            partition: &call.estate.partition,
            region: &region.name,
            account: &call.identity.account,
        }
    }

    pub fn arn(&self, alarm: &str) -> String {
        self.arn_of("cloudwatch", &format!("alarm:{alarm}"))
    }

    fn arn_of(&self, service: &str, resource: &str) -> String {
        let (partition, region, account) = (self.partition, self.region, &self.account.id);
        format!("arn:{partition}:{service}:{region}:{account}:{resource}")
    }

    /// ARNs: those of the account's SNS topics where the estate only has names.
    fn actions(&self, written: &[String]) -> impl Iterator<Item = String> {
        written.iter().map(|action| match action.starts_with("arn:") {
            true => self.account.fill(action),
            false => self.arn_of("sns", action),
        })
    }

    pub fn actions_of(&self, alarm: &Alarm) -> impl Iterator<Item = String> {
        let lists = [&alarm.actions, &alarm.ok_actions, &alarm.insufficient_data_actions];
        lists.into_iter().flat_map(|actions| self.actions(actions))
    }

    /// Everything that there is to say of an alarm.
    pub fn alarm<'b>(&self, name: &'b str, alarm: &'b Alarm) -> Value<'b> {
        let actions = |written| Value::list_of(self.actions(written).map(Value::from));
        let updated = time(alarm.updated);
        let common = Value::map([
            ("AlarmName", name.into()),
            ("AlarmArn", self.arn(name).into()),
            ("AlarmDescription", alarm.description.as_deref().into()),
            ("AlarmConfigurationUpdatedTimestamp", updated.clone()),
            ("ActionsEnabled", Value::Bool(alarm.actions_enabled)),
            ("OKActions", actions(&alarm.ok_actions)),
            ("AlarmActions", actions(&alarm.actions)),
            ("InsufficientDataActions", actions(&alarm.insufficient_data_actions)),
            ("StateValue", json!(alarm.state).into()),
            ("StateReason", alarm.state_reason.as_str().into()),
            ("StateUpdatedTimestamp", updated.clone()),
            ("StateTransitionedTimestamp", updated),
        ]);
        let own = match &alarm.watches {
            Watches::Metrics(watched) => metric_alarm(watched),
            Watches::Alarms(rule) => Value::map([("AlarmRule", rule.as_str().into())]),
            Watches::Logs(watched) => self.log_alarm(name, watched),
        };
        joined(common, own)
    }

    fn log_alarm<'b>(&self, name: &str, alarm: &'b LogAlarm) -> Value<'b> {
        let log_groups = alarm.log_groups.iter();
        let log_groups = log_groups.map(|log_group| self.account.fill(log_group).into());
        // The service makes the query, and gives it an id.
        let query = KeyIds::new(&self.arn(name)).of_key(0);
        let role = format!("arn:{}:iam::{}:role/LogAlarms", self.partition, self.account.id);
        let schedule = Value::map([
            ("ScheduleExpression", alarm.schedule.as_str().into()),
            ("StartTimeOffset", Value::Integer(alarm.time_range.start)),
            ("EndTimeOffset", Value::Integer(alarm.time_range.end)),
        ]);
        let query = Value::map([
            ("QueryString", alarm.query.as_str().into()),
            ("LogGroupIdentifiers", Value::list_of(log_groups)),
            (
                "QueryARN",
                self.arn_of("logs", &format!("scheduled-query:{query}")).into(),
            ),
            ("ScheduledQueryRoleARN", role.into()),
            ("ScheduleConfiguration", schedule),
            ("AggregationExpression", alarm.aggregation.as_str().into()),
        ]);
        let own = Value::map([
            ("ScheduledQueryConfiguration", query),
            (
                "QueryResultsToEvaluate",
                Value::Integer(alarm.results_to_evaluate.into()),
            ),
            ("QueryResultsToAlarm", Value::Integer(alarm.results_to_alarm.into())),
        ]);
        joined(own, condition(&alarm.condition))
    }
}

pub(super) fn time(instant: Timestamp) -> Value<'static> {
    Value::Time(instant.as_second() as f64)
}

/// One structure with the members of two.
fn joined<'a>(mut first: Value<'a>, second: Value<'a>) -> Value<'a> {
    if let (Value::Map(members), Value::Map(more)) = (&mut first, second) {
        members.extend(more);
    }
    first
}

fn condition(condition: &Condition) -> Value<'static> {
    Value::map([
        ("Threshold", condition.threshold.map_or(Value::Null, Value::Number)),
        ("ComparisonOperator", json!(condition.comparison).into()),
        ("TreatMissingData", json!(condition.treat_missing_data).into()),
    ])
}

fn metric_alarm(alarm: &MetricAlarm) -> Value<'_> {
    let integer = |number: u32| Value::Integer(number.into());
    let source = match &alarm.source {
        Source::One(stat) => {
            let is_extended = !STATISTICS.contains(&stat.statistic.as_str());
            let member = if is_extended { "ExtendedStatistic" } else { "Statistic" };
            let own = Value::map([
                (member, stat.statistic.as_str().into()),
                ("Period", integer(stat.period)),
            ]);
            joined(metric(stat), own)
        }
        Source::Several(queries) => Value::map([
            ("Dimensions", Value::list_of([])),
            ("Metrics", Value::list_of(queries.iter().map(query))),
        ]),
    };
    let own = Value::map([
        ("EvaluationPeriods", integer(alarm.evaluation_periods)),
        (
            "DatapointsToAlarm",
            alarm.datapoints_to_alarm.map_or(Value::Null, integer),
        ),
        ("ThresholdMetricId", alarm.threshold_metric.as_deref().into()),
    ]);
    joined(joined(source, own), condition(&alarm.condition))
}

/// The shape `Metric`, whose members stand in an alarm on one metric as they are.
fn metric(stat: &MetricStat) -> Value<'_> {
    Value::map([
        ("Namespace", stat.namespace.as_str().into()),
        ("MetricName", stat.name.as_str().into()),
        ("Dimensions", dimensions(&stat.dimensions)),
    ])
}

fn dimensions(dimensions: &BTreeMap<String, String>) -> Value<'_> {
    Value::list_of(
        dimensions
            .iter()
            .map(|(name, value)| Value::map([("Name", name.as_str().into()), ("Value", value.as_str().into())])),
    )
}

/// The shape `MetricDataQuery`.
fn query(query: &MetricQuery) -> Value<'_> {
    let integer = |number: u32| Value::Integer(number.into());
    let what = match &query.what {
        Queried::Expression { expression, period } => Value::map([
            ("Expression", expression.as_str().into()),
            ("Period", period.map_or(Value::Null, integer)),
        ]),
        Queried::Metric(stat) => {
            let stat = Value::map([
                ("Metric", metric(stat)),
                ("Period", integer(stat.period)),
                ("Stat", stat.statistic.as_str().into()),
            ]);
            Value::map([("MetricStat", stat)])
        }
    };
    let own = Value::map([
        ("Id", query.id.as_str().into()),
        ("Label", query.label.as_deref().into()),
        ("ReturnData", Value::Bool(query.return_data)),
        ("AccountId", query.account.as_deref().into()),
    ]);
    joined(own, what)
}
