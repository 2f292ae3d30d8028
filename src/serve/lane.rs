//! One webhook's turn: what is due there, what is under way.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;

use super::endpoint::Endpoint;
use crate::core::serve::pace::Pace;
use crate::core::serve::subscription::Subscription;
use crate::log::{Due, Log, LogError};

/// How much of what is due is held in memory for one webhook; the rest stays on disk.
const WINDOW: usize = 16;

/// A webhook and what is to be sent to it.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) subscription: Subscription,
    /// None where nothing can be sent.
    pub(super) endpoint: Option<Arc<Endpoint>>,
    pub(super) pace: Pace,
    /// Dispatches that are under way: due on disk all the same.
    pub(super) under_way: HashSet<i64>,
    /// Whether it waits for its turn.
    pub(super) queued: bool,
    /// When it is to be looked at again.
    pub(super) alarm: Option<Timestamp>,
    window: VecDeque<Due>,
    /// When the first is due of what is neither in the window nor under way.
    next: Option<Timestamp>,
}

impl Lane {
    pub(super) fn new(subscription: Subscription, endpoint: Option<Arc<Endpoint>>) -> Self {
        Self {
            subscription,
            endpoint,
            pace: Pace::default(),
            under_way: HashSet::new(),
            queued: false,
            alarm: None,
            window: VecDeque::new(),
            next: None,
        }
    }

    /// Hears that something is due at this time.
    pub(super) fn due_at(&mut self, at: Timestamp) {
        self.next = Some(self.next.map_or(at, |own| own.min(at)));
    }

    /// Hears that this was made and is due now. It is taken without asking the disk where nothing there
    /// is due before it.
    pub(super) fn due_now(&mut self, due: Due, now: Timestamp) {
        // Whoever read the disk meanwhile may have found it there.
        let known = |own: &Due| own.id == due.id;
        if self.under_way.contains(&due.id) || self.window.iter().any(known) {
            return;
        }
        let is_next = self.next.is_none_or(|next| next > now);
        if is_next && self.window.len() < WINDOW {
            self.window.push_back(due);
        } else {
            self.due_at(now);
        }
    }

    /// Forgets what it knows of the disk: it may be otherwise.
    pub(super) fn forget(&mut self) {
        self.window.clear();
        self.next = None;
    }

    /// Whether there may be something to send now.
    pub(super) fn has_work(&self, now: Timestamp) -> bool {
        !self.window.is_empty() || self.next.is_some_and(|next| next <= now)
    }

    /// When there will be something, where there is nothing now.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.next
    }

    /// The next to send; reads some where none is in memory.
    pub(super) fn take(&mut self, log: &Log, now: Timestamp) -> Result<Option<Due>, LogError> {
        if self.window.is_empty() && self.next.is_some_and(|next| next <= now) {
            let id = self.subscription.id;
            let asked = WINDOW + self.under_way.len();
            let found = log.due(id, now, asked)?;
            self.next = if found.len() < asked {
                log.first_due(id, now)?
            } else {
                Some(now)
            };
            let under_way = &self.under_way;
            let new = found.into_iter().filter(|own| !under_way.contains(&own.id));
            self.window.extend(new);
        }
        Ok(self.window.pop_front())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::{Change, Occurrence};
    use crate::providers::Catalog;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    #[test]
    fn each_is_taken_once_whether_it_is_in_memory_or_on_disk() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = Log::open(&folder.path().join("log.db")).expect("opens");
        let provider = Catalog::default().whole("statly").expect("there");
        let mut own = Subscription::new(&provider, "http://localhost:1/");
        own.id = log
            .subscribe(&own, None, at(0))
            .expect("writes")
            .expect("room");
        let event = log.happened(&Occurrence {
            at: at(0),
            provider: "statly".to_owned(),
            event: "push".to_owned(),
            scope: own.scope.clone(),
            payload: "{}".into(),
        });
        let event = event.expect("writes");
        let writer = log.writer().expect("starts");
        let mut lane = Lane::new(own, None);
        let mut made = 0;
        let mut fan_out = |lane: &mut Lane, count: usize, now: Timestamp| {
            let change = Change::FannedOut {
                event,
                to: vec![(1, "d".to_owned()); count].into(),
                cursor: None,
                due: now,
            };
            let pending = writer.change(change).expect("queued");
            let first = pending
                .blocking_recv()
                .expect("answered")
                .expect("written")
                .id;
            assert_eq!(first, made + 1);
            for number in (first..).take(count) {
                made += 1;
                lane.due_now(Due::first(number, event, "d".to_owned()), now);
            }
        };
        // More than there is room for, taken in turn with more that come.
        fan_out(&mut lane, 40, at(1));
        let mut taken = Vec::new();
        for round in 0..100 {
            if round == 30 {
                fan_out(&mut lane, 10, at(2));
            }
            let Some(due) = lane.take(&log, at(2)).expect("reads") else {
                break;
            };
            lane.under_way.insert(due.id);
            taken.push(due.id);
        }
        assert_eq!(taken, (1..=50).collect::<Vec<i64>>());
        assert!(!lane.has_work(at(3)));
        // Nothing of it was made: whoever comes next has all of it again.
        lane.under_way.clear();
        lane.forget();
        lane.due_at(at(1));
        assert_eq!(
            lane.take(&log, at(3)).expect("reads").map(|own| own.id),
            Some(1)
        );
    }
}
