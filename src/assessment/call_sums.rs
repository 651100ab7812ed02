//! The calls of many accounts, added up by operation.

use std::collections::BTreeMap;

use crate::facts::ApiCalls;

/// The calls of many accounts, by service and operation.
#[derive(Debug, Default)]
pub(super) struct CallSums(BTreeMap<(String, String), ApiCalls>);

impl CallSums {
    pub(super) fn add(&mut self, calls: impl IntoIterator<Item = ApiCalls>) {
        for calls in calls {
            let name = (calls.service.clone(), calls.operation.clone());
            match self.0.get_mut(&name) {
                Some(sum) => {
                    sum.calls += calls.calls;
                    sum.throttled += calls.throttled;
                    sum.retried += calls.retried;
                    sum.waited_ms += calls.waited_ms;
                }
                None => {
                    self.0.insert(name, calls);
                }
            }
        }
    }

    /// The sums, in the order of services and operations.
    pub(super) fn into_rows(self) -> Vec<ApiCalls> {
        self.0.into_values().collect()
    }
}
