//! `unjustified-key`: a customer managed key that no tag gives a reason for.

use super::outcomes::{Failure, observed};
use super::{Check, JudgedKey, Outcomes, Subject};
use crate::facts::Key;
use crate::model::{Claim, Standing, monthly_cost};
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "unjustified-key",
    title: "Customer managed key that no tag justifies",
    severity: Severity::Medium,
    why: "A key of its own costs a dollar a month and buys no throughput: the request quota is shared by all keys of \
          the account and Region. A key is worth having where something requires it, and a key whose reason nobody \
          wrote down can be neither defended in an audit nor safely removed.",
    remediation: "Find out what needs the key. If something does, tag the key with it (for example \
                  requirement = rotation+audit, or DataClass = confidential); if other keys serve the same class of \
                  data, plan to use one for all. Before tagging many keys at once, make sure that no IAM policy \
                  grants access by these tags (aws:ResourceTag).",
    settings: &[],
    page: include_str!("../../docs/checks/unjustified-key.md"),
    assess,
};

fn assess(subject: &Subject<'_>, outcomes: &mut Outcomes<'_>) {
    for JudgedKey { region, key, standing } in subject.keys() {
        match standing {
            Standing::Justified(_) | Standing::Unrecognized(_) => outcomes.pass(),
            Standing::PendingDeletion => {
                outcomes.key_not_assessed(key, "the key is pending deletion");
            }
            Standing::Unread(code) => {
                let because = format!("its tags or its state could not be read: {code}");
                outcomes.key_not_assessed(key, because);
            }
            Standing::Unjustified(claim) => {
                let resource = outcomes.key(&region.region, key);
                outcomes.fail(resource, failure(key, claim));
            }
        }
    }
}

fn failure(key: &Key, claim: &Claim) -> Failure {
    let mut detail = match key.tags.known() {
        Some(tags) if tags.is_empty() => "The key has no tags.".to_owned(),
        _ => "None of its tags names a requirement or a data class.".to_owned(),
    };
    for near in &claim.near_misses {
        detail.push_str(&format!(" {near}"));
    }
    if let Some(tenant) = &claim.tenant {
        detail.push_str(&format!(" It names a tenant ({tenant}), which is no requirement."));
    }
    let metadata = key.metadata.known();
    Failure {
        detail,
        observed: observed! {
            "aliases": key.aliases,
            "tags": key.tags.known(),
            "near_misses": claim.near_misses,
            "key_state": metadata.map(|metadata| &metadata.state),
            "key_spec": metadata.map(|metadata| &metadata.spec),
            "origin": metadata.map(|metadata| &metadata.origin),
            "creation_date": metadata.map(|metadata| &metadata.creation_date),
        },
        monthly_cost: Some(monthly_cost(key)),
        ..Failure::default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::judge;
    use super::*;
    use crate::facts::examples::{account, denied, key, region};
    use crate::facts::{Fact, KeyState};

    #[test]
    fn a_key_with_a_recognized_requirement_passes() {
        let judged = judge(&CHECK, account(region([key(&[("requirement", "policy")])])));
        assert_eq!((judged.tally.passed, judged.findings.len()), (1, 0));
    }

    #[test]
    fn a_key_without_a_reason_fails_and_a_near_miss_is_named() {
        let judged = judge(&CHECK, account(region([key(&[("Requirement", "policy")])])));
        assert_eq!(judged.tally.failed, 1);
        assert!(
            judged.findings[0]
                .detail
                .contains("the tag key that counts is requirement")
        );
        assert_eq!(judged.findings[0].monthly_cost_usd.unwrap().dollars(), 1.0);
    }

    #[test]
    fn a_key_whose_tags_were_denied_is_not_assessed() {
        let mut secret = key(&[]);
        secret.tags = denied("kms:ListResourceTags");
        let judged = judge(&CHECK, account(region([secret])));
        assert_eq!((judged.tally.failed, judged.tally.not_assessed.len()), (0, 1));
    }

    #[test]
    fn a_key_pending_deletion_is_no_finding() {
        let mut leaving = key(&[]);
        if let Fact::Known(metadata) = &mut leaving.metadata {
            metadata.state = KeyState::PendingDeletion;
        }
        assert!(judge(&CHECK, account(region([leaving]))).findings.is_empty());
    }

    #[test]
    fn a_key_whose_state_is_unknown_is_not_assessed_unless_it_has_a_reason() {
        let mut unknown = key(&[]);
        unknown.metadata = denied("kms:DescribeKey");
        let judged = judge(&CHECK, account(region([unknown])));
        assert_eq!(
            (judged.tally.failed, judged.tally.not_assessed.len()),
            (0, 1),
            "it may be pending deletion"
        );
        let mut justified = key(&[("requirement", "audit")]);
        justified.metadata = denied("kms:DescribeKey");
        assert_eq!(judge(&CHECK, account(region([justified]))).tally.passed, 1);
    }
}
