//! Probes of the delivery as a whole: another scheme, another provider, parts of another delivery.

use super::search::{Attempt, Search};
use super::{Cause, Finding, Subject};
use crate::core::detect::{Detection, detect};
use crate::core::event::View;
use crate::core::message::Message;
use crate::core::provider::Provider;
use crate::core::scheme::{Key, Scheme};
use crate::core::verdict::{Reason, Verdict};

/// Bodies up to this size are read to tell whose they are.
const SMALL: usize = 32 << 10;
/// So many neighbours are tried.
const NEIGHBOURS: usize = 16;

/// The provider's other schemes, the old ones too.
pub(super) fn schemes(search: &mut Search<'_>, _: &Verdict) -> Option<Vec<Finding>> {
    let subject = search.subject;
    for scheme in &subject.provider.schemes {
        if scheme.name == search.scheme.name || !scheme.is_readable(search.view) {
            continue;
        }
        let (_, keys) = subject.keyring.fitting_keys(subject.provider, scheme);
        let attempt = Attempt {
            scheme,
            ..search.unchanged(&keys)
        };
        if search.prove(attempt).is_some() {
            let (name, place) = (&scheme.name, scheme.signature.place.describe());
            let change =
                format!("would match with scheme `{name}`, whose signature stands in {place}");
            return Some(vec![Finding::new(Cause::OtherScheme, change)]);
        }
    }
    None
}

/// Another scheme or provider where the signature's header is not there at all.
pub(super) fn elsewhere(search: &mut Search<'_>, verdict: &Verdict) -> Option<Vec<Finding>> {
    let Verdict::Invalid(Reason::MissingHeader { .. } | Reason::MissingField { .. }) = verdict
    else {
        return None;
    };
    schemes(search, verdict).or_else(|| providers(search, verdict))
}

/// Other providers whose signature this can be.
pub(super) fn providers(search: &mut Search<'_>, _: &Verdict) -> Option<Vec<Finding>> {
    let subject = search.subject;
    let mut seen = Vec::new();
    if subject.provider.scheme(&search.scheme.name).is_some() {
        seen.push(look(search.scheme));
    }
    for provider in likeliest(&subject, search.view) {
        if provider.id == subject.provider.id {
            continue;
        }
        for scheme in provider.schemes.iter().filter(|own| !own.legacy) {
            if !is_near(scheme, search.message()) || !scheme.is_readable(search.view) {
                continue;
            }
            // Many providers sign in one way; it need not be tried for each.
            let look = look(scheme);
            if seen.contains(&look) {
                continue;
            }
            seen.push(look);
            let keys = keys(search, provider.id.as_str(), scheme);
            let attempt = Attempt {
                scheme,
                ..search.unchanged(&keys)
            };
            if search.prove(attempt).is_some() {
                let (id, place) = (&provider.id, scheme.signature.place.describe());
                let change =
                    format!("would match as provider `{id}`, whose signature stands in {place}");
                return Some(vec![Finding::new(Cause::OtherProvider, change)]);
            }
        }
    }
    None
}

/// A scheme of another provider that can be read: where the subject's own does not sign.
pub(super) fn readable<'a>(subject: &Subject<'a>, view: &View<'_>) -> Option<&'a Scheme> {
    let all = likeliest(subject, view).into_iter();
    let mut all = all.flat_map(|own| &own.schemes);
    all.find(|own| !own.legacy && is_near(own, view.message()) && own.is_readable(view))
}

/// The other providers, those first that the message looks like.
fn likeliest<'a>(subject: &Subject<'a>, view: &View<'_>) -> Vec<&'a Provider> {
    let is_small = view.message().body.len() <= SMALL;
    let detected = is_small.then(|| detect(subject.others, view));
    let mut all = match detected {
        Some(Detection::One(one, _)) => vec![one],
        Some(Detection::Several(several)) => several,
        Some(Detection::None) | None => Vec::new(),
    };
    all.sort_by_key(|own| !own.detect.general);
    let first = all.clone();
    all.extend(subject.others.iter().filter(|own| !first.contains(own)));
    all
}

/// Whether a scheme's signature stands in the headers, or in a body that is read for each scheme at
/// little cost.
fn is_near(scheme: &Scheme, message: &Message) -> bool {
    let names = scheme.signature.place.headers();
    let in_headers = names.iter().any(|name| message.headers.contains(name));
    in_headers || (names.is_empty() && message.body.len() <= SMALL)
}

/// What of a scheme decides whether a signature matches.
fn look(scheme: &Scheme) -> String {
    let time = scheme.timestamp.as_ref();
    let time = time.map(|rule| (&rule.header, &rule.json));
    format!(
        "{:?}",
        (
            scheme.algorithm,
            scheme.key,
            &scheme.signed,
            scheme.signed_by,
            &scheme.signature,
            time,
            &scheme.id_header,
        )
    )
}

/// The secrets given for the one provider or the other, as keys of a scheme.
fn keys(search: &Search<'_>, other: &str, scheme: &Scheme) -> Vec<Key> {
    let subject = search.subject;
    let own = subject.keyring.secrets(&subject.provider.id);
    let all = own.chain(subject.keyring.secrets(other));
    let mut places = Vec::new();
    all.filter(|(place, _)| {
        let is_new = !places.contains(place);
        places.push(*place);
        is_new
    })
    .filter_map(|(_, secret)| scheme.read_key(secret).ok())
    .collect()
}

/// Headers of one delivery, body of another.
pub(super) fn neighbours(search: &mut Search<'_>, _: &Verdict) -> Option<Vec<Finding>> {
    let subject = search.subject;
    let message = search.message();
    for (place, neighbour) in subject.neighbours.iter().take(NEIGHBOURS).enumerate() {
        let body = Message {
            body: neighbour.body.clone(),
            ..message.clone()
        };
        let headers = Message {
            headers: neighbour.headers.clone(),
            ..message.clone()
        };
        for (changed, change) in [
            (
                body,
                "this signature belongs to the body of another delivery",
            ),
            (
                headers,
                "this body belongs to the headers of another delivery",
            ),
        ] {
            if changed != *message && search.proves_message(&changed) {
                return Some(vec![Finding {
                    neighbour: Some(place),
                    ..Finding::new(Cause::OtherDelivery, change)
                }]);
            }
        }
    }
    None
}
