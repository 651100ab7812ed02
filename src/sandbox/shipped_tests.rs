//! The estates that come with the program are what their names say.

use super::{Sandbox, testing};
use aws_sdk_sts::config::{Credentials, SharedCredentialsProvider};
use std::collections::BTreeMap;
use std::path::PathBuf;

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/estates"))
}

#[test]
fn every_estate_that_comes_with_the_program_is_valid() {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if let Err(error) = Sandbox::from_file(&path) {
            panic!("{error}");
        }
        names.push(path.file_stem().unwrap().to_string_lossy().into_owned());
    }
    names.sort();
    let expected = [
        "denied",
        "flaky",
        "hostile-text",
        "organization",
        "re-encryption-incident",
        "regulated",
        "saas-tenants",
        "well-kept",
    ];
    assert_eq!(names, expected);
}

/// Whatever the security account can list and enter, it finds: nothing of the 200 accounts is out of its sight.
#[tokio::test]
async fn the_organization_has_200_accounts_in_six_regions_and_roles_into_all_that_are_active() {
    let sandbox = Sandbox::from_file(&folder().join("organization.toml")).unwrap();
    let estate = testing::estate(&sandbox);
    let sts = testing::sts(&sandbox, "eu-west-3");
    let mut states: BTreeMap<String, usize> = BTreeMap::new();
    let (mut regions, mut keys, mut buckets) = (0, 0, 0);
    for account in estate.accounts() {
        *states.entry(format!("{:?}", account.set.state)).or_default() += 1;
        let id = &account.id;
        if id == "111122223333" {
            continue;
        }
        let assume = sts.assume_role().role_session_name("audit");
        let role = format!("arn:aws:iam::{id}:role/KmsAuditReadOnly");
        let Ok(answer) = assume.role_arn(role).send().await else {
            assert_ne!(format!("{:?}", account.set.state), "Active", "{id}");
            continue;
        };
        let assumed = answer.credentials().unwrap();
        let token = assumed.session_token().to_owned();
        let credentials = Credentials::new(
            assumed.access_key_id(),
            assumed.secret_access_key(),
            Some(token),
            None,
            "role",
        );
        for region in account.regions() {
            let config = testing::config(&sandbox, &region.name).into_builder();
            let config = config
                .credentials_provider(SharedCredentialsProvider::new(credentials.clone()))
                .build();
            let listed = aws_sdk_kms::Client::new(&config).list_keys().send().await.unwrap();
            assert!(listed.keys().iter().all(|key| key.key_arn().unwrap().contains(id)));
            keys += listed.keys().len();
            regions += 1;
            if region.name == "eu-west-3" {
                buckets += aws_sdk_s3::Client::new(&config)
                    .list_buckets()
                    .send()
                    .await
                    .unwrap()
                    .buckets()
                    .len();
            }
        }
    }
    let expected = [("Active", 194), ("Closed", 1), ("PendingClosure", 1), ("Suspended", 4)];
    assert_eq!(states, expected.map(|(state, count)| (state.to_owned(), count)).into());
    // 193 beside the management account: 3 of security and network, 110 of production, 60 of staging, 20 of experiments.
    assert_eq!(regions, 193 * 6);
    assert_eq!(keys, 3 * 6 + 110 * (42 + 3 * 7) + 60 * 5 + 20 * 6);
    assert_eq!(buckets, 1 + 110 * 2 + 60 + 20);
}

/// The text at a path of an estate file: `region.0.alarm.0.name`.
fn written<'t>(estate: &'t toml::Value, path: &str) -> &'t str {
    let step = |value: &'t toml::Value, step: &str| match step.parse::<usize>() {
        Ok(position) => &value[position],
        Err(_) => &value[step],
    };
    path.split('.').fold(estate, step).as_str().unwrap()
}

/// JSON, XML and CBOR each have their own ways to lose a control character or to escape a bracket twice.
#[tokio::test]
async fn hostile_text_comes_over_every_protocol_as_it_is_written() {
    let path = folder().join("hostile-text.toml");
    let sandbox = Sandbox::from_file(&path).unwrap();
    let file: toml::Value = toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let text = |path: &str| written(&file, path);
    let region = "eu-west-3";

    let alarms = testing::cloudwatch(&sandbox, region)
        .describe_alarms()
        .send()
        .await
        .unwrap();
    let alarm = &alarms.metric_alarms()[0];
    for (found, path) in [
        (alarm.alarm_name(), "name"),
        (alarm.alarm_description(), "description"),
        (alarm.state_reason(), "state_reason"),
        (alarm.namespace(), "namespace"),
        (alarm.metric_name(), "metric"),
        (alarm.dimensions()[0].value(), "dimensions.<u>dimension</u>"),
    ] {
        assert_eq!(found, Some(text(&format!("region.0.alarm.0.{path}"))), "{path}");
    }

    let kms = testing::kms(&sandbox, region);
    let stores = kms.describe_custom_key_stores().send().await.unwrap();
    let name = stores.custom_key_stores()[0].custom_key_store_name();
    assert_eq!(name, Some(text("region.0.custom_key_store.0.name")));
    let key = testing::key_id(&kms, text("region.0.key.0.alias")).await;
    let described = kms
        .describe_key()
        .key_id(&key)
        .send()
        .await
        .unwrap()
        .key_metadata
        .unwrap();
    assert_eq!(described.description(), Some(text("region.0.key.0.description")));
    let policy = kms.get_key_policy().key_id(&key).send().await.unwrap();
    let expected = text("region.0.key.0.policy").replace("{account}", "666677778888");
    assert_eq!(policy.policy(), Some(expected.as_str()));
    let grants = kms.list_grants().key_id(&key).send().await.unwrap();
    let constraints = grants.grants()[0].constraints().unwrap();
    let (name, value) = constraints.encryption_context_equals().unwrap().iter().next().unwrap();
    let context = "region.0.key.0.grants.0.encryption_context_equals";
    assert_eq!(value, text(&format!("{context}.{name}")));

    let bucket = text("bucket.0.name");
    let tags = testing::s3(&sandbox, region)
        .get_bucket_tagging()
        .bucket(bucket)
        .send()
        .await;
    let tag = &tags.unwrap().tag_set[0];
    assert_eq!(tag.value(), text(&format!("bucket.0.tags.{}", tag.key())));

    for (service, target, list, member, path) in [
        (
            "logs",
            "Logs_20140328.DescribeMetricFilters",
            "metricFilters",
            "filterName",
            "region.0.metric_filter.0.name",
        ),
        (
            "logs",
            "Logs_20140328.DescribeMetricFilters",
            "metricFilters",
            "filterPattern",
            "region.0.metric_filter.0.pattern",
        ),
        (
            "organizations",
            "AWSOrganizationsV20161128.ListAccounts",
            "Accounts",
            "Name",
            "account.name",
        ),
    ] {
        let (status, answer) = testing::json_request(&sandbox, service, region, target, &serde_json::json!({}));
        assert_eq!(
            (status, answer[list][0][member].as_str()),
            (200, Some(text(path))),
            "{path}"
        );
    }
}
