//! A Region of an estate: its keys and quotas.

use super::checked::{check_count, past};
use super::custom_key_stores::{custom_key_stores, stored_key};
use super::file::{Applied, At, Instant, KeyFile, QuotaFile, RegionFile};
use super::grants::grants;
use super::key_sets::KeySets;
use super::key_state::key_state;
use super::last_usage::last_usage;
use super::metric_filters::metric_filters;
use super::policies::policies;
use super::rotations::{first_expiry, rotations};
use super::usage::{self, curve};
use super::{Alarms, Problem, Quota, Region, Setting, one_of};
use crate::sandbox::catalogue::{by_code, catalogue};
use crate::sandbox::keys::KeyPlan;
use crate::sandbox::keys::custom_key_stores::CustomKeyStore;
use crate::sandbox::keys::lifecycle::{Creation, KeyState, Origin};
use crate::sandbox::keys::metadata::json_escaped;
use crate::sandbox::keys::operation::{KeyOperation, KeyRequests};
use crate::sandbox::keys::spec::{KEY_SPECS, KeySpec, SYMMETRIC_DEFAULT, Usage};
use crate::sandbox::keys::template::KeyTemplate;
use crate::sandbox::pattern::Pattern;
use jiff::Timestamp;
use std::collections::HashSet;
use std::sync::Arc;

pub(super) fn region(
    file: &RegionFile,
    name: &str,
    setting: &Setting<'_>,
    sets: &KeySets<'_>,
) -> Result<Region, Problem> {
    let stores = custom_key_stores(file, name, setting.as_of)?;
    let mut aliases = HashSet::new();
    let mut xks_keys = HashSet::new();
    let mut templates = Vec::with_capacity(file.keys.len());
    let mut total = 0_u32;
    for key in &file.keys {
        let template = key_template(key, name, setting, sets, &stores)?;
        total = total
            .checked_add(template.count)
            .ok_or_else(|| Problem::new(key.span(), "more keys than a Region can have; count fewer"))?;
        if let Some(alias) = key.alias.as_ref()
            && let Some(twice) = alias.as_slice().iter().find(|name| !aliases.insert(name.as_str()))
        {
            return Err(Problem::new(
                alias.span(),
                format!("alias `{twice}` is there twice in {name}"),
            ));
        }
        if let Some(id) = &key.xks_key_id
            && !xks_keys.insert((key.custom_key_store.as_deref(), id.as_str()))
        {
            return Err(Problem::new(
                id.span(),
                format!("external key `{}` is there twice in {name}; each key has its own", **id),
            ));
        }
        templates.push(template);
    }
    let reserved = file.reserved_aliases.iter().map(|alias| {
        if alias.starts_with("alias/aws/") {
            return Ok(alias.to_string());
        }
        Err(Problem::new(
            alias.span(),
            "AWS reserves only aliases that begin with alias/aws/",
        ))
    });
    let reserved = reserved.collect::<Result<_, _>>()?;
    Ok(Region {
        name: name.to_owned(),
        enabled: file.enabled,
        keys: KeyPlan::new(templates, reserved, setting.as_of),
        custom_key_stores: stores,
        quotas: quotas(&file.quotas, name)?,
        usage: usage::usage(&file.usage)?,
        alarms: Alarms::new(&file.alarms, setting.as_of)?,
        metric_filters: metric_filters(&file.metric_filters, setting.as_of)?,
    })
}

fn key_template(
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
    let possible = KeyOperation::of_keys(spec, usage);
    let requests = file.requests.iter().map(|(operation, file)| {
        if !possible.contains(operation) {
            let (spec, usage, operation) = (spec.name, usage.name, operation.name());
            let possible = one_of(possible.iter().map(|operation| operation.name()));
            let what = format!("a key of {spec} for {usage} is not used in {operation}; use {possible}");
            return Err(Problem::new(file.span(), what));
        }
        Ok(KeyRequests {
            operation: *operation,
            curve: curve(file)?,
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

/// When the keys of a section were created.
pub(super) fn creation(file: &KeyFile, as_of: Timestamp) -> Result<Creation, Problem> {
    let instant = |given: &Option<At<Instant>>, otherwise: Timestamp| match given {
        Some(given) => past(given.0, as_of, given.span()),
        None => Ok(otherwise),
    };
    let first = instant(&file.created, as_of)?;
    Ok(Creation {
        first,
        last: instant(&file.created_until, first)?,
        count: check_count(file.count.as_ref(), "key")?,
    })
}

/// The spec and the usage of the keys of a section.
pub(super) fn spec_and_usage(file: &KeyFile) -> Result<(&'static KeySpec, &'static Usage), Problem> {
    let spec = match &file.spec {
        None => SYMMETRIC_DEFAULT,
        Some(name) => KeySpec::named(name).ok_or_else(|| {
            let known = one_of(KEY_SPECS.iter().map(|spec| spec.name));
            let what = format!("`{}` is no key spec; use {known}", **name);
            Problem::new(name.span(), what)
        })?,
    };
    let usage = match &file.usage {
        None => &spec.usages[0],
        Some(name) => spec.usage(name).ok_or_else(|| {
            let known = one_of(spec.usages.iter().map(|usage| usage.name));
            let what = format!("keys of {} cannot have the usage `{}`; use {known}", spec.name, **name);
            Problem::new(name.span(), what)
        })?,
    };
    Ok((spec, usage))
}

fn aliases(file: &KeyFile, count: u32) -> Result<Vec<Pattern>, Problem> {
    let Some(names) = &file.alias else {
        return Ok(Vec::new());
    };
    let mut patterns = Vec::new();
    for name in names.as_slice() {
        let pattern = Pattern::new(name);
        let problem = if !name.starts_with("alias/") {
            "an alias begins with alias/"
        } else if name.starts_with("alias/aws/") != file.aws_managed {
            "aliases that begin with alias/aws/ belong to AWS managed keys, and only to them: add \
             or remove aws_managed = true"
        } else if count > 1 && !pattern.has_number() {
            "several keys need several aliases: put {n} into the alias"
        } else {
            patterns.push(pattern);
            continue;
        };
        return Err(Problem::new(names.span(), format!("`{name}`: {problem}")));
    }
    Ok(patterns)
}

fn quotas(files: &[QuotaFile], region: &str) -> Result<Vec<Quota>, Problem> {
    let mut quotas: Vec<Quota> = catalogue()
        .iter()
        .map(|catalogue| {
            let default = catalogue.default_in(region);
            Quota {
                catalogue,
                default,
                applied: Some(default),
            }
        })
        .collect();
    for file in files {
        let code = &file.code;
        let known = by_code(code);
        let Some(quota) = quotas.iter_mut().find(|quota| Some(quota.catalogue) == known) else {
            let what = format!("`{}` is no quota code of KMS; use one such as `L-6E3AF000`", **code);
            return Err(Problem::new(code.span(), what));
        };
        if let Some(default) = file.default {
            quota.default = default;
        }
        quota.applied = match &file.applied {
            None => Some(quota.default),
            Some(Applied::Value(value)) => Some(*value),
            Some(Applied::Word(_)) => None,
        };
    }
    Ok(quotas)
}
