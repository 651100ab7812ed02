//! `scan`: inventories an account, or many, and answers the three questions.

mod collect;
mod place;
mod resume;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::judging::{self, Judging};
use super::output::OutputFolder;
use super::outputs::Outputs;
use super::previous::PreviousScan;
use super::{Exit, UsageError, log};
use crate::accounts::TargetChoice;
use crate::aws::{
    AggregatorChoice, ApiShare, Credentials, DEFAULT_ROLE_NAME, RegionChoice, RoleSettings, SessionSettings, Stop,
};
use crate::cli::{AskArgs, InventorySource, ScanArgs, TargetArgs};
use crate::config::{self, Config};
use crate::evidence::Origin;
use crate::facts::{AccountId, Region, Shard, TagSource};
use crate::run_record::{LONGEST_BREAK, RunRecord};
#[cfg(feature = "sandbox")]
use crate::sandbox::{Served, ServedError};
use crate::scan::LastUsageBudget;
use crate::snapshot::SnapshotReader;
use crate::visible::visible;

pub(super) use collect::{no_region, region_error};
use resume::Begun;

/// How far back the peak is looked for: CloudWatch keeps minutes for 15 days.
pub(super) const WINDOW_DAYS: u32 = 14;

pub(super) fn run(args: &ScanArgs) -> anyhow::Result<Exit> {
    log::start(args.ask.log);
    let args = place::resolved(args);
    match &args.resume {
        Some(folder) => {
            let (args, begun) = resume::open(folder, &args)?;
            begin_or_go_on(&args, Some(begun))
        }
        None => begin_or_go_on(&args, None),
    }
}

fn begin_or_go_on(args: &ScanArgs, begun: Option<Begun>) -> anyhow::Result<Exit> {
    let runtime = super::runtime()?;
    let record = begun.as_ref().map(|begun| begun.record.clone());
    let job = runtime.block_on(Job::new(args, record.as_ref()))?;
    let mut output = match begun {
        Some(begun) => begun.output,
        None => OutputFolder::prepare(place::output(args, job.as_of).as_deref(), job.as_of)?,
    };
    job.outputs.check_apart(output.path())?;
    let outcome = runtime.block_on(job.collect(&mut output, record.as_ref()));
    runtime.shutdown_background();
    let signal = match outcome {
        // What has come to its end is judged once more, which changes nothing and gives the exit code.
        Err(error) if args.restartable && resume::has_come_to_its_end(&error) => {
            resume::clear_manifest(&output)?;
            None
        }
        outcome => outcome?,
    };
    let snapshot = SnapshotReader::open(&output.path().join("snapshot"))?;
    let judging = Judging {
        config: &job.config,
        snapshot: &snapshot,
        scan: snapshot.scan.clone(),
        origin: Origin::Collected,
        outputs: &job.outputs,
        args: &args.report,
    };
    let exit = judging.run(&mut output)?;
    Ok(match signal.filter(|_| snapshot.scan.interrupted) {
        Some(signal) => Exit::Stopped(signal),
        None => exit,
    })
}

/// What the flags, the environment and the configuration together ask for.
struct Job {
    config: Config,
    outputs: Outputs,
    as_of: Timestamp,
    regions: RegionChoice,
    last_usage_budget: LastUsageBudget,
    /// The aggregator that the inventory comes from, if it does not come from the services themselves.
    aggregator: Option<AggregatorChoice>,
    tags_from: TagSource,
    /// The scan to go on from.
    previous: Option<Arc<PreviousScan>>,
    settings: SessionSettings,
    targets: TargetChoice,
    /// The slice of the targets.
    shard: Option<Shard>,
    role: RoleSettings,
    /// The flags as they were given, for whoever goes on with the run.
    arguments: ScanArgs,
    parameters: BTreeMap<String, Value>,
    /// The estate, where it is not AWS that is scanned.
    sandbox: Option<String>,
}

impl Job {
    async fn new(args: &ScanArgs, begun: Option<&RunRecord>) -> anyhow::Result<Job> {
        let ask = &args.ask;
        let (config, config_file) = judging::load_config(ask.config.as_deref(), ask.threshold)?;
        let outputs = Outputs::choose(&args.report.formats, &config)?;
        let api_share = api_share(ask, &config)?;
        let last_usage_budget = match (args.last_usage_budget, &config.scan.last_usage_budget) {
            (Some(budget), _) => budget,
            (None, Some(budget)) => budget
                .parse()
                .map_err(|what| anyhow::anyhow!("[scan] last-usage-budget in the configuration: {what}"))?,
            (None, None) => LastUsageBudget::default(),
        };
        let aggregator = aggregator_choice(args)?;
        let tags_from = args.inventory.tags_from.or(config.scan.tags_from).unwrap_or_default();
        let previous = args.previous.as_deref().map(PreviousScan::open).transpose()?;
        let named = named_regions(ask, &config);
        let regions = match named.as_slice() {
            [] => RegionChoice::Enabled,
            named => RegionChoice::Named(named.to_vec()),
        };
        // Accounts that were found before are in the record of the run.
        let listed = begun.is_some_and(|begun| begun.targets.is_some());
        let targets = target_choice(&ask.targets, listed)?;
        check_shard(args)?;
        let role = role_settings(&ask.targets)?;
        let aws = choose_aws(ask, args.as_of, begun.map(|begun| begun.as_of)).await?;
        config
            .check_exceptions(aws.as_of)
            .map_err(|fault| config::invalid(fault, config_file.as_deref()))?;
        let fallback_region = aws.home.or_else(|| named.first().cloned());
        let mut parameters = BTreeMap::from([
            ("regions".to_owned(), json!(named)),
            ("api_share".to_owned(), json!(api_share.to_string())),
            ("window_days".to_owned(), json!(WINDOW_DAYS)),
            ("tags_from".to_owned(), json!(tags_from)),
            ("last_usage_budget".to_owned(), json!(last_usage_budget.to_string())),
            (
                "previous".to_owned(),
                json!(args.previous.as_ref().map(|path| path.display().to_string())),
            ),
        ]);
        if let Some(aggregator) = &aggregator {
            parameters.remove("tags_from");
            parameters.extend([
                ("source".to_owned(), json!(args.inventory.source)),
                ("aggregator".to_owned(), json!(aggregator.name)),
                ("aggregator_region".to_owned(), json!(aggregator.region)),
            ]);
        }
        parameters.extend(judging::parameters(&config, config_file.as_deref()));
        if ask.targets.are_named() {
            parameters.extend([
                ("targets".to_owned(), json!(ask.targets)),
                ("role_name".to_owned(), json!(role.name)),
            ]);
        }
        Ok(Job {
            as_of: aws.as_of,
            sandbox: aws.sandbox,
            settings: SessionSettings {
                credentials: aws.credentials,
                fallback_region,
                endpoint: aws.endpoint,
                http: aws.http,
                api_share,
                stop: Stop::default(),
            },
            config,
            outputs,
            regions,
            last_usage_budget,
            aggregator,
            tags_from,
            previous: previous.map(Arc::new),
            targets,
            shard: args.shard,
            role,
            arguments: args.clone(),
            parameters,
        })
    }

    /// What time it is. In the sandbox it stands still, so that two scans of an estate give the same report.
    fn now(&self) -> Timestamp {
        match self.sandbox {
            Some(_) => self.as_of,
            None => Timestamp::now(),
        }
    }
}

/// The aggregator that is to be asked, if one is.
fn aggregator_choice(args: &ScanArgs) -> anyhow::Result<Option<AggregatorChoice>> {
    let usage = |what: &str| Err(UsageError(what.to_owned()).into());
    if args.inventory.source != Some(InventorySource::ConfigAggregator) {
        return match args.inventory.aggregator.is_some() || args.inventory.aggregator_region.is_some() {
            true => usage("--aggregator and --aggregator-region mean nothing without --source config-aggregator"),
            false => Ok(None),
        };
    }
    if args.inventory.tags_from.is_some() {
        return usage("--tags-from means nothing with --source config-aggregator, which has the tags as well");
    }
    Ok(Some(AggregatorChoice {
        name: args.inventory.aggregator.clone(),
        region: args.inventory.aggregator_region.clone(),
    }))
}

/// A slice is one of several accounts.
fn check_shard(args: &ScanArgs) -> anyhow::Result<()> {
    let targets = &args.ask.targets;
    let is_list = targets.organization
        || !targets.organizational_units.is_empty()
        || !targets.accounts.is_empty()
        || targets.accounts_file.is_some();
    if args.shard.is_some() && !is_list {
        let what = "--shard takes a slice of several accounts: name them with --organization, --organizational-unit, \
                    --account or --accounts-file";
        return Err(UsageError(what.to_owned()).into());
    }
    Ok(())
}

/// The share of each request quota that may be used.
pub(super) fn api_share(ask: &AskArgs, config: &Config) -> anyhow::Result<ApiShare> {
    match (ask.api_share, &config.scan.api_share) {
        (Some(share), _) => Ok(share),
        (None, Some(share)) => share
            .parse()
            .map_err(|what| anyhow::anyhow!("[scan] api-share in the configuration: {what}")),
        (None, None) => Ok(ApiShare::DEFAULT),
    }
}

/// The Regions that are named, if any are.
pub(super) fn named_regions(ask: &AskArgs, config: &Config) -> Vec<Region> {
    if ask.regions.is_empty() {
        config.scan.regions.clone()
    } else {
        ask.regions.clone()
    }
}

pub(super) fn target_choice(args: &TargetArgs, are_listed: bool) -> anyhow::Result<TargetChoice> {
    let mut accounts: std::collections::BTreeSet<AccountId> = args.accounts.iter().cloned().collect();
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

pub(super) fn role_settings(args: &TargetArgs) -> anyhow::Result<RoleSettings> {
    if args.external_id.as_ref().is_some_and(|id| !id.is_well_formed()) {
        // It is a secret, and so not repeated.
        let what = "the external id is not one: 2 to 1224 letters, digits and _+=,.@:/-";
        return Err(UsageError(what.to_owned()).into());
    }
    Ok(RoleSettings {
        name: args.role_name.clone().unwrap_or_else(|| DEFAULT_ROLE_NAME.to_owned()),
        external_id: args.external_id.clone(),
        session_seconds: args.session_duration,
        source_identity: args.source_identity.clone(),
    })
}

/// Which AWS to ask.
pub(super) struct Aws {
    pub(super) http: SharedHttpClient,
    pub(super) endpoint: Option<String>,
    pub(super) credentials: Credentials,
    pub(super) home: Option<Region>,
    pub(super) as_of: Timestamp,
    pub(super) sandbox: Option<String>,
}

/// The AWS that is meant, and the moment: that of the run that is gone on with, the one that was asked for, or now.
pub(super) async fn choose_aws(
    ask: &AskArgs,
    asked: Option<Timestamp>,
    begun: Option<Timestamp>,
) -> anyhow::Result<Aws> {
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
