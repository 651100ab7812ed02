//! `scan`: inventories an account, or many, and answers the three questions.

mod collect;
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
use super::{Exit, UsageError};
use crate::accounts::TargetChoice;
use crate::aws::{
    AggregatorChoice, ApiShare, Credentials, DEFAULT_ROLE_NAME, RegionChoice, RoleSettings, SessionSettings, Stop,
};
use crate::cli::{InventorySource, ScanArgs, TargetArgs};
use crate::config::{self, Config};
use crate::facts::{AccountId, Region, TagSource};
use crate::run_record::RunRecord;
#[cfg(feature = "sandbox")]
use crate::sandbox::{Served, ServedError};
use crate::scan::LastUsageBudget;
use crate::snapshot::SnapshotReader;
use crate::visible::visible;

use resume::Begun;

/// How far back the peak is looked for: CloudWatch keeps minutes for 15 days.
const WINDOW_DAYS: u32 = 14;

pub(super) fn run(args: &ScanArgs) -> anyhow::Result<Exit> {
    super::log::start(args.verbose);
    let Some(folder) = &args.resume else {
        return begin_or_go_on(args, None);
    };
    let (args, begun) = resume::open(folder, args)?;
    begin_or_go_on(&args, Some(begun))
}

fn begin_or_go_on(args: &ScanArgs, begun: Option<Begun>) -> anyhow::Result<Exit> {
    let runtime = super::runtime()?;
    let record = begun.as_ref().map(|begun| begun.record.clone());
    let job = runtime.block_on(Job::new(args, record.as_ref()))?;
    let mut output = match begun {
        Some(begun) => begun.output,
        None => OutputFolder::prepare(args.out.as_deref(), job.as_of)?,
    };
    job.outputs.check_apart(output.path())?;
    let outcome = runtime.block_on(job.collect(&mut output, record.as_ref()));
    runtime.shutdown_background();
    let signal = outcome?;
    let snapshot = SnapshotReader::open(&output.path().join("snapshot"))?;
    let judging = Judging {
        config: &job.config,
        snapshot: &snapshot,
        scan: snapshot.scan.clone(),
        judged: None,
        outputs: &job.outputs,
        sign_with: args.sign_with.as_deref(),
        fail_on: args.fail_on,
        fail_on_gaps: args.fail_on_gaps,
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
    role: RoleSettings,
    /// The flags as they were given, for whoever goes on with the run.
    arguments: ScanArgs,
    parameters: BTreeMap<String, Value>,
    /// The estate, where it is not AWS that is scanned.
    sandbox: Option<String>,
}

impl Job {
    async fn new(args: &ScanArgs, begun: Option<&RunRecord>) -> anyhow::Result<Job> {
        let (config, config_file) = judging::load_config(args.config.as_deref(), args.threshold)?;
        let outputs = Outputs::choose(&args.formats, &config)?;
        let api_share = match (args.api_share, &config.scan.api_share) {
            (Some(share), _) => share,
            (None, Some(share)) => share
                .parse()
                .map_err(|what| anyhow::anyhow!("[scan] api-share in the configuration: {what}"))?,
            (None, None) => ApiShare::DEFAULT,
        };
        let last_usage_budget = match (args.last_usage_budget, &config.scan.last_usage_budget) {
            (Some(budget), _) => budget,
            (None, Some(budget)) => budget
                .parse()
                .map_err(|what| anyhow::anyhow!("[scan] last-usage-budget in the configuration: {what}"))?,
            (None, None) => LastUsageBudget::default(),
        };
        let aggregator = aggregator_choice(args)?;
        let tags_from = args.tags_from.or(config.scan.tags_from).unwrap_or_default();
        let previous = args.previous.as_deref().map(PreviousScan::open).transpose()?;
        let named = if args.regions.is_empty() {
            config.scan.regions.clone()
        } else {
            args.regions.clone()
        };
        let regions = match named.as_slice() {
            [] => RegionChoice::Enabled,
            named => RegionChoice::Named(named.to_vec()),
        };
        // Accounts that were found before are in the record of the run.
        let listed = begun.is_some_and(|begun| begun.targets.is_some());
        let targets = target_choice(&args.targets, listed)?;
        let role = role_settings(&args.targets)?;
        let aws = choose_aws(args, begun.map(|begun| begun.as_of)).await?;
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
                ("source".to_owned(), json!(args.source)),
                ("aggregator".to_owned(), json!(aggregator.name)),
                ("aggregator_region".to_owned(), json!(aggregator.region)),
            ]);
        }
        parameters.extend(judging::parameters(&config, config_file.as_deref()));
        if args.targets.are_named() {
            parameters.extend([
                ("targets".to_owned(), json!(args.targets)),
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
    if args.source != Some(InventorySource::ConfigAggregator) {
        return match args.aggregator.is_some() || args.aggregator_region.is_some() {
            true => usage("--aggregator and --aggregator-region mean nothing without --source config-aggregator"),
            false => Ok(None),
        };
    }
    if args.tags_from.is_some() {
        return usage("--tags-from means nothing with --source config-aggregator, which has the tags as well");
    }
    Ok(Some(AggregatorChoice {
        name: args.aggregator.clone(),
        region: args.aggregator_region.clone(),
    }))
}

fn target_choice(args: &TargetArgs, are_listed: bool) -> anyhow::Result<TargetChoice> {
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

fn role_settings(args: &TargetArgs) -> anyhow::Result<RoleSettings> {
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
struct Aws {
    http: SharedHttpClient,
    endpoint: Option<String>,
    credentials: Credentials,
    home: Option<Region>,
    as_of: Timestamp,
    sandbox: Option<String>,
}

async fn choose_aws(args: &ScanArgs, as_of: Option<Timestamp>) -> anyhow::Result<Aws> {
    #[cfg(feature = "sandbox")]
    if let Some(estate) = &args.sandbox {
        return choose_sandbox(estate.as_deref()).await;
    }
    Ok(Aws {
        http: crate::aws::http_client()?,
        endpoint: None,
        credentials: Credentials::Resolved {
            profile: args.profile.clone(),
        },
        home: None,
        as_of: match as_of {
            Some(as_of) => as_of,
            // Whole seconds: it names the folder and stands in every report.
            None => Timestamp::from_second(Timestamp::now().as_second())?,
        },
        sandbox: None,
    })
}

/// The one place that knows of the sandbox: through its door in this process, or through that of a server.
#[cfg(feature = "sandbox")]
async fn choose_sandbox(estate: Option<&Path>) -> anyhow::Result<Aws> {
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
    Ok(Aws {
        http,
        endpoint,
        credentials: Credentials::Invented,
        home: Some(description.home_region),
        as_of: description.as_of,
        sandbox: Some(description.name),
    })
}
