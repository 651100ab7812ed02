//! What a session needs to know before it is opened.

use aws_smithy_runtime_api::client::http::SharedHttpClient;

use super::call::Stop;
use super::pacing::ApiShare;
use crate::facts::Region;

/// Whose credentials to use.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// Those of the environment, the profile, single sign-on, web identity, the container or the instance.
    Resolved {
        /// The profile to use instead of the one the environment names.
        profile: Option<String>,
    },
    /// Made-up ones, for the sandbox: nothing of the user's environment is read.
    Invented,
}

/// What a session needs to know before it is opened.
#[derive(Clone, Debug)]
pub struct SessionSettings {
    /// Whose credentials to use.
    pub credentials: Credentials,
    /// Where to start if the user's configuration names no Region.
    pub fallback_region: Option<Region>,
    /// The URL every request goes to, instead of to AWS or to where the environment says.
    pub endpoint: Option<String>,
    /// What carries the requests.
    pub http: SharedHttpClient,
    /// The share of each request quota that the scan may use.
    pub api_share: ApiShare,
    /// How the scan is asked to end.
    pub stop: Stop,
}
