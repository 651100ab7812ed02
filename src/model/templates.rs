//! What texts have in common that differ in one place: in a number, an id or a name. Nothing here allocates, so that a
//! million texts can be compared.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

/// A text with every number, UUID and hexadecimal id taken as a blank. Two are equal if they are but for that.
#[derive(Clone, Copy, Debug)]
pub struct Numbered<'a>(&'a str);

impl<'a> Numbered<'a> {
    /// The template of a text that has a number or an id.
    pub fn of(text: &'a str) -> Option<Self> {
        next_blank(text.as_bytes(), 0).map(|_| Numbered(text))
    }

    /// What stands before, between and after the blanks.
    fn pieces(self) -> impl Iterator<Item = &'a str> {
        let mut at = Some(0);
        std::iter::from_fn(move || {
            let start = at?;
            Some(match next_blank(self.0.as_bytes(), start) {
                Some((from, to)) => {
                    at = Some(to);
                    &self.0[start..from]
                }
                None => {
                    at = None;
                    &self.0[start..]
                }
            })
        })
    }
}

impl PartialEq for Numbered<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.pieces().eq(other.pieces())
    }
}

impl Eq for Numbered<'_> {}

impl PartialOrd for Numbered<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Numbered<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.pieces().cmp(other.pieces())
    }
}

impl Hash for Numbered<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.pieces().for_each(|piece| piece.hash(state));
    }
}

impl fmt::Display for Numbered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, piece) in self.pieces().enumerate() {
            f.write_str(if index > 0 { "*" } else { "" })?;
            f.write_str(piece)?;
        }
        Ok(())
    }
}

/// Where the next number or id begins and ends. `from` is zero or the end of the one before.
fn next_blank(text: &[u8], from: usize) -> Option<(usize, usize)> {
    let mut at = from;
    while at < text.len() {
        if !text[at].is_ascii_alphanumeric() {
            at += 1;
            continue;
        }
        let begins_word = at == 0 || !text[at - 1].is_ascii_alphanumeric();
        if begins_word && is_uuid(text, at) {
            return Some((at, at + UUID_LENGTH));
        }
        if begins_word {
            let end = end_of(text, at, |byte| byte.is_ascii_alphanumeric());
            if is_hex_id(&text[at..end]) {
                return Some((at, end));
            }
        }
        let digit = end_of(text, at, |byte| byte.is_ascii_alphabetic());
        let end = end_of(text, digit, |byte| byte.is_ascii_digit());
        if end > digit {
            return Some((digit, end));
        }
        at = digit;
    }
    None
}

/// Where the bytes that belong together end.
fn end_of(text: &[u8], from: usize, belongs: impl Fn(u8) -> bool) -> usize {
    let rest = text[from..].iter().position(|byte| !belongs(*byte));
    rest.map_or(text.len(), |length| from + length)
}

const UUID_LENGTH: usize = 36;

fn is_uuid(text: &[u8], at: usize) -> bool {
    let Some(uuid) = text.get(at..at + UUID_LENGTH) else {
        return false;
    };
    let ends = !text.get(at + UUID_LENGTH).is_some_and(u8::is_ascii_alphanumeric);
    ends && uuid.iter().enumerate().all(|(place, byte)| match place {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    })
}

/// A word of eight letters or more that has both digits and letters and could be a hexadecimal number.
fn is_hex_id(word: &[u8]) -> bool {
    word.len() >= 8
        && word.iter().all(u8::is_ascii_hexdigit)
        && word.iter().any(u8::is_ascii_digit)
        && word.iter().any(u8::is_ascii_alphabetic)
}

/// Whether a text has a date such as 2026-06-15 in it.
pub fn has_date(text: &str) -> bool {
    text.as_bytes().windows(10).any(|window| {
        window.iter().enumerate().all(|(place, byte)| match place {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        })
    })
}

/// What stands before and after a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Named<'a> {
    before: &'a str,
    after: &'a str,
    /// Whether it says that the name is a tenant's, a customer's or the like.
    pub names_tenants: bool,
}

/// Words that say that the name beside them is one of many that a service is run for.
const TENANT_WORDS: [&str; 16] = [
    "tenant",
    "tenants",
    "customer",
    "customers",
    "client",
    "clients",
    "cust",
    "merchant",
    "merchants",
    "subscriber",
    "subscribers",
    "workspace",
    "workspaces",
    "org",
    "orgs",
    "organization",
];

/// Words that say where something runs and not for whom.
const ENVIRONMENTS: [&str; 24] = [
    "dev",
    "devel",
    "develop",
    "development",
    "test",
    "testing",
    "tst",
    "qa",
    "uat",
    "int",
    "integration",
    "stage",
    "staging",
    "stg",
    "pre",
    "preprod",
    "prod",
    "production",
    "prd",
    "live",
    "sandbox",
    "sbx",
    "demo",
    "dr",
];

/// The middle words of the names of Regions.
const DIRECTIONS: [&str; 9] = [
    "north",
    "south",
    "east",
    "west",
    "central",
    "northeast",
    "northwest",
    "southeast",
    "southwest",
];

impl<'a> Named<'a> {
    /// The templates that an alias is an instance of, where a name is a word of it, or several.
    ///
    /// Next to a word for tenants, everything on its other side is the name: `alias/tenant-*`, `alias/*-tenant-key`.
    /// Where there is no such word, the name is the last word or the first. Environments and Regions at either end are
    /// part of the template and never the name: `alias/app-prod` is no instance of `alias/app-*`.
    pub fn each_of_alias(alias: &'a str, tenant_tags: &[String], named: impl FnMut(Named<'a>)) {
        let start = if alias.starts_with("alias/") { "alias/".len() } else { 0 };
        each_named(alias, start, |c| matches!(c, '-' | '_' | '/'), tenant_tags, named);
    }

    /// The templates that a description is an instance of.
    pub fn each_of_description(description: &'a str, tenant_tags: &[String], named: impl FnMut(Named<'a>)) {
        let separates = |c: char| c.is_whitespace() || matches!(c, '-' | '_' | '/' | ':' | ',');
        each_named(description, 0, separates, tenant_tags, named);
    }
}

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}*{}", self.before, self.after)
    }
}

fn each_named<'a>(
    text: &'a str,
    start: usize,
    separates: impl Fn(char) -> bool + Copy,
    tenant_tags: &[String],
    mut named: impl FnMut(Named<'a>),
) {
    let (start, end) = without_environment(text, start, separates);
    let core = &text[start..end];
    let is_tenant_word = |word: &str| {
        TENANT_WORDS.iter().any(|known| known.eq_ignore_ascii_case(word))
            || tenant_tags.iter().any(|known| known.eq_ignore_ascii_case(word))
    };
    let mut offer = |from: usize, to: usize, names_tenants| {
        if from < to {
            let (before, after) = (&text[..from], &text[to..]);
            named(Named {
                before,
                after,
                names_tenants,
            });
        }
    };
    let mut place = start;
    for word in core.split(separates) {
        let word_end = place + word.len();
        if is_tenant_word(word) {
            // The separator belongs to the template.
            offer(after_separator(text, word_end, end), end, true);
            offer(start, before_separator(text, place, start), true);
            return;
        }
        place = after_separator(text, word_end, end);
    }
    // What is left over must be a word and not an id: `alias/tenant-0042` is no instance of `alias/*-0042`.
    let is_word = |text: &str| {
        let count = |belongs: fn(&u8) -> bool| text.bytes().filter(belongs).count();
        count(u8::is_ascii_alphabetic) >= 2 && count(u8::is_ascii_digit) <= 2
    };
    if let Some(last) = core.rfind(separates).filter(|last| is_word(&core[..*last])) {
        offer(after_separator(text, start + last, end), end, false);
    }
    if let Some(first) = core.find(separates).filter(|first| is_word(&core[*first..])) {
        offer(start, start + first, false);
    }
}

/// The place behind the separator that stands at a place, if that is not the end.
fn after_separator(text: &str, place: usize, end: usize) -> usize {
    let separator = text[place..end].chars().next();
    place + separator.map_or(0, char::len_utf8)
}

/// The place of the separator that stands before a place, if that is not the start.
fn before_separator(text: &str, place: usize, start: usize) -> usize {
    let separator = text[start..place].chars().next_back();
    place - separator.map_or(0, char::len_utf8)
}

/// Start and end of a text without the environments and Regions at its ends.
fn without_environment(text: &str, start: usize, separates: impl Fn(char) -> bool + Copy) -> (usize, usize) {
    let is_environment = |word: &str| ENVIRONMENTS.iter().any(|known| known.eq_ignore_ascii_case(word));
    let (mut start, mut end) = (start, text.len());
    loop {
        let core = &text[start..end];
        if let Some(length) = region_at_end(core) {
            end -= length;
        } else if let Some(last) = core.rfind(separates)
            && is_environment(&text[after_separator(text, start + last, end)..end])
        {
            end = start + last;
        } else if let Some(first) = core.find(separates)
            && is_environment(&core[..first])
        {
            start = after_separator(text, start + first, end);
        } else {
            return (start, end);
        }
    }
}

/// The length of the name of a Region at the end of a text, with the hyphen before it.
fn region_at_end(text: &str) -> Option<usize> {
    let mut words = text.rsplit('-');
    let (number, direction, area) = (words.next()?, words.next()?, words.next()?);
    let is_region = number.len() == 1
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && DIRECTIONS.contains(&direction)
        && (2..=4).contains(&area.len())
        && area.bytes().all(|byte| byte.is_ascii_lowercase());
    let before = words.next()?;
    let length = number.len() + direction.len() + area.len() + 3;
    let gov = area == "gov" && before == "us" && words.next().is_some();
    is_region.then_some(if gov { length + "us-".len() } else { length })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(text: &str) -> Option<String> {
        Numbered::of(text).map(|numbered| numbered.to_string())
    }

    fn named(alias: &str) -> Vec<(String, bool)> {
        let mut all = Vec::new();
        Named::each_of_alias(alias, &["Mandant".to_owned()], |named| {
            all.push((named.to_string(), named.names_tenants));
        });
        all
    }

    #[test]
    fn numbers_uuids_and_hexadecimal_ids_are_blanks() {
        for (text, template) in [
            ("alias/tenant-0042", "alias/tenant-*"),
            ("alias/t7/key12b", "alias/t*/key*b"),
            ("alias/a9bb0c11-2233-4455-6677-8899aabbccdd/k", "alias/*/k"),
            ("alias/x-deadbee5", "alias/x-*"),
            ("9", "*"),
            ("größe 12 東京", "größe * 東京"),
        ] {
            assert_eq!(numbered(text).as_deref(), Some(template), "{text}");
        }
        assert_eq!(
            numbered("alias/deadbeef"),
            None,
            "a word of hexadecimal letters is a word"
        );
        assert_eq!(
            Numbered::of("alias/k-1").unwrap(),
            Numbered::of("alias/k-deadbee5").unwrap()
        );
        assert_ne!(Numbered::of("alias/k-1").unwrap(), Numbered::of("alias/k1-").unwrap());
    }

    #[test]
    fn beside_a_word_for_tenants_the_rest_is_the_name() {
        assert_eq!(named("alias/tenant-acme-corp"), [("alias/tenant-*".to_owned(), true)]);
        assert_eq!(
            named("alias/acme-customer-key")[1],
            ("alias/*-customer-key".to_owned(), true)
        );
        assert_eq!(
            named("alias/prod/MANDANT_acme"),
            [("alias/prod/MANDANT_*".to_owned(), true)]
        );
        assert_eq!(named("alias/tenant"), []);
    }

    #[test]
    fn without_such_a_word_the_name_is_the_last_word_or_the_first() {
        assert_eq!(
            named("alias/app-eu-billing"),
            [
                ("alias/app-eu-*".to_owned(), false),
                ("alias/*-eu-billing".to_owned(), false)
            ]
        );
        assert_eq!(named("alias/x-0042"), [], "no word is left");
    }

    #[test]
    fn environments_and_regions_are_never_the_name() {
        for alias in [
            "alias/app-prod",
            "alias/app-eu-west-1",
            "alias/dev-app",
            "alias/app-dev-us-gov-east-1",
        ] {
            assert_eq!(named(alias), [], "{alias}");
        }
        assert_eq!(
            named("alias/tenant-acme-prod-eu-west-1"),
            [("alias/tenant-*-prod-eu-west-1".to_owned(), true)]
        );
    }

    #[test]
    fn a_date_is_seen_anywhere() {
        assert!(has_date("made on 2026-06-15 by a script"));
        assert!(!has_date("2026-6-15") && !has_date("東京"));
    }
}
