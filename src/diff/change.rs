//! One change, and one thing that cannot be compared.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::facts::{AccountId, Region};
use crate::severity::Severity;

/// Something that is not as it was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// What kind of change it is; it also says what `from` and `to` hold.
    pub change: ChangeKind,
    /// The account; null for findings about the configuration.
    pub account_id: Option<AccountId>,
    /// The Region, where it is known.
    pub region: Option<Region>,
    /// The ARN of the resource; for the cost of a Region, its name.
    pub resource: String,
    /// What people call the resource.
    pub name: String,
    /// What was; null where there was nothing. Of tags, only those that differ.
    pub from: Value,
    /// What is; null where there is nothing.
    pub to: Value,
    /// Of a finding, its check.
    pub check: Option<String>,
    /// Of a finding, how much it matters.
    pub severity: Option<Severity>,
    /// Of a finding, its fingerprint.
    pub fingerprint: Option<String>,
}

/// The kinds of change, in the order in which they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// A finding that was not there. `to` is its severity.
    FindingNew,
    /// A finding that an exception covered and covers no longer. `from` is the exception, `to` the severity.
    FindingReopened,
    /// A finding whose check no longer fails. `from` is its severity.
    FindingGone,
    /// A finding that an exception covers from now on. `to` is the exception.
    FindingExcepted,
    /// A finding that matters more or less than it did. Both are severities.
    FindingSeverityChanged,
    /// A customer managed key that was not there. `to` is its state, where it was read.
    KeyCreated,
    /// A key that is not there any more. `from` is its state, where it was read.
    KeyDeleted,
    /// A key that waits for its deletion. `from` is its state, `to` the moment of the deletion, where AWS tells it.
    KeyScheduledForDeletion,
    /// A key in another state. Both are states.
    KeyStateChanged,
    /// Other tags. Both are the tags that differ.
    KeyTagsChanged,
    /// Other aliases. Both are the aliases that differ.
    KeyAliasesChanged,
    /// Another description.
    KeyDescriptionChanged,
    /// A key policy that says something else, whatever its order and white space. Both are policies, as text.
    KeyPolicyChanged,
    /// Automatic rotation switched on or off, or with another period.
    KeyRotationChanged,
    /// Another multi-Region role.
    KeyRoleChanged,
    /// A key that had no justification and has one. `from` is its standing, `to` the reason.
    JustificationWon,
    /// A key that had a justification and has none. `from` is the reason, `to` its standing.
    JustificationLost,
    /// A key with another reason.
    JustificationChanged,
    /// A bucket that was not there. `to` is its default encryption, where it was read.
    BucketCreated,
    /// A bucket that is not there any more. `from` is its default encryption, where it was read.
    BucketDeleted,
    /// Another default encryption, or another key. Both hold `algorithm` and `kms_key`.
    BucketEncryptionChanged,
    /// The S3 Bucket Key switched on or off.
    BucketKeyChanged,
    /// A busier minute than before. Both are peaks; null is no datapoint.
    UtilizationUp,
    /// A less busy minute than before. Both are peaks; null is no datapoint.
    UtilizationDown,
    /// Another limit. Both are requests a second.
    QuotaChanged,
    /// What the keys of a Region cost a month to keep, in dollars.
    CostChanged,
}

impl ChangeKind {
    /// All of them, in their order.
    pub const ALL: [ChangeKind; 26] = [
        ChangeKind::FindingNew,
        ChangeKind::FindingReopened,
        ChangeKind::FindingGone,
        ChangeKind::FindingExcepted,
        ChangeKind::FindingSeverityChanged,
        ChangeKind::KeyCreated,
        ChangeKind::KeyDeleted,
        ChangeKind::KeyScheduledForDeletion,
        ChangeKind::KeyStateChanged,
        ChangeKind::KeyTagsChanged,
        ChangeKind::KeyAliasesChanged,
        ChangeKind::KeyDescriptionChanged,
        ChangeKind::KeyPolicyChanged,
        ChangeKind::KeyRotationChanged,
        ChangeKind::KeyRoleChanged,
        ChangeKind::JustificationWon,
        ChangeKind::JustificationLost,
        ChangeKind::JustificationChanged,
        ChangeKind::BucketCreated,
        ChangeKind::BucketDeleted,
        ChangeKind::BucketEncryptionChanged,
        ChangeKind::BucketKeyChanged,
        ChangeKind::UtilizationUp,
        ChangeKind::UtilizationDown,
        ChangeKind::QuotaChanged,
        ChangeKind::CostChanged,
    ];

    /// What it is, as the title of a group.
    pub fn title(self) -> &'static str {
        match self {
            ChangeKind::FindingNew => "New findings",
            ChangeKind::FindingReopened => "Findings that no exception covers any more",
            ChangeKind::FindingGone => "Findings that are gone",
            ChangeKind::FindingExcepted => "Findings that an exception covers from now on",
            ChangeKind::FindingSeverityChanged => "Findings of another severity",
            ChangeKind::KeyCreated => "Keys created",
            ChangeKind::KeyDeleted => "Keys deleted",
            ChangeKind::KeyScheduledForDeletion => "Keys scheduled for deletion",
            ChangeKind::KeyStateChanged => "Keys in another state",
            ChangeKind::KeyTagsChanged => "Keys with other tags",
            ChangeKind::KeyAliasesChanged => "Keys with other aliases",
            ChangeKind::KeyDescriptionChanged => "Keys with another description",
            ChangeKind::KeyPolicyChanged => "Keys with another policy",
            ChangeKind::KeyRotationChanged => "Keys with another rotation",
            ChangeKind::KeyRoleChanged => "Keys with another multi-Region role",
            ChangeKind::JustificationWon => "Justifications won",
            ChangeKind::JustificationLost => "Justifications lost",
            ChangeKind::JustificationChanged => "Keys justified by another reason",
            ChangeKind::BucketCreated => "Buckets created",
            ChangeKind::BucketDeleted => "Buckets deleted",
            ChangeKind::BucketEncryptionChanged => "Buckets with another default encryption",
            ChangeKind::BucketKeyChanged => "Bucket Keys switched on or off",
            ChangeKind::UtilizationUp => "Quotas used more",
            ChangeKind::UtilizationDown => "Quotas used less",
            ChangeKind::QuotaChanged => "Quotas changed",
            ChangeKind::CostChanged => "Monthly cost of keys",
        }
    }
}

/// A kind of thing in one place that could not be compared, because it was not read in one of the runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NotComparable {
    /// What: `account`, `Region`, `keys`, `tags of keys`, `findings of <check>` …
    pub what: String,
    /// The account; null for findings about the configuration.
    pub account_id: Option<AccountId>,
    /// The Region, where it is one.
    pub region: Option<Region>,
    /// In which run it was not read.
    pub run: Side,
    /// Why.
    pub because: String,
    /// How many resources are concerned that one of the runs did read; none where nothing was.
    pub count: u64,
    /// The names of the first few.
    pub examples: Vec<String>,
}

/// Which of the two runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The first.
    Old,
    /// The second.
    New,
    /// Neither read it.
    Both,
}

impl Side {
    /// The words used in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Side::Old => "the old run",
            Side::New => "the new run",
            Side::Both => "both runs",
        }
    }
}
