//! Lines that a terminal would break in the middle of a word, broken between words.

use anstream::adapter::strip_str;
use unicode_width::UnicodeWidthStr;

/// What the rest of a broken line stands in from where the line began.
const INDENT: usize = 2;

/// The text with its long lines broken between words. Colours have no width; a word that is too long stays whole.
pub fn fitted(text: &str, width: u16) -> String {
    let width = usize::from(width);
    text.split_inclusive('\n')
        .map(|line| {
            if columns(line.trim_end()) <= width {
                line.to_owned()
            } else {
                broken(line, width)
            }
        })
        .collect()
}

fn columns(text: &str) -> usize {
    strip_str(text).to_string().width()
}

fn broken(line: &str, width: usize) -> String {
    let indent = line.len() - line.trim_start_matches(' ').len();
    let mut fitted = " ".repeat(indent);
    let mut column = indent;
    for (index, word) in line[indent..].split(' ').enumerate() {
        let wide = columns(word.trim_end());
        if index > 0 && column + 1 + wide > width && wide > 0 {
            fitted.truncate(fitted.trim_end_matches(' ').len());
            fitted.push('\n');
            fitted.push_str(&" ".repeat(indent + INDENT));
            column = indent + INDENT;
        } else if index > 0 {
            fitted.push(' ');
            column += 1;
        }
        fitted.push_str(word);
        column += wide;
    }
    fitted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_long_line_is_broken_between_words_and_stands_in() {
        let text = "Keys  3,218 customer managed keys\n  A minute hides shorter bursts.\nshort\n";
        assert_eq!(
            fitted(text, 20),
            "Keys  3,218 customer\n  managed keys\n  A minute hides\n    shorter bursts.\nshort\n"
        );
        assert_eq!(fitted(text, 80), text);
    }

    #[test]
    fn colours_have_no_width() {
        let text = "\u{1b}[1mKMS audit\u{1b}[0m account 1\n";
        assert_eq!(fitted(text, 19), text);
        assert_eq!(fitted(text, 18), "\u{1b}[1mKMS audit\u{1b}[0m account\n  1\n");
    }

    proptest! {
        #[test]
        fn no_word_is_lost(text in "[a-z ]{0,60}\n[a-z  ]{0,60}", width in 5u16..80) {
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            let shown = fitted(&text, width);
            prop_assert_eq!(words(&shown), words(&text));
        }
    }
}
