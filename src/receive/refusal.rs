//! Why a request never became a message, in words for its sender and for the user.

use std::error::Error;
use std::io;

use tokio_rustls::rustls::{self, AlertDescription};

use super::first::Spoken;

/// The first byte of a TLS connection.
const TLS: u8 = 0x16;

/// What is said of more header fields than are read.
pub(super) const TOO_MANY_HEADERS: &str = "request has too many header fields";

/// A request that was refused, or a connection before its first one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// What it is answered, where it can be.
    pub(super) status: Option<u16>,
    /// Why.
    pub(super) why: String,
}

impl Refusal {
    fn new(status: impl Into<Option<u16>>, why: impl Into<String>) -> Self {
        Self {
            status: status.into(),
            why: why.into(),
        }
    }

    /// Whether hyper answers by itself what is refused so: not what never came.
    pub(super) fn is_answered(&self) -> bool {
        self.status != Some(408)
    }
}

/// A head that began and did not end in time.
pub(super) fn slow_head() -> Refusal {
    Refusal::new(408, "request head came too slowly")
}

/// A TLS handshake that began and did not end in time.
pub(super) fn slow_handshake() -> Refusal {
    Refusal::new(None, "TLS handshake came too slowly")
}

/// HTTP in the clear where TLS is spoken; what comes as HTTP/2 understands no answer of ours.
pub(super) fn plain_on_tls(spoken: Spoken) -> Refusal {
    let status = (spoken == Spoken::Http1).then_some(400);
    Refusal::new(status, "plain HTTP on a TLS port: https, not http")
}

/// What hyper could not read; `None` where nothing is to be said: the sender went away. `first` is
/// the first byte of the connection.
pub(super) fn of_head(error: &hyper::Error, first: Option<u8>) -> Option<Refusal> {
    let whole = error.to_string();
    Some(if error.is_parse_too_large() && whole.contains("URI") {
        Refusal::new(414, "request target is too long")
    } else if error.is_parse_too_large() {
        Refusal::new(431, "request head is too large")
    } else if error.is_parse() && first == Some(TLS) {
        Refusal::new(400, "TLS on a plain port: http, not https")
    } else if error.is_parse() {
        Refusal::new(400, format!("not an HTTP request: {whole}"))
    } else {
        return None;
    })
}

/// An HTTP/2 connection that broke the protocol, or asked for too much of it; `None` where the
/// sender went away.
pub(super) fn of_http2(error: &hyper::Error) -> Option<Refusal> {
    let error = cause::<h2::Error>(error)?;
    // What we found, not what the sender did.
    let ours = error.is_library() && !error.is_io();
    let reason = error.reason().filter(|_| ours)?;
    Some(Refusal::new(
        None,
        format!("HTTP/2 failed: {}", reason.description()),
    ))
}

/// A TLS handshake that failed; `None` where the sender went away.
pub(super) fn of_handshake(error: &io::Error) -> Option<Refusal> {
    let error = error.get_ref()?.downcast_ref::<rustls::Error>()?;
    let why = match error {
        rustls::Error::AlertReceived(
            AlertDescription::UnknownCA
            | AlertDescription::BadCertificate
            | AlertDescription::CertificateUnknown
            | AlertDescription::CertificateExpired
            | AlertDescription::UnsupportedCertificate,
        ) => "the sender does not trust the certificate".to_owned(),
        error => error.to_string(),
    };
    Some(Refusal::new(None, format!("TLS handshake failed: {why}")))
}

/// The reason for a body that could not be read.
pub(super) fn of_body(error: &hyper::Error) -> String {
    if let Some(error) = cause::<h2::Error>(error).filter(|own| !own.is_io()) {
        return match error.reason() {
            Some(reason) if !error.is_remote() => {
                format!("body is malformed: {}", reason.description())
            }
            _ => "sender broke off before the body was whole".to_owned(),
        };
    }
    let mut last: &dyn Error = error;
    while let Some(source) = last.source() {
        last = source;
    }
    match cause::<io::Error>(error).map(io::Error::kind) {
        Some(
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe,
        )
        | None => "connection closed before the body was whole".to_owned(),
        Some(_) => format!("body is malformed: {last}"),
    }
}

/// The first of this kind among an error's causes.
fn cause<E: Error + 'static>(error: &hyper::Error) -> Option<&E> {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        cause = error.source();
    }
    None
}
