//! Rotation of key material, and imported key material.

use super::Problem;
use super::checked::{creation, past};
use super::file::{At, Instant, KeyFile, MaterialFile};
use crate::sandbox::keys::lifecycle::{Creation, KeyState, Origin};
use crate::sandbox::keys::rotations::{History, Imported, PendingMaterial, RotationType, Rotations};
use crate::sandbox::keys::spec::{KeySpec, SYMMETRIC_DEFAULT};
use jiff::Timestamp;

/// The days between two automatic rotations, unless a key says otherwise. AWS managed keys always have these.
const YEAR: u32 = 365;

/// The rotations on demand that a key can have:
/// <https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html>.
const MOST_ON_DEMAND: usize = 25;

/// How the keys of a section rotate; replicas rotate with their `primary`. `None` for keys that cannot.
pub(super) fn rotations(
    key: &At<KeyFile>,
    primary: Option<&At<KeyFile>>,
    spec: &KeySpec,
    state: KeyState,
    as_of: Timestamp,
) -> Result<Option<Rotations>, Problem> {
    let is_rotating = spec == SYMMETRIC_DEFAULT && matches!(key.origin, Origin::AwsKms | Origin::External);
    check_place(key, primary, is_rotating)?;
    if !is_rotating {
        return Ok(None);
    }
    let source = primary.unwrap_or(key);
    let written = Written {
        key,
        source,
        created: creation(source, as_of)?,
        as_of,
    };
    Ok(Some(match key.origin {
        Origin::External => Rotations {
            as_of,
            period_days: None,
            since: None,
            on_demand_started: None,
            history: History::Imported(written.materials(primary.is_some(), state)?),
            created: written.created,
        },
        _ => written.rotations()?,
    }))
}

/// When the first imported key material that keys use expires.
pub(super) fn first_expiry(file: &KeyFile, rotations: Option<&Rotations>) -> Option<Timestamp> {
    match rotations.map(|rotations| &rotations.history) {
        Some(History::Imported(materials)) => {
            let used = materials.iter().filter(|material| material.pending.is_none());
            used.filter_map(|material| material.valid_to).min()
        }
        _ => file.valid_to.as_ref().map(|instant| instant.0),
    }
}

/// Which keys can say how they rotate.
fn check_place(key: &At<KeyFile>, primary: Option<&At<KeyFile>>, is_rotating: bool) -> Result<(), Problem> {
    let rotation = key.rotation.as_ref().map(At::span);
    if let Some(at) = rotation.clone().filter(|_| key.aws_managed) {
        return Err(Problem::new(
            at,
            "AWS rotates AWS managed keys every year; remove rotation",
        ));
    }
    let listed = key.rotations.as_ref().map(|listed| span(listed, key));
    let material = key.material.as_ref().map(|materials| span(materials, key));
    let is_external = key.origin == Origin::External;
    let (at, problem) = match (rotation.or(listed), material) {
        (Some(at), _) | (None, Some(at)) if primary.is_some() => {
            (at, "a replica rotates with its primary; move this to the primary key")
        }
        (Some(at), _) if is_external => (
            at,
            "imported key material rotates to material that was imported for it; write it as material = [{}, \
             { rotated = 2026-01-01T00:00:00Z }]",
        ),
        (None, Some(at)) if !is_external => (
            at,
            "only key material with origin = \"EXTERNAL\" is imported; remove material, or set the origin",
        ),
        (Some(at), _) | (None, Some(at)) if !is_rotating => (
            at,
            "only symmetric encryption keys outside of custom key stores rotate; remove this",
        ),
        _ => return Ok(()),
    };
    Err(Problem::new(at, problem))
}

/// Where a list stands, or the key that has it.
fn span<T>(list: &[At<T>], key: &At<KeyFile>) -> std::ops::Range<usize> {
    list.first().map_or_else(|| key.span(), At::span)
}

/// What a section says of rotation, and what it is checked against.
struct Written<'a> {
    key: &'a At<KeyFile>,
    /// The primary key of a replica, else the same.
    source: &'a At<KeyFile>,
    created: Creation,
    as_of: Timestamp,
}

impl Written<'_> {
    /// An instant between the creation of the last key and now.
    fn checked(&self, instant: &At<Instant>) -> Result<Timestamp, Problem> {
        let checked = past(instant.0, self.as_of, instant.span())?;
        if checked >= self.created.last {
            return Ok(checked);
        }
        let last = self.created.last;
        let what = format!("the last of these keys was created at {last}; use a later instant");
        Err(Problem::new(instant.span(), what))
    }

    fn rotations(&self) -> Result<Rotations, Problem> {
        let rotation = self.source.rotation.as_ref();
        let period = rotation.and_then(|rotation| rotation.period_days.as_ref());
        if let Some(period) = period.filter(|period| !(90..=2560).contains(&***period)) {
            return Err(Problem::new(period.span(), "a rotation period is 90 to 2560 days"));
        }
        let is_enabled = self.source.aws_managed || rotation.is_some_and(|rotation| rotation.enabled);
        let since = rotation.and_then(|rotation| rotation.since.as_ref());
        let started = rotation.and_then(|rotation| rotation.on_demand_started.as_ref());
        Ok(Rotations {
            as_of: self.as_of,
            period_days: is_enabled.then(|| period.map_or(YEAR, |period| **period)),
            since: since.map(|since| self.checked(since)).transpose()?,
            on_demand_started: started.map(|started| self.checked(started)).transpose()?,
            history: self.history()?,
            created: self.created,
        })
    }

    fn history(&self) -> Result<History, Problem> {
        let Some(listed) = &self.source.rotations else {
            return Ok(History::Scheduled);
        };
        let mut rotations = Vec::with_capacity(listed.len());
        let mut on_demand = 0;
        for rotation in listed {
            if rotation.kind == RotationType::OnDemand {
                on_demand += 1;
                if self.source.aws_managed || on_demand > MOST_ON_DEMAND {
                    return Err(Problem::new(
                        rotation.span(),
                        "a key has at most 25 rotations on demand, and an AWS managed key none; remove some",
                    ));
                }
            }
            rotations.push((self.checked(&rotation.date)?, rotation.kind));
        }
        rotations.sort_by_key(|(date, _)| *date);
        Ok(History::Rotated(rotations))
    }

    /// The imported key materials of the keys, or of replicas of them.
    fn materials(&self, is_replica: bool, state: KeyState) -> Result<Vec<Imported>, Problem> {
        let materials = match &self.source.material {
            Some(materials) => self.listed_materials(materials)?,
            None if state == KeyState::PendingImport && !is_replica => Vec::new(),
            None => vec![self.only_material()?],
        };
        if !is_replica {
            return Ok(materials);
        }
        let used = materials.into_iter().filter(|material| material.pending.is_none());
        Ok(used
            .map(|material| Imported {
                is_there: state != KeyState::PendingImport,
                ..material
            })
            .collect())
    }

    /// The expiry of key material that is not listed. Into a replica it is imported anew.
    fn valid_to(&self) -> Option<&At<Instant>> {
        self.key.valid_to.as_ref().or(self.source.valid_to.as_ref())
    }

    fn only_material(&self) -> Result<Imported, Problem> {
        let valid_to = self.valid_to();
        Ok(Imported {
            description: None,
            valid_to: valid_to.map(|instant| self.future(instant)).transpose()?,
            is_there: true,
            rotated: None,
            pending: None,
        })
    }

    /// The expiry of key material that has not expired.
    fn future(&self, instant: &At<Instant>) -> Result<Timestamp, Problem> {
        if instant.0 > self.as_of {
            return Ok(instant.0);
        }
        Err(Problem::new(
            instant.span(),
            "AWS KMS has deleted key material that has expired: use a later instant, or material = [{ imported = false }]",
        ))
    }

    fn listed_materials(&self, files: &[At<MaterialFile>]) -> Result<Vec<Imported>, Problem> {
        if let Some(valid_to) = self.valid_to() {
            return Err(Problem::new(
                valid_to.span(),
                "each material has its own expiry: move valid_to into material",
            ));
        }
        let mut materials: Vec<Imported> = Vec::with_capacity(files.len());
        for file in files {
            let material = self.material(file)?;
            let before = materials.last();
            let is_in_order = match before {
                None => material.rotated.is_none() && material.pending.is_none(),
                Some(before) => {
                    let follows = material.rotated.is_some_and(|date| Some(date) > before.rotated);
                    before.pending.is_none() && (follows || material.pending.is_some())
                }
            };
            if !is_in_order {
                return Err(Problem::new(
                    file.span(),
                    "the first material has no `rotated`, each other one a later one, and only the last can be pending",
                ));
            }
            materials.push(material);
        }
        let rotations = materials.iter().filter(|material| material.rotated.is_some());
        match files.get(MOST_ON_DEMAND + 1) {
            Some(file) if rotations.count() > MOST_ON_DEMAND => Err(Problem::new(
                file.span(),
                "a key has at most 25 rotations on demand; remove some",
            )),
            _ => Ok(materials),
        }
    }

    fn material(&self, file: &At<MaterialFile>) -> Result<Imported, Problem> {
        // `KeyMaterialDescriptionType` of the API model.
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b":/_ \t\r\n.-".contains(&byte);
        if let Some(description) = &file.description
            && !(description.len() <= 256 && description.bytes().all(is_allowed))
        {
            return Err(Problem::new(
                description.span(),
                "the description of key material has at most 256 letters, digits, spaces and :/_.-",
            ));
        }
        let is_alone = self.source.multi_region.is_none();
        let problem = match file.pending {
            Some(_) if file.rotated.is_some() || !file.imported => {
                "pending material is imported and has not come into use; remove rotated and imported"
            }
            Some(PendingMaterial::ImportAndRotation) if is_alone => {
                "only the material of a primary key waits for its import into replicas; use PENDING_ROTATION"
            }
            _ => {
                let valid_to = file.valid_to.as_ref().filter(|_| file.imported);
                let rotated = file.rotated.as_ref();
                return Ok(Imported {
                    description: file.description.as_ref().map(|description| description.to_string()),
                    valid_to: valid_to.map(|instant| self.future(instant)).transpose()?,
                    is_there: file.imported,
                    rotated: rotated.map(|date| self.checked(date)).transpose()?,
                    pending: file.pending,
                });
            }
        };
        Err(Problem::new(file.span(), problem))
    }
}
