//! The signature engine: one description that is parsed and verified, rendered and signed.
//!
//! A [`Scheme`] is data read from a provider's definition. [`Scheme::verify`] reads what
//! [`Scheme::signer`] renders, through the same [`Layout`], [`Encoding`] and [`SignedText`], so the
//! two directions cannot drift.
//!
//! Decided once, for every scheme:
//! - a header that must stand once and is repeated makes the message invalid, whichever copy is right;
//! - an empty signature header counts as missing;
//! - the layout decides what is *malformed*; a digest that does not decode is a *mismatch*;
//! - base64 is accepted in its one canonical form only, so nobody can vary a valid signature;
//! - hex is accepted in either case only where the definition says `hex` (not `hex-lower`);
//! - the text of a timestamp is signed as it was sent, never the number parsed from it;
//! - a signature is looked at before the age, unless the provider documents the opposite.

mod key;
mod layout;
mod mac;
mod sign;
mod signed_text;
mod timestamp;
mod verify;

use std::collections::BTreeMap;

use serde::Deserialize;

pub use self::key::{Key, KeyError, KeyForm};
pub use self::layout::{Encoding, Layout, Signature};
pub use self::sign::{SignError, Signer, Stamp};
pub use self::signed_text::{Fields, Part, SignedText};
pub use self::timestamp::{TimestampRule, Tolerance, Unit};
pub use self::verify::{Claim, Context};

use super::verdict::Coverage;

/// How a provider signs: everything needed to verify and to sign.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Scheme {
    /// What `--scheme` takes.
    pub name: String,
    /// Kept for old senders: used only when named by `--scheme`, never chosen by itself.
    #[serde(default)]
    pub legacy: bool,
    /// What makes the signature.
    pub algorithm: Algorithm,
    /// What the secret's text stands for.
    #[serde(default)]
    pub key: KeyForm,
    /// What is signed; empty for a static token.
    #[serde(default)]
    pub signed: SignedText,
    /// Where the signature stands and how it is written.
    pub signature: Signature,
    /// The signed timestamp, if the scheme has one.
    pub timestamp: Option<TimestampRule>,
    /// The header of the signed id, where `{id}` is part of the signed text.
    pub id_header: Option<String>,
    /// Headers that must be there although they are not signed.
    #[serde(default)]
    pub require: Vec<String>,
    /// Whether the provider documents that the age is judged before the signature.
    #[serde(default)]
    pub age_first: bool,
    /// The provider's own words for a rejection, by reason: `{age}` stands for seconds, `{header}`
    /// for the header at fault.
    #[serde(default)]
    pub texts: BTreeMap<String, String>,
}

/// What makes a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Algorithm {
    /// HMAC with SHA-1 (20 bytes). Broken as a hash, still sound as a MAC; some providers have only it.
    HmacSha1,
    /// HMAC with SHA-256 (32 bytes).
    HmacSha256,
    /// HMAC with SHA-512 (64 bytes).
    HmacSha512,
    /// No signature: the secret itself stands in the header.
    Token,
}

impl Algorithm {
    /// The name used in definitions and flags.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HmacSha1 => "hmac-sha1",
            Self::HmacSha256 => "hmac-sha256",
            Self::HmacSha512 => "hmac-sha512",
            Self::Token => "token",
        }
    }
}

impl Scheme {
    /// How much of the body a valid signature vouches for.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        if self.signed.covers_body() {
            Coverage::Body
        } else {
            Coverage::None
        }
    }

    /// Whether the request's public URL is signed.
    #[must_use]
    pub fn needs_url(&self) -> bool {
        self.signed.parts().contains(&Part::Url)
    }

    /// Whether the delivery id is signed.
    #[must_use]
    pub fn signs_id(&self) -> bool {
        self.id_header.is_some()
    }

    /// Every header this scheme reads, the signature's first.
    pub fn headers(&self) -> impl Iterator<Item = &str> {
        let timestamp = self
            .timestamp
            .as_ref()
            .and_then(|rule| rule.header.as_deref());
        std::iter::once(self.signature.header.as_str())
            .chain(self.id_header.as_deref())
            .chain(timestamp)
    }

    /// What is wrong with this description, beyond what parsing finds: a person's sentence.
    ///
    /// # Errors
    /// The parts that contradict each other or lack a counterpart.
    pub fn consistent(&self) -> Result<(), String> {
        let uses = |part: &Part| self.signed.parts().contains(part);
        let pair_timestamp = matches!(
            &self.signature.layout,
            Layout::Pairs {
                timestamp_key: Some(_),
                ..
            }
        );
        let header_timestamp = self
            .timestamp
            .as_ref()
            .is_some_and(|rule| rule.header.is_some());
        let unknown = self
            .texts
            .keys()
            .find(|slug| !super::verdict::Reason::SLUGS.contains(&slug.as_str()));
        if self.algorithm == Algorithm::Token {
            if !self.signed.parts().is_empty() {
                return Err("algorithm `token` signs nothing: remove `signed`".into());
            }
        } else if self.signed.parts().is_empty() {
            return Err(format!(
                "algorithm `{}` needs `signed`, such as \"{{body}}\"",
                self.algorithm.as_str()
            ));
        }
        if uses(&Part::Id) != self.id_header.is_some() {
            return Err("`{id}` in `signed` and `id-header` go together".into());
        }
        if uses(&Part::Timestamp) && !(pair_timestamp || header_timestamp) {
            return Err(
                "`{timestamp}` in `signed` needs `signature.timestamp-key` or `timestamp.header`"
                    .into(),
            );
        }
        if pair_timestamp && header_timestamp {
            return Err(
                "`signature.timestamp-key` and `timestamp.header` both name the timestamp".into(),
            );
        }
        if (pair_timestamp || header_timestamp) && self.timestamp.is_none() {
            return Err("a timestamp needs `[scheme.timestamp]` with its `unit`".into());
        }
        if self.timestamp.is_some() && !(pair_timestamp || header_timestamp) {
            return Err("`[scheme.timestamp]` needs `header`, or `signature.timestamp-key`".into());
        }
        if let Some(slug) = unknown {
            return Err(format!(
                "unknown reason in `texts`, expected one of {}: `{slug}`",
                super::verdict::Reason::SLUGS.join(", ")
            ));
        }
        Ok(())
    }
}
