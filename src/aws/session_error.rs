//! Why it could not be found out whose account it is, and what to do about that.

use super::error::CallError;
use super::session::{Credentials, SessionSettings};

/// Why a session could not be opened. Nothing was scanned.
#[derive(Debug, thiserror::Error)]
#[error("cannot find out whose account this is: {cause}\n  {advice}")]
pub struct SessionError {
    /// The failed call.
    pub cause: CallError,
    /// What to do about it.
    pub advice: String,
}

impl SessionError {
    pub(super) fn new(cause: CallError, settings: &SessionSettings) -> Self {
        SessionError {
            advice: advice(&cause, settings),
            cause: without_chain(cause),
        }
    }
}

/// The failure in fewer words, where no provider had credentials: the SDK says of each on a line of its own why not,
/// which goes into the log.
fn without_chain(cause: CallError) -> CallError {
    let Some((_, attempts)) = cause.message.split_once("no credentials found in chain. Attempted:") else {
        return cause;
    };
    let attempts = attempts.lines().filter_map(|line| line.trim().split_once(": "));
    let places: Vec<&str> = attempts
        .map(|(provider, _)| match provider {
            "Environment" => "the environment",
            "Profile" => "the AWS configuration files",
            "WebIdentityToken" => "a web identity token",
            "EcsContainer" => "the container service",
            "Ec2InstanceMetadata" => "the instance metadata",
            other => other,
        })
        .collect();
    let message = format!("no credentials were found. Looked in: {}", places.join(", "));
    tracing::debug!(detail = %cause.message, "no credentials");
    CallError {
        code: "NoCredentials".to_owned(),
        message,
        ..cause
    }
}

/// What to do about a failure to find out whose account it is.
fn advice(cause: &CallError, settings: &SessionSettings) -> String {
    let advice = match cause.code.as_str() {
        _ if cause.says_expired() => {
            "The credentials have expired. Renew them (for example `aws sso login`) and run again."
        }
        _ if cause.says_clocks_disagree() => {
            "AWS and this machine disagree about the time. Set the clock of this machine and run again."
        }
        "InvalidClientTokenId" | "UnrecognizedClientException" | "SignatureDoesNotMatch" => {
            "AWS does not accept the credentials. Check AWS_PROFILE and the AWS_* variables, and the clock."
        }
        "AccessDenied" | "AccessDeniedException" => {
            "The credentials are valid but denied; sts:GetCallerIdentity needs no permission, so look for a \
             policy of the endpoint or of the organization."
        }
        "ConnectionFailed" | "Timeout" | "MalformedResponse" if settings.endpoint.is_some() => {
            "Check the server that answers there, or start it again."
        }
        "ConnectionFailed" | "Timeout" | "MalformedResponse" => {
            "Check the network, the proxy (HTTPS_PROXY, NO_PROXY) and the endpoint (AWS_ENDPOINT_URL, --region)."
        }
        code if code.starts_with("HTTP") => {
            "Something other than AWS is answering. Check the proxy and AWS_ENDPOINT_URL."
        }
        _ if cause.message.contains("redential") || cause.message.contains("rofile") => {
            return match &settings.credentials {
                Credentials::Resolved { profile: Some(profile) } => format!(
                    "The profile `{profile}` gives no credentials. Check that it is in the AWS configuration files \
                     (~/.aws/config and ~/.aws/credentials, or where AWS_CONFIG_FILE and \
                     AWS_SHARED_CREDENTIALS_FILE point) and complete; for single sign-on, run `aws sso login \
                     --profile {profile}`."
                ),
                _ => "Provide credentials: AWS_PROFILE or --profile, `aws sso login`, or AWS_ACCESS_KEY_ID and \
                      AWS_SECRET_ACCESS_KEY. To see the program without any, run `kms-audit scan --sandbox`."
                    .to_owned(),
            };
        }
        _ => "Run again with --verbose to see more.",
    };
    advice.to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::operations::STS_GET_CALLER_IDENTITY;
    use super::*;

    #[test]
    fn where_credentials_were_looked_for_is_said_in_a_line() {
        let said = "dispatch failure: other: the credential provider was not enabled: no credentials found in chain. \
                    Attempted:\n  Environment: the credential provider was not enabled: environment variable not set\n  \
                    Profile: the credential provider was not enabled\n  Ec2InstanceMetadata: timed out";
        let short = without_chain(CallError::new(STS_GET_CALLER_IDENTITY, "RequestFailed", said));
        assert_eq!(
            short.to_string(),
            "sts:GetCallerIdentity: NoCredentials: no credentials were found. Looked in: the environment, the AWS \
             configuration files, the instance metadata"
        );
        let other = CallError::new(
            STS_GET_CALLER_IDENTITY,
            "RequestFailed",
            "the profile `a` was not found",
        );
        assert_eq!(without_chain(other.clone()), other);
    }
}
