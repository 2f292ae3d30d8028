//! The two lines of a delivery that pair up by number, and a delivery in full.

use std::borrow::Cow;
use std::time::Duration;

use jiff::tz::TimeZone;

use super::line::{Line, visible_width};
use super::paint::Style;
use super::table::cut;
use super::{Paint, body, repeat, sanitize};
use crate::core::delivery::{Attempt, Delivery, Judgement};
use crate::core::handshake::PREFIX;

/// A URL is not cut shorter than this.
const LEAST_URL: usize = 16;
/// A delivery id is not cut shorter than this to fit a line: it is left out.
const LEAST_ID: usize = 8;

/// How a delivery's lines look.
#[derive(Clone, Debug)]
pub struct Look {
    /// Colour or none.
    pub paint: Paint,
    /// The zone of the clock times.
    pub zone: TimeZone,
    /// How many lines of the body to show.
    pub body_lines: usize,
    /// Whether to show the headers.
    pub headers: bool,
    /// How many columns a line has.
    pub width: usize,
}

/// The line of what arrived, and under it the reason and the body.
#[must_use]
pub fn arrival(delivery: &Delivery, look: &Look) -> String {
    let paint = look.paint;
    let left = Line::new(delivery.at, "-->", look)
        .styled(Paint::bold, &name(delivery))
        .piece(&size(delivery.message.body.len()))
        .piece(&mark(delivery.judgement.as_ref(), paint));
    let number = number(delivery);
    let taken = left.width() + number.len() + 2;
    let (mut right, below) = repeat::beside_or_below(delivery, taken, look);
    if let Some(id) = &delivery.delivery_id {
        let room = look.width.saturating_sub(taken + visible_width(&right) + 1);
        right.insert_str(0, &fitted(&sanitize::name(id), room));
    }
    let mut text = left.end(&(number + &right));
    text.push_str(&below);
    if look.headers {
        text.push_str(&headers(delivery, paint));
    }
    for line in body::of(
        &delivery.message.headers,
        &delivery.message.body,
        paint,
        look.body_lines,
    ) {
        text.push_str("\n    ");
        text.push_str(&line);
    }
    text
}

/// The line of what `listen` itself answered, or that it did not.
#[must_use]
pub fn answer(delivery: &Delivery, look: &Look) -> String {
    let latency = delivery.answer.map(|own| own.latency).unwrap_or_default();
    let at = delivery.at.checked_add(latency).unwrap_or(delivery.at);
    let left = Line::new(at, "<--", look);
    let left = match delivery.answer {
        Some(answer) => left
            .styled(status_style(answer.status), &answer.status.to_string())
            .piece(&span(answer.latency)),
        None => left.styled(Paint::red, "no answer"),
    };
    left.end(&number(delivery))
}

/// The line of one attempt: what was requested and what came of it.
#[must_use]
pub fn attempt(delivery: &Delivery, attempt: &Attempt, look: &Look) -> String {
    let paint = look.paint;
    let end = attempt
        .at
        .checked_add(attempt.latency)
        .unwrap_or(attempt.at);
    let left = Line::new(end, "<--", look);
    let left = match &attempt.result {
        Ok(reply) => left.styled(status_style(reply.status), &reply.status.to_string()),
        Err(failure) => left.styled(Paint::red, failure.kind.as_str()),
    };
    let left = left.word(&sanitize::line(&delivery.message.method));
    let mut right = number(delivery);
    if attempt.number > 1 {
        right.push_str(&format!("  attempt {}", attempt.number));
    }
    let took = span(attempt.latency);
    // The latency stands behind the URL, so it is the URL that gives way.
    let taken = left.width() + took.len() + right.len() + 5;
    let room = look.width.saturating_sub(taken).max(LEAST_URL);
    let url = sanitize::line(&attempt.url);
    let mut text = left.word(&cut(&url, room)).piece(&took).end(&right);
    if let Ok(reply) = &attempt.result
        && reply.truncated
    {
        let kept = size(reply.body.len());
        text.push_str(&paint.yellow(&format!("  answer cut after {kept}")));
    }
    match &attempt.result {
        Ok(reply) if !(200..300).contains(&reply.status) => {
            for line in body::lines(&reply.body[..reply.body.len().min(500)], paint, 8) {
                text.push_str("\n    ");
                text.push_str(&line);
            }
        }
        Ok(_) => {}
        Err(failure) => {
            text.push_str("\n    ");
            text.push_str(&paint.red(&sanitize::line(&failure.message)));
        }
    }
    text
}

/// The line of what is being sent.
#[must_use]
pub fn departure(delivery: &Delivery, url: &str, look: &Look) -> String {
    let left = Line::new(delivery.at, "-->", look)
        .styled(Paint::bold, &name(delivery))
        .piece(&size(delivery.message.body.len()))
        .piece(&sanitize::line(&delivery.message.method))
        .word(&sanitize::line(url));
    let mut right = number(delivery);
    if let Some(original) = delivery.replay_of {
        right.push_str(&format!("  replay of #{original}"));
    }
    left.end(&right)
}

/// A delivery in full: request, verdict, answer, attempts.
#[must_use]
pub fn full(delivery: &Delivery, look: &Look) -> String {
    let paint = look.paint;
    let mut text = String::new();
    let mut row = |label: &str, value: String| {
        text.push_str(&format!(
            "{}  {value}\n",
            paint.dim(&format!("{label:<11}"))
        ));
    };
    row(
        "delivery",
        format!("{}  {}", number(delivery), paint.bold(&name(delivery))),
    );
    row("direction", delivery.direction.as_str().to_owned());
    let zoned = delivery.at.to_zoned(look.zone.clone());
    row(
        "at",
        zoned.strftime("%Y-%m-%d %H:%M:%S%.3f %:z").to_string(),
    );
    if let Some(id) = &delivery.delivery_id {
        row("delivery id", sanitize::whole_name(id).into_owned());
    }
    if let Some(judgement) = &delivery.judgement {
        row("verdict", mark(Some(judgement), paint));
    }
    if let Some(words) = repeat::words(delivery) {
        row("repeat", words);
    }
    if let Some(original) = delivery.replay_of {
        row("replay", format!("of #{original}"));
    }
    if let Some(answer) = delivery.answer {
        row(
            "answered",
            format!("{}  {}", status(answer.status, paint), span(answer.latency)),
        );
    }
    row(
        "request",
        format!(
            "{} {}",
            sanitize::line(&delivery.message.method),
            sanitize::line(&delivery.message.target)
        ),
    );
    row("size", size(delivery.message.body.len()));
    text.push_str(headers(delivery, paint).trim_start_matches('\n'));
    text.push('\n');
    for line in body::of(
        &delivery.message.headers,
        &delivery.message.body,
        paint,
        look.body_lines,
    ) {
        text.push_str(&format!("\n    {line}"));
    }
    for own in &delivery.attempts {
        text.push_str("\n\n");
        text.push_str(&attempt(delivery, own, look));
        if let Ok(reply) = &own.result
            && (200..300).contains(&reply.status)
        {
            for line in body::of(&reply.headers, &reply.body, paint, look.body_lines) {
                text.push_str(&format!("\n    {line}"));
            }
        }
    }
    text
}

/// `statly push`, with a dash for what is not known.
#[must_use]
pub fn name<'d>(delivery: &'d Delivery) -> String {
    let word = |text: &'d Option<String>| -> Cow<'d, str> {
        text.as_deref().map_or(Cow::Borrowed("-"), sanitize::name)
    };
    match (&delivery.provider, &delivery.event) {
        (None, None) => format!(
            "{} {}",
            sanitize::target(&delivery.message.method),
            sanitize::target(&delivery.message.target)
        ),
        (provider, Some(event)) if event.starts_with(PREFIX) => {
            let name = sanitize::name(&event[PREFIX.len()..]);
            format!("{} handshake {name}", word(provider))
        }
        (provider, event) => format!("{} {}", word(provider), word(event)),
    }
}

/// The verdict as a mark and a few words.
#[must_use]
pub fn mark(judgement: Option<&Judgement>, paint: Paint) -> String {
    let Some(judgement) = judgement else {
        return String::new();
    };
    let detail = judgement.detail.as_deref().map(sanitize::line);
    let detail = detail.as_deref().unwrap_or_default();
    match judgement.verdict.as_str() {
        "valid" => {
            let limits = match judgement.coverage.as_deref() {
                Some("part") => " (covers part of the body)",
                Some("none") => " (the body is not covered)",
                _ => "",
            };
            paint.green(&format!("✓ signature ok{limits}"))
        }
        "invalid" => paint.red(&format!("✗ {detail}")),
        _ => paint.yellow(&format!("? unverifiable: {detail}")),
    }
}

fn headers(delivery: &Delivery, paint: Paint) -> String {
    delivery
        .message
        .headers
        .iter()
        .map(|(name, value)| {
            format!(
                "\n    {}: {}",
                paint.cyan(&sanitize::line(name)),
                sanitize::bytes(value)
            )
        })
        .collect()
}

fn number(delivery: &Delivery) -> String {
    match delivery.id {
        Some(id) => format!("#{id}"),
        None => "#-".to_owned(),
    }
}

pub(super) fn status(status: u16, paint: Paint) -> String {
    status_style(status)(paint, &status.to_string())
}

fn status_style(status: u16) -> Style {
    match status {
        200..=299 => Paint::green,
        300..=399 => Paint::yellow,
        _ => Paint::red,
    }
}

/// `312 B`, `1.2 kB`, `3.4 MB`.
#[must_use]
pub fn size(bytes: usize) -> String {
    #[expect(clippy::cast_precision_loss, reason = "two digits are shown")]
    let scaled = |unit: usize| bytes as f64 / unit as f64;
    match bytes {
        0..1000 => format!("{bytes} B"),
        1000..1_000_000 => format!("{:.1} kB", scaled(1000)),
        1_000_000..1_000_000_000 => format!("{:.1} MB", scaled(1_000_000)),
        _ => format!("{:.1} GB", scaled(1_000_000_000)),
    }
}

/// `0.4 ms`, `12 ms`, `3.2 s`, `5 min`.
#[must_use]
pub fn span(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 0.01 {
        let tenths = (duration.as_micros() + 50) / 100;
        format!("{}.{} ms", tenths / 10, tenths % 10)
    } else if seconds < 1.0 {
        format!("{:.0} ms", seconds * 1e3)
    } else if seconds < 120.0 {
        format!("{seconds:.1} s")
    } else if seconds < 7200.0 {
        format!("{:.0} min", seconds / 60.0)
    } else {
        format!("{:.1} h", seconds / 3600.0)
    }
}

/// A delivery id with the space before it, cut to the room there is, if there is some.
fn fitted(id: &str, room: usize) -> String {
    if visible_width(id) <= room {
        format!(" {id}")
    } else if room >= LEAST_ID {
        format!(" {}", cut(id, room))
    } else {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn sizes_and_spans_are_short() {
        assert_eq!(size(999), "999 B");
        assert_eq!(size(1204), "1.2 kB");
        assert_eq!(size(10_485_760), "10.5 MB");
        assert_eq!(span(Duration::from_micros(400)), "0.4 ms");
        assert_eq!(span(Duration::from_millis(12)), "12 ms");
        assert_eq!(span(Duration::from_millis(3200)), "3.2 s");
    }

    fn arrived(event: &str, id: &str) -> Delivery {
        Delivery {
            id: Some(41),
            provider: Some("statly".into()),
            event: Some(event.into()),
            delivery_id: Some(id.into()),
            ..Delivery::new(
                crate::core::delivery::Direction::Received,
                Timestamp::UNIX_EPOCH,
                crate::core::message::Message::default(),
            )
        }
    }

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
    fn a_line_fits_the_screen() {
        let delivery = arrived("pull_request.opened", "delivery_fsl5n2artz6j3sxu");
        for width in [60, 70, 80, 120] {
            let line = arrival(&delivery, &look(width));
            assert!(visible_width(&line) <= width, "{width}: {line}");
            assert!(line.contains("#41"), "{line}");
        }
        let wide = arrival(&delivery, &look(usize::MAX));
        assert_eq!(
            wide.find("#41"),
            Some(super::super::line::NUMBER_COLUMN),
            "{wide}"
        );
        assert!(wide.ends_with("#41 delivery_fsl5n2artz6j3sxu"), "{wide}");
    }

    #[test]
    fn a_repeat_has_a_line_of_its_own_where_there_is_no_room() {
        let delivery = repeat::tests::third();
        let wide = arrival(&delivery, &look(usize::MAX));
        assert!(
            wide.contains("#43 delivery_8f2c  duplicate of #41"),
            "{wide}"
        );
        assert_eq!(wide.lines().count(), 1);
        let narrow = arrival(&delivery, &look(100));
        let lines: Vec<&str> = narrow.lines().collect();
        assert!(lines[0].ends_with("#43 delivery_8f2c"), "{narrow}");
        assert!(lines[1].starts_with(&format!("{}duplicate of #41", " ".repeat(19))));
        for line in arrival(&delivery, &look(80)).lines() {
            assert!(visible_width(line) <= 80, "{line}");
        }
    }

    #[test]
    fn a_long_url_gives_way_to_number_and_latency() {
        let own = Attempt {
            number: 2,
            at: Timestamp::UNIX_EPOCH,
            url: format!("http://localhost/{}", "x".repeat(200)),
            result: Ok(crate::core::delivery::Reply {
                status: 200,
                truncated: false,
                headers: crate::core::message::Headers::new(),
                body: bytes::Bytes::new(),
            }),
            latency: Duration::from_millis(12),
        };
        let line = attempt(&arrived("push", "d"), &own, &look(80));
        assert_eq!(visible_width(&line), 80, "{line}");
        assert!(line.ends_with("xx…  12 ms  #41  attempt 2"), "{line}");
        let whole = attempt(&arrived("push", "d"), &own, &look(usize::MAX));
        assert!(whole.contains(&own.url), "{whole}");
    }

    #[test]
    fn an_event_cannot_pass_for_a_verdict() {
        let line = arrival(
            &arrived("push  1 B  ✓ signature ok   #1 fake", "a b"),
            &look(usize::MAX),
        );
        assert!(
            line.contains("statly \"push  1 B  ✓ signature ok   #1 fake\"  0 B"),
            "{line}"
        );
        assert!(line.ends_with("#41 \"a b\""), "{line}");
    }
}
