//! Connections in, messages out: limits, and an end that loses nothing.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::{self, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::refusal;
use super::seats::{Call, Phase, Place, SeatOf, Seats};
use super::wire::{Heads, Wire};
use crate::core::message::Message;
use crate::core::raw_http::MAX_FIELDS;

/// How long a connection that is sent away may take to hear why.
const PARTING: Duration = Duration::from_secs(1);
/// How often to say that connections are sent away.
const CROWDED: Duration = Duration::from_secs(1);

/// What one sender may use up.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The body's bytes; beyond, 413.
    pub body: usize,
    /// The time for the head of a request, and for the next one on an idle connection.
    pub head_time: Duration,
    /// The time for the body; beyond, 408.
    pub body_time: Duration,
    /// Connections open at once; for a further one, the one goes that has kept us waiting longest.
    pub connections: usize,
    /// The time requests under way get at the end; what is not done then is dropped.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 10 * 1024 * 1024,
            head_time: Duration::from_secs(10),
            body_time: Duration::from_secs(30),
            connections: 512,
            drain: Duration::from_secs(4),
        }
    }
}

/// What goes back to the sender.
#[derive(Clone, Debug, Default)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The headers, without those that belong to the connection.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body.
    pub body: Bytes,
}

impl Reply {
    /// A short JSON answer.
    #[must_use]
    pub fn json(status: u16, value: &serde_json::Value) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), b"application/json".to_vec())],
            body: Bytes::from(value.to_string()),
        }
    }
}

/// Asks for the connection to be reset, without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the connection is to be reset")]
pub struct Reset;

impl Reset {
    /// Whether it is what ended a connection.
    pub(super) fn ended(error: &hyper::Error) -> bool {
        std::error::Error::source(error).is_some_and(<dyn std::error::Error>::is::<Self>)
    }
}

/// What takes the messages.
pub trait Handler: Send + Sync + 'static {
    /// Answers one message. `since` is when its last byte had come.
    fn handle(
        &self,
        message: Message,
        since: Instant,
    ) -> impl Future<Output = Result<Reply, Reset>> + Send;

    /// Hears of a request that was refused before it was a message: the status and why.
    fn refused(&self, peer: SocketAddr, status: u16, why: &str);

    /// Hears that so many slow connections were closed to make room, with so many open.
    fn crowded(&self, closed: u64, open: usize);
}

/// Serves until `shutdown` comes true, then lets requests under way finish.
///
/// The caller binds the listener, so that it knows the port and says it is ready at the right time.
pub async fn run<H: Handler>(
    listener: TcpListener,
    limits: Limits,
    shutdown: impl Future<Output = ()>,
    handler: Arc<H>,
) {
    let seats = Seats::new(limits.connections);
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    let mut told = (0, None::<Instant>);
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, peer)) = accepted else {
            // Out of file descriptors, mostly: others must close first.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let place = tokio::select! {
            () = &mut shutdown => break,
            place = seats.take() => place,
        };
        let sent_away = seats.sent_away();
        if sent_away > told.0 && told.1.is_none_or(|at| at.elapsed() >= CROWDED) {
            handler.crowded(sent_away - told.0, limits.connections);
            told = (sent_away, Some(Instant::now()));
        }
        connections.spawn(converse(stream, peer, place, limits, Arc::clone(&handler)));
    }
    drop(listener);
    if seats.sent_away() > told.0 {
        handler.crowded(seats.sent_away() - told.0, limits.connections);
    }
    seats.end();
    let ended = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(limits.drain, ended).await.is_err() {
        connections.shutdown().await;
    }
}

/// Serves one connection until it ends or has to.
async fn converse<H: Handler>(
    stream: TcpStream,
    peer: SocketAddr,
    place: Place,
    limits: Limits,
    handler: Arc<H>,
) {
    // A request and its answer are small; waiting to fill a packet only adds latency.
    let _ = stream.set_nodelay(true);
    let wire = Wire::new(stream);
    let heads = wire.heads();
    let service = {
        let (heads, seat, handler) = (heads.clone(), place.seat(), Arc::clone(&handler));
        service_fn(move |request| {
            let (heads, seat, handler) = (heads.clone(), seat.clone(), Arc::clone(&handler));
            async move {
                let response = serve(request, peer, &heads, limits, &seat, &*handler).await;
                seat.enter(Phase::Head);
                response
            }
        })
    };
    let mut connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_time)
        .max_headers(MAX_FIELDS)
        .serve_connection(TokioIo::new(wire), service);
    let mut sent_away = false;
    let ended = loop {
        tokio::select! {
            biased;
            ended = &mut connection => break ended,
            call = place.called() => {
                pin::Pin::new(&mut connection).graceful_shutdown();
                sent_away = call == Call::Leave;
                if sent_away {
                    break leave(&mut connection, &place).await;
                }
            }
        }
    };
    if let Err(error) = &ended
        && Reset::ended(error)
    {
        // What closes without a reset looks like an end.
        let wire = connection.into_parts().io.into_inner();
        let _ = wire.get_ref().set_zero_linger();
        return;
    }
    let slow = || (408, "request head came too slowly".to_owned());
    let refused = match &ended {
        Ok(()) => sent_away.then(slow).filter(|_| heads.is_within_head()),
        Err(error) if error.is_timeout() => Some(slow()).filter(|_| heads.is_within_head()),
        Err(error) => refusal::of_head(error, heads.first_byte()),
    };
    let Some((status, why)) = refused else {
        // A sender that breaks its connection is no news: what it sent whole was answered.
        return;
    };
    if !sent_away {
        handler.refused(peer, status, &why);
    }
    if !refusal::is_answered(status)
        && let Ok(status) = StatusCode::from_u16(status)
    {
        let answer = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
        let mut wire = connection.into_parts().io.into_inner();
        let _ = tokio::time::timeout(PARTING, wire.write_all(answer.as_bytes())).await;
    }
}

/// Lets a connection go that has to: at once where it waits for a request, else after the request on
/// it is refused, or answered where it was whole.
async fn leave<E>(
    mut connection: impl Future<Output = Result<(), E>> + Unpin,
    place: &Place,
) -> Result<(), E> {
    while place.phase() != Phase::Head {
        match tokio::time::timeout(PARTING, &mut connection).await {
            Ok(ended) => return ended,
            Err(_) if place.phase() == Phase::Busy => {}
            Err(_) => break,
        }
    }
    Ok(())
}

async fn serve<H: Handler>(
    request: Request<Incoming>,
    peer: SocketAddr,
    heads: &Heads,
    limits: Limits,
    seat: &SeatOf,
    handler: &H,
) -> Result<Response<Full<Bytes>>, Reset> {
    seat.enter(Phase::Body);
    let (parts, body) = request.into_parts();
    let mut message = heads.next(
        parts.method.as_str(),
        &parts.uri.to_string(),
        &parts.headers,
    );
    let refuse = |status: u16, why: &str| {
        if !seat.must_leave() {
            handler.refused(peer, status, why);
        }
        let mut reply = Reply::json(status, &serde_json::json!({ "error": why }));
        // What is left of the body is not worth reading.
        reply
            .headers
            .push(("connection".to_owned(), b"close".to_vec()));
        response(reply)
    };
    let mut read = pin!(tokio::time::timeout(
        limits.body_time,
        collect(body, limits.body)
    ));
    // Whoever calls the connection polls it, and so this.
    let read = poll_fn(|context| match read.as_mut().poll(context) {
        Poll::Pending if seat.must_leave() => Poll::Ready(Ok(Err(Unread::Slow))),
        Poll::Pending => Poll::Pending,
        Poll::Ready(read) => Poll::Ready(read),
    });
    Ok(match read.await {
        Err(_) | Ok(Err(Unread::Slow)) => refuse(408, "body came too slowly"),
        Ok(Err(Unread::TooLarge)) => refuse(413, "body is too large"),
        Ok(Err(Unread::Broken(error))) => refuse(400, &refusal::of_body(&error)),
        Ok(Ok(body)) => {
            seat.enter(Phase::Busy);
            message.body = body;
            response(handler.handle(message, Instant::now()).await?)
        }
    })
}

enum Unread {
    Slow,
    TooLarge,
    Broken(hyper::Error),
}

async fn collect(mut body: Incoming, limit: usize) -> Result<Bytes, Unread> {
    use hyper::body::Body;
    if body.size_hint().lower() > limit as u64 {
        return Err(Unread::TooLarge);
    }
    let mut first = Bytes::new();
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(piece) = frame.map_err(Unread::Broken)?.into_data() else {
            continue;
        };
        if first.len() + whole.len() + piece.len() > limit {
            return Err(Unread::TooLarge);
        }
        // Most bodies come in one piece, which then needs no copy.
        if first.is_empty() && whole.is_empty() {
            first = piece;
            continue;
        }
        if !first.is_empty() {
            whole.extend_from_slice(&std::mem::take(&mut first));
        }
        whole.extend_from_slice(&piece);
    }
    Ok(if whole.is_empty() {
        first
    } else {
        whole.freeze()
    })
}

fn response(reply: Reply) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(reply.body));
    *response.status_mut() =
        StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in reply.headers {
        let name = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(&value)) {
            response.headers_mut().append(name, value);
        }
    }
    response
}
