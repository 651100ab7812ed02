//! CBOR as the RPC v2 protocol uses it: reading what a caller sent into a tree, writing errors.

use minicbor::data::Type;
use minicbor::{Decoder, Encoder};

/// CBOR data. Numbers and timestamps are doubles: CloudWatch's requests have no integer that a
/// double would not hold.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Value>),
    Map(Vec<(String, Value)>),
}

/// Deeper than any request of any AWS model, shallower than the stack.
const DEEPEST: usize = 32;

impl Value {
    /// The data in `bytes`; `None` when it is not the CBOR that the protocol allows.
    pub fn read(bytes: &[u8]) -> Option<Value> {
        if bytes.is_empty() {
            return Some(Value::Map(Vec::new()));
        }
        read(&mut Decoder::new(bytes), 0)
    }

    /// A member of a structure; `None` also when it is null.
    pub fn get(&self, name: &str) -> Option<&Value> {
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

    pub fn number(&self, name: &str) -> Option<f64> {
        match self.get(name)? {
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The items of a list; none when it is absent.
    pub fn list(&self, name: &str) -> &[Value] {
        match self.get(name) {
            Some(Value::List(items)) => items,
            _ => &[],
        }
    }
}

fn read(decoder: &mut Decoder<'_>, depth: usize) -> Option<Value> {
    if depth > DEEPEST {
        return None;
    }
    Some(match decoder.datatype().ok()? {
        Type::Null | Type::Undefined => {
            decoder.skip().ok()?;
            Value::Null
        }
        Type::Bool => Value::Bool(decoder.bool().ok()?),
        Type::F16 | Type::F32 | Type::F64 => Value::Number(decoder.f64().ok()?),
        Type::U8 | Type::U16 | Type::U32 | Type::U64 | Type::I8 | Type::I16 | Type::I32 | Type::I64 | Type::Int => {
            Value::Number(i128::from(decoder.int().ok()?) as f64)
        }
        Type::String => Value::Text(decoder.str().ok()?.to_owned()),
        Type::StringIndef => {
            let parts = decoder.str_iter().ok()?;
            Value::Text(parts.collect::<Result<String, _>>().ok()?)
        }
        // The only tag of the protocol is 1, a timestamp in epoch seconds.
        Type::Tag => {
            decoder.tag().ok()?;
            read(decoder, depth + 1)?
        }
        Type::Array | Type::ArrayIndef => {
            let length = decoder.array().ok()?;
            let mut items = Vec::new();
            while more(decoder, length, items.len())? {
                items.push(read(decoder, depth + 1)?);
            }
            Value::List(items)
        }
        Type::Map | Type::MapIndef => {
            let length = decoder.map().ok()?;
            let mut members = Vec::new();
            while more(decoder, length, members.len())? {
                let Value::Text(name) = read(decoder, depth + 1)? else {
                    return None;
                };
                members.push((name, read(decoder, depth + 1)?));
            }
            Value::Map(members)
        }
        _ => return None,
    })
}

/// Whether a list or map that has `done` items goes on; consumes the break that ends one without a
/// length.
fn more(decoder: &mut Decoder<'_>, length: Option<u64>, done: usize) -> Option<bool> {
    match length {
        Some(length) => Some((done as u64) < length),
        None if decoder.datatype().ok()? == Type::Break => {
            decoder.skip().ok()?;
            Some(false)
        }
        None => Some(true),
    }
}

/// Writes CBOR into memory. Methods chain; writing to memory cannot fail.
#[derive(Debug)]
pub(super) struct Writer(Encoder<Vec<u8>>);

impl Writer {
    pub fn new() -> Writer {
        Writer(Encoder::new(Vec::new()))
    }

    pub fn map(&mut self, members: usize) -> &mut Writer {
        let _ = self.0.map(members as u64);
        self
    }

    pub fn list(&mut self, items: usize) -> &mut Writer {
        let _ = self.0.array(items as u64);
        self
    }

    pub fn text(&mut self, text: &str) -> &mut Writer {
        let _ = self.0.str(text);
        self
    }

    pub fn number(&mut self, number: f64) -> &mut Writer {
        let _ = self.0.f64(number);
        self
    }

    /// A timestamp: tag 1 and epoch seconds.
    pub fn time(&mut self, epoch_seconds: i64) -> &mut Writer {
        let _ = self.0.tag(minicbor::data::IanaTag::Timestamp);
        let _ = self.0.f64(epoch_seconds as f64);
        self
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.0.into_writer()
    }
}

/// An error of the RPC v2 protocol.
pub(super) fn error(code: &str, message: &str) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.map(2).text("__type").text(code);
    writer.text("message").text(message);
    writer.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let mut writer = Writer::new();
        writer.map(3).text("Name").text("a").text("At").time(60);
        writer.text("Values").list(2).number(1.5).number(2.0);
        let value = Value::read(&writer.into_bytes()).unwrap();
        assert_eq!(value.text("Name"), Some("a"));
        assert_eq!(value.number("At"), Some(60.0));
        assert_eq!(value.list("Values"), [Value::Number(1.5), Value::Number(2.0)]);
    }

    #[test]
    fn lists_and_maps_without_a_length_are_read() {
        let bytes = [0xbf, 0x61, b'a', 0x9f, 0x01, 0x20, 0xff, 0xff];
        let value = Value::read(&bytes).unwrap();
        assert_eq!(value.list("a"), [Value::Number(1.0), Value::Number(-1.0)]);
    }

    #[test]
    fn what_is_not_cbor_is_refused_however_deep() {
        assert_eq!(Value::read(b"<html>"), None);
        assert_eq!(Value::read(&[0x81; 5000]), None);
    }
}
