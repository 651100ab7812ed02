//! Amazon Resource Names.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{AccountId, Region};

/// An Amazon Resource Name, for example `arn:aws:kms:eu-west-3:111122223333:key/…`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Arn(String);

impl Arn {
    /// An ARN as AWS returned it.
    pub fn new(text: impl Into<String>) -> Self {
        Arn(text.into())
    }

    /// The ARN of a general purpose bucket, which carries neither account nor Region.
    pub fn of_bucket(partition: &str, name: &str) -> Self {
        Arn(format!("arn:{partition}:s3:::{name}"))
    }

    /// The ARN of a KMS quota, as Service Quotas writes it.
    pub fn of_kms_quota(partition: &str, region: &Region, account: &AccountId, code: &str) -> Self {
        Arn(format!("arn:{partition}:servicequotas:{region}:{account}:kms/{code}"))
    }

    /// A name for a custom key store in the form of an ARN. AWS gives key stores an id and no ARN; this one is the same in
    /// every scan.
    pub fn of_custom_key_store(partition: &str, region: &Region, account: &AccountId, id: &str) -> Self {
        Arn(format!("arn:{partition}:kms:{region}:{account}:custom-key-store/{id}"))
    }

    /// An identifier, in the form of an ARN, for keys of a Region that are one scheme. AWS knows no such resource.
    pub fn of_key_cluster(partition: &str, region: &Region, account: &AccountId, id: &str) -> Self {
        Arn(format!("arn:{partition}:kms:{region}:{account}:{id}"))
    }

    /// The ARN of an IAM role, whose name may have a path before it.
    pub fn of_role(partition: &str, account: &AccountId, name: &str) -> Self {
        Arn(format!("arn:{partition}:iam::{account}:role/{name}"))
    }

    /// The ARN as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The partition (`aws`, `aws-cn` …), where the text is an ARN.
    pub fn partition(&self) -> Option<&str> {
        let (partition, _) = self.0.strip_prefix("arn:")?.split_once(':')?;
        Some(partition).filter(|partition| !partition.is_empty())
    }

    /// The account, where the text is an ARN that names one.
    pub fn account(&self) -> Option<AccountId> {
        let mut parts = self.0.split(':');
        (parts.next() == Some("arn")).then(|| parts.nth(3).and_then(AccountId::parse))?
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_knows_its_partition() {
        let arn = Arn::new("arn:aws-us-gov:sts::111122223333:assumed-role/audit/weekly");
        assert_eq!(arn.partition(), Some("aws-us-gov"));
    }

    #[test]
    fn an_arn_knows_its_account() {
        let account = |text: &str| Arn::new(text).account().map(|account| account.to_string());
        let session = "arn:aws:sts::111122223333:assumed-role/audit/weekly";
        assert_eq!(account(session).as_deref(), Some("111122223333"));
        assert_eq!(account("arn:aws:s3:::bucket"), None);
        assert_eq!(account("role:aws:sts::111122223333:audit"), None);
    }

    #[test]
    fn what_is_not_an_arn_has_no_partition() {
        assert_eq!(Arn::new("alias/aws/s3").partition(), None);
    }
}
