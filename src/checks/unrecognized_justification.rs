//! `unrecognized-justification`: a reason in words that are not in the vocabulary.

use super::outcomes::{Failure, observed};
use super::{Check, JudgedKey, Outcomes, Subject};
use crate::model::{Claim, Standing};
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "unrecognized-justification",
    title: "Key justification in words that are not in the vocabulary",
    severity: Severity::Low,
    why: "A reason that is spelt in its own way each time cannot be counted, compared or checked against how the key \
          is configured.",
    remediation: "Correct the tag, or add the word to the vocabulary in kms-audit.toml ([justification] controls or \
                  classes) if it is a reason your organization accepts. Before correcting tags of many keys at once, \
                  make sure that no IAM policy grants access by them (aws:ResourceTag).",
    settings: &[],
    page: include_str!("../../docs/checks/unrecognized-justification.md"),
    assess,
};

fn assess(subject: &Subject<'_>, outcomes: &mut Outcomes<'_>) {
    for JudgedKey { region, key, standing } in subject.keys() {
        match standing {
            Standing::Justified(claim) | Standing::Unrecognized(claim)
                if !claim.unrecognized.is_empty() || !claim.near_misses.is_empty() =>
            {
                if key.metadata.known().is_none() {
                    outcomes.key_not_assessed(key, "its state could not be read: it may be pending deletion");
                    continue;
                }
                let resource = outcomes.key(&region.region, key);
                outcomes.fail(resource, failure(claim));
            }
            // What is nearly a reason on a key without one is in the finding that it has none.
            Standing::Justified(_) | Standing::Unrecognized(_) | Standing::Unjustified(_) => outcomes.pass(),
            Standing::PendingDeletion => {
                outcomes.key_not_assessed(key, "the key is pending deletion");
            }
            Standing::Unread(code) => {
                let because = format!("its tags or its state could not be read: {code}");
                outcomes.key_not_assessed(key, because);
            }
        }
    }
}

fn failure(claim: &Claim) -> Failure {
    let mut words: Vec<String> = claim
        .unrecognized
        .iter()
        .map(|word| match (word.word.as_str(), &word.nearest) {
            ("", _) => format!("The tag {} has no value.", word.tag),
            (text, Some(nearest)) => format!("{} = {text} is not in the vocabulary; {nearest} is.", word.tag),
            (text, None) => format!("{} = {text} is not in the vocabulary.", word.tag),
        })
        .collect();
    words.extend(claim.near_misses.iter().map(|near| near.to_string()));
    Failure {
        detail: words.join(" "),
        observed: observed! {
            "unrecognized": claim.unrecognized,
            "near_misses": claim.near_misses,
            "controls": claim.controls,
            "class": claim.class,
        },
        ..Failure::default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::judge;
    use super::*;
    use crate::facts::examples::{account, denied, key, region};

    #[test]
    fn a_word_of_the_vocabulary_passes() {
        let judged = judge(&CHECK, account(region([key(&[("requirement", "Policy")]), key(&[])])));
        assert_eq!((judged.tally.passed, judged.tally.failed), (2, 0));
    }

    #[test]
    fn a_misspelt_word_fails_and_the_nearest_is_offered() {
        let judged = judge(&CHECK, account(region([key(&[("requirement", "polcy")])])));
        assert_eq!(
            judged.findings[0].detail,
            "requirement = polcy is not in the vocabulary; policy is."
        );
    }

    #[test]
    fn one_unknown_word_beside_a_known_one_is_still_named() {
        let judged = judge(&CHECK, account(region([key(&[("requirement", "policy zzz")])])));
        assert_eq!(judged.findings[0].detail, "requirement = zzz is not in the vocabulary.");
    }

    #[test]
    fn a_tag_key_that_is_nearly_right_is_named_on_a_justified_key_too() {
        let both = key(&[("DataClass", "public"), ("Requirement", "rotation")]);
        let judged = judge(&CHECK, account(region([both])));
        assert!(judged.findings[0].detail.contains("It has a tag Requirement"));
    }

    #[test]
    fn tags_that_were_denied_are_not_assessed() {
        let mut secret = key(&[]);
        secret.tags = denied("kms:ListResourceTags");
        assert_eq!(judge(&CHECK, account(region([secret]))).tally.not_assessed.len(), 1);
    }

    #[test]
    fn a_key_that_may_be_pending_deletion_is_not_told_to_correct_its_tags() {
        let mut unknown = key(&[("requirement", "policy zzz")]);
        unknown.metadata = denied("kms:DescribeKey");
        let judged = judge(&CHECK, account(region([unknown])));
        assert_eq!((judged.tally.failed, judged.tally.not_assessed.len()), (0, 1));
    }
}
