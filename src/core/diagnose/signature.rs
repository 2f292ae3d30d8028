//! Probes of the signature's own text: its writing, what stands around it, its end, its hash.

use base64::Engine;
use base64::prelude::{
    BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD,
};
use subtle::ConstantTimeEq;

use super::search::Search;
use super::{Cause, Finding, form};
use crate::core::event::{View, form_value, query_value};
use crate::core::message::Message;
use crate::core::scheme::{Algorithm, Encoding, Place, Scheme, SignedText};
use crate::core::verdict::Verdict;

/// Shorter texts are no signature.
const SHORTEST: usize = 16;
/// Longer values are not looked at.
const LONGEST: usize = 2048;
/// So many texts of a message are taken for signatures.
const TOKENS: usize = 64;

/// A text that may be the signature.
struct Token {
    text: String,
    /// The header it stands in, where that is not the scheme's own.
    header: Option<String>,
}

/// The text of the signature against the tags it should be.
pub(super) fn text(search: &mut Search<'_>, _: &Verdict) -> Option<Vec<Finding>> {
    let (tokens, messages) = read(search);
    messages
        .iter()
        .find_map(|message| compare(search, search.scheme, message, &tokens))
        .or_else(|| pair(search, &tokens))
}

/// Other hashes, by the signature's length, and hashes without HMAC.
pub(super) fn algorithm(search: &mut Search<'_>, _: &Verdict) -> Option<Vec<Finding>> {
    let scheme = search.scheme;
    if scheme.algorithm.has_pair() || scheme.algorithm == Algorithm::Token {
        return None;
    }
    let (tokens, messages) = read(search);
    let own = scheme.algorithm;
    let macs = [
        ("HMAC-SHA1", Algorithm::HmacSha1),
        ("HMAC-SHA256", Algorithm::HmacSha256),
        ("HMAC-SHA384", Algorithm::HmacSha384),
        ("HMAC-SHA512", Algorithm::HmacSha512),
    ];
    let plain = [("SHA-1", Algorithm::Sha1), ("SHA-256", Algorithm::Sha256)];
    let texts = [
        "{body}",
        "{secret}{body}",
        "{body}{secret}",
        "{secret}.{body}",
    ];
    let macs = macs.map(|(name, algorithm)| {
        let other = Scheme {
            algorithm,
            ..scheme.clone()
        };
        let own = macs.iter().find(|(_, mac)| *mac == own);
        let own = own.map_or("a plain hash", |(name, _)| name);
        let change = format!("would match if it were made with {name}, not {own}");
        (Cause::Algorithm, change, other)
    });
    let plain = plain.into_iter().flat_map(|(name, algorithm)| {
        texts.into_iter().filter_map(move |text| {
            let other = Scheme {
                algorithm,
                signed: SignedText::try_from(text.to_owned()).ok()?,
                signed_by: None,
                ..scheme.clone()
            };
            let shown = text.replace("}{", " + ").replace(['{', '}'], "");
            let change = format!("would match if it were a plain {name} of `{shown}`, not HMAC");
            Some((Cause::PlainHash, change, other))
        })
    });
    for (cause, change, other) in macs.into_iter().chain(plain) {
        let length = other.algorithm.tag_length().unwrap_or_default();
        let fits = |token: &Token| lengths(&token.text).contains(&length);
        if other.algorithm == own && other.signed == scheme.signed || !tokens.iter().any(fits) {
            continue;
        }
        let found = messages
            .iter()
            .find_map(|message| compare(search, &other, message, &tokens));
        if found.is_some() {
            return Some(vec![Finding::new(cause, change)]);
        }
    }
    None
}

/// The texts of a message that may be signatures, and messages whose claim can be read, so that
/// what should stand there can be computed.
fn read(search: &Search<'_>) -> (Vec<Token>, Vec<Message>) {
    let (scheme, view) = (search.scheme, search.view);
    let values = values(scheme, view);
    let mut tokens: Vec<Token> = values
        .iter()
        .flat_map(|value| pieces(value))
        .map(|text| Token { text, header: None })
        .collect();
    let own = scheme.signature.place.headers();
    let is_own = |name: &str| own.iter().any(|own| own.eq_ignore_ascii_case(name));
    let headers = view.message().headers.iter();
    for (name, value) in headers.filter(|(name, _)| !is_own(name)) {
        let value = std::str::from_utf8(value).unwrap_or_default();
        let header = Some(name.to_owned());
        tokens.extend(pieces(value).map(|text| Token {
            text,
            header: header.clone(),
        }));
    }
    tokens.truncate(TOKENS);
    let messages = if tokens.is_empty() {
        Vec::new()
    } else if scheme.claim(view).is_ok() {
        vec![view.message().clone()]
    } else {
        readable(scheme, view, &values)
    };
    (tokens, messages)
}

/// The values at the scheme's own place.
fn values(scheme: &Scheme, view: &View<'_>) -> Vec<String> {
    let message = view.message();
    match &scheme.signature.place {
        Place::Json(pointer) => view.text_at(pointer).into_iter().collect(),
        Place::Form(name) => form_value(&message.body, name).into_iter().collect(),
        Place::Query(name) => query_value(&message.target, name).into_iter().collect(),
        place => {
            let names = place.headers();
            let values = names.iter().flat_map(|name| message.headers.all(name));
            let texts = values.filter_map(|value| std::str::from_utf8(value).ok());
            texts.map(str::to_owned).collect()
        }
    }
}

/// The message with a signature in the scheme's layout, with each timestamp that may be meant.
fn readable(scheme: &Scheme, view: &View<'_>, values: &[String]) -> Vec<Message> {
    let Some(name) = scheme.signature.place.header() else {
        return Vec::new();
    };
    let message = view.message();
    let mut times: Vec<&str> = Vec::new();
    if scheme.signature.layout.carries_timestamp() {
        let others = message.headers.iter();
        let others = others.filter_map(|(_, value)| std::str::from_utf8(value).ok());
        for value in values.iter().map(String::as_str).chain(others) {
            let parts = value.split([',', ';', ' ', '&', '=', '"', '.']);
            let is_time = |part: &&str| {
                (10..=13).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
            };
            times.extend(parts.filter(is_time));
        }
        times.dedup();
        times.truncate(3);
    } else {
        times.push("");
    }
    let digest = scheme.signature.encoding.encode(&[0]);
    let made = times.into_iter().map(|time| {
        let mut changed = message.clone();
        let signature = &scheme.signature.layout;
        changed.headers.set(
            &name,
            signature.render(std::slice::from_ref(&digest), time, ""),
        );
        changed
    });
    made.filter(|made| scheme.claim(&View::new(made)).is_ok())
        .collect()
}

/// The pieces of a value that are long enough for a signature.
fn pieces(value: &str) -> impl Iterator<Item = String> {
    let value = if value.len() > LONGEST { "" } else { value };
    let whole = std::iter::once(value.trim());
    let parts = value.split([',', ';', ' ', '&', '|', '"', '\'', ':']);
    let after = parts
        .clone()
        .filter_map(|part| Some(part.split_once('=')?.1));
    let mut pieces: Vec<String> = whole.chain(parts).chain(after).map(str::to_owned).collect();
    // What a query's parser makes of base64, and what an encoder does.
    if value.contains('%') {
        pieces.push(form::unescaped(value));
    }
    let start = value.rfind(',').map_or(0, |comma| comma + 1);
    if value[start..].trim().contains(' ') {
        pieces.push(value[start..].trim().replace(' ', "+"));
    }
    pieces.sort_by_key(String::len);
    pieces.dedup();
    pieces.into_iter().filter(|text| text.len() >= SHORTEST)
}

/// How many bytes a text may stand for.
fn lengths(text: &str) -> Vec<usize> {
    let hex = hex::decode(text).ok();
    let base64 = BASE64_STANDARD_NO_PAD
        .decode(text.trim_end_matches('='))
        .ok();
    let url = BASE64_URL_SAFE_NO_PAD
        .decode(text.trim_end_matches('='))
        .ok();
    let twice = base64.as_ref().and_then(|inner| hex::decode(inner).ok());
    let all = [hex, base64, url, twice].into_iter().flatten();
    all.map(|bytes| bytes.len()).collect()
}

/// Which of the texts is one of the tags that sign the message, and how it is written.
fn compare(
    search: &mut Search<'_>,
    scheme: &Scheme,
    message: &Message,
    tokens: &[Token],
) -> Option<Vec<Finding>> {
    if !search.spend_keys(message.body.len()) {
        return None;
    }
    search.tried += 1;
    let view = View::new(message);
    let tags = scheme.expected(&view, &search.keys, &search.context());
    let whole = tokens.iter().find_map(|token| {
        let written = tags
            .iter()
            .find_map(|(_, tag)| written(scheme, tag, &token.text))?;
        Some(told(scheme, token, written))
    });
    whole.or_else(|| {
        let own = tokens.iter().filter(|token| token.header.is_none());
        let mut cuts = own.filter_map(|token| {
            tags.iter()
                .find_map(|(_, tag)| cut(scheme, tag, &token.text))
        });
        cuts.next().map(|finding| vec![finding])
    })
}

/// How a signature is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Written {
    /// As the scheme does.
    Own,
    /// In upper-case hexadecimal digits.
    Upper,
    /// In this way.
    As(&'static str),
}

fn same(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

fn written(scheme: &Scheme, tag: &[u8], text: &str) -> Option<Written> {
    let encoding = scheme.signature.encoding;
    let is_hex = matches!(encoding, Encoding::Hex | Encoding::HexLower);
    if tag.is_empty() || same(text, &encoding.encode(tag)) {
        return Some(Written::Own).filter(|_| !tag.is_empty());
    }
    let digits = hex::encode(tag);
    if same(&text.to_ascii_lowercase(), &digits) {
        return Some(if encoding == Encoding::HexLower {
            Written::Upper
        } else if is_hex {
            Written::Own
        } else {
            Written::As("hex")
        });
    }
    let ways = [
        ("base64", BASE64_STANDARD.encode(tag)),
        ("base64url", BASE64_URL_SAFE.encode(tag)),
        ("base64 without padding", BASE64_STANDARD_NO_PAD.encode(tag)),
        (
            "base64url without padding",
            BASE64_URL_SAFE_NO_PAD.encode(tag),
        ),
        ("base64 of its hex digits", BASE64_STANDARD.encode(&digits)),
        (
            "hex of its base64 text",
            hex::encode(BASE64_STANDARD.encode(tag)),
        ),
    ];
    let found = ways.iter().find(|(_, way)| same(text, way));
    found.map(|(name, _)| Written::As(name))
}

fn told(scheme: &Scheme, token: &Token, written: Written) -> Vec<Finding> {
    let place = scheme.signature.place.describe();
    let mut findings = Vec::new();
    if let Some(header) = &token.header {
        let change = format!("would match if the signature stood in {place}, not in `{header}`");
        findings.push(Finding::new(Cause::SignatureHeader, change));
    }
    match written {
        Written::Own if token.header.is_some() => {}
        Written::Own => {
            let shape = scheme.signature.layout.shape(scheme.signature.encoding);
            let change = format!("would match if {place} were written as `{shape}`");
            findings.push(Finding::new(Cause::SignatureLayout, change));
        }
        Written::Upper => {
            let change = "would match if the signature were in lower-case hex";
            findings.push(Finding::new(Cause::SignatureCase, change));
        }
        Written::As(way) => {
            let own = match scheme.signature.encoding {
                Encoding::Hex | Encoding::HexLower => "hex",
                Encoding::Base64 => "base64",
                Encoding::Base64url => "base64url",
                Encoding::Base64urlNopad => "base64url without padding",
                Encoding::Text => "plain text",
            };
            let change =
                format!("would match if the signature were written in {own}, not in {way}");
            findings.push(Finding::new(Cause::SignatureEncoding, change));
        }
    }
    findings
}

/// A signature whose end is missing: at least half of it must be there.
fn cut(scheme: &Scheme, tag: &[u8], text: &str) -> Option<Finding> {
    if tag.is_empty() || scheme.algorithm == Algorithm::Token {
        return None;
    }
    let own = scheme.signature.encoding.encode(tag);
    let (found, whole) = (text.len(), own.len());
    let start = own.get(..found)?;
    if found * 2 < whole || found == whole || !same(start, text) {
        return None;
    }
    let change =
        format!("the signature is cut off: {found} of {whole} characters are there, and right");
    Some(Finding::new(Cause::SignatureCut, change))
}

/// Signatures of key pairs cannot be computed: each reading of the text is put to the engine.
fn pair(search: &mut Search<'_>, tokens: &[Token]) -> Option<Vec<Finding>> {
    let scheme = search.scheme;
    let name = scheme.signature.place.header()?;
    if !scheme.algorithm.has_pair() || scheme.signed_by.is_some() {
        return None;
    }
    let claim = scheme.claim(search.view).ok();
    let group = claim.and_then(|claim| claim.groups.into_iter().next());
    let time = group.map(|group| group.timestamp).unwrap_or_default();
    for token in tokens.iter().take(8) {
        let text = token.text.as_str();
        let bare = text.trim_end_matches('=');
        let ways = [
            (Written::As("hex"), hex::decode(text).ok()),
            (
                Written::As("base64"),
                BASE64_STANDARD_NO_PAD.decode(bare).ok(),
            ),
            (
                Written::As("base64url"),
                BASE64_URL_SAFE_NO_PAD.decode(bare).ok(),
            ),
        ];
        for (way, bytes) in ways {
            let Some(bytes) = bytes else { continue };
            let own = scheme.signature.encoding.encode(&bytes);
            let mut message = search.message().clone();
            let value = scheme
                .signature
                .layout
                .render(std::slice::from_ref(&own), &time, "");
            if message.headers.first(&name) == Some(value.as_bytes()) {
                continue;
            }
            message.headers.set(&name, value);
            if search.proves_message(&message) {
                let way = if own == text { Written::Own } else { way };
                return Some(told(scheme, token, way));
            }
        }
    }
    None
}
