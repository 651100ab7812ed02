//! Whether what a key claims to be there for is true of it.
//!
//! Sources: <https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html> for rotation,
//! <https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html> for what replicas share.

use jiff::Timestamp;

use super::{KeyPolicy, day_of, days_between};
use crate::facts::{AccountId, Fact, Key, KeyMetadata, KeyOrigin, KeySpec, KeyState, RotationType};

/// Whether a claim holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClaimVerdict {
    /// It does.
    Holds,
    /// It does not, and the fact that shows it: the second half of a sentence, after "but".
    Contradicted(String),
    /// That cannot be told, and why.
    Unverified(String),
}

impl ClaimVerdict {
    fn contradicted(fact: impl Into<String>) -> Self {
        ClaimVerdict::Contradicted(fact.into())
    }

    fn unverified(because: impl Into<String>) -> Self {
        ClaimVerdict::Unverified(because.into())
    }

    /// What is said of a claim whose fact is missing.
    fn missing<T>(fact: &Fact<T>, what: &str) -> Self {
        match fact {
            Fact::Unavailable(reason) => {
                ClaimVerdict::Unverified(format!("{what} could not be read: {}", reason.code))
            }
            Fact::Known(_) | Fact::NotCollected => {
                ClaimVerdict::Unverified(format!("AWS was not asked for {what}"))
            }
        }
    }
}

/// Whether the key material is the customer's own: imported, in an external key store, or in a CloudHSM cluster, which
/// is the customer's hardware.
pub fn byok(metadata: &KeyMetadata) -> ClaimVerdict {
    match &metadata.origin {
        KeyOrigin::External | KeyOrigin::ExternalKeyStore | KeyOrigin::AwsCloudHsm => ClaimVerdict::Holds,
        KeyOrigin::AwsKms => ClaimVerdict::contradicted("AWS KMS generated its key material (origin AWS_KMS)"),
        KeyOrigin::Unknown(origin) => {
            ClaimVerdict::unverified(format!("its origin {origin} is one that this version does not know"))
        }
    }
}

/// Whether the key has a grant.
pub fn grant(key: &Key) -> ClaimVerdict {
    match &key.details.grants {
        Fact::Known(grants) if grants.is_empty() => ClaimVerdict::contradicted("it has no grant"),
        Fact::Known(_) => ClaimVerdict::Holds,
        missing => ClaimVerdict::missing(missing, "its grants"),
    }
}

/// Whether the key has a key policy of its own rather than the default one.
pub fn policy(key: &Key, partition: &str, account: &AccountId) -> ClaimVerdict {
    let text = match &key.details.policy {
        Fact::Known(text) => text,
        missing => return ClaimVerdict::missing(missing, "its key policy"),
    };
    match KeyPolicy::parse(text) {
        Ok(policy) if policy.is_default(partition, account) => {
            ClaimVerdict::contradicted("its key policy is the default one, which leaves everything to IAM policies")
        }
        Ok(_) => ClaimVerdict::Holds,
        Err(_) => ClaimVerdict::unverified("its key policy cannot be parsed"),
    }
}

/// Why a key can never be rotated, if it cannot.
pub fn cannot_rotate(metadata: &KeyMetadata) -> Option<String> {
    let spec = metadata.spec.as_str();
    let fixed = ["RSA_", "ECC_", "HMAC_", "SM2", "ML_DSA_", "ML_KEM_"];
    if fixed.iter().any(|family| spec.starts_with(family)) {
        Some(format!("a key of the spec {spec} cannot rotate"))
    } else if matches!(metadata.origin, KeyOrigin::AwsCloudHsm | KeyOrigin::ExternalKeyStore) {
        Some("a key in a custom key store cannot rotate".to_owned())
    } else {
        None
    }
}

/// Whether a key that is not a replica rotates: by itself, or on demand within so many days of the scan. Of imported key
/// material there is only rotation on demand, and a key that is younger than that has had no need of it.
pub fn rotation(key: &Key, metadata: &KeyMetadata, as_of: Timestamp, days: f64) -> ClaimVerdict {
    if let Some(because) = cannot_rotate(metadata) {
        return ClaimVerdict::Contradicted(because);
    }
    if metadata.spec != KeySpec::SymmetricDefault {
        return ClaimVerdict::unverified(format!(
            "whether a key of the spec {} can rotate is not known",
            metadata.spec
        ));
    }
    match &metadata.state {
        KeyState::Disabled => {
            return ClaimVerdict::unverified("the key is disabled, and AWS rotates no disabled key");
        }
        KeyState::PendingDeletion | KeyState::PendingReplicaDeletion => {
            return ClaimVerdict::unverified("the key is pending deletion");
        }
        _ => {}
    }
    let imported = metadata.origin == KeyOrigin::External;
    let automatic = &key.details.automatic_rotation;
    if !imported && automatic.known().is_some_and(|rotation| rotation.enabled) {
        return ClaimVerdict::Holds;
    }
    let on_demand = on_demand(key, as_of, days);
    if on_demand == ClaimVerdict::Holds {
        return ClaimVerdict::Holds;
    }
    if imported {
        let young = metadata
            .creation_date
            .is_some_and(|created| days_between(created, as_of) <= days);
        return if young { ClaimVerdict::Holds } else { on_demand };
    }
    match (automatic, on_demand) {
        (Fact::Known(_), ClaimVerdict::Contradicted(fact)) => {
            ClaimVerdict::Contradicted(format!("its automatic rotation is off, and {fact}"))
        }
        (Fact::Known(_), verdict) => verdict,
        (missing, _) => ClaimVerdict::missing(missing, "its automatic rotation"),
    }
}

fn on_demand(key: &Key, as_of: Timestamp, days: f64) -> ClaimVerdict {
    let rotations = match &key.details.rotations {
        Fact::Known(rotations) => rotations,
        missing => return ClaimVerdict::missing(missing, "its rotations"),
    };
    let on_demand = || {
        rotations
            .iter()
            .filter(|rotation| rotation.kind == RotationType::OnDemand)
    };
    match on_demand().filter_map(|rotation| rotation.at).max() {
        Some(last) if days_between(last, as_of) <= days => ClaimVerdict::Holds,
        _ if on_demand().any(|rotation| rotation.at.is_none()) => {
            ClaimVerdict::unverified("AWS does not state when it was rotated")
        }
        Some(last) => ClaimVerdict::Contradicted(format!("it was last rotated on demand on {}", day_of(last))),
        None => ClaimVerdict::contradicted("it was never rotated on demand"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::examples::{denied, key, key_metadata, rotations};
    use crate::facts::{AutomaticRotation, Grant};

    const ROOT: &str = r#"{"Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"kms:*"}}"#;

    fn automatic(key: &mut Key, enabled: bool) {
        key.details.automatic_rotation = Fact::Known(AutomaticRotation {
            enabled,
            period_days: None,
            next_rotation: None,
        });
    }

    fn judged(key: &Key) -> ClaimVerdict {
        let as_of = "2026-06-15T06:00:00Z".parse().unwrap();
        rotation(key, key.metadata.known().unwrap(), as_of, 400.0)
    }

    fn is_unverified(verdict: &ClaimVerdict, because: &str) -> bool {
        matches!(verdict, ClaimVerdict::Unverified(said) if said.contains(because))
    }

    #[test]
    fn automatic_rotation_or_one_on_demand_within_the_time_is_rotation() {
        let mut rotating = key(&[]);
        automatic(&mut rotating, true);
        assert_eq!(judged(&rotating), ClaimVerdict::Holds, "no need to know the rotations");
        automatic(&mut rotating, false);
        assert!(is_unverified(&judged(&rotating), "not asked for its rotations"));
        rotating.details.rotations = rotations(&[(RotationType::OnDemand, "2025-05-11T06:00:00Z")]);
        assert_eq!(judged(&rotating), ClaimVerdict::Holds, "400 days ago");
        rotating.details.rotations = rotations(&[
            (RotationType::OnDemand, "2025-05-11T05:59:59Z"),
            (RotationType::Automatic, "2026-05-01T00:00:00Z"),
        ]);
        let fact = "its automatic rotation is off, and it was last rotated on demand on 2025-05-11";
        assert_eq!(judged(&rotating), ClaimVerdict::contradicted(fact));
        rotating.details.automatic_rotation = denied("kms:GetKeyRotationStatus");
        assert!(is_unverified(&judged(&rotating), "AccessDeniedException"));
    }

    #[test]
    fn imported_key_material_rotates_on_demand_only_and_not_before_its_time() {
        let mut imported = key(&[]);
        key_metadata(&mut imported).origin = KeyOrigin::External;
        imported.details.rotations = rotations(&[]);
        key_metadata(&mut imported).creation_date = Some("2025-05-11T06:00:00Z".parse().unwrap());
        assert_eq!(judged(&imported), ClaimVerdict::Holds);
        key_metadata(&mut imported).creation_date = Some("2025-05-11T05:59:59Z".parse().unwrap());
        assert_eq!(
            judged(&imported),
            ClaimVerdict::contradicted("it was never rotated on demand")
        );
        imported.details.rotations = rotations(&[(RotationType::OnDemand, "2026-01-01T00:00:00Z")]);
        assert_eq!(judged(&imported), ClaimVerdict::Holds);
    }

    #[test]
    fn a_key_that_cannot_rotate_contradicts_the_claim_and_one_that_is_not_rotated_now_does_not() {
        for spec in [
            "RSA_2048",
            "ECC_NIST_P256",
            "HMAC_256",
            "SM2",
            "ML_DSA_65",
            "ML_KEM_768",
        ] {
            let mut fixed = key(&[]);
            key_metadata(&mut fixed).spec = spec.into();
            key_metadata(&mut fixed).state = KeyState::Disabled;
            let fact = format!("a key of the spec {spec} cannot rotate");
            assert_eq!(judged(&fixed), ClaimVerdict::Contradicted(fact));
        }
        let mut stored = key(&[]);
        key_metadata(&mut stored).origin = KeyOrigin::AwsCloudHsm;
        assert_eq!(
            judged(&stored),
            ClaimVerdict::contradicted("a key in a custom key store cannot rotate")
        );
        let mut unknown = key(&[]);
        key_metadata(&mut unknown).spec = "SYMMETRIC_512".into();
        assert!(is_unverified(&judged(&unknown), "SYMMETRIC_512"));
        let mut disabled = key(&[]);
        automatic(&mut disabled, false);
        disabled.details.rotations = rotations(&[]);
        key_metadata(&mut disabled).state = KeyState::Disabled;
        assert!(is_unverified(&judged(&disabled), "disabled"));
    }

    #[test]
    fn a_rotation_without_a_date_says_nothing() {
        let mut key = key(&[]);
        automatic(&mut key, false);
        key.details.rotations = rotations(&[(RotationType::OnDemand, "2020-01-01T00:00:00Z")]);
        if let Fact::Known(rotations) = &mut key.details.rotations {
            rotations[0].at = None;
        }
        assert!(is_unverified(&judged(&key), "when it was rotated"));
    }

    #[test]
    fn only_key_material_of_aws_contradicts_byok() {
        let of = |origin: &str| {
            let mut key = key(&[]);
            key_metadata(&mut key).origin = origin.into();
            byok(key.metadata.known().unwrap())
        };
        assert!(
            ["EXTERNAL", "EXTERNAL_KEY_STORE", "AWS_CLOUDHSM"]
                .map(of)
                .iter()
                .all(|v| *v == ClaimVerdict::Holds)
        );
        assert!(matches!(of("AWS_KMS"), ClaimVerdict::Contradicted(_)));
        assert!(is_unverified(&of("MOON"), "MOON"));
    }

    #[test]
    fn one_grant_is_enough() {
        let mut key = key(&[]);
        assert!(is_unverified(&grant(&key), "not asked"));
        key.details.grants = Fact::Known(Vec::new());
        assert_eq!(grant(&key), ClaimVerdict::contradicted("it has no grant"));
        key.details.grants = Fact::Known(vec![Grant {
            id: "g".into(),
            name: None,
            grantee: None,
            operations: Vec::new(),
            encryption_context_subset: Default::default(),
            encryption_context_equals: Default::default(),
        }]);
        assert_eq!(grant(&key), ClaimVerdict::Holds);
        key.details.grants = denied("kms:ListGrants");
        assert!(is_unverified(&grant(&key), "AccessDeniedException"));
    }

    #[test]
    fn the_default_key_policy_contradicts_a_policy_and_one_that_is_no_policy_says_nothing() {
        let of = |text: &str| {
            let mut key = key(&[]);
            key.details.policy = Fact::Known(text.to_owned());
            policy(&key, "aws", &AccountId::new("111122223333"))
        };
        assert!(matches!(of(ROOT), ClaimVerdict::Contradicted(_)));
        assert_eq!(of(&ROOT.replace("kms:*", "kms:Decrypt")), ClaimVerdict::Holds);
        assert!(is_unverified(&of("{"), "parsed"));
    }
}
