//! Progress on stderr: a bar while somebody watches, else a line of the log now and then, so that whoever reads it sees
//! life.

use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use tokio::task::JoinHandle;

use crate::numbers::grouped;
use crate::progress::{Counter, Progress};

const REFRESH: Duration = Duration::from_millis(100);

/// How far the lines are apart. What is done sooner has none.
const BETWEEN_LINES: Duration = Duration::from_secs(60);

/// Shows progress until it is dropped.
pub(super) struct Display {
    bar: Option<ProgressBar>,
    updates: Option<JoinHandle<()>>,
}

impl Display {
    pub(super) fn start(progress: Arc<Progress>, quiet: bool) -> Self {
        if quiet {
            return Display {
                bar: None,
                updates: None,
            };
        }
        if !io::stderr().is_terminal() {
            let say = |line: String| tracing::info!(target: "kms_audit::progress", "{line}");
            return Display {
                bar: None,
                updates: Some(tokio::spawn(say_now_and_then(progress, BETWEEN_LINES, say))),
            };
        }
        let bar = ProgressBar::new(0);
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {wide_bar} {elapsed}") {
            bar.set_style(style);
        }
        Display {
            updates: Some(tokio::spawn(draw(bar.clone(), progress))),
            bar: Some(bar),
        }
    }
}

async fn draw(bar: ProgressBar, progress: Arc<Progress>) {
    let begun = Instant::now();
    loop {
        let (found, done) = totals(&progress);
        bar.set_length(found);
        bar.set_position(done);
        bar.set_message(message(&progress, begun.elapsed()));
        bar.tick();
        tokio::time::sleep(REFRESH).await;
    }
}

async fn say_now_and_then(progress: Arc<Progress>, between: Duration, say: impl Fn(String)) {
    let begun = Instant::now();
    loop {
        tokio::time::sleep(between).await;
        say(line(&progress, begun.elapsed()));
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
fn message(progress: &Progress, elapsed: Duration) -> String {
    let accounts = progress.accounts();
    let of_accounts = (accounts.found() > 1).then_some(("accounts", accounts));
    let shown = counters(progress).into_iter().enumerate();
    let shown = shown.filter(|(place, (_, counter))| *place == 0 || counter.found() > 0);
    let words: Vec<String> = of_accounts
        .into_iter()
        .chain(shown.map(|(_, counted)| counted))
        .map(|(name, counter)| format!("{}/{} {name}", counter.done(), counter.found()))
        .chain(progress.time_left(elapsed).map(about))
        .collect();
    words.join(", ")
}

/// `12 of 200 accounts, 4,310 keys, about 18 minutes left`.
fn line(progress: &Progress, elapsed: Duration) -> String {
    let (accounts, keys) = (progress.accounts(), progress.keys());
    let of = |counter: &Counter, name: &str| {
        format!("{} of {} {name}", grouped(counter.done()), grouped(counter.found()))
    };
    let mut words = if accounts.found() > 1 {
        vec![of(accounts, "accounts"), format!("{} keys", grouped(keys.done()))]
    } else if keys.found() > 0 {
        vec![of(keys, "keys")]
    } else {
        vec![of(progress.regions(), "Regions")]
    };
    words.extend(progress.time_left(elapsed).map(about));
    words.join(", ")
}

/// A time as roughly as it is known.
fn about(left: Duration) -> String {
    let minutes = left.as_secs().div_ceil(60);
    match minutes {
        0 | 1 => "less than a minute left".to_owned(),
        2..=90 => format!("about {minutes} minutes left"),
        _ => {
            let tens = minutes.div_ceil(10);
            format!("about {} h {:02} min left", tens / 6, tens % 6 * 10)
        }
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        if let Some(updates) = &self.updates {
            updates.abort();
        }
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    fn moved(counter: &Counter, done: u64, found: usize) {
        counter.find(found);
        (0..done).for_each(|_| counter.finish_one());
    }

    #[test]
    fn a_line_says_how_far_it_is_and_how_long_the_rest_will_take() {
        let progress = Progress::default();
        moved(progress.accounts(), 12, 200);
        moved(progress.keys(), 4_310, 4_400);
        let said = |seconds| line(&progress, Duration::from_secs(seconds));
        assert_eq!(said(66), "12 of 200 accounts, 4,310 keys, about 18 minutes left");
        assert_eq!(said(5), "12 of 200 accounts, 4,310 keys");
        let one = Progress::default();
        moved(one.accounts(), 0, 1);
        moved(one.regions(), 1, 17);
        assert_eq!(line(&one, Duration::from_secs(60)), "1 of 17 Regions");
        moved(one.keys(), 4_000, 12_000);
        assert_eq!(
            line(&one, Duration::from_secs(60)),
            "4,000 of 12,000 keys, about 2 minutes left"
        );
        assert!(message(&one, Duration::from_secs(60)).ends_with("4000/12000 keys, about 2 minutes left"));
    }

    #[test]
    fn a_time_is_said_as_roughly_as_it_is_known() {
        let said = |seconds| about(Duration::from_secs(seconds));
        assert_eq!(said(59), "less than a minute left");
        assert_eq!(said(61), "about 2 minutes left");
        assert_eq!(said(90 * 60), "about 90 minutes left");
        assert_eq!(said(2 * 3_600 + 61), "about 2 h 10 min left");
        assert_eq!(said(119 * 60), "about 2 h 00 min left");
    }

    #[tokio::test]
    async fn lines_come_at_an_interval_and_none_before_it() {
        let said: Arc<Mutex<Vec<String>>> = Arc::default();
        let keep = said.clone();
        let say = move |line| keep.lock().unwrap().push(line);
        let lines = say_now_and_then(Arc::default(), Duration::from_millis(50), say);
        let _ = tokio::time::timeout(Duration::from_millis(30), lines).await;
        assert_eq!(said.lock().unwrap().len(), 0);
        let keep = said.clone();
        let say = move |line| keep.lock().unwrap().push(line);
        let lines = say_now_and_then(Arc::default(), Duration::from_millis(1), say);
        let _ = tokio::time::timeout(Duration::from_secs(1), lines).await;
        assert!(said.lock().unwrap().len() > 2);
    }
}
