//! One attempt: made, and recorded with what follows it in a single write.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use super::endpoint::Endpoint;
use super::news::News;
use super::target;
use crate::core::delivery::{Attempt, Delivery};
use crate::core::provider::Event;
use crate::core::random::Random;
use crate::core::retry::{Next, Outcome};
use crate::core::serve::dispatch::{Standing, Told};
use crate::core::serve::subscription::Target;
use crate::core::template::Filler;
use crate::deliver::mail::{self, Mailer};
use crate::deliver::pool::Pool;
use crate::log::{Attempted, Change, Due, LogError, Occurrence, Receipt, Writer};
use crate::repeat::Clock;

/// How long a full queue of writes is left alone.
const BUSY: Duration = Duration::from_millis(1);
/// How long a log that cannot be written is left alone.
const BROKEN: Duration = Duration::from_secs(1);

/// What all attempts share.
pub struct Sender {
    /// What requests go out with.
    pub pool: Pool,
    /// What mails go out with, where a mail server was named.
    pub mailer: Option<Mailer>,
    /// What writes to the log.
    pub writer: Writer,
    /// The clock.
    pub clock: Clock,
    /// How many times shorter than the provider one waits.
    pub speed: f64,
    /// Attempts that were answered and are being written: they take no room of those to come.
    pub recording: AtomicUsize,
    /// What is told.
    pub news: News,
    /// Where random values come from.
    pub random: Random,
    /// What fills in templates, made anew each second: which second, how many there were, the last.
    pub filler: Mutex<Option<(i64, u64, Arc<Filler>)>>,
}

/// An event, and what its provider's definition says of it.
#[derive(Debug)]
pub(super) struct Happened {
    pub(super) occurrence: Occurrence,
    pub(super) event: Event,
}

/// What came of an attempt, for whoever says whose turn it is.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) dispatch: i64,
    pub(super) success: bool,
    pub(super) took: Duration,
    /// When the next attempt is due.
    pub(super) again: Option<Timestamp>,
}

impl Sender {
    /// Makes an attempt and records it; `answered` hears when it needs its room no more.
    pub(super) async fn attempt(
        &self,
        endpoint: &Endpoint,
        happened: &Happened,
        due: Due,
        answered: impl FnOnce(),
    ) -> Ended {
        let began = Instant::now();
        let mut delivery = target::attempt(self, endpoint, happened, &due).await;
        let took = began.elapsed();
        let standing = self.follows(endpoint, &due, delivery.attempts.last());
        let dispatch = due.id;
        let subscription = endpoint.subscription.id;
        delivery.judgement = Some(endpoint.judgement.clone());
        let change = Arc::new(Attempted {
            due,
            subscription,
            delivery,
            standing,
        });
        self.recording.fetch_add(1, Ordering::Relaxed);
        answered();
        let receipt = self.record(Change::Attempted(Arc::clone(&change))).await;
        self.recording.fetch_sub(1, Ordering::Relaxed);
        if self.news.has_room() {
            let delivery = Delivery {
                id: Some(receipt.id),
                ..change.delivery.clone()
            };
            let told = Told::Attempted {
                delivery: Box::new(delivery),
                subscription,
                standing,
            };
            self.news.tell(told).await;
        }
        Ended {
            dispatch,
            success: standing == Standing::Delivered,
            took,
            again: match standing {
                Standing::Pending(due) => Some(due),
                Standing::Delivered | Standing::Failed => None,
            },
        }
    }

    /// What follows an attempt. A provider that documents no schedule makes one.
    fn follows(&self, endpoint: &Endpoint, due: &Due, attempt: Option<&Attempt>) -> Standing {
        let Some(attempt) = attempt else {
            return Standing::Failed;
        };
        let mut status = attempt.status();
        if endpoint.subscription.target == Target::Email {
            // The numbers of SMTP are not those of HTTP: 451 is worth another attempt, 550 is not.
            match mail::judge(status) {
                Outcome::Delivered => return Standing::Delivered,
                Outcome::Final => return Standing::Failed,
                Outcome::Retry => status = None,
            }
        }
        let answer = status.map(|status| (status, attempt.latency));
        match endpoint.policy.next(due.tries.saturating_add(1), answer) {
            Some(Next::Delivered) => Standing::Delivered,
            Some(Next::After(delay)) => {
                let wait = delay.as_secs_f64() / self.speed;
                let wait = SignedDuration::try_from_secs_f64(wait).unwrap_or(SignedDuration::MAX);
                let due = self.clock.now().saturating_add(wait);
                Standing::Pending(due.unwrap_or(Timestamp::MAX))
            }
            Some(Next::GivenUp | Next::Ended) => Standing::Failed,
            None => match endpoint.policy.judge(status) {
                Outcome::Delivered => Standing::Delivered,
                Outcome::Retry | Outcome::Final => Standing::Failed,
            },
        }
    }

    /// Writes a change, however long that takes: what was sent and is not written would be sent again.
    pub(super) async fn record(&self, change: Change) -> Receipt {
        let mut told = false;
        loop {
            let error = match self.writer.change(change.clone()) {
                Ok(pending) => match pending.await {
                    Ok(Ok(receipt)) => return receipt,
                    Ok(Err(error)) => error,
                    Err(_) => LogError::Storage("the log's writer ended".to_owned()),
                },
                Err(LogError::Busy) => {
                    tokio::time::sleep(BUSY).await;
                    continue;
                }
                Err(error) => error,
            };
            if !told {
                let trouble = format!("cannot write to the log, tried again each second: {error}");
                self.news.tell(Told::Trouble(trouble)).await;
                told = true;
            }
            tokio::time::sleep(BROKEN).await;
        }
    }

    /// What fills in templates now.
    pub(super) fn filler(&self, now: Timestamp) -> Arc<Filler> {
        let mut held = self.filler.lock().unwrap_or_else(PoisonError::into_inner);
        let second = now.as_second();
        let count = match &*held {
            Some((own, _, filler)) if *own == second => return Arc::clone(filler),
            // Not by the second: a clock that is set back would draw the same values again.
            Some((_, count, _)) => count + 1,
            None => 0,
        };
        let filler = Arc::new(Filler::new(now, self.random.nth(count)));
        *held = Some((second, count, Arc::clone(&filler)));
        filler
    }
}
