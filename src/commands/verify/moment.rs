//! The time to judge ages by: an instant, or one so long before or after the current time.

use jiff::{SignedDuration, Timestamp};

use crate::repeat::time;

/// What `--at` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    /// An instant.
    Instant(Timestamp),
    /// So long after the current time, before it where negative.
    Offset(SignedDuration),
}

impl Moment {
    /// The instant it is, `now` being the current time.
    pub(super) fn instant(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Instant(instant) => instant,
            Self::Offset(offset) => now.saturating_add(offset).unwrap_or(now),
        }
    }
}

/// Reads seconds since 1970, an RFC 3339 time, or a span with a sign: `-10m`, `+1h`, `10m ago`.
///
/// # Errors
/// A sentence with what was expected.
pub(super) fn moment(text: &str) -> Result<Moment, String> {
    // Without a sign a span has no direction, and with one a plain number could be either.
    let signed = text.starts_with(['-', '+']) || text.ends_with("ago");
    let moment = if signed {
        text.parse().ok().map(Moment::Offset)
    } else {
        time(text).ok().map(Moment::Instant)
    };
    moment.ok_or_else(|| {
        "expected seconds since 1970, a time such as 2024-01-01T00:00:00Z, or a span from now such \
         as -10m"
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_an_instant_or_relative_to_now() {
        let now = Timestamp::from_second(1_700_000_000).expect("in range");
        for (text, wanted) in [
            ("1700000300", 1_700_000_300),
            ("2023-11-14T22:13:20Z", 1_700_000_000),
            ("-10m", 1_699_999_400),
            ("10m ago", 1_699_999_400),
            ("+1h", 1_700_003_600),
            ("-60s", 1_699_999_940),
        ] {
            let moment = moment(text).expect("a moment").instant(now);
            assert_eq!(moment.as_second(), wanted, "{text}");
        }
        for text in ["", "10m", "-60", "yesterday", "2023-11-14", "--now"] {
            assert!(moment(text).is_err(), "{text}");
        }
    }
}
