//! Deliveries one after the other: each goes out when the one before is answered, and is told of once it
//! is in the log, which takes many together.

use std::collections::VecDeque;
use std::future::ready;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use reqwest::Url;
use tokio::sync::oneshot::error::TryRecvError;

use crate::commands::ending::client_error;
use crate::commands::options::Format;
use crate::commands::session::{Session, log_error};
use crate::core::delivery::{Attempt, Delivery};
use crate::deliver::masked;
use crate::deliver::pool::{Place, Pool};
use crate::error::CommandError;
use crate::log::{Log, LogError, Pending, Receipt, Writer};
use crate::show::event::{self, Look};
use crate::show::json;

/// So many wait for the log at most. It takes twice as many: one that was answered never waits to be
/// handed over.
const WAITING: usize = 768;
/// So many are handed over together, as many as the log writes at once, or those of so long: each way to
/// the disk costs more than a delivery.
const TOGETHER: usize = 256;
const LINGER: Duration = Duration::from_millis(20);
/// A delivery answered within this is written with its answer; another before, so that it is seen to be
/// under way, and on disk.
const PROMPT: Duration = Duration::from_millis(50);

/// Sends one delivery after another, one attempt each.
pub(super) struct Sequence<'a> {
    pub(super) pool: Pool,
    pub(super) book: Book<'a>,
    /// Where the last one went: mostly, the next goes there too.
    pub(super) place: Option<Place>,
}

/// What is told and recorded of them, in their order.
pub(super) struct Book<'a> {
    session: &'a Session,
    format: Format,
    writer: Option<(Log, Writer)>,
    zone: TimeZone,
    current: Option<Current>,
    waiting: VecDeque<Entry>,
    /// How many of them, the last, are new, and since when the first of these is.
    new: usize,
    since: Instant,
}

/// The delivery that goes out now.
struct Current {
    delivery: Arc<Delivery>,
    url: String,
    /// Whether it was handed over before it was answered.
    departed: bool,
    /// What came of it, and what is told beside that.
    answered: Option<(Attempt, Vec<String>)>,
}

/// What the log is to have, and what is told of when it has it.
struct Entry {
    step: Step,
    delivery: Arc<Delivery>,
    url: String,
    part: Part,
    /// What is told beside.
    beside: Vec<String>,
}

/// How far an entry is.
enum Step {
    /// It is to be handed over.
    New,
    /// The log has it, and has yet to write it.
    HandedOver(Pending),
    /// It is in the log, or there is none.
    Kept,
}

/// What is told of a delivery.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Departure,
    Answer,
    Both,
}

impl Sequence<'_> {
    /// Sends a delivery; `beside` says what is told beside what came of it.
    ///
    /// # Errors
    /// What HTTP cannot carry; what the log or stdout does not take.
    pub(super) async fn send(
        &mut self,
        delivery: Delivery,
        url: &Url,
        timeout: Duration,
        beside: impl FnOnce(&Attempt) -> Vec<String>,
    ) -> Result<Attempt, CommandError> {
        let Self { pool, book, place } = self;
        book.make_room().await?;
        let delivery = Arc::new(delivery);
        book.current = Some(Current {
            delivery: Arc::clone(&delivery),
            url: masked(url),
            departed: false,
            answered: None,
        });
        let known = place.take().filter(|own| own.url() == url);
        let place = &*place.insert(known.unwrap_or_else(|| Place::new(url.clone())));
        let attempt = {
            let mut attempt = pin!(pool.attempt(&delivery.message, place, 1, timeout));
            let in_time = tokio::time::timeout(PROMPT, attempt.as_mut());
            if let Ok(attempt) = book.meanwhile(in_time).await? {
                attempt
            } else {
                book.depart()?;
                book.meanwhile(attempt).await?
            }
        };
        let attempt = attempt.map_err(client_error)?;
        drop(delivery);
        if let Some(current) = &mut book.current {
            current.answered = Some((attempt.clone(), beside(&attempt)));
        }
        book.settle().await?;
        Ok(attempt)
    }
}

impl<'a> Book<'a> {
    /// A book that is empty.
    pub(super) fn new(session: &'a Session, format: Format, writer: Option<(Log, Writer)>) -> Self {
        Self {
            session,
            format,
            writer,
            zone: TimeZone::system(),
            current: None,
            waiting: VecDeque::new(),
            new: 0,
            since: Instant::now(),
        }
    }

    /// Waits for something, and meanwhile hands over what is there and tells of what comes to be in the log.
    pub(super) async fn meanwhile<T>(
        &mut self,
        work: impl Future<Output = T>,
    ) -> Result<T, CommandError> {
        let mut work = pin!(work);
        // A request goes out first: what came of the one before is taken down while the endpoint works.
        tokio::select! {
            biased;
            done = &mut work => return Ok(done),
            () = ready(()) => {
                if self.new >= TOGETHER || self.new > 0 && self.since.elapsed() >= LINGER {
                    self.hand_over()?;
                }
            }
        }
        loop {
            tokio::select! {
                biased;
                done = &mut work => return Ok(done),
                told = self.tell(), if self.waiting.len() > self.new => told?,
            }
        }
    }

    /// Waits until all is in the log and told: also of a delivery that was given up while it was under way.
    pub(super) async fn close(&mut self) -> Result<(), CommandError> {
        self.depart()?;
        self.settle().await?;
        self.drain().await
    }

    /// Waits until all is in the log and told.
    pub(super) async fn drain(&mut self) -> Result<(), CommandError> {
        self.hand_over()?;
        while !self.waiting.is_empty() {
            self.tell().await?;
        }
        Ok(())
    }

    async fn make_room(&mut self) -> Result<(), CommandError> {
        while self.waiting.len() >= WAITING {
            self.hand_over()?;
            self.tell().await?;
        }
        Ok(())
    }

    /// Hands the delivery that is under way over as it is, unless it was, or is answered.
    fn depart(&mut self) -> Result<(), CommandError> {
        let Some(current) = &mut self.current else {
            return Ok(());
        };
        if current.departed || current.answered.is_some() {
            return Ok(());
        }
        current.departed = true;
        let entry = Entry {
            step: Step::New,
            delivery: Arc::clone(&current.delivery),
            url: current.url.clone(),
            part: Part::Departure,
            beside: Vec::new(),
        };
        self.enter(entry);
        self.hand_over()
    }

    /// Takes down what came of the delivery that was under way, if it is answered.
    async fn settle(&mut self) -> Result<(), CommandError> {
        if let Some(current) = &self.current
            && current.departed
            && current.answered.is_some()
        {
            // Its number is known when it is in the log.
            self.drain().await?;
        }
        if let Some(current) = self.current.take()
            && let Some((attempt, beside)) = current.answered
        {
            let mut delivery = current.delivery;
            Arc::make_mut(&mut delivery).attempts.push(attempt);
            self.enter(Entry {
                step: Step::New,
                delivery,
                url: current.url,
                part: if current.departed {
                    Part::Answer
                } else {
                    Part::Both
                },
                beside,
            });
        }
        Ok(())
    }

    fn enter(&mut self, entry: Entry) {
        if self.new == 0 {
            self.since = Instant::now();
        }
        self.waiting.push_back(entry);
        self.new += 1;
    }

    /// Hands over to the log what is new; without one, it is told at once.
    pub(super) fn hand_over(&mut self) -> Result<(), CommandError> {
        for entry in self.waiting.range_mut(self.waiting.len() - self.new..) {
            self.new -= 1;
            entry.step = Step::Kept;
            if let Some((_, writer)) = &self.writer {
                let delivery = &entry.delivery;
                let pending = match (entry.part, delivery.id, delivery.attempts.last()) {
                    (Part::Answer, Some(id), Some(own)) => writer.attempt(id, own.clone()),
                    _ => writer.delivery(Arc::clone(delivery)),
                };
                entry.step = Step::HandedOver(pending.map_err(|error| log_error(&error))?);
            }
        }
        match self.writer {
            Some(_) => Ok(()),
            None => self.tell_of_those_there(),
        }
    }

    /// Waits until the oldest is in the log, and tells of all that are.
    async fn tell(&mut self) -> Result<(), CommandError> {
        if let Some(oldest) = self.waiting.front_mut()
            && let Step::HandedOver(pending) = &mut oldest.step
        {
            let receipt = pending.await.map_err(|_| ());
            self.heard(receipt)?;
        }
        self.tell_of_those_there()
    }

    /// Takes the log's word on the oldest.
    fn heard(
        &mut self,
        receipt: Result<Result<Receipt, LogError>, ()>,
    ) -> Result<(), CommandError> {
        let Some(oldest) = self.waiting.front_mut() else {
            return Ok(());
        };
        oldest.step = Step::Kept;
        let receipt = receipt.map_err(|()| CommandError::failure("the log's writer ended"))?;
        let id = Some(receipt.map_err(|error| log_error(&error))?.id);
        // The log let go of it.
        Arc::make_mut(&mut oldest.delivery).id = id;
        if oldest.part == Part::Departure
            && let Some(current) = &mut self.current
        {
            Arc::make_mut(&mut current.delivery).id = id;
        }
        Ok(())
    }

    /// Tells of the oldest that nothing is to be waited for, at once.
    fn tell_of_those_there(&mut self) -> Result<(), CommandError> {
        let ui = self.session.ui;
        let look = Look {
            paint: ui.out(),
            zone: self.zone.clone(),
            body_lines: 0,
            headers: false,
            width: ui.width(),
        };
        let mut text = String::new();
        let mut heard = Ok(());
        while let Some(oldest) = self.waiting.front_mut() {
            match &mut oldest.step {
                Step::New => break,
                Step::Kept => {}
                Step::HandedOver(pending) => {
                    let receipt = match pending.try_recv() {
                        Err(TryRecvError::Empty) => break,
                        receipt => receipt.map_err(|_| ()),
                    };
                    heard = self.heard(receipt);
                    if heard.is_err() {
                        break;
                    }
                }
            }
            if let Some(oldest) = self.waiting.pop_front() {
                oldest.tell(self.format, &look, &mut text);
            }
        }
        ui.data(text.as_bytes())?;
        heard
    }
}

impl Entry {
    fn tell(&self, format: Format, look: &Look, text: &mut String) {
        let Self {
            delivery,
            url,
            part,
            beside,
            ..
        } = self;
        let mut line = |own: &str| {
            text.push_str(own);
            text.push('\n');
        };
        if format != Format::Text {
            if *part != Part::Departure {
                line(&json::line(&json::delivery(delivery)));
            }
            return;
        }
        if *part != Part::Answer {
            line(&event::departure(delivery, url, look));
        }
        for attempt in &delivery.attempts {
            line(&event::attempt(delivery, attempt, look));
        }
        for own in beside {
            line(own);
        }
    }
}
