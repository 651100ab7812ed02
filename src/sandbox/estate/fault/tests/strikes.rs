//! A fault that would never strike is refused; one that would strike anything is taken.

use crate::sandbox::Sandbox;
use crate::sandbox::testing;

/// A management account without keys and two members with thousands, in Regions of which one is not enabled. The
/// fault begins in line 24.
const HEAD: &str = r#"as_of = 2026-06-15T06:00:00Z
account = { id = "111122223333" }
[organization]
[[region]]
name = "eu-west-3"
[[bucket]]
name = "papers"
region = "eu-west-3"
encryption = "SSE-S3"
[[member]]
id = "20000000000{n}"
count = 2
region = [
    { name = "eu-west-3", key = [{ count = 4_000, alias = "alias/tenant-{n}" }] },
    { name = "eu-central-1", key = [{ count = 1_000, alias = ["alias/old-{n:06}", "alias/old/{n}"] }, {}] },
    { name = "ap-east-1", enabled = false, key = [{ alias = "alias/asleep" }] },
]
[[member.bucket]]
name = "data-{account}-{n}"
count = 3
region = "eu-west-3"
encryption = "SSE-S3"
[[fault]]
"#;

fn read(fault: &str) -> Result<Sandbox, String> {
    Sandbox::from_toml("estate.toml", &format!("{HEAD}{fault}")).map_err(|error| error.to_string())
}

#[test]
fn a_fault_that_would_never_strike_is_refused() {
    for (fault, place, what) in [
        // Lists that are none.
        (
            "kind = \"endless-marker\"\nservice = \"kms\"\noperation = \"DescribeKey\"",
            "line 26, column 13",
            "kms:DescribeKey has no pages, and so no kind = \"endless-marker\"; use `ListKeys`",
        ),
        (
            "kind = \"missing-marker\"\nservice = \"kms\"\noperation = \"GetKeyPolicy\"",
            "line 26, column 13",
            "has no pages",
        ),
        (
            "kind = \"empty-page-truncated\"\nservice = \"s3\"\noperation = \"GetBucketEncryption\"",
            "line 26, column 13",
            "use `ListBucketMetricsConfigurations` or `ListBuckets`",
        ),
        (
            "kind = \"empty-page-truncated\"\nservice = \"organizations\"\noperation = \"DescribeOrganization\"",
            "line 26, column 13",
            "has no pages",
        ),
        (
            "kind = \"endless-marker\"\nservice = \"sts\"",
            "line 24, column 8",
            "no operation of sts has pages",
        ),
        (
            "kind = \"endless-marker\"\nservice = \"cloudtrail\"\noperation = \"DescribeTrails\"",
            "line 26, column 13",
            "cloudtrail:DescribeTrails has no pages, and so no kind = \"endless-marker\"",
        ),
        // Keys and buckets of calls that are about none.
        (
            "kind = \"error\"\nservice = \"kms\"\noperation = \"ListKeys\"\nkey = \"alias/tenant-1\"",
            "line 27, column 7",
            "kms:ListKeys is about no single key",
        ),
        (
            "kind = \"error\"\nservice = \"s3\"\noperation = \"ListBuckets\"\nbucket = \"papers\"",
            "line 27, column 10",
            "s3:ListBuckets is about no single bucket",
        ),
        (
            "kind = \"error\"\nkey = \"alias/tenant-1\"\nbucket = \"papers\"",
            "line 26, column 10",
            "two faults",
        ),
        // Keys that are not there, or not where the fault strikes.
        (
            "kind = \"error\"\nkey = \"alias/tenant-4001\"",
            "line 25, column 7",
            "called `alias/tenant-4001`",
        ),
        (
            "kind = \"error\"\nkey = \"alias/tenant-x*\"",
            "line 25, column 7",
            "called",
        ),
        (
            "kind = \"error\"\nkey = \"alias/old-001*\"\nregion = \"eu-west-3\"",
            "line 25",
            "called",
        ),
        (
            "kind = \"error\"\nkey = \"alias/asleep\"",
            "line 25, column 7",
            "called",
        ),
        (
            "kind = \"error\"\nkey = \"alias/tenant-1\"\naccount = \"1111*\"",
            "line 25",
            "called",
        ),
        (
            "kind = \"error\"\nkey = \"arn:aws:kms:us-east-1:*\"",
            "line 25",
            "called",
        ),
        (
            "kind = \"error\"\nkey = \"00000000-0000-4000-8000-000000000000\"",
            "line 25",
            "called",
        ),
        // Buckets that are not there.
        (
            "kind = \"error\"\nbucket = \"paper\"",
            "line 25, column 10",
            "called `paper`",
        ),
        (
            "kind = \"error\"\nbucket = \"data-1111*\"",
            "line 25, column 10",
            "called",
        ),
        (
            "kind = \"error\"\nbucket = \"data-200000000003-1\"",
            "line 25",
            "called",
        ),
        // Regions that refuse everything as it is.
        (
            "kind = \"error\"\nservice = \"kms\"\nregion = \"ap-east-1\"",
            "line 26, column 10",
            "no account that this fault strikes has `ap-east-1` enabled",
        ),
        (
            "kind = \"error\"\nservice = \"logs\"\nregion = \"eu-central-1\"\naccount = \"1111*\"",
            "line 26, column 10",
            "no account that this fault strikes has `eu-central-1` enabled",
        ),
        (
            "kind = \"denied-by-scp\"\nservice = \"kms\"\naccount = \"1111*\"\nregion = \"eu-west-3\"",
            "line 26, column 11",
            "never apply to the management account",
        ),
    ] {
        let message = read(fault).expect_err(fault);
        assert!(
            message.starts_with(&format!("estate.toml, {place}")),
            "{fault}\n{message}"
        );
        assert!(message.contains(what), "{fault}\n{message}");
    }
}

#[test]
fn a_fault_that_strikes_something_is_taken() {
    for fault in [
        "kind = \"error\"\nkey = \"alias/tenant-4000\"",
        "kind = \"error\"\nkey = \"alias/tenant-39*9\"",
        "kind = \"error\"\nkey = \"alias/old/*\"\nregion = \"eu-central-1\"",
        "kind = \"error\"\nkey = \"*\"\naccount = \"*2\"",
        "kind = \"denied-by-scp\"\nkey = \"arn:aws:kms:eu-central-1:200000000002:key/*\"",
        "kind = \"error\"\nkey = \"arn:*:200000000001:*\"",
        "kind = \"endless-marker\"\nservice = \"kms\"\nkey = \"alias/tenant-1\"",
        "kind = \"endless-marker\"\nservice = \"kms\"\noperation = \"ListGrants\"\nkey = \"alias/tenant-1\"",
        "kind = \"error\"\nbucket = \"p*\"",
        "kind = \"error\"\nbucket = \"data-200000000002-3\"\naccount = \"1111*\"",
        "kind = \"endless-marker\"\nbucket = \"papers\"",
        "kind = \"error\"\nservice = \"s3\"\nregion = \"ap-east-1\"",
        "kind = \"error\"\nregion = \"ap-east-1\"",
    ] {
        assert!(read(fault).is_ok(), "{fault}\n{}", read(fault).unwrap_err());
    }
}

#[tokio::test]
async fn a_key_can_be_named_by_its_id() {
    let sandbox = read("kind = \"delay\"\nms = 0").unwrap();
    let config = testing::config_in(&sandbox, "eu-central-1", "200000000002");
    let kms = aws_sdk_kms::Client::new(&config);
    let id = testing::key_id(&kms, "alias/old/1000").await;
    for glob in [id.as_str(), &format!("{}*", &id[..30]), &format!("*{}", &id[9..])] {
        assert!(read(&format!("kind = \"error\"\nkey = \"{glob}\"")).is_ok(), "{glob}");
        let elsewhere = format!("kind = \"error\"\nkey = \"{glob}\"\nregion = \"eu-west-3\"");
        assert!(
            read(&elsewhere)
                .unwrap_err()
                .contains("no key that this fault could strike"),
            "{glob}"
        );
    }
}
