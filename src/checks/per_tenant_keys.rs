//! `per-tenant-keys`: keys that were made by one scheme, one for each tenant.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use super::outcomes::{Failure, observed};
use super::{Check, JudgedKey, Outcomes, Resource, Setting, Subject};
use crate::facts::{Arn, Key, KeySpec, RegionFacts, RegionState};
use crate::model::{Cluster, ClusterRules, Evidence, Standing, clusters, monthly_cost};
use crate::numbers::grouped;
use crate::published::{KEY_MONTH, MicroDollars};
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "per-tenant-keys",
    title: "Keys made one for each tenant",
    severity: Severity::Medium,
    why: "A key for each tenant costs a dollar a month for each tenant, and buys no throughput: the request quota is for \
          the account and Region, however many keys share it. Who may decrypt whose data can be decided under one key \
          as well, by the encryption context that each request has to name.",
    remediation: "Ask first what the keys are for. If a contract or a regulator names them, tag them (requirement = \
                  contract). If tenants have to be told apart, a few keys for classes of data do it for symmetric \
                  encryption: encrypt with the tenant in the encryption context, and allow each role its tenant with \
                  a condition on kms:EncryptionContext. Know what that does not give: data of one tenant can no \
                  longer be made unreadable by deleting a key, and whatever disables or deletes a key hits every \
                  tenant. With S3 Bucket Keys, neither the key policy nor the context is evaluated for each object. \
                  Move new data first; an old key can go when nothing is encrypted under it any more.",
    settings: &[&LEAST_KEYS, &LEAST_NAMES, &CLASSIFICATION_KEYS],
    page: include_str!("../../docs/checks/per-tenant-keys.md"),
    assess,
};

const LEAST_KEYS: Setting = Setting {
    name: "least-keys",
    default: 10.0,
    least: 2.0,
    most: 100_000.0,
    meaning: "So many keys of one scheme, with as many different values, are a finding.",
};

const LEAST_NAMES: Setting = Setting {
    name: "least-names",
    default: 50.0,
    least: 2.0,
    most: 100_000.0,
    meaning: "The same where a name differs and no word beside it (tenant, customer) says that it is a tenant's.",
};

const CLASSIFICATION_KEYS: Setting = Setting {
    name: "classification-keys",
    default: 3.0,
    least: 1.0,
    most: 1_000.0,
    meaning: "How many keys for classes of data would do in their place.",
};

/// How many keys of a cluster are named.
const EXAMPLES: usize = 5;
/// How many characters of a template are shown.
const SHOWN: usize = 80;

fn assess(subject: &Subject<'_>, outcomes: &mut Outcomes<'_>) {
    let rules = ClusterRules {
        tenant_tags: &subject.config.justification.tenant_tags,
        least_keys: outcomes.setting(&LEAST_KEYS).ceil() as usize,
        least_names: outcomes.setting(&LEAST_NAMES).ceil() as usize,
    };
    for (region, keys) in subject.keys_by_region() {
        if region.state != RegionState::Scanned {
            continue;
        }
        let (candidates, unread) = candidates(keys);
        let found = clusters(&candidates, &rules);
        if found.is_empty() {
            pass_if_all_was_read(region, unread, outcomes);
        }
        for cluster in &found {
            let resource = resource(subject, outcomes, region, cluster);
            let failure = failure(subject, outcomes, region, cluster);
            outcomes.fail(resource, failure);
        }
    }
}

/// The keys that can be part of a cluster, and why others may be that could not be read.
fn candidates<'s>(keys: impl Iterator<Item = JudgedKey<'s>>) -> (Vec<&'s Key>, Option<&'s str>) {
    let (mut candidates, mut unread) = (Vec::new(), None);
    for JudgedKey { key, standing, .. } in keys {
        let Some(metadata) = key.metadata.known() else {
            unread = unread.or(Some(
                key.metadata.unavailable().map_or("NotCollected", |reason| &reason.code),
            ));
            continue;
        };
        match standing {
            // They are exempt: somebody outside names these keys, or they are on their way out.
            Standing::Justified(claim) if claim.controls.contains("contract") => {}
            Standing::PendingDeletion => {}
            Standing::Unread(code) => unread = unread.or(Some(*code)),
            // Only symmetric encryption has an encryption context to tell tenants apart by.
            _ if metadata.spec == KeySpec::SymmetricDefault => candidates.push(key),
            _ => {}
        }
    }
    (candidates, unread)
}

fn pass_if_all_was_read(region: &RegionFacts, unread: Option<&str>, outcomes: &mut Outcomes<'_>) {
    let lists = [
        (&region.key_listing, "the list of keys is not complete"),
        (&region.alias_listing, "the list of aliases is not complete"),
    ];
    if let Some((_, because)) = lists.into_iter().find(|(list, _)| list.known().is_none()) {
        outcomes.not_assessed(because);
    } else if let Some(code) = unread {
        outcomes.not_assessed(format!("the tags or the state of some keys could not be read: {code}"));
    } else {
        outcomes.pass();
    }
}

fn resource(
    subject: &Subject<'_>,
    outcomes: &Outcomes<'_>,
    region: &RegionFacts,
    cluster: &Cluster<'_>,
) -> Resource {
    let account = subject.account;
    let template = shown(&cluster.template);
    let id = match cluster.evidence {
        Evidence::Alias => template.clone(),
        Evidence::TenantTag => format!("tag/{template}"),
        Evidence::Description => format!("description/{template}"),
    };
    let arn = Arn::of_key_cluster(&account.partition, &region.region, &account.account_id, &id);
    outcomes.resource("kms-key-cluster", Some(&region.region), arn, template)
}

/// A template in a length that can be shown; what was cut off is told apart by a digest.
fn shown(template: &str) -> String {
    let Some((cut, _)) = template.char_indices().nth(SHOWN) else {
        return template.to_owned();
    };
    let mut shown = format!("{}…", &template[..cut]);
    for byte in Sha256::digest(template).iter().take(6) {
        // Writing to a String cannot fail.
        let _ = write!(shown, "{byte:02x}");
    }
    shown
}

fn failure(subject: &Subject<'_>, outcomes: &Outcomes<'_>, region: &RegionFacts, cluster: &Cluster<'_>) -> Failure {
    let keys = &cluster.keys;
    let count = keys.len() as u64;
    let cost = keys
        .iter()
        .fold(MicroDollars::default(), |sum, key| sum + monthly_cost(key));
    let instead = (outcomes.setting(&CLASSIFICATION_KEYS).ceil() as u64).min(count);
    let cost_after = KEY_MONTH * instead;
    let with_a_requirement = with_a_requirement(subject, keys);
    let created = keys.iter().filter_map(|key| key.metadata.known()?.creation_date);
    let examples = keys.iter().take(EXAMPLES);
    Failure {
        detail: detail(cluster, with_a_requirement, cost, instead, cost_after),
        observed: observed! {
            "keys": count,
            "template": shown(&cluster.template),
            "evidence": cluster.evidence,
            "example_arns": examples.clone().map(|key| &key.arn).collect::<Vec<_>>(),
            "example_aliases": examples.filter_map(|key| key.aliases.first()).collect::<Vec<_>>(),
            "first_created": created.clone().min(),
            "last_created": created.max(),
            "monthly_cost_usd": cost,
            "classification_keys": instead,
            "monthly_cost_after_usd": cost_after,
            "keys_with_a_requirement": with_a_requirement,
            "key_listing_complete": region.key_listing.known().is_some(),
        },
        monthly_cost: Some(cost),
        ..Failure::default()
    }
}

/// How many of the keys have a tag for their reason: each of these has to be looked at before it is merged.
fn with_a_requirement(subject: &Subject<'_>, keys: &[&Key]) -> usize {
    let names = &subject.config.justification.requirement_tags;
    keys.iter()
        .filter_map(|key| key.tags.known())
        .filter(|tags| names.iter().any(|name| tags.contains_key(name)))
        .count()
}

fn detail(
    cluster: &Cluster<'_>,
    with_a_requirement: usize,
    cost: MicroDollars,
    instead: u64,
    cost_after: MicroDollars,
) -> String {
    let template = shown(&cluster.template);
    let alike = match cluster.evidence {
        Evidence::Alias => format!("have aliases that differ in one place only: {template}"),
        Evidence::TenantTag => format!("have a tag that names a tenant: {template}"),
        Evidence::Description => format!("have descriptions that differ in one place only: {template}"),
    };
    let (keys, them) = match instead {
        1 => ("One key for a class of data", "It"),
        _ => (&*format!("{} keys for classes of data", grouped(instead)), "They"),
    };
    let named = match with_a_requirement {
        0 => String::new(),
        number => format!(
            " {} of them name a requirement, to be looked at first.",
            grouped(number as u64)
        ),
    };
    format!(
        "{} keys {alike}.{named} Together they cost at least {cost} a month. {keys} would cost {cost_after} and could keep \
         tenants apart by encryption context. {them} could not make the data of one tenant unreadable by deleting a \
         key, and a key that is deleted or disabled would hit every tenant.",
        grouped(cluster.keys.len() as u64),
    )
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{Judged, judge, judge_by};
    use super::*;
    use crate::facts::examples::{account, denied, key, key_metadata, region};
    use crate::facts::{Fact, KeyState};

    fn tenants(count: u32, tags: &[(&str, &str)]) -> RegionFacts {
        let mut here = region([]);
        for number in 0..count {
            let mut tenant = key(tags);
            tenant.aliases = vec![format!("alias/tenant-{number:04}")];
            let created = format!("20{:02}-02-01T08:00:00Z", 20 + number % 5);
            key_metadata(&mut tenant).creation_date = Some(created.parse().unwrap());
            here.keys.push(tenant);
        }
        here
    }

    fn judged(here: RegionFacts) -> Judged {
        judge(&CHECK, account(here))
    }

    fn outcome(judged: &Judged) -> (u64, u64, u64) {
        let tally = &judged.tally;
        (tally.passed, tally.failed, tally.not_assessed.values().sum())
    }

    #[test]
    fn a_scheme_is_one_finding_with_its_cost_before_and_after() {
        let judged = judged(tenants(3_200, &[]));
        assert_eq!(outcome(&judged), (0, 1, 0));
        let finding = &judged.findings[0];
        let resource = &finding.resource;
        assert_eq!(
            (resource.kind.as_ref(), resource.arn.as_str(), resource.name.as_str()),
            (
                "kms-key-cluster",
                "arn:aws:kms:eu-west-3:111122223333:alias/tenant-*",
                "alias/tenant-*"
            )
        );
        assert!(
            finding.detail.starts_with(
                "3,200 keys have aliases that differ in one place only: alias/tenant-*. Together they cost at least \
                 $3,200.00 a month. 3 keys for classes of data would cost $3.00"
            ),
            "{}",
            finding.detail
        );
        let observed = &finding.observed;
        assert_eq!(
            (&observed["keys"], &observed["classification_keys"]),
            (&3_200.into(), &3.into())
        );
        assert_eq!(observed["example_aliases"].as_array().unwrap().len(), 5);
        assert_eq!(observed["first_created"], "2020-02-01T08:00:00Z");
        assert_eq!(observed["last_created"], "2024-02-01T08:00:00Z");
        assert_eq!(finding.monthly_cost_usd.unwrap().dollars(), 3_200.0);
    }

    #[test]
    fn ten_keys_are_a_scheme_and_nine_are_none_and_both_numbers_can_be_set() {
        assert_eq!(outcome(&judged(tenants(10, &[]))), (0, 1, 0));
        assert_eq!(outcome(&judged(tenants(9, &[]))), (1, 0, 0));
        let config = toml::from_str("[checks.per-tenant-keys]\nleast-keys = 2\nclassification-keys = 1").unwrap();
        let judged = judge_by(&CHECK, &account(tenants(2, &[])), &config);
        assert!(
            judged.findings[0]
                .detail
                .contains("One key for a class of data would cost $1.00")
        );
    }

    #[test]
    fn keys_that_a_contract_names_or_that_leave_or_that_sign_are_no_part_of_it() {
        assert_eq!(outcome(&judged(tenants(20, &[("requirement", "contract")]))), (1, 0, 0));
        assert_eq!(outcome(&judged(tenants(20, &[("requirement", "rotation")]))), (0, 1, 0));
        let mut leaving = tenants(20, &[]);
        let mut signing = tenants(20, &[]);
        for number in 0..11 {
            key_metadata(&mut leaving.keys[number]).state = KeyState::PendingDeletion;
            key_metadata(&mut signing.keys[number]).spec = KeySpec::from("RSA_2048");
        }
        assert_eq!(outcome(&judged(leaving)), (1, 0, 0), "nine are left");
        assert_eq!(outcome(&judged(signing)), (1, 0, 0));
    }

    #[test]
    fn keys_that_name_a_requirement_are_counted() {
        let judged = judged(tenants(20, &[("requirement", "rotation")]));
        assert_eq!(judged.findings[0].observed["keys_with_a_requirement"], 20);
    }

    #[test]
    fn what_could_not_be_read_keeps_a_region_from_passing_and_a_scheme_from_hiding() {
        let mut here = tenants(9, &[]);
        let mut unread = key(&[]);
        unread.tags = denied("kms:ListResourceTags");
        here.keys.push(unread);
        assert_eq!(outcome(&judged(here)), (0, 0, 1));
        let mut here = tenants(9, &[]);
        here.keys[0].metadata = denied("kms:DescribeKey");
        assert_eq!(outcome(&judged(here)), (0, 0, 1));
        for list in ["kms:ListAliases", "kms:ListKeys"] {
            let mut here = tenants(9, &[]);
            here.alias_listing = denied(list);
            assert_eq!(outcome(&judged(here)), (0, 0, 1));
            let mut here = tenants(10, &[]);
            here.key_listing = denied(list);
            assert_eq!(outcome(&judged(here)), (0, 1, 0));
        }
    }

    #[test]
    fn an_endless_description_is_shown_in_part_and_still_told_apart() {
        let mut here = region([]);
        for number in 0..20 {
            let mut described = key(&[]);
            let kind = if number < 10 { "x" } else { "y" };
            let text = format!("{}{kind} tenant {number}", "\u{202e}<b>".repeat(2_000));
            key_metadata(&mut described).description = text;
            here.keys.push(described);
        }
        here.alias_listing = Fact::Known(());
        let judged = judged(here);
        let arns: Vec<_> = judged
            .findings
            .iter()
            .map(|finding| finding.resource.arn.as_str())
            .collect();
        assert_eq!(arns.len(), 2);
        assert_ne!(arns[0], arns[1]);
        assert!(arns.iter().all(|arn| arn.chars().count() < 160));
        assert!(
            judged
                .findings
                .iter()
                .all(|finding| finding.detail.chars().count() < 600)
        );
    }
}
