use super::super::canned::{self, Answer, IDENTITY};
use super::super::sandboxed::{calls, session};
use super::*;
use crate::facts::Fact;

const ESTATE: &str = r#"
    as_of = 2026-06-15T06:00:00Z
    account = { id = "111122223333" }
    organization = {}

    [[region]]
    name = "eu-west-3"
    key = [{ count = 250, alias = "alias/app-{n}", tags = { n = "{n}" } }, { alias = "alias/aws/s3", aws_managed = true }]

    [[config_aggregator]]
    name = "all"
    region = "eu-west-3"

    [[member]]
    count = 4
    id = "20000000000{n}"
    [[member.region]]
    name = ["eu-west-3", "us-east-1"]
    key = [{ count = 30, created = 2026-01-01T00:00:00Z }]
"#;

fn accounts(ids: &[&str]) -> BTreeSet<AccountId> {
    ids.iter().map(|id| AccountId::new(*id)).collect()
}

fn any() -> AggregatorChoice {
    AggregatorChoice {
        name: None,
        region: None,
    }
}

async fn read(estate: &str, ids: &[&str]) -> Result<Aggregate, AggregatorError> {
    let session = session(estate).await;
    read_aggregator(&session, &any(), &accounts(ids), &RegionChoice::Enabled).await
}

#[tokio::test]
async fn pages_of_all_accounts_come_apart_into_accounts_again() {
    let session = session(ESTATE).await;
    let wanted = accounts(&["111122223333", "200000000001", "200000000003"]);
    let aggregate = read_aggregator(&session, &any(), &wanted, &RegionChoice::Enabled)
        .await
        .unwrap();
    // 250 and twice 60 keys and the AWS managed one, 251 aliases; no bucket, five recorders.
    assert_eq!(calls(&session, "SelectAggregateResourceConfig"), 4 + 3 + 1 + 1);
    assert_eq!(calls(&session, "DescribeConfigurationAggregatorSourcesStatus"), 1);
    let own = aggregate.account(&AccountId::new("111122223333")).unwrap();
    let read = format!("{own:?}");
    assert_eq!(read.matches("alias/app-").count(), 250);
    let member = format!("{:?}", aggregate.account(&AccountId::new("200000000003")).unwrap());
    assert_eq!(member.matches("key/").count(), 60);
    assert!(!member.contains("200000000001"), "what is of one account stays there");
    let not_asked_for = aggregate.account(&AccountId::new("200000000002")).unwrap();
    assert!(!format!("{not_asked_for:?}").contains("key/"));
}

#[tokio::test]
async fn named_regions_and_few_accounts_narrow_the_query_and_many_do_not() {
    let few = condition(
        &accounts(&["111122223333", "200000000001"]),
        &RegionChoice::Named(vec![Region::new("eu-west-3")]),
    );
    assert_eq!(
        few,
        " AND accountId IN ('111122223333', '200000000001') AND awsRegion IN ('eu-west-3')"
    );
    let many: BTreeSet<AccountId> = (0..=MOST_NAMED).map(|n| AccountId::new(format!("{n:012}"))).collect();
    assert_eq!(condition(&many, &RegionChoice::Enabled), "");
    let most: BTreeSet<AccountId> = many.into_iter().take(MOST_NAMED).collect();
    let query = Type::Bucket.query() + &condition(&most, &RegionChoice::Enabled);
    assert!(query.len() <= 4096, "{}", query.len());
}

#[tokio::test]
async fn which_aggregator_is_meant_must_be_clear() {
    let two = ESTATE.replacen(
        "[[member]]",
        "[[config_aggregator]]\nname = \"other\"\nregion = \"eu-west-3\"\n[[member]]",
        1,
    );
    let said = read(&two, &["111122223333"]).await.unwrap_err().to_string();
    assert!(said.contains("all, other"), "{said}");
    let session = session(&two).await;
    let choose = |name: &str, region: Option<&str>| AggregatorChoice {
        name: Some(name.to_owned()),
        region: region.map(Region::new),
    };
    let wanted = accounts(&["111122223333"]);
    let named = read_aggregator(&session, &choose("other", None), &wanted, &RegionChoice::Enabled).await;
    assert_eq!(named.unwrap().coverage.aggregator, "other");
    let absent = read_aggregator(&session, &choose("none", None), &wanted, &RegionChoice::Enabled).await;
    let said = absent.unwrap_err().to_string();
    assert!(said.contains("`none` in eu-west-3"), "{said}");
}

#[tokio::test]
async fn without_recorders_or_statuses_nothing_is_read() {
    for operation in [
        "DescribeConfigurationAggregators",
        "DescribeConfigurationAggregatorSourcesStatus",
        "SelectAggregateResourceConfig",
    ] {
        let denied = format!("{ESTATE}\n[[fault]]\nkind = 'error'\nservice = 'config'\noperation = '{operation}'");
        let error = read(&denied, &["111122223333"]).await.unwrap_err().to_string();
        assert!(
            error.contains(operation) && error.contains("organization-policy"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_list_that_ends_early_is_a_gap_of_every_region_and_what_was_read_stays() {
    // The recorders, and the first page of keys.
    let denied =
        "[[fault]]\nkind = 'error'\nservice = 'config'\noperation = 'SelectAggregateResourceConfig'\nafter = 2";
    let aggregate = read(&format!("{ESTATE}\n{denied}"), &["111122223333"]).await.unwrap();
    let cut_short: Vec<_> = aggregate
        .cut_short
        .iter()
        .map(|(kind, error)| (*kind, error.code.as_str()))
        .collect();
    let denied = "AccessDeniedException";
    assert_eq!(
        cut_short,
        [(Type::Key, denied), (Type::Alias, denied), (Type::Bucket, denied)]
    );
    let account = AccountId::new("111122223333");
    let (here, elsewhere) = (Region::new("eu-west-3"), Region::new("eu-north-1"));
    for region in [here, elsewhere] {
        let gap = aggregate.listing(&account, &region, Type::Key);
        assert_eq!(gap.unavailable().unwrap().code, denied);
    }
    let kept = aggregate.account(&account).unwrap();
    assert!(format!("{kept:?}").matches("key_id").count() >= 99);
}

#[tokio::test]
async fn a_region_without_a_recorder_is_a_gap() {
    let aggregate = read(ESTATE, &["111122223333"]).await.unwrap();
    let account = AccountId::new("111122223333");
    let of = |region: &str| aggregate.listing(&account, &Region::new(region), Type::Key);
    assert_eq!(of("eu-west-3"), Fact::Known(()));
    assert_eq!(of("us-east-1").unavailable().unwrap().code, "NotAggregated");
}

/// An aggregator that has items which say nothing: of a key, and of the recorder of another Region.
fn server(request: &aws_smithy_runtime_api::client::orchestrator::HttpRequest) -> Answer {
    let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
    let target = request.headers().get("x-amz-target").unwrap_or_default();
    let rows = |items: &[serde_json::Value]| {
        let rows: Vec<String> = items.iter().map(ToString::to_string).collect();
        serde_json::json!({ "Results": rows }).to_string()
    };
    let item = |region: &str, id: &str, configuration: serde_json::Value| {
        serde_json::json!({ "accountId": "111122223333", "awsRegion": region, "resourceId": id,
            "configuration": configuration })
    };
    let all = serde_json::json!({ "Recording": true, "RecordingGroup": { "AllSupported": true } });
    let answer = if request.uri().contains("sts.") {
        IDENTITY.to_owned()
    } else if target.ends_with("DescribeConfigurationAggregators") {
        r#"{"ConfigurationAggregators":[{"ConfigurationAggregatorName":"all"}]}"#.to_owned()
    } else if target.ends_with("SourcesStatus") {
        r#"{"AggregatedSourceStatusList":[]}"#.to_owned()
    } else if body.contains("ConfigurationRecorder") {
        rows(&[
            item("eu-west-3", "default", all),
            item("us-east-1", "default", serde_json::json!({ "Recording": "perhaps" })),
        ])
    } else if body.contains("AWS::KMS::Key") {
        let key = |id: &str| serde_json::json!({ "arn": format!("arn:aws:kms:eu-west-3:111122223333:key/{id}"), "keyId": id });
        rows(&[
            item("eu-west-3", "silent", serde_json::json!({})),
            item("eu-west-3", "whole", key("whole")),
        ])
    } else {
        rows(&[])
    };
    Answer(200, &[], answer)
}

#[tokio::test]
async fn an_item_that_cannot_be_read_is_a_gap_of_its_region_and_the_others_are_read() {
    let session = canned::session(server).await.unwrap();
    let account = AccountId::new("111122223333");
    let aggregate = read_aggregator(&session, &any(), &accounts(&["111122223333"]), &RegionChoice::Enabled)
        .await
        .unwrap();
    assert!(aggregate.cut_short.is_empty());
    let of = |region: &str, kind: Type| aggregate.listing(&account, &Region::new(region), kind);
    assert_eq!(of("eu-west-3", Type::Bucket), Fact::Known(()));
    for (region, words) in [
        (
            "eu-west-3",
            "what AWS Config has of silent (AWS::KMS::Key) cannot be read",
        ),
        (
            "us-east-1",
            "what AWS Config has of default (AWS::Config::ConfigurationRecorder) cannot be read",
        ),
    ] {
        let gap = of(region, Type::Key);
        let reason = gap.unavailable().unwrap();
        assert_eq!(
            (reason.code.as_str(), reason.message.as_str()),
            ("UnreadableItem", words)
        );
    }
    let kept = format!("{:?}", aggregate.account(&account).unwrap());
    assert!(kept.contains("key/whole"), "{kept}");
}
