//! Collecting: which accounts, one after the other, into the snapshot.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use serde_json::Value;
use tokio::sync::RwLock;

use super::super::StoppedEarly;
use super::super::asking::{WINDOW_DAYS, no_region, region_error};
use super::super::output::OutputFolder;
use super::super::progress_bar::Display;
use super::super::signals::Signal;
use super::Job;
use super::resume::Rest;
use crate::accounts::{Round, Targets, Visit, choose_targets};
use crate::aws::{Aggregate, AggregatorChoice, Session, UsageWindow, read_aggregator};
use crate::facts::{AccountFacts, AccountId, AccountNotEntered, ScanFacts};
use crate::progress::Progress;
use crate::run_record::RunRecord;
use crate::scan::{Inventory, LastUsagePlan, ScanPlan};
use crate::snapshot::SnapshotWriter;

/// The service of the calls that read an aggregator.
const AGGREGATOR_SERVICE: &str = "config";

impl Job {
    /// Reads the accounts and writes the snapshot, or what is missing of it. Says which signal stopped it, if one did.
    pub(super) async fn collect(
        &self,
        output: &mut OutputFolder,
        begun: Option<&RunRecord>,
    ) -> anyhow::Result<Option<u8>> {
        let signal = Signal::listen(self.asking.settings.stop.clone());
        let or_stopped = |error: anyhow::Error| signal.heard().map_or(error, |signal| StoppedEarly(signal).into());
        let mut record = self.record()?;
        let session = Session::open(self.asking.settings.clone())
            .await
            .map_err(|error| or_stopped(error.into()))?;
        record.caller_account = session.account_id.clone();
        record.partition = session.partition.clone();
        if let Some(begun) = begun {
            begun.check_same(&record, output.path())?;
            record.started_at = begun.started_at;
            record.targets = begun.targets.clone();
            record.api_calls = begun.api_calls.clone();
        }
        // Those of the list and of the aggregator, where another process has made them.
        let mut calls_before = record.api_calls.clone();
        self.asking.check_regions(&session).await?;
        let targets = match &record.targets {
            Some(targets) => targets.clone(),
            None => {
                let targets = self.find_targets(&session).await.map_err(or_stopped)?;
                let calls = session.api_calls().into_iter();
                record.api_calls = calls.filter(|calls| calls.service == "organizations").collect();
                targets
            }
        };
        // A list that was cut short is asked for again.
        record.targets = Some(targets.clone()).filter(|targets| targets.listing.unavailable().is_none());
        let rest = match begun {
            Some(begun) => Rest::of(&targets, begun, output)?,
            None => Rest::all(&targets),
        };
        record.write(output.path())?;
        let mut aggregate = None;
        if let Some(choice) = self
            .aggregator
            .as_ref()
            .filter(|_| !rest.to_ask.is_empty() || begun.is_none())
        {
            aggregate = Some(self.aggregate(&session, choice, &targets).await.map_err(or_stopped)?);
            // It was read anew, and counts once: those of a process that was killed on the way are lost, as elsewhere.
            calls_before.retain(|calls| calls.service != AGGREGATOR_SERVICE);
            record.api_calls.retain(|calls| calls.service != AGGREGATOR_SERVICE);
            let calls = session.api_calls().into_iter();
            record
                .api_calls
                .extend(calls.filter(|calls| calls.service == AGGREGATOR_SERVICE));
            record.write(output.path())?;
        }
        let collected = self.visit(&session, rest, output, aggregate).await?;
        output.keep();
        let mut api_calls = calls_before;
        api_calls.extend(session.api_calls());
        // In one order, whichever process has made them.
        api_calls.sort_by(|a, b| (&a.service, &a.operation).cmp(&(&b.service, &b.operation)));
        let scan = ScanFacts {
            api_calls,
            ..self.scan_facts(&session, &record, targets, collected)
        };
        SnapshotWriter::create(&output.path().join("snapshot"))?.finish(&scan)?;
        Ok(signal.heard())
    }

    async fn find_targets(&self, session: &Session) -> anyhow::Result<Targets> {
        let targets = choose_targets(session, &self.asking.targets).await?;
        if targets.to_scan.is_empty() {
            anyhow::bail!(
                "there is no account to scan: of {} that were found, each is skipped for its state or by \
                 --exclude-account",
                targets.listed()
            );
        }
        Ok(match self.shard {
            // A slice may be empty, and another not.
            Some(shard) => targets.of_shard(shard),
            None => targets,
        })
    }

    /// What this run is asked for. Whose credentials these are is not known yet.
    fn record(&self) -> anyhow::Result<RunRecord> {
        let Value::Object(arguments) = serde_json::to_value(&self.arguments)? else {
            anyhow::bail!("the flags cannot be written down");
        };
        Ok(RunRecord {
            tool_version: RunRecord::tool_version(),
            operations: RunRecord::operations(),
            as_of: self.asking.as_of,
            started_at: self.now(),
            sandbox: self.asking.sandbox.clone(),
            caller_account: AccountId::new(""),
            partition: String::new(),
            arguments,
            external_id: self.asking.role.external_id.is_some(),
            parameters: self.asking.parameters.clone(),
            targets: None,
            api_calls: Vec::new(),
        })
    }

    /// What AWS Config knows of the accounts, where the inventory comes from there. All of them are asked for, also where
    /// some were finished before or belong to another shard: what narrows a query decides how many calls it takes, and a run
    /// that is gone on with or merged
    /// is to say the same of itself as one that was neither.
    async fn aggregate(
        &self,
        session: &Session,
        choice: &AggregatorChoice,
        targets: &Targets,
    ) -> anyhow::Result<Arc<Aggregate>> {
        let elsewhere = targets.elsewhere.iter().filter(|account| account.state.is_none());
        let elsewhere = elsewhere.map(|account| account.account_id.clone());
        let accounts = targets.to_scan.keys().cloned().chain(elsewhere).collect();
        let aggregate = read_aggregator(session, choice, &accounts, &self.asking.regions).await?;
        Ok(Arc::new(aggregate))
    }

    async fn visit(
        &self,
        session: &Session,
        rest: Rest,
        output: &mut OutputFolder,
        aggregate: Option<Arc<Aggregate>>,
    ) -> anyhow::Result<Collected> {
        let progress = Arc::new(Progress::default());
        let display = Display::start(progress.clone(), self.arguments.ask.quiet);
        progress.accounts().find(rest.to_ask.len());
        let round = Round::new(session, &self.asking.role, &progress);
        let keeping = Keeping {
            snapshot: output.path().join("snapshot"),
            has_one_account: self.asking.targets.is_own_account(),
            has_written: Cell::new(false),
            writing: Arc::default(),
            collected: RefCell::new(Collected {
                accounts: rest.finished,
                not_entered: Vec::new(),
            }),
        };
        let plan = |account| self.plan(account, aggregate.clone());
        let visited = round.visit(rest.to_ask, plan, |visit| keeping.keep(visit)).await;
        drop(display);
        // After an error the others may still be written down: not in their middle is the program to end.
        let _written = keeping.writing.write().await;
        if keeping.has_written.get() {
            output.keep();
        }
        visited?;
        let mut collected = keeping.collected.into_inner();
        collected.accounts.sort();
        collected.not_entered.sort_by(|a, b| a.account_id.cmp(&b.account_id));
        Ok(collected)
    }

    /// What to look at in an account. What is on disk is read on a thread of its own, so that the other accounts go on
    /// meanwhile.
    async fn plan(&self, account: AccountId, aggregate: Option<Arc<Aggregate>>) -> anyhow::Result<ScanPlan> {
        let inventory = match aggregate {
            Some(aggregate) => {
                let account = account.clone();
                let recorded = tokio::task::spawn_blocking(move || aggregate.account(&account)).await?;
                Inventory::Config(Box::new(
                    recorded.context("cannot read what AWS Config said of an account")?,
                ))
            }
            None => Inventory::Services,
        };
        let earlier = match self.previous.clone() {
            Some(previous) => tokio::task::spawn_blocking(move || previous.last_usage(&account)).await??,
            None => HashMap::new(),
        };
        Ok(ScanPlan {
            as_of: self.asking.as_of,
            regions: self.asking.regions.clone(),
            window: UsageWindow::before(self.asking.as_of, WINDOW_DAYS),
            inventory,
            tags_from: self.tags_from,
            justification: self.config.justification.clone(),
            threshold_percent: self.config.quota.threshold_percent,
            last_usage: LastUsagePlan {
                budget: self.last_usage_budget,
                earlier,
            },
        })
    }

    fn scan_facts(
        &self,
        session: &Session,
        record: &RunRecord,
        targets: Targets,
        collected: Collected,
    ) -> ScanFacts {
        ScanFacts {
            as_of: self.asking.as_of,
            started_at: record.started_at,
            finished_at: self.now(),
            interrupted: self.asking.settings.stop.is_requested(),
            sandbox: self.asking.sandbox.clone(),
            caller_arn: session.caller_arn.clone(),
            partition: session.partition.clone(),
            accounts: collected.accounts,
            accounts_listed: targets.listed(),
            accounts_skipped: targets.skipped,
            accounts_not_entered: collected.not_entered,
            shard: self.shard,
            accounts_in_other_shards: targets.elsewhere,
            account_listing: targets.listing,
            parameters: self.asking.parameters.clone(),
            api_calls: Vec::new(),
        }
    }
}

/// What became of the accounts.
struct Collected {
    accounts: Vec<AccountId>,
    not_entered: Vec<AccountNotEntered>,
}

/// Writes down what came of each account.
struct Keeping {
    snapshot: PathBuf,
    has_one_account: bool,
    has_written: Cell<bool>,
    /// Held by each account for as long as it is written down.
    writing: Arc<RwLock<()>>,
    collected: RefCell<Collected>,
}

impl Keeping {
    async fn keep(&self, visit: Visit) -> anyhow::Result<()> {
        match visit {
            Visit::Scanned(account) => {
                let account_id = account.account_id.clone();
                self.has_written.set(true);
                self.write(account).await?;
                self.collected.borrow_mut().accounts.push(account_id);
            }
            Visit::NotEntered(account) => self.collected.borrow_mut().not_entered.push(account),
            Visit::NoRegion(_, error) if self.has_one_account => return Err(region_error(error)),
            Visit::NoRegion(account, error) => {
                let account = no_region(account, &error);
                self.collected.borrow_mut().not_entered.push(account);
            }
        }
        Ok(())
    }

    /// Compressing and waiting for the disk take a thread of their own, so that the other accounts go on meanwhile.
    async fn write(&self, account: Box<AccountFacts>) -> anyhow::Result<()> {
        let snapshot = self.snapshot.clone();
        let under_way = self.writing.clone().read_owned().await;
        let written = tokio::task::spawn_blocking(move || {
            let _under_way = under_way;
            SnapshotWriter::create(&snapshot).and_then(|writer| writer.write_account(&account))
        });
        written.await?.with_context(|| {
            let folder = self.snapshot.parent().unwrap_or(&self.snapshot).display();
            format!(
                "what was read cannot be written down; the accounts before are kept, and `kms-audit scan --resume \
                 {folder}` goes on with the rest"
            )
        })
    }
}
