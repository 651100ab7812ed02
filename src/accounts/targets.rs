//! Which accounts to scan?

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::aws::{ListedAccount, OrganizationError, Session, read_organization, read_units};
use crate::facts::{AccountElsewhere, AccountId, Fact, Shard, SkippedAccount};

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
    /// Those of other shards, in the order of their ids.
    #[serde(default)]
    pub elsewhere: Vec<AccountElsewhere>,
    /// Whether the accounts of the organization were listed to the end, where they were listed.
    pub listing: Fact<()>,
}

impl Targets {
    /// How many accounts there are, those to be left out and those of other shards among them.
    pub fn listed(&self) -> u64 {
        (self.to_scan.len() + self.skipped.len() + self.elsewhere.len()) as u64
    }

    /// The accounts of a shard, with those of the others as such.
    pub fn of_shard(self, shard: Shard) -> Targets {
        let elsewhere_to_scan = |(account_id, name)| AccountElsewhere {
            account_id,
            name,
            state: None,
        };
        let elsewhere_to_skip = |account: SkippedAccount| AccountElsewhere {
            account_id: account.account_id,
            name: account.name,
            state: Some(account.state),
        };
        let (to_scan, scanned_elsewhere): (BTreeMap<_, _>, BTreeMap<_, _>) = self
            .to_scan
            .into_iter()
            .partition(|(account_id, _)| shard.contains(account_id));
        let (skipped, skipped_elsewhere): (Vec<_>, Vec<_>) = self
            .skipped
            .into_iter()
            .partition(|account| shard.contains(&account.account_id));
        let scanned_elsewhere = scanned_elsewhere.into_iter().map(elsewhere_to_scan);
        let skipped_elsewhere = skipped_elsewhere.into_iter().map(elsewhere_to_skip);
        let mut elsewhere: Vec<_> = scanned_elsewhere.chain(skipped_elsewhere).collect();
        elsewhere.sort_by(|a, b| a.account_id.cmp(&b.account_id));
        Targets {
            to_scan,
            skipped,
            elsewhere,
            listing: self.listing,
        }
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
        elsewhere: Vec::new(),
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
    #[test]
    fn each_listed_account_is_of_one_shard_and_elsewhere_for_the_others() {
        let ids = (0..40).map(|number| AccountId::new(format!("1111111111{number:02}")));
        let listed: BTreeMap<_, _> = ids
            .clone()
            .map(|account_id| {
                let closed = account_id.as_str().ends_with('7').then(|| "CLOSED".to_owned());
                let listed = ListedAccount {
                    account_id: account_id.clone(),
                    name: Some(format!("name of {account_id}")),
                    left_out: closed,
                };
                (account_id, listed)
            })
            .collect();
        let whole = divide(listed, &BTreeSet::new(), Fact::Known(()));
        let (mut scanned, mut skipped) = (BTreeMap::new(), Vec::new());
        for shard in Shard::new(1, 3).unwrap().all() {
            let targets = whole.clone().of_shard(shard);
            assert_eq!((targets.listed(), &targets.listing), (40, &Fact::Known(())));
            assert!(targets.elsewhere.is_sorted_by_key(|account| account.account_id.clone()));
            for account in &targets.elsewhere {
                assert!(!shard.contains(&account.account_id));
                assert_eq!(account.name, Some(format!("name of {}", account.account_id)));
                assert_eq!(account.state.is_some(), account.account_id.as_str().ends_with('7'));
            }
            scanned.extend(targets.to_scan);
            skipped.extend(targets.skipped);
        }
        skipped.sort_by(|a, b| a.account_id.cmp(&b.account_id));
        assert_eq!((&scanned, &skipped), (&whole.to_scan, &whole.skipped));
    }
}
