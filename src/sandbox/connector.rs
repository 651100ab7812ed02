//! The door for the SDK: an HTTP client that never opens a connection.

use super::request::{Answer, Reply, Request, Response};
use super::room::{Room, Sandbox};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::ErrorKind;
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use http_body_util::StreamBody;
use hyper::body::Frame;
use std::io;
use std::sync::Arc;
use std::time::Duration;

impl Sandbox {
    /// An HTTP client for the AWS SDK that answers from this account and opens no connection.
    ///
    /// Any credentials will do, and any endpoint.
    pub fn http_client(&self) -> SharedHttpClient {
        SharedHttpClient::new(Door(Arc::clone(&self.room)))
    }
}

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
    let (response, body) = match answer {
        Answer::Response(mut response) => {
            let body = SdkBody::from(std::mem::take(&mut response.body));
            (response, body)
        }
        Answer::Truncated(mut response) => {
            let broken = stream::iter([Err(broken("end of file before message length reached"))]);
            let body = half(&mut response, broken);
            (response, body)
        }
        Answer::Stalled(mut response) => {
            let body = half(&mut response, stream::pending());
            (response, body)
        }
        // As the SDK's own HTTP client reports a server that hangs up.
        Answer::Reset => {
            let closed = broken("connection closed before message completed");
            return Err(ConnectorError::other(closed.into(), Some(ErrorKind::TransientError)));
        }
    };
    let status = response.status.try_into();
    let status = status.map_err(|error| ConnectorError::other(Box::new(error), None))?;
    let mut http_response = HttpResponse::new(status, body);
    let headers = http_response.headers_mut();
    headers.insert("content-type", response.content_type);
    for (name, value) in response.headers {
        headers
            .try_insert(name, value)
            .map_err(|error| ConnectorError::other(Box::new(error), None))?;
    }
    Ok(http_response)
}

/// The first half of a body, and then something else.
fn half(
    response: &mut Response,
    rest: impl Stream<Item = io::Result<Frame<Bytes>>> + Send + Sync + 'static,
) -> SdkBody {
    let half = response.first_half();
    let frames = stream::iter([Ok(Frame::data(half))]).chain(rest);
    SdkBody::from_body_1_x(StreamBody::new(frames))
}

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, what)
}
