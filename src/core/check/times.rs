//! What an endpoint must refuse for its time: stale, ahead, missing, twice, or none at all.

use super::Spec;
use super::change::changed;
use super::player::{Shot, Turn};
use super::reject::must;
use super::signature::{timestamp, value, with_value};
use crate::core::scheme::Layout;

/// Beyond the tolerance by so many seconds.
const BEYOND: i64 = 60;
/// Far ahead: by so many seconds more than allowed.
const FAR: i64 = 3600;

const REPLAY: &str = "whoever once saw a delivery can send it again, for ever";
const AGE: &str =
    "hold the signed timestamp against the clock, and refuse what is outside the tolerance";
const NUMBER: &str = "answer 400 or 401 where the timestamp is no number";

pub(super) const SPECS: [Spec; 5] = [
    must(
        "stale",
        "an old timestamp, rightly signed",
        REPLAY,
        AGE,
        AGE,
        |turn| {
            let past = turn.scheme()?.tolerance()?.past?;
            one(turn.signed_at(&turn.draft()?, turn.at(-past - BEYOND)))
        },
    ),
    must(
        "future",
        "a timestamp far ahead, rightly signed",
        "a delivery stays fresh for as long as its timestamp is ahead",
        "refuse what lies further ahead than clocks differ",
        AGE,
        |turn| {
            let future = turn.scheme()?.tolerance()?.future?;
            one(turn.signed_at(&turn.draft()?, turn.at(future + FAR)))
        },
    ),
    must(
        "missing-timestamp",
        "no timestamp",
        REPLAY,
        "a missing timestamp is a wrong one",
        NUMBER,
        missing,
    ),
    must(
        "repeated-timestamp",
        "two timestamps",
        "one is signed, and the other is looked at",
        "refuse a timestamp that is there more than once",
        NUMBER,
        repeated,
    ),
    must(
        "garbled-timestamp",
        "a timestamp that is no number, rightly signed",
        "what cannot be compared is neither old nor ahead: NaN > 300 is false",
        "refuse a timestamp that cannot be read",
        NUMBER,
        garbled,
    ),
];

fn one(shot: Option<Shot>) -> Option<Vec<Shot>> {
    shot.map(|own| vec![own])
}

/// The pair of the timestamp, `t=1700000000`, where it stands in the signature's value.
fn pair(layout: &Layout, text: &str) -> Option<(String, char)> {
    match layout {
        Layout::Pairs {
            timestamp_key: Some(key),
            separator,
            ..
        } => Some((format!("{key}={text}"), *separator)),
        _ => None,
    }
}

fn missing(turn: &Turn<'_>) -> Option<Vec<Shot>> {
    changed(turn, |scheme, message| {
        let rule = scheme.timestamp.as_ref()?;
        let text = timestamp(scheme, message)?;
        let mut made = message.clone();
        if let Some(name) = &rule.header {
            made.headers.remove(name);
        }
        if let Some((pair, separator)) = pair(&scheme.signature.layout, &text) {
            let own = value(scheme, message)?;
            let rest = own.split(separator).filter(|part| part.trim() != pair);
            let rest = rest.collect::<Vec<_>>().join(&separator.to_string());
            made = with_value(scheme, &made, rest.trim().as_bytes())?;
        }
        (made != *message).then_some(made)
    })
}

/// The other timestamp stands where most parsers see it: first among headers, of which the first is
/// taken or both are joined; last among pairs, of which the last is taken.
fn repeated(turn: &Turn<'_>) -> Option<Vec<Shot>> {
    changed(turn, |scheme, message| {
        let rule = scheme.timestamp.as_ref()?;
        let text = timestamp(scheme, message)?;
        let other = rule.unit.render(turn.at(-1));
        let mut made = message.clone();
        if let Some(name) = &rule.header {
            made.headers.set(name, other.as_str());
            made.headers.push(name.as_str(), text.as_str());
        }
        if let Some((own, separator)) = pair(&scheme.signature.layout, &text) {
            let (again, _) = pair(&scheme.signature.layout, &other)?;
            let whole = value(scheme, message)?;
            let twice = whole.replacen(&own, &format!("{own}{separator}{again}"), 1);
            made = with_value(scheme, &made, twice.as_bytes())?;
        }
        (made != *message).then_some(made)
    })
}

fn garbled(turn: &Turn<'_>) -> Option<Vec<Shot>> {
    turn.scheme()?.timestamp.as_ref()?;
    let shot = |text: &str| {
        let shot = turn.signed_with_time(&turn.draft()?, text)?;
        Some(shot.labelled(text))
    };
    Some(
        ["yesterday", "NaN", "1e400"]
            .into_iter()
            .filter_map(shot)
            .collect(),
    )
}
