//! The rules of composite alarms.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html>.

use std::borrow::Cow;

use winnow::Result;
use winnow::ascii::{Caseless, multispace0, take_escaped};
use winnow::combinator::{alt, delimited, preceded, repeat, separated, terminated};
use winnow::error::ContextError;
use winnow::prelude::*;
use winnow::token::{any as any_letter, literal, none_of, take_till};

use super::is_shallow;
use crate::facts::AlarmState;

/// A rule.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Rule<'t> {
    Any(Vec<Rule<'t>>),
    All(Vec<Rule<'t>>),
    Not(Box<Rule<'t>>),
    /// Whether the alarm of this name or ARN is in this state.
    Is(AlarmState, Cow<'t, str>),
    Constant(bool),
}

impl<'t> Rule<'t> {
    /// Reads a rule; `None` where it is not one of those that are understood.
    pub(super) fn parse(text: &'t str) -> Option<Self> {
        if !is_shallow(text) {
            return None;
        }
        any.parse(text).ok()
    }

    /// Every alarm that it refers to.
    pub(super) fn for_each_name(&self, each: &mut dyn FnMut(&str)) {
        match self {
            Rule::Constant(_) => {}
            Rule::Is(_, name) => each(name),
            Rule::Not(rule) => rule.for_each_name(each),
            Rule::All(rules) | Rule::Any(rules) => rules.iter().for_each(|rule| rule.for_each_name(each)),
        }
    }

    /// Whether it holds, the alarms being in these states; `None` where it depends on one whose state is not known.
    pub(super) fn holds(&self, state_of: &mut dyn FnMut(&str) -> Option<AlarmState>) -> Option<bool> {
        match self {
            Rule::Constant(value) => Some(*value),
            Rule::Is(state, name) => Some(state_of(name)? == *state),
            Rule::Not(rule) => Some(!rule.holds(state_of)?),
            Rule::All(rules) => among(rules, false, state_of),
            Rule::Any(rules) => among(rules, true, state_of),
        }
    }
}

/// One rule of that value decides for all.
fn among(rules: &[Rule<'_>], decisive: bool, state_of: &mut dyn FnMut(&str) -> Option<AlarmState>) -> Option<bool> {
    let mut open = false;
    for rule in rules {
        match rule.holds(state_of) {
            Some(holds) if holds == decisive => return Some(decisive),
            Some(_) => {}
            None => open = true,
        }
    }
    (!open).then_some(!decisive)
}

fn any<'t>(input: &mut &'t str) -> Result<Rule<'t>> {
    separated(1.., all, word("OR")).map(Rule::Any).parse_next(input)
}

fn all<'t>(input: &mut &'t str) -> Result<Rule<'t>> {
    separated(1.., factor, word("AND")).map(Rule::All).parse_next(input)
}

fn factor<'t>(input: &mut &'t str) -> Result<Rule<'t>> {
    let negations: usize = repeat(0.., preceded(multispace0, word("NOT"))).parse_next(input)?;
    let rule = delimited(multispace0, atom, multispace0).parse_next(input)?;
    Ok(if negations % 2 == 1 {
        Rule::Not(Box::new(rule))
    } else {
        rule
    })
}

fn atom<'t>(input: &mut &'t str) -> Result<Rule<'t>> {
    let state = alt((
        word("ALARM").value(AlarmState::Alarm),
        word("OK").value(AlarmState::Ok),
        word("INSUFFICIENT_DATA").value(AlarmState::InsufficientData),
    ));
    alt((
        (terminated(state, multispace0), delimited('(', name, ')')).map(|(state, name)| Rule::Is(state, name)),
        word("TRUE").value(Rule::Constant(true)),
        word("FALSE").value(Rule::Constant(false)),
        delimited('(', any, ')'),
    ))
    .parse_next(input)
}

/// The name or ARN of an alarm: in quotation marks, where `\"` stands for one, or without.
fn name<'t>(input: &mut &'t str) -> Result<Cow<'t, str>> {
    let letters = take_escaped(none_of(['"', '\\']), '\\', any_letter).map(|name: &str| {
        if name.contains('\\') {
            Cow::Owned(unescaped(name))
        } else {
            Cow::Borrowed(name)
        }
    });
    let quoted = delimited((multispace0, '"'), letters, ('"', multispace0));
    let bare = take_till(1.., ['(', ')', '"', ',']).map(|name: &str| Cow::Borrowed(name.trim()));
    alt((quoted, bare)).parse_next(input)
}

fn unescaped(name: &str) -> String {
    let mut letters = name.chars();
    let mut plain = String::with_capacity(name.len());
    while let Some(letter) = letters.next() {
        plain.extend(if letter == '\\' { letters.next() } else { Some(letter) });
    }
    plain
}

fn word<'t>(word: &'static str) -> impl Parser<&'t str, &'t str, ContextError> {
    literal(Caseless(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The value of a rule while the alarm `a` is in the state ALARM, `b` is OK and nothing is known of others.
    fn holds(rule: &str) -> Option<bool> {
        Rule::parse(rule).unwrap().holds(&mut |name| match name {
            "a" => Some(AlarmState::Alarm),
            "b" => Some(AlarmState::Ok),
            _ => None,
        })
    }

    #[test]
    fn a_rule_is_read_with_its_precedence() {
        assert_eq!(holds(r#"ALARM("a")"#), Some(true));
        assert_eq!(holds("ALARM(a) AND NOT ALARM( b )"), Some(true));
        let quoted = Rule::parse(r#"ALARM( "say \"a\"" )"#).unwrap();
        let mut names = Vec::new();
        quoted.for_each_name(&mut |name| names.push(name.to_owned()));
        assert_eq!(names, [r#"say "a""#]);
        assert_eq!(holds("OK(a) AND OK(b) OR ALARM(a)"), Some(true));
        assert_eq!(holds("OK(a) AND (OK(b) OR ALARM(a))"), Some(false));
        assert_eq!(holds("NOT NOT (INSUFFICIENT_DATA(a) or FALSE)"), Some(false));
    }

    #[test]
    fn what_depends_on_an_unknown_alarm_is_unknown_unless_the_rest_decides() {
        assert_eq!(holds("ALARM(a) AND ALARM(c)"), None);
        assert_eq!(holds("ALARM(b) AND ALARM(c)"), Some(false));
        assert_eq!(holds("ALARM(a) OR ALARM(c)"), Some(true));
        assert_eq!(holds("TRUE"), Some(true));
    }

    #[test]
    fn what_is_no_rule_is_refused() {
        for text in [
            "",
            "ALARM",
            "ALARM()",
            "a OR b",
            "AT_LEAST(2, ALARM, (a, b))",
            "ALARM(a) ALARM(b)",
        ] {
            assert_eq!(Rule::parse(text), None, "{text}");
        }
        assert_eq!(Rule::parse(&"(".repeat(100_000)), None);
        assert!(Rule::parse(&format!("{}TRUE", "NOT ".repeat(50_000))).is_some());
    }
}
