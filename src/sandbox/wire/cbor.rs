//! CBOR as the RPC v2 protocol uses it.

use super::value::Value;
use minicbor::data::{IanaTag, Type};
use minicbor::encode::Error;
use minicbor::{Decoder, Encoder};
use std::convert::Infallible;

/// Deeper than any request of any AWS model, shallower than the stack.
const DEEPEST: usize = 32;

/// The data in `bytes`; `None` when it is not the CBOR that the protocol allows.
pub fn read(bytes: &[u8]) -> Option<Value<'_>> {
    value(&mut Decoder::new(bytes), 0)
}

fn value<'a>(decoder: &mut Decoder<'a>, depth: usize) -> Option<Value<'a>> {
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
            let integer = i128::from(decoder.int().ok()?);
            i64::try_from(integer).map_or(Value::Number(integer as f64), Value::Integer)
        }
        Type::String => decoder.str().ok()?.into(),
        Type::StringIndef => {
            let parts = decoder.str_iter().ok()?;
            parts.collect::<Result<String, _>>().ok()?.into()
        }
        // The only tag of the protocol is 1, a timestamp in epoch seconds.
        Type::Tag => {
            decoder.tag().ok()?;
            match value(decoder, depth + 1)? {
                Value::Integer(seconds) => Value::Time(seconds as f64),
                Value::Number(seconds) => Value::Time(seconds),
                _ => return None,
            }
        }
        Type::Array | Type::ArrayIndef => {
            let length = decoder.array().ok()?;
            let mut items = Vec::new();
            while more(decoder, length, items.len())? {
                items.push(value(decoder, depth + 1)?);
            }
            Value::List(items)
        }
        Type::Map | Type::MapIndef => {
            let length = decoder.map().ok()?;
            let mut members = Vec::new();
            while more(decoder, length, members.len())? {
                let Value::Text(name) = value(decoder, depth + 1)? else {
                    return None;
                };
                members.push((name, value(decoder, depth + 1)?));
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

pub fn write(value: &Value<'_>) -> Vec<u8> {
    let mut encoder = Encoder::new(Vec::new());
    // Writing to memory cannot fail.
    let _ = push(&mut encoder, value);
    encoder.into_writer()
}

fn push(encoder: &mut Encoder<Vec<u8>>, value: &Value<'_>) -> Result<(), Error<Infallible>> {
    match value {
        Value::Null => encoder.null()?,
        Value::Bool(value) => encoder.bool(*value)?,
        Value::Integer(integer) => encoder.i64(*integer)?,
        Value::Number(number) => encoder.f64(*number)?,
        Value::Time(seconds) => encoder.tag(IanaTag::Timestamp)?.f64(*seconds)?,
        Value::Text(text) => encoder.str(text)?,
        Value::List(items) => {
            encoder.array(items.len() as u64)?;
            return items.iter().try_for_each(|item| push(encoder, item));
        }
        Value::Times(times) => {
            encoder.array(times.len() as u64)?;
            return times
                .iter()
                .try_for_each(|seconds| push(encoder, &Value::Time(*seconds)));
        }
        Value::Numbers(numbers) => {
            encoder.array(numbers.len() as u64)?;
            return numbers
                .iter()
                .try_for_each(|number| push(encoder, &Value::Number(*number)));
        }
        Value::Map(members) => {
            encoder.map(members.len() as u64)?;
            return members
                .iter()
                .try_for_each(|(name, value)| push(encoder.str(name)?, value));
        }
    };
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let written = Value::map([
            ("Name", "a".into()),
            ("At", Value::Time(60.5)),
            ("Period", Value::Integer(-60)),
            ("Enabled", Value::Bool(true)),
            ("Values", Value::list_of([Value::Number(1.5), Value::Null])),
        ]);
        assert_eq!(read(&write(&written)), Some(written));
    }

    #[test]
    fn many_numbers_and_times_are_written_as_lists_of_them() {
        let written = Value::map([
            ("At", Value::Times(vec![0.0, 60.0])),
            ("Values", Value::Numbers(vec![1.5])),
        ]);
        let bytes = write(&written);
        let read = read(&bytes).unwrap();
        assert_eq!(read.list("At"), [Value::Time(0.0), Value::Time(60.0)]);
        assert_eq!(read.list("Values"), [Value::Number(1.5)]);
    }

    #[test]
    fn lists_and_maps_without_a_length_are_read() {
        let bytes = [0xbf, 0x61, b'a', 0x9f, 0x01, 0x20, 0xff, 0xff];
        let value = read(&bytes).unwrap();
        assert_eq!(value.list("a"), [Value::Integer(1), Value::Integer(-1)]);
    }

    #[test]
    fn what_is_not_cbor_is_refused_however_deep() {
        assert_eq!(read(b"<html>"), None);
        assert_eq!(read(b""), None);
        assert_eq!(read(&[0x81; 5000]), None);
    }
}
