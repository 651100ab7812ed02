//! `manifest.json`: what a run was, what it could not look at, and the hash of each of its files.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::EvidenceError;
use super::files::{FileEntry, MANIFEST_FILE, files_below};
use super::snapshot_digest::SnapshotDigest;
use crate::assessment::{Overview, Tool};
use crate::digest::sha256;
use crate::facts::{AccountId, ApiCalls, Arn, Shard};
use crate::private_files;

/// The version of its shape. Within a version, fields are added and never changed or taken away.
pub const MANIFEST_SCHEMA_VERSION: &str = "1";

/// The manifest of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "kms-audit manifest")]
pub struct Manifest {
    /// The version of this shape, "1".
    pub schema_version: String,
    /// What made the run.
    pub tool: Tool,
    /// How that program was built.
    pub build: Build,
    /// The moment every judgement refers to.
    pub as_of: Timestamp,
    /// When the first call was made.
    pub started_at: Timestamp,
    /// When the last call was answered.
    pub finished_at: Timestamp,
    /// Whether the scan was stopped before its end.
    pub interrupted: bool,
    /// The estate, where the scan was of the sandbox and not of AWS.
    pub sandbox: Option<String>,
    /// Whom AWS says was asking.
    pub caller_arn: Arn,
    /// The partition.
    pub partition: String,
    /// The accounts looked at.
    pub accounts: Vec<AccountId>,
    /// The snapshot that was judged: the one in this folder, or, of an assessment made later, the one of the scan.
    pub snapshot: SnapshotDigest,
    /// The checks that judged: those of this version that the configuration does not switch off.
    pub checks: Vec<String>,
    /// What was asked for: flags, environment and configuration together.
    #[serde(deserialize_with = "crate::facts::bounded_parameters")]
    pub parameters: BTreeMap<String, Value>,
    /// Whether everything was looked at.
    pub coverage_complete: bool,
    /// How many gaps there are; the report lists them.
    pub gaps: u64,
    /// Requests sent, retries included. Of a merged run, those that every shard made alike are counted once, as in the
    /// report; `shards` has those that each has made.
    pub api_calls: Vec<ApiCalls>,
    /// The shards that a merged run is made of, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shards: Vec<MergedShard>,
    /// Every file of the run but this one and its signature, in the order of their paths.
    pub files: Vec<FileEntry>,
    /// `sha256:` and the SHA-256, in hexadecimal, of this manifest without this field, as JSON without white space and
    /// with the fields of each object in alphabetical order.
    pub digest: String,
}

/// A shard of a merged run, as its own manifest has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MergedShard {
    /// Which of how many.
    pub shard: Shard,
    /// The digest of its manifest.
    pub digest: String,
    /// Who signed that, where it was asked.
    pub signer: Option<String>,
    /// Whom AWS says was asking.
    pub caller_arn: Arn,
    /// When its first call was made.
    pub started_at: Timestamp,
    /// When its last call was answered.
    pub finished_at: Timestamp,
    /// Requests sent, retries included.
    pub api_calls: Vec<ApiCalls>,
}

/// What a run was made from.
#[derive(Clone, Debug, PartialEq)]
pub enum Origin {
    /// From AWS: the snapshot lies in its folder.
    Collected,
    /// From a snapshot that lies elsewhere.
    Snapshot(SnapshotDigest),
    /// From shards: the snapshot that they came to together lies in its folder.
    Shards(Vec<MergedShard>),
}

/// How a program was built.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Build {
    /// The platform it was built for.
    pub target: String,
    /// `release` or `debug`.
    pub profile: String,
    /// The commit, where whoever built it said so (`KMS_AUDIT_COMMIT`).
    pub commit: Option<String>,
}

impl Build {
    /// How this program was built.
    pub fn this() -> Self {
        Build {
            target: env!("KMS_AUDIT_BUILD_TARGET").to_owned(),
            profile: env!("KMS_AUDIT_BUILD_PROFILE").to_owned(),
            commit: option_env!("KMS_AUDIT_COMMIT").map(str::to_owned),
        }
    }
}

impl Manifest {
    /// The manifest of what lies in a folder.
    ///
    /// # Errors
    /// When a file cannot be read, or is no file.
    pub fn of(folder: &Path, run: &Overview, origin: Origin) -> Result<Manifest, EvidenceError> {
        let (files, others) = files_below(folder)?;
        if let Some(other) = others.first() {
            let source = std::io::Error::other("it is neither a file nor a folder");
            return Err(EvidenceError::file(&folder.join(other), source));
        }
        let files = files
            .into_iter()
            .map(|(path, file)| FileEntry::of(&file, path))
            .collect::<Result<Vec<_>, _>>()?;
        let (snapshot, shards) = match origin {
            Origin::Collected => (SnapshotDigest::within(&files), Vec::new()),
            Origin::Snapshot(elsewhere) => (elsewhere, Vec::new()),
            Origin::Shards(shards) => (SnapshotDigest::within(&files), shards),
        };
        let scan = &run.scan;
        let mut manifest = Manifest {
            schema_version: MANIFEST_SCHEMA_VERSION.to_owned(),
            tool: run.tool.clone(),
            build: Build::this(),
            as_of: scan.as_of,
            started_at: scan.started_at,
            finished_at: scan.finished_at,
            interrupted: scan.interrupted,
            sandbox: scan.sandbox.clone(),
            caller_arn: scan.caller_arn.clone(),
            partition: scan.partition.clone(),
            accounts: scan.accounts.clone(),
            snapshot,
            checks: run.checks().map(str::to_owned).collect(),
            parameters: scan.parameters.clone(),
            coverage_complete: run.coverage.complete,
            gaps: run.coverage.gaps.len() as u64,
            api_calls: run.api_calls.clone(),
            shards,
            files,
            digest: String::new(),
        };
        manifest.digest = digest(&manifest.to_json()?);
        Ok(manifest)
    }

    /// The manifest as JSON, its fields in alphabetical order: the one way to write it, so that each of its bytes counts.
    fn to_json(&self) -> Result<Value, serde_json::Error> {
        serde_json::to_value(self)
    }
}

/// What the digest of a manifest must be: of all its fields but the digest, those included that this version does not
/// know.
pub(super) fn digest(manifest: &Value) -> String {
    let mut fields = manifest.clone();
    if let Value::Object(fields) = &mut fields {
        fields.remove("digest");
    }
    format!("sha256:{}", sha256(fields.to_string()))
}

/// The text of a manifest: the only one for what it says.
pub(super) fn text(manifest: &Value) -> String {
    format!("{manifest:#}\n")
}

/// Writes the manifest of what lies in a folder, last of all its files.
///
/// # Errors
/// When a file cannot be read, or the manifest not be written.
pub fn write_manifest(folder: &Path, run: &Overview, origin: Origin) -> Result<Manifest, EvidenceError> {
    let manifest = Manifest::of(folder, run, origin)?;
    let text = text(&manifest.to_json()?);
    let path = folder.join(MANIFEST_FILE);
    private_files::write_whole(&path, |out| out.write_all(text.as_bytes()))
        .map_err(|source| EvidenceError::Unwritable { path, source })?;
    Ok(manifest)
}

/// The JSON Schema of the manifest.
pub fn manifest_schema() -> serde_json::Value {
    schemars::schema_for!(Manifest).into()
}
