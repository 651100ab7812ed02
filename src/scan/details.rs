//! Reading of each key what something depends on.

use futures_util::{StreamExt, stream};

use super::needs::{Needs, RotationNeed};
use crate::aws::{GrantReader, KeyPolicyReader, RegionSession, RotationReader};
use crate::facts::{AutomaticRotation, Fact, Key, KeyDetails, Rotation};
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
    let readers = &Readers {
        policies: KeyPolicyReader::new(clients),
        rotations: RotationReader::new(clients),
        grants: GrantReader::new(clients),
    };
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
            key.details.policy = details.policy;
            key.details.ram_policy = details.ram_policy;
            key.details.automatic_rotation = details.automatic_rotation;
            key.details.rotations = details.rotations;
            key.details.grants = details.grants;
        }
    }
}

struct Readers<'a> {
    policies: KeyPolicyReader<'a>,
    rotations: RotationReader<'a>,
    grants: GrantReader<'a>,
}

impl Readers<'_> {
    async fn read(&self, id: &str, needs: Needs) -> KeyDetails {
        let (policy, ram_policy, (automatic_rotation, rotations), grants) = tokio::join!(
            if_needed(needs.policy, || self.policies.key_policy(id)),
            if_needed(needs.ram_policy, || self.policies.ram_policy(id)),
            self.read_rotation(id, needs.rotation),
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

    async fn read_rotation(&self, id: &str, need: RotationNeed) -> (Fact<AutomaticRotation>, Fact<Vec<Rotation>>) {
        let automatic = if_needed(need == RotationNeed::Both, || self.rotations.automatic(id)).await;
        let is_off = matches!(&automatic, Fact::Known(rotation) if !rotation.enabled);
        let completed = if_needed(is_off || need == RotationNeed::OnDemand, || {
            self.rotations.completed(id)
        });
        (automatic, completed.await)
    }
}

async fn if_needed<T, F>(needed: bool, read: impl FnOnce() -> F) -> Fact<T>
where
    F: Future<Output = Fact<T>>,
{
    if needed { read().await } else { Fact::NotCollected }
}
