use super::super::testing;
use serde_json::{Value, json};

const ESTATE: &str = r#"
    as_of = 2026-06-15T06:00:00Z
    account = { id = "111122223333", name = "management" }
    organization = { units = ["Security", "Workloads/Production"], delegated_administrators = ["200000000003"] }

    [[region]]
    name = "us-east-1"

    [[member]]
    count = 44
    id = "2000000000{n:02}"
    name = "team-{n}"
    unit = "Workloads/Production"
    role = [{ name = "ReadOnly" }]
    region = [{ name = "us-east-1" }]

    [[member]]
    id = "300000000001"
    unit = "Workloads"
    state = "PENDING_CLOSURE"
    joined = 2025-01-01T00:00:00Z
"#;

/// Asks as the SDK would, for which no crate is needed: JSON 1.1.
fn ask(estate: &str, operation: &str, input: &Value) -> (u16, Value) {
    let target = format!("AWSOrganizationsV20161128.{operation}");
    testing::json_request(&testing::sandbox(estate), "organizations", "us-east-1", &target, input)
}

fn list(operation: &str, member: &str, input: Value) -> Vec<Value> {
    let mut input = input;
    let mut items = Vec::new();
    loop {
        let (status, mut body) = ask(ESTATE, operation, &input);
        assert_eq!(status, 200, "{body}");
        items.append(body[member].as_array_mut().unwrap());
        match body.get("NextToken") {
            Some(token) => input["NextToken"] = token.clone(),
            None => return items,
        }
    }
}

#[test]
fn every_account_is_listed_once_in_pages_of_twenty() {
    let (_, first) = ask(ESTATE, "ListAccounts", &json!({}));
    assert_eq!(first["Accounts"].as_array().unwrap().len(), 20);
    let accounts = list("ListAccounts", "Accounts", json!({}));
    let ids: std::collections::BTreeSet<_> = accounts.iter().map(|account| account["Id"].to_string()).collect();
    assert_eq!((accounts.len(), ids.len()), (46, 46));
    assert_eq!(accounts[0]["Name"], "management");
    assert_eq!(accounts[44]["Name"], "team-44");
    assert_eq!(
        (&accounts[1]["Status"], &accounts[1]["State"]),
        (&json!("ACTIVE"), &json!("ACTIVE"))
    );
    assert_eq!(accounts[45]["State"], "PENDING_CLOSURE");
    assert_eq!(accounts[45]["JoinedTimestamp"], 1_735_689_600);
    let (status, error) = ask(ESTATE, "ListAccounts", &json!({ "MaxResults": 21 }));
    assert_eq!((status, &error["__type"]), (400, &json!("ValidationException")));
}

#[test]
fn walking_the_units_from_the_root_finds_every_account() {
    let roots = list("ListRoots", "Roots", json!({}));
    let mut parents = vec![roots[0]["Id"].clone()];
    let (mut units, mut accounts) = (Vec::new(), 0);
    while let Some(parent) = parents.pop() {
        for unit in list(
            "ListOrganizationalUnitsForParent",
            "OrganizationalUnits",
            json!({ "ParentId": parent }),
        ) {
            parents.push(unit["Id"].clone());
            units.push(unit["Name"].as_str().unwrap().to_owned());
        }
        let below = list("ListAccountsForParent", "Accounts", json!({ "ParentId": parent }));
        let parent = parent.as_str().unwrap();
        assert!(
            below
                .iter()
                .all(|account| account["Paths"][0].as_str().unwrap().contains(parent))
        );
        accounts += below.len();
    }
    units.sort();
    assert_eq!(units, ["Production", "Security", "Workloads"]);
    assert_eq!(accounts, 46);
    let (_, error) = ask(
        ESTATE,
        "ListAccountsForParent",
        &json!({ "ParentId": "ou-none-00000000" }),
    );
    assert_eq!(error["__type"], "ParentNotFoundException");
}

#[test]
fn the_organization_is_described_and_an_account_without_one_is_told_so() {
    let (_, body) = ask(ESTATE, "DescribeOrganization", &json!({}));
    assert_eq!(body["Organization"]["MasterAccountId"], "111122223333");
    let (status, error) = ask(testing::SMALL, "ListAccounts", &json!({}));
    assert_eq!(
        (status, &error["__type"]),
        (400, &json!("AWSOrganizationsNotInUseException"))
    );
    let (_, error) = ask(ESTATE, "CreateAccount", &json!({}));
    assert_eq!(error["__type"], "UnknownOperationException");
}

#[test]
fn only_the_management_account_and_delegated_administrators_may_list() {
    let moved = ESTATE.replace(
        "organization = {",
        "organization = { management_account = \"200000000001\",",
    );
    let (status, error) = ask(&moved, "ListAccounts", &json!({}));
    assert_eq!((status, &error["__type"]), (400, &json!("AccessDeniedException")));
    let delegated = moved.replace("[\"200000000003\"]", "[\"111122223333\"]");
    assert_eq!(ask(&delegated, "ListAccounts", &json!({})).0, 200);
}
