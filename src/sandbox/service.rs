//! The services, and what each of them says no with.

use schemars::JsonSchema;
use serde::Deserialize;
use std::borrow::Cow;
use std::fmt::Write as _;

pub(super) const AWS_JSON: &str = "application/x-amz-json-1.1";
pub(super) const REST_JSON: &str = "application/json";
pub(super) const REST_XML: &str = "application/xml";
pub(super) const QUERY_XML: &str = "text/xml";

/// A service of this AWS, under the name an estate file gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Service {
    Kms,
    #[serde(rename = "servicequotas")]
    Quotas,
    CloudWatch,
    S3,
    Sts,
    Account,
    Organizations,
    Logs,
    CloudTrail,
    Config,
    #[serde(rename = "tag")]
    Tagging,
}

/// A service's refusal, before it takes the shape of that service's protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub status: u16,
    pub code: Cow<'static, str>,
    pub message: String,
    /// What S3 says beside the message, as elements with their texts.
    pub details: Vec<(&'static str, String)>,
}

impl Refusal {
    /// A refusal with the status 400, as most are.
    pub fn new(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Refusal {
        Refusal {
            status: 400,
            code: code.into(),
            message: message.into(),
            details: Vec::new(),
        }
    }

    pub fn with_status(self, status: u16) -> Refusal {
        Refusal { status, ..self }
    }

    /// A number outside the bounds that the service's model gives it.
    pub fn out_of_bounds(value: i64, member: &str, bound: &str) -> Refusal {
        Refusal::new(
            "ValidationException",
            format!(
                "1 validation error detected: Value '{value}' at '{member}' failed to satisfy \
                 constraint: Member must have value {bound}"
            ),
        )
    }
}

/// The page size a caller asked for, when the service's model allows it.
pub(super) fn page_size(given: Option<i64>, member: &str, default: usize, most: usize) -> Result<usize, Refusal> {
    let Some(given) = given else {
        return Ok(default);
    };
    match usize::try_from(given) {
        Ok(size @ 1..) if size <= most => Ok(size),
        Ok(1..) => Err(Refusal::out_of_bounds(
            given,
            member,
            &format!("less than or equal to {most}"),
        )),
        _ => Err(Refusal::out_of_bounds(given, member, "greater than or equal to 1")),
    }
}

impl Service {
    /// The service behind a signing name.
    pub fn from_signing_name(name: &str) -> Option<Service> {
        Some(match name {
            "kms" => Service::Kms,
            "servicequotas" => Service::Quotas,
            "monitoring" => Service::CloudWatch,
            "s3" => Service::S3,
            "sts" => Service::Sts,
            "account" => Service::Account,
            "organizations" => Service::Organizations,
            "logs" => Service::Logs,
            "cloudtrail" => Service::CloudTrail,
            "config" => Service::Config,
            "tagging" => Service::Tagging,
            _ => return None,
        })
    }

    /// The prefix of this service's IAM actions, which is also its name in an estate file.
    pub fn action_prefix(self) -> &'static str {
        match self {
            Service::Kms => "kms",
            Service::Quotas => "servicequotas",
            Service::CloudWatch => "cloudwatch",
            Service::S3 => "s3",
            Service::Sts => "sts",
            Service::Account => "account",
            Service::Organizations => "organizations",
            Service::Logs => "logs",
            Service::CloudTrail => "cloudtrail",
            Service::Config => "config",
            Service::Tagging => "tag",
        }
    }

    /// The operations that this AWS answers.
    pub fn operations(self) -> &'static [&'static str] {
        match self {
            Service::Kms => &[
                "ListKeys",
                "ListAliases",
                "DescribeKey",
                "ListResourceTags",
                "GetKeyPolicy",
                "ListKeyPolicies",
                "GetKeyRotationStatus",
                "ListKeyRotations",
                "ListGrants",
                "GetKeyLastUsage",
                "DescribeCustomKeyStores",
            ],
            Service::Quotas => &[
                "GetAWSDefaultServiceQuota",
                "GetServiceQuota",
                "ListAWSDefaultServiceQuotas",
                "ListServiceQuotas",
            ],
            Service::CloudWatch => &["DescribeAlarms", "GetMetricData", "ListMetrics"],
            Service::S3 => &[
                "GetBucketEncryption",
                "GetBucketTagging",
                "ListBucketMetricsConfigurations",
                "ListBuckets",
            ],
            Service::Sts => &["AssumeRole", "GetCallerIdentity"],
            Service::Account => &["ListRegions"],
            Service::Organizations => &[
                "DescribeOrganization",
                "ListAccounts",
                "ListAccountsForParent",
                "ListOrganizationalUnitsForParent",
                "ListRoots",
            ],
            Service::Logs => &["DescribeMetricFilters"],
            Service::CloudTrail => &["DescribeTrails", "GetTrailStatus", "GetEventSelectors"],
            Service::Config => &[
                "DescribeConfigurationAggregators",
                "DescribeConfigurationAggregatorSourcesStatus",
                "SelectAggregateResourceConfig",
            ],
            Service::Tagging => &["GetResources"],
        }
    }

    /// Whether an operation answers in pages.
    pub fn has_pages(self, operation: &str) -> bool {
        match self {
            Service::Kms => operation.starts_with("List") || operation == "DescribeCustomKeyStores",
            Service::Quotas | Service::Account | Service::Organizations => operation.starts_with("List"),
            Service::S3 => ["ListBuckets", "ListBucketMetricsConfigurations"].contains(&operation),
            Service::CloudWatch | Service::Logs | Service::Tagging | Service::Config => true,
            Service::Sts | Service::CloudTrail => false,
        }
    }

    /// Whether a call of an operation is about one key, or one bucket.
    pub fn is_about_one_resource(self, operation: &str) -> bool {
        match self {
            Service::Kms => !["ListKeys", "DescribeCustomKeyStores"].contains(&operation),
            Service::S3 => operation != "ListBuckets",
            _ => false,
        }
    }

    /// Whether one endpoint serves all Regions, those included that an account has not enabled.
    pub fn is_global(self) -> bool {
        matches!(self, Service::S3 | Service::Account | Service::Organizations)
    }

    /// The IAM action that an operation needs: S3 has other names for it.
    pub fn action(self, operation: &str) -> String {
        let action = match operation {
            "ListBuckets" => "ListAllMyBuckets",
            "GetBucketEncryption" => "GetEncryptionConfiguration",
            "ListBucketMetricsConfigurations" => "GetMetricsConfiguration",
            same => same,
        };
        format!("{}:{action}", self.action_prefix())
    }

    /// The code with which this service denies access.
    pub fn denial_code(self) -> &'static str {
        match self {
            Service::Kms
            | Service::Quotas
            | Service::Account
            | Service::Organizations
            | Service::Logs
            | Service::CloudTrail
            | Service::Config
            | Service::Tagging => "AccessDeniedException",
            Service::CloudWatch | Service::S3 | Service::Sts => "AccessDenied",
        }
    }

    /// The HTTP status that this service gives an error code, when nothing more is known of it.
    pub fn usual_status(self, code: &str) -> u16 {
        match code {
            "SlowDown" | "ServiceUnavailable" | "ServiceUnavailableException" => 503,
            "InternalError"
            | "InternalFailure"
            | "InternalServiceError"
            | "InternalServiceFault"
            | "InternalServiceException"
            | "ServiceException"
            | "KMSInternalException"
            | "InternalServerException" => 500,
            "TooManyRequestsException" if self == Service::Account => 429,
            _ if code == self.denial_code() => match self {
                Service::Kms
                | Service::Quotas
                | Service::Organizations
                | Service::Logs
                | Service::CloudTrail
                | Service::Config
                | Service::Tagging => 400,
                Service::CloudWatch | Service::S3 | Service::Sts | Service::Account => 403,
            },
            "ExpiredToken" | "InvalidClientTokenId" => 403,
            _ => 400,
        }
    }

    /// What this service answers to credentials that it does not know; in a Region that an account has not
    /// enabled, it does not know that account's.
    pub fn unknown_token(self) -> Refusal {
        let message = "The security token included in the request is invalid.";
        match self {
            Service::Sts => Refusal::new("InvalidClientTokenId", message).with_status(403),
            _ => Refusal::new("UnrecognizedClientException", message),
        }
    }

    /// What this service answers to the credentials of a session that is over.
    pub fn expired_token(self) -> Refusal {
        match self {
            Service::S3 => Refusal::new("ExpiredToken", "The provided token has expired."),
            Service::Sts => {
                let message = "The security token included in the request is expired";
                Refusal::new("ExpiredToken", message).with_status(403)
            }
            _ => Refusal::new(
                "ExpiredTokenException",
                "The security token included in the request is expired",
            ),
        }
    }

    /// What this service answers to an operation it does not have.
    pub fn unknown_operation(self, operation: &str) -> Refusal {
        match self {
            Service::Kms
            | Service::Quotas
            | Service::Account
            | Service::Organizations
            | Service::Logs
            | Service::CloudTrail
            | Service::Config
            | Service::Tagging => Refusal::new("UnknownOperationException", ""),
            Service::CloudWatch => Refusal::new(
                "UnknownOperationException",
                format!("The operation {operation} is not known"),
            )
            .with_status(404),
            Service::S3 => Refusal::new(
                "NotImplemented",
                "A header you provided implies functionality that is not implemented.",
            )
            .with_status(501),
            Service::Sts => Refusal::new(
                "InvalidAction",
                format!("Could not find operation {operation} for version 2011-06-15"),
            ),
        }
    }
}

pub(super) const XML_DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// `<name>text</name>`, with the text escaped.
pub(super) fn push_element(xml: &mut String, name: &str, text: &str) {
    // Writing to a String cannot fail.
    let _ = write!(xml, "<{name}>{}</{name}>", quick_xml::escape::escape(text));
}

/// S3's second request id, `x-amz-id-2`.
pub(super) fn extended_request_id(request_id: &str) -> String {
    aws_smithy_types::base64::encode(format!("{request_id}/sandbox"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_size_outside_the_model_is_a_validation_error() {
        assert_eq!(page_size(None, "limit", 100, 1000), Ok(100));
        assert_eq!(page_size(Some(1000), "limit", 100, 1000), Ok(1000));
        for bad in [0, -1, 1001] {
            let refusal = page_size(Some(bad), "limit", 100, 1000).unwrap_err();
            assert_eq!(refusal.code, "ValidationException");
        }
    }
}
