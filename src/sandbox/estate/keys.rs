//! The KMS keys of an estate.

use super::aliases::aliases;
use super::checked::{check_count, creation, spec_and_usage};
use super::custom_key_stores::stored_key;
use super::file::{At, KeyFile};
use super::grants::grants;
use super::key_sets::KeySets;
use super::key_state::key_state;
use super::last_usage::last_usage;
use super::policies::policies;
use super::rotations::{first_expiry, rotations};
use super::usage::curve;
use super::{Problem, Setting, one_of};
use crate::sandbox::keys::custom_key_stores::CustomKeyStore;
use crate::sandbox::keys::lifecycle::{KeyState, Origin};
use crate::sandbox::keys::metadata::json_escaped;
use crate::sandbox::keys::operation::{KeyOperation, KeyRequests};
use crate::sandbox::keys::spec::{KeySpec, SYMMETRIC_DEFAULT, Usage};
use crate::sandbox::keys::template::KeyTemplate;
use crate::sandbox::pattern::Pattern;
use std::sync::Arc;

/// The keys that a section describes.
pub(super) fn key_template(
    key: &At<KeyFile>,
    region: &str,
    setting: &Setting<'_>,
    sets: &KeySets<'_>,
    stores: &[Arc<CustomKeyStore>],
) -> Result<KeyTemplate, Problem> {
    let file: &KeyFile = key;
    let count = check_count(file.count.as_ref(), "key")?;
    let (spec, usage) = spec_and_usage(file)?;
    let multi_region = sets.part_of(key, region);
    let custom_key_store = stored_key(key, spec, stores)?;
    let store = custom_key_store.as_ref().map(|stored| &*stored.store);
    let state = key_state(key, multi_region.as_ref(), store)?;
    check_aws_managed(key, spec, state)?;
    let created = creation(file, setting.as_of)?;
    if let Some(store) = store.filter(|store| created.first < store.created) {
        return Err(Problem::new(
            key.span(),
            format!("a key is not older than its custom key store, of {}", store.created),
        ));
    }
    let deletion_in_days = match &file.deletion_in_days {
        None => 30,
        Some(days) if (7..=30).contains(&**days) => **days,
        Some(days) => {
            return Err(Problem::new(days.span(), "a waiting period is 7 to 30 days"));
        }
    };
    if file.tags.len() > 50 {
        return Err(Problem::new(key.span(), "a key has at most 50 tags"));
    }
    let tags = file.tags.iter();
    let rotations = rotations(key, sets.primary_of(key), spec, state, setting.as_of)?;
    Ok(KeyTemplate {
        count,
        aliases: aliases(file, count)?,
        description: Pattern::new(&file.description).map_texts(json_escaped),
        tags: tags
            .map(|(name, value)| (Pattern::new(name), Pattern::new(value)))
            .collect(),
        spec,
        usage,
        origin: file.origin,
        state,
        created,
        deletion_in_days,
        valid_to: first_expiry(file, rotations.as_ref()),
        aws_managed: file.aws_managed,
        multi_region,
        policies: policies(key, region, setting.partition)?,
        rotations,
        grants: grants(file, spec, usage, created, setting.as_of)?,
        last_usage: last_usage(file, spec, usage, created, setting)?,
        custom_key_store,
        requests: key_requests(file, spec, usage)?,
    })
}

fn key_requests(file: &KeyFile, spec: &KeySpec, usage: &Usage) -> Result<Vec<KeyRequests>, Problem> {
    let possible = match &file.custom_key_store {
        Some(_) => KeyOperation::IN_CUSTOM_KEY_STORES,
        None => KeyOperation::of_keys(spec, usage),
    };
    let requests = file.requests.iter().map(|(operation, requests)| {
        if !possible.contains(operation) {
            let key = match &file.custom_key_store {
                Some(_) => "a key in a custom key store".to_owned(),
                None => format!("a key of {} for {}", spec.name, usage.name),
            };
            let possible = one_of(possible.iter().map(|operation| operation.name()));
            let what = format!("{key} is not used in {}; use {possible}", operation.name());
            return Err(Problem::new(requests.span(), what));
        }
        Ok(KeyRequests {
            operation: *operation,
            curve: curve(requests)?,
        })
    });
    requests.collect()
}

/// What AWS decides of the keys that it manages.
fn check_aws_managed(key: &At<KeyFile>, spec: &KeySpec, state: KeyState) -> Result<(), Problem> {
    if !key.aws_managed {
        return Ok(());
    }
    let is_single = key.count.as_ref().is_none_or(|count| **count == 1);
    if !is_single || spec != SYMMETRIC_DEFAULT || key.multi_region.is_some() {
        return Err(Problem::new(
            key.span(),
            "an AWS managed key is one symmetric single-Region key; remove count, spec and \
             multi_region",
        ));
    }
    if key.origin != Origin::AwsKms || state != KeyState::Enabled {
        return Err(Problem::new(
            key.span(),
            "AWS makes the material of an AWS managed key and keeps the key enabled; remove origin and state",
        ));
    }
    if key.alias.is_none() {
        return Err(Problem::new(
            key.span(),
            "an AWS managed key has an alias with the name of its service, such as alias/aws/s3; add it",
        ));
    }
    Ok(())
}
