//! A delivery to show around: without secrets and personal data, and signed anew so that it verifies,
//! or fails, as it did, with a secret that is none.

use jiff::SignedDuration;

use super::compose::{self, Occasion, Signing};
use super::delivery::Delivery;
use super::event::View;
use super::message::Message;
use super::provider::Provider;
use super::random::Random;
use super::scheme::{Context, Fresh, Key, Place, Scheme};
use super::scrub::{Masked, Scrub};
use super::secret::Secret;
use super::tamper::{self, Tamper};
use super::verdict::Verdict;

/// What the dummy secrets are grown from: everybody's are the same, and nobody's are secret.
const SEED: &str = "hookcat capsule: not a secret";

/// A delivery that can be shown to anybody.
#[derive(Clone, Debug)]
pub struct Capsule {
    /// The delivery, masked.
    pub delivery: Delivery,
    /// What signed it.
    pub dummy: Option<Dummy>,
    /// What was masked, and what could not be looked into.
    pub masked: Masked,
}

/// A secret that is none, and the scheme it signed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dummy {
    /// The scheme's name.
    pub scheme: String,
    /// What `--secret` takes to verify it.
    pub secret: String,
}

/// Masks a delivery and signs it anew.
#[must_use]
pub fn capsule(delivery: &Delivery, provider: Option<&Provider>) -> Capsule {
    let mut scrub = Scrub::default();
    let schemes = provider.map_or(&[][..], |own| &own.schemes);
    let scheme = used(schemes, &delivery.message);
    let kept = scheme.map(Scheme::headers).unwrap_or_default();
    let mut message = scrub.message(&delivery.message, &kept);
    // What other schemes say of the body that was is no use any more.
    for name in schemes.iter().flat_map(|own| own.signature.place.headers()) {
        if !kept.iter().any(|own| own.eq_ignore_ascii_case(&name)) {
            message.headers.remove(&name);
        }
    }
    let mut delivery = delivery.clone();
    for reply in delivery
        .attempts
        .iter_mut()
        .flat_map(|own| own.result.as_mut())
    {
        let answer = Message {
            headers: reply.headers.clone(),
            body: reply.body.clone(),
            ..Message::default()
        };
        let answer = scrub.message(&answer, &[]);
        (reply.headers, reply.body) = (answer.headers, answer.body);
    }
    let mut masked = scrub.finish();
    let dummy = match scheme.map(|own| signed(&mut message, own, &delivery)) {
        None => None,
        Some(Ok(dummy)) => Some(dummy),
        Some(Err(why)) => {
            mask_signature(&mut message, scheme);
            masked.notes.push(why.to_owned());
            None
        }
    };
    delivery.message = message;
    Capsule {
        delivery,
        dummy,
        masked,
    }
}

/// The scheme a message was signed with, as far as its headers tell.
fn used<'a>(schemes: &'a [Scheme], message: &Message) -> Option<&'a Scheme> {
    let is_there = |own: &&Scheme| {
        let names = own.signature.place.headers();
        !names.is_empty() && names.iter().any(|name| message.headers.contains(name))
    };
    schemes.iter().find(is_there).or_else(|| schemes.first())
}

/// A signature that stays what it was would tell of a secret that is one.
fn mask_signature(message: &mut Message, scheme: Option<&Scheme>) {
    for name in scheme
        .map(|own| own.signature.place.headers())
        .unwrap_or_default()
    {
        if let Some(value) = message.headers.text(&name) {
            let mask = |char: char| if char.is_alphanumeric() { 'x' } else { char };
            let value: String = value.chars().map(mask).collect();
            message.headers.set(&name, value);
        }
    }
}

/// Signs a message so that its verdict is the one it had.
fn signed(
    message: &mut Message,
    scheme: &Scheme,
    delivery: &Delivery,
) -> Result<Dummy, &'static str> {
    const NO_KEY: &str = "it is not signed anew: no key of this kind can be made up";
    const UNSIGNED: &str = "it is not signed anew: signed, it would have another verdict";
    let reason = delivery
        .judgement
        .as_ref()
        .and_then(|own| own.reason.as_deref());
    let invalid = delivery
        .judgement
        .as_ref()
        .is_some_and(|own| own.verdict == "invalid");
    let day = SignedDuration::from_hours(24);
    let (kinds, distance): (&[Tamper], _) = match reason.filter(|_| invalid) {
        None => (&[], SignedDuration::ZERO),
        Some("mismatch" | "unknown-key") => (&[Tamper::Signature], SignedDuration::ZERO),
        Some("stale") => (&[], -day),
        Some("future") => (&[], day),
        Some(_) => return Err(UNSIGNED),
    };
    let (signs, verifies) = match scheme.fresh_secret(&mut Random::from_text(SEED)) {
        Some(Fresh::Shared(secret)) => {
            let text = String::from_utf8_lossy(secret.expose()).into_owned();
            (secret, text)
        }
        Some(Fresh::Pair { private, public }) => (private, public),
        None => return Err(NO_KEY),
    };
    let key = |secret: &Secret| scheme.read_key(secret).map_err(|_| NO_KEY);
    let keys = [key(&signs)?];
    if let Place::Query(name) = &scheme.signature.place {
        message.target = without_parameter(&message.target, name);
    }
    let key_id = scheme.key_id_header.as_ref();
    let key_id = key_id
        .and_then(|name| message.headers.text(name))
        .map(str::to_owned);
    let own_id = scheme.id_header.as_ref();
    let own_id = own_id
        .and_then(|name| message.headers.text(name))
        .map(str::to_owned);
    let id = own_id
        .or_else(|| delivery.delivery_id.clone())
        .unwrap_or_default();
    let host = message.headers.text("host").unwrap_or_default();
    let url = format!("http://{host}{}", message.target);
    let signing = Signing {
        scheme,
        keys: &keys,
        key_id: key_id.as_deref(),
    };
    let now = delivery.at.saturating_add(distance).unwrap_or(delivery.at);
    let occasion = Occasion {
        id: &id,
        now,
        url: &url,
    };
    let mut made = message.clone();
    if kinds.is_empty() {
        compose::sign(&mut made, signing, occasion).map_err(|_| UNSIGNED)?;
    } else {
        let mut random = Random::from_text(SEED);
        made =
            tamper::tampered(&made, kinds, signing, occasion, &mut random).map_err(|_| UNSIGNED)?;
    }
    let public = [key(&Secret::new(verifies.as_str()))?];
    let verdict = verdict(&made, scheme, &public, delivery, &url, key_id.as_deref());
    let is_same = match &verdict {
        Verdict::Valid(_) => !invalid,
        Verdict::Invalid(found) => invalid && Some(found.slug()) == reason,
        Verdict::Unverifiable(_) => false,
    };
    if !is_same {
        return Err(UNSIGNED);
    }
    *message = made;
    Ok(Dummy {
        scheme: scheme.name.clone(),
        secret: verifies,
    })
}

fn verdict(
    message: &Message,
    scheme: &Scheme,
    keys: &[Key],
    delivery: &Delivery,
    url: &str,
    key_id: Option<&str>,
) -> Verdict {
    let context = Context {
        now: delivery.at,
        url: Some(url),
        tolerance: None,
        max_age: None,
        key_id,
    };
    scheme.verify(&View::new(message), keys, &context)
}

/// A target without a parameter of its query.
fn without_parameter(target: &str, name: &str) -> String {
    let Some((path, query)) = target.split_once('?') else {
        return target.to_owned();
    };
    let is_other = |pair: &&str| pair.split('=').next() != Some(name);
    let pairs: Vec<&str> = query.split('&').filter(is_other).collect();
    if pairs.is_empty() {
        return path.to_owned();
    }
    format!("{path}?{}", pairs.join("&"))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::core::delivery::{Direction, Judgement};
    use crate::core::message::Headers;
    use crate::providers::Catalog;

    const BODY: &str = r#"{"id": "evt_1", "user": {"email": "mona@corp.io", "name": "Mona Lisa"}}"#;

    fn delivery(verdict: &str, reason: Option<&str>) -> Delivery {
        Delivery {
            id: Some(7),
            delivery_id: Some("evt_1".to_owned()),
            judgement: Some(Judgement {
                verdict: verdict.to_owned(),
                reason: reason.map(str::to_owned),
                detail: None,
                secret_index: None,
                coverage: None,
                detected_by: None,
            }),
            ..Delivery::new(
                Direction::Received,
                Timestamp::from_second(1_700_000_000).expect("a time"),
                Message::post(Headers::new(), BODY),
            )
        }
    }

    /// A delivery of a scheme, signed by somebody with another secret.
    fn real(provider: &Provider, scheme: &Scheme) -> Option<Delivery> {
        let mut delivery = delivery("valid", None);
        let message = &mut delivery.message;
        message.headers.push("Host", "hooks.example:4400");
        message.headers.push("Content-Type", "application/json");
        for name in &scheme.require {
            message.headers.set(name, "example");
        }
        for (name, value) in &scheme.require_equal {
            message.headers.set(name, value.as_str());
        }
        let key = match scheme.fresh_secret(&mut Random::from_text("a real one"))? {
            Fresh::Shared(secret)
            | Fresh::Pair {
                private: secret, ..
            } => scheme.read_key(&secret).expect("a key"),
        };
        let signing = Signing {
            scheme,
            keys: &[key],
            key_id: Some("key_1"),
        };
        let occasion = Occasion {
            id: "evt_1",
            now: delivery.at,
            url: "http://hooks.example:4400/",
        };
        compose::resign(message, provider, signing, occasion).ok()?;
        Some(delivery)
    }

    #[test]
    fn every_scheme_that_can_be_signed_verifies_with_its_dummy() {
        let catalog = Catalog::default();
        let (mut made, mut told) = (0, Vec::new());
        for provider in catalog.all() {
            for scheme in provider.schemes.iter().filter(|own| !own.legacy) {
                let Some(delivery) = real(provider, scheme) else {
                    continue;
                };
                let mut alone = provider.clone();
                alone.schemes.retain(|own| own.name == scheme.name);
                let capsule = capsule(&delivery, Some(&alone));
                let text = format!("{:?}", capsule.delivery.message);
                assert!(!text.contains("mona@corp.io"), "{}: {text}", scheme.name);
                assert_ne!(
                    capsule.delivery.message, delivery.message,
                    "{}",
                    scheme.name
                );
                match capsule.dummy {
                    Some(dummy) => {
                        assert_eq!(dummy.scheme, scheme.name);
                        made += 1;
                    }
                    None => told.push(format!("{}: {:?}", scheme.name, capsule.masked.notes)),
                }
            }
        }
        assert!(made > 120, "{made} of {}: {told:#?}", made + told.len());
    }

    #[test]
    fn what_failed_fails_in_the_same_way() {
        let catalog = Catalog::default();
        let provider = catalog.whole("stripe").expect("known");
        for (reason, is_signed) in [
            ("mismatch", true),
            ("stale", true),
            ("missing-header", false),
            ("malformed-header", false),
        ] {
            let mut own = real(&provider, &provider.schemes[0]).expect("signed");
            own.judgement = delivery("invalid", Some(reason)).judgement;
            let before = own
                .message
                .headers
                .text("stripe-signature")
                .map(str::to_owned);
            let capsule = capsule(&own, Some(&provider));
            assert_eq!(capsule.dummy.is_some(), is_signed, "{reason}");
            let after = capsule.delivery.message.headers.text("stripe-signature");
            assert_ne!(after, before.as_deref(), "{reason}");
        }
    }

    #[test]
    fn without_a_provider_all_is_masked() {
        let mut own = delivery("unverifiable", Some("unknown-provider"));
        own.message.headers.push("Authorization", "Bearer abcdefgh");
        let capsule = capsule(&own, None);
        let headers = &capsule.delivery.message.headers;
        assert_eq!(headers.text("authorization"), Some("Bearer xxxxxxxx"));
        assert_eq!(capsule.dummy, None);
        assert_eq!(
            capsule.masked.places,
            [
                "body `user.email`",
                "body `user.name`",
                "header `Authorization`"
            ]
        );
    }
}
