//! A signature where it stands in a message: read, changed, taken away.

use crate::core::event::{View, form_value, query_value};
use crate::core::message::{Message, is_header_value};
use crate::core::scheme::{Encoding, Place, Scheme};

/// The whole value at the signature's place.
pub(super) fn value(scheme: &Scheme, message: &Message) -> Option<String> {
    match &scheme.signature.place {
        Place::Header { .. } | Place::Numbered(_) => message
            .headers
            .text(&header(scheme, message)?)
            .map(str::to_owned),
        Place::Json(pointer) => View::new(message).text_at(pointer),
        Place::Form(name) => form_value(&message.body, name),
        Place::Query(name) => query_value(&message.target, name),
    }
}

/// The header a message has its signature in.
pub(super) fn header(scheme: &Scheme, message: &Message) -> Option<String> {
    let names = scheme.signature.place.headers();
    names
        .into_iter()
        .find(|name| message.headers.contains(name))
}

/// The text of the first digest, without what stands around it.
pub(super) fn digest(scheme: &Scheme, message: &Message) -> Option<String> {
    let claim = scheme.claim(&View::new(message)).ok()?;
    claim.groups.first()?.signatures.first().cloned()
}

/// The text of the timestamp.
pub(super) fn timestamp(scheme: &Scheme, message: &Message) -> Option<String> {
    let claim = scheme.claim(&View::new(message)).ok()?;
    let text = claim.groups.first()?.timestamp.clone();
    (!text.is_empty()).then_some(text)
}

/// The message with another value at the signature's place.
pub(super) fn with_value(scheme: &Scheme, message: &Message, new: &[u8]) -> Option<Message> {
    let mut made = message.clone();
    let old = value(scheme, message)?;
    let form = |text: &[u8]| -> String { form_urlencoded::byte_serialize(text).collect() };
    match &scheme.signature.place {
        Place::Header { .. } | Place::Numbered(_) => {
            if !is_header_value(new) {
                return None;
            }
            made.headers.set(&header(scheme, message)?, new);
        }
        Place::Json(_) => {
            let quote = |text: &str| serde_json::Value::from(text).to_string();
            let new = std::str::from_utf8(new).ok()?;
            made.body =
                swapped(&message.body, quote(&old).as_bytes(), quote(new).as_bytes())?.into();
        }
        Place::Form(_) => {
            let old = form(old.as_bytes());
            made.body = swapped(&message.body, old.as_bytes(), form(new).as_bytes())?.into();
        }
        Place::Query(_) => {
            let old = form(old.as_bytes());
            made.target = message.target.replacen(&old, &form(new), 1);
        }
    }
    Some(made)
}

/// The message with another digest, what stands around it left as it is.
pub(super) fn with_digest(scheme: &Scheme, message: &Message, new: &str) -> Option<Message> {
    let (value, old) = (value(scheme, message)?, digest(scheme, message)?);
    let at = value.rfind(&old)?;
    let new = [&value[..at], new, &value[at + old.len()..]].concat();
    with_value(scheme, message, new.as_bytes())
}

/// The message without its signature; `None` where it stands in the body, and so is part of more.
pub(super) fn without(scheme: &Scheme, message: &Message) -> Option<Message> {
    let mut made = message.clone();
    match &scheme.signature.place {
        Place::Header { .. } | Place::Numbered(_) => {
            made.headers.remove(&header(scheme, message)?);
        }
        Place::Query(name) => {
            let (path, query) = message.target.split_once('?')?;
            let others = form_urlencoded::parse(query.as_bytes()).filter(|(own, _)| own != name);
            let mut form = form_urlencoded::Serializer::new(String::new());
            let others = form.extend_pairs(others).finish();
            let mark = if others.is_empty() { "" } else { "?" };
            made.target = format!("{path}{mark}{others}");
        }
        Place::Form(name) => {
            let others = form_urlencoded::parse(&message.body).filter(|(own, _)| own != name);
            let mut form = form_urlencoded::Serializer::new(String::new());
            made.body = form.extend_pairs(others).finish().into();
        }
        Place::Json(_) => return None,
    }
    Some(made)
}

/// A digest with one bit of one of its bytes flipped: the first, the last, or one between.
pub(super) fn flipped(encoding: Encoding, text: &str, at: usize) -> Option<String> {
    let mut bytes = encoding.decode(text)?;
    let at = at.min(bytes.len().checked_sub(1)?);
    bytes[at] ^= 1;
    Some(encoding.encode(&bytes))
}

/// A text with another character of its kind, near a place.
pub(super) fn altered(text: &str, near: usize) -> Option<String> {
    let mut bytes = text.as_bytes().to_vec();
    let is_plain = |at: &usize| bytes[*at].is_ascii_alphanumeric();
    let at = (near.min(bytes.len())..bytes.len())
        .find(is_plain)
        .or_else(|| (0..near.min(bytes.len())).rev().find(is_plain))?;
    bytes[at] = match bytes[at] {
        b'9' | b'z' | b'Z' => bytes[at] - 1,
        own => own + 1,
    };
    String::from_utf8(bytes).ok()
}

/// Bytes with one occurrence of some replaced.
fn swapped(bytes: &[u8], old: &[u8], new: &[u8]) -> Option<Vec<u8>> {
    let at = bytes.windows(old.len().max(1)).position(|own| own == old)?;
    Some([&bytes[..at], new, &bytes[at + old.len()..]].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bit_is_flipped_and_nothing_else() {
        assert_eq!(
            flipped(Encoding::Hex, "00ff10", 0).as_deref(),
            Some("01ff10")
        );
        assert_eq!(
            flipped(Encoding::Hex, "00ff10", 9).as_deref(),
            Some("00ff11")
        );
        assert_eq!(flipped(Encoding::Hex, "", 0), None);
        assert_eq!(flipped(Encoding::Hex, "xyz", 0), None);
    }

    #[test]
    fn an_altered_text_is_of_the_same_kind() {
        assert_eq!(
            altered("2024-01-01T00:00:00Z", 19).as_deref(),
            Some("2024-01-01T00:00:00Y")
        );
        assert_eq!(altered("ab--", 3).as_deref(), Some("ac--"));
        assert_eq!(altered("--", 0), None);
    }
}
