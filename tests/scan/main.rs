//! The built program against estates that misbehave: what exactly is in the report, and how the program ends.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod answers;
mod estates;
mod failures;
mod faults;
mod regions;
mod run;
