//! A command's run for a delivery: how it ended, and what it wrote.

use serde_json::{Value, json};

use super::event::{Look, span};
use super::line::Line;
use super::{Paint, body, json as shapes};
use crate::core::retry::Span;
use crate::core::run::{End, Run};
use crate::show::sanitize;

/// How many lines of each stream are shown, where not all are.
const LINES: usize = 12;

/// A command's run: how it ended, then what it wrote.
#[must_use]
pub fn lines(run: &Run, look: &Look) -> String {
    let paint = look.paint;
    let at = run.at.checked_add(run.latency).unwrap_or(run.at);
    let left = Line::new(at, "run", look);
    let left = match &run.end {
        End::Exit(0) => left.styled(Paint::green, "exit 0"),
        End::Exit(code) => left.styled(Paint::red, &format!("exit {code}")),
        End::Signal(signal) => left.styled(Paint::red, &format!("killed by signal {signal}")),
        End::Timeout(after) => left.styled(Paint::red, &format!("killed after {}", Span(*after))),
        End::NotStarted(why) => {
            left.styled(Paint::red, &format!("not started: {}", sanitize::line(why)))
        }
    };
    let number = run
        .delivery
        .map_or_else(|| "#-".to_owned(), |id| format!("#{id}"));
    let mut text = left.piece(&span(run.latency)).end(&number);
    let limit = if look.headers { usize::MAX } else { LINES };
    for (mark, bytes) in [("out", &run.stdout), ("err", &run.stderr)] {
        for line in body::plain(bytes, paint, limit) {
            text.push_str(&format!("\n    {} {line}", paint.dim(&format!("{mark} |"))));
        }
    }
    if run.truncated {
        text.push_str(&format!(
            "\n    {}",
            paint.yellow("more output was left out")
        ));
    }
    text
}

/// The same as an object.
#[must_use]
pub fn as_json(run: &Run) -> Value {
    let (exit_code, signal, error) = match &run.end {
        End::Exit(code) => (Some(code), None, None),
        End::Signal(signal) => (None, Some(signal), None),
        End::Timeout(after) => (
            None,
            None,
            Some(("timeout", format!("killed after {}", Span(*after)))),
        ),
        End::NotStarted(why) => (None, None, Some(("not-started", why.clone()))),
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    json!({
        "v": 1,
        "type": "run",
        "delivery": run.delivery,
        "at": run.at.to_string(),
        "exit_code": exit_code,
        "signal": signal,
        "error": error.map(|(kind, message)| json!({ "kind": kind, "message": message })),
        "latency_ms": shapes::milliseconds(run.latency),
        "stdout": text(&run.stdout),
        "stderr": text(&run.stderr),
        "truncated": run.truncated,
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;
    use jiff::tz::TimeZone;

    use super::*;
    use crate::show::Paint;

    #[test]
    fn a_run_is_told_with_what_it_wrote_made_safe() {
        let own = Run {
            delivery: Some(41),
            at: Timestamp::UNIX_EPOCH,
            end: End::Exit(3),
            latency: Duration::from_millis(12),
            stdout: "{\"a\":1}\n\u{1b}[2J".into(),
            stderr: b"\xff\n"[..].into(),
            truncated: true,
        };
        let look = Look {
            paint: Paint::new(false),
            zone: TimeZone::UTC,
            body_lines: 12,
            headers: false,
            width: usize::MAX,
        };
        let gap = " ".repeat(41);
        assert_eq!(
            lines(&own, &look),
            format!(
                "00:00:00.012  run  exit 3  12 ms{gap} #41\n    out | {{\"a\":1}}\n    out | \\x1b[2J\n    \
                 err | \\xff\n    more output was left out"
            )
        );
    }
}
