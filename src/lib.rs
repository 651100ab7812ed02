//! `kms-audit`: a read-only auditor for AWS KMS.
//!
//! The modules, in the order data flows; each imports only what stands above it.

// A call is a future within futures: of the account, the Region, its turn, its place, and a dozen of the SDK's own.
#![recursion_limit = "256"]

/// Numbers as people read them.
pub mod numbers;
/// Hostile text made harmless.
pub mod visible;
/// Files that only the user can read, whole or not at all.
pub mod private_files;
/// One scan in a folder at a time.
pub mod folder_lock;
/// SHA-256, in hexadecimal.
pub mod digest;
/// Files that anyone may have made, read within bounds.
pub mod bounded_files;
/// How far a scan has come.
pub mod progress;
/// What was read, as plain data with three values.
pub mod facts;
/// What AWS publishes and no call answers.
pub mod published;
/// How much a finding matters.
pub mod severity;
/// `kms-audit.toml`.
pub mod config;
/// Pure arithmetic over facts.
pub mod model;
/// An AWS in this process, for demonstrations and tests.
#[cfg(feature = "sandbox")]
pub mod sandbox;
/// The only place that talks to AWS.
pub mod aws;
/// The scanner: fans out and brings the answers together.
pub mod scan;
/// Which accounts to scan, and one after the other, a few at a time.
pub mod accounts;
/// Rows on disk, a partition for each account.
pub mod dataset;
/// What was collected, on disk, before anyone judges it.
pub mod snapshot;
/// What a run was asked for, so that it can be gone on with.
pub mod run_record;
/// One file for each check, and the table that registers them.
pub mod checks;
/// Facts and findings brought together into the document that reports render.
pub mod assessment;
/// What the assessment came to and grows with keys, on disk.
pub mod results;
/// What makes a run evidence: manifest, verification, signature.
pub mod evidence;
/// Earlier runs, read back to be compared.
pub mod runs;
/// What changed between two runs.
pub mod diff;
/// The numbers of many runs over time.
pub mod trend;
/// One file for each format.
pub mod report;
/// The shards of a scan, and one scan made of them.
pub mod shards;
/// The command line.
pub mod cli;
/// One file for each subcommand.
pub mod commands;
