//! Alarms on the usage metrics of request quotas, and on the throttle metrics of custom key stores.

use super::fault::Fault;
use super::quantity::{Of, Quantity, Series, watched};
use super::{AlarmLimits, Doubts, Meant, Watched, goes_up, pools};
use crate::facts::{
    AccountFacts, AlarmMetricSource, MetricAlarm, RegionFacts, RequestQuota, RequestsPerSecond, UsageMetric,
};
use crate::model::limit_is_certain;

const USAGE: &str = "AWS/Usage";
const KMS: &str = "AWS/KMS";
/// The throttle metrics of custom key stores.
const STORE_THROTTLES: [&str; 2] = ["CloudHSMKeyStoreThrottle", "ExternalKeyStoreThrottle"];
/// A usage metric that some services have. AWS does not say whether KMS does.
const THROTTLE_COUNT: &str = "ThrottleCount";
/// CloudWatch has a datapoint of the usage metrics each minute; shorter periods hold a minute's requests.
const FINEST_SECONDS: u32 = 60;

/// What an alarm on metrics of AWS is meant for; `None` where it has nothing to do with the ceiling of KMS.
pub(super) fn judge<'a>(
    account: &'a AccountFacts,
    region: &'a RegionFacts,
    alarm: &'a MetricAlarm,
    limits: AlarmLimits,
) -> Option<Meant<'a>> {
    let series: Vec<Series<'a>> = own_series(account, alarm).collect();
    let usage: Vec<Series<'a>> = series.iter().copied().filter(is_usage_of_kms).collect();
    if !usage.is_empty() {
        return Some(judge_usage(region, alarm, &usage, limits));
    }
    let stores: Vec<Series<'a>> = series
        .iter()
        .copied()
        .filter(|series| series.namespace == KMS && STORE_THROTTLES.contains(&series.name))
        .collect();
    if !stores.is_empty() {
        return Some(judge_stores(region, alarm, &stores, limits));
    }
    judge_query(region, alarm)
}

/// The statistics that an alarm is on, without those of other accounts, which a monitoring account can watch.
pub(super) fn own_series<'a>(account: &AccountFacts, alarm: &'a MetricAlarm) -> impl Iterator<Item = Series<'a>> {
    let own = account.account_id.as_str();
    let metrics = alarm.metrics.iter();
    let metrics = metrics.filter(move |metric| metric.account_id.as_deref().is_none_or(|id| id == own));
    metrics.filter_map(Series::of)
}

fn is_usage_of_kms(series: &Series<'_>) -> bool {
    let is = |name: &str, value: &str| series.dimensions.get(name).is_some_and(|it| it == value);
    series.namespace == USAGE && is("Service", "KMS") && !is("Type", "Resource")
}

fn judge_usage<'a>(
    region: &'a RegionFacts,
    alarm: &'a MetricAlarm,
    usage: &[Series<'a>],
    limits: AlarmLimits,
) -> Meant<'a> {
    let mut doubts = Doubts::default();
    let mut watches = Vec::new();
    for series in usage {
        match quota_of(region, series) {
            Some(quota) => {
                let watched = Watched::Quota {
                    region: region.region.as_str(),
                    pool: &quota.pool,
                };
                if !watches.contains(&watched) {
                    watches.push(watched);
                }
            }
            None => doubts.unclear("its metric belongs to no request quota that is known"),
        }
    }
    let quantity = watched(alarm);
    let watched = quantity.and_then(|quantity| match quantity.of {
        Of::Series(series) | Of::Share(series) if is_usage_of_kms(&series) => Some((quantity, series)),
        _ => None,
    });
    // Where the arithmetic is not understood, what is wrong with the metrics themselves still is.
    for series in watched
        .map_or(usage, |_| &[])
        .iter()
        .chain(watched.iter().map(|(_, series)| series))
    {
        check_series(region, series, &mut doubts);
    }
    match watched {
        Some((quantity, series)) => {
            check_speed(alarm, &series, limits, &mut doubts);
            check_threshold(region, alarm, &quantity, &series, &mut doubts);
        }
        None => doubts.unclear("its metric math is not among what is understood"),
    }
    Meant {
        watches,
        filters: Vec::new(),
        doubts,
        is_about_kms: true,
    }
}

fn quota_of<'a>(region: &'a RegionFacts, series: &Series<'_>) -> Option<&'a RequestQuota> {
    let resource = series.dimensions.get("Resource")?;
    region.quotas.iter().find(|quota| quota.pool == *resource)
}

/// Whether the metric is there, and its statistic the number of requests.
fn check_series(region: &RegionFacts, series: &Series<'_>, doubts: &mut Doubts) {
    let Some(quota) = quota_of(region, series) else {
        return;
    };
    let metric = &quota.metric;
    if series.name == THROTTLE_COUNT {
        doubts.unclear(format!("AWS does not say whether KMS has a metric {THROTTLE_COUNT}"));
    } else if (series.name, series.dimensions) != (metric.name.as_str(), &metric.dimensions) {
        doubts.faults.push(Fault::NoSuchMetric {
            expected: spelt(metric),
        });
    }
    match statistic(series.statistic) {
        Statistic::CountsRequests => {}
        Statistic::OfEachRequest => doubts.faults.push(Fault::Statistic {
            statistic: series.statistic.to_owned(),
        }),
        Statistic::Unknown => doubts.unclear("its statistic is not among those that are judged"),
    }
}

fn spelt(metric: &UsageMetric) -> String {
    let dimensions = metric
        .dimensions
        .iter()
        .map(|(name, value)| format!("{name} = {value}"));
    let dimensions: Vec<String> = dimensions.collect();
    format!("{} {} with {}", metric.namespace, metric.name, dimensions.join(", "))
}

enum Statistic {
    CountsRequests,
    /// It lies between the least and the most of single datapoints, however many there are.
    OfEachRequest,
    Unknown,
}

/// Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html>; why nothing but
/// a sum counts: <https://github.com/aws-solutions/quota-monitor-for-aws/issues/274>.
fn statistic(name: &str) -> Statistic {
    let percentile = |kind: &str| {
        let rest = name.strip_prefix(kind).unwrap_or_default();
        rest.parse::<f64>().is_ok() || rest.starts_with('(')
    };
    match name {
        "Sum" | "SampleCount" => Statistic::CountsRequests,
        "Maximum" | "Average" | "Minimum" | "IQM" => Statistic::OfEachRequest,
        _ if ["p", "tm", "TM", "wm", "WM"].into_iter().any(percentile) => Statistic::OfEachRequest,
        _ => Statistic::Unknown,
    }
}

/// Whether it goes off while a burst lasts.
fn check_speed(alarm: &MetricAlarm, series: &Series<'_>, limits: AlarmLimits, doubts: &mut Doubts) {
    let seconds = series.period_seconds;
    if f64::from(seconds) > limits.longest_period_seconds {
        doubts.faults.push(Fault::LongPeriod {
            seconds,
            longest: limits.longest_period_seconds as u32,
        });
    }
    check_datapoints(alarm, seconds, limits, doubts);
}

/// The same of an alarm that sees every single event, so that one period of any length will do.
pub(super) fn check_datapoints(alarm: &MetricAlarm, period_seconds: u32, limits: AlarmLimits, doubts: &mut Doubts) {
    let datapoints = alarm.datapoints_to_alarm.or(alarm.evaluation_periods).unwrap_or(1);
    let seconds = datapoints.saturating_mul(period_seconds);
    if datapoints > 1 && f64::from(seconds) > limits.longest_to_alarm_seconds {
        doubts.faults.push(Fault::SlowToAlarm {
            datapoints,
            seconds,
            longest: limits.longest_to_alarm_seconds as u32,
        });
    }
}

/// Whether it goes off when the use rises, and before the quota is used up.
fn check_threshold(
    region: &RegionFacts,
    alarm: &MetricAlarm,
    quantity: &Quantity<'_>,
    series: &Series<'_>,
    doubts: &mut Doubts,
) {
    let (Some(threshold), Some(goes_up)) = (alarm.threshold, goes_up(&alarm.comparison)) else {
        doubts.unclear("it compares with what is usual, not with a limit");
        return;
    };
    if quantity.factor == 0.0 {
        doubts.unclear("what it watches does not depend on the use");
        return;
    }
    if goes_up != (quantity.factor > 0.0) {
        doubts.faults.push(Fault::WrongDirection {
            comparison: alarm.comparison.clone(),
        });
        return;
    }
    let at = (threshold - quantity.offset) / quantity.factor;
    let seconds = f64::from(series.period_seconds.max(FINEST_SECONDS));
    match quantity.of {
        Of::Share(_) => check_share(at, seconds, doubts),
        _ => check_rate(region, series, at / seconds, doubts),
    }
}

/// A threshold on usage ÷ `SERVICE_QUOTA()`. AWS does not say whether the function returns a quota for a second as it
/// is, or for the period. A share of one at most is at or below the quota both ways, one above the seconds of the period
/// is above it both ways.
fn check_share(share: f64, seconds: f64, doubts: &mut Doubts) {
    if share > seconds {
        doubts.faults.push(Fault::ThresholdAboveShare { share });
    } else if share > 1.0 {
        doubts.unclear("whether its threshold is above the quota depends on the period SERVICE_QUOTA() is for");
    }
}

fn check_rate(region: &RegionFacts, series: &Series<'_>, rate: f64, doubts: &mut Doubts) {
    let Some(quota) = quota_of(region, series) else {
        return;
    };
    if rate <= quota.limit.0 {
        return;
    }
    if limit_is_certain(region, quota) {
        doubts.faults.push(Fault::ThresholdAboveQuota {
            threshold_rps: RequestsPerSecond(rate),
            limit_rps: quota.limit,
        });
    } else {
        doubts.unclear("its threshold is above the default quota, and the account's own could not be read");
    }
}

fn judge_stores<'a>(
    region: &'a RegionFacts,
    alarm: &'a MetricAlarm,
    throttles: &[Series<'a>],
    limits: AlarmLimits,
) -> Meant<'a> {
    let mut doubts = Doubts::default();
    let region_name = region.region.as_str();
    let mut watches = Vec::new();
    for series in throttles {
        match series.dimensions.get("CustomKeyStoreId") {
            Some(id) => watches.push(Watched::CustomKeyStore {
                region: region_name,
                id,
            }),
            None => {
                doubts.unclear("its metric names no custom key store");
                let stores = region.custom_key_stores.known().into_iter().flatten();
                watches.extend(stores.map(|store| Watched::CustomKeyStore {
                    region: region_name,
                    id: &store.id,
                }));
            }
        }
    }
    for series in throttles {
        check_count(alarm, series, &mut doubts);
        check_datapoints(alarm, series.period_seconds, limits, &mut doubts);
    }
    Meant {
        watches,
        filters: Vec::new(),
        doubts,
        is_about_kms: true,
    }
}

/// Whether an alarm on a number of throttled requests goes off when there are some.
pub(super) fn check_count(alarm: &MetricAlarm, series: &Series<'_>, doubts: &mut Doubts) {
    if !matches!(statistic(series.statistic), Statistic::CountsRequests) {
        // Of single requests the largest value or the average is what each one counts for, which is not read.
        doubts.unclear("its statistic does not add the throttled requests up");
    }
    let Some(quantity) = watched(alarm).filter(|quantity| quantity.factor != 0.0) else {
        doubts.unclear("its metric math is not among what is understood");
        return;
    };
    match (alarm.threshold, goes_up(&alarm.comparison)) {
        (Some(_), Some(goes_up)) if goes_up == (quantity.factor > 0.0) => {}
        (Some(_), Some(_)) => doubts.faults.push(Fault::WrongDirection {
            comparison: alarm.comparison.clone(),
        }),
        _ => doubts.unclear("it compares with what is usual, not with a limit"),
    }
}

/// A query of metrics is not read, but may be about the use of KMS.
fn judge_query<'a>(region: &'a RegionFacts, alarm: &MetricAlarm) -> Option<Meant<'a>> {
    let mut expressions = alarm.metrics.iter().filter_map(|metric| match &metric.source {
        AlarmMetricSource::Expression { expression, .. } => Some(expression),
        AlarmMetricSource::Statistic { .. } => None,
    });
    let expression = expressions.find(|expression| expression.contains(USAGE) && expression.contains("KMS"))?;
    let named: Vec<Watched<'a>> = pools(region)
        .filter(|watched| matches!(watched, Watched::Quota { pool, .. } if expression.contains(pool)))
        .collect();
    let mut doubts = Doubts::default();
    doubts.unclear("it watches a query of metrics, which is not read");
    Some(Meant {
        watches: if named.is_empty() {
            pools(region).collect()
        } else {
            named
        },
        filters: Vec::new(),
        doubts,
        is_about_kms: true,
    })
}
