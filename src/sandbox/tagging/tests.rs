use super::super::testing;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const ESTATE: &str = r#"
    as_of = 2026-06-15T06:00:00Z
    account = { id = "111122223333" }

    [[region]]
    name = "eu-west-3"
    key = [
        { count = 250, alias = "alias/tenant-{n:03}", tags = { tenant = "t{n}", DataClass = "public" } },
        { count = 30 },
        { alias = "alias/aws/s3", aws_managed = true },
    ]

    [[region]]
    name = "us-east-1"

    [[bucket]]
    name = "tagged"
    region = "eu-west-3"
    encryption = "none"
    tags = { team = "payments" }

    [[bucket]]
    name = "plain"
    region = "eu-west-3"
    encryption = "none"
"#;

fn ask(region: &str, input: &Value) -> (u16, Value) {
    let sandbox = testing::sandbox(ESTATE);
    let target = "ResourceGroupsTaggingAPI_20170126.GetResources";
    testing::json_request(&sandbox, "tagging", region, target, input)
}

fn arns(body: &Value) -> Vec<String> {
    let listed = body["ResourceTagMappingList"].as_array().unwrap().iter();
    listed
        .map(|resource| resource["ResourceARN"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn every_tagged_key_is_on_one_page_and_the_last_token_is_empty() {
    let mut seen = BTreeSet::new();
    let mut token = String::new();
    for size in [100, 100, 50] {
        let input = json!({
            "ResourceTypeFilters": ["kms:key"], "ResourcesPerPage": 100, "PaginationToken": token,
        });
        let (status, body) = ask("eu-west-3", &input);
        assert_eq!((status, arns(&body).len()), (200, size));
        seen.extend(arns(&body));
        token = body["PaginationToken"].as_str().unwrap().to_owned();
    }
    assert_eq!((seen.len(), token.as_str()), (250, ""));
}

#[test]
fn a_key_has_its_own_tags() {
    let input = json!({ "TagFilters": [{ "Key": "tenant", "Values": ["t7", "t8"] }, { "Key": "DataClass" }] });
    let (_, body) = ask("eu-west-3", &input);
    let tenants: BTreeSet<&str> = body["ResourceTagMappingList"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|resource| resource["Tags"].as_array().unwrap())
        .filter(|tag| tag["Key"] == "tenant")
        .map(|tag| tag["Value"].as_str().unwrap())
        .collect();
    assert_eq!(tenants, ["t7", "t8"].into());
}

#[test]
fn a_region_lists_what_lies_in_it_and_a_filter_its_type() {
    for (region, filters, expected) in [
        ("us-east-1", json!([]), 0),
        ("eu-west-3", json!(["s3"]), 1),
        ("eu-west-3", json!(["s3:bucket", "kms"]), 50),
        ("eu-west-3", json!(["kms:alias"]), 0),
    ] {
        let (_, body) = ask(region, &json!({ "ResourceTypeFilters": filters }));
        assert_eq!(arns(&body).len(), expected, "{region} {filters}");
    }
    let (_, body) = ask(
        "eu-west-3",
        &json!({ "ResourceARNList": ["arn:aws:s3:::tagged", "arn:aws:s3:::plain"] }),
    );
    assert_eq!(arns(&body), ["arn:aws:s3:::tagged"]);
}

#[test]
fn what_cannot_be_asked_is_refused() {
    for input in [
        json!({ "ResourcesPerPage": 0 }),
        json!({ "ResourcesPerPage": 101 }),
        json!({ "PaginationToken": "elsewhere" }),
        json!({ "ResourceARNList": ["arn:aws:s3:::tagged"], "ResourceTypeFilters": ["s3"] }),
        json!({ "TagsPerPage": 100 }),
    ] {
        let (status, body) = ask("eu-west-3", &input);
        let code = body["__type"].as_str().unwrap_or_default();
        assert_eq!((status, code), (400, "InvalidParameterException"), "{input}");
    }
}
