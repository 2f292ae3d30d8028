//! Probes of the secret: what pasting, files and environments do to it, and how it becomes a key.

use zeroize::Zeroizing;

use super::search::Search;
use super::variant::{Variant, cleaned, decoded, of_sender, prefixed};
use super::{Cause, Finding};
use crate::core::scheme::{Algorithm, Key, KeyForm, Scheme};
use crate::core::secret::Secret;
use crate::core::verdict::Verdict;

/// More secrets than this are not taken apart.
const SECRETS: usize = 4;

/// What is usually at fault, and the other secrets at hand.
pub(super) fn likely(search: &mut Search<'_>, _: &Verdict) -> Option<Vec<Finding>> {
    let scheme = search.scheme;
    try_each(search, |text| {
        let mut all = cleaned(scheme, text);
        let clean = all.last().map_or(text, |own| text_of(&own.secret));
        let clean = Zeroizing::new(clean.to_owned());
        all.extend(decoded(scheme, &clean));
        all.extend(prefixed(scheme, &clean));
        all
    })
    .or_else(|| others(search))
}

/// What is seldom at fault: what the sender's side does to a secret, and a sender without one.
pub(super) fn rare(search: &mut Search<'_>, _: &Verdict) -> Option<Vec<Finding>> {
    let scheme = search.scheme;
    try_each(search, |text| of_sender(scheme, text)).or_else(|| unset(search))
}

/// The keys of the secrets without what pasting adds to them.
pub(super) fn clean_keys(search: &Search<'_>) -> Vec<(Finding, Key)> {
    let scheme = search.scheme;
    let variants = texts(search).into_iter().flat_map(|(name, secret)| {
        let all = cleaned(scheme, text_of(&secret)).into_iter();
        let all = all.chain(prefixed(scheme, text_of(&secret)));
        all.map(|own| (name.clone(), own)).collect::<Vec<_>>()
    });
    let keys = variants.filter_map(|(name, own)| Some((finding(&name, &own), key(scheme, &own)?)));
    keys.collect()
}

fn key(scheme: &Scheme, variant: &Variant) -> Option<Key> {
    variant.form.key(scheme.algorithm, &variant.secret).ok()
}

fn finding(name: &str, variant: &Variant) -> Finding {
    let change = format!("would match if {name} {}", variant.change);
    Finding::new(variant.cause, change)
}

fn text_of(secret: &Secret) -> &str {
    std::str::from_utf8(secret.expose()).unwrap_or_default()
}

/// The secrets for the provider that are text, each with what it is called.
fn texts(search: &Search<'_>) -> Vec<(String, Secret)> {
    if search.scheme.algorithm.has_pair() {
        return Vec::new();
    }
    let subject = search.subject;
    let all: Vec<_> = subject.keyring.secrets(&subject.provider.id).collect();
    let several = all.len() > 1;
    all.into_iter()
        .take(SECRETS)
        .filter(|(_, secret)| !text_of(secret).is_empty())
        .map(|(index, secret)| {
            let name = if several {
                format!("secret {}", index + 1)
            } else {
                "the secret".to_owned()
            };
            (name, secret.clone())
        })
        .collect()
}

fn try_each(
    search: &mut Search<'_>,
    variants: impl Fn(&str) -> Vec<Variant>,
) -> Option<Vec<Finding>> {
    for (name, secret) in texts(search) {
        let mut before: Vec<(KeyForm, Secret)> = vec![(search.scheme.key, secret.clone())];
        for own in variants(text_of(&secret)) {
            let this = (own.form, own.secret.clone());
            if before.contains(&this) {
                continue;
            }
            before.push(this);
            let Some(key) = key(search.scheme, &own) else {
                continue;
            };
            if search.proves_keys(&[key]) {
                return Some(vec![finding(&name, &own)]);
            }
        }
    }
    None
}

/// Another of the secrets at hand, whomever it was given for.
fn others(search: &mut Search<'_>) -> Option<Vec<Finding>> {
    let subject = search.subject;
    let own: Vec<usize> = subject
        .keyring
        .secrets(&subject.provider.id)
        .map(|(index, _)| index)
        .collect();
    for (index, (provider, secret)) in subject.keyring.all().enumerate() {
        if own.contains(&index) {
            continue;
        }
        let Ok(key) = search.scheme.read_key(secret) else {
            continue;
        };
        if search.proves_keys(&[key]) {
            let given =
                provider.map_or(String::new(), |id| format!(", which was given for `{id}`"));
            let change = format!("would match with secret {}{given}", index + 1);
            return Some(vec![Finding::new(Cause::OtherSecret, change)]);
        }
    }
    None
}

/// A sender without a secret.
fn unset(search: &mut Search<'_>) -> Option<Vec<Finding>> {
    let scheme = search.scheme;
    let mac = !scheme.algorithm.has_pair() && scheme.algorithm != Algorithm::Token;
    if search.keys.is_empty() || !mac {
        return None;
    }
    // HMAC fills its key up with zeros, so that one zero is no key at all.
    for (name, text) in [
        ("empty", "\0"),
        ("`undefined`", "undefined"),
        ("`null`", "null"),
        ("`None`", "None"),
    ] {
        let Ok(key) = KeyForm::Utf8.key(scheme.algorithm, &Secret::new(text)) else {
            continue;
        };
        if search.proves_keys(&[key]) {
            let change = format!("would match if the secret were {name}: anybody can sign so");
            return Some(vec![Finding::new(Cause::SecretUnset, change)]);
        }
    }
    None
}
