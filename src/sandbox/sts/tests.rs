use super::super::{Sandbox, testing};
use aws_sdk_sts::config::{Credentials, SharedCredentialsProvider};
use aws_sdk_sts::error::ProvideErrorMetadata;
use aws_sdk_sts::operation::RequestId;
use aws_sdk_sts::types::Credentials as Assumed;

const ESTATE: &str = r#"
    as_of = 2026-06-15T06:00:00Z
    account = { id = "111122223333" }
    organization = {}

    [[region]]
    name = "eu-west-3"
    key = [{}, {}]

    [[member]]
    count = 20
    id = "2000000000{n:02}"
    role = [
        { name = "audit/ReadOnly" },
        { name = "Partner", external_id = "e-7", max_session_seconds = 7200 },
        { name = "Inner", trusts = ["200000000001"] },
    ]
    region = [{ name = "eu-west-3", key = [{ count = 5 }] }]

    [[member]]
    id = "300000000001"
    state = "SUSPENDED"
    role = [{ name = "ReadOnly" }]
"#;

fn role(account: &str, name: &str) -> String {
    format!("arn:aws:iam::{account}:role/{name}")
}

/// The configuration of clients that sign with the credentials of a role.
fn with(sandbox: &Sandbox, assumed: &Assumed) -> aws_config::SdkConfig {
    let credentials = Credentials::new(
        assumed.access_key_id(),
        assumed.secret_access_key(),
        Some(assumed.session_token().to_owned()),
        None,
        "role",
    );
    testing::config(sandbox, "eu-west-3")
        .into_builder()
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build()
}

#[tokio::test]
async fn the_caller_is_who_the_estate_says() {
    let sandbox = Sandbox::built_in().unwrap();
    let sts = testing::sts(&sandbox, sandbox.home_region());
    let identity = sts.get_caller_identity().send().await.unwrap();
    assert_eq!(identity.account(), Some("111122223333"));
    let arn = "arn:aws:sts::111122223333:assumed-role/security-audit/kms-audit";
    assert_eq!(identity.arn(), Some(arn));
    assert!(identity.user_id().unwrap().ends_with(":kms-audit"));
    assert!(identity.request_id().is_some());
}

#[tokio::test]
async fn the_credentials_of_a_role_open_its_account_and_no_other() {
    let sandbox = testing::sandbox(ESTATE);
    let sts = testing::sts(&sandbox, "eu-west-3");
    let assume = sts.assume_role().role_session_name("weekly").duration_seconds(900);
    let answer = assume
        .role_arn(role("200000000007", "audit/ReadOnly"))
        .send()
        .await
        .unwrap();
    let user = answer.assumed_role_user().unwrap();
    assert_eq!(user.arn(), "arn:aws:sts::200000000007:assumed-role/ReadOnly/weekly");
    let config = with(&sandbox, answer.credentials().unwrap());
    let identity = aws_sdk_sts::Client::new(&config)
        .get_caller_identity()
        .send()
        .await
        .unwrap();
    assert_eq!(identity.arn(), Some(user.arn()));
    let keys = aws_sdk_kms::Client::new(&config).list_keys().send().await.unwrap();
    assert_eq!(keys.keys().len(), 5);
    assert!(keys.keys()[0].key_arn().unwrap().contains(":200000000007:"));
    let own = testing::kms(&sandbox, "eu-west-3").list_keys().send().await.unwrap();
    assert_eq!(own.keys().len(), 2);
}

#[tokio::test]
async fn whom_a_role_does_not_trust_is_denied() {
    let sandbox = testing::sandbox(ESTATE);
    let sts = testing::sts(&sandbox, "eu-west-3");
    let assume = |arn: String| sts.assume_role().role_session_name("weekly").role_arn(arn);
    for (why, request) in [
        ("no such account", assume(role("400000000001", "ReadOnly"))),
        ("no such role", assume(role("200000000001", "ReadOnly"))),
        ("no external id", assume(role("200000000001", "Partner"))),
        (
            "another external id",
            assume(role("200000000001", "Partner")).external_id("e-8"),
        ),
        ("trusts another account", assume(role("200000000001", "Inner"))),
        ("suspended", assume(role("300000000001", "ReadOnly"))),
        (
            "another partition",
            assume("arn:aws-cn:iam::200000000001:role/Partner".to_owned()),
        ),
    ] {
        let error = request.send().await.unwrap_err();
        assert_eq!(error.code(), Some("AccessDenied"), "{why}");
        assert!(error.message().unwrap().contains("sts:AssumeRole"), "{why}");
    }
    let let_in = assume(role("200000000001", "Partner")).external_id("e-7");
    assert!(let_in.send().await.is_ok());
}

#[tokio::test]
async fn a_session_lasts_as_long_as_its_role_allows_and_an_hour_when_chained() {
    let sandbox = testing::sandbox(ESTATE);
    let sts = testing::sts(&sandbox, "eu-west-3");
    let partner = || {
        let assume = sts.assume_role().role_session_name("weekly");
        assume.role_arn(role("200000000001", "Partner")).external_id("e-7")
    };
    for seconds in [899, 43_201, 7201] {
        let error = partner().duration_seconds(seconds).send().await.unwrap_err();
        assert_eq!(error.code(), Some("ValidationError"), "{seconds}");
    }
    let answer = partner().duration_seconds(7200).send().await.unwrap();
    let assumed = answer.credentials().unwrap();
    let left = assumed.expiration().secs() - jiff::Timestamp::now().as_second();
    assert!((7100..=7200).contains(&left), "{left}");
    let chained = aws_sdk_sts::Client::new(&with(&sandbox, assumed));
    let inner = |seconds| {
        let assume = chained
            .assume_role()
            .role_session_name("inner")
            .duration_seconds(seconds);
        assume.role_arn(role("200000000002", "Inner")).send()
    };
    let error = inner(3601).await.unwrap_err();
    assert!(error.message().unwrap().contains("role chaining"));
    assert!(inner(3600).await.is_ok());
}

#[tokio::test]
async fn an_expired_token_is_refused() {
    let sandbox = testing::sandbox(ESTATE);
    let session = super::Session {
        account: "200000000001".to_owned(),
        role: "Partner".to_owned(),
        name: "weekly".to_owned(),
        expires: 1,
        serial: 1,
    };
    let assumed = Assumed::builder()
        .access_key_id(session.access_key_id())
        .secret_access_key(session.secret_access_key())
        .session_token(session.token())
        .expiration(aws_sdk_sts::primitives::DateTime::from_secs(1))
        .build()
        .unwrap();
    let config = with(&sandbox, &assumed);
    let kms = aws_sdk_kms::Client::new(&config).list_keys().send().await.unwrap_err();
    assert_eq!(kms.code(), Some("ExpiredTokenException"));
    let s3 = aws_sdk_s3::Client::new(&config)
        .list_buckets()
        .send()
        .await
        .unwrap_err();
    assert_eq!(s3.code(), Some("ExpiredToken"));
    let sts = aws_sdk_sts::Client::new(&config).get_caller_identity().send().await;
    assert_eq!(sts.unwrap_err().code(), Some("ExpiredToken"));
}

#[tokio::test]
async fn other_actions_and_disabled_regions_are_refused() {
    let sandbox = testing::sandbox(testing::SMALL);
    let sts = testing::sts(&sandbox, "eu-west-3");
    let error = sts.get_session_token().send().await.unwrap_err();
    assert_eq!(error.code(), Some("InvalidAction"));
    let sts = testing::sts(&sandbox, "ap-east-1");
    let error = sts.get_caller_identity().send().await.unwrap_err();
    assert_eq!(error.code(), Some("InvalidClientTokenId"));
}
