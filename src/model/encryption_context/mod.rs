//! What the policies and grants of a key ask of the encryption context of S3, and whether a Bucket Key changes the
//! answer.
//!
//! Without a Bucket Key, S3 sends the ARN of the object as `aws:s3:arn`; with one, the ARN of the bucket.
//! Sources: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html>,
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html>.

mod condition;
mod pattern;

use std::fmt;

use serde::Serialize;

use self::condition::condition_reach;
use self::pattern::{Match, Reach};
use super::{KeyPolicy, Statement};
use crate::facts::{Arn, Fact, Grant, KeyDetails};

/// The key of the encryption context in which S3 names the bucket or the object.
const S3_ARN: &str = "aws:s3:arn";

/// The condition key that holds the keys of the encryption context.
const CONTEXT_KEYS: &str = "kms:EncryptionContextKeys";

/// Before a key of the encryption context, in a condition.
const CONDITION_PREFIX: &str = "kms:EncryptionContext:";

/// The conditions on encryption context in the policies and grants of a key.
#[derive(Clone, Debug, PartialEq)]
pub struct ContextConditions {
    /// The statements and grants with conditions on `aws:s3:arn`, each with these.
    on_s3_arn: Vec<Rule>,
    /// The conditions on other pairs, which a customer's own applications send: how tenants are kept apart under one
    /// key. Pairs that AWS services send for themselves are left out.
    pub isolating: Vec<ContextCondition>,
    /// Why something about the policies or grants is not known.
    pub unread: Option<String>,
}

/// A condition on encryption context, as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ContextCondition {
    /// Where it stands.
    pub place: ConditionPlace,
    /// The `Sid` of the statement, or the name of the grant.
    pub name: Option<String>,
    /// The number of the statement in its policy, from 1; `None` for a grant.
    pub statement: Option<usize>,
    /// The id of the grant; `None` for a statement.
    pub grant: Option<String>,
    /// `Allow` or `Deny`.
    pub effect: String,
    /// The condition operator, or the kind of grant constraint.
    pub operator: String,
    /// The condition key, or the key of the encryption context.
    pub key: String,
    /// The values.
    pub values: Vec<String>,
}

/// Where a condition stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ConditionPlace {
    /// In the key policy.
    KeyPolicy,
    /// In the policy by which AWS RAM shares the key.
    AwsRamPolicy,
    /// In a grant.
    Grant,
}

/// Whether a Bucket Key can be switched on for a bucket without changing who may use the key.
#[derive(Clone, Debug, PartialEq)]
pub enum BucketKeySafety {
    /// No policy or grant tells the bucket ARN from the ARNs of the objects.
    Safe,
    /// One does.
    Unsafe(Vec<Change>),
    /// It cannot be told; why.
    Unknown(String),
}

/// A condition that answers otherwise for a bucket ARN than for the ARNs of objects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The condition.
    #[serde(flatten)]
    pub condition: ContextCondition,
    /// What follows.
    pub consequence: Consequence,
}

/// What a Bucket Key makes of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Consequence {
    /// Requests that are allowed today are refused.
    RequestsRefused,
    /// Requests that it keeps out today are no longer kept out.
    RestrictionLost,
}

/// A statement or a grant, by its conditions on `aws:s3:arn`. All of them have to hold.
#[derive(Clone, Debug, PartialEq)]
struct Rule {
    conditions: Vec<ContextCondition>,
}

impl ContextConditions {
    /// Reads the policies and grants of a key.
    pub fn of(details: &KeyDetails) -> ContextConditions {
        let mut read = ContextConditions {
            on_s3_arn: Vec::new(),
            isolating: Vec::new(),
            unread: None,
        };
        match known(&details.policy, "the key policy") {
            Ok(text) => read.policy(text, ConditionPlace::KeyPolicy, "the key policy"),
            Err(because) => read.not_known(because),
        }
        match known(&details.ram_policy, "the AWS_RAM policy") {
            Ok(None) => {}
            Ok(Some(text)) => read.policy(text, ConditionPlace::AwsRamPolicy, "the AWS_RAM policy"),
            Err(because) => read.not_known(because),
        }
        match known(&details.grants, "the list of grants") {
            Ok(grants) => grants.iter().for_each(|grant| read.grant(grant)),
            Err(because) => read.not_known(because),
        }
        read
    }

    /// Whether a Bucket Key can be switched on for a bucket, as far as the policies and grants of this key say.
    pub fn bucket_key_safety(&self, bucket: &Arn) -> BucketKeySafety {
        let mut changes = Vec::new();
        let mut unclear = None;
        for rule in &self.on_s3_arn {
            match rule.verdict(bucket) {
                Verdict::Same => {}
                Verdict::Changes(consequence) => {
                    let conditions = rule.conditions.iter().cloned();
                    changes.extend(conditions.map(|condition| Change { condition, consequence }));
                }
                Verdict::Unclear => unclear = unclear.or(rule.conditions.first()),
            }
        }
        if !changes.is_empty() {
            BucketKeySafety::Unsafe(changes)
        } else if let Some(condition) = unclear {
            let because = format!("what {condition} matches cannot be told from the policy alone");
            BucketKeySafety::Unknown(because)
        } else if let Some(because) = &self.unread {
            BucketKeySafety::Unknown(because.clone())
        } else {
            BucketKeySafety::Safe
        }
    }

    fn not_known(&mut self, because: String) {
        self.unread.get_or_insert(because);
    }

    fn policy(&mut self, text: &str, place: ConditionPlace, what: &str) {
        let Ok(policy) = KeyPolicy::parse(text) else {
            return self.not_known(format!("{what} could not be understood"));
        };
        for (number, statement) in (1..).zip(&policy.statement) {
            self.statement(place, number, statement);
        }
    }

    fn statement(&mut self, place: ConditionPlace, number: usize, statement: &Statement) {
        let mut on_s3_arn = Vec::new();
        for (operator, keys) in &statement.condition {
            for (key, values) in keys {
                let condition = || ContextCondition {
                    place,
                    name: statement.sid.clone().filter(|sid| !sid.is_empty()),
                    statement: Some(number),
                    grant: None,
                    effect: statement.effect.clone(),
                    operator: operator.clone(),
                    key: key.clone(),
                    values: values.0.clone(),
                };
                let names_the_customers = || values.0.iter().any(|pair| is_the_customers(pair));
                match context_key(key) {
                    Some(pair) if pair.eq_ignore_ascii_case(S3_ARN) => on_s3_arn.push(condition()),
                    Some(pair) if is_the_customers(pair) => self.isolating.push(condition()),
                    Some(_) => {}
                    // Which pairs there must be, or must not.
                    None if key.eq_ignore_ascii_case(CONTEXT_KEYS) && names_the_customers() => {
                        self.isolating.push(condition());
                    }
                    None => {}
                }
            }
        }
        if !on_s3_arn.is_empty() {
            self.on_s3_arn.push(Rule { conditions: on_s3_arn });
        }
    }

    /// The constraints of a grant: pairs of which the keys are compared without regard to case, the values to the letter.
    ///
    /// Source: <https://docs.aws.amazon.com/kms/latest/APIReference/API_GrantConstraints.html>.
    fn grant(&mut self, grant: &Grant) {
        let subset = grant.encryption_context_subset.iter();
        let equals = grant.encryption_context_equals.iter();
        let pairs = subset.map(|pair| (GRANT_SUBSET, pair));
        for (operator, (key, value)) in pairs.chain(equals.map(|pair| (GRANT_EQUALS, pair))) {
            let condition = || ContextCondition {
                place: ConditionPlace::Grant,
                name: grant.name.clone().filter(|name| !name.is_empty()),
                statement: None,
                grant: Some(grant.id.clone()),
                effect: "Allow".to_owned(),
                operator: operator.to_owned(),
                key: key.clone(),
                values: vec![value.clone()],
            };
            if key.eq_ignore_ascii_case(S3_ARN) {
                self.on_s3_arn.push(Rule {
                    conditions: vec![condition()],
                });
            } else if is_the_customers(key) {
                self.isolating.push(condition());
            }
        }
    }
}

const GRANT_SUBSET: &str = "EncryptionContextSubset";
const GRANT_EQUALS: &str = "EncryptionContextEquals";

/// The key of the encryption context that a condition key is about. Condition keys are not case-sensitive.
fn context_key(condition_key: &str) -> Option<&str> {
    let (prefix, pair) = condition_key.split_at_checked(CONDITION_PREFIX.len())?;
    prefix.eq_ignore_ascii_case(CONDITION_PREFIX).then_some(pair)
}

/// Pairs of AWS services that do not begin with `aws:`.
///
/// Sources: <https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html>,
/// <https://docs.aws.amazon.com/kms/latest/developerguide/services-parameter-store.html>.
const OF_SERVICES: [&str; 3] = ["SecretARN", "SecretVersionId", "PARAMETER_ARN"];

/// Whether a pair is one that the customer's applications send, and not an AWS service for itself: `aws:ebs:id`,
/// `aws:logs:arn`, `SecretARN`.
fn is_the_customers(pair: &str) -> bool {
    !pair.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("aws:"))
        && !OF_SERVICES
            .iter()
            .any(|of_service| of_service.eq_ignore_ascii_case(pair))
}

fn known<'f, T>(fact: &'f Fact<T>, what: &str) -> Result<&'f T, String> {
    match fact {
        Fact::Known(value) => Ok(value),
        Fact::Unavailable(reason) => Err(format!("{what} could not be read: {}", reason.code)),
        Fact::NotCollected => Err(format!("{what} was not collected")),
    }
}

enum Verdict {
    Same,
    Changes(Consequence),
    Unclear,
}

impl Rule {
    /// Whether it answers otherwise for the bucket ARN than for the ARNs of the objects. The other conditions of the
    /// statement are taken to hold.
    fn verdict(&self, bucket: &Arn) -> Verdict {
        let reaches = self.conditions.iter().map(|condition| condition.reach(bucket));
        let reach = reaches.fold(Reach::all(Match::Yes), Reach::and);
        let effect = self.conditions.first().map_or("", |condition| &condition.effect);
        match (effect, reach.bucket) {
            (_, Match::No) if reach.some_object == Match::No => Verdict::Same,
            (_, Match::Yes) if reach.every_object == Match::Yes => Verdict::Same,
            ("Allow", Match::No) => Verdict::Changes(Consequence::RequestsRefused),
            ("Deny", Match::No) => Verdict::Changes(Consequence::RestrictionLost),
            // Written for a bucket that has a Bucket Key already, or will have one.
            ("Allow", _) if reach.some_object == Match::No => Verdict::Same,
            ("Allow", Match::Yes) if reach.every_object == Match::No => {
                Verdict::Changes(Consequence::RestrictionLost)
            }
            ("Deny", Match::Yes) if reach.every_object == Match::No => {
                Verdict::Changes(Consequence::RequestsRefused)
            }
            _ => Verdict::Unclear,
        }
    }
}

impl ContextCondition {
    fn reach(&self, bucket: &Arn) -> Reach {
        if self.place == ConditionPlace::Grant {
            let is = |matches: fn(&str, &str) -> bool| {
                Match::from(self.values.iter().any(|value| matches(value, bucket.as_str())))
            };
            Reach {
                bucket: is(|value, bucket| value == bucket),
                some_object: is(|value, bucket| {
                    let object = value.strip_prefix(bucket).and_then(|rest| rest.strip_prefix('/'));
                    object.is_some_and(|name| !name.is_empty())
                }),
                every_object: Match::No,
            }
        } else {
            condition_reach(&self.operator, &self.values, bucket)
        }
    }
}

/// The condition as one reads it, long texts cut short.
impl fmt::Display for ContextCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.place, self.statement) {
            (ConditionPlace::Grant, _) => {
                write!(f, "grant {}", shortened(self.grant.as_deref().unwrap_or_default()))?
            }
            (_, number) => write!(f, "statement {}", number.unwrap_or_default())?,
        }
        if let Some(name) = &self.name {
            write!(f, " ({})", shortened(name))?;
        }
        f.write_str(match self.place {
            ConditionPlace::KeyPolicy => " of the key policy",
            ConditionPlace::AwsRamPolicy => " of the AWS_RAM policy",
            ConditionPlace::Grant => "",
        })?;
        let (operator, key) = (shortened(&self.operator), shortened(&self.key));
        write!(f, ": {} if {operator} {key}", shortened(&self.effect))?;
        let mut before = " = ";
        for value in self.values.iter().take(VALUES_QUOTED) {
            write!(f, "{before}{}", shortened(value))?;
            before = " or ";
        }
        match self.values.len().saturating_sub(VALUES_QUOTED) {
            0 => Ok(()),
            more => write!(f, " or {more} more"),
        }
    }
}

const VALUES_QUOTED: usize = 2;

/// A text of a customer, of which a sentence can hold only so much.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 120;
    let mut characters = text.chars();
    let mut short: String = characters.by_ref().take(LONGEST).collect();
    if characters.next().is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests;
