//! TLS: the certificate it is spoken with, and the streams it is spoken on.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};
use tokio_rustls::server::TlsStream;

use super::first::First;
use super::socket::Socket;

/// What is spoken under TLS, in the order we like it.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// A certificate with its key, ready to greet with.
#[derive(Clone)]
pub struct Tls(TlsAcceptor);

/// Why TLS cannot be spoken with a certificate and a key.
#[derive(Debug, Error)]
pub enum TlsError {
    /// Nothing in the certificate's text is one.
    #[error("holds no certificate in PEM")]
    NoCertificate,
    /// Nothing in the key's text is one.
    #[error("holds no private key in PEM")]
    NoKey,
    /// A key that a password protects.
    #[error("private key is encrypted")]
    EncryptedKey,
    /// A key of another certificate.
    #[error("private key belongs to another certificate")]
    OtherKey,
    /// What rustls says of them.
    #[error("certificate and key are of no use")]
    Unusable(#[source] rustls::Error),
}

impl Tls {
    /// Reads a certificate, with the chain that vouches for it, and its private key, both in PEM.
    ///
    /// # Errors
    /// [`TlsError`]
    pub fn new(certificate: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(certificate)
            .collect::<Result<_, _>>()
            .map_err(|_| TlsError::NoCertificate)?;
        if chain.is_empty() {
            return Err(TlsError::NoCertificate);
        }
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| {
            let encrypted = b"ENCRYPTED".as_slice();
            if key.windows(encrypted.len()).any(|part| part == encrypted) {
                TlsError::EncryptedKey
            } else {
                TlsError::NoKey
            }
        })?;
        let crypto = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(crypto)
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Unusable)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(|error| match error {
                rustls::Error::InconsistentKeys(_) => TlsError::OtherKey,
                error => TlsError::Unusable(error),
            })?;
        config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }

    pub(super) async fn accept(
        &self,
        socket: First<Socket>,
    ) -> io::Result<TlsStream<First<Socket>>> {
        self.0.accept(socket).await
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls")
    }
}

/// A connection as HTTP is spoken on it.
#[derive(Debug)]
pub(super) enum Stream {
    Plain(First<Socket>),
    Tls(Box<First<TlsStream<First<Socket>>>>),
}

impl Stream {
    /// The connection below.
    pub(super) fn socket(&self) -> &Socket {
        match self {
            Self::Plain(stream) => stream.get_ref(),
            Self::Tls(stream) => stream.get_ref().get_ref().0.get_ref(),
        }
    }
}

/// Hands a call on to whatever the stream is.
macro_rules! each {
    ($self:expr, $stream:ident => $call:expr) => {
        match $self.get_mut() {
            Stream::Plain($stream) => $call,
            Stream::Tls($stream) => $call,
        }
    };
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        each!(self, stream => Pin::new(stream).poll_read(context, buffer))
    }
}

impl AsyncWrite for Stream {
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
            Self::Plain(stream) => stream.is_write_vectored(),
            Self::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, stream => Pin::new(stream).poll_flush(context))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, stream => Pin::new(stream).poll_shutdown(context))
    }
}
