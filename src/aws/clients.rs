//! The clients of an account in a Region. Each is made when it is needed and let go with what needed it; what they share is
//! the connections, the TLS set-up, the pace and the count of calls.

use std::sync::OnceLock;

use super::call::Caller;
use super::error::CallError;
use super::session::Session;
use super::session_settings::Credentials;
use crate::facts::Region;

/// The clients of one account in one Region.
#[derive(Debug)]
pub struct RegionSession {
    /// The Region.
    pub region: Region,
    pub(super) kms: aws_sdk_kms::Client,
    pub(super) service_quotas: aws_sdk_servicequotas::Client,
    pub(super) cloudwatch: aws_sdk_cloudwatch::Client,
    pub(super) caller: Caller,
    /// The answer of a Region that refuses GetMetricData, which is then not asked again.
    pub(super) metric_data_refusal: OnceLock<CallError>,
}

/// A client of a service that makes no call which the guard does not let pass. Every service has types of its own for the
/// same thing.
macro_rules! client {
    ($sdk:ident, $config:expr, $guard:expr) => {
        $sdk::Client::from_conf($sdk::config::Builder::from($config).interceptor($guard).build())
    };
}

/// A client of a service in a Region, with what paces and counts its calls.
macro_rules! paced_client {
    ($sdk:ident, $session:expr, $region:expr) => {{
        let (caller, guard) = $session.caller($region);
        (caller, client!($sdk, &$session.config_in($region), guard))
    }};
}

impl Session {
    /// Clients for one Region.
    pub fn region(&self, region: &Region) -> RegionSession {
        let (caller, guard) = self.caller(region);
        let config = self.config_in(region);
        RegionSession {
            region: region.clone(),
            kms: client!(aws_sdk_kms, &config, guard.clone()),
            service_quotas: client!(aws_sdk_servicequotas, &config, guard.clone()),
            cloudwatch: client!(aws_sdk_cloudwatch, &config, guard),
            caller,
            metric_data_refusal: OnceLock::new(),
        }
    }

    /// An S3 client for one Region. An endpoint of the user's own is addressed by path: bucket names are rarely
    /// part of its name.
    pub(super) fn s3(&self, region: &Region) -> (Caller, aws_sdk_s3::Client) {
        let (caller, guard) = self.caller(region);
        let config = self.config_in(region);
        let own_s3_endpoint = matches!(self.settings.credentials, Credentials::Resolved { .. })
            && std::env::var_os("AWS_ENDPOINT_URL_S3").is_some();
        let client = aws_sdk_s3::config::Builder::from(&config)
            .force_path_style(config.endpoint_url().is_some() || own_s3_endpoint)
            .interceptor(guard)
            .build();
        (caller, aws_sdk_s3::Client::from_conf(client))
    }

    /// A client of Organizations, which is one for a whole partition: the SDK finds its endpoint from any Region.
    pub(super) fn organizations(&self) -> (Caller, aws_sdk_organizations::Client) {
        paced_client!(aws_sdk_organizations, self, &self.home)
    }

    /// A client of the Account API, which only one Region of a partition serves.
    pub(super) fn account_api(&self, region: &Region) -> (Caller, aws_sdk_account::Client) {
        paced_client!(aws_sdk_account, self, region)
    }

    /// A client of CloudWatch Logs for one Region: few Regions have an alarm that is fed by log events.
    pub(super) fn logs(&self, region: &Region) -> (Caller, aws_sdk_cloudwatchlogs::Client) {
        paced_client!(aws_sdk_cloudwatchlogs, self, region)
    }

    /// A client of AWS Config for one Region, which need not be one of those that are scanned.
    pub(super) fn config_service(&self, region: &Region) -> (Caller, aws_sdk_config::Client) {
        paced_client!(aws_sdk_config, self, region)
    }

    /// A client of the Resource Groups Tagging API for one Region.
    pub(super) fn tagging(&self, region: &Region) -> (Caller, aws_sdk_resourcegroupstagging::Client) {
        paced_client!(aws_sdk_resourcegroupstagging, self, region)
    }

    /// A client of CloudTrail for one Region, which need not be one of those that are scanned.
    pub(super) fn cloudtrail(&self, region: &Region) -> (Caller, aws_sdk_cloudtrail::Client) {
        paced_client!(aws_sdk_cloudtrail, self, region)
    }
}
