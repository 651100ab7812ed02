//! Moments, as AWS gives them.

use aws_smithy_types::DateTime;
use jiff::{Timestamp, Unit};

/// A moment as AWS gave it; `None` if it lies outside of what a calendar can hold. AWS gives milliseconds, in a JSON
/// number that does not hold them exactly.
pub(super) fn timestamp(sdk: &DateTime) -> Option<Timestamp> {
    let moment = Timestamp::new(sdk.secs(), i32::try_from(sdk.subsec_nanos()).ok()?).ok()?;
    // Datapoints come by the hundred thousand, and lie on whole minutes.
    match sdk.subsec_nanos() {
        0 => Some(moment),
        _ => moment.round(Unit::Millisecond).ok(),
    }
}
