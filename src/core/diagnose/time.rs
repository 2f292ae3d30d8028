//! Probes of the timestamp: its age where the signature is right, and its text where it is not.

use jiff::Timestamp;

use super::search::{Attempt, Search};
use super::{Cause, Finding};
use crate::core::message::Message;
use crate::core::scheme::{Scheme, Unit};
use crate::core::verdict::{Reason, Verdict};

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// Only the age is wrong, or the timestamp's writing.
pub(super) fn age(search: &mut Search<'_>, verdict: &Verdict) -> Option<Vec<Finding>> {
    let keys = std::mem::take(&mut search.keys);
    let attempt = search.unchanged(&keys);
    let finding = match verdict {
        Verdict::Invalid(Reason::Stale { age, .. }) => {
            search.prove(attempt).map(|_| of_age(search, *age))
        }
        Verdict::Invalid(Reason::Future { ahead, .. }) => {
            search.prove(attempt).map(|_| of_age(search, -*ahead))
        }
        Verdict::Invalid(Reason::MalformedTimestamp { text, expected }) => {
            let scheme = any_text(search.scheme);
            let attempt = Attempt {
                scheme: &scheme,
                ..attempt
            };
            search.prove(attempt).map(|_| {
                let change = format!(
                    "the signature is right, its timestamp is not written as {expected}: `{text}`"
                );
                Finding::new(Cause::TimestampUnit, change)
            })
        }
        _ => None,
    };
    search.keys = keys;
    finding.map(|finding| vec![finding])
}

/// The scheme with any text for a timestamp.
fn any_text(scheme: &Scheme) -> Scheme {
    let mut scheme = scheme.clone();
    if let Some(rule) = &mut scheme.timestamp {
        rule.unit = Unit::Opaque;
    }
    scheme
}

/// What an age that is out of the tolerance comes from; the signature is right.
fn of_age(search: &Search<'_>, age: i64) -> Finding {
    of_unit(search).unwrap_or_else(|| late(age))
}

/// The same, for a timestamp in the right unit.
pub(super) fn late(age: i64) -> Finding {
    let how = if age < 0 { "ahead of" } else { "behind" };
    let told = |span: i64| {
        let span = words(span);
        format!("the signature is right, its timestamp is {span} {how} this clock")
    };
    if is_zone(age) {
        // A few seconds on the way are no part of it.
        let halves = (age.abs() + HOUR / 4) / (HOUR / 2);
        return Finding::new(Cause::TimeZone, told(halves * HOUR / 2));
    }
    let cause = if age < HOUR {
        Cause::ClockSkew
    } else {
        Cause::OldDelivery
    };
    Finding::new(cause, told(age.abs()))
}

/// Whether an age is the difference of two time zones, and hardly by chance.
fn is_zone(age: i64) -> bool {
    // A delivery cannot be replayed before it is sent; an old one is seldom so to the second.
    let slack = if age < 0 { 60 } else { 10 };
    let halves = (age.abs() + slack) / (HOUR / 2);
    let rest = (age.abs() + slack) % (HOUR / 2);
    // Zones that are half an hour off lie between 3:30 and 9:30.
    let is_one = (2..=28).contains(&halves) && halves % 2 == 0 || (7..=19).contains(&halves);
    rest <= 2 * slack && is_one
}

/// Whether the timestamp would be of today in another unit.
fn of_unit(search: &Search<'_>) -> Option<Finding> {
    let scheme = search.scheme;
    let rule = scheme.timestamp.as_ref()?;
    let claim = scheme.claim(search.view).ok()?;
    let text = &claim.groups.first()?.timestamp;
    let value: i64 = text.split('.').next()?.parse().ok()?;
    let now = search.subject.context.now.as_second();
    let own = match rule.unit {
        Unit::Seconds => "seconds",
        Unit::Milliseconds => "milliseconds",
        _ => "",
    };
    let units = [
        ("seconds", 1),
        ("milliseconds", 1_000),
        ("microseconds", 1_000_000),
        ("nanoseconds", 1_000_000_000),
    ];
    let (name, _) = units
        .into_iter()
        .filter(|(name, _)| *name != own)
        .find(|(_, ticks)| (value / ticks).abs_diff(now) < DAY.unsigned_abs())?;
    let change = format!(
        "the signature is right, its timestamp is in {name}, not in {}: `{text}`",
        rule.unit.describe()
    );
    Some(Finding::new(Cause::TimestampUnit, change))
}

/// A time span for a person: `3 h 20 min`.
fn words(seconds: i64) -> String {
    let (small, large) = match seconds {
        0..120 => return format!("{seconds} s"),
        120..HOUR => ((seconds % 60, "s"), (seconds / 60, "min")),
        HOUR..DAY => ((seconds % HOUR / 60, "min"), (seconds / HOUR, "h")),
        _ => ((seconds % DAY / HOUR, "h"), (seconds / DAY, "d")),
    };
    match small {
        (0, _) => format!("{} {}", large.0, large.1),
        (rest, unit) => format!("{} {} {rest} {unit}", large.0, large.1),
    }
}

/// The signed timestamp was another text than the one that came.
pub(super) fn text(search: &mut Search<'_>, _: &Verdict) -> Option<Vec<Finding>> {
    let scheme = any_text(search.scheme);
    let claim = scheme.claim(search.view).ok()?;
    let own = claim.groups.first()?.timestamp.clone();
    if own.is_empty() {
        return None;
    }
    let keys = std::mem::take(&mut search.keys);
    let found = writings(&own).into_iter().find_map(|(cause, name, other)| {
        let message = with_timestamp(&scheme, search.message(), &own, &other)?;
        let attempt = Attempt {
            scheme: &scheme,
            message: &message,
            ..search.unchanged(&keys)
        };
        search.prove(attempt)?;
        let change = format!("would match if the timestamp were {name}: `{other}`, not `{own}`");
        Some(vec![Finding::new(cause, change)])
    });
    search.keys = keys;
    found
}

/// The message with another timestamp in its signature's value and its header.
fn with_timestamp(scheme: &Scheme, message: &Message, own: &str, other: &str) -> Option<Message> {
    let mut changed = message.clone();
    let mut is_there = false;
    if let Some(name) = scheme.timestamp.as_ref()?.header.as_ref()
        && message.headers.contains(name)
    {
        changed.headers.set(name, other);
        is_there = true;
    }
    if scheme.signature.layout.carries_timestamp() {
        let name = scheme.signature.place.header()?;
        let value = message.headers.text(&name)?;
        changed.headers.set(&name, value.replacen(own, other, 1));
        is_there = true;
    }
    is_there.then_some(changed)
}

/// The same instant, and those next to it, as others write them.
fn writings(own: &str) -> Vec<(Cause, &'static str, String)> {
    let mut all = Vec::new();
    let mut add = |cause, name, text: String| {
        if text != own && !text.is_empty() {
            all.push((cause, name, text));
        }
    };
    let number = own.split('.').next().unwrap_or_default();
    let instant = match number.parse::<i64>() {
        Ok(value) => match number.len() {
            ..=11 => Timestamp::from_second(value),
            12..=14 => Timestamp::from_millisecond(value),
            15..=17 => Timestamp::from_microsecond(value),
            _ => Timestamp::from_nanosecond(i128::from(value)),
        },
        Err(_) => own.parse(),
    };
    let Ok(instant) = instant else {
        return all;
    };
    let unit = Cause::TimestampUnit;
    let (seconds, milliseconds) = (instant.as_second(), instant.as_millisecond());
    add(unit, "in seconds", seconds.to_string());
    add(unit, "in milliseconds", milliseconds.to_string());
    add(
        unit,
        "in microseconds",
        instant.as_microsecond().to_string(),
    );
    add(unit, "in nanoseconds", instant.as_nanosecond().to_string());
    let fraction = milliseconds.rem_euclid(1000);
    add(
        unit,
        "in seconds with a fraction",
        format!("{seconds}.{fraction:03}"),
    );
    add(unit, "in seconds with a fraction", format!("{seconds}.0"));
    for (name, format) in [
        ("ISO 8601", "%Y-%m-%dT%H:%M:%SZ"),
        ("ISO 8601 with milliseconds", "%Y-%m-%dT%H:%M:%S.%3fZ"),
        ("ISO 8601 with an offset", "%Y-%m-%dT%H:%M:%S+00:00"),
        ("ISO 8601 without a zone", "%Y-%m-%dT%H:%M:%S"),
        ("a date and a time", "%Y-%m-%d %H:%M:%S"),
    ] {
        add(unit, name, instant.strftime(format).to_string());
    }
    let text = Cause::TimestampText;
    for (name, offset) in [
        ("a second earlier", -1),
        ("a second later", 1),
        ("two seconds earlier", -2),
        ("two seconds later", 2),
    ] {
        if own.bytes().all(|byte| byte.is_ascii_digit()) && own.len() <= 11 {
            add(text, name, (seconds + offset).to_string());
        }
    }
    add(text, "not set in JavaScript", "undefined".to_owned());
    add(text, "not set in Python", "None".to_owned());
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_read_well() {
        let read = [1, 119, 120, 150, 3600, 3660, 86_400, 90_000, 300_000].map(words);
        let expected = [
            "1 s",
            "119 s",
            "2 min",
            "2 min 30 s",
            "1 h",
            "1 h 1 min",
            "1 d",
            "1 d 1 h",
            "3 d 11 h",
        ];
        assert_eq!(read, expected);
    }

    #[test]
    fn zones_are_whole_hours_or_some_halves() {
        for age in [3600, -3600, 7205, -7190, 19_800, -50_400] {
            assert!(is_zone(age), "{age}");
        }
        for age in [0, 5, 600, 1800, -1800, 3500, 3700, -3700, 54_000, 86_400] {
            assert!(!is_zone(age), "{age}");
        }
    }

    #[test]
    fn an_instant_has_many_writings() {
        let texts = |own: &str| -> Vec<String> {
            writings(own).into_iter().map(|(_, _, text)| text).collect()
        };
        let seconds = texts("1700000000");
        for text in [
            "1700000000000",
            "1700000000.0",
            "2023-11-14T22:13:20Z",
            "2023-11-14T22:13:20.000Z",
            "1699999999",
        ] {
            assert!(seconds.contains(&text.to_owned()), "{text}");
        }
        for own in [
            "1700000000123",
            "2023-11-14T22:13:20.123Z",
            "1700000000.123",
        ] {
            assert!(texts(own).contains(&"1700000000".to_owned()), "{own}");
        }
        assert!(texts("1700000000123").contains(&"1700000000.123".to_owned()));
        assert!(texts("yesterday").is_empty());
    }
}
