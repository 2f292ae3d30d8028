//! `Content-Digest` (RFC 9530): the only way the body gets into a signature.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ring::digest::{Algorithm, SHA256, SHA512, digest};
use sfv::{BareItem, ListEntry};
use subtle::ConstantTimeEq;

use super::{dictionary, malformed};
use crate::core::message::Message;
use crate::core::verdict::Reason;

/// The header's name.
pub(super) const HEADER: &str = "Content-Digest";

/// The digests that are known; RFC 9530 deprecates the others.
fn known(name: &str) -> Option<&'static Algorithm> {
    match name {
        "sha-256" => Some(&SHA256),
        "sha-512" => Some(&SHA512),
        _ => None,
    }
}

/// Whether a digest of this name is held against the body.
pub(super) fn is_known(name: &str) -> bool {
    known(name).is_some()
}

/// Holds the body against every digest of the header that is known, at least one.
pub(super) fn check(message: &Message) -> Result<(), Reason> {
    let mut is_held = false;
    for (name, entry) in &dictionary(&message.headers, HEADER)? {
        let Some(algorithm) = known(name.as_str()) else {
            continue;
        };
        let ListEntry::Item(item) = entry else {
            return Err(malformed(HEADER, "byte sequences"));
        };
        let BareItem::ByteSequence(claimed) = &item.bare_item else {
            return Err(malformed(HEADER, "byte sequences"));
        };
        let own = digest(algorithm, &message.body);
        if !bool::from(claimed.as_slice().ct_eq(own.as_ref())) {
            return Err(Reason::Mismatch);
        }
        is_held = true;
    }
    if is_held {
        Ok(())
    } else {
        Err(malformed(HEADER, "`sha-256` or `sha-512`"))
    }
}

/// The header of a body.
pub(super) fn of(body: &[u8]) -> String {
    format!(
        "sha-256=:{}:",
        BASE64_STANDARD.encode(digest(&SHA256, body))
    )
}
