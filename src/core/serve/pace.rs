//! How fast one endpoint is sent to: more at once while it answers, less while it does not, and nothing
//! for a while once it has failed for long.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// So many requests are under way to one endpoint at most, and at first.
const MOST: u32 = 16;
const FIRST: u32 = 2;
/// So many to one that takes long.
const SLOW: u32 = 2;
/// An answer that takes longer is slow.
pub const LONG: Duration = Duration::from_secs(1);
/// So many attempts in turn must fail, over so long at least, for an endpoint to be paused.
const FAILURES: u32 = 20;
const FOR: Duration = Duration::from_secs(60);
/// The first pause, and the longest: each is twice the one before.
const PAUSE: Duration = Duration::from_secs(60);
const LONGEST: Duration = Duration::from_secs(3600);

/// The pace of one endpoint.
#[derive(Clone, Debug, Default)]
pub struct Pace {
    /// How many more than at first may be under way.
    more: u32,
    slow: bool,
    /// Attempts that failed in turn, and when the first of them did.
    failures: u32,
    since: Option<Timestamp>,
    /// Pauses in turn, and the end of the last.
    pauses: u32,
    until: Option<Timestamp>,
}

/// What an attempt's end changes for everything else that is due there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Nothing is sent before this, after so many failures in turn.
    Paused {
        /// The end of the pause.
        until: Timestamp,
        /// Attempts that failed.
        failures: u32,
    },
    /// It answers again.
    Resumed,
}

impl Pace {
    /// Whether another request may begin, with so many under way.
    #[must_use]
    pub fn allows(&self, under_way: usize, now: Timestamp) -> bool {
        let most = match (self.pauses, self.slow) {
            // The end of a pause is tried with one request.
            (1.., _) => 1,
            (0, true) => SLOW,
            (0, false) => FIRST + self.more,
        };
        under_way < usize::try_from(most).unwrap_or(1) && self.paused(now).is_none()
    }

    /// The end of the pause there is.
    #[must_use]
    pub fn paused(&self, now: Timestamp) -> Option<Timestamp> {
        self.until.filter(|until| *until > now)
    }

    /// Whether its answers take long.
    #[must_use]
    pub fn is_slow(&self) -> bool {
        self.slow
    }

    /// Hears that an answer takes long.
    pub fn takes_long(&mut self) {
        self.slow = true;
    }

    /// Hears how an attempt ended. `speed` is how many times shorter than the provider one waits.
    pub fn ended(
        &mut self,
        success: bool,
        took: Duration,
        now: Timestamp,
        speed: f64,
    ) -> Option<Turn> {
        self.slow = took >= LONG;
        if success {
            self.more = (self.more + 1).min(MOST - FIRST);
            let resumed = self.pauses > 0;
            (self.failures, self.since, self.pauses, self.until) = (0, None, 0, None);
            return resumed.then_some(Turn::Resumed);
        }
        self.more /= 2;
        self.failures = self.failures.saturating_add(1);
        let since = *self.since.get_or_insert(now);
        let lasted = Duration::try_from(now.duration_since(since)).unwrap_or_default();
        // What was under way when the pause began is part of the same failure.
        if self.failures < FAILURES || lasted < FOR.div_f64(speed) || self.paused(now).is_some() {
            return None;
        }
        let pause = PAUSE.saturating_mul(1 << self.pauses.min(6)).min(LONGEST);
        self.pauses += 1;
        let pause = SignedDuration::try_from(pause.div_f64(speed)).unwrap_or(SignedDuration::MAX);
        let until = now.saturating_add(pause).unwrap_or(now);
        self.until = Some(until);
        Some(Turn::Paused {
            until,
            failures: self.failures,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUICK: Duration = Duration::from_millis(5);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    #[test]
    fn who_answers_gets_more_at_once_up_to_a_bound() {
        let mut pace = Pace::default();
        assert!(pace.allows(1, at(0)) && !pace.allows(2, at(0)));
        for _ in 0..100 {
            assert_eq!(pace.ended(true, QUICK, at(0), 1.0), None);
        }
        assert!(pace.allows(15, at(0)) && !pace.allows(16, at(0)));
        pace.takes_long();
        assert!(pace.is_slow() && pace.allows(1, at(0)) && !pace.allows(2, at(0)));
        pace.ended(true, QUICK, at(0), 1.0);
        assert!(!pace.is_slow() && pace.allows(15, at(0)));
    }

    #[test]
    fn a_few_failures_or_a_short_one_pause_nothing() {
        let mut pace = Pace::default();
        for _ in 0..100 {
            assert_eq!(pace.ended(false, QUICK, at(0), 1.0), None);
        }
        assert!(pace.allows(0, at(0)));
        let mut pace = Pace::default();
        for second in 0..19 {
            assert_eq!(pace.ended(false, QUICK, at(second * 100), 1.0), None);
        }
    }

    #[test]
    fn an_endpoint_that_fails_for_long_is_paused_longer_each_time() {
        let mut pace = Pace::default();
        let mut now = 0;
        let mut fail = |pace: &mut Pace, after: i64, speed| {
            now += after;
            (now, pace.ended(false, QUICK, at(now), speed))
        };
        for _ in 0..19 {
            assert_eq!(fail(&mut pace, 4, 1.0).1, None);
        }
        let mut lengths = Vec::new();
        for _ in 0..9 {
            let (now, turn) = fail(&mut pace, 4000, 1.0);
            let Some(Turn::Paused { until, .. }) = turn else {
                panic!("goes on: {turn:?}");
            };
            assert!(!pace.allows(0, at(now)));
            assert!(pace.allows(0, until) && !pace.allows(1, until));
            // The rest of what was under way.
            assert_eq!(pace.ended(false, QUICK, at(now), 1.0), None);
            lengths.push(until.as_second() - now);
        }
        assert_eq!(lengths, [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]);
        let end = at(100_000);
        assert_eq!(pace.ended(true, QUICK, end, 1.0), Some(Turn::Resumed));
        assert!(pace.allows(1, end));
    }
}
