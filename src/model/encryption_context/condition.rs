//! Conditions on `kms:EncryptionContext:aws:s3:arn`.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>.

use super::pattern::{Match, Reach, Syntax, reach};
use crate::facts::Arn;

/// What a condition on `kms:EncryptionContext:aws:s3:arn` says of a bucket and of its objects.
///
/// S3 sends that key with every request to AWS KMS, and one value for it. So `...IfExists` changes nothing, and the set
/// operators `ForAnyValue` and `ForAllValues` ask what the plain operator asks.
pub(super) fn condition_reach(operator: &str, values: &[String], bucket: &Arn) -> Reach {
    let operator = operator.to_ascii_lowercase();
    let operator = operator
        .strip_prefix("foranyvalue:")
        .or_else(|| operator.strip_prefix("forallvalues:"))
        .unwrap_or(&operator);
    let (syntax, negated) = match operator.strip_suffix("ifexists").unwrap_or(operator) {
        "stringequals" => (Syntax::Exact, false),
        "stringnotequals" => (Syntax::Exact, true),
        "stringequalsignorecase" => (Syntax::ExactWithoutCase, false),
        "stringnotequalsignorecase" => (Syntax::ExactWithoutCase, true),
        "stringlike" => (Syntax::Wildcards, false),
        "stringnotlike" => (Syntax::Wildcards, true),
        "arnequals" | "arnlike" => (Syntax::Arn, false),
        "arnnotequals" | "arnnotlike" => (Syntax::Arn, true),
        "null" => return Reach::all(is_present(values)),
        // Numbers, dates and addresses say nothing about an ARN that is published.
        _ => return Reach::all(Match::Perhaps),
    };
    let matching = values.iter().map(|value| reach(value, syntax, bucket));
    let matching = matching.fold(Reach::all(Match::No), Reach::or);
    if negated { matching.not() } else { matching }
}

/// `Null` asks whether the key is missing, and it never is.
fn is_present(values: &[String]) -> Match {
    let is = |word: &str| values.iter().any(|value| value.eq_ignore_ascii_case(word));
    if is("false") {
        Match::Yes
    } else if is("true") {
        Match::No
    } else {
        Match::Perhaps
    }
}

#[cfg(test)]
mod tests {
    use super::Match::{No, Perhaps, Yes};
    use super::*;

    const OBJECTS: &str = "arn:aws:s3:::invoices/*";
    const BUCKET: &str = "arn:aws:s3:::invoices";

    fn of(operator: &str, values: &[&str]) -> (Match, Match, Match) {
        let values: Vec<String> = values.iter().map(|value| value.to_string()).collect();
        let reach = condition_reach(operator, &values, &Arn::of_bucket("aws", "invoices"));
        (reach.bucket, reach.some_object, reach.every_object)
    }

    #[test]
    fn every_operator_on_strings_and_arns_is_read_by_its_own_rules() {
        for (operator, expected) in [
            ("StringLike", (No, Yes, Yes)),
            ("StringNotLike", (Yes, No, No)),
            ("ArnLike", (No, Yes, Yes)),
            ("ArnEquals", (No, Yes, Yes)),
            ("ArnNotLike", (Yes, No, No)),
            ("ArnNotEquals", (Yes, No, No)),
            // To the letter, only the object of the name `*` is meant.
            ("StringEquals", (No, Yes, No)),
            ("StringNotEquals", (Yes, Yes, No)),
            ("StringEqualsIgnoreCase", (No, Yes, No)),
            ("StringNotEqualsIgnoreCase", (Yes, Yes, No)),
        ] {
            for operator in [
                operator.to_owned(),
                format!("{operator}IfExists"),
                format!("ForAnyValue:{operator}"),
                format!("ForAllValues:{operator}IfExists"),
                operator.to_uppercase(),
            ] {
                assert_eq!(of(&operator, &[OBJECTS]), expected, "{operator}");
            }
        }
    }

    #[test]
    fn one_of_several_values_is_enough_and_none_of_them_may_match_a_negation() {
        assert_eq!(of("StringLike", &[BUCKET, OBJECTS]), (Yes, Yes, Yes));
        assert_eq!(of("StringNotLike", &[BUCKET, OBJECTS]), (No, No, No));
        assert_eq!(of("StringEquals", &[]), (No, No, No));
        assert_eq!(of("StringNotEquals", &[]), (Yes, Yes, Yes));
    }

    #[test]
    fn s3_always_sends_its_key() {
        assert_eq!(of("Null", &["false"]), (Yes, Yes, Yes));
        assert_eq!(of("Null", &["True"]), (No, No, No));
        assert_eq!(of("Null", &["maybe"]), (Perhaps, Perhaps, Perhaps));
    }

    #[test]
    fn an_operator_that_is_not_for_arns_decides_nothing() {
        for operator in [
            "Bool",
            "NumericEquals",
            "DateLessThan",
            "IpAddress",
            "BinaryEquals",
            "",
            "x",
        ] {
            assert_eq!(of(operator, &[OBJECTS]), (Perhaps, Perhaps, Perhaps), "{operator}");
        }
    }
}
