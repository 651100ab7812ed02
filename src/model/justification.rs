//! What the tags of a key claim as its reason.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::JustificationPolicy;
use crate::facts::{Fact, Key};

/// Where a key stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Standing<'a> {
    /// It names at least one reason of the vocabulary.
    Justified(Claim),
    /// It has a tag for its reason, but none of its words is in the vocabulary.
    Unrecognized(Claim),
    /// It has no tag for a reason at all.
    Unjustified(Claim),
    /// It waits for its deletion: inventory only, since it can no longer be tagged either.
    PendingDeletion,
    /// Its tags or its state were not read, with the error code.
    Unread(&'a str),
}

/// What the tags of a key say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Claim {
    /// The tag its reason was read from.
    pub requirement_tag: Option<String>,
    /// The controls it names, in lower case.
    pub controls: BTreeSet<String>,
    /// The data class it is the key of.
    pub class: Option<String>,
    /// Words that are not in the vocabulary.
    pub unrecognized: Vec<UnrecognizedWord>,
    /// Tag keys that are nearly, but not exactly, those looked for.
    pub near_misses: Vec<NearMiss>,
    /// The tenant it was made for.
    pub tenant: Option<String>,
}

/// A word that is not in the vocabulary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UnrecognizedWord {
    /// The tag it stands in.
    pub tag: String,
    /// The word.
    pub word: String,
    /// The word of the vocabulary that is most like it, if any is.
    pub nearest: Option<String>,
}

/// A tag key that is not accepted because of its case, a `-` or `_`, or one letter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NearMiss {
    /// The tag key on the resource.
    pub tag: String,
    /// The tag key it was probably meant to be.
    pub expected: String,
}

impl fmt::Display for NearMiss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "It has a tag {}, but the tag key that counts is {}, spelt exactly so.",
            self.tag, self.expected
        )
    }
}

impl Claim {
    /// A short name for the reason: `audit+rotation`, `class:confidential`.
    pub fn label(&self) -> String {
        let controls = self.controls.iter().cloned();
        let class = self.class.iter().map(|class| format!("class:{class}"));
        controls.chain(class).collect::<Vec<_>>().join("+")
    }
}

/// Reads the reason of a key from its tags.
pub fn standing<'a>(key: &'a Key, policy: &JustificationPolicy) -> Standing<'a> {
    if key.is_pending_deletion() {
        return Standing::PendingDeletion;
    }
    let tags = match &key.tags {
        Fact::Known(tags) => tags,
        Fact::Unavailable(reason) => return Standing::Unread(&reason.code),
        Fact::NotCollected => return Standing::Unread("NotCollected"),
    };
    let claim = read(tags, policy);
    if !claim.controls.is_empty() || claim.class.is_some() {
        return Standing::Justified(claim);
    }
    if let Fact::Unavailable(reason) = &key.metadata {
        // It may be pending deletion, and then it needs no reason; or AWS managed, where the aliases are unread too.
        return Standing::Unread(&reason.code);
    }
    if !claim.unrecognized.is_empty() {
        Standing::Unrecognized(claim)
    } else {
        Standing::Unjustified(claim)
    }
}

fn read(tags: &BTreeMap<String, String>, policy: &JustificationPolicy) -> Claim {
    let mut claim = Claim::default();
    if let Some((tag, value)) = first_present(tags, &policy.requirement_tags) {
        claim.requirement_tag = Some(tag.to_owned());
        read_controls(tag, value, policy, &mut claim);
    }
    if let Some((tag, value)) = first_present(tags, &policy.classification_tags) {
        read_class(tag, value, policy, &mut claim);
    }
    claim.tenant = first_present(tags, &policy.tenant_tags).map(|(_, value)| value.to_owned());
    claim.near_misses = tags.keys().filter_map(|tag| near_miss(tag, policy)).collect();
    claim
}

fn first_present<'t>(tags: &'t BTreeMap<String, String>, wanted: &[String]) -> Option<(&'t str, &'t str)> {
    wanted
        .iter()
        .find_map(|name| tags.get_key_value(name))
        .map(|(tag, value)| (tag.as_str(), value.as_str()))
}

/// Reads a list of controls, separated by comma, space, `+` or `/`, without regard to case.
fn read_controls(tag: &str, value: &str, policy: &JustificationPolicy, claim: &mut Claim) {
    let words: Vec<&str> = value
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | '+' | '/'))
        .filter(|word| !word.is_empty())
        .collect();
    if words.is_empty() {
        claim.unrecognized.push(unrecognized(tag, "", &policy.controls));
    }
    for word in words {
        let lower = word.to_lowercase();
        if policy.controls.iter().any(|control| control.to_lowercase() == lower) {
            claim.controls.insert(lower);
        } else {
            claim.unrecognized.push(unrecognized(tag, word, &policy.controls));
        }
    }
}

fn read_class(tag: &str, value: &str, policy: &JustificationPolicy, claim: &mut Claim) {
    let class = value.trim().to_lowercase();
    let allowed = policy.classes.is_empty() || policy.classes.iter().any(|known| known.to_lowercase() == class);
    if !class.is_empty() && allowed {
        claim.class = Some(class);
    } else {
        claim
            .unrecognized
            .push(unrecognized(tag, value.trim(), &policy.classes));
    }
}

fn unrecognized(tag: &str, word: &str, vocabulary: &[String]) -> UnrecognizedWord {
    UnrecognizedWord {
        tag: tag.to_owned(),
        word: word.to_owned(),
        nearest: nearest(word, vocabulary),
    }
}

/// The most similar word of the vocabulary, if it is no further away than a third of its letters.
fn nearest(word: &str, vocabulary: &[String]) -> Option<String> {
    let word = word.to_lowercase();
    vocabulary
        .iter()
        .map(|known| (strsim::damerau_levenshtein(&word, &known.to_lowercase()), known))
        .filter(|(distance, known)| *distance <= known.chars().count().div_ceil(3))
        .min()
        .map(|(_, known)| known.clone())
}

/// A tag key without what people spell differently: in lower case, and without `-`, `_` and spaces.
fn plain(text: &str) -> String {
    text.to_lowercase().replace(['-', '_', ' '], "")
}

/// Whether two tag keys can be a letter apart, which few are: finding out how far is what costs. A letter more, less or
/// another leaves the rest alike from both ends, and two that were swapped leave all but these.
fn nearly_alike(tag: &str, known: &str) -> bool {
    let (tag_length, known_length) = (plain_length(tag), plain_length(known));
    if tag_length.abs_diff(known_length) > 1 {
        return false;
    }
    let alike = |(a, b): &(char, char)| a == b;
    let first = plain_letters(tag).zip(plain_letters(known)).take_while(alike);
    let last = plain_letters(tag)
        .rev()
        .zip(plain_letters(known).rev())
        .take_while(alike);
    first.count() + last.count() + 2 >= tag_length.min(known_length)
}

fn plain_letters(text: &str) -> impl DoubleEndedIterator<Item = char> {
    let letters = text.chars().filter(|letter| !matches!(letter, '-' | '_' | ' '));
    letters.flat_map(char::to_lowercase)
}

/// How many letters that are. A continuation byte of UTF-8 is none.
fn plain_length(text: &str) -> usize {
    let counts = |byte: &u8| !matches!(byte, b'-' | b'_' | b' ' | 0x80..=0xbf);
    text.bytes().filter(counts).count()
}

/// Whether a tag key differs from one that is looked for only in case, `-` and `_`, or one letter.
fn near_miss(tag: &str, policy: &JustificationPolicy) -> Option<NearMiss> {
    let wanted = || policy.requirement_tags.iter().chain(&policy.classification_tags);
    if wanted().chain(&policy.tenant_tags).any(|known| known == tag) {
        return None;
    }
    let letters = tag.chars().count();
    wanted()
        .filter(|known| nearly_alike(tag, known))
        .map(|known| (strsim::damerau_levenshtein(&plain(tag), &plain(known)), known))
        .filter(|(distance, _)| *distance == 0 || (*distance == 1 && letters > 4))
        .min()
        .map(|(_, known)| NearMiss {
            tag: tag.to_owned(),
            expected: known.clone(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(tags: &[(&str, &str)]) -> Claim {
        let tags = tags
            .iter()
            .map(|(key, value)| (key.to_string(), value.to_string()))
            .collect();
        read(&tags, &JustificationPolicy::default())
    }

    #[test]
    fn several_controls_are_read_without_regard_to_case_and_separator() {
        let claim = claim(&[("justification", "Rotation, AUDIT+byok/grant")]);
        assert_eq!(claim.label(), "audit+byok+grant+rotation");
        assert!(claim.unrecognized.is_empty());
    }

    #[test]
    fn the_first_requirement_tag_present_wins() {
        let claim = claim(&[("justification", "audit"), ("requirement", "policy")]);
        assert_eq!(claim.requirement_tag.as_deref(), Some("requirement"));
        assert_eq!(claim.label(), "policy");
    }

    #[test]
    fn a_misspelt_control_is_not_accepted_and_the_nearest_is_offered() {
        let claim = claim(&[("requirement", "polcy")]);
        assert!(claim.controls.is_empty());
        assert_eq!(claim.unrecognized[0].nearest.as_deref(), Some("policy"));
        assert_eq!(super::unrecognized("t", "because", &["policy".into()]).nearest, None);
    }

    #[test]
    fn an_empty_value_is_unrecognized() {
        assert_eq!(claim(&[("requirement", " ")]).unrecognized[0].word, "");
        assert_eq!(claim(&[("DataClass", "")]).unrecognized[0].word, "");
    }

    #[test]
    fn a_classification_is_a_reason_and_a_tenant_is_none() {
        assert_eq!(claim(&[("DataClass", "Confidential")]).label(), "class:confidential");
        let tenant = claim(&[("tenant", "acme")]);
        assert_eq!(tenant.label(), "");
        assert_eq!(tenant.tenant.as_deref(), Some("acme"));
    }

    #[test]
    fn a_tag_key_that_is_nearly_right_is_a_near_miss_and_not_accepted() {
        for (tag, expected) in [
            ("Requirement", "requirement"),
            ("requirment", "requirement"),
            ("kms_requirement", "kms-requirement"),
            ("dataclass", "DataClass"),
        ] {
            let claim = claim(&[(tag, "policy")]);
            assert_eq!(claim.label(), "", "{tag}");
            assert_eq!(claim.near_misses[0].expected, expected, "{tag}");
        }
        assert!(
            claim(&[("team", "payments"), ("tenant", "acme")])
                .near_misses
                .is_empty()
        );
    }

    proptest::proptest! {
        #[test]
        fn what_is_not_nearly_alike_is_more_than_a_letter_apart(a in "[abAB_-]{0,7}", b in "[abAB_-]{0,7}") {
            let distance = strsim::damerau_levenshtein(&plain(&a), &plain(&b));
            proptest::prop_assert!(nearly_alike(&a, &b) || distance > 1, "{a} {b}: {distance}");
        }
    }

    #[test]
    fn a_letter_too_many_or_too_few_is_a_near_miss_in_any_script() {
        let policy = JustificationPolicy {
            requirement_tags: vec!["größe-名前".into()],
            ..JustificationPolicy::default()
        };
        let missed = |tag: &str| near_miss(tag, &policy).is_some();
        for tag in [
            "GRÖßE-名前",
            "größe名前",
            "größ-名前",
            "größe_名前名",
            "grßöe-名前",
            "größe 名",
        ] {
            assert!(missed(tag), "{tag}");
        }
        for tag in ["größe-名前", "größe", "gröe-名", "größe-名前名前"] {
            assert!(!missed(tag), "{tag}");
        }
    }

    #[test]
    fn classes_can_be_limited_to_a_vocabulary() {
        let policy = JustificationPolicy {
            classes: vec!["public".into(), "secret".into()],
            ..JustificationPolicy::default()
        };
        let tags = BTreeMap::from([("DataClass".to_owned(), "secrt".to_owned())]);
        let claim = read(&tags, &policy);
        assert_eq!(claim.class, None);
        assert_eq!(claim.unrecognized[0].nearest.as_deref(), Some("secret"));
    }
}
