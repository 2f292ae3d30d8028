//! Several requests on one connection, sent before the first of them is answered (RFC 9112, 9.3.2): an
//! endpoint reads them in their order, and answers in it.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::mem::take;
use std::pin::pin;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::place::Place;
use super::{Pool, Ready};
use crate::core::delivery::{Attempt, Delivery, Failure, FailureKind, Reply};
use crate::deliver::ClientError;
use crate::deliver::http1::{Connection, Endpoint, Unanswered, late};
use crate::repeat::Clock;

/// So many bytes of room are kept for what goes out together.
const ROOM: usize = 512 * 1024;

/// A request that is to go out.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// Whose message it is.
    pub delivery: Arc<Delivery>,
    /// Where it goes.
    pub place: Arc<Place>,
    /// Which attempt it is, counted from 1.
    pub number: u32,
    /// How long its answer is waited for when those before it are answered.
    pub timeout: Duration,
}

/// What became of a request. Its time is that of its turn: it begins when the one before it is answered.
#[derive(Clone, Debug)]
pub enum Heard {
    /// It was answered, or failed by itself.
    Through(Attempt),
    /// It was sent behind one that failed, or with which the connection broke: nobody knows what the
    /// endpoint did with it.
    Lost(Attempt),
}

/// What goes out together.
struct Burst {
    endpoint: Arc<Endpoint>,
    connection: Connection,
    waits: VecDeque<Wait>,
}

/// A request that waits for its answer.
struct Wait {
    url: String,
    number: u32,
    timeout: Duration,
    /// Where it begins in the bytes that go out.
    start: usize,
}

impl Pool {
    /// Makes an attempt each at a host, and tells of them in their order. Of some at the end nothing may be
    /// heard: they were not sent, or the endpoint said before that it would close the connection. On a
    /// new connection only the first goes out. An answer to one that is not the only one is waited for
    /// `patience` at most.
    ///
    /// # Errors
    /// [`ClientError`] for what HTTP cannot carry, if it is the first; others do not go out with it.
    pub async fn burst(
        &self,
        outgoing: Vec<Outgoing>,
        patience: Duration,
        mut heard: impl FnMut(Heard),
    ) -> Result<(), ClientError> {
        let Some(first) = outgoing.first() else {
            return Ok(());
        };
        let is_head = |own: &Outgoing| own.delivery.message.method == "HEAD";
        // An answer to `HEAD` has a length and no body: it is waited for alone.
        if outgoing.len() == 1 || outgoing.iter().any(is_head) {
            let message = &first.delivery.message;
            let attempt = self.attempt(message, &first.place, first.number, first.timeout);
            heard(Heard::Through(attempt.await?));
            return Ok(());
        }
        let place = Arc::clone(&first.place);
        let mut bytes = take(&mut *self.room());
        if let Some(burst) = self.together(outgoing, &mut bytes).await?
            && let Some(connection) = self.exchange_all(burst, &bytes, patience, heard).await
        {
            self.put_back(connection, &place);
        }
        bytes.clear();
        bytes.shrink_to(ROOM);
        *self.room() = bytes;
        Ok(())
    }
}

impl Pool {
    /// Writes requests one behind the other, where a connection is open for them. One that cannot be
    /// written is left, and all behind it.
    async fn together(
        &self,
        outgoing: Vec<Outgoing>,
        bytes: &mut Vec<u8>,
    ) -> Result<Option<Burst>, ClientError> {
        let place = Arc::clone(&outgoing[0].place);
        let known = self.known(&place, &outgoing[0].delivery.message).await?;
        let Some(Ready {
            endpoint,
            open: Some(connection),
            ..
        }) = known
        else {
            return Ok(None);
        };
        let mut hosts = self.hosts();
        let Some(host) = hosts.get_mut(place.origin()) else {
            return Ok(None);
        };
        let mut waits = VecDeque::with_capacity(outgoing.len());
        for own in outgoing {
            let (message, start) = (&own.delivery.message, bytes.len());
            let written = host.form.write_head(message, bytes);
            if own.place.origin() != place.origin() || written.is_err() {
                bytes.truncate(start);
                break;
            }
            bytes.extend_from_slice(&message.body);
            waits.push_back(Wait {
                url: own.place.shown(&message.target),
                number: own.number,
                timeout: own.timeout,
                start,
            });
        }
        Ok(Some(Burst {
            endpoint,
            connection,
            waits,
        }))
    }

    fn room(&self) -> MutexGuard<'_, Vec<u8>> {
        self.room.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends what goes out together and hears its answers; gives the connection if it stays open.
    async fn exchange_all(
        &self,
        burst: Burst,
        bytes: &[u8],
        patience: Duration,
        mut heard: impl FnMut(Heard),
    ) -> Option<Connection> {
        let Burst {
            endpoint,
            mut connection,
            waits,
        } = burst;
        let turns = RefCell::new(Turns {
            clock: self.clock,
            at: self.clock.now(),
            since: Instant::now(),
            waits,
            patience,
        });
        let mut out = bytes;
        let ended = {
            let mut answered = |reply| {
                if let Some(attempt) = turns.borrow_mut().next(Ok(reply)) {
                    heard(Heard::Through(attempt));
                }
            };
            let requests = (turns.borrow().waits.len(), false);
            let keep = endpoint.reply_bytes();
            let asking = connection.ask_all(&mut out, requests, keep, &mut answered);
            let mut asking = pin!(asking);
            loop {
                // Each has a time of its own, which begins with its turn.
                let left = turns.borrow().left();
                match tokio::time::timeout(left, asking.as_mut()).await {
                    Ok(ended) => break Some(ended),
                    Err(_) if turns.borrow().left().is_zero() => break None,
                    Err(_) => {}
                }
            }
        };
        let failure = match &ended {
            Some(Ok(()) | Err(Unanswered::NotSent)) => {
                return Some(connection).filter(Connection::is_open);
            }
            Some(Err(broken)) => broken.failure(),
            None => Failure {
                kind: FailureKind::Broken,
                message: "given up with the one before it, which was not answered".to_owned(),
            },
        };
        let mut turns = turns.into_inner();
        if ended.is_none()
            && let Some(first) = turns.waits.front()
        {
            let (own, whole) = (first.timeout.min(patience), first.timeout <= patience);
            let mut failure = late(own);
            if !whole {
                // It gets all of its time when it is sent again.
                failure.message.push_str(" when sent ahead of an answer");
            }
            let attempt = turns.next(Err(failure));
            let made = if whole { Heard::Through } else { Heard::Lost };
            attempt.map(made).into_iter().for_each(&mut heard);
        }
        let sent = bytes.len() - out.len();
        while turns.waits.front().is_some_and(|own| own.start < sent) {
            let attempt = turns.next(Err(failure.clone()));
            attempt.map(Heard::Lost).into_iter().for_each(&mut heard);
        }
        None
    }
}

/// Requests that wait for their answers, the first of which is the next to be answered.
struct Turns {
    clock: Clock,
    /// When that one's turn began.
    at: Timestamp,
    since: Instant,
    waits: VecDeque<Wait>,
    patience: Duration,
}

impl Turns {
    /// How long the next answer is waited for from now on.
    fn left(&self) -> Duration {
        let whole = self.waits.front().map(|own| own.timeout.min(self.patience));
        whole
            .unwrap_or_default()
            .saturating_sub(self.since.elapsed())
    }

    /// The attempt that ends with this, after which the next one's turn begins.
    fn next(&mut self, result: Result<Reply, Failure>) -> Option<Attempt> {
        let Wait { url, number, .. } = self.waits.pop_front()?;
        let latency = self.clock.elapsed(self.since);
        let at = self.at;
        self.since = Instant::now();
        self.at = at.checked_add(latency).unwrap_or(at);
        Some(Attempt {
            number,
            at,
            url,
            result,
            latency,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::{TcpListener, TcpStream};

    use super::*;
    use crate::core::delivery::Direction;
    use crate::core::message::{Headers, Message};
    use crate::deliver::{ClientOptions, Trust};
    use crate::repeat::Repeat;

    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    const LAST: &[u8] = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok";

    /// The targets of so many requests, without answering any.
    fn read(from: &mut BufReader<TcpStream>, count: usize) -> Vec<String> {
        let mut targets = Vec::new();
        for _ in 0..count {
            let (mut lines, mut length) = (Vec::new(), 0);
            loop {
                let mut line = String::new();
                from.read_line(&mut line).expect("a line");
                if let Some(own) = line.strip_prefix("Content-Length: ") {
                    length = own.trim().parse().expect("a length");
                }
                if line == "\r\n" {
                    break;
                }
                lines.push(line);
            }
            let mut body = vec![0; length];
            from.read_exact(&mut body).expect("a body");
            assert!(lines[0].contains(std::str::from_utf8(&body).expect("text")));
            targets.push(lines[0].split(' ').nth(1).expect("a target").to_owned());
        }
        targets
    }

    /// What is heard of five requests, when one was answered before, of an endpoint that does this with
    /// its connection when it has read them all.
    fn heard(
        timeout: Duration,
        patience: Duration,
        then: impl FnOnce(TcpStream) + Send + 'static,
    ) -> Vec<Heard> {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let endpoint = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a connection");
            let mut from = BufReader::new(stream.try_clone().expect("a stream"));
            assert_eq!(read(&mut from, 1), ["/0"]);
            stream.write_all(ANSWER).expect("answers");
            // Not one of them waits for an answer.
            assert_eq!(read(&mut from, 5), ["/1", "/2", "/3", "/4", "/5"]);
            then(stream);
        });
        let options = ClientOptions {
            timeout: Duration::MAX,
            trust: Trust::default(),
            reply_bytes: 10,
        };
        let pool = Pool::new(options, false, Repeat::default().clock());
        let url = format!("http://{address}/").parse().expect("a URL");
        let place = Arc::new(Place::new(url));
        let outgoing = |number: u32| {
            let body = format!("/{number}");
            let message = Message {
                target: body.clone(),
                ..Message::post(Headers::new(), body)
            };
            Outgoing {
                delivery: Arc::new(Delivery::new(
                    Direction::Sent,
                    Timestamp::UNIX_EPOCH,
                    message,
                )),
                place: Arc::clone(&place),
                number: 1,
                timeout,
            }
        };
        let mut all = Vec::new();
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime")
            .block_on(async {
                // The first is alone on a new connection, whatever comes behind it.
                for numbers in [0..1, 1..6] {
                    let outgoing = numbers.map(outgoing).collect();
                    let sent = pool.burst(outgoing, patience, |own| all.push(own));
                    sent.await.expect("requests");
                }
            });
        endpoint.join().expect("an endpoint");
        all.remove(0);
        all
    }

    fn told(heard: &[Heard]) -> Vec<String> {
        let attempt = |own: &Attempt| match &own.result {
            Ok(reply) => reply.status.to_string(),
            Err(failure) => format!("{}: {}", failure.kind.as_str(), failure.message),
        };
        let told = |own: &Heard| match own {
            Heard::Through(own) => attempt(own),
            Heard::Lost(own) => format!("lost: {}", attempt(own)),
        };
        heard.iter().map(told).collect()
    }

    const LONG: Duration = Duration::from_secs(30);
    const SHORT: Duration = Duration::from_millis(50);

    #[test]
    fn answers_belong_to_requests_in_their_order() {
        let heard = heard(LONG, Duration::MAX, |mut stream| {
            for piece in ANSWER.repeat(5).chunks(17) {
                stream.write_all(piece).expect("answers");
            }
        });
        assert_eq!(told(&heard), ["200"; 5]);
        for pair in heard.windows(2) {
            let [Heard::Through(one), Heard::Through(next)] = pair else {
                panic!("{pair:?}");
            };
            // Its turn begins when the one before is answered.
            assert_eq!(one.at + one.latency, next.at);
        }
    }

    #[test]
    fn behind_the_last_answer_nothing_was_done() {
        let heard = heard(LONG, Duration::MAX, |mut stream| {
            stream.write_all(ANSWER).expect("answers");
            stream.write_all(LAST).expect("answers");
        });
        assert_eq!(told(&heard), ["200", "200"]);
    }

    #[test]
    fn what_was_sent_on_a_connection_that_breaks_is_lost() {
        let heard = heard(LONG, Duration::MAX, |mut stream| {
            stream.write_all(ANSWER).expect("answers");
            stream.write_all(&ANSWER[..10]).expect("answers");
        });
        let lost = "lost: broken: connection closed before the answer was whole";
        assert_eq!(told(&heard), ["200", lost, lost, lost, lost]);
    }

    #[test]
    fn one_that_is_late_is_late_by_itself() {
        let heard = heard(SHORT, Duration::MAX, |mut stream| {
            stream.write_all(ANSWER).expect("answers");
            let _ = stream.read(&mut [0]);
        });
        let lost = "lost: broken: given up with the one before it, which was not answered";
        let late = "timeout: no answer within 50ms";
        assert_eq!(told(&heard), ["200", late, lost, lost, lost]);
    }

    #[test]
    fn patience_cut_short_is_nobody_s_failure() {
        let heard = heard(LONG, SHORT, |mut stream| {
            let _ = stream.read(&mut [0]);
        });
        let late = "lost: timeout: no answer within 50ms when sent ahead of an answer";
        assert_eq!(told(&heard)[0], late);
        assert_eq!(heard.len(), 5);
        assert!(told(&heard).iter().all(|own| own.starts_with("lost: ")));
    }
}
