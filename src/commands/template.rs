//! `template`: prints something to set up the auditor with.

use serde::Serialize;

use super::Exit;
use crate::aws::OPERATIONS;
use crate::cli::{TemplateArgs, TemplateName};

pub(super) fn run(args: &TemplateArgs) -> anyhow::Result<Exit> {
    let text = match args.template {
        TemplateName::IamPolicy => serde_json::to_string_pretty(&iam_policy())?,
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
    statement: [Statement; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statement {
    sid: &'static str,
    effect: &'static str,
    action: Vec<&'static str>,
    resource: &'static str,
}

/// The policy that allows every operation of the operation table, and nothing else.
fn iam_policy() -> IamPolicy {
    let mut action: Vec<&str> = OPERATIONS.iter().filter_map(|operation| operation.iam_action).collect();
    action.sort_unstable();
    action.dedup();
    IamPolicy {
        version: "2012-10-17",
        statement: [Statement {
            sid: "KmsAuditReadOnly",
            effect: "Allow",
            action,
            resource: "*",
        }],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_in_the_documentation_is_the_policy_of_the_operation_table() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/permissions.md");
        let page = std::fs::read_to_string(page).unwrap();
        let policy = serde_json::to_string_pretty(&iam_policy()).unwrap();
        assert!(page.contains(&policy), "docs/permissions.md lacks:\n{policy}");
        for operation in OPERATIONS {
            let Some(action) = operation.iam_action else { continue };
            let row = format!("| `{action}` | {} | {} |", operation.name, operation.purpose);
            assert!(page.contains(&row), "docs/permissions.md lacks: {row}");
        }
    }
}
