//! The two protocols of CloudWatch that current clients speak: RPC v2 with CBOR (the AWS SDK for Rust) and JSON 1.0
//! (boto3 and the AWS CLI). The operations know neither.

use super::cbor;
use super::value::Value;
use crate::sandbox::request::{Request, Response};
use crate::sandbox::service::Refusal;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    Cbor,
    Json,
}

/// Where the shape of an error and its code of the query protocol are not called alike: (shape, code).
const OTHER_QUERY_CODES: [(&str, &str); 7] = [
    ("InternalServiceFault", "InternalServiceError"),
    ("InvalidFormatFault", "InvalidFormat"),
    ("InvalidParameterCombinationException", "InvalidParameterCombination"),
    ("InvalidParameterValueException", "InvalidParameterValue"),
    ("LimitExceededFault", "LimitExceeded"),
    ("MissingRequiredParameterException", "MissingParameter"),
    ("ValidationException", "ValidationError"),
];

impl Protocol {
    /// JSON names its operation in a header, RPC v2 in the path.
    pub fn of(request: &Request<'_>) -> Protocol {
        match request.target {
            Some(_) => Protocol::Json,
            None => Protocol::Cbor,
        }
    }

    /// The operation that a request names; empty when it names none of this service.
    pub fn operation<'a>(self, request: &Request<'a>) -> &'a str {
        let named = match self {
            Protocol::Json => request
                .target
                .and_then(|target| target.strip_prefix("GraniteServiceVersion20100801.")),
            Protocol::Cbor => request
                .path
                .strip_prefix("/service/GraniteServiceVersion20100801/operation/"),
        };
        named.unwrap_or_default()
    }

    /// The input in a request's body; an empty body is an empty structure.
    pub fn read(self, body: &[u8]) -> Result<Value<'_>, Refusal> {
        if body.is_empty() {
            return Ok(Value::map([]));
        }
        let (read, name) = match self {
            Protocol::Json => {
                let json = serde_json::from_slice::<serde_json::Value>(body);
                (json.ok().map(Value::from), "JSON")
            }
            Protocol::Cbor => (cbor::read(body), "CBOR"),
        };
        read.filter(|input| matches!(input, Value::Map(_))).ok_or_else(|| {
            Refusal::new(
                "SerializationException",
                format!("the body is not a structure in {name}"),
            )
        })
    }

    pub fn answer(self, output: &Value<'_>) -> Response {
        match self {
            Protocol::Json => {
                // Names are text and writing to memory cannot fail, so there always is a body.
                let body = serde_json::to_vec(output).unwrap_or_default();
                Response::ok("application/x-amz-json-1.0", body)
            }
            Protocol::Cbor => {
                let mut response = Response::ok("application/cbor", cbor::write(output));
                response.headers.push(("smithy-protocol", "rpc-v2-cbor".to_owned()));
                response
            }
        }
    }

    /// A refusal: the body names the shape of the error. CloudWatch was a query service, and its clients take the
    /// code of that time from a header.
    pub fn refuse(self, refusal: &Refusal) -> Response {
        let given = refusal.code.as_ref();
        let renamed = OTHER_QUERY_CODES
            .into_iter()
            .find(|(shape, code)| given == *shape || given == *code);
        let (shape, code) = renamed.unwrap_or((given, given));
        let error = Value::map([
            ("__type", format!("com.amazonaws.cloudwatch#{shape}").into()),
            ("message", refusal.message.as_str().into()),
        ]);
        let fault = if refusal.status < 500 { "Sender" } else { "Receiver" };
        let mut response = self.answer(&error);
        response.status = refusal.status;
        response.headers.push(("x-amzn-query-error", format!("{code};{fault}")));
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: Request<'_> = Request {
        method: "POST",
        host: "",
        path: "/",
        query: "",
        authorization: None,
        token: None,
        date: None,
        target: Some("GraniteServiceVersion20100801.ListMetrics"),
        body: b"",
    };

    #[test]
    fn the_operation_stands_in_the_target_or_in_the_path() {
        let cbor = Request {
            path: "/service/GraniteServiceVersion20100801/operation/ListMetrics",
            target: None,
            ..JSON
        };
        for (request, protocol) in [(JSON, Protocol::Json), (cbor, Protocol::Cbor)] {
            assert_eq!(Protocol::of(&request), protocol);
            assert_eq!(protocol.operation(&request), "ListMetrics");
        }
        let other = Request {
            target: Some("TrentService.ListKeys"),
            ..JSON
        };
        assert_eq!(Protocol::Json.operation(&other), "");
    }

    #[test]
    fn json_has_its_timestamps_as_numbers_and_leaves_out_what_is_null() {
        let output = Value::map([
            ("Label", "a \"b\"".into()),
            ("Timestamps", Value::Times(vec![60.0, 0.25])),
            ("Values", Value::Numbers(vec![60.0])),
            ("At", Value::Time(60.5)),
            ("Period", Value::Integer(300)),
            ("NextToken", None::<String>.into()),
        ]);
        let response = Protocol::Json.answer(&output);
        assert_eq!(response.content_type, "application/x-amz-json-1.0");
        assert!(response.headers.is_empty());
        let expected = r#"{"Label":"a \"b\"","Timestamps":[60,0.25],"Values":[60.0],"At":60.5,"Period":300}"#;
        assert_eq!(String::from_utf8(response.body).unwrap(), expected);
    }

    #[test]
    fn the_same_input_is_read_from_both_protocols() {
        let json =
            br#"{"MaxDatapoints":5,"StartTime":1.5,"ScanBy":null,"Queries":[{"Id":"a","ReturnData":false}]}"#;
        let json = Protocol::Json.read(json).unwrap();
        let cbor = cbor::write(&json);
        let cbor = Protocol::Cbor.read(&cbor).unwrap();
        for input in [json, cbor] {
            assert_eq!(input.number("MaxDatapoints"), Some(5.0));
            assert_eq!(input.number("StartTime"), Some(1.5));
            assert_eq!(input.get("ScanBy"), None);
            assert_eq!(input.list("Queries")[0].text("Id"), Some("a"));
            assert_eq!(input.list("Queries")[0].get("ReturnData"), Some(&Value::Bool(false)));
        }
    }

    #[test]
    fn a_body_that_is_no_structure_is_refused() {
        for protocol in [Protocol::Json, Protocol::Cbor] {
            assert_eq!(protocol.read(b"").unwrap(), Value::map([]));
            for body in [&b"<html>"[..], b"[]", b"\x80"] {
                assert_eq!(protocol.read(body).unwrap_err().code, "SerializationException");
            }
        }
    }

    #[test]
    fn an_error_has_its_shape_in_the_body_and_its_query_code_in_a_header() {
        let cases = [
            ("ValidationError", "ValidationException", "ValidationError;Sender", 400),
            (
                "InternalServiceFault",
                "InternalServiceFault",
                "InternalServiceError;Receiver",
                500,
            ),
            ("AccessDenied", "AccessDenied", "AccessDenied;Sender", 403),
        ];
        for (code, shape, header, status) in cases {
            let refusal = Refusal::new(code, "no").with_status(status);
            for protocol in [Protocol::Json, Protocol::Cbor] {
                let response = protocol.refuse(&refusal);
                assert_eq!(response.status, status);
                assert!(response.headers.contains(&("x-amzn-query-error", header.to_owned())));
                let body = protocol.read(&response.body).unwrap();
                assert_eq!(body.text("__type"), Some(&*format!("com.amazonaws.cloudwatch#{shape}")));
                assert_eq!(body.text("message"), Some("no"));
            }
        }
    }
}
