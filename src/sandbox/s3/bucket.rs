//! The operations on one bucket.

use crate::sandbox::call::Call;
use crate::sandbox::estate::Bucket;
use crate::sandbox::paging::{PagingFault, page};
use crate::sandbox::request::Response;
use crate::sandbox::service::{REST_XML, Refusal, XML_DECLARATION, push_element};

const CONFIGURATIONS_ON_A_PAGE: usize = 100;

/// GetBucketEncryption.
pub(super) fn encryption(call: &Call<'_>, bucket: &Bucket) -> Result<Response, Refusal> {
    let Some(encryption) = &bucket.encryption else {
        let refusal = Refusal::new(
            "ServerSideEncryptionConfigurationNotFoundError",
            "The server side encryption configuration was not found",
        );
        return Err(refusal.with_status(404));
    };
    let mut xml = String::from(XML_DECLARATION);
    xml.push_str(
        "<ServerSideEncryptionConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
         <Rule><ApplyServerSideEncryptionByDefault>",
    );
    push_element(&mut xml, "SSEAlgorithm", encryption.algorithm);
    if let Some(key) = bucket.kms_key(&call.identity.account, call.estate) {
        push_element(&mut xml, "KMSMasterKeyID", &key);
    }
    xml.push_str("</ApplyServerSideEncryptionByDefault>");
    push_element(&mut xml, "BucketKeyEnabled", &encryption.bucket_key.to_string());
    if let Some(blocks) = encryption.blocks_sse_c {
        xml.push_str("<BlockedEncryptionTypes>");
        push_element(&mut xml, "EncryptionType", if blocks { "SSE-C" } else { "NONE" });
        xml.push_str("</BlockedEncryptionTypes>");
    }
    xml.push_str("</Rule></ServerSideEncryptionConfiguration>");
    Ok(Response::ok(REST_XML, xml))
}

/// GetBucketTagging.
pub(super) fn tagging(bucket: &Bucket) -> Result<Response, Refusal> {
    if bucket.tags.is_empty() {
        return Err(Refusal::new("NoSuchTagSet", "The TagSet does not exist").with_status(404));
    }
    let mut xml = String::from(XML_DECLARATION);
    xml.push_str("<Tagging xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><TagSet>");
    for (key, value) in &bucket.tags {
        xml.push_str("<Tag>");
        push_element(&mut xml, "Key", key);
        push_element(&mut xml, "Value", value);
        xml.push_str("</Tag>");
    }
    xml.push_str("</TagSet></Tagging>");
    Ok(Response::ok(REST_XML, xml))
}

/// ListBucketMetricsConfigurations.
pub(super) fn metrics_configurations(
    name: &str,
    bucket: &Bucket,
    token: Option<&str>,
    fault: Option<PagingFault>,
) -> Result<Response, Refusal> {
    let configurations = &bucket.request_metrics;
    let list = format!("ListBucketMetricsConfigurations/{name}");
    let page = page(&list, configurations.len(), CONFIGURATIONS_ON_A_PAGE, token, fault)
        .ok_or_else(|| Refusal::new("InvalidArgument", "The continuation token provided is incorrect"))?;
    let mut xml = String::from(XML_DECLARATION);
    xml.push_str("<ListMetricsConfigurationsResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
    for configuration in &configurations[page.range] {
        xml.push_str("<MetricsConfiguration>");
        push_element(&mut xml, "Id", &configuration.filter);
        if let Some(prefix) = &configuration.prefix {
            xml.push_str("<Filter>");
            push_element(&mut xml, "Prefix", prefix);
            xml.push_str("</Filter>");
        }
        xml.push_str("</MetricsConfiguration>");
    }
    push_element(&mut xml, "IsTruncated", &page.truncated.to_string());
    if let Some(token) = token {
        push_element(&mut xml, "ContinuationToken", token);
    }
    if let Some(next) = &page.next {
        push_element(&mut xml, "NextContinuationToken", next);
    }
    xml.push_str("</ListMetricsConfigurationsResult>");
    Ok(Response::ok(REST_XML, xml))
}
