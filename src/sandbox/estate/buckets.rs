//! The buckets of an estate.

use super::bucket_encryption::{Encryption, encryption};
use super::bucket_metrics::{RequestMetrics, request_metrics};
use super::checked::{check_count, known_region, past};
use super::file::{At, BucketFile};
use super::{Account, Problem, Region};
use crate::sandbox::pattern::Pattern;
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// What stands for the account's id in the names of buckets.
pub(super) const ACCOUNT: &str = "{account}";

/// The buckets of an account, or of several that are alike.
#[derive(Debug)]
pub(in crate::sandbox) struct Buckets {
    buckets: Vec<Bucket>,
    /// The positions of the buckets, by name as the file has it.
    by_name: HashMap<String, usize>,
}

#[derive(Clone, Debug)]
pub(in crate::sandbox) struct Bucket {
    /// With `{account}` for the account's id.
    name: String,
    pub region: String,
    pub created: Timestamp,
    /// `None` when the bucket has no default encryption configuration.
    pub encryption: Option<Encryption>,
    pub tags: Vec<(String, String)>,
    /// Shared by the buckets of a section.
    pub request_metrics: Arc<[RequestMetrics]>,
    /// How much is stored, if CloudWatch knows it.
    pub bytes: Option<u64>,
    pub objects: Option<u64>,
}

impl Buckets {
    /// The buckets of `accounts` accounts that are alike. `taken` are the names that other accounts have.
    pub(super) fn new(
        files: &[BucketFile],
        regions: &[Region],
        as_of: Timestamp,
        accounts: u32,
        taken: &mut HashSet<String>,
    ) -> Result<Buckets, Problem> {
        let mut buckets = Buckets {
            buckets: Vec::new(),
            by_name: HashMap::new(),
        };
        for file in files {
            let bucket = bucket(file, regions, as_of)?;
            let pattern = Pattern::new(&bucket.name);
            let count = check_count(file.count.as_ref(), "bucket")?;
            let is_several = count > 1 && !pattern.has_number();
            let is_shared = accounts > 1 && !bucket.name.contains(ACCOUNT);
            if is_several || is_shared {
                let what = match is_several {
                    true => "several buckets need several names: put {n} into the name",
                    false => "buckets of several accounts need several names: put {account} into the name",
                };
                return Err(Problem::new(file.name.span(), what));
            }
            for n in 1..=count {
                let name = checked_name(pattern.text(n), &file.name)?;
                let is_new = name.contains(ACCOUNT) || taken.insert(name.clone());
                let position = buckets.buckets.len();
                if !is_new || buckets.by_name.insert(name.clone(), position).is_some() {
                    return Err(Problem::new(
                        file.name.span(),
                        format!("bucket `{name}` is there twice; bucket names are unique"),
                    ));
                }
                let tags = file.tags.iter();
                let tags = tags.map(|(key, value)| (key.clone(), Pattern::new(value).text(n)));
                buckets.buckets.push(Bucket {
                    name,
                    tags: tags.collect(),
                    ..bucket.clone()
                });
            }
        }
        Ok(buckets)
    }

    /// The buckets of one of the accounts with their names, by name.
    pub fn of<'a>(&'a self, account: &Account<'_>) -> Vec<(String, &'a Bucket)> {
        let named = self.buckets.iter().map(|bucket| (bucket.name(account), bucket));
        let mut buckets: Vec<_> = named.collect();
        buckets.sort_by(|(a, _), (b, _)| a.cmp(b));
        buckets
    }

    /// The buckets, in the order of the file.
    pub fn all(&self) -> &[Bucket] {
        &self.buckets
    }

    /// The bucket that one of the accounts has under this name.
    pub fn named(&self, name: &str, account: &Account<'_>) -> Option<&Bucket> {
        let position = self.by_name.get(name).or_else(|| {
            let as_written = name.replace(&account.id, ACCOUNT);
            self.by_name.get(&as_written)
        })?;
        self.buckets.get(*position)
    }
}

impl Bucket {
    pub fn name(&self, account: &Account<'_>) -> String {
        account.fill(&self.name)
    }
}

fn bucket(file: &BucketFile, regions: &[Region], as_of: Timestamp) -> Result<Bucket, Problem> {
    let region = known_region(&file.region, regions)?;
    if file.tags.len() > 50 {
        return Err(Problem::new(file.name.span(), "a bucket has at most 50 tags"));
    }
    Ok(Bucket {
        name: file.name.to_string(),
        region: region.name.clone(),
        created: match file.created {
            Some(created) => past(created.0, as_of, file.name.span())?,
            None => as_of,
        },
        encryption: encryption(file, region)?,
        tags: Vec::new(),
        request_metrics: request_metrics(file)?.into(),
        bytes: file.bytes,
        objects: file.objects,
    })
}

fn checked_name(name: String, written: &At<String>) -> Result<String, Problem> {
    let full = name.replace(ACCOUNT, "000000000000");
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
    if (3..=63).contains(&full.len()) && full.bytes().all(allowed) {
        return Ok(name);
    }
    Err(Problem::new(
        written.span(),
        format!("`{name}` is no bucket name; use 3 to 63 lower-case letters, digits, hyphens and dots"),
    ))
}
