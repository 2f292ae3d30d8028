//! Which provider sent a message, with the evidence.
//!
//! Headers speak first: one that only one provider sends settles it. A signature header that several
//! share (`X-Hub-Signature-256`) is settled by the other headers, then by the shape of the body, and
//! after that by the secret that fits, which is [`super::assess`]'s part.

use super::event::View;
use super::provider::Provider;

/// What the look of a message says of its sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Detection<'a> {
    /// One provider fits.
    One(&'a Provider, Evidence),
    /// Several fit equally well, at least two, in the order they were given.
    Several(Vec<&'a Provider>),
    /// None fits.
    None,
}

/// What told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// The user named the provider.
    Named,
    /// A header only this provider sends.
    Header(String),
    /// A signature header in this provider's layout; no other candidate was left.
    Signature(String),
    /// The fields of the body.
    Body,
    /// Its secret is the one that fits.
    Secret,
    /// It is the common form of a scheme that several candidates use.
    General,
}

impl std::fmt::Display for Evidence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Named => f.write_str("named"),
            Self::Header(name) => write!(f, "header `{name}`"),
            Self::Signature(place) => write!(f, "signature in {place}"),
            Self::Body => f.write_str("fields of the body"),
            Self::Secret => f.write_str("the secret that fits"),
            Self::General => f.write_str("the common form of its signature"),
        }
    }
}

impl PartialEq for Provider {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Provider {}

/// Detects the provider of a message among candidates.
#[must_use]
pub fn detect<'a>(candidates: &[&'a Provider], view: &View<'_>) -> Detection<'a> {
    let headers = &view.message().headers;
    let possible: Vec<&'a Provider> = candidates
        .iter()
        .copied()
        .filter(|provider| {
            !provider
                .detect
                .absent
                .iter()
                .any(|name| headers.contains(name))
        })
        .collect();

    let own_header = |provider: &Provider| -> Option<String> {
        let mut names = provider.detect.headers.iter();
        names.find(|name| headers.contains(name)).cloned()
    };
    let distinct: Vec<_> = keep(&possible, |provider| own_header(provider).is_some());
    if let Some(found) = settle(&distinct, view, |provider| {
        Evidence::Header(own_header(provider).unwrap_or_default())
    }) {
        return found;
    }

    let signature = |provider: &Provider| -> Option<String> {
        let mut schemes = provider.schemes.iter().filter(|scheme| !scheme.legacy);
        schemes
            .find(|scheme| scheme.is_present(view))
            .map(|scheme| scheme.signature.place.describe())
    };
    let signed: Vec<_> = keep(&possible, |provider| signature(provider).is_some());
    if let Some(found) = settle(&signed, view, |provider| {
        Evidence::Signature(signature(provider).unwrap_or_default())
    }) {
        return found;
    }

    match keep(&possible, |provider| has_body(provider, view)).as_slice() {
        [] => Detection::None,
        [one] => Detection::One(one, Evidence::Body),
        several => Detection::Several(several.to_vec()),
    }
}

/// Narrows candidates with equal claims by the signature's layout, then by the body.
fn settle<'a>(
    claims: &[&'a Provider],
    view: &View<'_>,
    evidence: impl Fn(&Provider) -> Evidence,
) -> Option<Detection<'a>> {
    match claims {
        [] => return None,
        [one] => return Some(Detection::One(one, evidence(one))),
        _ => {}
    }
    let readable = keep(claims, |provider| {
        let mut schemes = provider.schemes.iter().filter(|scheme| !scheme.legacy);
        schemes.any(|scheme| scheme.is_readable(view))
    });
    let left = if readable.is_empty() {
        claims.to_vec()
    } else {
        readable
    };
    if let [one] = left.as_slice() {
        return Some(Detection::One(one, evidence(one)));
    }
    Some(
        match keep(&left, |provider| has_body(provider, view)).as_slice() {
            [one] => Detection::One(one, Evidence::Body),
            _ => Detection::Several(left),
        },
    )
}

fn keep<'a>(providers: &[&'a Provider], test: impl Fn(&Provider) -> bool) -> Vec<&'a Provider> {
    providers
        .iter()
        .copied()
        .filter(|provider| test(provider))
        .collect()
}

fn has_body(provider: &Provider, view: &View<'_>) -> bool {
    let pointers = &provider.detect.body;
    !pointers.is_empty()
        && view.json().is_some_and(|body| {
            pointers
                .iter()
                .all(|pointer| body.pointer(pointer).is_some())
        })
}
