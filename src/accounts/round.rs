//! The round through the accounts.

use std::future::Future;

use futures_util::{StreamExt, TryStreamExt, stream};

use crate::aws::{RegionError, RoleSettings, Session};
use crate::facts::{AccountFacts, AccountId, AccountNotEntered};
use crate::progress::Progress;
use crate::scan::{ScanPlan, scan_account};

/// How many accounts are under way at once. Requests under way are bounded over all of them, so more would hold more
/// facts in memory and not be faster.
const ACCOUNTS_AT_ONCE: usize = 8;

/// What is needed to scan account after account.
#[derive(Debug)]
pub struct Round<'a> {
    /// The caller's session.
    pub caller: &'a Session,
    /// How other accounts are entered.
    pub role: &'a RoleSettings,
    /// What to look at in each.
    pub plan: &'a ScanPlan,
    /// Where to say how far it has come.
    pub progress: &'a Progress,
}

/// What came of an account.
#[derive(Debug)]
pub enum Visit {
    /// It was scanned.
    Scanned(Box<AccountFacts>),
    /// It could not be entered.
    NotEntered(AccountNotEntered),
    /// No Region of it could be chosen.
    NoRegion(AccountId, RegionError),
}

impl Round<'_> {
    /// Visits accounts, a few at a time, and hands each to `keep` as soon as it is read: so memory follows the accounts
    /// under way. An account that cannot be entered does not keep the others from it.
    ///
    /// # Errors
    /// The first of `keep`; no further account is visited then.
    pub async fn visit<E, F>(
        &self,
        accounts: impl IntoIterator<Item = (AccountId, Option<String>)>,
        keep: impl Fn(Visit) -> F,
    ) -> Result<(), E>
    where
        F: Future<Output = Result<(), E>>,
    {
        let keep = &keep;
        stream::iter(accounts)
            .map(|(account, name)| async move {
                let visit = self.one(account, name).await;
                // Within the future of the account, so that the others go on while it is written down.
                let kept = keep(visit).await;
                self.progress.accounts().finish_one();
                kept
            })
            .buffer_unordered(ACCOUNTS_AT_ONCE)
            .try_collect::<()>()
            .await
    }

    async fn one(&self, account: AccountId, name: Option<String>) -> Visit {
        let session = if account == self.caller.account_id {
            self.caller.own_account()
        } else {
            match self.caller.enter(&account, self.role).await {
                Ok(session) => session,
                Err(error) => {
                    tracing::warn!(%account, code = %error.code, "the account cannot be entered");
                    return Visit::NotEntered(AccountNotEntered::new(account, name, error.into()));
                }
            }
        };
        match scan_account(&session, self.plan, self.progress).await {
            Ok(facts) => Visit::Scanned(Box::new(facts)),
            Err(error) => Visit::NoRegion(account, error),
        }
    }
}
