//! Connections in, messages out: limits, and an end that loses nothing.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::wire::{Heads, Wire};
use crate::core::message::Message;
use crate::core::raw_http::MAX_FIELDS;

/// What one sender may use up.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The body's bytes; beyond, 413.
    pub body: usize,
    /// The time for the head of a request, and for the next one on an idle connection.
    pub head_time: Duration,
    /// The time for the body; beyond, 408.
    pub body_time: Duration,
    /// Connections open at once; further ones wait.
    pub connections: usize,
    /// The time requests under way get at the end.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 10 * 1024 * 1024,
            head_time: Duration::from_secs(10),
            body_time: Duration::from_secs(30),
            connections: 512,
            drain: Duration::from_secs(5),
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

/// What takes the messages.
pub trait Handler: Send + Sync + 'static {
    /// Answers one message. `since` is when its last byte had come.
    fn handle(&self, message: Message, since: Instant) -> impl Future<Output = Reply> + Send;

    /// Hears of a request that was refused before it was a message: the status and why.
    fn refused(&self, peer: SocketAddr, status: u16, why: &str);
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
    let graceful = GracefulShutdown::new();
    let room = Arc::new(Semaphore::new(limits.connections));
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            accepted = accept(&listener, &room) => accepted,
        };
        let Some((stream, peer, place)) = accepted else {
            continue;
        };
        // A request and its answer are small; waiting to fill a packet only adds latency.
        let _ = stream.set_nodelay(true);
        let wire = Wire::new(stream);
        let heads = wire.heads();
        let handler = Arc::clone(&handler);
        let service = service_fn(move |request| {
            let handler = Arc::clone(&handler);
            let heads = heads.clone();
            async move { Ok::<_, Infallible>(serve(request, peer, &heads, limits, &*handler).await) }
        });
        let connection = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.head_time)
            .max_headers(MAX_FIELDS)
            .serve_connection(TokioIo::new(wire), service);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            // A sender that breaks its connection is no news: what it sent whole was answered.
            let _ = connection.await;
            drop(place);
        });
    }
    drop(listener);
    let _ = tokio::time::timeout(limits.drain, graceful.shutdown()).await;
}

/// The next connection, once there is room for it. `None` after a failure that may pass.
async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> Option<(
    tokio::net::TcpStream,
    SocketAddr,
    tokio::sync::OwnedSemaphorePermit,
)> {
    let place = Arc::clone(room).acquire_owned().await.ok()?;
    if let Ok((stream, peer)) = listener.accept().await {
        Some((stream, peer, place))
    } else {
        // Out of file descriptors, mostly: others must close first.
        tokio::time::sleep(Duration::from_millis(50)).await;
        None
    }
}

async fn serve<H: Handler>(
    request: Request<Incoming>,
    peer: SocketAddr,
    heads: &Heads,
    limits: Limits,
    handler: &H,
) -> Response<Full<Bytes>> {
    let (parts, body) = request.into_parts();
    let mut message = heads.next(
        parts.method.as_str(),
        &parts.uri.to_string(),
        &parts.headers,
    );
    let refuse = |status: u16, why: &str| {
        handler.refused(peer, status, why);
        let mut reply = Reply::json(status, &serde_json::json!({ "error": why }));
        // What is left of the body is not worth reading.
        reply
            .headers
            .push(("connection".to_owned(), b"close".to_vec()));
        response(reply)
    };
    let read = tokio::time::timeout(limits.body_time, collect(body, limits.body));
    match read.await {
        Err(_) => refuse(408, "body came too slowly"),
        Ok(Err(Unread::TooLarge)) => refuse(413, "body is too large"),
        Ok(Err(Unread::Broken(error))) => refuse(400, &format!("body is broken: {error}")),
        Ok(Ok(body)) => {
            message.body = body;
            response(handler.handle(message, Instant::now()).await)
        }
    }
}

enum Unread {
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
