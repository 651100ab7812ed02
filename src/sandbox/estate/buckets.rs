//! The buckets of an estate.

use super::checked::{check_count, known_region, past};
use super::file::{At, BucketFile, EncryptionKind, KeyForm};
use super::{Account, Problem, Region};
use crate::sandbox::pattern::Pattern;
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};

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
}

/// The default encryption of a bucket, as GetBucketEncryption has it.
#[derive(Clone, Debug)]
pub(in crate::sandbox) struct Encryption {
    pub algorithm: &'static str,
    kms_key: Option<KeyName>,
    pub bucket_key: bool,
}

/// How a bucket's configuration names its key.
#[derive(Clone, Debug)]
enum KeyName {
    /// As it stands: buckets do name keys of other accounts, and keys that no longer exist.
    AsWritten(String),
    /// A key of the estate by its alias.
    OfAlias { alias: String, form: KeyForm },
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
                buckets.buckets.push(Bucket { name, ..bucket.clone() });
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

    /// The key that the encryption configuration names.
    pub fn kms_key(&self, account: &Account<'_>, partition: &str) -> Option<String> {
        let key = self.encryption.as_ref()?.kms_key.as_ref()?;
        let (alias, form) = match key {
            KeyName::AsWritten(name) => return Some(account.fill(name)),
            KeyName::OfAlias { alias, form } => (alias, form),
        };
        let keys = account.region(&self.region)?.keys.of(account, partition, &self.region);
        Some(match form {
            KeyForm::Arn => keys.with_alias(alias)?.arn(),
            KeyForm::Id => keys.with_alias(alias)?.id(),
            KeyForm::Alias => alias.clone(),
            KeyForm::AliasArn => format!("{}{alias}", keys.arn_prefix),
        })
    }
}

fn bucket(file: &BucketFile, regions: &[Region], as_of: Timestamp) -> Result<Bucket, Problem> {
    let region = known_region(&file.region, regions)?;
    Ok(Bucket {
        name: file.name.to_string(),
        region: region.name.clone(),
        created: match file.created {
            Some(created) => past(created.0, as_of, file.name.span())?,
            None => as_of,
        },
        encryption: encryption(file, region)?,
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

fn encryption(file: &BucketFile, region: &Region) -> Result<Option<Encryption>, Problem> {
    let algorithm = match file.encryption {
        EncryptionKind::SseS3 => "AES256",
        EncryptionKind::SseKms => "aws:kms",
        EncryptionKind::DsseKms => "aws:kms:dsse",
        EncryptionKind::None => return Ok(None),
    };
    let kms_key = match &file.kms_key {
        Some(key) if algorithm == "AES256" => {
            return Err(Problem::new(
                key.span(),
                "SSE-S3 uses no KMS key; remove kms_key, or use encryption = \"SSE-KMS\"",
            ));
        }
        key => key
            .as_ref()
            .map(|key| key_name(key, file.kms_key_form, region))
            .transpose()?,
    };
    Ok(Some(Encryption {
        algorithm,
        kms_key,
        bucket_key: file.bucket_key,
    }))
}

fn key_name(key: &At<String>, form: KeyForm, region: &Region) -> Result<KeyName, Problem> {
    if !key.starts_with("alias/") {
        return Ok(KeyName::AsWritten(key.to_string()));
    }
    // A configuration may name an alias that does not exist, but not a key that has none.
    let needs_key = matches!(form, KeyForm::Arn | KeyForm::Id);
    if needs_key && !region.keys.has_alias(key) {
        return Err(Problem::new(
            key.span(),
            format!(
                "no key of {} has the alias `{}`; give a key that alias, or write the bucket's key as an ARN",
                region.name, **key
            ),
        ));
    }
    Ok(KeyName::OfAlias {
        alias: key.to_string(),
        form,
    })
}
