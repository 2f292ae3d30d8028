//! A moment as people say it: `2h`, `yesterday`, `2026-11-20`, `14:30`, RFC 3339.

use std::str::FromStr;

use jiff::civil::{Date, DateTime, Time};
use jiff::{Span, Timestamp, ToSpan, Zoned};

/// A moment, absolute or as seen from now.
#[derive(Clone, Copy, Debug)]
pub struct Moment(Written);

#[derive(Clone, Copy, Debug)]
enum Written {
    /// An instant.
    Fixed(Timestamp),
    /// So long before now.
    Ago(Span),
    /// A day, so many before today.
    Day(i64),
    /// A day.
    Date(Date),
    /// A time of a day.
    DateTime(DateTime),
    /// A time of today.
    Time(Time),
}

impl Moment {
    /// Its instant, or its first one where it is a day. `None` beyond the calendar.
    #[must_use]
    pub fn start(self, now: &Zoned) -> Option<Timestamp> {
        self.instant(now, 0)
    }

    /// The first instant after it where it is a day, else its instant. `None` beyond the calendar.
    #[must_use]
    pub fn end(self, now: &Zoned) -> Option<Timestamp> {
        self.instant(now, 1)
    }

    fn instant(self, now: &Zoned, days: i64) -> Option<Timestamp> {
        let zone = now.time_zone();
        let day = |date: Date| {
            let date = date.checked_add(days.days()).ok()?;
            Some(date.to_zoned(zone.clone()).ok()?.timestamp())
        };
        let time = |own: DateTime| Some(own.to_zoned(zone.clone()).ok()?.timestamp());
        match self.0 {
            Written::Fixed(instant) => Some(instant),
            Written::Ago(span) => now.checked_sub(span).ok().map(|own| own.timestamp()),
            Written::Day(ago) => day(now.date().checked_sub(ago.days()).ok()?),
            Written::Date(date) => day(date),
            Written::DateTime(own) => time(own),
            Written::Time(own) => time(now.date().to_datetime(own)),
        }
    }
}

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let instant = |own| Some(Written::Fixed(own));
        let written = match text {
            "now" => Some(Written::Ago(Span::new())),
            "today" => Some(Written::Day(0)),
            "yesterday" => Some(Written::Day(1)),
            _ if text.bytes().all(|own| own.is_ascii_digit()) => {
                let seconds = text.parse().ok();
                seconds.and_then(|own| Timestamp::from_second(own).ok().and_then(instant))
            }
            _ => None,
        };
        // A date is a time too, at midnight; so the shorter forms are tried first.
        let is_date = text.len() == "2026-11-20".len();
        let written = written
            .or_else(|| text.parse().ok().filter(|_| is_date).map(Written::Date))
            .or_else(|| text.parse().ok().and_then(instant))
            .or_else(|| text.parse().ok().map(Written::DateTime))
            .or_else(|| text.parse().ok().map(Written::Time))
            .or_else(|| {
                let span: Span = text.parse().ok()?;
                Some(Written::Ago(span.abs()))
            });
        written.map(Self).ok_or_else(|| {
            "expected a span back from now such as 2h or 3d, today, yesterday, a date such as \
             2026-11-20, a time such as 14:30 or 2026-11-20T14:30, with Z or an offset for another \
             zone, or seconds since 1970"
                .to_owned()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_as_they_are_said() {
        let now: Zoned = "2026-11-21T14:00:00+01:00[+01:00]".parse().expect("a time");
        for (text, start, end) in [
            ("now", "2026-11-21T13:00:00Z", None),
            ("2h", "2026-11-21T11:00:00Z", None),
            ("90m ago", "2026-11-21T11:30:00Z", None),
            ("1d 2h", "2026-11-20T11:00:00Z", None),
            ("1w", "2026-11-14T13:00:00Z", None),
            ("14:30", "2026-11-21T13:30:00Z", None),
            (
                "today",
                "2026-11-20T23:00:00Z",
                Some("2026-11-21T23:00:00Z"),
            ),
            (
                "yesterday",
                "2026-11-19T23:00:00Z",
                Some("2026-11-20T23:00:00Z"),
            ),
            (
                "2026-11-01",
                "2026-10-31T23:00:00Z",
                Some("2026-11-01T23:00:00Z"),
            ),
            ("2026-11-01T08:30", "2026-11-01T07:30:00Z", None),
            ("2026-11-01T08:30:00Z", "2026-11-01T08:30:00Z", None),
            ("2026-11-01T08:30:00-05:00", "2026-11-01T13:30:00Z", None),
            ("1700000000", "2023-11-14T22:13:20Z", None),
        ] {
            let moment: Moment = text.parse().expect(text);
            let told = |own: Option<Timestamp>| own.map(|own| own.to_string());
            assert_eq!(told(moment.start(&now)).as_deref(), Some(start), "{text}");
            assert_eq!(
                told(moment.end(&now)).as_deref(),
                Some(end.unwrap_or(start)),
                "{text}"
            );
        }
        for text in ["", "soon", "25:00", "2026-13-01", "99999999999999", "h"] {
            assert!(text.parse::<Moment>().is_err(), "{text}");
        }
        let moment: Moment = "19000y".parse().expect("a span");
        assert_eq!(moment.start(&now), None);
    }
}
