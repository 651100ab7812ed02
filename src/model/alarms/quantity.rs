//! What an alarm on metrics compares with its threshold.

use std::collections::BTreeMap;

use super::metric_math::{self, Expression};
use crate::facts::{AlarmMetric, AlarmMetricSource, MetricAlarm};

/// More entries than an alarm can have: expressions that refer to each other in a circle end here.
const DEEPEST: usize = 20;

/// A statistic of a metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Series<'a> {
    pub namespace: &'a str,
    pub name: &'a str,
    pub dimensions: &'a BTreeMap<String, String>,
    pub statistic: &'a str,
    pub period_seconds: u32,
}

impl<'a> Series<'a> {
    /// The statistic that an entry of an alarm is, if it is one.
    pub(super) fn of(metric: &'a AlarmMetric) -> Option<Self> {
        match &metric.source {
            AlarmMetricSource::Statistic {
                namespace,
                name,
                dimensions,
                statistic,
                period_seconds,
            } => Some(Series {
                namespace,
                name,
                dimensions,
                statistic,
                period_seconds: *period_seconds,
            }),
            AlarmMetricSource::Expression { .. } => None,
        }
    }

    pub(super) fn is_of_the_metric_of(&self, other: &Series<'_>) -> bool {
        (self.namespace, self.name, self.dimensions) == (other.namespace, other.name, other.dimensions)
    }
}

/// `offset + factor × of`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Quantity<'a> {
    pub offset: f64,
    pub factor: f64,
    pub of: Of<'a>,
}

/// What a quantity changes with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Of<'a> {
    /// It is a number.
    Nothing,
    /// A statistic.
    Series(Series<'a>),
    /// `SERVICE_QUOTA()` of a metric.
    Quota(Series<'a>),
    /// A statistic divided by `SERVICE_QUOTA()` of its metric.
    Share(Series<'a>),
}

/// What the alarm watches; `None` where its metric math is not understood.
pub(super) fn watched(alarm: &MetricAlarm) -> Option<Quantity<'_>> {
    let returned = alarm.metrics.iter().find(|metric| metric.returns_data);
    of_metric(alarm, returned.or(alarm.metrics.first())?, 0)
}

fn of_metric<'a>(alarm: &'a MetricAlarm, metric: &'a AlarmMetric, depth: usize) -> Option<Quantity<'a>> {
    match &metric.source {
        AlarmMetricSource::Statistic { .. } => Some(Quantity {
            offset: 0.0,
            factor: 1.0,
            of: Of::Series(Series::of(metric)?),
        }),
        AlarmMetricSource::Expression { expression, .. } if depth < DEEPEST => {
            evaluate(alarm, &metric_math::parse(expression)?, depth + 1)
        }
        AlarmMetricSource::Expression { .. } => None,
    }
}

fn evaluate<'a>(alarm: &'a MetricAlarm, expression: &Expression<'_>, depth: usize) -> Option<Quantity<'a>> {
    match expression {
        Expression::Number(number) => Some(Quantity::number(*number)),
        Expression::Id(id) => {
            let metric = alarm.metrics.iter().find(|metric| metric.id.as_deref() == Some(id))?;
            of_metric(alarm, metric, depth)
        }
        Expression::Negative(value) => Some(evaluate(alarm, value, depth)?.times(-1.0)),
        Expression::Binary(operator, sides) => {
            let [left, right] = &**sides;
            let (left, right) = (evaluate(alarm, left, depth)?, evaluate(alarm, right, depth)?);
            match operator {
                '+' => left.plus(right),
                '-' => left.plus(right.times(-1.0)),
                '*' => left.multiplied(right),
                _ => left.divided(right),
            }
        }
        Expression::Call(name, arguments) => {
            let value = evaluate(alarm, arguments.first()?, depth)?;
            call(&name.to_ascii_uppercase(), value, arguments.len())
        }
    }
}

fn call<'a>(name: &str, value: Quantity<'a>, arguments: usize) -> Option<Quantity<'a>> {
    match (name, arguments, value.of) {
        ("SERVICE_QUOTA", 1, Of::Series(series)) => Some(Quantity {
            offset: 0.0,
            factor: 1.0,
            of: Of::Quota(series),
        }),
        ("PERIOD", 1, Of::Series(series)) => Some(Quantity::number(f64::from(series.period_seconds))),
        // Fills in what is missing, or rounds: neither moves a peak.
        ("FILL", 2, _) | ("ABS" | "CEIL" | "FLOOR", 1, _) => Some(value),
        _ => None,
    }
}

impl<'a> Quantity<'a> {
    fn number(number: f64) -> Self {
        Quantity {
            offset: number,
            factor: 0.0,
            of: Of::Nothing,
        }
    }

    fn as_number(&self) -> Option<f64> {
        (self.of == Of::Nothing).then_some(self.offset)
    }

    fn times(mut self, number: f64) -> Self {
        self.offset *= number;
        self.factor *= number;
        self
    }

    fn plus(self, other: Self) -> Option<Self> {
        let of = match (self.of, other.of) {
            (of, Of::Nothing) | (Of::Nothing, of) => of,
            (one, same) if one == same => one,
            _ => return None,
        };
        Some(Quantity {
            offset: self.offset + other.offset,
            factor: self.factor + other.factor,
            of,
        })
    }

    fn multiplied(self, other: Self) -> Option<Self> {
        match (self.as_number(), other.as_number()) {
            (_, Some(number)) => Some(self.times(number)),
            (Some(number), _) => Some(other.times(number)),
            _ => None,
        }
    }

    fn divided(self, other: Self) -> Option<Self> {
        if let Some(number) = other.as_number() {
            return (number != 0.0).then(|| self.times(1.0 / number));
        }
        match (self.of, other.of) {
            (Of::Series(series), Of::Quota(quota))
                if series.is_of_the_metric_of(&quota) && self.offset == 0.0 && other.offset == 0.0 =>
            {
                (other.factor != 0.0).then(|| Quantity {
                    offset: 0.0,
                    factor: self.factor / other.factor,
                    of: Of::Share(series),
                })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::examples::math_alarm;
    use crate::facts::{Alarm, AlarmKind};

    /// Offset, factor and kind of what an alarm with this expression watches.
    fn read(expression: &str) -> Option<(f64, f64, &'static str)> {
        let Alarm {
            kind: AlarmKind::Metric(alarm),
            ..
        } = math_alarm(expression, 70.0)
        else {
            panic!("an alarm on metrics");
        };
        let quantity = watched(&alarm)?;
        let kind = match quantity.of {
            Of::Nothing => "number",
            Of::Series(_) => "requests",
            Of::Quota(_) => "quota",
            Of::Share(_) => "share",
        };
        Some((quantity.offset, quantity.factor, kind))
    }

    #[test]
    fn every_spelling_of_a_share_of_the_quota_is_the_same() {
        for expression in [
            "m1/SERVICE_QUOTA(m1)*100",
            "(m1 / SERVICE_QUOTA(m1)) * 100",
            "100*m1/SERVICE_QUOTA(m1)",
            "100 * (m1/service_quota(m1))",
            "FILL(m1, 0) / SERVICE_QUOTA(m1) / 0.01",
        ] {
            assert_eq!(read(expression), Some((0.0, 100.0, "share")), "{expression}");
        }
        assert_eq!(read("m1/SERVICE_QUOTA(m1)"), Some((0.0, 1.0, "share")));
        assert_eq!(read("100 - m1/SERVICE_QUOTA(m1)*100"), Some((100.0, -100.0, "share")));
    }

    #[test]
    fn a_rate_is_requests_by_the_seconds_of_the_period() {
        assert_eq!(read("m1/PERIOD(m1)"), Some((0.0, 1.0 / 60.0, "requests")));
        assert_eq!(read("m1/60"), Some((0.0, 1.0 / 60.0, "requests")));
    }

    #[test]
    fn what_is_not_linear_or_mixes_metrics_is_not_understood() {
        for expression in [
            "m1*m1",
            "SERVICE_QUOTA(m1) - m1",
            "RATE(m1)",
            "IF(m1 > 5, 1, 0)",
            "m1/SERVICE_QUOTA(m2)",
            "m1/0",
            "m9",
        ] {
            assert_eq!(read(expression), None, "{expression}");
        }
    }

    #[test]
    fn expressions_that_refer_to_each_other_in_a_circle_are_not_understood() {
        assert_eq!(read("e1 + 1"), None);
    }
}
