//! The read-only guard, the call counter and the log of requests: every request of every client passes here.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    AfterDeserializationInterceptorContextRef, BeforeSerializationInterceptorContextRef,
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, Metadata};
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

use super::operations::{OPERATIONS, position};
use super::pacing::Pacer;
use super::request_log::RequestLog;
use crate::facts::ApiCalls;

/// An operation that is not in the operation table.
#[derive(Debug, thiserror::Error)]
#[error("kms-audit is read-only and may not call {service} {operation}; this is a defect, please report it")]
struct Refused {
    service: String,
    operation: String,
}

#[derive(Debug, Default)]
struct Counts {
    calls: AtomicU64,
    throttled: AtomicU64,
    retried: AtomicU64,
    waited_ms: AtomicU64,
}

/// How often each operation was called in an account.
#[derive(Debug)]
pub(super) struct Ledger(Vec<Counts>);

impl Ledger {
    pub(super) fn new() -> Self {
        Ledger(OPERATIONS.iter().map(|_| Counts::default()).collect())
    }

    /// Notes that the operation at this position was held back for its pace.
    pub(super) fn note_waited(&self, position: usize, waited: Duration) {
        if let Some(counts) = self.0.get(position) {
            counts
                .waited_ms
                .fetch_add(u64::try_from(waited.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
        }
    }

    /// Takes over the calls of another.
    pub(super) fn absorb(&self, other: &Ledger) {
        for (mine, others) in self.0.iter().zip(&other.0) {
            for (mine, others) in [
                (&mine.calls, &others.calls),
                (&mine.throttled, &others.throttled),
                (&mine.retried, &others.retried),
                (&mine.waited_ms, &others.waited_ms),
            ] {
                mine.fetch_add(others.load(Ordering::Relaxed), Ordering::Relaxed);
            }
        }
    }

    /// The operations that were called, in the order of the table.
    pub(super) fn calls(&self) -> Vec<ApiCalls> {
        self.counted(|count| count.load(Ordering::Relaxed))
    }

    /// The same, and counts from zero again.
    pub(super) fn take_calls(&self) -> Vec<ApiCalls> {
        self.counted(|count| count.swap(0, Ordering::Relaxed))
    }

    fn counted(&self, read: impl Fn(&AtomicU64) -> u64) -> Vec<ApiCalls> {
        OPERATIONS
            .iter()
            .zip(&self.0)
            .map(|(operation, counts)| ApiCalls {
                service: operation.service.to_owned(),
                operation: operation.name.to_owned(),
                calls: read(&counts.calls),
                throttled: read(&counts.throttled),
                retried: read(&counts.retried),
                waited_ms: read(&counts.waited_ms),
            })
            .filter(|calls| calls.calls > 0)
            .collect()
    }
}

/// Refuses what is not in the operation table, before anything is sent, counts what is, and writes it into the log.
#[derive(Debug)]
pub(super) struct Guard {
    pub(super) ledger: Arc<Ledger>,
    pub(super) pacer: Arc<Pacer>,
    pub(super) log: RequestLog,
}

#[dyn_dispatch_hint]
impl Intercept for Guard {
    fn name(&self) -> &'static str {
        "ReadOnlyGuard"
    }

    fn read_before_serialization(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        match table_position(cfg) {
            Ok(_) => Ok(()),
            Err(refused) => Err(refused.into()),
        }
    }

    fn read_before_attempt(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.log.begin(cfg);
        Ok(())
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.log.secrets.note_request(context.request());
        let position = table_position(cfg)?;
        let Some(counts) = self.ledger.0.get(position) else {
            return Ok(());
        };
        counts.calls.fetch_add(1, Ordering::Relaxed);
        if cfg
            .load::<RequestAttempts>()
            .is_some_and(|attempts| attempts.attempts() > 1)
        {
            counts.retried.fetch_add(1, Ordering::Relaxed);
            self.pacer.owe(position);
        }
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if is_throttled(context.response()) {
            let position = table_position(cfg)?;
            self.pacer.slow_down(position);
            if let Some(counts) = self.ledger.0.get(position) {
                counts.throttled.fetch_add(1, Ordering::Relaxed);
            }
        }
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.log.end(context, cfg);
        Ok(())
    }
}

fn table_position(cfg: &ConfigBag) -> Result<usize, Refused> {
    let (service, operation) = cfg
        .load::<Metadata>()
        .map_or(("unknown", "unknown"), |metadata| (metadata.service(), metadata.name()));
    position(service, operation).ok_or_else(|| Refused {
        service: service.to_owned(),
        operation: operation.to_owned(),
    })
}

/// Whether AWS refused a request because there were too many. Services word it differently, KMS with HTTP 400. Only the
/// error code is looked at: a message can name anything.
fn is_throttled(response: &HttpResponse) -> bool {
    const CODES: &[&[u8]] = &[b"Throttl", b"SlowDown", b"TooManyRequests", b"RequestLimitExceeded"];
    if response.status().is_success() {
        return false;
    }
    let names_code = |text: &[u8]| {
        CODES
            .iter()
            .any(|code| text.windows(code.len()).any(|window| window == *code))
    };
    response.status().as_u16() == 429
        || response
            .headers()
            .get("x-amzn-errortype")
            .is_some_and(|code| names_code(code.as_bytes()))
        || response.body().bytes().and_then(error_code).is_some_and(names_code)
}

/// Where the error code stands in a body, whether JSON, CBOR or XML.
fn error_code(body: &[u8]) -> Option<&[u8]> {
    const LONGEST: usize = 80;
    [&b"__type"[..], b"<Code>"].iter().find_map(|field| {
        let start = body.windows(field.len()).position(|window| window == *field)? + field.len();
        let rest = &body[start..];
        let rest = &rest[..rest.len().min(LONGEST)];
        let end = rest
            .iter()
            .position(|byte| *byte == b'<' || *byte == b',')
            .unwrap_or(rest.len());
        Some(&rest[..end])
    })
}

#[cfg(test)]
mod tests {
    use super::super::canned;
    use super::super::pacing::ApiShare;
    use super::super::secrets::Secrets;
    use super::*;
    use crate::facts::{AccountId, Region};
    use aws_smithy_types::error::display::DisplayErrorContext;

    fn kms(guard: Guard) -> aws_sdk_kms::Client {
        let config = canned::config(|_| panic!("a request that should have been refused was sent"));
        aws_sdk_kms::Client::from_conf(aws_sdk_kms::config::Builder::from(&config).interceptor(guard).build())
    }

    fn said(error: impl std::error::Error) -> String {
        DisplayErrorContext(error).to_string()
    }

    #[tokio::test]
    async fn whatever_changes_something_is_refused_before_it_is_sent() {
        let ledger = Arc::new(Ledger::new());
        let kms = kms(Guard {
            ledger: ledger.clone(),
            pacer: Arc::new(Pacer::new(ApiShare::Off)),
            log: RequestLog {
                region: Region::new("eu-west-3"),
                account: AccountId::new("111122223333"),
                secrets: Secrets::default(),
            },
        });
        let refusals = [
            kms.disable_key().key_id("k").send().await.map_err(said).err(),
            kms.schedule_key_deletion().key_id("k").send().await.map_err(said).err(),
            kms.decrypt().key_id("k").send().await.map_err(said).err(),
        ];
        for refusal in refusals {
            assert!(refusal.unwrap().contains("read-only"));
        }
        assert_eq!(ledger.calls(), [], "nothing was sent");
    }
}
