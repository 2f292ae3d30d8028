//! Load: many requests over connections of our own, a thread for each core, each driving its share of
//! the connections.

use std::cell::RefCell;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use jiff::Timestamp;
use tokio::sync::Notify;

use super::ClientError;
use super::http1::{Endpoint, Form, Request};
use crate::core::delivery::{Failure, FailureKind, Reply};
use crate::core::load::{Ended, Plan, Tally};
use crate::core::message::Message;
use crate::repeat::Clock;

/// A worker that waits looks up this often whether the run is over.
const LOOK_UP: Duration = Duration::from_millis(100);
/// No connection is tried again at once where the last was not made.
const BACK_OFF: Duration = Duration::from_millis(20);

/// What the threads of a run share.
#[derive(Debug)]
pub struct Run {
    plan: Plan,
    start: Instant,
    next: AtomicU64,
    begun: AtomicU64,
    reached: AtomicBool,
    over: AtomicBool,
    cut: AtomicBool,
    cutting: Notify,
    tallies: Vec<Mutex<Tally>>,
    clock: Clock,
}

/// A request and what became of it.
#[derive(Debug)]
pub struct Sent<'a> {
    /// The request.
    pub message: Message,
    /// Its number, counted from 0.
    pub number: u64,
    /// When it was sent.
    pub at: Timestamp,
    /// Its answer, or why there is none.
    pub result: &'a Result<Reply, Failure>,
    /// From the moment it was sent to the end of the answer.
    pub latency: Duration,
}

impl Run {
    /// A run that starts now, on so many threads.
    #[must_use]
    pub fn new(plan: Plan, threads: usize, clock: Clock) -> Self {
        Self {
            plan,
            start: Instant::now(),
            next: AtomicU64::new(0),
            begun: AtomicU64::new(0),
            reached: AtomicBool::new(false),
            over: AtomicBool::new(false),
            cut: AtomicBool::new(false),
            cutting: Notify::new(),
            tallies: (0..threads).map(|_| Mutex::default()).collect(),
            clock,
        }
    }

    /// How long it has been going on.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// How many threads share it.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.tallies.len()
    }

    /// How many requests were begun.
    #[must_use]
    pub fn begun(&self) -> u64 {
        self.begun.load(Ordering::Relaxed)
    }

    /// Begins no more requests; those under way are waited for.
    pub fn end(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    /// Waits for nothing any more.
    pub fn cut(&self) {
        self.end();
        self.cut.store(true, Ordering::SeqCst);
        self.cutting.notify_waiters();
    }

    /// What came of all requests so far.
    #[must_use]
    pub fn tally(&self) -> Tally {
        let mut sum = Tally::default();
        for tally in &self.tallies {
            sum.merge(&tally.lock().unwrap_or_else(PoisonError::into_inner));
        }
        sum
    }

    /// One thread's share of the run: `make` makes the request of a number, `kept` is given each
    /// that ended, where requests are kept.
    ///
    /// # Errors
    /// The first of `make` or `kept`, which ends the whole run.
    pub async fn work<E: From<ClientError>>(
        &self,
        thread: usize,
        endpoint: &Endpoint,
        mut make: impl for<'m> FnMut(u64, &mut Maker<'m>) -> Result<(), E>,
        kept: Option<impl AsyncFn(Sent<'_>) -> Result<(), E>>,
    ) -> Result<(), E> {
        let own = (thread..self.plan.connections)
            .step_by(self.threads())
            .count();
        let form = RefCell::new(endpoint.form());
        let make = RefCell::new(&mut make);
        let keeps = kept.is_some();
        let request = |number| -> Result<_, E> {
            let mut maker = Maker {
                form: &mut form.borrow_mut(),
                keeps,
                made: None,
            };
            (make.borrow_mut())(number, &mut maker)?;
            Ok(maker.made)
        };
        let mut workers: FuturesUnordered<_> = (0..own)
            .map(|_| self.worker(thread, endpoint, &request, kept.as_ref()))
            .collect();
        let all = async {
            while let Some(ended) = workers.next().await {
                if let Err(error) = ended {
                    self.cut();
                    return Err(error);
                }
            }
            Ok(())
        };
        let cutting = self.cutting.notified();
        let mut cutting = pin!(cutting);
        // From here on, no cut is missed.
        cutting.as_mut().enable();
        if self.cut.load(Ordering::SeqCst) {
            return Ok(());
        }
        tokio::select! {
            ended = all => ended,
            () = cutting => Ok(()),
        }
    }

    async fn worker<E>(
        &self,
        thread: usize,
        endpoint: &Endpoint,
        request: impl Fn(u64) -> Result<Option<Made>, E>,
        kept: Option<&impl AsyncFn(Sent<'_>) -> Result<(), E>>,
    ) -> Result<(), E> {
        let mut connection = None;
        let mut reached = false;
        while let Some((number, due)) = self.turn().await {
            let Some(made) = request(number)? else {
                continue;
            };
            self.begun.fetch_add(1, Ordering::Relaxed);
            let at = self.clock.now();
            let began = Instant::now();
            let result = endpoint.exchange(&mut connection, &made.request).await;
            let ended = Instant::now();
            // A timer may ring a little early, never late for nothing.
            let since = due.map_or(began, |due| due.min(began));
            let tally = &self.tallies[thread];
            tally
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .record(Ended {
                    result: result.as_ref().map(|reply| reply.status),
                    latency: ended - since,
                    service: ended - began,
                });
            if let (Some(kept), Some(message)) = (kept, made.message) {
                let sent = Sent {
                    message,
                    number,
                    at,
                    result: &result,
                    latency: ended - began,
                };
                kept(sent).await?;
            }
            match result {
                Err(failure) if failure.kind == FailureKind::Connect => {
                    // An endpoint that was never there is not tried a hundred thousand times.
                    if !self.reached.load(Ordering::Relaxed) {
                        self.end();
                    }
                    tokio::time::sleep(BACK_OFF).await;
                }
                _ if reached => {}
                _ => {
                    reached = true;
                    self.reached.store(true, Ordering::Relaxed);
                }
            }
        }
        Ok(())
    }

    /// The number of the next request, once it is due; `None` when the run is over.
    async fn turn(&self) -> Option<(u64, Option<Instant>)> {
        if self.over.load(Ordering::Relaxed) {
            return None;
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let Some(after) = self.plan.due(number) else {
            // A clock is read for those only whom it can end.
            let part = match self.plan.duration {
                Some(_) => self.plan.has(number, self.elapsed()),
                None => self.plan.has(number, Duration::ZERO),
            };
            return part.then_some((number, None));
        };
        let due = self.start.checked_add(after)?;
        if !self.plan.has(number, after) {
            return None;
        }
        loop {
            let now = Instant::now();
            // The timer counts milliseconds, and rounds up.
            let wait = due.saturating_duration_since(now);
            let Some(wait) = wait.checked_sub(Duration::from_millis(1)) else {
                return self
                    .plan
                    .has(number, self.elapsed())
                    .then_some((number, Some(due)));
            };
            tokio::time::sleep(wait.min(LOOK_UP)).await;
            if self.over.load(Ordering::Relaxed) {
                return None;
            }
        }
    }
}

/// Takes the request of a number.
pub struct Maker<'a> {
    form: &'a mut Form,
    keeps: bool,
    made: Option<Made>,
}

struct Made {
    request: Request,
    message: Option<Message>,
}

impl Maker<'_> {
    /// The request is this one.
    ///
    /// # Errors
    /// [`ClientError`] for what HTTP cannot carry.
    pub fn take(&mut self, message: &Message) -> Result<(), ClientError> {
        self.made = Some(Made {
            request: self.form.request(message)?,
            message: self.keeps.then(|| message.clone()),
        });
        Ok(())
    }
}
