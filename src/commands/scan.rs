//! `scan`: inventories an account, or many, and answers the three questions.

mod collect;
mod place;
mod resume;

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::json;

use super::asking::{Asking, Known};
use super::judging::{self, Judging};
use super::output::OutputFolder;
use super::outputs::Outputs;
use super::previous::PreviousScan;
use super::{Exit, UsageError, log};
use crate::aws::AggregatorChoice;
use crate::cli::{InventorySource, ScanArgs};
use crate::config::{self, Config};
use crate::evidence::Origin;
use crate::facts::{Shard, TagSource};
use crate::run_record::RunRecord;
use crate::scan::LastUsageBudget;
use crate::snapshot::SnapshotReader;

use resume::Begun;

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
        None => OutputFolder::prepare(place::output(args, job.asking.as_of).as_deref(), job.asking.as_of)?,
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
    asking: Asking,
    last_usage_budget: LastUsageBudget,
    /// The aggregator that the inventory comes from, if it does not come from the services themselves.
    aggregator: Option<AggregatorChoice>,
    tags_from: TagSource,
    /// The scan to go on from.
    previous: Option<Arc<PreviousScan>>,
    /// The slice of the targets.
    shard: Option<Shard>,
    /// The flags as they were given, for whoever goes on with the run.
    arguments: ScanArgs,
}

impl Job {
    async fn new(args: &ScanArgs, begun: Option<&RunRecord>) -> anyhow::Result<Job> {
        let ask = &args.ask;
        let (config, config_file) = judging::load_config(ask.config.as_deref(), ask.threshold)?;
        let outputs = Outputs::choose(&args.report.formats, &config)?;
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
        check_shard(args)?;
        check_key(args)?;
        let known = Known {
            asked: args.as_of,
            begun: begun.map(|begun| begun.as_of),
            // Accounts that were found before are in the record of the run.
            are_listed: begun.is_some_and(|begun| begun.targets.is_some()),
        };
        let mut asking = Asking::new(ask, &config, known).await?;
        config
            .check_exceptions(asking.as_of)
            .map_err(|fault| config::invalid(fault, config_file.as_deref()))?;
        let parameters = &mut asking.parameters;
        parameters.extend([
            ("last_usage_budget".to_owned(), json!(last_usage_budget.to_string())),
            (
                "previous".to_owned(),
                json!(args.previous.as_ref().map(|path| path.display().to_string())),
            ),
        ]);
        match &aggregator {
            Some(aggregator) => parameters.extend([
                ("source".to_owned(), json!(args.inventory.source)),
                ("aggregator".to_owned(), json!(aggregator.name)),
                ("aggregator_region".to_owned(), json!(aggregator.region)),
            ]),
            // An aggregator has the tags as well.
            None => parameters.extend([("tags_from".to_owned(), json!(tags_from))]),
        }
        parameters.extend(judging::parameters(&config, config_file.as_deref()));
        Ok(Job {
            config,
            outputs,
            asking,
            last_usage_budget,
            aggregator,
            tags_from,
            previous: previous.map(Arc::new),
            shard: args.shard,
            arguments: args.clone(),
        })
    }

    /// What time it is. In the sandbox it stands still, so that two scans of an estate give the same report.
    fn now(&self) -> Timestamp {
        match self.asking.sandbox {
            Some(_) => self.asking.as_of,
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
    if args.shard.is_some() && args.as_of.is_none() && args.resume.is_none() && !args.ask.is_of_sandbox() {
        let what = "only shards of one moment can be merged: give each the same with --as-of, such as that at which the \
                    first begins";
        return Err(UsageError(what.to_owned()).into());
    }
    Ok(())
}

/// Refuses a key that is not there before the scan begins, and not when all is over.
fn check_key(args: &ScanArgs) -> anyhow::Result<()> {
    match &args.report.sign_with {
        Some(key) if !key.is_file() => {
            let what = format!(
                "there is no key {} to sign with: give the file of an OpenSSH key",
                key.display()
            );
            Err(UsageError(what).into())
        }
        _ => Ok(()),
    }
}
