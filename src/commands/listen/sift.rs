//! Between receiving and printing: which deliveries are shown, and which were waited for.
//!
//! On a thread of its own, so that neither an expression that takes long nor a terminal that stalls
//! holds up the other.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinHandle;

use super::waited::Terms;
use crate::core::arrivals::{Arrival, Arrivals, Counted};
use crate::core::delivery::{Attempt, Delivery};
use crate::core::expr::Input;
use crate::receive::news::{self, Event, News, Told};
use crate::show::json;

/// How many deliveries are remembered for what comes after them: attempts, a command's run.
const REMEMBERED: usize = 1024;

/// Looks at each delivery before it is shown.
pub(super) struct Sift {
    terms: Terms,
    /// The way to the printer.
    printer: News,
    /// Told once nothing more need be waited for.
    enough: Arc<Notify>,
    /// The last deliveries, the oldest first.
    recent: VecDeque<Recent>,
}

/// A delivery of which more may be heard.
struct Recent {
    id: Option<i64>,
    is_shown: bool,
    /// What it was counted for, where it can be.
    counted: Option<Counted>,
}

impl Sift {
    pub(super) fn new(terms: Terms, printer: News, enough: Arc<Notify>) -> Self {
        Self {
            terms,
            printer,
            enough,
            recent: VecDeque::new(),
        }
    }

    /// Passes on what is shown until there is nothing more; then it says what arrived.
    pub(super) fn start(mut self, mut events: UnboundedReceiver<Told>) -> JoinHandle<Arrivals> {
        tokio::task::spawn_blocking(move || {
            while let Some(told) = news::next(&mut events) {
                let is_shown = self.look(&told.event);
                if self.terms.arrivals.is_enough() {
                    self.enough.notify_one();
                }
                if is_shown {
                    self.printer.relay(told);
                }
            }
            self.terms.arrivals
        })
    }

    /// Counts a delivery, or what is new of it; whether it is shown.
    fn look(&mut self, event: &Event) -> bool {
        match event {
            Event::Delivery(delivery, _) => self.arrived(delivery),
            Event::Attempt(delivery, attempt, _) => self.attempted(delivery, attempt),
            Event::Ran(run) => self.is_shown(run.delivery),
            Event::Noted(id, _) => self.is_shown(*id),
            Event::Refused { .. }
            | Event::Crowded { .. }
            | Event::NotLogged(_)
            | Event::Handshake(..) => true,
        }
    }

    fn arrived(&mut self, delivery: &Delivery) -> bool {
        let (mut is_shown, mut counted) = (!self.terms.quiet, None);
        if self.terms.filter.is_some() || self.terms.waits() {
            let input = Input::new(json::delivery(delivery));
            if (self.terms.filter.as_ref()).is_none_or(|filter| filter.holds(&input)) {
                counted = Some(self.terms.arrivals.see(Arrival::from(delivery), &input));
            } else {
                is_shown = false;
            }
        }
        if self.recent.len() == REMEMBERED {
            self.recent.pop_front();
        }
        self.recent.push_back(Recent {
            id: delivery.id,
            is_shown,
            counted,
        });
        is_shown
    }

    /// One more attempt of a delivery: an expression is asked again, with that attempt alone.
    fn attempted(&mut self, delivery: &Delivery, attempt: &Attempt) -> bool {
        let waits = self.terms.waits();
        let mut recent = self.recent.iter_mut().rev();
        let Some(recent) = recent.find(|own| own.id == delivery.id) else {
            return self.shows_unknown();
        };
        if let Some(counted) = recent.counted.as_mut().filter(|_| waits) {
            let mut delivery = delivery.clone();
            delivery.attempts = vec![attempt.clone()];
            let input = Input::new(json::delivery(&delivery));
            let arrival = Arrival::from(&delivery);
            self.terms.arrivals.see_again(counted, &arrival, &input);
        }
        recent.is_shown
    }

    fn is_shown(&self, id: Option<i64>) -> bool {
        let recent = self.recent.iter().rev().find(|own| own.id == id);
        recent.map_or_else(|| self.shows_unknown(), |own| own.is_shown)
    }

    /// Whether is shown what belongs to a delivery too long ago.
    fn shows_unknown(&self) -> bool {
        !self.terms.quiet && self.terms.filter.is_none()
    }
}
