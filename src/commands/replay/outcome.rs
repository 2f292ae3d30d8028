//! What came of a delivery that was sent again: beside what came of it before, and why not.

use std::fmt::Display;
use std::time::Duration;

use crate::commands::session::Session;
use crate::core::delivery::{Answer, Attempt, Delivery, Reply};
use crate::core::verdict::{Reason, Verdict};
use crate::show::{Paint, diff, event, finding};

/// How many lines of a difference are told.
const LINES: usize = 12;
/// Most lines of then and now have room in it.
const USUAL: usize = 64;

fn whole(reply: &Reply) -> Option<&[u8]> {
    (!reply.truncated).then_some(&reply.body[..])
}

/// What came of a delivery before: its last attempt, or what it was answered when it was received.
#[derive(Clone, Debug, Default)]
pub(super) struct Before {
    attempt: Option<Attempt>,
    answer: Option<Answer>,
}

impl Before {
    /// What came of a recorded delivery, taken from it.
    pub(super) fn take(recorded: &mut Delivery) -> Self {
        Self {
            attempt: recorded.attempts.pop(),
            answer: recorded.answer,
        }
    }

    /// What came of it in this attempt.
    pub(super) fn of(attempt: Option<&Attempt>) -> Self {
        Self {
            attempt: attempt.cloned(),
            answer: None,
        }
    }

    /// Then against now: status, time, and what differs of the answers' bodies; nothing where it was not
    /// answered before.
    pub(super) fn compared(&self, last: &Attempt, paint: Paint) -> Vec<String> {
        let mut line = String::with_capacity(USUAL);
        line.push_str("  then ");
        match (&self.attempt, self.answer) {
            (Some(attempt), _) => tell(attempt, &mut line),
            (None, Some(answer)) => tell_of(answer.status, answer.latency, &mut line),
            (None, None) => return Vec::new(),
        }
        line.push_str(", now ");
        tell(last, &mut line);
        let mut lines = vec![line];
        let bodies = self
            .attempt
            .as_ref()
            .and_then(|own| whole(own.result.as_ref().ok()?));
        if let Some((then, now)) = bodies.zip(last.result.as_ref().ok().and_then(whole)) {
            let differences = diff::bodies(then, now, paint);
            let left = differences.len().saturating_sub(LINES);
            lines.extend(
                differences
                    .into_iter()
                    .take(LINES)
                    .map(|own| format!("  {own}")),
            );
            if left > 0 {
                lines.push(paint.dim(&format!("  … {left} more lines")));
            }
        }
        lines
    }
}

/// Appends what came of an attempt, and when.
fn tell(attempt: &Attempt, line: &mut String) {
    match &attempt.result {
        Ok(reply) => tell_of(reply.status, attempt.latency, line),
        Err(failure) => tell_of(failure.kind.as_str(), attempt.latency, line),
    }
}

fn tell_of(what: impl Display, took: Duration, line: &mut String) {
    line.push_str(&format!("{what} after {}", event::span(took)));
}

/// Why an endpoint may have rejected a delivery's signature, as far as the local secrets tell.
pub(super) fn rejection(
    delivery: &Delivery,
    last: Option<&Attempt>,
    url: &str,
    session: &Session,
) -> Option<String> {
    let last = last.filter(|own| matches!(own.status(), Some(400 | 401 | 403)))?;
    let verifier = session.verifier_of(delivery)?;
    let context = verifier.context(Some(url), last.at);
    let found = verifier.assess(&delivery.message, &context);
    match &found.verdict {
        Verdict::Valid(_) => Some(
            "the delivery verifies with the secret given here: the endpoint may have another, or \
             verify other bytes than it got"
                .to_owned(),
        ),
        Verdict::Invalid(reason @ (Reason::Stale { .. } | Reason::Future { .. })) => {
            Some(format!("the recorded {reason}: sign it anew with --resign"))
        }
        Verdict::Invalid(_) => {
            let diagnosis = verifier.diagnose(&delivery.message, &found, &context, &[]);
            let why = finding::short(&diagnosis)?;
            Some(format!("the recorded signature does not match: {why}"))
        }
        Verdict::Unverifiable(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::core::delivery::{Failure, FailureKind};
    use crate::core::message::Headers;

    fn attempt(result: Result<(u16, &'static str), FailureKind>) -> Attempt {
        Attempt {
            number: 1,
            at: Timestamp::UNIX_EPOCH,
            url: "http://x/".to_owned(),
            result: match result {
                Ok((status, body)) => Ok(Reply {
                    status,
                    headers: Headers::new(),
                    body: body.into(),
                    truncated: false,
                }),
                Err(kind) => Err(Failure {
                    kind,
                    message: String::new(),
                }),
            },
            latency: Duration::from_millis(3),
        }
    }

    #[test]
    fn then_stands_beside_now() {
        let mut before = Before::default();
        let now = attempt(Ok((500, "broken\n")));
        let told = |before: &Before, now: &Attempt| before.compared(now, Paint::new(false));
        assert!(told(&before, &now).is_empty());
        before.answer = Some(Answer {
            status: 200,
            latency: Duration::from_millis(1),
        });
        assert_eq!(
            told(&before, &now),
            ["  then 200 after 1.0 ms, now 500 after 3.0 ms"]
        );
        before.attempt = Some(attempt(Ok((201, "fine\n"))));
        let lines = told(&before, &now);
        assert_eq!(
            lines,
            [
                "  then 201 after 3.0 ms, now 500 after 3.0 ms",
                "  - fine",
                "  + broken"
            ]
        );
        let refused = attempt(Err(FailureKind::Connect));
        assert_eq!(
            told(&before, &refused),
            ["  then 201 after 3.0 ms, now connect after 3.0 ms"]
        );
    }
}
