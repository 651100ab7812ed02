use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::json;
use wildmatch::WildMatch;

use super::*;
use crate::facts::examples::denied;

const OBJECTS: &str = "arn:aws:s3:::invoices/*";
const BUCKET: &str = "arn:aws:s3:::invoices";

fn readable(policy: impl ToString) -> KeyDetails {
    KeyDetails {
        policy: Fact::Known(policy.to_string()),
        ram_policy: Fact::Known(None),
        grants: Fact::Known(Vec::new()),
        ..KeyDetails::default()
    }
}

/// A policy with these conditions, behind a statement without any.
fn policy(effect: &str, condition: serde_json::Value) -> serde_json::Value {
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"},
        {"Sid": "Readers", "Effect": effect, "Principal": "*", "Action": "kms:Decrypt", "Resource": "*",
         "Condition": condition},
    ]})
}

fn safety(details: &KeyDetails) -> BucketKeySafety {
    ContextConditions::of(details).bucket_key_safety(&Arn::of_bucket("aws", "invoices"))
}

/// What becomes of a statement with one condition on `aws:s3:arn`.
fn consequence(effect: &str, operator: &str, values: &[&str]) -> Result<Option<Consequence>, String> {
    let condition = json!({operator: {"kms:EncryptionContext:aws:s3:arn": values}});
    match safety(&readable(policy(effect, condition))) {
        BucketKeySafety::Safe => Ok(None),
        BucketKeySafety::Unsafe(changes) => Ok(Some(changes[0].consequence)),
        BucketKeySafety::Unknown(because) => Err(because),
    }
}

const REFUSED: Result<Option<Consequence>, String> = Ok(Some(Consequence::RequestsRefused));
const LOST: Result<Option<Consequence>, String> = Ok(Some(Consequence::RestrictionLost));
const SAFE: Result<Option<Consequence>, String> = Ok(None);

#[test]
fn what_objects_are_allowed_and_the_bucket_is_not_would_be_refused() {
    for operator in [
        "StringLike",
        "ArnLike",
        "ArnEquals",
        "StringLikeIfExists",
        "ForAnyValue:StringLike",
    ] {
        assert_eq!(consequence("Allow", operator, &[OBJECTS]), REFUSED, "{operator}");
    }
    let one = ["arn:aws:s3:::invoices/2026/january.pdf"];
    assert_eq!(consequence("Allow", "StringEquals", &one), REFUSED);
    assert_eq!(consequence("Allow", "StringNotEquals", &[BUCKET]), REFUSED);
    assert_eq!(consequence("Allow", "ArnNotLike", &[BUCKET]), REFUSED);
}

#[test]
fn a_denial_counts_the_other_way_round() {
    assert_eq!(consequence("Deny", "StringNotLike", &[OBJECTS]), REFUSED);
    assert_eq!(consequence("Deny", "StringEquals", &[BUCKET]), REFUSED);
    assert_eq!(
        consequence("Deny", "StringLike", &["arn:aws:s3:::invoices/secret/*"]),
        LOST
    );
    assert_eq!(consequence("Deny", "ArnLike", &[OBJECTS]), LOST);
    assert_eq!(consequence("Deny", "StringNotLike", &[BUCKET, OBJECTS]), SAFE);
}

#[test]
fn some_objects_and_the_bucket_are_no_longer_told_apart() {
    let some = [BUCKET, "arn:aws:s3:::invoices/public/*"];
    assert_eq!(consequence("Allow", "StringLike", &some), LOST);
    assert_eq!(consequence("Deny", "StringLike", &some), REFUSED);
    assert_eq!(
        consequence("Allow", "StringNotLike", &["arn:aws:s3:::invoices/secret/*"]),
        LOST
    );
}

#[test]
fn a_policy_that_takes_bucket_and_objects_alike_is_safe() {
    for effect in ["Allow", "Deny"] {
        for values in [&[BUCKET, OBJECTS][..], &["arn:aws:s3:::invoices*"], &["arn:aws:s3:::*"]] {
            assert_eq!(consequence(effect, "StringLike", values), SAFE, "{effect} {values:?}");
            assert_eq!(consequence(effect, "ArnLike", values), SAFE, "{effect} {values:?}");
        }
        let elsewhere = ["arn:aws:s3:::other/*"];
        assert_eq!(consequence(effect, "StringLike", &elsewhere), SAFE, "of another bucket");
        assert_eq!(consequence(effect, "Null", &["false"]), SAFE);
    }
    assert_eq!(
        consequence("Allow", "StringEquals", &[BUCKET]),
        SAFE,
        "made ready for it"
    );
}

#[test]
fn what_cannot_be_told_is_unknown_and_says_where() {
    let variable = ["arn:aws:s3:::${aws:PrincipalTag/bucket}*"];
    for (effect, operator, values) in [
        ("Allow", "StringLike", &variable[..]),
        ("Deny", "StringLike", &variable),
        ("Allow", "NumericEquals", &["7"]),
        ("Allow", "ArnLike", &["*invoices*"]),
        ("Maybe", "StringLike", &[OBJECTS]),
    ] {
        let because = consequence(effect, operator, values).unwrap_err();
        assert!(because.contains("statement 2 (Readers) of the key policy"), "{because}");
    }
    let tenant = ["arn:aws:s3:::invoices/${aws:PrincipalTag/tenant}/*"];
    assert_eq!(consequence("Allow", "StringLike", &tenant), REFUSED, "whoever asks");
}

#[test]
fn all_conditions_of_a_statement_have_to_hold() {
    let condition = json!({
        "StringLike": {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::invoices*"},
        "StringNotLike": {"KMS:encryptioncontext:AWS:S3:ARN": "arn:aws:s3:::invoices/secret/*"},
        "StringEquals": {"kms:ViaService": "s3.eu-west-3.amazonaws.com"},
    });
    let BucketKeySafety::Unsafe(changes) = safety(&readable(policy("Allow", condition))) else {
        panic!("the secret ones are kept out today");
    };
    assert_eq!(changes.len(), 2, "both are quoted: {changes:?}");
    assert_eq!(changes[0].condition.operator, "StringLike");
    assert_eq!(
        (changes[0].condition.statement, changes[0].consequence),
        (Some(2), Consequence::RestrictionLost)
    );
}

#[test]
fn the_names_of_keys_and_other_services_pairs_do_not_matter() {
    let condition = json!({
        "ForAnyValue:StringEquals": {"kms:EncryptionContextKeys": ["aws:s3:arn"]},
        "StringLike": {"kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:*", "aws:SourceArn": OBJECTS},
    });
    let read = ContextConditions::of(&readable(policy("Allow", condition)));
    assert_eq!(
        read.bucket_key_safety(&Arn::of_bucket("aws", "invoices")),
        BucketKeySafety::Safe
    );
    assert_eq!(read.isolating, []);
}

#[test]
fn which_pairs_there_must_be_keeps_tenants_apart_too_unless_they_are_those_of_services() {
    let isolating = |keys: &[&str]| {
        let condition = json!({"ForAnyValue:StringEquals": {"kms:EncryptionContextKeys": keys}});
        ContextConditions::of(&readable(policy("Allow", condition)))
            .isolating
            .len()
    };
    assert_eq!(
        (isolating(&["tenant"]), isolating(&["aws:s3:arn", "SecretARN"])),
        (1, 0)
    );
    let condition = json!({"StringLike": {"kms:EncryptionContext:SecretARN": "arn:aws:secretsmanager:*"}});
    assert_eq!(
        ContextConditions::of(&readable(policy("Allow", condition))).isolating,
        []
    );
}

#[test]
fn pairs_of_the_customers_own_are_what_keeps_tenants_apart() {
    let condition = json!({"StringEquals": {"KMS:EncryptionContext:Tenant": "${aws:PrincipalTag/tenant}"}});
    let mut details = readable(policy("Allow", condition));
    details.grants = Fact::Known(vec![
        grant(&[("tenant", "a"), ("aws:ebs:id", "vol-1")], &[]),
        grant(&[], &[("stage", "test")]),
    ]);
    let read = ContextConditions::of(&details);
    let keys: Vec<_> = read.isolating.iter().map(|condition| condition.key.as_str()).collect();
    assert_eq!(keys, ["KMS:EncryptionContext:Tenant", "tenant", "stage"]);
    assert_eq!(
        read.isolating[0].to_string(),
        "statement 2 (Readers) of the key policy: Allow if StringEquals KMS:EncryptionContext:Tenant = \
         ${aws:PrincipalTag/tenant}"
    );
    assert_eq!(
        read.isolating[2].to_string(),
        "grant g-1: Allow if EncryptionContextEquals stage = test"
    );
}

fn grant(subset: &[(&str, &str)], equals: &[(&str, &str)]) -> Grant {
    let pairs = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs
            .iter()
            .map(|(key, value)| (key.to_string(), value.to_string()))
            .collect()
    };
    Grant {
        id: "g-1".into(),
        name: None,
        grantee: None,
        operations: vec!["Decrypt".into()],
        encryption_context_subset: pairs(subset),
        encryption_context_equals: pairs(equals),
    }
}

#[test]
fn a_grant_for_an_object_does_not_hold_for_the_bucket() {
    let with = |grant| {
        let mut details = readable(json!({"Statement": []}));
        details.grants = Fact::Known(vec![grant]);
        safety(&details)
    };
    for unsafe_grant in [
        grant(&[("aws:s3:arn", "arn:aws:s3:::invoices/a")], &[]),
        grant(&[], &[("AWS:s3:arn", "arn:aws:s3:::invoices/a")]),
    ] {
        assert!(matches!(with(unsafe_grant), BucketKeySafety::Unsafe(_)));
    }
    for safe in [
        BUCKET,
        "arn:aws:s3:::invoices/",
        "arn:aws:s3:::invoices-2/a",
        "arn:aws:s3:::other/a",
    ] {
        assert_eq!(
            with(grant(&[("aws:s3:arn", safe)], &[])),
            BucketKeySafety::Safe,
            "{safe}"
        );
    }
}

#[test]
fn what_was_not_read_leaves_it_unknown_unless_the_rest_says_no() {
    let safe = readable(json!({"Statement": []}));
    let unsafe_policy = policy(
        "Allow",
        json!({"StringLike": {"kms:EncryptionContext:aws:s3:arn": OBJECTS}}),
    );
    let unknown = |details: &KeyDetails| match safety(details) {
        BucketKeySafety::Unknown(because) => because,
        other => panic!("{other:?}"),
    };
    assert_eq!(safety(&safe), BucketKeySafety::Safe);
    let mut details = safe.clone();
    details.policy = denied("kms:GetKeyPolicy");
    assert_eq!(
        unknown(&details),
        "the key policy could not be read: AccessDeniedException"
    );
    details.ram_policy = Fact::Known(Some(unsafe_policy.to_string()));
    assert!(matches!(safety(&details), BucketKeySafety::Unsafe(_)));
    for (policy, ram, grants) in [
        (Fact::Known("{".into()), Fact::Known(None), Fact::Known(Vec::new())),
        (Fact::NotCollected, Fact::Known(None), Fact::Known(Vec::new())),
        (safe.policy.clone(), Fact::NotCollected, Fact::Known(Vec::new())),
        (
            safe.policy.clone(),
            Fact::Known(Some("7".into())),
            Fact::Known(Vec::new()),
        ),
        (safe.policy.clone(), Fact::Known(None), denied("kms:ListGrants")),
    ] {
        let details = KeyDetails {
            policy,
            ram_policy: ram,
            grants,
            ..KeyDetails::default()
        };
        assert!(unknown(&details).starts_with("the "));
    }
}

#[test]
fn a_quotation_is_as_long_as_a_sentence_can_bear() {
    // As much as a policy can hold.
    let length = |n: u32| if n < 10 { 3_000 } else { 150 };
    let values: Vec<String> = (0..500)
        .map(|n| format!("arn:aws:s3:::invoices/{n}/{}", "x".repeat(length(n))))
        .collect();
    let condition = json!({"StringLike": {"kms:EncryptionContext:aws:s3:arn": values}});
    let BucketKeySafety::Unsafe(changes) = safety(&readable(policy("Allow", condition))) else {
        panic!("objects are named");
    };
    let quoted = changes[0].condition.to_string();
    assert!(quoted.len() < 500 && quoted.ends_with("… or 498 more"), "{quoted}");
    assert_eq!(changes[0].condition.values.len(), 500);
}

/// A pattern for ARNs of the bucket, of the kind that people write.
fn value() -> impl Strategy<Value = String> {
    "(arn:aws:s3:::|\\*)?(invoices|inv\\*|\\*|other|in\\?oices)?(/)?(\\*|a|\\?|a/\\*|\\*b)?"
}

proptest! {
    #[test]
    fn nothing_in_a_policy_makes_it_panic(
        text in ".*",
        operator in "(ForAnyValue:|ForAllValues:)?[A-Za-z]{0,12}(IfExists)?",
        key in "(kms:EncryptionContext:)?\\PC{0,12}",
        values in prop::collection::vec(".*", 0..4),
        effect in "Allow|Deny|.*",
    ) {
        safety(&readable(&text));
        for key in [key.as_str(), "kms:EncryptionContext:aws:s3:arn"] {
            safety(&readable(policy(&effect, json!({&operator: {key: &values}}))));
            for operator in ["StringLike", "ArnLike", "StringNotEqualsIgnoreCase"] {
                safety(&readable(policy(&effect, json!({operator: {key: &values}}))));
            }
        }
    }

    #[test]
    fn a_policy_that_does_not_mention_the_key_of_s3_is_always_safe(
        operator in "(ForAnyValue:)?(String|Arn)(Not)?(Equals|Like)(IfExists)?|\\PC{0,8}",
        key in "(kms:EncryptionContext:)?(tenant|aws:logs:arn|aws:s3:ar|\\PC{0,8})",
        values in prop::collection::vec(value(), 0..4),
        effect in "Allow|Deny",
    ) {
        prop_assume!(!key.to_lowercase().contains(S3_ARN));
        let details = readable(policy(&effect, json!({operator: {key: values}})));
        prop_assert_eq!(safety(&details), BucketKeySafety::Safe);
    }

    #[test]
    fn where_it_is_safe_no_object_is_answered_otherwise_than_the_bucket(
        values in prop::collection::vec(value(), 0..4),
        negated: bool,
        allow: bool,
        objects in prop::collection::vec("[ab/]{1,4}", 1..20),
    ) {
        let (operator, effect) = (if negated { "StringNotLike" } else { "StringLike" }, if allow { "Allow" } else { "Deny" });
        let matches = |arn: &str| values.iter().any(|value| WildMatch::new(value).matches(arn)) != negated;
        let condition = json!({operator: {"kms:EncryptionContext:aws:s3:arn": values}});
        let bucket = matches(BUCKET);
        let on_objects: Vec<bool> = objects.iter().map(|object| matches(&format!("{BUCKET}/{object}"))).collect();
        match safety(&readable(policy(effect, condition))) {
            // A statement that allows the bucket and no object was written for a Bucket Key.
            BucketKeySafety::Safe if allow && bucket => prop_assert!(
                on_objects.iter().all(|object| *object) || !on_objects.iter().any(|object| *object)
            ),
            BucketKeySafety::Safe => prop_assert!(on_objects.iter().all(|object| *object == bucket)),
            BucketKeySafety::Unsafe(changes) => {
                let refused = changes[0].consequence == Consequence::RequestsRefused;
                prop_assert_eq!(refused, allow != bucket, "what the bucket ARN is answered decides which");
            }
            BucketKeySafety::Unknown(because) => prop_assert!(false, "{}", because),
        }
    }
}
