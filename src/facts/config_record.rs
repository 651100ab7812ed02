//! What AWS Config says of its own knowledge.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How old what AWS Config knows of a Region is, where the inventory comes from there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConfigRecord {
    /// When the oldest of the items was captured; null where there is none. An item is captured when something changes:
    /// that of a key which nobody has touched for years is as old, and still true.
    pub oldest_item: Option<Timestamp>,
    /// When the newest of the items was captured.
    pub newest_item: Option<Timestamp>,
    /// How often the Region is recorded, in the words of AWS: `CONTINUOUS` or `DAILY`. Null where no recorder is known.
    pub frequency: Option<String>,
    /// Since when the aggregator has heard nothing new of the Region; null where it is up to date.
    pub outdated_since: Option<Timestamp>,
}

impl ConfigRecord {
    /// Takes an item into account.
    pub fn note(&mut self, captured: Option<Timestamp>) {
        self.oldest_item = [self.oldest_item, captured].into_iter().flatten().min();
        self.newest_item = self.newest_item.max(captured);
    }

    /// Takes the items of another Region into account.
    pub fn merge(&mut self, other: &ConfigRecord) {
        self.note(other.oldest_item);
        self.note(other.newest_item);
        let since = [self.outdated_since, other.outdated_since];
        self.outdated_since = since.into_iter().flatten().min();
        match &mut self.frequency {
            // The one that says least.
            Some(frequency) if other.frequency.as_deref() == Some("DAILY") => *frequency = "DAILY".to_owned(),
            Some(_) => {}
            none => *none = other.frequency.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_regions_it_keeps_the_oldest_and_the_newest_item_and_the_longest_silence() {
        let moment = |text: &str| Some(text.parse().unwrap());
        let record = |oldest, newest, frequency: &str, since| ConfigRecord {
            oldest_item: moment(oldest),
            newest_item: moment(newest),
            frequency: Some(frequency.to_owned()),
            outdated_since: since,
        };
        let mut merged = ConfigRecord::default();
        merged.merge(&record(
            "2025-03-01T00:00:00Z",
            "2025-04-01T00:00:00Z",
            "CONTINUOUS",
            None,
        ));
        merged.merge(&record(
            "2025-02-01T00:00:00Z",
            "2025-02-02T00:00:00Z",
            "DAILY",
            moment("2026-06-01T00:00:00Z"),
        ));
        merged.merge(&ConfigRecord::default());
        let expected = record(
            "2025-02-01T00:00:00Z",
            "2025-04-01T00:00:00Z",
            "DAILY",
            moment("2026-06-01T00:00:00Z"),
        );
        assert_eq!(merged, expected);
    }
}
