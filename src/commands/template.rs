//! `template`: prints something to set up the auditor with.

use serde::Serialize;

use super::Exit;
use crate::aws::{DEFAULT_ROLE_NAME, OPERATIONS, Operation};
use crate::cli::{TemplateArgs, TemplateName};

pub(super) fn run(args: &TemplateArgs) -> anyhow::Result<Exit> {
    let text = match args.template {
        TemplateName::IamPolicy => serde_json::to_string_pretty(&iam_policy())?,
        TemplateName::OrganizationPolicy => serde_json::to_string_pretty(&organization_policy())?,
    };
    super::print(&format!(
        "{text}
"
    ))?;
    Ok(Exit::Done)
}

/// An IAM policy, its fields in the order everybody writes them.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct IamPolicy {
    version: &'static str,
    statement: Vec<Statement>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statement {
    sid: &'static str,
    effect: &'static str,
    action: Vec<&'static str>,
    resource: String,
}

impl Statement {
    fn allow(sid: &'static str, resource: &str, is_meant: impl Fn(&Operation) -> bool) -> Statement {
        let meant = OPERATIONS.iter().filter(|operation| is_meant(operation));
        let mut action: Vec<&str> = meant.filter_map(|operation| operation.iam_action).collect();
        action.sort_unstable();
        action.dedup();
        Statement {
            sid,
            effect: "Allow",
            action,
            resource: resource.to_owned(),
        }
    }
}

fn policy(statement: Vec<Statement>) -> IamPolicy {
    IamPolicy {
        version: "2012-10-17",
        statement,
    }
}

/// The policy that allows every operation of the operation table that looks at an account, and nothing else.
fn iam_policy() -> IamPolicy {
    let is_meant = |operation: &Operation| !operation.is_for_entering_accounts();
    policy(vec![Statement::allow("KmsAuditReadOnly", "*", is_meant)])
}

/// The policy that allows the rest of the table: to list the accounts of an organization, to ask an aggregator
/// of AWS Config, and to enter them.
fn organization_policy() -> IamPolicy {
    let lists = |operation: &Operation| operation.service == "organizations";
    let aggregates = |operation: &Operation| operation.service == "config";
    let enters =
        |operation: &Operation| operation.is_for_entering_accounts() && !lists(operation) && !aggregates(operation);
    let role = format!("arn:aws:iam::*:role/{DEFAULT_ROLE_NAME}");
    policy(vec![
        Statement::allow("KmsAuditListAccounts", "*", lists),
        Statement::allow("KmsAuditAskAggregator", "*", aggregates),
        Statement::allow("KmsAuditEnterAccounts", &role, enters),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policies_in_the_documentation_are_those_of_the_operation_table() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/permissions.md");
        let page = std::fs::read_to_string(page).unwrap();
        for policy in [iam_policy(), organization_policy()] {
            let policy = serde_json::to_string_pretty(&policy).unwrap();
            assert!(page.contains(&policy), "docs/permissions.md lacks:\n{policy}");
        }
        for operation in OPERATIONS {
            let Some(action) = operation.iam_action else { continue };
            let row = format!("| `{action}` | {} | {} |", operation.name, operation.purpose);
            assert!(page.contains(&row), "docs/permissions.md lacks: {row}");
        }
    }

    #[test]
    fn every_action_is_in_exactly_one_policy() {
        let of = |policy: IamPolicy| policy.statement.into_iter().flat_map(|statement| statement.action);
        let mut both: Vec<_> = of(iam_policy()).chain(of(organization_policy())).collect();
        both.sort_unstable();
        let mut all: Vec<_> = OPERATIONS.iter().filter_map(|operation| operation.iam_action).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(both, all);
        assert!(of(iam_policy()).all(|action| !action.starts_with("sts:")));
    }
}
