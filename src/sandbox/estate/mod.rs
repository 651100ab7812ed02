//! The estate: an account, its Regions, keys, quotas, usage and buckets, and the faults it is to
//! show, read from a TOML file.

mod buckets;
mod build;
mod checked;
mod file;
mod key_sets;
mod region;
mod usage;

#[cfg(test)]
mod tests;

use super::catalogue::CatalogueQuota;
use super::curve::Curve;
use super::faults::Faults;
use super::keys::Keys;
use jiff::Timestamp;
use std::path::PathBuf;

/// Why an estate file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EstateError {
    /// The file could not be read.
    #[error(
        "cannot read the estate file {}; check the path and its permissions",
        path.display()
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The file is not TOML, or says something that no AWS account could be.
    #[error("{file}, line {line}, column {column}: {problem}")]
    Invalid {
        /// The name of the file.
        file: String,
        /// The line, from 1 up.
        line: usize,
        /// The column, from 1 up, in characters.
        column: usize,
        /// What is wrong there, and what would be right.
        problem: String,
    },
}

/// Everything that this AWS knows.
#[derive(Debug)]
pub(super) struct Estate {
    pub as_of: Timestamp,
    pub account: Account,
    pub faults: Faults,
    regions: Vec<Region>,
    /// By name.
    buckets: Vec<Bucket>,
}

#[derive(Debug)]
pub(super) struct Account {
    pub id: String,
    pub partition: String,
    /// Who the callers are: there is one identity for all credentials.
    pub caller_arn: String,
}

#[derive(Debug)]
pub(super) struct Region {
    pub name: String,
    pub enabled: bool,
    pub keys: Keys,
    pub quotas: Vec<Quota>,
    pub curves: Vec<Curve>,
}

/// A quota in one Region.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quota {
    pub catalogue: &'static CatalogueQuota,
    pub default: f64,
    /// `None` when ListServiceQuotas leaves the quota out.
    pub applied: Option<f64>,
}

#[derive(Clone, Debug)]
pub(super) struct Bucket {
    pub name: String,
    pub region: String,
    pub created: Timestamp,
    /// `None` when the bucket has no default encryption configuration.
    pub encryption: Option<Encryption>,
}

/// The default encryption of a bucket, as GetBucketEncryption has it.
#[derive(Clone, Debug)]
pub(super) struct Encryption {
    pub algorithm: &'static str,
    pub kms_key: Option<String>,
    pub bucket_key: bool,
}

impl Estate {
    /// The estate that `text` describes; `file` is its name in errors.
    pub fn read(file: &str, text: &str) -> Result<Estate, EstateError> {
        let parsed = toml::from_str(text).map_err(|error| Problem {
            at: error.span().unwrap_or_default(),
            what: error.message().to_owned(),
        });
        parsed
            .and_then(build::estate)
            .map_err(|problem| problem.in_file(file, text))
    }

    pub fn regions(&self) -> &[Region] {
        &self.regions
    }

    pub fn region(&self, name: &str) -> Option<&Region> {
        self.regions.iter().find(|region| region.name == name)
    }

    /// The Region that a client is pointed at unless it asks for another: the first enabled one.
    pub fn home(&self) -> &str {
        let enabled = self.regions.iter().find(|region| region.enabled);
        // An estate without an enabled Region is refused when it is read.
        enabled.map_or("us-east-1", |region| &region.name)
    }

    /// Every bucket of the account, by name.
    pub fn buckets(&self) -> &[Bucket] {
        &self.buckets
    }

    pub fn bucket(&self, name: &str) -> Option<&Bucket> {
        let index = self
            .buckets
            .binary_search_by(|bucket| bucket.name.as_str().cmp(name))
            .ok()?;
        self.buckets.get(index)
    }
}

/// What is wrong with an estate file, and where: bytes of its text.
#[derive(Debug)]
struct Problem {
    at: std::ops::Range<usize>,
    what: String,
}

impl Problem {
    fn new(at: std::ops::Range<usize>, what: impl Into<String>) -> Problem {
        Problem { at, what: what.into() }
    }

    fn in_file(self, file: &str, text: &str) -> EstateError {
        let before = text.get(..self.at.start).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        EstateError::Invalid {
            file: file.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            problem: self.what,
        }
    }
}

/// `a, b or c`, for error messages that say what would be right.
fn one_of<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match words.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}
