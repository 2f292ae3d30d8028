//! One attempt: a request as bytes in, an answer or a typed failure out.

use std::error::Error as _;
use std::time::{Duration, Instant};

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Url};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use thiserror::Error;

use super::target::masked;
use super::tls;
use crate::core::delivery::{Attempt, Failure, FailureKind, Reply};
use crate::core::message::{Headers, Message, is_of_the_connection};
use crate::repeat::Clock;

/// How a client connects.
#[derive(Clone, Debug)]
pub struct ClientOptions {
    /// From the start of an attempt to the end of its answer.
    pub timeout: Duration,
    /// Whose TLS certificates are taken.
    pub trust: Trust,
    /// More of an answer's body than this is not read.
    pub reply_bytes: usize,
}

/// Whose TLS certificates a client takes.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// Everybody's, unseen.
    pub insecure: bool,
    /// Those of these authorities, and these themselves, beside what the platform trusts.
    pub authorities: Vec<CertificateDer<'static>>,
    /// What is read of all that, once for whatever is cloned of this.
    pub(crate) roots: tls::Roots,
}

impl Trust {
    /// Reads the certificates of a text in PEM.
    ///
    /// # Errors
    /// [`ClientError::Certificate`] where it holds none.
    pub fn authorities(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, ClientError> {
        match CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>() {
            Ok(found) if !found.is_empty() => Ok(found),
            _ => Err(ClientError::Certificate),
        }
    }
}

/// Sends requests. Never follows redirects, never changes a body.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    timeout: Duration,
    reply_bytes: usize,
    clock: Clock,
}

/// A client or a request that cannot be made.
#[derive(Debug, Error)]
pub enum ClientError {
    /// No TLS, no sockets.
    #[error("cannot set up the HTTP client")]
    Setup(#[source] reqwest::Error),
    /// Certificates that rustls cannot work with.
    #[error("cannot set up TLS")]
    Tls(#[source] rustls::Error),
    /// A text without a certificate.
    #[error("holds no certificate in PEM")]
    Certificate,
    /// A method that is no token.
    #[error("not an HTTP method: `{0}`")]
    Method(String),
    /// A path and query that is none.
    #[error("not a request target: `{0}`")]
    Target(String),
    /// A header name or value HTTP has no room for.
    #[error("not an HTTP header: `{0}`")]
    Header(String),
}

impl Client {
    /// A client for one kind of endpoint.
    ///
    /// # Errors
    /// [`ClientError::Setup`], [`ClientError::Tls`]
    pub fn new(options: &ClientOptions, clock: Clock) -> Result<Self, ClientError> {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .tls_backend_preconfigured(tls::config(&options.trust)?)
            .http1_title_case_headers()
            .no_proxy()
            .build()
            .map_err(ClientError::Setup)?;
        Ok(Self {
            http,
            timeout: options.timeout,
            reply_bytes: options.reply_bytes,
            clock,
        })
    }

    /// How long an attempt may take.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// The same client with another patience.
    #[must_use]
    pub fn within(&self, timeout: Duration) -> Self {
        let mut own = self.clone();
        own.timeout = timeout;
        own
    }

    /// Makes one attempt. The message's target does not matter: `url` does.
    ///
    /// # Errors
    /// [`ClientError`] for what HTTP cannot carry; everything the network does is in the attempt.
    pub async fn attempt(
        &self,
        message: &Message,
        url: &Url,
        number: u32,
    ) -> Result<Attempt, ClientError> {
        let method = Method::from_bytes(message.method.as_bytes())
            .map_err(|_| ClientError::Method(message.method.clone()))?;
        let request = self
            .http
            .request(method, url.clone())
            .timeout(self.timeout)
            .headers(header_map(&message.headers)?)
            .body(message.body.clone());
        let at = self.clock.now();
        let start = Instant::now();
        let result = match exchange(request, self.reply_bytes).await {
            Ok(reply) => Ok(reply),
            Err(error) => Err(self.failure(&error)),
        };
        Ok(Attempt {
            number,
            at,
            url: masked(url),
            result,
            latency: self.clock.elapsed(start),
        })
    }

    fn failure(&self, error: &reqwest::Error) -> Failure {
        if error.is_timeout() {
            return Failure {
                kind: FailureKind::Timeout,
                message: format!(
                    "no answer within {}",
                    crate::core::retry::Span(self.timeout)
                ),
            };
        }
        let before_answer = error.is_connect() || error.source().is_none();
        Failure {
            kind: if before_answer {
                FailureKind::Connect
            } else {
                FailureKind::Broken
            },
            message: cause(error),
        }
    }
}

/// The cause of a failure at its root, in the system's words.
pub(super) fn cause(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    let mut message = cause.to_string();
    if let Some(os) = message.find(" (os error") {
        message.truncate(os);
    }
    message
}

async fn exchange(request: reqwest::RequestBuilder, limit: usize) -> Result<Reply, reqwest::Error> {
    let mut response = request.send().await?;
    let headers = response
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_bytes()))
        .collect();
    let status = response.status().as_u16();
    let mut body = Vec::new();
    let mut truncated = false;
    while !truncated && let Some(piece) = response.chunk().await? {
        let room = limit - body.len();
        truncated = piece.len() > room;
        body.extend_from_slice(&piece[..piece.len().min(room)]);
    }
    Ok(Reply {
        status,
        headers,
        body: body.into(),
        truncated,
    })
}

fn header_map(headers: &Headers) -> Result<HeaderMap, ClientError> {
    let mut map = HeaderMap::with_capacity(headers.len());
    for (name, value) in headers.iter() {
        if is_of_the_connection(name) {
            continue;
        }
        let error = || ClientError::Header(name.to_owned());
        map.append(
            HeaderName::from_bytes(name.as_bytes()).map_err(|_| error())?,
            HeaderValue::from_bytes(value).map_err(|_| error())?,
        );
    }
    Ok(map)
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;
    use crate::repeat::Repeat;

    /// What is recorded of an endpoint's answer with this body, where 4 bytes of it are kept.
    fn recorded(body: &'static str) -> Reply {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let endpoint = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a connection");
            let _ = stream.read(&mut [0; 4096]);
            let length = body.len();
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{body}"
            );
        });
        let options = ClientOptions {
            timeout: Duration::from_secs(10),
            trust: Trust::default(),
            reply_bytes: 4,
        };
        let client = Client::new(&options, Repeat::default().clock()).expect("a client");
        let url = format!("http://{address}/").parse().expect("a URL");
        let message = Message::post(Headers::new(), "");
        let attempt = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime")
            .block_on(client.attempt(&message, &url, 1))
            .expect("an attempt");
        endpoint.join().expect("no panic");
        attempt.result.expect("an answer")
    }

    #[test]
    fn an_answer_is_cut_at_the_limit_and_says_so() {
        let cut = |body| {
            let reply = recorded(body);
            (reply.body, reply.truncated)
        };
        assert_eq!(cut("abc"), ("abc".into(), false));
        assert_eq!(cut("abcd"), ("abcd".into(), false));
        assert_eq!(cut("abcde"), ("abcd".into(), true));
    }
}
