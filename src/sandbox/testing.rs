//! SDK clients for the tests of the sandbox: what answers them is the sandbox, what asks and reads
//! is AWS's own code.

use super::Sandbox;
use super::estate::Estate;
use super::request::{Answer, Request};
use super::session::Session;
use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_kms::config::{Credentials, SharedCredentialsProvider};

pub(super) fn estate(sandbox: &Sandbox) -> &Estate {
    &sandbox.room.estate
}

pub(super) fn sandbox(toml: &str) -> Sandbox {
    Sandbox::from_toml("test.toml", toml).unwrap()
}

/// A small estate with something in it, to which a test adds faults.
pub(super) const SMALL: &str = r#"
    as_of = 2026-06-15T06:00:00Z
    account = { id = "111122223333" }

    [[region]]
    name = "eu-west-3"
    usage = [{ resource = "DescribeKey", constant = { rps = 1 } }]
    key = [
        { count = 250, alias = "alias/tenant-{n:03}", tags = { tenant = "t{n}" } },
        { alias = "alias/aws/s3", aws_managed = true },
    ]

    [[region]]
    name = "eu-central-1"

    [[region]]
    name = "ap-east-1"
    enabled = false

    [[bucket]]
    name = "first"
    region = "eu-west-3"
    encryption = "SSE-KMS"

    [[bucket]]
    name = "second"
    region = "eu-central-1"
    encryption = "none"
"#;

/// An estate of one Region, eu-west-3, with these lines in it.
pub(super) fn region(lines: &str) -> Sandbox {
    sandbox(&format!(
        "as_of = 2026-06-15T06:00:00Z\naccount = {{ id = \"111122223333\" }}\n[[region]]\nname = \"eu-west-3\"\n{lines}"
    ))
}

/// A key in every state, with the alias `alias/` and the state, in eu-west-3.
pub(super) fn every_state() -> Sandbox {
    region(
        r#"
        custom_key_store = [
            { name = "hsm", type = "AWS_CLOUDHSM", state = "DISCONNECTED", created = 2023-01-01T00:00:00Z },
        ]

        [[region.key]]
        alias = "alias/Enabled"
        description = 'a "quoted" one'
        created = 2024-01-02T03:04:05Z
        rotation = { enabled = true }

        [[region.key]]
        alias = "alias/Disabled"
        state = "Disabled"
        created = 2024-01-02T03:04:05Z
        rotation = { enabled = true }

        [[region.key]]
        alias = "alias/PendingDeletion"
        state = "PendingDeletion"
        deletion_in_days = 9
        created = 2024-01-02T03:04:05Z
        rotation = { enabled = true }

        [[region.key]]
        alias = "alias/PendingImport"
        origin = "EXTERNAL"
        state = "PendingImport"
        created = 2024-01-02T03:04:05Z

        [[region.key]]
        alias = "alias/Unavailable"
        origin = "AWS_CLOUDHSM"
        custom_key_store = "hsm"
        created = 2024-01-02T03:04:05Z

        [[region.key]]
        alias = "alias/Updating"
        state = "Updating"
        multi_region = "primary"
        created = 2024-01-02T03:04:05Z

        [[region.key]]
        alias = "alias/PendingReplicaDeletion"
        state = "PendingReplicaDeletion"
        deletion_in_days = 9
        multi_region = "primary"
        multi_region_set = "deleted"
        created = 2024-01-02T03:04:05Z
        rotation = { enabled = true }

        [[region.key]]
        alias = "alias/Creating"
        state = "Creating"
        multi_region = "replica"
        multi_region_set = "new"
        created = 2024-01-02T03:04:05Z

        [[region]]
        name = "us-east-1"
        key = [
            { multi_region = "replica", multi_region_set = "deleted" },
            { multi_region = "primary", multi_region_set = "new" },
        ]
        "#,
    )
}

pub(super) const STATES: [&str; 8] = [
    "Creating",
    "Enabled",
    "Disabled",
    "PendingDeletion",
    "PendingImport",
    "PendingReplicaDeletion",
    "Unavailable",
    "Updating",
];

/// The id of the key with an alias.
pub(super) async fn key_id(kms: &aws_sdk_kms::Client, alias: &str) -> String {
    let key = kms.describe_key().key_id(alias).send().await.unwrap();
    key.key_metadata.unwrap().key_id
}

pub(super) fn config(sandbox: &Sandbox, region: &str) -> SdkConfig {
    let credentials = Credentials::new("AKIDEXAMPLE", "secret", None, None, "sandbox");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(RetryConfig::disabled())
        .http_client(sandbox.http_client())
        .build()
}

/// The token of a session in one of the accounts.
fn session_token(account: &str) -> String {
    let session = Session {
        account: account.to_owned(),
        role: "ReadOnly".to_owned(),
        name: "test".to_owned(),
        expires: i64::MAX,
        serial: 0,
    };
    session.token()
}

/// With the credentials of a session in one of the accounts.
pub(super) fn config_in(sandbox: &Sandbox, region: &str, account: &str) -> SdkConfig {
    let credentials = Credentials::new("ASIAEXAMPLE", "secret", Some(session_token(account)), None, "role");
    config(sandbox, region)
        .into_builder()
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build()
}

pub(super) fn kms(sandbox: &Sandbox, region: &str) -> aws_sdk_kms::Client {
    aws_sdk_kms::Client::new(&config(sandbox, region))
}

pub(super) fn s3(sandbox: &Sandbox, region: &str) -> aws_sdk_s3::Client {
    aws_sdk_s3::Client::new(&config(sandbox, region))
}

pub(super) fn cloudwatch(sandbox: &Sandbox, region: &str) -> aws_sdk_cloudwatch::Client {
    aws_sdk_cloudwatch::Client::new(&config(sandbox, region))
}

pub(super) fn service_quotas(sandbox: &Sandbox, region: &str) -> aws_sdk_servicequotas::Client {
    aws_sdk_servicequotas::Client::new(&config(sandbox, region))
}

pub(super) fn sts(sandbox: &Sandbox, region: &str) -> aws_sdk_sts::Client {
    aws_sdk_sts::Client::new(&config(sandbox, region))
}

pub(super) fn account(sandbox: &Sandbox, region: &str) -> aws_sdk_account::Client {
    aws_sdk_account::Client::new(&config(sandbox, region))
}

/// What the room answers to a request of a JSON protocol, for services whose SDK is no dependency.
pub(super) fn json_request(
    sandbox: &Sandbox,
    service: &str,
    region: &str,
    target: &str,
    input: &serde_json::Value,
) -> (u16, serde_json::Value) {
    let account = estate(sandbox).home_account().id;
    json_request_as(sandbox, &account, service, region, target, input)
}

/// The same with the credentials of a role in an account of the estate.
pub(super) fn json_request_as(
    sandbox: &Sandbox,
    account: &str,
    service: &str,
    region: &str,
    target: &str,
    input: &serde_json::Value,
) -> (u16, serde_json::Value) {
    let token = session_token(account);
    let authorization = format!("AWS4-HMAC-SHA256 Credential=AKID/20260615/{region}/{service}/aws4_request");
    let reply = sandbox.room.answer(&Request {
        method: "POST",
        path: "/",
        authorization: Some(&authorization),
        token: Some(&token),
        target: Some(target),
        body: input.to_string().as_bytes(),
        ..Request::default()
    });
    let Answer::Response(response) = reply.answer else {
        panic!("no response: {:?}", reply.answer);
    };
    (response.status, serde_json::from_slice(&response.body).unwrap())
}
