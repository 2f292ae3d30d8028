//! An answer as it comes over the wire: its head, its body in every framing, bounded.

use std::io;
use std::mem::MaybeUninit;

use httparse::{Header, ParserConfig, Response, Status};
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::core::delivery::Reply;
use crate::core::message::Headers;

/// An answer's head is not longer than this.
const HEAD: usize = 64 * 1024;
/// Of an answer that is not kept, so much is read before the connection is given up.
const DRAINED: usize = 1024 * 1024;
/// More header fields than this are no answer.
const FIELDS: usize = 128;

/// How much is read at once, at least.
const PIECE: usize = 2048;

/// What is read, with what was read ahead.
pub(super) struct Reader<Half> {
    pub(super) half: Half,
    ahead: Vec<u8>,
}

/// An answer's head.
pub(super) struct Head {
    pub(super) status: u16,
    headers: Headers,
    length: Length,
    /// Whether the connection may take another request.
    keeps: bool,
}

/// Where a body ends.
#[derive(Clone, Copy)]
enum Length {
    Bytes(usize),
    Chunks,
    Closed,
}

fn malformed(what: impl std::fmt::Display) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("no HTTP answer: {what}"),
    )
}

impl<Half: AsyncRead + Unpin> Reader<Half> {
    pub(super) fn new(half: Half) -> Self {
        Self {
            half,
            ahead: Vec::new(),
        }
    }

    /// Reads more; an end is an error.
    async fn more(&mut self) -> io::Result<()> {
        self.ahead.reserve(PIECE);
        match self.half.read_buf(&mut self.ahead).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }

    /// The next head, with its fields where they are kept. What was read of it stays where this is given
    /// up on.
    pub(super) async fn head(&mut self, keeps_fields: bool) -> io::Result<Head> {
        loop {
            if !self.ahead.is_empty() {
                if let Some((head, length)) = parse(&self.ahead, keeps_fields)? {
                    self.ahead.drain(..length);
                    return Ok(head);
                }
                if self.ahead.len() >= HEAD {
                    return Err(malformed("its head does not end"));
                }
            }
            self.more().await?;
        }
    }

    /// The body behind a head, and whether the connection may be used again.
    pub(super) async fn body(
        &mut self,
        head: Head,
        is_head: bool,
        keep: usize,
    ) -> io::Result<(Reply, bool)> {
        let mut body = Body {
            kept: Vec::new(),
            keep,
            seen: 0,
        };
        let mut keeps = head.keeps;
        if !is_head && !matches!(head.status, 101 | 204 | 304) {
            match head.length {
                Length::Chunks => keeps &= self.chunks(&mut body).await?,
                Length::Bytes(length) => keeps &= self.exactly(length, &mut body).await?,
                Length::Closed => {
                    keeps = false;
                    self.until_closed(&mut body).await?;
                }
            }
        }
        let truncated = body.seen > body.kept.len();
        let reply = Reply {
            status: head.status,
            headers: head.headers,
            body: body.kept.into(),
            truncated,
        };
        Ok((reply, keeps))
    }

    /// Whether nothing was read ahead: what nobody asked for is no answer to the next.
    pub(super) fn is_empty(&self) -> bool {
        self.ahead.is_empty()
    }

    /// So many bytes; whether they were all read.
    async fn exactly(&mut self, mut length: usize, body: &mut Body) -> io::Result<bool> {
        while length > 0 {
            if self.ahead.is_empty() {
                self.more().await?;
            }
            let taken = length.min(self.ahead.len());
            body.take(&self.ahead[..taken]);
            self.ahead.drain(..taken);
            length -= taken;
            if body.is_full() {
                return Ok(length == 0);
            }
        }
        Ok(true)
    }

    async fn chunks(&mut self, body: &mut Body) -> io::Result<bool> {
        loop {
            let size = match httparse::parse_chunk_size(&self.ahead) {
                Err(_) => return Err(malformed("its chunks are malformed")),
                Ok(Status::Partial) if self.ahead.len() > HEAD => {
                    return Err(malformed("its chunks are malformed"));
                }
                Ok(Status::Partial) => {
                    self.more().await?;
                    continue;
                }
                Ok(Status::Complete((skip, size))) => {
                    self.ahead.drain(..skip);
                    usize::try_from(size).map_err(malformed)?
                }
            };
            if size == 0 {
                return self.trailers().await;
            }
            if !self.exactly(size, body).await? {
                return Ok(false);
            }
            while self.ahead.len() < 2 {
                self.more().await?;
            }
            if !self.ahead.starts_with(b"\r\n") {
                return Err(malformed("its chunks are malformed"));
            }
            self.ahead.drain(..2);
        }
    }

    /// What stands behind the last chunk, up to the empty line.
    async fn trailers(&mut self) -> io::Result<bool> {
        loop {
            if let Some(end) = self.ahead.windows(2).position(|own| own == b"\r\n") {
                self.ahead.drain(..end + 2);
                if end == 0 {
                    return Ok(true);
                }
            } else if self.ahead.len() > HEAD {
                return Ok(false);
            } else {
                self.more().await?;
            }
        }
    }

    async fn until_closed(&mut self, body: &mut Body) -> io::Result<()> {
        loop {
            body.take(&std::mem::take(&mut self.ahead));
            if body.is_full() {
                return Ok(());
            }
            match self.more().await {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }
}

/// The head that bytes begin with, and its length, where all of it is there.
fn parse(bytes: &[u8], keeps_fields: bool) -> io::Result<Option<(Head, usize)>> {
    let mut fields = [const { MaybeUninit::<Header<'_>>::uninit() }; FIELDS];
    let mut response = Response::new(&mut []);
    let parsed = ParserConfig::default().parse_response_with_uninit_headers(
        &mut response,
        bytes,
        &mut fields,
    );
    let Status::Complete(end) = parsed.map_err(malformed)? else {
        return Ok(None);
    };
    let fields = &*response.headers;
    let all = |name: &'static str| {
        let such = fields
            .iter()
            .filter(move |own| own.name.eq_ignore_ascii_case(name));
        such.map(|own| std::str::from_utf8(own.value).unwrap_or_default())
    };
    let says = |word: &str| {
        let mut own = all("connection").flat_map(|own| own.split(','));
        own.any(|own| own.trim().eq_ignore_ascii_case(word))
    };
    let coding = all("transfer-encoding").next_back();
    let chunked = coding.is_some_and(|own| {
        let last = own.rsplit(',').next().unwrap_or_default();
        last.trim().eq_ignore_ascii_case("chunked")
    });
    let mut lengths = all("content-length");
    let first = lengths.next();
    if lengths.any(|own| Some(own) != first) {
        return Err(malformed("it has several lengths"));
    }
    let length = match first {
        _ if chunked => Length::Chunks,
        Some(own) => Length::Bytes(own.trim().parse().map_err(malformed)?),
        None => Length::Closed,
    };
    let head = Head {
        status: response.code.unwrap_or_default(),
        headers: if keeps_fields {
            fields.iter().map(|own| (own.name, own.value)).collect()
        } else {
            Headers::new()
        },
        length,
        keeps: match response.version {
            Some(1) => !says("close"),
            _ => says("keep-alive"),
        },
    };
    Ok(Some((head, end)))
}

/// A body of which the beginning is kept.
struct Body {
    kept: Vec<u8>,
    keep: usize,
    seen: usize,
}

impl Body {
    fn take(&mut self, bytes: &[u8]) {
        let room = self.keep - self.kept.len();
        self.kept.extend_from_slice(&bytes[..bytes.len().min(room)]);
        self.seen += bytes.len();
    }

    fn is_full(&self) -> bool {
        self.seen > self.keep + DRAINED
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use proptest::prelude::*;
    use tokio::io::ReadBuf;

    use super::*;

    /// Bytes that come in pieces, and then the end.
    struct Pieces(VecDeque<Vec<u8>>);

    impl Pieces {
        fn of(bytes: &[u8], size: usize) -> Self {
            Self(bytes.chunks(size).map(<[u8]>::to_vec).collect())
        }
    }

    impl AsyncRead for Pieces {
        fn poll_read(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            buffer: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            if let Some(mut piece) = self.0.pop_front() {
                let rest = piece.split_off(piece.len().min(buffer.remaining()));
                buffer.put_slice(&piece);
                if !rest.is_empty() {
                    self.0.push_front(rest);
                }
            }
            Poll::Ready(Ok(()))
        }
    }

    /// What is read, in pieces of this size.
    fn read(bytes: &[u8], size: usize, keep: usize) -> io::Result<(Reply, bool)> {
        let mut reader = Reader::new(Pieces::of(bytes, size));
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        runtime.block_on(async {
            let head = reader.head(keep > 0).await?;
            reader.body(head, false, keep).await
        })
    }

    fn told(read: io::Result<(Reply, bool)>) -> Result<(Reply, bool), String> {
        read.map_err(|error| error.to_string())
    }

    /// Text that is an answer, or is nearly one.
    fn fragments() -> impl Strategy<Value = Vec<u8>> {
        let fragment = prop_oneof![
            Just(b"HTTP/1.1 200 OK\r\n".to_vec()),
            Just(b"HTTP/1.0 500 \r\n".to_vec()),
            Just(b"Content-Length: 3\r\n".to_vec()),
            Just(b"content-length: 99999999999999999999\r\n".to_vec()),
            Just(b"Transfer-Encoding: gzip, chunked\r\n".to_vec()),
            Just(b"Connection: Keep-Alive, close\r\n".to_vec()),
            Just(b"\r\n".to_vec()),
            Just(b"3\r\nabc\r\n".to_vec()),
            Just(b"0\r\n".to_vec()),
            Just(b"ffffffffffffffff\r\n".to_vec()),
            prop::collection::vec(any::<u8>(), 0..12),
        ];
        prop::collection::vec(fragment, 0..10).prop_map(|own| own.concat())
    }

    proptest! {
        #[test]
        fn it_is_the_same_in_whatever_pieces_it_comes(bytes in fragments(), size in 1_usize..40) {
            let whole = told(read(&bytes, usize::MAX, 64));
            let pieces = told(read(&bytes, size, 64));
            match (whole, pieces) {
                // Only what lies behind an answer may be there already or not.
                (Ok((whole, _)), Ok((pieces, _))) => prop_assert_eq!(whole, pieces),
                (whole, pieces) => prop_assert_eq!(whole.is_err(), pieces.is_err()),
            }
        }

        #[test]
        fn a_body_is_read_in_every_framing(
            body in prop::collection::vec(any::<u8>(), 0..200),
            chunk in 1_usize..50,
            size in 1_usize..60,
            keep in 1_usize..300,
        ) {
            let mut chunks = Vec::new();
            for piece in body.chunks(chunk) {
                chunks.extend(format!("{:x};x=y\r\n", piece.len()).into_bytes());
                chunks.extend(piece);
                chunks.extend(b"\r\n");
            }
            chunks.extend(b"0\r\nX-Trailer: 1\r\n\r\n");
            let length = format!("Content-Length: {}", body.len());
            for (field, wire, keeps) in [
                (length.as_str(), &body, true),
                ("Transfer-Encoding: chunked", &chunks, true),
                ("X: y", &body, false),
            ] {
                let mut bytes = format!("HTTP/1.1 200 OK\r\n{field}\r\n\r\n").into_bytes();
                bytes.extend(wire);
                let (reply, open) = read(&bytes, size, keep).expect("an answer");
                prop_assert_eq!(&reply.body[..], &body[..body.len().min(keep)]);
                prop_assert_eq!(reply.truncated, body.len() > keep);
                prop_assert_eq!(open, keeps);
                prop_assert_eq!(reply.headers.len(), 1);
            }
        }
    }
}
