//! The first bytes of a connection, which tell what is spoken on it; they are read once and read again.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};

/// How every HTTP/2 connection begins.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// The first byte of a TLS connection: a record of the handshake.
const TLS: u8 = 0x16;
/// As much as is read before it is known. Most requests, and all greetings of TLS, fit.
const ROOM: usize = 4096;

/// What a connection speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spoken {
    /// Nothing: the other end closed it, or broke off.
    Nothing,
    /// HTTP/1, or what no one can read: the parser says.
    Http1,
    /// HTTP/2.
    Http2,
    /// TLS.
    Tls,
}

/// A stream whose first bytes were read and come again.
#[derive(Debug)]
pub(super) struct First<S> {
    first: Bytes,
    stream: S,
}

impl<S: AsyncRead + Unpin> First<S> {
    pub(super) fn new(stream: S) -> Self {
        Self {
            first: Bytes::new(),
            stream,
        }
    }

    /// The stream itself.
    pub(super) fn get_ref(&self) -> &S {
        &self.stream
    }

    /// Whether the other end said anything yet.
    pub(super) fn has_begun(&self) -> bool {
        !self.first.is_empty()
    }

    /// Reads until the first bytes tell what is spoken. What was read stays if this is dropped.
    pub(super) async fn spoken(&mut self) -> Spoken {
        let mut read = BytesMut::with_capacity(ROOM);
        loop {
            match self.stream.read_buf(&mut read).await {
                Ok(0) | Err(_) if read.is_empty() => return Spoken::Nothing,
                Ok(0) | Err(_) => {
                    self.first = read.freeze();
                    return Spoken::Http1;
                }
                Ok(_) => {}
            }
            if let Some(spoken) = told_by(&read) {
                self.first = read.freeze();
                return spoken;
            }
            self.first = Bytes::copy_from_slice(&read);
        }
    }
}

/// What bytes tell; `None` where more are needed.
fn told_by(first: &[u8]) -> Option<Spoken> {
    if first.first() == Some(&TLS) {
        Some(Spoken::Tls)
    } else if first.starts_with(PREFACE) {
        Some(Spoken::Http2)
    } else {
        (!PREFACE.starts_with(first)).then_some(Spoken::Http1)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for First<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.first.is_empty() {
            return Pin::new(&mut self.stream).poll_read(context, buffer);
        }
        let count = self.first.len().min(buffer.remaining());
        buffer.put_slice(&self.first[..count]);
        self.first.advance(count);
        if self.first.is_empty() {
            // What was read is not kept for the life of the connection.
            self.first = Bytes::new();
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for First<S> {
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
    use tokio::io::AsyncWriteExt;

    use super::*;

    async fn heard(pieces: &[&[u8]]) -> (Spoken, Vec<u8>) {
        let (mut theirs, ours) = tokio::io::duplex(1);
        let pieces: Vec<Vec<u8>> = pieces.iter().map(|piece| piece.to_vec()).collect();
        let sender = tokio::spawn(async move {
            for piece in pieces {
                theirs.write_all(&piece).await.expect("writes");
            }
        });
        let mut first = First::new(ours);
        let spoken = first.spoken().await;
        let mut all = Vec::new();
        first.read_to_end(&mut all).await.expect("reads");
        sender.await.expect("no panic");
        (spoken, all)
    }

    #[tokio::test]
    async fn what_is_spoken_is_told_byte_by_byte_and_nothing_is_lost() {
        for (text, spoken) in [
            (b"".as_slice(), Spoken::Nothing),
            (b"POST / HTTP/1.1\r\n\r\n", Spoken::Http1),
            (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nrest", Spoken::Http2),
            (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\rX", Spoken::Http1),
            (b"PROPFIND / HTTP/1.1\r\n\r\n", Spoken::Http1),
            (b"PRI", Spoken::Http1),
            (b"\x16\x03\x01rest", Spoken::Tls),
        ] {
            assert_eq!(heard(&[text]).await, (spoken, text.to_vec()), "{text:?}");
        }
    }
}
