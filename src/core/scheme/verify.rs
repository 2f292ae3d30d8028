//! From a message to a verdict.

use jiff::Timestamp;
use subtle::ConstantTimeEq;

use super::sign::tags;
use super::{Algorithm, Fields, Key, Scheme, Tolerance};
use crate::core::message::{Headers, Message};
use crate::core::verdict::{Proof, Reason, Verdict, Why};

/// What verification needs to know beside the message.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The current time.
    pub now: Timestamp,
    /// The public URL the sender posted to, for schemes that sign it.
    pub url: Option<&'a str>,
    /// Replaces the definition's tolerance.
    pub tolerance: Option<Tolerance>,
}

/// What a message claims: its signature header as parsed, and what goes with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim<'a> {
    /// The signatures' texts; any may match.
    pub signatures: Vec<&'a str>,
    /// The timestamp's text, empty where the scheme has none.
    pub timestamp: &'a str,
    /// The delivery id's text, empty where none is signed.
    pub id: &'a str,
}

impl Scheme {
    /// Whether a message carries this scheme's signature, readable or not.
    #[must_use]
    pub fn is_present(&self, message: &Message) -> bool {
        message.headers.contains(&self.signature.header)
    }

    /// Whether a message carries a signature this scheme can read.
    #[must_use]
    pub fn is_readable(&self, message: &Message) -> bool {
        self.claim(&message.headers).is_ok()
    }

    /// Reads what the headers claim, in the order of the checks.
    ///
    /// # Errors
    /// The header that is missing, repeated or malformed.
    pub fn claim<'a>(&'a self, headers: &'a Headers) -> Result<Claim<'a>, Reason> {
        let header = &self.signature.header;
        let value = only(headers, header)?;
        for name in &self.require {
            only(headers, name)?;
        }
        let written = self
            .signature
            .layout
            .parse(value)
            .map_err(|()| Reason::MalformedHeader {
                name: header.clone(),
                expected: format!("`{}`", self.signature.layout.shape(self.signature.encoding)),
            })?;
        let id = match &self.id_header {
            Some(name) => only(headers, name)?,
            None => "",
        };
        let stamp_header = self
            .timestamp
            .as_ref()
            .and_then(|rule| rule.header.as_ref());
        let timestamp = match (written.timestamp, stamp_header) {
            (Some(text), _) => text,
            (None, Some(name)) => only(headers, name)?,
            (None, None) => "",
        };
        Ok(Claim {
            signatures: written.signatures,
            timestamp,
            id,
        })
    }

    /// Verifies a message with each of the keys.
    #[must_use]
    pub fn verify(&self, message: &Message, keys: &[Key], context: &Context<'_>) -> Verdict {
        if keys.is_empty() {
            return Verdict::Unverifiable(Why::NoSecret);
        }
        match self.prove(message, keys, context) {
            Ok(proof) => Verdict::Valid(proof),
            Err(reason) => Verdict::Invalid(reason),
        }
    }

    fn prove(
        &self,
        message: &Message,
        keys: &[Key],
        context: &Context<'_>,
    ) -> Result<Proof, Reason> {
        let claim = self.claim(&message.headers)?;
        let age = match &self.timestamp {
            Some(rule) => Some((
                rule.age(claim.timestamp, context.now)?,
                context.tolerance.unwrap_or_else(|| rule.tolerance()),
            )),
            None => None,
        };
        let judge_age = || age.map_or(Ok(()), |(age, tolerance)| age.within(tolerance));
        if self.age_first {
            judge_age()?;
        }
        let fields = Fields {
            timestamp: claim.timestamp,
            id: claim.id,
            method: &message.method,
            url: context.url.unwrap_or_default(),
            headers: &message.headers,
        };
        let secret_index = tags(self, keys, &fields, &message.body)
            .position(|tag| self.matches(&tag, &claim.signatures))
            .ok_or(Reason::Mismatch)?;
        judge_age()?;
        Ok(Proof {
            secret_index,
            coverage: self.coverage(),
            age: age.map(|(age, _)| age.seconds()),
        })
    }

    /// Whether any of the signatures is the tag, in time that does not depend on their bytes.
    fn matches(&self, tag: &[u8], signatures: &[&str]) -> bool {
        signatures
            .iter()
            .filter_map(|text| match self.algorithm {
                Algorithm::Token => Some(text.as_bytes().to_vec()),
                _ => self.signature.encoding.decode(text),
            })
            .fold(subtle::Choice::from(0), |found, bytes| {
                found | bytes.as_slice().ct_eq(tag)
            })
            .into()
    }
}

/// The one value of a header that must be there once, as text.
fn only<'a>(headers: &'a Headers, name: &'a str) -> Result<&'a str, Reason> {
    let mut values = headers.all(name);
    let missing = || Reason::MissingHeader {
        name: name.to_owned(),
    };
    let value = values.next().ok_or_else(missing)?;
    if values.next().is_some() {
        return Err(Reason::RepeatedHeader {
            name: name.to_owned(),
        });
    }
    let value = std::str::from_utf8(value)
        .map_err(|_| Reason::MalformedHeader {
            name: name.to_owned(),
            expected: "text".to_owned(),
        })?
        .trim_matches([' ', '\t']);
    if value.is_empty() {
        return Err(missing());
    }
    Ok(value)
}
