//! Whom to ask and how, as the flags, the environment and the configuration together have it: what `scan` and `quota` share.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Context;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::UsageError;
use crate::accounts::TargetChoice;
use crate::aws::{
    ApiShare, Credentials, DEFAULT_ROLE_NAME, DEFAULT_SESSION_NAME, RegionChoice, RegionError, RoleSettings,
    Session, SessionSettings, Stop, choose_regions,
};
use crate::cli::{AskArgs, TargetArgs};
use crate::config::Config;
use crate::facts::{AccountId, AccountNotEntered, Region, Unavailable};
use crate::run_record::LONGEST_BREAK;
#[cfg(feature = "sandbox")]
use crate::sandbox::{Served, ServedError};
use crate::visible::visible;

/// How far back the peak is looked for: CloudWatch keeps minutes for 15 days.
pub(super) const WINDOW_DAYS: u32 = 14;

/// Whom to ask and how.
pub(super) struct Asking {
    /// The moment that everything refers to.
    pub as_of: Timestamp,
    pub settings: SessionSettings,
    pub regions: RegionChoice,
    pub targets: TargetChoice,
    pub role: RoleSettings,
    /// The parameters that all this comes to, as reports state them.
    pub parameters: BTreeMap<String, Value>,
    /// The estate, where it is not AWS that is asked.
    pub sandbox: Option<String>,
}

/// Which moment is meant, and what is known of it and of the accounts.
#[derive(Clone, Copy, Default)]
pub(super) struct Known {
    /// The moment that was asked for.
    pub asked: Option<Timestamp>,
    /// That of the run that is gone on with.
    pub begun: Option<Timestamp>,
    /// Whether the accounts were found before.
    pub are_listed: bool,
}

impl Asking {
    pub(super) async fn new(ask: &AskArgs, config: &Config, known: Known) -> anyhow::Result<Asking> {
        let api_share = api_share(ask, config)?;
        let named = named_regions(ask, config);
        let targets = target_choice(&ask.targets, known.are_listed)?;
        let role = role_settings(&ask.targets)?;
        let aws = choose_aws(ask, known.asked, known.begun).await?;
        let mut parameters = BTreeMap::from([
            ("regions".to_owned(), json!(named)),
            ("api_share".to_owned(), json!(api_share.to_string())),
            ("window_days".to_owned(), json!(WINDOW_DAYS)),
        ]);
        if ask.targets.are_named() {
            parameters.extend([
                ("targets".to_owned(), json!(ask.targets)),
                ("role_name".to_owned(), json!(role.name)),
            ]);
        }
        Ok(Asking {
            as_of: aws.as_of,
            settings: SessionSettings {
                credentials: aws.credentials,
                fallback_region: aws.home.or_else(|| named.first().cloned()),
                endpoint: aws.endpoint,
                http: aws.http,
                api_share,
                stop: Stop::default(),
            },
            regions: match named.as_slice() {
                [] => RegionChoice::Enabled,
                named => RegionChoice::Named(named.to_vec()),
            },
            targets,
            role,
            parameters,
            sandbox: aws.sandbox,
        })
    }

    /// Refuses a Region that is named and not there: a name that is wrong is wrong for every account.
    pub(super) async fn check_regions(&self, session: &Session) -> anyhow::Result<()> {
        if matches!(self.regions, RegionChoice::Named(_)) {
            choose_regions(session, &self.regions).await.map_err(region_error)?;
        }
        Ok(())
    }
}

/// The share of each request quota that may be used.
fn api_share(ask: &AskArgs, config: &Config) -> anyhow::Result<ApiShare> {
    match (ask.api_share, &config.scan.api_share) {
        (Some(share), _) => Ok(share),
        (None, Some(share)) => share
            .parse()
            .map_err(|what| anyhow::anyhow!("[scan] api-share in the configuration: {what}")),
        (None, None) => Ok(ApiShare::DEFAULT),
    }
}

/// The Regions that are named, if any are.
fn named_regions(ask: &AskArgs, config: &Config) -> Vec<Region> {
    if ask.regions.is_empty() {
        config.scan.regions.clone()
    } else {
        ask.regions.clone()
    }
}

fn target_choice(args: &TargetArgs, are_listed: bool) -> anyhow::Result<TargetChoice> {
    let mut accounts: BTreeSet<AccountId> = args.accounts.iter().cloned().collect();
    if let Some(file) = args.accounts_file.as_deref().filter(|_| !are_listed) {
        accounts.extend(accounts_in(file)?);
    }
    Ok(TargetChoice {
        organization: args.organization,
        units: args.organizational_units.clone(),
        accounts,
        excluded: args.excluded_accounts.iter().cloned().collect(),
    })
}

/// The accounts in a file: an id on each line, and comments after #.
fn accounts_in(file: &Path) -> anyhow::Result<Vec<AccountId>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let mut accounts = Vec::new();
    for (number, line) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
        let id = line.split('#').next().unwrap_or_default().trim();
        match AccountId::parse(id) {
            Some(account) => accounts.push(account),
            None if id.is_empty() => {}
            None => {
                let what = format!(
                    "{}, line {number}: `{}` is not the twelve digits of an account id",
                    file.display(),
                    visible(id)
                );
                return Err(UsageError(what).into());
            }
        }
    }
    if accounts.is_empty() {
        return Err(UsageError(format!("{} names no account", file.display())).into());
    }
    Ok(accounts)
}

fn role_settings(args: &TargetArgs) -> anyhow::Result<RoleSettings> {
    if args.external_id.as_ref().is_some_and(|id| !id.is_well_formed()) {
        // It is a secret, and so not repeated.
        let what = "the external id is not one: 2 to 1224 letters, digits and _+=,.@:/-";
        return Err(UsageError(what.to_owned()).into());
    }
    Ok(RoleSettings {
        name: args.role_name.clone().unwrap_or_else(|| DEFAULT_ROLE_NAME.to_owned()),
        external_id: args.external_id.clone(),
        session_name: args
            .session_name
            .clone()
            .unwrap_or_else(|| DEFAULT_SESSION_NAME.to_owned()),
        session_seconds: args.session_duration,
        source_identity: args.source_identity.clone(),
    })
}

/// Which AWS to ask.
struct Aws {
    http: SharedHttpClient,
    endpoint: Option<String>,
    credentials: Credentials,
    home: Option<Region>,
    as_of: Timestamp,
    sandbox: Option<String>,
}

/// The AWS that is meant, and the moment: that of the run that is gone on with, the one that was asked for, or now.
async fn choose_aws(ask: &AskArgs, asked: Option<Timestamp>, begun: Option<Timestamp>) -> anyhow::Result<Aws> {
    #[cfg(feature = "sandbox")]
    if let Some(estate) = &ask.sandbox {
        return choose_sandbox(estate.as_deref(), asked).await;
    }
    Ok(Aws {
        http: crate::aws::http_client()?,
        endpoint: None,
        credentials: Credentials::Resolved {
            profile: ask.profile.clone(),
        },
        home: None,
        as_of: match (begun, asked) {
            (Some(begun), _) => begun,
            (None, Some(asked)) => check_moment(asked, Timestamp::now())?,
            // Whole seconds: it names the folder and stands in every report.
            (None, None) => Timestamp::from_second(Timestamp::now().as_second())?,
        },
        sandbox: None,
    })
}

/// Refuses a moment that the scan could not say anything about.
fn check_moment(asked: Timestamp, now: Timestamp) -> Result<Timestamp, UsageError> {
    if asked > now {
        return Err(UsageError(format!(
            "--as-of {asked} is in the future: by the clock of this machine it is {now}"
        )));
    }
    if now.duration_since(asked) > LONGEST_BREAK {
        return Err(UsageError(format!(
            "--as-of {asked} is more than 24 hours ago: CloudWatch no longer keeps all the minutes that a scan looks at"
        )));
    }
    Ok(asked)
}

/// The one place that knows of the sandbox: through its door in this process, or through that of a server.
#[cfg(feature = "sandbox")]
async fn choose_sandbox(estate: Option<&Path>, asked: Option<Timestamp>) -> anyhow::Result<Aws> {
    let url = estate.and_then(Path::to_str).filter(|text| text.contains("://"));
    let (http, endpoint, description) = match url {
        None => {
            let sandbox = super::sandbox::open(estate)?;
            (sandbox.http_client(), None, sandbox.description())
        }
        Some(url) => {
            let served = Served::ask(url).await.map_err(|error| match error {
                ServedError::Url { .. } => anyhow::Error::new(UsageError(error.to_string())),
                _ => anyhow::Error::new(error),
            })?;
            let http = crate::aws::direct_http_client()?;
            (http, Some(served.endpoint), served.description)
        }
    };
    if let Some(asked) = asked.filter(|asked| *asked != description.as_of) {
        return Err(UsageError(format!(
            "--as-of {asked}: in a sandbox time stands still, in this one at {}",
            description.as_of
        ))
        .into());
    }
    Ok(Aws {
        http,
        endpoint,
        credentials: Credentials::Invented,
        home: Some(description.home_region),
        as_of: description.as_of,
        sandbox: Some(description.name),
    })
}

/// One of several accounts, of which no Region could be chosen.
pub(super) fn no_region(account: AccountId, error: &RegionError) -> AccountNotEntered {
    let reason = Unavailable {
        operation: "account:ListRegions".to_owned(),
        code: "NoRegion".to_owned(),
        message: error.to_string(),
    };
    AccountNotEntered::new(account, None, reason)
}

pub(super) fn region_error(error: RegionError) -> anyhow::Error {
    match error {
        RegionError::Unknown { .. } => anyhow::Error::new(UsageError(error.to_string())),
        RegionError::UnknownPartition(_) => anyhow::Error::new(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_neither_in_the_future_nor_longer_ago_than_cloudwatch_keeps_its_minutes() {
        let moment = |text: &str| -> Timestamp { text.parse().unwrap() };
        let now = moment("2026-06-15T06:00:00Z");
        let check = |asked: &str| check_moment(moment(asked), now).map_err(|UsageError(what)| what);
        for fits in ["2026-06-15T06:00:00Z", "2026-06-14T06:00:00Z"] {
            assert_eq!(check(fits), Ok(moment(fits)));
        }
        assert!(check("2026-06-15T06:00:01Z").unwrap_err().contains("future"));
        assert!(check("2026-06-14T05:59:59Z").unwrap_err().contains("24 hours"));
    }
}
