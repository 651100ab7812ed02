//! Random tags, and the reasons that they give.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::hostile;

pub type Tags = BTreeMap<String, String>;

/// What the tags of a key come to.
#[derive(Clone, Debug)]
pub enum Reason {
    /// A reason of the vocabulary, by the name it has in reports.
    Given(String),
    /// A tag for it, without a word of the vocabulary.
    Unrecognized,
    /// No tag for it.
    None,
}

const REQUIREMENT_TAGS: [&str; 3] = ["requirement", "justification", "kms-requirement"];
const CLASSIFICATION_TAGS: [&str; 3] = ["DataClass", "data-class", "data-classification"];
const CONTROLS: [&str; 6] = ["policy", "rotation", "audit", "byok", "grant", "contract"];

/// Tags, and the reason that they give.
pub(super) fn reason() -> impl Strategy<Value = (Tags, Reason)> {
    prop_oneof![
        3 => (controls(), option::of(class())).prop_map(|((mut tags, label), class)| match class {
            None => (tags, Reason::Given(label)),
            Some((more, class)) => {
                tags.extend(more);
                (tags, Reason::Given(format!("{label}+{class}")))
            }
        }),
        2 => class().prop_map(|(tags, label)| (tags, Reason::Given(label))),
        2 => unrecognized().prop_map(|tags| (tags, Reason::Unrecognized)),
        3 => Just((Tags::new(), Reason::None)),
    ]
}

/// One to three controls in any order, case and punctuation; a word that is none changes nothing, and neither does a
/// tag that comes later in the list of tags.
fn controls() -> impl Strategy<Value = (Tags, String)> {
    let words = subsequence(CONTROLS.to_vec(), 1..=3).prop_shuffle();
    let separators = select(vec![",", ", ", " ", "+", "/", " + "]);
    let place = (0..REQUIREMENT_TAGS.len(), any::<bool>());
    (words, separators, any::<bool>(), any::<bool>(), place).prop_map(
        |(words, separator, capitals, with_nonsense, (tag, shadows))| {
            let mut sorted = words.clone();
            sorted.sort_unstable();
            let nonsense = with_nonsense.then_some("because").into_iter();
            let mut value = nonsense.chain(words).collect::<Vec<_>>().join(separator);
            if capitals {
                value.make_ascii_uppercase();
            }
            let mut tags = Tags::from([(REQUIREMENT_TAGS[tag].to_owned(), value)]);
            if let Some(later) = REQUIREMENT_TAGS.get(tag + 1).filter(|_| shadows) {
                tags.insert(later.to_string(), "nothing of this counts: grant".to_owned());
            }
            (tags, sorted.join("+"))
        },
    )
}

fn class() -> impl Strategy<Value = (Tags, String)> {
    let values = select(vec![("Public", "public"), (" top secret", "top secret"), ("c3", "c3")]);
    (select(CLASSIFICATION_TAGS.to_vec()), values).prop_map(|(tag, (value, class))| {
        let tags = Tags::from([(tag.to_owned(), value.to_owned())]);
        (tags, format!("class:{class}"))
    })
}

fn unrecognized() -> impl Strategy<Value = Tags> {
    let tags = [REQUIREMENT_TAGS, CLASSIFICATION_TAGS].concat();
    let values = select(vec!["", "  ", "polcy", "policy;audit", "because we can"]);
    (select(tags), values).prop_map(|(tag, value)| {
        // Any word is a class.
        let value = if CLASSIFICATION_TAGS.contains(&tag) { "" } else { value };
        Tags::from([(tag.to_owned(), value.to_owned())])
    })
}

/// Tags that give no reason: others' tags, nearly right ones, and whatever people type.
pub(super) fn other_tags() -> impl Strategy<Value = Tags> {
    let known = select(vec![
        ("tenant", "tenant-{n}"),
        ("team", "payments"),
        ("Requirement", "policy"),
        ("data_class", "public"),
    ]);
    let known = known.prop_map(|(tag, value)| (tag.to_owned(), value.to_owned()));
    let typed = (hostile(), hostile()).prop_map(|(tag, value)| (format!("x{tag}"), value));
    vec(prop_oneof![known, typed], 0..3).prop_map(Tags::from_iter)
}
