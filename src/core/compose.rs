//! From an event to the request its provider would send, signed; and a recorded one signed anew.

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};
use thiserror::Error;

use super::edit::{Edit, EditError};
use super::event::View;
use super::message::{Headers, Message, is_header_value};
use super::provider::{Event, Provider, Target};
use super::scheme::{Key, Scheme, SignError, Signed, Stamp};
use super::template::{FillError, Filler, Names};

/// The content type of a form.
const FORM: &str = "application/x-www-form-urlencoded";

/// How a request is signed.
#[derive(Clone, Copy, Debug)]
pub struct Signing<'a> {
    /// The scheme.
    pub scheme: &'a Scheme,
    /// Its keys, at least one.
    pub keys: &'a [Key],
    /// The id of the key, for schemes whose messages name one.
    pub key_id: Option<&'a str>,
}

/// What is particular to one delivery.
#[derive(Clone, Copy, Debug)]
pub struct Occasion<'a> {
    /// The delivery id.
    pub id: &'a str,
    /// The current time.
    pub now: Timestamp,
    /// The URL the request goes to.
    pub url: &'a str,
}

/// Why a request cannot be composed.
#[derive(Debug, Error)]
pub enum ComposeError {
    /// A template of the definition that cannot be filled in.
    #[error(transparent)]
    Template(#[from] FillError),
    /// A body that must be JSON and is not.
    #[error("body is not JSON")]
    NotJson(#[source] serde_json::Error),
    /// An edit that does not fit the body.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// A signature that cannot be made.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// A value with a line break or another control character.
    #[error(transparent)]
    Header(#[from] HeaderError),
}

/// A value that would end its header and begin another. It is not repeated: a token is a secret.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("header's value would hold a line break or another control character: `{0}`")]
pub struct HeaderError(pub String);

/// Holds values against what a header can carry, since ids and events come from anywhere: a line
/// break in one would be the next header.
///
/// # Errors
/// [`HeaderError`] for the first that has a control character.
pub fn carried<'a>(
    fields: impl IntoIterator<Item = (&'a str, &'a [u8])>,
) -> Result<(), HeaderError> {
    match fields
        .into_iter()
        .find(|(_, value)| !is_header_value(value))
    {
        None => Ok(()),
        Some((name, _)) => Err(HeaderError(name.to_owned())),
    }
}

/// A fresh delivery id as the provider writes them; a UUID where it documents none.
///
/// # Errors
/// [`FillError`] where the definition's template is wrong.
pub fn delivery_id(provider: &Provider, filler: &Filler) -> Result<String, FillError> {
    if provider.send.delivery_id.is_empty() {
        return Ok(filler.random().uuid());
    }
    filler.fill(&provider.send.delivery_id, Names::default())
}

/// An event's sample payload as compact JSON.
///
/// # Errors
/// [`ComposeError`] where the definition's sample is wrong.
pub fn sample(event: &Event, id: &str, filler: &Filler) -> Result<Vec<u8>, ComposeError> {
    let names = Names {
        event: event.wire(),
        delivery_id: id,
    };
    let text = filler.fill(&event.sample, names)?;
    let value: Value = serde_json::from_str(&text).map_err(ComposeError::NotJson)?;
    Ok(value.to_string().into_bytes())
}

/// A template of a user's own, filled in: the very bytes, whatever they are. What is no text is no
/// template.
///
/// # Errors
/// [`ComposeError::Template`]
pub fn filled(
    template: &[u8],
    event: &Event,
    id: &str,
    filler: &Filler,
) -> Result<Vec<u8>, ComposeError> {
    let Ok(text) = std::str::from_utf8(template) else {
        return Ok(template.to_vec());
    };
    let names = Names {
        event: event.wire(),
        delivery_id: id,
    };
    if text.ends_with(['\n', '\r']) {
        // A template drops its last line break; with this behind it, it is not the last.
        let text = format!("{text}{{{{ \"\" }}}}");
        return Ok(filler.fill(&text, names)?.into_bytes());
    }
    Ok(filler.fill(text, names)?.into_bytes())
}

/// A body with edits, compact; the very bytes where there are none.
///
/// # Errors
/// [`ComposeError::NotJson`] or [`ComposeError::Edit`].
pub fn edited(body: Vec<u8>, edits: &[Edit]) -> Result<Vec<u8>, ComposeError> {
    if edits.is_empty() {
        return Ok(body);
    }
    let mut value: Value = serde_json::from_slice(&body).map_err(ComposeError::NotJson)?;
    for edit in edits {
        edit.apply(&mut value)?;
    }
    Ok(value.to_string().into_bytes())
}

/// A body as its content type has it: the fields of a JSON object become those of a form, where the
/// event is sent as one; nested values stand there as JSON. Everything else stays as it is.
#[must_use]
pub fn as_sent(provider: &Provider, event: &Event, body: Vec<u8>) -> Vec<u8> {
    if !event.content_type(provider).starts_with(FORM) {
        return body;
    }
    let Ok(Value::Object(fields)) = serde_json::from_slice(&body) else {
        return body;
    };
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields {
        match value {
            Value::String(text) => form.append_pair(&name, &text),
            other => form.append_pair(&name, &other.to_string()),
        };
    }
    form.finish().into_bytes()
}

/// A body of JSON as the field `payload` of a form, as GitHub and Slack send it where they send forms.
#[must_use]
pub fn as_payload(body: &[u8]) -> Vec<u8> {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("payload", &String::from_utf8_lossy(body));
    form.finish().into_bytes()
}

/// The body another way of delivery has for an event: a chat message, say. `notice` is the event told
/// to people.
///
/// # Errors
/// [`ComposeError`] where the payload is not JSON or the template does not fit it.
pub fn for_target(
    target: &Target,
    event: &Event,
    payload: Vec<u8>,
    notice: &str,
    filler: &Filler,
) -> Result<Vec<u8>, ComposeError> {
    if target.body.is_empty() {
        return Ok(payload);
    }
    let payload: Value = serde_json::from_slice(&payload).map_err(ComposeError::NotJson)?;
    let values = json!({
        "event": event.wire(),
        "title": event.title,
        "payload": payload,
        "notice": notice,
    });
    let text = filler.fill_with(&target.body, &values)?;
    let value: Value = serde_json::from_str(&text).map_err(ComposeError::NotJson)?;
    Ok(value.to_string().into_bytes())
}

/// The request a provider would send for an event: its headers in its order, then the signature.
///
/// # Errors
/// [`ComposeError`]
pub fn request(
    provider: &Provider,
    event: &Event,
    body: impl Into<Bytes>,
    signing: Option<Signing<'_>>,
    occasion: Occasion<'_>,
    filler: &Filler,
) -> Result<Message, ComposeError> {
    let names = Names {
        event: event.wire(),
        delivery_id: occasion.id,
    };
    // Room for what most have.
    let mut headers = Headers::with_capacity(8, 128, 256);
    headers.push("Content-Type", event.content_type(provider));
    if let Some(agent) = &provider.send.user_agent {
        headers.push("User-Agent", filler.fill(agent, names)?);
    }
    for (name, template) in &provider.send.headers {
        headers.push(name.as_str(), filler.fill(template, names)?);
    }
    let mut message = Message {
        method: provider.send.method.clone(),
        target: "/".to_owned(),
        headers,
        body: body.into(),
    };
    if let Some(signing) = signing {
        sign(&mut message, signing, occasion)?;
    }
    carried(message.headers.iter())?;
    Ok(message)
}

/// Signs a message anew: a fresh timestamp, a fresh id in the headers that carry it, the body's very
/// bytes. Headers that stand there already keep their places.
///
/// # Errors
/// [`ComposeError`]
pub fn resign(
    message: &mut Message,
    provider: &Provider,
    signing: Signing<'_>,
    occasion: Occasion<'_>,
) -> Result<(), ComposeError> {
    let id_headers = provider
        .locate
        .delivery_id
        .iter()
        .flat_map(super::event::Location::headers);
    for name in id_headers {
        if message.headers.contains(name) {
            message.headers.set(name, occasion.id);
        }
    }
    sign(message, signing, occasion)?;
    Ok(carried(message.headers.iter())?)
}

/// Signs a message that is complete but for what its scheme adds.
///
/// # Errors
/// [`ComposeError`]
pub fn sign(
    message: &mut Message,
    signing: Signing<'_>,
    occasion: Occasion<'_>,
) -> Result<(), ComposeError> {
    let stamp = Stamp {
        now: occasion.now,
        id: occasion.id,
        method: &message.method,
        url: Some(occasion.url),
        headers: &message.headers,
        key_id: signing.key_id,
    };
    let signed = signing.scheme.sign(signing.keys, &stamp, &message.body)?;
    attach(message, signed);
    Ok(())
}

/// Puts what signs a message into it.
pub fn attach(message: &mut Message, signed: Signed) {
    for (name, value) in signed.headers {
        message.headers.set(&name, value);
    }
    if let Some(body) = signed.body {
        message.body = body.into();
    }
    if let Some((name, value)) = signed.query {
        let mark = if message.target.contains('?') {
            '&'
        } else {
            '?'
        };
        let mut form = form_urlencoded::Serializer::new(String::new());
        let pair = form.append_pair(&name, &value).finish();
        message.target.push(mark);
        message.target.push_str(&pair);
    }
}

/// The event a body names, for a provider whose events stand in the body.
#[must_use]
pub fn event_in_body(provider: &Provider, body: &[u8]) -> Option<String> {
    let message = Message::post(Headers::new(), body.to_vec());
    View::new(&message).locate(&provider.locate.event)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_would_begin_another_header_is_refused() {
        for value in ["a\r\nX-Evil: 1", "a\nb", "a\0", "\x1b[2J"] {
            let error = carried([("X-Event", value.as_bytes())]);
            assert_eq!(error, Err(HeaderError("X-Event".to_owned())), "{value:?}");
        }
        assert_eq!(carried([("X-Event", "tab\tand größe".as_bytes())]), Ok(()));
    }
}
