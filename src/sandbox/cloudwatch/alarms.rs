//! DescribeAlarms: which alarms are asked for, in pages.

mod shape;

use crate::sandbox::call::Call;
use crate::sandbox::estate::{Alarm, Region, Watches};
use crate::sandbox::paging::{PagingFault, page};
use crate::sandbox::service::{Refusal, page_size};
use crate::sandbox::wire::value::Value;
use serde_json::json;
use shape::Place;

/// The words of the API, and the member of the answer that has the alarms of each type.
const TYPES: [(&str, &str); 3] = [
    ("MetricAlarm", "MetricAlarms"),
    ("CompositeAlarm", "CompositeAlarms"),
    ("LogAlarm", "LogAlarms"),
];
const STATES: [&str; 3] = ["OK", "ALARM", "INSUFFICIENT_DATA"];
const NAMES_IN_A_CALL: usize = 100;
const USUAL_PAGE: usize = 50;
const LONGEST_PAGE: usize = 100;
/// The only members that go with ChildrenOfAlarmName and ParentsOfAlarmName.
const OF_PAGES: [&str; 2] = ["MaxRecords", "NextToken"];

pub(super) fn describe_alarms<'a>(
    call: &'a Call<'_>,
    region: &'a Region,
    input: &Value<'_>,
    fault: Option<PagingFault>,
) -> Result<Value<'a>, Refusal> {
    let place = Place::of(call, region);
    let wanted = Wanted::read(input)?;
    let size = input.number("MaxRecords").map(|size| size as i64);
    let size = page_size(size, "maxRecords", USUAL_PAGE, LONGEST_PAGE);
    let size = size.map_err(|refusal| invalid(refusal.message))?;
    let found: Vec<(&str, &Alarm)> = region
        .alarms
        .named()
        .filter(|(name, alarm)| wanted.has(name, alarm, region, &place))
        .collect();
    let list = format!("DescribeAlarms/{}", call.region);
    let page = page(&list, found.len(), size, input.text("NextToken"), fault)
        .ok_or_else(|| Refusal::new("InvalidNextToken", "The next token specified is invalid."))?;
    let of_type = |wanted_type: &str| {
        let alarms = found[page.range.clone()].iter();
        let alarms = alarms.filter(|(_, alarm)| type_of(alarm) == wanted_type);
        Value::list_of(alarms.map(|(name, alarm)| wanted.entry(name, alarm, &place)))
    };
    let lists = TYPES.map(|(name, member)| (member, of_type(name)));
    let [metric, composite, log] = lists;
    Ok(Value::map([metric, composite, log, ("NextToken", page.next.into())]))
}

/// Which alarms are asked for, and how much of them.
enum Wanted<'a> {
    All {
        types: Vec<&'a str>,
        names: Vec<&'a str>,
        prefix: &'a str,
        state: Option<&'a str>,
        action_prefix: Option<&'a str>,
    },
    ChildrenOf(&'a str),
    ParentsOf(&'a str),
}

impl<'a> Wanted<'a> {
    fn read(input: &'a Value<'_>) -> Result<Wanted<'a>, Refusal> {
        for (member, of) in [
            ("ChildrenOfAlarmName", Wanted::ChildrenOf as fn(&'a str) -> Wanted<'a>),
            ("ParentsOfAlarmName", Wanted::ParentsOf),
        ] {
            if let Some(name) = input.text(member) {
                alone(input, member)?;
                return Ok(of(name));
            }
        }
        let types = texts(input, "AlarmTypes");
        if let Some(unknown) = types.iter().find(|given| TYPES.iter().all(|(name, _)| name != *given)) {
            return Err(no_such_word(unknown, "alarmTypes", &TYPES.map(|(name, _)| name)));
        }
        let state = input.text("StateValue");
        if let Some(unknown) = state.filter(|state| !STATES.contains(state)) {
            return Err(no_such_word(unknown, "stateValue", &STATES));
        }
        let names = texts(input, "AlarmNames");
        if names.len() > NAMES_IN_A_CALL {
            return Err(invalid(format!(
                "The collection AlarmNames must not have a size greater than {NAMES_IN_A_CALL}."
            )));
        }
        let prefix = input.text("AlarmNamePrefix");
        if prefix.is_some() && !names.is_empty() {
            return Err(invalid("AlarmNamePrefix and AlarmNames cannot be specified together"));
        }
        Ok(Wanted::All {
            // Only metric alarms, if nobody asks for others.
            types: if types.is_empty() { vec![TYPES[0].0] } else { types },
            names,
            prefix: prefix.unwrap_or_default(),
            state,
            action_prefix: input.text("ActionPrefix"),
        })
    }

    fn has(&self, name: &str, alarm: &Alarm, region: &Region, place: &Place<'_>) -> bool {
        match self {
            Wanted::All {
                types,
                names,
                prefix,
                state,
                action_prefix,
            } => {
                types.contains(&type_of(alarm))
                    && (names.is_empty() || names.contains(&name))
                    && name.starts_with(prefix)
                    && state.is_none_or(|state| json!(alarm.state) == state)
                    && action_prefix.is_none_or(|prefix| {
                        let mut actions = place.actions_of(alarm);
                        actions.any(|action| action.starts_with(prefix))
                    })
            }
            Wanted::ChildrenOf(parent) => {
                let mut all = region.alarms.named();
                let parent = all.find(|(name, _)| name == parent);
                parent.is_some_and(|(_, parent)| names(parent, name, place))
            }
            Wanted::ParentsOf(child) => names(alarm, child, place),
        }
    }

    /// An alarm in the answer: those who ask for the family of an alarm learn only who they are.
    fn entry<'b>(&self, name: &'b str, alarm: &'b Alarm, place: &Place<'_>) -> Value<'b> {
        match self {
            Wanted::All { .. } => place.alarm(name, alarm),
            Wanted::ChildrenOf(_) => Value::map([
                ("AlarmName", name.into()),
                ("AlarmArn", place.arn(name).into()),
                ("StateValue", json!(alarm.state).into()),
                ("StateUpdatedTimestamp", shape::time(alarm.updated)),
            ]),
            Wanted::ParentsOf(_) => Value::map([("AlarmName", name.into()), ("AlarmArn", place.arn(name).into())]),
        }
    }
}

fn type_of(alarm: &Alarm) -> &'static str {
    let [metric, composite, log] = TYPES.map(|(name, _)| name);
    match alarm.watches {
        Watches::Metrics(_) => metric,
        Watches::Alarms(_) => composite,
        Watches::Logs(_) => log,
    }
}

/// Whether the rule of a composite alarm names another alarm, by its name or ARN.
fn names(alarm: &Alarm, other: &str, place: &Place<'_>) -> bool {
    match &alarm.watches {
        Watches::Alarms(rule) => {
            let arn = place.arn(other);
            references(rule).any(|named| named == other || named == arn)
        }
        _ => false,
    }
}

/// What the functions of a rule are about: `ALARM(name) OR OK("name")`.
fn references(rule: &str) -> impl Iterator<Item = &str> {
    let mut rest = rule;
    std::iter::from_fn(move || {
        loop {
            let (function, argument) = rest.split_once('(')?;
            let argument = argument.trim_start();
            rest = argument;
            if !STATES.iter().any(|state| function.trim_end().ends_with(state)) {
                continue;
            }
            let (name, after) = match argument.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"')?,
                None => argument.split_once(')')?,
            };
            rest = after;
            return Some(name.trim_end());
        }
    })
}

/// Whether nothing but a page is asked for beside `member`.
fn alone(input: &Value<'_>, member: &str) -> Result<(), Refusal> {
    let Value::Map(members) = input else {
        return Ok(());
    };
    let mut others = members.iter().filter(|(_, value)| *value != Value::Null);
    match others.find(|(name, _)| name != member && !OF_PAGES.contains(&&**name)) {
        None => Ok(()),
        Some((other, _)) => Err(invalid(format!("{other} cannot be specified together with {member}"))),
    }
}

fn texts<'a>(input: &'a Value<'_>, member: &str) -> Vec<&'a str> {
    let text = |item: &'a Value<'_>| match item {
        Value::Text(text) => Some(&**text),
        _ => None,
    };
    input.list(member).iter().filter_map(text).collect()
}

fn no_such_word(word: &str, member: &str, known: &[&str]) -> Refusal {
    invalid(format!(
        "1 validation error detected: Value '{word}' at '{member}' failed to satisfy constraint: Member must satisfy \
         enum value set: [{}]",
        known.join(", ")
    ))
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new("ValidationError", message)
}

#[cfg(test)]
mod tests;
