//! A connection over HTTP/2: many requests at once, each in its seat, all in one task, so that what
//! ends the connection ends them.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep, timeout};

use super::connection::PARTING;
use super::refusal::{self, Refusal};
use super::request::{self, Arrival};
use super::seats::{Call, Phase, Place, SeatOf, Seats};
use super::server::{Handler, Service};
use super::socket::Peer;
use super::tls::Stream;

/// Requests at once on one connection; beyond, the sender is told to wait.
const STREAMS: u32 = 100;
/// A request's head, as HPACK counts it; beyond, 431. Over HTTP/1 hyper's bound is a little higher.
const HEAD: u32 = 256 * 1024;

/// Serves one connection until it ends or has to. What a sender could flood it with (resets,
/// settings, pings, continuations) has hyper's bounds.
pub(super) async fn converse<H: Handler>(
    stream: Stream,
    peer: Peer,
    place: Place,
    service: Arc<Service<H>>,
) {
    let fresh = Fresh::default();
    let seating = Arc::new(Seating::new(&place, &service.seats));
    let requests = {
        let (seating, service) = (Arc::clone(&seating), Arc::clone(&service));
        service_fn(move |request| {
            let (seating, service) = (Arc::clone(&seating), Arc::clone(&service));
            async move {
                let seated = seating.sit().await;
                let arrival = Arrival {
                    peer,
                    seat: &seated.seat(),
                    heads: None,
                };
                // hyper resets the stream of what is to be reset, and no other.
                request::serve(request, arrival, &service).await
            }
        })
    };
    let mut connection = http2::Builder::new(fresh.clone())
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEAD)
        .serve_connection(TokioIo::new(stream), requests);
    let mut open = Open::new(fresh);
    let mut heard = Call::Stay;
    let idle_time = service.limits.head_time;
    let mut look = pin!(sleep(idle_time));
    let ended = loop {
        tokio::select! {
            biased;
            ended = open.with(&mut connection) => break ended,
            call = place.called(heard) => {
                heard = call;
                Pin::new(&mut connection).graceful_shutdown();
                if call == Call::Leave {
                    break leave(&mut connection, &mut open, &seating).await;
                }
            }
            () = &mut look => {
                let idle_since = open.idle_since.unwrap_or_else(Instant::now);
                if idle_since.elapsed() >= idle_time {
                    Pin::new(&mut connection).graceful_shutdown();
                    break leave(&mut connection, &mut open, &seating).await;
                }
                look.as_mut().reset(idle_since + idle_time);
            }
        }
    };
    if let Err(error) = &ended
        && let Some(Refusal { status, why }) = refusal::of_http2(error)
    {
        service.handler.refused(peer, status, &why);
    }
}

/// Lets a connection go that has to: once the requests on it are answered or refused, and it heard.
async fn leave<E>(
    connection: &mut (impl Future<Output = Result<(), E>> + Unpin),
    open: &mut Open,
    seating: &Seating,
) -> Result<(), E> {
    loop {
        match timeout(PARTING, open.with(connection)).await {
            Ok(ended) => return ended,
            Err(_) if seating.is_taken() => {}
            Err(_) => return Ok(()),
        }
    }
}

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Where hyper puts the requests it has read the head of.
#[derive(Clone, Default)]
struct Fresh(Arc<Mutex<Vec<Task>>>);

impl Fresh {
    fn take(&self) -> Vec<Task> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<F: Future<Output = ()> + Send + 'static> hyper::rt::Executor<F> for Fresh {
    fn execute(&self, request: F) {
        let mut fresh = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        fresh.push(Box::pin(request));
    }
}

/// The requests that are read, worked on or answered.
struct Open {
    fresh: Fresh,
    tasks: FuturesUnordered<Task>,
    /// Since when there is none.
    idle_since: Option<Instant>,
}

impl Open {
    fn new(fresh: Fresh) -> Self {
        Self {
            fresh,
            tasks: FuturesUnordered::new(),
            idle_since: Some(Instant::now()),
        }
    }

    /// The connection and its requests, until the connection ends.
    async fn with<C: Future + Unpin>(&mut self, connection: &mut C) -> C::Output {
        poll_fn(|context| {
            let ended = Pin::new(&mut *connection).poll(context);
            if ended.is_pending() {
                self.poll(context);
            }
            ended
        })
        .await
    }

    fn poll(&mut self, context: &mut Context<'_>) {
        loop {
            let fresh = self.fresh.take();
            if !fresh.is_empty() {
                self.idle_since = None;
                self.tasks.extend(fresh);
            }
            match self.tasks.poll_next_unpin(context) {
                Poll::Ready(Some(())) => {}
                Poll::Ready(None) => {
                    self.idle_since.get_or_insert_with(Instant::now);
                    return;
                }
                Poll::Pending => return,
            }
        }
    }
}

/// The seats of one connection: its own, which one request at a time sits on too, and a further one
/// for each that comes in between.
struct Seating {
    seats: Arc<Seats>,
    own: SeatOf,
    own_is_free: Arc<Semaphore>,
    /// How many requests sit, or wait to.
    open: Mutex<usize>,
}

/// A request in its seat: the connection's own, or a further one.
struct Seated<'a> {
    seating: &'a Seating,
    own: Option<OwnedSemaphorePermit>,
    further: Option<Place>,
}

impl Seating {
    fn new(place: &Place, seats: &Arc<Seats>) -> Self {
        Self {
            seats: Arc::clone(seats),
            own: place.seat(),
            own_is_free: Arc::new(Semaphore::new(1)),
            open: Mutex::new(0),
        }
    }

    /// A seat for one more request, as soon as there is one.
    async fn sit(&self) -> Seated<'_> {
        let first = self.change(|open| *open += 1) == 1;
        if first {
            self.own.enter(Phase::Busy);
        }
        let mut seated = Seated {
            seating: self,
            own: None,
            further: None,
        };
        tokio::select! {
            biased;
            own = Arc::clone(&self.own_is_free).acquire_owned() => seated.own = own.ok(),
            further = self.seats.take() => seated.further = Some(further),
        }
        seated
    }

    /// Whether requests sit, or wait to.
    fn is_taken(&self) -> bool {
        self.change(|_| {}) > 0
    }

    fn change(&self, how: impl FnOnce(&mut usize)) -> usize {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        how(&mut open);
        *open
    }
}

impl Seated<'_> {
    fn seat(&self) -> SeatOf {
        match &self.further {
            Some(place) => place.seat(),
            None => self.seating.own.clone(),
        }
    }
}

impl Drop for Seated<'_> {
    fn drop(&mut self) {
        let left = self.seating.change(|open| *open -= 1);
        // While others are open, the connection's own seat is theirs too.
        if left == 0 {
            self.seating.own.enter(Phase::Head);
        } else if self.own.is_some() {
            self.seating.own.enter(Phase::Busy);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;
    use h2::client::{ResponseFuture, SendRequest};
    use h2::{Reason, SendStream};
    use hyper::Request;
    use tokio::net::TcpStream;
    use tokio::task::JoinHandle;

    use super::*;
    use crate::receive::server::Limits;
    use crate::receive::tests::Served;

    /// A client, and how its connection ends.
    async fn client(served: &Served) -> (SendRequest<Bytes>, JoinHandle<Result<(), h2::Error>>) {
        let stream = TcpStream::connect(served.address).await.expect("connects");
        let (client, connection) = h2::client::handshake(stream).await.expect("speaks");
        let connection = tokio::spawn(connection);
        (client.ready().await.expect("ready"), connection)
    }

    fn request(path: &str) -> Request<()> {
        let url = format!("http://example.com{path}");
        let request = Request::post(url).body(());
        request.expect("a request")
    }

    /// Posts a head whose body is to come.
    fn post(
        client: &mut SendRequest<Bytes>,
        request: Request<()>,
    ) -> (ResponseFuture, SendStream<Bytes>) {
        client.send_request(request, false).expect("sends")
    }

    async fn status(answer: ResponseFuture) -> Result<u16, h2::Error> {
        let answer = tokio::time::timeout(Duration::from_secs(10), answer).await;
        Ok(answer.expect("an answer or an end")?.status().as_u16())
    }

    #[tokio::test]
    async fn requests_are_answered_in_any_order() {
        let served = Served::new(Limits::default()).await;
        let (mut client, _connection) = client(&served).await;
        let (first, mut body) = post(&mut client, request("/"));
        let (second, _) = client.send_request(request("/"), true).expect("sends");
        assert_eq!(status(second).await.expect("an answer"), 200);
        body.send_data("{}".into(), true).expect("sends");
        assert_eq!(status(first).await.expect("an answer"), 200);
        assert_eq!(served.end().await, [""; 0]);
    }

    #[tokio::test]
    async fn what_cannot_be_taken_is_refused_and_told() {
        let limits = Limits {
            body: 3,
            body_time: Duration::from_millis(100),
            headers: 5,
            ..Limits::default()
        };
        let served = Served::new(limits).await;
        let (mut client, _connection) = client(&served).await;
        let mut large = request("/");
        large.headers_mut().append("content-length", 4.into());
        let (answer, mut body) = post(&mut client, large);
        body.send_data("abcd".into(), true).expect("sends");
        assert_eq!(status(answer).await.expect("an answer"), 413);
        let (answer, mut body) = post(&mut client, request("/"));
        body.send_data("abcd".into(), false).expect("sends");
        assert_eq!(status(answer).await.expect("an answer"), 413);
        let (answer, _body) = post(&mut client, request("/"));
        assert_eq!(status(answer).await.expect("an answer"), 408);
        let mut many = request("/");
        for _ in 0..6 {
            many.headers_mut().append("x", 1.into());
        }
        let (answer, _) = client.send_request(many, true).expect("sends");
        assert_eq!(status(answer).await.expect("an answer"), 431);
        let mut two = request("/");
        let host = "other.example".parse().expect("a value");
        two.headers_mut().append("host", host);
        let (answer, _) = client.send_request(two, true).expect("sends");
        assert_eq!(status(answer).await.expect("an answer"), 400);
        let mut one = request("/");
        let host = "EXAMPLE.com".parse().expect("a value");
        one.headers_mut().append("host", host);
        let (answer, _) = client.send_request(one, true).expect("sends");
        assert_eq!(status(answer).await.expect("an answer"), 200);
        let (answer, mut body) = post(&mut client, request("/"));
        body.send_data("a".into(), false).expect("sends");
        body.send_reset(Reason::CANCEL);
        assert!(status(answer).await.is_err());
        let told = served.end().await;
        let wanted = [
            "413 body is too large",
            "413 body is too large",
            "408 body came too slowly",
            "431 request has too many header fields",
            "400 `host` and `:authority` differ",
        ];
        assert_eq!(told[..5], wanted);
        // Whether a request that was taken back was seen at all depends on the moment.
        assert!(told.len() <= 6, "{told:?}");
    }

    #[tokio::test]
    async fn a_reset_is_of_one_request_alone() {
        let served = Served::new(Limits::default()).await;
        let (mut client, _connection) = client(&served).await;
        let (answer, _) = client.send_request(request("/reset"), true).expect("sends");
        let error = status(answer).await.expect_err("a reset");
        assert!(error.is_reset() && error.is_remote(), "{error:?}");
        let (answer, _) = client.send_request(request("/"), true).expect("sends");
        assert_eq!(status(answer).await.expect("an answer"), 200);
        assert_eq!(served.end().await, [""; 0]);
    }

    #[tokio::test]
    async fn every_open_request_has_a_seat() {
        let limits = Limits {
            connections: 2,
            drain: Duration::from_millis(200),
            ..Limits::default()
        };
        let served = Served::new(limits).await;
        let (mut client, _connection) = client(&served).await;
        let (oldest, _body) = post(&mut client, request("/"));
        let (older, _other) = post(&mut client, request("/"));
        let (third, mut body) = post(&mut client, request("/"));
        body.send_data("{}".into(), true).expect("sends");
        // For the third there is no seat until the one goes that has been kept waiting longest.
        assert_eq!(status(third).await.expect("an answer"), 200);
        assert_eq!(status(oldest).await.expect("an answer"), 408);
        drop(older);
        let told = served.end().await;
        assert!(told.contains(&"closed 1 of 2".to_owned()), "{told:?}");
    }

    #[tokio::test]
    async fn a_single_seat_is_enough() {
        let limits = Limits {
            connections: 1,
            ..Limits::default()
        };
        let served = Served::new(limits).await;
        for _ in 0..2 {
            let (mut client, _connection) = client(&served).await;
            for _ in 0..3 {
                let (answer, _) = client.send_request(request("/"), true).expect("sends");
                assert_eq!(status(answer).await.expect("an answer"), 200);
            }
        }
        served.end().await;
    }

    #[tokio::test]
    async fn one_that_waits_is_closed_and_one_that_works_is_not() {
        let limits = Limits {
            head_time: Duration::from_millis(200),
            ..Limits::default()
        };
        let served = Served::new(limits).await;
        let (idle, connection) = client(&served).await;
        let ended = tokio::time::timeout(Duration::from_secs(10), connection).await;
        assert!(ended.is_ok(), "an idle connection stays");
        drop(idle);
        let (mut busy, connection) = client(&served).await;
        let (answer, mut body) = post(&mut busy, request("/"));
        tokio::time::sleep(Duration::from_millis(500)).await;
        body.send_data("{}".into(), true).expect("sends");
        assert_eq!(status(answer).await.expect("an answer"), 200);
        let ended = tokio::time::timeout(Duration::from_secs(10), connection).await;
        assert!(ended.is_ok(), "it stays when it is done");
        assert_eq!(served.end().await, [""; 0]);
    }

    #[tokio::test]
    async fn an_end_lets_requests_finish_and_waits_no_longer_than_it_says() {
        let limits = Limits {
            drain: Duration::from_millis(500),
            ..Limits::default()
        };
        let served = Served::new(limits).await;
        let (mut client, _connection) = client(&served).await;
        let (answer, mut body) = post(&mut client, request("/"));
        body.send_data("{".into(), false).expect("sends");
        let (never, _) = client.send_request(request("/slow"), true).expect("sends");
        let (seen, _) = client.send_request(request("/"), true).expect("sends");
        assert_eq!(status(seen).await.expect("an answer"), 200);
        let start = Instant::now();
        let ended = tokio::spawn(served.end());
        // The server says so before it ends.
        while client.send_request(request("/"), true).is_ok() {
            tokio::task::yield_now().await;
        }
        body.send_data("}".into(), true).expect("sends");
        assert_eq!(status(answer).await.expect("an answer"), 200);
        assert!(status(never).await.is_err());
        ended.await.expect("no panic");
        assert!(start.elapsed() < Duration::from_secs(5));
    }

    #[tokio::test]
    async fn a_flood_of_resets_ends_the_connection_and_is_told() {
        let served = Served::new(Limits::default()).await;
        let (mut client, connection) = client(&served).await;
        for _ in 0..2000 {
            let Ok((_, mut body)) = client.send_request(request("/slow"), false) else {
                break;
            };
            body.send_reset(Reason::CANCEL);
            tokio::task::yield_now().await;
        }
        let ended = tokio::time::timeout(Duration::from_secs(10), connection).await;
        // Why may be overtaken by the end of the connection.
        ended.expect("ends").expect("no panic").expect_err("broken");
        let why = Reason::ENHANCE_YOUR_CALM.description();
        // Before it, those are told that were seen before they were taken back.
        let told = served.end().await;
        assert_eq!(told.last(), Some(&format!("HTTP/2 failed: {why}")));
    }
}
