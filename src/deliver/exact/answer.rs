//! An answer as it comes over the wire: its head, its body in every framing, bounded.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};

use crate::core::delivery::Reply;
use crate::core::message::Headers;

/// An answer's head is not longer than this.
const HEAD: usize = 64 * 1024;
/// Of an answer that is not kept, so much is read before the connection is given up.
const DRAINED: usize = 1024 * 1024;
/// More header fields than this are no answer.
const FIELDS: usize = 128;

/// What is read, with what was read ahead.
pub(super) struct Reader<Half> {
    pub(super) half: Half,
    pub(super) ahead: Vec<u8>,
}

/// An answer's head.
pub(super) struct Head {
    pub(super) status: u16,
    headers: Headers,
    /// Whether the connection may take another request.
    keeps: bool,
}

fn malformed(what: impl std::fmt::Display) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("no HTTP answer: {what}"),
    )
}

impl<Half: AsyncRead + Unpin> Reader<Half> {
    /// Reads more; an end is an error.
    async fn more(&mut self) -> io::Result<()> {
        match self.half.read_buf(&mut self.ahead).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }

    /// The next head. What was read of it stays where this is given up on.
    pub(super) async fn head(&mut self) -> io::Result<Head> {
        loop {
            let mut fields = [httparse::EMPTY_HEADER; FIELDS];
            let mut response = httparse::Response::new(&mut fields);
            match response.parse(&self.ahead).map_err(malformed)? {
                httparse::Status::Complete(length) => {
                    let headers: Headers = (response.headers.iter())
                        .map(|field| (field.name, field.value))
                        .collect();
                    let says = |word: &str| {
                        let own = headers.text("connection").unwrap_or_default();
                        own.split(',')
                            .any(|own| own.trim().eq_ignore_ascii_case(word))
                    };
                    let keeps = match response.version {
                        Some(1) => !says("close"),
                        _ => says("keep-alive"),
                    };
                    let status = response.code.unwrap_or_default();
                    self.ahead.drain(..length);
                    return Ok(Head {
                        status,
                        headers,
                        keeps,
                    });
                }
                httparse::Status::Partial if self.ahead.len() >= HEAD => {
                    return Err(malformed("its head does not end"));
                }
                httparse::Status::Partial => self.more().await?,
            }
        }
    }

    /// The body behind a head, and whether the connection may be used again.
    pub(super) async fn body(
        &mut self,
        head: Head,
        method: &str,
        keep: usize,
    ) -> io::Result<(Reply, bool)> {
        let mut body = Body {
            kept: Vec::new(),
            keep,
            seen: 0,
        };
        let headers = &head.headers;
        let chunked = headers.text("transfer-encoding").is_some_and(|own| {
            let last = own.rsplit(',').next().unwrap_or_default();
            last.trim().eq_ignore_ascii_case("chunked")
        });
        let length = headers.text("content-length");
        let length = length.map(|own| own.trim().parse::<usize>().map_err(malformed));
        let mut keeps = head.keeps;
        if method == "HEAD" || matches!(head.status, 101 | 204 | 304) {
        } else if chunked {
            keeps &= self.chunks(&mut body).await?;
        } else if let Some(length) = length {
            keeps &= self.exactly(length?, &mut body).await?;
        } else {
            keeps = false;
            self.until_closed(&mut body).await?;
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
                Ok(httparse::Status::Partial) if self.ahead.len() > HEAD => {
                    return Err(malformed("its chunks are malformed"));
                }
                Ok(httparse::Status::Partial) => {
                    self.more().await?;
                    continue;
                }
                Ok(httparse::Status::Complete((skip, size))) => {
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
