use super::*;
use crate::facts::SseAlgorithm;
use serde_json::json;

fn row(item: Value) -> Row {
    let mut whole = json!({ "accountId": "111122223333", "awsRegion": "eu-west-3", "resourceId": "documents" });
    whole.as_object_mut().unwrap().extend(item.as_object().unwrap().clone());
    Row::parse(&whole.to_string()).unwrap()
}

#[test]
fn dates_are_read_in_the_forms_that_config_gives_them() {
    let expected = "2021-03-15T18:35:13Z".parse().unwrap();
    for date in [
        json!("2021-03-15T18:35:13.000Z"),
        json!(1_615_833_313_000_u64),
        json!(1_615_833_313),
    ] {
        assert_eq!(moment(&date), Some(expected), "{date}");
    }
    assert_eq!(
        [json!("Mar 15, 2021"), json!(null)].map(|date| moment(&date)),
        [None, None]
    );
}

#[test]
fn a_key_and_a_bucket_have_the_time_at_which_their_items_were_captured() {
    let captured = "2025-02-01T03:04:05Z";
    let row = row(json!({
        "configurationItemCaptureTime": "2025-02-01T03:04:05.000Z",
        "configuration": { "arn": "arn:aws:kms:eu-west-3:111122223333:key/1234", "keyId": "1234" },
    }));
    let Kept::Key(key) = row.key().unwrap() else {
        panic!("it is a key");
    };
    let expected = Some(captured.parse().unwrap());
    assert_eq!([key.captured_at, row.bucket().unwrap().captured_at], [expected; 2]);
}

#[test]
fn the_default_encryption_of_a_bucket_can_be_text_within_the_text() {
    let rules = json!({ "rules": [{ "bucketKeyEnabled": true, "applyServerSideEncryptionByDefault":
        { "sseAlgorithm": "aws:kms", "kmsMasterKeyID": "alias/documents" } }] });
    for value in [rules.clone(), json!(rules.to_string())] {
        let row = row(json!({ "supplementaryConfiguration": { "ServerSideEncryptionConfiguration": value } }));
        let bucket = row.bucket().unwrap();
        let encryption = bucket.encryption.known().unwrap();
        assert_eq!(encryption.algorithm, SseAlgorithm::SseKms);
        assert_eq!(
            (encryption.kms_key.as_deref(), encryption.bucket_key_enabled),
            (Some("alias/documents"), true)
        );
    }
}

#[test]
fn a_bucket_whose_item_is_silent_is_unknown_and_not_taken_as_in_order() {
    for silent in [
        json!({}),
        json!({ "ServerSideEncryptionConfiguration": { "rules": [] } }),
    ] {
        let bucket = row(json!({ "supplementaryConfiguration": silent })).bucket().unwrap();
        assert_eq!(bucket.encryption.unavailable().unwrap().code, "NotInItem");
    }
}

#[test]
fn what_is_deleted_is_not_there_and_what_names_no_account_is_no_item() {
    let deleted = row(json!({ "configurationItemStatus": "ResourceDeleted" }));
    let recorded = row(json!({ "configurationItemStatus": "OK" }));
    assert!(!deleted.is_there() && recorded.is_there());
    let nobody = json!({ "accountId": "../../etc", "awsRegion": "eu-west-3" });
    assert_eq!(Row::parse(&nobody.to_string()).unwrap_err().code, "MalformedResponse");
}

#[test]
fn an_alias_names_its_key_by_id_or_by_arn() {
    for target in ["1234", "arn:aws:kms:eu-west-3:111122223333:key/1234"] {
        let row = row(json!({ "configuration": { "AliasName": "alias/a", "TargetKeyId": target } }));
        assert!(matches!(row.alias(), Some(Kept::Alias { key_id, .. }) if key_id == "1234"));
    }
    assert!(
        row(json!({ "configuration": { "AliasName": "alias/aws/s3" } }))
            .alias()
            .is_none()
    );
}
