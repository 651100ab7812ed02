//! Which trails record the events of Regions, and what do they record?

use std::collections::BTreeMap;

use aws_sdk_cloudtrail::types::{
    AdvancedEventSelector as SdkAdvancedSelector, AdvancedFieldSelector, EventSelector as SdkEventSelector,
    Trail as SdkTrail,
};
use futures_util::future::join_all;

use super::error::CallError;
use super::operations::{
    CLOUDTRAIL_DESCRIBE_TRAILS as DESCRIBE, CLOUDTRAIL_GET_EVENT_SELECTORS as GET_SELECTORS,
    CLOUDTRAIL_GET_TRAIL_STATUS as GET_STATUS,
};
use super::session::Session;
use crate::facts::{
    AdvancedEventSelector, Arn, EventSelector, Fact, FieldSelector, Region, Trail, TrailSelectors, TrailStatus,
};

/// What was read of the trails of an account.
#[derive(Debug, Default)]
pub struct TrailsRead {
    /// The trails that record events of each Region that was asked, in the order of their ARNs.
    pub by_region: BTreeMap<Region, Fact<Vec<Arn>>>,
    /// All of these trails, each once, in the order of their ARNs.
    pub trails: Vec<Trail>,
}

/// Reads the trails that record events of these Regions: those created there, those of other Regions that record every
/// Region, and those of the organization. A trail is asked about once, in the Region it was created in.
pub async fn read_trails(session: &Session, regions: impl IntoIterator<Item = &Region>) -> TrailsRead {
    let described = regions
        .into_iter()
        .map(|region| async move { (region, describe_trails(session, region).await) });
    let mut read = TrailsRead::default();
    let mut trails: BTreeMap<Arn, Trail> = BTreeMap::new();
    for (region, described) in join_all(described).await {
        let recording = described.map(|described| {
            let recording: BTreeMap<Arn, Trail> = described
                .into_iter()
                .filter(|trail| trail.covers(region))
                .map(|trail| (trail.arn.clone(), trail))
                .collect();
            let arns = recording.keys().cloned().collect();
            trails.extend(recording);
            arns
        });
        read.by_region.insert(region.clone(), recording.into());
    }
    read.trails = join_all(trails.into_values().map(|trail| ask(session, trail))).await;
    read
}

async fn describe_trails(session: &Session, region: &Region) -> Result<Vec<Trail>, CallError> {
    let (caller, client) = session.cloudtrail(region);
    let request = || client.describe_trails().include_shadow_trails(true).send();
    let answer = caller.call(DESCRIBE, request).await?;
    let Some(listed) = answer.trail_list else {
        return Err(CallError::malformed(DESCRIBE, "the answer has no list of trails"));
    };
    let trails: Option<Vec<Trail>> = listed.into_iter().map(trail).collect();
    trails.ok_or_else(|| CallError::malformed(DESCRIBE, "a trail in the list has no ARN or no home Region"))
}

fn trail(sdk: SdkTrail) -> Option<Trail> {
    Some(Trail {
        arn: Arn::new(sdk.trail_arn?),
        home_region: sdk.home_region.as_deref().and_then(Region::parse)?,
        is_multi_region: sdk.is_multi_region_trail.unwrap_or(false),
        is_organization: sdk.is_organization_trail.unwrap_or(false),
        log_group: sdk.cloud_watch_logs_log_group_arn,
        status: Fact::NotCollected,
        selectors: Fact::NotCollected,
    })
}

/// Asks whether a trail records, and what, unless it records nothing. It is asked by its ARN, without which a trail of
/// the organization is not known in the other accounts.
async fn ask(session: &Session, mut trail: Trail) -> Trail {
    let (caller, client) = session.cloudtrail(&trail.home_region);
    let arn = trail.arn.as_str();
    let request = || client.get_trail_status().name(arn).send();
    let status = caller.call(GET_STATUS, request).await.and_then(|answer| {
        let is_logging = answer.is_logging;
        let is_logging = is_logging.ok_or_else(|| {
            CallError::malformed(GET_STATUS, "the answer does not say whether the trail is logging")
        })?;
        Ok(TrailStatus {
            is_logging,
            log_group_error: answer.latest_cloud_watch_logs_delivery_error,
        })
    });
    if !matches!(status, Ok(TrailStatus { is_logging: false, .. })) {
        let request = || client.get_event_selectors().trail_name(arn).send();
        let answer = caller.call(GET_SELECTORS, request).await;
        trail.selectors = answer
            .and_then(|answer| selectors(answer.event_selectors, answer.advanced_event_selectors))
            .into();
    }
    trail.status = status.into();
    trail
}

/// A trail has selectors of one kind.
fn selectors(
    basic: Option<Vec<SdkEventSelector>>,
    advanced: Option<Vec<SdkAdvancedSelector>>,
) -> Result<TrailSelectors, CallError> {
    let (basic, advanced) = (basic.unwrap_or_default(), advanced.unwrap_or_default());
    match (basic.is_empty(), advanced.is_empty()) {
        (_, false) => Ok(TrailSelectors::Advanced(
            advanced.into_iter().map(advanced_selector).collect(),
        )),
        (false, true) => Ok(TrailSelectors::Basic(basic.into_iter().map(event_selector).collect())),
        (true, true) => Err(CallError::malformed(GET_SELECTORS, "the answer has no event selectors")),
    }
}

/// What is left out has CloudTrail's own defaults.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_EventSelector.html>
fn event_selector(sdk: SdkEventSelector) -> EventSelector {
    EventSelector {
        include_management_events: sdk.include_management_events.unwrap_or(true),
        read_write_type: sdk
            .read_write_type
            .as_ref()
            .map_or("All", |word| word.as_str())
            .to_owned(),
        exclude_management_event_sources: sdk.exclude_management_event_sources.unwrap_or_default(),
    }
}

fn advanced_selector(sdk: SdkAdvancedSelector) -> AdvancedEventSelector {
    AdvancedEventSelector {
        name: sdk.name,
        fields: sdk.field_selectors.into_iter().map(field_selector).collect(),
    }
}

fn field_selector(sdk: AdvancedFieldSelector) -> FieldSelector {
    FieldSelector {
        field: sdk.field,
        equals: sdk.equals.unwrap_or_default(),
        starts_with: sdk.starts_with.unwrap_or_default(),
        ends_with: sdk.ends_with.unwrap_or_default(),
        not_equals: sdk.not_equals.unwrap_or_default(),
        not_starts_with: sdk.not_starts_with.unwrap_or_default(),
        not_ends_with: sdk.not_ends_with.unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_selector_leaves_out_has_the_defaults_of_cloudtrail() {
        let read = selectors(Some(vec![SdkEventSelector::builder().build()]), Some(Vec::new()));
        let expected = EventSelector {
            include_management_events: true,
            read_write_type: "All".into(),
            exclude_management_event_sources: Vec::new(),
        };
        assert_eq!(read, Ok(TrailSelectors::Basic(vec![expected])));
    }

    #[test]
    fn an_answer_without_selectors_is_no_answer() {
        assert_eq!(selectors(None, None).unwrap_err().code, "MalformedResponse");
        assert_eq!(
            selectors(Some(Vec::new()), Some(Vec::new())).unwrap_err().code,
            "MalformedResponse"
        );
    }
}
