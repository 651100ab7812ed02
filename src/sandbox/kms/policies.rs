//! GetKeyPolicy and ListKeyPolicies.

use super::List;
use crate::sandbox::keys::Key;
use crate::sandbox::service::Refusal;
use serde_json::json;

pub(super) fn get_key_policy(key: &Key<'_>, name: Option<&str>) -> Result<String, Refusal> {
    let name = name.unwrap_or("default");
    let policy = key.template().policies.named(name);
    let policy = policy.ok_or_else(|| Refusal::new("NotFoundException", "No such policy exists"))?;
    Ok(json!({ "Policy": key.fill(policy), "PolicyName": name }).to_string())
}

pub(super) fn list_key_policies(list: &List<'_>, key: &Key<'_>) -> Result<String, Refusal> {
    let names = key.template().policies.names();
    let page = list.place(names.len(), 100, 1000)?;
    let named = names[page.range.clone()].iter().map(|name| json!(name));
    Ok(list.answer("PolicyNames", named.collect(), page))
}
