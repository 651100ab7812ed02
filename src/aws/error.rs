//! What a failed call means.

use std::error::Error;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::ErrorKind;

use super::operations::Operation;
use super::secrets::Secrets;
use crate::facts::{Fallback, Region, Unavailable};
use crate::visible::visible;

/// A call that did not deliver its answer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{operation}: {}: {}", visible(code), visible(message))]
pub struct CallError {
    /// The operation, as `service:Operation`.
    pub operation: String,
    /// The error code of AWS, or one of ours where no AWS error came back.
    pub code: String,
    /// What AWS, or the network, said.
    pub message: String,
    /// The Region where the resource really is, where S3 said so.
    pub elsewhere: Option<Region>,
}

/// The error codes by which an endpoint says that it does not know these credentials: what the endpoint of a Region
/// answers that the account has not enabled.
const NOT_ENABLED: &[&str] = &[
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "UnrecognizedClient",
    "OptInRequired",
    "SubscriptionRequiredException",
];

/// How much of an unexpected answer is worth repeating.
const SNIPPET: usize = 120;

impl CallError {
    /// The code of calls that nobody answered in time.
    pub(super) const TIMEOUT: &str = "Timeout";

    /// An error of ours about an operation.
    pub(super) fn new(operation: &Operation, code: &str, message: impl Into<String>) -> Self {
        CallError {
            operation: operation.id(),
            code: code.to_owned(),
            message: message.into(),
            elsewhere: None,
        }
    }

    /// The answer lacks something that it always has.
    pub(super) fn malformed(operation: &Operation, what: &str) -> Self {
        CallError::new(
            operation,
            "MalformedResponse",
            format!("{what}. Something other than AWS may be answering; check the endpoint and the proxy."),
        )
    }

    /// The scan was stopped before the call.
    pub(super) fn interrupted(operation: &Operation) -> Self {
        CallError::new(operation, "Interrupted", "the scan was stopped before this was read")
    }

    /// What the SDK reports, without the credentials that AWS may have repeated.
    pub(super) fn from_sdk<E>(operation: &Operation, error: &SdkError<E, HttpResponse>, secrets: &Secrets) -> Self
    where
        E: Error + ProvideErrorMetadata + 'static,
    {
        let mut said = CallError::as_said(operation, error, secrets);
        said.code = secrets.removed_from(&said.code).into_owned();
        said.message = secrets.removed_from(&said.message).into_owned();
        said
    }

    fn as_said<E>(operation: &Operation, error: &SdkError<E, HttpResponse>, secrets: &Secrets) -> Self
    where
        E: Error + ProvideErrorMetadata + 'static,
    {
        let detail = || chain(error);
        match error {
            SdkError::ServiceError(service) => {
                let raw = service.raw();
                let mut answer = match service.err().code() {
                    Some(code) => CallError::new(operation, code, service.err().message().unwrap_or_default()),
                    None => foreign_answer(operation, raw, secrets),
                };
                answer.elsewhere = bucket_region(raw);
                answer
            }
            SdkError::ResponseError(_) if broke_off(error) => CallError::new(
                operation,
                "ConnectionFailed",
                "the connection broke in the middle of the answer",
            ),
            SdkError::ResponseError(response) => {
                let mut answer = CallError::malformed(operation, "the answer cannot be read");
                if let Some(snippet) = snippet(response.raw(), secrets) {
                    answer.message = format!("{} It begins: {snippet}", answer.message);
                }
                answer
            }
            SdkError::TimeoutError(_) => CallError::new(
                operation,
                CallError::TIMEOUT,
                "no answer in time, after all retries; try again, or check the network",
            ),
            SdkError::DispatchFailure(failure) if failure.is_timeout() => CallError::new(
                operation,
                CallError::TIMEOUT,
                format!("no connection in time: {}", detail()),
            ),
            SdkError::DispatchFailure(failure) if failure.is_io() => {
                CallError::new(operation, "ConnectionFailed", detail())
            }
            // The HTTP client's way to say that the server hung up.
            SdkError::DispatchFailure(failure) if failure.as_other() == Some(ErrorKind::TransientError) => {
                CallError::new(
                    operation,
                    "ConnectionFailed",
                    "the connection was closed before an answer came",
                )
            }
            SdkError::ConstructionFailure(_) => CallError::new(operation, "RequestNotSent", detail()),
            _ => CallError::new(operation, "RequestFailed", detail()),
        }
    }

    /// Whether the service refuses the operation itself, whatever is asked of it: asking again would only trip alarms
    /// for unauthorized calls.
    pub(super) fn refuses_operation(&self) -> bool {
        refuses_operation(&self.code)
    }

    /// Whether the credentials were valid once and no longer are.
    pub(super) fn says_expired(&self) -> bool {
        matches!(
            self.code.as_str(),
            "ExpiredToken" | "ExpiredTokenException" | "RequestExpired"
        )
    }

    /// Whether the signature is too old, or not valid yet. The SDK corrects its clock by the answers of AWS, so this is
    /// left where they do not tell the time.
    pub(super) fn says_clocks_disagree(&self) -> bool {
        let signature = ["InvalidSignatureException", "SignatureDoesNotMatch"].contains(&self.code.as_str());
        let words = ["Signature expired", "Signature not yet current"];
        self.code == "RequestTimeTooSkewed"
            || (signature && words.iter().any(|words| self.message.starts_with(words)))
    }

    /// Whether the session of a role was to last longer than the role allows, or than AWS allows to those who are in a
    /// role already.
    ///
    /// Source: <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>.
    pub fn says_session_too_long(&self) -> bool {
        self.code == "ValidationError" && self.message.contains("DurationSeconds")
    }

    /// Whether the Region does not accept the credentials at all, as a Region answers that is not enabled.
    pub fn says_not_enabled(&self) -> bool {
        means_not_enabled(&self.code)
    }
}

/// Whether an error code is that of a Region which does not accept the credentials at all.
pub(super) fn means_not_enabled(code: &str) -> bool {
    NOT_ENABLED.contains(&code)
}

impl CallError {
    /// The failed call as one whose answer was found another way.
    pub(super) fn fallback(self, region: Option<&Region>, instead: &str) -> Fallback {
        Fallback {
            region: region.cloned(),
            operation: self.operation,
            error_code: self.code,
            message: self.message,
            instead: instead.to_owned(),
        }
    }
}

impl From<CallError> for Unavailable {
    fn from(error: CallError) -> Self {
        Unavailable {
            operation: error.operation,
            code: error.code,
            message: error.message,
        }
    }
}

/// Whether an error code says that the service refuses the operation itself.
pub(super) fn refuses_operation(code: &str) -> bool {
    const REFUSALS: &[&str] = &[
        "AccessDenied",
        "Unauthorized",
        "NotAuthorized",
        "ExpiredToken",
        "UnknownOperation",
        "InvalidAction",
        "HTTP4",
    ];
    REFUSALS.iter().any(|refusal| code.contains(refusal))
}

/// An error and its causes.
fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// What an error and its causes say, each once.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut said: Vec<String> = Vec::new();
    for words in causes(error).map(ToString::to_string) {
        if !said.iter().any(|earlier| earlier.contains(&words)) {
            said.push(words);
        }
    }
    said.join(": ")
}

/// Whether it was the network that ended an answer, and not the answer that makes no sense.
fn broke_off(error: &(dyn Error + 'static)) -> bool {
    causes(error).any(|cause| cause.is::<std::io::Error>())
}

/// An error answer that carries no AWS error code: an HTML page of a proxy, an emulator without the operation.
fn foreign_answer(operation: &Operation, raw: &HttpResponse, secrets: &Secrets) -> CallError {
    let status = raw.status().as_u16();
    let code = if raw.status().is_success() {
        "MalformedResponse".to_owned()
    } else {
        format!("HTTP{status}")
    };
    let kind = raw.headers().get("content-type").unwrap_or("unknown content");
    let mut message = format!("HTTP {status} with {kind} and no AWS error code");
    if let Some(snippet) = snippet(raw, secrets) {
        message = format!("{message}; it begins: {snippet}");
    }
    CallError::new(operation, &code, message)
}

/// How an answer begins. Credentials are removed before it is cut, so that no half of one stays.
fn snippet(raw: &HttpResponse, secrets: &Secrets) -> Option<String> {
    let bytes = raw.body().bytes().filter(|bytes| !bytes.is_empty())?;
    let text = String::from_utf8_lossy(bytes);
    let text = secrets.removed_from(&text);
    let words: Vec<&str> = text.split_whitespace().collect();
    Some(words.join(" ").chars().take(SNIPPET).collect())
}

/// Where S3 says that a bucket is, in a redirect or beside another error.
fn bucket_region(raw: &HttpResponse) -> Option<Region> {
    if let Some(region) = raw.headers().get("x-amz-bucket-region") {
        return Region::parse(region);
    }
    // AuthorizationHeaderMalformed names the Region in its body alone.
    let text = std::str::from_utf8(raw.body().bytes()?).ok()?;
    let (_, rest) = text.split_once("<Region>")?;
    let (region, _) = rest.split_once("</Region>")?;
    Region::parse(region)
}
