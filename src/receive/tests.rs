use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::crew::Crew;
use super::server::{Handler, Limits, Reply, Reset, run};
use super::socket::Peer;
use crate::core::message::Message;

/// Answers everything but what is posted to `/slow`, and remembers what was refused.
#[derive(Default)]
pub(super) struct Hearer {
    told: Mutex<Vec<String>>,
}

impl Hearer {
    fn tell(&self, text: String) {
        self.told.lock().expect("not poisoned").push(text);
    }
}

impl Handler for Hearer {
    async fn handle(&self, message: Message, _since: Instant) -> Result<Reply, Reset> {
        match message.target.as_str() {
            "/slow" => std::future::pending().await,
            "/reset" => Err(Reset),
            _ => Ok(Reply {
                status: 200,
                ..Reply::default()
            }),
        }
    }

    fn refused(&self, _peer: Peer, status: Option<u16>, why: &str) {
        match status {
            Some(status) => self.tell(format!("{status} {why}")),
            None => self.tell(why.to_owned()),
        }
    }

    fn crowded(&self, closed: u64, open: usize) {
        self.tell(format!("closed {closed} of {open}"));
    }
}

/// A server on a port of its own.
pub(super) struct Served {
    pub(super) address: SocketAddr,
    hearer: Arc<Hearer>,
    stop: Arc<Notify>,
    server: JoinHandle<()>,
}

impl Served {
    pub(super) async fn new(limits: Limits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let hearer = Arc::new(Hearer::default());
        let stop = Arc::new(Notify::new());
        let (own, ending) = (Arc::clone(&hearer), Arc::clone(&stop));
        let server = tokio::spawn(async move {
            run(listener, limits, &Crew::default(), ending.notified(), own).await;
        });
        Self {
            address,
            hearer,
            stop,
            server,
        }
    }

    /// Sends these bytes on a connection of their own.
    pub(super) async fn send(&self, bytes: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.expect("connects");
        // A server that has read enough may be gone before all is sent.
        let _ = stream.write_all(bytes).await;
        stream
    }

    /// Ends the server and gives what it told.
    pub(super) async fn end(self) -> Vec<String> {
        self.stop.notify_one();
        let ended = tokio::time::timeout(Duration::from_secs(10), self.server).await;
        assert!(matches!(ended, Ok(Ok(()))), "does not end");
        assert_eq!(Arc::strong_count(&self.hearer), 1, "a connection is left");
        self.hearer.told.lock().expect("not poisoned").clone()
    }
}

/// The status line that comes, empty if none does.
async fn status_line(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    let mut piece = [0; 256];
    while !answer.contains(&b'\r') {
        let read = tokio::time::timeout(Duration::from_secs(10), stream.read(&mut piece)).await;
        match read.expect("an answer or an end") {
            Ok(count @ 1..) => answer.extend_from_slice(&piece[..count]),
            _ => break,
        }
    }
    let text = String::from_utf8_lossy(&answer).into_owned();
    text.lines().next().unwrap_or_default().to_owned()
}

/// The same once the server has closed: one that goes while the answer is on its way resets it.
async fn last_status_line(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    let end = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut answer));
    // What was read stays, whether the server closed or reset.
    let _ = end.await.expect("an end");
    let text = String::from_utf8_lossy(&answer).into_owned();
    text.lines().next().unwrap_or_default().to_owned()
}

const WHOLE: &[u8] = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na";
const HALF_A_BODY: &[u8] = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\na";
const HALF_A_HEAD: &[u8] = b"POST / HTTP/1.1\r\nHost: x\r\n";

#[tokio::test]
async fn slow_senders_cost_others_nothing() {
    let limits = Limits {
        connections: 3,
        ..Limits::default()
    };
    let served = Served::new(limits).await;
    let mut slow = Vec::new();
    for bytes in [HALF_A_BODY, HALF_A_HEAD, b"", HALF_A_BODY, HALF_A_HEAD] {
        slow.push(served.send(bytes).await);
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    let start = Instant::now();
    let answer = status_line(served.send(WHOLE).await).await;
    assert_eq!(answer, "HTTP/1.1 200 OK");
    assert!(start.elapsed() < Duration::from_secs(2));
    let mut lines = Vec::new();
    for stream in slow.drain(..3) {
        lines.push(status_line(stream).await);
    }
    let late = "HTTP/1.1 408 Request Timeout";
    assert_eq!(lines, [late, late, ""]);
    assert_eq!(served.end().await, ["closed 1 of 3", "closed 2 of 3"]);
}

#[tokio::test]
async fn an_end_waits_no_longer_than_it_says() {
    let limits = Limits {
        drain: Duration::from_millis(200),
        ..Limits::default()
    };
    for unfinished in [
        HALF_A_BODY,
        HALF_A_HEAD,
        b"",
        b"POST /slow HTTP/1.1\r\nHost: x\r\n\r\n",
    ] {
        let served = Served::new(limits).await;
        let _stream = served.send(unfinished).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        let start = Instant::now();
        assert_eq!(served.end().await, [""; 0]);
        assert!(start.elapsed() < Duration::from_secs(2));
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_told() {
    let served = Served::new(Limits::default()).await;
    // So much more than is read of a head that no single read brings it all.
    let long = "a".repeat(4_000_000);
    let refused: [(String, &str, &str); 6] = [
        (
            "POST / HTTP/1.1\r\nX: \x1b[2J\r\n\r\n".into(),
            "HTTP/1.1 400 Bad Request",
            "400 not an HTTP request: invalid HTTP header parsed",
        ),
        (
            "POST / HTTP/1.1\r\nContent-Length: +2\r\n\r\naa".into(),
            "HTTP/1.1 400 Bad Request",
            "400 not an HTTP request: invalid content-length parsed",
        ),
        (
            format!("POST / HTTP/1.1\r\nX: {long}\r\n\r\n"),
            "",
            "431 request head is too large",
        ),
        (
            format!("POST /{} HTTP/1.1\r\n\r\n", &long[..300_000]),
            "",
            "414 request target is too long",
        ),
        (
            "\x16\x03\x01\x02\0\x01\0\x01\u{7c}\x03\x03".into(),
            "HTTP/1.1 400 Bad Request",
            "400 TLS on a plain port: http, not https",
        ),
        (
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nPOST / HTTP/1.1\r\n\r\n".into(),
            "",
            "HTTP/2 failed: frame with invalid size",
        ),
    ];
    for (request, answer, _) in &refused {
        let line = last_status_line(served.send(request.as_bytes()).await).await;
        // Where much is left unread, the end of the connection can overtake the answer.
        if !answer.is_empty() {
            assert_eq!(line, *answer);
        }
    }
    // Where the answer was not waited for, the next request can be told first.
    let mut told = served.end().await;
    let mut wanted: Vec<_> = refused.iter().map(|(_, _, told)| *told).collect();
    told.sort();
    wanted.sort_unstable();
    assert_eq!(told, wanted);
}

#[tokio::test]
async fn what_does_not_come_is_told() {
    let limits = Limits {
        head_time: Duration::from_millis(100),
        body_time: Duration::from_millis(100),
        ..Limits::default()
    };
    let served = Served::new(limits).await;
    for slow in [HALF_A_HEAD, HALF_A_BODY] {
        let line = status_line(served.send(slow).await).await;
        assert_eq!(line, "HTTP/1.1 408 Request Timeout");
    }
    let mut idle = served.send(b"").await;
    assert_eq!(idle.read(&mut [0]).await.ok(), Some(0));
    drop(served.send(HALF_A_BODY).await);
    let chunks = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nnot a size\r\n";
    status_line(served.send(chunks).await).await;
    let told = served.end().await;
    assert_eq!(
        told[..3],
        [
            "408 request head came too slowly",
            "408 body came too slowly",
            "400 connection closed before the body was whole",
        ]
    );
    assert!(told[3].starts_with("400 body is malformed: "), "{told:?}");
}

#[tokio::test]
async fn a_reset_is_one_and_no_news() {
    let served = Served::new(Limits::default()).await;
    let mut stream = served
        .send(b"POST /reset HTTP/1.1\r\nHost: x\r\n\r\n")
        .await;
    let mut answer = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut answer));
    let error = read.await.expect("an end").expect_err("no proper end");
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    assert_eq!(answer, b"");
    assert_eq!(served.end().await, Vec::<String>::new());
}
