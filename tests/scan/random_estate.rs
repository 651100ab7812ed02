//! Random small estates: written as a person would write an estate file, and remembered as they are meant.

use std::collections::BTreeMap;
use std::fmt;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};
use serde::Serialize;

pub const AS_OF: &str = "2026-06-15T06:00:00Z";

/// An estate file.
#[derive(Clone, Serialize)]
pub struct Estate {
    as_of: &'static str,
    account: BTreeMap<&'static str, &'static str>,
    #[serde(rename = "region")]
    pub regions: Vec<Region>,
    #[serde(rename = "bucket")]
    pub buckets: Vec<Bucket>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Region {
    pub name: &'static str,
    pub enabled: bool,
    #[serde(rename = "custom_key_store")]
    stores: [Store; 4],
    #[serde(rename = "key")]
    pub keys: Vec<KeyTemplate>,
    #[serde(rename = "quota")]
    pub quotas: Vec<Quota>,
}

/// A custom key store. Every Region has one of each kind that works and one that does not.
#[derive(Clone, Copy, Debug, Serialize)]
struct Store {
    name: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    proxy: Option<Proxy>,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct Proxy {
    connectivity: &'static str,
    uri_endpoint: &'static str,
}

#[derive(Clone, Debug, Serialize)]
pub struct KeyTemplate {
    pub count: u32,
    #[serde(rename = "alias")]
    pub aliases: Vec<String>,
    pub description: String,
    pub aws_managed: bool,
    #[serde(flatten)]
    pub kind: Kind,
    pub tags: Tags,
    /// The reason that the tags were made to give: what the program has to find out again.
    #[serde(skip)]
    pub reason: Reason,
}

pub type Tags = BTreeMap<String, String>;

#[derive(Clone, Copy, Debug, Serialize)]
pub struct Kind {
    pub spec: &'static str,
    pub usage: &'static str,
    pub origin: &'static str,
    pub state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_key_store: Option<&'static str>,
}

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

#[derive(Clone, Copy, Debug, Serialize)]
pub struct Quota {
    pub code: &'static str,
    pub default: f64,
    pub applied: Applied,
}

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(untagged)]
pub enum Applied {
    Value(f64),
    Word(&'static str),
}

#[derive(Clone, Debug, Serialize)]
pub struct Bucket {
    pub name: String,
    pub region: &'static str,
    pub encryption: &'static str,
    pub bucket_key: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    kms_key: Option<String>,
}

impl Estate {
    pub fn toml(&self) -> String {
        toml::to_string(self).unwrap()
    }
}

/// What a failing case shows.
impl fmt::Debug for Estate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an estate:\n{}", self.toml())
    }
}

/// Regions, and whether an account can be without them.
const REGIONS: &[(&str, bool)] = &[
    ("eu-west-3", false),
    ("us-east-1", false),
    ("eu-central-1", false),
    ("ap-east-1", true),
    ("af-south-1", true),
    ("mx-central-1", true),
];

pub fn estates() -> impl Strategy<Value = Estate> {
    let regions = Just(REGIONS.to_vec()).prop_shuffle();
    let contents = vec((any::<bool>(), vec(key_template(), 0..=6), quotas()), 1..=3);
    (regions, contents, vec(bucket(), 0..=8)).prop_map(|(names, contents, buckets)| {
        let regions = names.into_iter().zip(contents);
        let mut regions: Vec<Region> = regions
            .map(|((name, opt_in), (switched_on, keys, quotas))| Region {
                name,
                enabled: switched_on || !opt_in,
                stores: stores(),
                keys: numbered(keys),
                quotas,
            })
            .collect();
        if regions.iter().all(|region| !region.enabled) {
            regions[0].enabled = true;
        }
        let enabled: Vec<&'static str> = regions
            .iter()
            .filter(|region| region.enabled)
            .map(|region| region.name)
            .collect();
        let buckets = buckets.into_iter().enumerate();
        Estate {
            as_of: AS_OF,
            account: BTreeMap::from([("id", "111122223333")]),
            buckets: buckets
                .map(|(number, (place, bucket))| Bucket {
                    name: format!("bucket-{number}"),
                    region: enabled[place.index(enabled.len())],
                    ..bucket
                })
                .collect(),
            regions,
        }
    })
}

/// Aliases are unique in a Region: each template has its number in them.
fn numbered(mut templates: Vec<KeyTemplate>) -> Vec<KeyTemplate> {
    for (number, template) in templates.iter_mut().enumerate() {
        for alias in &mut template.aliases {
            *alias = alias.replace('#', &number.to_string());
        }
    }
    templates
}

fn key_template() -> impl Strategy<Value = KeyTemplate> {
    prop_oneof![5 => customer_managed(), 1 => aws_managed()]
}

fn customer_managed() -> impl Strategy<Value = KeyTemplate> {
    let aliases = (
        option::of(hostile().prop_map(|text| format!("alias/#{text}-{{n}}"))),
        option::of(Just("alias/also/#-{n:02}".to_owned())),
    );
    (1..=3_u32, aliases, hostile(), select(kinds()), reason(), other_tags()).prop_map(
        |(count, (first, second), description, kind, (mut tags, reason), others)| {
            tags.extend(others);
            KeyTemplate {
                count,
                aliases: first.into_iter().chain(second).collect(),
                description,
                aws_managed: false,
                kind,
                tags,
                reason,
            }
        },
    )
}

fn aws_managed() -> impl Strategy<Value = KeyTemplate> {
    Just(KeyTemplate {
        count: 1,
        aliases: vec!["alias/aws/service-#".to_owned()],
        description: "Default key that protects my objects".to_owned(),
        aws_managed: true,
        kind: kinds()[0],
        tags: Tags::new(),
        reason: Reason::None,
    })
}

/// Every kind of key material in every state that it can be in.
fn kinds() -> Vec<Kind> {
    const SPECS: &[(&str, &str, &[&str])] = &[
        (
            "SYMMETRIC_DEFAULT",
            "ENCRYPT_DECRYPT",
            &["AWS_KMS", "EXTERNAL", "AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"],
        ),
        ("RSA_2048", "ENCRYPT_DECRYPT", &["AWS_KMS", "EXTERNAL"]),
        ("RSA_4096", "SIGN_VERIFY", &["AWS_KMS"]),
        ("ECC_NIST_P256", "KEY_AGREEMENT", &["AWS_KMS"]),
        ("ECC_SECG_P256K1", "SIGN_VERIFY", &["AWS_KMS", "EXTERNAL"]),
        ("HMAC_256", "GENERATE_VERIFY_MAC", &["AWS_KMS", "EXTERNAL"]),
        ("ML_DSA_65", "SIGN_VERIFY", &["AWS_KMS"]),
        ("ML_KEM_768", "ENCAPSULATE_DECAPSULATE", &["AWS_KMS"]),
    ];
    let states = |origin: &str| match origin {
        "EXTERNAL" => ["Enabled", "Disabled", "PendingDeletion", "PendingImport"].as_slice(),
        "AWS_CLOUDHSM" | "EXTERNAL_KEY_STORE" => &["Enabled", "Disabled", "PendingDeletion", "Unavailable"],
        _ => &["Enabled", "Disabled", "PendingDeletion"],
    };
    let mut kinds = Vec::new();
    for (spec, usage, origins) in SPECS {
        for origin in *origins {
            kinds.extend(states(origin).iter().map(|state| Kind {
                spec,
                usage,
                origin,
                state,
                custom_key_store: store_of(origin, state),
            }));
        }
    }
    kinds
}

/// The store that a key is in: one that does not work makes it unavailable.
fn store_of(origin: &str, state: &str) -> Option<&'static str> {
    match (origin, state) {
        ("AWS_CLOUDHSM", "Unavailable") => Some("hsm-lost"),
        ("AWS_CLOUDHSM", _) => Some("hsm"),
        ("EXTERNAL_KEY_STORE", "Unavailable") => Some("xks-lost"),
        ("EXTERNAL_KEY_STORE", _) => Some("xks"),
        _ => None,
    }
}

fn stores() -> [Store; 4] {
    let hsm = Store {
        name: "hsm",
        kind: "AWS_CLOUDHSM",
        state: "CONNECTED",
        proxy: None,
    };
    let proxy = |uri_endpoint| {
        Some(Proxy {
            connectivity: "PUBLIC_ENDPOINT",
            uri_endpoint,
        })
    };
    let xks = Store {
        name: "xks",
        kind: "EXTERNAL_KEY_STORE",
        proxy: proxy("https://xks.example.com"),
        ..hsm
    };
    [
        hsm,
        Store {
            name: "hsm-lost",
            state: "DISCONNECTED",
            ..hsm
        },
        xks,
        Store {
            name: "xks-lost",
            state: "DISCONNECTED",
            proxy: proxy("https://lost.example.com"),
            ..xks
        },
    ]
}

const REQUIREMENT_TAGS: [&str; 3] = ["requirement", "justification", "kms-requirement"];
const CLASSIFICATION_TAGS: [&str; 3] = ["DataClass", "data-class", "data-classification"];
const CONTROLS: [&str; 6] = ["policy", "rotation", "audit", "byok", "grant", "contract"];

/// Tags, and the reason that they give.
fn reason() -> impl Strategy<Value = (Tags, Reason)> {
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
fn other_tags() -> impl Strategy<Value = Tags> {
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

/// Text that programs stumble over.
fn hostile() -> impl Strategy<Value = String> {
    let pieces = vec![
        "<script>",
        "\"",
        "\\",
        "'",
        "\r\n",
        "\u{0}",
        "\u{1b}[2J",
        "\u{7f}",
        "\u{202e}",
        "\u{feff}",
        "|",
        "`",
        "]]>",
        "&amp;",
        "{m}",
        "=1+1",
        " ",
        "é",
        "鍵",
        "🔑",
    ];
    vec(select(pieces), 0..4).prop_map(|pieces| pieces.concat())
}

fn quotas() -> impl Strategy<Value = Vec<Quota>> {
    let applied = prop_oneof![
        (1..200_000_u32).prop_map(|value| Applied::Value(f64::from(value))),
        Just(Applied::Word("absent")),
    ];
    let codes = subsequence(vec!["L-6E3AF000", "L-2AC98190"], 0..=2);
    (codes, 1..100_000_u32, applied).prop_map(|(codes, default, applied)| {
        let quota = |code| Quota {
            code,
            default: f64::from(default),
            applied,
        };
        codes.into_iter().map(quota).collect()
    })
}

/// A bucket, and the place in the list of enabled Regions where it lies.
fn bucket() -> impl Strategy<Value = (Index, Bucket)> {
    let encryption = select(vec!["SSE-S3", "SSE-KMS", "DSSE-KMS", "none"]);
    (any::<Index>(), encryption, any::<bool>(), any::<bool>()).prop_map(
        |(place, encryption, bucket_key, names_key)| {
            let key = "arn:aws:kms:eu-west-3:444455556666:key/00000000-0000-4000-8000-000000000000";
            let bucket = Bucket {
                name: String::new(),
                region: "",
                encryption,
                bucket_key,
                kms_key: (names_key && encryption.ends_with("KMS")).then(|| key.to_owned()),
            };
            (place, bucket)
        },
    )
}
