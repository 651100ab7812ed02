//! Sessions: whose credentials, which clients, which account.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_config::identity::IdentityCache;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, SdkConfig};
use aws_sdk_kms::config::{Credentials as SdkCredentials, Region as SdkRegion, SharedCredentialsProvider};
use aws_smithy_async::rt::sleep::TokioSleep;

use super::call::{Caller, Stop};
use super::error::CallError;
use super::expiry::Expiry;
use super::guard::{Guard, Ledger};
use super::operations::STS_GET_CALLER_IDENTITY;
use super::pacing::Pacer;
use super::places::Places;
use super::request_log::RequestLog;
use super::role::{EnteredRole, RoleCredentials, RoleSettings};
use super::secrets::Secrets;
use super::session_error::SessionError;
use super::session_settings::{Credentials, SessionSettings};
use super::silence::Silence;
use crate::facts::{AccountId, ApiCalls, Arn, Region};

/// Where to start if neither the user nor the user's configuration names a Region.
const FALLBACK_REGION: &str = "us-east-1";
/// How often a call is tried before it is a gap.
const ATTEMPTS: u32 = 4;
/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How long one attempt may take: a call that nobody answers is given up after about a minute.
const ATTEMPT: Duration = Duration::from_secs(14);

/// An account that answers.
#[derive(Debug)]
pub struct Session {
    config: SdkConfig,
    pub(super) settings: SessionSettings,
    places: Places,
    ledger: Arc<Ledger>,
    expiry: Arc<Expiry>,
    secrets: Secrets,
    in_regions: Arc<Mutex<BTreeMap<Region, InRegion>>>,
    /// The role whose credentials these are, where they are not the caller's own.
    role: Option<Arc<EnteredRole>>,
    /// The Region of the user's configuration, where calls go that concern the whole account.
    pub home: Region,
    /// The account.
    pub account_id: AccountId,
    /// Whom AWS says is asking.
    pub caller_arn: Arn,
    /// The partition of the account.
    pub partition: String,
}

/// What all calls of an account in a Region have in common.
#[derive(Clone, Debug)]
struct InRegion {
    pacer: Arc<Pacer>,
    silence: Arc<Silence>,
}

impl Session {
    /// Resolves the credentials and asks AWS whose they are.
    ///
    /// # Errors
    /// When there are no credentials, when they are not valid, or when AWS cannot be reached.
    pub async fn open(settings: SessionSettings) -> Result<Session, SessionError> {
        let mut config = load(&settings).await;
        let home = match config.region() {
            Some(region) => Region::parse(region.as_ref()).ok_or_else(|| SessionError {
                cause: CallError::new(
                    STS_GET_CALLER_IDENTITY,
                    "RequestNotSent",
                    format!("`{region}` is not the name of a Region"),
                ),
                advice: "Correct AWS_REGION, or the region of the profile.".to_owned(),
            })?,
            None => {
                let home = settings
                    .fallback_region
                    .clone()
                    .unwrap_or_else(|| Region::new(FALLBACK_REGION));
                config = config.into_builder().region(sdk_region(&home)).build();
                home
            }
        };
        let mut session = Session {
            config,
            secrets: match settings.credentials {
                Credentials::Resolved { .. } => Secrets::of_environment(),
                Credentials::Invented => Secrets::default(),
            },
            settings,
            places: Places::default(),
            ledger: Arc::new(Ledger::new()),
            expiry: Arc::default(),
            in_regions: Arc::default(),
            role: None,
            home,
            account_id: AccountId::new(""),
            caller_arn: Arn::new(""),
            partition: String::new(),
        };
        match session.identify().await {
            Ok(()) => Ok(session),
            Err(cause) => Err(SessionError::new(cause, &session.settings).await),
        }
    }

    async fn identify(&mut self) -> Result<(), CallError> {
        let (caller, guard) = self.caller(&self.home);
        let sts = aws_sdk_sts::Client::from_conf(
            aws_sdk_sts::config::Builder::from(&self.config)
                .interceptor(guard)
                .build(),
        );
        let operation = STS_GET_CALLER_IDENTITY;
        let identity = caller.call(operation, || sts.get_caller_identity().send()).await?;
        let (Some(account), Some(arn)) = (identity.account, identity.arn) else {
            return Err(CallError::malformed(operation, "the answer names no account"));
        };
        let arn = Arn::new(arn);
        let Some(account) = AccountId::parse(&account) else {
            return Err(CallError::malformed(operation, "the account id is not twelve digits"));
        };
        let Some(partition) = arn.partition().map(str::to_owned) else {
            return Err(CallError::malformed(operation, "the caller's ARN is not an ARN"));
        };
        self.partition = partition;
        self.caller_arn = arn;
        self.account_id = account;
        Ok(())
    }

    /// The same account with the same credentials and the same pace, but calls counted by themselves.
    pub fn own_account(&self) -> Session {
        Session {
            config: self.config.clone(),
            settings: self.settings.clone(),
            places: self.places.clone(),
            ledger: Arc::new(Ledger::new()),
            expiry: self.expiry.clone(),
            secrets: self.secrets.clone(),
            in_regions: self.in_regions.clone(),
            role: self.role.clone(),
            home: self.home.clone(),
            account_id: self.account_id.clone(),
            caller_arn: self.caller_arn.clone(),
            partition: self.partition.clone(),
        }
    }

    /// Enters another account of the partition by a role that trusts this one. The HTTP client, the TLS set-up and the
    /// bound on requests under way are shared; the calls, those to enter the account among them, are counted there.
    ///
    /// # Errors
    /// When the account cannot be entered; then the calls are counted here.
    pub async fn enter(&self, account: &AccountId, settings: &RoleSettings) -> Result<Session, CallError> {
        if let Some(id) = &settings.external_id {
            self.secrets.note(id.as_str());
        }
        let ledger = Arc::new(Ledger::new());
        let (caller, guard) = self.caller_with(&self.home, ledger.clone());
        // Regional endpoints are the SDK's default: their session tokens are valid in every Region.
        let sts = aws_sdk_sts::Client::from_conf(
            aws_sdk_sts::config::Builder::from(&self.config)
                .interceptor(guard)
                .build(),
        );
        let arn = Arn::of_role(&self.partition, account, &settings.name);
        let role = EnteredRole::enter(account, arn.clone(), settings.clone(), sts, caller)
            .await
            .inspect_err(|_| self.ledger.absorb(&ledger))?;
        let credentials = SharedCredentialsProvider::new(RoleCredentials(role.clone()));
        let config = self.config.to_builder().credentials_provider(credentials);
        Ok(Session {
            // The role keeps its credentials itself.
            config: config.identity_cache(IdentityCache::no_cache()).build(),
            settings: self.settings.clone(),
            places: self.places.clone(),
            ledger,
            expiry: Arc::default(),
            secrets: self.secrets.copied(),
            in_regions: Arc::default(),
            role: Some(role),
            home: self.home.clone(),
            account_id: account.clone(),
            caller_arn: arn,
            partition: self.partition.clone(),
        })
    }

    /// The calls made so far.
    pub fn api_calls(&self) -> Vec<ApiCalls> {
        self.ledger.calls()
    }

    /// The calls made since they were taken last, which are then no longer counted here.
    pub fn take_api_calls(&self) -> Vec<ApiCalls> {
        self.ledger.take_calls()
    }

    /// How the scan is asked to end.
    pub fn stop(&self) -> &Stop {
        &self.settings.stop
    }

    pub(super) fn config_in(&self, region: &Region) -> SdkConfig {
        self.config.to_builder().region(sdk_region(region)).build()
    }

    /// All clients of a Region share one pacer, whoever made them.
    pub(super) fn caller(&self, region: &Region) -> (Caller, GuardHandle) {
        self.caller_with(region, self.ledger.clone())
    }

    fn caller_with(&self, region: &Region, ledger: Arc<Ledger>) -> (Caller, GuardHandle) {
        let InRegion { pacer, silence } = self
            .in_regions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(region.clone())
            .or_insert_with(|| InRegion {
                pacer: Arc::new(Pacer::new(self.settings.api_share)),
                silence: Arc::default(),
            })
            .clone();
        let guard = Guard {
            ledger: ledger.clone(),
            pacer: pacer.clone(),
            log: RequestLog {
                region: region.clone(),
                account: self.account_id.clone(),
                secrets: self.secrets.clone(),
            },
        };
        let caller = Caller {
            pacer,
            silence,
            ledger,
            places: self.places.clone(),
            expiry: self.expiry.clone(),
            role: self.role.clone().map(|role| role as _),
            stop: self.settings.stop.clone(),
            secrets: self.secrets.clone(),
        };
        (caller, GuardHandle::new(guard))
    }
}

pub(super) type GuardHandle = aws_smithy_runtime_api::client::interceptors::SharedInterceptor;

async fn load(settings: &SessionSettings) -> SdkConfig {
    let retry = RetryConfig::standard().with_max_attempts(ATTEMPTS);
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(ATTEMPT)
        .build();
    // It watches the throughput of long transfers. Our answers are short, and each attempt has its time limit.
    let stalled = StalledStreamProtectionConfig::disabled();
    match &settings.credentials {
        Credentials::Resolved { profile } => {
            let mut loader = aws_config::defaults(BehaviorVersion::latest())
                .http_client(settings.http.clone())
                .sleep_impl(TokioSleep::new())
                .retry_config(retry)
                .timeout_config(timeouts)
                .stalled_stream_protection(stalled);
            if let Some(endpoint) = &settings.endpoint {
                loader = loader.endpoint_url(endpoint);
            }
            if let Ok(name) = AppName::new(concat!("kms-audit-", env!("CARGO_PKG_VERSION"))) {
                loader = loader.app_name(name);
            }
            let Some(profile) = profile else {
                return loader.load().await;
            };
            // A profile that was named goes before whatever the environment holds, as with the AWS CLI.
            let config = loader.profile_name(profile).load().await;
            let provider = ProfileFileCredentialsProvider::builder()
                .configure(
                    &ProviderConfig::without_region()
                        .with_region(config.region().cloned())
                        .with_http_client(settings.http.clone())
                        .with_sleep_impl(TokioSleep::new()),
                )
                .profile_name(profile)
                .build();
            config
                .into_builder()
                .credentials_provider(SharedCredentialsProvider::new(provider))
                .build()
        }
        Credentials::Invented => {
            let invented = SdkCredentials::new("SANDBOX", "sandbox", None, None, "sandbox");
            let mut builder = SdkConfig::builder();
            builder.set_endpoint_url(settings.endpoint.clone());
            builder
                .behavior_version(BehaviorVersion::latest())
                .http_client(settings.http.clone())
                .sleep_impl(TokioSleep::new())
                .retry_config(retry)
                .timeout_config(timeouts)
                .stalled_stream_protection(stalled)
                .credentials_provider(SharedCredentialsProvider::new(invented))
                .build()
        }
    }
}

fn sdk_region(region: &Region) -> SdkRegion {
    SdkRegion::new(region.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::canned::{self, Answer};
    use super::*;

    async fn open(account: &'static str, arn: &'static str) -> Result<Session, SessionError> {
        let body = format!(
            "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
             <Arn>{arn}</Arn><UserId>U</UserId><Account>{account}</Account></GetCallerIdentityResult>\
             </GetCallerIdentityResponse>"
        );
        canned::session(move |_| Answer(200, &[], body.clone())).await
    }

    #[tokio::test]
    async fn the_partition_is_that_of_the_caller() {
        let session = open("111122223333", "arn:aws-us-gov:iam::111122223333:user/audit")
            .await
            .unwrap();
        assert_eq!(
            (session.partition.as_str(), session.account_id.as_str()),
            ("aws-us-gov", "111122223333")
        );
        assert_eq!(session.api_calls()[0].calls, 1);
    }

    #[tokio::test]
    async fn an_account_id_that_is_none_names_no_file() {
        for account in ["../../../../etc", "1111", "11112222333\u{200e}", "1111&#x202e;22233"] {
            let refused = open(account, "arn:aws:iam::111122223333:user/audit").await.unwrap_err();
            assert_eq!(refused.cause.code, "MalformedResponse", "{account}");
        }
        assert!(open("111122223333", "nobody").await.is_err());
    }
}
