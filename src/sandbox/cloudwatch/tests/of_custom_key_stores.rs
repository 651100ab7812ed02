//! AWS/KMS: what CloudWatch knows of custom key stores.

use super::{TWO_WEEKS, data, query};
use crate::sandbox::{Sandbox, testing};
use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::types::{Dimension, Metric};
use std::collections::BTreeMap;

const STORES: &str = r#"
    [[region.custom_key_store]]
    name = "hsm"
    type = "AWS_CLOUDHSM"
    throttled.Decrypt.batch = [{ start = 2026-06-14T01:00:00Z, minutes = 3, rps = 20 }]
    throttled.ReEncrypt.constant.rps = 1

    [[region.custom_key_store]]
    name = "vault"
    type = "EXTERNAL_KEY_STORE"
    throttled.Decrypt.constant.rps = 2
    [region.custom_key_store.proxy]
    connectivity = "PUBLIC_ENDPOINT"
    uri_endpoint = "https://xks.example.com"
    certificate = { name = "*.example.com", expires = 2026-06-18T12:00:00Z }

    [[region.custom_key_store]]
    name = "quiet"
    type = "AWS_CLOUDHSM"

    [[region.key]]
    origin = "AWS_CLOUDHSM"
    custom_key_store = "hsm"

    [[region.key]]
    origin = "EXTERNAL_KEY_STORE"
    custom_key_store = "vault"
"#;

async fn store(sandbox: &Sandbox, name: &str) -> String {
    let kms = testing::kms(sandbox, "eu-west-3");
    let described = kms
        .describe_custom_key_stores()
        .custom_key_store_name(name)
        .send()
        .await;
    described.unwrap().custom_key_stores()[0]
        .custom_key_store_id()
        .unwrap()
        .to_owned()
}

fn dimensions(metric: &Metric) -> Vec<(&str, &str)> {
    let dimensions = metric.dimensions().iter();
    dimensions
        .map(|dimension| (dimension.name().unwrap(), dimension.value().unwrap()))
        .collect()
}

async fn listed(client: &Client, name: &str) -> Vec<Metric> {
    let call = client.list_metrics().namespace("AWS/KMS").metric_name(name);
    call.send().await.unwrap().metrics.unwrap()
}

#[tokio::test]
async fn throttled_requests_are_counted_for_each_store_and_operation() {
    let sandbox = testing::region(STORES);
    let client = testing::cloudwatch(&sandbox, "eu-west-3");
    let (hsm, vault) = (store(&sandbox, "hsm").await, store(&sandbox, "vault").await);
    let of = |store, operation| {
        vec![
            ("CustomKeyStoreId", store),
            ("KeySpec", "SYMMETRIC_DEFAULT"),
            ("KmsOperation", operation),
        ]
    };
    let of_hsm = listed(&client, "CloudHSMKeyStoreThrottle").await;
    assert_eq!(
        of_hsm.iter().map(dimensions).collect::<Vec<_>>(),
        [of(&hsm, "Decrypt"), of(&hsm, "ReEncrypt")]
    );
    let of_vault = listed(&client, "ExternalKeyStoreThrottle").await;
    assert_eq!(
        of_vault.iter().map(dimensions).collect::<Vec<_>>(),
        [of(&vault, "Decrypt")]
    );
    let half = Metric::builder()
        .namespace("AWS/KMS")
        .metric_name("ExternalKeyStoreThrottle")
        .dimensions(Dimension::builder().name("CustomKeyStoreId").value(&vault).build());
    let queries = vec![
        query("hsm", of_hsm[0].clone(), 60, "Sum"),
        query("again", of_hsm[1].clone(), 3600, "Sum"),
        query("vault", of_vault[0].clone(), 60, "Sum"),
        query("half", half.build(), 60, "Sum"),
    ];
    let results = data(&client, &sandbox, TWO_WEEKS, queries, None).await;
    let values: BTreeMap<&str, &[f64]> = results
        .iter()
        .map(|result| (result.id().unwrap(), result.values()))
        .collect();
    assert_eq!(values["hsm"], [1200.0; 3]);
    assert_eq!(values["again"], [3600.0; 14 * 24]);
    assert_eq!(values["vault"], [120.0; 14 * 1440]);
    assert!(values["half"].is_empty());
}

#[tokio::test]
async fn the_certificate_of_a_proxy_has_fewer_days_every_day() {
    let sandbox = testing::region(STORES);
    let client = testing::cloudwatch(&sandbox, "eu-west-3");
    let metrics = listed(&client, "XksProxyCertificateDaysToExpire").await;
    let vault = store(&sandbox, "vault").await;
    assert_eq!(metrics.len(), 1);
    assert_eq!(
        dimensions(&metrics[0]),
        [("CertificateName", "*.example.com"), ("CustomKeyStoreId", &*vault)]
    );
    let queries = vec![query("days", metrics[0].clone(), 86_400, "Minimum")];
    let results = data(&client, &sandbox, 3 * 86_400, queries, None).await;
    // At the end of each day, and of the last that has begun.
    assert_eq!(results[0].values(), [5.0, 4.0, 3.0, 3.0]);
}

#[test]
fn what_no_custom_key_store_can_have_is_refused() {
    let head =
        "as_of = 2026-06-15T06:00:00Z\naccount = { id = \"111122223333\" }\n[[region]]\nname = \"eu-west-3\"\n";
    let key = "key = [{ origin = \"AWS_CLOUDHSM\", custom_key_store = \"hsm\"";
    let hsm = |more: &str| format!("custom_key_store = [{{ name = \"hsm\", type = \"AWS_CLOUDHSM\"{more} }}]\n");
    let xks = |certificate: &str| {
        let proxy = "connectivity = \"PUBLIC_ENDPOINT\", uri_endpoint = \"https://a.example.com\"";
        format!(
            "custom_key_store = [{{ name = \"x\", type = \"EXTERNAL_KEY_STORE\", proxy = {{ {proxy}, certificate = {certificate} }} }}]\n"
        )
    };
    for (lines, place, what) in [
        (
            hsm(", throttled = { Sign = {} }") + key + " }]",
            "line 5, column 81",
            "not used in Sign; use `Decrypt`, `Encrypt`",
        ),
        (
            hsm(", throttled = { Decrypt = {} }"),
            "line 5, column 84",
            "`hsm` has none; add a key",
        ),
        (
            hsm("") + key + ", requests = { GenerateDataKeyPair = {} } }]",
            "line 6, column 96",
            "not used in GenerateDataKeyPair",
        ),
        (
            xks("{ name = \"b.example.com\", expires = 2026-07-01T00:00:00Z }"),
            "line 5",
            "no certificate for a.example.com; use `a.example.com` or `*.example.com`",
        ),
        (xks("{}"), "line 5", "expires"),
    ] {
        let error = Sandbox::from_toml("estate.toml", &format!("{head}{lines}"))
            .unwrap_err()
            .to_string();
        assert!(error.starts_with(&format!("estate.toml, {place}")), "{lines}\n{error}");
        assert!(error.contains(what), "{lines}\n{error}");
    }
}
