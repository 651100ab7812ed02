//! What a served sandbox says of itself, so that a scan through its door knows the estate's clock.

use super::request::{Request, Response};
use super::room::Sandbox;
use super::service::REST_JSON;
use crate::facts::Region;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Where it says so. Names of buckets, with which paths of S3 begin, hold no `_`.
pub(super) const PATH: &str = "/_sandbox";

/// What a scan needs to know of a sandbox before it begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Description {
    /// The name of the estate, or of its file.
    pub name: String,
    /// The instant that it always is there.
    pub as_of: Timestamp,
    /// The Region to point a client at.
    pub home_region: Region,
}

impl Sandbox {
    /// What this sandbox says of itself, to whoever asks its server.
    pub fn description(&self) -> Description {
        Description {
            name: self.name().to_owned(),
            as_of: self.as_of(),
            home_region: Region::new(self.home_region()),
        }
    }
}

/// Whether a request asks for the description. One that is signed is for an AWS service, whatever its path.
pub(super) fn is_asked_for(request: &Request<'_>) -> bool {
    request.authorization.is_none() && request.method == "GET" && request.path == PATH
}

/// The answer to such a request.
pub(super) fn response(description: &Description) -> Response {
    // Text, a moment and a name: nothing in it that JSON could not hold.
    Response::ok(REST_JSON, serde_json::to_vec(description).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;

    #[test]
    fn only_an_unsigned_get_asks_for_the_description() {
        let asks = Request {
            method: "GET",
            path: "/_sandbox",
            ..Request::default()
        };
        assert!(is_asked_for(&asks));
        let authorization = Some("AWS4-HMAC-SHA256 Credential=AKID/20260615/eu-west-3/s3/aws4_request");
        for other in [
            Request { authorization, ..asks },
            Request { method: "PUT", ..asks },
            Request {
                path: "/sandbox",
                ..asks
            },
        ] {
            assert!(!is_asked_for(&other), "{other:?}");
        }
    }

    #[test]
    fn the_path_is_the_name_of_no_bucket() {
        let bucket = format!(
            "{}\n[[bucket]]\nname = \"{}\"\nregion = \"eu-west-3\"\nencryption = \"SSE-S3\"",
            testing::SMALL,
            PATH.trim_start_matches('/')
        );
        let error = Sandbox::from_toml("test.toml", &bucket).unwrap_err();
        assert!(error.to_string().contains("no bucket name"), "{error}");
    }

    #[test]
    fn what_is_answered_is_read_back() {
        let description = testing::sandbox(testing::SMALL).description();
        let body = response(&description).body;
        assert_eq!(serde_json::from_slice::<Description>(&body).unwrap(), description);
        let expected = r#"{"name":"test.toml","as_of":"2026-06-15T06:00:00Z","home_region":"eu-west-3"}"#;
        assert_eq!(String::from_utf8(body).unwrap(), expected);
    }
}
