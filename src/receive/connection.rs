//! One connection: what is spoken on it, and its requests one after another.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::StatusCode;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

use super::first::{First, Spoken};
use super::http2;
use super::refusal::{self, Refusal};
use super::request::{self, Arrival};
use super::seats::{Call, Phase, Place};
use super::server::{HEADERS, Handler, Reset, Service};
use super::socket::{Peer, Socket};
use super::tls::Stream;
use super::wire::Wire;

/// How long a connection that is sent away may take to hear why.
pub(super) const PARTING: Duration = Duration::from_secs(1);

/// How long it may take to find that something has come on a connection that is sent away.
const LAST_LOOK: Duration = Duration::from_millis(10);

/// Serves one connection until it ends or has to.
pub(super) async fn converse<H: Handler>(
    socket: Socket,
    peer: Peer,
    place: Place,
    service: Arc<Service<H>>,
) {
    let opened = {
        let mut opening = pin!(open(socket, &service));
        tokio::select! {
            biased;
            opened = &mut opening => opened,
            // What has come by now is heard out. If that is nothing, nothing was asked for and nothing
            // is lost.
            _ = place.called(Call::Stay) => match timeout(LAST_LOOK, opening).await {
                Ok(opened) => opened,
                Err(_) => return,
            },
        }
    };
    match opened {
        Ok((stream, Spoken::Http2)) => {
            // Rarer and larger than HTTP/1: the task of every connection would be as large.
            Box::pin(http2::converse(stream, peer, place, service)).await;
        }
        Ok((stream, _)) => http1(stream, peer, place, &service).await,
        Err(Some(Refusal { status, why })) => service.handler.refused(peer, status, &why),
        Err(None) => {}
    }
}

/// Finds out what is spoken, and speaks TLS where that is what the port is for. `Err(None)` for a
/// connection that ends without having said anything.
async fn open<H>(
    socket: Socket,
    service: &Service<H>,
) -> Result<(Stream, Spoken), Option<Refusal>> {
    let patience = service.limits.head_time;
    let mut socket = First::new(socket);
    let spoken = spoken(&mut socket, patience).await?;
    let Some(tls) = &service.tls else {
        return Ok((Stream::Plain(socket), spoken));
    };
    if spoken != Spoken::Tls {
        let refusal = refusal::plain_on_tls(spoken);
        if refusal.status.is_some() {
            say_why(&mut socket, &refusal).await;
            // Closed with something unread, the connection would be reset and the answer lost.
            let mut rest = tokio::io::sink();
            let _ = timeout(PARTING, tokio::io::copy(&mut socket, &mut rest)).await;
        }
        return Err(Some(refusal));
    }
    let stream = match timeout(patience, tls.accept(socket)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return Err(refusal::of_handshake(&error)),
        Err(_) => return Err(Some(refusal::slow_handshake())),
    };
    let mut stream = First::new(stream);
    let spoken = self::spoken(&mut stream, patience).await?;
    Ok((Stream::Tls(Box::new(stream)), spoken))
}

/// What is spoken on a stream, within its time.
async fn spoken<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut First<S>,
    patience: Duration,
) -> Result<Spoken, Option<Refusal>> {
    match timeout(patience, stream.spoken()).await {
        Ok(Spoken::Nothing) => Err(None),
        Ok(spoken) => Ok(spoken),
        Err(_) if stream.has_begun() => {
            let refusal = refusal::slow_head();
            say_why(stream, &refusal).await;
            Err(Some(refusal))
        }
        Err(_) => Err(None),
    }
}

/// Answers what hyper does not, and closes.
async fn say_why(mut stream: impl AsyncWrite + Unpin, refusal: &Refusal) {
    let Some(status) = refusal
        .status
        .and_then(|own| StatusCode::from_u16(own).ok())
    else {
        return;
    };
    let body = json!({ "error": refusal.why }).to_string();
    let answer = format!(
        "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    let said = async {
        stream.write_all(answer.as_bytes()).await?;
        stream.shutdown().await
    };
    // Who does not listen is not waited for.
    let _ = timeout(PARTING, said).await;
}

async fn http1<H: Handler>(stream: Stream, peer: Peer, place: Place, service: &Arc<Service<H>>) {
    let wire = Wire::new(stream, service.limits.headers);
    let heads = wire.heads();
    let requests = {
        let (heads, seat, service) = (heads.clone(), place.seat(), Arc::clone(service));
        service_fn(move |request| {
            let (heads, seat, service) = (heads.clone(), seat.clone(), Arc::clone(&service));
            async move {
                let arrival = Arrival {
                    peer,
                    seat: &seat,
                    heads: Some(&heads),
                };
                let response = request::serve(request, arrival, &service).await;
                seat.enter(Phase::Head);
                response
            }
        })
    };
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(service.limits.head_time);
    if service.limits.headers != HEADERS {
        builder.max_headers(service.limits.headers);
    }
    let mut connection = builder.serve_connection(TokioIo::new(wire), requests);
    let mut heard = Call::Stay;
    let ended = loop {
        tokio::select! {
            biased;
            ended = &mut connection => break ended,
            call = place.called(heard) => {
                heard = call;
                std::pin::Pin::new(&mut connection).graceful_shutdown();
                if call == Call::Leave {
                    break leave(&mut connection, &place).await;
                }
            }
        }
    };
    if let Err(error) = &ended
        && Reset::ended(error)
    {
        let wire = connection.into_parts().io.into_inner();
        wire.get_ref().socket().reset_at_end();
        return;
    }
    let sent_away = heard == Call::Leave;
    let slow = || Some(refusal::slow_head()).filter(|_| heads.is_within_head());
    let refused = match &ended {
        Ok(()) if sent_away => slow(),
        Ok(()) => None,
        Err(error) if error.is_timeout() => slow(),
        Err(error) => refusal::of_head(error, heads.first_byte()),
    };
    let Some(refusal) = refused else {
        // A sender that breaks its connection is no news: what it sent whole was answered.
        return;
    };
    if !sent_away {
        service.handler.refused(peer, refusal.status, &refusal.why);
    }
    if !refusal.is_answered() {
        say_why(connection.into_parts().io.into_inner(), &refusal).await;
    }
}

/// Lets a connection go that has to: at once where it waits for a request, else after the request on
/// it is refused, or answered where it was whole.
async fn leave<E>(
    mut connection: impl Future<Output = Result<(), E>> + Unpin,
    place: &Place,
) -> Result<(), E> {
    while place.phase() != Phase::Head {
        match timeout(PARTING, &mut connection).await {
            Ok(ended) => return ended,
            Err(_) if place.phase() == Phase::Busy => {}
            Err(_) => break,
        }
    }
    Ok(())
}
