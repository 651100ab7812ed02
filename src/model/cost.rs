//! What keys cost.

use crate::facts::Key;
use crate::published::{KEY_MONTH, MicroDollars};

/// What a key costs a month to keep, at the commercial list price: nothing while it waits for its deletion, the flat
/// price otherwise. Rotations, which add up to two dollars, and requests come on top, so this is a lower bound. That is
/// why a key whose state is unknown counts for nothing: it may be pending deletion.
///
/// Source: <https://aws.amazon.com/kms/pricing/>, read in 2026.
pub fn monthly_cost(key: &Key) -> MicroDollars {
    if key.metadata.known().is_none() || key.is_pending_deletion() {
        MicroDollars(0)
    } else {
        KEY_MONTH
    }
}
