//! Whether two patterns give one text, found without writing out what they give.

use super::Pattern;

/// No number of 32 bits has more digits.
const MOST_DIGITS: usize = 10;

/// What stands at a place of a text that a pattern gives to numbers of a known length.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Literal(u8),
    /// A digit of the number, counted from its first.
    Digit(usize),
}

impl Pattern {
    /// The smallest numbers, up to `count` and `other_count`, for which this pattern and another give the same text.
    ///
    /// A pair of lengths at a time, the texts are laid beside each other: some digits must then be a certain
    /// character, some must be equal, and the rest are free. With every digit as small as it can be, both numbers are
    /// as small as they can be, so that no others need to be tried.
    pub fn overlap(&self, count: u32, other: &Pattern, other_count: u32) -> Option<(u32, u32)> {
        let common = self.texts[0].len().min(other.texts[0].len());
        if self.texts[0].as_bytes()[..common] != other.texts[0].as_bytes()[..common] {
            return None;
        }
        let lengths = |count: u32| 1..=count.to_string().len().min(MOST_DIGITS);
        for digits in lengths(count) {
            let places = self.places(digits);
            for other_digits in lengths(other_count) {
                let others = other.places(other_digits);
                if let Some((n, other_n)) = smallest_numbers(&places, digits, &others, other_digits)
                    && n <= u64::from(count)
                    && other_n <= u64::from(other_count)
                {
                    return Some((u32::try_from(n).ok()?, u32::try_from(other_n).ok()?));
                }
            }
        }
        None
    }

    /// The text for a number of so many digits.
    fn places(&self, digits: usize) -> Vec<Place> {
        let mut places = Vec::new();
        for (index, text) in self.texts.iter().enumerate() {
            places.extend(text.bytes().map(Place::Literal));
            if let Some(width) = self.widths.get(index) {
                let zeros = width.saturating_sub(digits);
                places.extend(std::iter::repeat_n(Place::Literal(b'0'), zeros));
                places.extend((0..digits).map(Place::Digit));
            }
        }
        places
    }
}

/// The digits of both numbers: in one group those that must be equal.
struct Digits {
    group: Vec<usize>,
    /// The character that a group must be, if it must be one.
    fixed: Vec<Option<u8>>,
}

impl Digits {
    /// Whether the digit can be that character.
    fn fix(&mut self, digit: usize, character: u8) -> bool {
        let fixed = &mut self.fixed[self.group[digit]];
        character.is_ascii_digit() && *fixed.get_or_insert(character) == character
    }

    /// Whether two digits can be equal.
    fn join(&mut self, digit: usize, other: usize) -> bool {
        let (into, from) = (self.group[digit], self.group[other]);
        for group in &mut self.group {
            if *group == from {
                *group = into;
            }
        }
        let fixed = self.fixed[from];
        fixed.is_none_or(|character| self.fix(digit, character))
    }
}

/// The smallest numbers of these lengths for which both texts are the same.
fn smallest_numbers(places: &[Place], digits: usize, others: &[Place], other_digits: usize) -> Option<(u64, u64)> {
    if places.len() != others.len() {
        return None;
    }
    let all = digits + other_digits;
    let mut unknown = Digits {
        group: (0..all).collect(),
        fixed: vec![None; all],
    };
    for pair in places.iter().zip(others) {
        let can_be = match pair {
            (Place::Literal(one), Place::Literal(other)) => one == other,
            (Place::Digit(digit), Place::Literal(character)) => unknown.fix(*digit, *character),
            (Place::Literal(character), Place::Digit(other)) => unknown.fix(digits + other, *character),
            (Place::Digit(digit), Place::Digit(other)) => unknown.join(*digit, digits + other),
        };
        if !can_be {
            return None;
        }
    }
    // Numbers have no leading zeros.
    let leading = [unknown.group[0], unknown.group[digits]];
    if leading.iter().any(|group| unknown.fixed[*group] == Some(b'0')) {
        return None;
    }
    let smallest = |digit: usize| {
        let group = unknown.group[digit];
        match unknown.fixed[group] {
            Some(character) => u64::from(character - b'0'),
            None => u64::from(leading.contains(&group)),
        }
    };
    let number = |range: std::ops::Range<usize>| range.fold(0, |number, digit| number * 10 + smallest(digit));
    Some((number(0..digits), number(digits..all)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn overlap(one: &str, count: u32, other: &str, other_count: u32) -> Option<(u32, u32)> {
        Pattern::new(one).overlap(count, &Pattern::new(other), other_count)
    }

    #[test]
    fn texts_that_two_patterns_share_are_found_whatever_their_counts() {
        let million = 1_000_000;
        assert_eq!(overlap("a-{n}", million, "a-{n:04}", million), Some((1000, 1000)));
        assert_eq!(overlap("a-{n}", 999, "a-{n:04}", million), None);
        assert_eq!(overlap("a-{n}", million, "a-1{n:05}", million), Some((100_001, 1)));
        assert_eq!(overlap("a-{n}", million, "a-999999", 1), Some((999_999, 1)));
        assert_eq!(overlap("a-{n}", 999_998, "a-999999", 1), None);
        assert_eq!(overlap("{n}-{n}", million, "7-{n}", million), Some((7, 7)));
        assert_eq!(overlap("{n}{n}", 99, "1{n}", 99), Some((1, 1)));
        assert_eq!(overlap("{n}{n}", 99, "12{n}", 99), Some((12, 12)));
        assert_eq!(overlap("a", 5, "a", 9), Some((1, 1)));
        assert_eq!(overlap("a-{n}", million, "b-{n}", million), None);
        assert_eq!(overlap("a-{n}-x", million, "a-{n}-y", million), None);
        assert_eq!(overlap("a-{n}", million, "a-0{n}", million), None);
        assert_eq!(overlap("a-{n}", u32::MAX, "a-{n}", u32::MAX), Some((1, 1)));
    }

    fn pattern() -> impl Strategy<Value = String> {
        let pieces = prop::sample::select(vec!["a", "0", "1", "12", "{n}", "{n}", "{n:02}", "{n:03}"]);
        prop::collection::vec(pieces, 1..5).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn it_is_what_writing_out_all_texts_would_find(
            one in pattern(), other in pattern(), count in 1..150_u32, other_count in 1..150_u32,
        ) {
            let (one, other) = (Pattern::new(&one), Pattern::new(&other));
            let texts: std::collections::HashSet<_> = (1..=count).map(|n| one.text(n)).collect();
            let shared = (1..=other_count).any(|n| texts.contains(&other.text(n)));
            let found = one.overlap(count, &other, other_count);
            prop_assert_eq!(found.is_some(), shared);
            if let Some((n, other_n)) = found {
                prop_assert_eq!(one.text(n), other.text(other_n));
                prop_assert!(n <= count && other_n <= other_count);
            }
        }

        #[test]
        fn a_number_is_read_back_from_any_pattern(one in pattern(), n in 1..100_000_u32) {
            let one = Pattern::new(&one);
            let expected = if one.has_number() { n } else { 1 };
            prop_assert_eq!(one.number_in(&one.text(n)), Some(expected));
        }
    }
}
