//! One connection: requests one after the other, driven by the task that waits for the answer.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::task::Poll;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Response;
use hyper::body::Incoming;
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use crate::core::delivery::{Failure, FailureKind, Reply};
use crate::core::message::Headers;
use crate::deliver::attempt::cause;
use crate::deliver::tls::Connector;

/// A request with its body.
pub(in crate::deliver) type Request = hyper::Request<Full<Bytes>>;

/// An open connection.
pub(in crate::deliver) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    wire: Wire,
    used: bool,
}

/// The connection's own work, which nobody else does.
struct Wire {
    work: Pin<Box<dyn Future<Output = hyper::Result<()>> + Send>>,
    over: bool,
}

/// What became of a request.
pub(super) enum Exchange {
    /// An answer came, whole.
    Answered(Reply),
    /// The connection was closed before anything of the request went out.
    NotSent(Request),
    /// It broke after that.
    Broken(Failure),
}

/// A connection to the first of these addresses that takes one.
pub(super) async fn open(
    addresses: &[SocketAddr],
    tls: Option<&Connector>,
) -> Result<Connection, Failure> {
    let mut last = Failure {
        kind: FailureKind::Connect,
        message: "failed to lookup address information".to_owned(),
    };
    for &address in addresses {
        match to(address, tls).await {
            Ok(connection) => return Ok(connection),
            Err(failure) => last = failure,
        }
    }
    Err(last)
}

async fn to(address: SocketAddr, tls: Option<&Connector>) -> Result<Connection, Failure> {
    let stream = TcpStream::connect(address).await;
    let stream = stream.map_err(|error| not_connected(&error))?;
    // Without it, a body waits for the acknowledgement of its headers.
    let _ = stream.set_nodelay(true);
    match tls {
        None => greet(stream).await,
        Some(tls) => {
            let stream = tls.connect(stream).await;
            greet(stream.map_err(|error| not_connected(&error))?).await
        }
    }
}

async fn greet(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
) -> Result<Connection, Failure> {
    let made = Builder::new()
        .title_case_headers(true)
        .handshake(TokioIo::new(stream))
        .await;
    let (sender, work) = made.map_err(|error| failure(FailureKind::Connect, &error))?;
    Ok(Connection {
        sender,
        wire: Wire {
            work: Box::pin(work),
            over: false,
        },
        used: false,
    })
}

/// Why there is no connection.
pub(super) fn not_connected(error: &io::Error) -> Failure {
    failure(FailureKind::Connect, error)
}

/// The endpoint took a connection and closed it.
pub(super) fn closed() -> Failure {
    Failure {
        kind: FailureKind::Broken,
        message: "connection closed before the request".to_owned(),
    }
}

fn failure(kind: FailureKind, error: &(dyn std::error::Error + 'static)) -> Failure {
    Failure {
        kind,
        message: cause(error),
    }
}

impl Connection {
    /// Whether an answer came over it already.
    pub(super) fn was_used(&self) -> bool {
        self.used
    }

    /// Whether it may take another request.
    pub(super) fn is_open(&self) -> bool {
        !self.wire.over && !self.sender.is_closed()
    }

    /// Sends a request and reads its answer; of its body, so many bytes are kept.
    pub(super) async fn exchange(&mut self, request: Request, keep: usize) -> Exchange {
        let (sender, wire) = (&mut self.sender, &mut self.wire);
        if wire.drive(sender.ready()).await.is_err() {
            return Exchange::NotSent(request);
        }
        let response = match wire.drive(sender.try_send_request(request)).await {
            Ok(response) => response,
            Err(mut error) => {
                return match error.take_message() {
                    Some(request) => Exchange::NotSent(request),
                    None => Exchange::Broken(failure(FailureKind::Broken, error.error())),
                };
            }
        };
        match wire.drive(read(response, keep)).await {
            Ok(reply) => {
                self.used = true;
                Exchange::Answered(reply)
            }
            Err(error) => Exchange::Broken(failure(FailureKind::Broken, &error)),
        }
    }
}

impl Wire {
    /// Does the connection's work until something that waits for it is done.
    async fn drive<T>(&mut self, future: impl Future<Output = T>) -> T {
        let mut future = pin!(future);
        poll_fn(|context| {
            if let Poll::Ready(done) = future.as_mut().poll(context) {
                return Poll::Ready(done);
            }
            if !self.over {
                self.over = self.work.as_mut().poll(context).is_ready();
            }
            future.as_mut().poll(context)
        })
        .await
    }
}

async fn read(response: Response<Incoming>, keep: usize) -> hyper::Result<Reply> {
    let (head, mut body) = response.into_parts();
    let mut kept = Vec::new();
    let mut truncated = false;
    while let Some(frame) = body.frame().await {
        if let Ok(piece) = frame?.into_data() {
            let room = keep - kept.len();
            truncated |= piece.len() > room;
            kept.extend_from_slice(&piece[..piece.len().min(room)]);
        }
    }
    let headers = if keep == 0 {
        Headers::new()
    } else {
        let all = head.headers.iter();
        all.map(|(name, value)| (name.as_str(), value.as_bytes()))
            .collect()
    };
    Ok(Reply {
        status: head.status.as_u16(),
        headers,
        body: kept.into(),
        truncated,
    })
}
