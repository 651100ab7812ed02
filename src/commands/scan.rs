//! `scan`: inventories an account and answers the three questions.

use std::collections::BTreeMap;
#[cfg(feature = "sandbox")]
use std::path::Path;
use std::sync::Arc;

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::judging::{self, Judging};
use super::output::OutputFolder;
use super::previous::PreviousScan;
use super::progress_bar::Display;
use super::signals::Signal;
use super::{Exit, StoppedEarly, UsageError};
use crate::aws::{ApiShare, Credentials, RegionChoice, RegionError, Session, SessionSettings, Stop, UsageWindow};
use crate::cli::ScanArgs;
use crate::config::{self, Config};
use crate::facts::{Region, ScanFacts};
use crate::progress::Progress;
#[cfg(feature = "sandbox")]
use crate::sandbox::{Served, ServedError};
use crate::scan::{LastUsageBudget, LastUsagePlan, ScanPlan, scan_account};
use crate::snapshot::{SnapshotReader, SnapshotWriter};

/// How far back the peak is looked for: CloudWatch keeps minutes for 15 days.
const WINDOW_DAYS: u32 = 14;

pub(super) fn run(args: &ScanArgs) -> anyhow::Result<Exit> {
    super::log::start(args.verbose);
    let runtime = super::runtime()?;
    let job = runtime.block_on(Job::new(args))?;
    let mut output = OutputFolder::prepare(args.out.as_deref(), job.as_of)?;
    let outcome = runtime.block_on(job.collect(&mut output));
    runtime.shutdown_background();
    let signal = outcome?;
    let snapshot = SnapshotReader::open(&output.path().join("snapshot"))?;
    let judging = Judging {
        config: &job.config,
        snapshot: &snapshot,
        scan: snapshot.scan.clone(),
        judged: None,
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
    as_of: Timestamp,
    regions: RegionChoice,
    last_usage_budget: LastUsageBudget,
    /// The scan to go on from.
    previous: Option<PreviousScan>,
    settings: SessionSettings,
    parameters: BTreeMap<String, Value>,
    /// The estate, where it is not AWS that is scanned.
    sandbox: Option<String>,
}

impl Job {
    async fn new(args: &ScanArgs) -> anyhow::Result<Job> {
        let (config, config_file) = judging::load_config(args.config.as_deref(), args.threshold)?;
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
        let aws = choose_aws(args).await?;
        config
            .check_exceptions(aws.as_of)
            .map_err(|fault| config::invalid(fault, config_file.as_deref()))?;
        let fallback_region = aws.home.or_else(|| named.first().cloned());
        let mut parameters = BTreeMap::from([
            ("regions".to_owned(), json!(named)),
            ("api_share".to_owned(), json!(api_share.to_string())),
            ("window_days".to_owned(), json!(WINDOW_DAYS)),
            ("last_usage_budget".to_owned(), json!(last_usage_budget.to_string())),
            (
                "previous".to_owned(),
                json!(args.previous.as_ref().map(|path| path.display().to_string())),
            ),
        ]);
        parameters.extend(judging::parameters(&config, config_file.as_deref()));
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
            regions,
            last_usage_budget,
            previous,
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

    /// Reads the account and writes the snapshot. Says which signal stopped it, if one did.
    async fn collect(&self, output: &mut OutputFolder) -> anyhow::Result<Option<u8>> {
        let started_at = self.now();
        let signal = Signal::listen(self.settings.stop.clone());
        let session = match Session::open(self.settings.clone()).await {
            Ok(session) => session,
            Err(error) => {
                return Err(signal
                    .heard()
                    .map_or_else(|| error.into(), |signal| StoppedEarly(signal).into()));
            }
        };
        let progress = Arc::new(Progress::default());
        let display = Display::start(progress.clone());
        let plan = self.plan(&session)?;
        let scanned = scan_account(&session, &plan, &progress).await;
        drop(display);
        let account = scanned.map_err(|error| match error {
            RegionError::Unknown { .. } => anyhow::Error::new(UsageError(error.to_string())),
            RegionError::UnknownPartition(_) => anyhow::Error::new(error),
        })?;
        let scan = ScanFacts {
            as_of: self.as_of,
            started_at,
            finished_at: self.now(),
            interrupted: self.settings.stop.is_requested(),
            sandbox: self.sandbox.clone(),
            caller_arn: session.caller_arn.clone(),
            partition: session.partition.clone(),
            accounts: vec![account.account_id.clone()],
            parameters: self.parameters.clone(),
        };
        output.keep();
        let writer = SnapshotWriter::create(&output.path().join("snapshot"))?;
        writer.write_account(&account)?;
        writer.finish(&scan)?;
        Ok(signal.heard())
    }

    /// What to read of the account of this session.
    fn plan(&self, session: &Session) -> anyhow::Result<ScanPlan> {
        let previous = self.previous.as_ref();
        let earlier = previous.map(|previous| previous.last_usage(&session.account_id));
        Ok(ScanPlan {
            as_of: self.as_of,
            regions: self.regions.clone(),
            window: UsageWindow::before(self.as_of, WINDOW_DAYS),
            justification: self.config.justification.clone(),
            threshold_percent: self.config.quota.threshold_percent,
            last_usage: LastUsagePlan {
                budget: self.last_usage_budget,
                earlier: earlier.transpose()?.unwrap_or_default(),
            },
        })
    }
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

async fn choose_aws(args: &ScanArgs) -> anyhow::Result<Aws> {
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
        // Whole seconds: it names the folder and stands in every report.
        as_of: Timestamp::from_second(Timestamp::now().as_second())?,
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
