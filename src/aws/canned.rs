//! An HTTP client for tests that answers from a function, and sessions through it.

use std::fmt;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_kms::config::{Credentials, Region, SharedCredentialsProvider};
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;

use super::call::Stop;
use super::pacing::ApiShare;
use super::session::Session;
use super::session_error::SessionError;
use super::session_settings::{self, SessionSettings};
use crate::facts;

/// What a canned server answers: a status, headers and a body.
pub(super) struct Answer(pub u16, pub &'static [(&'static str, &'static str)], pub String);

/// What STS says of a caller who is the user `audit` of 111122223333.
pub(super) const IDENTITY: &str = "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
    <GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:user/audit</Arn><UserId>U</UserId>\
    <Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";

/// A client whose server is this function.
pub(super) fn http(answer: impl Fn(&HttpRequest) -> Answer + Send + Sync + Clone + 'static) -> SharedHttpClient {
    http_client_fn(move |_, _| SharedHttpConnector::new(Canned(answer.clone())))
}

/// The configuration of a client whose server is this function.
pub(super) fn config(answer: impl Fn(&HttpRequest) -> Answer + Send + Sync + Clone + 'static) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-3"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
            "TEST", "test", None, None, "test",
        )))
        .sleep_impl(TokioSleep::new())
        .http_client(http(answer))
        .build()
}

/// The account whose server is this function, started in eu-west-3.
pub(super) async fn session(
    answer: impl Fn(&HttpRequest) -> Answer + Send + Sync + Clone + 'static,
) -> Result<Session, SessionError> {
    open(http(answer), facts::Region::new("eu-west-3")).await
}

/// The account that answers through this client, without credentials and pacing.
pub(super) async fn open(http: SharedHttpClient, home: facts::Region) -> Result<Session, SessionError> {
    let settings = SessionSettings {
        credentials: session_settings::Credentials::Invented,
        fallback_region: Some(home),
        endpoint: None,
        http,
        api_share: ApiShare::Off,
        stop: Stop::default(),
    };
    Session::open(settings).await
}

struct Canned<F>(F);

impl<F> fmt::Debug for Canned<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Canned")
    }
}

impl<F: Fn(&HttpRequest) -> Answer + Send + Sync> HttpConnector for Canned<F> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Answer(status, headers, body) = (self.0)(&request);
        let mut response = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
        for (name, value) in headers {
            response.headers_mut().insert(*name, *value);
        }
        HttpConnectorFuture::ready(Ok(response))
    }
}
