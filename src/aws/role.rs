//! Roles of other accounts: entered once, and entered again when their credentials run out in the middle of a scan.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_credential_types::provider::future;
use aws_sdk_sts::config::{Credentials as SdkCredentials, ProvideCredentials};
use aws_sdk_sts::types::Credentials as StsCredentials;
use futures_util::future::BoxFuture;

use super::call::{Caller, Renewable};
use super::error::CallError;
use super::operations::STS_ASSUME_ROLE;
use crate::facts::{AccountId, Arn};

/// The role that is entered where the user names none.
pub const DEFAULT_ROLE_NAME: &str = "KmsAuditReadOnly";

/// The name of the sessions where the user gives none.
pub const DEFAULT_SESSION_NAME: &str = "kms-audit";

/// Credentials are renewed so long before they run out: a call takes at most about a minute.
const EARLY: Duration = Duration::from_secs(120);

/// How other accounts are entered.
#[derive(Clone, Debug)]
pub struct RoleSettings {
    /// The name of the role in each account, with its path if it has one.
    pub name: String,
    /// What the trust policy of the role asks for.
    pub external_id: Option<ExternalId>,
    /// The name of the sessions, which CloudTrail shows in the accounts.
    pub session_name: String,
    /// How long a session lasts, in seconds; AWS takes an hour where nothing is said.
    pub session_seconds: Option<u32>,
    /// Who is behind the session, where the organization wants to know.
    pub source_identity: Option<String>,
}

/// An external id: a secret between whoever audits and whoever is audited. It is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct ExternalId(String);

impl From<String> for ExternalId {
    fn from(id: String) -> Self {
        ExternalId(id)
    }
}

impl ExternalId {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether AWS would take it: 2 to 1,224 letters, digits and `_+=,.@:/-`.
    ///
    /// Source: <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>.
    pub fn is_well_formed(&self) -> bool {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@:/-".contains(&byte);
        (2..=1224).contains(&self.0.len()) && self.0.bytes().all(allowed)
    }
}

impl fmt::Debug for ExternalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ExternalId(not shown)")
    }
}

/// A role of another account, with the credentials that it has handed out last.
pub(super) struct EnteredRole {
    account: AccountId,
    arn: Arn,
    settings: RoleSettings,
    sts: aws_sdk_sts::Client,
    caller: Caller,
    /// Whoever holds this enters the role again; the rest wait for the outcome.
    renewing: tokio::sync::Mutex<()>,
    current: Mutex<Option<Current>>,
}

#[derive(Clone)]
struct Current {
    credentials: SdkCredentials,
    /// How many times the role was entered before.
    serial: u64,
    /// Why it could not be entered again. It is not tried another time.
    ended: Option<CallError>,
}

impl EnteredRole {
    /// Enters a role with the credentials of the client.
    ///
    /// # Errors
    /// When STS refuses, whatever the reason: no such account or role, no trust, no permission, another external id.
    pub(super) async fn enter(
        account: &AccountId,
        arn: Arn,
        settings: RoleSettings,
        sts: aws_sdk_sts::Client,
        caller: Caller,
    ) -> Result<Arc<EnteredRole>, CallError> {
        let role = EnteredRole {
            account: account.clone(),
            arn,
            settings,
            sts,
            caller,
            renewing: tokio::sync::Mutex::default(),
            current: Mutex::default(),
        };
        let credentials = role.assume().await?;
        role.set(Current {
            credentials,
            serial: 0,
            ended: None,
        });
        Ok(Arc::new(role))
    }

    async fn enter_again(&self, serial: u64) -> Result<u64, CallError> {
        let _turn = self.renewing.lock().await;
        let current = self.get()?;
        if let Some(error) = current.ended {
            return Err(error);
        }
        if current.serial > serial {
            return Ok(current.serial);
        }
        let answer = self.assume().await;
        let (next, outcome) = match answer {
            Ok(credentials) => {
                let serial = current.serial + 1;
                (
                    Current {
                        credentials,
                        serial,
                        ended: None,
                    },
                    Ok(serial),
                )
            }
            Err(error) => (
                Current {
                    ended: Some(error.clone()),
                    ..current
                },
                Err(error),
            ),
        };
        self.set(next);
        outcome
    }

    async fn assume(&self) -> Result<SdkCredentials, CallError> {
        let request = || {
            self.sts
                .assume_role()
                .role_arn(self.arn.as_str())
                .role_session_name(&self.settings.session_name)
                .set_external_id(self.settings.external_id.as_ref().map(|id| id.0.clone()))
                .set_duration_seconds(
                    self.settings
                        .session_seconds
                        .and_then(|seconds| i32::try_from(seconds).ok()),
                )
                .set_source_identity(self.settings.source_identity.clone())
                .send()
        };
        let answer = self.caller.call(STS_ASSUME_ROLE, request).await?;
        // Whoever answers in the place of AWS may hand out credentials of any account.
        let user = answer.assumed_role_user.map(|user| Arn::new(user.arn));
        if user.and_then(|arn| arn.account()).as_ref() != Some(&self.account) {
            return Err(CallError::malformed(
                STS_ASSUME_ROLE,
                "the credentials are not of the account that was asked for",
            ));
        }
        let credentials = answer.credentials.and_then(sdk_credentials);
        credentials.ok_or_else(|| CallError::malformed(STS_ASSUME_ROLE, "the answer has no credentials"))
    }

    fn get(&self) -> Result<Current, CallError> {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner).clone();
        current.ok_or_else(|| CallError::malformed(STS_ASSUME_ROLE, "there are no credentials yet"))
    }

    fn set(&self, current: Current) {
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Some(current);
    }
}

impl Renewable for EnteredRole {
    fn lasts(&self) -> Result<bool, CallError> {
        let soon = SystemTime::now() + EARLY;
        let expiry = self.get()?.credentials.expiry();
        Ok(expiry.is_none_or(|expiry| expiry > soon))
    }

    fn serial(&self) -> u64 {
        self.get().map_or(0, |current| current.serial)
    }

    fn renew(&self, serial: u64) -> BoxFuture<'_, Result<u64, CallError>> {
        Box::pin(self.enter_again(serial))
    }
}

fn sdk_credentials(credentials: StsCredentials) -> Option<SdkCredentials> {
    let expiration = SystemTime::try_from(credentials.expiration).ok()?;
    let (key, secret) = (credentials.access_key_id, credentials.secret_access_key);
    (!key.is_empty()).then(|| {
        let token = Some(credentials.session_token);
        SdkCredentials::new(key, secret, token, Some(expiration), "AssumeRole")
    })
}

impl fmt::Debug for EnteredRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnteredRole")
            .field("arn", &self.arn)
            .finish_non_exhaustive()
    }
}

/// Hands out the credentials of a role as they are: whoever makes a call has seen to it that they last.
#[derive(Debug)]
pub(super) struct RoleCredentials(pub(super) Arc<EnteredRole>);

impl ProvideCredentials for RoleCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let current = self.0.get().map(|current| current.credentials);
        future::ProvideCredentials::ready(
            current.map_err(aws_credential_types::provider::error::CredentialsError::provider_error),
        )
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::canned::{self, Answer, IDENTITY};
    use super::*;

    const ENTERED: &str = "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIATEST</AccessKeyId>\
        <SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>\
        <Expiration>2036-06-15T07:00:00Z</Expiration></Credentials><AssumedRoleUser><AssumedRoleId>AROATEST:x</AssumedRoleId>\
        <Arn>arn:aws:sts::444455556666:assumed-role/KmsAuditReadOnly/x</Arn></AssumedRoleUser></AssumeRoleResult>\
        </AssumeRoleResponse>";

    /// What AWS is asked for when a role is entered by these settings.
    async fn asked(settings: RoleSettings) -> BTreeMap<String, String> {
        let seen = Arc::new(Mutex::new(String::new()));
        let session = canned::session({
            let seen = seen.clone();
            move |request| {
                let form = String::from_utf8_lossy(request.body().bytes().unwrap()).into_owned();
                if form.contains("Action=AssumeRole") {
                    *seen.lock().unwrap() = form;
                    return Answer(200, &[], ENTERED.to_owned());
                }
                Answer(200, &[], IDENTITY.to_owned())
            }
        });
        let account = AccountId::parse("444455556666").unwrap();
        session.await.unwrap().enter(&account, &settings).await.unwrap();
        let form = seen.lock().unwrap().clone();
        let pairs = form.split('&').filter_map(|pair| pair.split_once('='));
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    #[tokio::test]
    async fn a_role_is_entered_as_the_settings_say() {
        let asked = asked(RoleSettings {
            name: "audit/Reader".to_owned(),
            external_id: Some(ExternalId::from("hush".to_owned())),
            session_name: "weekly".to_owned(),
            session_seconds: Some(900),
            source_identity: Some("alice".to_owned()),
        });
        let asked = asked.await;
        for (name, value) in [
            ("RoleArn", "arn%3Aaws%3Aiam%3A%3A444455556666%3Arole%2Faudit%2FReader"),
            ("ExternalId", "hush"),
            ("RoleSessionName", "weekly"),
            ("DurationSeconds", "900"),
            ("SourceIdentity", "alice"),
        ] {
            assert_eq!(asked.get(name).map(String::as_str), Some(value), "{name}");
        }
    }

    #[tokio::test]
    async fn what_is_not_set_is_not_asked_for() {
        let asked = asked(RoleSettings {
            name: DEFAULT_ROLE_NAME.to_owned(),
            external_id: None,
            session_name: DEFAULT_SESSION_NAME.to_owned(),
            session_seconds: None,
            source_identity: None,
        });
        let asked = asked.await;
        let names: Vec<&str> = asked.keys().map(String::as_str).collect();
        assert_eq!(names, ["Action", "RoleArn", "RoleSessionName", "Version"]);
        assert_eq!(asked["RoleSessionName"], "kms-audit");
    }
}
