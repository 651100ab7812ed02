//! Why it could not be found out whose account it is, and what to do about that.

use super::error::CallError;
use super::profiles::Profiles;
use super::session_settings::{Credentials, SessionSettings};

/// Why a session could not be opened. Nothing was scanned.
#[derive(Debug, thiserror::Error)]
#[error("cannot find out whose account this is: {}\n  {advice}", said(.cause))]
pub struct SessionError {
    /// The failed call.
    pub cause: CallError,
    /// What to do about it.
    pub advice: String,
}

impl SessionError {
    pub(super) async fn new(cause: CallError, settings: &SessionSettings) -> Self {
        if let Some(advice) = advice(&cause, settings) {
            return SessionError {
                advice: advice.to_owned(),
                cause,
            };
        }
        if !(cause.message.contains("redential") || cause.message.contains("rofile")) {
            return SessionError {
                advice: "Run again with --verbose to see more.".to_owned(),
                cause,
            };
        }
        tracing::debug!(detail = %cause.message, "no credentials");
        match profile(&settings.credentials) {
            Some(profile) => {
                // The instance metadata is asked after the profile, which is not to blame for it.
                let reason = reason(&cause.message).filter(|reason| !reason.contains("IMDS"));
                let (message, advice) = Profiles::load().await.fault(&profile, reason.as_deref());
                SessionError {
                    cause: no_credentials(cause, message),
                    advice,
                }
            }
            None => SessionError {
                cause: without_chain(cause),
                advice: "Provide credentials: AWS_PROFILE or --profile, `aws sso login`, or AWS_ACCESS_KEY_ID and \
                         AWS_SECRET_ACCESS_KEY. To see what the command does without any, add --sandbox to it."
                    .to_owned(),
            },
        }
    }
}

/// The code of a failure to find credentials: no call was made then.
const NO_CREDENTIALS: &str = "NoCredentials";

/// The failure as people read it. Where there were no credentials, it is about no call.
fn said(cause: &CallError) -> String {
    match cause.code.as_str() {
        NO_CREDENTIALS => cause.message.clone(),
        _ => cause.to_string(),
    }
}

fn no_credentials(cause: CallError, message: String) -> CallError {
    CallError {
        code: NO_CREDENTIALS.to_owned(),
        message,
        ..cause
    }
}

/// The profile that was named, by the flag or in the environment.
fn profile(credentials: &Credentials) -> Option<String> {
    match credentials {
        Credentials::Resolved { profile: Some(profile) } => Some(profile.clone()),
        Credentials::Resolved { profile: None } => {
            std::env::var("AWS_PROFILE").ok().filter(|profile| !profile.is_empty())
        }
        Credentials::Invented => None,
    }
}

/// What the SDK says of credentials beyond that there are none. Of a chain of providers it says that of each.
fn reason(message: &str) -> Option<String> {
    let (_, reason) = [
        "the credential provider was not enabled: ",
        "an error occurred while loading credentials: ",
    ]
    .iter()
    .find_map(|general| message.split_once(general))?;
    (!reason.contains("credentials found in chain")).then(|| reason.to_owned())
}

/// The failure in fewer words, where no provider had credentials: the SDK says of each on a line of its own why not,
/// which goes into the log.
fn without_chain(cause: CallError) -> CallError {
    let Some((_, attempts)) = cause.message.split_once("no credentials found in chain. Attempted:") else {
        return match reason(&cause.message) {
            Some(reason) => no_credentials(cause, format!("no credentials were found: {reason}")),
            None => cause,
        };
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
    no_credentials(cause, message)
}

/// What to do about a failure to find out whose account it is, where it is not one to find credentials.
fn advice(cause: &CallError, settings: &SessionSettings) -> Option<&'static str> {
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
        _ => return None,
    };
    Some(advice)
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

    #[test]
    fn what_the_sdk_says_of_credentials_is_shown_without_what_it_puts_before_it() {
        let said_of = |text: &str| {
            said(&without_chain(CallError::new(
                STS_GET_CALLER_IDENTITY,
                "RequestFailed",
                text,
            )))
        };
        assert_eq!(
            said_of(
                "dispatch failure: other: an error occurred while loading credentials: failed to load IMDS session \
                 token: IMDS is disabled"
            ),
            "no credentials were found: failed to load IMDS session token: IMDS is disabled"
        );
        let of_profile = "dispatch failure: other: the credential provider was not enabled";
        assert_eq!(reason(of_profile), None);
        assert_eq!(
            reason(&format!("{of_profile}: `sso_region` was missing")).unwrap(),
            "`sso_region` was missing"
        );
    }
}
