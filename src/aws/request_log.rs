//! A line of the log for each request, of what is useful and no secret: no header, no body.

use std::time::Instant;

use aws_smithy_runtime_api::client::interceptors::context::FinalizerInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, Metadata};
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use serde_json::Value;
use tracing::Level;

use super::operations::{OPERATIONS, position};
use super::secrets::Secrets;
use crate::facts::{AccountId, Region};

/// The headers in which services name a request.
const REQUEST_ID: &[&str] = &["x-amzn-requestid", "x-amz-request-id", "x-amzn-request-id"];

/// What the lines of an account in a Region have in common.
#[derive(Debug)]
pub(super) struct RequestLog {
    pub(super) region: Region,
    /// The account; empty as long as it is not known.
    pub(super) account: AccountId,
    pub(super) secrets: Secrets,
}

/// When an attempt began.
#[derive(Clone, Copy, Debug)]
struct Began(Instant);

impl Storable for Began {
    type Storer = StoreReplace<Self>;
}

impl RequestLog {
    fn is_wanted() -> bool {
        tracing::enabled!(Level::TRACE)
    }

    pub(super) fn begin(&self, cfg: &mut ConfigBag) {
        if Self::is_wanted() {
            cfg.interceptor_state().store_put(Began(Instant::now()));
        }
    }

    pub(super) fn end(&self, context: &FinalizerInterceptorContextRef<'_>, cfg: &ConfigBag) {
        if !Self::is_wanted() {
            return;
        }
        let (service, operation) = cfg
            .load::<Metadata>()
            .map_or(("unknown", "unknown"), |metadata| (metadata.service(), metadata.name()));
        // The name that permissions and the report have for it, where it is not one that the guard refuses.
        let known = position(service, operation).and_then(|position| OPERATIONS.get(position));
        let service = known.map_or(service, |operation| operation.service);
        let header = |response: &HttpResponse| {
            let headers = response.headers();
            REQUEST_ID.iter().find_map(|name| headers.get(*name)).map(str::to_owned)
        };
        let account = Some(self.account.as_str()).filter(|id| !id.is_empty()).unwrap_or("-");
        let request_id = context.response().and_then(header);
        tracing::trace!(
            %service,
            %operation,
            region = %self.region,
            %account,
            attempt = cfg.load::<RequestAttempts>().map_or(1, RequestAttempts::attempts),
            outcome = %self.secrets.removed_from(&outcome(context)),
            ms = cfg.load::<Began>().map(|began| began.0.elapsed().as_millis()),
            request_id = %self.secrets.removed_from(request_id.as_deref().unwrap_or("-")),
            "request"
        );
    }
}

/// The status with the error code, or why there is none.
fn outcome(context: &FinalizerInterceptorContextRef<'_>) -> String {
    let error = context.output_or_error().and_then(Result::err);
    let Some(response) = context.response() else {
        return match error {
            Some(error) if error.is_timeout_error() => "timeout",
            Some(error) if error.is_connector_error() => "no connection",
            _ => "no answer",
        }
        .to_owned();
    };
    let status = response.status().as_u16();
    match (error, error_code(response)) {
        (None, _) => status.to_string(),
        (Some(_), Some(code)) => format!("{status} {code}"),
        (Some(_), None) => format!("{status} without an error code"),
    }
}

/// The error code of an answer, whether in a header, JSON, XML or CBOR.
fn error_code(response: &HttpResponse) -> Option<String> {
    let of_header = response.headers().get("x-amzn-errortype");
    let body = response.body().bytes().unwrap_or_default();
    let code = match of_header {
        Some(code) => code.to_owned(),
        None => of_json(body).or_else(|| of_xml(body)).or_else(|| of_cbor(body))?,
    };
    // A namespace before it, and a URL behind it, say no more.
    let code = code.split(':').next().unwrap_or_default();
    code.rsplit('#')
        .next()
        .filter(|code| !code.is_empty())
        .map(str::to_owned)
}

fn of_json(body: &[u8]) -> Option<String> {
    let document: Value = serde_json::from_slice(body).ok()?;
    let code = document.get("__type").or_else(|| document.get("code"))?;
    code.as_str().map(str::to_owned)
}

fn of_xml(body: &[u8]) -> Option<String> {
    let (_, rest) = std::str::from_utf8(body).ok()?.split_once("<Code>")?;
    rest.split_once("</Code>").map(|(code, _)| code.to_owned())
}

/// A text of CBOR: its length in the five low bits of its first byte, or in a second one.
///
/// Source: <https://www.rfc-editor.org/rfc/rfc8949#section-3.1>.
fn of_cbor(body: &[u8]) -> Option<String> {
    const FIELD: &[u8] = b"__type";
    let at = body.windows(FIELD.len()).position(|window| window == FIELD)? + FIELD.len();
    let (length, text) = match body.get(at..)? {
        [first @ 0x60..=0x77, text @ ..] => (usize::from(first - 0x60), text),
        [0x78, length, text @ ..] => (usize::from(*length), text),
        _ => return None,
    };
    String::from_utf8(text.get(..length)?.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_smithy_types::body::SdkBody;

    fn code(headers: &[(&'static str, &'static str)], body: &[u8]) -> Option<String> {
        let mut response = HttpResponse::new(400.try_into().unwrap(), SdkBody::from(body));
        for (name, value) in headers {
            response.headers_mut().insert(*name, *value);
        }
        error_code(&response)
    }

    #[test]
    fn the_error_code_is_found_however_a_service_says_it() {
        let found = |code: &str| Some(code.to_owned());
        assert_eq!(
            code(&[], br#"{"__type":"ThrottlingException","message":"x"}"#),
            found("ThrottlingException")
        );
        assert_eq!(
            code(&[], br#"{"__type":"com.amazonaws.kms#NotFoundException"}"#),
            found("NotFoundException")
        );
        assert_eq!(code(&[], b"<Error><Code>SlowDown</Code></Error>"), found("SlowDown"));
        assert_eq!(
            code(&[], b"\xa1f__typex\x1bcom.amazonaws.x#LimitExceed"),
            found("LimitExceed")
        );
        assert_eq!(code(&[], b"\xa1f__typehSlowDown"), found("SlowDown"));
        assert_eq!(
            code(
                &[("x-amzn-errortype", "AccessDeniedException:http://internal.amazon.com/")],
                b"{}"
            ),
            found("AccessDeniedException")
        );
        for other in [
            &b""[..],
            b"<html>",
            b"{}",
            b"{\"__type\":7}",
            b"\xa1f__typex\xff",
            b"\xa1f__typeh",
        ] {
            assert_eq!(code(&[], other), None);
        }
    }
}
