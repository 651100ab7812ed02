//! What a key policy says.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::Error;
use serde_json::Value;

use crate::facts::AccountId;

/// The longest policy that the API knows. KMS takes no more than 32 KB, so what is longer came from elsewhere.
///
/// Source: <https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyPolicy.html>.
const LONGEST: usize = 131_072;

/// A policy document, with what AWS lets people write once or in a list always in a list.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct KeyPolicy {
    /// Its statements.
    #[serde(default, deserialize_with = "one_or_many")]
    pub statement: Vec<Statement>,
}

/// A statement of a policy.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Statement {
    /// Its id.
    #[serde(default)]
    pub sid: Option<String>,
    /// `Allow` or `Deny`.
    pub effect: String,
    /// Who, as written: `"*"`, or lists by kind.
    #[serde(default)]
    pub principal: Option<Value>,
    /// Who not.
    #[serde(default)]
    pub not_principal: Option<Value>,
    /// What.
    #[serde(default, deserialize_with = "one_or_many")]
    pub action: Vec<String>,
    /// What not.
    #[serde(default, deserialize_with = "one_or_many")]
    pub not_action: Vec<String>,
    /// When: values by condition operator and condition key.
    #[serde(default)]
    pub condition: BTreeMap<String, BTreeMap<String, Values>>,
}

/// The values of a condition, of whatever type they are written in.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(from = "Value")]
pub struct Values(pub Vec<String>);

impl From<Value> for Values {
    fn from(value: Value) -> Self {
        let text = |value: Value| match value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        Values(match value {
            Value::Array(values) => values.into_iter().map(text).collect(),
            value => vec![text(value)],
        })
    }
}

impl KeyPolicy {
    /// Reads the JSON text of a policy.
    ///
    /// # Errors
    /// When it is not a policy document.
    pub fn parse(text: &str) -> Result<KeyPolicy, serde_json::Error> {
        if text.len() > LONGEST {
            return Err(serde_json::Error::custom(format!(
                "it has {} bytes, and a key policy at most {LONGEST}",
                text.len()
            )));
        }
        // Of a list, whose items would be taken for the fields in their order, nothing is a policy.
        let document: serde_json::Map<String, Value> = serde_json::from_str(text)?;
        serde_json::from_value(Value::Object(document))
    }

    /// Whether this is the default key policy: one statement that leaves everything to the IAM policies of the account,
    /// and no condition.
    ///
    /// Source: <https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html>.
    pub fn is_default(&self, partition: &str, account: &AccountId) -> bool {
        let [statement] = self.statement.as_slice() else {
            return false;
        };
        let root = format!("arn:{partition}:iam::{account}:root");
        let principals = statement.principals();
        let names_others = match &statement.principal {
            Some(Value::Object(kinds)) => kinds.keys().any(|kind| kind != "AWS"),
            _ => statement.not_principal.is_some(),
        };
        statement.effect == "Allow"
            && statement.condition.is_empty()
            && statement.not_action.is_empty()
            && statement.action == ["kms:*"]
            && !names_others
            && principals.len() == 1
            && (principals == [root.as_str()] || principals == [account.as_str()])
    }
}

impl Statement {
    /// The AWS principals it names, as written; `*` for everyone.
    pub fn principals(&self) -> Vec<&str> {
        match &self.principal {
            Some(Value::String(everyone)) => vec![everyone],
            Some(Value::Object(kinds)) => match kinds.get("AWS") {
                Some(Value::String(one)) => vec![one],
                Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }
}

fn one_or_many<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany<T> {
        Many(Vec<T>),
        One(T),
    }
    Ok(match OneOrMany::deserialize(deserializer)? {
        OneOrMany::Many(many) => many,
        OneOrMany::One(one) => vec![one],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = r#"{"Version":"2012-10-17","Id":"key-default-1","Statement":[{"Sid":"Enable IAM User Permissions",
        "Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"}]}"#;

    fn is_default(policy: &str) -> bool {
        KeyPolicy::parse(policy)
            .unwrap()
            .is_default("aws", &AccountId::new("111122223333"))
    }

    #[test]
    fn the_policy_that_leaves_all_to_iam_is_the_default_one() {
        assert!(is_default(ROOT));
        assert!(
            is_default(&ROOT.replace("[{", "{").replace("}]", "}")),
            "a single statement needs no list"
        );
        assert!(
            !is_default(&ROOT.replace("111122223333", "444455556666")),
            "of another account"
        );
        assert!(!is_default(&ROOT.replace("\"kms:*\"", "\"kms:Decrypt\"")));
        assert!(!is_default(&ROOT.replace(
            "\"Resource\"",
            "\"Condition\":{\"Bool\":{\"aws:x\":true}},\"Resource\""
        )));
        assert!(!is_default(&ROOT.replace("{\"AWS\":", "{\"Service\":")));
        let shared = ROOT.replace("{\"AWS\":", "{\"Service\":\"cloudtrail.amazonaws.com\",\"AWS\":");
        assert!(!is_default(&shared), "a service may use the key as well");
    }

    #[test]
    fn values_of_conditions_are_read_in_whatever_type_they_are_written() {
        let policy = ROOT.replace(
            "\"Resource\"",
            r#""Condition":{"Bool":{"a":true},"StringEquals":{"b":["x","y"],"c":7}},"Resource""#,
        );
        let condition = &KeyPolicy::parse(&policy).unwrap().statement[0].condition;
        assert_eq!(condition["Bool"]["a"].0, ["true"]);
        assert_eq!(condition["StringEquals"]["b"].0, ["x", "y"]);
        assert_eq!(condition["StringEquals"]["c"].0, ["7"]);
    }

    #[test]
    fn what_is_no_policy_is_an_error() {
        for wrong in ["", "[]", "{\"Statement\": 7}", "{\"Statement\":[{}]}", "<html>"] {
            assert!(KeyPolicy::parse(wrong).is_err(), "{wrong}");
        }
    }
}
