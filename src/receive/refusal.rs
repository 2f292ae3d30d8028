//! Why a request never became a message, in words for its sender and for the user.

use std::error::Error;
use std::io;

/// The first byte of a TLS connection.
const TLS: u8 = 0x16;

/// The status and the reason for what hyper could not read; `None` where nothing is to be said: the
/// sender went away. `first` is the first byte of the connection.
pub(super) fn of_head(error: &hyper::Error, first: Option<u8>) -> Option<(u16, String)> {
    let whole = error.to_string();
    Some(if error.is_parse_version_h2() {
        (505, "HTTP/2 is not spoken here".to_owned())
    } else if error.is_parse_too_large() && whole.contains("URI") {
        (414, "request target is too long".to_owned())
    } else if error.is_parse_too_large() {
        (431, "request head is too large".to_owned())
    } else if error.is_parse() && first == Some(TLS) {
        (400, "TLS on a plain port: http, not https".to_owned())
    } else if error.is_parse() {
        (400, format!("not an HTTP request: {whole}"))
    } else {
        return None;
    })
}

/// Whether hyper answers by itself what is refused so: not what never came, nor another protocol.
pub(super) fn is_answered(status: u16) -> bool {
    !matches!(status, 408 | 505)
}

/// The reason for a body that could not be read.
pub(super) fn of_body(error: &hyper::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    let kind = io_kind(error);
    match kind {
        Some(
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe,
        )
        | None => "connection closed before the body was whole".to_owned(),
        Some(_) => format!("body is malformed: {cause}"),
    }
}

fn io_kind(error: &hyper::Error) -> Option<io::ErrorKind> {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return Some(error.kind());
        }
        cause = error.source();
    }
    None
}
