//! Does the key material of a key rotate?

use super::clients::RegionSession;
use super::error::CallError;
use super::moment::timestamp;
use super::operations::{KMS_GET_KEY_ROTATION_STATUS as STATUS, KMS_LIST_KEY_ROTATIONS as LIST};
use super::paging::Pages;
use super::refusals::Refusals;
use crate::facts::{AutomaticRotation, Fact, Rotation};

/// The largest page KMS allows.
const ROTATIONS_A_PAGE: i32 = 1_000;

/// Reads how keys of a Region rotate.
#[derive(Debug)]
pub struct RotationReader<'a> {
    session: &'a RegionSession,
    status: Refusals,
    list: Refusals,
}

impl<'a> RotationReader<'a> {
    /// A reader of the keys of this Region.
    pub fn new(session: &'a RegionSession) -> Self {
        RotationReader {
            session,
            status: Refusals::default(),
            list: Refusals::default(),
        }
    }

    /// The automatic rotation of a symmetric encryption key whose material AWS made. KMS refuses to tell of others.
    pub async fn automatic(&self, key_id: &str) -> Fact<AutomaticRotation> {
        self.status.ask(|| self.get_status(key_id)).await.into()
    }

    /// The rotations that a symmetric encryption key has completed.
    pub async fn completed(&self, key_id: &str) -> Fact<Vec<Rotation>> {
        self.list.ask(|| self.list_rotations(key_id)).await.into()
    }

    async fn get_status(&self, key_id: &str) -> Result<AutomaticRotation, CallError> {
        let request = || self.session.kms.get_key_rotation_status().key_id(key_id).send();
        let answer = self.session.caller.call(STATUS, request).await?;
        Ok(AutomaticRotation {
            enabled: answer.key_rotation_enabled,
            period_days: answer.rotation_period_in_days.and_then(|days| u32::try_from(days).ok()),
            next_rotation: answer.next_rotation_date.as_ref().and_then(timestamp),
        })
    }

    async fn list_rotations(&self, key_id: &str) -> Result<Vec<Rotation>, CallError> {
        let mut rotations = Vec::new();
        let mut pages = Pages::default();
        let mut marker = None;
        loop {
            let request = || {
                let request = self.session.kms.list_key_rotations().key_id(key_id);
                request.limit(ROTATIONS_A_PAGE).set_marker(marker.clone()).send()
            };
            let page = self.session.caller.call(LIST, request).await?;
            let Some(listed) = page.rotations else {
                return Err(CallError::malformed(LIST, "the answer has no list of rotations"));
            };
            let brought = listed.len();
            rotations.extend(listed.into_iter().map(|rotation| {
                Rotation {
                    at: rotation.rotation_date.as_ref().and_then(timestamp),
                    kind: rotation
                        .rotation_type
                        .as_ref()
                        .map_or("not stated", |kind| kind.as_str())
                        .into(),
                }
            }));
            match pages.next(LIST, Some(page.truncated), page.next_marker.as_deref(), brought)? {
                Some(next) => marker = Some(next),
                None => return Ok(rotations),
            }
        }
    }
}
