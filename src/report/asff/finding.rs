//! A finding in the AWS Security Finding Format, as far as it is used, with the lengths that its fields may have.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::assessment::{AssessmentRow, GapSummary, Overview};
use crate::checks::Finding;
use crate::facts::AccountId;
use crate::published::account_api_region;
use crate::report::wording;
use crate::severity::Severity;
use crate::visible::visible;

/// The most characters of the fields of that name.
const TITLE: usize = 256;
const DESCRIPTION: usize = 1024;
const RECOMMENDATION: usize = 512;
const RESOURCE_ID: usize = 512;
const PRODUCT_FIELD: usize = 2048;
const NOTE: usize = 512;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AsffFinding {
    schema_version: &'static str,
    id: String,
    product_arn: String,
    product_name: String,
    company_name: String,
    generator_id: String,
    pub(super) aws_account_id: String,
    pub(super) region: String,
    created_at: String,
    updated_at: String,
    title: String,
    description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    remediation: Option<Remediation>,
    product_fields: BTreeMap<&'static str, String>,
    resources: [Resource; 1],
    compliance: Compliance,
    finding_provider_fields: ProviderFields,
    #[serde(skip_serializing_if = "Option::is_none")]
    workflow: Option<Workflow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<Note>,
    record_state: &'static str,
    /// That it is not about AWS.
    sample: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Remediation {
    recommendation: Recommendation,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Recommendation {
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Resource {
    r#type: &'static str,
    id: String,
    partition: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Compliance {
    status: &'static str,
}

/// What Security Hub takes from whoever found it, also when it is imported again.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ProviderFields {
    severity: SeverityField,
    types: [&'static str; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct SeverityField {
    label: &'static str,
    original: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Workflow {
    status: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Note {
    text: String,
    updated_by: String,
    updated_at: String,
}

/// What all findings of a scan share.
pub(super) struct Importer<'a> {
    document: &'a Overview,
    as_of: String,
    /// Where findings go that are of no account: that of whoever scanned.
    account: String,
    /// Where findings go that are of no Region.
    region: String,
}

impl<'a> Importer<'a> {
    pub(super) fn of(document: &'a Overview) -> Self {
        let scan = &document.scan;
        let caller = scan.caller_arn.account().or_else(|| scan.accounts.first().cloned());
        let global = account_api_region(&scan.partition).map(str::to_owned);
        let region = global.or_else(|| Some(scan.regions.first()?.to_string()));
        Importer {
            document,
            as_of: scan.as_of.to_string(),
            account: caller.map_or_else(String::new, |account| account.to_string()),
            region: region.unwrap_or_default(),
        }
    }

    pub(super) fn finding(&self, finding: &Finding) -> AsffFinding {
        let resource = &finding.resource;
        let mut fields = BTreeMap::from([
            ("kms-audit/check", finding.check.to_string()),
            ("kms-audit/fingerprint", finding.fingerprint.clone()),
            ("kms-audit/resource-type", resource.kind.to_string()),
            ("kms-audit/resource-name", cut(&resource.name, PRODUCT_FIELD)),
        ]);
        if let Some(cost) = finding.monthly_cost_usd {
            fields.insert("kms-audit/monthly-cost-usd", cost.dollars().to_string());
        }
        let accepted = finding.exception.as_ref();
        let accepted =
            accepted.map(|exception| format!("accepted until {}: {}", exception.expires, exception.reason));
        let region = resource.region.as_ref().map(ToString::to_string);
        AsffFinding {
            remediation: Some(Remediation {
                recommendation: Recommendation {
                    text: cut(&finding.remediation, RECOMMENDATION),
                },
            }),
            product_fields: fields,
            resources: [Resource {
                r#type: resource_type(&resource.kind),
                id: cut(resource.arn.as_str(), RESOURCE_ID),
                partition: self.document.scan.partition.clone(),
                region: region.clone(),
            }],
            compliance: Compliance { status: "FAILED" },
            finding_provider_fields: provider_fields(finding.severity),
            workflow: accepted.is_some().then_some(Workflow { status: "SUPPRESSED" }),
            note: accepted.map(|text| Note {
                text: cut(&text, NOTE),
                updated_by: self.document.tool.name.clone(),
                updated_at: self.as_of.clone(),
            }),
            ..self.about(
                &format!("kms-audit/{}", finding.fingerprint),
                &finding.check,
                Place(resource.account_id.as_ref(), region),
                (&finding.title, &finding.detail),
            )
        }
    }

    pub(super) fn unassessed(&self, check: &AssessmentRow, because: &str, count: u64) -> AsffFinding {
        let resources = wording::counted(count, "resource", "resources");
        self.about(
            &format!(
                "kms-audit/{}",
                wording::identity(&["not-assessed", &check.check, because])
            ),
            &check.check,
            Place(None, None),
            (
                &format!("Not assessed: {}", check.title),
                &format!("{resources} could not be judged: {because}"),
            ),
        )
    }

    pub(super) fn interruption(&self) -> AsffFinding {
        let id = format!("kms-audit/{}", wording::identity(&["interrupted"]));
        let title = "Not looked at: the rest of the scan";
        self.about(&id, "coverage", Place(None, None), (title, wording::INTERRUPTED))
    }

    pub(super) fn gap(&self, gap: &GapSummary) -> AsffFinding {
        let account = Some(&gap.account_id).filter(|account| !account.as_str().is_empty());
        self.about(
            &format!("kms-audit/{}", wording::gap_identity(gap)),
            "coverage",
            Place(account, gap.region.as_ref().map(ToString::to_string)),
            (
                &format!("Not looked at: {}", gap.effect),
                &format!(
                    "{} ({})",
                    wording::gap_failure(gap),
                    wording::gap_scope(self.document, gap)
                ),
            ),
        )
    }

    /// A finding about an account of which nobody could say more.
    fn about(&self, id: &str, generator: &str, place: Place<'_>, (title, detail): (&str, &str)) -> AsffFinding {
        let scan = &self.document.scan;
        let account = place.0.map_or_else(|| self.account.clone(), ToString::to_string);
        let region = place.1.unwrap_or_else(|| self.region.clone());
        AsffFinding {
            schema_version: "2018-10-08",
            id: id.to_owned(),
            product_arn: format!(
                "arn:{}:securityhub:{region}:{account}:product/{account}/default",
                scan.partition
            ),
            product_name: self.document.tool.name.clone(),
            company_name: self.document.tool.name.clone(),
            generator_id: format!("kms-audit/{generator}"),
            created_at: self.as_of.clone(),
            updated_at: self.as_of.clone(),
            title: cut(title, TITLE),
            description: cut(detail, DESCRIPTION),
            remediation: None,
            product_fields: BTreeMap::from([("kms-audit/check", generator.to_owned())]),
            resources: [Resource {
                r#type: "AwsAccount",
                id: format!("AWS::::Account:{account}"),
                partition: scan.partition.clone(),
                region: None,
            }],
            aws_account_id: account,
            region,
            compliance: Compliance {
                status: "NOT_AVAILABLE",
            },
            finding_provider_fields: provider_fields(Severity::Info),
            workflow: None,
            note: None,
            record_state: "ACTIVE",
            sample: scan.sandbox.is_some(),
        }
    }
}

/// The account and the Region, where they are known.
struct Place<'a>(Option<&'a AccountId>, Option<String>);

fn provider_fields(severity: Severity) -> ProviderFields {
    let label = match severity {
        Severity::Info => "INFORMATIONAL",
        Severity::Low => "LOW",
        Severity::Medium => "MEDIUM",
        Severity::High => "HIGH",
        Severity::Critical => "CRITICAL",
    };
    ProviderFields {
        severity: SeverityField {
            label,
            original: severity.as_str(),
        },
        types: ["Software and Configuration Checks/AWS Security Best Practices"],
    }
}

/// The kind of resource in the words of Security Hub, which has one for few of them.
fn resource_type(kind: &str) -> &'static str {
    match kind {
        "kms-key" => "AwsKmsKey",
        "s3-bucket" => "AwsS3Bucket",
        "cloudwatch-alarm" => "AwsCloudWatchAlarm",
        _ => "Other",
    }
}

/// As much of a text as fits, with nothing in it that hides or moves.
fn cut(text: &str, most: usize) -> String {
    let text = visible(text);
    if text.chars().nth(most).is_none() {
        return text.into_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_where_it_is_too_long_and_says_so() {
        assert_eq!(cut("größe", 5), "größe");
        assert_eq!(cut("größen", 5), "größ…");
        assert_eq!(cut("\u{202e}", 256), "\\u{202e}");
    }
}
