//! What changed between two runs. Pure but for [`walk`], which reads the accounts, one after the other.
//!
//! What could not be read in one of the runs is never a change: it is *not comparable*, with the reason. A key is
//! deleted only where the newer run read the list of keys to its end, and a finding gone only where its check judged
//! the resource again.

mod account;
mod buckets;
mod change;
mod comparison;
mod findings;
mod keys;
mod quotas;
mod reasons;
mod region;
#[cfg(test)]
mod tests;
mod totals;
mod walk;

pub use account::compare_accounts;
pub use change::{Change, ChangeKind, NotComparable, Side};
pub use comparison::AccountDiff;
pub use findings::compare_configuration;
pub use reasons::{NotComparableGroup, by_reason};
pub use totals::{DiffGroup, DiffSummary, Totals};
pub use walk::{DIFF_SCHEMA_VERSION, DiffDocument, DiffHead, RunName, walk};
