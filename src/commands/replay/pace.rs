//! How fast recorded deliveries follow each other when they are sent again.

use std::str::FromStr;
use std::time::Duration;

use crate::commands::shipment::speed;

/// How the pauses there were are kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Pace {
    /// None is.
    Max,
    /// So many times shorter.
    Faster(f64),
}

impl Pace {
    /// The pause before a delivery that came so long after the one before.
    pub(super) fn pause(self, gap: Duration) -> Duration {
        match self {
            Self::Max => Duration::ZERO,
            Self::Faster(factor) => {
                Duration::try_from_secs_f64(gap.as_secs_f64() / factor).unwrap_or(Duration::MAX)
            }
        }
    }
}

impl FromStr for Pace {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "max" => Ok(Self::Max),
            "original" => Ok(Self::Faster(1.0)),
            text => match speed(text) {
                Ok(factor) if text.ends_with('x') => Ok(Self::Faster(factor)),
                _ => Err("expected `original`, `max` or a factor such as 2x".to_owned()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_are_kept_shortened_or_left_out() {
        let second = Duration::from_secs(1);
        for (text, pause) in [("original", 1000), ("2x", 500), ("0.5x", 2000), ("max", 0)] {
            let pace: Pace = text.parse().expect("a pace");
            assert_eq!(pace.pause(second), Duration::from_millis(pause), "{text}");
        }
        for text in ["", "x", "0x", "fast", "-1x", "2"] {
            assert!(text.parse::<Pace>().is_err(), "{text}");
        }
    }
}
