//! Which key the default encryption of a bucket means.
//!
//! Sources: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ServerSideEncryptionByDefault.html> (the forms in which
//! a key is named), <https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html> (no key named, and
//! in whose account an alias is looked up).

use std::collections::{HashMap, HashSet};

use crate::facts::{AccountFacts, Bucket, Key, Region, RegionFacts, RegionState, SseAlgorithm};

/// The alias of the AWS managed key of S3. Whoever writes it into a configuration means what naming no key means.
const AWS_MANAGED_ALIAS: &str = "alias/aws/s3";

/// Which key a bucket means.
#[derive(Clone, Debug, PartialEq)]
pub enum BucketKeyTarget<'a> {
    /// A key of the account in the Region of the bucket.
    Key(&'a Key),
    /// The AWS managed key `aws/s3`: no key is named, or its alias or id is. Requests of another account use the key
    /// `aws/s3` of that account.
    AwsManaged,
    /// A key of another account, by its ARN.
    OtherAccount {
        /// The account that the ARN names.
        account: &'a str,
        /// The Region that it names.
        region: &'a str,
    },
    /// An alias, which AWS KMS looks up in the account of whoever makes the request.
    Alias(AliasMeaning<'a>),
    /// A key or an alias of this account in another Region than the bucket's; S3 can only use one of its own Region.
    OtherRegion {
        /// The Region that the ARN names.
        region: &'a str,
    },
    /// A key of this account and Region that does not exist: the list of keys is complete, and it is not among them.
    Missing,
    /// What is named is the ARN of something else.
    NotAKey,
    /// It cannot be told; why.
    Unknown(String),
}

/// Which key an alias means to requests of the account that was scanned.
#[derive(Clone, Debug, PartialEq)]
pub enum AliasMeaning<'a> {
    /// This one.
    Key(&'a Key),
    /// None: the lists of keys and aliases are complete, and it is not among them.
    Nothing,
    /// It cannot be told; why.
    Unknown(String),
}

impl<'a> BucketKeyTarget<'a> {
    /// The key of this account that the bucket means, at least to requests of this account.
    pub fn key(&self) -> Option<&'a Key> {
        match self {
            BucketKeyTarget::Key(key) | BucketKeyTarget::Alias(AliasMeaning::Key(key)) => Some(key),
            _ => None,
        }
    }
}

/// For each bucket, in the order of the account's facts, the key that its default encryption means; `None` where the
/// default encryption is unknown or not one that calls AWS KMS.
pub fn bucket_key_targets(account: &AccountFacts) -> Vec<Option<BucketKeyTarget<'_>>> {
    let mut by_region: HashMap<&Region, Wanted<'_>> = HashMap::new();
    for bucket in &account.buckets {
        if let (Some(region), Some(name)) = (&bucket.region, kms_key(bucket)) {
            let wanted = by_region.entry(region).or_default();
            match KeyName::parse(name) {
                KeyName::Arn { resource, .. } => wanted.add(resource.strip_prefix("key/").unwrap_or(resource)),
                KeyName::Bare(name) => wanted.add(name),
                KeyName::Other => {}
            }
        }
    }
    let found: HashMap<&Region, Found<'_>> = account
        .regions
        .iter()
        .filter_map(|facts| Some((&facts.region, Found::in_region(facts, by_region.get(&facts.region)?))))
        .collect();
    let target = |bucket| Some(resolve(account, bucket, encrypting_key(bucket)?, &found));
    account.buckets.iter().map(target).collect()
}

/// The key that the default encryption names, if it is one that calls KMS; the inner `None` where it names none.
fn encrypting_key(bucket: &Bucket) -> Option<Option<&str>> {
    let encryption = bucket.encryption.known()?;
    let calls_kms = matches!(encryption.algorithm, SseAlgorithm::SseKms | SseAlgorithm::DsseKms);
    calls_kms.then_some(encryption.kms_key.as_deref())
}

fn kms_key(bucket: &Bucket) -> Option<&str> {
    encrypting_key(bucket).flatten()
}

/// A key as a configuration names it.
enum KeyName<'a> {
    /// The ARN of a key (`key/…`) or alias (`alias/…`).
    Arn {
        region: &'a str,
        account: &'a str,
        resource: &'a str,
    },
    /// A key id, or the name of an alias.
    Bare(&'a str),
    /// An ARN of something else.
    Other,
}

impl KeyName<'_> {
    fn parse(name: &str) -> KeyName<'_> {
        if !name.starts_with("arn:") {
            return KeyName::Bare(name);
        }
        let parts: Vec<&str> = name.splitn(6, ':').collect();
        match parts[..] {
            [_, _, "kms", region, account, resource]
                if resource.starts_with("key/") || resource.starts_with("alias/") =>
            {
                KeyName::Arn {
                    region,
                    account,
                    resource,
                }
            }
            _ => KeyName::Other,
        }
    }
}

/// The key ids and aliases that the buckets of a Region name: few, where a Region can have very many keys.
#[derive(Default)]
struct Wanted<'a> {
    ids: HashSet<&'a str>,
    aliases: HashSet<&'a str>,
}

impl<'a> Wanted<'a> {
    fn add(&mut self, name: &'a str) {
        if name.starts_with("alias/") {
            self.aliases.insert(name);
        } else {
            self.ids.insert(name);
        }
    }
}

/// The keys of a Region that its buckets name.
struct Found<'a> {
    facts: &'a RegionFacts,
    by_id: HashMap<&'a str, &'a Key>,
    by_alias: HashMap<&'a str, &'a Key>,
}

impl<'a> Found<'a> {
    fn in_region(facts: &'a RegionFacts, wanted: &Wanted<'_>) -> Self {
        let mut found = Found {
            facts,
            by_id: HashMap::new(),
            by_alias: HashMap::new(),
        };
        for key in &facts.keys {
            if wanted.ids.contains(key.key_id.as_str()) {
                found.by_id.insert(&key.key_id, key);
            }
            if !wanted.aliases.is_empty() {
                let aliases = key.aliases.iter().map(String::as_str);
                let wanted = aliases.filter(|alias| wanted.aliases.contains(alias));
                found.by_alias.extend(wanted.map(|alias| (alias, key)));
            }
        }
        found
    }
}

fn resolve<'a>(
    account: &'a AccountFacts,
    bucket: &'a Bucket,
    name: Option<&'a str>,
    found: &HashMap<&Region, Found<'a>>,
) -> BucketKeyTarget<'a> {
    let Some(name) = name else {
        return BucketKeyTarget::AwsManaged;
    };
    let resource = match KeyName::parse(name) {
        KeyName::Other => return BucketKeyTarget::NotAKey,
        KeyName::Bare(name) => name,
        KeyName::Arn {
            region,
            account: owner,
            resource,
        } if owner != account.account_id.as_str() => {
            return if resource.starts_with("alias/") {
                let because = format!("its ARN names the account {owner}");
                BucketKeyTarget::Alias(AliasMeaning::Unknown(because))
            } else {
                BucketKeyTarget::OtherAccount { account: owner, region }
            };
        }
        KeyName::Arn { region, .. } if bucket.region.as_ref().is_some_and(|own| own.as_str() != region) => {
            return BucketKeyTarget::OtherRegion { region };
        }
        KeyName::Arn { resource, .. } => resource,
    };
    let found = bucket.region.as_ref().and_then(|region| found.get(region));
    if resource == AWS_MANAGED_ALIAS {
        BucketKeyTarget::AwsManaged
    } else if resource.starts_with("alias/") {
        BucketKeyTarget::Alias(alias(resource, found))
    } else {
        key(resource.strip_prefix("key/").unwrap_or(resource), found)
    }
}

fn key<'a>(id: &str, found: Option<&Found<'a>>) -> BucketKeyTarget<'a> {
    let found = match looked_at(found) {
        Ok(found) => found,
        Err(because) => return BucketKeyTarget::Unknown(because),
    };
    if let Some(key) = found.by_id.get(id) {
        BucketKeyTarget::Key(key)
    } else if found.facts.aws_managed_keys.iter().any(|managed| managed == id) {
        // Which service it is for is not kept; the one that a bucket has reason to name is aws/s3.
        BucketKeyTarget::AwsManaged
    } else {
        match unlisted(found.facts) {
            None => BucketKeyTarget::Missing,
            Some(because) => BucketKeyTarget::Unknown(because),
        }
    }
}

fn alias<'a>(name: &str, found: Option<&Found<'a>>) -> AliasMeaning<'a> {
    let found = match looked_at(found) {
        Ok(found) => found,
        Err(because) => return AliasMeaning::Unknown(because),
    };
    if let Some(key) = found.by_alias.get(name) {
        AliasMeaning::Key(key)
    } else if name.starts_with("alias/aws/") {
        AliasMeaning::Unknown("it is one of those that AWS reserves for its services".into())
    } else {
        let facts = found.facts;
        // Of a Region without any key the aliases are not listed, and not needed.
        let because = unlisted(facts).or_else(|| {
            let reason = facts.alias_listing.unavailable()?;
            Some(format!(
                "the aliases of its Region could not be listed: {}",
                reason.code
            ))
        });
        because.map_or(AliasMeaning::Nothing, AliasMeaning::Unknown)
    }
}

/// What was found in the Region of the bucket, if that was looked at.
fn looked_at<'f, 'a>(found: Option<&'f Found<'a>>) -> Result<&'f Found<'a>, String> {
    found
        .filter(|found| found.facts.state == RegionState::Scanned)
        .ok_or_else(|| "the keys of its Region were not looked at".to_owned())
}

/// Why a key may exist without being in the list.
fn unlisted(facts: &RegionFacts) -> Option<String> {
    if facts.key_listing.known().is_some() {
        return None;
    }
    let code = facts
        .key_listing
        .unavailable()
        .map_or("NotCollected", |reason| &reason.code);
    Some(format!("the keys of its Region could not be listed: {code}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Fact;
    use crate::facts::examples::{account, bucket, denied, key, region};

    const ID: &str = "00000000-0000-4000-8000-00000000cafe";

    fn facts() -> AccountFacts {
        let mut named = key(&[]);
        named.key_id = ID.into();
        named.aliases = vec!["alias/invoices".into()];
        account(region([key(&[]), named]))
    }

    /// What a bucket that names this key means.
    fn meant(account: &mut AccountFacts, name: Option<&str>) -> String {
        let mut named = bucket(SseAlgorithm::SseKms, false);
        if let Fact::Known(encryption) = &mut named.encryption {
            encryption.kms_key = name.map(str::to_owned);
        }
        account.buckets = vec![named];
        match bucket_key_targets(account)[0].as_ref().unwrap() {
            BucketKeyTarget::Key(key) => format!("key {}", key.key_id),
            BucketKeyTarget::Alias(AliasMeaning::Key(key)) => format!("alias of {}", key.key_id),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn a_key_of_the_account_is_found_by_id_and_arn_and_by_its_alias() {
        let mut facts = facts();
        let arn = |resource: &str| format!("arn:aws:kms:eu-west-3:111122223333:{resource}");
        assert_eq!(meant(&mut facts, Some(ID)), format!("key {ID}"));
        assert_eq!(meant(&mut facts, Some(&arn(&format!("key/{ID}")))), format!("key {ID}"));
        assert_eq!(meant(&mut facts, Some("alias/invoices")), format!("alias of {ID}"));
        assert_eq!(
            meant(&mut facts, Some(&arn("alias/invoices"))),
            format!("alias of {ID}")
        );
    }

    #[test]
    fn no_key_and_the_alias_or_id_of_aws_s3_mean_the_aws_managed_key() {
        let mut facts = facts();
        facts.regions[0].aws_managed_keys = vec!["abc".into()];
        for name in [
            None,
            Some("alias/aws/s3"),
            Some("arn:aws:kms:eu-west-3:111122223333:alias/aws/s3"),
            Some("abc"),
        ] {
            assert_eq!(meant(&mut facts, name), "AwsManaged", "{name:?}");
        }
    }

    #[test]
    fn an_arn_says_when_the_key_is_elsewhere() {
        let mut facts = facts();
        assert_eq!(
            meant(&mut facts, Some("arn:aws:kms:eu-west-3:444455556666:key/x")),
            "OtherAccount { account: \"444455556666\", region: \"eu-west-3\" }"
        );
        assert_eq!(
            meant(&mut facts, Some("arn:aws:kms:eu-west-1:111122223333:key/x")),
            "OtherRegion { region: \"eu-west-1\" }"
        );
        assert!(
            meant(&mut facts, Some("arn:aws:kms:eu-west-3:444455556666:alias/aws/s3")).starts_with("Alias(Unknown"),
            "an alias of another account is not the AWS managed key of this one"
        );
        for wrong in [
            "arn:aws:s3:::invoices",
            "arn:",
            "arn:aws:kms:eu-west-3:111122223333:grant/x",
        ] {
            assert_eq!(meant(&mut facts, Some(wrong)), "NotAKey", "{wrong}");
        }
    }

    #[test]
    fn a_key_is_missing_only_where_the_list_is_complete() {
        let mut facts = facts();
        assert_eq!(meant(&mut facts, Some("gone")), "Missing");
        assert_eq!(meant(&mut facts, Some("alias/gone")), "Alias(Nothing)");
        assert!(meant(&mut facts, Some("alias/aws/ebs")).starts_with("Alias(Unknown"));
        facts.regions[0].alias_listing = denied("kms:ListAliases");
        assert_eq!(meant(&mut facts, Some("gone")), "Missing");
        assert!(meant(&mut facts, Some("alias/gone")).starts_with("Alias(Unknown"));
        facts.regions[0].key_listing = denied("kms:ListKeys");
        assert!(meant(&mut facts, Some("gone")).contains("could not be listed: AccessDenied"));
        facts.regions[0].state = RegionState::NotEnabled;
        assert!(meant(&mut facts, Some(ID)).contains("were not looked at"));
        facts.regions.clear();
        assert!(meant(&mut facts, Some(ID)).contains("were not looked at"));
    }

    #[test]
    fn buckets_that_do_not_call_kms_mean_no_key() {
        let mut facts = facts();
        facts.buckets = vec![bucket(SseAlgorithm::SseS3, true), bucket(SseAlgorithm::DsseKms, false)];
        facts.buckets[0].encryption = denied("s3:GetBucketEncryption");
        facts.buckets.push(bucket(SseAlgorithm::SseS3, true));
        let targets = bucket_key_targets(&facts);
        assert_eq!(targets, [None, Some(BucketKeyTarget::AwsManaged), None]);
    }

    #[test]
    fn a_key_whose_manager_is_unknown_is_still_the_key_that_is_named() {
        let mut facts = facts();
        facts.regions[0].keys[1].metadata = denied("kms:DescribeKey");
        assert_eq!(meant(&mut facts, Some(ID)), format!("key {ID}"));
    }
}
