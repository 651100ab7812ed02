//! Where facts come from, where there is a choice.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where the tags of keys are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TagSource {
    /// `kms:ListResourceTags`, a call for each key.
    #[default]
    Kms,
    /// `tag:GetResources`, a call for a hundred keys, where that saves calls.
    ResourceGroups,
    /// AWS Config, with the rest of the inventory.
    Config,
}

impl TagSource {
    /// The words for those that can be chosen.
    pub const WORDS: [&str; 2] = ["kms", "resource-groups"];
}

impl fmt::Display for TagSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [kms, resource_groups] = TagSource::WORDS;
        f.write_str(match self {
            TagSource::Kms => kms,
            TagSource::ResourceGroups => resource_groups,
            TagSource::Config => "config",
        })
    }
}

impl FromStr for TagSource {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let known = [TagSource::Kms, TagSource::ResourceGroups];
        let meant = known.into_iter().find(|source| source.to_string() == word);
        meant.ok_or_else(|| format!("expected {}", TagSource::WORDS.join(" or ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_of_tags_is_written_as_it_is_read() {
        for word in TagSource::WORDS {
            let source: TagSource = word.parse().unwrap();
            assert_eq!(source.to_string(), word);
            assert_eq!(serde_json::to_value(source).unwrap(), word);
        }
        assert!("tagging".parse::<TagSource>().is_err());
    }
}
