//! Which key the default encryption of a bucket names.
//!
//! Sources: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ServerSideEncryptionByDefault.html> (a key id, a key
//! ARN, an alias name or an alias ARN; none for the AWS managed key) and
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketEncryption.html> (an alias is resolved in the account
//! of whoever asks).

use std::collections::HashMap;

use crate::facts::{AccountId, BucketEncryption, Fact, Key, RegionFacts, Unavailable};

/// The alias of the AWS managed key for Amazon S3.
const AWS_S3: &str = "alias/aws/s3";

/// The key that the default encryption of a bucket names.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum BucketKey<'a> {
    /// A key of the bucket's account and Region. An alias name without an account is one that requests of this account
    /// resolve to the key; those of another account resolve it in their own.
    Own(&'a Key),
    /// The AWS managed key `aws/s3`.
    AwsManaged,
    /// A key of another account, which has this id.
    OtherAccount(&'a str),
    /// An alias that stands for no customer managed key of the account and Region: the account of whoever asks may have
    /// one of that name.
    UnknownAlias,
    /// A key that is not among those of the account and Region, such as one that was deleted.
    UnknownKey,
    /// It may be any of these: the list that would tell was not read to its end.
    Unread(&'a Unavailable),
}

/// The keys of an account and Region by their names. To be made once for all buckets of the Region.
#[derive(Debug)]
pub struct BucketKeys<'a> {
    account_id: &'a AccountId,
    region: &'a RegionFacts,
    by_id: HashMap<&'a str, &'a Key>,
    by_alias: HashMap<&'a str, &'a Key>,
}

impl<'a> BucketKeys<'a> {
    /// The keys of a Region.
    pub fn new(account_id: &'a AccountId, region: &'a RegionFacts) -> Self {
        let aliases = |key: &'a Key| key.aliases.iter().map(move |alias| (alias.as_str(), key));
        BucketKeys {
            account_id,
            region,
            by_id: region.keys.iter().map(|key| (key.key_id.as_str(), key)).collect(),
            by_alias: region.keys.iter().flat_map(aliases).collect(),
        }
    }

    /// The key that the default encryption of a bucket of this account and Region names, where it is with KMS.
    pub fn of(&self, encryption: &'a BucketEncryption) -> BucketKey<'a> {
        let Some(name) = encryption.kms_key.as_deref() else {
            return BucketKey::AwsManaged;
        };
        let Some(arn) = name.strip_prefix("arn:") else {
            return self.named(name);
        };
        // partition:kms:region:account:resource
        let mut parts = arn.splitn(5, ':').skip(2);
        match (parts.next(), parts.next(), parts.next()) {
            (Some(_), Some(account), Some(_)) if account != self.account_id.as_str() => {
                BucketKey::OtherAccount(account)
            }
            (Some(region), Some(_), Some(resource)) if region == self.region.region.as_str() => {
                self.named(resource)
            }
            // S3 uses keys of the bucket's own Region only.
            _ => BucketKey::UnknownKey,
        }
    }

    /// A key of this account and Region by its id, by the `key/` that ends its ARN, or by an alias.
    fn named(&self, name: &'a str) -> BucketKey<'a> {
        if name == AWS_S3 {
            return BucketKey::AwsManaged;
        }
        let is_alias = name.starts_with("alias/");
        let id = name.strip_prefix("key/").unwrap_or(name);
        let found = if is_alias {
            self.by_alias.get(name)
        } else {
            self.by_id.get(id)
        };
        if let Some(key) = found {
            return BucketKey::Own(key);
        }
        if !is_alias && self.region.aws_s3_key.as_deref() == Some(id) {
            return BucketKey::AwsManaged;
        }
        // The aliases tell which key is AWS managed, too.
        match (&self.region.key_listing, &self.region.alias_listing) {
            (Fact::Unavailable(reason), _) | (_, Fact::Unavailable(reason)) => BucketKey::Unread(reason),
            _ if is_alias => BucketKey::UnknownAlias,
            _ => BucketKey::UnknownKey,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::SseAlgorithm;
    use crate::facts::examples::{account, denied, key, region};

    const AWS_MANAGED: &str = "99999999-0000-4000-8000-000000000000";

    fn paris() -> RegionFacts {
        let mut named = key(&[]);
        named.aliases = vec!["alias/data".into(), "alias/old-data".into()];
        let mut region = region([key(&[]), named]);
        region.aws_s3_key = Some(AWS_MANAGED.into());
        region
    }

    fn encryption(name: Option<&str>) -> BucketEncryption {
        BucketEncryption {
            algorithm: SseAlgorithm::SseKms,
            kms_key: name.map(str::to_owned),
            bucket_key_enabled: false,
        }
    }

    /// What a name means in a Region.
    fn meaning(region: &RegionFacts, name: Option<&str>) -> String {
        let account = account(region.clone());
        let encryption = encryption(name);
        match BucketKeys::new(&account.account_id, region).of(&encryption) {
            BucketKey::Own(key) => format!("own {}", key.key_id),
            BucketKey::Unread(reason) => format!("unread {}", reason.operation),
            BucketKey::OtherAccount(account) => format!("of {account}"),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn all_four_ways_to_name_a_key_lead_to_it() {
        let region = paris();
        let (id, own) = (
            &region.keys[1].key_id,
            "arn:aws:kms:eu-west-3:111122223333:alias/old-data",
        );
        for name in [id, region.keys[1].arn.as_str(), "alias/data", own] {
            assert_eq!(meaning(&region, Some(name)), format!("own {id}"), "{name}");
        }
    }

    #[test]
    fn no_name_and_each_name_of_the_aws_managed_key_mean_that_key() {
        let region = paris();
        let arn = format!("arn:aws:kms:eu-west-3:111122223333:key/{AWS_MANAGED}");
        let alias_arn = format!("arn:aws:kms:eu-west-3:111122223333:{AWS_S3}");
        for name in [None, Some(AWS_S3), Some(AWS_MANAGED), Some(&arn), Some(&alias_arn)] {
            assert_eq!(meaning(&region, name), "AwsManaged", "{name:?}");
        }
    }

    #[test]
    fn an_arn_tells_of_another_account() {
        for resource in ["key/1", "alias/data", "alias/aws/s3"] {
            let arn = format!("arn:aws:kms:eu-west-3:444455556666:{resource}");
            assert_eq!(meaning(&paris(), Some(&arn)), "of 444455556666");
        }
    }

    #[test]
    fn what_nobody_here_knows_is_an_unknown_alias_or_key() {
        let region = paris();
        for (name, meant) in [
            ("alias/theirs", "UnknownAlias"),
            ("arn:aws:kms:eu-west-3:111122223333:alias/gone", "UnknownAlias"),
            ("00000000-dead-4000-8000-000000000000", "UnknownKey"),
            ("arn:aws:kms:us-east-1:111122223333:alias/data", "UnknownKey"),
            ("arn:aws:kms", "UnknownKey"),
            ("", "UnknownKey"),
        ] {
            assert_eq!(meaning(&region, Some(name)), meant, "{name}");
        }
    }

    #[test]
    fn where_a_list_was_not_read_what_is_not_found_may_be_anything() {
        let mut region = paris();
        region.alias_listing = denied("kms:ListAliases");
        for name in ["alias/theirs", "00000000-dead-4000-8000-000000000000"] {
            assert_eq!(meaning(&region, Some(name)), "unread kms:ListAliases", "{name}");
        }
        let id = region.keys[0].key_id.clone();
        assert_eq!(meaning(&region, Some(&id)), format!("own {id}"));
        region.alias_listing = Fact::Known(());
        region.key_listing = denied("kms:ListKeys");
        assert_eq!(meaning(&region, Some("alias/theirs")), "unread kms:ListKeys");
    }
}
