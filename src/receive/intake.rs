//! One message from arrival to answer: look, log, answer, tell.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use jiff::Timestamp;

use super::answer::{Answers, Plan, not_recorded};
use super::handshake::{self, Handshakes, Met, PostedTo};
use super::news::Event;
use super::server::{Handler, Reply, Reset};
use super::socket::Peer;
use crate::core::assess::Assessment;
use crate::core::attempts::signature_mark;
use crate::core::delivery::{Answer, Delivery, Direction};
use crate::core::message::Message;
use crate::core::verdict::Verdict;
use crate::verifier::Verifier;

/// What `listen` holds every message against.
pub struct Intake {
    /// Providers, secrets and limits.
    pub verifier: Arc<Verifier>,
    /// The URL senders post to, where it is not the local one.
    pub public_url: Option<String>,
    /// Whether the local one is `https`.
    pub secure: bool,
    /// What is needed to answer handshakes.
    pub handshakes: Handshakes,
    /// What answers deliveries, and where that is kept and told.
    pub answers: Arc<Answers>,
    /// How many of each verdict there were.
    pub counts: Counts,
}

/// How many deliveries there were.
#[derive(Debug, Default)]
pub struct Counts {
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

    fn of(&self, verdict: &Verdict) -> &AtomicU64 {
        match verdict {
            Verdict::Valid(_) => &self.valid,
            Verdict::Invalid(_) => &self.invalid,
            Verdict::Unverifiable(_) => &self.unverifiable,
        }
    }
}

/// What is known of a message, and what becomes of it: all that is kept while it is recorded and answered,
/// of which each open connection has one.
struct Judged<'i> {
    delivery: Arc<Delivery>,
    /// Marks what its sender signed it with.
    signature: Option<i64>,
    /// Where it is counted.
    count: &'i AtomicU64,
    plan: Plan,
    /// What is told of a handshake.
    told: Option<(String, handshake::News)>,
}

/// The URL a sender posted to: the public one, with the request's path and query where it has none
/// of its own; without a public one, what the `Host` header says.
#[must_use]
pub fn posted_to(message: &Message, public: Option<&str>, secure: bool) -> String {
    let Some(public) = public else {
        let host = message.headers.text("host").unwrap_or_default();
        let scheme = if secure { "https" } else { "http" };
        return [scheme, "://", host, &message.target].concat();
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
        let now = self.answers.book.clock.now();
        let context = self.verifier.context(Some(&url), now);
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

    /// Marks what a message was signed with, by the scheme it was held against.
    fn signature_mark(&self, found: &Assessment, message: &Message) -> Option<i64> {
        let provider = found.provider.as_deref()?;
        let known = self.verifier.catalog.get(provider).ok()?;
        let scheme = known.scheme(found.scheme.as_deref()?)?;
        signature_mark(scheme, message)
    }

    /// Looks at a message that arrived, and decides what becomes of it.
    fn judge(&self, message: Message, at: Timestamp, since: Instant) -> Judged<'_> {
        let (found, met) = self.look(&message);
        let signature = self.signature_mark(&found, &message);
        let mut delivery = Delivery {
            judgement: Some(found.judgement()),
            provider: found.provider,
            event: found.event,
            delivery_id: found.delivery_id,
            ..Delivery::new(Direction::Received, at, message)
        };
        let (handshake, told) = match met {
            Some(met) => (Some(met.reply), met.news.map(|news| (met.provider, news))),
            None => (None, None),
        };
        let plan = self.answers.plan(&delivery, &found.verdict, handshake);
        delivery.answer = plan.status().map(|status| Answer {
            status,
            latency: self.answers.book.clock.elapsed(since),
        });
        Judged {
            delivery: Arc::new(delivery),
            signature,
            count: self.counts.of(&found.verdict),
            // What is refused here may be answered by the application behind.
            told: told.filter(|(_, news)| {
                !plan.is_forwarded() || matches!(news, handshake::News::Next(_))
            }),
            plan,
        }
    }

    async fn receive(&self, message: Message, since: Instant) -> Result<Reply, Reset> {
        let book = &self.answers.book;
        let at = book.clock.now();
        let Ok(room) = book.news.room_for(&message).await else {
            self.counts.not_recorded.fetch_add(1, Ordering::Relaxed);
            return Ok(not_recorded("the reader of the output is too slow"));
        };
        let Judged {
            delivery,
            signature,
            count,
            plan,
            told,
        } = self.judge(message, at, since);
        let delivery = match book.delivery(delivery, signature).await {
            Ok(delivery) => delivery,
            Err(error) => {
                self.counts.not_recorded.fetch_add(1, Ordering::Relaxed);
                book.not_logged(&error);
                return Ok(not_recorded("delivery could not be recorded"));
            }
        };
        count.fetch_add(1, Ordering::Relaxed);
        let reply = self.answers.carry_out(plan, delivery, since, room).await;
        if let Some((provider, news)) = told {
            book.news.try_tell(Event::Handshake(provider, news));
        }
        reply
    }
}

impl Handler for Intake {
    fn handle(
        &self,
        message: Message,
        since: Instant,
    ) -> impl Future<Output = Result<Reply, Reset>> + Send {
        self.receive(message, since)
    }

    fn refused(&self, peer: Peer, status: Option<u16>, why: &str) {
        let book = &self.answers.book;
        book.news.try_tell(Event::Refused {
            at: book.clock.now(),
            peer,
            status,
            why: why.to_owned(),
        });
    }

    fn crowded(&self, closed: u64, open: usize) {
        self.answers
            .book
            .news
            .try_tell(Event::Crowded { closed, open });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::core::message::Headers;
    use crate::core::random::Random;
    use crate::log::Log;
    use crate::receive::answer::tasks::Tasks;
    use crate::receive::attempts::Unlogged;
    use crate::receive::book::Book;
    use crate::receive::news::{News, Share};
    use crate::receive::route::Routes;
    use crate::repeat::Repeat;

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

    #[tokio::test]
    async fn what_is_told_and_counted_is_what_the_log_has() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = Log::open(&folder.path().join("log.db")).expect("opens");
        let (news, mut told) = News::channel(Share::All);
        let intake = Intake {
            verifier: Arc::default(),
            public_url: None,
            secure: false,
            handshakes: Handshakes::default(),
            answers: Arc::new(Answers {
                book: Book {
                    writer: Some(log.writer().expect("starts")),
                    news,
                    clock: Repeat::default().clock(),
                    unlogged: Unlogged::default(),
                },
                catalog: Arc::default(),
                routes: Routes::default(),
                forward_invalid: false,
                random: Mutex::new(Random::from_text("7")),
                tasks: Tasks::default(),
            }),
            counts: Counts::default(),
        };
        let receive = || {
            let message = Message::post(Headers::new(), "{}");
            intake.receive(message, Instant::now())
        };
        assert_eq!(receive().await.map(|reply| reply.status), Ok(200));
        let Some(Event::Delivery(first, _)) = told.recv().await.map(|told| told.event) else {
            panic!("no delivery told");
        };
        rusqlite::Connection::open(log.path())
            .and_then(|other| other.execute_batch("ALTER TABLE delivery RENAME TO gone"))
            .expect("breaks the log");
        assert_eq!(receive().await.map(|reply| reply.status), Ok(503));
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
