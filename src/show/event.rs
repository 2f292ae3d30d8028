//! The two lines of a delivery that pair up by number, and a delivery in full.

use std::borrow::Cow;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::table::cut;
use super::{Paint, body, repeat, sanitize};
use crate::core::delivery::{Attempt, Delivery, Judgement};
use crate::core::handshake::PREFIX;

/// Where the number at the end of a line begins, if the line is not longer and the screen not
/// narrower.
const NUMBER_COLUMN: usize = 74;
/// The room left for number and delivery id on a narrow screen, as long as that is possible.
const NUMBER_ROOM: usize = 24;
/// A narrow screen's number column is not moved further left than here.
const LEAST_COLUMN: usize = 48;
/// What stands before the number is not cut shorter than this.
const LEAST_LEFT: usize = 40;
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
    let left = [
        paint.dim(&clock(delivery.at, &look.zone)),
        paint.cyan("-->"),
        paint.bold(&name(delivery)),
        size(delivery.message.body.len()),
        mark(delivery.judgement.as_ref(), paint),
    ];
    let left = left.join("  ");
    let number = number(delivery);
    let taken = visible_width(&left) + visible_width(&number) + 2;
    let (mut right, below) = repeat::beside_or_below(delivery, taken, look);
    if let Some(id) = &delivery.delivery_id {
        let taken = [&left, &number, &right].map(|part| visible_width(part));
        let room = look.width.saturating_sub(taken.iter().sum::<usize>() + 3);
        right.insert_str(0, &fitted(&sanitize::name(id), room));
    }
    let mut text = joined(&left, &format!("{number}{right}"), look);
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
    let mut left = vec![
        look.paint.dim(&clock(at, &look.zone)),
        look.paint.cyan("<--"),
    ];
    match delivery.answer {
        Some(answer) => left.extend([status(answer.status, look.paint), span(answer.latency)]),
        None => left.push(look.paint.red("no answer")),
    }
    joined(&left.join("  "), &number(delivery), look)
}

/// The line of one attempt: what was requested and what came of it.
#[must_use]
pub fn attempt(delivery: &Delivery, attempt: &Attempt, look: &Look) -> String {
    let paint = look.paint;
    let end = attempt
        .at
        .checked_add(attempt.latency)
        .unwrap_or(attempt.at);
    let result = match &attempt.result {
        Ok(reply) => status(reply.status, paint),
        Err(failure) => paint.red(failure.kind.as_str()),
    };
    let mut right = number(delivery);
    if attempt.number > 1 {
        right.push_str(&format!("  attempt {}", attempt.number));
    }
    let method = sanitize::line(&delivery.message.method);
    let start = format!(
        "{}  {}  {result} {method} ",
        paint.dim(&clock(end, &look.zone)),
        paint.cyan("<--")
    );
    let took = span(attempt.latency);
    // The latency stands behind the URL, so it is the URL that gives way.
    let taken = [&start, &took, &right].map(|part| visible_width(part));
    let taken = taken.iter().sum::<usize>() + 4;
    let room = look.width.saturating_sub(taken).max(LEAST_URL);
    let url = cut(&sanitize::line(&attempt.url), room);
    let left = format!("{start}{url}  {took}");
    let mut text = joined(&left, &right, look);
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
    let paint = look.paint;
    let left = format!(
        "{}  {}  {}  {}  {} {}",
        paint.dim(&clock(delivery.at, &look.zone)),
        paint.cyan("-->"),
        paint.bold(&name(delivery)),
        size(delivery.message.body.len()),
        sanitize::line(&delivery.message.method),
        sanitize::line(url),
    );
    let mut right = number(delivery);
    if let Some(original) = delivery.replay_of {
        right.push_str(&format!("  replay of #{original}"));
    }
    joined(&left, &right, look)
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
    let text = status.to_string();
    match status {
        200..=299 => paint.green(&text),
        300..=399 => paint.yellow(&text),
        _ => paint.red(&text),
    }
}

pub(super) fn clock(at: Timestamp, zone: &TimeZone) -> String {
    let time = zone.to_datetime(at).time();
    let (hour, minute, second) = (time.hour(), time.minute(), time.second());
    let mut text = String::with_capacity("00:00:00.000".len());
    for (part, end) in [(hour, ':'), (minute, ':'), (second, '.')] {
        push_digits(i16::from(part), 10, &mut text);
        text.push(end);
    }
    push_digits(time.millisecond(), 100, &mut text);
    text
}

/// Appends a number of as many digits as its first one's weight has.
fn push_digits(number: i16, mut weight: i16, text: &mut String) {
    while weight > 0 {
        let digit = u8::try_from(number / weight % 10).unwrap_or(0);
        text.push(char::from(b'0' + digit));
        weight /= 10;
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

/// Puts the number where the eye finds it, whatever colour stands before it; on a narrow screen so
/// far left that what follows it fits the line.
pub(super) fn joined(left: &str, right: &str, look: &Look) -> String {
    let column = look
        .width
        .saturating_sub(NUMBER_ROOM)
        .clamp(LEAST_COLUMN, NUMBER_COLUMN);
    let behind = visible_width(right);
    let room = look.width.saturating_sub(behind + 2).max(LEAST_LEFT);
    let (mut left, mut width) = (Cow::Borrowed(left), visible_width(left));
    if width > room {
        left = Cow::Owned(cut(&left, room));
        width = visible_width(&left);
    }
    let fits = look.width.saturating_sub(behind).min(column);
    let gap = fits.saturating_sub(width).max(2);
    format!("{left}{:gap$}{right}", "")
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

/// How many columns a text takes, colour codes not counted.
#[must_use]
pub fn visible_width(text: &str) -> usize {
    if text.bytes().all(|byte| byte.is_ascii() && byte != b'\x1b') {
        return text.len();
    }
    let mut width = 0;
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        if char == '\x1b' {
            chars.by_ref().find(|char| *char == 'm');
        } else {
            width += 1;
        }
    }
    width
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn colour_takes_no_room() {
        assert_eq!(visible_width("\x1b[31mab\x1b[0mc"), 3);
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
        assert_eq!(wide.find("#41"), Some(NUMBER_COLUMN), "{wide}");
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
