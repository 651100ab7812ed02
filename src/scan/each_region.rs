//! The Regions of an account, side by side.

use futures_util::{StreamExt, stream};

use crate::facts::{Region, RegionState};
use crate::progress::Progress;

/// Reads all Regions at once, each in the same way.
pub(super) async fn in_each_region<T>(
    regions: Vec<(Region, RegionState)>,
    progress: &Progress,
    read: impl AsyncFn(Region, RegionState) -> T,
) -> Vec<T> {
    progress.regions().find(regions.len());
    let (read, at_once) = (&read, regions.len().max(1));
    stream::iter(regions)
        .map(|(region, state)| async move {
            let read = read(region, state).await;
            progress.regions().finish_one();
            read
        })
        .buffer_unordered(at_once)
        .collect()
        .await
}
