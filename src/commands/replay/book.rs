//! What is told and recorded of deliveries that are sent again: they are told of once they are in the log,
//! which takes many together.

use std::cell::Cell;
use std::collections::VecDeque;
use std::future::ready;
use std::mem::take;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use tokio::sync::oneshot::error::TryRecvError;

use crate::commands::options::Format;
use crate::commands::session::{Session, log_error};
use crate::core::delivery::Delivery;
use crate::deliver::pool::Place;
use crate::env;
use crate::error::CommandError;
use crate::log::{Log, LogError, Pending, Receipt, Writer};
use crate::show::event::{self, Look};
use crate::show::json;

/// So many wait for the log at most. It takes twice as many: one that was answered never waits to be
/// handed over.
const WAITING: usize = 768;
/// Or those of bodies of so many bytes.
const WAITING_BYTES: usize = 16 * 1024 * 1024;
/// So many are handed over together, as many as the log writes at once, or those of so long: each way to
/// the disk costs more than a delivery.
const TOGETHER: usize = 256;
const LINGER: Duration = Duration::from_millis(20);

/// What is told and recorded, in the order of the deliveries.
pub(super) struct Book<'a> {
    session: &'a Session,
    format: Format,
    writer: Option<(Log, Writer)>,
    zone: TimeZone,
    waiting: VecDeque<Entry>,
    /// How many bytes their bodies have.
    bytes: usize,
    /// How many of them, the last, are new, and since when the first of these is.
    new: usize,
    since: Instant,
    /// Room for what is told.
    text: String,
}

/// What the log is to have, and what is told of when it has it.
struct Entry {
    step: Step,
    delivery: Arc<Delivery>,
    place: Arc<Place>,
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

/// That a delivery was taken down before it was through.
#[derive(Clone, Debug)]
pub(super) struct Departed {
    /// Its number, when the log has given it one.
    number: Rc<Cell<Option<i64>>>,
    /// How many attempts it had.
    attempts: usize,
}

/// What is told of a delivery.
enum Part {
    /// What is known before it is through.
    Departure(Departed),
    /// The rest, from this attempt on.
    Answer(usize),
    /// All of it.
    Both,
}

impl<'a> Book<'a> {
    /// A book that is empty.
    pub(super) fn new(session: &'a Session, format: Format, writer: Option<(Log, Writer)>) -> Self {
        Self {
            session,
            format,
            writer,
            zone: env::zone(),
            waiting: VecDeque::new(),
            bytes: 0,
            new: 0,
            since: Instant::now(),
            text: String::new(),
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
            () = ready(()) => self.go_on()?,
        }
        loop {
            tokio::select! {
                biased;
                done = &mut work => return Ok(done),
                told = self.tell(), if self.waiting.len() > self.new => told?,
            }
        }
    }

    /// Hands over what has waited long enough, and tells of what is in the log.
    pub(super) fn go_on(&mut self) -> Result<(), CommandError> {
        if self.new >= TOGETHER || self.new > 0 && self.since.elapsed() >= LINGER {
            self.hand_over()?;
        }
        self.tell_of_those_there()
    }

    /// Waits until all is in the log and told.
    pub(super) async fn drain(&mut self) -> Result<(), CommandError> {
        self.hand_over()?;
        while !self.waiting.is_empty() {
            self.tell().await?;
        }
        Ok(())
    }

    /// Waits until one more has room.
    pub(super) async fn make_room(&mut self) -> Result<(), CommandError> {
        while self.waiting.len() >= WAITING || self.bytes >= WAITING_BYTES {
            self.hand_over()?;
            self.tell().await?;
        }
        Ok(())
    }

    /// Takes down that a delivery is under way.
    pub(super) fn depart(&mut self, delivery: &Arc<Delivery>, place: &Arc<Place>) -> Departed {
        let departed = Departed {
            number: Rc::default(),
            attempts: delivery.attempts.len(),
        };
        let part = Part::Departure(departed.clone());
        self.enter(Arc::clone(delivery), Arc::clone(place), part, Vec::new());
        departed
    }

    /// Takes down a delivery with what came of it, and what is told beside. The log has written what was
    /// taken down of it before.
    pub(super) fn arrive(
        &mut self,
        mut delivery: Arc<Delivery>,
        place: Arc<Place>,
        departed: Option<&Departed>,
        beside: Vec<String>,
    ) {
        let part = match departed {
            Some(own) => {
                Arc::make_mut(&mut delivery).id = own.number.get();
                Part::Answer(own.attempts)
            }
            None => Part::Both,
        };
        self.enter(delivery, place, part, beside);
    }

    fn enter(
        &mut self,
        delivery: Arc<Delivery>,
        place: Arc<Place>,
        part: Part,
        beside: Vec<String>,
    ) {
        if self.new == 0 {
            self.since = Instant::now();
        }
        self.bytes += delivery.message.body.len();
        self.waiting.push_back(Entry {
            step: Step::New,
            delivery,
            place,
            part,
            beside,
        });
        self.new += 1;
    }

    /// Hands over to the log what is new; without one, it is told at once.
    pub(super) fn hand_over(&mut self) -> Result<(), CommandError> {
        for entry in self.waiting.range_mut(self.waiting.len() - self.new..) {
            self.new -= 1;
            entry.step = Step::Kept;
            if let Some((_, writer)) = &self.writer
                && let Some(pending) = entry.write(writer).map_err(|error| log_error(&error))?
            {
                entry.step = Step::HandedOver(pending);
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
        if let Part::Departure(departed) = &oldest.part {
            departed.number.set(id);
        }
        Ok(())
    }

    /// Tells of the oldest that nothing is to be waited for, at once.
    fn tell_of_those_there(&mut self) -> Result<(), CommandError> {
        if self.waiting.len() == self.new {
            return Ok(());
        }
        let ui = self.session.ui;
        let look = Look {
            paint: ui.out(),
            zone: self.zone.clone(),
            body_lines: 0,
            headers: false,
            width: ui.width(),
        };
        let mut text = take(&mut self.text);
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
                self.bytes -= oldest.delivery.message.body.len();
                oldest.tell(self.format, &look, &mut text);
            }
        }
        let told = ui.data(text.as_bytes());
        text.clear();
        self.text = text;
        told.and(heard)
    }
}

impl Entry {
    /// Hands over what the log does not have of it.
    fn write(&self, writer: &Writer) -> Result<Option<Pending>, LogError> {
        match (&self.part, self.delivery.id) {
            (Part::Answer(first), Some(id)) => {
                let mut rest = self.delivery.attempts.iter().skip(*first);
                rest.try_fold(None, |_, own| writer.attempt(id, own.clone()).map(Some))
            }
            _ => writer.delivery(Arc::clone(&self.delivery)).map(Some),
        }
    }

    fn tell(&self, format: Format, look: &Look, text: &mut String) {
        let Self { delivery, part, .. } = self;
        let mut line = |own: &str| {
            text.push_str(own);
            text.push('\n');
        };
        if format != Format::Text {
            if !matches!(part, Part::Departure(_)) {
                line(&json::line(&json::delivery(delivery)));
            }
            return;
        }
        let first = match part {
            Part::Answer(first) => *first,
            Part::Departure(_) | Part::Both => {
                line(&event::departure(delivery, self.place.as_shown(), look));
                0
            }
        };
        for attempt in delivery.attempts.iter().skip(first) {
            line(&event::attempt(delivery, attempt, look));
        }
        for own in &self.beside {
            line(own);
        }
    }
}
