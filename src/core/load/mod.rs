//! Load on an endpoint: what is planned, when each request is due, what came of them all.
//!
//! | room | what it owns |
//! |---|---|
//! | [`Plan`] | how many, how fast, how many at once, for how long |
//! | [`Histogram`] | latencies, bounded whatever their number |
//! | [`Tally`] | statuses, failures and latencies, added up |

mod histogram;
mod tally;

use std::time::Duration;

pub use self::histogram::Histogram;
pub use self::tally::{Ended, Report, Tally};

/// What a run of load is to be. At least one of count and duration ends it, or an interrupt does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan {
    /// So many requests.
    pub count: Option<u64>,
    /// So many are due each second, whatever became of those before; without it, each connection
    /// sends the next when it has the answer.
    pub rate: Option<f64>,
    /// So many connections, each with one request at a time.
    pub connections: usize,
    /// None begins after this long.
    pub duration: Option<Duration>,
}

impl Plan {
    /// When a request is due, counted from 0, after the start of the run; `None` where there is no
    /// schedule.
    #[must_use]
    pub fn due(&self, number: u64) -> Option<Duration> {
        #[expect(
            clippy::cast_precision_loss,
            reason = "exact for centuries of requests"
        )]
        let number = number as f64;
        let seconds = number / self.rate?;
        Some(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
    }

    /// Whether a request of this number is still part of the run when it begins, or is due, after so
    /// long.
    #[must_use]
    pub fn has(&self, number: u64, after: Duration) -> bool {
        self.count.is_none_or(|count| number < count)
            && self.duration.is_none_or(|duration| after < duration)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_due_at_even_distances() {
        let plan = Plan {
            count: Some(10),
            rate: Some(4.0),
            connections: 1,
            duration: Some(Duration::from_secs(2)),
        };
        assert_eq!(plan.due(0), Some(Duration::ZERO));
        assert_eq!(plan.due(6), Some(Duration::from_millis(1500)));
        assert!(plan.has(7, Duration::from_millis(1999)));
        assert!(!plan.has(7, Duration::from_secs(2)));
        assert!(!plan.has(10, Duration::ZERO));
        let free = Plan { rate: None, ..plan };
        assert_eq!(free.due(6), None);
    }
}
