//! How many requests may go out before the first of them is answered.

use std::time::Duration;

/// An endpoint that takes longer than this for each, on average, gets one at a time: what it does with
/// one may go on while it is handed the next.
const QUICK: Duration = Duration::from_micros(500);
/// So many more quick answers than four times the slow ones, and an endpoint counts as one that is.
const SURE: u32 = 32;
const SLOW: u32 = 4;
/// How long an endpoint that was never sent several at once is waited for with the first of them: one
/// that reads no further than the first would not answer at all.
const PROBE: Duration = Duration::from_secs(1);

/// Starts with one, doubles with every burst that is answered at once, and falls back to one where an
/// endpoint takes its time or closes the connection.
#[derive(Debug)]
pub struct Window {
    most: usize,
    size: usize,
    /// The quick answers to one at a time, less the slow ones.
    score: u32,
    /// Whether several at once were ever answered.
    proven: bool,
}

impl Window {
    /// A window that never lets more than `most` out at once.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self {
            most: most.max(1),
            size: 1,
            score: 0,
            proven: false,
        }
    }

    /// How many may go out now.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// How long the answer to each is waited for at most, whatever else holds.
    #[must_use]
    pub fn patience(&self) -> Duration {
        if self.proven || self.size == 1 {
            Duration::MAX
        } else {
            PROBE
        }
    }

    /// So many went out, of which so many were answered, all of them in this time, and `lost` were sent
    /// and are to be sent again.
    pub fn learn(&mut self, (sent, answered, lost): (usize, usize, usize), took: Duration) {
        let share = u32::try_from(sent).map_or(Duration::MAX, |sent| took / sent.max(1));
        let is_quick = answered == sent && share <= QUICK;
        if lost > 0 {
            // Each time it happens, nobody knows what the endpoint did with them.
            self.most = if self.proven { self.most / 2 } else { 1 }.max(1);
            self.score = 0;
            self.size = 1;
        } else if sent > 1 {
            self.proven |= answered == sent;
            self.size = if is_quick {
                (self.size * 2).min(self.most)
            } else {
                1
            };
        } else {
            self.score = if is_quick {
                (self.score + 1).min(2 * SURE)
            } else {
                self.score.saturating_sub(SLOW)
            };
            if self.score >= SURE {
                self.size = 2.min(self.most);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT_ONCE: Duration = Duration::from_micros(100);

    fn sure(most: usize) -> Window {
        let mut window = Window::new(most);
        for _ in 0..SURE {
            assert_eq!(window.size(), 1);
            window.learn((1, 1, 0), AT_ONCE);
        }
        window
    }

    fn answered(window: &mut Window, each: Duration) {
        let size = window.size();
        let took = each * u32::try_from(size).expect("few");
        window.learn((size, size, 0), took);
    }

    #[test]
    fn it_opens_while_answers_are_quick() {
        let mut window = sure(24);
        for size in [2, 4, 8, 16, 24, 24] {
            assert_eq!(window.size(), size.min(24));
            answered(&mut window, AT_ONCE);
        }
        answered(&mut window, 2 * QUICK);
        assert_eq!(window.size(), 1);
        // It was sure before, and is again with the next.
        answered(&mut window, AT_ONCE);
        assert_eq!(window.size(), 2);
        let mut strict = sure(1);
        answered(&mut strict, AT_ONCE);
        assert_eq!(strict.size(), 1);
    }

    #[test]
    fn a_slow_endpoint_gets_one_at_a_time() {
        let mut window = Window::new(64);
        for number in 0..1000 {
            let slow = number % 4 == 0;
            window.learn((1, 1, 0), if slow { 2 * QUICK } else { AT_ONCE });
            assert_eq!(window.size(), 1);
        }
    }

    #[test]
    fn several_are_waited_for_shortly_until_they_were_answered_once() {
        let mut window = sure(64);
        assert_eq!(window.patience(), PROBE);
        answered(&mut window, AT_ONCE);
        assert_eq!(window.patience(), Duration::MAX);
    }

    #[test]
    fn who_loses_what_was_sent_ahead_gets_less_of_it() {
        let mut window = sure(64);
        window.learn((2, 1, 1), AT_ONCE);
        for _ in 0..4 * SURE {
            answered(&mut window, AT_ONCE);
            assert_eq!(window.size(), 1);
        }
        let mut window = sure(64);
        answered(&mut window, AT_ONCE);
        window.learn((4, 1, 3), AT_ONCE);
        assert_eq!(window.size(), 1);
        for _ in 0..4 * SURE {
            answered(&mut window, AT_ONCE);
        }
        assert_eq!(window.size(), 32);
        // A connection that the endpoint said it closes is nobody's loss.
        window.learn((32, 10, 0), AT_ONCE);
        assert_eq!(window.size(), 1);
        for _ in 0..4 * SURE {
            answered(&mut window, AT_ONCE);
        }
        assert_eq!(window.size(), 32);
    }
}
