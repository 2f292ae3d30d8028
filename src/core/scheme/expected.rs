//! What a signature would have to be, for the diagnosis of one that does not match.
//!
//! Nothing here decides about a message: what is found is put to [`Scheme::verify`].

use super::mac::Mac;
use super::{Algorithm, Context, Fields, Key, Scheme};
use crate::core::event::View;

impl Scheme {
    /// The tags that would sign this message, each with its key's place: of every group of the claim
    /// and every key. None where nothing but a pair of keys or a code of its own can make them.
    pub(in crate::core) fn expected(
        &self,
        view: &View<'_>,
        keys: &[Key],
        context: &Context<'_>,
    ) -> Vec<(usize, Vec<u8>)> {
        let Ok(claim) = self.claim(view) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for group in &claim.groups {
            for (place, key) in keys.iter().enumerate() {
                let fields = Fields::of(&claim, group, view, context, key.bytes());
                let tags = self.tags(view, key, &fields);
                found.extend(tags.into_iter().map(|tag| (place, tag)));
            }
        }
        found
    }

    fn tags(&self, view: &View<'_>, key: &Key, fields: &Fields<'_>) -> Vec<Vec<u8>> {
        if self.algorithm == Algorithm::Token {
            return vec![key.bytes().to_vec()];
        }
        if let Some(code) = self.signed_by {
            let texts = code.texts(fields, view).unwrap_or_default();
            let tags = texts.iter().filter_map(|text| {
                let mut mac = Mac::new(text.algorithm.unwrap_or(self.algorithm), key)?;
                mac.update(&text.bytes);
                Some(mac.finish())
            });
            return tags.collect();
        }
        let body: &[u8] = if self.signed.has_body() {
            &view.message().body
        } else {
            &[]
        };
        let started = self.started(key, fields, body);
        let tags = started.map(|(mut mac, after)| {
            mac.update(&after);
            mac.finish()
        });
        tags.into_iter().collect()
    }

    /// Whether endings of the body can be tried one by one on a text that is hashed once.
    pub(in crate::core) fn takes_endings(&self) -> bool {
        let mac = !self.algorithm.has_pair() && self.algorithm != Algorithm::Token;
        mac && self.signed_by.is_none() && self.signed.has_body()
    }

    /// Which ending after this beginning of a body gives one of the message's signatures.
    pub(in crate::core) fn matching_ending(
        &self,
        view: &View<'_>,
        (beginning, endings): (&[u8], &[&[u8]]),
        keys: &[Key],
        context: &Context<'_>,
    ) -> Option<usize> {
        let claim = self.claim(view).ok()?;
        for group in &claim.groups {
            for key in keys {
                let fields = Fields::of(&claim, group, view, context, key.bytes());
                let Some((mac, after)) = self.started(key, &fields, beginning) else {
                    continue;
                };
                let found = endings.iter().position(|ending| {
                    let mut mac = mac.clone();
                    mac.update(ending);
                    mac.update(&after);
                    self.is_tag(&mac.finish(), &group.signatures)
                });
                if found.is_some() {
                    return found;
                }
            }
        }
        None
    }

    /// A code fed with everything up to the end of a body, and what follows the body.
    fn started(&self, key: &Key, fields: &Fields<'_>, body: &[u8]) -> Option<(Mac, Vec<u8>)> {
        let (before, after) = self.signed.around_body(fields).ok()?;
        let mut mac = Mac::new(self.algorithm, key)?;
        mac.update(&before);
        mac.update(body);
        Some((mac, after))
    }
}
