//! Multi-Region keys: which key of which Region belongs with which.

use super::Problem;
use super::checked::{check_count, spec_and_usage};
use super::file::{At, KeyFile, MultiRegionRole, RegionFile};
use crate::sandbox::keys::template::MultiRegion;
use std::collections::BTreeMap;

/// The multi-Region sets of an estate: a primary key, or several alike, and their replicas.
#[derive(Debug, Default)]
pub(super) struct KeySets<'a> {
    /// By the name in the file, or by the place in it of a set that has no name.
    sets: BTreeMap<String, KeySet<'a>>,
}

#[derive(Debug, Default)]
struct KeySet<'a> {
    number: u32,
    count: u32,
    primary: Option<String>,
    primary_key: Option<&'a At<KeyFile>>,
    replicas: Vec<String>,
}

impl<'a> KeySets<'a> {
    pub fn new(regions: &'a [RegionFile]) -> Result<KeySets<'a>, Problem> {
        let mut sets = KeySets::default();
        for region in regions {
            for name in region.name.as_slice() {
                for key in &region.keys {
                    sets.add(key, name)?;
                }
            }
        }
        for region in regions {
            for key in &region.keys {
                let set = sets.set_of(key);
                if set.is_some_and(|set| set.primary.is_none()) {
                    return Err(Problem::new(
                        key.span(),
                        "a replica needs a primary: give a key with multi_region = \"primary\" in \
                         another Region the same multi_region_set",
                    ));
                }
                if let Some(primary) = sets.primary_of(key) {
                    check_shared(key, primary)?;
                }
            }
        }
        Ok(sets)
    }

    fn add(&mut self, key: &'a At<KeyFile>, region: &str) -> Result<(), Problem> {
        let Some(role) = key.multi_region else {
            return match &key.multi_region_set {
                None => Ok(()),
                Some(name) => Err(Problem::new(
                    name.span(),
                    "add multi_region = \"primary\" or \"replica\"",
                )),
            };
        };
        let count = check_count(key.count.as_ref(), "key")?;
        let number = u32::try_from(self.sets.len()).unwrap_or(u32::MAX);
        let set = self.sets.entry(set_name(key)).or_insert(KeySet {
            number,
            count,
            ..KeySet::default()
        });
        let here_already = set.primary.as_deref() == Some(region) || set.replicas.iter().any(|r| r == region);
        let problem = if here_already {
            "a multi-Region set has one key, or one template, in a Region; name another set"
        } else if set.count != count {
            "the primary keys and the replicas of a set have the same count"
        } else if role == MultiRegionRole::Primary && set.primary.is_some() {
            "a multi-Region set has one primary; the others are replicas"
        } else {
            match role {
                MultiRegionRole::Primary => {
                    set.primary = Some(region.to_owned());
                    set.primary_key = Some(key);
                }
                MultiRegionRole::Replica => set.replicas.push(region.to_owned()),
            }
            return Ok(());
        };
        Err(Problem::new(key.span(), problem))
    }

    fn set_of(&self, key: &At<KeyFile>) -> Option<&KeySet<'a>> {
        key.multi_region?;
        self.sets.get(&set_name(key))
    }

    /// The primary key of a replica.
    pub fn primary_of(&self, key: &At<KeyFile>) -> Option<&'a At<KeyFile>> {
        let primary = self.set_of(key)?.primary_key?;
        (key.multi_region == Some(MultiRegionRole::Replica)).then_some(primary)
    }

    pub fn part_of(&self, key: &At<KeyFile>, region: &str) -> Option<MultiRegion> {
        let set = self.set_of(key)?;
        let primary_region = set.primary.clone()?;
        Some(MultiRegion {
            set: set.number,
            is_primary: primary_region == region,
            primary_region,
            replica_regions: set.replicas.clone(),
        })
    }
}

/// A replica shares these with its primary: <https://docs.aws.amazon.com/kms/latest/APIReference/API_ReplicateKey.html>.
fn check_shared(replica: &At<KeyFile>, primary: &At<KeyFile>) -> Result<(), Problem> {
    if replica.origin == primary.origin && spec_and_usage(replica)? == spec_and_usage(primary)? {
        return Ok(());
    }
    Err(Problem::new(
        replica.span(),
        "a replica has the origin, spec and usage of its primary: write the same in both",
    ))
}

fn set_name(key: &At<KeyFile>) -> String {
    match &key.multi_region_set {
        Some(name) => name.to_string(),
        None => format!("\0{}", key.span().start),
    }
}
