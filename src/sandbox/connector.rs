//! The door for the SDK: an HTTP client that never opens a connection.

use super::Room;
use super::request::{Answer, Reply, Request};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// An HTTP client for the SDK that asks the room.
#[derive(Debug)]
pub(super) struct Door(pub Arc<Room>);

#[derive(Debug)]
struct Connector {
    room: Arc<Room>,
    read_timeout: Option<Duration>,
}

impl HttpClient for Door {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        _components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector {
            room: Arc::clone(&self.0),
            read_timeout: settings.read_timeout(),
        })
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Reply { delay, answer } = self.room.answer(&plain(&request));
        // The SDK reads a body to its end before it looks at it: one that stalls is one that never comes.
        let delay = match &answer {
            Answer::Stalled(_) => Duration::MAX,
            _ => delay,
        };
        if delay.is_zero() {
            return HttpConnectorFuture::ready(http_response(answer));
        }
        let read_timeout = self.read_timeout.filter(|timeout| *timeout < delay);
        HttpConnectorFuture::new(async move {
            tokio::time::sleep(read_timeout.unwrap_or(delay)).await;
            match read_timeout {
                None => http_response(answer),
                Some(timeout) => Err(ConnectorError::timeout(
                    format!("no answer within the read timeout of {timeout:?}").into(),
                )),
            }
        })
    }
}

fn plain(request: &HttpRequest) -> Request<'_> {
    let headers = request.headers();
    let uri = request.uri();
    let address = uri.split_once("://").map_or(uri, |(_, address)| address);
    let (address, query) = address.split_once('?').unwrap_or((address, ""));
    let (host, path) = match address.find('/') {
        Some(slash) => address.split_at(slash),
        None => (address, "/"),
    };
    Request {
        method: request.method(),
        host,
        path,
        query,
        authorization: headers.get("authorization"),
        token: headers.get("x-amz-security-token"),
        date: headers.get("x-amz-date"),
        target: headers.get("x-amz-target"),
        body: request.body().bytes().unwrap_or_default(),
    }
}

fn http_response(answer: Answer) -> Result<HttpResponse, ConnectorError> {
    let response = match answer {
        Answer::Response(response) => response,
        // The SDK reads a body to its end before it looks at it. So a body that breaks off and a
        // connection that breaks are the same to it: an I/O error that may be tried again.
        Answer::Truncated(_) | Answer::Stalled(_) => {
            return Err(broken(
                io::ErrorKind::UnexpectedEof,
                "connection closed before message completed",
            ));
        }
        Answer::Reset => {
            return Err(broken(io::ErrorKind::ConnectionReset, "connection reset by peer"));
        }
    };
    let status = response.status.try_into();
    let status = status.map_err(|error| ConnectorError::other(Box::new(error), None))?;
    let mut http_response = HttpResponse::new(status, SdkBody::from(response.body));
    let headers = http_response.headers_mut();
    headers.insert("content-type", response.content_type);
    for (name, value) in response.headers {
        headers
            .try_insert(name, value)
            .map_err(|error| ConnectorError::other(Box::new(error), None))?;
    }
    Ok(http_response)
}

fn broken(kind: io::ErrorKind, what: &str) -> ConnectorError {
    ConnectorError::io(io::Error::new(kind, what).into())
}
