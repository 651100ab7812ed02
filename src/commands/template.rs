//! `template`: prints something to set up the auditor with.

use serde::Serialize;

use super::Exit;
use super::UsageError;
use crate::aws::{DEFAULT_ROLE_NAME, OPERATIONS, Operation, QUOTA_OPERATIONS};
use crate::cli::{PolicyPurpose, TemplateArgs, TemplateName};

pub(super) fn run(args: &TemplateArgs) -> anyhow::Result<Exit> {
    let text = match (args.template, args.purpose) {
        (TemplateName::IamPolicy, PolicyPurpose::Scan) => serde_json::to_string_pretty(&iam_policy())?,
        (TemplateName::IamPolicy, PolicyPurpose::Quota) => serde_json::to_string_pretty(&quota_policy())?,
        (TemplateName::OrganizationPolicy, PolicyPurpose::Scan) => {
            serde_json::to_string_pretty(&organization_policy())?
        }
        (TemplateName::RoleStackset, PolicyPurpose::Scan) => role_stackset(),
        (_, PolicyPurpose::Quota) => {
            let what = "--for is for iam-policy: every command needs the same of an organization, and the role is for both";
            return Err(UsageError(what.to_owned()).into());
        }
    };
    super::print(&format!("{}\n", text.trim_end()))?;
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

/// The policy that allows what `quota` calls in an account, and nothing else.
fn quota_policy() -> IamPolicy {
    let is_meant = |operation: &Operation| QUOTA_OPERATIONS.contains(&operation);
    policy(vec![Statement::allow("KmsAuditQuota", "*", is_meant)])
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

/// The template of CloudFormation that gives the read-only role to every account of an organization.
fn role_stackset() -> String {
    let statements = iam_policy().statement.into_iter();
    let actions: Vec<String> = statements
        .flat_map(|statement| statement.action)
        .map(|action| format!("- {action}"))
        .collect();
    let role = filled(include_str!("template/role.yaml"), "(actions)", &actions.join("\n"));
    let template = include_str!("template/role_stackset.yaml").replace("(role name)", DEFAULT_ROLE_NAME);
    filled(&template, "(role)", &role)
}

/// A template with each line that is only this place replaced by others, as far in as it was.
fn filled(template: &str, place: &str, lines: &str) -> String {
    let mut text = String::new();
    for line in template.lines() {
        let content = line.trim_start();
        let (indent, lines) = match content == place {
            true => (&line[..line.len() - content.len()], lines),
            false => ("", line),
        };
        for line in lines.lines() {
            text.push_str(if line.is_empty() { "" } else { indent });
            text.push_str(line);
            text.push('\n');
        }
        if lines.is_empty() {
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_in_deploy_is_that_of_the_operation_table() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/cloudformation/role-stackset.yaml");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(file, role_stackset()).unwrap();
        }
        assert_eq!(
            std::fs::read_to_string(file).unwrap(),
            role_stackset(),
            "make docs writes it"
        );
        for action in iam_policy()
            .statement
            .into_iter()
            .flat_map(|statement| statement.action)
        {
            let here = format!("                - {action}\n");
            let elsewhere = format!("                        - {action}\n");
            assert!(
                role_stackset().contains(&here) && role_stackset().contains(&elsewhere),
                "{action}"
            );
        }
        assert!(!role_stackset().contains("(role") && !role_stackset().contains("(actions)"));
    }

    #[test]
    fn the_policies_in_the_documentation_are_those_of_the_operation_table() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/permissions.md");
        let page = std::fs::read_to_string(page).unwrap();
        for policy in [iam_policy(), quota_policy(), organization_policy()] {
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
