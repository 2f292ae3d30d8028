//! The request head as it was sent.
//!
//! hyper hands over header names in lower case and repeats grouped. A log that claims to hold what
//! happened wants the original, so the stream is wrapped and the heads that pass are kept aside. A
//! kept head is used only if it says the same as hyper's; where the two disagree, hyper's is taken,
//! so this can never invent a header.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use hyper::HeaderMap;
use hyper::header::{HeaderName, HeaderValue};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::core::message::{Headers, Message};
use crate::core::raw_http;

/// A head longer than this is not kept (hyper refuses it anyway).
const MAX_HEAD: usize = 256 * 1024;

/// The heads of one connection that were read and not yet asked for.
#[derive(Clone, Debug, Default)]
pub struct Heads(Arc<Mutex<Recorder>>);

/// A stream whose request heads are kept.
#[derive(Debug)]
pub struct Wire<S> {
    stream: S,
    heads: Heads,
}

impl<S> Wire<S> {
    /// Wraps a stream; the heads can be asked for through [`Wire::heads`]. One with more than so
    /// many fields is not kept.
    pub fn new(stream: S, fields: usize) -> Self {
        let heads = Heads::default();
        heads.recorder().fields = fields;
        Self { stream, heads }
    }

    /// The stream itself.
    pub fn get_ref(&self) -> &S {
        &self.stream
    }

    /// The heads that pass.
    #[must_use]
    pub fn heads(&self) -> Heads {
        self.heads.clone()
    }
}

impl Heads {
    /// The first byte of the connection.
    #[must_use]
    pub fn first_byte(&self) -> Option<u8> {
        self.recorder().first
    }

    /// Whether a head has begun and not ended.
    #[must_use]
    pub fn is_within_head(&self) -> bool {
        matches!(&self.recorder().phase, Phase::Head(head) if !head.is_empty())
    }

    fn recorder(&self) -> MutexGuard<'_, Recorder> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The method, target and headers of the next request: as sent where they agree with hyper's
    /// reading, else hyper's reading.
    #[must_use]
    pub fn next(&self, method: &str, target: &str, fields: &HeaderMap) -> Message {
        let kept = self.recorder().heads.pop_front();
        match kept {
            Some(head)
                if head.method == method
                    && is_target(&head.target, target)
                    && same(&head.headers, fields) =>
            {
                head
            }
            _ => Message {
                method: method.to_owned(),
                target: target.to_owned(),
                headers: fields
                    .iter()
                    .map(|(name, value)| (name.as_str(), value.as_bytes()))
                    .collect(),
                body: bytes::Bytes::new(),
            },
        }
    }
}

/// Whether a target as it was sent is what hyper makes of it, which leaves out a fragment and writes the
/// path of a bare authority.
fn is_target(sent: &str, target: &str) -> bool {
    let sent = sent.split('#').next().unwrap_or_default();
    sent == target || target.strip_suffix('/') == Some(sent)
}

/// Above so many fields, looking each up in a list takes longer than making a map.
const FEW: usize = 64;

/// Whether two readings have the same fields: for each name, the same values in the same order.
fn same(kept: &Headers, fields: &HeaderMap) -> bool {
    if kept.len() != fields.len() {
        return false;
    }
    // Mostly no name repeats, and both have them in the order they came in.
    let pairs = fields.iter().map(|(name, value)| (name.as_str(), value));
    if (kept.iter().zip(pairs))
        .all(|(kept, own)| kept.1 == own.1.as_bytes() && kept.0.eq_ignore_ascii_case(own.0))
    {
        return true;
    }
    if kept.len() > FEW {
        return as_map(kept).is_some_and(|kept| kept == *fields);
    }
    fields.keys().all(|name| {
        let values = fields.get_all(name).iter().map(HeaderValue::as_bytes);
        kept.all(name.as_str()).eq(values)
    })
}

fn as_map(headers: &Headers) -> Option<HeaderMap> {
    let mut map = HeaderMap::with_capacity(headers.len());
    for (name, value) in headers.iter() {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        map.append(name, HeaderValue::from_bytes(value).ok()?);
    }
    Some(map)
}

#[derive(Debug, Default)]
struct Recorder {
    /// The first byte of all.
    first: Option<u8>,
    heads: VecDeque<Message>,
    phase: Phase,
    /// How many fields a head may have.
    fields: usize,
}

#[derive(Debug)]
enum Phase {
    Head(Vec<u8>),
    Body(u64),
    ChunkSize(Vec<u8>),
    ChunkData(u64),
    Trailer {
        line: usize,
    },
    /// Out of step with the stream: nothing more is kept on this connection.
    Lost,
}

impl Default for Phase {
    fn default() -> Self {
        Self::Head(Vec::new())
    }
}

impl Recorder {
    fn feed(&mut self, mut bytes: &[u8]) {
        self.first = self.first.or(bytes.first().copied());
        while let [first, rest @ ..] = bytes {
            match &mut self.phase {
                Phase::Lost => return,
                Phase::Head(head) if head.is_empty() && matches!(first, b'\r' | b'\n') => {
                    bytes = rest;
                }
                // Most heads come in one piece, which then needs no copy.
                Phase::Head(head)
                    if head.is_empty()
                        && let Some(end) = head_end(bytes) =>
                {
                    let (head, rest) = bytes.split_at(end);
                    bytes = rest;
                    self.phase = self.keep(head).unwrap_or(Phase::Lost);
                }
                Phase::Head(head) => {
                    bytes = rest;
                    head.push(*first);
                    if *first == b'\n' && (head.ends_with(b"\n\r\n") || head.ends_with(b"\n\n")) {
                        let head = std::mem::take(head);
                        self.phase = self.keep(&head).unwrap_or(Phase::Lost);
                    } else if head.len() > MAX_HEAD {
                        self.phase = Phase::Lost;
                    }
                }
                Phase::Body(left) => {
                    bytes = skip(bytes, left);
                    if *left == 0 {
                        self.phase = Phase::default();
                    }
                }
                Phase::ChunkSize(line) => {
                    bytes = rest;
                    line.push(*first);
                    if *first == b'\n' {
                        let size = line
                            .split(|byte| matches!(byte, b';' | b'\r' | b'\n' | b' ' | b'\t'))
                            .next()
                            .and_then(|digits| std::str::from_utf8(digits).ok())
                            .and_then(|digits| u64::from_str_radix(digits, 16).ok());
                        self.phase = match size {
                            None => Phase::Lost,
                            Some(0) => Phase::Trailer { line: 0 },
                            Some(size) => size.checked_add(2).map_or(Phase::Lost, Phase::ChunkData),
                        };
                    } else if line.len() > 1024 {
                        self.phase = Phase::Lost;
                    }
                }
                Phase::ChunkData(left) => {
                    bytes = skip(bytes, left);
                    if *left == 0 {
                        self.phase = Phase::ChunkSize(Vec::new());
                    }
                }
                Phase::Trailer { line } => {
                    bytes = rest;
                    match first {
                        b'\n' if *line == 0 => self.phase = Phase::default(),
                        b'\n' => *line = 0,
                        b'\r' => {}
                        _ => *line += 1,
                    }
                }
            }
        }
    }

    /// Keeps a whole head; gives what follows it, `None` where that cannot be told.
    fn keep(&mut self, head: &[u8]) -> Option<Phase> {
        let (message, _) = raw_http::head_within(head, self.fields).ok()?;
        let headers = &message.headers;
        let phase = if headers.contains("transfer-encoding") {
            let coding = headers.text("transfer-encoding")?;
            coding
                .trim()
                .eq_ignore_ascii_case("chunked")
                .then(|| Phase::ChunkSize(Vec::new()))
        } else {
            match headers.first("content-length") {
                None => Some(Phase::default()),
                Some(_) => match headers.text("content-length")?.trim().parse().ok()? {
                    0 => Some(Phase::default()),
                    length => Some(Phase::Body(length)),
                },
            }
        };
        self.heads.push_back(message);
        phase
    }
}

/// Where a head that begins here ends, if it does within these bytes and is not too long.
fn head_end(bytes: &[u8]) -> Option<usize> {
    let bytes = &bytes[..bytes.len().min(MAX_HEAD)];
    memchr::memchr_iter(b'\n', bytes).find_map(|at| match &bytes[at + 1..] {
        [b'\n', ..] => Some(at + 2),
        [b'\r', b'\n', ..] => Some(at + 3),
        _ => None,
    })
}

/// Leaves out up to `left` bytes.
fn skip<'a>(bytes: &'a [u8], left: &mut u64) -> &'a [u8] {
    let take = usize::try_from(*left)
        .unwrap_or(usize::MAX)
        .min(bytes.len());
    *left -= take as u64;
    &bytes[take..]
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let poll = Pin::new(&mut self.stream).poll_read(context, buffer);
        if let Poll::Ready(Ok(())) = &poll {
            self.heads.recorder().feed(&buffer.filled()[before..]);
        }
        poll
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fed(stream: &[u8], cut: usize) -> VecDeque<Message> {
        let mut recorder = Recorder::default();
        for piece in stream.chunks(cut) {
            recorder.feed(piece);
        }
        recorder.heads
    }

    const STREAM: &[u8] =
        b"POST /a HTTP/1.1\r\nX-B: 1\r\nx-a: 2\r\nX-B: 3\r\nContent-Length: 4\r\n\r\n\n\n\n\n\
        POST /b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;q=1\r\n\n\n\n\r\n0\r\nT: 1\r\n\r\n\
        GET /c HTTP/1.1\nHost: x\n\n";

    #[test]
    fn heads_are_kept_however_the_stream_is_cut() {
        for cut in 1..STREAM.len() {
            let heads = fed(STREAM, cut);
            let targets: Vec<&str> = heads.iter().map(|head| head.target.as_str()).collect();
            assert_eq!(targets, ["/a", "/b", "/c"], "cut at {cut}");
            assert_eq!(
                heads[0].headers.to_lines(),
                b"X-B: 1\r\nx-a: 2\r\nX-B: 3\r\nContent-Length: 4\r\n"
            );
        }
    }

    #[test]
    fn a_head_that_disagrees_is_not_used() {
        let heads = Heads::default();
        let feed = |bytes: &[u8]| heads.0.lock().expect("not poisoned").feed(bytes);
        let mut fields = HeaderMap::new();
        fields.append("x-a", "1".parse().expect("a value"));
        feed(b"POST / HTTP/1.1\r\nX-A: 1\r\n\r\n");
        let next = heads.next("POST", "/", &fields);
        assert_eq!(next.headers.to_lines(), b"X-A: 1\r\n");
        feed(b"POST / HTTP/1.1\r\nX-A: 2\r\n\r\n");
        let next = heads.next("POST", "/", &fields);
        assert_eq!(next.headers.to_lines(), b"x-a: 1\r\n");
        feed(b"POST /b HTTP/1.1\r\nX-A: 1\r\n\r\n");
        let next = heads.next("POST", "/a", &fields);
        assert_eq!(next.target, "/a");
        for (sent, target) in [
            ("/a?b#c", "/a?b"),
            ("http://a/b", "http://a/b"),
            ("http://a", "http://a/"),
            ("*", "*"),
        ] {
            feed(format!("POST {sent} HTTP/1.1\r\nX-A: 1\r\n\r\n").as_bytes());
            assert_eq!(heads.next("POST", target, &fields).target, sent);
        }
    }

    #[test]
    fn many_fields_are_held_together_as_few_are() {
        let name = |n: usize| format!("X-{}", n % FEW);
        for count in [3, 2 * FEW] {
            let kept: Headers = (0..count).map(|n| (name(n), n.to_string())).collect();
            assert!(same(&kept, &as_map(&kept).expect("a map")));
            let value = |n: usize| if n == 2 { 0 } else { n };
            let other: Headers = (0..count)
                .map(|n| (name(n), value(n).to_string()))
                .collect();
            let other = as_map(&other).expect("a map");
            assert!(!same(&kept, &other), "{count}");
        }
    }

    proptest! {
        #[test]
        fn any_stream_is_taken_without_panic(stream in prop::collection::vec(any::<u8>(), 1..400)) {
            let _ = fed(&stream, 7);
            let mut chunked = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
            chunked.extend(stream);
            let _ = fed(&chunked, 9);
        }
    }
}
