//! A request head as text: what the wire, a `.http` file or a pasted dump holds.

use std::borrow::Cow;
use std::mem::MaybeUninit;

use thiserror::Error;

use super::message::{Headers, Message};

/// More header fields than this are refused where nobody says otherwise.
pub const MAX_FIELDS: usize = 256;

/// Why a text is no HTTP/1 request.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RawError {
    /// No request line, or a field that is none.
    #[error("not an HTTP/1 request: {0}")]
    Malformed(String),
    /// The head does not end.
    #[error("request head does not end with an empty line")]
    Unfinished,
    /// `Content-Length` promises more than there is.
    #[error("body is {got} bytes, `Content-Length` says {promised}")]
    Truncated {
        /// Bytes there are.
        got: usize,
        /// Bytes promised.
        promised: usize,
    },
    /// A chunked body that cannot be read.
    #[error("chunked body is malformed at byte {0} of it")]
    Chunks(usize),
}

/// Whether a text looks like an HTTP request.
#[must_use]
pub fn looks_like_request(text: &[u8]) -> bool {
    let line = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let mut words = line.split(|&byte| byte == b' ');
    let method = words.next().unwrap_or_default();
    let version = line.rsplit(|&byte| byte == b' ').next().unwrap_or_default();
    !method.is_empty()
        && method.iter().all(u8::is_ascii_uppercase)
        && (version.starts_with(b"HTTP/1.") || is_newer(version))
}

/// Versions whose requests are no text on the wire, but are pasted as text by tools that show them.
fn is_newer(version: &[u8]) -> bool {
    [b"HTTP/2".as_slice(), b"HTTP/2.0", b"HTTP/3", b"HTTP/3.0"].contains(&version)
}

/// A pasted request of a newer HTTP with its first line as HTTP/1 writes it.
fn as_http1(text: &[u8]) -> Cow<'_, [u8]> {
    let end = text.iter().position(|&byte| byte == b'\n');
    let line = &text[..end.unwrap_or(text.len())];
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let start = line.iter().rposition(|&byte| byte == b' ').map(|at| at + 1);
    match start {
        Some(start) if is_newer(&line[start..]) => {
            Cow::Owned([&text[..start], b"HTTP/1.1", &text[line.len()..]].concat())
        }
        _ => Cow::Borrowed(text),
    }
}

/// Reads a request's head: the message without its body, and where the body begins.
///
/// # Errors
/// [`RawError::Malformed`] or [`RawError::Unfinished`].
pub fn head(text: &[u8]) -> Result<(Message, usize), RawError> {
    parse(text, &mut [MaybeUninit::uninit(); MAX_FIELDS])
}

/// The same with so many header fields at most.
///
/// # Errors
/// As [`head`].
pub fn head_within(text: &[u8], fields: usize) -> Result<(Message, usize), RawError> {
    if fields <= MAX_FIELDS {
        return head(text);
    }
    parse(text, &mut vec![MaybeUninit::uninit(); fields])
}

fn parse<'t>(
    text: &'t [u8],
    fields: &mut [MaybeUninit<httparse::Header<'t>>],
) -> Result<(Message, usize), RawError> {
    let mut request = httparse::Request::new(&mut []);
    match request.parse_with_uninit_headers(text, fields) {
        Ok(httparse::Status::Complete(length)) => {
            let fields = request.headers.iter();
            let names = fields.clone().map(|field| field.name.len()).sum();
            let values = fields.clone().map(|field| field.value.len()).sum();
            let mut headers = Headers::with_capacity(fields.len(), names, values);
            headers.extend(fields.map(|field| (field.name, field.value)));
            let message = Message {
                method: request.method.unwrap_or_default().to_owned(),
                target: request.path.unwrap_or_default().to_owned(),
                headers,
                body: bytes::Bytes::new(),
            };
            Ok((message, length))
        }
        Ok(httparse::Status::Partial) => Err(RawError::Unfinished),
        Err(error) => Err(RawError::Malformed(error.to_string())),
    }
}

/// Reads a whole request, one of HTTP/2 or 3 too where it was written down as text. Chunks are joined; what stands after `Content-Length` bytes (an editor's
/// last newline) is left out; without either, the body is all the rest.
///
/// # Errors
/// [`RawError`]
pub fn request(text: &[u8]) -> Result<Message, RawError> {
    let text = &as_http1(text);
    let (mut message, start) = head(text)?;
    let rest = &text[start..];
    let chunked = message
        .headers
        .text("transfer-encoding")
        .is_some_and(|coding| coding.trim().eq_ignore_ascii_case("chunked"));
    let length = message.headers.text("content-length");
    let body = match length.and_then(|text| text.trim().parse::<usize>().ok()) {
        _ if chunked => unchunk(rest)?,
        Some(promised) => rest
            .get(..promised)
            .ok_or(RawError::Truncated {
                got: rest.len(),
                promised,
            })?
            .to_vec(),
        None => rest.to_vec(),
    };
    message.body = body.into();
    Ok(message)
}

fn unchunk(mut text: &[u8]) -> Result<Vec<u8>, RawError> {
    let whole = text.len();
    let mut body = Vec::new();
    loop {
        let at = || RawError::Chunks(whole - text.len());
        let Ok(httparse::Status::Complete((skip, size))) = httparse::parse_chunk_size(text) else {
            return Err(at());
        };
        let size = usize::try_from(size).map_err(|_| at())?;
        if size == 0 {
            return Ok(body);
        }
        let end = skip.checked_add(size).ok_or_else(at)?;
        body.extend_from_slice(text.get(skip..end).ok_or_else(at)?);
        let rest = text.get(end..).unwrap_or_default();
        text = rest.strip_prefix(b"\r\n").ok_or_else(at)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_dump_with_either_line_ending_is_read() {
        for end in ["\r\n", "\n"] {
            let text =
                format!("POST /h?x=1 HTTP/1.1{end}Host: a{end}X-A: 1{end}x-a: 2{end}{end}body\r\n");
            assert!(looks_like_request(text.as_bytes()));
            let message = request(text.as_bytes()).expect("parses");
            assert_eq!(message.target, "/h?x=1");
            assert_eq!(message.headers.all("X-A").count(), 2);
            assert_eq!(&message.body[..], b"body\r\n");
        }
    }

    #[test]
    fn a_pasted_request_of_a_newer_version_is_read() {
        for version in ["HTTP/2", "HTTP/2.0", "HTTP/3"] {
            let text = format!("POST /h {version}\r\nhost: a\r\n\r\nbody");
            assert!(looks_like_request(text.as_bytes()), "{version}");
            let message = request(text.as_bytes()).expect("parses");
            assert_eq!(message.target, "/h");
            assert_eq!(&message.body[..], b"body");
        }
        assert!(!looks_like_request(b"POST / HTTP/25\r\n"));
    }

    #[test]
    fn length_and_chunks_decide_the_body() {
        let message = request(b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}\n").expect("parses");
        assert_eq!(&message.body[..], b"{}");
        let chunked = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nab\r\n1\r\nc\r\n0\r\n\r\n";
        assert_eq!(&request(chunked).expect("parses").body[..], b"abc");
        assert_eq!(
            request(b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n{}"),
            Err(RawError::Truncated {
                got: 2,
                promised: 9
            })
        );
        assert!(request(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz").is_err());
        assert_eq!(
            request(b"POST / HTTP/1.1\r\nA: b"),
            Err(RawError::Unfinished)
        );
        assert!(!looks_like_request(b"{\"a\": 1}"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(text in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = request(&text);
            let mut whole = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
            whole.extend(text);
            let _ = request(&whole);
        }
    }
}
