//! Which grants does a key have?

use aws_sdk_kms::types::GrantListEntry;

use super::clients::RegionSession;
use super::error::CallError;
use super::operations::KMS_LIST_GRANTS as LIST;
use super::paging::Pages;
use super::refusals::Refusals;
use crate::facts::{Fact, Grant};

/// The largest page KMS allows.
const GRANTS_A_PAGE: i32 = 100;

/// Reads the grants of keys of a Region.
#[derive(Debug)]
pub struct GrantReader<'a> {
    session: &'a RegionSession,
    list: Refusals,
}

impl<'a> GrantReader<'a> {
    /// A reader of the keys of this Region.
    pub fn new(session: &'a RegionSession) -> Self {
        GrantReader {
            session,
            list: Refusals::default(),
        }
    }

    /// All grants of a key: a list that was not read to its end is no answer.
    pub async fn grants(&self, key_id: &str) -> Fact<Vec<Grant>> {
        self.list.ask(|| self.list_grants(key_id)).await.into()
    }

    async fn list_grants(&self, key_id: &str) -> Result<Vec<Grant>, CallError> {
        let mut grants = Vec::new();
        let mut pages = Pages::default();
        let mut marker = None;
        loop {
            let request = || {
                let request = self.session.kms.list_grants().key_id(key_id);
                request.limit(GRANTS_A_PAGE).set_marker(marker.clone()).send()
            };
            let page = self.session.caller.call(LIST, request).await?;
            let Some(listed) = page.grants else {
                return Err(CallError::malformed(LIST, "the answer has no list of grants"));
            };
            let brought = listed.len();
            for entry in listed {
                grants.push(grant(entry)?);
            }
            match pages.next(LIST, Some(page.truncated), page.next_marker.as_deref(), brought)? {
                Some(next) => marker = Some(next),
                None => return Ok(grants),
            }
        }
    }
}

fn grant(entry: GrantListEntry) -> Result<Grant, CallError> {
    let Some(id) = entry.grant_id else {
        return Err(CallError::malformed(LIST, "a grant in the list has no id"));
    };
    let (subset, equals) = entry
        .constraints
        .map(|constraints| {
            (
                constraints.encryption_context_subset,
                constraints.encryption_context_equals,
            )
        })
        .unwrap_or_default();
    let operations = entry.operations.unwrap_or_default();
    Ok(Grant {
        id,
        name: entry.name.filter(|name| !name.is_empty()),
        grantee: entry.grantee_principal.or(entry.grantee_service_principal),
        operations: operations
            .iter()
            .map(|operation| operation.as_str().to_owned())
            .collect(),
        encryption_context_subset: subset.into_iter().flatten().collect(),
        encryption_context_equals: equals.into_iter().flatten().collect(),
    })
}
