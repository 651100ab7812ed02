//! Random small estates: written as a person would write an estate file, and remembered as they are meant.

use std::collections::BTreeMap;
use std::fmt;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};
use serde::Serialize;

mod custom_key_stores;
mod keys;
mod multi_region;
mod tags;

pub use keys::KeyTemplate;
pub use tags::{Reason, Tags};

use custom_key_stores::{Store, stores};
use keys::{key_template, numbered};
use multi_region::{add_sets, key_set};

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
    let sets = vec(key_set(), 0..=3);
    (regions, contents, sets, vec(bucket(), 0..=8)).prop_map(|(names, contents, sets, buckets)| {
        let regions = names.into_iter().zip(contents);
        let mut regions: Vec<Region> = regions
            .map(|((name, opt_in), (switched_on, keys, quotas))| Region {
                name,
                enabled: switched_on || !opt_in,
                stores: stores(),
                keys,
                quotas,
            })
            .collect();
        add_sets(&mut regions, sets);
        for region in &mut regions {
            numbered(&mut region.keys);
        }
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
