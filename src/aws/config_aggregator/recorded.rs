//! What an aggregator knows of one account, as facts.

use std::collections::BTreeMap;
use std::io;

use super::super::buckets::BucketsRead;
use super::super::clients::RegionSession;
use super::super::error::CallError;
use super::super::key_metrics::{KeyMetricsRead, list_key_metrics};
use super::super::keys::{KeysRead, accepts_credentials};
use super::Aggregate;
use super::items::{Item, Kept};
use super::resource_type::Type;
use crate::facts::{AccountId, Bucket, ConfigRecord, Fact, Key, Region, TagSource, Unavailable};

/// What an aggregator knows of an account.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedAccount {
    regions: BTreeMap<Region, RecordedRegion>,
    /// What is known of every other Region: nothing, and why.
    others: RecordedRegion,
}

/// What an aggregator knows of a Region.
#[derive(Clone, Debug, PartialEq)]
struct RecordedRegion {
    key_listing: Fact<()>,
    alias_listing: Fact<()>,
    bucket_listing: Fact<()>,
    aws_managed: Vec<String>,
    keys: Vec<Key>,
    buckets: Vec<Bucket>,
    record: ConfigRecord,
}

impl Aggregate {
    /// What the aggregator knows of an account in these Regions, and in those that it has an item of.
    ///
    /// # Errors
    /// When what was laid down cannot be read.
    pub fn account(&self, account: &AccountId) -> io::Result<RecordedAccount> {
        let mut regions: BTreeMap<Region, RecordedRegion> = self
            .coverage
            .regions_of(account)
            .map(|region| (region.clone(), self.region(account, region)))
            .collect();
        let mut aliases: BTreeMap<(Region, String), Vec<String>> = BTreeMap::new();
        for item in self.spill.items(account)? {
            let Item { region, captured, of } = item?;
            let recorded = regions
                .entry(region.clone())
                .or_insert_with(|| self.region(account, &region));
            recorded.record.note(captured);
            match of {
                Kept::Key(key) => recorded.keys.push(*key),
                Kept::AwsManagedKey(id) => recorded.aws_managed.push(id),
                Kept::Alias { name, key_id } => aliases.entry((region, key_id)).or_default().push(name),
                Kept::Bucket(bucket) => recorded.buckets.push(*bucket),
            }
        }
        for (region, recorded) in &mut regions {
            for key in &mut recorded.keys {
                let names = aliases.remove(&(region.clone(), key.key_id.clone()));
                key.aliases = names.unwrap_or_default();
                key.aliases.sort();
            }
            recorded.in_order();
        }
        // No Region has this name.
        let others = self.region(account, &Region::new(""));
        Ok(RecordedAccount { regions, others })
    }

    /// What is known of a Region before its items are.
    fn region(&self, account: &AccountId, region: &Region) -> RecordedRegion {
        RecordedRegion {
            key_listing: self.listing(account, region, Type::Key),
            alias_listing: self.listing(account, region, Type::Alias),
            bucket_listing: self.listing(account, region, Type::Bucket),
            aws_managed: Vec::new(),
            keys: Vec::new(),
            buckets: Vec::new(),
            record: ConfigRecord {
                frequency: self.coverage.frequency(account, region),
                outdated_since: self.coverage.outdated_since(account, region),
                ..ConfigRecord::default()
            },
        }
    }

    pub(super) fn listing(&self, account: &AccountId, region: &Region, kind: Type) -> Fact<()> {
        match self.cut_short.iter().find(|(cut_short, _)| *cut_short == kind) {
            Some((_, error)) => Fact::Unavailable(error.clone().into()),
            None => self.coverage.of(account, region, kind),
        }
    }
}

impl RecordedRegion {
    /// Puts everything in its order. What moved while the pages were read can be on two of them.
    fn in_order(&mut self) {
        self.keys.sort_by(|a, b| a.arn.cmp(&b.arn));
        self.keys.dedup_by(|a, b| a.arn == b.arn);
        self.aws_managed.sort();
        self.aws_managed.dedup();
        self.buckets.sort_by(|a, b| a.name.cmp(&b.name));
        self.buckets.dedup_by(|a, b| a.name == b.name);
    }
}

impl RecordedAccount {
    fn region(&self, region: &Region) -> &RecordedRegion {
        self.regions.get(region).unwrap_or(&self.others)
    }

    /// The buckets in these Regions.
    pub fn buckets<'r>(&self, regions: impl Iterator<Item = &'r Region>) -> BucketsRead {
        let mut read = BucketsRead {
            listing: Fact::Known(()),
            buckets: Vec::new(),
        };
        let mut missing: Vec<(&Region, &Unavailable)> = Vec::new();
        for region in regions {
            let recorded = self.region(region);
            read.buckets.extend(recorded.buckets.iter().cloned());
            missing.extend(recorded.bucket_listing.unavailable().map(|reason| (region, reason)));
        }
        read.buckets.sort_by(|a, b| a.name.cmp(&b.name));
        if let Some((_, first)) = missing.first() {
            let names: Vec<&str> = missing.iter().map(|(region, _)| region.as_str()).collect();
            read.listing = Fact::Unavailable(Unavailable {
                message: format!("{} (buckets in {})", first.message, names.join(", ")),
                ..(*first).clone()
            });
        }
        read
    }
}

/// The keys of a Region as AWS Config recorded them, and the metrics of their use. Where it is not known whether the
/// Region is enabled, KMS is asked whether it accepts the credentials, and nothing else.
///
/// # Errors
/// Only when the Region does not.
pub async fn read_recorded_keys(
    session: &RegionSession,
    account: &RecordedAccount,
    may_be_disabled: bool,
) -> Result<KeysRead, CallError> {
    if may_be_disabled
        && let Err(error) = accepts_credentials(session).await
        && error.says_not_enabled()
    {
        return Err(error);
    }
    let RecordedRegion {
        key_listing,
        alias_listing,
        aws_managed,
        mut keys,
        record,
        ..
    } = account.region(&session.region).clone();
    let metrics = match keys.len() {
        0 => KeyMetricsRead::default(),
        _ => list_key_metrics(session).await,
    };
    metrics.note_operations(&mut keys);
    Ok(KeysRead {
        alias_listing: match keys.is_empty() && aws_managed.is_empty() {
            true => Fact::NotCollected,
            false => alias_listing,
        },
        tag_source: Some(TagSource::Config).filter(|_| !keys.is_empty()),
        key_listing,
        aws_managed,
        keys,
        fallback: None,
        metrics,
        record: Some(record),
    })
}
