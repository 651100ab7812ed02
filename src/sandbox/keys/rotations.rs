//! The key material of the keys that can rotate.

use super::lifecycle::Creation;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
pub struct Material<'a> {
    /// Epoch milliseconds; `None` for the first, and for one that has not come into use.
    pub rotated: Option<(i64, RotationType)>,
    pub imported: Option<&'a Imported>,
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
    pub fn next(&self, n: u32) -> Option<i64> {
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
    pub fn materials(&self, n: u32) -> Vec<Material<'_>> {
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
