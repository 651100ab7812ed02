//! AWS Organizations: JSON 1.1. One endpoint for a whole partition.

use super::call::Call;
use super::estate::{Account, AccountState};
use super::faults::Subject;
use super::organization::Organization;
use super::paging::{PagingFault, page};
use super::request::{Reply, Response};
use super::service::{AWS_JSON, Refusal, Service, page_size};
use super::wire::json::{operation, read};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    parent_id: Option<String>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

pub(super) fn answer(call: &Call<'_>) -> Reply {
    let operation = operation(call.request, "AWSOrganizationsV20161128.");
    let input: Input = match read(call.request) {
        Ok(input) => input,
        Err(refusal) => return call.refuse(&refusal).into(),
    };
    let subject = Subject {
        operation,
        token: input.next_token.as_deref(),
        ..Subject::default()
    };
    call.answer(&subject, |fault| {
        if !Service::Organizations.operations().contains(&operation) {
            return Err(Service::Organizations.unknown_operation(operation));
        }
        let organization = member_of(call)?;
        if operation == "DescribeOrganization" {
            return Ok(Response::ok(
                AWS_JSON,
                describe_organization(call, organization).to_string(),
            ));
        }
        may_list(call, organization)?;
        let list = List {
            organization,
            operation,
            input: &input,
            fault,
        };
        let body = match operation {
            "ListRoots" => list.pages("Roots", 1, |_| Some(root(call, organization))),
            "ListAccounts" => list.pages("Accounts", call.estate.accounts_len(), |position| {
                let account = call.estate.listed_account(position)?;
                Some(account_entry(call, organization, &account))
            }),
            "ListAccountsForParent" => {
                let parent = list.parent()?;
                let accounts: Vec<Account<'_>> = call
                    .estate
                    .accounts()
                    .filter(|account| account.set.unit == parent)
                    .collect();
                list.pages("Accounts", accounts.len(), |position| {
                    Some(account_entry(call, organization, accounts.get(position)?))
                })
            }
            _ => {
                let units: Vec<&str> = organization.units_in(list.parent()?).collect();
                list.pages("OrganizationalUnits", units.len(), |position| {
                    Some(unit_entry(call, organization, units.get(position)?))
                })
            }
        };
        Ok(Response::ok(AWS_JSON, body?.to_string()))
    })
}

fn member_of<'a>(call: &Call<'a>) -> Result<&'a Organization, Refusal> {
    let organization = call.estate.organization.as_ref();
    organization.ok_or_else(|| {
        Refusal::new(
            "AWSOrganizationsNotInUseException",
            "Your account is not a member of an organization.",
        )
    })
}

/// The lists are for the management account and for delegated administrators.
fn may_list(call: &Call<'_>, organization: &Organization) -> Result<(), Refusal> {
    let caller = &call.identity.account.id;
    if *caller == organization.management_account || organization.delegated_administrators.contains(caller) {
        return Ok(());
    }
    Err(Refusal::new(
        "AccessDeniedException",
        "You don't have permissions to access this resource.",
    ))
}

/// One of the lists, as it is asked for.
struct List<'a> {
    organization: &'a Organization,
    operation: &'a str,
    input: &'a Input,
    fault: Option<PagingFault>,
}

impl<'a> List<'a> {
    /// The path of the unit that a list is asked of.
    fn parent(&self) -> Result<&'a str, Refusal> {
        let id = self.input.parent_id.as_deref().unwrap_or_default();
        self.organization.path_of(id).ok_or_else(|| {
            Refusal::new(
                "ParentNotFoundException",
                "We can't find the root or OU with the ParentId that you specified.",
            )
        })
    }

    fn pages(&self, member: &str, total: usize, entry: impl Fn(usize) -> Option<Value>) -> Result<Value, Refusal> {
        let parent = self.input.parent_id.as_deref().unwrap_or_default();
        let list = format!("{}/{parent}", self.operation);
        let size = page_size(self.input.max_results, "maxResults", 20, 20)?;
        let token = self.input.next_token.as_deref();
        let page = page(&list, total, size, token, self.fault).ok_or_else(|| {
            Refusal::new("InvalidInputException", "You specified an invalid value for nextToken.")
        })?;
        let entries: Vec<Value> = page.range.filter_map(entry).collect();
        let mut body = json!({ member: entries });
        if let Some(next) = page.next {
            body["NextToken"] = next.into();
        }
        Ok(body)
    }
}

/// `arn:aws:organizations::<management account>:<resource>`.
fn arn(call: &Call<'_>, organization: &Organization, resource: &str) -> String {
    let (partition, management) = (&call.estate.partition, &organization.management_account);
    format!("arn:{partition}:organizations::{management}:{resource}")
}

fn describe_organization(call: &Call<'_>, organization: &Organization) -> Value {
    let Organization {
        id, management_account, ..
    } = organization;
    let email = call.estate.account(management_account).map(|account| account.email());
    json!({ "Organization": {
        "Id": id,
        "Arn": arn(call, organization, &format!("organization/{id}")),
        "FeatureSet": "ALL",
        "MasterAccountArn": arn(call, organization, &format!("account/{id}/{management_account}")),
        "MasterAccountId": management_account,
        "MasterAccountEmail": email,
        "AvailablePolicyTypes": [{ "Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED" }],
    } })
}

fn root(call: &Call<'_>, organization: &Organization) -> Value {
    let id = organization.root_id();
    json!({
        "Id": id,
        "Arn": arn(call, organization, &format!("root/{}/{id}", organization.id)),
        "Name": "Root",
        "PolicyTypes": [{ "Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED" }],
    })
}

fn unit_entry(call: &Call<'_>, organization: &Organization, path: &str) -> Value {
    let id = organization.unit_id(path);
    json!({
        "Id": id,
        "Arn": arn(call, organization, &format!("ou/{}/{id}", organization.id)),
        "Name": path.rsplit('/').next(),
        "Path": organization.id_path(path),
    })
}

fn account_entry(call: &Call<'_>, organization: &Organization, account: &Account<'_>) -> Value {
    let (id, set) = (&account.id, account.set);
    // `Status` knows fewer words than the `State` that follows it.
    let status = match set.state {
        AccountState::PendingActivation | AccountState::Active => "ACTIVE",
        AccountState::PendingClosure => "PENDING_CLOSURE",
        AccountState::Suspended | AccountState::Closed => "SUSPENDED",
    };
    let is_invited = *id == organization.management_account;
    json!({
        "Id": id,
        "Arn": arn(call, organization, &format!("account/{}/{id}", organization.id)),
        "Email": account.email(),
        "Name": account.name(),
        "Status": status,
        "State": set.state,
        "Paths": [format!("{}{id}/", organization.id_path(&set.unit))],
        "JoinedMethod": if is_invited { "INVITED" } else { "CREATED" },
        "JoinedTimestamp": set.joined.as_second(),
    })
}

#[cfg(test)]
mod tests;
