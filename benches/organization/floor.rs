//! The floor: the calls of a scan made by the SDK alone, on one thread, over the same loopback connection. Nothing is kept
//! of the answers.

use std::cell::Cell;
use std::future::Future;

use aws_config::SdkConfig;
use aws_sdk_cloudwatch::operation::list_metrics::ListMetricsOutput;
use aws_sdk_cloudwatch::types::{AlarmType, DimensionFilter, Metric, MetricDataQuery, MetricStat};
use aws_sdk_kms::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use aws_sdk_kms::config::{IdentityCache, StalledStreamProtectionConfig};
use aws_smithy_types::DateTime;
use futures_util::{StreamExt, stream};

/// How many requests are in flight, as the scanner has of the keys of a Region.
const AT_ONCE: usize = 64;
/// The most metrics of two weeks by the minute that one request may ask for.
const QUERIES: usize = 5;
const FOUR_WEEKS: i64 = 28 * 24 * 60 * 60;

/// What the scan did, of which the floor makes as much.
#[derive(Debug)]
pub struct Mix {
    /// How many accounts to look at.
    pub accounts: usize,
    /// The moment that the estate stands at.
    pub as_of: i64,
    /// Of this part of the keys their rotations are asked for.
    pub rotations: f64,
}

/// Makes the calls, and says how many.
pub fn make_calls(url: &str, mix: &Mix) -> u64 {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let floor = Floor {
        mix,
        calls: Cell::new(0),
    };
    runtime.block_on(floor.organization(url));
    floor.calls.get()
}

struct Floor<'m> {
    mix: &'m Mix,
    calls: Cell<u64>,
}

impl Floor<'_> {
    /// Counts a call and its answer.
    async fn ask<T, E: std::fmt::Debug>(&self, request: impl Future<Output = Result<T, E>>) -> T {
        self.calls.set(self.calls.get() + 1);
        request.await.unwrap()
    }

    async fn organization(&self, url: &str) {
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .endpoint_url(url)
            .credentials_provider(provider("BENCH", "bench", None))
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .sleep_impl(aws_smithy_async::rt::sleep::TokioSleep::new())
            .http_client(kms_audit::aws::direct_http_client().unwrap())
            .build();
        let organizations = aws_sdk_organizations::Client::new(&config);
        let listed = self.ask(organizations.list_accounts().send()).await;
        let sts = aws_sdk_sts::Client::new(&config);
        let members = listed.accounts.unwrap();
        // The first is the management account, which has no role to enter.
        for account in members.iter().skip(1).take(self.mix.accounts) {
            let role = format!("arn:aws:iam::{}:role/KmsAuditReadOnly", account.id().unwrap());
            let request = sts.assume_role().role_arn(role).role_session_name("floor").send();
            let entered = self.ask(request).await.credentials.unwrap();
            let provider = provider(
                entered.access_key_id(),
                entered.secret_access_key(),
                Some(entered.session_token().to_owned()),
            );
            let builder = config.to_builder().credentials_provider(provider);
            self.account(builder.identity_cache(IdentityCache::no_cache()).build())
                .await;
        }
    }

    async fn account(&self, config: SdkConfig) {
        let s3 = aws_sdk_s3::Client::from_conf(
            aws_sdk_s3::config::Builder::from(&config)
                .force_path_style(true)
                .build(),
        );
        self.ask(s3.list_buckets().send()).await;
        let account = aws_sdk_account::Client::new(&config);
        let regions = self.ask(account.list_regions().max_results(50).send()).await.regions;
        for region in regions.unwrap().into_iter().filter_map(|region| region.region_name) {
            let config = config.to_builder().region(Region::new(region)).build();
            let kms = aws_sdk_kms::Client::new(&config);
            let cloudwatch = aws_sdk_cloudwatch::Client::new(&config);
            let trails = aws_sdk_cloudtrail::Client::new(&config);
            let quotas = aws_sdk_servicequotas::Client::new(&config);
            self.quotas(&quotas).await;
            self.usage(&cloudwatch).await;
            let types = [AlarmType::MetricAlarm, AlarmType::CompositeAlarm];
            let alarms = cloudwatch.describe_alarms().set_alarm_types(Some(types.into()));
            self.ask(alarms.max_records(100).send()).await;
            self.ask(trails.describe_trails().include_shadow_trails(true).send())
                .await;
            self.keys(&kms).await;
        }
    }

    async fn quotas(&self, quotas: &aws_sdk_servicequotas::Client) {
        let applied = quotas.list_service_quotas().service_code("kms").max_results(100);
        assert!(self.ask(applied.send()).await.quotas.is_some());
        let default = quotas
            .list_aws_default_service_quotas()
            .service_code("kms")
            .max_results(100);
        assert!(self.ask(default.send()).await.quotas.is_some());
    }

    /// The usage of the quotas by the minute, and which keys were used.
    async fn usage(&self, cloudwatch: &aws_sdk_cloudwatch::Client) {
        let of_kms = DimensionFilter::builder().name("Service").value("KMS").build();
        let list = cloudwatch.list_metrics().namespace("AWS/Usage").dimensions(of_kms);
        let listed: ListMetricsOutput = self.ask(list.send()).await;
        let metrics: Vec<Metric> = listed.metrics.unwrap().into_iter().take(QUERIES).collect();
        let queries = metrics.into_iter().enumerate().map(|(n, metric)| {
            let stat = MetricStat::builder().metric(metric).period(60).stat("Sum").build();
            MetricDataQuery::builder().id(format!("m{n}")).metric_stat(stat).build()
        });
        let data = cloudwatch
            .get_metric_data()
            .set_metric_data_queries(Some(queries.collect()))
            .start_time(DateTime::from_secs(self.mix.as_of - FOUR_WEEKS / 2))
            .end_time(DateTime::from_secs(self.mix.as_of));
        self.ask(data.send()).await;
        let used = cloudwatch.list_metrics().namespace("AWS/KMS");
        self.ask(used.metric_name("SuccessfulRequest").send()).await;
    }

    async fn keys(&self, kms: &aws_sdk_kms::Client) {
        self.ask(kms.list_aliases().limit(100).send()).await;
        let keys = self.ask(kms.list_keys().limit(1_000).send()).await.keys.unwrap();
        let keys: Vec<String> = keys.into_iter().map(|key| key.key_arn.unwrap()).collect();
        let rotations = (keys.len() as f64 * self.mix.rotations).round() as usize;
        stream::iter(keys.iter().enumerate())
            .map(|(n, key)| async move {
                self.ask(kms.describe_key().key_id(key).send()).await;
                self.ask(kms.list_resource_tags().key_id(key).limit(50).send()).await;
                if n < rotations {
                    self.ask(kms.get_key_rotation_status().key_id(key).send()).await;
                    self.ask(kms.list_key_rotations().key_id(key).limit(1_000).send()).await;
                }
            })
            .for_each_concurrent(AT_ONCE, |answer| answer)
            .await;
    }
}

fn provider(id: &str, secret: &str, token: Option<String>) -> SharedCredentialsProvider {
    SharedCredentialsProvider::new(Credentials::new(id, secret, token, None, "bench"))
}
