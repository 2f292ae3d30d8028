//! Bad on purpose: a signed request, changed so that it does not verify any more.

use std::str::FromStr;

use jiff::SignedDuration;
use serde_json::Value;
use thiserror::Error;

use super::compose::{self, ComposeError, Occasion, Signing};
use super::event::View;
use super::message::Message;
use super::random::Random;
use super::retry::Span;
use super::scheme::{Context, Fresh, Place};
use super::verdict::{Reason, Verdict};

/// What is wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tamper {
    /// A character of the body is another.
    Body,
    /// A character of the signature is another.
    Signature,
    /// Another secret signed it.
    Secret,
    /// It was signed at another time, so long from now.
    Timestamp(SignedDuration),
    /// The signature's header is not there.
    MissingHeader,
    /// The signature's header is there twice.
    Duplicate,
    /// The fields of the body stand in another order.
    Reorder,
    /// The body says the same in other bytes.
    Reencode,
}

/// The kinds as they are written; a timestamp has its distance behind it.
const WORDS: [(&str, Tamper); 7] = [
    ("body", Tamper::Body),
    ("signature", Tamper::Signature),
    ("secret", Tamper::Secret),
    ("missing-header", Tamper::MissingHeader),
    ("duplicate", Tamper::Duplicate),
    ("reorder", Tamper::Reorder),
    ("reencode", Tamper::Reencode),
];

impl Tamper {
    /// The word it is written with.
    #[must_use]
    pub fn word(self) -> &'static str {
        let all = WORDS.iter().find(|(_, own)| *own == self);
        all.map_or("timestamp", |(word, _)| word)
    }
}

impl FromStr for Tamper {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some((_, own)) = WORDS.iter().find(|(word, _)| *word == text) {
            return Ok(*own);
        }
        let distance = text.strip_prefix("timestamp=").and_then(|distance| {
            let (sign, span) = match distance.strip_prefix('-') {
                Some(span) => (-1, span),
                None => (1, distance.strip_prefix('+').unwrap_or(distance)),
            };
            let span: Span = span.parse().ok()?;
            Some(SignedDuration::try_from(span.0).ok()? * sign)
        });
        let words = WORDS.map(|(word, _)| word).join(", ");
        distance
            .map(Self::Timestamp)
            .ok_or_else(|| format!("expected one of {words} or a time such as timestamp=-10m"))
    }
}

/// Why a request is not tampered with.
#[derive(Debug, Error)]
pub enum TamperError {
    /// It cannot be composed.
    #[error(transparent)]
    Compose(#[from] ComposeError),
    /// It would verify all the same, or there is nothing to change.
    #[error("`{0}` means nothing to scheme `{1}`: {2}")]
    NoMeaning(&'static str, String, &'static str),
}

/// Signs a request and changes it in each of these ways, of which each alone makes it invalid.
///
/// # Errors
/// [`TamperError`]
pub fn tampered(
    unsigned: &Message,
    kinds: &[Tamper],
    signing: Signing<'_>,
    occasion: Occasion<'_>,
    random: &mut Random,
) -> Result<Message, TamperError> {
    let signed = |kinds: &[Tamper], random: &mut Random| {
        let mut message = unsigned.clone();
        sign(&mut message, kinds, signing, occasion, random)?;
        Ok::<_, TamperError>(message)
    };
    let judge = |message: &Message| {
        let context = Context {
            now: occasion.now,
            url: Some(occasion.url),
            tolerance: None,
            max_age: None,
            key_id: signing.key_id,
        };
        let view = View::new(message);
        signing.scheme.verify(&view, signing.keys, &context)
    };
    // A private key need not verify; then nothing is known beforehand.
    let known = judge(&signed(&[], random)?).is_valid();
    let verdict = |message: &Message| known.then(|| judge(message));
    for kind in kinds {
        let mut alone = signed(&[*kind], random)?;
        change(&mut alone, *kind, signing, &verdict)?;
        if verdict(&alone).is_some_and(|verdict| verdict.is_valid()) {
            return Err(no_meaning(*kind, signing, "it would verify all the same"));
        }
    }
    let mut message = signed(kinds, random)?;
    for kind in kinds {
        change(&mut message, *kind, signing, &verdict)?;
    }
    Ok(message)
}

fn no_meaning(kind: Tamper, signing: Signing<'_>, why: &'static str) -> TamperError {
    TamperError::NoMeaning(kind.word(), signing.scheme.name.clone(), why)
}

fn sign(
    message: &mut Message,
    kinds: &[Tamper],
    signing: Signing<'_>,
    mut occasion: Occasion<'_>,
    random: &mut Random,
) -> Result<(), TamperError> {
    let mut other = None;
    for kind in kinds {
        match kind {
            Tamper::Timestamp(distance) => {
                occasion.now = occasion
                    .now
                    .saturating_add(*distance)
                    .unwrap_or(occasion.now);
            }
            Tamper::Secret => {
                let secret = match signing.scheme.fresh_secret(random) {
                    Some(Fresh::Shared(secret)) => secret,
                    Some(Fresh::Pair { private, .. }) => private,
                    None => {
                        let why = "no key of its kind can be made up";
                        return Err(no_meaning(*kind, signing, why));
                    }
                };
                let key = signing.scheme.read_key(&secret);
                let why = "no key of its kind can be made up";
                other = Some([key.map_err(|_| no_meaning(*kind, signing, why))?]);
            }
            _ => {}
        }
    }
    let keys = other.as_ref().map_or(signing.keys, |own| own.as_slice());
    compose::sign(message, Signing { keys, ..signing }, occasion)?;
    Ok(())
}

fn change(
    message: &mut Message,
    kind: Tamper,
    signing: Signing<'_>,
    verdict: &dyn Fn(&Message) -> Option<Verdict>,
) -> Result<(), TamperError> {
    let place = &signing.scheme.signature.place;
    let header = match place {
        Place::Header { name, .. } => Some(name.clone()),
        Place::Numbered(base) => Some(format!("{base}1")),
        Place::Json(_) | Place::Form(_) | Place::Query(_) => None,
    };
    let header = || {
        let why = "the signature stands in no header";
        header.clone().ok_or_else(|| no_meaning(kind, signing, why))
    };
    let bytes = |found: Option<Vec<u8>>, why| found.ok_or_else(|| no_meaning(kind, signing, why));
    match kind {
        Tamper::Secret | Tamper::Timestamp(_) => {}
        Tamper::MissingHeader => message.headers.remove(&header()?),
        Tamper::Duplicate => {
            let name = header()?;
            let value = message.headers.first(&name).unwrap_or_default().to_vec();
            message.headers.push(name, value);
        }
        Tamper::Body => {
            let made = other_text(&message.body, &|body| {
                let changed = with_body(message, body);
                verdict(&changed).is_none_or(|own| !own.is_valid())
            });
            message.body = bytes(made, "no change of the body breaks the signature")?.into();
        }
        Tamper::Signature => {
            let made = other_signature(message, place, verdict);
            *message = made.ok_or_else(|| no_meaning(kind, signing, "no signature is found"))?;
        }
        Tamper::Reorder => {
            let made = reordered(&message.body);
            message.body = bytes(made, "the body has no fields to reorder")?.into();
        }
        Tamper::Reencode => {
            let made = reencoded(&message.body);
            message.body = bytes(made, "the body cannot be written in another way")?.into();
        }
    }
    Ok(())
}

fn with_body(message: &Message, body: &[u8]) -> Message {
    Message {
        body: body.to_vec().into(),
        ..message.clone()
    }
}

/// A text with one letter or digit for another of its kind, from the end on the first that fits.
fn other_text(text: &[u8], fits: &dyn Fn(&[u8]) -> bool) -> Option<Vec<u8>> {
    (0..text.len()).rev().take(LOOKED_AT).find_map(|at| {
        let other = match text[at] {
            b'9' | b'z' | b'Z' => text[at] - 1,
            own if own.is_ascii_alphanumeric() => own + 1,
            _ => return None,
        };
        // `true`, `null` and the like stay what they are.
        let mut made = text.to_vec();
        made[at] = other;
        let was_json = serde_json::from_slice::<serde::de::IgnoredAny>(text).is_ok();
        let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(&made).is_ok();
        (was_json == is_json && fits(&made)).then_some(made)
    })
}

/// So many characters are tried.
const LOOKED_AT: usize = 512;

/// The message with another signature, which still looks like one.
fn other_signature(
    message: &Message,
    place: &Place,
    verdict: &dyn Fn(&Message) -> Option<Verdict>,
) -> Option<Message> {
    let mismatch = |made: &Message| {
        let verdict = verdict(made);
        verdict.is_none_or(|own| own == Verdict::Invalid(Reason::Mismatch))
    };
    let header = |name: &str| {
        let with = |value: &[u8]| {
            let mut made = message.clone();
            made.headers.set(name, value);
            made
        };
        let value = message.headers.first(name)?;
        other_text(value, &|value| mismatch(&with(value))).map(|value| with(&value))
    };
    match place {
        Place::Header { name, .. } => header(name),
        Place::Numbered(base) => header(&format!("{base}1")),
        Place::Query(name) => {
            let start = message.target.find(&format!("{name}="))? + name.len() + 1;
            let with = |value: &[u8]| {
                let value = String::from_utf8_lossy(value);
                let target = format!("{}{value}", &message.target[..start]);
                Message {
                    target,
                    ..message.clone()
                }
            };
            let value = &message.target.as_bytes()[start..];
            other_text(value, &|value| mismatch(&with(value))).map(|value| with(&value))
        }
        Place::Json(_) | Place::Form(_) => {
            let text = match place {
                Place::Json(pointer) => View::new(message).text_at(pointer)?,
                Place::Form(name) => {
                    let mut fields = form_urlencoded::parse(&message.body);
                    let value = fields.find(|(own, _)| own == name)?.1.into_owned();
                    form_urlencoded::byte_serialize(value.as_bytes()).collect()
                }
                _ => return None,
            };
            let windows = message.body.windows(text.len().max(1));
            let start = windows.into_iter().position(|own| own == text.as_bytes())?;
            let with = |value: &[u8]| {
                let (before, after) = message.body.split_at(start);
                with_body(message, &[before, value, &after[text.len()..]].concat())
            };
            other_text(text.as_bytes(), &|value| mismatch(&with(value))).map(|value| with(&value))
        }
    }
}

/// The fields of a JSON object, or of a form, from last to first.
fn reordered(body: &[u8]) -> Option<Vec<u8>> {
    let made = match serde_json::from_slice(body) {
        Ok(Value::Object(fields)) => {
            let turned: serde_json::Map<_, _> = fields.into_iter().rev().collect();
            Value::Object(turned).to_string().into_bytes()
        }
        Ok(_) => return None,
        Err(_) => {
            let mut fields: Vec<&[u8]> = body.split(|&byte| byte == b'&').collect();
            fields.reverse();
            fields.join(&b'&')
        }
    };
    (made != body).then_some(made)
}

/// JSON with its fields in lines of their own; a form with `%20` for each space.
fn reencoded(body: &[u8]) -> Option<Vec<u8>> {
    let made = match serde_json::from_slice::<Value>(body) {
        Ok(json) => serde_json::to_vec_pretty(&json).ok()?,
        Err(_) => std::str::from_utf8(body).ok()?.replace('+', "%20").into(),
    };
    (made != body).then_some(made)
}

#[cfg(test)]
mod tests {
    use super::super::provider::Provider;
    use super::super::template::Filler;
    use super::*;
    use crate::providers::Catalog;

    const URL: &str = "https://example.com/hooks";
    const KINDS: [Tamper; 8] = [
        Tamper::Body,
        Tamper::Signature,
        Tamper::Secret,
        Tamper::Timestamp(SignedDuration::from_mins(-10)),
        Tamper::MissingHeader,
        Tamper::Duplicate,
        Tamper::Reorder,
        Tamper::Reencode,
    ];

    /// The slug of what is wrong with the first event of a provider, or why nothing is.
    fn told(provider: &Provider, kind: Tamper) -> Result<String, TamperError> {
        let now = jiff::Timestamp::from_second(1_700_000_000).expect("in range");
        let filler = Filler::new(now, Random::from_text("1"));
        let id = compose::delivery_id(provider, &filler).expect("fits");
        let scheme = &provider.schemes[0];
        let Some(Fresh::Shared(secret)) = scheme.fresh_secret(&mut Random::from_text("1")) else {
            return Ok("a pair".to_owned());
        };
        let keys = [scheme.read_key(&secret).expect("a key")];
        let signing = Signing {
            scheme,
            keys: &keys,
            key_id: Some("key"),
        };
        let occasion = Occasion {
            id: &id,
            now,
            url: URL,
        };
        let event = &provider.events[0];
        let body = compose::sample(event, &id, &filler)?;
        let body = compose::as_sent(provider, event, body);
        let unsigned = compose::request(provider, event, body, None, occasion, &filler)?;
        let mut random = Random::from_text("2");
        let message = tampered(&unsigned, &[kind], signing, occasion, &mut random)?;
        let context = Context {
            now,
            url: Some(URL),
            tolerance: None,
            max_age: None,
            key_id: Some("key"),
        };
        let verdict = scheme.verify(&View::new(&message), &keys, &context);
        Ok(verdict.reason().unwrap_or("valid").to_owned())
    }

    #[test]
    fn each_kind_is_found_out_for_every_provider_or_refused() {
        let catalog = Catalog::default();
        let mut found = 0;
        for name in catalog.names() {
            let provider = catalog.whole(name).expect("there");
            if provider.schemes.is_empty() || provider.events.is_empty() {
                continue;
            }
            for kind in KINDS {
                match told(&provider, kind) {
                    Ok(reason) => {
                        assert_ne!(reason, "valid", "{name} {kind:?}");
                        found += 1;
                    }
                    Err(TamperError::NoMeaning(word, ..)) => assert_eq!(word, kind.word()),
                    Err(TamperError::Compose(ComposeError::Sign(_))) => {}
                    Err(error) => panic!("{name} {kind:?}: {error}"),
                }
            }
        }
        assert!(found > 200, "{found}");
    }

    #[test]
    fn the_reason_is_that_of_the_kind() {
        let catalog = Catalog::default();
        let stripe = catalog.whole("stripe").expect("there");
        let reasons = KINDS.map(|kind| told(&stripe, kind).expect("a meaning"));
        assert_eq!(
            reasons,
            [
                "mismatch",
                "mismatch",
                "mismatch",
                "stale",
                "missing-header",
                "repeated-header",
                "mismatch",
                "mismatch"
            ]
        );
        let github = catalog.whole("github").expect("there");
        let error = told(&github, KINDS[3]).expect_err("it signs no time");
        assert!(error.to_string().contains("`timestamp`"), "{error}");
    }

    #[test]
    fn kinds_are_read_as_they_are_written() {
        for (word, kind) in WORDS {
            assert_eq!(word.parse(), Ok(kind));
            assert_eq!(kind.word(), word);
        }
        assert_eq!("timestamp=-10m".parse(), Ok(KINDS[3]));
        let ahead = Tamper::Timestamp(SignedDuration::from_secs(5));
        assert_eq!("timestamp=+5s".parse(), Ok(ahead));
        for text in ["", "timestamp", "timestamp=", "timestamp=--1s", "Body"] {
            assert!(text.parse::<Tamper>().is_err(), "{text}");
        }
    }
}
