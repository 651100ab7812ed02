//! `contradicted-justification`: a reason that is not true of the key.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::outcomes::{Failure, observed};
use super::{Check, JudgedKey, Outcomes, Setting, Subject};
use crate::facts::{Arn, Fact, Key, KeyMetadata, MultiRegionRole, Region, RegionFacts, Trail};
use crate::model::{ClaimVerdict, Standing, WhyNotAll, byok, cannot_rotate, grant, kms_events, policy, rotation};
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "contradicted-justification",
    title: "Key justification that the key contradicts",
    severity: Severity::Medium,
    why: "A tag is a claim and no proof. An auditor who believes that a key rotates, or that its material was brought \
          along, because a tag says so, believes something false; and the requirement that the key is there for is \
          not met.",
    remediation: "Find out which of the two is meant. If the requirement is real, make the key fit it: switch on \
                  rotation, write a key policy of its own, record KMS events in a trail. What a key cannot become \
                  (imported key material, a spec that rotates) needs another key. If the tag is wrong, correct it; \
                  before that, make sure that no IAM policy grants access by it (aws:ResourceTag).",
    settings: &[&ROTATION_DAYS],
    page: include_str!("../../docs/checks/contradicted-justification.md"),
    assess,
};

const ROTATION_DAYS: Setting = Setting {
    name: "rotation-days",
    default: 400.0,
    least: 1.0,
    most: 3_650.0,
    meaning: "A key without automatic rotation must have been rotated on demand within so many days of the scan.",
};

/// The controls that can be verified. A `contract` cannot: nobody asks AWS what a contract says.
const VERIFIED: [&str; 5] = ["audit", "byok", "grant", "policy", "rotation"];

const ROTATION: &str = "rotation";

fn assess(subject: &Subject<'_>, outcomes: &mut Outcomes<'_>) {
    let claims = Claims {
        subject,
        rotation_days: outcomes.setting(&ROTATION_DAYS),
        multi_region: MultiRegionKeys::of(subject),
    };
    for (region, keys) in subject.keys_by_region() {
        let audit = audit(region, &subject.account.trails);
        for judged in keys {
            claims.judge(&judged, &audit, outcomes);
        }
    }
}

/// What is needed to judge the claims of a key.
struct Claims<'s> {
    subject: &'s Subject<'s>,
    rotation_days: f64,
    multi_region: MultiRegionKeys<'s>,
}

/// The claims of one key, judged.
#[derive(Default)]
struct Judged<'s> {
    contradicted: BTreeMap<&'static str, String>,
    unverified: BTreeMap<&'static str, String>,
    /// The Regions of replicas that claim rotation where the key itself does not.
    claimed_by: &'s [&'s Region],
}

impl<'s> Claims<'s> {
    fn judge(&self, judged: &JudgedKey<'_>, audit: &ClaimVerdict, outcomes: &mut Outcomes<'_>) {
        let JudgedKey { region, key, standing } = *judged;
        let inherited = self.multi_region.replicas_claiming_rotation(&key.arn);
        let none = BTreeSet::new();
        let controls = match standing {
            Standing::PendingDeletion => return outcomes.key_not_assessed(key, "the key is pending deletion"),
            Standing::Unread(code) if inherited.is_empty() => {
                return outcomes.key_not_assessed(key, format!("its tags or its state could not be read: {code}"));
            }
            Standing::Justified(claim) => &claim.controls,
            Standing::Unread(_) | Standing::Unrecognized(_) | Standing::Unjustified(_) => &none,
        };
        let mut claimed = VERIFIED
            .into_iter()
            .filter(|control| controls.contains(*control) || (*control == ROTATION && !inherited.is_empty()))
            .peekable();
        if claimed.peek().is_none() {
            // A key that claims a class, or nothing at all, has nothing to contradict.
            if !controls.is_empty() {
                outcomes.key_not_assessed(key, "what it claims cannot be verified by a program");
            }
            return;
        }
        let Some(metadata) = key.metadata.known() else {
            return outcomes.key_not_assessed(key, "its state could not be read");
        };
        let mut judged = Judged::default();
        if !controls.contains(ROTATION) {
            judged.claimed_by = inherited;
        }
        for control in claimed {
            match self.verdict(control, key, metadata, audit) {
                ClaimVerdict::Holds => {}
                ClaimVerdict::Contradicted(fact) => {
                    judged.contradicted.insert(control, fact);
                }
                ClaimVerdict::Unverified(because) => {
                    judged.unverified.insert(control, because);
                }
            }
        }
        if !judged.contradicted.is_empty() {
            let resource = outcomes.key(&region.region, key);
            outcomes.fail(resource, self.failure(region, key, metadata, controls, &judged));
        } else if let Some((control, because)) = judged.unverified.first_key_value() {
            outcomes.key_not_assessed(key, format!("{control}: {because}"));
        } else {
            outcomes.pass();
        }
    }

    fn verdict(&self, control: &str, key: &Key, metadata: &KeyMetadata, audit: &ClaimVerdict) -> ClaimVerdict {
        let account = self.subject.account;
        match control {
            "audit" => audit.clone(),
            "byok" => byok(metadata),
            "grant" => grant(key),
            "policy" => policy(key, &account.partition, &account.account_id),
            _ => self.rotation(key, metadata),
        }
    }

    /// Rotation is set on the primary key and applies to its replicas: it is judged there, and a finding about it is a
    /// finding of the primary key alone.
    fn rotation(&self, key: &Key, metadata: &KeyMetadata) -> ClaimVerdict {
        let as_of = self.subject.as_of;
        let primary = match &metadata.multi_region {
            _ if cannot_rotate(metadata).is_some() => None,
            None | Some(MultiRegionRole::Primary { .. }) => None,
            Some(MultiRegionRole::Replica { primary }) => Some(primary.as_ref()),
            Some(MultiRegionRole::Unstated) => Some(None),
        };
        let Some(primary) = primary else {
            return rotation(key, metadata, as_of, self.rotation_days);
        };
        let primary = primary.and_then(|arn| self.multi_region.primary(arn));
        let Some((key, metadata)) = primary else {
            return ClaimVerdict::Unverified("it is inherited from a primary key that was not read".to_owned());
        };
        match rotation(key, metadata, as_of, self.rotation_days) {
            ClaimVerdict::Holds => ClaimVerdict::Holds,
            ClaimVerdict::Contradicted(_) => ClaimVerdict::Unverified("it is judged at the primary key".to_owned()),
            ClaimVerdict::Unverified(because) => ClaimVerdict::Unverified(format!("of its primary key, {because}")),
        }
    }

    fn failure(
        &self,
        region: &RegionFacts,
        key: &Key,
        metadata: &KeyMetadata,
        controls: &BTreeSet<String>,
        judged: &Judged<'_>,
    ) -> Failure {
        let details = &key.details;
        let shows = |control| judged.contradicted.contains_key(control);
        Failure {
            detail: judged.detail(),
            observed: observed! {
                "controls": controls,
                "contradicted": judged.contradicted,
                "unverified": judged.unverified,
                "rotation_claimed_by_replicas_in": judged.claimed_by,
                "tags": key.tags.known(),
                "key_state": metadata.state,
                "key_spec": metadata.spec,
                "origin": metadata.origin,
                "creation_date": metadata.creation_date,
                "automatic_rotation": details.automatic_rotation.known().filter(|_| shows(ROTATION)),
                "rotations": details.rotations.known().filter(|_| shows(ROTATION)),
                "rotation_days": self.rotation_days,
                "key_policy": details.policy.known().filter(|_| shows("policy")),
                "grants": details.grants.known().map(Vec::len),
                "trails": region.trails.known().filter(|_| shows("audit")),
            },
            ..Failure::default()
        }
    }
}

impl Judged<'_> {
    fn detail(&self) -> String {
        let mut sentences = Vec::new();
        for (control, fact) in &self.contradicted {
            sentences.push(match self.claimed_by {
                [first, ..] if *control == ROTATION => {
                    format!("Its replica in {first} claims {control}, but {fact}.")
                }
                _ => format!("The key claims {control}, but {fact}."),
            });
        }
        for (control, because) in &self.unverified {
            sentences.push(format!("Whether its claim of {control} holds is unknown: {because}."));
        }
        sentences.join(" ")
    }
}

/// The multi-Region keys of an account.
#[derive(Default)]
struct MultiRegionKeys<'s> {
    primaries: HashMap<&'s str, (&'s Key, &'s KeyMetadata)>,
    /// By the ARN of the primary key, the Regions of its replicas that claim rotation.
    claiming: HashMap<&'s str, Vec<&'s Region>>,
}

impl<'s> MultiRegionKeys<'s> {
    fn of(subject: &'s Subject<'s>) -> Self {
        let mut found = MultiRegionKeys::default();
        for JudgedKey { region, key, standing } in subject.keys() {
            let Some(metadata) = key.metadata.known() else { continue };
            match (&metadata.multi_region, standing) {
                (Some(MultiRegionRole::Primary { .. }), _) => {
                    found.primaries.insert(key.arn.as_str(), (key, metadata));
                }
                // Where the spec cannot rotate, the tag of the replica is wrong by itself.
                (Some(MultiRegionRole::Replica { primary: Some(arn) }), Standing::Justified(claim))
                    if claim.controls.contains(ROTATION) && cannot_rotate(metadata).is_none() =>
                {
                    found.claiming.entry(arn.as_str()).or_default().push(&region.region);
                }
                _ => {}
            }
        }
        found
    }

    fn primary(&self, arn: &Arn) -> Option<(&'s Key, &'s KeyMetadata)> {
        self.primaries.get(arn.as_str()).copied()
    }

    fn replicas_claiming_rotation(&self, primary: &Arn) -> &[&'s Region] {
        self.claiming.get(primary.as_str()).map_or(&[], Vec::as_slice)
    }
}

/// Whether the trails of a Region record the events of KMS.
fn audit(region: &RegionFacts, trails: &[Trail]) -> ClaimVerdict {
    let arns = match &region.trails {
        Fact::Known(arns) => arns,
        Fact::Unavailable(reason) => {
            return ClaimVerdict::Unverified(format!(
                "the trails of the Region could not be read: {}",
                reason.code
            ));
        }
        Fact::NotCollected => {
            return ClaimVerdict::Unverified("the trails of the Region were not collected".to_owned());
        }
    };
    let mut silent = Vec::new();
    let mut unread = None;
    for arn in arns {
        let Some(trail) = trails.iter().find(|trail| trail.arn == *arn) else {
            unread = unread.or(Some(format!("the trail {arn} was not read")));
            continue;
        };
        let events = kms_events(trail);
        let why = events.why().map(WhyNotAll::to_string).unwrap_or_default();
        match events.include_use() {
            Some(true) => return ClaimVerdict::Holds,
            Some(false) => silent.push(format!("{arn} {why}")),
            None => unread = unread.or(Some(format!("the trail {arn} {why}"))),
        }
    }
    match (unread, silent.as_slice()) {
        (Some(because), _) => ClaimVerdict::Unverified(because),
        (None, []) => ClaimVerdict::Contradicted("no trail records the events of its Region".to_owned()),
        (None, silent) => ClaimVerdict::Contradicted(format!(
            "no trail of its Region records the events of KMS ({})",
            silent.join("; ")
        )),
    }
}

#[cfg(test)]
#[path = "contradicted_justification_tests.rs"]
mod tests;
