//! The room in which requests are answered, whatever door they came through.

use super::call::Call;
use super::estate::{Estate, EstateError};
use super::identity::Identity;
use super::request::{Answer, Reply, Request, Response};
use super::service::{self, Refusal, Service};
use super::wire::refusals;
use super::{account, cloudtrail, cloudwatch, config, kms, logs, organizations, s3, service_quotas, sts, tagging};
use crate::bounded_files;
use jiff::Timestamp;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The largest estate file that is read. Alike accounts, keys and buckets are one section, so that estates are short.
const LARGEST_ESTATE: u64 = 16 << 20;

/// An AWS account that exists only here, with its Regions, keys, quotas, usage and buckets.
///
/// Clones share the account, and with it the faults that have already struck.
#[derive(Clone, Debug)]
pub struct Sandbox {
    name: Arc<str>,
    pub(super) room: Arc<Room>,
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
        let text = bounded_files::read_text(path, LARGEST_ESTATE).map_err(|source| EstateError::Unreadable {
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
}

/// Where requests are answered, whatever door they came through.
#[derive(Debug)]
pub(super) struct Room {
    pub estate: Estate,
    /// How many requests there were: the seed of the next request id.
    requests: AtomicU64,
}

impl Room {
    /// The answer to one request.
    pub fn answer(&self, request: &Request<'_>) -> Reply {
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
        let mut reply = dispatch(&call);
        if let Answer::Response(response) | Answer::Truncated(response) | Answer::Stalled(response) =
            &mut reply.answer
        {
            sign(&call, response);
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

fn dispatch(call: &Call<'_>) -> Reply {
    let session = call.identity.session.as_ref();
    if session.is_some_and(|session| session.has_expired(Timestamp::now())) {
        return call.refuse(&call.service.expired_token()).into();
    }
    let region = call.identity.account.region(call.region);
    match (call.service, region) {
        // These are global, or leave it to the bucket.
        (Service::S3, _) => s3::answer(call),
        (Service::Account, _) => account::answer(call),
        (Service::Organizations, _) => organizations::answer(call),
        // The global endpoint signs for a Region that the estate may not have.
        (Service::Sts, None) => sts::answer(call),
        (service, None) => call.refuse(&service.unknown_token()).into(),
        (service, Some(region)) if !region.enabled => call.refuse(&service.unknown_token()).into(),
        (Service::Sts, Some(_)) => sts::answer(call),
        (Service::Kms, Some(region)) => kms::answer(call, region),
        (Service::Quotas, Some(region)) => service_quotas::answer(call, region),
        (Service::CloudWatch, Some(region)) => cloudwatch::answer(call, region),
        (Service::Logs, Some(region)) => logs::answer(call, region),
        (Service::CloudTrail, Some(_)) => cloudtrail::answer(call),
        (Service::Config, Some(_)) => config::answer(call),
        (Service::Tagging, Some(region)) => tagging::answer(call, region),
    }
}

/// What every service puts on every response.
fn sign(call: &Call<'_>, response: &mut Response) {
    let id = &call.request_id;
    match call.service {
        Service::S3 => {
            let extended = service::extended_request_id(id);
            response.headers.push(("x-amz-request-id", id.clone()));
            response.headers.push(("x-amz-id-2", extended));
        }
        _ => response.headers.push(("x-amzn-requestid", id.clone())),
    }
}
