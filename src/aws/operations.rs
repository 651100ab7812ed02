//! The operation table: every API operation the program may call. What is not in it is refused before it is sent,
//! and the IAM policy of the documentation is printed from it.

/// An API operation the program may call.
#[derive(Debug, PartialEq)]
pub struct Operation {
    /// The SDK's name of the service, which the read-only guard sees.
    pub sdk_service: &'static str,
    /// The service, by the prefix of its IAM actions.
    pub service: &'static str,
    /// The operation.
    pub name: &'static str,
    /// The IAM action it needs; `None` where AWS asks for no permission.
    pub iam_action: Option<&'static str>,
    /// The published request quota of the operation, per second, account and Region; for those AWS publishes no
    /// figure for, a figure of ours that is known to be safe.
    pub requests_per_second: f64,
    /// Why the program calls it.
    pub purpose: &'static str,
}

impl Operation {
    /// The operation as reports write it: `kms:DescribeKey`.
    pub fn id(&self) -> String {
        format!("{}:{}", self.service, self.name)
    }

    /// Whether it is called with the caller's own credentials alone, to find and enter other accounts or to read what an
    /// aggregator knows of them: the role in each account needs no permission for it.
    pub fn is_for_entering_accounts(&self) -> bool {
        ["config", "organizations"].contains(&self.service) || self.name == STS_ASSUME_ROLE.name
    }
}

/// What we allow ourselves, before the share is taken, where AWS publishes no request quota.
const UNPUBLISHED: f64 = 100.0;

/// The same for AWS Organizations, which is one for a whole partition and slower than others.
const UNPUBLISHED_ORGANIZATIONS: f64 = 10.0;

/// The same for AWS Config and the Resource Groups Tagging API, which answer for many resources at once and throttle
/// earlier than the services they collect from.
const UNPUBLISHED_AGGREGATE: f64 = 10.0;

/// Declares the table, a constant for each row.
macro_rules! operations {
    ($($constant:ident: $sdk:literal $service:literal $name:literal $action:expr, $rate:expr, $purpose:literal;)+) => {
        $(pub(super) const $constant: &Operation = &Operation {
            sdk_service: $sdk,
            service: $service,
            name: $name,
            iam_action: $action,
            requests_per_second: $rate,
            purpose: $purpose,
        };)+
        /// The operation table, in the order of services and operations.
        pub const OPERATIONS: &[&Operation] = &[$($constant,)+];
    };
}

// Sources of the rates:
// account         https://docs.aws.amazon.com/accounts/latest/reference/quotas.html
// cloudwatch      https://docs.aws.amazon.com/general/latest/gr/cw_region.html. GetMetricData is limited by
//                 datapoints: 396,000 a second for windows older than three hours, and we ask for up to 100,800 in
//                 a request, so the rate is their quotient rather than the 500 requests a second of the same page. A
//                 request for fewer datapoints counts as a part of one (metric_data.rs).
// cloudtrail      https://docs.aws.amazon.com/general/latest/gr/ct.html. Of GetEventSelectors it says 10, and Service
//                 Quotas has been seen to say 1: the lower counts.
// logs            https://docs.aws.amazon.com/general/latest/gr/cwl_region.html
// kms             https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html
// servicequotas   https://docs.aws.amazon.com/servicequotas/latest/userguide/reference_limits.html
// config, organizations, s3, sts, tag    none published for these operations, as far as could be confirmed
operations! {
    ACCOUNT_LIST_REGIONS: "Account" "account" "ListRegions" Some("account:ListRegions"), 5.0,
        "Which Regions are enabled";
    CLOUDTRAIL_DESCRIBE_TRAILS: "CloudTrail" "cloudtrail" "DescribeTrails" Some("cloudtrail:DescribeTrails"), 10.0,
        "Which trails record the events of a Region, where something there depends on it";
    CLOUDTRAIL_GET_EVENT_SELECTORS: "CloudTrail" "cloudtrail" "GetEventSelectors"
        Some("cloudtrail:GetEventSelectors"), 1.0,
        "Whether these trails record what is asked of KMS";
    CLOUDTRAIL_GET_TRAIL_STATUS: "CloudTrail" "cloudtrail" "GetTrailStatus" Some("cloudtrail:GetTrailStatus"), 10.0,
        "Whether these trails record at all";
    CLOUDWATCH_DESCRIBE_ALARMS: "CloudWatch" "cloudwatch" "DescribeAlarms" Some("cloudwatch:DescribeAlarms"), 9.0,
        "The alarms that could concern KMS";
    CLOUDWATCH_GET_METRIC_DATA: "CloudWatch" "cloudwatch" "GetMetricData" Some("cloudwatch:GetMetricData"),
        396_000.0 / 100_800.0, "The request counts of each quota, of keys near a peak, and of the keys, stores and buckets in question";
    CLOUDWATCH_LIST_METRICS: "CloudWatch" "cloudwatch" "ListMetrics" Some("cloudwatch:ListMetrics"), 25.0,
        "Which usage metrics have data, so that only those are fetched, and which keys were in use lately";
    CONFIG_DESCRIBE_SOURCES_STATUS: "Config Service" "config" "DescribeConfigurationAggregatorSourcesStatus"
        Some("config:DescribeConfigurationAggregatorSourcesStatus"), UNPUBLISHED_AGGREGATE,
        "Which accounts and Regions the aggregator has no recent data of (`--source config-aggregator`)";
    CONFIG_DESCRIBE_AGGREGATORS: "Config Service" "config" "DescribeConfigurationAggregators"
        Some("config:DescribeConfigurationAggregators"), UNPUBLISHED_AGGREGATE,
        "Which aggregator there is (`--source config-aggregator`)";
    CONFIG_SELECT_AGGREGATE_RESOURCE_CONFIG: "Config Service" "config" "SelectAggregateResourceConfig"
        Some("config:SelectAggregateResourceConfig"), UNPUBLISHED_AGGREGATE,
        "The keys, aliases, buckets and recorders of all accounts, a hundred at once (`--source config-aggregator`)";
    KMS_DESCRIBE_CUSTOM_KEY_STORES: "KMS" "kms" "DescribeCustomKeyStores" Some("kms:DescribeCustomKeyStores"), 5.0,
        "The custom key stores that keys lie in";
    KMS_DESCRIBE_KEY: "KMS" "kms" "DescribeKey" Some("kms:DescribeKey"), 2_000.0,
        "State, spec, usage, origin and multi-Region role of each customer managed key";
    KMS_GET_KEY_LAST_USAGE: "KMS" "kms" "GetKeyLastUsage" Some("kms:GetKeyLastUsage"), 5.0,
        "When customer managed keys were last used, within the time that is allowed for it";
    KMS_GET_KEY_POLICY: "KMS" "kms" "GetKeyPolicy" Some("kms:GetKeyPolicy"), 1_000.0,
        "The key policy of keys that claim one, and of keys that SSE-KMS buckets use";
    KMS_GET_KEY_ROTATION_STATUS: "KMS" "kms" "GetKeyRotationStatus" Some("kms:GetKeyRotationStatus"), 1_000.0,
        "Whether keys that claim rotation rotate by themselves";
    KMS_LIST_ALIASES: "KMS" "kms" "ListAliases" Some("kms:ListAliases"), 500.0,
        "Aliases, and which keys are AWS managed";
    KMS_LIST_GRANTS: "KMS" "kms" "ListGrants" Some("kms:ListGrants"), 100.0,
        "The grants of keys that claim one, and of keys that SSE-KMS buckets use";
    KMS_LIST_KEY_POLICIES: "KMS" "kms" "ListKeyPolicies" Some("kms:ListKeyPolicies"), 100.0,
        "Whether a key that an SSE-KMS bucket uses is shared by AWS RAM";
    KMS_LIST_KEY_ROTATIONS: "KMS" "kms" "ListKeyRotations" Some("kms:ListKeyRotations"), 100.0,
        "Whether keys that claim rotation were rotated on demand, where they do not rotate by themselves";
    KMS_LIST_KEYS: "KMS" "kms" "ListKeys" Some("kms:ListKeys"), 500.0,
        "Every key of a Region";
    KMS_LIST_RESOURCE_TAGS: "KMS" "kms" "ListResourceTags" Some("kms:ListResourceTags"), 2_000.0,
        "The tags that justify each customer managed key";
    LOGS_DESCRIBE_METRIC_FILTERS: "CloudWatch Logs" "logs" "DescribeMetricFilters"
        Some("logs:DescribeMetricFilters"), 5.0,
        "Which log events feed the alarms on metrics that are not those of AWS";
    ORGANIZATIONS_LIST_ACCOUNTS: "Organizations" "organizations" "ListAccounts"
        Some("organizations:ListAccounts"), UNPUBLISHED_ORGANIZATIONS,
        "The accounts of the organization and their state (`--organization`)";
    ORGANIZATIONS_LIST_ACCOUNTS_FOR_PARENT: "Organizations" "organizations" "ListAccountsForParent"
        Some("organizations:ListAccountsForParent"), UNPUBLISHED_ORGANIZATIONS,
        "The accounts of a unit and their state (`--organizational-unit`)";
    ORGANIZATIONS_LIST_UNITS_FOR_PARENT: "Organizations" "organizations" "ListOrganizationalUnitsForParent"
        Some("organizations:ListOrganizationalUnitsForParent"), UNPUBLISHED_ORGANIZATIONS,
        "The units within a unit (`--organizational-unit`)";
    S3_GET_BUCKET_ENCRYPTION: "S3" "s3" "GetBucketEncryption" Some("s3:GetEncryptionConfiguration"), UNPUBLISHED,
        "The default encryption of each bucket, and its Bucket Key";
    S3_LIST_BUCKET_METRICS_CONFIGURATIONS: "S3" "s3" "ListBucketMetricsConfigurations"
        Some("s3:GetMetricsConfiguration"), UNPUBLISHED,
        "Whether the requests of a bucket without a Bucket Key are measured";
    S3_LIST_BUCKETS: "S3" "s3" "ListBuckets" Some("s3:ListAllMyBuckets"), UNPUBLISHED,
        "Every general purpose bucket and its Region";
    SERVICEQUOTAS_LIST_AWS_DEFAULT_SERVICE_QUOTAS: "Service Quotas" "servicequotas" "ListAWSDefaultServiceQuotas"
        Some("servicequotas:ListAWSDefaultServiceQuotas"), 10.0,
        "The AWS defaults, for quotas without an applied value";
    SERVICEQUOTAS_LIST_SERVICE_QUOTAS: "Service Quotas" "servicequotas" "ListServiceQuotas"
        Some("servicequotas:ListServiceQuotas"), 10.0,
        "The quota values applied to the account, and their usage metrics";
    STS_ASSUME_ROLE: "STS" "sts" "AssumeRole" Some("sts:AssumeRole"), UNPUBLISHED,
        "Credentials of the role in each account but the caller's own";
    STS_GET_CALLER_IDENTITY: "STS" "sts" "GetCallerIdentity" None, UNPUBLISHED,
        "Which account this is, and in which partition";
    TAG_GET_RESOURCES: "Resource Groups Tagging API" "tag" "GetResources" Some("tag:GetResources"),
        UNPUBLISHED_AGGREGATE,
        "The tags of a hundred keys at once (`--tags-from resource-groups`)";
}

/// The operations that are called in an account where only its request quotas are looked at.
pub const QUOTA_OPERATIONS: &[&Operation] = &[
    ACCOUNT_LIST_REGIONS,
    CLOUDWATCH_GET_METRIC_DATA,
    CLOUDWATCH_LIST_METRICS,
    SERVICEQUOTAS_LIST_AWS_DEFAULT_SERVICE_QUOTAS,
    SERVICEQUOTAS_LIST_SERVICE_QUOTAS,
    STS_GET_CALLER_IDENTITY,
];

/// The position of an operation in the table, by the SDK's names.
pub(super) fn position(sdk_service: &str, name: &str) -> Option<usize> {
    OPERATIONS
        .iter()
        .position(|operation| operation.name == name && operation.sdk_service == sdk_service)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_names_no_operation_twice() {
        let ids: Vec<_> = OPERATIONS.iter().map(|operation| operation.id()).collect();
        assert!(
            ids.is_sorted() && ids.windows(2).all(|pair| pair[0] != pair[1]),
            "{ids:?}"
        );
    }

    #[test]
    fn every_operation_only_reads() {
        // AssumeRole changes nothing: it hands out credentials, of which each request is guarded again.
        for operation in OPERATIONS.iter().filter(|operation| **operation != STS_ASSUME_ROLE) {
            let verb = ["Get", "List", "Describe", "Select"];
            assert!(
                verb.iter().any(|verb| operation.name.starts_with(verb)),
                "{}",
                operation.id()
            );
        }
    }
}
