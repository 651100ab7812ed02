//! Accounts and their organization, as they are written.

use super::{At, BucketFile, Instant, RegionFile, TrailFile};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The account of the credentials.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountFile {
    /// Twelve digits.
    pub id: At<String>,
    /// The partition: `aws` where nothing is said, else one such as `aws-us-gov`.
    #[serde(default = "aws")]
    pub partition: At<String>,
    /// Whom STS says the credentials belong to.
    pub caller_arn: Option<String>,
    /// The name of the account in its organization.
    pub name: Option<String>,
    /// The organizational unit it is in, as a path such as `Workloads/Production`; the root where nothing is said.
    pub unit: Option<At<String>>,
    /// The roles that can be assumed in it.
    #[serde(default, rename = "role")]
    pub roles: Vec<RoleFile>,
}

fn aws() -> At<String> {
    At::nowhere("aws".to_owned())
}

/// An organization.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrganizationFile {
    /// `o-` and ten to 32 lower-case letters and digits.
    pub id: Option<At<String>>,
    /// The id of the management account; the account of the credentials where nothing is said.
    pub management_account: Option<At<String>>,
    /// Ids of accounts that may ask Organizations as the management account may.
    #[serde(default)]
    pub delegated_administrators: Vec<At<String>>,
    /// The organizational units, each as its path from the root: `Workloads`, `Workloads/Production`.
    #[serde(default)]
    pub units: Vec<At<String>>,
}

/// A member account of the organization, or several alike.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberFile {
    /// How many accounts like this there are; one where nothing is said.
    pub count: Option<At<u32>>,
    /// Twelve digits; for several accounts with their number in it, such as `20000000{n:04}`.
    pub id: At<String>,
    /// The name, with `{n}` for the number of the account.
    pub name: Option<String>,
    /// The organizational unit it is in, as a path; the root where nothing is said.
    pub unit: Option<At<String>>,
    /// What Organizations calls its state; only an ACTIVE account can be entered.
    #[serde(default)]
    pub state: AccountState,
    /// When it joined the organization.
    pub joined: Option<At<Instant>>,
    /// The roles that can be assumed in it.
    #[serde(default, rename = "role")]
    pub roles: Vec<RoleFile>,
    /// Its Regions.
    #[serde(default, rename = "region")]
    pub regions: Vec<RegionFile>,
    /// Its general purpose buckets; in names, `{account}` stands for the account's id.
    #[serde(default, rename = "bucket")]
    pub buckets: Vec<BucketFile>,
    /// Its trails.
    #[serde(default, rename = "trail")]
    pub trails: Vec<At<TrailFile>>,
}

/// `AccountState` of the Organizations API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AccountState {
    /// Not yet usable.
    PendingActivation,
    /// In use.
    #[default]
    Active,
    /// Suspended by AWS.
    Suspended,
    /// Being closed.
    PendingClosure,
    /// Closed.
    Closed,
}

/// An IAM role, as far as STS is concerned with it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleFile {
    /// The name of the role, after its path.
    pub name: At<String>,
    /// The ids of the accounts whose principals its trust policy lets in; the account of the credentials where
    /// nothing is said.
    pub trusts: Option<Vec<At<String>>>,
    /// The external id that the trust policy asks for.
    pub external_id: Option<String>,
    /// The longest session, in seconds: 3,600 to 43,200.
    pub max_session_seconds: Option<At<u32>>,
}
