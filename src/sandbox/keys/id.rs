//! Key ids that look random and carry the number of their key.
//!
//! An estate may have a hundred thousand keys like one another, and none of them is stored: a key
//! id is computed from the key's number, and the number is read back from the id.

/// The ids of the keys of one Region.
#[derive(Clone, Copy, Debug)]
pub struct KeyIds {
    seed: u64,
}

impl KeyIds {
    /// Two seeds, such as the names of two Regions, give ids that have nothing in common.
    pub fn new(seed: &str) -> KeyIds {
        KeyIds {
            seed: hash(seed.as_bytes()),
        }
    }

    /// The id of a single-Region key: a UUID of version 4.
    pub fn of_key(self, number: u32) -> String {
        let [first, second] = self.words(number);
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            scramble(number, self.seed as u32),
            first >> 48,
            (first >> 36) & 0xfff,
            0x8000 | (first & 0x3fff),
            second >> 16,
        )
    }

    /// The number of the single-Region key with this id.
    pub fn key_number(self, id: &str) -> Option<u32> {
        let number = unscramble(hex(id, 0)?, self.seed as u32);
        (self.of_key(number) == id).then_some(number)
    }

    /// The id that the `member`th key of a multi-Region set has in every Region.
    pub fn of_multi_region_key(self, set: u32, member: u32) -> String {
        let [first, second] = self.words(set.rotate_left(16) ^ member);
        format!(
            "mrk-{:08x}{:08x}{:08x}{:08x}",
            scramble(member, self.seed as u32),
            scramble(set ^ member, (self.seed >> 32) as u32),
            first >> 32,
            second >> 32,
        )
    }

    /// The set and the member of the multi-Region key with this id.
    pub fn multi_region_member(self, id: &str) -> Option<(u32, u32)> {
        let digits = id.strip_prefix("mrk-")?;
        let member = unscramble(hex(digits, 0)?, self.seed as u32);
        let set = unscramble(hex(digits, 8)?, (self.seed >> 32) as u32) ^ member;
        (self.of_multi_region_key(set, member) == id).then_some((set, member))
    }

    /// 64 hexadecimal digits, as in the id of a key's current key material.
    pub fn material(self, number: u32) -> String {
        let [first, second] = self.words(number);
        let [third, fourth] = self.words(!number);
        format!("{third:016x}{fourth:016x}{second:016x}{first:016x}")
    }

    /// The ids of the key material that came into use with the `rotation`th rotation; of the first, with none.
    pub fn after_rotation(self, rotation: u32) -> KeyIds {
        match rotation {
            0 => self,
            rotation => KeyIds {
                seed: mix(self.seed ^ (u64::from(rotation) << 32)),
            },
        }
    }

    /// 64 hexadecimal digits, as in the id of a grant.
    pub fn of_grant(self, number: u32) -> String {
        let [first, second] = self.words(number);
        let [third, fourth] = self.words(!number);
        let scrambled = scramble(number, self.seed as u32);
        format!(
            "{scrambled:08x}{:08x}{second:016x}{third:016x}{fourth:016x}",
            first as u32
        )
    }

    /// The number of the grant with this id.
    pub fn grant_number(self, id: &str) -> Option<u32> {
        let number = unscramble(hex(id, 0)?, self.seed as u32);
        (self.of_grant(number) == id).then_some(number)
    }

    fn words(self, number: u32) -> [u64; 2] {
        let first = mix(self.seed ^ u64::from(number));
        [first, mix(first)]
    }
}

fn hex(digits: &str, start: usize) -> Option<u32> {
    u32::from_str_radix(digits.get(start..start + 8)?, 16).ok()
}

/// FNV-1a.
fn hash(bytes: &[u8]) -> u64 {
    let folded = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    mix(folded)
}

/// The finalizer of SplitMix64.
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

const FACTORS: [u32; 2] = [0x9e37_79b1, 0x85eb_ca6b];

/// A permutation of the 32-bit numbers: each step can be undone.
fn scramble(number: u32, seed: u32) -> u32 {
    FACTORS.into_iter().fold(number ^ seed, |value, factor| {
        let value = value.wrapping_mul(factor);
        value ^ (value >> 16)
    })
}

fn unscramble(scrambled: u32, seed: u32) -> u32 {
    let number = FACTORS.into_iter().rev().fold(scrambled, |value, factor| {
        (value ^ (value >> 16)).wrapping_mul(inverse(factor))
    });
    number ^ seed
}

/// The inverse of an odd number modulo 2^32, by Newton's iteration.
const fn inverse(odd: u32) -> u32 {
    let mut inverse = odd;
    let mut step = 0;
    while step < 5 {
        inverse = inverse.wrapping_mul(2_u32.wrapping_sub(odd.wrapping_mul(inverse)));
        step += 1;
    }
    inverse
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn a_key_id_leads_back_to_its_number() {
        let ids = KeyIds::new("111122223333/eu-west-3");
        let mut seen = HashSet::new();
        for number in (0..5000).chain([u32::MAX]) {
            let id = ids.of_key(number);
            assert_eq!(id.len(), 36);
            assert_eq!(ids.key_number(&id), Some(number));
            assert!(seen.insert(id));
        }
    }

    #[test]
    fn a_multi_region_key_id_leads_back_to_its_set_and_member() {
        let ids = KeyIds::new("111122223333");
        for set in 0..50 {
            for member in 0..50 {
                let id = ids.of_multi_region_key(set, member);
                assert_eq!(id.len(), 36);
                assert_eq!(ids.multi_region_member(&id), Some((set, member)));
            }
        }
    }

    #[test]
    fn a_grant_id_leads_back_to_its_number() {
        let ids = KeyIds::new("arn:aws:kms:eu-west-3:111122223333:key/1");
        for number in (0..5000).chain([u32::MAX]) {
            let id = ids.of_grant(number);
            assert_eq!(id.len(), 64);
            assert_eq!(ids.grant_number(&id), Some(number));
        }
        assert_eq!(ids.grant_number(&KeyIds::new("another").of_grant(1)), None);
    }

    #[test]
    fn every_rotation_gives_other_key_material() {
        let ids = KeyIds::new("111122223333/eu-west-3");
        let materials: HashSet<String> = (0..100)
            .flat_map(|rotation| (0..10).map(move |key| ids.after_rotation(rotation).material(key)))
            .collect();
        assert_eq!(materials.len(), 1000);
        assert_eq!(ids.after_rotation(0).material(3), ids.material(3));
    }

    #[test]
    fn ids_that_were_never_given_out_lead_nowhere() {
        let ids = KeyIds::new("a");
        assert_eq!(ids.key_number(&KeyIds::new("b").of_key(1)), None);
        assert_eq!(ids.key_number("1234abcd-12ab-34cd-56ef-1234567890ab"), None);
        assert_eq!(ids.key_number("short"), None);
        assert_eq!(ids.key_number("ééééééééé"), None);
        assert_eq!(ids.multi_region_member("mrk-0"), None);
    }
}
