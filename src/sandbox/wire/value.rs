//! What a request says and what an answer holds, whatever protocol carries it.

use serde::ser::{Serialize, Serializer};
use std::borrow::Cow;

/// A tree of data. The protocols tell its numbers apart in different ways: CBOR marks timestamps, JSON does not, and
/// a client that reads CBOR takes no double for an integer.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    Null,
    Bool(bool),
    Integer(i64),
    Number(f64),
    /// A timestamp in epoch seconds.
    Time(f64),
    Text(Cow<'a, str>),
    List(Vec<Value<'a>>),
    /// A list of timestamps in an answer, where a page of datapoints has a hundred thousand. A request has `List`.
    Times(Vec<f64>),
    /// A list of numbers in an answer.
    Numbers(Vec<f64>),
    Map(Vec<(Cow<'a, str>, Value<'a>)>),
}

impl<'a> Value<'a> {
    /// A structure. A member that is null is left out.
    pub fn map<const N: usize>(members: [(&'a str, Value<'a>); N]) -> Value<'a> {
        let members = members.into_iter().filter(|(_, value)| *value != Value::Null);
        Value::Map(members.map(|(name, value)| (name.into(), value)).collect())
    }

    /// A list of these items.
    pub fn list_of(items: impl IntoIterator<Item = Value<'a>>) -> Value<'a> {
        Value::List(items.into_iter().collect())
    }

    /// A member of a structure; `None` also when it is null.
    pub fn get(&self, name: &str) -> Option<&Value<'a>> {
        let Value::Map(members) = self else {
            return None;
        };
        members
            .iter()
            .find(|(member, value)| member == name && *value != Value::Null)
            .map(|(_, value)| value)
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A member that is a number of any kind; a timestamp is one in epoch seconds.
    pub fn number(&self, name: &str) -> Option<f64> {
        match self.get(name)? {
            Value::Integer(integer) => Some(*integer as f64),
            Value::Number(number) | Value::Time(number) => Some(*number),
            _ => None,
        }
    }

    /// The items of a list; none when it is absent.
    pub fn list(&self, name: &str) -> &[Value<'a>] {
        match self.get(name) {
            Some(Value::List(items)) => items,
            _ => &[],
        }
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Value<'a> {
        Value::Text(text.into())
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Value::Text(text.into())
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Value<'a> {
        value.map_or(Value::Null, Into::into)
    }
}

impl From<serde_json::Value> for Value<'_> {
    fn from(json: serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Value::Null,
            serde_json::Value::Bool(value) => Value::Bool(value),
            serde_json::Value::Number(number) => match number.as_i64() {
                Some(integer) => Value::Integer(integer),
                None => number.as_f64().map_or(Value::Null, Value::Number),
            },
            serde_json::Value::String(text) => text.into(),
            serde_json::Value::Array(items) => Value::list_of(items.into_iter().map(Value::from)),
            serde_json::Value::Object(members) => {
                let members = members.into_iter();
                Value::Map(members.map(|(name, value)| (name.into(), value.into())).collect())
            }
        }
    }
}

/// As JSON: a timestamp is a number there, with a fraction only if it has one.
impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Integer(integer) => serializer.serialize_i64(*integer),
            Value::Number(number) => serializer.serialize_f64(*number),
            Value::Time(seconds) if seconds.fract() == 0.0 => serializer.serialize_i64(*seconds as i64),
            Value::Time(seconds) => serializer.serialize_f64(*seconds),
            Value::Text(text) => serializer.serialize_str(text),
            Value::List(items) => serializer.collect_seq(items),
            Value::Times(times) => serializer.collect_seq(times.iter().map(|seconds| Value::Time(*seconds))),
            Value::Numbers(numbers) => serializer.collect_seq(numbers),
            Value::Map(members) => serializer.collect_map(members.iter().map(|(name, value)| (name, value))),
        }
    }
}
