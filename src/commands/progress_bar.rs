//! Progress on stderr, while somebody watches.

use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::progress::{Counter, Progress};

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
                let (found, done) = totals(&progress);
                shown.set_length(found);
                shown.set_position(done);
                shown.set_message(message(&progress));
                shown.tick();
                tokio::time::sleep(REFRESH).await;
            }
        });
        Display { bar, updates }
    }
}

/// Everything that is counted, with its name.
fn counters(progress: &Progress) -> [(&'static str, &Counter); 5] {
    [
        ("Regions", progress.regions()),
        ("keys", progress.keys()),
        ("buckets", progress.buckets()),
        ("key details", progress.key_details()),
        ("last uses", progress.last_usage()),
    ]
}

/// How many there are of all, and how many are done.
fn totals(progress: &Progress) -> (u64, u64) {
    let counters = counters(progress).map(|(_, counter)| (counter.found(), counter.done()));
    counters
        .iter()
        .fold((0, 0), |(found, done), counter| (found + counter.0, done + counter.1))
}

/// Accounts where there are several, Regions always, the rest once there is any.
fn message(progress: &Progress) -> String {
    let accounts = progress.accounts();
    let of_accounts = (accounts.found() > 1).then_some(("accounts", accounts));
    let shown = counters(progress).into_iter().enumerate();
    let shown = shown.filter(|(place, (_, counter))| *place == 0 || counter.found() > 0);
    let words: Vec<String> = of_accounts
        .into_iter()
        .chain(shown.map(|(_, counted)| counted))
        .map(|(name, counter)| format!("{}/{} {name}", counter.done(), counter.found()))
        .collect();
    words.join(", ")
}

impl Drop for Display {
    fn drop(&mut self) {
        self.updates.abort();
        self.bar.finish_and_clear();
    }
}
