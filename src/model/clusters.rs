//! Keys that are one scheme: made alike for many tenants, customers or things that are numbered.
//!
//! A key offers up to a handful of schemes that it may belong to; those that enough keys share are clusters. The work is
//! linear in the number of keys and in the length of their texts.

use std::collections::{BTreeMap, HashMap, HashSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::templates::{Named, Numbered, has_date};
use crate::facts::Key;

/// What makes keys one scheme, the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// Their aliases are equal but for a number, an id or a name.
    Alias,
    /// They have a tag that names a tenant.
    TenantTag,
    /// Their descriptions are equal but for a number, an id or a name.
    Description,
}

/// What it takes to be a cluster.
#[derive(Clone, Copy, Debug)]
pub struct ClusterRules<'r> {
    /// Tag keys that name a tenant.
    pub tenant_tags: &'r [String],
    /// How many keys, and distinct values, a cluster has at least.
    pub least_keys: usize,
    /// How many it has at least where a name varies and nothing says that it is a tenant's.
    pub least_names: usize,
}

/// Keys that are one scheme.
#[derive(Clone, Debug, PartialEq)]
pub struct Cluster<'a> {
    /// What shows it.
    pub evidence: Evidence,
    /// What its keys have in common, with `*` for what differs: `alias/tenant-*`, `tenant=*`.
    pub template: String,
    /// Its keys, in the order of their ARNs.
    pub keys: Vec<&'a Key>,
}

/// The clusters among keys, in the order of evidence and template. A key is in one of them at most: in the largest that
/// it could be in. The order of the keys does not matter.
pub fn clusters<'a>(keys: &[&'a Key], rules: &ClusterRules<'a>) -> Vec<Cluster<'a>> {
    let mut largest_first = schemes_of_enough_keys(keys, rules);
    largest_first.sort_unstable_by(|(a, of_a), (b, of_b)| of_b.len().cmp(&of_a.len()).then_with(|| a.cmp(b)));
    let mut taken = vec![false; keys.len()];
    let mut found: BTreeMap<(Evidence, String), Vec<&Key>> = BTreeMap::new();
    for (scheme, members) in largest_first {
        let free: Vec<usize> = members.into_iter().filter(|position| !taken[*position]).collect();
        if free.len() < scheme.least(rules) {
            continue;
        }
        free.iter().for_each(|position| taken[*position] = true);
        // Numbers and names in the same place are one template.
        let cluster = found.entry((scheme.evidence(), scheme.template())).or_default();
        cluster.extend(free.into_iter().map(|position| keys[position]));
    }
    let found = found.into_iter().map(|((evidence, template), mut keys)| {
        keys.sort_unstable_by(|a, b| a.arn.cmp(&b.arn));
        Cluster {
            evidence,
            template,
            keys,
        }
    });
    found.collect()
}

/// A way of making keys alike, the strongest evidence first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Scheme<'a> {
    NumberedAlias(Numbered<'a>),
    NamedAlias(Named<'a>),
    TenantTag(&'a str),
    NumberedDescription(Numbered<'a>),
    NamedDescription(Named<'a>),
}

impl Scheme<'_> {
    fn evidence(&self) -> Evidence {
        match self {
            Scheme::NumberedAlias(_) | Scheme::NamedAlias(_) => Evidence::Alias,
            Scheme::TenantTag(_) => Evidence::TenantTag,
            Scheme::NumberedDescription(_) | Scheme::NamedDescription(_) => Evidence::Description,
        }
    }

    fn template(&self) -> String {
        match self {
            Scheme::NumberedAlias(numbered) | Scheme::NumberedDescription(numbered) => numbered.to_string(),
            Scheme::NamedAlias(named) | Scheme::NamedDescription(named) => named.to_string(),
            Scheme::TenantTag(tag) => format!("{tag}=*"),
        }
    }

    fn least(&self, rules: &ClusterRules<'_>) -> usize {
        match self {
            Scheme::NamedAlias(named) | Scheme::NamedDescription(named) if !named.names_tenants => {
                rules.least_names.max(rules.least_keys)
            }
            _ => rules.least_keys,
        }
    }
}

/// How many keys and values a scheme has.
#[derive(Default)]
struct Tally {
    keys: usize,
    values: usize,
    /// The position of the key that was counted last, plus one: a key with many aliases counts once.
    last: usize,
}

/// The schemes that enough keys could belong to, each with the positions of these keys.
fn schemes_of_enough_keys<'a>(keys: &[&'a Key], rules: &ClusterRules<'a>) -> Vec<(Scheme<'a>, Vec<usize>)> {
    let mut tallies: HashMap<Scheme<'a>, Tally> = HashMap::new();
    // Tag values and descriptions can be the same for many keys; aliases of a Region cannot.
    let mut seen: HashSet<(Evidence, &'a str, &'a str)> = HashSet::new();
    for (position, key) in (1..).zip(keys) {
        each_text(key, rules, |evidence, of, text| {
            let new = evidence == Evidence::Alias || seen.insert((evidence, of, text));
            each_scheme(evidence, of, text, rules, |scheme| {
                let tally = tallies.entry(scheme).or_default();
                tally.values += usize::from(new);
                tally.keys += usize::from(tally.last != position);
                tally.last = position;
            });
        });
    }
    tallies.retain(|scheme, tally| tally.keys.min(tally.values) >= scheme.least(rules));
    let mut members: HashMap<Scheme<'a>, Vec<usize>> =
        tallies.into_keys().map(|scheme| (scheme, Vec::new())).collect();
    if !members.is_empty() {
        for (position, key) in keys.iter().enumerate() {
            each_text(key, rules, |evidence, of, text| {
                each_scheme(evidence, of, text, rules, |scheme| {
                    if let Some(members) = members.get_mut(&scheme)
                        && members.last() != Some(&position)
                    {
                        members.push(position);
                    }
                });
            });
        }
    }
    members.into_iter().collect()
}

/// The texts of a key that can show a scheme: what it shows, the tag key of a tag, and the text.
fn each_text<'a>(key: &'a Key, rules: &ClusterRules<'a>, mut text: impl FnMut(Evidence, &'a str, &'a str)) {
    for alias in &key.aliases {
        text(Evidence::Alias, "", alias);
    }
    if let Some(tags) = key.tags.known() {
        for tag in rules.tenant_tags {
            if let Some(value) = tags.get(tag) {
                text(Evidence::TenantTag, tag, value);
            }
        }
    }
    if let Some(metadata) = key.metadata.known() {
        text(Evidence::Description, "", &metadata.description);
    }
}

/// The schemes that a text can be an instance of.
fn each_scheme<'a>(
    evidence: Evidence,
    tag: &'a str,
    text: &'a str,
    rules: &ClusterRules<'a>,
    mut scheme: impl FnMut(Scheme<'a>),
) {
    match evidence {
        Evidence::TenantTag => scheme(Scheme::TenantTag(tag)),
        Evidence::Alias => {
            if let Some(numbered) = Numbered::of(text) {
                scheme(Scheme::NumberedAlias(numbered));
            }
            Named::each_of_alias(text, rules.tenant_tags, |named| scheme(Scheme::NamedAlias(named)));
        }
        Evidence::Description => {
            // A date says when a key was made, not for whom.
            if !has_date(text)
                && let Some(numbered) = Numbered::of(text)
            {
                scheme(Scheme::NumberedDescription(numbered));
            }
            Named::each_of_description(text, rules.tenant_tags, |named| {
                scheme(Scheme::NamedDescription(named));
            });
        }
    }
}

#[cfg(test)]
#[path = "clusters_tests.rs"]
mod tests;
