//! What a metric filter selects: the filter patterns of CloudWatch Logs for events in JSON.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html>.

use wildmatch::WildMatchPattern;
use winnow::Result;
use winnow::ascii::{Caseless, multispace0, multispace1};
use winnow::combinator::{alt, delimited, preceded, separated, terminated};
use winnow::error::ContextError;
use winnow::prelude::*;
use winnow::token::{literal, take_till, take_while};

use super::is_shallow;

/// A word that whoever selects throttled requests writes.
const THROTTLING: &str = "throttl";
const KMS: &str = "kms";
/// The event source of KMS, and the error code of a throttled request, in CloudTrail.
const KMS_SOURCE: &str = "kms.amazonaws.com";
const THROTTLED: &str = "ThrottlingException";

/// Whether a pattern selects the requests that KMS throttled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Selects {
    Throttling,
    SomethingElse,
    /// It is about them, but cannot be read, or asks for more than is known of them.
    Unclear,
}

/// A filter pattern.
#[derive(Debug)]
pub(super) struct FilterPattern<'t> {
    condition: Option<Condition<'t>>,
    /// Whether it speaks of throttling.
    names_throttling: bool,
    /// Whether it speaks of KMS. If not, it was not written for KMS alone.
    pub names_kms: bool,
}

#[derive(Debug)]
enum Condition<'t> {
    All(Vec<Condition<'t>>),
    Any(Vec<Condition<'t>>),
    Comparison { field: &'t str, is: Comparison<'t> },
}

#[derive(Clone, Copy, Debug)]
enum Comparison<'t> {
    Equal(&'t str),
    NotEqual(&'t str),
    /// `IS NULL` and `NOT EXISTS`.
    Absent,
    /// A regular expression, a number, a truth value.
    Other,
}

/// What is known of a throttled request of KMS in an event of CloudTrail.
struct Event<'a> {
    region: &'a str,
    error_code: Option<&'a str>,
}

impl<'t> FilterPattern<'t> {
    pub(super) fn read(text: &'t str) -> Self {
        let lower = text.to_ascii_lowercase();
        let readable = is_shallow(text);
        FilterPattern {
            condition: readable.then(|| pattern.parse(text).ok()).flatten(),
            names_throttling: lower.contains(THROTTLING),
            names_kms: lower.contains(KMS),
        }
    }

    /// Whether it selects the requests that KMS throttled in a Region.
    pub(super) fn selects(&self, region: &str) -> Selects {
        if !self.names_throttling {
            return Selects::SomethingElse;
        }
        let otherwise = if self.names_kms {
            Selects::Unclear
        } else {
            Selects::SomethingElse
        };
        let Some(condition) = &self.condition else {
            return otherwise;
        };
        let with = |error_code| condition.holds(&Event { region, error_code });
        match (with(Some(THROTTLED)), with(None)) {
            (Some(true), _) => Selects::Throttling,
            (_, Some(false)) => Selects::SomethingElse,
            _ => otherwise,
        }
    }
}

impl Condition<'_> {
    /// `None` where it depends on what is not known of the event.
    fn holds(&self, event: &Event<'_>) -> Option<bool> {
        let among = |conditions: &[Condition<'_>], decisive: bool| {
            let mut open = false;
            for condition in conditions {
                match condition.holds(event) {
                    Some(holds) if holds == decisive => return Some(decisive),
                    Some(_) => {}
                    None => open = true,
                }
            }
            (!open).then_some(!decisive)
        };
        match self {
            Condition::All(conditions) => among(conditions, false),
            Condition::Any(conditions) => among(conditions, true),
            Condition::Comparison { field, is } => {
                let value = event.field(field)?;
                match is {
                    Comparison::Equal(wanted) => Some(matches(wanted, value)),
                    Comparison::NotEqual(unwanted) => Some(!matches(unwanted, value)),
                    Comparison::Absent => Some(false),
                    Comparison::Other => None,
                }
            }
        }
    }
}

impl<'a> Event<'a> {
    fn field(&self, name: &str) -> Option<&'a str> {
        match name {
            "eventSource" => Some(KMS_SOURCE),
            "errorCode" => self.error_code,
            "awsRegion" => Some(self.region),
            _ => None,
        }
    }
}

/// `*` is any text; no other letter has a meaning of its own.
fn matches(wanted: &str, value: &str) -> bool {
    WildMatchPattern::<'*', '\0'>::new(wanted).matches(value)
}

fn pattern<'t>(input: &mut &'t str) -> Result<Condition<'t>> {
    delimited(spaced("{"), any, spaced("}")).parse_next(input)
}

fn any<'t>(input: &mut &'t str) -> Result<Condition<'t>> {
    separated(1.., all, spaced("||")).map(Condition::Any).parse_next(input)
}

fn all<'t>(input: &mut &'t str) -> Result<Condition<'t>> {
    separated(1.., atom, spaced("&&")).map(Condition::All).parse_next(input)
}

fn atom<'t>(input: &mut &'t str) -> Result<Condition<'t>> {
    let comparison = (selector, multispace0, comparison).map(|(field, _, is)| Condition::Comparison { field, is });
    preceded(multispace0, alt((delimited("(", any, spaced(")")), comparison))).parse_next(input)
}

/// `$.errorCode`, `$.['errorCode']`.
fn selector<'t>(input: &mut &'t str) -> Result<&'t str> {
    let path = take_till(1.., |letter: char| {
        letter.is_whitespace() || "=!<>()&|{}".contains(letter)
    });
    preceded('$', path)
        .map(|path: &str| path.trim_matches(['.', '[', ']', '\'', '"']))
        .parse_next(input)
}

fn comparison<'t>(input: &mut &'t str) -> Result<Comparison<'t>> {
    let words = |first: &'static str, second: &'static str| (word(first), multispace1, word(second));
    alt((
        preceded(terminated("!=", multispace0), value)
            .map(|value| value.map_or(Comparison::Other, Comparison::NotEqual)),
        preceded((alt(("<=", ">=", "<", ">")), multispace0), value).value(Comparison::Other),
        preceded(terminated("=", multispace0), value)
            .map(|value| value.map_or(Comparison::Other, Comparison::Equal)),
        alt((words("IS", "NULL"), words("NOT", "EXISTS"))).value(Comparison::Absent),
        alt((words("IS", "TRUE"), words("IS", "FALSE"))).value(Comparison::Other),
    ))
    .parse_next(input)
}

/// A text, quoted or not; `None` for a regular expression, or a text with letters that are written in another way.
fn value<'t>(input: &mut &'t str) -> Result<Option<&'t str>> {
    let quoted = delimited('"', take_till(0.., '"'), '"').map(|text: &str| (!text.contains('\\')).then_some(text));
    let regex = delimited('%', take_till(1.., '%'), '%').value(None);
    let bare = take_while(1.., |letter: char| {
        !letter.is_whitespace() && !"(){}&|\"%=".contains(letter)
    })
    .map(Some);
    alt((quoted, regex, bare)).parse_next(input)
}

fn word<'t>(word: &'static str) -> impl Parser<&'t str, &'t str, ContextError> {
    literal(Caseless(word))
}

fn spaced<'t>(text: &'static str) -> impl Parser<&'t str, &'t str, ContextError> {
    delimited(multispace0, text, multispace0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selects(pattern: &str) -> Selects {
        FilterPattern::read(pattern).selects("eu-west-3")
    }

    #[test]
    fn throttled_requests_of_kms_are_found_in_every_usual_spelling() {
        for pattern in [
            r#"{ ($.eventSource = "kms.amazonaws.com") && ($.errorCode = "ThrottlingException") }"#,
            "{$.eventSource=kms.amazonaws.com&&$.errorCode=ThrottlingException}",
            r#"{ $.eventSource = "kms.*" && $.errorCode = "Throttling*" }"#,
            r#"{ ($.errorCode = "*Throttl*") && (($.eventSource = "kms.amazonaws.com") || ($.eventSource = "s3.amazonaws.com")) }"#,
            r#"{ $.errorCode = "ThrottlingException" }"#,
            r#"{ $.['errorCode'] = "Throttling*" && $.awsRegion = "eu-west-3" && $.eventSource != "s3.amazonaws.com" }"#,
        ] {
            assert_eq!(selects(pattern), Selects::Throttling, "{pattern}");
        }
    }

    #[test]
    fn what_is_about_something_else_is_none_of_ours() {
        for pattern in [
            "",
            "ERROR",
            r#"{ $.errorCode = "*" }"#,
            r#"{ ($.eventSource = kms.amazonaws.com) && (($.eventName=DisableKey)||($.eventName=ScheduleKeyDeletion)) }"#,
            r#"{ $.eventSource = "dynamodb.amazonaws.com" && $.errorCode = "ThrottlingException" }"#,
            r#"{ $.eventSource != "kms.amazonaws.com" && $.errorCode = "Throttling*" }"#,
            r#"{ $.eventSource = "kms.amazonaws.com" && $.errorCode = "Throttling*" && $.awsRegion = "us-east-1" }"#,
            "ThrottlingException",
        ] {
            assert_eq!(selects(pattern), Selects::SomethingElse, "{pattern}");
        }
    }

    #[test]
    fn what_cannot_be_read_or_asks_for_more_is_unclear() {
        for pattern in [
            "kms ThrottlingException",
            r#"{ $.eventSource = "kms.amazonaws.com" && $.errorCode = %Throttl% }"#,
            r#"{ $.eventSource = "kms.amazonaws.com" && $.errorCode = "ThrottledException" }"#,
            r#"{ $.eventSource = "kms.amazonaws.com" && $.errorCode = "Throttling*" && $.eventName = "Sign" }"#,
            r#"{ $.eventSource = "kms.amazonaws.com" && $.errorCode = "Throttling*" "#,
            r#"{ $.eventSource = "kms.amazonaws.com" && $.errorCode = "Thr\u006fttling*" && $.x = "throttl" }"#,
        ] {
            assert_eq!(selects(pattern), Selects::Unclear, "{pattern}");
        }
        let endless = format!("{{ {} $.errorCode = \"kms throttling\"", "(".repeat(100_000));
        assert_eq!(selects(&endless), Selects::Unclear);
    }

    #[test]
    fn and_binds_more_tightly_than_or() {
        let pattern = r#"{ $.errorCode = "Throttling*" || $.errorCode = "x" && $.eventSource = "y" }"#;
        assert_eq!(selects(pattern), Selects::Throttling);
    }
}
