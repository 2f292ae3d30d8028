//! From a message to a verdict.

use jiff::Timestamp;
use subtle::ConstantTimeEq;

use super::claim::Group;
use super::code::Text;
use super::mac::Mac;
use super::place::only;
use super::{Algorithm, Claim, Fields, Key, Scheme, Tolerance};
use crate::core::event::View;
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
    /// The id of the key, for schemes whose messages name one.
    pub key_id: Option<&'a str>,
}

/// Leaves the signatures of the key with the id given, where the layout names keys.
fn only_of_key(mut claim: Claim, context: &Context<'_>) -> Result<Claim, Reason> {
    let named = claim.groups.first().and_then(|group| group.key_id.clone());
    claim.groups.retain(|group| group.is_of(context.key_id));
    match named {
        Some(id) if claim.groups.is_empty() => Err(Reason::UnknownKey { id }),
        _ => Ok(claim),
    }
}

impl Scheme {
    /// Verifies a message with each of the keys.
    #[must_use]
    pub fn verify(&self, view: &View<'_>, keys: &[Key], context: &Context<'_>) -> Verdict {
        if keys.is_empty() {
            return Verdict::Unverifiable(Why::NoSecret);
        }
        match self.prove(view, keys, context) {
            Ok(proof) => Verdict::Valid(proof),
            Err(reason) => Verdict::Invalid(reason),
        }
    }

    fn prove(&self, view: &View<'_>, keys: &[Key], context: &Context<'_>) -> Result<Proof, Reason> {
        if let Some(code) = self.signed_by
            && let Some(result) = code.prove(self, view, keys, context)
        {
            self.key_is_known(view, context)?;
            return result;
        }
        let claim = self.claim(view)?;
        self.key_is_known(view, context)?;
        let claim = only_of_key(claim, context)?;
        if self.age_first {
            for group in &claim.groups {
                self.judge_age(group, context)?;
            }
        }
        let mut late = None;
        for group in &claim.groups {
            // A timestamp that is none is told before the signature: nobody can have signed it.
            if let Some(rule) = &self.timestamp {
                rule.age(&group.timestamp, context.now)?;
            }
            let Some(secret_index) = self.matching_key(view, keys, &claim, group, context)? else {
                continue;
            };
            match self.judge_age(group, context) {
                Ok(age) => {
                    return Ok(Proof {
                        secret_index,
                        coverage: self.coverage_in(view),
                        age,
                    });
                }
                Err(reason) => late = Some(reason),
            }
        }
        Err(late.unwrap_or(Reason::Mismatch))
    }

    /// The age of a group's timestamp in seconds, if it is within the tolerance.
    fn judge_age(&self, group: &Group, context: &Context<'_>) -> Result<Option<i64>, Reason> {
        let Some(rule) = &self.timestamp else {
            return Ok(None);
        };
        let Some(age) = rule.age(&group.timestamp, context.now)? else {
            return Ok(None);
        };
        age.within(context.tolerance.unwrap_or_else(|| rule.tolerance()))?;
        Ok(Some(age.seconds()))
    }

    /// A message that names another key than the one given cannot match; it says so.
    fn key_is_known(&self, view: &View<'_>, context: &Context<'_>) -> Result<(), Reason> {
        let (Some(header), Some(own)) = (&self.key_id_header, context.key_id) else {
            return Ok(());
        };
        let id = only(&view.message().headers, header)?;
        if id == own {
            return Ok(());
        }
        Err(Reason::UnknownKey { id: id.to_owned() })
    }

    fn matching_key(
        &self,
        view: &View<'_>,
        keys: &[Key],
        claim: &Claim,
        group: &Group,
        context: &Context<'_>,
    ) -> Result<Option<usize>, Reason> {
        let message = view.message();
        for (index, key) in keys.iter().enumerate() {
            let fields = Fields {
                timestamp: &group.timestamp,
                id: &claim.id,
                method: &message.method,
                url: context.url.unwrap_or_default(),
                headers: &message.headers,
                secret: key.bytes(),
                value: &group.value,
                view: Some(view),
            };
            let found = match self.signed_by {
                Some(code) => {
                    let texts = code.texts(&fields, view)?;
                    texts
                        .iter()
                        .any(|text| self.is_signed(key, text, &group.signatures))
                }
                None => self.is_streamed(key, &fields, &message.body, group)?,
            };
            if found {
                return Ok(Some(index));
            }
        }
        Ok(None)
    }

    /// Whether a text in one piece carries one of the signatures.
    pub(super) fn is_signed(&self, key: &Key, text: &Text, signatures: &[String]) -> bool {
        if let Some(tag) = self.tag(key, text) {
            return self.is_tag(&tag, signatures);
        }
        let algorithm = text.algorithm.unwrap_or(self.algorithm);
        self.is_paired(algorithm, key, &text.bytes, signatures)
    }

    /// The code a text has under a key; key pairs make none. A static token is its own.
    pub(super) fn tag(&self, key: &Key, text: &Text) -> Option<Vec<u8>> {
        let algorithm = text.algorithm.unwrap_or(self.algorithm);
        if algorithm == Algorithm::Token {
            return Some(key.bytes().to_vec());
        }
        let mut mac = Mac::new(algorithm, key)?;
        mac.update(&text.bytes);
        Some(mac.finish())
    }

    /// The same for a text of parts, without a copy of the body where a code can be fed in pieces.
    fn is_streamed(
        &self,
        key: &Key,
        fields: &Fields<'_>,
        body: &[u8],
        group: &Group,
    ) -> Result<bool, Reason> {
        if self.algorithm == Algorithm::Token {
            return Ok(self.is_tag(key.bytes(), &group.signatures));
        }
        let (before, after) = self.signed.around_body(fields)?;
        let body = if self.signed.has_body() { body } else { &[] };
        let Some(mut mac) = Mac::new(self.algorithm, key) else {
            let text = [&before, body, &after].concat();
            return Ok(self.is_paired(self.algorithm, key, &text, &group.signatures));
        };
        for piece in [&before, body, &after] {
            mac.update(piece);
        }
        Ok(self.is_tag(&mac.finish(), &group.signatures))
    }

    /// Whether any of the signatures is the tag, in time that does not depend on their bytes.
    fn is_tag(&self, tag: &[u8], signatures: &[String]) -> bool {
        signatures
            .iter()
            .filter_map(|text| self.signature.encoding.decode(text))
            .fold(subtle::Choice::from(0), |found, bytes| {
                found | bytes.as_slice().ct_eq(tag)
            })
            .into()
    }

    fn is_paired(
        &self,
        algorithm: Algorithm,
        key: &Key,
        text: &[u8],
        signatures: &[String],
    ) -> bool {
        let Some(pair) = key.pair() else {
            return false;
        };
        signatures
            .iter()
            .filter_map(|signature| self.signature.encoding.decode(signature))
            .any(|signature| pair.verifies(algorithm, text, &signature))
    }
}
