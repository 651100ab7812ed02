//! The parameters of a scan, read back: they have whatever shape they like, and so a bound on how much there is of them.
//! A value takes up to a hundred times the memory that its text has bytes.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// More than a thousand exceptions, spelt out.
const MOST_VALUES: u32 = 100_000;

/// Reads parameters, unless there are more values in them than anybody writes.
///
/// # Errors
/// When there are too many, or they are no parameters.
pub(crate) fn bounded_parameters<'de, D>(deserializer: D) -> Result<BTreeMap<String, Value>, D::Error>
where
    D: Deserializer<'de>,
{
    match Within(&Cell::new(MOST_VALUES)).deserialize(deserializer)? {
        Value::Object(parameters) => Ok(parameters.into_iter().collect()),
        _ => Err(D::Error::custom("parameters are an object")),
    }
}

/// So many values may still come.
#[derive(Clone, Copy)]
struct Within<'b>(&'b Cell<u32>);

impl<'de> DeserializeSeed<'de> for Within<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        let left = self.0.get().checked_sub(1);
        let left = left.ok_or_else(|| D::Error::custom(format!("there are more than {MOST_VALUES} parameters")))?;
        self.0.set(left);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Within<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(name) = fields.next_key()? {
            map.insert(name, fields.next_value_seed(self)?);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<BTreeMap<String, Value>, serde_json::Error> {
        bounded_parameters(&mut serde_json::Deserializer::from_str(text))
    }

    #[test]
    fn parameters_come_back_as_they_were() {
        let text = r#"{"a":null,"b":[true,-1,18446744073709551615,0.1,{"c":"d"}],"e":{}}"#;
        assert_eq!(serde_json::to_string(&read(text).unwrap()).unwrap(), text);
        for other in ["[]", "7", "null", "{"] {
            assert!(read(other).is_err(), "{other}");
        }
    }

    #[test]
    fn more_values_than_anybody_writes_are_refused() {
        let list = |count: u32| format!("{{\"a\":[{}0]}}", "0,".repeat(count as usize - 1));
        // The object and the list count too.
        assert!(read(&list(MOST_VALUES - 2)).is_ok());
        let error = read(&list(MOST_VALUES - 1)).unwrap_err();
        assert!(error.to_string().contains("more than 100000 parameters"), "{error}");
    }
}
