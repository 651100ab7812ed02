//! The shape of a Compliance Finding, as far as it is used.

use std::borrow::Cow;

use serde::Serialize;

use crate::assessment::Overview;
use crate::checks::{FindingException, Observed};
use crate::published::MicroDollars;
use crate::severity::Severity;
use crate::visible::visible;

#[derive(Serialize)]
pub(super) struct Event<'a> {
    pub(super) activity_id: u32,
    pub(super) activity_name: &'static str,
    pub(super) category_name: &'static str,
    pub(super) category_uid: u32,
    pub(super) class_name: &'static str,
    pub(super) class_uid: u32,
    pub(super) type_name: &'static str,
    pub(super) type_uid: u32,
    pub(super) severity: &'static str,
    pub(super) severity_id: u32,
    pub(super) status: &'static str,
    pub(super) status_id: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) comment: Option<Cow<'a, str>>,
    pub(super) message: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) count: Option<u64>,
    pub(super) time: i64,
    pub(super) time_dt: Cow<'a, str>,
    pub(super) metadata: Metadata<'a>,
    pub(super) cloud: Cloud<'a>,
    pub(super) finding_info: FindingInfo<'a>,
    pub(super) compliance: Compliance<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) remediation: Option<Remediation<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) resources: Vec<Resource<'a>>,
    pub(super) unmapped: Unmapped<'a>,
}

#[derive(Serialize)]
pub(super) struct Metadata<'a> {
    version: &'static str,
    product: Product<'a>,
    profiles: [&'static str; 2],
}

#[derive(Serialize)]
struct Product<'a> {
    name: &'a str,
    vendor_name: &'a str,
    version: &'a str,
}

#[derive(Serialize)]
pub(super) struct Cloud<'a> {
    pub(super) provider: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) account: Option<Account<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) region: Option<&'a str>,
    pub(super) cloud_partition: &'a str,
}

#[derive(Serialize)]
pub(super) struct Account<'a> {
    uid: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    type_id: u32,
}

impl<'a> Account<'a> {
    pub(super) fn new(uid: &'a str) -> Self {
        Account {
            uid,
            kind: "AWS Account",
            type_id: 10,
        }
    }
}

#[derive(Serialize)]
pub(super) struct FindingInfo<'a> {
    pub(super) uid: Cow<'a, str>,
    pub(super) title: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) desc: Option<Cow<'a, str>>,
    pub(super) types: [&'static str; 1],
    pub(super) created_time: i64,
    pub(super) created_time_dt: Cow<'a, str>,
    pub(super) modified_time: i64,
    pub(super) modified_time_dt: Cow<'a, str>,
}

#[derive(Serialize)]
pub(super) struct Compliance<'a> {
    control: &'a str,
    status: &'static str,
    status_id: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_detail: Option<Cow<'a, str>>,
}

/// Whether a resource is as a check wants it.
#[derive(Clone, Copy)]
pub(super) enum ComplianceStatus {
    /// It is not.
    Fail,
    /// Nobody could say.
    Unknown,
}

impl<'a> Compliance<'a> {
    pub(super) fn new(control: &'a str, status: ComplianceStatus) -> Self {
        let (status, status_id) = match status {
            ComplianceStatus::Fail => ("Fail", 3),
            ComplianceStatus::Unknown => ("Unknown", 0),
        };
        Compliance {
            control,
            status,
            status_id,
            status_detail: None,
        }
    }

    /// The same with the reason.
    pub(super) fn because(self, detail: Cow<'a, str>) -> Self {
        Compliance {
            status_detail: Some(detail),
            ..self
        }
    }
}

#[derive(Serialize)]
pub(super) struct Remediation<'a> {
    pub(super) desc: Cow<'a, str>,
}

#[derive(Serialize)]
pub(super) struct Resource<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) uid: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<Cow<'a, str>>,
    #[serde(rename = "type", skip_serializing_if = "str::is_empty")]
    pub(super) kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) region: Option<&'a str>,
    pub(super) cloud_partition: &'a str,
}

/// What the class has no place for.
#[derive(Default, Serialize)]
pub(super) struct Unmapped<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) observed: Option<&'a Observed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) monthly_cost_usd: Option<MicroDollars>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) exception: Option<&'a FindingException>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sandbox: Option<&'a str>,
}

/// What all events of a scan share.
pub(super) struct Subject<'a> {
    product: &'a str,
    version: &'a str,
    pub(super) partition: &'a str,
    pub(super) sandbox: Option<&'a str>,
    time: i64,
    time_dt: String,
}

impl<'a> Subject<'a> {
    pub(super) fn of(document: &'a Overview) -> Self {
        Subject {
            product: &document.tool.name,
            version: &document.tool.version,
            partition: &document.scan.partition,
            sandbox: document.scan.sandbox.as_deref(),
            time: document.scan.as_of.as_millisecond(),
            time_dt: document.scan.as_of.to_string(),
        }
    }

    pub(super) fn cloud<'b>(&self) -> Cloud<'b>
    where
        'a: 'b,
    {
        Cloud {
            provider: "AWS",
            account: None,
            region: None,
            cloud_partition: self.partition,
        }
    }

    /// When a finding was first seen is not known: only the moment of this scan.
    pub(super) fn finding_info<'b>(&self, uid: Cow<'b, str>, title: Cow<'b, str>) -> FindingInfo<'b> {
        FindingInfo {
            uid,
            title,
            desc: None,
            types: ["Software and Configuration Checks"],
            created_time: self.time,
            created_time_dt: self.time_dt.clone().into(),
            modified_time: self.time,
            modified_time_dt: self.time_dt.clone().into(),
        }
    }

    pub(super) fn resource<'b>(&self, name: &'b str) -> Resource<'b>
    where
        'a: 'b,
    {
        let is_arn = name.starts_with("arn:");
        Resource {
            uid: is_arn.then(|| name.into()),
            name: (!is_arn).then(|| visible(name)),
            kind: "",
            region: None,
            cloud_partition: self.partition,
        }
    }

    /// An event that says nothing yet.
    pub(super) fn event<'b>(&self, severity: Severity) -> Event<'b>
    where
        'a: 'b,
    {
        let (severity, severity_id) = match severity {
            Severity::Info => ("Informational", 1),
            Severity::Low => ("Low", 2),
            Severity::Medium => ("Medium", 3),
            Severity::High => ("High", 4),
            Severity::Critical => ("Critical", 5),
        };
        Event {
            activity_id: 1,
            activity_name: "Create",
            category_name: "Findings",
            category_uid: 2,
            class_name: "Compliance Finding",
            class_uid: 2003,
            type_name: "Compliance Finding: Create",
            type_uid: 200_301,
            severity,
            severity_id,
            status: "New",
            status_id: 1,
            comment: None,
            message: "".into(),
            count: None,
            time: self.time,
            time_dt: self.time_dt.clone().into(),
            metadata: Metadata {
                version: "1.6.0",
                product: Product {
                    name: self.product,
                    vendor_name: self.product,
                    version: self.version,
                },
                profiles: ["cloud", "datetime"],
            },
            cloud: self.cloud(),
            finding_info: self.finding_info("".into(), "".into()),
            compliance: Compliance::new("", ComplianceStatus::Unknown),
            remediation: None,
            resources: Vec::new(),
            unmapped: Unmapped {
                sandbox: self.sandbox,
                ..Unmapped::default()
            },
        }
    }
}
