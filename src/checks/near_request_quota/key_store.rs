//! The limit of a custom key store, which no quota of Service Quotas stands for.

use super::super::Outcomes;
use super::super::outcomes::{Failure, observed};
use super::severity;
use crate::facts::{CustomKeyStore, Fact, Peak, RegionFacts, Usage};
use crate::model::Headroom;
use crate::numbers::{grouped, percent};
use crate::published::CUSTOM_KEY_STORE_RATE;
use crate::severity::Severity;

const REMEDIATION: &str = "Find out who makes the requests and spread them; cache data keys where the application calls \
                           KMS itself; switch on S3 Bucket Keys where they are safe. AWS's table calls the limit not adjustable: move \
                           keys that need not lie in a custom key store to AWS_KMS, or to another store.";

pub(super) fn judge(region: &RegionFacts, store: &CustomKeyStore, threshold: f64, outcomes: &mut Outcomes<'_>) {
    let throttled = store.throttled.known().and_then(|throttled| throttled.peak);
    let throttled = throttled.filter(|peak| peak.sum > 0.0);
    let usage = store.usage.known();
    let headroom = usage.and_then(|usage| Headroom::within(CUSTOM_KEY_STORE_RATE, usage));
    let near = headroom.filter(|headroom| headroom.reaches(threshold));
    if throttled.is_some() || near.is_some() {
        let resource = outcomes.custom_key_store(&region.region, store);
        let failure = failure(store, throttled, usage.zip(headroom.as_ref()), threshold);
        outcomes.fail(resource, failure);
        return;
    }
    match (&store.usage, &store.throttled) {
        (Fact::Unavailable(reason), _) => {
            outcomes.key_store_not_assessed(
                &region.region,
                store,
                format!("its use could not be read: {}", reason.code),
            );
        }
        (_, Fact::Unavailable(reason)) => outcomes.key_store_not_assessed(
            &region.region,
            store,
            format!("whether the store was throttled could not be read: {}", reason.code),
        ),
        (Fact::NotCollected, _) | (_, Fact::NotCollected) => {
            outcomes.key_store_not_assessed(&region.region, store, "its use was not collected")
        }
        (Fact::Known(_), Fact::Known(_)) if headroom.is_some() => outcomes.pass(),
        (Fact::Known(_), Fact::Known(_)) => {
            outcomes.key_store_not_assessed(
                &region.region,
                store,
                "the metrics of its keys have no datapoints in the window",
            );
        }
    }
}

fn failure(
    store: &CustomKeyStore,
    throttled: Option<Peak>,
    use_of_it: Option<(&Usage, &Headroom)>,
    threshold: f64,
) -> Failure {
    let mut sentences = Vec::new();
    if let Some(peak) = throttled {
        sentences.push(format!(
            "KMS throttled requests to the custom key store: {} in the minute of {}.",
            grouped(peak.sum as u64),
            peak.at
        ));
    }
    match use_of_it {
        Some((usage, headroom)) => sentences.push(format!(
            "In the minute of {} {} requests/s succeeded with its keys, {} of the {CUSTOM_KEY_STORE_RATE} requests/s \
             that AWS publishes for each store, and calls not adjustable. That is the average of a minute, without the \
             requests that failed, and so a lower bound.",
            headroom.peak.at,
            usage.rate(headroom.peak),
            percent(headroom.utilization),
        )),
        None => sentences.push("How many requests succeeded with its keys is not known.".to_owned()),
    }
    // What was throttled was at the limit, whatever the average of a minute says.
    let of_peak = use_of_it.map(|(_, headroom)| severity(headroom));
    Failure {
        severity: if throttled.is_some() {
            Some(Severity::Critical)
        } else {
            of_peak
        },
        detail: sentences.join(" "),
        observed: observed! {
            "custom_key_store_id": store.id,
            "type": store.kind,
            "limit_rps": CUSTOM_KEY_STORE_RATE,
            "limit_source": "published",
            "peak_rps": use_of_it.map(|(usage, headroom)| usage.rate(headroom.peak)),
            "peak_at": use_of_it.map(|(_, headroom)| headroom.peak.at),
            "utilization": use_of_it.map(|(_, headroom)| headroom.utilization),
            "throttled_requests": throttled.map(|peak| peak.sum),
            "throttled_at": throttled.map(|peak| peak.at),
            "threshold_percent": threshold,
        },
        remediation: Some(REMEDIATION.into()),
        ..Failure::default()
    }
}
