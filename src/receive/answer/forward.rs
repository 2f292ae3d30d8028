//! The application behind: what it is given, and what its sender hears of it.

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::Url;
use serde_json::json;
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep_until, timeout_at};

use super::{Answers, Ear, deadline, not_recorded};
use crate::core::delivery::{Attempt, Delivery, FailureKind};
use crate::core::note::Note;
use crate::core::retry::{Outcome, Policy};
use crate::deliver::{Client, Pace, Progress, attempts, join};
use crate::receive::news::{Event, Room};
use crate::receive::server::Reply;

/// The flag that lets more deliveries through at once.
pub(super) const FLAG: &str = "--max-forwards";
/// How long an application may take, where no provider says otherwise.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where deliveries go on to, and how.
#[derive(Debug)]
pub struct Forward {
    /// The client.
    pub client: Client,
    /// The endpoint.
    pub endpoint: Url,
    /// How many requests may be under way at once: shared by all routes.
    pub slots: Arc<Semaphore>,
    /// The same in a number.
    pub most: usize,
    /// How long the application may take, where the operator says so.
    pub timeout: Option<Duration>,
    /// Whether the sender is answered before the application is asked, and how that is then tried
    /// again.
    pub ack_first: Option<Pace>,
}

/// How long is waited for an application.
struct Times {
    /// What the provider documents.
    allowed: Option<Duration>,
    /// How long its sender is kept waiting.
    limit: Duration,
    /// How long the application is listened to: to tell how long it took, it may be longer.
    patience: Duration,
}

impl Forward {
    fn times(&self, policy: Option<&Policy>) -> Times {
        let allowed = policy.and_then(|own| own.timeout).map(|span| span.0);
        let limit = self.timeout.or(allowed).unwrap_or(PATIENCE);
        Times {
            allowed,
            limit,
            patience: if self.timeout.is_some() {
                limit
            } else {
                limit.max(PATIENCE)
            },
        }
    }

    /// Passes a delivery on and its answer back. The delivery is on disk before it goes on; the
    /// attempt and the answer are before the sender hears of them. A sender whose provider would not
    /// wait any longer is told so, while the application is listened to further.
    pub(super) async fn pass_on(
        &self,
        answers: &Answers,
        mut delivery: Arc<Delivery>,
        mut ear: Ear,
        room: Option<Room>,
    ) {
        let times = self.times(policy(answers, &delivery));
        let mut notes = Vec::new();
        let queued = timeout_at(deadline(ear.since, times.limit), self.slots.acquire());
        let Ok(Ok(slot)) = queued.await else {
            notes.push(Note::Full {
                most: self.most,
                flag: FLAG,
            });
            let reply = Ok(not_recorded("too many deliveries are under way"));
            if answers
                .give(&mut ear, &mut delivery, None, reply, &mut notes)
                .await
            {
                answers.book.news.tell(delivery, notes, room).await;
            }
            return;
        };
        let client = self.client.within(times.patience);
        let (message, url) = (delivery.message.clone(), self.url(&delivery));
        let begun = Instant::now();
        let mut attempt = pin!(client.attempt(&message, &url, 1));
        let first = tokio::select! {
            biased;
            attempt = &mut attempt => Some(attempt),
            () = sleep_until(deadline(begun, times.limit)), if times.limit < times.patience => None,
        };
        let gave_up = first.is_none();
        if gave_up {
            let reply = Ok(no_answer(504, TOO_LATE));
            if !answers
                .give(&mut ear, &mut delivery, None, reply, &mut notes)
                .await
            {
                return;
            }
        }
        let attempt = match first {
            Some(attempt) => attempt,
            None => attempt.await,
        };
        drop(slot);
        let attempt = attempt
            .inspect(|attempt| {
                notes.extend(slow(&times, attempt, begun.elapsed(), &delivery, gave_up));
            })
            .inspect_err(|error| notes.push(Note::NotForwarded(error.to_string())));
        let recorded = if gave_up {
            let attempt = attempt.as_ref().ok();
            let written = answers.book.outcome(delivery.id, attempt, None).await;
            written
                .inspect_err(|error| answers.book.not_logged(error))
                .is_ok()
        } else {
            let reply = match &attempt {
                Ok(attempt) => answer_of(attempt),
                Err(error) => no_answer(502, &error.to_string()),
            };
            let attempt = attempt.as_ref().ok();
            answers
                .give(&mut ear, &mut delivery, attempt, Ok(reply), &mut notes)
                .await
        };
        if recorded {
            Arc::make_mut(&mut delivery).attempts.extend(attempt.ok());
            answers.book.news.tell(delivery, notes, room).await;
        }
    }

    /// Delivers what its sender was answered already: once, or on the provider's schedule until it is
    /// delivered, final or over.
    pub(super) async fn deliver(&self, answers: &Answers, delivery: &Arc<Delivery>) {
        let Some(pace) = self.ack_first else { return };
        let policy = policy(answers, delivery);
        let times = self.times(policy);
        let policy = policy.cloned().unwrap_or_default();
        let client = self.client.within(times.patience);
        let url = self.url(delivery);
        let (waiting, _) = watch::channel(None);
        let mut pending = Vec::new();
        let tell = |progress: Progress<'_>| match progress {
            Progress::Ended(attempt, outcome) => {
                waiting.send_replace(None);
                if let (Some(writer), Some(id)) = (&answers.book.writer, delivery.id) {
                    pending.push(writer.attempt(id, attempt.clone()));
                }
                let took = attempt.latency;
                let mut notes: Vec<Note> = slow(&times, attempt, took, delivery, false)
                    .into_iter()
                    .collect();
                if pace.retry && outcome == Outcome::Retry && policy.retry.is_none() {
                    let provider = delivery.provider.clone();
                    notes.push(Note::NoSchedule { provider });
                }
                let told = Event::Attempt(Arc::clone(delivery), attempt.clone(), notes);
                answers.book.news.try_tell(told);
            }
            Progress::Waiting { next, delay, wait } => {
                waiting.send_replace(Some(next));
                let note = Note::Waiting { next, delay, wait };
                answers.book.news.try_tell(Event::Noted(delivery.id, note));
            }
        };
        let attempt = |number| {
            let (client, message, url) = (&client, &delivery.message, &url);
            async move {
                let _slot = self.slots.acquire().await;
                client.attempt(message, url, number).await
            }
        };
        let outcome = tokio::select! {
            outcome = attempts(&policy, pace, attempt, tell) => outcome.map(|_| ()),
            next = abandoned(answers, &waiting) => {
                let note = Note::Ended { next };
                answers.book.news.try_tell(Event::Noted(delivery.id, note));
                Ok(())
            }
        };
        if let Err(error) = outcome {
            let note = Note::NotForwarded(error.to_string());
            answers.book.news.try_tell(Event::Noted(delivery.id, note));
        }
        for written in pending {
            answers.book.settle(written).await;
        }
    }

    fn url(&self, delivery: &Delivery) -> Url {
        join(&self.endpoint, &delivery.message.target)
    }
}

/// Comes true when everything is to end and all that is left of a delivery is to wait for its next
/// attempt: the number of that.
async fn abandoned(answers: &Answers, waiting: &watch::Sender<Option<u32>>) -> u32 {
    answers.tasks.closing().await;
    let mut waiting = waiting.subscribe();
    let next = waiting.wait_for(Option::is_some).await.map(|next| *next);
    match next {
        Ok(Some(next)) => next,
        // The sender outlives this.
        _ => std::future::pending().await,
    }
}

fn policy<'a>(answers: &'a Answers, delivery: &Delivery) -> Option<&'a Policy> {
    let provider = answers.catalog.get(delivery.provider.as_deref()?).ok()?;
    Some(&provider.delivery)
}

/// Tells an application that takes longer than the provider allows.
fn slow(
    times: &Times,
    attempt: &Attempt,
    took: Duration,
    delivery: &Delivery,
    gave_up: bool,
) -> Option<Note> {
    let allowed = times.allowed.filter(|allowed| gave_up || took > *allowed)?;
    let silent = matches!(&attempt.result, Err(failure) if failure.kind == FailureKind::Timeout);
    Some(Note::Slow {
        provider: delivery.provider.clone()?,
        allowed,
        took: (!silent).then_some(took),
        gave_up,
    })
}

const TOO_LATE: &str = "the application did not answer in time";

fn no_answer(status: u16, why: &str) -> Reply {
    Reply::json(status, &json!({ "error": why }))
}

/// What the sender hears from the application behind: its status, headers and body.
fn answer_of(attempt: &Attempt) -> Reply {
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
            FailureKind::Timeout => no_answer(504, TOO_LATE),
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

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::core::delivery::{self, Failure};
    use crate::core::message::Headers;

    fn answered(result: Result<delivery::Reply, Failure>) -> (u16, String) {
        let reply = answer_of(&Attempt {
            number: 1,
            at: Timestamp::UNIX_EPOCH,
            url: "http://x/".into(),
            result,
            latency: Duration::ZERO,
        });
        (reply.status, String::from_utf8_lossy(&reply.body).into())
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
}
