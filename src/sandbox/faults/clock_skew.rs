//! A clock that is wrong, and what services say to signatures that seem too old or not yet valid.

use super::super::service::{Refusal, Service};
use super::Asked;
use jiff::fmt::rfc2822::DateTimePrinter;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, civil};

/// A clock that goes ahead, or behind.
#[derive(Clone, Copy, Debug)]
pub(in crate::sandbox) struct ClockSkew(SignedDuration);

impl ClockSkew {
    /// A clock that is so many seconds ahead; behind, if the number is negative.
    pub fn of_seconds(seconds: i64) -> ClockSkew {
        ClockSkew(SignedDuration::from_secs(seconds))
    }

    /// What this clock shows.
    pub(super) fn now(self) -> Timestamp {
        Timestamp::now().saturating_add(self.0).unwrap_or(Timestamp::MAX)
    }

    /// The refusal of a request that was signed too long before or after `now`.
    pub(super) fn refusal(call: &Asked<'_>, now: Timestamp) -> Option<Refusal> {
        let written = call.request.date?;
        let signed = civil::DateTime::strptime(BASIC, written).ok()?;
        let signed = signed.to_zoned(TimeZone::UTC).ok()?.timestamp();
        let minutes = tolerance_minutes(call.service);
        let tolerance = SignedDuration::from_mins(minutes);
        if signed.duration_since(now).abs() <= tolerance {
            return None;
        }
        if call.service == Service::S3 {
            return Some(too_skewed(written, now, tolerance));
        }
        let message = if signed < now {
            let bound = basic(now.saturating_sub(tolerance).unwrap_or(now));
            let now = basic(now);
            format!("Signature expired: {written} is now earlier than {bound} ({now} - {minutes} min.)")
        } else {
            let bound = basic(now.saturating_add(tolerance).unwrap_or(now));
            let now = basic(now);
            format!("Signature not yet current: {written} is still later than {bound} ({now} + {minutes} min.)")
        };
        let (code, status) = match call.service {
            Service::Sts | Service::CloudWatch => ("SignatureDoesNotMatch", 403),
            Service::Account => ("InvalidSignatureException", 403),
            _ => ("InvalidSignatureException", 400),
        };
        Some(Refusal::new(code, message).with_status(status))
    }
}

/// How far apart a service lets the clocks be. S3 documents its quarter of an hour
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>); the others state theirs in their refusals.
fn tolerance_minutes(service: Service) -> i64 {
    match service {
        Service::S3 | Service::Sts => 15,
        _ => 5,
    }
}

fn too_skewed(signed: &str, now: Timestamp, tolerance: SignedDuration) -> Refusal {
    let message = "The difference between the request time and the current time is too large.";
    let mut refusal = Refusal::new("RequestTimeTooSkewed", message).with_status(403);
    refusal.details = vec![
        ("RequestTime", signed.to_owned()),
        ("ServerTime", now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
        ("MaxAllowedSkewMilliseconds", tolerance.as_millis().to_string()),
    ];
    refusal
}

/// The form of `X-Amz-Date`.
const BASIC: &str = "%Y%m%dT%H%M%SZ";

fn basic(instant: Timestamp) -> String {
    instant.strftime(BASIC).to_string()
}

/// The value of a `Date` header.
pub(super) fn http_date(instant: Timestamp) -> Option<String> {
    DateTimePrinter::new().timestamp_to_rfc9110_string(&instant).ok()
}
