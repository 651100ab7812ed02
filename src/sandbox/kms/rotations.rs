//! GetKeyRotationStatus and ListKeyRotations: the key material of the keys that can rotate.

use super::List;
use crate::sandbox::key_metadata::seconds;
use crate::sandbox::key_spec::SYMMETRIC_DEFAULT;
use crate::sandbox::key_template::{Creation, KeyState, Origin};
use crate::sandbox::keys::Key;
use crate::sandbox::service::Refusal;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const MILLISECONDS_A_DAY: i64 = 86_400_000;

/// `RotationType` of the KMS API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RotationType {
    /// Scheduled.
    Automatic,
    /// Asked for.
    OnDemand,
}

/// What imported key material waits for, as `KeyMaterialState` of the KMS API spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum PendingMaterial {
    /// A rotation on demand.
    #[serde(rename = "PENDING_ROTATION")]
    Rotation,
    /// The import into every replica, and then a rotation on demand.
    #[serde(rename = "PENDING_MULTI_REGION_IMPORT_AND_ROTATION")]
    ImportAndRotation,
}

/// How the key material of keys rotates, and how it has.
#[derive(Clone, Debug)]
pub struct Rotations {
    pub as_of: Timestamp,
    /// The days between two automatic rotations, if they are on.
    pub period_days: Option<u32>,
    /// When automatic rotation was enabled; when the key was created, if absent.
    pub since: Option<Timestamp>,
    /// When a rotation on demand began that is still in progress.
    pub on_demand_started: Option<Timestamp>,
    pub history: History,
    /// The creation of the keys; of their primaries, if they are replicas.
    pub created: Creation,
}

/// What a key has for key material, from the first to the newest.
#[derive(Clone, Debug)]
pub enum History {
    /// The first, and one for every automatic rotation since it was enabled.
    Scheduled,
    /// The first, and one for each of these rotations.
    Rotated(Vec<(Timestamp, RotationType)>),
    /// These.
    Imported(Vec<Imported>),
}

/// Imported key material.
#[derive(Clone, Debug)]
pub struct Imported {
    pub description: Option<String>,
    pub valid_to: Option<Timestamp>,
    /// Whether it is in AWS KMS.
    pub is_there: bool,
    /// When it came into use, if it is not the first.
    pub rotated: Option<Timestamp>,
    /// What it waits for, if it has not come into use.
    pub pending: Option<PendingMaterial>,
}

/// One key material of a key.
struct Material<'a> {
    /// Epoch milliseconds; `None` for the first, and for one that has not come into use.
    rotated: Option<(i64, RotationType)>,
    imported: Option<&'a Imported>,
}

impl Rotations {
    /// How many rotations the material of the `n`th key has been through.
    pub fn completed_len(&self, n: u32) -> u32 {
        let completed = match &self.history {
            History::Scheduled => self.scheduled_len(n),
            History::Rotated(rotations) => rotations.len() as i64,
            History::Imported(materials) => {
                let used = materials.iter().filter(|material| material.pending.is_none());
                used.count() as i64 - 1
            }
        };
        u32::try_from(completed).unwrap_or(0)
    }

    fn scheduled_len(&self, n: u32) -> i64 {
        let Some(period) = self.period() else {
            return 0;
        };
        (self.as_of.as_millisecond() - self.schedule_start(n)).div_euclid(period)
    }

    /// Milliseconds.
    fn period(&self) -> Option<i64> {
        self.period_days.map(|days| i64::from(days) * MILLISECONDS_A_DAY)
    }

    /// What automatic rotation counts its periods from.
    fn schedule_start(&self, n: u32) -> i64 {
        let since = self.since.map(Timestamp::as_millisecond);
        since.unwrap_or_else(|| self.created.millisecond(n))
    }

    /// When the material of the `n`th key rotates next.
    fn next(&self, n: u32) -> Option<i64> {
        let period = self.period()?;
        let last_listed = match &self.history {
            History::Rotated(rotations) => rotations
                .iter()
                .rfind(|(_, kind)| *kind == RotationType::Automatic)
                .map(|(date, _)| date.as_millisecond()),
            _ => None,
        };
        let start = last_listed.unwrap_or_else(|| self.schedule_start(n));
        let periods = (self.as_of.as_millisecond() - start).div_euclid(period) + 1;
        Some(start + periods * period)
    }

    /// The key materials of the `n`th key, from the first to the newest.
    fn materials(&self, n: u32) -> Vec<Material<'_>> {
        let made_by_kms = |rotated| Material {
            rotated,
            imported: None,
        };
        match &self.history {
            History::Scheduled => {
                let (start, period) = (self.schedule_start(n), self.period().unwrap_or(0));
                let dates = (1..=self.scheduled_len(n)).map(|rotation| start + rotation * period);
                let rotations = dates.map(|date| Some((date, RotationType::Automatic)));
                [None].into_iter().chain(rotations).map(made_by_kms).collect()
            }
            History::Rotated(rotations) => {
                let rotations = rotations
                    .iter()
                    .map(|(date, kind)| Some((date.as_millisecond(), *kind)));
                [None].into_iter().chain(rotations).map(made_by_kms).collect()
            }
            History::Imported(materials) => materials
                .iter()
                .map(|imported| Material {
                    rotated: imported
                        .rotated
                        .map(|date| (date.as_millisecond(), RotationType::OnDemand)),
                    imported: Some(imported),
                })
                .collect(),
        }
    }
}

pub(super) fn get_key_rotation_status(key: &Key<'_>) -> Result<String, Refusal> {
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
