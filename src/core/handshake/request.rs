//! A handshake as the provider begins it: a request with fresh values, signed where it signs.

use super::{Given, Handshake};
use crate::core::compose::{self, ComposeError, Occasion, Signing};
use crate::core::message::{Headers, Message};
use crate::core::provider::Provider;
use crate::core::template::{Filler, Names};

/// What stands for the operator's token in a request's templates.
const TOKEN: &str = "{verify-token}";

/// The request of a handshake; its query is that of its target, `/?…`.
///
/// # Errors
/// [`ComposeError`] where the definition's templates are wrong, or a signature cannot be made.
pub fn request(
    provider: &Provider,
    handshake: &Handshake,
    given: Given<'_>,
    signing: Option<Signing<'_>>,
    occasion: Occasion<'_>,
    filler: &Filler,
) -> Result<Message, ComposeError> {
    let names = Names {
        delivery_id: occasion.id,
        ..Names::default()
    };
    let token = given.token().unwrap_or_default();
    let fill = |template: &str| -> Result<String, ComposeError> {
        Ok(filler.fill(template, names)?.replace(TOKEN, token))
    };
    let form = &handshake.request;
    let mut headers = Headers::new();
    if !form.body.is_empty() {
        let own = form.content_type.as_deref();
        headers.push("Content-Type", own.unwrap_or(&provider.send.content_type));
    }
    if let Some(agent) = &provider.send.user_agent {
        headers.push("User-Agent", fill(agent)?);
    }
    for (name, template) in &form.headers {
        headers.push(name.as_str(), fill(template)?);
    }
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, template) in &form.query {
        query.append_pair(name, &fill(template)?);
    }
    let query = query.finish();
    let mut message = Message {
        method: handshake.method.clone(),
        target: if query.is_empty() {
            "/".to_owned()
        } else {
            format!("/?{query}")
        },
        headers,
        body: fill(&form.body)?.into(),
    };
    if let Some(signing) = signing.filter(|_| handshake.signed) {
        compose::resign(&mut message, provider, signing, occasion)?;
    }
    compose::carried(message.headers.iter())?;
    Ok(message)
}

/// The same request with a signature that does not hold: a space more in the body.
#[must_use]
pub fn forged(message: &Message) -> Message {
    let mut body = message.body.to_vec();
    body.push(b' ');
    Message {
        body: body.into(),
        ..message.clone()
    }
}
