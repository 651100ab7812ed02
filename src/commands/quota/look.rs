//! Looking: who asks, which accounts, their quotas.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::json;

use super::super::asking::{Asking, Known, WINDOW_DAYS, no_region, region_error};
use super::super::progress_bar::Display;
use super::super::{UsageError, judging};
use super::pools;
use crate::accounts::{KeptSessions, QuotaRound, Round, Visit, choose_targets};
use crate::assessment::{AccountQuotas, QuotaCheck, judge_quotas};
use crate::aws::{RegionError, Session, Stop, UsageWindow};
use crate::cli::QuotaArgs;
use crate::facts::{AccountId, AccountNotEntered, ScanFacts};
use crate::progress::Progress;
use crate::published;
use crate::scan::QuotaPlan;

/// What the flags, the environment and the configuration together ask for, and what is kept from round to round.
pub(super) struct Look {
    asking: Asking,
    pools: BTreeSet<String>,
    threshold_percent: f64,
    /// The sessions for the next round, where there will be one.
    kept: Option<KeptSessions>,
    has_looked: Cell<bool>,
    quiet: bool,
}

impl Look {
    pub(super) async fn new(args: &QuotaArgs) -> anyhow::Result<Look> {
        let ask = &args.ask;
        let (config, config_file) = judging::load_config(ask.config.as_deref(), ask.threshold)?;
        let mut asking = Asking::new(ask, &config, Known::default()).await?;
        let pools: BTreeSet<String> = args.pools.iter().map(|pool| pools::whole(pool.trim())).collect();
        let threshold_percent = config.quota.threshold_percent;
        asking.parameters.extend([
            ("pools".to_owned(), json!(pools)),
            ("threshold_percent".to_owned(), json!(threshold_percent)),
            (
                "config_file".to_owned(),
                json!(config_file.map(|path| path.display().to_string())),
            ),
        ]);
        Ok(Look {
            asking,
            pools,
            threshold_percent,
            kept: args.watch.is_some().then(KeptSessions::default),
            has_looked: Cell::new(false),
            quiet: ask.quiet,
        })
    }

    /// How the look is asked to end.
    pub(super) fn stop(&self) -> Stop {
        self.asking.settings.stop.clone()
    }

    /// Finds out who is asking.
    pub(super) async fn open_session(&self) -> anyhow::Result<Session> {
        Ok(Session::open(self.asking.settings.clone()).await?)
    }

    /// Looks at the quotas of every account, as they are now.
    pub(super) async fn round(&self, session: &Session) -> anyhow::Result<QuotaCheck> {
        let started_at = self.now()?;
        // Of the first round, the moment that the command line was read; it names the window in the sandbox too.
        let as_of = if self.has_looked.replace(true) {
            started_at
        } else {
            self.asking.as_of
        };
        self.asking.check_regions(session).await?;
        let targets = choose_targets(session, &self.asking.targets).await?;
        if targets.to_scan.is_empty() {
            anyhow::bail!(
                "there is no account to look at: of {} that were found, each is skipped for its state or by \
                 --exclude-account",
                targets.listed()
            );
        }
        let accounts_listed = targets.listed();
        let found = self.visit(session, as_of, targets.to_scan).await?;
        let scan = ScanFacts {
            as_of,
            started_at,
            finished_at: self.now()?,
            interrupted: self.asking.settings.stop.is_requested(),
            sandbox: self.asking.sandbox.clone(),
            caller_arn: session.caller_arn.clone(),
            partition: session.partition.clone(),
            accounts: found.accounts.keys().cloned().collect(),
            accounts_listed,
            accounts_skipped: targets.skipped,
            shard: None,
            accounts_in_other_shards: Vec::new(),
            accounts_not_entered: found.not_entered.into_values().collect(),
            account_listing: targets.listing,
            parameters: self.asking.parameters.clone(),
            api_calls: session.take_api_calls(),
        };
        let check = QuotaCheck::new(scan, self.threshold_percent, &self.pools, found.accounts.into_values());
        self.check_pools(&check)?;
        Ok(check)
    }

    async fn visit(
        &self,
        session: &Session,
        as_of: Timestamp,
        accounts: BTreeMap<AccountId, Option<String>>,
    ) -> anyhow::Result<Found> {
        let progress = Arc::new(Progress::default());
        progress.accounts().find(accounts.len());
        let _display = Display::start(progress.clone(), self.quiet);
        let plan = QuotaPlan {
            regions: self.asking.regions.clone(),
            window: UsageWindow::before(as_of, WINDOW_DAYS),
            pools: self.pools.clone(),
        };
        let round = QuotaRound {
            round: Round::new(session, &self.asking.role, &progress),
            plan: &plan,
            kept: self.kept.as_ref(),
        };
        let found = RefCell::new(Found::default());
        round
            .visit(accounts, |visit| self.note(&mut found.borrow_mut(), visit))
            .await;
        let found = found.into_inner();
        match found.no_region {
            Some(error) => Err(region_error(error)),
            None => Ok(found),
        }
    }

    /// What was read of an account is judged and let go at once.
    fn note(&self, found: &mut Found, visit: Visit) {
        match visit {
            Visit::Scanned(account) => {
                let account_id = account.account_id.clone();
                let judged = judge_quotas(*account, self.threshold_percent, &self.pools);
                found.accounts.insert(account_id, judged);
            }
            Visit::NotEntered(account) => {
                found.not_entered.insert(account.account_id.clone(), account);
            }
            Visit::NoRegion(_, error) if self.asking.targets.is_own_account() => found.no_region = Some(error),
            Visit::NoRegion(account, error) => {
                found.not_entered.insert(account.clone(), no_region(account, &error));
            }
        }
    }

    /// A pool that AWS may add later is known once Service Quotas has named it, so names are checked last.
    fn check_pools(&self, check: &QuotaCheck) -> anyhow::Result<()> {
        let mut known: BTreeSet<&str> = published::pools();
        known.extend(check.pools.iter().map(String::as_str));
        let Some(unknown) = self.pools.iter().find(|pool| !known.contains(pool.as_str())) else {
            return Ok(());
        };
        Err(UsageError(pools::unknown(unknown, known)).into())
    }

    /// What time it is, in whole seconds. In the sandbox it stands still.
    fn now(&self) -> anyhow::Result<Timestamp> {
        match self.asking.sandbox {
            Some(_) => Ok(self.asking.as_of),
            None => Ok(Timestamp::from_second(Timestamp::now().as_second())?),
        }
    }
}

/// What became of the accounts.
#[derive(Default)]
struct Found {
    accounts: BTreeMap<AccountId, AccountQuotas>,
    not_entered: BTreeMap<AccountId, AccountNotEntered>,
    no_region: Option<RegionError>,
}
