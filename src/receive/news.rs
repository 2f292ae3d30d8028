//! The way to the printer: bounded in bytes, and never a reason to stop receiving for good.
//!
//! A terminal that cannot keep up is told less: what does not fit is counted. A reader of JSON is told
//! every delivery, so new ones wait a moment for room and are turned away where none comes. Where none
//! is shown, none is told.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::socket::Peer;
use crate::core::delivery::{Attempt, Delivery};
use crate::core::message::Message;
use crate::core::note::Note;
use crate::core::run::Run;

/// How many bytes may wait to be printed.
const ROOM: u32 = 16 * 1024 * 1024;
/// What anything that waits takes up at least.
const LEAST: u32 = 1024;
/// The same on a terminal, so that nobody reads what was long ago: 256 wait at most.
const LEAST_SHOWN: u32 = ROOM / 256;
/// How long a delivery waits for room.
const HOLD: Duration = Duration::from_secs(1);

/// How long a thread that has told everything rests; nobody sees that much later.
const REST: Duration = Duration::from_millis(2);

/// What the printer is told.
#[derive(Debug)]
pub enum Event {
    /// A delivery, with all that came of it, and what is worth telling of that.
    Delivery(Arc<Delivery>, Vec<Note>),
    /// One more attempt of a delivery that was told already.
    Attempt(Arc<Delivery>, Attempt, Vec<Note>),
    /// A command's run for a delivery.
    Ran(Box<Run>),
    /// Something of the delivery with this number, later on.
    Noted(Option<i64>, Note),
    /// A request that never became a message.
    Refused {
        /// When.
        at: Timestamp,
        /// Whose it was.
        peer: Peer,
        /// What it was answered, if it could be.
        status: Option<u16>,
        /// Why.
        why: String,
    },
    /// Connections that were closed to make room.
    Crowded {
        /// How many.
        closed: u64,
        /// How many may be open.
        open: usize,
    },
    /// A delivery that could not be logged, and so was answered 503.
    NotLogged(String),
    /// A provider's handshake that is not over with its answer, or got none.
    Handshake(String, super::handshake::News),
}

/// An event on its way, with the room it takes up.
#[derive(Debug)]
pub struct Told {
    /// The event.
    pub event: Event,
    room: Room,
}

impl Event {
    /// Whether it is a delivery, or comes of one.
    fn is_of_a_delivery(&self) -> bool {
        match self {
            Self::Delivery(..) | Self::Attempt(..) | Self::Ran(_) | Self::Noted(..) => true,
            Self::Refused { .. }
            | Self::Crowded { .. }
            | Self::NotLogged(_)
            | Self::Handshake(..) => false,
        }
    }

    /// What it holds of a sender's and an application's making.
    fn bytes(&self) -> usize {
        match self {
            Self::Delivery(delivery, _) => {
                let answers = delivery.attempts.iter().map(weight_of_answer);
                let message = &delivery.message;
                message.body.len() + message.headers.size() + answers.sum::<usize>()
            }
            // Its body is the delivery's own, which was told before.
            Self::Attempt(delivery, attempt, _) => {
                delivery.message.headers.size() + weight_of_answer(attempt)
            }
            Self::Ran(run) => run.stdout.len() + run.stderr.len(),
            _ => 0,
        }
    }
}

/// Room that is free again when this goes.
pub type Room = OwnedSemaphorePermit;

/// The next event, for a thread of its own; `None` once nobody is left to tell one.
///
/// It rests before it waits: to be woken for each of many deliveries costs those who receive more than
/// all that is done with them.
pub fn next(events: &mut UnboundedReceiver<Told>) -> Option<Told> {
    match events.try_recv() {
        Ok(told) => Some(told),
        Err(TryRecvError::Disconnected) => None,
        Err(TryRecvError::Empty) => {
            std::thread::sleep(REST);
            events.blocking_recv()
        }
    }
}

/// Which deliveries the printer is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// Every one, whatever it takes: JSON, and what is waited for.
    All,
    /// As many as it keeps up with.
    Fitting,
    /// None.
    None,
}

/// What was not told.
#[derive(Debug, Default)]
pub struct Missed {
    /// Deliveries.
    pub deliveries: AtomicU64,
    /// Everything else.
    pub others: AtomicU64,
}

/// The way to the printer.
#[derive(Clone, Debug)]
pub struct News {
    sender: UnboundedSender<Told>,
    room: Arc<Semaphore>,
    share: Share,
    missed: Arc<Missed>,
}

impl News {
    /// A way to a printer, which is told this share of the deliveries.
    #[must_use]
    pub fn channel(share: Share) -> (Self, UnboundedReceiver<Told>) {
        let (sender, receiver) = unbounded_channel();
        let news = Self {
            sender,
            room: Arc::new(Semaphore::new(ROOM as usize)),
            share,
            missed: Arc::default(),
        };
        (news, receiver)
    }

    /// What was left out; whoever reads it sets it back to 0.
    #[must_use]
    pub fn missed(&self) -> Arc<Missed> {
        Arc::clone(&self.missed)
    }

    /// Room for a delivery that must be told: `Err` where the reader is too slow to take another,
    /// `Ok(None)` where it may go untold.
    pub(super) async fn room_for(&self, message: &Message) -> Result<Option<Room>, ()> {
        if self.share != Share::All {
            return Ok(None);
        }
        let bytes = message.body.len() + message.headers.size();
        self.wait(weight(bytes, LEAST)).await.map(Some).ok_or(())
    }

    /// Tells a delivery, in the room it has.
    pub(super) async fn tell(
        &self,
        mut delivery: Arc<Delivery>,
        notes: Vec<Note>,
        room: Option<Room>,
    ) {
        let Some(mut room) = room else {
            return self.try_tell(Event::Delivery(delivery, notes));
        };
        let answers = delivery.attempts.iter().map(weight_of_answer).sum();
        if answers > 0 {
            match self.wait(weight(answers, LEAST)).await {
                Some(more) => room.merge(more),
                None => leave_out_answers(Arc::make_mut(&mut delivery)),
            }
        }
        self.send(Event::Delivery(delivery, notes), room);
    }

    /// Tells what can go untold.
    pub(super) fn try_tell(&self, event: Event) {
        let least = match self.share {
            Share::All => LEAST,
            Share::None if event.is_of_a_delivery() => return,
            Share::Fitting | Share::None => LEAST_SHOWN,
        };
        let weight = weight(event.bytes(), least);
        if let Ok(room) = Arc::clone(&self.room).try_acquire_many_owned(weight) {
            return self.send(event, room);
        }
        let missed = match event {
            Event::Delivery(..) => &self.missed.deliveries,
            _ => &self.missed.others,
        };
        missed.fetch_add(1, Ordering::Relaxed);
    }

    /// Passes on what was told on another way: with the room it has there where all must be told, else
    /// as far as there is room here.
    pub fn relay(&self, told: Told) {
        if self.share == Share::All {
            self.send(told.event, told.room);
        } else {
            drop(told.room);
            self.try_tell(told.event);
        }
    }

    async fn wait(&self, weight: u32) -> Option<Room> {
        if let Ok(room) = Arc::clone(&self.room).try_acquire_many_owned(weight) {
            return Some(room);
        }
        let room = Arc::clone(&self.room).acquire_many_owned(weight);
        tokio::time::timeout(HOLD, room).await.ok()?.ok()
    }

    fn send(&self, event: Event, room: Room) {
        // The printer is gone when its reader is; receiving ends then too.
        let _ = self.sender.send(Told { event, room });
    }
}

/// A body and an answer together always fit, one after the other.
fn weight(bytes: usize, least: u32) -> u32 {
    u32::try_from(bytes)
        .unwrap_or(u32::MAX)
        .clamp(least, ROOM / 2)
}

fn weight_of_answer(attempt: &Attempt) -> usize {
    (attempt.result.as_ref()).map_or(0, |reply| reply.body.len() + reply.headers.size())
}

/// Keeps of a delivery's answers what there is room for: the log has them whole.
fn leave_out_answers(delivery: &mut Delivery) {
    for attempt in &mut delivery.attempts {
        if let Ok(reply) = &mut attempt.result {
            reply.truncated |= !reply.body.is_empty();
            reply.body = Bytes::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::delivery::Direction;
    use crate::core::message::Headers;

    fn message(bytes: usize) -> Message {
        Message::post(Headers::new(), vec![b'a'; bytes])
    }

    fn delivery(message: Message) -> Delivery {
        Delivery::new(Direction::Received, Timestamp::UNIX_EPOCH, message)
    }

    #[tokio::test]
    async fn a_reader_of_all_holds_new_deliveries_back() {
        let (news, mut told) = News::channel(Share::All);
        let megabyte = 1024 * 1024;
        for _ in 0..16 {
            let message = message(megabyte);
            let room = news.room_for(&message).await.expect("room");
            news.tell(delivery(message).into(), Vec::new(), room).await;
        }
        assert!(news.room_for(&message(megabyte)).await.is_err());
        drop(told.recv().await);
        assert!(news.room_for(&message(1)).await.is_ok());
        assert_eq!(news.missed().deliveries.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn a_terminal_is_told_what_fits_and_the_rest_is_counted() {
        let (news, mut told) = News::channel(Share::Fitting);
        for bytes in std::iter::repeat_n(1, 300).chain([1024 * 1024; 5]) {
            let message = message(bytes);
            let room = news.room_for(&message).await.expect("never waits");
            news.tell(delivery(message).into(), Vec::new(), room).await;
        }
        let missed = news.missed();
        assert_eq!(missed.deliveries.load(Ordering::Relaxed), 49);
        drop(news);
        let mut count = 0;
        while told.recv().await.is_some() {
            count += 1;
        }
        assert_eq!(count, 256);
    }

    #[tokio::test]
    async fn where_no_delivery_is_shown_the_rest_is_told() {
        let (news, mut told) = News::channel(Share::None);
        let message = message(1);
        let room = news.room_for(&message).await.expect("never waits");
        news.tell(delivery(message).into(), Vec::new(), room).await;
        news.try_tell(Event::NotLogged("full".to_owned()));
        drop(news);
        let first = told.recv().await.map(|told| told.event);
        assert!(matches!(first, Some(Event::NotLogged(_))), "{first:?}");
        assert!(told.recv().await.is_none());
    }

    #[tokio::test]
    async fn the_largest_delivery_finds_room() {
        let (news, _told) = News::channel(Share::All);
        assert!(news.room_for(&message(40 * 1024 * 1024)).await.is_ok());
    }
}
