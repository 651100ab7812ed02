//! ListBuckets.

use crate::sandbox::call::Call;
use crate::sandbox::keys::id::KeyIds;
use crate::sandbox::paging::{PagingFault, page};
use crate::sandbox::request::Response;
use crate::sandbox::service::{REST_XML, Refusal, XML_DECLARATION, page_size, push_element};

pub(super) fn list_buckets(
    call: &Call<'_>,
    token: Option<&str>,
    fault: Option<PagingFault>,
) -> Result<Response, Refusal> {
    let request = call.request;
    let size = match request.query_value("max-buckets") {
        None => 10_000,
        Some(text) => page_size(text.parse().ok().or(Some(0)), "max-buckets", 10_000, 10_000)
            .map_err(|_| Refusal::new("InvalidArgument", "max-buckets is a number from 1 to 10000"))?,
    };
    let prefix = request.query_value("prefix");
    let region = request.query_value("bucket-region");
    if region.as_deref().is_some_and(|region| region != call.region) {
        return Err(Refusal::new(
            "InvalidArgument",
            "Argument value bucket-region must match the Region of the endpoint",
        ));
    }
    // S3 only says where a bucket is when the request has one of its parameters.
    let says_region =
        token.is_some() || prefix.is_some() || region.is_some() || request.query_value("max-buckets").is_some();
    let account = &call.identity.account;
    let mut buckets = account.set.buckets.of(account);
    buckets.retain(|(name, bucket)| {
        prefix.as_deref().is_none_or(|prefix| name.starts_with(prefix))
            && region.as_deref().is_none_or(|region| bucket.region == region)
    });
    let page = page("ListBuckets", buckets.len(), size, token, fault)
        .ok_or_else(|| Refusal::new("InvalidArgument", "The continuation token provided is incorrect"))?;
    let mut xml = String::from(XML_DECLARATION);
    xml.push_str("<ListAllMyBucketsResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Owner>");
    push_element(&mut xml, "ID", &owner_id(&account.id));
    xml.push_str("</Owner><Buckets>");
    for (name, bucket) in &buckets[page.range] {
        xml.push_str("<Bucket>");
        push_element(&mut xml, "Name", name);
        let created = bucket.created.strftime("%Y-%m-%dT%H:%M:%S.000Z");
        push_element(&mut xml, "CreationDate", &created.to_string());
        if says_region {
            push_element(&mut xml, "BucketRegion", &bucket.region);
        }
        xml.push_str("</Bucket>");
    }
    xml.push_str("</Buckets>");
    if let Some(next) = &page.next {
        push_element(&mut xml, "ContinuationToken", next);
    }
    if let Some(prefix) = &prefix {
        push_element(&mut xml, "Prefix", prefix);
    }
    xml.push_str("</ListAllMyBucketsResult>");
    Ok(Response::ok(REST_XML, xml))
}

/// The canonical user id of an account: 64 hexadecimal digits.
fn owner_id(account: &str) -> String {
    KeyIds::new(account).material(0)
}
