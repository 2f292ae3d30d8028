//! Signatures of somebody without the secret.

use super::change::{base, changed, digests, several};
use super::player::{Shot, Turn};
use super::signature::{altered, digest, flipped, header, with_digest, with_value};
use crate::core::compose::Signing;
use crate::core::message::Message;
use crate::core::scheme::{Algorithm, Encoding, Layout, Scheme};

pub(super) fn wrong_secret(turn: &Turn<'_>) -> Option<Vec<Shot>> {
    let keys = [turn.other_key()?];
    let signing = Signing {
        keys: &keys,
        ..turn.player.signing?
    };
    Some(vec![turn.signed_by(&turn.draft()?, signing, turn.now)?])
}

pub(super) fn flipped_signature(turn: &Turn<'_>) -> Option<Vec<Shot>> {
    digests(turn, |scheme, own| {
        let encoding = scheme.signature.encoding;
        let places = [
            ("first byte", 0),
            ("in the middle", own.len() / 4),
            ("last byte", own.len()),
        ];
        let flip = |(label, at)| {
            // A token, or what code writes in its own way.
            let plain = || altered(own, at * 2);
            let is_text = encoding == Encoding::Text;
            let made = if is_text {
                plain()
            } else {
                flipped(encoding, own, at).or_else(plain)
            };
            Some((label, made?))
        };
        places.into_iter().filter_map(flip).collect()
    })
}

pub(super) fn truncated(turn: &Turn<'_>) -> Option<Vec<Shot>> {
    digests(turn, |_, own| {
        let cut = |length: usize| own.get(..length).map(str::to_owned);
        let ways = [
            ("its last byte off", cut(own.len().saturating_sub(2))),
            ("8 characters left", cut(8).filter(|_| own.len() > 16)),
            ("none left", cut(0)),
        ];
        ways.into_iter()
            .filter_map(|(label, text)| Some((label, text?)))
            .collect()
    })
}

pub(super) fn overlong(turn: &Turn<'_>) -> Option<Vec<Shot>> {
    digests(turn, |_, own| {
        vec![
            ("a byte more", format!("{own}00")),
            ("twice", format!("{own}{own}")),
        ]
    })
}

pub(super) fn wrong_encoding(turn: &Turn<'_>) -> Option<Vec<Shot>> {
    digests(turn, |scheme, own| {
        let encoding = scheme.signature.encoding;
        let (label, other) = match encoding {
            Encoding::Hex | Encoding::HexLower => ("base64", Encoding::Base64),
            Encoding::Base64 | Encoding::Base64url | Encoding::Base64urlNopad => {
                ("hex", Encoding::Hex)
            }
            Encoding::Text => return Vec::new(),
        };
        let bytes = encoding.decode(own);
        bytes
            .map(|bytes| (label, other.encode(&bytes)))
            .into_iter()
            .collect()
    })
}

pub(super) fn wrong_case(turn: &Turn<'_>) -> Option<Vec<Shot>> {
    digests(turn, |scheme, own| match scheme.signature.encoding {
        Encoding::Hex | Encoding::HexLower => vec![("", own.to_ascii_uppercase())],
        _ => Vec::new(),
    })
}

pub(super) fn wrong_algorithm(turn: &Turn<'_>) -> Option<Vec<Shot>> {
    let signing = turn.player.signing?;
    if signing.scheme.jwt.is_some() {
        return changed(turn, unsigned_token);
    }
    let weaker = match signing.scheme.algorithm {
        Algorithm::HmacSha256 | Algorithm::HmacSha384 | Algorithm::HmacSha512 => {
            Algorithm::HmacSha1
        }
        Algorithm::Sha256 => Algorithm::Sha1,
        _ => return None,
    };
    let mut plain = signing.scheme.clone();
    plain.algorithm = weaker;
    let mut named = plain.clone();
    let was_named = rename(&mut named.signature.layout);
    let schemes = [
        Some(("SHA-1", plain)),
        was_named.then_some(("SHA-1 by name", named)),
    ];
    let shot = |(label, scheme): (&str, Scheme)| {
        let signing = Signing {
            scheme: &scheme,
            ..signing
        };
        let shot = turn.signed_by(&turn.draft()?, signing, turn.now)?;
        Some(shot.labelled(label))
    };
    Some(schemes.into_iter().flatten().filter_map(shot).collect())
}

/// Says SHA-1 where a layout says SHA-2; whether it did.
fn rename(layout: &mut Layout) -> bool {
    let name = match layout {
        Layout::Plain { prefix, .. } => prefix,
        Layout::Pairs { signature_key, .. } => signature_key,
        Layout::Versions { version, .. } => version,
        Layout::Positional { .. } | Layout::Keyed { .. } => return false,
    };
    let other = ["256", "384", "512"]
        .iter()
        .fold(name.clone(), |name, size| {
            name.replace(&format!("sha{size}"), "sha1")
                .replace(&format!("SHA{size}"), "SHA1")
        });
    let differs = other != *name;
    *name = other;
    differs
}

/// A token that says it needs no signature.
fn unsigned_token(scheme: &Scheme, message: &Message) -> Option<Message> {
    let token = digest(scheme, message)?;
    let mut parts = token.split('.');
    let (_, claims) = (parts.next()?, parts.next()?);
    let head = Encoding::Base64urlNopad.encode(br#"{"alg":"none","typ":"JWT"}"#);
    with_digest(scheme, message, &format!("{head}.{claims}."))
}

pub(super) fn garbled(turn: &Turn<'_>) -> Option<Vec<Shot>> {
    let whole = |text: &'static [u8]| {
        move |scheme: &Scheme, message: &Message| with_value(scheme, message, text)
    };
    let mut shots = several(
        turn,
        [
            ("a word", whole(b"hookcat")),
            ("beyond ASCII", whole("sïgnature".as_bytes())),
        ],
    )?;
    let odd = digests(turn, |_, own| {
        // As long as the right one, so that no length gives it away.
        let tail: String = own.chars().skip(1).collect();
        vec![
            ("beyond ASCII within", format!("\u{e9}{tail}")),
            ("no digit", format!("!{tail}")),
        ]
    });
    shots.extend(odd.unwrap_or_default());
    Some(shots)
}

/// Two headers of one name. Where a header is a list of signatures, two of them are the list too; and
/// where both are read as one, that one must not be right either.
pub(super) fn repeated(turn: &Turn<'_>, right_first: bool) -> Option<Vec<Shot>> {
    let (shot, scheme) = base(turn)?;
    (!scheme.carries_several()).then_some(())?;
    let name = header(scheme, &shot.message)?;
    let own = shot.message.headers.text(&name)?.to_owned();
    let text = digest(scheme, &shot.message)?;
    let wrong = own.replacen(&text, &altered(&text, text.len() / 2)?, 1);
    let order = if right_first {
        [own, wrong]
    } else {
        [wrong, own]
    };
    let mut message = shot.message.clone();
    message.headers.set(&name, order.join(", "));
    let joined = turn.is_valid(&message);
    message.headers.set(&name, order[0].as_str());
    message.headers.push(name, order[1].as_str());
    (joined != Some(true)).then_some(())?;
    Some(vec![Shot { message, ..shot }])
}
