//! A delivery changed on its way: after it was signed, and not signed anew.

use super::player::{CHANGED, Shot, Turn, with_query};
use super::signature::{altered, digest, timestamp, value, with_digest, with_value};
use crate::core::event::{View, set_at};
use crate::core::message::Message;
use crate::core::scheme::{Part, Scheme};

/// The usual delivery, signed.
pub(super) fn base<'p>(turn: &Turn<'p>) -> Option<(Shot, &'p Scheme)> {
    let scheme = turn.scheme()?;
    Some((turn.signed(&turn.draft()?)?, scheme))
}

/// The usual delivery, changed after it was signed.
pub(super) fn changed(
    turn: &Turn<'_>,
    change: impl Fn(&Scheme, &Message) -> Option<Message>,
) -> Option<Vec<Shot>> {
    several(turn, [("", change)])
}

/// The usual delivery, changed in several ways, a request each.
pub(super) fn several<Change: Fn(&Scheme, &Message) -> Option<Message>>(
    turn: &Turn<'_>,
    changes: impl IntoIterator<Item = (&'static str, Change)>,
) -> Option<Vec<Shot>> {
    let shot = |(label, change): (_, Change)| {
        let (shot, scheme) = base(turn)?;
        let message = change(scheme, &shot.message)?;
        Some(Shot { message, ..shot }.labelled(label))
    };
    let shots: Vec<Shot> = changes.into_iter().filter_map(shot).collect();
    (!shots.is_empty()).then_some(shots)
}

/// The usual delivery with these texts for its digest.
pub(super) fn digests(
    turn: &Turn<'_>,
    make: impl Fn(&Scheme, &str) -> Vec<(&'static str, String)>,
) -> Option<Vec<Shot>> {
    let (shot, scheme) = base(turn)?;
    let own = digest(scheme, &shot.message)?;
    let texts = make(scheme, &own).into_iter();
    let shots = texts.filter_map(|(label, text)| {
        let (shot, _) = base(turn)?;
        let message = with_digest(scheme, &shot.message, &text)?;
        Some(Shot { message, ..shot }.labelled(label))
    });
    Some(shots.collect())
}

pub(super) fn flipped_body(turn: &Turn<'_>) -> Option<Vec<Shot>> {
    let at = |part: usize| {
        move |_: &Scheme, message: &Message| {
            let body = &message.body;
            let was_json = serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok();
            let near = body.len() * part / 4;
            let near = (near..body.len()).chain((0..near).rev());
            near.take(512).find_map(|at| {
                let other = body[at] ^ 1;
                let plain = body[at].is_ascii_alphanumeric() && other.is_ascii_alphanumeric();
                let mut made = body.to_vec();
                made[at] = other;
                let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(&made).is_ok();
                // What a parser refuses is refused for another reason.
                (plain && was_json == is_json).then(|| Message {
                    body: made.into(),
                    ..message.clone()
                })
            })
        }
    };
    several(
        turn,
        [
            ("near its start", at(0)),
            ("in its middle", at(2)),
            ("near its end", at(3)),
        ],
    )
}

pub(super) fn flipped_timestamp(turn: &Turn<'_>) -> Option<Vec<Shot>> {
    changed(turn, |scheme, message| {
        let rule = scheme.timestamp.as_ref()?;
        let text = timestamp(scheme, message)?;
        let other = match text.parse::<i64>() {
            Ok(number) => (number - 1).to_string(),
            Err(_) => altered(&text, 18)?,
        };
        let mut made = message.clone();
        if let Some(own) = value(scheme, message).filter(|own| own.contains(&text)) {
            made = with_value(scheme, &made, own.replacen(&text, &other, 1).as_bytes())?;
        }
        if let Some(name) = rule
            .header
            .as_ref()
            .filter(|own| message.headers.contains(own))
        {
            made.headers.set(name, other);
        }
        (made != *message).then_some(made)
    })
}

pub(super) fn altered_header(message: &Message, name: &str) -> Option<Message> {
    let own = message.headers.text(name)?;
    let mut made = message.clone();
    made.headers
        .set(name, altered(own, own.len().saturating_sub(1))?);
    Some(made)
}

pub(super) fn flipped_header(turn: &Turn<'_>) -> Option<Vec<Shot>> {
    let scheme = turn.scheme()?;
    let names = scheme.signed.parts().iter().filter_map(|part| match part {
        Part::Header(name) => Some(name.as_str()),
        _ => None,
    });
    let shot = |name: &str| {
        let (shot, _) = base(turn)?;
        let message = altered_header(&shot.message, name)?;
        Some(Shot { message, ..shot }.labelled(name))
    };
    Some(names.filter_map(shot).collect())
}

pub(super) fn flipped_field(turn: &Turn<'_>) -> Option<Vec<Shot>> {
    let scheme = turn.scheme()?;
    let pointers = scheme.signed.parts().iter().filter_map(|part| match part {
        Part::Json(pointer) => Some(pointer.as_str()),
        _ => None,
    });
    let shot = |pointer: &str| {
        let (shot, _) = base(turn)?;
        let own = View::new(&shot.message).text_at(pointer)?;
        let mut body: serde_json::Value = serde_json::from_slice(&shot.message.body).ok()?;
        set_at(&mut body, pointer, altered(&own, own.len() / 2)?.into()).then_some(())?;
        let mut message = shot.message.clone();
        message.body = body.to_string().into_bytes().into();
        Some(Shot { message, ..shot }.labelled(pointer))
    };
    Some(pointers.filter_map(shot).collect())
}

pub(super) fn flipped_url(turn: &Turn<'_>) -> Option<Vec<Shot>> {
    let scheme = turn.scheme()?;
    let target = [Part::Path, Part::Target];
    let signed = scheme.needs_url() || scheme.signed.parts().iter().any(|own| target.contains(own));
    signed.then_some(())?;
    changed(turn, |_, message| {
        Some(Message {
            target: with_query(&message.target, CHANGED),
            ..message.clone()
        })
    })
}

pub(super) fn other_body(turn: &Turn<'_>) -> Option<Vec<Shot>> {
    let own = turn.player.event;
    let mut others = turn
        .player
        .provider
        .events
        .iter()
        .filter(|event| event.name != own.name);
    let other = others.find_map(|event| Some(turn.draft_of(event)?.message.body));
    let body = match other {
        Some(body) => body,
        None => turn.body_with("\"hookcat_other\":true")?.into(),
    };
    changed(turn, |_, message| {
        Some(Message {
            body: body.clone(),
            ..message.clone()
        })
    })
}
