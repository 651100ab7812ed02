//! Which accounts to scan?

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::aws::{ListedAccount, OrganizationError, Session, read_organization, read_units};
use crate::facts::{AccountId, Fact, SkippedAccount};

/// The state of an account that the user does not want to be asked.
const EXCLUDED: &str = "EXCLUDED";

/// What the user asked for. Where nothing was, the account of the credentials is meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TargetChoice {
    /// Every account of the organization.
    pub organization: bool,
    /// The accounts of these units, and of the units within them.
    pub units: Vec<String>,
    /// These accounts.
    pub accounts: BTreeSet<AccountId>,
    /// Not these.
    pub excluded: BTreeSet<AccountId>,
}

impl TargetChoice {
    /// Whether the account of the credentials is meant, and no other.
    pub fn is_own_account(&self) -> bool {
        !self.organization && self.units.is_empty() && self.accounts.is_empty()
    }
}

/// The accounts to scan, and those to be left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Targets {
    /// Those to scan, each with its name where the organization told it.
    pub to_scan: BTreeMap<AccountId, Option<String>>,
    /// Those that are not to be asked, in the order of their ids.
    pub skipped: Vec<SkippedAccount>,
    /// Whether the accounts of the organization were listed to the end, where they were listed.
    pub listing: Fact<()>,
}

impl Targets {
    /// How many accounts there are, those to be left out among them.
    pub fn listed(&self) -> u64 {
        (self.to_scan.len() + self.skipped.len()) as u64
    }
}

/// Finds the accounts that the user asked for.
///
/// # Errors
/// When accounts are to be listed and not one could be.
pub async fn choose_targets(session: &Session, choice: &TargetChoice) -> Result<Targets, OrganizationError> {
    let (mut listed, listing) = if choice.organization {
        let read = read_organization(session).await?;
        (read.accounts, read.listing)
    } else if !choice.units.is_empty() {
        let read = read_units(session, &choice.units).await?;
        (read.accounts, read.listing)
    } else {
        (BTreeMap::new(), Fact::NotCollected)
    };
    let own = choice.is_own_account().then(|| session.account_id.clone());
    for account_id in choice.accounts.iter().cloned().chain(own) {
        listed.entry(account_id.clone()).or_insert(ListedAccount {
            account_id,
            name: None,
            left_out: None,
        });
    }
    for account in choice.excluded.iter().filter(|account| !listed.contains_key(account)) {
        tracing::warn!(%account, "the account to be excluded is not among those to be scanned");
    }
    Ok(divide(listed, &choice.excluded, listing))
}

fn divide(
    listed: BTreeMap<AccountId, ListedAccount>,
    excluded: &BTreeSet<AccountId>,
    listing: Fact<()>,
) -> Targets {
    let mut targets = Targets {
        to_scan: BTreeMap::new(),
        skipped: Vec::new(),
        listing,
    };
    for (account_id, account) in listed {
        let ListedAccount { name, left_out, .. } = account;
        let excluded = excluded.contains(&account_id).then(|| EXCLUDED.to_owned());
        match left_out.or(excluded) {
            Some(state) => targets.skipped.push(SkippedAccount {
                account_id,
                name,
                state,
            }),
            None => {
                targets.to_scan.insert(account_id, name);
            }
        }
    }
    targets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_listed_account_is_scanned_or_skipped() {
        let account = |id: &str, left_out: Option<&str>| {
            let account_id = AccountId::new(id);
            let listed = ListedAccount {
                account_id: account_id.clone(),
                name: None,
                left_out: left_out.map(str::to_owned),
            };
            (account_id, listed)
        };
        let listed = BTreeMap::from([
            account("111111111111", None),
            account("222222222222", Some("CLOSED")),
            account("333333333333", None),
        ]);
        let excluded = ["222222222222", "333333333333", "444444444444"].map(AccountId::new);
        let targets = divide(listed, &excluded.into(), Fact::Known(()));
        let scanned: Vec<_> = targets.to_scan.keys().map(AccountId::as_str).collect();
        let skipped: Vec<_> = targets
            .skipped
            .iter()
            .map(|account| (account.account_id.as_str(), account.state.as_str()))
            .collect();
        assert_eq!(scanned, ["111111111111"]);
        assert_eq!(skipped, [("222222222222", "CLOSED"), ("333333333333", "EXCLUDED")]);
        assert_eq!(targets.listed(), 3);
    }
}
