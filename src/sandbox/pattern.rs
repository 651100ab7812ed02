//! Text with the number of a thing in it: `alias/tenant-{n:04}`.

mod overlap;

use std::fmt::Write as _;

/// A text in which `{n}` stands for a number, from 1 up, and `{n:04}` for the same number with
/// leading zeros. It can be written for a number, and read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    /// What stands before the first number and after each number.
    texts: Vec<String>,
    /// The width of each number; one fewer than there are texts.
    widths: Vec<usize>,
}

impl Pattern {
    /// The pattern that `source` spells. Braces around anything but `n` are ordinary text.
    pub fn new(source: &str) -> Pattern {
        let mut pattern = Pattern {
            texts: Vec::new(),
            widths: Vec::new(),
        };
        let mut text = String::new();
        let mut rest = source;
        while let Some(start) = rest.find("{n") {
            let after = &rest[start + 2..];
            match number_width(after) {
                Some((width, length)) => {
                    text.push_str(&rest[..start]);
                    pattern.texts.push(std::mem::take(&mut text));
                    pattern.widths.push(width);
                    rest = &after[length..];
                }
                None => {
                    text.push_str(&rest[..start + 2]);
                    rest = after;
                }
            }
        }
        text.push_str(rest);
        pattern.texts.push(text);
        pattern
    }

    /// Whether every number gives a different text.
    pub fn has_number(&self) -> bool {
        !self.widths.is_empty()
    }

    /// Appends the text for the number `n`.
    pub fn push(&self, out: &mut String, n: u32) {
        for (index, text) in self.texts.iter().enumerate() {
            out.push_str(text);
            if let Some(width) = self.widths.get(index) {
                // Writing to a String cannot fail.
                let _ = write!(out, "{n:0width$}");
            }
        }
    }

    /// The text for the number `n`.
    pub fn text(&self, n: u32) -> String {
        let mut out = String::new();
        self.push(&mut out, n);
        out
    }

    /// The number for which this pattern gives `text`: 1 when there is no number in the pattern.
    pub fn number_in(&self, text: &str) -> Option<u32> {
        let Some(width) = self.widths.first() else {
            return (self.texts[0] == text).then_some(1);
        };
        let rest = text.strip_prefix(self.texts[0].as_str())?;
        // How long the number is, the digits alone do not say: more of them can follow it.
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let least = (*width).max(1);
        let numbers = (least..=digits).filter_map(|length| rest[..length].parse().ok());
        numbers.into_iter().find(|n| *n > 0 && self.text(*n) == text)
    }

    /// Whether a text of this pattern can begin so, as far as the pattern's own beginning tells.
    pub fn can_begin_with(&self, beginning: &str) -> bool {
        let mut both = beginning.bytes().zip(self.texts[0].bytes());
        both.all(|(wanted, own)| wanted == own)
    }

    /// The same pattern with every text changed: for example, escaped for JSON.
    pub fn map_texts(&self, change: impl Fn(&str) -> String) -> Pattern {
        Pattern {
            texts: self.texts.iter().map(|text| change(text)).collect(),
            widths: self.widths.clone(),
        }
    }
}

/// The width in what follows `{n`, and the length of it up to and with the closing brace.
fn number_width(after: &str) -> Option<(usize, usize)> {
    if after.starts_with('}') {
        return Some((0, 1));
    }
    let (width, _) = after.strip_prefix(":0")?.split_once('}')?;
    // Twenty digits hold any number; a wider field is a slip of the pen.
    let digits = width.parse().ok().filter(|digits| *digits <= 20)?;
    Some((digits, width.len() + 3))
}

/// Whether `text` matches `glob`, in which `*` stands for any text.
pub(super) fn glob_matches(glob: &str, text: &str) -> bool {
    let Some((before, after)) = glob.split_once('*') else {
        return glob == text;
    };
    let Some(rest) = text.strip_prefix(before) else {
        return false;
    };
    rest.char_indices()
        .map(|(index, _)| index)
        .chain([rest.len()])
        .any(|index| glob_matches(after, &rest[index..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_written_with_its_width_and_read_back() {
        let pattern = Pattern::new("alias/tenant-{n:04}");
        assert_eq!(pattern.text(7), "alias/tenant-0007");
        assert_eq!(pattern.number_in("alias/tenant-0007"), Some(7));
        assert_eq!(pattern.number_in("alias/tenant-7"), None);
        assert_eq!(pattern.number_in("alias/tenant-"), None);
        assert_eq!(Pattern::new("{n}/{n:02}").text(3), "3/03");
    }

    #[test]
    fn a_number_with_digits_behind_it_is_read_back() {
        assert_eq!(Pattern::new("v{n}0").number_in("v110"), Some(11));
        assert_eq!(Pattern::new("{n:02}{n}").number_in("077"), Some(7));
        assert_eq!(Pattern::new("v{n}0").number_in("v0"), None);
        assert_eq!(Pattern::new("v{n}").number_in("v0"), None);
    }

    #[test]
    fn other_braces_are_ordinary_text() {
        for plain in ["{name}", "{n:4}", "{n", "a{}b"] {
            let pattern = Pattern::new(plain);
            assert!(!pattern.has_number());
            assert_eq!(pattern.text(5), plain);
            assert_eq!(pattern.number_in(plain), Some(1));
        }
    }

    #[test]
    fn a_star_matches_any_text() {
        assert!(glob_matches("alias/tenant-00*", "alias/tenant-0042"));
        assert!(glob_matches("*", ""));
        assert!(glob_matches("a*c*e", "abcde"));
        assert!(!glob_matches("a*c", "abcd"));
        assert!(!glob_matches("alias/a", "alias/ab"));
    }
}
