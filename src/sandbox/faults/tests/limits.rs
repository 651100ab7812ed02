//! Request rates, and credentials that run out.

use super::super::super::{Sandbox, testing};
use super::{HOME, with_fault};
use aws_sdk_kms::error::ProvideErrorMetadata;
use serde_json::json;

/// A bucket that is empty after one request of each operation, for as long as a test takes.
const ONE_EACH: &str = "kind = \"throttle\"\nrps = 0.001";

#[tokio::test]
async fn every_service_throttles_in_its_own_words() {
    let sandbox = with_fault(ONE_EACH);
    let mut said = Vec::new();
    for _ in 0..2 {
        said.clear();
        let mut keep = |error: Option<(u16, &dyn ProvideErrorMetadata)>| {
            said.push(error.map(|(status, error)| {
                let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
                (status, text(error.code()), text(error.message()))
            }));
        };
        macro_rules! ask {
            ($request:expr) => {{
                let error = $request.send().await.err();
                let status =
                    |raw: &aws_smithy_runtime_api::client::orchestrator::HttpResponse| raw.status().as_u16();
                let status = error.as_ref().map(|error| status(error.raw_response().unwrap()));
                keep(status.zip(error.as_ref().map(|error| error as &dyn ProvideErrorMetadata)));
            }};
        }
        ask!(testing::kms(&sandbox, HOME).list_keys());
        ask!(
            testing::service_quotas(&sandbox, HOME)
                .list_service_quotas()
                .service_code("kms")
        );
        ask!(testing::cloudwatch(&sandbox, HOME).list_metrics());
        ask!(testing::s3(&sandbox, HOME).list_buckets());
        ask!(testing::sts(&sandbox, HOME).get_caller_identity());
        ask!(testing::account(&sandbox, HOME).list_regions());
    }
    let kms = "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.";
    let expected = [
        (400, "ThrottlingException", kms),
        (400, "TooManyRequestsException", "Rate exceeded"),
        (400, "Throttling", "Rate exceeded"),
        (503, "SlowDown", "Please reduce your request rate."),
        (400, "Throttling", "Rate exceeded"),
        (429, "TooManyRequestsException", "Too Many Requests"),
    ];
    let expected = expected.map(|(status, code, text)| Some((status, code.to_owned(), text.to_owned())));
    assert_eq!(said, expected);
}

#[tokio::test]
async fn organizations_throttles_with_a_status_of_400() {
    let sandbox = testing::sandbox(&format!("{}\n[organization]\n[[fault]]\n{ONE_EACH}", testing::SMALL));
    let target = "AWSOrganizationsV20161128.ListRoots";
    let ask = || testing::json_request(&sandbox, "organizations", "us-east-1", target, &json!({}));
    assert_eq!(ask().0, 200);
    let (status, body) = ask();
    assert_eq!((status, &body["__type"]), (400, &json!("TooManyRequestsException")));
}

#[tokio::test]
async fn each_account_region_and_operation_has_a_bucket_of_its_own() {
    let sandbox = with_fault("kind = \"throttle\"\nservice = \"kms\"\nrps = 0.001\nburst = 3");
    for region in [HOME, "eu-central-1"] {
        let kms = testing::kms(&sandbox, region);
        for _ in 0..3 {
            assert!(kms.list_keys().send().await.is_ok());
            assert!(kms.list_aliases().send().await.is_ok());
        }
        assert!(kms.list_keys().send().await.is_err());
        assert!(kms.list_aliases().send().await.is_err());
    }
    assert!(testing::s3(&sandbox, HOME).list_buckets().send().await.is_ok());
}

#[tokio::test]
async fn a_bucket_fills_again_at_its_rate() {
    let sandbox = with_fault("kind = \"throttle\"\nrps = 10\nburst = 1");
    let kms = testing::kms(&sandbox, HOME);
    assert!(kms.list_keys().send().await.is_ok());
    assert!(kms.list_keys().send().await.is_err());
    tokio::time::sleep(std::time::Duration::from_millis(110)).await;
    assert!(kms.list_keys().send().await.is_ok());
}

/// How many of a row of requests to an operation are answered before the first is throttled.
async fn answered(sandbox: &Sandbox) -> usize {
    let quotas = testing::service_quotas(sandbox, HOME);
    let mut answered = 0;
    while quotas.list_service_quotas().service_code("kms").send().await.is_ok() {
        answered += 1;
        assert!(answered < 1_000, "never throttled");
    }
    answered
}

#[tokio::test]
async fn without_a_rate_the_published_quotas_hold() {
    // Ten a second, and what comes in while the test runs.
    let sandbox = with_fault("kind = \"throttle\"");
    let answered = answered(&sandbox).await;
    assert!((10..40).contains(&answered), "{answered}");
    // None is published for these.
    let s3 = testing::s3(&sandbox, HOME);
    for _ in 0..50 {
        assert!(s3.list_buckets().send().await.is_ok());
    }
}

#[tokio::test]
async fn credentials_expire_after_so_many_answers_and_new_ones_are_as_good_as_the_first_were() {
    let sandbox = testing::sandbox(
        r#"
        as_of = 2026-06-15T06:00:00Z
        account = { id = "111122223333" }
        organization = {}

        [[region]]
        name = "eu-west-3"

        [[member]]
        id = "200000000001"
        role = [{ name = "Audit" }]
        region = [{ name = "eu-west-3" }]

        [[fault]]
        kind = "expired-credentials"
        after = 4
        "#,
    );
    let sts = testing::sts(&sandbox, HOME);
    for _ in 0..2 {
        let assume = sts.assume_role().role_session_name("weekly");
        let answer = assume.role_arn("arn:aws:iam::200000000001:role/Audit").send().await;
        let assumed = answer.unwrap().credentials.unwrap();
        let token = Some(assumed.session_token);
        let credentials = aws_sdk_kms::config::Credentials::new("AKID", "secret", token, None, "role");
        let config = testing::config(&sandbox, HOME).into_builder();
        let provider = aws_sdk_kms::config::SharedCredentialsProvider::new(credentials);
        let config = config.credentials_provider(provider).build();
        let (kms, s3) = (aws_sdk_kms::Client::new(&config), aws_sdk_s3::Client::new(&config));
        for _ in 0..2 {
            assert!(kms.list_keys().send().await.is_ok());
            assert!(s3.list_buckets().send().await.is_ok());
        }
        let expired = kms.list_keys().send().await.unwrap_err();
        assert_eq!(expired.code(), Some("ExpiredTokenException"));
        assert_eq!(s3.list_buckets().send().await.unwrap_err().code(), Some("ExpiredToken"));
    }
    // The credentials that those were made with have two answers left.
    assert!(sts.get_caller_identity().send().await.is_ok());
    assert!(testing::kms(&sandbox, HOME).list_keys().send().await.is_ok());
    let expired = sts.get_caller_identity().send().await.unwrap_err();
    assert_eq!(expired.code(), Some("ExpiredToken"));
}
