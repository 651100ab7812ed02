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
mod inventory;
mod key_details;
mod metrics;
mod random_estate;
mod regions;
mod resume;
mod run;
mod sources;
mod sources_config;
mod watch;
