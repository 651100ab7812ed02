//! The keys of an account and Region, in numbers.

use std::collections::BTreeMap;

use super::document::InventoryRow;
use crate::config::JustificationPolicy;
use crate::facts::{AccountFacts, Key, KeyMetadata, MultiRegionRole, RegionFacts};
use crate::model::{Standing, monthly_cost, standing};
use crate::published::MicroDollars;

/// Counts the keys of a Region.
pub(super) fn row(account: &AccountFacts, region: &RegionFacts, policy: &JustificationPolicy) -> InventoryRow {
    let mut row = InventoryRow {
        account_id: account.account_id.clone(),
        region: region.region.clone(),
        complete: region.key_listing.known().is_some(),
        customer_managed: 0,
        aws_managed: region.aws_managed_keys,
        unknown_manager: 0,
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
    for key in &region.keys {
        // A key behind no alias `alias/aws/…` is customer managed, if the aliases are known.
        if key.metadata.known().is_none() && !aliases_listed {
            row.unknown_manager += 1;
        } else {
            count(&mut row, key, policy);
        }
    }
    row
}

fn count(row: &mut InventoryRow, key: &Key, policy: &JustificationPolicy) {
    row.customer_managed += 1;
    row.monthly_cost_usd += monthly_cost(key);
    let metadata = key.metadata.known();
    let text = |field: fn(&KeyMetadata) -> &str| metadata.map_or("unknown", field).to_owned();
    *row.by_state
        .entry(text(|metadata| metadata.state.as_str()))
        .or_default() += 1;
    *row.by_origin
        .entry(text(|metadata| metadata.origin.as_str()))
        .or_default() += 1;
    *row.by_spec.entry(text(|metadata| metadata.spec.as_str())).or_default() += 1;
    *row.by_multi_region_role.entry(text(role)).or_default() += 1;
    match standing(key, policy) {
        Standing::Justified(claim) => {
            row.justified += 1;
            *row.by_justification.entry(claim.label()).or_default() += 1;
        }
        Standing::Unrecognized(_) => row.unrecognized += 1,
        Standing::Unjustified(_) => row.unjustified += 1,
        Standing::PendingDeletion => row.pending_deletion += 1,
        Standing::Unread(_) => row.not_assessed += 1,
    }
}

fn role(metadata: &KeyMetadata) -> &str {
    match &metadata.multi_region {
        None => "single-Region",
        Some(MultiRegionRole::Primary { .. }) => "primary",
        Some(MultiRegionRole::Replica { .. }) => "replica",
        Some(MultiRegionRole::Unstated) => "multi-Region",
    }
}
