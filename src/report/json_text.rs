//! JSON in which no character moves the cursor, hides, or turns the direction of what stands beside it: each of those is
//! written as an escape. For whoever parses it, it is the same text.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter};

use crate::visible::{is_plain, is_treacherous};

/// On one line.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct HarmlessLine;

impl Formatter for HarmlessLine {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        write_harmless(writer, fragment)
    }
}

/// On lines that are indented.
struct HarmlessPretty<'a>(PrettyFormatter<'a>);

impl Formatter for HarmlessPretty<'_> {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        write_harmless(writer, fragment)
    }

    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_array(writer)
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }
}

/// Writes a part of a text of JSON.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn write_harmless<W: ?Sized + Write>(writer: &mut W, fragment: &str) -> io::Result<()> {
    if is_plain(fragment) {
        return writer.write_all(fragment.as_bytes());
    }
    let mut rest = fragment;
    while let Some(at) = rest.find(is_treacherous) {
        let (before, from) = rest.split_at(at);
        writer.write_all(before.as_bytes())?;
        let mut characters = from.chars();
        if let Some(character) = characters.next() {
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
        }
        rest = characters.as_str();
    }
    writer.write_all(rest.as_bytes())
}

/// Writes a value on one line, without the end of the line.
///
/// # Errors
/// When `out` refuses it.
pub(super) fn write_line(value: &impl Serialize, out: &mut dyn Write) -> Result<(), serde_json::Error> {
    value.serialize(&mut serde_json::Serializer::with_formatter(out, HarmlessLine))
}

/// Writes a value on lines that are indented, without the end of the last.
///
/// # Errors
/// When `out` refuses it.
pub(super) fn write_pretty(value: &impl Serialize, out: &mut dyn Write) -> Result<(), serde_json::Error> {
    let formatter = HarmlessPretty(PrettyFormatter::new());
    value.serialize(&mut serde_json::Serializer::with_formatter(out, formatter))
}

/// A value as text on one line.
///
/// # Errors
/// When the value cannot be JSON.
pub(super) fn line(value: &impl Serialize) -> io::Result<String> {
    let mut text = Vec::new();
    write_line(value, &mut text)?;
    String::from_utf8(text).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_treacherous_is_an_escape() {
        let text = "a\u{1b}[31m\u{9b}\u{202e}\u{7f}\u{e0001}\n\"ü";
        assert_eq!(
            line(&text).unwrap(),
            r#""a\u001b[31m\u009b\u202e\u007f\udb40\udc01\n\"ü""#
        );
    }

    #[test]
    fn indented_it_is_what_the_usual_writer_makes_and_what_is_treacherous_is_an_escape() {
        let value = serde_json::json!({ "a": [], "b": [1, { "c": null }], "d": {}, "e": "plain" });
        let mut text = Vec::new();
        write_pretty(&value, &mut text).unwrap();
        assert_eq!(text, serde_json::to_vec_pretty(&value).unwrap());
        let mut text = Vec::new();
        write_pretty(&serde_json::json!({ "\u{9b}k": "\u{202e}" }), &mut text).unwrap();
        assert_eq!(text, b"{\n  \"\\u009bk\": \"\\u202e\"\n}");
    }

    proptest! {
        #[test]
        fn a_parser_reads_the_same_text(text in any::<String>()) {
            let line = line(&text).unwrap();
            prop_assert!(!line.contains(is_treacherous), "{line:?}");
            prop_assert_eq!(serde_json::from_str::<String>(&line).unwrap(), text);
        }
    }
}
