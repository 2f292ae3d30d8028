//! What happened to one delivery: a line for each thing, in time, and what its sender's schedule says.

use std::time::Duration;

use jiff::civil::Date;
use serde_json::{Value, json};

use super::event::{self, Look, name, span};
use super::json::{self as shapes, milliseconds};
use super::line::{clock, visible_width};
use super::table::cut;
use super::{repeat, sanitize};
use crate::core::delivery::{Attempt, Delivery};
use crate::core::retry::{Next, Span};
use crate::core::timeline::{Entry, Timeline, What};

/// The width of a gap, the space behind it included.
const GAP: usize = 9;
/// The width of a number, if it is no longer than usual.
const ID: usize = 5;
/// Where what is told of an entry begins: after clock, gap and number.
const WORDS: usize = 14 + GAP + ID + 2;
/// So much is told of an entry on any screen.
const LEAST: usize = 32;

/// A heading, then a line for each thing that happened, with what is worth a word below.
#[must_use]
pub fn lines(timeline: &Timeline<'_>, look: &Look) -> String {
    let paint = look.paint;
    let mut out: Vec<String> = Vec::new();
    if let Some(entry) = timeline.entries.first() {
        out.push(heading(timeline, entry.delivery, look));
    }
    if timeline.earlier > 0 {
        let text = format!("… {} earlier attempts left out", timeline.earlier);
        out.push(paint.dim(&text));
    }
    let mut day: Option<Date> = None;
    for entry in &timeline.entries {
        let zoned = entry.at.to_zoned(look.zone.clone());
        if day.replace(zoned.date()) != Some(zoned.date()) {
            out.push(paint.dim(&zoned.strftime("%Y-%m-%d %:z").to_string()));
        }
        let gap = entry.gap.map(|own| format!("+{}", span(own)));
        let id = match (&entry.what, entry.delivery.id) {
            (What::Forwarded(_), _) | (_, None) => String::new(),
            (_, Some(id)) => format!("#{id}"),
        };
        let left = format!(
            "{}  {:<width$}{id:<room$}",
            paint.dim(&clock(entry.at, &look.zone)),
            gap.unwrap_or_default(),
            width = GAP,
            room = ID,
        );
        let room = look.width.saturating_sub(WORDS).max(LEAST);
        out.push(format!("{left}  {}", words(entry, look, room)));
        for note in notes(entry) {
            let note = paint.yellow(&cut(&note, room));
            out.push(format!("{}{note}", " ".repeat(WORDS)));
        }
    }
    if let Some(text) = outlook(timeline, look) {
        out.push(text);
    }
    out.join("\n")
}

/// `statly push  delivery_8f2c  3 attempts in 9.1 s`.
fn heading(timeline: &Timeline<'_>, first: &Delivery, look: &Look) -> String {
    let mut text = look.paint.bold(&name(first));
    if let Some(id) = &first.delivery_id {
        text.push_str(&format!("  {}", sanitize::name(id)));
    }
    let is_arrival = |own: &&Entry<'_>| matches!(own.what, What::Arrived { .. });
    let mut arrivals = timeline.entries.iter().filter(is_arrival);
    let begin = arrivals.next();
    let count = usize::from(begin.is_some()) + arrivals.clone().count();
    match (begin, arrivals.next_back()) {
        (Some(begin), Some(end)) => {
            let spread = span(crate::core::attempts::gap(begin.at, end.at));
            text.push_str(&format!("  {count} attempts in {spread}"));
        }
        (Some(_), None) => text.push_str("  1 attempt"),
        _ => {}
    }
    cut(&text, look.width).into_owned()
}

/// What happened, in a line of so many columns.
fn words(entry: &Entry<'_>, look: &Look, room: usize) -> String {
    let paint = look.paint;
    match &entry.what {
        What::Arrived { .. } | What::ReplayArrived(_) => {
            let mark = event::mark(entry.delivery.judgement.as_ref(), paint);
            let answer = match entry.delivery.answer {
                Some(own) => format!(
                    "answered {} in {}",
                    event::status(own.status, paint),
                    span(own.latency)
                ),
                None => paint.red("no answer"),
            };
            let taken = visible_width(&answer) + 2;
            let mark = cut(&mark, room.saturating_sub(taken).max(8));
            if mark.is_empty() {
                answer
            } else {
                format!("{mark}  {answer}")
            }
        }
        What::Forwarded(attempt) => request("forwarded to", attempt, look, room),
        What::Sent(attempt) => {
            let verb = match entry.delivery.replay_of {
                Some(_) => "replayed to",
                None => "sent to",
            };
            request(verb, attempt, look, room)
        }
    }
}

fn request(verb: &str, attempt: &Attempt, look: &Look, room: usize) -> String {
    let result = match &attempt.result {
        Ok(reply) => event::status(reply.status, look.paint),
        Err(failure) => look.paint.red(failure.kind.as_str()),
    };
    let end = format!(": {result} in {}", span(attempt.latency));
    let taken = visible_width(&end) + verb.len() + 1;
    let url = sanitize::line(&attempt.url);
    let url = cut(&url, room.saturating_sub(taken).max(12));
    format!("{verb} {url}{end}")
}

/// What is worth a word of an entry: what changed, and whether it was expected.
fn notes(entry: &Entry<'_>) -> Vec<String> {
    let expected = match &entry.what {
        What::Arrived { expected } => expected
            .as_ref()
            .map(|(before, next)| expectation(before, *next, entry.gap.unwrap_or_default())),
        What::ReplayArrived(id) => Some(format!("hookcat's own replay, #{id}")),
        What::Sent(_) | What::Forwarded(_) => return Vec::new(),
    };
    let changes: Vec<&str> = repeat::changes(entry.delivery).collect();
    let changes = (!changes.is_empty()).then(|| changes.join(", "));
    expected.into_iter().chain(changes).collect()
}

/// `expected after 1m, came after 58.2 s`.
fn expectation(before: &Delivery, next: Next, came: Duration) -> String {
    match next {
        Next::After(delay) => {
            format!("expected after {}, came after {}", Span(delay), span(came))
        }
        Next::Delivered => format!("not expected: {}", answered(before)),
        Next::GivenUp => format!("not expected: {}, which is final", answered(before)),
        Next::Ended => "not expected: the schedule was at its end".to_owned(),
    }
}

/// `#41 was answered 200`.
fn answered(delivery: &Delivery) -> String {
    let id = delivery.id.unwrap_or_default();
    match delivery.answer {
        Some(own) => format!("#{id} was answered {}", own.status),
        None => format!("#{id} was not answered"),
    }
}

/// What is to come after the last attempt.
fn outlook(timeline: &Timeline<'_>, look: &Look) -> Option<String> {
    let (last, next) = timeline.next?;
    let id = last.id.unwrap_or_default();
    let text = match next {
        Next::Delivered => return None,
        Next::After(delay) => {
            let at = last.at.checked_add(delay).ok()?.to_zoned(look.zone.clone());
            format!(
                "the next is expected {} after #{id}: {}",
                Span(delay),
                at.strftime("%Y-%m-%d %H:%M:%S")
            )
        }
        Next::GivenUp => format!("no more is expected: {}, which is final", answered(last)),
        Next::Ended => format!("no more is expected: the schedule ends with #{id}"),
    };
    Some(look.paint.dim(&cut(&text, look.width)))
}

/// The timeline as an object.
#[must_use]
pub fn as_json(timeline: &Timeline<'_>) -> Value {
    let first = timeline.entries.first().map(|own| own.delivery);
    let (reason, delay) = match timeline.next {
        Some((_, next)) => (Some(word(next)), delay(next)),
        None => (None, None),
    };
    json!({
        "v": 1,
        "type": "timeline",
        "provider": first.and_then(|own| own.provider.as_deref()),
        "event": first.and_then(|own| own.event.as_deref()),
        "delivery_id": first.and_then(|own| own.delivery_id.as_deref()),
        "earlier": timeline.earlier,
        "entries": timeline.entries.iter().map(entry_json).collect::<Value>(),
        "next": { "schedule": reason, "after_ms": delay },
    })
}

fn entry_json(entry: &Entry<'_>) -> Value {
    let delivery = entry.delivery;
    let (kind, more) = match &entry.what {
        What::Arrived { expected } => {
            let next = expected.as_ref().map(|(_, next)| *next);
            let expected = json!({
                "schedule": next.map(word),
                "after_ms": next.and_then(delay),
            });
            (
                "received",
                with_answer(delivery, &json!({ "expected": expected })),
            )
        }
        What::ReplayArrived(id) => (
            "received",
            with_answer(delivery, &json!({ "replayed_by": id })),
        ),
        What::Forwarded(attempt) => ("forwarded", request_json(attempt)),
        What::Sent(attempt) => {
            let mut value = request_json(attempt);
            value["replay_of"] = json!(delivery.replay_of);
            ("sent", value)
        }
    };
    let mut value = json!({
        "kind": kind,
        "id": delivery.id,
        "at": entry.at.to_string(),
        "gap_ms": entry.gap.map(milliseconds),
    });
    if let (Value::Object(value), Value::Object(more)) = (&mut value, more) {
        value.extend(more);
    }
    value
}

/// What is told of a request: of the answer, its status alone.
fn request_json(attempt: &Attempt) -> Value {
    let mut value = shapes::attempt(attempt);
    if let Some(status) = attempt.status() {
        value["response"] = json!({ "status": status });
    }
    value
}

/// What is told of an arrival.
fn with_answer(delivery: &Delivery, more: &Value) -> Value {
    let judgement = delivery.judgement.as_ref();
    let mut value = json!({
        "verdict": judgement.map(|own| &own.verdict),
        "reason": judgement.and_then(|own| own.reason.as_ref()),
        "duplicate_of": delivery.duplicate_of.map(|own| own.id),
        "attempt": delivery.attempt(),
        "repeat": repeat::as_json(delivery),
        "response": delivery.answer.map(|own| json!({
            "status": own.status,
            "latency_ms": milliseconds(own.latency),
        })),
    });
    if let (Value::Object(value), Value::Object(more)) = (&mut value, more) {
        value.extend(more.clone());
    }
    value
}

/// The stable word of what a schedule says.
fn word(next: Next) -> &'static str {
    match next {
        Next::Delivered => "delivered",
        Next::GivenUp => "final",
        Next::After(_) => "retry",
        Next::Ended => "ended",
    }
}

fn delay(next: Next) -> Option<f64> {
    match next {
        Next::After(delay) => Some(milliseconds(delay)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::core::delivery::{Direction, Duplicate, Judgement};
    use crate::core::timeline::tests::{arrived, at, attempt, policy};
    use crate::core::verdict::{Reason, Verdict};
    use crate::show::Paint;

    fn look(width: usize) -> Look {
        Look {
            paint: Paint::new(false),
            zone: TimeZone::UTC,
            body_lines: 0,
            headers: false,
            width,
        }
    }

    #[test]
    fn a_timeline_is_read_from_top_to_bottom() {
        let mut first = arrived(41, 0, 500);
        first.judgement = Some(Judgement::new(&Verdict::Invalid(Reason::Mismatch), None));
        first.attempts = vec![attempt(1, 1)];
        let mut second = arrived(42, 58, 200);
        second.duplicate_of = Some(Duplicate {
            id: 41,
            at: at(0),
            attempt: 2,
            previous: None,
            body_differs: Some(true),
            signature_renewed: None,
        });
        let deliveries = [first, second, arrived(43, 90_000, 500)];
        let replays = [Delivery {
            direction: Direction::Sent,
            answer: None,
            replay_of: Some(41),
            attempts: vec![attempt(1, 90_100)],
            ..arrived(57, 90_100, 0)
        }];
        let policy = policy();
        let timeline = Timeline::new(&deliveries, &replays, 0, Some(&policy));
        let wanted = "\
statly push  delivery_8f2c  3 attempts in 25.0 h
2023-11-14 +00:00
22:13:20.000           #41    ✗ signature does not match  answered 500 in 12 ms
22:13:21.000                  forwarded to http://localhost:3000/hooks: connect in 2.0 s
22:14:18.000  +58.0 s  #42    answered 200 in 12 ms
                              expected after 1m, came after 58.0 s
                              body differs
2023-11-15 +00:00
23:13:20.000  +25.0 h  #43    answered 500 in 12 ms
                              not expected: #42 was answered 200
23:15:00.000           #57    replayed to http://localhost:3000/hooks: connect in 2.0 s
no more is expected: the schedule ends with #43";
        assert_eq!(lines(&timeline, &look(usize::MAX)), wanted);
        for width in [80, 100] {
            for line in lines(&timeline, &look(width)).lines() {
                assert!(visible_width(line) <= width, "{width}: {line}");
            }
        }
        let told = as_json(&timeline);
        let kinds: Vec<_> = (0..5)
            .map(|index| &told["entries"][index]["kind"])
            .collect();
        assert_eq!(
            kinds,
            ["received", "forwarded", "received", "received", "sent"]
        );
        let expected = json!({ "schedule": "retry", "after_ms": 60_000.0 });
        assert_eq!(told["entries"][2]["expected"], expected);
        assert_eq!(told["next"]["schedule"], "ended");
    }

    #[test]
    fn what_is_to_come_is_told() {
        let deliveries = [arrived(41, 0, 500)];
        let policy = policy();
        let timeline = Timeline::new(&deliveries, &[], 7, Some(&policy));
        let text = lines(&timeline, &look(80));
        assert!(
            text.contains("1 attempt\n… 7 earlier attempts left out\n"),
            "{text}"
        );
        let timeline = Timeline::new(&deliveries, &[], 0, Some(&policy));
        let text = lines(&timeline, &look(80));
        let wanted = "the next is expected 1m after #41: 2023-11-14 22:14:20";
        assert!(text.ends_with(wanted), "{text}");
    }
}
