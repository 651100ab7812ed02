//! When keys were last used, within the time that a scan has for it: AWS allows five of these calls a second, so that
//! of many keys only the most telling ones are asked, and the others next time.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep_until};

use super::ScanPlan;
use crate::aws::{LastUsageReader, RegionSession};
use crate::facts::{Arn, Fact, Key, KeyUsage, LastUsage, MultiRegionRole, RegionFacts};
use crate::model::Standing;
use crate::progress::Counter;

/// How many keys of a Region are asked at once. AWS allows five of these calls a second: more would only wait, and would
/// still be sent after it has turned out that all are refused.
const KEYS_AT_ONCE: usize = 4;

/// As good as no limit, and still within what a clock can hold.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// How the last usage of keys is asked for.
#[derive(Clone, Debug, Default)]
pub struct LastUsagePlan {
    /// How much time there is for it.
    pub budget: LastUsageBudget,
    /// What an earlier scan was told, by key.
    pub earlier: HashMap<Arn, EarlierUsage>,
}

/// What an earlier scan was told of a key.
#[derive(Clone, Debug, PartialEq)]
pub struct EarlierUsage {
    /// When the key was created, which tells that it is still the same.
    pub creation_date: Timestamp,
    /// What it was told.
    pub usage: LastUsage,
}

/// The time that a scan spends on the last usage of the keys of an account, all Regions together. Nothing is asked if it
/// is zero. Each account has all of it, since AWS counts these calls by account: what one takes would help no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LastUsageBudget(Duration);

impl Default for LastUsageBudget {
    fn default() -> Self {
        LastUsageBudget(Duration::from_secs(30))
    }
}

impl From<Duration> for LastUsageBudget {
    fn from(budget: Duration) -> Self {
        LastUsageBudget(budget)
    }
}

impl From<LastUsageBudget> for String {
    fn from(budget: LastUsageBudget) -> Self {
        budget.to_string()
    }
}

impl TryFrom<String> for LastUsageBudget {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl FromStr for LastUsageBudget {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let duration = text.parse::<SignedDuration>().ok();
        duration
            .and_then(|duration| Duration::try_from(duration).ok())
            .map(LastUsageBudget)
            .ok_or_else(|| "expected a duration such as 30s or 5m; 0s asks nothing".to_owned())
    }
}

impl fmt::Display for LastUsageBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match SignedDuration::try_from(self.0) {
            Ok(duration) => write!(f, "{duration:#}"),
            Err(_) => write!(f, "{}s", self.0.as_secs()),
        }
    }
}

impl LastUsageBudget {
    /// The time begins to run.
    pub(super) fn start(self) -> Clock {
        let runs = !self.0.is_zero();
        Clock {
            deadline: runs.then(|| Instant::now() + self.0.min(LONGEST)),
        }
    }
}

/// The time that is left, which is the same for all Regions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    /// `None` if nothing is to be asked.
    deadline: Option<Instant>,
}

/// The keys of a Region to be asked, by their places, the most telling first: whoever has no reason to exist, then
/// replicas, which cost what they cost for a Region that may not need them, then the rest; among equals the one without
/// an earlier answer, the one with the oldest answer, the oldest key.
pub(super) fn asking_order(facts: &RegionFacts, standings: &[Standing<'_>], plan: &ScanPlan) -> Vec<usize> {
    let metrics_are_known = facts.key_metrics.known().is_some();
    let mut ranked: Vec<_> = facts
        .keys
        .iter()
        .zip(standings)
        .enumerate()
        .filter(|(_, (key, standing))| {
            is_worth_asking(key, standing, plan) && !(metrics_are_known && is_in_use(key))
        })
        .map(|(place, (key, standing))| {
            let metadata = key.metadata.known();
            let answer = earlier(key, &plan.last_usage.earlier).map(|usage| usage.read_at);
            let created = metadata.and_then(|metadata| metadata.creation_date);
            // A key without a date comes after those with one.
            let age = Reverse(created.map(Reverse));
            (rank(key, standing), answer, age, &key.arn, place)
        })
        .collect();
    ranked.sort_unstable();
    ranked.into_iter().map(|(.., place)| place).collect()
}

/// Whether the answer could say something of a key.
fn is_worth_asking(key: &Key, standing: &Standing<'_>, plan: &ScanPlan) -> bool {
    let Some(metadata) = key.metadata.known() else {
        return false;
    };
    let is_of_the_future = metadata.creation_date.is_some_and(|created| created > plan.as_of);
    // AWS keeps no record of Encapsulate and Decapsulate.
    let is_recorded = metadata.usage != KeyUsage::EncapsulateDecapsulate;
    is_recorded && !is_of_the_future && *standing != Standing::PendingDeletion
}

/// Whether CloudWatch has already told that the key was used lately.
fn is_in_use(key: &Key) -> bool {
    !key.details.active_operations.is_empty()
}

fn rank(key: &Key, standing: &Standing<'_>) -> u8 {
    let role = key.metadata.known().and_then(|metadata| metadata.multi_region.as_ref());
    match standing {
        Standing::Unjustified(_) => 0,
        Standing::Unrecognized(_) => 1,
        _ if matches!(role, Some(MultiRegionRole::Replica { .. })) => 2,
        _ => 3,
    }
}

/// Asks keys of a Region in this order until the time is over. Whoever is not reached then was not asked.
pub(super) async fn read_last_usage(
    clients: &RegionSession,
    keys: &[Key],
    order: &[usize],
    clock: Clock,
    as_of: Timestamp,
    progress: &Counter,
) -> Vec<(usize, Fact<LastUsage>)> {
    let Some(deadline) = clock.deadline else {
        return Vec::new();
    };
    progress.find(order.len());
    let reader = &LastUsageReader::new(clients);
    let asked = order.iter().filter_map(|place| Some((*place, keys.get(*place)?)));
    stream::iter(asked)
        .map(|(place, key)| async move {
            let answer = reader.last_usage(&key.key_id, as_of).await;
            progress.finish_one();
            (place, answer)
        })
        .buffer_unordered(KEYS_AT_ONCE)
        .take_until(sleep_until(deadline))
        .collect()
        .await
}

/// Adds the answers to the keys.
pub(super) fn add_last_usage(keys: &mut [Key], read: Vec<(usize, Fact<LastUsage>)>) {
    for (place, answer) in read {
        if let Some(key) = keys.get_mut(place) {
            key.details.last_usage = answer;
        }
    }
}

/// Gives keys that were not asked the answer of an earlier scan. It keeps its age.
pub(super) fn carry_over(keys: &mut [Key], answers: &HashMap<Arn, EarlierUsage>) {
    for key in keys.iter_mut().filter(|key| key.details.last_usage.is_not_collected()) {
        if let Some(usage) = earlier(key, answers) {
            key.details.last_usage = Fact::Known(usage.clone());
        }
    }
}

/// What an earlier scan was told of a key. An answer of a key with another creation date is of another key.
fn earlier<'a>(key: &Key, answers: &'a HashMap<Arn, EarlierUsage>) -> Option<&'a LastUsage> {
    let created = key.metadata.known()?.creation_date?;
    let answer = answers.get(&key.arn)?;
    (answer.creation_date == created).then_some(&answer.usage)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::{RegionChoice, UsageWindow};
    use crate::config::JustificationPolicy;
    use crate::facts::examples::{denied, key, region};
    use crate::facts::{KeyMetadata, KeyState, TagSource};
    use crate::model::standing;

    fn moment(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn plan() -> ScanPlan {
        let as_of = moment("2026-06-15T06:00:00Z");
        ScanPlan {
            as_of,
            regions: RegionChoice::Enabled,
            window: UsageWindow::before(as_of, 14),
            inventory: super::super::Inventory::default(),
            tags_from: TagSource::Kms,
            justification: JustificationPolicy::default(),
            threshold_percent: 70.0,
            last_usage: LastUsagePlan::default(),
        }
    }

    /// A key that is told apart by the only alias it has.
    fn named(name: &str, tags: &[(&str, &str)], change: impl FnOnce(&mut KeyMetadata)) -> Key {
        let mut key = key(tags);
        key.aliases = vec![name.to_owned()];
        if let Fact::Known(metadata) = &mut key.metadata {
            metadata.creation_date = Some(moment("2024-01-01T00:00:00Z"));
            change(metadata);
        }
        key
    }

    fn untagged(name: &str, created: &str) -> Key {
        named(name, &[], |key| key.creation_date = Some(moment(created)))
    }

    fn answer(read_at: &str) -> LastUsage {
        LastUsage {
            last: None,
            tracking_start: None,
            read_at: moment(read_at),
        }
    }

    fn order_of(facts: &RegionFacts, plan: &ScanPlan) -> Vec<String> {
        let policy = &plan.justification;
        let standings: Vec<_> = facts.keys.iter().map(|key| standing(key, policy)).collect();
        let order = asking_order(facts, &standings, plan);
        order
            .into_iter()
            .map(|place| facts.keys[place].aliases[0].clone())
            .collect()
    }

    #[test]
    fn who_has_no_reason_comes_first_and_replicas_before_others() {
        let replica = |key: &mut KeyMetadata| key.multi_region = Some(MultiRegionRole::Replica { primary: None });
        let justified = named("justified", &[("requirement", "audit")], |_| {});
        let mut unread = named("unread", &[], |_| {});
        unread.tags = denied("kms:ListResourceTags");
        let facts = region([
            unread,
            justified,
            named("replica", &[("requirement", "audit")], replica),
            named("unrecognized", &[("requirement", "polcy")], |_| {}),
            named("unjustified replica", &[], replica),
        ]);
        assert_eq!(
            order_of(&facts, &plan()),
            ["unjustified replica", "unrecognized", "replica", "justified", "unread"]
        );
    }

    #[test]
    fn among_equals_the_oldest_key_comes_first_and_then_the_first_by_name() {
        let mut undated = untagged("undated", "2024-01-01T00:00:00Z");
        if let Fact::Known(metadata) = &mut undated.metadata {
            metadata.creation_date = None;
        }
        let facts = region([
            undated,
            untagged("young", "2025-01-01T00:00:00Z"),
            untagged("old a", "2020-01-01T00:00:00Z"),
            untagged("old b", "2020-01-01T00:00:00Z"),
        ]);
        assert_eq!(order_of(&facts, &plan()), ["old a", "old b", "young", "undated"]);
    }

    #[test]
    fn among_equals_whoever_has_no_answer_or_an_old_one_comes_first() {
        let facts = region([
            untagged("lately", "2020-01-01T00:00:00Z"),
            untagged("long ago", "2021-01-01T00:00:00Z"),
            untagged("never", "2022-01-01T00:00:00Z"),
            untagged("another key", "2023-01-01T00:00:00Z"),
            named("justified", &[("requirement", "audit")], |_| {}),
        ]);
        let mut plan = plan();
        for (place, created, read_at) in [
            (0, "2020-01-01T00:00:00Z", "2026-06-08T00:00:00Z"),
            (1, "2021-01-01T00:00:00Z", "2026-06-01T00:00:00Z"),
            (3, "2022-12-31T00:00:00Z", "2026-06-01T00:00:00Z"),
        ] {
            let earlier = EarlierUsage {
                creation_date: moment(created),
                usage: answer(read_at),
            };
            plan.last_usage.earlier.insert(facts.keys[place].arn.clone(), earlier);
        }
        assert_eq!(
            order_of(&facts, &plan),
            ["never", "another key", "long ago", "lately", "justified"]
        );
    }

    #[test]
    fn a_key_that_is_in_use_by_its_metrics_is_not_asked_if_all_metrics_are_known() {
        let mut busy = named("busy", &[], |_| {});
        busy.details.active_operations = vec!["Decrypt".into()];
        let mut facts = region([busy, named("idle", &[], |_| {})]);
        assert_eq!(order_of(&facts, &plan()), ["busy", "idle"]);
        facts.key_metrics = Fact::Known(());
        assert_eq!(order_of(&facts, &plan()), ["idle"]);
    }

    #[test]
    fn keys_of_which_the_answer_would_say_nothing_are_not_asked() {
        let mut unread = named("unread", &[("requirement", "audit")], |_| {});
        unread.metadata = denied("kms:DescribeKey");
        let facts = region([
            unread,
            named("leaving", &[], |key| key.state = KeyState::PendingDeletion),
            named("of tomorrow", &[], |key| {
                key.creation_date = Some(moment("2026-06-15T06:00:00.001Z"));
            }),
            named("of now", &[], |key| key.creation_date = Some(plan().as_of)),
            named("unrecorded", &[], |key| key.usage = KeyUsage::EncapsulateDecapsulate),
        ]);
        assert_eq!(order_of(&facts, &plan()), ["of now"]);
    }

    #[test]
    fn answers_are_carried_over_to_the_same_key_if_it_was_not_asked() {
        let created = "2024-01-01T00:00:00Z";
        let mut asked = untagged("asked", created);
        let mut refused = untagged("refused", created);
        asked.details.last_usage = Fact::Known(answer("2026-06-15T06:00:00Z"));
        refused.details.last_usage = denied("kms:GetKeyLastUsage");
        let mut keys = [
            asked.clone(),
            refused.clone(),
            untagged("not asked", created),
            untagged("made anew", "2026-05-01T00:00:00Z"),
        ];
        let earlier = EarlierUsage {
            creation_date: moment(created),
            usage: answer("2026-06-08T06:00:00Z"),
        };
        let answers = keys.iter().map(|key| (key.arn.clone(), earlier.clone())).collect();
        carry_over(&mut keys, &answers);
        let last_usage = keys.map(|key| key.details.last_usage);
        assert_eq!(last_usage[0], asked.details.last_usage);
        assert_eq!(last_usage[1], refused.details.last_usage);
        assert_eq!(last_usage[2], Fact::Known(answer("2026-06-08T06:00:00Z")));
        assert_eq!(last_usage[3], Fact::NotCollected);
    }

    #[test]
    fn a_budget_is_a_duration_that_people_write() {
        let budget = |text: &str| text.parse::<LastUsageBudget>().map(|budget| budget.to_string());
        assert_eq!(budget("30s").as_deref(), Ok("30s"));
        assert_eq!(budget("5m").as_deref(), Ok("5m"));
        assert_eq!(budget("1h 30 minutes").as_deref(), Ok("1h 30m"));
        assert_eq!(budget("PT90S").as_deref(), Ok("1m 30s"));
        assert_eq!(budget("0s").as_deref(), Ok("0s"));
        for wrong in ["", "30", "-5s", "soon", "5 m s"] {
            assert!(budget(wrong).is_err(), "{wrong}");
        }
        assert!("0s".parse::<LastUsageBudget>().unwrap().start().deadline.is_none());
    }
}
