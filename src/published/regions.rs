//! The Regions of each partition, for accounts whose Regions cannot be listed.

/// A partition and its Regions.
struct Partition {
    id: &'static str,
    /// The Region that serves the Account API, where the partition has one.
    account_api_region: Option<&'static str>,
    regions: &'static [&'static str],
}

/// Source: `partitions.json` and `endpoints.json` of botocore 1.44.5, the AWS SDK for Python, November 2026.
const PARTITIONS: &[Partition] = &[
    Partition {
        id: "aws",
        account_api_region: Some("us-east-1"),
        regions: &[
            "af-south-1",
            "ap-east-1",
            "ap-east-2",
            "ap-northeast-1",
            "ap-northeast-2",
            "ap-northeast-3",
            "ap-south-1",
            "ap-south-2",
            "ap-southeast-1",
            "ap-southeast-2",
            "ap-southeast-3",
            "ap-southeast-4",
            "ap-southeast-5",
            "ap-southeast-6",
            "ap-southeast-7",
            "ca-central-1",
            "ca-west-1",
            "eu-central-1",
            "eu-central-2",
            "eu-north-1",
            "eu-south-1",
            "eu-south-2",
            "eu-west-1",
            "eu-west-2",
            "eu-west-3",
            "il-central-1",
            "me-central-1",
            "me-south-1",
            "me-west-1",
            "mx-central-1",
            "sa-east-1",
            "sa-west-1",
            "us-east-1",
            "us-east-2",
            "us-west-1",
            "us-west-2",
        ],
    },
    Partition {
        id: "aws-cn",
        account_api_region: Some("cn-northwest-1"),
        regions: &["cn-north-1", "cn-northwest-1"],
    },
    Partition {
        id: "aws-us-gov",
        account_api_region: None,
        regions: &["us-gov-east-1", "us-gov-west-1"],
    },
    Partition {
        id: "aws-eusc",
        account_api_region: None,
        regions: &["eusc-de-east-1"],
    },
    Partition {
        id: "aws-iso",
        account_api_region: None,
        regions: &["us-iso-east-1", "us-iso-west-1"],
    },
    Partition {
        id: "aws-iso-b",
        account_api_region: None,
        regions: &["us-isob-east-1", "us-isob-west-1"],
    },
    Partition {
        id: "aws-iso-e",
        account_api_region: None,
        regions: &["eu-isoe-west-1"],
    },
    Partition {
        id: "aws-iso-f",
        account_api_region: None,
        regions: &["us-isof-east-1", "us-isof-south-1"],
    },
];

/// The Regions of the commercial partition that need no opt-in.
const ENABLED_BY_DEFAULT: &[&str] = &[
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];

/// The Regions of a partition; none for a partition this version does not know.
pub fn regions_of(partition: &str) -> &'static [&'static str] {
    find(partition).map_or(&[], |partition| partition.regions)
}

/// Whether an account has to enable a Region before it can use it. All others are enabled, and stay so.
///
/// Source: <https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html>: Regions introduced before
/// 20 March 2019 are enabled by default.
pub fn is_opt_in(region: &str) -> bool {
    regions_of("aws").contains(&region) && !ENABLED_BY_DEFAULT.contains(&region)
}

/// The Region that serves the Account API in a partition; `None` where there is no Account API.
pub fn account_api_region(partition: &str) -> Option<&'static str> {
    find(partition).and_then(|partition| partition.account_api_region)
}

fn find(partition: &str) -> Option<&'static Partition> {
    PARTITIONS.iter().find(|known| known.id == partition)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_newer_regions_of_the_commercial_partition_need_an_opt_in() {
        assert!(is_opt_in("ap-east-1") && is_opt_in("mx-central-1"));
        assert!(!is_opt_in("eu-west-3") && !is_opt_in("us-gov-east-1"));
        assert!(
            ENABLED_BY_DEFAULT
                .iter()
                .all(|region| regions_of("aws").contains(region))
        );
    }

    #[test]
    fn only_two_partitions_have_an_account_api() {
        assert_eq!(account_api_region("aws-us-gov"), None);
        assert_eq!(account_api_region("aws-cn"), Some("cn-northwest-1"));
    }
}
