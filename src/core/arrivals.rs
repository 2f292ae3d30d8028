//! What is expected to arrive, and what did: the tally behind `listen --expect`.

use std::collections::VecDeque;
use std::fmt;
use std::str::FromStr;

use super::delivery::Delivery;
use super::expr::{Expr, Input, Miss};

/// How many of the last arrivals are remembered, to be told where something is missing.
const REMEMBERED: usize = 10;

/// How many deliveries are expected, written `3`, `2..5`, `2..` or `..5`.
///
/// | written | met by | waits for the end |
/// |---|---|---|
/// | `3` | exactly 3 | no: it is met once there are 3 |
/// | `2..` | 2 or more | no |
/// | `2..5`, `..5`, `0` | that many at the end | yes: one more could still come |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    least: u64,
    most: Option<u64>,
    waits: bool,
}

impl Default for Count {
    /// One or more.
    fn default() -> Self {
        Self {
            least: 1,
            most: None,
            waits: false,
        }
    }
}

impl Count {
    /// The least number that meets it.
    #[must_use]
    pub fn least(self) -> u64 {
        self.least
    }

    /// The greatest number that meets it, if there is one.
    #[must_use]
    pub fn most(self) -> Option<u64> {
        self.most
    }

    /// Whether only the end can tell: a further delivery could be one too many.
    #[must_use]
    pub fn waits(self) -> bool {
        self.waits
    }

    /// Whether it is met by this number.
    #[must_use]
    pub fn is_met(self, number: u64) -> bool {
        number >= self.least && !self.is_exceeded(number)
    }

    fn is_exceeded(self, number: u64) -> bool {
        self.most.is_some_and(|most| number > most)
    }
}

impl FromStr for Count {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("not a count, expected one such as `3`, `2..5`, `2..` or `..5`: `{text}`");
        let number = |text: &str| text.parse::<u64>().map_err(|_| wrong());
        let Some((least, most)) = text.split_once("..") else {
            let exactly = number(text)?;
            return Ok(Self {
                least: exactly,
                most: Some(exactly),
                waits: exactly == 0,
            });
        };
        if least.is_empty() && most.is_empty() {
            return Err(wrong());
        }
        let bound = |text: &str| (!text.is_empty()).then(|| number(text)).transpose();
        let (least, most) = (bound(least)?.unwrap_or(0), bound(most)?);
        if most.is_some_and(|most| most < least) {
            return Err(wrong());
        }
        Ok(Self {
            least,
            most,
            waits: most.is_some(),
        })
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.least, self.most) {
            (0, Some(0)) => f.write_str("none"),
            (least, None) => write!(f, "{least} or more"),
            (least, Some(most)) if least == most => write!(f, "{least}"),
            (0, Some(most)) => write!(f, "at most {most}"),
            (least, Some(most)) => write!(f, "{least} to {most}"),
        }
    }
}

/// One expectation, and what came of it.
#[derive(Debug)]
pub struct Expected {
    /// What a delivery must be; `None` for any.
    pub expr: Option<Expr>,
    /// How many there must be.
    pub count: Count,
    /// How many there were.
    pub seen: u64,
    /// The delivery that missed it by the fewest conditions, the last of several.
    pub nearest: Option<Nearest>,
}

/// A delivery that nearly was what is expected.
#[derive(Clone, Debug)]
pub struct Nearest {
    /// The delivery.
    pub arrival: Arrival,
    /// The conditions it misses; never empty.
    pub misses: Vec<Miss>,
}

/// What is remembered of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Its number.
    pub id: Option<i64>,
    /// The provider's id, if one is known.
    pub provider: Option<String>,
    /// The event type, if one was found.
    pub event: Option<String>,
    /// The verdict and, where it is not valid, the reason.
    pub verdict: Option<(String, Option<String>)>,
}

impl From<&Delivery> for Arrival {
    fn from(delivery: &Delivery) -> Self {
        let judgement = delivery.judgement.as_ref();
        Self {
            id: delivery.id,
            provider: delivery.provider.clone(),
            event: delivery.event.clone(),
            verdict: judgement.map(|own| (own.verdict.clone(), own.reason.clone())),
        }
    }
}

impl Expected {
    /// An expectation nothing came of yet.
    #[must_use]
    pub fn new(expr: Option<Expr>, count: Count) -> Self {
        Self {
            expr,
            count,
            seen: 0,
            nearest: None,
        }
    }

    /// Whether as many arrived as are expected.
    #[must_use]
    pub fn is_met(&self) -> bool {
        self.count.is_met(self.seen)
    }

    /// Whether the delivery is one of the expected.
    fn see(&mut self, arrival: &Arrival, input: &Input) -> bool {
        if self.expr.as_ref().is_none_or(|expr| expr.holds(input)) {
            self.seen += 1;
            return true;
        }
        let misses = self.expr.as_ref().map(|expr| expr.misses(input));
        let misses = misses.unwrap_or_default();
        let is_nearer = self
            .nearest
            .as_ref()
            .is_none_or(|own| misses.len() <= own.misses.len());
        if is_nearer && self.seen < self.count.least {
            let arrival = arrival.clone();
            self.nearest = Some(Nearest { arrival, misses });
        }
        false
    }
}

/// All that is expected, and all that came of it.
#[derive(Debug)]
pub struct Arrivals {
    /// The expectations, in the order they were given.
    pub expected: Vec<Expected>,
    /// The delivery that is waited for: it ends everything.
    pub until: Option<Expected>,
    /// How many arrived in all.
    pub received: u64,
    /// The last of them, the oldest first.
    pub last: VecDeque<Arrival>,
    /// Whether nothing counts any more once it is enough.
    ends: bool,
}

/// Which of the expectations a delivery was counted for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    expected: Vec<bool>,
    until: bool,
}

impl Arrivals {
    /// Nothing has arrived yet. `ends` says whether it is over once it is [enough](Self::is_enough):
    /// what arrives after that then does not count.
    #[must_use]
    pub fn new(expected: Vec<Expected>, until: Option<Expected>, ends: bool) -> Self {
        Self {
            expected,
            until,
            received: 0,
            last: VecDeque::new(),
            ends,
        }
    }

    /// Counts a delivery.
    pub fn see(&mut self, arrival: Arrival, input: &Input) -> Counted {
        if self.ends && self.is_enough() {
            return Counted::default();
        }
        let counted = Counted {
            expected: (self.expected.iter_mut())
                .map(|own| own.see(&arrival, input))
                .collect(),
            until: (self.until.as_mut()).is_some_and(|own| own.see(&arrival, input)),
        };
        self.received += 1;
        if self.last.len() == REMEMBERED {
            self.last.pop_front();
        }
        self.last.push_back(arrival);
        counted
    }

    /// Looks again at a delivery of which more is known now: it counts where it did not before.
    pub fn see_again(&mut self, counted: &mut Counted, arrival: &Arrival, input: &Input) {
        if self.ends && self.is_enough() {
            return;
        }
        for (own, counted) in self.expected.iter_mut().zip(&mut counted.expected) {
            *counted = *counted || own.see(arrival, input);
        }
        if let Some(own) = &mut self.until {
            counted.until = counted.until || own.see(arrival, input);
        }
    }

    /// Whether nothing more need be waited for: what ends it came; or, where nothing does, all is met
    /// and can only be met, or can no longer be met.
    #[must_use]
    pub fn is_enough(&self) -> bool {
        if let Some(until) = &self.until {
            return until.is_met();
        }
        let is_lost = |own: &Expected| own.count.is_exceeded(own.seen);
        let is_settled = |own: &Expected| own.is_met() && !own.count.waits();
        let all = &self.expected;
        !all.is_empty() && (all.iter().all(is_settled) || all.iter().any(is_lost))
    }

    /// Whether everything is met.
    #[must_use]
    pub fn is_met(&self) -> bool {
        self.expected
            .iter()
            .chain(&self.until)
            .all(Expected::is_met)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn count(text: &str) -> Count {
        text.parse().expect(text)
    }

    fn expected(expr: &str, number: &str) -> Expected {
        Expected::new(Some(Expr::parse(expr).expect(expr)), count(number))
    }

    fn arrive(arrivals: &mut Arrivals, event: &str) -> Counted {
        let arrival = Arrival {
            id: Some(i64::try_from(arrivals.received).expect("few") + 1),
            provider: None,
            event: Some(event.to_owned()),
            verdict: None,
        };
        let input = Input::new(json!({ "event": event, "size": 2 }));
        arrivals.see(arrival, &input)
    }

    #[test]
    fn a_count_is_a_number_or_a_range() {
        for (text, shown, met, unmet) in [
            ("3", "3", vec![3], vec![2, 4]),
            ("0", "none", vec![0], vec![1]),
            ("2..5", "2 to 5", vec![2, 5], vec![1, 6]),
            ("4..4", "4", vec![4], vec![3, 5]),
            ("2..", "2 or more", vec![2, 900], vec![1]),
            ("..5", "at most 5", vec![0, 5], vec![6]),
        ] {
            let count = count(text);
            assert_eq!(count.to_string(), shown);
            assert!(met.into_iter().all(|own| count.is_met(own)), "{text}");
            assert!(!unmet.into_iter().any(|own| count.is_met(own)), "{text}");
        }
        for text in ["", "..", "x", "-1", "5..2", "1..x", "1...2", "1:2"] {
            assert!(text.parse::<Count>().is_err(), "{text}");
        }
    }

    #[test]
    fn it_is_enough_once_all_can_only_be_met() {
        let mut own = Arrivals::new(
            vec![
                expected(".event == \"push\"", "2"),
                Expected::new(None, count("3..")),
            ],
            None,
            true,
        );
        for (event, enough) in [("push", false), ("push", false), ("ping", true)] {
            arrive(&mut own, event);
            assert_eq!(own.is_enough(), enough);
        }
        // What comes after the end makes no difference.
        assert_eq!(arrive(&mut own, "push"), Counted::default());
        assert!(own.is_met());
        assert_eq!(own.received, 3);
    }

    #[test]
    fn what_must_not_come_waits_for_the_end_and_ends_it_when_it_comes() {
        for number in ["0", "..1", "0..1", "1..1"] {
            let mut own = Arrivals::new(vec![expected(".event == \"push\"", number)], None, true);
            arrive(&mut own, "ping");
            assert!(!own.is_enough(), "{number}");
            arrive(&mut own, "push");
            arrive(&mut own, "push");
            assert!(own.is_enough() && !own.is_met(), "{number}");
        }
    }

    #[test]
    fn what_is_waited_for_ends_it_and_nothing_else_does() {
        let until = Some(expected(".event == \"done\"", "1.."));
        let mut own = Arrivals::new(vec![expected(".event == \"push\"", "1")], until, true);
        arrive(&mut own, "push");
        assert!(!own.is_enough());
        arrive(&mut own, "push");
        arrive(&mut own, "done");
        assert!(own.is_enough());
        // Exactly one was expected.
        assert!(!own.is_met());
    }

    #[test]
    fn a_command_s_end_is_waited_for_and_all_counts_until_then() {
        let mut own = Arrivals::new(vec![expected(".event == \"push\"", "1")], None, false);
        arrive(&mut own, "push");
        assert!(own.is_enough() && own.is_met());
        arrive(&mut own, "push");
        assert!(!own.is_met());
    }

    #[test]
    fn nothing_expected_is_never_enough() {
        let mut own = Arrivals::new(Vec::new(), None, true);
        arrive(&mut own, "push");
        assert!(!own.is_enough() && own.is_met());
    }

    #[test]
    fn the_nearest_misses_the_fewest_conditions() {
        let expr = ".event == \"push\" and .size > 5";
        let mut own = Arrivals::new(vec![expected(expr, "1..")], None, true);
        for event in ["ping", "push", "pong"] {
            arrive(&mut own, event);
        }
        let nearest = own.expected[0].nearest.as_ref().expect("one");
        assert_eq!(nearest.arrival.id, Some(2));
        let told: Vec<_> = (nearest.misses.iter())
            .map(|own| (own.condition.as_str(), own.found.as_deref()))
            .collect();
        assert_eq!(told, [(".size > 5", Some("2"))]);
    }

    #[test]
    fn a_delivery_counts_once_however_often_it_is_looked_at() {
        let expr = ".attempts | any(.response.status == 200)";
        let mut own = Arrivals::new(vec![expected(expr, "1..")], None, true);
        let arrival = Arrival {
            id: Some(1),
            provider: None,
            event: None,
            verdict: None,
        };
        let with =
            |status: u16| Input::new(json!({ "attempts": [{ "response": { "status": status } }] }));
        let mut counted = own.see(arrival.clone(), &Input::new(json!({ "attempts": [] })));
        for status in [500, 200, 200] {
            own.see_again(&mut counted, &arrival, &with(status));
        }
        assert_eq!((own.expected[0].seen, own.received), (1, 1));
    }

    #[test]
    fn only_the_last_are_remembered() {
        let mut own = Arrivals::new(Vec::new(), None, true);
        for _ in 0..REMEMBERED + 5 {
            arrive(&mut own, "push");
        }
        let ids = own.last.iter().filter_map(|own| own.id);
        assert_eq!(ids.collect::<Vec<_>>(), (6..=15).collect::<Vec<_>>());
    }
}
