//! Where connections come from: a TCP port or a Unix socket, in the clear or over TLS.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

use super::tls::Tls;
#[cfg(unix)]
use super::unix::UnixSocketFile;

/// What the receiver listens on; the caller has bound it.
#[derive(Debug)]
pub struct Listener {
    door: Door,
    /// What TLS is spoken with; without it, in the clear.
    pub(super) tls: Option<Tls>,
}

#[derive(Debug)]
enum Door {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(UnixSocketFile),
}

/// Who is at the other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// An address.
    Tcp(SocketAddr),
    /// A process of this machine, by its number where the system tells it.
    Unix(Option<i32>),
}

/// A connection as it was accepted.
#[derive(Debug)]
pub(super) enum Socket {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(tokio::net::UnixStream),
}

/// A connection between two runtimes.
#[derive(Debug)]
pub(super) enum Adrift {
    Tcp(std::net::TcpStream),
    #[cfg(unix)]
    Unix(std::os::unix::net::UnixStream),
}

impl Adrift {
    /// Has the runtime it is called in wait for the connection.
    pub(super) fn settle(self) -> io::Result<Socket> {
        Ok(match self {
            Self::Tcp(stream) => Socket::Tcp(TcpStream::from_std(stream)?),
            #[cfg(unix)]
            Self::Unix(stream) => Socket::Unix(tokio::net::UnixStream::from_std(stream)?),
        })
    }
}

impl Listener {
    /// The same over TLS.
    #[must_use]
    pub fn with_tls(self, tls: Option<Tls>) -> Self {
        Self { tls, ..self }
    }

    pub(super) async fn accept(&self) -> io::Result<(Socket, Peer)> {
        match &self.door {
            Door::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                // A request and its answer are small; waiting to fill a packet only adds latency.
                let _ = stream.set_nodelay(true);
                Ok((Socket::Tcp(stream), Peer::Tcp(peer)))
            }
            #[cfg(unix)]
            Door::Unix(file) => {
                let stream = file.accept().await?;
                let process = stream.peer_cred().ok().and_then(|own| own.pid());
                Ok((Socket::Unix(stream), Peer::Unix(process)))
            }
        }
    }
}

impl From<TcpListener> for Listener {
    fn from(listener: TcpListener) -> Self {
        Self {
            door: Door::Tcp(listener),
            tls: None,
        }
    }
}

#[cfg(unix)]
impl From<UnixSocketFile> for Listener {
    fn from(file: UnixSocketFile) -> Self {
        Self {
            door: Door::Unix(file),
            tls: None,
        }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(Some(process)) => write!(f, "process {process}"),
            Self::Unix(None) => f.write_str("a process of this machine"),
        }
    }
}

impl Socket {
    /// Takes it from the runtime that waits for it.
    pub(super) fn set_adrift(self) -> io::Result<Adrift> {
        Ok(match self {
            Self::Tcp(stream) => Adrift::Tcp(stream.into_std()?),
            #[cfg(unix)]
            Self::Unix(stream) => Adrift::Unix(stream.into_std()?),
        })
    }

    /// Has its end be a reset, where there is such a thing: what just closes looks like an end.
    pub(super) fn reset_at_end(&self) {
        match self {
            Self::Tcp(stream) => {
                let _ = stream.set_zero_linger();
            }
            #[cfg(unix)]
            Self::Unix(_) => {}
        }
    }
}

/// Hands a call on to whatever the stream is.
macro_rules! each {
    ($self:expr, $stream:ident => $call:expr) => {
        match $self.get_mut() {
            Socket::Tcp($stream) => $call,
            #[cfg(unix)]
            Socket::Unix($stream) => $call,
        }
    };
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        each!(self, stream => Pin::new(stream).poll_read(context, buffer))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        each!(self, stream => Pin::new(stream).poll_write(context, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        each!(self, stream => Pin::new(stream).poll_write_vectored(context, slices))
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Tcp(stream) => stream.is_write_vectored(),
            #[cfg(unix)]
            Self::Unix(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, stream => Pin::new(stream).poll_flush(context))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, stream => Pin::new(stream).poll_shutdown(context))
    }
}
