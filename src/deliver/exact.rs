//! Requests that go out exactly as they are written: the case, the order and the repeats of headers,
//! the body with its length, in chunks, or after `100 Continue`.
//!
//! An HTTP client cannot do that, and rightly: it is for playing senders that are not ours.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use reqwest::Url;

use super::http1::{Connection, Request, late, not_connected};
use super::tls::Connector;
use super::{ClientError, ClientOptions};
use crate::core::check::Framing;
use crate::core::delivery::{Failure, Reply};
use crate::core::message::{Headers, Message, is_of_the_connection};

/// So long `100 Continue` is waited for, as curl does; then the body goes out all the same.
const PATIENCE: Duration = Duration::from_secs(1);
/// The sizes of the first chunks; the rest is one.
const CHUNKS: [usize; 3] = [1, 7, 1000];

/// Where requests go.
pub struct Endpoint {
    host: String,
    addresses: Vec<SocketAddr>,
    tls: Option<Connector>,
    timeout: Duration,
    reply_bytes: usize,
}

/// A connection that requests are written to one after the other.
pub struct Wire<'a> {
    endpoint: &'a Endpoint,
    connection: Connection,
}

impl Endpoint {
    /// An endpoint at these addresses and no others, whatever its name stands for later.
    ///
    /// # Errors
    /// [`ClientError`] where there can be no TLS.
    pub fn new(
        url: &Url,
        addresses: Vec<SocketAddr>,
        options: &ClientOptions,
    ) -> Result<Self, ClientError> {
        let tls = match url.scheme() {
            "https" => Some(Connector::new(url, &options.trust)?),
            _ => None,
        };
        Ok(Self {
            host: super::host(url),
            addresses,
            tls,
            timeout: options.timeout,
            reply_bytes: options.reply_bytes,
        })
    }

    /// How long a request may take, connecting included.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// The request with the headers of the connection: what goes out to the byte, but for chunks.
    #[must_use]
    pub fn sent(&self, message: &Message, framing: Framing) -> Message {
        let mut headers = Headers::new();
        headers.push("Host", self.host.as_str());
        for (name, value) in message.headers.iter() {
            if !is_of_the_connection(name) {
                headers.push(name, value);
            }
        }
        match framing {
            Framing::Chunked => headers.push("Transfer-Encoding", "chunked"),
            Framing::Length if message.body.is_empty() && message.method == "GET" => {}
            Framing::Length => headers.push("Content-Length", message.body.len().to_string()),
            Framing::Continue => {
                headers.push("Content-Length", message.body.len().to_string());
                headers.push("Expect", "100-continue");
            }
        }
        Message {
            headers,
            ..message.clone()
        }
    }

    /// Opens a connection to the first address that takes one.
    ///
    /// # Errors
    /// The last address's failure.
    pub async fn connect(&self) -> Result<Wire<'_>, Failure> {
        let connecting = Connection::to_any(&self.addresses, self.tls.as_ref());
        let connection = self.within(connecting).await?;
        let connection = connection.map_err(|error| not_connected(&error))?;
        Ok(Wire {
            endpoint: self,
            connection,
        })
    }

    async fn within<T>(&self, future: impl Future<Output = T>) -> Result<T, Failure> {
        let done = tokio::time::timeout(self.timeout, future).await;
        done.map_err(|_| late(self.timeout))
    }

    /// Sends one request on a connection of its own.
    ///
    /// # Errors
    /// Why there is no answer.
    pub async fn exchange(&self, message: &Message, framing: Framing) -> Result<Reply, Failure> {
        let mut wire = self.connect().await?;
        wire.exchange(message, framing).await
    }
}

impl Wire<'_> {
    /// Whether another request may go out on it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.connection.is_open()
    }

    /// Writes a request as [`Endpoint::sent`] made it and reads its answer.
    ///
    /// # Errors
    /// Why there is no answer.
    pub async fn exchange(&mut self, sent: &Message, framing: Framing) -> Result<Reply, Failure> {
        let (endpoint, keep) = (self.endpoint, self.endpoint.reply_bytes);
        let request = Request {
            head: head(sent),
            body: match framing {
                Framing::Chunked => chunked(&sent.body).into(),
                Framing::Length | Framing::Continue => Bytes::clone(&sent.body),
            },
            is_head: sent.method == "HEAD",
        };
        let asking = async {
            match framing {
                Framing::Continue => self.connection.ask_first(&request, PATIENCE, keep).await,
                Framing::Chunked | Framing::Length => self.connection.ask(&request, keep).await,
            }
        };
        let answered = endpoint.within(asking).await?;
        answered.map_err(|error| error.failure())
    }
}

/// The request line and the headers.
fn head(message: &Message) -> Vec<u8> {
    let line = format!("{} {} HTTP/1.1\r\n", message.method, message.target);
    [line.as_bytes(), &message.headers.to_lines(), b"\r\n"].concat()
}

/// A body in chunks of several sizes.
fn chunked(mut body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() + 64);
    let sizes = CHUNKS.into_iter().chain(std::iter::repeat(usize::MAX));
    for size in sizes {
        let (chunk, rest) = body.split_at(size.min(body.len()));
        out.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        out.extend_from_slice(chunk);
        out.extend_from_slice(b"\r\n");
        body = rest;
        if chunk.is_empty() {
            return out;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{Shutdown, TcpListener, TcpStream as Plain};
    use std::thread;

    use super::*;
    use crate::core::delivery::FailureKind;
    use crate::core::raw_http;
    use crate::deliver::Trust;

    const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    /// Sends requests on one connection to an endpoint that is given.
    fn with(
        timeout: Duration,
        serve: impl FnOnce(Plain) + Send + 'static,
        requests: &[(Message, Framing)],
    ) -> Vec<Result<Reply, Failure>> {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let server = thread::spawn(move || serve(listener.accept().expect("a connection").0));
        let url = format!("http://{address}/").parse().expect("a URL");
        let options = ClientOptions {
            timeout,
            trust: Trust::default(),
            reply_bytes: 4,
        };
        let endpoint = Endpoint::new(&url, vec![address], &options).expect("an endpoint");
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let results = runtime.expect("a runtime").block_on(async {
            let mut wire = endpoint.connect().await.expect("connects");
            let mut results = Vec::new();
            for (message, framing) in requests {
                let sent = endpoint.sent(message, *framing);
                results.push(wire.exchange(&sent, *framing).await);
                if !wire.is_open() {
                    break;
                }
            }
            results
        });
        server.join().expect("no panic");
        results
    }

    /// What an endpoint that answers this makes of one request.
    fn answered(answer: &'static str) -> Result<Reply, Failure> {
        let serve = move |mut stream: Plain| {
            let _ = stream.read(&mut [0; 4096]);
            stream.write_all(answer.as_bytes()).expect("writes");
        };
        with(
            Duration::from_secs(10),
            serve,
            &[(post("x"), Framing::Length)],
        )
        .remove(0)
    }

    fn post(body: impl Into<bytes::Bytes>) -> Message {
        let headers = [
            ("X-b", "1"),
            ("x-B", "2"),
            ("X-A", "3"),
            ("content-length", "9"),
        ];
        Message {
            target: "/hooks?x=1".to_owned(),
            ..Message::post(headers.into_iter().collect(), body)
        }
    }

    /// Reads a request to the end of its body and answers it.
    fn request(stream: &mut Plain, fits: impl Fn(&[u8]) -> bool) -> Vec<u8> {
        let mut read = Vec::new();
        while !fits(&read) {
            let mut piece = [0; 1024];
            let length = stream.read(&mut piece).expect("reads");
            assert!(length > 0, "closed: {}", String::from_utf8_lossy(&read));
            read.extend_from_slice(&piece[..length]);
        }
        stream.write_all(OK.as_bytes()).expect("writes");
        read
    }

    #[test]
    fn what_is_written_stands_on_the_wire() {
        let serve = |mut stream: Plain| {
            let first = request(&mut stream, |read| read.ends_with(b"hello"));
            let first = String::from_utf8(first).expect("text");
            let (_, rest) = first.split_once("\r\nHost: 127.0.0.1:").expect("a host");
            let (_, rest) = rest.split_once("\r\n").expect("a line");
            assert!(first.starts_with("POST /hooks?x=1 HTTP/1.1\r\n"), "{first}");
            assert_eq!(
                rest,
                "X-b: 1\r\nx-B: 2\r\nX-A: 3\r\nContent-Length: 5\r\n\r\nhello"
            );
            let second = request(&mut stream, |read| read.ends_with(b"0\r\n\r\n"));
            let message = raw_http::request(&second).expect("a request");
            assert_eq!(message.body.len(), 3000);
            assert!(second.windows(8).any(|own| own == b"\r\n1\r\nx\r\n"));
        };
        let requests = [
            (post("hello"), Framing::Length),
            (post("x".repeat(3000)), Framing::Chunked),
        ];
        let results = with(Duration::from_secs(10), serve, &requests);
        assert_eq!(results.len(), 2);
        assert!(
            results
                .iter()
                .all(|own| own.as_ref().is_ok_and(|own| own.status == 200))
        );
    }

    #[test]
    fn a_body_waits_until_it_is_asked_for() {
        let serve = |mut stream: Plain| {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                assert_eq!(stream.read(&mut byte).expect("reads"), 1);
                head.push(byte[0]);
            }
            stream
                .write_all(b"HTTP/1.1 100 Continue\r\n\r\n")
                .expect("writes");
            assert_eq!(request(&mut stream, |read| read.len() >= 5), b"hello");
        };
        let requests = [(post("hello"), Framing::Continue)];
        let results = with(Duration::from_secs(10), serve, &requests);
        assert_eq!(results[0].as_ref().map(|own| own.status), Ok(200));
    }

    #[test]
    fn an_answer_before_the_body_is_read_is_an_answer() {
        let serve = |mut stream: Plain| {
            let _ = stream.read(&mut [0; 16]);
            let answer = "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            stream.write_all(answer.as_bytes()).expect("writes");
            let _ = stream.shutdown(Shutdown::Write);
            // Until the sender is gone: a reset could overtake the answer.
            while stream.read(&mut [0; 4096]).is_ok_and(|read| read > 0) {}
        };
        let body = vec![b'x'; 8 * 1024 * 1024];
        let results = with(
            Duration::from_secs(10),
            serve,
            &[(post(body), Framing::Length)],
        );
        assert_eq!(results[0].as_ref().map(|own| own.status), Ok(413));
    }

    #[test]
    fn answers_in_every_framing_are_read() {
        for (answer, status, body, truncated) in [
            (OK, 200, "ok", false),
            ("HTTP/1.1 204 No Content\r\n\r\n", 204, "", false),
            ("HTTP/1.0 200 OK\r\n\r\nabc", 200, "abc", false),
            (
                "HTTP/1.1 401 No\r\nContent-Length: 6\r\n\r\nabcdef",
                401,
                "abcd",
                true,
            ),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\nX: 1\r\n\r\n",
                200,
                "abc",
                false,
            ),
            (
                "HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
                200,
                "",
                false,
            ),
        ] {
            let reply = answered(answer).expect(answer);
            assert_eq!(reply.status, status, "{answer}");
            assert_eq!(&reply.body[..], body.as_bytes(), "{answer}");
            assert_eq!(reply.truncated, truncated, "{answer}");
        }
    }

    #[test]
    fn what_is_no_answer_says_why() {
        for (answer, word) in [
            ("", "closed"),
            ("HTTP/1.1 200 OK\r\nContent-Le", "closed"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", "closed"),
            ("SSH-2.0-OpenSSH_9.6\r\n\r\n", "no HTTP answer"),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
                "no HTTP answer",
            ),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 1\r\ncontent-length: 2\r\n\r\nab",
                "several lengths",
            ),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                "no HTTP answer",
            ),
        ] {
            let failure = answered(answer).expect_err(answer);
            assert_eq!(failure.kind, FailureKind::Broken, "{answer}");
            assert!(
                failure.message.contains(word),
                "{answer}: {}",
                failure.message
            );
        }
    }

    #[test]
    fn silence_ends_in_time() {
        let serve = |mut stream: Plain| {
            while stream.read(&mut [0; 4096]).is_ok_and(|read| read > 0) {}
        };
        let requests = [(post("x"), Framing::Length)];
        let results = with(Duration::from_millis(50), serve, &requests);
        let failure = results[0].as_ref().expect_err("no answer");
        assert_eq!(failure.kind, FailureKind::Timeout);
    }
}
