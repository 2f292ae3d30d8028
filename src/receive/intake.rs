//! One message from arrival to answer: verify, log, forward.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Instant;

use reqwest::Url;
use serde_json::json;

use super::handshake::{self, Handshakes, Met, PostedTo};
use super::news::{Event, News};
use super::server::{Handler, Reply};
use super::socket::Peer;
use crate::core::assess::Assessment;
use crate::core::delivery::{Answer, Attempt, Delivery, Direction, FailureKind};
use crate::core::message::Message;
use crate::core::verdict::Verdict;
use crate::deliver::{Client, join};
use crate::log::{LogError, Receipt, Writer};
use crate::repeat::Clock;
use crate::verifier::Verifier;

/// What `listen` holds every message against.
pub struct Intake {
    /// Providers, secrets and limits.
    pub verifier: Arc<Verifier>,
    /// The URL senders post to, where it is not the local one.
    pub public_url: Option<String>,
    /// Whether the local one is `https`.
    pub secure: bool,
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
    /// Answered 503 as they could not be kept; in none of the other counts.
    pub not_recorded: AtomicU64,
}

impl Counts {
    /// `received 3: 1 valid, 1 invalid, 1 unverifiable`, and what was not recorded.
    #[must_use]
    pub fn summary(&self) -> String {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let (valid, invalid, open) = (of(&self.valid), of(&self.invalid), of(&self.unverifiable));
        let all = valid + invalid + open;
        let mut text =
            format!("received {all}: {valid} valid, {invalid} invalid, {open} unverifiable");
        let not_recorded = of(&self.not_recorded);
        if not_recorded > 0 {
            text.push_str(&format!("; {not_recorded} not recorded and answered 503"));
        }
        text
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

/// The URL a sender posted to: the public one, with the request's path and query where it has none
/// of its own; without a public one, what the `Host` header says.
#[must_use]
pub fn posted_to(message: &Message, public: Option<&str>, secure: bool) -> String {
    let Some(public) = public else {
        let host = message.headers.text("host").unwrap_or_default();
        let scheme = if secure { "https" } else { "http" };
        return format!("{scheme}://{host}{}", message.target);
    };
    let after = public.split_once("://").map_or(public, |(_, after)| after);
    let query = message
        .target
        .find('?')
        .map_or("", |at| &message.target[at..]);
    match after.split_once('/') {
        None | Some((_, "")) => {
            format!("{}{}", public.trim_end_matches('/'), message.target)
        }
        Some(_) if public.contains('?') => public.to_owned(),
        Some(_) => format!("{public}{query}"),
    }
}

impl Intake {
    /// Looks at a message as `listen` does.
    #[must_use]
    pub fn assess(&self, message: &Message) -> Assessment {
        let url = posted_to(message, self.public_url.as_deref(), self.secure);
        let context = self.verifier.context(Some(&url), self.clock.now());
        self.verifier.assess(message, &context)
    }

    /// Looks at a message as `listen` does, handshakes among them.
    fn look(&self, message: &Message) -> (Assessment, Option<Met>) {
        let mut found = self.assess(message);
        let detected = found.provider.as_ref();
        let met = self.handshakes.meet(
            message,
            &self.verifier.named.iter().collect::<Vec<_>>(),
            detected.and_then(|id| self.verifier.catalog.get(id).ok()),
            &found,
            &self.verifier.keyring,
            PostedTo {
                public_url: self.public_url.as_deref(),
                secure: self.secure,
            },
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
        let Ok(room) = self.news.room_for(&message).await else {
            self.counts.not_recorded.fetch_add(1, Ordering::Relaxed);
            return not_recorded("the reader of the output is too slow");
        };
        let (found, met) = self.look(&message);
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
                self.counts.count(&found.verdict);
            }
            Err(error) => {
                self.counts.not_recorded.fetch_add(1, Ordering::Relaxed);
                return self.not_logged(&error);
            }
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
        self.news.tell(delivery, room).await;
        if let Some((provider, news)) = told {
            self.news.try_tell(Event::Handshake(provider, news));
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
        let (reply, attempt) = match forward.client.attempt(&delivery.message, &url, 1).await {
            Ok(attempt) => (forwarded_answer(&attempt), Some(attempt)),
            Err(error) => {
                let why = json!({ "error": error.to_string() });
                (Reply::json(502, &why), None)
            }
        };
        let answer = Answer {
            status: reply.status,
            latency: self.clock.elapsed(since),
        };
        if let (Some(writer), Some(id)) = (&self.writer, delivery.id) {
            let attempt = attempt.clone().map(|attempt| writer.attempt(id, attempt));
            let answer = writer.answer(id, answer);
            if let Some(attempt) = attempt {
                wait(attempt).await?;
            }
            wait(answer).await?;
        }
        delivery.attempts.extend(attempt);
        delivery.answer = Some(answer);
        Ok(reply)
    }

    fn not_logged(&self, error: &LogError) -> Reply {
        self.news.try_tell(Event::NotLogged(error.to_string()));
        not_recorded("delivery could not be recorded")
    }
}

/// The answer to what is not kept: the sender is asked to send it again.
fn not_recorded(why: &str) -> Reply {
    let mut reply = Reply::json(503, &json!({ "error": why }));
    reply
        .headers
        .push(("retry-after".to_owned(), b"5".to_vec()));
    reply
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
    let no_answer = |status, why: &str| Reply::json(status, &json!({ "error": why }));
    match &attempt.result {
        // Half an answer would pass for a whole one.
        Ok(reply) if reply.truncated => {
            no_answer(502, "the application's answer is too large to pass on")
        }
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
        Err(failure) => match failure.kind {
            FailureKind::Connect => no_answer(502, "the application was not reached"),
            FailureKind::Timeout => no_answer(504, "the application did not answer in time"),
            FailureKind::Broken => no_answer(502, "the application broke off its answer"),
        },
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

    fn refused(&self, peer: Peer, status: Option<u16>, why: &str) {
        self.news.try_tell(Event::Refused {
            at: self.clock.now(),
            peer,
            status,
            why: why.to_owned(),
        });
    }

    fn crowded(&self, closed: u64, open: usize) {
        self.news.try_tell(Event::Crowded { closed, open });
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;

    use super::*;
    use crate::core::delivery::{self, Failure};
    use crate::core::message::Headers;
    use crate::log::Log;
    use crate::receive::news::Event;
    use crate::repeat::Repeat;

    fn answered(result: Result<delivery::Reply, Failure>) -> (u16, String) {
        let reply = forwarded_answer(&Attempt {
            number: 1,
            at: Timestamp::UNIX_EPOCH,
            url: "http://x/".into(),
            result,
            latency: Duration::ZERO,
        });
        (reply.status, String::from_utf8_lossy(&reply.body).into())
    }

    #[test]
    fn the_url_is_the_public_one_or_what_host_says() {
        let mut message = Message::post([("Host", "a.example:1")].into_iter().collect(), "");
        message.target = "/in?x=1".into();
        for (public, expected) in [
            (None, "http://a.example:1/in?x=1"),
            (Some("https://p.example"), "https://p.example/in?x=1"),
            (Some("https://p.example/"), "https://p.example/in?x=1"),
            (Some("https://p.example/out"), "https://p.example/out?x=1"),
            (
                Some("https://p.example/out?y=2"),
                "https://p.example/out?y=2",
            ),
        ] {
            assert_eq!(posted_to(&message, public, false), expected);
        }
        assert_eq!(
            posted_to(&message, None, true),
            "https://a.example:1/in?x=1"
        );
    }

    #[test]
    fn a_sender_hears_what_the_application_did() {
        let failed = |kind| {
            answered(Err(Failure {
                kind,
                message: "private".into(),
            }))
        };
        let said = |status, why: &str| (status, format!("{{\"error\":\"{why}\"}}"));
        assert_eq!(
            [
                failed(FailureKind::Connect),
                failed(FailureKind::Timeout),
                failed(FailureKind::Broken)
            ],
            [
                said(502, "the application was not reached"),
                said(504, "the application did not answer in time"),
                said(502, "the application broke off its answer"),
            ]
        );
        let reply = |truncated| delivery::Reply {
            status: 201,
            headers: Headers::new(),
            body: "ok".into(),
            truncated,
        };
        assert_eq!(answered(Ok(reply(false))), (201, "ok".into()));
        assert_eq!(answered(Ok(reply(true))).0, 502);
    }

    #[tokio::test]
    async fn what_is_told_and_counted_is_what_the_log_has() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = Log::open(&folder.path().join("log.db")).expect("opens");
        let (news, mut told) = News::channel(true);
        let intake = Intake {
            verifier: Arc::default(),
            public_url: None,
            secure: false,
            writer: Some(log.writer().expect("starts")),
            forward: None,
            clock: Repeat::default().clock(),
            news,
            counts: Counts::default(),
            handshakes: Handshakes::default(),
        };
        let receive = || {
            let message = Message::post(Headers::new(), "{}");
            intake.receive(message, Instant::now())
        };
        assert_eq!(receive().await.status, 200);
        let Some(Event::Delivery(first)) = told.recv().await.map(|told| told.event) else {
            panic!("no delivery told");
        };
        rusqlite::Connection::open(log.path())
            .and_then(|other| other.execute_batch("ALTER TABLE delivery RENAME TO gone"))
            .expect("breaks the log");
        assert_eq!(receive().await.status, 503);
        let second = told.recv().await.map(|told| told.event);
        assert!(matches!(second, Some(Event::NotLogged(_))), "{second:?}");
        assert_eq!(
            intake.counts.summary(),
            "received 1: 0 valid, 0 invalid, 1 unverifiable; 1 not recorded and answered 503"
        );
        rusqlite::Connection::open(log.path())
            .and_then(|other| other.execute_batch("ALTER TABLE gone RENAME TO delivery"))
            .expect("mends the log");
        drop(intake);
        assert_eq!(log.delivery(1).as_ref(), Ok(&*first));
    }
}
