use super::super::quotas::read_quotas;
use super::super::sandboxed::{calls, keys, region};
use super::super::usage::read_usage;
use super::*;
use crate::facts::{RegionState, Unavailable};

/// A peak at half of the symmetric quota and one a little below half of the RSA quota, both in the same minute.
const ESTATE: &str = r#"
    usage = [
        { resource = "CryptographicOperationsSymmetric", batch = [{ start = 2026-06-14T01:28:00Z, minutes = 1, rps = 5_000 }] },
        { resource = "CryptographicOperationsRsa", batch = [{ start = 2026-06-14T01:28:00Z, minutes = 1, rps = 499 }] },
    ]

    [[region.key]]
    alias = "alias/moved"
    requests.ReEncrypt.batch = [{ start = 2026-06-14T01:20:00Z, minutes = 10, rps = 2_000 }]
    requests.GenerateDataKeyPair.constant.rps = 50

    [[region.key]]
    count = 12
    alias = "alias/service-{n}"
    requests.Decrypt.batch = [{ start = 2026-06-14T01:28:00Z, minutes = 1, rps = 100 }]
    requests.GenerateDataKey.batch = [{ start = 2026-06-14T02:00:00Z, minutes = 1, rps = 9_000 }]

    [[region.key]]
    alias = "alias/signing"
    spec = "RSA_2048"
    usage = "SIGN_VERIFY"
    requests.Sign.constant.rps = 400

    [[region.key]]
    alias = "alias/aws/s3"
    aws_managed = true
    requests.Decrypt.constant.rps = 300
"#;

/// What is read of a Region before it is asked who made a peak, and then who did, with the calls that it took.
async fn read(estate: &str, percent: f64) -> (RegionFacts, u64) {
    let (account, session) = region(estate).await;
    let mut facts = RegionFacts::new(session.region.clone(), RegionState::Scanned);
    let window = UsageWindow::before("2026-06-15T06:00:00Z".parse().unwrap(), 14);
    let read = keys(&account, &session).await;
    facts.keys = read.keys;
    facts.quotas = read_quotas(&session).await.quotas;
    read_usage(&session, &mut facts.quotas, window).await;
    let before = calls(&account, "GetMetricData");
    read_contributors(&session, &mut facts, &read.metrics, percent).await;
    (facts, calls(&account, "GetMetricData") - before)
}

fn of_pool<'f>(facts: &'f RegionFacts, pool: &str) -> &'f Fact<Contributors> {
    let mut quotas = facts.quotas.iter();
    &quotas.find(|quota| quota.pool == pool).unwrap().contributors
}

fn alias<'f>(facts: &'f RegionFacts, contributor: &Contributor) -> &'f str {
    with_arn(&facts.keys, &contributor.key).map_or("not in the list", |key| &key.aliases[0])
}

#[tokio::test]
async fn the_ten_that_asked_for_the_most_in_the_busiest_minute_are_named_and_all_are_counted() {
    let (facts, calls) = read(ESTATE, 70.0).await;
    let contributors = of_pool(&facts, "CryptographicOperationsSymmetric").known().unwrap();
    assert_eq!(calls, 1);
    assert_eq!(contributors.at.to_string(), "2026-06-14T01:28:00Z");
    // A re-encryption, twelve keys and one of AWS; key pairs and signatures have other quotas.
    assert_eq!(contributors.requests, 60.0 * (2_000.0 + 12.0 * 100.0 + 300.0));
    let top = &contributors.top;
    assert_eq!(top.len(), 10);
    assert_eq!(
        (alias(&facts, &top[0]), top[0].operation.as_str()),
        ("alias/moved", "ReEncrypt")
    );
    assert_eq!(
        (top[0].requests, &top[0].destination_key),
        (120_000.0, &Some(top[0].key.clone()))
    );
    assert_eq!((alias(&facts, &top[1]), top[1].requests), ("not in the list", 18_000.0));
    let equal = &top[2..];
    assert!(
        equal
            .iter()
            .all(|one| (one.operation.as_str(), one.requests) == ("Decrypt", 6_000.0)),
        "{equal:?}"
    );
    assert!(equal.is_sorted_by_key(|one| &one.key));
}

#[tokio::test]
async fn below_half_of_a_quota_nobody_is_asked_about_unless_the_threshold_is_lower() {
    let rsa = "CryptographicOperationsRsa";
    let (facts, _) = read(ESTATE, 70.0).await;
    assert_eq!(of_pool(&facts, rsa), &Fact::NotCollected);
    let (facts, calls) = read(ESTATE, 49.9).await;
    let contributors = of_pool(&facts, rsa).known().unwrap();
    assert_eq!(calls, 2);
    assert_eq!((contributors.requests, contributors.top.len()), (24_000.0, 1));
    assert_eq!(alias(&facts, &contributors.top[0]), "alias/signing");

    let quiet = ESTATE.replace("rps = 5_000", "rps = 4_999");
    let (facts, calls) = read(&quiet, 70.0).await;
    assert_eq!(calls, 0);
    assert!(facts.quotas.iter().all(|quota| quota.contributors.is_not_collected()));
}

#[tokio::test]
async fn what_could_not_be_listed_is_not_an_empty_list() {
    let denied =
        format!("{ESTATE}\n[[fault]]\nservice = \"cloudwatch\"\noperation = \"ListMetrics\"\nkind = \"error\"");
    let (facts, calls) = read(&denied, 70.0).await;
    let Fact::Unavailable(Unavailable { operation, code, .. }) =
        of_pool(&facts, "CryptographicOperationsSymmetric")
    else {
        panic!("{:?}", facts.quotas);
    };
    assert_eq!(
        (operation.as_str(), code.as_str(), calls),
        ("cloudwatch:ListMetrics", "AccessDenied", 0)
    );
}

#[tokio::test]
async fn keys_that_nobody_used_made_no_peak() {
    let unused = ESTATE.split("[[region.key]]").next().unwrap();
    let (facts, calls) = read(&format!("{unused}\n[[region.key]]"), 70.0).await;
    let contributors = of_pool(&facts, "CryptographicOperationsSymmetric").known().unwrap();
    assert_eq!((contributors.requests, contributors.top.len(), calls), (0.0, 0, 0));
}
