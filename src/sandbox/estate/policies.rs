//! Key policies.

use super::Problem;
use super::file::{At, KeyFile};
use crate::sandbox::keys::metadata::json_escaped;
use crate::sandbox::keys::policies::Policies;
use crate::sandbox::keys::text::KeyText;
use serde_json::{Map, Value};

/// 32 KB: <https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html>.
const LONGEST_POLICY: usize = 32_768;

pub(super) fn policies(key: &At<KeyFile>, region: &str, partition: &str) -> Result<Policies, Problem> {
    let given = key.policy.as_ref().or(key.ram_policy.as_ref());
    if key.aws_managed {
        if let Some(policy) = given {
            return Err(Problem::new(
                policy.span(),
                "AWS writes the policies of AWS managed keys; remove this one",
            ));
        }
        let alias = key.alias.as_ref().and_then(|names| names.as_slice().first());
        let service = alias.and_then(|name| name.strip_prefix("alias/aws/"));
        let service = json_escaped(service.unwrap_or_default());
        return Ok(Policies::of_an_aws_managed_key(&service, partition));
    }
    let mut policies = Policies::of_a_new_key();
    if let Some(policy) = &key.policy {
        policies.default = text(policy, region, partition)?;
    }
    let ram = key.ram_policy.as_ref();
    policies.ram = ram.map(|policy| text(policy, region, partition)).transpose()?;
    Ok(policies)
}

fn text(written: &At<String>, region: &str, partition: &str) -> Result<KeyText, Problem> {
    let text = KeyText::new(written);
    // Accounts and numbers are digits: if one of each makes it JSON, all do.
    let policy = text.filled(1, "000000000000", region, partition);
    // `PolicyType` of the API model.
    let is_allowed = |character: char| matches!(character, '\t' | '\n' | '\r' | ' '..='\u{ff}');
    let problem = if policy.len() > LONGEST_POLICY {
        format!(
            "a policy has at most {LONGEST_POLICY} bytes, and this one {}",
            policy.len()
        )
    } else if let Some(other) = policy.chars().find(|character| !is_allowed(*character)) {
        let other = other.escape_unicode();
        format!("a policy has only characters up to U+00FF, and this one has {other}; write it as \\u in the JSON")
    } else {
        match serde_json::from_str::<Map<String, Value>>(&policy) {
            Ok(_) => return Ok(text),
            Err(error) => format!("a policy is a JSON object, and this is not: {error}"),
        }
    };
    Err(Problem::new(written.span(), problem))
}
