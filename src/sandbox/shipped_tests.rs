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
