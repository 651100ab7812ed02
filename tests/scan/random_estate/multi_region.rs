//! Random multi-Region keys: primaries and their replicas, over Regions of which some may not be enabled.

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::Region;
use super::keys::{KeyTemplate, Kind, customer_managed, kinds};

/// A multi-Region set, before it is known which Regions there are.
#[derive(Clone, Debug)]
pub(super) struct KeySet {
    count: u32,
    /// What the keys of a set share; the state is each key's own.
    kind: Kind,
    /// Which Region has the primary key.
    primary: Index,
    /// A key for each Region, whether it is there if it is a replica, and its state.
    members: Vec<(KeyTemplate, bool, Index)>,
}

pub(super) fn key_set() -> impl Strategy<Value = KeySet> {
    let shareable = |kind: &Kind| kind.state == "Enabled" && kind.custom_key_store.is_none();
    let kinds: Vec<Kind> = kinds().into_iter().filter(shareable).collect();
    let member = (customer_managed(), any::<bool>(), any::<Index>());
    let members = prop::collection::vec(member, 3);
    (1..=2_u32, select(kinds), any::<Index>(), members).prop_map(|(count, kind, primary, members)| KeySet {
        count,
        kind,
        primary,
        members,
    })
}

/// Puts the keys of the sets into the Regions.
pub(super) fn add_sets(regions: &mut [Region], sets: Vec<KeySet>) {
    for (number, set) in sets.into_iter().enumerate() {
        let primary = set.primary.index(regions.len());
        let members = regions.iter().zip(set.members).enumerate();
        let members: Vec<_> = members
            .filter(|(place, (_, (_, is_replica, _)))| *place == primary || *is_replica)
            .map(|(place, (region, (template, _, state)))| (place, region.name, template, state))
            .collect();
        let set_regions: Vec<&'static str> = members.iter().map(|member| member.1).collect();
        for (place, _, template, state) in members {
            let role = if place == primary { "primary" } else { "replica" };
            let states = states(role, set_regions.len() > 1, set.kind.origin);
            regions[place].keys.push(KeyTemplate {
                count: set.count,
                kind: Kind {
                    state: states[state.index(states.len())],
                    ..set.kind
                },
                multi_region: Some(role),
                multi_region_set: Some(format!("set-{number}")),
                set_regions: set_regions.clone(),
                ..template
            });
        }
    }
}

/// The states that a multi-Region key can be in. A primary key waits for the deletion of its replicas.
fn states(role: &str, has_others: bool, origin: &str) -> Vec<&'static str> {
    let mut states = vec!["Enabled", "Disabled", "Updating"];
    states.extend(match role {
        "primary" if has_others => ["PendingReplicaDeletion"].as_slice(),
        "primary" => &["PendingDeletion"],
        _ => &["Creating", "PendingDeletion"],
    });
    if origin == "EXTERNAL" {
        states.push("PendingImport");
    }
    states
}
