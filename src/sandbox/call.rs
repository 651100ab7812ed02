//! A request that has found its service, its Region and its account.

use super::estate::Estate;
use super::faults::{Asked, Subject};
use super::identity::Identity;
use super::paging::PagingFault;
use super::request::{Reply, Request, Response};
use super::service::{Refusal, Service};
use super::wire::refusals;

/// A request that has found its service and Region.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub service: Service,
    pub region: &'a str,
    pub request: &'a Request<'a>,
    pub estate: &'a Estate,
    pub identity: Identity<'a>,
    /// How many requests there were before this one.
    pub serial: u64,
    pub request_id: String,
}

impl Call<'_> {
    /// The answer to this call, unless a fault of the estate strikes it.
    pub fn answer(
        &self,
        subject: &Subject<'_>,
        answer: impl FnOnce(Option<PagingFault>) -> Result<Response, Refusal>,
    ) -> Reply {
        let asked = Asked {
            service: self.service,
            region: self.region,
            partition: &self.estate.partition,
            account: &self.identity.account.id,
            caller_arn: &self.identity.arn,
            session: self.identity.session.as_ref(),
            organization: self.estate.organization.as_ref(),
            request: self.request,
            request_id: &self.request_id,
        };
        self.estate.faults.around(&asked, subject, answer)
    }

    /// A refusal in the shape of the service's protocol.
    pub fn refuse(&self, refusal: &Refusal) -> Response {
        refusals::response(self.service, refusal, self.request, &self.request_id)
    }
}
