//! Probes of the headers: names that a gateway changed, repeats, the id and the key's id.

use super::search::{Attempt, Search};
use super::{Cause, Finding};
use crate::core::message::{Headers, Message};
use crate::core::verdict::{Reason, Verdict};

/// So many other headers are tried for one that is missing or wrong.
const OTHERS: usize = 8;

/// Headers under other names, standing twice, naming another key.
pub(super) fn names(search: &mut Search<'_>, verdict: &Verdict) -> Option<Vec<Finding>> {
    if let Verdict::Invalid(Reason::UnknownKey { id }) = verdict {
        return key_id(search, id);
    }
    renamed(search).or_else(|| repeated(search, verdict))
}

/// The id that is signed, from another header.
pub(super) fn id(search: &mut Search<'_>, _: &Verdict) -> Option<Vec<Finding>> {
    let name = search.scheme.id_header.clone()?;
    let is_id = |own: &str| own.to_ascii_lowercase().ends_with("id");
    with_value_of(search, &name, is_id).map(|other| {
        let change = format!("would match if `{name}` had the value of `{other}`");
        vec![Finding::new(Cause::DeliveryId, change)]
    })
}

/// The same for the timestamp.
pub(super) fn time(search: &mut Search<'_>, _: &Verdict) -> Option<Vec<Finding>> {
    let rule = search.scheme.timestamp.as_ref()?;
    let name = rule.header.clone()?;
    let is_time = |own: &str| {
        let own = own.to_ascii_lowercase();
        own.contains("time") || own == "date"
    };
    with_value_of(search, &name, is_time).map(|other| {
        let change = format!("would match if `{name}` had the value of `{other}`");
        vec![Finding::new(Cause::TimestampText, change)]
    })
}

/// The header with whose value in the place of another's the delivery verifies.
fn with_value_of(
    search: &mut Search<'_>,
    name: &str,
    test: impl Fn(&str) -> bool,
) -> Option<String> {
    let message = search.message();
    let others = message.headers.iter();
    let others = others.filter(|(own, _)| !own.eq_ignore_ascii_case(name) && test(own));
    for (other, value) in others.take(OTHERS) {
        let mut changed = message.clone();
        changed.headers.set(name, value);
        if search.proves_message(&changed) {
            return Some(other.to_owned());
        }
    }
    None
}

fn key_id(search: &mut Search<'_>, id: &str) -> Option<Vec<Finding>> {
    let keys = std::mem::take(&mut search.keys);
    let attempt = Attempt {
        key_id: Some(id),
        ..search.unchanged(&keys)
    };
    let found = search.prove(attempt);
    search.keys = keys;
    found.map(|_| {
        let change = format!("would match if the key's id were the one the message names: `{id}`");
        vec![Finding::new(Cause::KeyId, change)]
    })
}

/// CGI's names back to those on the wire.
fn renamed(search: &mut Search<'_>) -> Option<Vec<Finding>> {
    let message = search.message();
    let on_wire = |name: &str| {
        let bare = name
            .get(..5)
            .filter(|start| start.eq_ignore_ascii_case("HTTP_"));
        let bare = bare.map_or(name, |start| &name[start.len()..]);
        bare.replace('_', "-")
    };
    let headers: Headers = message
        .headers
        .iter()
        .map(|(name, value)| (on_wire(name), value))
        .collect();
    let needed = search.scheme.headers();
    let mut pairs = message.headers.iter().zip(headers.iter());
    let (before, after) = pairs.find_map(|((before, _), (after, _))| {
        let same = |own: &&String| own.eq_ignore_ascii_case(after);
        Some((before, needed.iter().find(same)?)).filter(|_| before != after)
    })?;
    let change =
        format!("would match if the header `{before}` had its name on the wire, `{after}`");
    let changed = Message {
        headers: headers.clone(),
        ..message.clone()
    };
    let found = search.proves_message(&changed);
    found.then(|| vec![Finding::new(Cause::HeaderNames, change)])
}

fn repeated(search: &mut Search<'_>, verdict: &Verdict) -> Option<Vec<Finding>> {
    let Verdict::Invalid(Reason::RepeatedHeader { name }) = verdict else {
        return None;
    };
    let message = search.message();
    let values: Vec<&[u8]> = message.headers.all(name).take(OTHERS).collect();
    let count = values.len();
    for (place, value) in values.into_iter().enumerate() {
        let mut changed = message.clone();
        changed.headers.set(name, value);
        if search.proves_message(&changed) {
            let place = place + 1;
            let change =
                format!("would match with number {place} of its {count} headers `{name}` alone");
            return Some(vec![Finding::new(Cause::HeaderRepeated, change)]);
        }
    }
    None
}
