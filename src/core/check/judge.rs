//! Answers held against what was expected.

use std::time::Duration;

use super::{Case, Expect, Group, Level, Make, Player, Shot};
use crate::core::delivery::{Failure, FailureKind, Reply};
use crate::core::event::View;
use crate::core::handshake::{Answer, Refusal};

/// What came back for one request.
#[derive(Clone, Debug)]
pub struct Answered {
    /// What tells the request from the others of its case.
    pub label: String,
    /// The answer, or why there is none.
    pub result: Result<Reply, Failure>,
    /// From the first byte sent to the last byte read.
    pub latency: Duration,
    /// The request's number in the log.
    pub id: Option<i64>,
}

/// How a case ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// As it should.
    Passed,
    /// Not as it must: the handler is wrong.
    Failed,
    /// Not as it should, but nobody is harmed by itself.
    Warned,
    /// A statistical hint.
    Hinted,
    /// It was not tried.
    Skipped,
}

impl Mark {
    /// The word used in JSON output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Warned => "warned",
            Self::Hinted => "hinted",
            Self::Skipped => "skipped",
        }
    }
}

/// What came of a case.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// How it ended.
    pub mark: Mark,
    /// What was answered, in a word or two.
    pub got: String,
    /// What exactly is otherwise, a line each; or why it was not tried.
    pub details: Vec<String>,
    /// Whether the endpoint crashed, so that something else helps.
    pub crashed: bool,
    /// The slowest answer.
    pub time: Duration,
    /// The numbers in the log of the requests that were answered otherwise; of all, if none was.
    pub log: Vec<i64>,
}

impl Outcome {
    /// What was not tried, and why.
    #[must_use]
    pub fn skipped(why: impl Into<String>) -> Self {
        Self {
            mark: Mark::Skipped,
            got: String::new(),
            details: vec![why.into()],
            crashed: false,
            time: Duration::ZERO,
            log: Vec::new(),
        }
    }

    /// One more thing that is otherwise.
    pub fn fail(&mut self, level: Level, detail: impl Into<String>) {
        self.details.push(detail.into());
        self.mark = failed(level);
    }
}

fn failed(level: Level) -> Mark {
    match level {
        Level::Must => Mark::Failed,
        Level::Should => Mark::Warned,
        Level::Hint => Mark::Hinted,
    }
}

/// An answer in a word.
fn word(result: &Result<Reply, Failure>) -> String {
    match result {
        Ok(reply) => reply.status.to_string(),
        Err(failure) => match failure.kind {
            FailureKind::Timeout => "no answer".to_owned(),
            FailureKind::Broken => "broken off".to_owned(),
            FailureKind::Connect => "not reached".to_owned(),
        },
    }
}

/// The same in a few words, where there is room.
fn words(result: &Result<Reply, Failure>) -> String {
    match result {
        Ok(reply) => format!("answered {}", reply.status),
        Err(failure) => format!("{}: {}", word(result), failure.message),
    }
}

fn status(answered: &Answered) -> Option<u16> {
    answered.result.as_ref().ok().map(|reply| reply.status)
}

fn accepted(status: Option<u16>) -> bool {
    matches!(status, Some(200..=299))
}

fn refused(status: Option<u16>) -> bool {
    matches!(status, Some(400..=499))
}

/// Neither an answer of the application's choice, nor silence it chose.
fn is_crash(status: Option<u16>) -> bool {
    matches!(status, None | Some(500..=599))
}

impl Case {
    /// Why a case cannot be judged, though it means something.
    #[must_use]
    pub fn obstacle(&self, player: &Player<'_>, shots: &[Shot]) -> Option<String> {
        let Make::Handshake(index) = self.make else {
            return None;
        };
        let own = player.provider.handshakes.get(index)?;
        let first = shots.first()?;
        let refusal = own
            .answer(&View::new(&first.message), player.given())
            .err()?;
        Some(match refusal {
            Refusal::NoToken => "no verify token given: --verify-token REF".to_owned(),
            other => other.to_string(),
        })
    }

    /// What the answers say.
    #[must_use]
    pub fn judge(&self, player: &Player<'_>, shots: &[Shot], answers: &[Answered]) -> Outcome {
        let wrong: Vec<(usize, String)> = match self.expect {
            Expect::Accepted => each(answers, |own| accepted(status(own))),
            Expect::Rejected => each(answers, |own| refused(status(own))),
            Expect::Handled => each(answers, |own| accepted(status(own)) || refused(status(own))),
            Expect::NoDelivery => no_delivery(answers),
            Expect::Handshaken => self.handshaken(player, shots, answers),
            Expect::InTime | Expect::EvenTime => Vec::new(),
        };
        let at_fault = |index: usize| wrong.is_empty() || wrong.iter().any(|own| own.0 == index);
        let log = answers
            .iter()
            .enumerate()
            .filter(|(index, _)| at_fault(*index));
        let mut got: Vec<String> = Vec::new();
        for answered in answers {
            let own = word(&answered.result);
            if !got.contains(&own) {
                got.push(own);
            }
        }
        Outcome {
            mark: if wrong.is_empty() {
                Mark::Passed
            } else {
                failed(self.level)
            },
            got: got.join(", "),
            crashed: wrong
                .iter()
                .any(|(index, _)| is_crash(status(&answers[*index]))),
            log: log.filter_map(|(_, own)| own.id).collect(),
            time: answers
                .iter()
                .map(|own| own.latency)
                .max()
                .unwrap_or_default(),
            details: self.details(answers, wrong),
        }
    }

    /// Where all requests were answered alike, that is said once.
    fn details(&self, answers: &[Answered], wrong: Vec<(usize, String)>) -> Vec<String> {
        let mut all = answers.iter().map(|own| words(&own.result));
        let first = all.next();
        let plain = !matches!(self.expect, Expect::Handshaken | Expect::NoDelivery);
        match first {
            Some(first) if plain && wrong.len() == answers.len() && all.all(|own| own == first) => {
                vec![first]
            }
            _ => wrong.into_iter().map(|(_, detail)| detail).collect(),
        }
    }

    fn handshaken(
        &self,
        player: &Player<'_>,
        shots: &[Shot],
        answers: &[Answered],
    ) -> Vec<(usize, String)> {
        let Make::Handshake(index) = self.make else {
            return Vec::new();
        };
        let Some(own) = player.provider.handshakes.get(index) else {
            return Vec::new();
        };
        let mut wrong = Vec::new();
        for (index, (shot, answered)) in shots.iter().zip(answers).enumerate() {
            let Ok(reply) = &answered.result else {
                wrong.push((index, labelled(answered)));
                continue;
            };
            if index > 0 {
                if reply.status != 401 {
                    wrong.push((index, format!("{}, expected 401", labelled(answered))));
                }
                continue;
            }
            let got = Answer {
                status: reply.status,
                headers: reply.headers.clone(),
                body: reply.body.to_vec(),
            };
            let flaws = own.flaws(&View::new(&shot.message), player.given(), &got);
            let flaws = flaws.unwrap_or_default();
            wrong.extend(flaws.iter().map(|flaw| (index, flaw.to_string())));
        }
        wrong
    }

    /// What was wrong with it, and what helps: two lines for a person.
    #[must_use]
    pub fn advice(&self, outcome: &Outcome) -> (&str, &str) {
        let crashed = outcome.crashed && self.group == Group::Reject;
        if crashed && self.expect == Expect::Rejected {
            let why =
                "the check itself crashes: a stranger's request is answered 5xx, or not at all";
            return (why, &self.crash);
        }
        (
            &self.why,
            if outcome.crashed {
                &self.crash
            } else {
                &self.fix
            },
        )
    }
}

fn labelled(answered: &Answered) -> String {
    match answered.label.as_str() {
        "" => words(&answered.result),
        label => format!("{label}: {}", words(&answered.result)),
    }
}

fn each(answers: &[Answered], right: impl Fn(&Answered) -> bool) -> Vec<(usize, String)> {
    let all = answers.iter().enumerate();
    all.filter(|(_, own)| !right(own))
        .map(|(index, own)| (index, labelled(own)))
        .collect()
}

/// A page for browsers may be answered 200 whatever is asked; what is answered only because it is
/// signed is taken for a delivery.
fn no_delivery(answers: &[Answered]) -> Vec<(usize, String)> {
    let [bare, signed] = answers else {
        return Vec::new();
    };
    let mut wrong = each(answers, |own| {
        !is_crash(status(own)) || !own.label.is_empty() && status(own).is_none()
    });
    if accepted(status(signed)) && !accepted(status(bare)) {
        wrong.push((
            1,
            format!(
                "{}, without a signature {}",
                labelled(signed),
                word(&bare.result)
            ),
        ));
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::message::Headers;

    fn answered(label: &str, status: u16) -> Answered {
        Answered {
            label: label.to_owned(),
            result: Ok(Reply {
                status,
                headers: Headers::new(),
                body: bytes::Bytes::new(),
                truncated: false,
            }),
            latency: Duration::from_millis(u64::from(status)),
            id: Some(i64::from(status)),
        }
    }

    #[test]
    fn a_page_is_no_delivery_and_what_is_taken_only_signed_is_one() {
        let wrong =
            |bare, signed| no_delivery(&[answered("bare", bare), answered("signed", signed)]).len();
        assert_eq!(wrong(405, 405), 0);
        assert_eq!(wrong(200, 200), 0);
        assert_eq!(wrong(404, 401), 0);
        assert_eq!(wrong(401, 200), 1);
        assert_eq!(wrong(500, 405), 1);
    }

    #[test]
    fn each_answer_is_told_that_is_otherwise() {
        let answers = [answered("a", 401), answered("b", 500), answered("c", 200)];
        let wrong = each(&answers, |own| refused(status(own)));
        let wrong: Vec<_> = wrong.into_iter().map(|(_, own)| own).collect();
        assert_eq!(wrong, ["b: answered 500", "c: answered 200"]);
    }
}
