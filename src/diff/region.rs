//! Whether a run looked at a Region.

use crate::facts::{Region, RegionState};
use crate::runs::{AccountView, RegionView};

/// A Region, or why a run says nothing of it.
pub(super) fn looked_at<'v>(view: &'v AccountView, region: &Region) -> Result<&'v RegionView, String> {
    match view.regions.get(region) {
        None => Err("it was not looked at".to_owned()),
        Some(region) if region.state == RegionState::NotEnabled => Err("it was not enabled".to_owned()),
        Some(region) => Ok(region),
    }
}
