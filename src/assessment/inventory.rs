//! The keys of an account and Region, one by one and in numbers.

use std::collections::BTreeMap;

use super::rows::{InventoryRow, KeyRow, KeyStanding};
use crate::checks::JudgedKey;
use crate::facts::{AccountFacts, Key, KeyMetadata, MultiRegionRole, RegionFacts};
use crate::model::{Standing, monthly_cost};
use crate::published::MicroDollars;

/// Counts the keys of a Region, and adds the customer managed ones to the list.
pub(super) fn count<'k>(
    account: &AccountFacts,
    region: &RegionFacts,
    judged: impl Iterator<Item = JudgedKey<'k>>,
    keys: &mut Vec<KeyRow>,
) -> InventoryRow {
    let mut row = InventoryRow {
        account_id: account.account_id.clone(),
        region: region.region.clone(),
        complete: region.key_listing.known().is_some(),
        customer_managed: 0,
        aws_managed: region.aws_managed_keys.len() as u64,
        unknown_manager: 0,
        tag_source: region.tag_source,
        config_record: region.config_record.clone(),
        by_state: BTreeMap::new(),
        by_origin: BTreeMap::new(),
        by_spec: BTreeMap::new(),
        by_multi_region_role: BTreeMap::new(),
        by_justification: BTreeMap::new(),
        justified: 0,
        unjustified: 0,
        unrecognized: 0,
        pending_deletion: 0,
        not_assessed: 0,
        monthly_cost_usd: MicroDollars(0),
    };
    let aliases_listed = region.alias_listing.known().is_some();
    for JudgedKey { key, standing, .. } in judged {
        // A key behind no alias `alias/aws/…` is customer managed, if the aliases are known.
        if key.metadata.known().is_none() && !aliases_listed {
            row.unknown_manager += 1;
            continue;
        }
        row.monthly_cost_usd += monthly_cost(key);
        let key = key_row(account, region, key, standing);
        count_key(&mut row, &key);
        keys.push(key);
    }
    row
}

fn key_row(account: &AccountFacts, region: &RegionFacts, key: &Key, standing: &Standing<'_>) -> KeyRow {
    let (standing, justification) = match standing {
        Standing::Justified(claim) => (KeyStanding::Justified, Some(claim.label())),
        Standing::Unrecognized(_) => (KeyStanding::Unrecognized, None),
        Standing::Unjustified(_) => (KeyStanding::Unjustified, None),
        Standing::PendingDeletion => (KeyStanding::PendingDeletion, None),
        Standing::Unread(_) => (KeyStanding::NotAssessed, None),
    };
    let metadata = key.metadata.known();
    let text = |field: fn(&KeyMetadata) -> &str| metadata.map(|metadata| field(metadata).to_owned());
    KeyRow {
        arn: key.arn.clone(),
        account_id: account.account_id.clone(),
        region: region.region.clone(),
        aliases: key.aliases.clone(),
        standing,
        justification,
        tags: key.tags.known().cloned(),
        state: text(|metadata| metadata.state.as_str()),
        spec: text(|metadata| metadata.spec.as_str()),
        usage: text(|metadata| metadata.usage.as_str()),
        origin: text(|metadata| metadata.origin.as_str()),
        multi_region_role: text(role),
        creation_date: metadata.and_then(|metadata| metadata.creation_date),
        captured_at: key.captured_at,
    }
}

fn count_key(row: &mut InventoryRow, key: &KeyRow) {
    row.customer_managed += 1;
    for (counts, value) in [
        (&mut row.by_state, &key.state),
        (&mut row.by_origin, &key.origin),
        (&mut row.by_spec, &key.spec),
        (&mut row.by_multi_region_role, &key.multi_region_role),
    ] {
        count_one(counts, value.as_deref().unwrap_or("unknown"));
    }
    if let Some(justification) = &key.justification {
        count_one(&mut row.by_justification, justification);
    }
    *match key.standing {
        KeyStanding::Justified => &mut row.justified,
        KeyStanding::Unrecognized => &mut row.unrecognized,
        KeyStanding::Unjustified => &mut row.unjustified,
        KeyStanding::PendingDeletion => &mut row.pending_deletion,
        KeyStanding::NotAssessed => &mut row.not_assessed,
    } += 1;
}

fn count_one(counts: &mut BTreeMap<String, u64>, value: &str) {
    match counts.get_mut(value) {
        Some(count) => *count += 1,
        None => {
            counts.insert(value.to_owned(), 1);
        }
    }
}

/// The multi-Region role of a key, in a word.
pub fn role(metadata: &KeyMetadata) -> &str {
    match &metadata.multi_region {
        None => "single-Region",
        Some(MultiRegionRole::Primary { .. }) => "primary",
        Some(MultiRegionRole::Replica { .. }) => "replica",
        Some(MultiRegionRole::Unstated) => "multi-Region",
    }
}
