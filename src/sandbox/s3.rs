//! Amazon S3: REST and XML, with the bucket in the host name or in the path.

mod bucket;
mod list_buckets;

use super::call::Call;
use super::estate::Bucket;
use super::faults::Subject;
use super::paging::PagingFault;
use super::request::{Reply, Request, Response};
use super::service::{Refusal, Service};
use list_buckets::list_buckets;
use percent_encoding::percent_decode_str;
use std::borrow::Cow;

/// The operations on a bucket that are a GET of one of its subresources.
const SUBRESOURCES: [(&str, &str); 3] = [
    ("encryption", "GetBucketEncryption"),
    ("metrics", "ListBucketMetricsConfigurations"),
    ("tagging", "GetBucketTagging"),
];

pub(super) fn answer(call: &Call<'_>) -> Reply {
    let request = call.request;
    let bucket = bucket_name(request);
    let operation = operation(request, bucket.as_deref());
    let token = request.query_value("continuation-token");
    let subject = Subject {
        operation,
        bucket: bucket.as_deref(),
        token: token.as_deref(),
        ..Subject::default()
    };
    call.answer(&subject, |fault| match (operation, bucket.as_deref()) {
        ("", _) => Err(Service::S3.unknown_operation(request.method)),
        (_, None) => list_buckets(call, token.as_deref(), fault),
        (operation, Some(name)) => of_bucket(call, operation, name, token.as_deref(), fault),
    })
}

/// Empty for what this S3 does not answer.
fn operation(request: &Request<'_>, bucket: Option<&str>) -> &'static str {
    // With an id, it is one configuration that is asked for, and with a key an object.
    if request.method != "GET" || request.query_value("id").is_some() || names_object(request) {
        return "";
    }
    if bucket.is_none() {
        return "ListBuckets";
    }
    let mut subresources = SUBRESOURCES.into_iter();
    let asked = subresources.find(|(name, _)| request.query_value(name).is_some());
    asked.map_or("", |(_, operation)| operation)
}

/// Whether the path goes on after the bucket.
fn names_object(request: &Request<'_>) -> bool {
    let parts = request.path.split('/').skip(1);
    let of_bucket = usize::from(host_bucket(request).is_none());
    parts.skip(of_bucket).any(|part| !part.is_empty())
}

/// The bucket in the host name: the part before `.s3`.
fn host_bucket<'a>(request: &Request<'a>) -> Option<&'a str> {
    let host = request.host;
    let mark = [".s3.", ".s3-"].into_iter().filter_map(|mark| host.rfind(mark)).max();
    mark.map(|end| &host[..end])
}

/// The bucket that a request is for: the part of the host before `.s3`, or the first of the path.
fn bucket_name<'a>(request: &Request<'a>) -> Option<Cow<'a, str>> {
    if let Some(bucket) = host_bucket(request) {
        return Some(Cow::Borrowed(bucket));
    }
    let first = request.path.split('/').nth(1).unwrap_or_default();
    (!first.is_empty()).then(|| percent_decode_str(first).decode_utf8_lossy())
}

fn of_bucket(
    call: &Call<'_>,
    operation: &str,
    name: &str,
    token: Option<&str>,
    fault: Option<PagingFault>,
) -> Result<Response, Refusal> {
    let account = &call.identity.account;
    let own = account.set.buckets.named(name, account);
    let others = || call.estate.bucket(name).map(|(_, bucket)| bucket);
    let Some(bucket) = own.or_else(others) else {
        let refusal = Refusal::new("NoSuchBucket", "The specified bucket does not exist");
        return Err(refusal.with_status(404));
    };
    // S3 says where a bucket is before it asks who wants to know.
    if bucket.region != call.region {
        return Ok(redirect(call, bucket));
    }
    if own.is_none() {
        return Err(no_bucket_policy(call, operation, name));
    }
    match operation {
        "GetBucketEncryption" => bucket::encryption(call, bucket),
        "GetBucketTagging" => bucket::tagging(bucket),
        _ => bucket::metrics_configurations(name, bucket, token, fault),
    }
}

/// Another account's bucket: its policy would have to let this account in.
fn no_bucket_policy(call: &Call<'_>, operation: &str, name: &str) -> Refusal {
    let (caller, partition) = (&call.identity.arn, &call.estate.partition);
    let action = Service::S3.action(operation);
    let message = format!(
        "User: {caller} is not authorized to perform: {action} on resource: \"arn:{partition}:s3:::{name}\" because no \
         resource-based policy allows the {action} action"
    );
    Refusal::new("AccessDenied", message).with_status(403)
}

/// What S3 answers to a request for a bucket of another Region.
fn redirect(call: &Call<'_>, bucket: &Bucket) -> Response {
    let mut response = call.refuse(
        &Refusal::new(
            "PermanentRedirect",
            "The bucket you are attempting to access must be addressed using the specified \
             endpoint. Please send all future requests to this endpoint.",
        )
        .with_status(301),
    );
    let region = bucket.region.clone();
    response.headers.push(("x-amz-bucket-region", region));
    response
}

#[cfg(test)]
mod tests;
