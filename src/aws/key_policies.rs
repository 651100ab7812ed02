//! What do the policies of a key say?

use super::clients::RegionSession;
use super::error::CallError;
use super::operations::{KMS_GET_KEY_POLICY as GET, KMS_LIST_KEY_POLICIES as LIST};
use super::paging::Pages;
use super::refusals::Refusals;
use crate::facts::Fact;

/// The key policy that every key has.
const DEFAULT: &str = "default";
/// The policy of resource shares, which a key has while AWS Resource Access Manager shares it.
const AWS_RAM: &str = "AWS_RAM";

/// The largest page KMS allows.
const POLICIES_A_PAGE: i32 = 1_000;

/// Reads the policies of keys of a Region.
#[derive(Debug)]
pub struct KeyPolicyReader<'a> {
    session: &'a RegionSession,
    get: Refusals,
    list: Refusals,
}

impl<'a> KeyPolicyReader<'a> {
    /// A reader of the keys of this Region.
    pub fn new(session: &'a RegionSession) -> Self {
        KeyPolicyReader {
            session,
            get: Refusals::default(),
            list: Refusals::default(),
        }
    }

    /// The key policy, as JSON text.
    pub async fn key_policy(&self, key_id: &str) -> Fact<String> {
        self.get.ask(|| self.get_policy(key_id, DEFAULT)).await.into()
    }

    /// The policy of resource shares, as JSON text; `None` if the key has none. A policy that is not in the list of its
    /// policies is not asked for: that would be refused.
    pub async fn ram_policy(&self, key_id: &str) -> Fact<Option<String>> {
        match self.list.ask(|| self.has_ram_policy(key_id)).await {
            Ok(true) => {
                let policy = self.get.ask(|| self.get_policy(key_id, AWS_RAM)).await;
                policy.map(Some).into()
            }
            Ok(false) => Fact::Known(None),
            Err(error) => Fact::Unavailable(error.into()),
        }
    }

    async fn get_policy(&self, key_id: &str, name: &str) -> Result<String, CallError> {
        let request = || {
            let request = self.session.kms.get_key_policy();
            request.key_id(key_id).policy_name(name).send()
        };
        let answer = self.session.caller.call(GET, request).await?;
        answer
            .policy
            .ok_or_else(|| CallError::malformed(GET, "the answer has no policy"))
    }

    async fn has_ram_policy(&self, key_id: &str) -> Result<bool, CallError> {
        let mut pages = Pages::default();
        let mut marker = None;
        loop {
            let request = || {
                let request = self.session.kms.list_key_policies().key_id(key_id);
                request.limit(POLICIES_A_PAGE).set_marker(marker.clone()).send()
            };
            let page = self.session.caller.call(LIST, request).await?;
            let Some(names) = page.policy_names else {
                return Err(CallError::malformed(LIST, "the answer has no list of policies"));
            };
            if names.iter().any(|name| name == AWS_RAM) {
                return Ok(true);
            }
            match pages.next(LIST, Some(page.truncated), page.next_marker.as_deref(), names.len())? {
                Some(next) => marker = Some(next),
                None => return Ok(false),
            }
        }
    }
}
