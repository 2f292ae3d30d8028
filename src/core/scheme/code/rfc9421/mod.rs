//! HTTP Message Signatures (RFC 9421), with the digest of the body (RFC 9530).
//!
//! A message names what it signs, and may name the algorithm. The algorithm must fit the kind of the
//! key that was given, so that a message cannot turn a public key into the secret of a MAC. Nothing
//! need be covered; the proof says whether the body is.

mod base;
mod digest;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sfv::{BareItem, Dictionary, InnerList, ListEntry, Parser};
use subtle::ConstantTimeEq;

use self::base::Request;
use super::super::mac::Mac;
use super::super::{
    Algorithm, Check, Context, Key, Made, Piece, Scheme, SignError, Signed, Stamp, Tolerance, Trace,
};
use crate::core::event::View;
use crate::core::message::Headers;
use crate::core::secret::Secret;
use crate::core::verdict::{Coverage, Proof, Reason};

const INPUT: &str = "Signature-Input";
const SIGNATURE: &str = "Signature";
/// The label of a signature hookcat makes.
const LABEL: &str = "sig1";

/// The registered algorithms `ring` has; the first that fits a key signs.
const ALGORITHMS: [(&str, Algorithm); 5] = [
    ("hmac-sha256", Algorithm::HmacSha256),
    ("ed25519", Algorithm::Ed25519),
    ("ecdsa-p256-sha256", Algorithm::EcdsaP256Raw),
    ("rsa-pss-sha512", Algorithm::RsaPssSha512),
    ("rsa-v1_5-sha256", Algorithm::RsaSha256),
];

/// Whether a key is of the kind an algorithm takes.
fn fits(key: &Key, algorithm: Algorithm) -> bool {
    match key.pair() {
        Some(pair) => pair.fits(algorithm),
        None => algorithm == Algorithm::HmacSha256,
    }
}

fn malformed(name: &str, expected: &str) -> Reason {
    Reason::MalformedHeader {
        name: name.to_owned(),
        expected: expected.to_owned(),
    }
}

/// The lines of a dictionary field as one.
fn dictionary(headers: &Headers, name: &str) -> Result<Dictionary, Reason> {
    let value = base::field(headers, name)?;
    Parser::new(&value)
        .parse()
        .map_err(|_| malformed(name, "a dictionary of RFC 9651"))
}

/// What goes with the components of a signature.
struct Parameters<'a> {
    created: Option<i64>,
    expires: Option<i64>,
    key_id: Option<&'a str>,
    algorithm: Option<&'a str>,
}

impl<'a> Parameters<'a> {
    fn of(list: &'a InnerList) -> Result<Self, Reason> {
        let number = |name: &str| match list.params.get(name) {
            None => Ok(None),
            Some(BareItem::Integer(number)) => Ok(Some(i64::from(*number))),
            Some(_) => Err(malformed(INPUT, &format!("`{name}` as a whole number"))),
        };
        let text = |name: &str| match list.params.get(name) {
            None => Ok(None),
            Some(BareItem::String(text)) => Ok(Some(text.as_str())),
            Some(_) => Err(malformed(INPUT, &format!("`{name}` as a string"))),
        };
        text("nonce")?;
        text("tag")?;
        Ok(Self {
            created: number("created")?,
            expires: number("expires")?,
            key_id: text("keyid")?,
            algorithm: text("alg")?,
        })
    }

    /// The algorithms a signature may be of.
    fn algorithms(&self) -> Result<Vec<Algorithm>, Reason> {
        let is_named = |own: &&(&str, Algorithm)| self.algorithm.is_none_or(|name| name == own.0);
        let found: Vec<_> = ALGORITHMS
            .iter()
            .filter(is_named)
            .map(|own| own.1)
            .collect();
        if found.is_empty() {
            let names: Vec<_> = ALGORITHMS.iter().map(|(name, _)| *name).collect();
            return Err(malformed(
                INPUT,
                &format!("`alg` as one of {}", names.join(", ")),
            ));
        }
        Ok(found)
    }

    /// Seconds since the signature was made, if it is neither too old nor of the future.
    fn age(&self, scheme: &Scheme, context: &Context<'_>) -> Result<Option<i64>, Reason> {
        let now = context.now.as_second();
        let stale = |age: i64, limit: Option<i64>| match limit {
            Some(tolerance) if age > tolerance => Err(Reason::Stale { age, tolerance }),
            _ => Ok(()),
        };
        if let Some(expires) = self.expires {
            let limit = context.tolerance.map_or(Some(0), |own| own.past);
            stale(now.saturating_sub(expires), limit)?;
        }
        let rule = scheme.timestamp.as_ref();
        let limits = context
            .tolerance
            .or_else(|| rule.map(super::super::TimestampRule::tolerance));
        let age = self.created.map(|created| now.saturating_sub(created));
        if let Some(age) = age {
            stale(age, context.max_age)?;
        }
        let Some(Tolerance { past, future }) = limits else {
            return Ok(age);
        };
        if past.is_none() && future.is_none() {
            return Ok(age);
        }
        let seconds = age.ok_or_else(|| malformed(INPUT, "the time in `created`"))?;
        stale(seconds, context.max_age.or(past))?;
        match future {
            Some(tolerance) if -seconds > tolerance => Err(Reason::Future {
                ahead: -seconds,
                tolerance,
            }),
            _ => Ok(age),
        }
    }
}

pub(super) fn prove(
    scheme: &Scheme,
    view: &View<'_>,
    keys: &[Key],
    context: &Context<'_>,
) -> Result<Proof, Reason> {
    scheme.requirements(view.message())?;
    let headers = &view.message().headers;
    let request = Request {
        message: view.message(),
        url: context.url,
    };
    let values = dictionary(headers, SIGNATURE)?;
    let raw = base::field(headers, SIGNATURE)?;
    let inputs = dictionary(headers, INPUT)?;
    let (mut found, mut refusal) = (None, None);
    for (label, entry) in &inputs {
        let ListEntry::InnerList(list) = entry else {
            return Err(malformed(INPUT, "lists of components"));
        };
        let Some(ListEntry::Item(item)) = values.get(label.as_str()) else {
            continue;
        };
        let BareItem::ByteSequence(signature) = &item.bare_item else {
            return Err(malformed(SIGNATURE, "byte sequences"));
        };
        // The parser takes base64 that is not canonical; a valid signature must not vary.
        let written = format!("{label}=:{}:", BASE64_STANDARD.encode(signature));
        if !raw
            .windows(written.len())
            .any(|part| part == written.as_bytes())
        {
            refusal = Some(Reason::Mismatch);
            continue;
        }
        match prove_one(scheme, &request, list, signature, keys, context) {
            // One that covers the body says the most.
            Ok(proof) if proof.coverage == Coverage::Body => return Ok(proof),
            Ok(proof) => found = found.or(Some(proof)),
            Err(reason) => refusal = Some(reason),
        }
    }
    let none = || malformed(SIGNATURE, "a signature under a label of `Signature-Input`");
    found.ok_or_else(|| refusal.unwrap_or_else(none))
}

fn prove_one(
    scheme: &Scheme,
    request: &Request<'_>,
    list: &InnerList,
    signature: &[u8],
    keys: &[Key],
    context: &Context<'_>,
) -> Result<Proof, Reason> {
    let parameters = Parameters::of(list)?;
    if let (Some(own), Some(id)) = (context.key_id, parameters.key_id)
        && own != id
    {
        return Err(Reason::UnknownKey { id: id.to_owned() });
    }
    let base = base::signature_base(list, request)?;
    let algorithms = parameters.algorithms()?;
    let is_signed = |key: &Key| {
        let mut fitting = algorithms.iter().filter(|own| fits(key, **own));
        fitting.any(|algorithm| verifies(*algorithm, key, &base, signature))
    };
    let secret_index = keys.iter().position(is_signed).ok_or(Reason::Mismatch)?;
    let coverage = if base::covers_digest(list) {
        digest::check(request.message)?;
        Coverage::Body
    } else {
        Coverage::None
    };
    Ok(Proof {
        secret_index,
        coverage: scheme.coverage.unwrap_or(coverage),
        age: parameters.age(scheme, context)?,
    })
}

/// The base of each signature that can be read, a line each component.
pub(super) fn trace(
    scheme: &Scheme,
    view: &View<'_>,
    keys: &[Key],
    context: &Context<'_>,
) -> Result<Vec<Trace>, Reason> {
    let request = Request {
        message: view.message(),
        url: context.url,
    };
    let values = dictionary(&view.message().headers, SIGNATURE)?;
    let inputs = dictionary(&view.message().headers, INPUT)?;
    let mut traces = Vec::new();
    for (label, entry) in &inputs {
        let (ListEntry::InnerList(list), Some(ListEntry::Item(item))) =
            (entry, values.get(label.as_str()))
        else {
            continue;
        };
        let BareItem::ByteSequence(signature) = &item.bare_item else {
            continue;
        };
        let parameters = Parameters::of(list)?;
        let base = base::signature_base(list, &request)?;
        let algorithms = parameters.algorithms()?;
        let made = keys.iter().map(|key| {
            let mut fitting = algorithms.iter().filter(|own| fits(key, **own));
            let code = fitting.clone().find_map(|own| Mac::new(*own, key));
            Made {
                expected: code.map(|mut mac| {
                    mac.update(&base);
                    Secret::new(BASE64_STANDARD.encode(mac.finish()))
                }),
                matches: fitting.any(|own| verifies(*own, key, &base, signature)),
            }
        });
        let covers_body = base::covers_digest(list);
        let lines = base.split_inclusive(|byte| *byte == b'\n');
        traces.push(Trace {
            value: format!("{label}=:{}:", BASE64_STANDARD.encode(signature)),
            signatures: vec![BASE64_STANDARD.encode(signature)],
            key_id: parameters.key_id.map(str::to_owned),
            timestamp: parameters
                .created
                .map_or_else(String::new, |own| own.to_string()),
            age: parameters.age(scheme, context).ok().flatten(),
            made: made.collect(),
            pieces: lines.map(|line| Piece::shown("component", line)).collect(),
            checks: if covers_body {
                vec![Check {
                    what: "header `content-digest` is the digest of the body".to_owned(),
                    holds: digest::check(request.message).is_ok(),
                }]
            } else {
                Vec::new()
            },
            coverage: match (scheme.coverage, covers_body) {
                (Some(coverage), _) => coverage,
                (None, true) => Coverage::Body,
                (None, false) => Coverage::None,
            },
        });
    }
    Ok(traces)
}

fn verifies(algorithm: Algorithm, key: &Key, base: &[u8], signature: &[u8]) -> bool {
    if let Some(pair) = key.pair() {
        return pair.verifies(algorithm, base, signature);
    }
    Mac::new(algorithm, key).is_some_and(|mut mac| {
        mac.update(base);
        mac.finish().ct_eq(signature).into()
    })
}

/// Signs method, authority, path and query where the URL is known, and the body's digest.
pub(super) fn sign(keys: &[Key], stamp: &Stamp<'_>, view: &View<'_>) -> Result<Signed, SignError> {
    let key = keys.first().ok_or(SignError::NoKey)?;
    let mut message = view.message().clone();
    let digest = digest::of(&message.body);
    message.headers.set(digest::HEADER, digest.as_str());
    let mut names = vec!["@method"];
    if let Some(url) = stamp.url {
        names.extend(["@authority", "@path"]);
        names.extend(url.contains('?').then_some("@query"));
    }
    names.push("content-digest");
    let names: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    let mut input = format!(
        "{LABEL}=({});created={}",
        names.join(" "),
        stamp.now.as_second()
    );
    if let Some(id) = stamp.key_id {
        let id = id.replace('\\', r"\\").replace('"', "\\\"");
        input.push_str(&format!(";keyid=\"{id}\""));
    }
    let bad_id = || malformed(INPUT, "an id of the key in ASCII");
    let written: Dictionary = Parser::new(&input).parse().map_err(|_| bad_id())?;
    let Some(ListEntry::InnerList(list)) = written.get(LABEL) else {
        return Err(bad_id().into());
    };
    let request = Request {
        message: &message,
        url: stamp.url,
    };
    let base = base::signature_base(list, &request)?;
    let algorithm = ALGORITHMS.iter().find(|own| fits(key, own.1));
    let signature = algorithm
        .and_then(|(_, algorithm)| made(*algorithm, key, &base))
        .ok_or(SignError::PublicKeyOnly)?;
    let value = format!("{LABEL}=:{}:", BASE64_STANDARD.encode(signature));
    Ok(Signed {
        headers: vec![
            (digest::HEADER.to_owned(), digest),
            (INPUT.to_owned(), input),
            (SIGNATURE.to_owned(), value.clone()),
        ],
        value,
        ..Signed::default()
    })
}

fn made(algorithm: Algorithm, key: &Key, base: &[u8]) -> Option<Vec<u8>> {
    if let Some(pair) = key.pair() {
        return pair.sign(algorithm, base);
    }
    let mut mac = Mac::new(algorithm, key)?;
    mac.update(base);
    Some(mac.finish())
}

#[cfg(test)]
mod claims;
#[cfg(test)]
mod tests;
