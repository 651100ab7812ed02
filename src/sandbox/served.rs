//! A sandbox that another process serves: where it is, and what it says of itself.

use super::description::{Description, PATH};
use crate::facts::Region;
use bytes::Bytes;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::client::conn::http1;
use hyper::{Request, StatusCode, Uri, header};
use hyper_util::rt::TokioIo;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::net::{TcpStream, lookup_host};

/// A server on this machine answers at once.
const PATIENCE: Duration = Duration::from_secs(5);
/// A description is a line.
const LONGEST_ANSWER: usize = 64 * 1024;

/// A sandbox behind an address of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    /// The URL that its requests go to.
    pub endpoint: String,
    /// What it says of itself.
    pub description: Description,
}

/// Why a URL leads to no sandbox.
#[derive(Debug, thiserror::Error)]
pub enum ServedError {
    /// It is not the URL of a server on this machine.
    #[error(
        "`{url}` is not where a sandbox can be: {problem}. Name the address that `kms-audit sandbox serve` prints, \
         such as http://127.0.0.1:4566"
    )]
    Url {
        /// What was asked for.
        url: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Nobody answers there.
    #[error("nobody answers at {url}; start a sandbox with `kms-audit sandbox serve`")]
    Silent {
        /// The URL.
        url: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// Somebody answers, but no sandbox.
    #[error(
        "what answers at {url} is not a sandbox of this version of kms-audit: {what}. Serve one with `kms-audit \
         sandbox serve`; to scan another AWS server, set AWS_ENDPOINT_URL and leave --sandbox out"
    )]
    Foreign {
        /// The URL.
        url: String,
        /// What it answers.
        what: String,
    },
}

impl Served {
    /// Asks the server at this URL what it is. Only plain HTTP to this machine: nothing is encrypted, and what
    /// answers is trusted.
    ///
    /// # Errors
    ///
    /// The URL leads elsewhere, nobody answers, or whoever answers is no sandbox.
    pub async fn ask(url: &str) -> Result<Served, ServedError> {
        let silent = |source| ServedError::Silent {
            url: url.to_owned(),
            source,
        };
        let (host, port) = host_and_port(url).map_err(|problem| ServedError::Url {
            url: url.to_owned(),
            problem,
        })?;
        let answer = tokio::time::timeout(PATIENCE, async {
            let connection = connect(&host, port).await.map_err(silent)?;
            // From here on it is this address, whatever else the name stands for.
            let address = connection.peer_addr().map_err(silent)?;
            let description = describe(connection, address).await;
            let description = description.map_err(|what| ServedError::Foreign {
                url: url.to_owned(),
                what,
            })?;
            Ok(Served {
                endpoint: format!("http://{address}"),
                description,
            })
        });
        let nothing = |_| silent(io::Error::new(io::ErrorKind::TimedOut, "no answer in 5 seconds"));
        answer.await.map_err(nothing)?
    }
}

/// The host and port of a URL that can lead to a served sandbox.
fn host_and_port(url: &str) -> Result<(String, u16), &'static str> {
    let uri: Uri = url.parse().map_err(|_| "it is no URL")?;
    if uri.scheme_str() != Some("http") {
        return Err("a sandbox speaks plain http");
    }
    let authority = uri.authority().ok_or("it names no host")?;
    if authority.as_str().contains('@') || uri.path() != "/" || uri.query().is_some() {
        return Err("it has more than a host and a port");
    }
    let host = authority.host();
    let port = match authority.as_str().strip_prefix(host) {
        None | Some("") => 80,
        Some(_) => authority.port_u16().ok_or("its port is no number from 0 to 65535")?,
    };
    let host = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host);
    let on_this_machine =
        host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    if !on_this_machine {
        return Err("a sandbox is on this machine, at 127.0.0.1, [::1] or localhost");
    }
    Ok((host.to_owned(), port))
}

/// Connects, to a loopback address only: where names are resolved, `localhost` can be anything.
async fn connect(host: &str, port: u16) -> io::Result<TcpStream> {
    let found = lookup_host((host, port)).await?;
    let here: Vec<SocketAddr> = found.filter(|address| address.ip().is_loopback()).collect();
    TcpStream::connect(here.as_slice()).await
}

/// What the server says of itself, or how it shows that it is no sandbox.
async fn describe(connection: TcpStream, address: SocketAddr) -> Result<Description, String> {
    let broken = |error: hyper::Error| format!("it does not speak HTTP ({error})");
    let (mut sender, connection) = http1::handshake(TokioIo::new(connection)).await.map_err(broken)?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "connection ended");
        }
    });
    let request = Request::get(PATH)
        .header(header::HOST, address.to_string())
        .body(Empty::<Bytes>::new())
        .map_err(|error| error.to_string())?;
    let response = sender.send_request(request).await.map_err(broken)?;
    let status = response.status();
    if status != StatusCode::OK {
        return Err(format!("it answers GET {PATH} with HTTP {}", status.as_u16()));
    }
    let body = Limited::new(response.into_body(), LONGEST_ANSWER).collect().await;
    let body = body.map_err(|error| format!("its answer cannot be read ({error})"))?;
    let description: Description = serde_json::from_slice(&body.to_bytes())
        .map_err(|error| format!("it answers GET {PATH} with something else ({error})"))?;
    // The name ends up in host names and file names.
    match Region::parse(description.home_region.as_str()) {
        Some(_) => Ok(description),
        None => Err("its home Region has a name that no Region has".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    #[test]
    fn only_plain_http_to_this_machine_is_accepted() {
        for (url, expected) in [
            ("http://127.0.0.1:4566", ("127.0.0.1", 4566)),
            ("http://127.0.0.1:4566/", ("127.0.0.1", 4566)),
            ("http://[::1]:4566", ("::1", 4566)),
            ("http://LocalHost:4566", ("LocalHost", 4566)),
            ("http://localhost", ("localhost", 80)),
        ] {
            let (host, port) = host_and_port(url).unwrap();
            assert_eq!((host.as_str(), port), expected, "{url}");
        }
        for url in [
            "https://127.0.0.1:4566",
            "http://192.0.2.1:4566",
            "http://0.0.0.0:4566",
            "http://127.0.0.1.example.com:4566",
            "http://localhost.example.com",
            "http://user@127.0.0.1:4566",
            "http://127.0.0.1:4566/bucket",
            "http://127.0.0.1:4566/?x",
            "http://127.0.0.1:port",
            "http://127.0.0.1:99999",
            "ftp://127.0.0.1",
            "127.0.0.1:4566",
            "http://",
        ] {
            assert!(host_and_port(url).is_err(), "{url}");
        }
    }

    #[tokio::test]
    async fn a_served_sandbox_says_what_the_sandbox_is() {
        let sandbox = testing::sandbox(testing::SMALL);
        let server = sandbox.listen(0).await.unwrap();
        let endpoint = format!("http://{}", server.address().unwrap());
        let port = server.address().unwrap().port();
        let serving = tokio::spawn(server.run());
        for url in [endpoint.clone(), format!("http://localhost:{port}/")] {
            let served = Served::ask(&url).await.unwrap();
            assert_eq!(served.description, sandbox.description());
            assert_eq!(served.endpoint, endpoint, "asked as {url}");
        }
        serving.abort();
    }

    /// The error for a server that gives this answer to whatever it is asked.
    async fn refusal(answer: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut request = [0; 1024];
            assert!(connection.read(&mut request).await.unwrap() > 0);
            connection.write_all(answer.as_bytes()).await.unwrap();
        });
        let error = Served::ask(&url).await.unwrap_err().to_string();
        server.await.unwrap();
        assert!(
            error.contains(&url) && error.contains("kms-audit sandbox serve"),
            "{error}"
        );
        error
    }

    #[tokio::test]
    async fn whoever_else_answers_is_no_sandbox() {
        for (answer, why) in [
            (
                "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n",
                "GET /_sandbox with HTTP 404",
            ),
            (
                "HTTP/1.1 200 OK\r\ncontent-length: 15\r\n\r\n<p>It works</p>",
                "something else",
            ),
            (
                "HTTP/1.1 200 OK\r\ncontent-length: 16\r\n\r\n{\"name\":\"other\"}",
                "missing field `as_of`",
            ),
            (
                "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n\
                 {\"name\":\"x\",\"as_of\":\"2026-06-15T06:00:00Z\",\"home_region\":\"../x\"}",
                "home Region",
            ),
            ("220 mail.example.com ESMTP\r\n", "does not speak HTTP"),
        ] {
            let error = refusal(answer).await;
            assert!(error.contains(why), "{error}");
        }
    }

    #[tokio::test]
    async fn a_port_where_nobody_listens_is_named() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let error = Served::ask(&url).await.unwrap_err().to_string();
        assert!(error.contains(&format!("nobody answers at {url}")), "{error}");
    }
}
