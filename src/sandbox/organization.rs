//! An organization: its management account and its organizational units.

use super::keys::id::KeyIds;
use std::collections::BTreeSet;

/// The organization.
#[derive(Debug)]
pub(super) struct Organization {
    pub id: String,
    pub management_account: String,
    pub delegated_administrators: Vec<String>,
    /// Every organizational unit by its path.
    pub units: BTreeSet<String>,
}

impl Organization {
    /// The id of the root.
    pub fn root_id(&self) -> String {
        format!("r-{}", &self.letters("")[..4])
    }

    /// The id of the organizational unit with this path; of the root, if the path is empty.
    pub fn unit_id(&self, path: &str) -> String {
        if path.is_empty() {
            return self.root_id();
        }
        format!("ou-{}-{}", &self.letters("")[..4], &self.letters(path)[..8])
    }

    /// The path of the unit with this id; empty for the root.
    pub fn path_of(&self, id: &str) -> Option<&str> {
        if id == self.root_id() {
            return Some("");
        }
        let mut paths = self.units.iter();
        paths.find(|path| self.unit_id(path) == id).map(String::as_str)
    }

    /// The units right below the one with this path.
    pub fn units_in(&self, parent: &str) -> impl Iterator<Item = &str> {
        let paths = self.units.iter().map(String::as_str);
        paths.filter(move |path| path.rsplit_once('/').map_or("", |(above, _)| above) == parent)
    }

    /// `o-…/r-…/ou-…/ou-…/`, as Organizations writes where a unit is.
    pub fn id_path(&self, unit: &str) -> String {
        let mut path = format!("{}/{}/", self.id, self.root_id());
        let ends = unit.match_indices('/').map(|(end, _)| end).chain([unit.len()]);
        for end in ends.filter(|end| *end > 0) {
            path.push_str(&self.unit_id(&unit[..end]));
            path.push('/');
        }
        path
    }

    /// The ARN of a service control policy.
    pub fn policy_arn(&self, partition: &str) -> String {
        let (management, id, policy) = (&self.management_account, &self.id, &self.letters("policy")[..8]);
        format!("arn:{partition}:organizations::{management}:policy/{id}/service_control_policy/p-{policy}")
    }

    /// Letters and digits that look random and depend on this organization and a text.
    fn letters(&self, text: &str) -> String {
        KeyIds::new(&format!("{}/{text}", self.id)).material(0)
    }
}
