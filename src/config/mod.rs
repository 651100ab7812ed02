//! `kms-audit.toml`.

mod check_settings;
mod exception;

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use check_settings::CheckSettings;
pub use exception::Exception;

use crate::bounded_files;
use crate::facts::{Region, TagSource};

/// The largest file that is read, tens of thousands of exceptions.
const LARGEST_FILE: u64 = 16 << 20;

/// The name of the configuration file.
pub const FILE_NAME: &str = "kms-audit.toml";

/// The configuration. Whatever a file leaves out has its default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Config {
    /// What justifies a key.
    pub justification: JustificationPolicy,
    /// When a quota is near.
    pub quota: QuotaPolicy,
    /// What to scan, where no flag says so.
    pub scan: ScanDefaults,
    /// Which reports to write, where no flag says so.
    pub report: ReportDefaults,
    /// How each check judges, by its id, where it differs from the check's own way.
    pub checks: BTreeMap<String, CheckSettings>,
    /// Findings that are accepted for a while.
    #[serde(rename = "exception")]
    pub exceptions: Vec<Exception>,
}

/// What justifies a key. Tag keys are compared exactly, values without regard to case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct JustificationPolicy {
    /// Tag keys whose value names controls; the first that is present counts.
    pub requirement_tags: Vec<String>,
    /// The controls that justify a key.
    pub controls: Vec<String>,
    /// Tag keys whose value names the data class a key is for.
    pub classification_tags: Vec<String>,
    /// The data classes that are accepted; every one if none is named.
    pub classes: Vec<String>,
    /// Tag keys that name a tenant: evidence, never a justification.
    pub tenant_tags: Vec<String>,
}

impl Default for JustificationPolicy {
    fn default() -> Self {
        let words = |words: &[&str]| words.iter().map(|word| word.to_string()).collect();
        JustificationPolicy {
            requirement_tags: words(&["requirement", "justification", "kms-requirement"]),
            controls: words(&["policy", "rotation", "audit", "byok", "grant", "contract"]),
            classification_tags: words(&["DataClass", "data-class", "data-classification"]),
            classes: Vec::new(),
            tenant_tags: words(&["tenant", "tenant-id", "TenantId", "customer"]),
        }
    }
}

/// When a quota is near.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct QuotaPolicy {
    /// The percentage of a request quota from which its peak is a finding.
    pub threshold_percent: f64,
}

impl Default for QuotaPolicy {
    fn default() -> Self {
        QuotaPolicy {
            threshold_percent: 70.0,
        }
    }
}

/// What to scan, where no flag says so.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct ScanDefaults {
    /// The Regions; every enabled one if none is named.
    pub regions: Vec<Region>,
    /// The share of each request quota that the scan may use, as `--api-share` takes it.
    pub api_share: Option<String>,
    /// The time for asking when keys were last used, as `--last-usage-budget` takes it.
    pub last_usage_budget: Option<String>,
    /// Where the tags of keys are read.
    pub tags_from: Option<TagSource>,
}

/// Which reports to write, where no flag says so.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct ReportDefaults {
    /// The formats, each as `--format` takes it; the usual ones if none is named.
    pub formats: Vec<String>,
}

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file that was named is not there.
    #[error(
        "there is no configuration {path}\n  Check the path. `kms-audit init --out {path}` writes one with every setting."
    )]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be read.
    #[error("cannot read the configuration {path}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the file system said.
        source: std::io::Error,
    },
    /// The file is not what it should be; the cause names line and column.
    #[error("the configuration {path} is not valid:\n{cause}")]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        cause: Box<toml::de::Error>,
    },
    /// A value that cannot be meant.
    #[error("the configuration {path} is not valid: {what}")]
    Senseless {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
}

/// An error about a value that only others can judge, with the file it stands in.
pub fn invalid(what: String, file: Option<&Path>) -> ConfigError {
    ConfigError::Senseless {
        path: file.unwrap_or(Path::new(FILE_NAME)).to_owned(),
        what,
    }
}

impl Config {
    /// Reads the file that was named, else `kms-audit.toml` in this folder, else the one in the user's
    /// configuration folder, else takes the defaults. Also says which file it was.
    ///
    /// # Errors
    /// When a file was named or found that cannot be read or is not valid.
    pub fn load(named: Option<&Path>) -> Result<(Config, Option<PathBuf>), ConfigError> {
        let path = match named {
            Some(path) => Some(path.to_owned()),
            None => usual_places()
                .into_iter()
                .find(|path| path.try_exists().unwrap_or(true)),
        };
        match path {
            Some(path) => Ok((Config::read(&path)?, Some(path))),
            None => Ok((Config::default(), None)),
        }
    }

    fn read(path: &Path) -> Result<Config, ConfigError> {
        let text = bounded_files::read_text(path, LARGEST_FILE).map_err(|source| {
            let path = path.to_owned();
            match source.kind() {
                ErrorKind::NotFound => ConfigError::Missing { path },
                _ => ConfigError::Unreadable { path, source },
            }
        })?;
        let config: Config = toml::from_str(&text).map_err(|cause| ConfigError::Invalid {
            path: path.to_owned(),
            cause: Box::new(cause),
        })?;
        config.check().map_err(|what| ConfigError::Senseless {
            path: path.to_owned(),
            what: what.to_owned(),
        })?;
        Ok(config)
    }

    /// What is wrong with the exceptions, if anything is, for a scan at that moment.
    ///
    /// # Errors
    /// The first exception that lacks a reason or lasts too long, and what to correct.
    pub fn check_exceptions(&self, as_of: Timestamp) -> Result<(), String> {
        for (number, exception) in (1..).zip(&self.exceptions) {
            if let Some(fault) = exception.fault(as_of) {
                return Err(format!("[[exception]] {number} (for {}) {fault}", exception.check));
            }
        }
        Ok(())
    }

    fn check(&self) -> Result<(), &'static str> {
        let threshold = self.quota.threshold_percent;
        if !(threshold > 0.0 && threshold <= 100.0) {
            return Err("[quota] threshold-percent must be more than 0 and at most 100");
        }
        let justification = &self.justification;
        if justification.requirement_tags.is_empty() && justification.classification_tags.is_empty() {
            return Err("[justification] needs at least one of requirement-tags and classification-tags");
        }
        if self
            .scan
            .regions
            .iter()
            .any(|region| Region::parse(region.as_str()).is_none())
        {
            return Err("[scan] regions must be names of Regions, such as eu-west-1");
        }
        if justification.controls.is_empty() {
            return Err("[justification] controls must name at least one control");
        }
        if justification.controls.iter().any(|control| control.trim().is_empty()) {
            return Err("[justification] controls must not hold an empty word");
        }
        Ok(())
    }
}

fn usual_places() -> Vec<PathBuf> {
    let mut places = vec![PathBuf::from(FILE_NAME)];
    if let Ok(strategy) = etcetera::choose_base_strategy() {
        places.push(strategy.config_dir().join("kms-audit").join(FILE_NAME));
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE_NAME);
        std::fs::write(&path, text).unwrap();
        Config::read(&path).map_err(|error| error.to_string())
    }

    #[test]
    fn what_a_file_leaves_out_has_its_default() {
        let config = read("[justification]\ncontrols = [\"policy\"]\n").unwrap();
        assert_eq!(config.justification.controls, ["policy"]);
        assert_eq!(config.justification.requirement_tags.len(), 3);
        assert_eq!(config.quota.threshold_percent, 70.0);
    }

    #[test]
    fn the_documentation_shows_everything_with_its_default() {
        let page = include_str!("../../docs/configuration.md");
        let (_, rest) = page.split_once("```toml\n").unwrap();
        let (shown, _) = rest.split_once("```").unwrap();
        let mut defaults = Config::default();
        defaults.scan.api_share = Some("20".into());
        defaults.scan.last_usage_budget = Some("30s".into());
        defaults.scan.tags_from = Some(TagSource::Kms);
        defaults.report.formats = vec!["default".into()];
        assert_eq!(toml::from_str::<Config>(shown).unwrap(), defaults);
        // What is shown as a comment can be meant too.
        let examples = shown.replace("\n# [", "\n[");
        let examples: Vec<&str> = examples
            .lines()
            .map(|line| {
                line.strip_prefix("# ")
                    .filter(|line| line.contains(" = "))
                    .unwrap_or(line)
            })
            .collect();
        let config: Config = toml::from_str(&examples.join("\n")).unwrap();
        assert_eq!((config.checks.len(), config.exceptions.len()), (1, 1));
    }

    #[test]
    fn a_mistake_is_shown_with_line_and_column() {
        let error = read("[quota]\nthreshold-percent = \"high\"\n").unwrap_err();
        assert!(error.contains("line 2, column 21"), "{error}");
        let error = read("[quota]\nthreshhold-percent = 70\n").unwrap_err();
        assert!(
            error.contains("line 2") && error.contains("threshold-percent"),
            "{error}"
        );
    }

    #[test]
    fn a_threshold_that_cannot_be_meant_is_refused() {
        assert!(
            read("[quota]\nthreshold-percent = 0\n")
                .unwrap_err()
                .contains("more than 0")
        );
        assert!(
            read("[quota]\nthreshold-percent = 700\n")
                .unwrap_err()
                .contains("at most 100")
        );
    }
}
