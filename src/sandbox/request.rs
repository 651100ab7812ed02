//! What comes into the room and what goes out of it, whatever door it uses.
//!
//! Plain types: no SDK, no socket. A door turns its own request into a [`Request`] and a [`Reply`]
//! into whatever its callers understand.

use bytes::Bytes;
use std::borrow::Cow;
use std::time::Duration;

/// The parts of an HTTP request that an AWS service looks at.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Request<'a> {
    pub method: &'a str,
    pub host: &'a str,
    /// Percent-encoded, as sent, beginning with `/`.
    pub path: &'a str,
    /// Percent-encoded, as sent, without the `?`; empty when there is none.
    pub query: &'a str,
    pub authorization: Option<&'a str>,
    /// `X-Amz-Security-Token`, which the credentials of a session come with.
    pub token: Option<&'a str>,
    /// `X-Amz-Date`: when the caller thinks that it signed.
    pub date: Option<&'a str>,
    /// `X-Amz-Target`, with which the JSON protocols name their operation.
    pub target: Option<&'a str>,
    pub body: &'a [u8],
}

/// Whom a request is signed for: the only dependable source of its Region and service, because a
/// custom endpoint has neither in its host name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scope<'a> {
    pub region: &'a str,
    /// The signing name: `kms`, `monitoring`, `s3`, ...
    pub service: &'a str,
}

impl<'a> Request<'a> {
    /// The credential scope of the Signature Version 4 `Authorization` header; `None` for an
    /// unsigned request.
    pub fn scope(&self) -> Option<Scope<'a>> {
        let credential = self.authorization?.split_once("Credential=")?.1;
        let mut parts = credential.split(',').next()?.split('/').skip(2);
        Some(Scope {
            region: parts.next()?,
            service: parts.next()?,
        })
    }

    /// The decoded value of a query parameter; an empty string for a parameter without a value,
    /// such as `?encryption`.
    pub fn query_value(&self, name: &str) -> Option<Cow<'a, str>> {
        form_value(self.query, name)
    }
}

/// The decoded value of one field of `application/x-www-form-urlencoded` text.
pub(super) fn form_value<'a>(form: &'a str, name: &str) -> Option<Cow<'a, str>> {
    form_urlencoded::parse(form.as_bytes())
        .find(|(key, _)| key == name)
        .map(|(_, value)| value)
}

/// An HTTP response.
#[derive(Clone, Debug)]
pub(super) struct Response {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub content_type: &'static str,
    pub body: Vec<u8>,
}

impl Response {
    /// A 200 with this body.
    pub fn ok(content_type: &'static str, body: impl Into<Vec<u8>>) -> Response {
        Response {
            status: 200,
            headers: Vec::new(),
            content_type,
            body: body.into(),
        }
    }
}

impl Response {
    /// Takes the first half of the body.
    pub fn first_half(&mut self) -> Bytes {
        self.body.truncate(self.body.len() / 2);
        Bytes::from(std::mem::take(&mut self.body))
    }
}

/// What the caller gets.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    /// An HTTP response.
    Response(Response),
    /// The connection breaks in the middle of this response's body.
    Truncated(Response),
    /// This response's body stops in its middle, and the connection stays open.
    Stalled(Response),
    /// The connection breaks before any byte of an answer.
    Reset,
}

/// An answer and how long it takes to come.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub delay: Duration,
    pub answer: Answer,
}

impl From<Response> for Reply {
    fn from(response: Response) -> Reply {
        Reply {
            delay: Duration::ZERO,
            answer: Answer::Response(response),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_credential_scope_gives_region_and_service() {
        let request = Request {
            authorization: Some(
                "AWS4-HMAC-SHA256 Credential=AKID/20260615/eu-west-3/kms/aws4_request, \
                 SignedHeaders=host, Signature=00",
            ),
            ..Request::default()
        };
        assert_eq!(
            request.scope(),
            Some(Scope {
                region: "eu-west-3",
                service: "kms"
            })
        );
    }

    #[test]
    fn an_unsigned_or_mangled_request_has_no_scope() {
        assert_eq!(Request::default().scope(), None);
        let mangled = Request {
            authorization: Some("AWS4-HMAC-SHA256 Credential=AKID"),
            ..Request::default()
        };
        assert_eq!(mangled.scope(), None);
    }

    #[test]
    fn query_values_are_decoded_and_a_bare_name_is_present_but_empty() {
        let request = Request {
            query: "encryption&prefix=a%2Fb+c%zz&max-buckets=2",
            ..Request::default()
        };
        assert_eq!(request.query_value("encryption").as_deref(), Some(""));
        assert_eq!(request.query_value("prefix").as_deref(), Some("a/b c%zz"));
        assert_eq!(request.query_value("max-buckets").as_deref(), Some("2"));
        assert_eq!(request.query_value("marker"), None);
    }
}
