//! Whether a trail records the use of keys.

use crate::facts::{AdvancedEventSelector, EventSelector, Fact, FieldSelector, Trail, TrailSelectors};

const KMS_SOURCE: &str = "kms.amazonaws.com";

/// Whether a trail records cryptographic requests to KMS; if not, or if that is not known, why: the end of a sentence that
/// begins with the trail.
#[derive(Debug, PartialEq)]
pub(super) enum Records {
    Yes,
    No(String),
    Unknown(String),
}

pub(super) fn records_use(trail: &Trail) -> Records {
    let unread = |what: &str, code: &str| Records::Unknown(format!("{what} could not be read ({code})"));
    match &trail.status {
        Fact::Known(status) if !status.is_logging => return Records::No("is not logging".to_owned()),
        Fact::Known(_) => {}
        Fact::Unavailable(reason) => return unread("may not be logging: its status", &reason.code),
        Fact::NotCollected => return Records::Unknown("was not asked what it records".to_owned()),
    }
    match &trail.selectors {
        Fact::Known(selectors) => match kms_events(selectors) {
            Some(true) => Records::Yes,
            Some(false) => Records::No(format!("leaves out the use of keys among the events of {KMS_SOURCE}")),
            None => Records::Unknown("records only some of the events of KMS".to_owned()),
        },
        Fact::Unavailable(reason) => unread("may leave out KMS: its event selectors", &reason.code),
        Fact::NotCollected => Records::Unknown("was not asked what it records".to_owned()),
    }
}

/// Whether cryptographic requests to KMS, which CloudTrail counts as reads, are among the events; `None` where it depends
/// on more than that.
///
/// Source: <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-management-events-with-cloudtrail.html>.
fn kms_events(selectors: &TrailSelectors) -> Option<bool> {
    let of_each: Vec<Option<bool>> = match selectors {
        TrailSelectors::Basic(selectors) => selectors.iter().map(|selector| Some(basic(selector))).collect(),
        TrailSelectors::Advanced(selectors) => selectors.iter().map(advanced).collect(),
    };
    if of_each.contains(&Some(true)) {
        Some(true)
    } else {
        (!of_each.contains(&None)).then_some(false)
    }
}

fn basic(selector: &EventSelector) -> bool {
    selector.include_management_events
        && selector.read_write_type != "WriteOnly"
        && !selector
            .exclude_management_event_sources
            .iter()
            .any(|source| source == KMS_SOURCE)
}

fn advanced(selector: &AdvancedEventSelector) -> Option<bool> {
    let of_each: Vec<Option<bool>> = selector.fields.iter().map(field).collect();
    if of_each.contains(&Some(false)) {
        Some(false)
    } else {
        (!of_each.contains(&None)).then_some(true)
    }
}

fn field(field: &FieldSelector) -> Option<bool> {
    let value = match field.field.as_str() {
        "eventCategory" => "Management",
        "eventSource" => KMS_SOURCE,
        "readOnly" => "true",
        _ => return None,
    };
    let wanted = field.equals.iter().any(|text| text == value)
        || field.starts_with.iter().any(|text| value.starts_with(text.as_str()))
        || field.ends_with.iter().any(|text| value.ends_with(text.as_str()));
    let asks = !(field.equals.is_empty() && field.starts_with.is_empty() && field.ends_with.is_empty());
    let excluded = field.not_equals.iter().any(|text| text == value)
        || field
            .not_starts_with
            .iter()
            .any(|text| value.starts_with(text.as_str()))
        || field.not_ends_with.iter().any(|text| value.ends_with(text.as_str()));
    Some((wanted || !asks) && !excluded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::examples::{denied, trail};

    #[test]
    fn basic_selectors_can_leave_out_kms_or_reads() {
        let recorded = |read_write_type: &str, exclude: &[&str]| {
            kms_events(&TrailSelectors::Basic(vec![EventSelector {
                include_management_events: true,
                read_write_type: read_write_type.into(),
                exclude_management_event_sources: exclude.iter().map(|source| source.to_string()).collect(),
            }]))
        };
        assert_eq!(recorded("All", &[]), Some(true));
        assert_eq!(recorded("All", &[KMS_SOURCE]), Some(false));
        assert_eq!(
            recorded("WriteOnly", &[]),
            Some(false),
            "cryptographic requests are reads"
        );
    }

    #[test]
    fn what_could_not_be_read_is_unknown() {
        let mut unread = trail();
        unread.selectors = denied("cloudtrail:GetEventSelectors");
        assert!(matches!(records_use(&unread), Records::Unknown(_)));
        let mut unread = trail();
        unread.status = denied("cloudtrail:GetTrailStatus");
        assert!(matches!(records_use(&unread), Records::Unknown(_)));
        assert_eq!(records_use(&trail()), Records::Yes);
    }

    #[test]
    fn advanced_selectors_are_read_field_by_field() {
        let recorded = |fields: &[FieldSelector]| {
            kms_events(&TrailSelectors::Advanced(vec![AdvancedEventSelector {
                name: None,
                fields: fields.to_vec(),
            }]))
        };
        let management = FieldSelector {
            field: "eventCategory".into(),
            equals: vec!["Management".into()],
            ..FieldSelector::default()
        };
        assert_eq!(recorded(std::slice::from_ref(&management)), Some(true));
        let without_kms = FieldSelector {
            field: "eventSource".into(),
            not_equals: vec![KMS_SOURCE.into()],
            ..FieldSelector::default()
        };
        assert_eq!(recorded(&[management.clone(), without_kms]), Some(false));
        let names = FieldSelector {
            field: "eventName".into(),
            equals: vec!["Decrypt".into()],
            ..FieldSelector::default()
        };
        assert_eq!(recorded(&[management, names]), None);
        let data = FieldSelector {
            field: "eventCategory".into(),
            equals: vec!["Data".into()],
            ..FieldSelector::default()
        };
        assert_eq!(recorded(&[data]), Some(false));
    }
}
