//! The flags that say where the inventory comes from.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};

use super::{ask, heading};
use crate::facts::{Region, TagSource};

/// Where the inventory of a scan comes from.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
#[serde(default)]
pub struct SourceArgs {
    /// Take the inventory from here [default: services]
    ///
    /// `config-aggregator` takes what an aggregator of AWS Config has of it: fewer calls, and only as recent and whole as
    /// what is recorded there. docs/scale.md says when that is worth it.
    #[arg(long, env = "KMS_AUDIT_SOURCE", value_enum, hide_possible_values = true, help_heading = heading::SCOPE)]
    pub source: Option<InventorySource>,

    /// The aggregator, where there are several in its Region
    #[arg(long, value_name = "NAME", env = "KMS_AUDIT_AGGREGATOR", help_heading = heading::SCOPE)]
    pub aggregator: Option<String>,

    /// Its Region [default: that of the AWS configuration]
    #[arg(
        long,
        value_name = "REGION",
        env = "KMS_AUDIT_AGGREGATOR_REGION",
        value_parser = ask::region,
        help_heading = heading::SCOPE
    )]
    pub aggregator_region: Option<Region>,

    /// Read the tags of keys from here [default: kms]
    ///
    /// `kms` takes a call for each key, `resource-groups` one for a hundred, where that saves calls. docs/scale.md has the
    /// differences.
    #[arg(
        long,
        value_name = "SOURCE",
        env = "KMS_AUDIT_TAGS_FROM",
        value_parser = tag_source(),
        hide_possible_values = true,
        help_heading = heading::SCOPE
    )]
    pub tags_from: Option<TagSource>,
}

/// Where the inventory comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InventorySource {
    /// AWS KMS and Amazon S3
    Services,
    /// An aggregator of AWS Config
    ConfigAggregator,
}

fn tag_source() -> impl TypedValueParser<Value = TagSource> {
    PossibleValuesParser::new(TagSource::WORDS).try_map(|word| word.parse::<TagSource>())
}
