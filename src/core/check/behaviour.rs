//! How an endpoint behaves over several requests, and over those that are no deliveries.

use super::player::{Shot, Turn};
use super::reject::must;
use super::signature::{digest, flipped, with_digest};
use super::{Expect, Level, Manner, Spec};

/// The cases whose deliveries are one and the same.
pub(super) const REPEATING: [&str; 2] = ["repeated", "simultaneous"];

/// An earlier delivery was signed so many seconds before a later one.
const EARLIER: i64 = 5;

const ONCE: &str = "keep the ids of deliveries that took effect, and answer 2xx to one that did without \
                    doing it again";

pub(super) const SPECS: [Spec; 7] = [
    Spec {
        expect: Expect::Accepted,
        ..must(
            "repeated",
            "the same delivery twice",
            "providers send again what was not answered in time, although it took effect",
            ONCE,
            "",
            |turn| {
                let shot = turn.signed(&turn.draft()?)?;
                Some(vec![
                    shot.clone().labelled("first"),
                    shot.labelled("second"),
                ])
            },
        )
    },
    Spec {
        expect: Expect::Accepted,
        manner: Manner::AtOnce,
        ..must(
            "simultaneous",
            "the same delivery twice at once",
            "a repeat may come while the first is still at work",
            "let the database decide who was first: a unique index on the delivery's id",
            "",
            |turn| {
                let shot = turn.signed(&turn.draft()?)?;
                Some(vec![shot.clone().labelled("one"), shot.labelled("other")])
            },
        )
    },
    Spec {
        expect: Expect::Accepted,
        ..must(
            "out-of-order",
            "an earlier delivery after a later one",
            "what is sent again comes late, and deliveries overtake each other",
            "answer 2xx, and tell by the event's own time which state is newer",
            "",
            |turn| {
                let later = turn.signed(&turn.draft()?)?;
                let earlier = turn.signed_at(&turn.draft()?, turn.at(-EARLIER))?;
                Some(vec![later.labelled("later"), earlier.labelled("earlier")])
            },
        )
    },
    Spec {
        expect: Expect::Accepted,
        manner: Manner::OneConnection,
        ..must(
            "connection-reuse",
            "two deliveries on one connection",
            "providers keep connections open for many deliveries",
            "read each body to its end, or answer with `Connection: close`",
            "",
            |turn| {
                let first = turn.signed(&turn.draft()?)?;
                let second = turn.signed(&turn.draft()?)?;
                Some(vec![first.labelled("first"), second.labelled("second")])
            },
        )
    },
    Spec {
        expect: Expect::NoDelivery,
        ..must(
            "get",
            "GET is no delivery",
            "browsers, crawlers and previews of links send GET",
            "take deliveries of the provider's method only, and answer 405 to others",
            "",
            get,
        )
    },
    Spec {
        expect: Expect::InTime,
        manner: Manner::Watched,
        ..must(
            "answer-time",
            "answers within the provider's time limit",
            "what is answered late counts as failed, and is sent again",
            "answer first, and do the work after: put it into a queue",
            "",
            |_| None,
        )
    },
    Spec {
        level: Level::Hint,
        expect: Expect::EvenTime,
        manner: Manner::Sampled,
        ..must(
            "compare-time",
            "refusals take the same time",
            "the time of a refusal tells how much of a signature is right: a statistical hint, no proof",
            "compare in constant time: crypto.timingSafeEqual, hmac.compare_digest",
            "",
            compare_time,
        )
    },
];

/// A bare request, and one that would be a delivery but for its method.
fn get(turn: &Turn<'_>) -> Option<Vec<Shot>> {
    let mut draft = turn.draft()?;
    if draft.message.method == "GET" || turn.scheme().is_none() {
        return None;
    }
    "GET".clone_into(&mut draft.message.method);
    let mut bare = Turn::bare(&draft).labelled("bare");
    bare.message.body = bytes::Bytes::new();
    let signed = turn.signed(&draft)?.labelled("signed");
    Some(vec![bare, signed])
}

/// Two wrong signatures: one wrong from its start, one right but for its end.
fn compare_time(turn: &Turn<'_>) -> Option<Vec<Shot>> {
    let scheme = turn.scheme()?;
    let shot = turn.signed(&turn.draft()?)?;
    let own = digest(scheme, &shot.message)?;
    let with = |at: usize, label: &str| {
        let text = flipped(scheme.signature.encoding, &own, at)?;
        let message = with_digest(scheme, &shot.message, &text)?;
        let wrong = turn.is_valid(&message) != Some(true);
        wrong.then(|| {
            Shot {
                message,
                ..shot.clone()
            }
            .labelled(label)
        })
    };
    Some(vec![
        with(0, "wrong from its start")?,
        with(own.len(), "wrong at its end")?,
    ])
}
