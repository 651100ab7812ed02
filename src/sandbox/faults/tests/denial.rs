//! Who is denied what.

use super::super::super::{Sandbox, testing};
use super::HOME;
use aws_sdk_sts::config::{Credentials, SharedCredentialsProvider};
use aws_sdk_sts::error::ProvideErrorMetadata;

/// A management account, whose credentials these are, and two members.
fn organization(fault: &str) -> Sandbox {
    testing::sandbox(&format!(
        r#"
        as_of = 2026-06-15T06:00:00Z
        account = {{ id = "111122223333" }}
        organization = {{ id = "o-example1234" }}

        [[region]]
        name = "eu-west-3"
        key = [{{}}]

        [[member]]
        id = "20000000000{{n}}"
        count = 2
        role = [{{ name = "Audit" }}]
        region = [{{ name = "eu-west-3", key = [{{}}] }}]

        [[fault]]
        {fault}
        "#
    ))
}

/// The configuration of clients that sign with the credentials of a member's role.
async fn member(sandbox: &Sandbox, account: &str) -> aws_config::SdkConfig {
    let sts = testing::sts(sandbox, HOME);
    let assume = sts.assume_role().role_session_name("weekly");
    let answer = assume
        .role_arn(format!("arn:aws:iam::{account}:role/Audit"))
        .send()
        .await;
    let assumed = answer.unwrap().credentials.unwrap();
    let token = Some(assumed.session_token);
    let credentials = Credentials::new(assumed.access_key_id, assumed.secret_access_key, token, None, "role");
    testing::config(sandbox, HOME)
        .into_builder()
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build()
}

#[tokio::test]
async fn a_service_control_policy_strikes_members_and_never_the_management_account() {
    let sandbox = organization("kind = \"denied-by-scp\"\naccount = \"*\"");
    assert!(testing::kms(&sandbox, HOME).list_keys().send().await.is_ok());
    for account in ["200000000001", "200000000002"] {
        let config = member(&sandbox, account).await;
        let error = aws_sdk_kms::Client::new(&config).list_keys().send().await.unwrap_err();
        assert_eq!(error.code(), Some("AccessDeniedException"));
        let message = error.message().unwrap();
        let caller = format!("User: arn:aws:sts::{account}:assumed-role/Audit/weekly");
        assert!(
            message.starts_with(&format!(
                "{caller} is not authorized to perform: kms:ListKeys on resource: * with an explicit deny in a service \
                 control policy: arn:aws:organizations::111122223333:policy/o-example1234/service_control_policy/p-"
            )),
            "{message}"
        );
        let s3 = aws_sdk_s3::Client::new(&config).list_buckets().send().await;
        assert_eq!(s3.unwrap_err().code(), Some("AccessDenied"));
        // It needs no permission, so nothing takes it away.
        let identity = aws_sdk_sts::Client::new(&config).get_caller_identity().send().await;
        assert_eq!(identity.unwrap().account(), Some(account));
    }
}

#[tokio::test]
async fn a_service_control_policy_can_be_one_account_s_and_one_operation_s() {
    let sandbox = organization(
        "kind = \"denied-by-scp\"\naccount = \"200000000002\"\nservice = \"kms\"\noperation = \"ListAliases\"",
    );
    for (account, denied) in [("200000000001", false), ("200000000002", true)] {
        let kms = aws_sdk_kms::Client::new(&member(&sandbox, account).await);
        assert_eq!(kms.list_aliases().send().await.is_err(), denied, "{account}");
        assert!(kms.list_keys().send().await.is_ok());
    }
}

#[tokio::test]
async fn an_account_can_be_denied_everything_but_its_own_name() {
    let sandbox = organization("kind = \"error\"\naccount = \"1111*\"");
    let kms = testing::kms(&sandbox, HOME).list_keys().send().await;
    assert_eq!(kms.unwrap_err().code(), Some("AccessDeniedException"));
    let sts = testing::sts(&sandbox, HOME);
    assert!(sts.get_caller_identity().send().await.is_ok());
    let assume = sts.assume_role().role_session_name("weekly");
    let error = assume
        .role_arn("arn:aws:iam::200000000001:role/Audit")
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some("AccessDenied"));
}

#[tokio::test]
async fn whatever_is_no_denial_strikes_the_name_too() {
    let sandbox = organization("kind = \"error\"\ncode = \"InternalFailure\"");
    let sts = testing::sts(&sandbox, HOME);
    let error = sts.get_caller_identity().send().await.unwrap_err();
    assert_eq!(error.code(), Some("InternalFailure"));
}
