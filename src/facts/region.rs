//! The name of an AWS Region.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The name of an AWS Region, for example `eu-west-3`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Region(String);

impl Region {
    /// The Region an answer or a user names, if it can be the name of one. Names stand in reports and file names.
    pub fn parse(name: &str) -> Option<Self> {
        let fits = (1..=63).contains(&name.len())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        fits.then(|| Region(name.to_owned()))
    }

    /// A Region of this name, which is known to be one.
    pub fn new(name: impl Into<String>) -> Self {
        Region(name.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
