//! How each service says no: the shape of a refusal in its protocol.

use super::cloudwatch::Protocol;
use crate::sandbox::request::{Request, Response};
use crate::sandbox::service::{
    AWS_JSON, QUERY_XML, REST_JSON, REST_XML, Refusal, Service, XML_DECLARATION, extended_request_id, push_element,
};

/// A refusal in the shape of a service's protocol; where it has two, of the one that the request came in.
pub fn response(service: Service, refusal: &Refusal, request: &Request<'_>, request_id: &str) -> Response {
    let Refusal {
        status, code, message, ..
    } = refusal;
    let mut headers = Vec::new();
    let (content_type, body) = match service {
        Service::Kms
        | Service::Quotas
        | Service::Organizations
        | Service::Logs
        | Service::CloudTrail
        | Service::Config
        | Service::Tagging => {
            // As the error shapes of the models spell it, and CloudTrail itself.
            let member = match service {
                Service::Kms | Service::Logs | Service::Config => "message",
                _ => "Message",
            };
            let body = serde_json::json!({ "__type": code, member: message });
            (AWS_JSON, body.to_string().into_bytes())
        }
        Service::Account => {
            headers.push(("x-amzn-errortype", code.to_string()));
            let body = serde_json::json!({ "message": message });
            (REST_JSON, body.to_string().into_bytes())
        }
        Service::CloudWatch => return Protocol::of(request).refuse(refusal),
        Service::S3 => (REST_XML, s3_error(refusal, request_id).into_bytes()),
        Service::Sts => (QUERY_XML, sts_error(refusal, request_id).into_bytes()),
    };
    Response {
        status: *status,
        headers,
        content_type,
        body,
    }
}

fn s3_error(refusal: &Refusal, request_id: &str) -> String {
    let mut xml = String::from(XML_DECLARATION);
    xml.push_str("<Error>");
    push_element(&mut xml, "Code", &refusal.code);
    push_element(&mut xml, "Message", &refusal.message);
    for (name, text) in &refusal.details {
        push_element(&mut xml, name, text);
    }
    push_element(&mut xml, "RequestId", request_id);
    push_element(&mut xml, "HostId", &extended_request_id(request_id));
    xml.push_str("</Error>");
    xml
}

fn sts_error(refusal: &Refusal, request_id: &str) -> String {
    let fault = if refusal.status < 500 { "Sender" } else { "Receiver" };
    let mut xml = String::from("<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error>");
    push_element(&mut xml, "Type", fault);
    push_element(&mut xml, "Code", &refusal.code);
    push_element(&mut xml, "Message", &refusal.message);
    xml.push_str("</Error>");
    push_element(&mut xml, "RequestId", request_id);
    xml.push_str("</ErrorResponse>");
    xml
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_protocol_has_its_own_shape_of_an_error() {
        let refusal = Refusal::new("AccessDenied", "no <way>").with_status(403);
        let body = |service: Service| {
            let response = response(service, &refusal, &Request::default(), "id-1");
            String::from_utf8_lossy(&response.body).into_owned()
        };
        assert!(body(Service::Kms).contains("\"__type\":\"AccessDenied\""));
        assert!(body(Service::S3).contains("<Message>no &lt;way&gt;</Message>"));
        assert!(body(Service::Sts).contains("<Type>Sender</Type><Code>AccessDenied</Code>"));
        assert!(body(Service::CloudWatch).contains("__type"));
        let account = response(Service::Account, &refusal, &Request::default(), "id-1");
        assert_eq!(account.headers, [("x-amzn-errortype", "AccessDenied".to_owned())]);
    }
}
