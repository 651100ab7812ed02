//! The one layout that a manifest is written in, held against a text line by line: a manifest may come from anywhere, and
//! as a tree of JSON values it would take many times the memory of its text.

use sha2::{Digest, Sha256};

use crate::digest::hex;

/// How the field begins that is not part of the digest.
const DIGEST_FIELD: &[u8] = b"\"digest\": ";

/// The digest of a manifest from its text: of what is left when the field `digest` and all white space between values is
/// taken away. `None` where the text has another layout than a manifest that was written here: two spaces for each
/// level, a value on each line, and a line feed at the end.
pub(super) fn digest(text: &[u8]) -> Option<String> {
    let mut hash = Sha256::new();
    let mut level: usize = 0;
    for line in text.strip_suffix(b"\n")?.split(|byte| *byte == b'\n') {
        let indented = line.iter().take_while(|byte| **byte == b' ').count();
        let said = &line[indented..];
        if matches!(said.first(), Some(b'}' | b']')) {
            level = level.checked_sub(1)?;
        }
        if indented != 2 * level {
            return None;
        }
        let (name, value) = name_and_value(said)?;
        if level != 1 || !said.starts_with(DIGEST_FIELD) {
            hash.update(name);
            hash.update(value);
        }
        if matches!(said.last(), Some(b'{' | b'[')) {
            level += 1;
        }
    }
    (level == 0).then(|| format!("sha256:{}", hex(&hash.finalize())))
}

/// A line as the name of a field with its colon, if it has one, and the value with the comma behind it. `None` if there
/// is anything else in it.
fn name_and_value(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let split = match string_end(line) {
        Some(end) if line[end..].starts_with(b": ") => Some(end + 1),
        _ => None,
    };
    let (name, value) = split.map_or((&b""[..], line), |at| (&line[..at], &line[at + 1..]));
    let alone = value.strip_suffix(b",").unwrap_or(value);
    let is_one_value = match alone {
        b"{" | b"[" | b"{}" | b"[]" | b"}" | b"]" => true,
        [b'"', ..] => string_end(alone) == Some(alone.len()),
        other => !other.is_empty() && !other.iter().any(|byte| b" \t\r,:[]{}\"".contains(byte)),
    };
    is_one_value.then_some((name, value))
}

/// Where the JSON string ends that a text begins with.
fn string_end(text: &[u8]) -> Option<usize> {
    let mut escaped = false;
    let rest = text.strip_prefix(b"\"")?;
    let closing = rest.iter().position(|byte| {
        let closes = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        closes
    })?;
    Some(closing + 2)
}

#[cfg(test)]
mod tests {
    use super::super::manifest;
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "[ \\PC\"\\\\:,\\[\\]{}\n\t]{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map("\\PC{0,4}|digest", inner, 0..6)
                    .prop_map(|fields| fields.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_digest_of_the_text_is_that_of_the_values(value in values(), digest in ".{0,8}") {
            let document = json!({ "accounts": value, "digest": digest, "files": [] });
            let text = manifest::text(&document);
            prop_assert_eq!(super::digest(text.as_bytes()), Some(manifest::digest(&document)));
        }

        #[test]
        fn another_text_has_another_digest_or_another_layout(value in values(), at: prop::sample::Index, byte: u8) {
            let document = json!({ "accounts": value, "files": [] });
            let text = manifest::text(&document).into_bytes();
            for other in [
                { let mut other = text.clone(); let at = at.index(other.len()); other[at] = byte; other },
                { let mut other = text.clone(); other.insert(at.index(text.len()), byte); other },
                { let mut other = text.clone(); other.remove(at.index(text.len())); other },
            ] {
                prop_assert!(other == text || super::digest(&other) != Some(manifest::digest(&document)));
            }
        }
    }

    #[test]
    fn another_layout_of_the_same_values_has_no_digest() {
        for text in [
            "",
            "\n",
            "{\n}",
            "{ }\n",
            "{\n  \"a\":1\n}\n",
            "{\n  \"a\":\n  1\n}\n",
            "{\n  \"a\": 1, \"b\": 2\n}\n",
            "{\n \"a\": 1\n}\n",
            "{\n\t\"a\": 1\n}\n",
            "{\n  \"a\": 1\n}\n\n",
            "{\n  \"a\": 1\r\n}\n",
            "}\n",
            "{\n",
            "{\n  \"digest\":  \"x\"\n}\n",
            "{\n  \"a\": [1]\n}\n",
            "{\n  \"a\": 1 \n}\n",
        ] {
            assert_eq!(digest(text.as_bytes()), None, "{text:?}");
        }
        assert!(digest(b"{\n  \"a\": 1\n}\n").is_some() && digest(b"{}\n").is_some());
    }
}
