//! What checks judge: the facts of one account, with what several checks ask of them computed once.

use jiff::Timestamp;

use super::dead_throttle_alarm;
use crate::config::Config;
use crate::facts::{AccountFacts, Key, RegionFacts, RegionState};
use crate::model::{BucketKeyTarget, Standing, ThrottleAlarm, bucket_key_targets, standing, throttle_alarms};

/// One account, the configuration it is judged by, and the moment the judgement refers to.
pub struct Subject<'a> {
    /// The facts.
    pub account: &'a AccountFacts,
    /// What is asked of them.
    pub config: &'a Config,
    /// The moment of the scan: "now", for a judgement.
    pub as_of: Timestamp,
    /// Where each key of each Region stands.
    standings: Vec<Vec<Standing<'a>>>,
    /// The key that each bucket means, in the order of the buckets; `None` where KMS does not encrypt it.
    pub(super) bucket_keys: Vec<Option<BucketKeyTarget<'a>>>,
    /// The alarms that are meant to tell of throttling, judged.
    pub throttle_alarms: Vec<ThrottleAlarm<'a>>,
}

/// A key, and where it stands.
#[derive(Clone, Copy)]
pub struct JudgedKey<'s> {
    /// The Region it lies in.
    pub region: &'s RegionFacts,
    /// The key.
    pub key: &'s Key,
    /// What its tags say.
    pub standing: &'s Standing<'s>,
}

impl<'a> Subject<'a> {
    /// An account to be judged.
    pub fn new(account: &'a AccountFacts, config: &'a Config, as_of: Timestamp) -> Self {
        let standings = account.regions.iter().map(|region| {
            let keys = region.keys.iter();
            keys.map(|key| standing(key, &config.justification)).collect()
        });
        Subject {
            account,
            config,
            as_of,
            standings: standings.collect(),
            bucket_keys: bucket_key_targets(account),
            throttle_alarms: throttle_alarms(account, dead_throttle_alarm::limits(config)),
        }
    }

    /// The Regions that were looked at.
    pub fn regions(&self) -> impl Iterator<Item = &'a RegionFacts> {
        self.account
            .regions
            .iter()
            .filter(|region| region.state == RegionState::Scanned)
    }

    /// Every key that is not known to be AWS managed, Region by Region.
    pub fn keys(&self) -> impl Iterator<Item = JudgedKey<'_>> {
        self.keys_by_region().flat_map(|(_, keys)| keys)
    }

    /// The same with the keys of each Region by themselves.
    pub fn keys_by_region(&self) -> impl Iterator<Item = (&RegionFacts, impl Iterator<Item = JudgedKey<'_>>)> {
        self.account
            .regions
            .iter()
            .zip(&self.standings)
            .map(|(region, standings)| {
                let keys = region.keys.iter().zip(standings);
                (
                    region,
                    keys.map(move |(key, standing)| JudgedKey { region, key, standing }),
                )
            })
    }
}
