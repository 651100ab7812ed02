//! Why an alarm cannot tell anyone in time.

use std::fmt;

use serde::Serialize;

use crate::facts::{Arn, RequestsPerSecond};
use crate::numbers::{grouped, percent};

/// A reason for which an alarm is dead. Shown as a clause of a sentence.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// It does nothing when it goes off.
    NoActions,
    /// Its actions are switched off.
    ActionsOff,
    /// A composite alarm that goes off with it does nothing either.
    SilentComposite {
        /// The composite alarm.
        name: String,
    },
    /// Its statistic is not the number of requests.
    Statistic {
        /// The statistic.
        statistic: String,
    },
    /// There is no such metric: the usage metric has another name or other dimensions.
    NoSuchMetric {
        /// The dimensions of the usage metric.
        expected: String,
    },
    /// It goes off when there are few requests.
    WrongDirection {
        /// The comparison.
        comparison: String,
    },
    /// It goes off beyond the quota.
    ThresholdAboveQuota {
        /// The threshold as a rate.
        threshold_rps: RequestsPerSecond,
        /// The quota.
        limit_rps: RequestsPerSecond,
    },
    /// It goes off beyond the quota, whatever `SERVICE_QUOTA()` stands for.
    ThresholdAboveShare {
        /// The threshold as a part of `SERVICE_QUOTA()`.
        share: f64,
    },
    /// Its period averages a burst away.
    LongPeriod {
        /// The period.
        seconds: u32,
        /// The longest that is accepted.
        longest: u32,
    },
    /// It needs more datapoints than a burst lasts.
    SlowToAlarm {
        /// How many datapoints must breach.
        datapoints: u32,
        /// How long that is.
        seconds: u32,
        /// The longest that is accepted.
        longest: u32,
    },
    /// Nothing feeds its metric.
    NoMetricFilter {
        /// The namespace.
        namespace: String,
        /// The metric name.
        name: String,
    },
    /// No trail delivers to the log group.
    NoTrail {
        /// The log group.
        log_group: String,
    },
    /// The trail that delivers to the log group does not record what counts.
    SilentTrail {
        /// The trail.
        trail: Arn,
        /// The log group.
        log_group: String,
        /// Why: the end of a sentence that begins with the trail.
        why: String,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::NoActions => f.write_str("it has no actions"),
            Fault::ActionsOff => f.write_str("its actions are switched off"),
            Fault::SilentComposite { name } => {
                write!(
                    f,
                    "the composite alarm {name}, which goes off with it, tells nobody either"
                )
            }
            Fault::Statistic { statistic } => {
                write!(f, "its statistic is {statistic}, and only Sum adds the requests up")
            }
            Fault::NoSuchMetric { expected } => {
                write!(f, "its metric is not the usage metric, which is {expected}")
            }
            Fault::WrongDirection { comparison } => {
                write!(f, "with {comparison} it goes off when there are few requests")
            }
            Fault::ThresholdAboveQuota {
                threshold_rps,
                limit_rps,
            } => write!(
                f,
                "its threshold stands for {threshold_rps} requests/s, above the quota of {limit_rps}, so that it goes \
                 off after requests have been throttled, if at all"
            ),
            Fault::ThresholdAboveShare { share } => write!(
                f,
                "its threshold is {} of SERVICE_QUOTA(), so that it goes off after requests have been throttled, if at \
                 all",
                percent(*share)
            ),
            Fault::LongPeriod { seconds, longest } => write!(
                f,
                "its period of {} s averages a burst away (the longest that counts is {} s)",
                grouped(u64::from(*seconds)),
                grouped(u64::from(*longest))
            ),
            Fault::SlowToAlarm {
                datapoints,
                seconds,
                longest,
            } => write!(
                f,
                "it waits for {datapoints} datapoints, {} s, and a burst can be over by then (the longest that counts \
                 is {} s)",
                grouped(u64::from(*seconds)),
                grouped(u64::from(*longest))
            ),
            Fault::NoMetricFilter { namespace, name } => write!(
                f,
                "no metric filter of the Region feeds its metric {namespace} {name}, and it has no data"
            ),
            Fault::NoTrail { log_group } => write!(
                f,
                "no trail that records this Region delivers to the log group {log_group}"
            ),
            Fault::SilentTrail { trail, log_group, why } => {
                write!(
                    f,
                    "the trail {trail}, which delivers to the log group {log_group}, {why}"
                )
            }
        }
    }
}
