//! The latest events in memory: each is sent to many webhooks one after the other.

use std::collections::VecDeque;
use std::sync::Arc;

use super::attempt::Happened;
use crate::core::outgoing;
use crate::core::provider::Provider;
use crate::log::{Log, LogError};

/// How many there are at most, and how large they are together.
const MOST: usize = 64;
const BYTES: usize = 32 * 1024 * 1024;

/// Events that were read, the latest last.
#[derive(Debug, Default)]
pub(super) struct Held {
    events: VecDeque<(i64, Arc<Happened>)>,
    bytes: usize,
}

impl Held {
    /// The event of a number, if it is there.
    pub(super) fn event(
        &mut self,
        log: &Log,
        id: i64,
        provider: &Provider,
    ) -> Result<Option<Arc<Happened>>, LogError> {
        if let Some((_, known)) = self.events.iter().rev().find(|(own, _)| *own == id) {
            return Ok(Some(Arc::clone(known)));
        }
        let Some(occurrence) = log.occurrence(id)? else {
            return Ok(None);
        };
        let event = outgoing::event(provider, &occurrence.event);
        self.bytes += occurrence.payload.len();
        let made = Arc::new(Happened { occurrence, event });
        self.events.push_back((id, Arc::clone(&made)));
        while self.events.len() > MOST || self.events.len() > 1 && self.bytes > BYTES {
            if let Some((_, gone)) = self.events.pop_front() {
                self.bytes -= gone.occurrence.payload.len();
            }
        }
        Ok(Some(made))
    }
}
