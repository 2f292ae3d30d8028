//! One request from its head to its answer: as a message, within the limits.

use std::borrow::Cow;
use std::pin::pin;
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Request, Response, StatusCode, Uri, Version};
use tokio::time::timeout;

use super::connection::PARTING;
use super::refusal;
use super::seats::{Phase, SeatOf};
use super::server::{Handler, Limits, Reply, Reset, Service};
use super::socket::Peer;
use super::wire::Heads;
use crate::core::message::Message;

/// The status for a body that does not come in time.
const SLOW: u16 = 408;

/// What a request comes with.
pub(super) struct Arrival<'a> {
    pub(super) peer: Peer,
    pub(super) seat: &'a SeatOf,
    /// The heads as they were sent; over HTTP/2 there is no such text.
    pub(super) heads: Option<&'a Heads>,
}

/// Reads a request, has it answered, or refuses it.
///
/// # Errors
/// [`Reset`] where that is the answer.
pub(super) async fn serve<H: Handler>(
    request: Request<Incoming>,
    arrival: Arrival<'_>,
    service: &Service<H>,
) -> Result<Response<Full<Bytes>>, Reset> {
    let Arrival { peer, seat, heads } = arrival;
    let limits = service.limits;
    seat.enter(Phase::Body);
    let version = request.version();
    // Nothing of the request but the message is kept while it is worked on: the connection reads on into
    // the buffer it was in.
    let (parts, mut body) = request.into_parts();
    let refused = match head(parts, heads, limits) {
        Ok(mut message) => match read(&mut body, seat, limits).await {
            Ok(read) => {
                drop(body);
                message.body = read;
                seat.enter(Phase::Busy);
                let reply = service.handler.handle(message, Instant::now()).await?;
                return Ok(response(reply));
            }
            Err(refused) => refused,
        },
        Err(refused) => refused,
    };
    if !seat.must_leave() {
        service.handler.refused(peer, Some(refused.0), &refused.1);
    }
    // Rarer and larger than what is answered: each request would be as large.
    Ok(Box::pin(refuse(refused, version, body, seat, limits.body)).await)
}

/// Says why a request is refused.
async fn refuse(
    (status, why): Refused,
    version: Version,
    mut body: Incoming,
    seat: &SeatOf,
    most: usize,
) -> Response<Full<Bytes>> {
    let mut reply = Reply::json(status, &serde_json::json!({ "error": why }));
    if version < Version::HTTP_2 {
        // What is left of the body is not worth reading.
        let close = ("connection".to_owned(), b"close".to_vec());
        reply.headers.push(close);
    } else if status != SLOW {
        // A request that is taken back while it is sent hides the answer from some senders, curl 7
        // among them.
        tokio::select! {
            () = seat.leaving() => {}
            _ = timeout(PARTING, pass_over(&mut body, most)) => {}
        }
    }
    response(reply)
}

/// With what status a request is refused, and why.
type Refused = (u16, String);

/// A message without its body.
#[expect(
    clippy::needless_pass_by_value,
    reason = "what the message is made of goes before its body is waited for"
)]
fn head(parts: Parts, heads: Option<&Heads>, limits: Limits) -> Result<Message, Refused> {
    if parts.headers.len() > limits.headers {
        return Err((431, refusal::TOO_MANY_HEADERS.to_owned()));
    }
    let message = match heads {
        Some(heads) => heads.next(parts.method.as_str(), &target(&parts.uri), &parts.headers),
        None => of_http2(&parts).map_err(|why| (400, why.to_owned()))?,
    };
    // RFC 9112, 3.2: whose request it is must not depend on who reads it.
    if message.headers.all("host").nth(1).is_some() {
        return Err((400, "request has several `Host` fields".to_owned()));
    }
    Ok(message)
}

/// Reads a whole body.
async fn read(body: &mut Incoming, seat: &SeatOf, limits: Limits) -> Result<Bytes, Refused> {
    let mut read = pin!(timeout(limits.body_time, collect(body, limits.body)));
    let read = tokio::select! {
        biased;
        read = &mut read => read.unwrap_or(Err(Unread::Slow)),
        () = seat.leaving() => Err(Unread::Slow),
    };
    read.map_err(|unread| match unread {
        Unread::Slow => (SLOW, "body came too slowly".to_owned()),
        Unread::TooLarge => (413, "body is too large".to_owned()),
        Unread::Broken(error) => (400, refusal::of_body(&error)),
    })
}

/// The target of a request over HTTP/1 as hyper has it.
fn target(uri: &Uri) -> Cow<'_, str> {
    match uri.path_and_query() {
        Some(own) if uri.authority().is_none() => own.as_str().into(),
        _ => uri.to_string().into(),
    }
}

/// A request over HTTP/2 as a message: `:method` and `:path` are method and target, `:authority` is
/// the `Host` before all other fields. These stand in the order they came in, repeats of a name at
/// the place of its first.
fn of_http2(parts: &Parts) -> Result<Message, &'static str> {
    let mut message = Message {
        method: parts.method.as_str().to_owned(),
        target: match parts.uri.path_and_query() {
            Some(target) => target.as_str().to_owned(),
            None => parts.uri.to_string(),
        },
        ..Message::default()
    };
    let authority = parts.uri.authority();
    if let Some(authority) = authority {
        message.headers.push("Host", authority.as_str());
    }
    for (name, value) in &parts.headers {
        if name == hyper::header::HOST
            && let Some(authority) = authority
        {
            // RFC 9113, 8.3.1: who says two things is refused, who says one twice said it.
            if !value
                .as_bytes()
                .eq_ignore_ascii_case(authority.as_str().as_bytes())
            {
                return Err("`host` and `:authority` differ");
            }
            continue;
        }
        message.headers.push(name.as_str(), value.as_bytes());
    }
    Ok(message)
}

enum Unread {
    Slow,
    TooLarge,
    Broken(hyper::Error),
}

/// A body up to this size is copied out of the buffer it was read into, so that the connection reads
/// the next request into the same one; to give it another costs more, and a delivery that waits for the
/// log would keep all of it.
const SMALL: usize = 4 * 1024;

async fn collect(body: &mut Incoming, limit: usize) -> Result<Bytes, Unread> {
    use hyper::body::Body;
    if body.size_hint().lower() > limit as u64 {
        return Err(Unread::TooLarge);
    }
    let mut first = Bytes::new();
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(piece) = frame.map_err(Unread::Broken)?.into_data() else {
            continue;
        };
        if first.len() + whole.len() + piece.len() > limit {
            return Err(Unread::TooLarge);
        }
        // Most bodies come in one piece, which then needs no room to grow.
        if first.is_empty() && whole.is_empty() {
            first = piece;
            continue;
        }
        if !first.is_empty() {
            whole.extend_from_slice(&std::mem::take(&mut first));
        }
        whole.extend_from_slice(&piece);
    }
    Ok(if whole.is_empty() && first.len() <= SMALL {
        Bytes::copy_from_slice(&first)
    } else if whole.is_empty() {
        first
    } else {
        whole.freeze()
    })
}

/// Reads on to the end of a body that is not wanted, or so many bytes.
async fn pass_over(body: &mut Incoming, mut bytes: usize) {
    while let Some(Ok(frame)) = body.frame().await {
        let size = frame.data_ref().map_or(0, Bytes::len);
        let Some(left) = bytes.checked_sub(size) else {
            return;
        };
        bytes = left;
    }
}

fn response(reply: Reply) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(reply.body));
    *response.status_mut() =
        StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in reply.headers {
        let name = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(&value)) {
            response.headers_mut().append(name, value);
        }
    }
    response
}
