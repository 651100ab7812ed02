//! Which findings the configured exceptions cover.

use super::Subject;
use super::finding::Resource;
use crate::config::Exception;

/// How many findings each exception of the configuration covered so far, in the order of the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExceptionUse(Vec<u64>);

impl ExceptionUse {
    /// The exception that covers a finding, if one does and still holds; counts it. An expired one is counted too: it
    /// is of use to say that something still needs it.
    pub(super) fn covering<'a>(
        &mut self,
        check: &str,
        resource: &Resource,
        subject: &Subject<'a>,
    ) -> Option<&'a Exception> {
        let exceptions = &subject.config.exceptions;
        self.0.resize(exceptions.len(), 0);
        let account = subject.account.account_id.as_str();
        let mut covering = None;
        for (exception, used) in exceptions.iter().zip(&mut self.0) {
            if exception.check == check && exception.covers(account, resource.arn.as_str(), &resource.name) {
                *used += 1;
                if exception.holds_at(subject.as_of) {
                    covering = covering.or(Some(exception));
                }
            }
        }
        covering
    }

    /// Adds what was counted in another account.
    pub fn add(&mut self, other: &ExceptionUse) {
        self.0.resize(self.0.len().max(other.0.len()), 0);
        for (sum, used) in self.0.iter_mut().zip(&other.0) {
            *sum += used;
        }
    }

    /// How many findings the exception at this position of the configuration covered.
    pub fn of(&self, position: usize) -> u64 {
        self.0.get(position).copied().unwrap_or(0)
    }
}
