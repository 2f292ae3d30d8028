//! One connection: requests one after the other, driven by the task that waits for the answer.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
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

/// An address that took no connection within this has the next tried beside it.
const SLOW: Duration = Duration::from_millis(250);
/// So much of an answer is read that is not kept, before its connection is given up.
const DRAINED: usize = 1024 * 1024;

/// A request with its body.
pub(in crate::deliver) type Request = hyper::Request<Full<Bytes>>;

/// An open connection.
pub(in crate::deliver) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    wire: Wire,
    /// How many answers came over it.
    answers: u64,
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

/// A connection to the first of these addresses that takes one (RFC 8305, 5).
pub(super) async fn open(
    addresses: &[SocketAddr],
    tls: Option<&Connector>,
) -> Result<Connection, Failure> {
    first(addresses.iter().map(|&address| to(address, tls))).await
}

/// What the first of these that succeeds gives: each is begun when the one before failed, or is slow.
async fn first<T>(
    mut tries: impl ExactSizeIterator<Item = impl Future<Output = Result<T, Failure>>>,
) -> Result<T, Failure> {
    let mut last = Failure {
        kind: FailureKind::Connect,
        message: "failed to lookup address information".to_owned(),
    };
    let mut begun = FuturesUnordered::new();
    begun.extend(tries.next());
    loop {
        tokio::select! {
            biased;
            ended = begun.next() => match ended {
                Some(Ok(made)) => return Ok(made),
                Some(Err(failure)) => {
                    last = failure;
                    begun.extend(tries.next());
                }
                None => return Err(last),
            },
            () = tokio::time::sleep(SLOW), if tries.len() > 0 => begun.extend(tries.next()),
        }
    }
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
        answers: 0,
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
        self.answers > 0
    }

    /// Whether one answer came over it, and so nobody knows yet that the endpoint keeps it open.
    pub(in crate::deliver) fn is_new(&self) -> bool {
        self.answers == 1
    }

    /// Hears, for at most so long, whether the endpoint closes it: what is heard here need not be found
    /// out with a request.
    pub(in crate::deliver) async fn listen(&mut self, patience: Duration) {
        if patience.is_zero() {
            // The runtime looks what its sockets have to say.
            tokio::task::yield_now().await;
            return;
        }
        let wire = &mut self.wire;
        let closed = poll_fn(|context| {
            wire.over = wire.over || wire.work.as_mut().poll(context).is_ready();
            if wire.over {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        });
        // That it is still open is no news.
        let _ = tokio::time::timeout(patience, closed).await;
    }

    /// Whether it may take another request.
    pub(in crate::deliver) fn is_open(&self) -> bool {
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
            Ok((reply, is_whole)) => {
                self.answers += 1;
                wire.over |= !is_whole;
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

/// An answer, and whether all of it was read.
async fn read(response: Response<Incoming>, keep: usize) -> hyper::Result<(Reply, bool)> {
    let (head, mut body) = response.into_parts();
    let mut kept = Vec::new();
    let mut left_out = 0;
    while left_out <= DRAINED
        && let Some(frame) = body.frame().await
    {
        if let Ok(piece) = frame?.into_data() {
            let taken = piece.len().min(keep - kept.len());
            kept.extend_from_slice(&piece[..taken]);
            left_out += piece.len() - taken;
        }
    }
    let headers = if keep == 0 {
        Headers::new()
    } else {
        let all = head.headers.iter();
        all.map(|(name, value)| (name.as_str(), value.as_bytes()))
            .collect()
    };
    let reply = Reply {
        status: head.status.as_u16(),
        headers,
        body: kept.into(),
        truncated: left_out > 0,
    };
    Ok((reply, left_out <= DRAINED))
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    #[tokio::test]
    async fn an_address_that_is_slow_or_fails_holds_no_other_up() {
        let failed = |message: &str| Failure {
            kind: FailureKind::Connect,
            message: message.to_owned(),
        };
        let made = first([1, 2, 3].into_iter().map(|own| async move {
            match own {
                1 => pending().await,
                2 => Err(failed("refused")),
                _ => Ok(own),
            }
        }));
        assert_eq!(made.await, Ok(3));
        let gone = ["first", "last"]
            .into_iter()
            .map(|own| ready(Err::<(), _>(failed(own))));
        assert_eq!(first(gone).await, Err(failed("last")));
        let nobody = first(std::iter::empty::<std::future::Ready<Result<(), _>>>());
        assert!(nobody.await.is_err());
    }
}
