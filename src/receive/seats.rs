//! Which connections may be open: where there is no room, who has kept us waiting longest must go.
//!
//! A sender that opens connections and is silent on them would otherwise shut out everybody else.
//! What is being worked on is never sent away; what waits for its sender's next byte can be. Over
//! HTTP/2 each request that comes while another is open takes a seat of its own.

use std::pin::pin;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

/// How long to wait before looking again for a connection that can go.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// All open connections.
#[derive(Debug)]
pub(super) struct Seats {
    taken: Mutex<Vec<Arc<Seat>>>,
    limit: usize,
    start: Instant,
    freed: Notify,
    sent_away: AtomicU64,
}

/// One connection's seat, or that of one more request on it.
#[derive(Debug, Default)]
pub(super) struct Seat {
    phase: AtomicU8,
    /// When the connection began to wait for a request, in microseconds since the start.
    waiting_since: AtomicU64,
    call: AtomicU8,
    called: Notify,
}

/// A seat that is free again when this goes.
#[derive(Debug)]
pub(super) struct Place {
    seats: Arc<Seats>,
    seat: Arc<Seat>,
}

/// What a connection does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Phase {
    /// It waits for the next request, or is within its head.
    Head,
    /// It is within a body.
    Body,
    /// The sender waits for us.
    Busy,
}

/// What a connection is called for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Call {
    /// Nothing: it may stay.
    Stay,
    /// To end after the request it is on.
    End,
    /// To make room now.
    Leave,
}

impl Seats {
    pub(super) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self {
            taken: Mutex::default(),
            limit: limit.max(1),
            start: Instant::now(),
            freed: Notify::new(),
            sent_away: AtomicU64::new(0),
        })
    }

    /// A place for one more connection, as soon as another can go.
    pub(super) async fn take(self: &Arc<Self>) -> Place {
        loop {
            if let Some(place) = self.try_take() {
                return place;
            }
            // All are being worked on.
            let _ = tokio::time::timeout(LOOK_AGAIN, self.freed.notified()).await;
        }
    }

    fn try_take(self: &Arc<Self>) -> Option<Place> {
        let mut taken = self.taken();
        if taken.len() >= self.limit {
            let (longest, _) = taken
                .iter()
                .enumerate()
                .filter(|(_, seat)| seat.phase() != Phase::Busy)
                .min_by_key(|(_, seat)| seat.waiting_since.load(Ordering::Relaxed))?;
            taken.swap_remove(longest).call(Call::Leave);
            self.sent_away.fetch_add(1, Ordering::Relaxed);
        }
        let seat = Arc::new(Seat::default());
        seat.waiting_since.store(self.now(), Ordering::Relaxed);
        taken.push(Arc::clone(&seat));
        drop(taken);
        Some(Place {
            seats: Arc::clone(self),
            seat,
        })
    }

    /// Tells every connection to end after the request it is on.
    pub(super) fn end(&self) {
        for seat in self.taken().iter() {
            seat.call(Call::End);
        }
    }

    /// How many connections were sent away so far.
    pub(super) fn sent_away(&self) -> u64 {
        self.sent_away.load(Ordering::Relaxed)
    }

    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    fn taken(&self) -> MutexGuard<'_, Vec<Arc<Seat>>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    fn phase(&self) -> Phase {
        match self.phase.load(Ordering::Relaxed) {
            0 => Phase::Head,
            1 => Phase::Body,
            _ => Phase::Busy,
        }
    }

    fn call(&self, call: Call) {
        self.call.fetch_max(call as u8, Ordering::Relaxed);
        self.called.notify_waiters();
    }

    fn heard(&self) -> Call {
        match self.call.load(Ordering::Relaxed) {
            0 => Call::Stay,
            1 => Call::End,
            _ => Call::Leave,
        }
    }

    /// Comes true when it is called for more than this.
    async fn called(&self, beyond: Call) -> Call {
        loop {
            let mut called = pin!(self.called.notified());
            // From here on no call is missed.
            called.as_mut().enable();
            let heard = self.heard();
            if heard > beyond {
                return heard;
            }
            called.await;
        }
    }
}

impl Place {
    /// Another handle on the same seat, which does not keep it.
    pub(super) fn seat(&self) -> SeatOf {
        SeatOf {
            seats: Arc::clone(&self.seats),
            seat: Arc::clone(&self.seat),
        }
    }

    /// What the connection does.
    pub(super) fn phase(&self) -> Phase {
        self.seat.phase()
    }

    /// Comes true when the connection is called for more than it heard.
    pub(super) async fn called(&self, heard: Call) -> Call {
        self.seat.called(heard).await
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.seats
            .taken()
            .retain(|own| !Arc::ptr_eq(own, &self.seat));
        self.seats.freed.notify_one();
    }
}

/// A seat, as the request on it sees it.
#[derive(Clone, Debug)]
pub(super) struct SeatOf {
    seats: Arc<Seats>,
    seat: Arc<Seat>,
}

impl SeatOf {
    /// Says what the connection does now.
    pub(super) fn enter(&self, phase: Phase) {
        if phase == Phase::Head {
            let now = self.seats.now();
            self.seat.waiting_since.store(now, Ordering::Relaxed);
        }
        self.seat.phase.store(phase as u8, Ordering::Relaxed);
    }

    /// Whether the connection was told to make room.
    pub(super) fn must_leave(&self) -> bool {
        self.seat.heard() == Call::Leave
    }

    /// Comes true when the connection is told to make room.
    pub(super) async fn leaving(&self) {
        self.seat.called(Call::End).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_longest_goes_and_who_is_served_stays() {
        let seats = Seats::new(2);
        let first = seats.try_take().expect("room");
        let second = seats.try_take().expect("room");
        first.seat().enter(Phase::Busy);
        let third = seats.try_take().expect("room is made");
        let gone = |place: &Place| place.seat().must_leave();
        assert!(!gone(&first) && gone(&second) && !gone(&third));
        third.seat().enter(Phase::Busy);
        assert!(seats.try_take().is_none());
        drop(second);
        assert!(seats.try_take().is_none(), "its seat was given away");
        drop(first);
        assert!(seats.try_take().is_some());
        assert_eq!(seats.sent_away(), 1);
    }
}
