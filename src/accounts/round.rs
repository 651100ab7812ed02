//! The round through the accounts.

use std::future::Future;
use std::sync::Once;

use futures_util::{StreamExt, TryStreamExt, stream};

use crate::aws::{CallError, RegionError, RoleSettings, Session};
use crate::facts::{AccountFacts, AccountId, AccountNotEntered};
use crate::progress::Progress;
use crate::scan::{ScanPlan, scan_account};

/// How many accounts are under way at once. Requests under way are bounded over all of them, so more would hold more
/// facts in memory and not be faster.
const ACCOUNTS_AT_ONCE: usize = 8;

/// What is needed to scan account after account.
#[derive(Debug)]
pub struct Round<'a> {
    caller: &'a Session,
    role: &'a RoleSettings,
    pub(super) progress: &'a Progress,
    advice: Once,
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

impl<'a> Round<'a> {
    /// A round that begins with the caller's session, enters other accounts by a role, and says how far it has come.
    pub fn new(caller: &'a Session, role: &'a RoleSettings, progress: &'a Progress) -> Self {
        Round {
            caller,
            role,
            progress,
            advice: Once::new(),
        }
    }

    /// Visits accounts, a few at a time. What to look at in one comes from `plan`, once it is entered, and what was read
    /// goes to `keep` at once: so memory follows the accounts under way. An account that cannot be entered does not keep
    /// the others from it.
    ///
    /// # Errors
    /// The first of `plan` or `keep`; no further account is visited then.
    pub async fn visit<E, P, K>(
        &self,
        accounts: impl IntoIterator<Item = (AccountId, Option<String>)>,
        plan: impl Fn(AccountId) -> P,
        keep: impl Fn(Visit) -> K,
    ) -> Result<(), E>
    where
        P: Future<Output = Result<ScanPlan, E>>,
        K: Future<Output = Result<(), E>>,
    {
        let visit = async |account, name| match self.enter(account, name).await {
            Ok(session) => Ok(self.look(&session, &plan(session.account_id.clone()).await?).await),
            Err(not_entered) => Ok(Visit::NotEntered(not_entered)),
        };
        visit_each(accounts, self.progress, visit, keep).await
    }

    pub(super) async fn enter(
        &self,
        account: AccountId,
        name: Option<String>,
    ) -> Result<Session, AccountNotEntered> {
        if account == self.caller.account_id {
            return Ok(self.caller.own_account());
        }
        self.caller.enter(&account, self.role).await.map_err(|error| {
            tracing::warn!(%account, code = %error.code, detail = %error.message, "the account cannot be entered");
            self.advise(&error);
            AccountNotEntered::new(account, name, error.into())
        })
    }

    /// Says once what the user can do where sessions were to last too long: most likely it is so in every account.
    fn advise(&self, error: &CallError) {
        if error.says_session_too_long() {
            self.advice.call_once(|| {
                tracing::warn!(
                    "the sessions are to last longer than AWS allows: --session-duration may ask for no more than the \
                     MaxSessionDuration of the role, and for no more than 3600 seconds where the credentials are themselves \
                     those of a role, as on EC2 or in a pipeline"
                );
            });
        }
    }

    async fn look(&self, session: &Session, plan: &ScanPlan) -> Visit {
        match scan_account(session, plan, self.progress).await {
            Ok(facts) => Visit::Scanned(Box::new(facts)),
            Err(error) => Visit::NoRegion(session.account_id.clone(), error),
        }
    }
}

/// Visits accounts by a function, a few at a time, and hands on at once what came of each.
///
/// # Errors
/// The first of `visit` or `keep`; no further account is visited then.
pub(super) async fn visit_each<E, K>(
    accounts: impl IntoIterator<Item = (AccountId, Option<String>)>,
    progress: &Progress,
    visit: impl AsyncFn(AccountId, Option<String>) -> Result<Visit, E>,
    keep: impl Fn(Visit) -> K,
) -> Result<(), E>
where
    K: Future<Output = Result<(), E>>,
{
    let (visit, keep) = (&visit, &keep);
    stream::iter(accounts)
        .map(|(account, name)| async move {
            // Within the future of the account, so that the others go on while it is written down.
            let kept = keep(visit(account, name).await?).await;
            progress.accounts().finish_one();
            kept
        })
        .buffer_unordered(ACCOUNTS_AT_ONCE)
        .try_collect::<()>()
        .await
}
