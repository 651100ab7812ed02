//! The calls of many accounts or processes, brought together by operation.

use std::collections::BTreeMap;

use super::ApiCalls;

/// Calls by service and operation.
#[derive(Debug, Default)]
pub struct CallSums(BTreeMap<(String, String), ApiCalls>);

impl CallSums {
    /// Adds calls to those that are there.
    pub fn add(&mut self, calls: impl IntoIterator<Item = ApiCalls>) {
        for calls in calls {
            self.combine(calls, |a, b| a + b);
        }
    }

    /// Brings each number of calls of an operation together with the one that is there, if one is.
    pub fn combine(&mut self, calls: ApiCalls, bring_together: impl Fn(u64, u64) -> u64) {
        let name = (calls.service.clone(), calls.operation.clone());
        match self.0.get_mut(&name) {
            Some(sum) => {
                sum.calls = bring_together(sum.calls, calls.calls);
                sum.throttled = bring_together(sum.throttled, calls.throttled);
                sum.retried = bring_together(sum.retried, calls.retried);
                sum.waited_ms = bring_together(sum.waited_ms, calls.waited_ms);
            }
            None => {
                self.0.insert(name, calls);
            }
        }
    }

    /// What they came to, in the order of services and operations.
    pub fn into_rows(self) -> Vec<ApiCalls> {
        self.0.into_values().collect()
    }
}
