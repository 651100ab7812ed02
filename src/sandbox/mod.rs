//! An AWS in this process: it answers the SDK's HTTP requests from an estate file.
//!
//! A scan of it is a whole scan, serialization, signing, retries and paging included, without
//! credentials or a network. The room ([`Room::answer`]) knows nothing of the door a request came
//! through; [`Sandbox::http_client`] is the door for the SDK.
//!
//! Requests are trusted: signatures are not checked. What decides is the credential scope, which
//! says for which Region and service a request was signed.

mod account;
mod catalogue;
mod cloudtrail;
mod cloudwatch;
mod connector;
mod curve;
mod description;
mod estate;
mod faults;
mod identity;
mod json;
mod keys;
mod kms;
mod logs;
mod metrics;
mod organizations;
mod paging;
mod pattern;
mod refusals;
mod request;
mod s3;
mod scale;
mod serve;
mod served;
mod service;
mod service_quotas;
mod sts;

#[cfg(test)]
mod shipped_tests;
#[cfg(test)]
mod testing;

pub use description::Description;
pub use estate::{EstateError, estate_schema};
pub use scale::{Scale, ScaleError};
pub use serve::Server;
pub use served::{Served, ServedError};

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use estate::Estate;
use faults::Subject;
use identity::Identity;
use jiff::Timestamp;
use paging::PagingFault;
use request::{Answer, Reply, Request, Response};
use service::{Refusal, Service};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// An AWS account that exists only here, with its Regions, keys, quotas, usage and buckets.
///
/// Clones share the account, and with it the faults that have already struck.
#[derive(Clone, Debug)]
pub struct Sandbox {
    name: Arc<str>,
    room: Arc<Room>,
}

impl Sandbox {
    /// The multi-tenant SaaS that `scan --sandbox` shows: `fixtures/estates/saas-tenants.toml`.
    ///
    /// # Errors
    ///
    /// None, as long as the file in the program is valid, which its tests see to.
    pub fn built_in() -> Result<Sandbox, EstateError> {
        Sandbox::from_toml(
            "saas-tenants.toml",
            include_str!("../../fixtures/estates/saas-tenants.toml"),
        )
    }

    /// The estate in a file.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or is no valid estate.
    pub fn from_file(path: &Path) -> Result<Sandbox, EstateError> {
        let text = std::fs::read_to_string(path).map_err(|source| EstateError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        Sandbox::from_toml(&path.display().to_string(), &text)
    }

    /// The estate that `text` describes; `name` stands for the file in error messages.
    ///
    /// # Errors
    ///
    /// The text is no valid estate.
    pub fn from_toml(name: &str, text: &str) -> Result<Sandbox, EstateError> {
        Ok(Sandbox {
            name: name.into(),
            room: Arc::new(Room {
                estate: Estate::read(name, text)?,
                requests: AtomicU64::new(0),
            }),
        })
    }

    /// The name of the estate, or of its file.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The instant that it always is in this account.
    pub fn as_of(&self) -> jiff::Timestamp {
        self.room.estate.as_of
    }

    /// The first enabled Region: the one to point a client at.
    pub fn home_region(&self) -> &str {
        self.room.estate.home()
    }

    /// An HTTP client for the AWS SDK that answers from this account and opens no connection.
    ///
    /// Any credentials will do, and any endpoint.
    pub fn http_client(&self) -> SharedHttpClient {
        SharedHttpClient::new(connector::Door(Arc::clone(&self.room)))
    }
}

/// Where requests are answered, whatever door they came through.
#[derive(Debug)]
struct Room {
    estate: Estate,
    /// How many requests there were: the seed of the next request id.
    requests: AtomicU64,
}

/// A request that has found its service and Region.
#[derive(Debug)]
struct Call<'a> {
    service: Service,
    region: &'a str,
    request: &'a Request<'a>,
    estate: &'a Estate,
    identity: Identity<'a>,
    /// How many requests there were before this one.
    serial: u64,
    request_id: String,
}

impl Room {
    /// The answer to one request.
    fn answer(&self, request: &Request<'_>) -> Reply {
        let Some(scope) = request.scope() else {
            let refusal = Refusal::new("MissingAuthenticationTokenException", "Missing Authentication Token");
            return refusals::response(Service::Kms, &refusal.with_status(403), request, "").into();
        };
        let Some(service) = Service::from_signing_name(scope.service) else {
            let what = format!("this AWS has no service `{}`", scope.service);
            let refusal = Refusal::new("UnknownOperationException", what).with_status(404);
            return refusals::response(Service::Kms, &refusal, request, "").into();
        };
        let Some(identity) = Identity::of(&self.estate, request.token) else {
            return refusals::response(service, &service.unknown_token(), request, "").into();
        };
        let serial = self.requests.fetch_add(1, Ordering::Relaxed);
        let call = Call {
            service,
            region: scope.region,
            request,
            estate: &self.estate,
            identity,
            serial,
            request_id: request_id(service, serial),
        };
        let mut reply = call.dispatch();
        if let Answer::Response(response) | Answer::Truncated(response) | Answer::Stalled(response) =
            &mut reply.answer
        {
            call.sign(response);
        }
        reply
    }
}

fn request_id(service: Service, serial: u64) -> String {
    match service {
        Service::S3 => format!("{serial:016X}"),
        _ => format!("00000000-0000-4000-8000-{serial:012x}"),
    }
}

impl Call<'_> {
    fn dispatch(&self) -> Reply {
        let session = self.identity.session.as_ref();
        if session.is_some_and(|session| session.has_expired(Timestamp::now())) {
            return self.refuse(&self.service.expired_token()).into();
        }
        let region = self.identity.account.region(self.region);
        match (self.service, region) {
            // These are global, or leave it to the bucket.
            (Service::S3, _) => s3::answer(self),
            (Service::Account, _) => account::answer(self),
            (Service::Organizations, _) => organizations::answer(self),
            // The global endpoint signs for a Region that the estate may not have.
            (Service::Sts, None) => sts::answer(self),
            (service, None) => self.refuse(&service.unknown_token()).into(),
            (service, Some(region)) if !region.enabled => self.refuse(&service.unknown_token()).into(),
            (Service::Sts, Some(_)) => sts::answer(self),
            (Service::Kms, Some(region)) => kms::answer(self, region),
            (Service::Quotas, Some(region)) => service_quotas::answer(self, region),
            (Service::CloudWatch, Some(region)) => cloudwatch::answer(self, region),
            (Service::Logs, Some(region)) => logs::answer(self, region),
            (Service::CloudTrail, Some(_)) => cloudtrail::answer(self),
        }
    }

    /// The answer to this call, unless a fault of the estate strikes it.
    fn answer(
        &self,
        subject: &Subject<'_>,
        answer: impl FnOnce(Option<PagingFault>) -> Result<Response, Refusal>,
    ) -> Reply {
        self.estate.faults.around(self, subject, answer)
    }

    fn refuse(&self, refusal: &Refusal) -> Response {
        refusals::response(self.service, refusal, self.request, &self.request_id)
    }

    /// What every service puts on every response.
    fn sign(&self, response: &mut Response) {
        let id = &self.request_id;
        match self.service {
            Service::S3 => {
                let extended = service::extended_request_id(id);
                response.headers.push(("x-amz-request-id", id.clone()));
                response.headers.push(("x-amz-id-2", extended));
            }
            _ => response.headers.push(("x-amzn-requestid", id.clone())),
        }
    }
}
