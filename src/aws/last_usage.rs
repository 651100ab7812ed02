//! When was a key last used?

use jiff::Timestamp;

use super::clients::RegionSession;
use super::error::CallError;
use super::moment::timestamp;
use super::operations::KMS_GET_KEY_LAST_USAGE as GET;
use super::refusals::Refusals;
use crate::facts::{Fact, LastUsage, LastUse};

/// Reads the last usage of keys of a Region.
#[derive(Debug)]
pub struct LastUsageReader<'a> {
    session: &'a RegionSession,
    get: Refusals,
}

impl<'a> LastUsageReader<'a> {
    /// A reader of the keys of this Region.
    pub fn new(session: &'a RegionSession) -> Self {
        LastUsageReader {
            session,
            get: Refusals::default(),
        }
    }

    /// The last usage of a key, asked for in the scan of this moment.
    pub async fn last_usage(&self, key_id: &str, as_of: Timestamp) -> Fact<LastUsage> {
        self.get.ask(|| self.get_last_usage(key_id, as_of)).await.into()
    }

    async fn get_last_usage(&self, key_id: &str, as_of: Timestamp) -> Result<LastUsage, CallError> {
        let request = || self.session.kms.get_key_last_usage().key_id(key_id).send();
        let answer = self.session.caller.call(GET, request).await?;
        let tracking_start = answer.tracking_start_date.as_ref().and_then(timestamp);
        // Of a key that was not used it says since when that is known. An answer that does not even say this is none.
        let usage = answer.key_last_usage;
        if usage.is_none() && tracking_start.is_none() {
            return Err(CallError::malformed(
                GET,
                "the answer says nothing of the usage of the key",
            ));
        }
        let used = usage.filter(|usage| usage.operation.is_some() || usage.timestamp.is_some());
        let last = match used {
            None => None,
            Some(used) => Some(LastUse {
                operation: used.operation.map(|operation| operation.as_str().to_owned()),
                at: (used.timestamp.as_ref().and_then(timestamp)).ok_or_else(|| {
                    CallError::malformed(GET, "the answer does not say when the key was last used")
                })?,
            }),
        };
        Ok(LastUsage {
            last,
            tracking_start,
            read_at: as_of,
        })
    }
}

#[cfg(test)]
mod tests {

    use super::super::canned::{self, Answer, IDENTITY};

    use super::*;
    use crate::facts::Region;

    /// What is made of an answer.
    async fn read(answer: &'static str) -> Fact<LastUsage> {
        let session = canned::session(move |request| {
            let is_sts = request.uri().contains("sts.");
            Answer(200, &[], (if is_sts { IDENTITY } else { answer }).to_owned())
        })
        .await
        .unwrap();
        let region = session.region(&Region::new("eu-west-3"));
        let reader = LastUsageReader::new(&region);
        let as_of = "2026-06-15T06:00:00Z".parse().unwrap();
        reader.last_usage("00000000-0000-4000-8000-000000000000", as_of).await
    }

    #[tokio::test]
    async fn a_use_has_an_operation_and_a_time() {
        let answer =
            r#"{"KeyLastUsage":{"Operation":"Decrypt","Timestamp":1781000000.5},"TrackingStartDate":1773187200}"#;
        let usage = read(answer).await;
        let usage = usage.known().unwrap();
        let last = usage.last.as_ref().unwrap();
        assert_eq!(last.operation.as_deref(), Some("Decrypt"));
        assert_eq!(last.at, "2026-06-09T10:13:20.5Z".parse().unwrap());
        assert_eq!(usage.tracking_start, Some("2026-03-11T00:00:00Z".parse().unwrap()));
        assert_eq!(usage.read_at, "2026-06-15T06:00:00Z".parse().unwrap());
    }

    #[tokio::test]
    async fn an_empty_object_or_none_at_all_means_that_no_use_is_on_record() {
        for answer in [
            r#"{"KeyLastUsage":{},"TrackingStartDate":1773187200}"#,
            r#"{"TrackingStartDate":1773187200}"#,
        ] {
            assert_eq!(read(answer).await.known().unwrap().last, None, "{answer}");
        }
    }

    #[tokio::test]
    async fn an_answer_that_says_nothing_is_not_an_unused_key() {
        for answer in [
            "{}",
            r#"{"KeyLastUsage":{"Operation":"Decrypt"},"TrackingStartDate":1773187200}"#,
        ] {
            assert_eq!(
                read(answer).await.unavailable().unwrap().code,
                "MalformedResponse",
                "{answer}"
            );
        }
    }
}
