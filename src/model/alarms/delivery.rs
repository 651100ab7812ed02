//! Whether anyone is told when an alarm goes off: by its own actions, or by those of a composite alarm that goes off
//! with it.

use std::collections::HashMap;

use super::composite_rule::Rule;
use super::fault::Fault;
use crate::facts::{Alarm, AlarmKind, AlarmState};

/// The alarms of a Region, by the names and ARNs that rules use.
pub(super) struct Delivery<'a> {
    by_name: HashMap<&'a str, &'a Alarm>,
    composites: Vec<(&'a Alarm, &'a str)>,
    rules: HashMap<&'a str, Option<Rule<'a>>>,
}

/// Whether anyone is told.
#[derive(Debug, PartialEq)]
pub(super) enum Told {
    Someone,
    Nobody(Vec<Fault>),
    /// It depends on what is not known.
    Perhaps(&'static str),
}

/// How a composite alarm answers to one that it refers to.
#[derive(Clone, Copy, PartialEq)]
enum Answers {
    Always,
    Perhaps,
    Never,
}

impl<'a> Delivery<'a> {
    pub(super) fn new(alarms: &'a [Alarm]) -> Self {
        let names = alarms
            .iter()
            .flat_map(|alarm| [(alarm.name.as_str(), alarm), (alarm.arn.as_str(), alarm)]);
        let composites: Vec<_> = alarms
            .iter()
            .filter_map(|alarm| match &alarm.kind {
                AlarmKind::Composite { rule } => Some((alarm, rule.as_str())),
                AlarmKind::Metric(_) | AlarmKind::Log(_) => None,
            })
            .collect();
        Delivery {
            by_name: names.collect(),
            rules: composites
                .iter()
                .map(|(alarm, rule)| (alarm.name.as_str(), Rule::parse(rule)))
                .collect(),
            composites,
        }
    }

    pub(super) fn of(&self, alarm: &Alarm) -> Told {
        let Some(own) = silence(alarm) else {
            return Told::Someone;
        };
        let mut faults = vec![own];
        let mut perhaps = None;
        for (composite, rule) in &self.composites {
            let answers = self.answers(composite, rule, alarm);
            match (answers, silence(composite)) {
                (Answers::Always, None) => return Told::Someone,
                (Answers::Always, Some(_)) => faults.push(Fault::SilentComposite {
                    name: composite.name.clone(),
                }),
                (Answers::Perhaps, None) => {
                    perhaps.get_or_insert("whether a composite alarm goes off with it is not certain");
                }
                (Answers::Perhaps, Some(_)) | (Answers::Never, _) => {}
            }
        }
        perhaps.map_or(Told::Nobody(faults), Told::Perhaps)
    }

    fn answers(&self, composite: &Alarm, rule: &str, alarm: &Alarm) -> Answers {
        let Some(Some(_)) = self.rules.get(composite.name.as_str()) else {
            // It cannot be read. The name says whether it is about the alarm at all.
            let refers = rule.contains(&alarm.name) || rule.contains(alarm.arn.as_str());
            return if refers { Answers::Perhaps } else { Answers::Never };
        };
        let state = |of_alarm, of_others| {
            let mut scene = Scene {
                delivery: self,
                alarm,
                of_alarm,
                of_others,
                known: HashMap::new(),
            };
            scene.state_of(&composite.name)
        };
        let calm = state(AlarmState::Ok, Some(AlarmState::Ok));
        let with_it = state(AlarmState::Alarm, Some(AlarmState::Ok));
        if calm != Some(AlarmState::Alarm) && with_it == Some(AlarmState::Alarm) {
            return Answers::Always;
        }
        // With others in whatever state: does the alarm make a difference?
        let (without, with) = (state(AlarmState::Ok, None), state(AlarmState::Alarm, None));
        if with == Some(AlarmState::Ok) || without == with && without.is_some() || !self.refers(composite, alarm) {
            Answers::Never
        } else {
            Answers::Perhaps
        }
    }

    /// Whether a composite alarm refers to another, or to a composite alarm that does.
    fn refers(&self, composite: &Alarm, alarm: &Alarm) -> bool {
        let mut seen = vec![composite.name.as_str()];
        let mut next = 0;
        while let Some(name) = seen.get(next).copied() {
            next += 1;
            let Some(rule) = self.rules.get(name).and_then(Option::as_ref) else {
                continue;
            };
            let mut found = false;
            rule.for_each_name(&mut |name| {
                let named = self.by_name.get(name);
                found |= named.is_some_and(|named| named.arn == alarm.arn);
                if let Some(named) = named.filter(|named| !seen.contains(&named.name.as_str())) {
                    seen.push(&named.name);
                }
            });
            if found {
                return true;
            }
        }
        false
    }
}

/// Why an alarm by itself tells nobody, if that is so.
fn silence(alarm: &Alarm) -> Option<Fault> {
    if alarm.actions.is_empty() {
        Some(Fault::NoActions)
    } else if !alarm.actions_enabled {
        Some(Fault::ActionsOff)
    } else {
        None
    }
}

/// The alarm in one state, the others that watch something in another.
struct Scene<'s, 'a> {
    delivery: &'s Delivery<'a>,
    alarm: &'s Alarm,
    of_alarm: AlarmState,
    of_others: Option<AlarmState>,
    /// The states of composite alarms; `None` while a state is being found out, so that a circle ends.
    known: HashMap<&'a str, Option<AlarmState>>,
}

impl<'a> Scene<'_, 'a> {
    fn state_of(&mut self, name: &str) -> Option<AlarmState> {
        let Some(named) = self.delivery.by_name.get(name).copied() else {
            return self.of_others.clone();
        };
        if named.arn == self.alarm.arn {
            return Some(self.of_alarm.clone());
        }
        let delivery = self.delivery;
        let Some(rule) = delivery.rules.get(named.name.as_str()) else {
            return self.of_others.clone();
        };
        if let Some(known) = self.known.get(named.name.as_str()) {
            return known.clone();
        }
        self.known.insert(&named.name, None);
        let holds = rule.as_ref()?.holds(&mut |name| self.state_of(name))?;
        let state = Some(if holds { AlarmState::Alarm } else { AlarmState::Ok });
        self.known.insert(&named.name, state.clone());
        state
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::examples::{composite_alarm, math_alarm};

    /// An alarm `usage` without actions, beside composite alarms of these names and rules.
    fn told(composites: &[(&str, &str)]) -> Told {
        let mut usage = math_alarm("m1/SERVICE_QUOTA(m1)*100", 80.0);
        usage.name = "usage".into();
        usage.actions.clear();
        let mut alarms = vec![usage];
        alarms.extend(composites.iter().map(|(name, rule)| composite_alarm(name, rule)));
        Delivery::new(&alarms).of(&alarms[0])
    }

    #[test]
    fn an_alarm_without_actions_tells_nobody() {
        assert_eq!(told(&[]), Told::Nobody(vec![Fault::NoActions]));
        assert_eq!(
            told(&[("other", "ALARM(something-else)")]),
            Told::Nobody(vec![Fault::NoActions])
        );
    }

    #[test]
    fn a_composite_alarm_that_goes_off_with_it_tells_someone() {
        for rule in [
            "ALARM(usage)",
            r#"ALARM("arn:aws:cloudwatch:eu-west-3:111122223333:alarm:kms") OR ALARM(usage)"#,
            "ALARM(usage) AND NOT ALARM(deploying)",
            "NOT OK(usage)",
        ] {
            assert_eq!(told(&[("page", rule)]), Told::Someone, "{rule}");
        }
        assert_eq!(
            told(&[("page", "ALARM(inner)"), ("inner", "ALARM(usage) OR ALARM(x)")]),
            Told::Someone,
            "through another"
        );
    }

    #[test]
    fn a_composite_alarm_that_needs_more_or_cannot_be_read_leaves_it_open() {
        for rule in ["ALARM(usage) AND ALARM(s3-errors)", "AT_LEAST(1, ALARM, (usage))"] {
            assert!(matches!(told(&[("page", rule)]), Told::Perhaps(_)), "{rule}");
        }
    }

    #[test]
    fn a_composite_alarm_that_goes_off_without_it_tells_nobody_of_it() {
        for rule in ["OK(usage)", "TRUE", "ALARM(usage) AND FALSE", "ALARM(page)"] {
            assert!(matches!(told(&[("page", rule)]), Told::Nobody(_)), "{rule}");
        }
    }

    #[test]
    fn a_silent_composite_alarm_is_named() {
        let mut alarms = vec![math_alarm("m1", 1.0), composite_alarm("page", "ALARM(kms)")];
        alarms[0].name = "kms".into();
        alarms[0].actions_enabled = false;
        alarms[1].actions.clear();
        let Told::Nobody(faults) = Delivery::new(&alarms).of(&alarms[0]) else {
            panic!("nobody is told");
        };
        assert_eq!(
            faults,
            [Fault::ActionsOff, Fault::SilentComposite { name: "page".into() }]
        );
    }
}
