//! Text as messages of SARIF have it.

use serde::Serialize;

use crate::visible::visible;

/// A message that says a text, and nothing but it.
#[derive(Serialize)]
pub(super) struct Message {
    text: String,
}

impl Message {
    pub(super) fn new(text: &str) -> Self {
        Message { text: plain(text) }
    }
}

/// The text without placeholders and links: braces are doubled and brackets have a backslash before them, as the standard
/// has it in 3.11.5 and 3.11.6.
fn plain(text: &str) -> String {
    let text = visible(text);
    let mut plain = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '{' | '}' => plain.push(c),
            '[' | ']' | '\\' => plain.push('\\'),
            _ => {}
        }
        plain.push(c);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn a_message_has_no_placeholder_and_no_link() {
        assert_eq!(
            plain("[x](javascript:1) {0}\n"),
            "\\[x\\](javascript:1) {{0}}\\\\u{{a}}"
        );
    }
}
