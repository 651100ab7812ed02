//! Which accounts to scan, and the scan of one after the other, a few at a time.

mod quota_round;
mod round;
mod targets;

pub use quota_round::{KeptSessions, QuotaRound};
pub use round::{Round, Visit};
pub use targets::{TargetChoice, Targets, choose_targets};
