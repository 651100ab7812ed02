//! Which accounts to scan, and the scan of one after the other, a few at a time.

mod round;
mod targets;

pub use round::{Round, Visit};
pub use targets::{TargetChoice, Targets, choose_targets};
