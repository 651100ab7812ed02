use super::super::testing;
use serde_json::{Value, json};

const ESTATE: &str = r#"
    as_of = 2026-06-15T06:00:00Z
    account = { id = "111122223333" }
    organization = {}

    [[region]]
    name = ["eu-west-3", "us-east-1"]

    [[trail]]
    name = "everywhere"
    home_region = "us-east-1"
    multi_region = true
    organization = true
    bucket = "trail-{account}"
    log_group = "trail"
    started = 2025-01-01T00:00:00Z
    event_selectors = [{ exclude = ["kms.amazonaws.com"], data = [
        { type = "AWS::S3::Object", values = ["arn:aws:s3:::invoices/"] },
    ] }]

    [[trail]]
    name = "paris"
    home_region = "eu-west-3"
    bucket = "paris"
    logging = false
    stopped = 2026-06-01T00:00:00Z

    [[member]]
    id = "200000000001"
    region = [{ name = ["eu-west-3", "us-east-1"] }]

    [[member.trail]]
    name = "own"
    home_region = "eu-west-3"
    multi_region = true
    bucket = "own-{account}"
    log_group = "arn:aws:logs:eu-west-3:{account}:log-group:gone:*"
    log_group_error = "AccessDenied"
    advanced_event_selectors = [{ name = "all but KMS", fields = [
        { field = "eventCategory", equals = ["Management"] },
        { field = "eventSource", not_equals = ["kms.amazonaws.com"] },
    ] }]
"#;

const EVERYWHERE: &str = "arn:aws:cloudtrail:us-east-1:111122223333:trail/everywhere";
const PARIS: &str = "arn:aws:cloudtrail:eu-west-3:111122223333:trail/paris";
const OWN: &str = "arn:aws:cloudtrail:eu-west-3:200000000001:trail/own";

/// Asks as the account of the credentials.
fn ask(region: &str, operation: &str, input: &Value) -> (u16, Value) {
    ask_as("111122223333", region, operation, input)
}

/// Asks as an account of the estate: the credentials are made to be its own.
fn ask_as(account: &str, region: &str, operation: &str, input: &Value) -> (u16, Value) {
    let sandbox = testing::sandbox(ESTATE);
    let target = format!("CloudTrail_20131101.{operation}");
    testing::json_request_as(&sandbox, account, "cloudtrail", region, &target, input)
}

fn arns(answer: &(u16, Value)) -> Vec<&str> {
    let trails = answer.1["trailList"].as_array().unwrap().iter();
    trails.map(|trail| trail["TrailARN"].as_str().unwrap()).collect()
}

#[test]
fn a_trail_is_described_as_the_estate_has_it() {
    let (status, body) = ask("us-east-1", "DescribeTrails", &json!({}));
    assert_eq!(status, 200);
    let expected = json!({ "trailList": [{
        "Name": "everywhere",
        "S3BucketName": "trail-111122223333",
        "IncludeGlobalServiceEvents": true,
        "IsMultiRegionTrail": true,
        "HomeRegion": "us-east-1",
        "TrailARN": EVERYWHERE,
        "LogFileValidationEnabled": true,
        "CloudWatchLogsLogGroupArn": "arn:aws:logs:us-east-1:111122223333:log-group:trail:*",
        "CloudWatchLogsRoleArn": "arn:aws:iam::111122223333:role/CloudTrail_CloudWatchLogs_Role",
        "HasCustomEventSelectors": true,
        "HasInsightSelectors": false,
        "IsOrganizationTrail": true,
    }] });
    assert_eq!(body, expected);
    let (_, body) = ask("eu-west-3", "DescribeTrails", &json!({ "trailNameList": ["paris"] }));
    assert_eq!(body["trailList"][0]["HasCustomEventSelectors"], false);
    assert_eq!(body["trailList"][0].get("CloudWatchLogsLogGroupArn"), None);
}

#[test]
fn a_multi_region_trail_has_a_shadow_in_every_other_region() {
    let describe = |region, input: Value| ask(region, "DescribeTrails", &input);
    assert_eq!(arns(&describe("eu-west-3", json!({}))), [EVERYWHERE, PARIS]);
    let without_shadows = json!({ "includeShadowTrails": false });
    assert_eq!(arns(&describe("eu-west-3", without_shadows.clone())), [PARIS]);
    assert_eq!(arns(&describe("us-east-1", without_shadows)), [EVERYWHERE]);
    // A shadow trail has to be called by its ARN.
    assert!(arns(&describe("eu-west-3", json!({ "trailNameList": ["everywhere"] }))).is_empty());
    let by_arn = json!({ "trailNameList": [EVERYWHERE, "nothing"] });
    assert_eq!(arns(&describe("eu-west-3", by_arn)), [EVERYWHERE]);
}

#[test]
fn a_member_account_sees_the_organization_trail_under_the_management_accounts_arn() {
    let describe = |region, input: Value| ask_as("200000000001", region, "DescribeTrails", &input);
    assert_eq!(arns(&describe("us-east-1", json!({}))), [OWN, EVERYWHERE]);
    let without_shadows = json!({ "includeShadowTrails": false });
    assert!(arns(&describe("us-east-1", without_shadows)).is_empty());
    let described = describe("us-east-1", json!({ "trailNameList": [OWN] }));
    let own = &described.1["trailList"][0];
    assert_eq!(own["S3BucketName"], "own-200000000001");
    let log_group = "arn:aws:logs:eu-west-3:200000000001:log-group:gone:*";
    assert_eq!(own["CloudWatchLogsLogGroupArn"], log_group);
    // The management account does not see the member's.
    assert_eq!(
        arns(&ask("eu-west-3", "DescribeTrails", &json!({}))),
        [EVERYWHERE, PARIS]
    );
    let by_name = json!({ "Name": "everywhere" });
    let (status, error) = ask_as("200000000001", "us-east-1", "GetTrailStatus", &by_name);
    assert_eq!((status, &error["__type"]), (400, &json!("TrailNotFoundException")));
    let by_arn = json!({ "Name": EVERYWHERE });
    assert_eq!(
        ask_as("200000000001", "us-east-1", "GetTrailStatus", &by_arn).1["IsLogging"],
        true
    );
}

#[test]
fn the_status_says_whether_a_trail_records_and_delivers() {
    let (_, status) = ask("eu-west-3", "GetTrailStatus", &json!({ "Name": EVERYWHERE }));
    let expected = json!({
        "IsLogging": true,
        "StartLoggingTime": 1_735_689_600,
        "LatestDeliveryTime": 1_781_503_200,
        "LatestCloudWatchLogsDeliveryTime": 1_781_503_200,
    });
    assert_eq!(status, expected);
    let (_, status) = ask("eu-west-3", "GetTrailStatus", &json!({ "Name": "paris" }));
    assert_eq!(
        (&status["IsLogging"], &status["StopLoggingTime"]),
        (&json!(false), &json!(1_780_272_000))
    );
    let (_, status) = ask_as("200000000001", "us-east-1", "GetTrailStatus", &json!({ "Name": OWN }));
    assert_eq!(status["LatestCloudWatchLogsDeliveryError"], "AccessDenied");
    assert_eq!(status.get("LatestCloudWatchLogsDeliveryTime"), None);
}

#[test]
fn event_selectors_are_basic_or_advanced_and_those_of_every_new_trail_where_nothing_is_said() {
    let selectors = |account, region, name: &str| {
        let (status, body) = ask_as(account, region, "GetEventSelectors", &json!({ "TrailName": name }));
        assert_eq!(status, 200, "{body}");
        body
    };
    let basic = json!({ "TrailARN": EVERYWHERE, "EventSelectors": [{
        "ReadWriteType": "All",
        "IncludeManagementEvents": true,
        "DataResources": [{ "Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::invoices/"] }],
        "ExcludeManagementEventSources": ["kms.amazonaws.com"],
    }] });
    assert_eq!(selectors("111122223333", "us-east-1", "everywhere"), basic);
    assert_eq!(selectors("111122223333", "eu-west-3", EVERYWHERE), basic);
    let advanced = json!({ "TrailARN": OWN, "AdvancedEventSelectors": [{
        "Name": "all but KMS",
        "FieldSelectors": [
            { "Field": "eventCategory", "Equals": ["Management"] },
            { "Field": "eventSource", "NotEquals": ["kms.amazonaws.com"] },
        ],
    }] });
    assert_eq!(selectors("200000000001", "eu-west-3", "own"), advanced);
    let usual = json!({ "TrailARN": PARIS, "EventSelectors": [{
        "ReadWriteType": "All",
        "IncludeManagementEvents": true,
        "DataResources": [],
        "ExcludeManagementEventSources": [],
    }] });
    assert_eq!(selectors("111122223333", "eu-west-3", "paris"), usual);
}

#[test]
fn a_trail_that_is_not_there_or_has_no_trails_name_is_refused() {
    let unknown = "arn:aws:cloudtrail:us-east-1:111122223333:trail/paris";
    for (name, code) in [
        // In its own Region it is, but not here.
        ("paris", "TrailNotFoundException"),
        (PARIS, "TrailNotFoundException"),
        (OWN, "TrailNotFoundException"),
        ("", "InvalidTrailNameException"),
        ("two..periods", "InvalidTrailNameException"),
        ("-dash", "InvalidTrailNameException"),
        ("no", "InvalidTrailNameException"),
        ("192.168.5.4", "InvalidTrailNameException"),
        ("a space", "InvalidTrailNameException"),
        ("arn:aws:s3:::trail", "CloudTrailARNInvalidException"),
    ] {
        for (operation, member) in [("GetTrailStatus", "Name"), ("GetEventSelectors", "TrailName")] {
            let (status, error) = ask("us-east-1", operation, &json!({ member: name }));
            assert_eq!((status, &error["__type"]), (400, &json!(code)), "{name}");
        }
    }
    let (_, error) = ask("us-east-1", "GetTrailStatus", &json!({ "Name": "paris" }));
    let message = format!("Unknown trail: {unknown} for the user: 111122223333");
    assert_eq!(error["Message"], message);
    let wrong = json!({ "trailNameList": ["paris", "no"] });
    let (_, error) = ask("eu-west-3", "DescribeTrails", &wrong);
    assert_eq!(error["__type"], "InvalidTrailNameException");
    let (_, error) = ask("eu-west-3", "CreateTrail", &json!({}));
    assert_eq!(error["__type"], "UnknownOperationException");
}

#[test]
fn the_target_of_botocores_model_is_understood_too() {
    let target = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.DescribeTrails";
    let sandbox = testing::sandbox(ESTATE);
    let answer = testing::json_request(&sandbox, "cloudtrail", "us-east-1", target, &json!({}));
    assert_eq!(arns(&answer), [EVERYWHERE]);
}
