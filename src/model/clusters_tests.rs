use proptest::prelude::*;

use super::*;
use crate::facts::examples::{key, key_metadata};

const RULES: ClusterRules<'_> = ClusterRules {
    tenant_tags: &[],
    least_keys: 10,
    least_names: 50,
};

fn aliased(aliases: impl IntoIterator<Item = String>) -> Vec<Key> {
    let with_alias = |alias| {
        let mut key = key(&[]);
        key.aliases = vec![alias];
        key
    };
    aliases.into_iter().map(with_alias).collect()
}

fn found(keys: &[Key], rules: &ClusterRules<'_>) -> Vec<(Evidence, String, usize)> {
    let keys: Vec<&Key> = keys.iter().collect();
    let found = clusters(&keys, rules).into_iter();
    found
        .map(|cluster| (cluster.evidence, cluster.template, cluster.keys.len()))
        .collect()
}

fn alias(template: &str, keys: usize) -> (Evidence, String, usize) {
    (Evidence::Alias, template.to_owned(), keys)
}

/// Names without a number, and without a word that means anything.
fn names(count: u32) -> impl Iterator<Item = String> {
    let letter = |number: u32| char::from(b'a' + (number % 26) as u8);
    (0..count).map(move |number| format!("x{}{}z", letter(number / 26), letter(number)))
}

#[test]
fn numbers_in_the_same_place_are_a_scheme_from_ten_keys_on() {
    let tenants = |count: u32| aliased((0..count).map(|number| format!("alias/tenant-{number:04}")));
    assert_eq!(found(&tenants(10), &RULES), [alias("alias/tenant-*", 10)]);
    assert_eq!(found(&tenants(9), &RULES), []);
}

#[test]
fn uuids_and_hexadecimal_ids_are_a_scheme() {
    let uuids = (0..10).map(|number| format!("alias/shop/0b7f9a5e-8c7d-4a1b-9e57-{number:012x}/data"));
    assert_eq!(found(&aliased(uuids), &RULES), [alias("alias/shop/*/data", 10)]);
    let ids = (0..10).map(|number| format!("alias/shop-a{number}b4c5d6e7"));
    assert_eq!(found(&aliased(ids), &RULES), [alias("alias/shop-*", 10)]);
}

#[test]
fn names_beside_a_word_for_tenants_are_a_scheme_from_ten_keys_on() {
    let tenants = aliased(names(10).map(|name| format!("alias/prod/{name}-tenant-key")));
    assert_eq!(found(&tenants, &RULES), [alias("alias/prod/*-tenant-key", 10)]);
}

#[test]
fn other_names_are_a_scheme_only_where_there_are_many() {
    let apps = |count| aliased(names(count).map(|name| format!("alias/app-{name}")));
    assert_eq!(found(&apps(49), &RULES), []);
    assert_eq!(found(&apps(50), &RULES), [alias("alias/app-*", 50)]);
}

#[test]
fn environments_and_regions_of_one_service_are_no_scheme() {
    let services = names(60).flat_map(|name| {
        ["dev", "test", "prod", "eu-west-1", "us-east-1"].map(|environment| format!("alias/{name}-{environment}"))
    });
    assert_eq!(found(&aliased(services), &RULES), []);
}

#[test]
fn numbers_and_names_in_the_same_place_are_one_scheme() {
    let numbers = (0..20).map(|number| format!("alias/tenant-{number}"));
    let tenants = aliased(numbers.chain(names(20).map(|name| format!("alias/tenant-{name}"))));
    assert_eq!(found(&tenants, &RULES), [alias("alias/tenant-*", 40)]);
}

#[test]
fn a_key_with_many_aliases_is_one_key() {
    let mut many = key(&[]);
    many.aliases = (0..50).map(|number| format!("alias/tenant-{number}")).collect();
    assert_eq!(found(std::slice::from_ref(&many), &RULES), []);
}

#[test]
fn a_tenant_tag_with_enough_values_is_a_scheme() {
    let tenant_tags = ["tenant".to_owned()];
    let rules = ClusterRules {
        tenant_tags: &tenant_tags,
        ..RULES
    };
    let tagged = |values: u32| -> Vec<Key> {
        let value = |number: u32| format!("{}", number % values);
        (0..30).map(|number| key(&[("tenant", &value(number))])).collect()
    };
    let scheme = (Evidence::TenantTag, "tenant=*".to_owned(), 30);
    assert_eq!(found(&tagged(10), &rules), [scheme]);
    assert_eq!(found(&tagged(9), &rules), [], "nine tenants");
    assert_eq!(found(&tagged(10), &RULES), [], "a tag that names nobody");
}

#[test]
fn descriptions_are_a_scheme_unless_a_date_is_all_that_differs() {
    let described = |text: &dyn Fn(u32) -> String| -> Vec<Key> {
        let with_description = |number| {
            let mut key = key(&[]);
            key_metadata(&mut key).description = text(number);
            key
        };
        (10..30).map(with_description).collect()
    };
    let scheme = (Evidence::Description, "Shop * of the *nd floor".to_owned(), 20);
    assert_eq!(
        found(&described(&|number| format!("Shop {number} of the 2nd floor")), &RULES),
        [scheme]
    );
    assert_eq!(
        found(&described(&|day| format!("Made on 2026-06-{day} by a script")), &RULES),
        []
    );
    assert_eq!(
        found(&described(&|_| "Made with module v2".to_owned()), &RULES),
        [],
        "one value"
    );
    let shared = |number: u32| format!("Key for tenant {}", if number < 15 { "a" } else { "b" });
    assert_eq!(found(&described(&shared), &RULES), [], "two tenants");
}

#[test]
fn the_largest_evidence_has_the_key_and_the_rest_may_be_a_cluster_of_its_own() {
    let tenant_tags = ["tenant".to_owned()];
    let rules = ClusterRules {
        tenant_tags: &tenant_tags,
        ..RULES
    };
    let mut keys: Vec<Key> = (0..25).map(|number| key(&[("tenant", &number.to_string())])).collect();
    for (number, key) in keys.iter_mut().enumerate().take(12) {
        key.aliases = vec![format!("alias/t{number}")];
    }
    let tagged = |keys| (Evidence::TenantTag, "tenant=*".to_owned(), keys);
    assert_eq!(found(&keys, &rules), [tagged(25)]);
    keys.extend(aliased((50..63).map(|number| format!("alias/t{number}"))));
    // 25 of either: the alias is the stronger evidence, and of the tagged keys 13 are left.
    assert_eq!(found(&keys, &rules), [alias("alias/t*", 25), tagged(13)]);
}

/// A piece of an alias, a tag value or a description, as people and attackers write them.
fn text() -> impl Strategy<Value = String> {
    let pieces = [
        "alias/",
        "tenant",
        "-",
        "_",
        "/",
        " ",
        "*",
        "7",
        "42",
        "prod",
        "eu-west-1",
        "\u{202e}",
        "é",
        "acme",
    ];
    let piece = prop_oneof![4 => proptest::sample::select(pieces.to_vec()).prop_map(str::to_owned), 1 => ".{0,3}"];
    proptest::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat())
}

fn any_key() -> impl Strategy<Value = Key> {
    let alias = prop_oneof![text(), "alias/(tenant|app)-[a-c0-2]{1,2}"];
    (
        proptest::collection::vec(alias, 0..3),
        text(),
        proptest::option::of(text()),
    )
        .prop_map(|(aliases, description, tenant)| {
            let mut key = match &tenant {
                Some(tenant) => key(&[("tenant", tenant)]),
                None => key(&[]),
            };
            key_metadata(&mut key).description = description;
            key.aliases = aliases;
            key
        })
}

proptest! {
    #[test]
    fn the_order_of_keys_does_not_matter_and_a_key_is_in_one_cluster_at_most(
        keys in proptest::collection::vec(any_key(), 0..40).prop_shuffle(), least in 2_usize..5,
    ) {
        let tenant_tags = ["tenant".to_owned()];
        let rules = ClusterRules { tenant_tags: &tenant_tags, least_keys: least, least_names: least + 1 };
        let forwards: Vec<&Key> = keys.iter().collect();
        let mut by_length = forwards.clone();
        by_length.sort_by_key(|key| (key.aliases.len(), std::cmp::Reverse(key.arn.clone())));
        let clusters = clusters(&forwards, &rules);
        prop_assert_eq!(&clusters, &super::clusters(&by_length, &rules));

        let mut members: Vec<_> = clusters.iter().flat_map(|cluster| &cluster.keys).map(|key| &key.arn).collect();
        let all = members.len();
        members.sort();
        members.dedup();
        prop_assert_eq!(members.len(), all);
        prop_assert!(clusters.iter().all(|cluster| cluster.keys.len() >= least));
        let mut ids: Vec<_> = clusters.iter().map(|cluster| (cluster.evidence, &cluster.template)).collect();
        ids.dedup();
        prop_assert_eq!(ids.len(), clusters.len());
    }
}
