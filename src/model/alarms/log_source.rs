//! Whether a log group gets the events of KMS: alarms on logs see nothing else.

use super::fault::Fault;
use crate::facts::{AccountFacts, Fact, RegionFacts, Trail};
use crate::model::trail::{WhyNotAll, kms_events};

/// Whether the events of KMS arrive.
#[derive(Debug, PartialEq)]
pub(super) enum Arrival<'a> {
    /// By these trails.
    By(Vec<&'a Trail>),
    /// They do not.
    Never(Vec<Fault>),
    /// That could not be read, and why.
    Unclear(String),
}

/// Whether the events of KMS in a Region arrive in at least one of these log groups of it.
pub(super) fn arrival<'a>(account: &'a AccountFacts, region: &RegionFacts, log_groups: &[&str]) -> Arrival<'a> {
    let arns = match &region.trails {
        Fact::Known(arns) => arns,
        Fact::Unavailable(reason) => {
            return Arrival::Unclear(format!("the trails of the Region could not be read: {}", reason.code));
        }
        Fact::NotCollected => return Arrival::Unclear("the trails of the Region were not collected".to_owned()),
    };
    if arns
        .iter()
        .any(|arn| account.trails.iter().all(|trail| trail.arn != *arn))
    {
        return Arrival::Unclear("a trail of the Region was not collected".to_owned());
    }
    let (mut by, mut faults, mut unclear) = (Vec::new(), Vec::new(), None);
    for written in log_groups {
        let group = LogGroup::named(written, region.region.as_str(), account.account_id.as_str());
        let trails = account.trails.iter().filter(|trail| arns.contains(&trail.arn));
        let delivering = trails.filter(|trail| {
            let target = trail.log_group.as_deref();
            target.is_some_and(|target| LogGroup::named(target, "", "") == group)
        });
        let mut delivered = false;
        for trail in delivering {
            delivered = true;
            let log_group = group.name.to_owned();
            let events = kms_events(trail);
            let why = events.why().map(WhyNotAll::to_string).unwrap_or_default();
            match (events.include_use(), delivery_error(trail)) {
                (Some(true), None) => by.push(trail),
                (Some(true), Some(_)) => {
                    unclear = Some("a trail last failed to deliver to its log group".to_owned());
                }
                (Some(false), _) => faults.push(Fault::SilentTrail {
                    trail: trail.arn.clone(),
                    log_group,
                    why,
                }),
                (None, _) => unclear = Some(format!("a trail {why}")),
            }
        }
        if !delivered {
            faults.push(Fault::NoTrail {
                log_group: group.name.to_owned(),
            });
        }
    }
    match unclear {
        _ if !by.is_empty() => Arrival::By(by),
        Some(why) => Arrival::Unclear(why),
        None => Arrival::Never(faults),
    }
}

#[derive(PartialEq)]
struct LogGroup<'t> {
    region: &'t str,
    account: &'t str,
    name: &'t str,
}

impl<'t> LogGroup<'t> {
    /// From an ARN, `arn:aws:logs:eu-west-3:111122223333:log-group:trail:*`, or a name, which has no colon.
    fn named(text: &'t str, region: &'t str, account: &'t str) -> Self {
        let parts: Vec<&str> = text.split(':').collect();
        match parts.as_slice() {
            ["arn", _, _, region, account, _, name, ..] => LogGroup { region, account, name },
            _ => LogGroup {
                region,
                account,
                name: text,
            },
        }
    }
}

/// What went wrong when the trail last delivered to its log group.
fn delivery_error(trail: &Trail) -> Option<&str> {
    trail.status.known()?.log_group_error.as_deref()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::examples::{account, denied, region, trail};

    fn arrives(trail: Option<Trail>, log_group: &str) -> Option<bool> {
        let mut here = region([]);
        here.trails = Fact::Known(trail.iter().map(|trail| trail.arn.clone()).collect());
        let mut facts = account(here);
        facts.trails = trail.into_iter().collect();
        match arrival(&facts, &facts.regions[0], &[log_group]) {
            Arrival::By(_) => Some(true),
            Arrival::Never(_) => Some(false),
            Arrival::Unclear(_) => None,
        }
    }

    #[test]
    fn events_arrive_in_the_log_group_that_a_trail_delivers_to_by_name_or_arn() {
        assert_eq!(arrives(Some(trail()), "trail"), Some(true));
        let arn = "arn:aws:logs:eu-west-3:111122223333:log-group:trail";
        assert_eq!(arrives(Some(trail()), arn), Some(true));
    }

    #[test]
    fn events_do_not_arrive_without_a_trail_or_in_another_log_group() {
        assert_eq!(arrives(None, "trail"), Some(false));
        assert_eq!(arrives(Some(trail()), "application"), Some(false));
        let arn = "arn:aws:logs:eu-west-1:111122223333:log-group:trail";
        assert_eq!(arrives(Some(trail()), arn), Some(false), "of another Region");
    }

    #[test]
    fn a_trail_that_leaves_out_what_counts_or_fails_to_deliver_is_no_source() {
        let mut off = trail();
        if let Fact::Known(status) = &mut off.status {
            status.is_logging = false;
        }
        assert_eq!(arrives(Some(off), "trail"), Some(false));
        let mut failing = trail();
        if let Fact::Known(status) = &mut failing.status {
            status.log_group_error = Some("AccessDenied".into());
        }
        assert_eq!(arrives(Some(failing), "trail"), None);
    }

    #[test]
    fn what_could_not_be_read_is_unclear() {
        let mut here = region([]);
        here.trails = denied("cloudtrail:DescribeTrails");
        let facts = account(here);
        assert!(matches!(
            arrival(&facts, &facts.regions[0], &["trail"]),
            Arrival::Unclear(_)
        ));
    }
}
