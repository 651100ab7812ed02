//! The organization of an estate.

use super::Problem;
use super::checked::account_id;
use super::file::OrganizationFile;
use crate::sandbox::organization::Organization;
use std::collections::BTreeSet;

/// The organization that a section describes; `home` is the account of the credentials.
pub(super) fn organization(file: &OrganizationFile, home: &str) -> Result<Organization, Problem> {
    let id = match &file.id {
        None => "o-example0001".to_owned(),
        Some(id) if is_organization_id(id) => id.to_string(),
        Some(id) => {
            return Err(Problem::new(
                id.span(),
                format!(
                    "`{}` is no organization id; use `o-` and 10 to 32 lower-case letters and digits",
                    **id
                ),
            ));
        }
    };
    let management_account = match &file.management_account {
        None => home.to_owned(),
        Some(id) => account_id(id, id)?,
    };
    let administrators = file.delegated_administrators.iter().map(|id| account_id(id, id));
    let mut units = BTreeSet::new();
    for path in &file.units {
        if path.split('/').any(str::is_empty) {
            return Err(Problem::new(
                path.span(),
                "an organizational unit is its path from the root, such as `Workloads/Production`",
            ));
        }
        let ends = path.match_indices('/').map(|(end, _)| end).chain([path.len()]);
        units.extend(ends.map(|end| path[..end].to_owned()));
    }
    Ok(Organization {
        id,
        management_account,
        delegated_administrators: administrators.collect::<Result<_, _>>()?,
        units,
    })
}

fn is_organization_id(id: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    id.strip_prefix("o-")
        .is_some_and(|rest| (10..=32).contains(&rest.len()) && rest.bytes().all(plain))
}
