//! Random keys.

use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde::Serialize;

use super::custom_key_stores::store_of;
use super::hostile;
use super::tags::{Reason, Tags, other_tags, reason};

#[derive(Clone, Debug, Serialize)]
pub struct KeyTemplate {
    pub count: u32,
    #[serde(rename = "alias")]
    pub aliases: Vec<String>,
    pub description: String,
    pub aws_managed: bool,
    #[serde(flatten)]
    pub kind: Kind,
    pub tags: Tags,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub multi_region: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub multi_region_set: Option<String>,
    /// The Regions that have a key of its set, its own among them; none of a single-Region key.
    #[serde(skip)]
    pub set_regions: Vec<&'static str>,
    /// The reason that the tags were made to give: what the program has to find out again.
    #[serde(skip)]
    pub reason: Reason,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub struct Kind {
    pub spec: &'static str,
    pub usage: &'static str,
    pub origin: &'static str,
    pub state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_key_store: Option<&'static str>,
}

/// Aliases are unique in a Region: each template has its number in them.
pub(super) fn numbered(templates: &mut [KeyTemplate]) {
    for (number, template) in templates.iter_mut().enumerate() {
        for alias in &mut template.aliases {
            *alias = alias.replace('#', &number.to_string());
        }
    }
}

pub(super) fn key_template() -> impl Strategy<Value = KeyTemplate> {
    prop_oneof![5 => customer_managed(), 1 => aws_managed()]
}

pub(super) fn customer_managed() -> impl Strategy<Value = KeyTemplate> {
    let aliases = (
        option::of(hostile().prop_map(|text| format!("alias/#{text}-{{n}}"))),
        option::of(Just("alias/also/#-{n:02}".to_owned())),
    );
    (1..=3_u32, aliases, hostile(), select(kinds()), reason(), other_tags()).prop_map(
        |(count, (first, second), description, kind, (mut tags, reason), others)| {
            tags.extend(others);
            KeyTemplate {
                count,
                aliases: first.into_iter().chain(second).collect(),
                description,
                aws_managed: false,
                kind,
                tags,
                multi_region: None,
                multi_region_set: None,
                set_regions: Vec::new(),
                reason,
            }
        },
    )
}

fn aws_managed() -> impl Strategy<Value = KeyTemplate> {
    Just(KeyTemplate {
        count: 1,
        aliases: vec!["alias/aws/service-#".to_owned()],
        description: "Default key that protects my objects".to_owned(),
        aws_managed: true,
        kind: kinds()[0],
        tags: Tags::new(),
        multi_region: None,
        multi_region_set: None,
        set_regions: Vec::new(),
        reason: Reason::None,
    })
}

/// Every kind of key material in every state that it can be in.
pub(super) fn kinds() -> Vec<Kind> {
    const SPECS: &[(&str, &str, &[&str])] = &[
        (
            "SYMMETRIC_DEFAULT",
            "ENCRYPT_DECRYPT",
            &["AWS_KMS", "EXTERNAL", "AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"],
        ),
        ("RSA_2048", "ENCRYPT_DECRYPT", &["AWS_KMS", "EXTERNAL"]),
        ("RSA_4096", "SIGN_VERIFY", &["AWS_KMS"]),
        ("ECC_NIST_P256", "KEY_AGREEMENT", &["AWS_KMS"]),
        ("ECC_SECG_P256K1", "SIGN_VERIFY", &["AWS_KMS", "EXTERNAL"]),
        ("HMAC_256", "GENERATE_VERIFY_MAC", &["AWS_KMS", "EXTERNAL"]),
        ("ML_DSA_65", "SIGN_VERIFY", &["AWS_KMS"]),
        ("ML_KEM_768", "ENCAPSULATE_DECAPSULATE", &["AWS_KMS"]),
    ];
    let states = |origin: &str| match origin {
        "EXTERNAL" => ["Enabled", "Disabled", "PendingDeletion", "PendingImport"].as_slice(),
        "AWS_CLOUDHSM" | "EXTERNAL_KEY_STORE" => &["Enabled", "Disabled", "PendingDeletion", "Unavailable"],
        _ => &["Enabled", "Disabled", "PendingDeletion"],
    };
    let mut kinds = Vec::new();
    for (spec, usage, origins) in SPECS {
        for origin in *origins {
            kinds.extend(states(origin).iter().map(|state| Kind {
                spec,
                usage,
                origin,
                state,
                custom_key_store: store_of(origin, state),
            }));
        }
    }
    kinds
}
