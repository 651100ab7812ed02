//! Progress on stderr, while somebody watches.

use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::progress::Progress;

const REFRESH: Duration = Duration::from_millis(100);

/// Shows progress until it is dropped. Where stderr is not a terminal, nothing is shown.
pub(super) struct Display {
    bar: ProgressBar,
    updates: tokio::task::JoinHandle<()>,
}

impl Display {
    pub(super) fn start(progress: Arc<Progress>) -> Self {
        let bar = ProgressBar::new(0);
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {wide_bar} {elapsed}") {
            bar.set_style(style);
        }
        let shown = bar.clone();
        let updates = tokio::spawn(async move {
            loop {
                let (regions, keys, buckets) = (progress.regions(), progress.keys(), progress.buckets());
                shown.set_length(regions.found() + keys.found() + buckets.found());
                shown.set_position(regions.done() + keys.done() + buckets.done());
                let accounts = progress.accounts();
                let of_accounts = match accounts.found() {
                    0 | 1 => String::new(),
                    found => format!("{}/{found} accounts, ", accounts.done()),
                };
                shown.set_message(format!(
                    "{of_accounts}{}/{} Regions, {}/{} keys, {}/{} buckets",
                    regions.done(),
                    regions.found(),
                    keys.done(),
                    keys.found(),
                    buckets.done(),
                    buckets.found()
                ));
                shown.tick();
                tokio::time::sleep(REFRESH).await;
            }
        });
        Display { bar, updates }
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        self.updates.abort();
        self.bar.finish_and_clear();
    }
}
