//! GetKeyLastUsage.

use crate::sandbox::call::Call;
use crate::sandbox::keys::Key;
use crate::sandbox::keys::id::KeyIds;
use crate::sandbox::keys::last_usage::LastUsage;
use crate::sandbox::keys::metadata::seconds;
use serde_json::json;

pub(super) fn get_key_last_usage(call: &Call<'_>, key: &Key<'_>) -> String {
    let created = key.created_millisecond();
    let tracking_start = call.estate.last_usage_tracking_start.as_millisecond();
    let last_usage = match &key.template().last_usage {
        None => json!({}),
        Some(LastUsage { operation, at }) => {
            // The keys of a multi-Region set have one id, but each its own usage.
            let ids = KeyIds::new(&format!("{}/last-usage", key.arn()));
            json!({
                "Operation": operation,
                "Timestamp": seconds(at.as_millisecond()),
                "CloudTrailEventId": ids.of_key(0),
                "KmsRequestId": ids.of_key(1),
            })
        }
    };
    let answer = json!({
        "KeyId": key.id(),
        "KeyLastUsage": last_usage,
        // A key that is younger is recorded from its first day on.
        "TrackingStartDate": seconds(tracking_start.max(created)),
        "KeyCreationDate": seconds(created),
    });
    answer.to_string()
}
