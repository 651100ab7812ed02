//! Which key needs what: each detail of a key costs a call, so it is read only where something depends on it.

use crate::facts::{Key, KeyDetails, KeyMetadata, KeyOrigin, KeySpec, KeyState, MultiRegionRole};
use crate::model::Standing;

/// The controls whose claims can be held against facts of the key itself, as the default vocabulary has them.
const ROTATION: &str = "rotation";
const POLICY: &str = "policy";
const GRANT: &str = "grant";

/// What to read of a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Needs {
    pub(super) rotation: RotationNeed,
    /// Its key policy.
    pub(super) policy: bool,
    /// The policy of its resource shares, if it has one.
    pub(super) ram_policy: bool,
    pub(super) grants: bool,
}

/// What to read of the rotation of a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum RotationNeed {
    /// Nothing.
    #[default]
    Nothing,
    /// Its automatic rotation, and where that is off the rotations on demand.
    Both,
    /// The rotations on demand: imported key material knows no others.
    OnDemand,
}

impl Needs {
    /// What to read of a key, by what its tags claim and by whether the default encryption of an SSE-KMS bucket names
    /// it.
    pub(super) fn of(key: &Key, standing: &Standing<'_>, is_bucket_key: bool) -> Needs {
        let Some(metadata) = key.metadata.known() else {
            return Needs::default();
        };
        if key.is_pending_deletion() {
            return Needs::default();
        }
        let claims =
            |control: &str| matches!(standing, Standing::Justified(claim) if claim.controls.contains(control));
        Needs {
            rotation: if claims(ROTATION) {
                rotation(metadata)
            } else {
                RotationNeed::Nothing
            },
            policy: claims(POLICY) || is_bucket_key,
            ram_policy: is_bucket_key,
            grants: claims(GRANT) || is_bucket_key,
        }
    }

    /// What is left of it where some was read before.
    pub(super) fn besides(self, read: &KeyDetails) -> Needs {
        let has_rotation = !read.automatic_rotation.is_not_collected() || !read.rotations.is_not_collected();
        Needs {
            rotation: if has_rotation {
                RotationNeed::Nothing
            } else {
                self.rotation
            },
            policy: self.policy && read.policy.is_not_collected(),
            ram_policy: self.ram_policy && read.ram_policy.is_not_collected(),
            grants: self.grants && read.grants.is_not_collected(),
        }
    }

    pub(super) fn are_none(&self) -> bool {
        *self == Needs::default()
    }
}

/// What KMS answers about the rotation of a key.
///
/// Sources: <https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html> (which keys rotate),
/// <https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html> (in which states it is told).
fn rotation(metadata: &KeyMetadata) -> RotationNeed {
    let is_told = !matches!(
        metadata.state,
        KeyState::PendingImport | KeyState::Unavailable | KeyState::Creating
    );
    // A replica rotates with its primary, which is asked.
    let is_replica = matches!(metadata.multi_region, Some(MultiRegionRole::Replica { .. }));
    match metadata.origin {
        _ if !is_told || is_replica || metadata.spec != KeySpec::SymmetricDefault => RotationNeed::Nothing,
        KeyOrigin::AwsKms => RotationNeed::Both,
        KeyOrigin::External => RotationNeed::OnDemand,
        _ => RotationNeed::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::JustificationPolicy;
    use crate::facts::Fact;
    use crate::facts::examples::{denied, key};
    use crate::model::standing;

    const NOTHING: Needs = Needs {
        rotation: RotationNeed::Nothing,
        policy: false,
        ram_policy: false,
        grants: false,
    };

    fn claiming(requirement: &str) -> Key {
        key(&[("requirement", requirement)])
    }

    fn needs_of(key: &Key, is_bucket_key: bool) -> Needs {
        Needs::of(key, &standing(key, &JustificationPolicy::default()), is_bucket_key)
    }

    fn rotation_of(change: impl FnOnce(&mut KeyMetadata)) -> RotationNeed {
        let mut key = claiming("rotation");
        if let Fact::Known(metadata) = &mut key.metadata {
            change(metadata);
        }
        let Needs { rotation, .. } = needs_of(&key, false);
        rotation
    }

    #[test]
    fn what_was_read_before_is_not_asked_for_again() {
        let mut read = KeyDetails::default();
        let wanted = needs_of(&claiming("policy+grant+rotation"), true);
        assert_eq!(wanted.besides(&read), wanted);
        read.policy = denied("kms:GetKeyPolicy");
        read.rotations = Fact::Known(Vec::new());
        let left = Needs {
            ram_policy: true,
            grants: true,
            ..NOTHING
        };
        assert_eq!(wanted.besides(&read), left);
    }

    #[test]
    fn each_claim_asks_for_what_it_can_be_held_against() {
        for (claim, expected) in [
            (
                "policy",
                Needs {
                    policy: true,
                    ..NOTHING
                },
            ),
            (
                "grant",
                Needs {
                    grants: true,
                    ..NOTHING
                },
            ),
            (
                "rotation",
                Needs {
                    rotation: RotationNeed::Both,
                    ..NOTHING
                },
            ),
            ("audit+byok+contract", NOTHING),
            (
                "Policy, GRANT",
                Needs {
                    policy: true,
                    grants: true,
                    ..NOTHING
                },
            ),
        ] {
            assert_eq!(needs_of(&claiming(claim), false), expected, "{claim}");
        }
    }

    #[test]
    fn a_key_that_claims_nothing_needs_nothing() {
        for key in [key(&[]), key(&[("DataClass", "public")]), claiming("polcy")] {
            assert_eq!(needs_of(&key, false), NOTHING);
        }
    }

    #[test]
    fn the_key_of_a_bucket_needs_everything_that_says_who_may_use_it() {
        for key in [key(&[]), claiming("audit")] {
            let expected = Needs {
                policy: true,
                ram_policy: true,
                grants: true,
                ..NOTHING
            };
            assert_eq!(needs_of(&key, true), expected);
        }
    }

    #[test]
    fn rotation_is_asked_of_keys_that_can_rotate() {
        assert_eq!(rotation_of(|_| {}), RotationNeed::Both);
        assert_eq!(
            rotation_of(|key| key.origin = KeyOrigin::External),
            RotationNeed::OnDemand
        );
        assert_eq!(
            rotation_of(|key| key.origin = KeyOrigin::AwsCloudHsm),
            RotationNeed::Nothing
        );
        assert_eq!(
            rotation_of(|key| key.spec = KeySpec::from("RSA_2048")),
            RotationNeed::Nothing
        );
    }

    #[test]
    fn the_primary_of_a_multi_region_key_is_asked_and_its_replica_is_not() {
        let primary = MultiRegionRole::Primary {
            replica_regions: Vec::new(),
        };
        let replica = MultiRegionRole::Replica { primary: None };
        assert_eq!(rotation_of(|key| key.multi_region = Some(primary)), RotationNeed::Both);
        assert_eq!(
            rotation_of(|key| key.multi_region = Some(replica)),
            RotationNeed::Nothing
        );
    }

    #[test]
    fn rotation_is_not_asked_in_the_states_in_which_kms_refuses_to_tell() {
        for (state, expected) in [
            (KeyState::Enabled, RotationNeed::Both),
            (KeyState::Disabled, RotationNeed::Both),
            (KeyState::Updating, RotationNeed::Both),
            (KeyState::PendingImport, RotationNeed::Nothing),
            (KeyState::Unavailable, RotationNeed::Nothing),
            (KeyState::Creating, RotationNeed::Nothing),
        ] {
            assert_eq!(rotation_of(|key| key.state = state.clone()), expected, "{state}");
        }
    }

    #[test]
    fn nothing_is_asked_of_a_key_that_is_pending_deletion_or_that_could_not_be_described() {
        let mut leaving = claiming("policy+rotation+grant");
        if let Fact::Known(metadata) = &mut leaving.metadata {
            metadata.state = KeyState::PendingDeletion;
        }
        let mut unread = claiming("policy+rotation+grant");
        unread.metadata = denied("kms:DescribeKey");
        for key in [leaving, unread] {
            assert_eq!(needs_of(&key, true), NOTHING);
        }
    }
}
