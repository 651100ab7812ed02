use super::*;

fn whole_bucket(filter: Option<MetricsFilter>) -> bool {
    let sdk = SdkConfiguration::builder().id("one").set_filter(filter).build();
    configuration(sdk.unwrap()).whole_bucket
}

#[test]
fn a_configuration_covers_the_whole_bucket_if_nothing_is_filtered_out() {
    assert!(whole_bucket(None));
    assert!(whole_bucket(Some(MetricsFilter::Prefix(String::new()))));
    assert!(!whole_bucket(Some(MetricsFilter::Prefix("reports/".into()))));
    assert!(!whole_bucket(Some(MetricsFilter::AccessPointArn("arn:aws:s3".into()))));
}

#[cfg(feature = "sandbox")]
mod in_the_sandbox {
    use super::super::super::buckets::read_buckets;
    use super::super::super::regions::RegionChoice;
    use super::super::super::sandboxed::{calls, region};
    use super::*;
    use crate::progress::Counter;

    const BUCKETS: &str = r#"
        [[bucket]]
        name = "measured"
        region = "eu-west-3"
        encryption = "SSE-KMS"
        [[bucket.request_metrics]]
        filter = "a-part"
        prefix = "reports/"
        get = { constant = { rps = 9 } }
        [[bucket.request_metrics]]
        get = { constant = { rps = 2 } }
        put = { batch = [{ start = 2026-06-14T01:28:00Z, minutes = 2, rps = 5 }] }

        [[bucket]]
        name = "partly"
        region = "eu-west-3"
        encryption = "SSE-KMS"
        [[bucket.request_metrics]]
        filter = "a-part"
        prefix = "reports/"
        get = { constant = { rps = 9 } }

        [[bucket]]
        name = "blind"
        region = "eu-west-3"
        encryption = "SSE-KMS"

        [[bucket]]
        name = "frugal"
        region = "eu-west-3"
        encryption = "SSE-KMS"
        bucket_key = true
        request_metrics = [{ get = { constant = { rps = 1 } } }]

        [[bucket]]
        name = "plain"
        region = "eu-west-3"
        encryption = "SSE-S3"

        [[bucket]]
        name = "twofold"
        region = "eu-west-3"
        encryption = "DSSE-KMS"
    "#;

    /// The buckets in the order of their names, and how often S3 and CloudWatch were asked about their requests.
    async fn read(fault: &str) -> (Vec<Bucket>, [u64; 2]) {
        let (account, session) = region(&format!("{BUCKETS}\n{fault}")).await;
        let mut read = read_buckets(&account, &RegionChoice::Enabled, &Counter::default()).await;
        let mut buckets: Vec<&mut Bucket> = read.buckets.iter_mut().collect();
        let window = UsageWindow::before("2026-06-15T06:00:00Z".parse().unwrap(), 14);
        read_bucket_requests(&session, &mut buckets, window).await;
        let counts =
            ["ListBucketMetricsConfigurations", "GetMetricData"].map(|operation| calls(&account, operation));
        (read.buckets, counts)
    }

    fn named<'b>(buckets: &'b [Bucket], name: &str) -> &'b Bucket {
        buckets.iter().find(|bucket| bucket.name == name).unwrap()
    }

    #[tokio::test]
    async fn only_buckets_that_ask_kms_for_each_object_are_asked_about() {
        let (buckets, calls) = read("").await;
        assert_eq!(calls, [3, 1]);
        for name in ["frugal", "plain", "twofold"] {
            let bucket = named(&buckets, name);
            assert!(bucket.metrics_configurations.is_not_collected(), "{name}");
            assert!(bucket.requests.is_not_collected(), "{name}");
        }
    }

    #[tokio::test]
    async fn the_requests_are_those_of_the_configuration_that_covers_the_whole_bucket() {
        let (buckets, _) = read("").await;
        let measured = named(&buckets, "measured");
        let configurations = measured.metrics_configurations.known().unwrap();
        let ids: Vec<_> = configurations
            .iter()
            .map(|one| (one.id.as_str(), one.whole_bucket))
            .collect();
        assert_eq!(ids, [("EntireBucket", true), ("a-part", false)]);
        let requests = measured.requests.known().unwrap().as_ref().unwrap();
        assert_eq!((requests.get, requests.put), (2.0 * 14.25 * 86_400.0, 600.0));
        assert_eq!(requests.window_start.to_string(), "2026-06-01T00:00:00Z");
        assert_eq!(requests.window_end.to_string(), "2026-06-15T06:00:00Z");
    }

    #[tokio::test]
    async fn without_such_a_configuration_there_are_no_requests_to_know() {
        let (buckets, _) = read("").await;
        for (name, configurations) in [("partly", 1), ("blind", 0)] {
            let bucket = named(&buckets, name);
            assert_eq!(bucket.metrics_configurations.known().unwrap().len(), configurations);
            assert_eq!(bucket.requests, Fact::Known(None), "{name}");
        }
    }

    #[tokio::test]
    async fn what_is_denied_is_unknown_once() {
        let (buckets, calls) =
            read("[[fault]]\nservice = \"s3\"\noperation = \"ListBucketMetricsConfigurations\"\nkind = \"error\"")
                .await;
        assert_eq!(calls, [3, 0]);
        for name in ["measured", "partly", "blind"] {
            let bucket = named(&buckets, name);
            let reason = bucket.metrics_configurations.unavailable().unwrap();
            assert_eq!(reason.operation, "s3:ListBucketMetricsConfigurations");
            assert!(bucket.requests.is_not_collected() && bucket.encryption.known().is_some());
        }
        let (buckets, calls) = read("[[fault]]\nservice = \"cloudwatch\"\nkind = \"error\"").await;
        assert_eq!(calls, [3, 1]);
        let reason = named(&buckets, "measured").requests.unavailable().unwrap();
        assert_eq!(reason.operation, "cloudwatch:GetMetricData");
        assert_eq!(named(&buckets, "blind").requests, Fact::Known(None));
    }
}
