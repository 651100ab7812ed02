//! A Region of an estate.

use super::aggregators::recorder;
use super::aliases::{check_unique, reserved_aliases};
use super::custom_key_stores::custom_key_stores;
use super::file::{Applied, QuotaFile, RegionFile};
use super::key_sets::KeySets;
use super::keys::key_template;
use super::metric_filters::metric_filters;
use super::taken::Taken;
use super::usage::usage;
use super::{Alarms, Problem, Quota, Region, Setting};
use crate::sandbox::catalogue::{by_code, catalogue};
use crate::sandbox::keys::KeyPlan;
use crate::sandbox::pattern::Pattern;
use std::collections::HashMap;

pub(super) fn region(
    file: &RegionFile,
    name: &str,
    setting: &Setting<'_>,
    sets: &KeySets<'_>,
) -> Result<Region, Problem> {
    let stores = custom_key_stores(file, name, setting.as_of)?;
    let mut xks_keys: HashMap<Option<&str>, Taken> = HashMap::new();
    let mut templates = Vec::with_capacity(file.keys.len());
    let mut total = 0_u32;
    for key in &file.keys {
        let template = key_template(key, name, setting, sets, &stores)?;
        total = total
            .checked_add(template.count)
            .ok_or_else(|| Problem::new(key.span(), "more keys than a Region can have; count fewer"))?;
        if let Some(id) = &key.xks_key_id {
            let of_store = xks_keys
                .entry(key.custom_key_store.as_deref().map(String::as_str))
                .or_default();
            if let Some((twice, first)) = of_store.add(Pattern::new(id), template.count, id.span()) {
                let what = format!("external key `{twice}` is there twice in {name}; each key has its own");
                return Err(Problem::new(id.span(), what).beside(first));
            }
        }
        templates.push(template);
    }
    check_unique(file, &templates, name)?;
    Ok(Region {
        name: name.to_owned(),
        enabled: file.enabled,
        keys: KeyPlan::new(templates, reserved_aliases(file)?, setting.as_of),
        custom_key_stores: stores,
        quotas: quotas(&file.quotas, name)?,
        usage: usage(&file.usage)?,
        alarms: Alarms::new(&file.alarms, setting.as_of)?,
        metric_filters: metric_filters(&file.metric_filters, setting.as_of)?,
        recorder: recorder(file.config_recorder.as_ref(), setting.as_of)?,
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
