//! The round through the accounts where only their request quotas are looked at, and which may be made again and again.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Mutex, PoisonError};

use super::round::{Round, Visit, visit_each};
use crate::aws::Session;
use crate::facts::{AccountFacts, AccountId, AccountNotEntered, gaps};
use crate::scan::{QuotaPlan, scan_quotas};

/// The sessions of accounts that are entered, for the next round: their credentials, their pace and their connections.
#[derive(Debug, Default)]
pub struct KeptSessions(Mutex<BTreeMap<AccountId, Session>>);

impl KeptSessions {
    fn take(&self, account: &AccountId) -> Option<Session> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(account)
    }

    fn put(&self, session: Session) {
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.insert(session.account_id.clone(), session);
    }
}

/// What is needed to look at the quotas of account after account.
#[derive(Debug)]
pub struct QuotaRound<'a> {
    /// How accounts are entered.
    pub round: Round<'a>,
    /// What to look at.
    pub plan: &'a QuotaPlan,
    /// The sessions of the round before, and for the next; `None` where there is none.
    pub kept: Option<&'a KeptSessions>,
}

impl QuotaRound<'_> {
    /// Visits accounts, a few at a time, and hands on at once what came of each: so memory follows the accounts under
    /// way. An account that cannot be entered does not keep the others from it.
    pub async fn visit(
        &self,
        accounts: impl IntoIterator<Item = (AccountId, Option<String>)>,
        keep: impl Fn(Visit),
    ) {
        let visit = async |account, name| Ok::<_, Infallible>(self.look(account, name).await);
        let keep = |visit| {
            keep(visit);
            std::future::ready(Ok(()))
        };
        let Ok(()) = visit_each(accounts, self.round.progress, visit, keep).await;
    }

    async fn look(&self, account: AccountId, name: Option<String>) -> Visit {
        let entered = match self.enter(account, name).await {
            Ok(entered) => entered,
            Err(not_entered) => return Visit::NotEntered(not_entered),
        };
        // Calls are counted round by round; what it took to enter the account is in the session itself.
        let session = entered.own_account();
        let mut facts = match scan_quotas(&session, self.plan, self.round.progress).await {
            Ok(facts) => facts,
            Err(error) => return Visit::NoRegion(entered.account_id, error),
        };
        facts.api_calls.extend(entered.take_api_calls());
        self.keep_session(entered, &facts);
        Visit::Scanned(Box::new(facts))
    }

    async fn enter(&self, account: AccountId, name: Option<String>) -> Result<Session, AccountNotEntered> {
        match self.kept.and_then(|kept| kept.take(&account)) {
            Some(session) => Ok(session),
            None => self.round.enter(account, name).await,
        }
    }

    /// A session with which something could not be read is not kept: its credentials may be the reason.
    fn keep_session(&self, session: Session, facts: &AccountFacts) {
        if let Some(kept) = self.kept
            && gaps(facts).is_empty()
        {
            kept.put(session);
        }
    }
}
