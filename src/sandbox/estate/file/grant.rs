//! Grants, as they are written.

use super::{At, Instant};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A grant of a key, or several alike. In texts, `{n}` stands for the number of the key, `{grant}` for the number of the
/// grant, and `{account}`, `{region}` and `{partition}` for those of the key.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantFile {
    /// How many grants like this each key has; one where nothing is said.
    pub count: Option<At<u32>>,
    /// The grantee principal.
    pub grantee: Option<At<String>>,
    /// The grantee, if it is an AWS service.
    pub grantee_service: Option<At<String>>,
    /// The operations that the grant allows.
    pub operations: At<Vec<At<String>>>,
    /// The friendly name.
    pub name: Option<At<String>>,
    /// The retiring principal.
    pub retiring: Option<At<String>>,
    /// The retiring principal, if it is an AWS service.
    pub retiring_service: Option<At<String>>,
    /// The pairs that an encryption context must have among others.
    #[serde(default)]
    pub encryption_context_subset: BTreeMap<String, At<String>>,
    /// The pairs that an encryption context must consist of.
    #[serde(default)]
    pub encryption_context_equals: BTreeMap<String, At<String>>,
    /// The ARN of the resource that requests must be made for.
    pub source_arn: Option<At<String>>,
    /// When it was created; when the key was where nothing is said.
    pub created: Option<At<Instant>>,
}
