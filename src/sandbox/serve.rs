//! The door for other clients: an HTTP server on the loopback address.

use super::description::{self, Description};
use super::request::{Answer, Reply, Request, Response};
use super::room::{Room, Sandbox};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::net::TcpListener;

type Body = BoxBody<Bytes, io::Error>;

/// A server that listens and has not answered anybody yet.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    room: Arc<Room>,
    description: Arc<Description>,
}

impl Sandbox {
    /// Listens on a port of 127.0.0.1, and on no other address: this AWS trusts everybody. Port 0
    /// is any free one.
    ///
    /// # Errors
    ///
    /// The port is taken, or not allowed to the user.
    pub async fn listen(&self, port: u16) -> io::Result<Server> {
        Ok(Server {
            listener: TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?,
            room: Arc::clone(&self.room),
            description: Arc::new(self.description()),
        })
    }
}

impl Server {
    /// Where it listens.
    ///
    /// # Errors
    ///
    /// The operating system does not say.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers for as long as the future is polled.
    ///
    /// # Errors
    ///
    /// The operating system hands out no more connections.
    pub async fn run(self) -> io::Result<()> {
        loop {
            let (connection, _) = self.listener.accept().await?;
            connection.set_nodelay(true)?;
            let (room, description) = (Arc::clone(&self.room), Arc::clone(&self.description));
            tokio::spawn(async move {
                let service = service_fn(move |request| {
                    let (room, description) = (Arc::clone(&room), Arc::clone(&description));
                    async move { answer(&room, &description, request).await }
                });
                let served = http1::Builder::new()
                    .timer(TokioTimer::new())
                    .serve_connection(TokioIo::new(connection), service);
                // Clients come and go, and faults break connections on purpose.
                if let Err(error) = served.await {
                    tracing::debug!(%error, "connection ended");
                }
            });
        }
    }
}

/// An `Err` closes the connection without an answer.
async fn answer(
    room: &Room,
    description: &Description,
    request: hyper::Request<Incoming>,
) -> io::Result<hyper::Response<Body>> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let request = Request {
        method: parts.method.as_str(),
        host: header("host").unwrap_or_default(),
        path: parts.uri.path(),
        query: parts.uri.query().unwrap_or_default(),
        authorization: header("authorization"),
        token: header("x-amz-security-token"),
        date: header("x-amz-date"),
        target: header("x-amz-target"),
        body: &body,
    };
    let Reply { delay, answer } = if description::is_asked_for(&request) {
        description::response(description).into()
    } else {
        room.answer(&request)
    };
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    match answer {
        Answer::Response(mut response) => {
            let body = Full::new(Bytes::from(std::mem::take(&mut response.body)));
            http_response(&response, body.map_err(|never| match never {}).boxed())
        }
        Answer::Truncated(mut response) => {
            let broken = io::Error::new(io::ErrorKind::ConnectionReset, "a fault of the estate");
            let half = Ok(Frame::data(response.first_half()));
            let frames = stream::once(async { half }).chain(stream::once(async {
                // A body that has nothing for a moment is sent as far as it goes; one that fails at once is not.
                tokio::task::yield_now().await;
                Err(broken)
            }));
            http_response(&response, BodyExt::boxed(StreamBody::new(frames)))
        }
        Answer::Stalled(mut response) => {
            let half = Ok(Frame::data(response.first_half()));
            let frames = stream::iter([half]).chain(stream::pending());
            http_response(&response, BodyExt::boxed(StreamBody::new(frames)))
        }
        Answer::Reset => Err(io::Error::new(io::ErrorKind::ConnectionReset, "a fault of the estate")),
    }
}

fn http_response(response: &Response, body: Body) -> io::Result<hyper::Response<Body>> {
    let mut builder = hyper::Response::builder()
        .status(response.status)
        .header("content-type", response.content_type);
    for (name, value) in &response.headers {
        builder = builder.header(*name, value);
    }
    builder.body(body).map_err(io::Error::other)
}
