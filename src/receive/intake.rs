//! One message from arrival to answer: verify, log, forward.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Instant;

use reqwest::Url;
use serde_json::json;
use tokio::sync::mpsc;

use super::handshake::{self, Handshakes, Met};
use super::server::{Handler, Reply};
use crate::core::assess::{Assessment, Keyring, assess};
use crate::core::delivery::{Answer, Attempt, Delivery, Direction, FailureKind};
use crate::core::message::Message;
use crate::core::provider::Provider;
use crate::core::scheme::{Context, Tolerance};
use crate::core::verdict::Verdict;
use crate::deliver::{Client, join};
use crate::log::{LogError, Receipt, Writer};
use crate::providers::Catalog;
use crate::repeat::Clock;

/// What `listen` holds every message against.
pub struct Intake {
    /// All providers.
    pub catalog: Arc<Catalog>,
    /// The providers to serve, by id; all if empty.
    pub named: Vec<String>,
    /// The scheme, where the user chose one.
    pub scheme: Option<String>,
    /// The secrets.
    pub keyring: Keyring,
    /// Replaces the schemes' own tolerance.
    pub tolerance: Option<Tolerance>,
    /// The URL senders post to, where it is not the local one.
    pub public_url: Option<String>,
    /// The log, unless it is turned off.
    pub writer: Option<Writer>,
    /// Where to forward to.
    pub forward: Option<Forward>,
    /// The clock.
    pub clock: Clock,
    /// What is needed to answer handshakes.
    pub handshakes: Handshakes,
    /// Where everything that happens is told.
    pub news: News,
    /// How many of each verdict there were.
    pub counts: Counts,
}

/// Where deliveries go on to.
pub struct Forward {
    /// The client, with the timeout of forwarding.
    pub client: Client,
    /// The endpoint.
    pub endpoint: Url,
    /// Whether invalid deliveries go on too.
    pub invalid: bool,
}

/// What the printer is told.
#[derive(Debug)]
pub enum Event {
    /// A delivery, with all that came of it.
    Delivery(Box<Delivery>),
    /// A request that never became a message.
    Refused(SocketAddr, u16, String),
    /// Slow connections closed to make room, with so many open.
    Crowded(u64, usize),
    /// A delivery that could not be logged, and so was answered 503.
    NotLogged(String),
    /// A provider's handshake that is not over with its answer, or got none.
    Handshake(String, handshake::News),
}

/// The way to the printer.
#[derive(Clone, Debug)]
pub struct News {
    sender: mpsc::Sender<Event>,
    /// Whether every event must arrive (JSON), even if that slows receiving down; otherwise what the
    /// terminal cannot keep up with is counted and summarised.
    whole: bool,
    skipped: Arc<AtomicU64>,
}

impl News {
    /// A way to the printer for so many waiting events.
    #[must_use]
    pub fn channel(capacity: usize, whole: bool) -> (Self, mpsc::Receiver<Event>) {
        let (sender, receiver) = mpsc::channel(capacity);
        let news = Self {
            sender,
            whole,
            skipped: Arc::default(),
        };
        (news, receiver)
    }

    async fn tell(&self, event: Event) {
        if self.whole {
            // The printer is gone when its reader is; receiving ends then too.
            let _ = self.sender.send(event).await;
        } else {
            self.try_tell(event);
        }
    }

    fn try_tell(&self, event: Event) {
        if self.sender.try_send(event).is_err() {
            self.skipped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The count of what was left out; whoever reads it sets it back to 0.
    #[must_use]
    pub fn skips(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.skipped)
    }
}

/// How many deliveries there were.
#[derive(Debug, Default)]
pub struct Counts {
    /// The last number given, where no log gives them.
    number: AtomicI64,
    /// Verdict valid.
    pub valid: AtomicU64,
    /// Verdict invalid.
    pub invalid: AtomicU64,
    /// Verdict unverifiable.
    pub unverifiable: AtomicU64,
}

impl Counts {
    /// `received 3: 1 valid, 1 invalid, 1 unverifiable`.
    #[must_use]
    pub fn summary(&self) -> String {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let (valid, invalid, open) = (of(&self.valid), of(&self.invalid), of(&self.unverifiable));
        let all = valid + invalid + open;
        format!("received {all}: {valid} valid, {invalid} invalid, {open} unverifiable")
    }

    fn count(&self, verdict: &Verdict) {
        let counter = match verdict {
            Verdict::Valid(_) => &self.valid,
            Verdict::Invalid(_) => &self.invalid,
            Verdict::Unverifiable(_) => &self.unverifiable,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

impl Intake {
    /// Looks at a message as `listen` does.
    #[must_use]
    pub fn assess(&self, message: &Message) -> Assessment {
        let named = self.providers();
        let candidates = if named.is_empty() {
            self.catalog.candidates(message)
        } else {
            named
        };
        let context = Context {
            key_id: None,
            now: self.clock.now(),
            url: self.public_url.as_deref(),
            tolerance: self.tolerance,
        };
        let named = !self.named.is_empty();
        let scheme = self.scheme.as_deref();
        assess(message, &candidates, named, scheme, &self.keyring, &context)
    }

    /// The providers to serve.
    fn providers(&self) -> Vec<&Provider> {
        let known = |name: &String| self.catalog.get(name).ok();
        self.named.iter().filter_map(known).collect()
    }

    /// Looks at a message as `listen` does, handshakes among them.
    fn look(&self, message: &Message) -> (Assessment, Option<Met>) {
        let mut found = self.assess(message);
        let detected = found.provider.as_ref();
        let met = self.handshakes.meet(
            message,
            &self.providers(),
            detected.and_then(|id| self.catalog.get(id).ok()),
            &found,
            &self.keyring,
            self.public_url.as_deref(),
        );
        if let Some(met) = &met {
            found.provider = Some(met.provider.clone());
            found.event = Some(met.event.clone());
            if let Some(verdict) = &met.verdict {
                found.verdict = verdict.clone();
                found.provider_text = None;
            }
        }
        (found, met)
    }

    async fn receive(&self, message: Message, since: Instant) -> Reply {
        let at = self.clock.now();
        let (found, met) = self.look(&message);
        self.counts.count(&found.verdict);
        let onward = self
            .forward
            .as_ref()
            .filter(|own| own.invalid || !matches!(found.verdict, Verdict::Invalid(_)));
        let status = match (&met, &found.verdict) {
            (Some(met), _) => met.reply.status,
            (None, Verdict::Invalid(_)) => 401,
            (None, Verdict::Valid(_) | Verdict::Unverifiable(_)) => 200,
        };
        let mut delivery = Delivery {
            id: None,
            direction: Direction::Received,
            at,
            judgement: Some(found.judgement()),
            provider: found.provider,
            event: found.event,
            delivery_id: found.delivery_id,
            message,
            duplicate_of: None,
            replay_of: None,
            answer: onward.is_none().then(|| Answer {
                status,
                latency: self.clock.elapsed(since),
            }),
            attempts: Vec::new(),
        };
        match self.log(&delivery).await {
            Ok(receipt) => {
                delivery.id = Some(receipt.id);
                delivery.duplicate_of = receipt.duplicate_of;
            }
            Err(error) => return self.not_logged(&error),
        }
        if let (Some(answer), Some(id)) = (&mut delivery.answer, delivery.id) {
            // What is shown includes the commit, which the log hears of after it.
            answer.latency = self.clock.elapsed(since);
            if let Some(writer) = &self.writer {
                writer.latency(id, answer.latency);
            }
        }
        let (answer, told) = match met {
            Some(met) => (Some(met.reply), met.news.map(|news| (met.provider, news))),
            None => (None, None),
        };
        // What is refused here may be answered by the application behind.
        let told =
            told.filter(|(_, news)| onward.is_none() || matches!(news, handshake::News::Next(_)));
        let reply = match (onward, answer) {
            (Some(forward), _) => match self.forward(forward, &mut delivery, since).await {
                Ok(reply) => reply,
                Err(error) => return self.not_logged(&error),
            },
            (None, Some(reply)) => reply,
            (None, None) => plain_answer(status, &found.verdict, delivery.id),
        };
        self.news.tell(Event::Delivery(Box::new(delivery))).await;
        if let Some((provider, news)) = told {
            self.news.tell(Event::Handshake(provider, news)).await;
        }
        reply
    }

    /// Writes a delivery to the log, or only numbers it where there is none.
    async fn log(&self, delivery: &Delivery) -> Result<Receipt, LogError> {
        match &self.writer {
            Some(writer) => wait(writer.delivery(delivery.clone())).await,
            None => Ok(Receipt {
                id: self.counts.number.fetch_add(1, Ordering::Relaxed) + 1,
                duplicate_of: None,
            }),
        }
    }

    /// Passes a delivery on and its answer back. The delivery is on disk before it goes on, the
    /// attempt and the answer are before the sender hears of them.
    async fn forward(
        &self,
        forward: &Forward,
        delivery: &mut Delivery,
        since: Instant,
    ) -> Result<Reply, LogError> {
        let url = join(&forward.endpoint, &delivery.message.target);
        let attempt = match forward.client.attempt(&delivery.message, &url, 1).await {
            Ok(attempt) => attempt,
            Err(error) => return Ok(Reply::json(502, &json!({ "error": error.to_string() }))),
        };
        let reply = forwarded_answer(&attempt);
        let answer = Answer {
            status: reply.status,
            latency: self.clock.elapsed(since),
        };
        if let (Some(writer), Some(id)) = (&self.writer, delivery.id) {
            let attempt = writer.attempt(id, attempt.clone());
            let answer = writer.answer(id, answer);
            wait(attempt).await?;
            wait(answer).await?;
        }
        delivery.attempts.push(attempt);
        delivery.answer = Some(answer);
        Ok(reply)
    }

    fn not_logged(&self, error: &LogError) -> Reply {
        self.news.try_tell(Event::NotLogged(error.to_string()));
        let mut reply = Reply::json(503, &json!({ "error": "delivery could not be recorded" }));
        reply
            .headers
            .push(("retry-after".to_owned(), b"5".to_vec()));
        reply
    }
}

async fn wait(pending: Result<crate::log::Pending, LogError>) -> Result<Receipt, LogError> {
    pending?
        .await
        .unwrap_or_else(|_| Err(LogError::Storage("the log's writer ended".to_owned())))
}

/// What the sender hears from hookcat itself: never more of a rejection than its kind.
fn plain_answer(status: u16, verdict: &Verdict, id: Option<i64>) -> Reply {
    match verdict {
        Verdict::Invalid(reason) => Reply::json(
            status,
            &json!({ "error": "invalid signature", "reason": reason.slug() }),
        ),
        Verdict::Valid(_) | Verdict::Unverifiable(_) => {
            Reply::json(status, &json!({ "ok": true, "id": id }))
        }
    }
}

/// What the sender hears from the application behind: its status, headers and body.
fn forwarded_answer(attempt: &Attempt) -> Reply {
    match &attempt.result {
        Ok(reply) => Reply {
            status: reply.status,
            headers: reply
                .headers
                .iter()
                .filter(|(name, _)| !is_of_the_connection(name))
                .map(|(name, value)| (name.to_owned(), value.to_vec()))
                .collect(),
            body: reply.body.clone(),
        },
        Err(failure) => {
            let status = if failure.kind == FailureKind::Timeout {
                504
            } else {
                502
            };
            Reply::json(
                status,
                &json!({ "error": "the application was not reached" }),
            )
        }
    }
}

fn is_of_the_connection(name: &str) -> bool {
    [
        "connection",
        "content-length",
        "keep-alive",
        "transfer-encoding",
        "upgrade",
    ]
    .iter()
    .any(|own| own.eq_ignore_ascii_case(name))
}

impl Handler for Intake {
    fn handle(&self, message: Message, since: Instant) -> impl Future<Output = Reply> + Send {
        self.receive(message, since)
    }

    fn refused(&self, peer: SocketAddr, status: u16, why: &str) {
        self.news
            .try_tell(Event::Refused(peer, status, why.to_owned()));
    }

    fn crowded(&self, closed: u64, open: usize) {
        self.news.try_tell(Event::Crowded(closed, open));
    }
}
