//! Key states, and which keys can be in them.

use super::Problem;
use super::file::{At, KeyFile, MultiRegionRole};
use crate::sandbox::keys::custom_key_stores::{ConnectionState, CustomKeyStore};
use crate::sandbox::keys::lifecycle::{KeyState, Origin};
use crate::sandbox::keys::template::MultiRegion;

/// The state of the keys of a section: the one it says, if such keys can be in it, or the one that follows from the rest.
///
/// <https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html>
pub(super) fn key_state(
    key: &At<KeyFile>,
    multi_region: Option<&MultiRegion>,
    store: Option<&CustomKeyStore>,
) -> Result<KeyState, Problem> {
    let implied = match store {
        Some(store) if store.state != ConnectionState::Connected => KeyState::Unavailable,
        _ if lacks_material(key) => KeyState::PendingImport,
        _ => KeyState::Enabled,
    };
    let Some(state) = &key.state else {
        return Ok(implied);
    };
    let has_replicas = multi_region.is_some_and(|part| part.is_primary && !part.replica_regions.is_empty());
    let is_replica = multi_region.is_some_and(|part| !part.is_primary);
    let problem = match (**state, implied) {
        (KeyState::PendingDeletion, _) if has_replicas => {
            "a primary key waits for the deletion of its replicas first: use PendingReplicaDeletion, or remove the replicas"
        }
        (KeyState::PendingDeletion, _) => return Ok(KeyState::PendingDeletion),
        (KeyState::Unavailable, KeyState::Unavailable) => return Ok(KeyState::Unavailable),
        (KeyState::Unavailable, _) => {
            "only a key in a custom key store that is not connected is Unavailable; name one as custom_key_store"
        }
        (_, KeyState::Unavailable) => {
            "in a custom key store that is not connected, keys are Unavailable or PendingDeletion; remove state, or \
             connect the store"
        }
        (KeyState::PendingImport, _) if key.origin != Origin::External => {
            "only a key with imported key material is PendingImport; add origin = \"EXTERNAL\""
        }
        (KeyState::Enabled, KeyState::PendingImport) => {
            "without all of its key material a key is PendingImport; remove state, or import the material"
        }
        (KeyState::Creating, _) if !is_replica => {
            "only a replica is Creating; add multi_region = \"replica\", or use another state"
        }
        (KeyState::Updating, _) if multi_region.is_none() => {
            "only a multi-Region key is Updating; add multi_region, or use another state"
        }
        (KeyState::PendingReplicaDeletion, _) if !has_replicas => {
            "only a primary key with replicas is PendingReplicaDeletion; use PendingDeletion, or add a replica"
        }
        (state, _) => return Ok(state),
    };
    Err(Problem::new(state.span(), problem))
}

/// Whether imported key material that the key has used is missing. The replicas of a key import theirs for themselves.
fn lacks_material(key: &KeyFile) -> bool {
    let is_replica = key.multi_region == Some(MultiRegionRole::Replica);
    let materials = key.material.as_ref().filter(|_| !is_replica);
    materials.is_some_and(|materials| {
        let mut used = materials.iter().filter(|material| material.pending.is_none());
        materials.is_empty() || used.any(|material| !material.imported)
    })
}
