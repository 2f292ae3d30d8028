//! Lanes in turn: those with something to do now, and those of a later time.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use jiff::Timestamp;

use super::lane::Lane;

/// All lanes, by the webhook's number.
#[derive(Debug, Default)]
pub(super) struct Turns {
    pub(super) lanes: BTreeMap<i64, Lane>,
    /// Those with something to do, in turn.
    pub(super) ready: VecDeque<i64>,
    /// Those with something to do later: one alarm each.
    pub(super) alarms: BTreeSet<(Timestamp, i64)>,
}

impl Turns {
    /// Gives a lane its turn, or its alarm.
    pub(super) fn arrange(&mut self, id: i64, now: Timestamp) {
        let Some(lane) = self.lanes.get_mut(&id) else {
            return;
        };
        if lane.endpoint.is_none() {
            return;
        }
        let at = match (lane.pace.paused(now), lane.next()) {
            (Some(until), _) => until,
            (None, _) if lane.has_work(now) => {
                if !lane.queued {
                    lane.queued = true;
                    self.ready.push_back(id);
                }
                return;
            }
            (None, Some(next)) => next,
            (None, None) => return,
        };
        if lane.alarm.is_none_or(|own| at < own) {
            if let Some(own) = lane.alarm.replace(at) {
                self.alarms.remove(&(own, id));
            }
            self.alarms.insert((at, id));
        }
    }

    /// Gives lanes their turn whose time has come.
    pub(super) fn ring(&mut self, now: Timestamp) {
        while let Some(&(at, id)) = self.alarms.first()
            && at <= now
        {
            self.alarms.pop_first();
            if let Some(lane) = self.lanes.get_mut(&id) {
                lane.alarm = None;
            }
            self.arrange(id, now);
        }
    }

    /// How long there is until the first alarm.
    pub(super) fn until_alarm(&self, now: Timestamp) -> Duration {
        let alarm = self.alarms.first().map(|own| own.0.duration_since(now));
        alarm
            .and_then(|own| own.try_into().ok())
            .unwrap_or(Duration::MAX)
    }
}
