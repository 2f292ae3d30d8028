//! What a verdict is expected to be: `valid`, `invalid`, `invalid:mismatch`, `unverifiable:no-secret`.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::verdict::{Reason, Verdict, Why};

/// A verdict that is expected, for any reason or for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expectation {
    verdict: &'static str,
    reason: Option<&'static str>,
}

/// The verdicts, each with the reasons it may have.
pub const VERDICTS: [(&str, &[&str]); 3] = [
    ("valid", &[]),
    ("invalid", &Reason::SLUGS),
    ("unverifiable", &Why::SLUGS),
];

/// Why a text is no expectation.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ExpectationError {
    /// The word is no verdict.
    #[error("not a verdict: `{0}`")]
    Verdict(String),
    /// The verdict has no such reason; `valid` has none at all.
    #[error("not a reason of `{verdict}`: `{reason}`")]
    Reason {
        /// The verdict.
        verdict: &'static str,
        /// The word that is no reason of it.
        reason: String,
    },
}

impl Expectation {
    /// The verdict's word.
    #[must_use]
    pub fn verdict(self) -> &'static str {
        self.verdict
    }

    /// The reason's stable name, where it has to be that one.
    #[must_use]
    pub fn reason(self) -> Option<&'static str> {
        self.reason
    }

    /// Whether a verdict is the expected one.
    #[must_use]
    pub fn is_met(self, verdict: &Verdict) -> bool {
        verdict.as_str() == self.verdict
            && self
                .reason
                .is_none_or(|reason| verdict.reason() == Some(reason))
    }
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.verdict)?;
        match self.reason {
            Some(reason) => write!(f, ":{reason}"),
            None => Ok(()),
        }
    }
}

impl FromStr for Expectation {
    type Err = ExpectationError;

    fn from_str(text: &str) -> Result<Self, ExpectationError> {
        let (word, reason) = match text.split_once(':') {
            Some((word, reason)) => (word, Some(reason)),
            None => (text, None),
        };
        let (verdict, reasons) = VERDICTS
            .into_iter()
            .find(|(own, _)| *own == word)
            .ok_or_else(|| ExpectationError::Verdict(word.to_owned()))?;
        let reason = reason
            .map(|reason| {
                let known = reasons.iter().find(|own| **own == reason);
                known.copied().ok_or_else(|| ExpectationError::Reason {
                    verdict,
                    reason: reason.to_owned(),
                })
            })
            .transpose()?;
        Ok(Self { verdict, reason })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::verdict::{Coverage, Proof};

    #[test]
    fn an_expectation_is_met_by_its_verdict_and_reason() {
        let valid = Verdict::Valid(Proof {
            secret_index: 0,
            coverage: Coverage::Body,
            age: None,
        });
        let mismatch = Verdict::Invalid(Reason::Mismatch);
        let unknown = Verdict::Unverifiable(Why::NoSecret);
        for (text, met) in [
            ("valid", [true, false, false]),
            ("invalid", [false, true, false]),
            ("invalid:mismatch", [false, true, false]),
            ("invalid:stale", [false, false, false]),
            ("unverifiable", [false, false, true]),
            ("unverifiable:no-secret", [false, false, true]),
            ("unverifiable:ambiguous", [false, false, false]),
        ] {
            let expectation: Expectation = text.parse().expect("an expectation");
            assert_eq!(expectation.to_string(), text);
            let found = [&valid, &mismatch, &unknown].map(|own| expectation.is_met(own));
            assert_eq!(found, met, "{text}");
        }
    }

    #[test]
    fn what_is_no_verdict_or_no_reason_of_it_is_refused() {
        for text in [
            "",
            "Valid",
            "mismatch",
            "valid:",
            "valid:mismatch",
            "invalid:",
            "invalid:no-secret",
            "unverifiable:mismatch",
            "invalid:mismatch:stale",
        ] {
            assert!(text.parse::<Expectation>().is_err(), "{text}");
        }
    }

    #[test]
    fn every_reason_can_be_expected() {
        let whys = [
            Why::ProviderDoesNotSign,
            Why::NoSecret,
            Why::Ambiguous(Vec::new()),
            Why::UnknownProvider,
            Why::UnsignedHandshake,
        ];
        assert_eq!(whys.map(|why| why.slug()), Why::SLUGS);
    }
}
