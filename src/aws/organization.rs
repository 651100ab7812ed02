//! Which accounts does an organization have, or one of its units?

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_organizations::types::{Account, AccountState, AccountStatus};
use serde::{Deserialize, Serialize};

use super::call::Caller;
use super::error::CallError;
use super::operations::{
    ORGANIZATIONS_LIST_ACCOUNTS as LIST_ACCOUNTS, ORGANIZATIONS_LIST_ACCOUNTS_FOR_PARENT as LIST_OF_UNIT,
    ORGANIZATIONS_LIST_UNITS_FOR_PARENT as LIST_UNITS, Operation,
};
use super::paging::Pages;
use super::session::Session;
use crate::facts::{AccountId, Fact};

/// The most that these lists give at once.
const A_PAGE: i32 = 20;

/// An account of an organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedAccount {
    /// The account.
    pub account_id: AccountId,
    /// Its name: text of the customer's.
    pub name: Option<String>,
    /// Why it is not to be entered, in the words of AWS (`SUSPENDED`, `CLOSED` ...); `None` for an account that is
    /// active, or in a state that this version does not know.
    pub left_out: Option<String>,
}

/// The accounts of an organization, or of some of its units.
#[derive(Debug)]
pub struct OrganizationRead {
    /// The accounts, by their ids.
    pub accounts: BTreeMap<AccountId, ListedAccount>,
    /// Whether they were listed to the end.
    pub listing: Fact<()>,
}

/// Why there is no list of accounts. Nothing was scanned.
#[derive(Debug, thiserror::Error)]
#[error("cannot list the accounts of the organization: {cause}\n  {advice}")]
pub struct OrganizationError {
    /// The failed call.
    pub cause: CallError,
    /// What to do about it.
    pub advice: &'static str,
}

/// Lists every account of the organization.
///
/// # Errors
/// When not one account could be listed.
pub async fn read_organization(session: &Session) -> Result<OrganizationRead, OrganizationError> {
    let mut reading = Reading::new(session);
    let end = reading.all_accounts().await;
    reading.finish(end)
}

/// Lists the accounts of these units, or of the root, and of all units within them.
///
/// # Errors
/// When not one account could be listed, or one of the units is not there.
pub async fn read_units(session: &Session, units: &[String]) -> Result<OrganizationRead, OrganizationError> {
    let mut reading = Reading::new(session);
    let mut end = Ok(());
    for unit in units {
        let read = reading.unit_and_below(unit).await;
        if let Err(cause) = &read
            && cause.code == "ParentNotFoundException"
        {
            return Err(OrganizationError::of(cause.clone()));
        }
        end = end.and(read);
    }
    reading.finish(end)
}

struct Reading {
    caller: Caller,
    client: aws_sdk_organizations::Client,
    accounts: BTreeMap<AccountId, ListedAccount>,
}

impl Reading {
    fn new(session: &Session) -> Self {
        let (caller, client) = session.organizations();
        Reading {
            caller,
            client,
            accounts: BTreeMap::new(),
        }
    }

    fn finish(self, end: Result<(), CallError>) -> Result<OrganizationRead, OrganizationError> {
        match end {
            Err(cause) if self.accounts.is_empty() => Err(OrganizationError::of(cause)),
            end => Ok(OrganizationRead {
                accounts: self.accounts,
                listing: end.into(),
            }),
        }
    }

    async fn all_accounts(&mut self) -> Result<(), CallError> {
        let mut pages = Pages::default();
        let mut token = None;
        loop {
            let request = || {
                let request = self.client.list_accounts().max_results(A_PAGE);
                request.set_next_token(token.clone()).send()
            };
            let page = self.caller.call(LIST_ACCOUNTS, request).await?;
            let brought = self.add(LIST_ACCOUNTS, page.accounts)?;
            match pages.next(LIST_ACCOUNTS, None, page.next_token.as_deref(), brought)? {
                Some(next) => token = Some(next),
                None => return Ok(()),
            }
        }
    }

    async fn unit_and_below(&mut self, unit: &str) -> Result<(), CallError> {
        let mut found = BTreeSet::from([unit.to_owned()]);
        let mut to_read = vec![unit.to_owned()];
        while let Some(unit) = to_read.pop() {
            self.accounts_of(&unit).await?;
            for below in self.units_of(&unit).await? {
                if found.insert(below.clone()) {
                    to_read.push(below);
                }
            }
        }
        Ok(())
    }

    async fn accounts_of(&mut self, unit: &str) -> Result<(), CallError> {
        let mut pages = Pages::default();
        let mut token = None;
        loop {
            let request = || {
                let request = self.client.list_accounts_for_parent().parent_id(unit);
                request.max_results(A_PAGE).set_next_token(token.clone()).send()
            };
            let page = self.caller.call(LIST_OF_UNIT, request).await?;
            let brought = self.add(LIST_OF_UNIT, page.accounts)?;
            match pages.next(LIST_OF_UNIT, None, page.next_token.as_deref(), brought)? {
                Some(next) => token = Some(next),
                None => return Ok(()),
            }
        }
    }

    async fn units_of(&self, unit: &str) -> Result<Vec<String>, CallError> {
        let mut pages = Pages::default();
        let (mut units, mut token) = (Vec::new(), None);
        loop {
            let request = || {
                let request = self.client.list_organizational_units_for_parent().parent_id(unit);
                request.max_results(A_PAGE).set_next_token(token.clone()).send()
            };
            let page = self.caller.call(LIST_UNITS, request).await?;
            let before = units.len();
            let listed = page.organizational_units.unwrap_or_default();
            units.extend(listed.into_iter().filter_map(|unit| unit.id));
            match pages.next(LIST_UNITS, None, page.next_token.as_deref(), units.len() - before)? {
                Some(next) => token = Some(next),
                None => return Ok(units),
            }
        }
    }

    /// Adds a page of accounts. Says how many were new.
    fn add(&mut self, operation: &Operation, page: Option<Vec<Account>>) -> Result<usize, CallError> {
        let before = self.accounts.len();
        let Some(page) = page else {
            return Err(CallError::malformed(operation, "the answer has no list of accounts"));
        };
        for account in page {
            let Some(account_id) = account.id.as_deref().and_then(AccountId::parse) else {
                return Err(CallError::malformed(
                    operation,
                    "an account in the list has no id of twelve digits",
                ));
            };
            let listed = ListedAccount {
                account_id: account_id.clone(),
                left_out: left_out(&account),
                name: account.name,
            };
            self.accounts.insert(account_id, listed);
        }
        Ok(self.accounts.len() - before)
    }
}

/// Why an account is not to be entered: its `State`, or its `Status` where AWS does not tell that, which is older and is
/// to be retired. What AWS may add later is entered rather than left out.
fn left_out(account: &Account) -> Option<String> {
    let state = match (&account.state, &account.status) {
        (
            Some(
                state @ (AccountState::Suspended
                | AccountState::Closed
                | AccountState::PendingClosure
                | AccountState::PendingActivation),
            ),
            _,
        ) => state.as_str(),
        (None, Some(status @ (AccountStatus::Suspended | AccountStatus::PendingClosure))) => status.as_str(),
        _ => return None,
    };
    Some(state.to_owned())
}

impl OrganizationError {
    fn of(cause: CallError) -> Self {
        let advice = match cause.code.as_str() {
            _ if cause.says_expired() => "The credentials have expired. Renew them and run again.",
            "AccessDeniedException" => {
                "Only the management account and delegated administrators may list accounts, with the permissions that \
                 `kms-audit template organization-policy` prints. Or name the accounts: --account, --accounts-file."
            }
            "AWSOrganizationsNotInUseException" => {
                "The account is in no organization. Leave --organization and --organizational-unit away, or use \
                 credentials of another account."
            }
            "ParentNotFoundException" => {
                "A unit is named by its id, such as ou-ab12-cdefgh34, and the root by one such as r-ab12."
            }
            _ => "Run again with --verbose to see more, or name the accounts: --account, --accounts-file.",
        };
        OrganizationError { cause, advice }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(state: Option<AccountState>, status: Option<AccountStatus>) -> Account {
        Account::builder()
            .set_state(state)
            .set_status(status)
            .id("111122223333")
            .build()
    }

    #[test]
    fn the_state_decides_and_the_status_where_there_is_none() {
        let left_out = |state, status| left_out(&account(state, status));
        assert_eq!(
            left_out(Some(AccountState::Active), Some(AccountStatus::Suspended)),
            None
        );
        assert_eq!(
            left_out(Some(AccountState::Closed), Some(AccountStatus::Suspended)).as_deref(),
            Some("CLOSED")
        );
        assert_eq!(
            left_out(Some(AccountState::PendingActivation), Some(AccountStatus::Active)).as_deref(),
            Some("PENDING_ACTIVATION")
        );
        assert_eq!(
            left_out(None, Some(AccountStatus::PendingClosure)).as_deref(),
            Some("PENDING_CLOSURE")
        );
        assert_eq!(left_out(None, Some(AccountStatus::Active)), None);
        assert_eq!(left_out(None, None), None);
    }

    #[test]
    fn an_account_in_a_state_that_is_new_is_entered() {
        assert_eq!(left_out(&account(Some("HIBERNATING".into()), None)), None);
    }
}
