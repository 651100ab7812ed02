//! What a trail records of the events of KMS.
//!
//! KMS makes management events of everything it is asked. Those of cryptographic operations, more than 99 % of them, are
//! events that read; those of the administration of keys are events that write:
//! <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-management-events-with-cloudtrail.html>.

use std::fmt;

use crate::facts::{
    AdvancedEventSelector, EventSelector, Fact, FieldSelector, Trail, TrailSelectors, TrailStatus, Unavailable,
};

/// The event source of KMS, in every partition.
const KMS: &str = "kms.amazonaws.com";

/// The operations that CloudTrail's documentation names for the use of keys, and some for their administration.
const USE: &[&str] = &["Decrypt", "Encrypt", "GenerateDataKey"];
const ADMINISTRATION: &[&str] = &["DisableKey", "PutKeyPolicy", "ScheduleKeyDeletion"];

/// What a trail records of the events of KMS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KmsEvents {
    /// All of them.
    All,
    /// Those that read: the use of keys, and not their administration.
    OnlyReading(WhyNotAll),
    /// Those that write: the administration of keys, and not their use.
    OnlyWriting(WhyNotAll),
    /// Some operations and not others, or not whoever asks.
    Some(WhyNotAll),
    /// None.
    None(WhyNotAll),
    /// It could not be read.
    Unknown(WhyNotAll),
}

/// Why a trail does not record everything, or why that is not known: the end of a sentence that begins with the trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WhyNotAll {
    /// Recording is switched off.
    NotLogging,
    /// It records no management events at all.
    NoManagementEvents,
    /// It leaves out the events of KMS.
    LeavesOutKms,
    /// It records only events that read.
    ReadOnly,
    /// It records only events that write.
    WriteOnly,
    /// Its selectors look at more than source and kind of an event.
    Selective,
    /// Whether it records could not be read.
    StatusUnread(Unavailable),
    /// Which events it records could not be read.
    SelectorsUnread(Unavailable),
    /// Nobody asked.
    NotCollected,
}

impl fmt::Display for WhyNotAll {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WhyNotAll::NotLogging => f.write_str("is not logging"),
            WhyNotAll::NoManagementEvents => f.write_str("records no management events"),
            WhyNotAll::LeavesOutKms => write!(f, "leaves out the events of {KMS}"),
            WhyNotAll::ReadOnly => f.write_str("records only events that read"),
            WhyNotAll::WriteOnly => f.write_str("records only events that write, which the use of a key is not"),
            WhyNotAll::Selective => f.write_str("records only some of the events of KMS"),
            WhyNotAll::StatusUnread(reason) => {
                write!(f, "may not be logging: its status was not read ({})", reason.code)
            }
            WhyNotAll::SelectorsUnread(reason) => {
                write!(
                    f,
                    "may leave out KMS: its event selectors were not read ({})",
                    reason.code
                )
            }
            WhyNotAll::NotCollected => f.write_str("was not asked what it records"),
        }
    }
}

impl KmsEvents {
    /// Whether the use of keys is recorded, which a key needs that is there for its audit, and an alarm that counts
    /// throttled requests in a log. `None` where it is not known, or depends on the operation or on who asks.
    pub fn include_use(&self) -> Option<bool> {
        match self {
            KmsEvents::All | KmsEvents::OnlyReading(_) => Some(true),
            KmsEvents::OnlyWriting(_) | KmsEvents::None(_) => Some(false),
            KmsEvents::Some(_) | KmsEvents::Unknown(_) => None,
        }
    }

    /// Why it is not all of them, or not known.
    pub fn why(&self) -> Option<&WhyNotAll> {
        match self {
            KmsEvents::All => None,
            KmsEvents::OnlyReading(why)
            | KmsEvents::OnlyWriting(why)
            | KmsEvents::Some(why)
            | KmsEvents::None(why)
            | KmsEvents::Unknown(why) => Some(why),
        }
    }
}

/// What a trail records of the events of KMS, in the Regions that it covers. What one of status and selectors excludes
/// is excluded whatever the other says.
pub fn kms_events(trail: &Trail) -> KmsEvents {
    let status = match &trail.status {
        Fact::Known(TrailStatus { is_logging: false, .. }) => return KmsEvents::None(WhyNotAll::NotLogging),
        Fact::Known(_) => None,
        Fact::Unavailable(reason) => Some(WhyNotAll::StatusUnread(reason.clone())),
        Fact::NotCollected => Some(WhyNotAll::NotCollected),
    };
    let selected = match &trail.selectors {
        Fact::Known(selectors) => selected(selectors),
        Fact::Unavailable(reason) => KmsEvents::Unknown(WhyNotAll::SelectorsUnread(reason.clone())),
        Fact::NotCollected => KmsEvents::Unknown(WhyNotAll::NotCollected),
    };
    match (selected, status) {
        (KmsEvents::None(why), _) => KmsEvents::None(why),
        (_, Some(unread)) => KmsEvents::Unknown(unread),
        (selected, None) => selected,
    }
}

/// What selectors select of the events of KMS.
fn selected(selectors: &TrailSelectors) -> KmsEvents {
    let of = |operations: &[&'static str], is_read| {
        let events = operations.iter().map(|name| Event { name, is_read });
        Match::of_all(events.map(|event| event.is_selected(selectors)))
    };
    match (of(USE, true), of(ADMINISTRATION, false)) {
        (Match::Yes, Match::Yes) => KmsEvents::All,
        (Match::Yes, Match::No) => KmsEvents::OnlyReading(WhyNotAll::ReadOnly),
        (Match::No, Match::Yes) => KmsEvents::OnlyWriting(WhyNotAll::WriteOnly),
        (Match::No, Match::No) if takes_management_events(selectors) => KmsEvents::None(WhyNotAll::LeavesOutKms),
        (Match::No, Match::No) => KmsEvents::None(WhyNotAll::NoManagementEvents),
        _ => KmsEvents::Some(WhyNotAll::Selective),
    }
}

/// Whether any management events are recorded, of whatever service.
fn takes_management_events(selectors: &TrailSelectors) -> bool {
    let admits_category = |selector: &AdvancedEventSelector| {
        let mut fields = selector.fields.iter();
        fields.any(|field| field.field == "eventCategory" && admits(field, "Management"))
    };
    match selectors {
        TrailSelectors::Basic(basic) => basic.iter().any(|selector| selector.include_management_events),
        TrailSelectors::Advanced(advanced) => advanced.iter().any(admits_category),
    }
}

/// Whether something is so, for some events and not for others in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Match {
    No,
    Sometimes,
    Yes,
}

impl Match {
    /// What is so of several events.
    fn of_all(matches: impl Iterator<Item = Match>) -> Match {
        let (mut least, mut most) = (Match::Yes, Match::No);
        for one in matches {
            (least, most) = (least.min(one), most.max(one));
        }
        if least == most { least } else { Match::Sometimes }
    }
}

impl From<bool> for Match {
    fn from(is_so: bool) -> Self {
        if is_so { Match::Yes } else { Match::No }
    }
}

/// A management event of KMS, as far as it is the same whoever asks for it.
struct Event {
    name: &'static str,
    is_read: bool,
}

impl Event {
    /// An event is recorded if any selector selects it.
    fn is_selected(&self, selectors: &TrailSelectors) -> Match {
        let most = match selectors {
            TrailSelectors::Basic(basic) => basic.iter().map(|selector| self.fits_basic(selector)).max(),
            TrailSelectors::Advanced(advanced) => advanced.iter().map(|selector| self.fits(selector)).max(),
        };
        most.unwrap_or(Match::No)
    }

    fn fits_basic(&self, selector: &EventSelector) -> Match {
        let excluded = &selector.exclude_management_event_sources;
        if !selector.include_management_events || excluded.iter().any(|source| source == KMS) {
            return Match::No;
        }
        match selector.read_write_type.as_str() {
            "All" => Match::Yes,
            "ReadOnly" => self.is_read.into(),
            "WriteOnly" => (!self.is_read).into(),
            _ => Match::Sometimes,
        }
    }

    /// All fields have to fit.
    fn fits(&self, selector: &AdvancedEventSelector) -> Match {
        let fields = selector.fields.iter().map(|field| self.fits_field(field));
        fields.min().unwrap_or(Match::No)
    }

    fn fits_field(&self, field: &FieldSelector) -> Match {
        match field.field.as_str() {
            "eventCategory" => admits(field, "Management").into(),
            "eventSource" => admits(field, KMS).into(),
            "eventName" => admits(field, self.name).into(),
            "eventType" => admits(field, "AwsApiCall").into(),
            "readOnly" => admits(field, if self.is_read { "true" } else { "false" }).into(),
            // Who asked, and how.
            _ => Match::Sometimes,
        }
    }
}

/// Whether a condition on a field admits a value: any of the operators that select, if there are any, and none of those
/// that deselect. There are no wildcards.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/filtering-data-events.html#filtering-data-events-conditions>
fn admits(field: &FieldSelector, value: &str) -> bool {
    type Test = fn(&str, &str) -> bool;
    let equals: Test = |value, wanted| value == wanted;
    let starts: Test = |value, wanted| value.starts_with(wanted);
    let ends: Test = |value, wanted| value.ends_with(wanted);
    let any = |wanted: &[String], test: Test| wanted.iter().any(|wanted| test(value, wanted));
    let selects = [&field.equals, &field.starts_with, &field.ends_with];
    let is_selected = selects.iter().all(|wanted| wanted.is_empty())
        || any(&field.equals, equals)
        || any(&field.starts_with, starts)
        || any(&field.ends_with, ends);
    let is_deselected =
        any(&field.not_equals, equals) || any(&field.not_starts_with, starts) || any(&field.not_ends_with, ends);
    is_selected && !is_deselected
}

#[cfg(test)]
mod tests;
