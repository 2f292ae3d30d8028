//! Signed timestamps: their unit, their text, their tolerance.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Deserialize;

use crate::core::verdict::Reason;

/// Where a scheme's timestamp stands and how old it may be.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TimestampRule {
    /// The header. Where the timestamp also stands in the signature's value, the two must agree.
    pub header: Option<String>,
    /// A JSON pointer of the body; a header named beside it is the fallback.
    pub json: Option<String>,
    /// The unit of the text.
    pub unit: Unit,
    /// Seconds the timestamp may lie in the past, the limit included; any age if absent.
    pub past: Option<i64>,
    /// Seconds the timestamp may lie in the future, the limit included; any if absent.
    pub future: Option<i64>,
}

/// The unit of a timestamp's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Whole seconds since 1970 (a fraction is read and ignored).
    Seconds,
    /// Milliseconds since 1970.
    Milliseconds,
    /// An RFC 3339 instant such as `2024-01-01T00:00:00Z`.
    Rfc3339,
    /// The same, and without a zone it is UTC: `2024-01-01T00:00:00.5`.
    Rfc3339Utc,
    /// The date of an HTTP header: `Mon, 01 Jan 2024 00:00:00 GMT`.
    HttpDate,
    /// `Mon 01 Jan 2024 00:00:00 UTC` (Scalr).
    UtcDate,
    /// Any text: signed, never judged. Written in seconds.
    Opaque,
}

const HTTP_DATE: &str = "%a, %d %b %Y %H:%M:%S GMT";
const UTC_DATE: &str = "%a %d %b %Y %H:%M:%S UTC";

/// Reads a time of day that is UTC.
fn utc(format: &str, text: &str) -> Option<Timestamp> {
    let time = DateTime::strptime(format, text).ok()?;
    time.to_zoned(TimeZone::UTC)
        .ok()
        .map(|zoned| zoned.timestamp())
}

/// How far a timestamp may lie from now, in seconds; `None` is no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tolerance {
    /// Into the past.
    pub past: Option<i64>,
    /// Into the future.
    pub future: Option<i64>,
}

impl Unit {
    /// Ticks of this unit in a second.
    fn per_second(self) -> i64 {
        match self {
            Self::Seconds => 1,
            _ => 1000,
        }
    }

    fn ticks(self, instant: Timestamp) -> i64 {
        match self {
            Self::Seconds => instant.as_millisecond().div_euclid(1000),
            _ => instant.as_millisecond(),
        }
    }

    fn parse(self, text: &str) -> Option<i64> {
        let instant = match self {
            Self::Seconds => {
                let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
                let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
                return whole.parse().ok().filter(|_| digits(fraction));
            }
            Self::Milliseconds => return text.parse().ok(),
            Self::Opaque => return Some(0),
            Self::Rfc3339 => text.parse::<Timestamp>().ok(),
            Self::Rfc3339Utc => text.parse::<Timestamp>().ok().or_else(|| {
                let time: DateTime = text.parse().ok()?;
                time.to_zoned(TimeZone::UTC)
                    .ok()
                    .map(|zoned| zoned.timestamp())
            }),
            Self::HttpDate => utc(HTTP_DATE, text),
            Self::UtcDate => utc(UTC_DATE, text),
        };
        instant.map(Timestamp::as_millisecond)
    }

    /// An instant as a sender writes it.
    #[must_use]
    pub fn render(self, instant: Timestamp) -> String {
        match self {
            Self::Seconds | Self::Milliseconds => self.ticks(instant).to_string(),
            Self::Opaque => Self::Seconds.render(instant),
            Self::Rfc3339 => format!("{instant:.0}"),
            Self::Rfc3339Utc => instant.strftime("%Y-%m-%dT%H:%M:%S").to_string(),
            Self::HttpDate => instant.strftime(HTTP_DATE).to_string(),
            Self::UtcDate => instant.strftime(UTC_DATE).to_string(),
        }
    }

    /// The unit in words, as the end of "expected …".
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Self::Seconds => "whole seconds since 1970",
            Self::Milliseconds => "milliseconds since 1970",
            Self::Rfc3339 => "an RFC 3339 time such as 2024-01-01T00:00:00Z",
            Self::Rfc3339Utc => "a time such as 2024-01-01T00:00:00, in UTC",
            Self::HttpDate => "an HTTP date such as Mon, 01 Jan 2024 00:00:00 GMT",
            Self::UtcDate => "a date such as Mon 01 Jan 2024 00:00:00 UTC",
            Self::Opaque => "any text",
        }
    }
}

impl TimestampRule {
    /// The definition's own tolerance.
    #[must_use]
    pub fn tolerance(&self) -> Tolerance {
        Tolerance {
            past: self.past,
            future: self.future,
        }
    }

    /// The age of a timestamp's text in ticks of its unit; negative if it lies ahead.
    /// Nothing where the unit is opaque.
    pub(super) fn age(&self, text: &str, now: Timestamp) -> Result<Option<Age>, Reason> {
        if self.unit == Unit::Opaque {
            return Ok(None);
        }
        let then = self
            .unit
            .parse(text)
            .ok_or_else(|| Reason::MalformedTimestamp {
                text: text.to_owned(),
                expected: self.unit.describe(),
            })?;
        Ok(Some(Age {
            ticks: self.unit.ticks(now).saturating_sub(then),
            per_second: self.unit.per_second(),
        }))
    }
}

/// Now minus a timestamp, in the timestamp's own precision.
#[derive(Clone, Copy, Debug)]
pub(super) struct Age {
    ticks: i64,
    per_second: i64,
}

impl Age {
    /// Whole seconds, rounded towards the past.
    pub(super) fn seconds(self) -> i64 {
        self.ticks.div_euclid(self.per_second)
    }

    /// Holds the age against a tolerance; the limits themselves pass.
    pub(super) fn within(self, tolerance: Tolerance) -> Result<(), Reason> {
        let ticks = |seconds: i64| seconds.saturating_mul(self.per_second);
        if let Some(past) = tolerance.past
            && self.ticks > ticks(past)
        {
            return Err(Reason::Stale {
                age: self.seconds(),
                tolerance: past,
            });
        }
        if let Some(future) = tolerance.future
            && self.ticks < -ticks(future)
        {
            return Err(Reason::Future {
                ahead: self.seconds().saturating_neg(),
                tolerance: future,
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(unit: Unit) -> TimestampRule {
        TimestampRule {
            header: None,
            json: None,
            unit,
            past: Some(300),
            future: Some(60),
        }
    }

    fn judge(unit: Unit, text: &str, now_ms: i64) -> Result<(), Reason> {
        let now = Timestamp::from_millisecond(now_ms).expect("in range");
        let rule = rule(unit);
        let age = rule.age(text, now)?;
        age.map_or(Ok(()), |age| age.within(rule.tolerance()))
    }

    #[test]
    fn the_limits_pass_and_one_more_does_not() {
        let now = 1_700_000_300_000;
        assert_eq!(judge(Unit::Seconds, "1700000000", now + 999), Ok(()));
        assert_eq!(
            judge(Unit::Seconds, "1699999999", now),
            Err(Reason::Stale {
                age: 301,
                tolerance: 300
            })
        );
        assert_eq!(judge(Unit::Seconds, "1700000360", now), Ok(()));
        assert_eq!(
            judge(Unit::Seconds, "1700000361", now),
            Err(Reason::Future {
                ahead: 61,
                tolerance: 60
            })
        );
        assert_eq!(judge(Unit::Milliseconds, "1700000000000", now), Ok(()));
        assert!(judge(Unit::Milliseconds, "1700000000000", now + 1).is_err());
        assert_eq!(judge(Unit::Rfc3339, "2023-11-14T22:13:20Z", now), Ok(()));
    }

    #[test]
    fn what_is_no_timestamp_is_malformed() {
        for text in [
            "",
            "abc",
            "17e8",
            "1700000000abc",
            "1.x",
            "99999999999999999999",
        ] {
            let verdict = judge(Unit::Seconds, text, 0);
            assert!(
                matches!(verdict, Err(Reason::MalformedTimestamp { .. })),
                "{text}: {verdict:?}"
            );
        }
        assert!(judge(Unit::Seconds, "9223372036854775807", 0).is_err());
        assert!(judge(Unit::Seconds, "-9223372036854775808", 0).is_err());
        assert!(judge(Unit::Rfc3339, "2023-11-14 22:13", 0).is_err());
    }

    #[test]
    fn each_unit_has_its_own_limits() {
        let now = 1_700_000_000_000;
        for (unit, late, at, early) in [
            (Unit::Seconds, "1699999699", "1699999700", "1700000061"),
            (
                Unit::Milliseconds,
                "1699999699999",
                "1699999700000",
                "1700000060001",
            ),
            (
                Unit::Rfc3339,
                "2023-11-14T22:08:19.999Z",
                "2023-11-14T23:08:20+01:00",
                "2023-11-14T22:14:20.001Z",
            ),
            (
                Unit::Rfc3339Utc,
                "2023-11-14T22:08:19.999",
                "2023-11-14T22:08:20",
                "2023-11-14T22:14:20.001",
            ),
            (
                Unit::HttpDate,
                "Tue, 14 Nov 2023 22:08:19 GMT",
                "Tue, 14 Nov 2023 22:08:20 GMT",
                "Tue, 14 Nov 2023 22:14:21 GMT",
            ),
            (
                Unit::UtcDate,
                "Tue 14 Nov 2023 22:08:19 UTC",
                "Tue 14 Nov 2023 22:08:20 UTC",
                "Tue 14 Nov 2023 22:14:21 UTC",
            ),
        ] {
            let slug = |text| judge(unit, text, now).err().map(|reason| reason.slug());
            assert_eq!(slug(late), Some("stale"), "{unit:?}");
            assert_eq!(slug(at), None, "{unit:?}");
            assert_eq!(slug(early), Some("future"), "{unit:?}");
            assert_eq!(slug("never"), Some("malformed-timestamp"), "{unit:?}");
            assert_eq!(slug(""), Some("malformed-timestamp"), "{unit:?}");
        }
        // A time of another unit is no time at all, or far away.
        assert!(judge(Unit::Seconds, "1700000000000", now).is_err());
        assert!(judge(Unit::Milliseconds, "1700000000", now).is_err());
        assert!(judge(Unit::HttpDate, "Tue, 14 Nov 2023 22:13:20", now).is_err());
        assert!(judge(Unit::Rfc3339, "2023-11-14T22:13:20", now).is_err());
    }

    #[test]
    fn without_a_limit_any_age_is_taken() {
        let now = Timestamp::from_second(1_700_000_000).expect("in range");
        let age = |text: &str| {
            let age = rule(Unit::Seconds).age(text, now).expect("parses");
            age.expect("is judged")
        };
        let (old, ahead) = (age("0"), age("9223372036854775807"));
        let limits = |past, future| Tolerance { past, future };
        assert_eq!(old.within(limits(None, Some(60))), Ok(()));
        assert!(old.within(limits(Some(300), None)).is_err());
        assert_eq!(ahead.within(limits(Some(300), None)), Ok(()));
        assert!(ahead.within(limits(None, Some(60))).is_err());
        assert_eq!(old.seconds(), 1_700_000_000);
        assert_eq!(age("1700000001.5").seconds(), -1);
        // Before 1970 a time may lie further ahead than can be counted.
        let before = Timestamp::from_second(-1).expect("in range");
        let age = rule(Unit::Seconds).age("9223372036854775807", before);
        let age = age.expect("parses").expect("is judged");
        assert!(age.within(limits(None, Some(60))).is_err());
    }

    #[test]
    fn a_malformed_timestamp_is_told_what_one_looks_like() {
        for (unit, example) in [
            (Unit::Rfc3339, "2024-01-01T00:00:00Z"),
            (Unit::Rfc3339Utc, "2024-01-01T00:00:00"),
            (Unit::HttpDate, "Mon, 01 Jan 2024 00:00:00 GMT"),
            (Unit::UtcDate, "Mon 01 Jan 2024 00:00:00 UTC"),
        ] {
            assert!(unit.describe().contains(example), "{unit:?}");
            assert_eq!(unit.parse(example), Some(1_704_067_200_000), "{unit:?}");
        }
        let told = |unit| judge(unit, "never", 0).map_err(|reason| reason.to_string());
        let seconds = told(Unit::Seconds).expect_err("malformed");
        assert!(seconds.contains("whole seconds since 1970"), "{seconds}");
        let milliseconds = told(Unit::Milliseconds).expect_err("malformed");
        assert!(
            milliseconds.contains("milliseconds since 1970"),
            "{milliseconds}"
        );
    }

    #[test]
    fn what_is_over_a_limit_is_never_told_to_be_at_it() {
        let now = Timestamp::from_second(1_700_000_000).expect("in range");
        let age = rule(Unit::Milliseconds).age("1700000060001", now);
        let age = age.expect("parses").expect("is judged");
        let far = Reason::Future {
            ahead: 61,
            tolerance: 60,
        };
        assert_eq!(age.within(rule(Unit::Milliseconds).tolerance()), Err(far));
    }

    #[test]
    fn a_definition_without_limits_still_has_the_user_s() {
        let now = Timestamp::from_second(1_700_000_000).expect("in range");
        let unlimited = TimestampRule {
            past: None,
            future: None,
            ..rule(Unit::Seconds)
        };
        let age = unlimited.age("0", now).expect("parses");
        let age = age.expect("is judged");
        assert_eq!(age.within(unlimited.tolerance()), Ok(()));
        let given = Tolerance {
            past: Some(300),
            future: None,
        };
        assert!(age.within(given).is_err());
    }

    #[test]
    fn what_is_rendered_parses_to_the_same_instant() {
        let now = Timestamp::from_second(1_700_000_000).expect("in range");
        for unit in [
            Unit::Seconds,
            Unit::Milliseconds,
            Unit::Rfc3339,
            Unit::Rfc3339Utc,
            Unit::HttpDate,
            Unit::UtcDate,
        ] {
            let age = rule(unit).age(&unit.render(now), now).expect("parses");
            assert_eq!(age.expect("is judged").seconds(), 0, "{unit:?}");
        }
        assert_eq!(Unit::HttpDate.render(now), "Tue, 14 Nov 2023 22:13:20 GMT");
        assert_eq!(Unit::UtcDate.render(now), "Tue 14 Nov 2023 22:13:20 UTC");
        assert_eq!(
            judge(Unit::Rfc3339Utc, "2023-11-14T22:13:20.5", 1_700_000_000_000),
            Ok(())
        );
        assert_eq!(judge(Unit::Opaque, "whenever", 0), Ok(()));
    }
}
