//! Connections in, messages out: limits, and an end that loses nothing.

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::task::JoinSet;

use super::connection::converse;
use super::crew::Crew;
use super::seats::Seats;
use super::socket::{Listener, Peer};
use super::tls::Tls;
use crate::core::message::Message;

/// How often to say that connections are sent away.
const CROWDED: Duration = Duration::from_secs(1);

/// What one sender may use up.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The body's bytes; beyond, 413.
    pub body: usize,
    /// The time for the head of a request, for a TLS handshake, and for the next request on an idle
    /// connection.
    pub head_time: Duration,
    /// The time for the body; beyond, 408.
    pub body_time: Duration,
    /// Connections open at once; for a further one, the one goes that has kept us waiting longest.
    ///
    /// An HTTP/2 request that comes while another is open on its connection counts as one more.
    pub connections: usize,
    /// The header fields of a request; beyond, 431.
    pub headers: usize,
    /// The time requests under way get at the end; what is not done then is dropped.
    pub drain: Duration,
}

/// How many header fields a request may have where nobody says otherwise: what hyper has room for
/// without asking for memory.
pub const HEADERS: usize = 100;

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 10 * 1024 * 1024,
            head_time: Duration::from_secs(10),
            body_time: Duration::from_secs(30),
            connections: 512,
            headers: HEADERS,
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
        Self::of_json(status, value.to_string())
    }

    /// A short answer of JSON that is written already.
    pub(super) fn of_json(status: u16, text: String) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), b"application/json".to_vec())],
            body: text.into(),
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

    /// Hears of a request that was refused before it was a message: the status it was answered, if
    /// it could be, and why.
    fn refused(&self, peer: Peer, status: Option<u16>, why: &str);

    /// Hears that so many slow connections were closed to make room, with so many open.
    fn crowded(&self, closed: u64, open: usize);
}

/// What serves: shared by all connections.
pub(super) struct Service<H> {
    pub(super) limits: Limits,
    pub(super) tls: Option<Tls>,
    pub(super) seats: Arc<Seats>,
    pub(super) handler: Arc<H>,
}

/// Serves until `shutdown` comes true, then lets requests under way finish.
///
/// The caller binds the listener, so that it knows the port and says it is ready at the right time.
pub async fn run<H: Handler>(
    listener: impl Into<Listener>,
    limits: Limits,
    crew: &Crew,
    shutdown: impl Future<Output = ()>,
    handler: Arc<H>,
) {
    let listener = listener.into();
    let service = Arc::new(Service {
        limits,
        tls: listener.tls.clone(),
        seats: Seats::new(limits.connections),
        handler,
    });
    let Service { seats, handler, .. } = &*service;
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    let mut told = (0, None::<Instant>);
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        let Ok((socket, peer)) = accepted else {
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
        let service = Arc::clone(&service);
        let Some(berth) = crew.berth() else {
            connections.spawn(converse(socket, peer, place, service));
            continue;
        };
        let Ok(socket) = socket.set_adrift() else {
            continue;
        };
        let runtime = berth.runtime.clone();
        let served = async move {
            let _berth = berth;
            // What cannot be waited for is closed.
            if let Ok(socket) = socket.settle() {
                converse(socket, peer, place, service).await;
            }
        };
        connections.spawn_on(served, &runtime);
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
