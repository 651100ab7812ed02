//! A finding, as a result.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use super::rule::Level;
use super::text::Message;
use crate::checks::{CHECKS, Finding, FindingException, Resource};
use crate::published::MicroDollars;
use crate::severity::Severity;
use crate::visible::visible;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SarifResult {
    rule_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_index: Option<usize>,
    level: Level,
    message: Message,
    locations: [Location; 1],
    /// The one of these that GitHub looks at, to know a result again.
    partial_fingerprints: Fingerprints,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressions: Vec<Suppression>,
    properties: Properties,
}

impl SarifResult {
    /// The result; `positions` are those of the rules.
    pub(super) fn of(finding: &Finding, positions: &BTreeMap<String, usize>) -> Self {
        let resource = &finding.resource;
        let usual = CHECKS.iter().find(|check| check.id == finding.check);
        SarifResult {
            rule_index: positions.get(finding.check.as_ref()).copied(),
            rule_id: finding.check.to_string(),
            level: finding.severity.into(),
            message: Message::new(&finding.detail),
            locations: [Location::of(resource)],
            partial_fingerprints: Fingerprints {
                primary_location_line_hash: finding.fingerprint.clone(),
                ours: finding.fingerprint.clone(),
            },
            suppressions: finding.exception.iter().map(Suppression::of).collect(),
            properties: Properties {
                severity: finding.severity,
                account_id: resource.account_id.as_ref().map(ToString::to_string),
                region: resource.region.as_ref().map(ToString::to_string),
                resource_type: resource.kind.to_string(),
                monthly_cost_usd: finding.monthly_cost_usd,
                // Where it is that of the check, the rule has it.
                remediation: Some(finding.remediation.to_string())
                    .filter(|remedy| usual.is_none_or(|check| check.remediation != remedy)),
            },
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: PhysicalLocation,
    logical_locations: [LogicalLocation; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: Region,
}

#[derive(Serialize)]
struct ArtifactLocation {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogicalLocation {
    name: String,
    fully_qualified_name: String,
    kind: &'static str,
}

impl Location {
    fn of(resource: &Resource) -> Self {
        Location {
            physical_location: PhysicalLocation {
                artifact_location: ArtifactLocation {
                    uri: path_of(resource.arn.as_str()),
                },
                region: Region { start_line: 1 },
            },
            logical_locations: [LogicalLocation {
                name: visible(&resource.name).into_owned(),
                fully_qualified_name: visible(resource.arn.as_str()).into_owned(),
                kind: "resource",
            }],
        }
    }
}

/// What a path may hold as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A resource as a path. GitHub wants a place in a file for each result, and refuses a whole upload for one URI with a
/// scheme, which an ARN would be; such a path leads to no file, and says where to look.
fn path_of(arn: &str) -> String {
    let parts = arn.split([':', '/']).filter(|part| !matches!(*part, "" | "." | ".."));
    let parts: Vec<String> = parts.map(|part| utf8_percent_encode(part, PLAIN).to_string()).collect();
    parts.join("/")
}

#[derive(Serialize)]
struct Fingerprints {
    #[serde(rename = "primaryLocationLineHash")]
    primary_location_line_hash: String,
    #[serde(rename = "kmsAuditFingerprint/v1")]
    ours: String,
}

/// Why a finding is accepted for a while.
#[derive(Serialize)]
struct Suppression {
    kind: &'static str,
    status: &'static str,
    justification: String,
}

impl Suppression {
    fn of(exception: &FindingException) -> Self {
        Suppression {
            kind: "external",
            status: "accepted",
            justification: visible(&format!("until {}: {}", exception.expires, exception.reason)).into_owned(),
        }
    }
}

#[derive(Serialize)]
struct Properties {
    severity: Severity,
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<String>,
    resource_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    monthly_cost_usd: Option<MicroDollars>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remediation: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::path_of;

    #[test]
    fn a_resource_is_a_path_below_the_root() {
        for (arn, path) in [
            (
                "arn:aws:kms:eu-west-3:111122223333:key/a-1",
                "arn/aws/kms/eu-west-3/111122223333/key/a-1",
            ),
            ("arn:aws:s3:::logs.2026", "arn/aws/s3/logs.2026"),
            ("exception:x:*:../../etc/<a b>", "exception/x/%2A/etc/%3Ca%20b%3E"),
        ] {
            assert_eq!(path_of(arn), path);
        }
    }
}
