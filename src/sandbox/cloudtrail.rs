//! AWS CloudTrail: JSON 1.1.
//!
//! A trail is seen in more places than it was created in. In other Regions, and in the other accounts of an
//! organization, CloudTrail calls what is seen there a shadow trail; its ARN is that of the trail.

use super::call::Call;
use super::estate::{Account, EventSelector, Selectors, Trail, name_problem};
use super::faults::Subject;
use super::request::{Reply, Response};
use super::service::{AWS_JSON, Refusal, Service};
use super::wire::json::{operation, read};
use serde::Deserialize;
use serde_json::{Value, json};

/// What the target of a request begins with: as current clients write it, and as botocore does.
const TARGETS: [&str; 2] = [
    "CloudTrail_20131101.",
    "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.",
];

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    #[serde(rename = "trailNameList")]
    trail_name_list: Option<Vec<String>>,
    #[serde(rename = "includeShadowTrails")]
    include_shadow_trails: Option<bool>,
    name: Option<String>,
    trail_name: Option<String>,
}

pub(super) fn answer(call: &Call<'_>) -> Reply {
    let operation = TARGETS
        .iter()
        .map(|prefix| operation(call.request, prefix))
        .find(|name| !name.is_empty());
    let operation = operation.unwrap_or_default();
    let input: Input = match read(call.request) {
        Ok(input) => input,
        Err(refusal) => return call.refuse(&refusal).into(),
    };
    let subject = Subject {
        operation,
        ..Subject::default()
    };
    call.answer(&subject, |_| {
        let body = match operation {
            "DescribeTrails" => describe_trails(call, &input),
            "GetTrailStatus" => Ok(status(call, seen_trail(call, input.name.as_deref())?.trail)),
            "GetEventSelectors" => {
                let seen = seen_trail(call, input.trail_name.as_deref())?;
                Ok(event_selectors(&seen.arn(call), seen.trail))
            }
            other => Err(Service::CloudTrail.unknown_operation(other)),
        };
        Ok(Response::ok(AWS_JSON, body?.to_string()))
    })
}

/// A trail, as the caller sees it.
struct Seen<'a> {
    trail: &'a Trail,
    owner: Account<'a>,
    is_shadow: bool,
}

impl Seen<'_> {
    fn arn(&self, call: &Call<'_>) -> String {
        arn(call, &self.trail.home_region, &self.owner.id, &self.trail.name)
    }
}

fn arn(call: &Call<'_>, region: &str, account: &str, name: &str) -> String {
    let partition = &call.estate.partition;
    format!("arn:{partition}:cloudtrail:{region}:{account}:trail/{name}")
}

/// Every trail that the caller sees in the Region: the account's own, and those of the organization.
fn seen_trails<'a>(call: &'a Call<'_>) -> Vec<Seen<'a>> {
    let own = call.identity.account.clone();
    let organization = call.estate.organization.as_ref();
    let management = organization.and_then(|organization| call.estate.account(&organization.management_account));
    let management = management.filter(|management| management.id != own.id);
    let owners = [Some((own, false)), management.map(|account| (account, true))];
    let mut seen = Vec::new();
    for (owner, is_other) in owners.into_iter().flatten() {
        for trail in &owner.set.trails {
            let is_elsewhere = trail.home_region != call.region;
            if (trail.organization || !is_other) && (trail.multi_region || !is_elsewhere) {
                seen.push(Seen {
                    trail,
                    owner: owner.clone(),
                    is_shadow: is_other || is_elsewhere,
                });
            }
        }
    }
    seen
}

fn describe_trails(call: &Call<'_>, input: &Input) -> Result<Value, Refusal> {
    let names = input.trail_name_list.as_deref().unwrap_or_default();
    for name in names {
        check_name(name)?;
    }
    let with_shadows = input.include_shadow_trails.unwrap_or(true);
    let mut seen = seen_trails(call);
    seen.retain(|seen| match names.is_empty() {
        true => with_shadows || !seen.is_shadow,
        // A name is that of a trail of this account and Region; an ARN is that of any.
        false => names
            .iter()
            .any(|name| *name == seen.arn(call) || !seen.is_shadow && *name == seen.trail.name),
    });
    let trails: Vec<Value> = seen.iter().map(|seen| entry(call, seen)).collect();
    Ok(json!({ "trailList": trails }))
}

/// The trail that GetTrailStatus and GetEventSelectors are asked about: a shadow trail has to be called by its ARN.
fn seen_trail<'a>(call: &'a Call<'_>, name: Option<&str>) -> Result<Seen<'a>, Refusal> {
    let name = name.unwrap_or_default();
    check_name(name)?;
    let account = &call.identity.account.id;
    let wanted = match name.starts_with("arn:") {
        true => name.to_owned(),
        false => arn(call, call.region, account, name),
    };
    let mut seen = seen_trails(call).into_iter();
    seen.find(|seen| seen.arn(call) == wanted).ok_or_else(|| {
        let message = format!("Unknown trail: {wanted} for the user: {account}");
        Refusal::new("TrailNotFoundException", message)
    })
}

/// Whether a trail can have this name, or this ARN.
fn check_name(name: &str) -> Result<(), Refusal> {
    if name.is_empty() {
        return Err(Refusal::new("InvalidTrailNameException", "Trail name cannot be blank!"));
    }
    let parts: Vec<&str> = name.splitn(6, ':').collect();
    match parts[..] {
        ["arn", _, "cloudtrail", _, _, resource] if resource.starts_with("trail/") => Ok(()),
        ["arn", ..] => Err(Refusal::new(
            "CloudTrailARNInvalidException",
            format!("{name} is not the ARN of a trail."),
        )),
        _ => match name_problem(name) {
            None => Ok(()),
            Some(problem) => Err(Refusal::new(
                "InvalidTrailNameException",
                format!("{name} is not the name of a trail: {problem}."),
            )),
        },
    }
}

fn entry(call: &Call<'_>, seen: &Seen<'_>) -> Value {
    let Seen { trail, owner, .. } = seen;
    let mut entry = json!({
        "Name": trail.name,
        "S3BucketName": owner.fill(&trail.bucket),
        "IncludeGlobalServiceEvents": true,
        "IsMultiRegionTrail": trail.multi_region,
        "HomeRegion": trail.home_region,
        "TrailARN": seen.arn(call),
        "LogFileValidationEnabled": true,
        "HasCustomEventSelectors": trail.selectors.is_some(),
        "HasInsightSelectors": false,
        "IsOrganizationTrail": trail.organization,
    });
    if let Some(log_group) = &trail.log_group {
        let (partition, region, id) = (&call.estate.partition, &trail.home_region, &owner.id);
        let log_group = match log_group.starts_with("arn:") {
            true => owner.fill(log_group),
            false => format!("arn:{partition}:logs:{region}:{id}:log-group:{log_group}:*"),
        };
        entry["CloudWatchLogsLogGroupArn"] = log_group.into();
        let role = format!("arn:{partition}:iam::{id}:role/CloudTrail_CloudWatchLogs_Role");
        entry["CloudWatchLogsRoleArn"] = role.into();
    }
    entry
}

fn status(call: &Call<'_>, trail: &Trail) -> Value {
    let last = trail.stopped.unwrap_or(call.estate.as_of).as_second();
    let mut status = json!({
        "IsLogging": trail.logging,
        "StartLoggingTime": trail.started.as_second(),
        "LatestDeliveryTime": last,
    });
    if let Some(stopped) = trail.stopped {
        status["StopLoggingTime"] = stopped.as_second().into();
    }
    match &trail.log_group_error {
        Some(error) => status["LatestCloudWatchLogsDeliveryError"] = error.as_str().into(),
        None if trail.log_group.is_some() => status["LatestCloudWatchLogsDeliveryTime"] = last.into(),
        None => {}
    }
    status
}

fn event_selectors(arn: &str, trail: &Trail) -> Value {
    match &trail.selectors {
        // What a trail has that nobody has given selectors to.
        None => json!({ "TrailARN": arn, "EventSelectors": [{
            "ReadWriteType": "All",
            "IncludeManagementEvents": true,
            "DataResources": [],
            "ExcludeManagementEventSources": [],
        }] }),
        Some(Selectors::Basic(selectors)) => {
            let selectors: Vec<Value> = selectors.iter().map(event_selector).collect();
            json!({ "TrailARN": arn, "EventSelectors": selectors })
        }
        Some(Selectors::Advanced(selectors)) => {
            let selectors = selectors.iter().map(|selector| {
                let mut entry = json!({ "FieldSelectors": selector.fields });
                if let Some(name) = &selector.name {
                    entry["Name"] = name.as_str().into();
                }
                entry
            });
            json!({ "TrailARN": arn, "AdvancedEventSelectors": selectors.collect::<Vec<_>>() })
        }
    }
}

fn event_selector(selector: &EventSelector) -> Value {
    let data = selector.data.iter();
    let data = data.map(|(kind, values)| json!({ "Type": kind, "Values": values }));
    json!({
        "ReadWriteType": selector.read_write,
        "IncludeManagementEvents": selector.management,
        "DataResources": data.collect::<Vec<_>>(),
        "ExcludeManagementEventSources": selector.exclude,
    })
}

#[cfg(test)]
mod tests;
