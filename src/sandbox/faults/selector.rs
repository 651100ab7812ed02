//! Which calls a fault is about.

use super::super::pattern::glob_matches;
use super::super::service::Service;
use super::Asked;
use super::Subject;

/// The calls a fault is about; whatever is left out may be anything.
#[derive(Clone, Debug, Default)]
pub(in crate::sandbox) struct Selector {
    pub service: Option<Service>,
    pub operation: Option<String>,
    /// A glob for the id of the account whose credentials the call is signed with.
    pub account: Option<String>,
    /// The Region the call is signed for.
    pub region: Option<String>,
    /// A glob for a key's id, ARN or alias.
    pub key: Option<String>,
    /// A glob for a bucket's name.
    pub bucket: Option<String>,
}

impl Selector {
    pub fn matches(&self, call: &Asked<'_>, subject: &Subject<'_>) -> bool {
        fn may_be(wanted: Option<&String>, is: impl FnOnce(&str) -> bool) -> bool {
            wanted.is_none_or(|wanted| is(wanted))
        }
        self.service.is_none_or(|service| service == call.service)
            && may_be(self.operation.as_ref(), |operation| operation == subject.operation)
            && may_be(self.region.as_ref(), |region| region == call.region)
            && may_be(self.account.as_ref(), |glob| glob_matches(glob, call.account))
            && may_be(self.key.as_ref(), |glob| {
                subject.key.is_some_and(|key| key.is_called(glob))
            })
            && may_be(self.bucket.as_ref(), |glob| {
                subject.bucket.is_some_and(|name| glob_matches(glob, name))
            })
    }
}
