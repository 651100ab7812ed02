//! The queries that this AWS Config understands: properties, of one or more types, accounts and Regions.
//!
//! Source: <https://docs.aws.amazon.com/config/latest/developerguide/query-components.html>.

use serde_json::{Map, Value};
use winnow::Result;
use winnow::ascii::{Caseless, multispace0, multispace1};
use winnow::combinator::{alt, delimited, opt, preceded, separated, terminated};
use winnow::prelude::*;
use winnow::token::{literal, take_till, take_while};

/// The properties that a condition can be about.
const CONDITIONS: [&str; 3] = ["resourceType", "accountId", "awsRegion"];

/// `SELECT property, ... WHERE condition AND ...`
#[derive(Debug, PartialEq)]
pub struct Query<'q> {
    pub properties: Vec<&'q str>,
    conditions: Vec<Condition<'q>>,
}

/// A property has one of these values.
#[derive(Debug, PartialEq)]
struct Condition<'q> {
    property: &'q str,
    values: Vec<&'q str>,
}

impl<'q> Query<'q> {
    /// Reads a query.
    ///
    /// # Errors
    /// What is not understood, where it is none of those that are.
    pub fn parse(text: &'q str) -> std::result::Result<Query<'q>, String> {
        let query = query.parse(text).map_err(|error| {
            format!(
                "this AWS does not understand the query from character {} on",
                error.offset()
            )
        })?;
        let mut conditions = query.conditions.iter();
        match conditions.find(|condition| !CONDITIONS.contains(&condition.property)) {
            Some(other) => Err(format!("this AWS has no conditions on {}", other.property)),
            None => Ok(query),
        }
    }

    /// Whether every condition on a property allows this value.
    pub fn allows(&self, property: &str, value: &str) -> bool {
        let mut conditions = self
            .conditions
            .iter()
            .filter(|condition| condition.property == property);
        conditions.all(|condition| condition.values.contains(&value))
    }

    /// The properties of an item that were asked for, in its shape.
    pub fn select(&self, item: &Value) -> Value {
        let mut selected = Value::Object(Map::new());
        for property in &self.properties {
            let path: Vec<&str> = property.split('.').collect();
            if let Some(part) = part(item, &path) {
                merge(&mut selected, part);
            }
        }
        selected
    }
}

/// What of a value lies at a path, in its shape; in a list, of each entry.
fn part(value: &Value, path: &[&str]) -> Option<Value> {
    let Some((first, rest)) = path.split_first() else {
        return Some(value.clone());
    };
    match value {
        Value::Array(entries) => Some(entries.iter().filter_map(|entry| part(entry, path)).collect()),
        value => {
            let inner = part(value.get(first)?, rest)?;
            Some(Value::Object(Map::from_iter([((*first).to_owned(), inner)])))
        }
    }
}

fn merge(into: &mut Value, part: Value) {
    match (into, part) {
        (Value::Object(into), Value::Object(part)) => {
            for (name, value) in part {
                merge(into.entry(name).or_insert(Value::Null), value);
            }
        }
        (Value::Array(into), Value::Array(part)) if into.len() == part.len() => {
            into.iter_mut().zip(part).for_each(|(into, part)| merge(into, part));
        }
        (into, part) => *into = part,
    }
}

fn query<'q>(input: &mut &'q str) -> Result<Query<'q>> {
    let properties = preceded((multispace0, word("SELECT"), multispace1), list_of(property));
    let conditions = separated(1.., condition, (multispace1, word("AND"), multispace1));
    let conditions = opt(preceded((multispace1, word("WHERE"), multispace1), conditions));
    let query = (properties, conditions).map(|(properties, conditions)| Query {
        properties,
        conditions: conditions.unwrap_or_default(),
    });
    terminated(query, multispace0).parse_next(input)
}

fn condition<'q>(input: &mut &'q str) -> Result<Condition<'q>> {
    let one = preceded((multispace0, '=', multispace0), text).map(|value| vec![value]);
    let listed = delimited(('(', multispace0), list_of(text), (multispace0, ')'));
    let several = preceded((multispace1, word("IN"), multispace0), listed);
    (property, alt((one, several)))
        .map(|(property, values)| Condition { property, values })
        .parse_next(input)
}

fn list_of<'q>(item: fn(&mut &'q str) -> Result<&'q str>) -> impl FnMut(&mut &'q str) -> Result<Vec<&'q str>> {
    move |input| separated(1.., item, (multispace0, ',', multispace0)).parse_next(input)
}

fn property<'q>(input: &mut &'q str) -> Result<&'q str> {
    take_while(1.., |letter: char| letter.is_ascii_alphanumeric() || letter == '.').parse_next(input)
}

fn text<'q>(input: &mut &'q str) -> Result<&'q str> {
    delimited('\'', take_till(0.., '\''), '\'').parse_next(input)
}

fn word<'q>(word: &'static str) -> impl FnMut(&mut &'q str) -> Result<&'q str> {
    move |input| literal(Caseless(word)).parse_next(input)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_query_names_properties_and_what_they_must_be() {
        let query = "select accountId , configuration.keyId where resourceType='AWS::KMS::Key' AND awsRegion IN ( 'a','b' )";
        let query = Query::parse(query).unwrap();
        assert_eq!(query.properties, ["accountId", "configuration.keyId"]);
        assert!(query.allows("resourceType", "AWS::KMS::Key") && !query.allows("resourceType", "AWS::KMS::Alias"));
        assert!(
            query.allows("awsRegion", "b") && !query.allows("awsRegion", "c") && query.allows("accountId", "1")
        );
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for query in [
            "",
            "SELECT",
            "SELECT * WHERE resourceType = 'a'",
            "SELECT accountId WHERE resourceType = 'a' OR resourceType = 'b'",
            "SELECT accountId WHERE resourceType = 'a' ORDER BY accountId",
            "SELECT accountId, COUNT(*) WHERE resourceType = 'a' GROUP BY accountId",
            "SELECT accountId WHERE NOT resourceType = 'a'",
            "SELECT accountId WHERE resourceType = a",
            "SELECT accountId WHERE resourceType LIKE 'a%'",
            "SELECT accountId WHERE configuration.keyId = 'a'",
            "SELECT accountId, WHERE resourceType = 'a'",
        ] {
            assert!(Query::parse(query).is_err(), "{query}");
        }
    }

    #[test]
    fn what_is_selected_keeps_its_place() {
        let item = json!({
            "accountId": "1", "tags": [{ "key": "a", "value": "b" }],
            "configuration": { "keyId": "k", "deep": { "one": 1, "two": 2 } },
        });
        let select = |properties: &str| Query::parse(&format!("SELECT {properties}")).unwrap().select(&item);
        assert_eq!(
            select("accountId, configuration.deep.one, configuration.keyId, configuration.none"),
            json!({ "accountId": "1", "configuration": { "keyId": "k", "deep": { "one": 1 } } })
        );
        assert_eq!(select("tags.key"), json!({ "tags": [{ "key": "a" }] }));
        assert_eq!(
            select("tags.key, tags.value"),
            json!({ "tags": [{ "key": "a", "value": "b" }] })
        );
        assert_eq!(
            select("tags, configuration.deep")["configuration"],
            json!({ "deep": { "one": 1, "two": 2 } })
        );
    }
}
