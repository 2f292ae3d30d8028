//! A secret read otherwise: cleaned, decoded, with another prefix, as a sender may have it.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};

use super::{Cause, form};
use crate::core::scheme::{Algorithm, KeyForm, Scheme};
use crate::core::secret::Secret;

/// Standard Webhooks' prefix.
const WHSEC: &str = "whsec_";

/// A secret read otherwise: what is told of it, the form and the text.
pub(super) struct Variant {
    pub(super) cause: Cause,
    pub(super) change: String,
    pub(super) form: KeyForm,
    pub(super) secret: Secret,
}

fn variant(
    cause: Cause,
    change: impl Into<String>,
    form: KeyForm,
    secret: impl Into<Vec<u8>>,
) -> Variant {
    Variant {
        cause,
        change: change.into(),
        form,
        secret: Secret::new(secret),
    }
}

/// White space, quotes and names around it; the last is the cleanest.
pub(super) fn cleaned(scheme: &Scheme, text: &str) -> Vec<Variant> {
    const INVISIBLE: [char; 4] = ['\u{feff}', '\u{200b}', '\u{a0}', '\0'];
    let form = scheme.key;
    let mut all = Vec::new();
    let space = |char: char| char.is_whitespace() || INVISIBLE.contains(&char);
    let mut clean = text.trim_matches(space);
    if clean != text {
        all.push(variant(
            Cause::SecretSpace,
            "had no white space around it",
            form,
            clean,
        ));
    }
    if let Some(value) = after_name(clean) {
        clean = unquoted(value.trim_matches(space)).unwrap_or(value.trim_matches(space));
        let change = "were only what stands after the `=`";
        all.push(variant(Cause::SecretName, change, form, clean));
    } else if let Some(inner) = unquoted(clean) {
        clean = inner.trim_matches(space);
        all.push(variant(
            Cause::SecretQuotes,
            "had no quotes around it",
            form,
            clean,
        ));
    }
    // White space in the midst comes from a line that was broken where it was copied.
    if clean.contains(space) && scheme.key != KeyForm::Basic {
        let joined = clean.replace(space, "");
        all.push(variant(
            Cause::SecretSpace,
            "had no white space in it",
            form,
            joined,
        ));
    }
    all
}

/// What stands after `NAME=` or `export NAME=`.
fn after_name(text: &str) -> Option<&str> {
    let (name, value) = text.split_once('=')?;
    let name = name.trim();
    let name = name.strip_prefix("export ").unwrap_or(name);
    let part = |char: char| char.is_ascii_uppercase() || char.is_ascii_digit() || char == '_';
    (name.len() >= 3 && name.chars().all(part) && !value.is_empty()).then_some(value)
}

fn unquoted(text: &str) -> Option<&str> {
    const QUOTES: [(char, char); 5] =
        [('"', '"'), ('\'', '\''), ('`', '`'), ('“', '”'), ('<', '>')];
    let mut inner = QUOTES
        .iter()
        .filter_map(|(open, close)| text.strip_prefix(*open)?.strip_suffix(*close));
    inner.find(|inner| !inner.is_empty())
}

/// The same text decoded where the scheme takes it as it is, or as it is where the scheme decodes.
pub(super) fn decoded(scheme: &Scheme, text: &str) -> Vec<Variant> {
    use KeyForm::{Base64, Hex, PemOrBase64, Sha1, Utf8, Utf8Nfkd, Whsec, WhsecOrText};
    let rest = text.strip_prefix(WHSEC);
    let base64 = |text: &str| {
        let variant = |bytes| {
            let change = "were decoded from base64";
            variant(Cause::SecretBase64, change, Utf8, bytes)
        };
        let url = BASE64_URL_SAFE_NO_PAD.decode(text.trim_end_matches('='));
        let bytes = BASE64_STANDARD.decode(text).or(url);
        // Of a few letters many are base64 by chance; no key is so short.
        bytes.ok().filter(|bytes| bytes.len() >= 8).map(variant)
    };
    let hex = || {
        variant(
            Cause::SecretHex,
            "were decoded from hexadecimal digits",
            Hex,
            text,
        )
    };
    let as_text = |cause, change: &str| variant(cause, change, Utf8, text);
    let mut all = Vec::new();
    match scheme.key {
        Utf8 | Utf8Nfkd | Sha1 => {
            if rest.is_some() {
                let change = "were decoded from base64 after its `whsec_`";
                all.push(variant(Cause::SecretPrefix, change, Whsec, text));
            }
            all.extend(base64(text));
            all.push(hex());
        }
        WhsecOrText if rest.is_none() => {
            all.extend(base64(text));
            all.push(hex());
        }
        Whsec | WhsecOrText => {
            if let Some(rest) = rest {
                let change = "were taken as text, its `whsec_` included, not decoded from base64";
                all.push(as_text(Cause::SecretPrefix, change));
                let change = "were the text after `whsec_`, not decoded from base64";
                all.push(variant(Cause::SecretBase64, change, Utf8, rest));
                all.extend(base64(rest));
            } else {
                let change = "were taken as text, not decoded from base64";
                all.push(as_text(Cause::SecretBase64, change));
                let change = "were taken as text with `whsec_` before it, not decoded from base64";
                let whole = format!("{WHSEC}{text}");
                all.push(variant(Cause::SecretPrefix, change, Utf8, whole));
            }
            all.push(hex());
        }
        Base64 | PemOrBase64 => {
            let change = "were taken as text, not decoded from base64";
            all.push(as_text(Cause::SecretBase64, change));
            all.extend(base64(text));
            all.push(hex());
        }
        Hex => {
            let change = "were taken as text, not decoded from hexadecimal digits";
            all.push(as_text(Cause::SecretHex, change));
            all.extend(base64(text));
        }
        _ => {}
    }
    all
}

/// The secret with the provider's own prefix, or without a prefix.
pub(super) fn prefixed(scheme: &Scheme, text: &str) -> Vec<Variant> {
    const USUAL: [&str; 5] = [WHSEC, "v1,", "v1,whsec_", "Bearer ", "sha256="];
    let own = scheme.key_shape.as_deref().and_then(|shape| {
        let (start, _) = shape.split_once('*')?;
        (!start.is_empty()).then_some(start)
    });
    let mut all = Vec::new();
    for prefix in USUAL.into_iter().chain(own) {
        if let Some(rest) = text.strip_prefix(prefix) {
            let change = format!("had no prefix `{}`", prefix.trim_end());
            all.push(variant(Cause::SecretPrefix, change, scheme.key, rest));
        }
    }
    let decodes = matches!(scheme.key, KeyForm::Whsec | KeyForm::Base64 | KeyForm::Hex);
    for prefix in own.into_iter().chain([WHSEC]) {
        if !text.starts_with(prefix) && !decodes {
            let change = format!("had its prefix `{prefix}`");
            let whole = format!("{prefix}{text}");
            all.push(variant(Cause::SecretPrefix, change, scheme.key, whole));
        }
    }
    all
}

/// What a sender's side does to a secret that is clean here.
pub(super) fn of_sender(scheme: &Scheme, text: &str) -> Vec<Variant> {
    let form = scheme.key;
    let plain = KeyForm::Utf8;
    let key = form.key(Algorithm::HmacSha256, &Secret::new(text));
    let mut all = vec![
        variant(
            Cause::SecretSpace,
            "ended in a line break at the sender",
            plain,
            format!("{text}\n"),
        ),
        variant(
            Cause::SecretSpace,
            "ended in a line break (\\r\\n) at the sender",
            plain,
            format!("{text}\r\n"),
        ),
        variant(
            Cause::SecretSpace,
            "ended in a space at the sender",
            plain,
            format!("{text} "),
        ),
        variant(
            Cause::SecretQuotes,
            "stood in quotes at the sender",
            plain,
            format!("\"{text}\""),
        ),
        variant(
            Cause::SecretQuotes,
            "stood in quotes at the sender",
            plain,
            format!("'{text}'"),
        ),
    ];
    if key.is_ok() {
        let encoded = BASE64_STANDARD.encode(text);
        all.push(variant(
            Cause::SecretBase64,
            "were encoded in base64",
            plain,
            encoded,
        ));
        all.push(variant(
            Cause::SecretHex,
            "were encoded in hexadecimal digits",
            plain,
            hex::encode(text),
        ));
    }
    let percent = form::percent(text);
    let unescaped = form::unescaped(text);
    all.push(variant(
        Cause::SecretPercent,
        "were percent-encoded",
        form,
        percent,
    ));
    all.push(variant(
        Cause::SecretPercent,
        "were percent-decoded",
        form,
        unescaped,
    ));
    all.push(variant(
        Cause::SecretHex,
        "were in lower case",
        form,
        text.to_ascii_lowercase(),
    ));
    all.push(variant(
        Cause::SecretHex,
        "were in upper case",
        form,
        text.to_ascii_uppercase(),
    ));
    all
}
