//! A slice of the accounts, where several processes share a scan.

use std::fmt;
use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::AccountId;
use crate::digest::first_bytes;

/// Which slice of the accounts, of how many: `2/4` is the second of four.
///
/// An account belongs to one slice by the SHA-256 of its id, whatever other accounts there are: one that is new, or
/// closed, moves no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Shard {
    of: NonZeroU32,
    /// Counted from 0.
    index: u32,
}

impl Shard {
    /// The slice with this number, counted from 1. None where there is no such slice.
    pub fn new(number: u32, of: u32) -> Option<Shard> {
        let (of, index) = (NonZeroU32::new(of)?, number.checked_sub(1)?);
        (index < of.get()).then_some(Shard { of, index })
    }

    /// Reads `K/N`.
    pub fn parse(text: &str) -> Option<Shard> {
        let (number, of) = text.split_once('/')?;
        Shard::new(whole_number(number)?, whole_number(of)?)
    }

    /// Its number, counted from 1.
    pub fn number(self) -> u32 {
        self.index + 1
    }

    /// How many there are.
    pub fn of(self) -> u32 {
        self.of.get()
    }

    /// Every slice of as many.
    pub fn all(self) -> impl Iterator<Item = Shard> {
        (0..self.of()).map(move |index| Shard { index, ..self })
    }

    /// The slice of as many that an account belongs to.
    pub fn home(self, account: &AccountId) -> Shard {
        let hash = u64::from_be_bytes(first_bytes(account.as_str()));
        // The rest of a division by a number of 32 bits has no more.
        let index = u32::try_from(hash % u64::from(self.of())).unwrap_or_default();
        Shard { index, ..self }
    }

    /// Whether an account belongs to this slice.
    pub fn contains(self, account: &AccountId) -> bool {
        self.home(account) == self
    }
}

/// Digits, and no sign before them.
fn whole_number(text: &str) -> Option<u32> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_plain)
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number(), self.of)
    }
}

impl From<Shard> for String {
    fn from(shard: Shard) -> String {
        shard.to_string()
    }
}

impl TryFrom<String> for Shard {
    type Error = String;

    fn try_from(text: String) -> Result<Shard, String> {
        Shard::parse(&text).ok_or_else(|| format!("`{text}` names no shard, such as 2/4"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn account(number: u64) -> AccountId {
        AccountId::new(format!("{number:012}"))
    }

    proptest! {
        #[test]
        fn each_account_is_in_exactly_one_slice(number in 0..1_000_000_000_000_u64, of in 1..200_u32) {
            let any = Shard::new(1, of).unwrap();
            let homes: Vec<Shard> = any.all().filter(|shard| shard.contains(&account(number))).collect();
            prop_assert_eq!(homes, [any.home(&account(number))]);
        }
    }

    #[test]
    fn slices_are_alike_in_size() {
        let mut sizes = [0_u32; 16];
        for number in 0..16_000 {
            let home = Shard::new(1, 16).unwrap().home(&account(100_000_000_000 + number));
            sizes[home.number() as usize - 1] += 1;
        }
        assert!(sizes.iter().all(|size| (850..=1_150).contains(size)), "{sizes:?}");
    }

    #[test]
    fn where_an_account_belongs_does_not_change_between_versions() {
        let home = |id: &str, of| Shard::new(1, of).unwrap().home(&AccountId::new(id)).number();
        // `printf 111122223333 | sha256sum` begins with aeb221660ff09134, `printf 999999999999 | sha256sum` with 562d4aba4cc17834.
        assert_eq!([home("111122223333", 4), home("111122223333", 1_000)], [1, 485]);
        assert_eq!([home("999999999999", 4), home("999999999999", 1_000)], [1, 133]);
    }

    #[test]
    fn a_slice_has_a_number_from_1_to_that_of_all() {
        assert_eq!(Shard::parse("2/4").unwrap().to_string(), "2/4");
        assert_eq!(Shard::parse("1/1"), Shard::new(1, 1));
        for other in [
            "",
            "2",
            "0/4",
            "5/4",
            "1/0",
            "0/0",
            "-1/4",
            "+1/4",
            "1/4/2",
            " 1/4",
            "1/4294967296",
        ] {
            assert_eq!(Shard::parse(other), None, "{other}");
        }
    }
}
