//! The built program against estates that misbehave: what exactly is in the report, and how the program ends. And the
//! library against random estates: the report says what the estate is.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

mod accounts;
mod answers;
mod checks;
mod doors;
mod estates;
mod evidence;
mod failures;
mod faults;
mod formats;
#[cfg(target_os = "linux")]
mod full_disk;
mod history;
mod inventory;
mod key_details;
mod manners;
mod memory;
mod metrics;
#[cfg(unix)]
mod permissions;
mod quota;
mod random_estate;
mod readers;
mod regions;
mod resume;
mod run;
mod secrets;
mod shards;
mod sources;
mod sources_config;
#[cfg(unix)]
mod sources_memory;
mod watch;
