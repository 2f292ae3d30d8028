//! How fast requests go out: to an endpoint far away, never more than so many within any second.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// Requests within a second to an endpoint that is neither on this machine nor in a private network.
pub const FAR: usize = 5;
const SECOND: Duration = Duration::from_secs(1);
/// So much later a request may leave than its turn came.
const SLACK: Duration = Duration::from_millis(100);

/// Gives requests their turn.
#[derive(Debug)]
pub struct Pace {
    limit: Option<usize>,
    started: VecDeque<Instant>,
}

impl Pace {
    /// At most so many within any second; as many as can be where there is no limit.
    #[must_use]
    pub fn new(limit: Option<usize>) -> Self {
        Self {
            limit,
            started: VecDeque::new(),
        }
    }

    /// Whether there is a limit.
    #[must_use]
    pub fn is_limited(&self) -> bool {
        self.limit.is_some()
    }

    /// Waits until so many requests may start together.
    pub async fn turn(&mut self, requests: usize) {
        let Some(limit) = self.limit else {
            return;
        };
        let requests = requests.min(limit);
        // The oldest of the starts that would be too many must be a second ago.
        if let Some(over) = (self.started.len() + requests).checked_sub(limit + 1) {
            tokio::time::sleep_until(self.started[over] + SECOND + SLACK).await;
        }
        let now = Instant::now();
        self.started.extend(std::iter::repeat_n(now, requests));
        let old = self.started.len().saturating_sub(limit);
        self.started.drain(..old);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When requests start, in groups of these sizes.
    fn starts(limit: Option<usize>, groups: &[usize]) -> Vec<Instant> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build();
        runtime.expect("a runtime").block_on(async {
            let mut pace = Pace::new(limit);
            let mut starts = Vec::new();
            for &group in groups {
                pace.turn(group).await;
                starts.extend(std::iter::repeat_n(Instant::now(), group));
            }
            starts
        })
    }

    #[test]
    fn no_second_has_more_than_are_allowed() {
        let starts = starts(Some(3), &[1, 1, 2, 1, 2, 1]);
        for (index, start) in starts.iter().enumerate() {
            let within = starts[index..]
                .iter()
                .filter(|own| own.duration_since(*start) < SECOND);
            assert!(within.count() <= 3, "{starts:?}");
        }
        assert!(
            starts[7].duration_since(starts[0]) < 5 * SECOND,
            "{starts:?}"
        );
    }

    #[test]
    fn without_a_limit_nothing_waits() {
        let starts = starts(None, &[50; 50]);
        assert!(starts[2499].duration_since(starts[0]) < SECOND);
    }
}
