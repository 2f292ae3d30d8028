//! Three verdicts, not two: valid, invalid with a typed reason, unverifiable.

use std::fmt;

use serde::Deserialize;

/// What verification says of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A signature matches and its timestamp, if the scheme has one, is within the tolerance.
    Valid(Proof),
    /// The message claims a signature that does not hold, or lacks one it must have.
    Invalid(Reason),
    /// Nothing can be said: never shown as passed.
    Unverifiable(Why),
}

/// What a valid verdict rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Which of the given secrets matched, counted from 0.
    pub secret_index: usize,
    /// How much of the body the signature covers.
    pub coverage: Coverage,
    /// Seconds between the signed timestamp and now; negative if it lies ahead.
    pub age: Option<i64>,
}

/// How much of the body a signature covers. A pass means less where it is not all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Coverage {
    /// Every byte of the body.
    Body,
    /// Some fields of the body.
    Part,
    /// Nothing of the body: a static token, or headers only.
    None,
}

impl Coverage {
    /// The word used in JSON output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Body => "body",
            Self::Part => "part",
            Self::None => "none",
        }
    }
}

/// Why a message is invalid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A header the scheme needs is not there (or is empty).
    MissingHeader {
        /// The header's name as documented.
        name: String,
    },
    /// A header that must stand once is there several times.
    RepeatedHeader {
        /// The header's name as documented.
        name: String,
    },
    /// The signature header cannot be read.
    MalformedHeader {
        /// The header's name as documented.
        name: String,
        /// What was expected.
        expected: String,
    },
    /// Something the scheme needs is not in the body or the query.
    MissingField {
        /// The place in words: "form field `bt_signature`".
        place: String,
    },
    /// A signature in the body or the query cannot be read.
    MalformedField {
        /// The place in words.
        place: String,
        /// What was expected.
        expected: String,
    },
    /// The message names a key that is not among those given.
    UnknownKey {
        /// The key's id as sent.
        id: String,
    },
    /// The timestamp is not in the scheme's unit.
    MalformedTimestamp {
        /// The timestamp as sent.
        text: String,
        /// What was expected.
        expected: &'static str,
    },
    /// The signature is right but too old (or, where the provider documents that the age is looked
    /// at first, the age alone was looked at).
    Stale {
        /// Seconds since the timestamp.
        age: i64,
        /// Seconds allowed.
        tolerance: i64,
    },
    /// The signature is right but its timestamp lies too far ahead.
    Future {
        /// Seconds the timestamp is ahead.
        ahead: i64,
        /// Seconds allowed.
        tolerance: i64,
    },
    /// No signature matches any of the secrets.
    Mismatch,
}

impl Reason {
    /// The reason's stable name: JSON `reason`, the keys of a definition's `texts`, assertions.
    #[must_use]
    pub fn slug(&self) -> &'static str {
        match self {
            Self::MissingHeader { .. } => "missing-header",
            Self::RepeatedHeader { .. } => "repeated-header",
            Self::MalformedHeader { .. } => "malformed-header",
            Self::MissingField { .. } => "missing-field",
            Self::MalformedField { .. } => "malformed-field",
            Self::UnknownKey { .. } => "unknown-key",
            Self::MalformedTimestamp { .. } => "malformed-timestamp",
            Self::Stale { .. } => "stale",
            Self::Future { .. } => "future",
            Self::Mismatch => "mismatch",
        }
    }

    /// Every reason's stable name.
    pub const SLUGS: [&'static str; 10] = [
        "missing-header",
        "repeated-header",
        "malformed-header",
        "missing-field",
        "malformed-field",
        "unknown-key",
        "malformed-timestamp",
        "stale",
        "future",
        "mismatch",
    ];
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingHeader { name } => write!(f, "header `{name}` is missing"),
            Self::RepeatedHeader { name } => {
                write!(f, "header `{name}` is there more than once")
            }
            Self::MalformedHeader { name, expected } => {
                write!(f, "header `{name}` is malformed, expected {expected}")
            }
            Self::MissingField { place } => write!(f, "{place} is missing"),
            Self::MalformedField { place, expected } => {
                write!(f, "{place} is malformed, expected {expected}")
            }
            Self::UnknownKey { id } => write!(f, "signed with a key that was not given: `{id}`"),
            Self::MalformedTimestamp { text, expected } => {
                write!(f, "timestamp is malformed, expected {expected}: `{text}`")
            }
            Self::Stale { age, tolerance } => {
                write!(
                    f,
                    "timestamp is {age} s old, the tolerance is {tolerance} s"
                )
            }
            Self::Future { ahead, tolerance } => {
                write!(
                    f,
                    "timestamp is {ahead} s in the future, the tolerance is {tolerance} s"
                )
            }
            Self::Mismatch => f.write_str("signature does not match"),
        }
    }
}

/// Why nothing can be said of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// The provider documents no signature.
    ProviderDoesNotSign,
    /// No secret was given for this provider.
    NoSecret,
    /// Several providers fit and nothing settles which.
    Ambiguous(Vec<String>),
    /// No known provider fits.
    UnknownProvider,
    /// A handshake that the provider does not sign.
    UnsignedHandshake,
}

impl Why {
    /// The stable name used in JSON `reason`.
    #[must_use]
    pub fn slug(&self) -> &'static str {
        match self {
            Self::ProviderDoesNotSign => "provider-does-not-sign",
            Self::NoSecret => "no-secret",
            Self::Ambiguous(_) => "ambiguous",
            Self::UnknownProvider => "unknown-provider",
            Self::UnsignedHandshake => "unsigned-handshake",
        }
    }

    /// Every reason's stable name.
    pub const SLUGS: [&'static str; 5] = [
        "provider-does-not-sign",
        "no-secret",
        "ambiguous",
        "unknown-provider",
        "unsigned-handshake",
    ];
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ProviderDoesNotSign => f.write_str("the provider does not sign"),
            Self::NoSecret => f.write_str("no secret given"),
            Self::Ambiguous(candidates) => {
                write!(f, "several providers fit: {}", candidates.join(", "))
            }
            Self::UnknownProvider => f.write_str("no known provider fits"),
            Self::UnsignedHandshake => f.write_str("this handshake is not signed"),
        }
    }
}

impl Verdict {
    /// `valid`, `invalid` or `unverifiable`: JSON `verdict`.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Valid(_) => "valid",
            Self::Invalid(_) => "invalid",
            Self::Unverifiable(_) => "unverifiable",
        }
    }

    /// The stable name of the reason, `None` when valid.
    #[must_use]
    pub fn reason(&self) -> Option<&'static str> {
        match self {
            Self::Valid(_) => None,
            Self::Invalid(reason) => Some(reason.slug()),
            Self::Unverifiable(why) => Some(why.slug()),
        }
    }

    /// Whether the message passed.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        matches!(self, Self::Valid(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_its_name_and_its_words() {
        let name = || "X-S".to_owned();
        let place = || "form field `s`".to_owned();
        let expected = || "hex".to_owned();
        let reasons = [
            (
                Reason::MissingHeader { name: name() },
                "header `X-S` is missing",
            ),
            (
                Reason::RepeatedHeader { name: name() },
                "header `X-S` is there more than once",
            ),
            (
                Reason::MalformedHeader {
                    name: name(),
                    expected: expected(),
                },
                "header `X-S` is malformed, expected hex",
            ),
            (
                Reason::MissingField { place: place() },
                "form field `s` is missing",
            ),
            (
                Reason::MalformedField {
                    place: place(),
                    expected: expected(),
                },
                "form field `s` is malformed, expected hex",
            ),
            (
                Reason::UnknownKey { id: "k2".into() },
                "signed with a key that was not given: `k2`",
            ),
            (
                Reason::MalformedTimestamp {
                    text: "soon".into(),
                    expected: "seconds",
                },
                "timestamp is malformed, expected seconds: `soon`",
            ),
            (
                Reason::Stale {
                    age: 301,
                    tolerance: 300,
                },
                "timestamp is 301 s old, the tolerance is 300 s",
            ),
            (
                Reason::Future {
                    ahead: 61,
                    tolerance: 60,
                },
                "timestamp is 61 s in the future, the tolerance is 60 s",
            ),
            (Reason::Mismatch, "signature does not match"),
        ];
        for ((reason, words), slug) in reasons.into_iter().zip(Reason::SLUGS) {
            assert_eq!(
                (reason.slug(), reason.to_string()),
                (slug, words.to_owned())
            );
            let verdict = Verdict::Invalid(reason);
            assert!(!verdict.is_valid());
            assert_eq!(
                (verdict.as_str(), verdict.reason()),
                ("invalid", Some(slug))
            );
        }
    }

    #[test]
    fn what_cannot_be_verified_never_passes() {
        for (why, slug, words) in [
            (
                Why::ProviderDoesNotSign,
                "provider-does-not-sign",
                "the provider does not sign",
            ),
            (Why::NoSecret, "no-secret", "no secret given"),
            (
                Why::Ambiguous(vec!["a".into(), "b".into()]),
                "ambiguous",
                "several providers fit: a, b",
            ),
            (
                Why::UnknownProvider,
                "unknown-provider",
                "no known provider fits",
            ),
            (
                Why::UnsignedHandshake,
                "unsigned-handshake",
                "this handshake is not signed",
            ),
        ] {
            assert_eq!(why.to_string(), words);
            let verdict = Verdict::Unverifiable(why);
            assert!(!verdict.is_valid());
            let told = (verdict.as_str(), verdict.reason());
            assert_eq!(told, ("unverifiable", Some(slug)));
        }
    }

    #[test]
    fn a_proof_passes_whatever_it_covers() {
        for (coverage, word) in [
            (Coverage::Body, "body"),
            (Coverage::Part, "part"),
            (Coverage::None, "none"),
        ] {
            assert_eq!(coverage.as_str(), word);
            let verdict = Verdict::Valid(Proof {
                secret_index: 0,
                coverage,
                age: None,
            });
            assert!(verdict.is_valid());
            assert_eq!((verdict.as_str(), verdict.reason()), ("valid", None));
        }
    }
}
