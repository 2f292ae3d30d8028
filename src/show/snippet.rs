//! A provider in a shell: lines to copy.

use crate::core::provider::Provider;
use crate::core::scheme::{KeyForm, Place, Scheme};

/// What chooses a scheme: nothing for the provider's first.
pub(super) fn scheme_option(provider: &Provider, scheme: &Scheme) -> String {
    if provider.schemes.first().map(|own| &own.name) == Some(&scheme.name) {
        return String::new();
    }
    format!(" --scheme {}", scheme.name)
}

/// Everything the scheme asks `sign` and `verify` for.
fn options(provider: &Provider, scheme: &Scheme) -> String {
    let mut options = String::from("--secret env:SECRET");
    options.push_str(&scheme_option(provider, scheme));
    if scheme.key == KeyForm::Certificate {
        options.push_str(" --cert cert.pem");
    }
    if scheme.key_id_header.is_some() {
        options.push_str(" --key-id ID");
    }
    if scheme.needs_url() {
        options.push_str(" --url URL");
    }
    options
}

/// Verifying a delivery in three lines.
#[must_use]
pub(super) fn verify(provider: &Provider, scheme: &Scheme) -> [String; 3] {
    let equal = scheme.require_equal.iter();
    let headers: String = scheme
        .headers()
        .iter()
        .chain(&scheme.require)
        .map(|name| format!(" -H '{name}: …'"))
        .chain(equal.map(|(name, value)| format!(" -H '{name}: {value}'")))
        .collect();
    let file = match scheme.signature.place {
        // A parameter of the query stands in no header: the whole request is needed.
        Place::Query(_) => "request.http".to_owned(),
        _ => format!("{} body.json", headers.trim_start())
            .trim_start()
            .to_owned(),
    };
    [
        "export SECRET='…'".to_owned(),
        format!(
            "hookcat verify -p {} {} {file}",
            provider.id,
            options(provider, scheme)
        ),
        "echo $?   # 0 valid, 3 does not match, 4 too old, 5 a header is missing".to_owned(),
    ]
}

/// Signing a body and posting it in one line.
#[must_use]
pub(super) fn sign(provider: &Provider, scheme: &Scheme) -> String {
    let event = match provider.events.first() {
        Some(event) if !scheme.require.is_empty() => format!(" --event {}", event.wire()),
        _ => String::new(),
    };
    let post = if scheme.signature.place.is_in_body() {
        "curl --data-binary @- URL"
    } else {
        "curl -H @- --data-binary @body.json URL"
    };
    format!(
        "hookcat sign {}{event} {} body.json | {post}",
        provider.id,
        options(provider, scheme)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::Catalog;

    #[test]
    fn the_commands_name_every_header_the_scheme_asks_for() {
        let provider = Catalog::default().whole("code-storage").expect("known");
        let scheme = &provider.schemes[0];
        let sign = sign(&provider, scheme);
        assert!(sign.contains(" --event push "), "{sign}");
        let [_, verify, _] = verify(&provider, scheme);
        assert!(
            verify.contains("-H 'X-Pierre-Signature: …' -H 'X-Pierre-Event: …' body.json"),
            "{verify}"
        );
    }
}
