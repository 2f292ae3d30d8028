//! HTTP/1.1 on a connection of our own: a request goes out as the bytes it is written in, its answer is
//! read while that goes on, bounded. What an HTTP client does with headers, their case, order and
//! repeats, is not done here, and that is the point.

mod answer;
mod endpoint;
mod open;
mod request;

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf, ReadHalf, WriteHalf};
use tokio::net::TcpStream;

use self::answer::{Head, Reader};
pub use self::endpoint::Endpoint;
pub(super) use self::endpoint::{late, not_connected};
pub(super) use self::request::Form;
use super::attempt::cause;
use super::tls::Connector;
use crate::core::delivery::{Failure, FailureKind, Reply};

/// A request as it goes out.
#[derive(Clone, Debug)]
pub(super) struct Request {
    /// The request line, the headers, and the empty line.
    pub(super) head: Vec<u8>,
    /// What follows it.
    pub(super) body: Bytes,
    /// Whether its answer has no body, whatever its headers say.
    pub(super) is_head: bool,
}

/// An open connection: requests one after the other.
pub(super) struct Connection {
    reader: Reader<ReadHalf<Box<dyn Stream>>>,
    writer: WriteHalf<Box<dyn Stream>>,
    open: bool,
    answers: u64,
}

/// Plain or TLS.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Unanswered {
    /// The endpoint had closed the connection before anything of the request went out.
    NotSent,
    /// It broke after that.
    Broken(io::Error),
}

impl Unanswered {
    /// What is told of it.
    pub(super) fn failure(&self) -> Failure {
        let message = match self {
            Self::NotSent => "connection closed before the request".to_owned(),
            Self::Broken(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                "connection closed before the answer was whole".to_owned()
            }
            Self::Broken(error) => cause(error),
        };
        Failure {
            kind: FailureKind::Broken,
            message,
        }
    }
}

impl Connection {
    /// A connection to this address.
    pub(super) async fn open(address: SocketAddr, tls: Option<&Connector>) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        // Without it, a body waits for the acknowledgement of its headers.
        let _ = stream.set_nodelay(true);
        let stream: Box<dyn Stream> = match tls {
            None => Box::new(stream),
            Some(tls) => Box::new(tls.connect(stream).await?),
        };
        let (half, writer) = tokio::io::split(stream);
        Ok(Self {
            reader: Reader::new(half),
            writer,
            open: true,
            answers: 0,
        })
    }

    /// Whether another request may go out on it.
    pub(super) fn is_open(&self) -> bool {
        self.open
    }

    /// Whether an answer came over it already.
    pub(super) fn was_used(&self) -> bool {
        self.answers > 0
    }

    /// Whether one answer came over it, and so nobody knows yet that the endpoint keeps it open.
    pub(super) fn is_new(&self) -> bool {
        self.answers == 1
    }

    /// Hears, for at most so long, whether the endpoint closes it: what is heard here need not be found
    /// out with a request.
    pub(super) async fn listen(&mut self, patience: Duration) {
        if patience.is_zero() {
            // The runtime looks what its sockets have to say.
            tokio::task::yield_now().await;
            self.look().await;
            return;
        }
        let half = &mut self.reader.half;
        let ends = poll_fn(|context| {
            let mut byte = [0];
            Pin::new(&mut *half)
                .poll_read(context, &mut ReadBuf::new(&mut byte))
                .map(drop)
        });
        // That it is still open is no news.
        self.open &= tokio::time::timeout(patience, ends).await.is_err();
    }

    /// Looks whether it was closed; whatever came that was not asked for ends it too.
    async fn look(&mut self) {
        let half = &mut self.reader.half;
        let ended = poll_fn(|context| {
            let mut byte = [0];
            let read = Pin::new(&mut *half).poll_read(context, &mut ReadBuf::new(&mut byte));
            Poll::Ready(read.is_ready())
        });
        self.open &= !ended.await;
    }

    /// Sends a request and reads its answer; of its body, so many bytes are kept, and without any its
    /// headers are not kept either. Given up on half-way, it takes no other request.
    pub(super) async fn ask(
        &mut self,
        request: &Request,
        keep: usize,
    ) -> Result<Reply, Unanswered> {
        let mut out = request.head.chain(&request.body[..]);
        let mut answer = None;
        let only = |reply| answer = Some(reply);
        self.ask_all(&mut out, (1, request.is_head), keep, only)
            .await?;
        answer.ok_or(Unanswered::NotSent)
    }

    /// Sends so many requests, one behind the other, and hears their answers in their order, as
    /// [`Connection::ask`] does one: fewer where the endpoint said that it closes the connection. What was
    /// not sent stays in `out`.
    pub(super) async fn ask_all(
        &mut self,
        out: &mut impl Buf,
        (requests, is_head): (usize, bool),
        keep: usize,
        mut each: impl FnMut(Reply),
    ) -> Result<(), Unanswered> {
        if self.answers > 0 {
            self.look().await;
        }
        if !std::mem::take(&mut self.open) {
            return Err(Unanswered::NotSent);
        }
        let (reader, writer) = (&mut self.reader, &mut self.writer);
        // An answer may come before the request is out, and then the rest may find no reader.
        let mut writing = pin!(async {
            let all = out.remaining();
            while out.has_remaining() {
                if writer.write_buf(out).await.is_err() {
                    return Err(out.remaining() < all);
                }
            }
            writer.flush().await.map_err(|_| true)
        });
        let answers = &mut self.answers;
        let was_used = *answers > 0;
        let mut reading = pin!(async {
            let mut keeps = true;
            for _ in 0..requests {
                let mut head = reader.head(keep > 0).await?;
                while (100..200).contains(&head.status) && head.status != 101 {
                    head = reader.head(keep > 0).await?;
                }
                let (reply, own) = reader.body(head, is_head, keep).await?;
                *answers += 1;
                each(reply);
                keeps = own;
                if !keeps {
                    break;
                }
            }
            Ok(keeps && reader.is_empty())
        });
        let mut written = None;
        let read = loop {
            tokio::select! {
                biased;
                end = &mut writing, if written.is_none() => {
                    if end == Err(false) && was_used {
                        return Err(Unanswered::NotSent);
                    }
                    written = Some(end.is_ok());
                }
                read = &mut reading => break read,
            }
        };
        let keeps = read.map_err(Unanswered::Broken)?;
        self.open = keeps && written == Some(true);
        Ok(())
    }

    /// Sends a request whose body waits until it is asked for, for so long at most.
    pub(super) async fn ask_first(
        &mut self,
        request: &Request,
        patience: Duration,
        keep: usize,
    ) -> Result<Reply, Unanswered> {
        let head = self.announce(request, patience, keep > 0).await;
        if let Some(head) = head.map_err(Unanswered::Broken)?
            && head.status != 100
        {
            // Answered without having seen the body, which then must not follow.
            self.open = false;
            let read = self.reader.body(head, request.is_head, keep).await;
            return read.map(|own| own.0).map_err(Unanswered::Broken);
        }
        let rest = Request {
            head: Vec::new(),
            ..request.clone()
        };
        self.ask(&rest, keep).await
    }

    async fn announce(
        &mut self,
        request: &Request,
        patience: Duration,
        keeps_fields: bool,
    ) -> io::Result<Option<Head>> {
        self.writer.write_all(&request.head).await?;
        self.writer.flush().await?;
        let first = tokio::time::timeout(patience, self.reader.head(keeps_fields)).await;
        first.ok().transpose()
    }
}
