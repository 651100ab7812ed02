//! Whether it is safe to switch the Bucket Key of a bucket on.

use super::super::kms_buckets::{ContextOfKeys, KmsBucket};
use crate::facts::Arn;
use crate::model::{AliasMeaning, BucketKeySafety, BucketKeyTarget, Change, Consequence};

/// The verdict, from what can be read in the account. IAM policies are not read.
pub(super) enum Verdict {
    /// Nothing that was read depends on it.
    Yes {
        /// Whether the key is `aws/s3`, whose policy AWS writes.
        aws_managed: bool,
        /// How many conditions on other encryption context the key has, which a Bucket Key bypasses.
        isolating: usize,
    },
    /// These conditions depend on it.
    No(Vec<Change>),
    /// It cannot be told; why.
    Unknown(String),
}

impl Verdict {
    pub(super) fn of<'s>(bucket: &KmsBucket<'s>, arn: &Arn, contexts: &mut ContextOfKeys<'s>) -> Verdict {
        match bucket.target {
            BucketKeyTarget::AwsManaged => Verdict::Yes {
                aws_managed: true,
                isolating: 0,
            },
            BucketKeyTarget::Key(key) => {
                let conditions = contexts.of(key);
                match conditions.bucket_key_safety(arn) {
                    BucketKeySafety::Safe => Verdict::Yes {
                        aws_managed: false,
                        isolating: conditions.isolating.len(),
                    },
                    BucketKeySafety::Unsafe(changes) => Verdict::No(changes),
                    BucketKeySafety::Unknown(because) => Verdict::Unknown(because),
                }
            }
            BucketKeyTarget::Alias(AliasMeaning::Key(key)) => match contexts.of(key).bucket_key_safety(arn) {
                BucketKeySafety::Unsafe(changes) => Verdict::No(changes),
                BucketKeySafety::Safe | BucketKeySafety::Unknown(_) => Verdict::Unknown(
                    "the bucket names an alias, which requests of other accounts look up in theirs".into(),
                ),
            },
            BucketKeyTarget::Alias(AliasMeaning::Nothing) => {
                Verdict::Unknown("no key of the account has the alias that the bucket names".into())
            }
            BucketKeyTarget::Alias(AliasMeaning::Unknown(because)) => {
                Verdict::Unknown(format!("which key the alias means is not known, since {because}"))
            }
            BucketKeyTarget::OtherAccount { account, .. } => Verdict::Unknown(format!(
                "the key belongs to the account {account}, and its key policy can be read only there"
            )),
            BucketKeyTarget::OtherRegion { region } => {
                Verdict::Unknown(format!("the bucket names a key of another Region, {region}"))
            }
            BucketKeyTarget::Missing => Verdict::Unknown("the key that the bucket names does not exist".into()),
            BucketKeyTarget::NotAKey => {
                Verdict::Unknown("what the bucket names as its key is not the ARN of one".into())
            }
            BucketKeyTarget::Unknown(because) => {
                Verdict::Unknown(format!("which key it means is not known, since {because}"))
            }
        }
    }

    /// The word for it in the observed facts.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Verdict::Yes { .. } => "yes",
            Verdict::No(_) => "no",
            Verdict::Unknown(_) => "unknown",
        }
    }

    pub(super) fn unknown_because(&self) -> Option<&str> {
        match self {
            Verdict::Unknown(because) => Some(because),
            Verdict::Yes { .. } | Verdict::No(_) => None,
        }
    }

    pub(super) fn changes(&self) -> &[Change] {
        match self {
            Verdict::No(changes) => changes,
            Verdict::Yes { .. } | Verdict::Unknown(_) => &[],
        }
    }

    pub(super) fn isolating(&self) -> usize {
        match self {
            Verdict::Yes { isolating, .. } => *isolating,
            Verdict::No(_) | Verdict::Unknown(_) => 0,
        }
    }

    pub(super) fn sentence(&self) -> String {
        match self {
            Verdict::Yes { aws_managed: true, .. } => {
                "Safe to enable: yes; AWS writes the policy of aws/s3, and IAM policies were not looked at.".into()
            }
            Verdict::Yes { isolating: 0, .. } => {
                "Safe to enable: yes; no key policy or grant depends on the object \
                                                  ARNs, and IAM policies were not looked at."
                    .into()
            }
            Verdict::Yes { isolating, .. } => format!(
                "Safe to enable: yes; no key policy or grant depends on the object ARNs, and IAM policies were not \
                 looked at, but {} on other encryption context would be bypassed (see bucket-key-bypasses-context).",
                match isolating {
                    1 => "a condition".to_owned(),
                    _ => format!("{isolating} conditions"),
                }
            ),
            Verdict::No(changes) => {
                let Some(first) = changes.first() else {
                    return String::new();
                };
                let more = match changes.len() - 1 {
                    0 => String::new(),
                    more => format!(" (and {more} more)"),
                };
                format!(
                    "Safe to enable: no; {}{more} answers otherwise for the bucket ARN, which a Bucket Key sends, than \
                     for the object ARNs, so {}.",
                    first.condition,
                    consequence(first.consequence),
                )
            }
            Verdict::Unknown(because) => format!("Safe to enable: unknown; {because}."),
        }
    }

    /// What to do. Findings of several verdicts can stand under one heading, so it says which it is for.
    pub(super) fn remediation(&self) -> String {
        let first = match self {
            Verdict::Yes { isolating: 0, .. } => YES,
            Verdict::Yes { .. } => YES_AFTER_ISOLATION,
            Verdict::No(_) => NO,
            Verdict::Unknown(_) => UNKNOWN,
        };
        format!("{first} {EXISTING_OBJECTS}")
    }
}

fn consequence(consequence: Consequence) -> &'static str {
    match consequence {
        Consequence::RequestsRefused => "requests that it lets through today would no longer pass it",
        Consequence::RestrictionLost => "what it keeps out today would no longer be kept out by it",
    }
}

const YES: &str = "Where safe_to_enable is yes: search the IAM policies of those who use the bucket for \
                   kms:EncryptionContext:aws:s3:arn on object ARNs, which a Bucket Key would leave without effect. If \
                   there is none, set BucketKeyEnabled with PutBucketEncryption; it applies to new objects.";

const YES_AFTER_ISOLATION: &str = "Where safe_to_enable is yes: settle the finding bucket-key-bypasses-context of this \
                                   bucket first. Then search the IAM policies of those who use the bucket for \
                                   kms:EncryptionContext:aws:s3:arn on object ARNs, and if there is none, set \
                                   BucketKeyEnabled with PutBucketEncryption; it applies to new objects.";

const NO: &str = "Where safe_to_enable is no: leave it off until the quoted statements and grants hold for the bucket \
                  ARN too; keep the object ARNs beside it, since objects written before still send theirs. If KMS has \
                  to decide about single objects, leave it off for good and except the finding.";

const UNKNOWN: &str = "Where safe_to_enable is unknown: read the policies and grants of the key, in the account that \
                       owns it, for conditions on kms:EncryptionContext:aws:s3:arn with object ARNs, and the IAM \
                       policies of those who use the bucket; where the bucket names an alias, name the ARN of the key \
                       first. Switch it on once there is none.";

const EXISTING_OBJECTS: &str = "Existing objects follow with UpdateObjectEncryption, alone or as an S3 Batch \
                                Operations job, without moving data: not those under Object Lock or encrypted with \
                                DSSE-KMS or SSE-C, and by default only with a key of the bucket owner's account.";
