//! Names that must differ from each other.

use crate::sandbox::pattern::Pattern;
use std::collections::HashMap;
use std::ops::Range;

/// The names that are taken, those of templates not written out.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// Those without a number, which are most in an estate that names its keys one by one.
    texts: HashMap<String, Range<usize>>,
    patterns: Vec<(Pattern, u32, Range<usize>)>,
}

impl Taken {
    /// Takes what a pattern gives up to a number, unless some of it is taken: then the name, and where it was
    /// taken.
    pub fn add(&mut self, pattern: Pattern, count: u32, at: Range<usize>) -> Option<(String, Range<usize>)> {
        if !pattern.has_number() {
            return self.add_text(&pattern.text(1), at);
        }
        let is_given = |text: &String| pattern.number_in(text).is_some_and(|n| n <= count);
        if let Some((text, first)) = self.texts.iter().find(|(text, _)| is_given(text)) {
            return Some((text.clone(), first.clone()));
        }
        let shared = self.patterns.iter().find_map(|(other, other_count, first)| {
            let (n, _) = pattern.overlap(count, other, *other_count)?;
            Some((pattern.text(n), first.clone()))
        });
        self.patterns.push((pattern, count, at));
        shared
    }

    /// Takes one name, unless it is taken.
    pub fn add_text(&mut self, text: &str, at: Range<usize>) -> Option<(String, Range<usize>)> {
        let is_given = |pattern: &Pattern, count: u32| pattern.number_in(text).is_some_and(|n| n <= count);
        let mut patterns = self.patterns.iter();
        if let Some((.., first)) = patterns.find(|(pattern, count, _)| is_given(pattern, *count)) {
            return Some((text.to_owned(), first.clone()));
        }
        let first = self.texts.insert(text.to_owned(), at)?;
        Some((text.to_owned(), first))
    }
}
