//! What an earlier scan was told, for this one to go on with.

use std::collections::HashMap;
use std::path::Path;

use anyhow::Context;

use crate::facts::{AccountId, Arn, Key};
use crate::scan::EarlierUsage;
use crate::snapshot::SnapshotReader;

/// The snapshot of an earlier scan.
#[derive(Debug)]
pub(super) struct PreviousScan(SnapshotReader);

impl PreviousScan {
    /// Opens the folder that a scan wrote, or the snapshot in it.
    pub(super) fn open(folder: &Path) -> anyhow::Result<Self> {
        let inside = folder.join("snapshot");
        let snapshot = if inside.is_dir() { inside.as_path() } else { folder };
        SnapshotReader::open(snapshot).map(PreviousScan).with_context(|| {
            format!(
                "{} is not the folder of an earlier scan; --previous takes a folder that a scan has written with --out, \
                 or the folder `snapshot` in it",
                folder.display()
            )
        })
    }

    /// What it was told of the last usage of the keys of an account. Nothing, if it did not look at that account.
    pub(super) fn last_usage(&self, account: &AccountId) -> anyhow::Result<HashMap<Arn, EarlierUsage>> {
        if !self.0.scan.accounts.contains(account) {
            tracing::warn!("the previous scan did not look at account {account}; nothing is carried over from it");
            return Ok(HashMap::new());
        }
        let facts = self.0.account(account).context("the previous scan cannot be read")?;
        let keys = facts.regions.into_iter().flat_map(|region| region.keys);
        Ok(keys.filter_map(earlier_usage).collect())
    }
}

fn earlier_usage(key: Key) -> Option<(Arn, EarlierUsage)> {
    let earlier = EarlierUsage {
        creation_date: key.metadata.known()?.creation_date?,
        usage: key.details.last_usage.known()?.clone(),
    };
    Some((key.arn, earlier))
}
