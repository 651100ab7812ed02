//! A Region of an estate.

use super::custom_key_stores::custom_key_stores;
use super::file::{Applied, QuotaFile, RegionFile};
use super::key_sets::KeySets;
use super::keys::key_template;
use super::metric_filters::metric_filters;
use super::usage::usage;
use super::{Alarms, Problem, Quota, Region, Setting};
use crate::sandbox::catalogue::{by_code, catalogue};
use crate::sandbox::keys::KeyPlan;
use std::collections::HashSet;

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
        usage: usage(&file.usage)?,
        alarms: Alarms::new(&file.alarms, setting.as_of)?,
        metric_filters: metric_filters(&file.metric_filters, setting.as_of)?,
    })
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
