//! The rows of the terminal's table of keys.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use comfy_table::Cell;

use super::grid::number;
use crate::assessment::InventoryRow;
use crate::facts::AccountId;
use crate::numbers::grouped;

/// The keys of a Region, or of an account where there are several.
pub(super) struct KeyCounts {
    place: String,
    pub(super) customer_managed: u64,
    justified: u64,
    unjustified: u64,
    unrecognized: u64,
    pending_deletion: u64,
    not_assessed: u64,
    pub(super) unknown_manager: u64,
    pub(super) complete: bool,
}

impl KeyCounts {
    pub(super) fn of_region(row: &InventoryRow) -> Self {
        KeyCounts {
            place: row.region.to_string(),
            customer_managed: row.customer_managed,
            justified: row.justified,
            unjustified: row.unjustified,
            unrecognized: row.unrecognized,
            pending_deletion: row.pending_deletion,
            not_assessed: row.not_assessed,
            unknown_manager: row.unknown_manager,
            complete: row.complete,
        }
    }

    /// The Regions of each account added up.
    pub(super) fn of_accounts(rows: &[InventoryRow]) -> Vec<Self> {
        let mut accounts: BTreeMap<&AccountId, KeyCounts> = BTreeMap::new();
        for row in rows {
            let counts = KeyCounts::of_region(row);
            match accounts.entry(&row.account_id) {
                Entry::Vacant(entry) => {
                    let place = row.account_id.to_string();
                    entry.insert(KeyCounts { place, ..counts });
                }
                Entry::Occupied(mut entry) => entry.get_mut().add(&counts),
            }
        }
        accounts.into_values().collect()
    }

    fn add(&mut self, other: &KeyCounts) {
        self.customer_managed += other.customer_managed;
        self.justified += other.justified;
        self.unjustified += other.unjustified;
        self.unrecognized += other.unrecognized;
        self.pending_deletion += other.pending_deletion;
        self.not_assessed += other.not_assessed;
        self.unknown_manager += other.unknown_manager;
        self.complete &= other.complete;
    }

    pub(super) fn cells(&self) -> Vec<Cell> {
        if self.customer_managed == 0 && !self.complete {
            return vec![Cell::new(&self.place), number("unread")];
        }
        let at_least = if self.complete { "" } else { ">= " };
        vec![
            Cell::new(&self.place),
            number(format!("{at_least}{}", grouped(self.customer_managed))),
            number(grouped(self.justified)),
            number(grouped(self.unjustified)),
            number(grouped(self.unrecognized)),
            number(grouped(self.pending_deletion)),
            number(grouped(self.not_assessed + self.unknown_manager)),
        ]
    }
}
