//! What is told beside a delivery: how it was answered, and why so.

use std::time::Duration;

use super::event::span;
use super::sanitize;
use crate::core::note::Note;
use crate::core::script::{Step, Turn};

/// A note in one line.
#[must_use]
pub fn line(note: &Note) -> String {
    match note {
        Note::Scripted(turn) => scripted(*turn),
        Note::Slow {
            provider,
            allowed,
            took,
            gave_up,
        } => {
            let provider = sanitize::name(provider);
            let allowed = span(*allowed);
            let took = match took {
                Some(took) => format!("took {}", span(*took)),
                None => "never answered".to_owned(),
            };
            let heard = if *gave_up {
                ": the sender was answered 504"
            } else {
                ""
            };
            format!("{provider} allows {allowed}, your handler {took}{heard}")
        }
        Note::HungUp { after } => {
            format!("the sender hung up after {}, before the answer", span(*after))
        }
        Note::Full { most, flag } => {
            format!("{most} are under way already, and so many wait that there was no room: {flag} allows more")
        }
        Note::NotForwarded(why) => format!("not forwarded: {}", sanitize::line(why)),
        Note::NoSchedule { provider } => match provider {
            Some(provider) => format!(
                "`{}` documents no schedule of retries: this was the only attempt",
                sanitize::name(provider)
            ),
            None => {
                "no provider is known, so no schedule of retries: this was the only attempt".into()
            }
        },
        Note::Waiting { next, delay, wait } => waiting(*next, *delay, *wait),
        Note::Ended { next } => format!("ended before attempt {next}"),
        Note::NotRun => "ended before the command was run".to_owned(),
        Note::NotVerified => {
            "not verified, so the command was not run: --secret verifies it, --exec-unverified runs it all the same"
                .to_owned()
        }
    }
}

fn scripted(turn: Turn) -> String {
    let what = match turn.step {
        Step::Reset => "connection reset",
        Step::Status(_) if turn.drawn => "scripted, drawn to fail",
        Step::Status(_) => "scripted",
    };
    let attempt = turn.attempt;
    if turn.delay.is_zero() {
        format!("{what}: attempt {attempt}")
    } else {
        format!("{what}: attempt {attempt}, held back {}", span(turn.delay))
    }
}

/// When the next attempt comes, by our clock and by the provider's.
#[must_use]
pub fn waiting(next: u32, delay: Duration, wait: Duration) -> String {
    let at = if wait < Duration::from_millis(1) {
        "at once".to_owned()
    } else {
        format!("in {}", span(wait))
    };
    let own = if wait == delay {
        String::new()
    } else {
        format!(" (the provider waits {})", span(delay))
    };
    format!("attempt {next} {at}{own}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_in_words() {
        let seconds = Duration::from_millis;
        let turn = |step, attempt, delay, drawn| {
            Note::Scripted(Turn {
                step,
                delay: seconds(delay),
                attempt,
                drawn,
            })
        };
        let slow = |took, gave_up| Note::Slow {
            provider: "slack".to_owned(),
            allowed: seconds(3000),
            took,
            gave_up,
        };
        let schedule = |provider: Option<&str>| Note::NoSchedule {
            provider: provider.map(str::to_owned),
        };
        let told = [
            (turn(Step::Status(500), 1, 0, false), "scripted: attempt 1"),
            (
                turn(Step::Status(500), 2, 2500, true),
                "scripted, drawn to fail: attempt 2, held back 2.5 s",
            ),
            (
                turn(Step::Reset, 3, 0, false),
                "connection reset: attempt 3",
            ),
            (
                slow(Some(seconds(4200)), true),
                "slack allows 3.0 s, your handler took 4.2 s: the sender was answered 504",
            ),
            (
                slow(Some(seconds(4200)), false),
                "slack allows 3.0 s, your handler took 4.2 s",
            ),
            (
                slow(None, true),
                "slack allows 3.0 s, your handler never answered: the sender was answered 504",
            ),
            (
                Note::HungUp {
                    after: seconds(3000),
                },
                "the sender hung up after 3.0 s, before the answer",
            ),
            (
                Note::NotForwarded("no \u{1b}".into()),
                "not forwarded: no \\x1b",
            ),
            (
                schedule(Some("hygraph")),
                "`hygraph` documents no schedule of retries: this was the only attempt",
            ),
            (
                schedule(None),
                "no provider is known, so no schedule of retries: this was the only attempt",
            ),
        ];
        for (note, wanted) in told {
            assert_eq!(line(&note), wanted);
        }
    }

    #[test]
    fn no_wait_is_no_number() {
        let minute = Duration::from_secs(60);
        assert_eq!(
            waiting(2, Duration::ZERO, Duration::ZERO),
            "attempt 2 at once"
        );
        assert_eq!(waiting(3, minute, minute), "attempt 3 in 60.0 s");
    }
}
