//! What AWS Config records and collects, and so what it can tell. Where that is not known, there is a gap and no empty
//! inventory.

use std::collections::BTreeMap;

use aws_sdk_config::types::AggregatedSourceStatus;
use jiff::Timestamp;
use serde::Deserialize;

use super::super::moment::timestamp;
use super::super::operations::{
    CONFIG_DESCRIBE_SOURCES_STATUS as STATUS, CONFIG_SELECT_AGGREGATE_RESOURCE_CONFIG as SELECT, Operation,
};
use super::resource_type::Type;
use crate::facts::{AccountId, Fact, Region, Unavailable};

/// What an aggregator covers.
#[derive(Debug, Default)]
pub(super) struct Coverage {
    pub(super) aggregator: String,
    /// A Region can have several: one of the customer's, and those of services.
    recorders: BTreeMap<(AccountId, Region), Vec<Recorder>>,
    /// Sources that the aggregator has no recent data of, by account. What is not of one account, or Region, is of all.
    late: BTreeMap<Option<AccountId>, Vec<LateSource>>,
    /// Of each type, the first resource whose item cannot be read.
    unreadable: BTreeMap<(AccountId, Region), Vec<(Type, String)>>,
}

#[derive(Debug)]
struct LateSource {
    region: Option<Region>,
    status: String,
    since: Option<Timestamp>,
    error: String,
}

/// A configuration recorder, as its own item describes it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Recorder {
    recording: bool,
    recording_group: RecordingGroup,
    recording_mode: RecordingMode,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct RecordingGroup {
    all_supported: bool,
    resource_types: Vec<String>,
    exclusion_by_resource_types: TypeList,
    recording_strategy: RecordingStrategy,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct TypeList {
    resource_types: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct RecordingStrategy {
    use_only: String,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct RecordingMode {
    recording_frequency: Option<String>,
}

impl Recorder {
    fn records(&self, kind: Type) -> bool {
        let group = &self.recording_group;
        let named = |list: &[String]| list.iter().any(|listed| listed == kind.name());
        let in_group = match group.recording_strategy.use_only.as_str() {
            "EXCLUSION_BY_RESOURCE_TYPES" => !named(&group.exclusion_by_resource_types.resource_types),
            _ => group.all_supported || named(&group.resource_types),
        };
        self.recording && in_group
    }
}

impl Coverage {
    pub(super) fn add_recorder(&mut self, account_id: AccountId, region: Region, recorder: Recorder) {
        self.recorders.entry((account_id, region)).or_default().push(recorder);
    }

    /// Notes an item that cannot be read: what else there is of its Region still is.
    pub(super) fn add_unreadable(&mut self, account_id: AccountId, region: Region, kind: Type, resource_id: &str) {
        let of_region = self.unreadable.entry((account_id, region)).or_default();
        if !of_region.iter().any(|(of, _)| *of == kind) {
            of_region.push((kind, resource_id.to_owned()));
        }
    }

    fn unreadable(&self, account: &AccountId, region: &Region, kind: Type) -> Option<Fact<()>> {
        let of_region = self.unreadable.get(&(account.clone(), region.clone()))?;
        let (_, resource) = of_region.iter().find(|(of, _)| *of == kind)?;
        let what = format!("what AWS Config has of {resource} ({}) cannot be read", kind.name());
        Some(unavailable(SELECT, "UnreadableItem", what))
    }

    pub(super) fn add_status(&mut self, status: AggregatedSourceStatus) {
        let said = [status.last_error_code, status.last_error_message];
        let said: Vec<String> = said.into_iter().flatten().collect();
        // The source can be the organization, whose id is not that of an account.
        let account_id = status.source_id.as_deref().and_then(AccountId::parse);
        self.late.entry(account_id).or_default().push(LateSource {
            region: status.aws_region.as_deref().and_then(Region::parse),
            status: status
                .last_update_status
                .map_or("OUTDATED".to_owned(), |status| status.as_str().to_owned()),
            since: status.last_update_time.as_ref().and_then(timestamp),
            error: said.join(": "),
        });
    }

    /// The Regions of an account of which something is known.
    pub(super) fn regions_of(&self, account: &AccountId) -> impl Iterator<Item = &Region> {
        // No name of a Region comes before this one.
        let recorded = self.recorders.range((account.clone(), Region::new(""))..);
        let recorded = recorded
            .take_while(move |((of, _), _)| of == account)
            .map(|((_, region), _)| region);
        let late = self.late.get(&Some(account.clone())).into_iter().flatten();
        recorded.chain(late.filter_map(|source| source.region.as_ref()))
    }

    fn late(&self, account: &AccountId, region: &Region) -> Option<&LateSource> {
        let of_all = self.late.get(&None).into_iter().flatten();
        let of_account = self.late.get(&Some(account.clone())).into_iter().flatten();
        of_all
            .chain(of_account)
            .find(|source| source.region.as_ref().is_none_or(|of| of == region))
    }

    /// Since when the aggregator has heard nothing new of a Region, where it is late.
    pub(super) fn outdated_since(&self, account: &AccountId, region: &Region) -> Option<Timestamp> {
        self.late(account, region)?.since
    }

    /// How often a Region is recorded.
    pub(super) fn frequency(&self, account: &AccountId, region: &Region) -> Option<String> {
        let recorders = self.recorders.get(&(account.clone(), region.clone()))?;
        let mut keys = recorders.iter().filter(|recorder| recorder.records(Type::Key));
        keys.find_map(|recorder| recorder.recording_mode.recording_frequency.clone())
    }

    /// Whether what the aggregator has of a type is all that there is in a Region.
    pub(super) fn of(&self, account: &AccountId, region: &Region, kind: Type) -> Fact<()> {
        let aggregator = &self.aggregator;
        if let Some(late) = self.late(account, region) {
            let since = late
                .since
                .map(|since| format!(" later than {since}"))
                .unwrap_or_default();
            let error = match late.error.as_str() {
                "" => String::new(),
                error => format!(" ({error})"),
            };
            let what = format!("the aggregator {aggregator} has nothing{since} of this Region{error}");
            return unavailable(STATUS, &late.status, what);
        }
        let Some(recorders) = self.recorders.get(&(account.clone(), region.clone())) else {
            let what =
                format!("the aggregator {aggregator} has no configuration recorder of this account and Region");
            return self
                .unreadable(account, region, Type::Recorder)
                .unwrap_or_else(|| unavailable(SELECT, "NotAggregated", what));
        };
        if recorders.iter().any(|recorder| recorder.records(kind)) {
            return self.unreadable(account, region, kind).unwrap_or(Fact::Known(()));
        }
        match recorders.iter().any(|recorder| recorder.recording) {
            true => unavailable(
                SELECT,
                "TypeNotRecorded",
                format!("AWS Config does not record {} there", kind.name()),
            ),
            false => unavailable(SELECT, "NotRecording", "AWS Config is not recording there".to_owned()),
        }
    }
}

fn unavailable(operation: &Operation, code: &str, message: String) -> Fact<()> {
    Fact::Unavailable(Unavailable {
        operation: operation.id(),
        code: code.to_owned(),
        message,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn recorder(recording: bool, group: Value) -> Recorder {
        serde_json::from_value(json!({ "Recording": recording, "RecordingGroup": group })).unwrap()
    }

    #[test]
    fn a_recorder_records_what_its_group_has_while_it_is_recording() {
        let all = json!({ "AllSupported": true });
        assert!(recorder(true, all.clone()).records(Type::Key) && !recorder(false, all).records(Type::Key));
        let keys = recorder(true, json!({ "ResourceTypes": ["AWS::KMS::Key"] }));
        assert!(keys.records(Type::Key) && !keys.records(Type::Bucket));
        let all_but_keys = recorder(
            true,
            json!({
                "RecordingStrategy": { "UseOnly": "EXCLUSION_BY_RESOURCE_TYPES" },
                "ExclusionByResourceTypes": { "ResourceTypes": ["AWS::KMS::Key"] },
            }),
        );
        assert!(!all_but_keys.records(Type::Key) && all_but_keys.records(Type::Bucket));
        assert!(!Recorder::default().records(Type::Key), "an item that says nothing");
    }

    #[test]
    fn an_organization_that_cannot_be_collected_concerns_every_account() {
        let mut coverage = Coverage::default();
        let (account, region) = (AccountId::new("111122223333"), Region::new("eu-west-3"));
        coverage.add_recorder(
            account.clone(),
            region.clone(),
            recorder(true, json!({ "AllSupported": true })),
        );
        assert_eq!(coverage.of(&account, &region, Type::Key), Fact::Known(()));
        let failed = AggregatedSourceStatus::builder()
            .source_id("o-example0001")
            .last_update_status("FAILED".into())
            .last_error_message("the role is gone");
        coverage.add_status(failed.build());
        let gap = coverage.of(&account, &region, Type::Key);
        let reason = gap.unavailable().unwrap();
        assert_eq!(reason.code, "FAILED");
        assert!(reason.message.ends_with("(the role is gone)"), "{}", reason.message);
    }
}
