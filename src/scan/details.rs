//! Reading of each key what something depends on.

use futures_util::{StreamExt, stream};

use super::needs::{Needs, RotationNeed};
use crate::aws::{GrantReader, KeyPolicyReader, RegionSession, RotationReader};
use crate::config::JustificationPolicy;
use crate::facts::{AutomaticRotation, Fact, Key, KeyDetails, Rotation};
use crate::model::standing;
use crate::progress::Counter;

/// How many keys of a Region are asked about at once.
const KEYS_AT_ONCE: usize = 64;

/// Reads what these keys of a Region need. Each comes back with its place among the keys of the Region.
pub(super) async fn read_details(
    clients: &RegionSession,
    keys: &[Key],
    needs: &[(usize, Needs)],
    progress: &Counter,
) -> Vec<(usize, KeyDetails)> {
    progress.find(needs.len());
    let readers = &Readers::new(clients);
    let wanted = needs
        .iter()
        .filter_map(|(place, needs)| Some((*place, keys.get(*place)?, *needs)));
    stream::iter(wanted)
        .map(|(place, key, needs)| async move {
            let details = readers.read(&key.key_id, needs).await;
            progress.finish_one();
            (place, details)
        })
        .buffer_unordered(KEYS_AT_ONCE)
        .collect()
        .await
}

/// Adds to the keys what was read of them. What else is known of them stays.
pub(super) fn add_details(keys: &mut [Key], read: Vec<(usize, KeyDetails)>) {
    for (place, details) in read {
        if let Some(key) = keys.get_mut(place) {
            add(&mut key.details, details);
        }
    }
}

fn add(details: &mut KeyDetails, read: KeyDetails) {
    fn replace<T>(fact: &mut Fact<T>, read: Fact<T>) {
        if !read.is_not_collected() {
            *fact = read;
        }
    }
    replace(&mut details.policy, read.policy);
    replace(&mut details.ram_policy, read.ram_policy);
    replace(&mut details.automatic_rotation, read.automatic_rotation);
    replace(&mut details.rotations, read.rotations);
    replace(&mut details.grants, read.grants);
}

/// Reads what the tags of a key claim while others are still described. AWS allows a twentieth of the requests for
/// rotations and grants that it does for describing keys, so these decide how long a Region with many claims takes.
pub(super) struct EarlyDetails<'a> {
    readers: Readers<'a>,
    policy: &'a JustificationPolicy,
    progress: &'a Counter,
}

impl<'a> EarlyDetails<'a> {
    pub(super) fn new(clients: &'a RegionSession, policy: &'a JustificationPolicy, progress: &'a Counter) -> Self {
        EarlyDetails {
            readers: Readers::new(clients),
            policy,
            progress,
        }
    }

    /// Reads it, if the tags of the key claim anything that can be read of the key.
    pub(super) async fn read(&self, key: &mut Key) {
        let needs = Needs::of(key, &standing(key, self.policy), false);
        if needs.are_none() {
            return;
        }
        self.progress.find(1);
        // In a box: of all keys that wait for their turn, in all Regions, few claim anything.
        let read = Box::pin(self.readers.read(&key.key_id, needs)).await;
        add(&mut key.details, read);
        self.progress.finish_one();
    }
}

struct Readers<'a> {
    policies: KeyPolicyReader<'a>,
    rotations: RotationReader<'a>,
    grants: GrantReader<'a>,
}

impl<'a> Readers<'a> {
    fn new(clients: &'a RegionSession) -> Self {
        Readers {
            policies: KeyPolicyReader::new(clients),
            rotations: RotationReader::new(clients),
            grants: GrantReader::new(clients),
        }
    }

    async fn read(&self, id: &str, needs: Needs) -> KeyDetails {
        let (policy, ram_policy, (automatic_rotation, rotations), grants) = tokio::join!(
            if_needed(needs.policy, || self.policies.key_policy(id)),
            if_needed(needs.ram_policy, || self.policies.ram_policy(id)),
            read_rotation(&self.rotations, id, needs.rotation),
            if_needed(needs.grants, || self.grants.grants(id)),
        );
        KeyDetails {
            policy,
            ram_policy,
            automatic_rotation,
            rotations,
            grants,
            ..KeyDetails::default()
        }
    }
}

async fn read_rotation(
    reader: &RotationReader<'_>,
    id: &str,
    need: RotationNeed,
) -> (Fact<AutomaticRotation>, Fact<Vec<Rotation>>) {
    let automatic = if_needed(need == RotationNeed::Both, || reader.automatic(id)).await;
    let is_off = matches!(&automatic, Fact::Known(rotation) if !rotation.enabled);
    let completed = if_needed(is_off || need == RotationNeed::OnDemand, || reader.completed(id));
    (automatic, completed.await)
}

async fn if_needed<T, F>(needed: bool, read: impl FnOnce() -> F) -> Fact<T>
where
    F: Future<Output = Fact<T>>,
{
    if needed { read().await } else { Fact::NotCollected }
}
