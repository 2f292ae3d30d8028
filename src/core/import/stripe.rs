//! Stripe events as its CLI, its dashboard and its API give them out: the body of a delivery, without the
//! header that signs it.

use jiff::Timestamp;
use serde::Deserialize;

use super::json::{member, objects, parse};
use super::{Headers, ImportError, Imported, Message, Trouble};

const FORMAT: &str = "a Stripe event";

#[derive(Deserialize)]
struct Event {
    object: Option<String>,
    created: Option<serde_json::Value>,
}

/// Reads Stripe events: one, several one after another, or a list of Stripe's API. A body is the event
/// as it is written in the file.
///
/// # Errors
/// [`ImportError`] with the event, counted from 1.
pub fn stripe(text: &[u8]) -> Result<Vec<Imported>, ImportError> {
    let mut events = Vec::new();
    for object in objects(text, FORMAT)? {
        match member(object, "object") {
            Some(b"\"list\"") => events.extend(super::json::items(
                member(object, "data").unwrap_or_default(),
            )),
            _ => events.push(object),
        }
    }
    let events = events.into_iter().enumerate();
    events
        .map(|(index, text)| {
            let name = format!("event {}", index + 1);
            event(text, &name).map_err(|trouble| trouble.at(name))
        })
        .collect()
}

fn event(text: &[u8], name: &str) -> Result<Imported, Trouble> {
    let event: Event = parse(text, FORMAT)?;
    if event.object.is_none() {
        return Err(Trouble::Missing("object"));
    }
    // Seconds in events of version 1, a time in words in those of version 2.
    let at = event.created.and_then(|created| match created {
        serde_json::Value::String(text) => text.parse().ok(),
        other => Timestamp::from_second(other.as_i64()?).ok(),
    });
    Ok(Imported {
        message: Message::post(Headers::new(), text.to_vec()),
        at,
        name: name.to_owned(),
        notes: vec![
            "an event that Stripe gives out has no signature: only a delivery has".to_owned(),
        ],
        ..Imported::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: &str = "{\n  \"id\": \"evt_1\",\n  \"object\": \"event\",\n  \"created\": 1700000000,\n  \"data\": {\"object\": {}}\n}";

    #[test]
    fn an_event_is_a_body_as_it_is_written() {
        let found = stripe(format!("{EVENT}\n").as_bytes()).expect("an event");
        assert_eq!(&found[0].message.body[..], EVENT.as_bytes());
        assert_eq!(found[0].at.map(Timestamp::as_second), Some(1_700_000_000));
        assert!(found[0].message.headers.is_empty());
        assert!(found[0].notes[0].contains("no signature"));
        let newer =
            r#"{"id": "evt_2", "object": "v2.core.event", "created": "2023-11-14T22:13:20Z"}"#;
        let found = stripe(newer.as_bytes()).expect("an event");
        assert_eq!(found[0].at.map(Timestamp::as_second), Some(1_700_000_000));
    }

    #[test]
    fn a_list_of_the_api_is_its_events() {
        let list =
            format!(r#"{{"object": "list", "data": [{EVENT}, {EVENT}], "has_more": false}}"#);
        let found = stripe(list.as_bytes()).expect("a list");
        assert_eq!((found.len(), found[1].name.as_str()), (2, "event 2"));
        assert_eq!(&found[1].message.body[..], EVENT.as_bytes());
        assert!(stripe(b"{\"id\": 1}").is_err());
    }
}
