//! The keys of a Region, computed from templates when they are asked for.

pub mod custom_key_stores;
mod globs;
pub mod grants;
pub mod id;
pub mod last_usage;
pub mod lifecycle;
pub mod metadata;
pub mod operation;
pub mod policies;
pub mod rotations;
pub mod spec;
pub mod template;
pub mod text;

use self::id::KeyIds;
use self::template::{KeyTemplate, MultiRegion};
use self::text::KeyText;
use crate::sandbox::pattern::glob_matches;
use jiff::Timestamp;
use std::ops::Deref;

/// What the keys and aliases of a Region are made from. Accounts that are alike share it.
#[derive(Debug)]
pub struct KeyPlan {
    templates: Vec<PlacedTemplate>,
    /// Aliases that AWS reserves and that have no key yet.
    reserved_aliases: Vec<String>,
    total: u32,
    stride: u32,
}

/// The keys and aliases of one account in one Region.
#[derive(Debug)]
pub struct Keys<'a> {
    plan: &'a KeyPlan,
    pub account: &'a str,
    pub partition: &'a str,
    pub region: &'a str,
    /// `arn:aws:kms:eu-west-3:111122223333:`, to which `key/` or an alias name is added.
    pub arn_prefix: String,
    ids: KeyIds,
    multi_region_ids: KeyIds,
}

/// A template and where its keys stand among those of the Region.
#[derive(Debug)]
pub struct PlacedTemplate {
    pub template: KeyTemplate,
    first_key: u32,
    first_alias: usize,
    /// The members of `KeyMetadata` that all keys of the template share, as JSON.
    shared_metadata: String,
}

/// One key.
#[derive(Clone, Copy, Debug)]
pub struct Key<'a> {
    pub keys: &'a Keys<'a>,
    placed: &'a PlacedTemplate,
    /// From 1 up, as it stands in names.
    n: u32,
}

/// One alias; without a key when AWS only reserves the name.
#[derive(Debug)]
pub struct Alias<'a> {
    pub name: String,
    pub key: Option<Key<'a>>,
}

impl KeyPlan {
    pub fn new(templates: Vec<KeyTemplate>, reserved_aliases: Vec<String>, as_of: Timestamp) -> KeyPlan {
        let mut plan = KeyPlan {
            templates: Vec::with_capacity(templates.len()),
            reserved_aliases,
            total: 0,
            stride: 1,
        };
        let mut first_alias = 0;
        for template in templates {
            let shared_metadata = template.shared_metadata(as_of);
            let aliases = template.aliases.len() * template.count as usize;
            let first_key = plan.total;
            plan.total += template.count;
            plan.templates.push(PlacedTemplate {
                template,
                first_key,
                first_alias,
                shared_metadata,
            });
            first_alias += aliases;
        }
        plan.stride = listing_stride(plan.total);
        plan
    }

    /// The keys that an account has from this plan.
    pub fn of<'a>(&'a self, account: &'a str, partition: &'a str, region: &'a str) -> Keys<'a> {
        Keys {
            plan: self,
            account,
            partition,
            region,
            arn_prefix: format!("arn:{partition}:kms:{region}:{account}:"),
            ids: KeyIds::new(&format!("{account}/{region}")),
            multi_region_ids: KeyIds::new(account),
        }
    }

    /// How many keys there are, AWS managed ones included.
    pub fn len(&self) -> usize {
        self.total as usize
    }

    /// How many customer managed keys there are.
    pub fn customer_managed(&self) -> u32 {
        let customer = |placed: &&PlacedTemplate| !placed.template.aws_managed;
        let templates = self.templates.iter().filter(customer);
        templates.map(|placed| placed.template.count).sum()
    }

    /// What the keys are made from, in the order of the file.
    pub fn templates(&self) -> &[PlacedTemplate] {
        &self.templates
    }

    /// Whether a key has this alias.
    pub fn has_alias(&self, name: &str) -> bool {
        self.alias_target(name).is_some()
    }

    fn alias_target(&self, name: &str) -> Option<(&PlacedTemplate, u32)> {
        self.templates.iter().find_map(|placed| {
            let aliases = placed.template.aliases.iter();
            let n = aliases.into_iter().find_map(|alias| alias.number_in(name))?;
            let offset = n.checked_sub(1)?;
            (offset < placed.template.count).then_some((placed, offset))
        })
    }

    /// How many aliases there are, reserved ones included.
    pub fn aliases_len(&self) -> usize {
        self.key_aliases_len() + self.reserved_aliases.len()
    }

    fn key_aliases_len(&self) -> usize {
        self.templates
            .last()
            .map_or(0, |last| last.first_alias + last.aliases_len())
    }
}

impl Deref for Keys<'_> {
    type Target = KeyPlan;

    fn deref(&self) -> &KeyPlan {
        self.plan
    }
}

impl Keys<'_> {
    /// The key at a position of ListKeys, which mixes keys of all kinds.
    pub fn listed(&self, position: usize) -> Option<Key<'_>> {
        if position >= self.len() {
            return None;
        }
        let number = position as u64 * u64::from(self.stride) % u64::from(self.total);
        self.numbered(u32::try_from(number).ok()?)
    }

    fn numbered(&self, number: u32) -> Option<Key<'_>> {
        let after = self.plan.templates.partition_point(|placed| placed.first_key <= number);
        let placed = self.plan.templates.get(after.checked_sub(1)?)?;
        self.member(placed, number - placed.first_key)
    }

    /// The key of a template of these, `offset` keys after its first.
    pub fn member<'a>(&'a self, placed: &'a PlacedTemplate, offset: u32) -> Option<Key<'a>> {
        (offset < placed.template.count).then_some(Key {
            keys: self,
            placed,
            n: offset + 1,
        })
    }

    /// The key with this id.
    pub fn with_id(&self, id: &str) -> Option<Key<'_>> {
        if let Some((set, member)) = self.multi_region_ids.multi_region_member(id) {
            let of_set = |placed: &&PlacedTemplate| {
                let multi_region = placed.template.multi_region.as_ref();
                multi_region.is_some_and(|multi_region| multi_region.set == set)
            };
            return self.member(self.plan.templates.iter().find(of_set)?, member);
        }
        self.numbered(self.ids.key_number(id)?)
            .filter(|key| key.placed.template.multi_region.is_none())
    }

    /// The key with this ARN.
    pub fn with_arn(&self, arn: &str) -> Option<Key<'_>> {
        self.with_id(arn.strip_prefix(&self.arn_prefix)?.strip_prefix("key/")?)
    }

    /// The key that an alias points to.
    pub fn with_alias(&self, name: &str) -> Option<Key<'_>> {
        let (placed, offset) = self.plan.alias_target(name)?;
        self.member(placed, offset)
    }

    /// The alias at a position of ListAliases.
    pub fn listed_alias(&self, position: usize) -> Option<Alias<'_>> {
        if let Some(reserved) = position.checked_sub(self.key_aliases_len()) {
            let name = self.reserved_aliases.get(reserved)?.clone();
            return Some(Alias { name, key: None });
        }
        let templates = &self.plan.templates;
        let after = templates.partition_point(|placed| placed.first_alias <= position);
        let placed = templates.get(after.checked_sub(1)?)?;
        let aliases = &placed.template.aliases;
        let offset = position - placed.first_alias;
        let key = self.member(placed, u32::try_from(offset / aliases.len()).ok()?)?;
        Some(Alias {
            name: aliases[offset % aliases.len()].text(key.n),
            key: Some(key),
        })
    }
}

impl PlacedTemplate {
    fn aliases_len(&self) -> usize {
        self.template.aliases.len() * self.template.count as usize
    }
}

impl<'a> Key<'a> {
    pub fn template(&self) -> &'a KeyTemplate {
        &self.placed.template
    }

    pub fn shared_metadata(&self) -> &'a str {
        &self.placed.shared_metadata
    }

    pub fn id(&self) -> String {
        match &self.placed.template.multi_region {
            Some(MultiRegion { set, .. }) => {
                let ids = self.keys.multi_region_ids;
                ids.of_multi_region_key(*set, self.n - 1)
            }
            None => self.keys.ids.of_key(self.number()),
        }
    }

    pub fn arn(&self) -> String {
        format!("{}key/{}", self.keys.arn_prefix, self.id())
    }

    /// The id of the key material in use.
    pub fn material(&self) -> String {
        let rotations = self.placed.template.rotations.as_ref();
        self.material_after(rotations.map_or(0, |rotations| rotations.completed_len(self.n)))
    }

    /// The id of the key material that came into use with the `rotation`th rotation; a replica has its primary's.
    pub fn material_after(&self, rotation: u32) -> String {
        let (ids, number) = match &self.placed.template.multi_region {
            Some(MultiRegion { set, .. }) => (self.keys.multi_region_ids, set.rotate_left(16) ^ self.n),
            None => (self.keys.ids, self.number()),
        };
        ids.after_rotation(rotation).material(number)
    }

    fn number(&self) -> u32 {
        self.placed.first_key + self.n - 1
    }

    /// A text of the estate, as it is for this key.
    pub fn fill(&self, text: &KeyText) -> String {
        let keys = self.keys;
        text.filled(self.n, keys.account, keys.region, keys.partition)
    }

    /// The number of the key in its template's names.
    pub fn n(&self) -> u32 {
        self.n
    }

    /// Creation in epoch milliseconds.
    pub fn created_millisecond(&self) -> i64 {
        self.placed.template.created.millisecond(self.n)
    }

    pub fn aliases(&self) -> impl Iterator<Item = String> + use<'a> {
        let n = self.n;
        let aliases = self.placed.template.aliases.iter();
        aliases.map(move |alias| alias.text(n))
    }

    pub fn tags(&self) -> impl Iterator<Item = (String, String)> + use<'a> {
        let n = self.n;
        let tags = self.placed.template.tags.iter();
        tags.map(move |(key, value)| (key.text(n), value.text(n)))
    }

    /// Whether the id, the ARN or an alias of this key matches a glob.
    pub fn is_called(&self, glob: &str) -> bool {
        glob_matches(glob, &self.id())
            || glob_matches(glob, &self.arn())
            || self.aliases().any(|alias| glob_matches(glob, &alias))
    }
}

/// A step that visits every one of `total` keys once and leaves templates mixed, as the keys of a
/// real ListKeys are.
fn listing_stride(total: u32) -> u32 {
    let golden = (f64::from(total) * 0.618_034) as u32;
    (golden.max(1)..=total.max(1))
        .find(|step| greatest_common_divisor(*step, total) == 1)
        .unwrap_or(1)
}

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::super::{Sandbox, testing};
    use std::collections::HashSet;

    #[test]
    fn every_listed_key_is_listed_once_and_found_by_its_id() {
        let sandbox = Sandbox::built_in().unwrap();
        let account = testing::estate(&sandbox).home_account();
        for region in account.regions() {
            let keys = region.keys.of(&account.id, "aws", &region.name);
            let mut ids = HashSet::new();
            for position in 0..keys.len() {
                let key = keys.listed(position).unwrap();
                let found = keys.with_id(&key.id()).unwrap();
                assert_eq!(found.arn(), key.arn());
                assert!(ids.insert(key.id()));
            }
            assert!(keys.listed(keys.len()).is_none());
        }
    }

    #[test]
    fn every_listed_alias_leads_to_its_key() {
        let sandbox = Sandbox::built_in().unwrap();
        let account = testing::estate(&sandbox).home_account();
        for region in account.regions() {
            let keys = region.keys.of(&account.id, "aws", &region.name);
            for position in 0..keys.aliases_len() {
                let alias = keys.listed_alias(position).unwrap();
                let found = keys.with_alias(&alias.name);
                assert_eq!(
                    found.map(|key| key.id()),
                    alias.key.map(|key| key.id()),
                    "{}",
                    alias.name
                );
            }
        }
    }

    #[test]
    fn aws_managed_and_customer_managed_keys_are_listed_mixed() {
        let sandbox = Sandbox::built_in().unwrap();
        let account = testing::estate(&sandbox).home_account();
        let region = &account.regions()[0];
        let keys = region.keys.of(&account.id, "aws", &region.name);
        let managed: Vec<usize> = (0..keys.len())
            .filter(|position| keys.listed(*position).unwrap().template().aws_managed)
            .collect();
        let spread = managed.last().unwrap() - managed.first().unwrap();
        assert!(spread > keys.len() / 4, "{managed:?}");
    }
}
