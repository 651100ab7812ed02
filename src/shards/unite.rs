//! One scan made of its shards: what it says of the accounts as a whole.

use std::collections::{BTreeMap, BTreeSet};

use super::{ShardError, ShardRun, Shards};
use crate::facts::{
    AccountElsewhere, AccountId, AccountNotEntered, ApiCalls, CallSums, Fact, ScanFacts, Shard, SkippedAccount,
    Unavailable,
};

impl Shards {
    /// The scan that the shards are together, as it would have been without them. Every account that one of them knows
    /// of is in it; what belongs to a shard that is missing, or was not in its list, could not be entered.
    ///
    /// # Errors
    /// When a shard has an account that belongs to another.
    pub fn unite(&self) -> Result<ScanFacts, ShardError> {
        let mut accounts = Accounts::default();
        for run in &self.runs {
            accounts.add(run)?;
        }
        for run in &self.runs {
            for account in &run.scan.accounts_in_other_shards {
                accounts.add_from_elsewhere(run.shard, account, &self.missing);
            }
        }
        let scans = || self.runs.iter().map(|run| &run.scan);
        let listings: Vec<&Fact<()>> = scans().map(|scan| &scan.account_listing).collect();
        let cut_short = listings.iter().find(|listing| listing.unavailable().is_some());
        let first = &self.runs[0].scan;
        let listed = accounts.scanned.len() + accounts.skipped.len() + accounts.not_entered.len();
        Ok(ScanFacts {
            started_at: scans().map(|scan| scan.started_at).min().unwrap_or(first.started_at),
            finished_at: scans().map(|scan| scan.finished_at).max().unwrap_or(first.finished_at),
            interrupted: scans().any(|scan| scan.interrupted),
            accounts: accounts.scanned.into_iter().collect(),
            accounts_listed: listed as u64,
            accounts_skipped: accounts.skipped.into_values().collect(),
            accounts_not_entered: accounts.not_entered.into_values().collect(),
            shard: None,
            accounts_in_other_shards: Vec::new(),
            account_listing: cut_short.map_or_else(|| first.account_listing.clone(), |listing| (*listing).clone()),
            api_calls: united_calls(scans().map(|scan| scan.api_calls.as_slice())),
            ..first.clone()
        })
    }
}

/// What became of the accounts.
#[derive(Debug, Default)]
struct Accounts {
    scanned: BTreeSet<AccountId>,
    skipped: BTreeMap<AccountId, SkippedAccount>,
    not_entered: BTreeMap<AccountId, AccountNotEntered>,
}

impl Accounts {
    /// What a shard says of its own accounts.
    fn add(&mut self, run: &ShardRun) -> Result<(), ShardError> {
        let scan = &run.scan;
        let skipped = scan.accounts_skipped.iter();
        let not_entered = scan.accounts_not_entered.iter();
        let ids = scan.accounts.iter();
        let ids = ids.chain(skipped.clone().map(|account| &account.account_id));
        let mut ids = ids.chain(not_entered.clone().map(|account| &account.account_id));
        if let Some(account) = ids.find(|account| !run.shard.contains(account)) {
            return Err(ShardError::Foreign {
                folder: run.folder.clone(),
                account: account.clone(),
                home: run.shard.home(account),
            });
        }
        self.scanned.extend(scan.accounts.iter().cloned());
        self.skipped
            .extend(skipped.map(|account| (account.account_id.clone(), account.clone())));
        self.not_entered
            .extend(not_entered.map(|account| (account.account_id.clone(), account.clone())));
        Ok(())
    }

    /// What a shard says of an account of another, where that one says nothing.
    fn add_from_elsewhere(&mut self, shard: Shard, account: &AccountElsewhere, missing: &[Shard]) {
        let id = &account.account_id;
        if self.scanned.contains(id) || self.skipped.contains_key(id) || self.not_entered.contains_key(id) {
            return;
        }
        let (name, home) = (account.name.clone(), shard.home(id));
        if let Some(state) = account.state.clone() {
            let skipped = SkippedAccount {
                account_id: id.clone(),
                name,
                state,
            };
            self.skipped.insert(id.clone(), skipped);
            return;
        }
        let (code, message) = if missing.contains(&home) {
            (
                "MissingShard",
                format!("shard {home}, to which it belongs, is not among those that were merged"),
            )
        } else {
            let what = format!(
                "shard {shard} has it in its list and shard {home}, to which it belongs, has not: it joined or left the \
                 organization in between"
            );
            ("NotInList", what)
        };
        let reason = Unavailable {
            operation: "sts:AssumeRole".to_owned(),
            code: code.to_owned(),
            message,
        };
        self.not_entered
            .insert(id.clone(), AccountNotEntered::new(id.clone(), name, reason));
    }
}

/// The calls that are of no account looked at. What every shard asks alike is counted once, as a scan without shards
/// makes it, and as often as the shard made it that needed most: so a throttle is in the number.
fn united_calls<'a>(shards: impl Iterator<Item = &'a [ApiCalls]>) -> Vec<ApiCalls> {
    let mut united = CallSums::default();
    for shard in shards {
        let mut of_shard = CallSums::default();
        of_shard.add(shard.iter().cloned());
        for calls in of_shard.into_rows() {
            let bring_together = if is_made_by_each(&calls) {
                u64::max
            } else {
                |a, b| a + b
            };
            united.combine(calls, bring_together);
        }
    }
    united.into_rows()
}

/// Whether a call is one of those that say who is asking and which accounts there are, or that read an aggregator, of which
/// each shard reads all.
fn is_made_by_each(calls: &ApiCalls) -> bool {
    matches!(calls.service.as_str(), "organizations" | "config") || calls.operation == "GetCallerIdentity"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(service: &str, operation: &str, numbers: [u64; 3]) -> ApiCalls {
        let [calls, throttled, retried] = numbers;
        ApiCalls {
            service: service.into(),
            operation: operation.into(),
            calls,
            throttled,
            retried,
            waited_ms: 0,
        }
    }

    #[test]
    fn what_each_asks_alike_is_counted_once_with_its_throttles_and_the_rest_is_added_up() {
        let one = [
            calls("organizations", "ListAccounts", [10, 0, 0]),
            calls("sts", "AssumeRole", [1, 0, 0]),
            calls("sts", "GetCallerIdentity", [1, 0, 0]),
        ];
        // A shard that was gone on with has asked twice who is asking.
        let other = [
            calls("organizations", "ListAccounts", [12, 2, 2]),
            calls("sts", "AssumeRole", [3, 1, 1]),
            calls("sts", "GetCallerIdentity", [1, 0, 0]),
            calls("sts", "GetCallerIdentity", [1, 0, 0]),
        ];
        let united = united_calls([one.as_slice(), other.as_slice()].into_iter());
        assert_eq!(
            united,
            [
                calls("organizations", "ListAccounts", [12, 2, 2]),
                calls("sts", "AssumeRole", [4, 1, 1]),
                calls("sts", "GetCallerIdentity", [2, 0, 0]),
            ]
        );
    }
}
