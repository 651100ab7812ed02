//! The round through the accounts.

use std::future::Future;
use std::sync::Once;
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::sync::Semaphore;

use crate::aws::{CallError, RegionError, RoleSettings, Session};
use crate::facts::{AccountFacts, AccountId, AccountNotEntered};
use crate::progress::Progress;
use crate::scan::{ScanPlan, scan_account};

/// How many accounts are under way at once. Requests under way are bounded over all of them, so more would hold more
/// facts in memory and not be faster, as long as nothing but these requests takes time.
const ACCOUNTS_AT_ONCE: usize = 8;
/// How many are at most, with those that take long: what holds them up, the pace of their quotas, throttling or a Region
/// that does not answer, is their own and holds up no other.
const WITH_SLOW_ONES: usize = 64;
/// From when on an account takes long.
const LONG: Duration = Duration::from_secs(4);

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
    let visits = accounts.into_iter().map(|(account, name)| async move {
        // Within the future of the account, so that the others go on while it is written down.
        let kept = keep(visit(account, name).await?).await;
        progress.accounts().finish_one();
        kept
    });
    make_way(visits, LONG).await
}

/// Makes visits, a few at a time. One that takes longer than `long` gives its place to another.
async fn make_way<V, E>(visits: impl Iterator<Item = V>, long: Duration) -> Result<(), E>
where
    V: Future<Output = Result<(), E>>,
{
    let places = &Semaphore::new(ACCOUNTS_AT_ONCE);
    stream::iter(visits)
        .map(|visit| async move {
            // It is never closed.
            let place = places.acquire().await.ok();
            let mut visit = Box::pin(visit);
            if let Ok(outcome) = tokio::time::timeout(long, &mut visit).await {
                return outcome;
            }
            drop(place);
            visit.await
        })
        .buffer_unordered(WITH_SLOW_ONES)
        .try_collect::<()>()
        .await
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// How many of a hundred visits that do not come to their end are begun.
    async fn begun(long: Duration) -> usize {
        let begun = &Cell::new(0);
        let visits = (0..100).map(|_| async move {
            begun.set(begun.get() + 1);
            std::future::pending::<Result<(), ()>>().await
        });
        let waiting = tokio::time::timeout(Duration::from_millis(200), make_way(visits, long)).await;
        assert!(waiting.is_err());
        begun.get()
    }

    #[tokio::test]
    async fn accounts_that_take_long_do_not_keep_others_waiting() {
        assert_eq!(begun(Duration::from_secs(60)).await, ACCOUNTS_AT_ONCE);
        assert_eq!(begun(Duration::from_millis(1)).await, WITH_SLOW_ONES);
    }

    #[tokio::test]
    async fn of_accounts_that_are_quick_only_a_few_are_under_way() {
        let (now, most) = (&Cell::new(0), &Cell::new(0));
        let visits = (0..100).map(|_| async move {
            now.set(now.get() + 1);
            most.set(most.get().max(now.get()));
            tokio::task::yield_now().await;
            now.set(now.get() - 1);
            Ok::<(), ()>(())
        });
        assert_eq!(make_way(visits, Duration::from_secs(60)).await, Ok(()));
        assert_eq!(most.get(), ACCOUNTS_AT_ONCE);
    }

    #[tokio::test]
    async fn the_first_failure_ends_the_round() {
        let visited = &Cell::new(0);
        let visits = (0..100).map(|number| async move {
            visited.set(visited.get() + 1);
            if number == 3 { Err("full disk") } else { Ok(()) }
        });
        assert_eq!(make_way(visits, Duration::from_secs(60)).await, Err("full disk"));
        assert!(visited.get() < 100, "{}", visited.get());
    }
}
