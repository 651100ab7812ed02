//! GetKeyRotationStatus and ListKeyRotations.

use super::List;
use crate::sandbox::keys::Key;
use crate::sandbox::keys::lifecycle::{KeyState, Origin};
use crate::sandbox::keys::metadata::seconds;
use crate::sandbox::keys::rotations::{Material, Rotations};
use crate::sandbox::keys::spec::SYMMETRIC_DEFAULT;
use crate::sandbox::service::Refusal;
use serde_json::{Value, json};

pub(in crate::sandbox) fn get_key_rotation_status(key: &Key<'_>) -> Result<String, Refusal> {
    let template = key.template();
    if template.state == KeyState::PendingImport {
        return Err(invalid_state(key, "pending import"));
    }
    let rotations = rotations_of(key)?;
    if template.origin == Origin::External {
        // Rotation on demand is all that imported key material knows.
        return Err(invalid_origin(key));
    }
    let is_deleted_soon = matches!(
        template.state,
        KeyState::PendingDeletion | KeyState::PendingReplicaDeletion
    );
    let enabled = rotations.period_days.filter(|_| !is_deleted_soon);
    let mut status = json!({ "KeyId": key.arn(), "KeyRotationEnabled": enabled.is_some() });
    if let (Some(days), Some(next)) = (enabled, rotations.next(key.n())) {
        status["RotationPeriodInDays"] = days.into();
        status["NextRotationDate"] = seconds(next);
    }
    if let Some(started) = rotations.on_demand_started {
        status["OnDemandRotationStartDate"] = seconds(started.as_millisecond());
    }
    Ok(status.to_string())
}

/// Lists the key materials, also while one waits to be imported again: this is how one finds out which.
pub(super) fn list_key_rotations(list: &List<'_>, key: &Key<'_>) -> Result<String, Refusal> {
    let include_all = match list.input.include_key_material.as_deref() {
        None | Some("ROTATIONS_ONLY") => false,
        Some("ALL_KEY_MATERIAL") => true,
        Some(other) => {
            return Err(Refusal::new(
                "ValidationException",
                format!(
                    "1 validation error detected: Value '{other}' at 'includeKeyMaterial' failed to satisfy constraint: \
                     Member must satisfy enum value set: [ALL_KEY_MATERIAL, ROTATIONS_ONLY]"
                ),
            ));
        }
    };
    let rotations = rotations_of(key)?;
    let current = rotations.completed_len(key.n());
    let materials = rotations.materials(key.n());
    let included: Vec<(u32, &Material<'_>)> = (0..)
        .zip(&materials)
        .filter(|(_, material)| include_all || material.rotated.is_some())
        .collect();
    let page = list.place(included.len(), 100, 1000)?;
    let entries = included[page.range.clone()].iter();
    let entries = entries.map(|(rotation, material)| entry(key, *rotation, current, material));
    Ok(list.answer("Rotations", entries.collect(), page))
}

fn entry(key: &Key<'_>, rotation: u32, current: u32, material: &Material<'_>) -> Value {
    let pending = material.imported.and_then(|imported| imported.pending);
    let mut entry = json!({
        "KeyId": key.id(),
        "KeyMaterialId": key.material_after(rotation),
        "KeyMaterialState": match pending {
            Some(pending) => json!(pending),
            None if rotation == current => json!("CURRENT"),
            None => json!("NON_CURRENT"),
        },
    });
    if let Some((date, kind)) = material.rotated {
        entry["RotationDate"] = seconds(date);
        entry["RotationType"] = json!(kind);
    }
    if let Some(imported) = material.imported {
        if let Some(description) = &imported.description {
            entry["KeyMaterialDescription"] = json!(description);
        }
        entry["ImportState"] = json!(if imported.is_there {
            "IMPORTED"
        } else {
            "PENDING_IMPORT"
        });
        match imported.valid_to.filter(|_| imported.is_there) {
            Some(valid_to) => {
                entry["ExpirationModel"] = json!("KEY_MATERIAL_EXPIRES");
                entry["ValidTo"] = seconds(valid_to.as_millisecond());
            }
            None if imported.is_there => entry["ExpirationModel"] = json!("KEY_MATERIAL_DOES_NOT_EXPIRE"),
            None => {}
        }
    }
    entry
}

/// The rotations of a key, or what KMS says of one that has none.
///
/// <https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html>
fn rotations_of<'a>(key: &Key<'a>) -> Result<&'a Rotations, Refusal> {
    let template = key.template();
    if template.state == KeyState::Unavailable {
        return Err(invalid_state(key, "unavailable"));
    }
    if template.spec != SYMMETRIC_DEFAULT {
        // KMS says no more than this.
        return Err(Refusal::new("UnsupportedOperationException", ""));
    }
    template.rotations.as_ref().ok_or_else(|| invalid_origin(key))
}

fn invalid_state(key: &Key<'_>, state: &str) -> Refusal {
    Refusal::new("KMSInvalidStateException", format!("{} is {state}.", key.arn()))
}

fn invalid_origin(key: &Key<'_>) -> Refusal {
    let (arn, origin) = (key.arn(), key.template().origin.name());
    Refusal::new(
        "UnsupportedOperationException",
        format!("{arn} origin is {origin} which is not valid for this operation."),
    )
}
