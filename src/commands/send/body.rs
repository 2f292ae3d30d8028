//! What is sent: the delivery's id and its body, from the sample or from the user.

use super::{SendArgs, compose_error};
use crate::commands::options::read;
use crate::commands::session::Session;
use crate::commands::sign::definition_error;
use crate::commands::validate;
use crate::core::compose;
use crate::core::edit::Edit;
use crate::core::message::{Headers, Message};
use crate::core::provider::{Event, Provider};
use crate::core::template::Filler;
use crate::error::CommandError;

/// The id that was given, else a fresh one.
pub(super) fn delivery_id(
    args: &SendArgs,
    session: &Session,
    provider: &Provider,
    filler: &Filler,
) -> Result<String, CommandError> {
    let Some(id) = &args.id else {
        return compose::delivery_id(provider, filler).map_err(definition_error);
    };
    if provider.locate.delivery_id.is_empty() {
        session.ui.warn(&format!(
            "`{}` has no delivery id: --id changes nothing",
            provider.id
        ));
    }
    Ok(id.clone())
}

/// The body of an event, as its content type or another target has it.
pub(super) fn body(
    args: &SendArgs,
    session: &Session,
    provider: &Provider,
    event: &Event,
    id: &str,
    filler: &Filler,
) -> Result<Vec<u8>, CommandError> {
    let edits = args
        .edits
        .iter()
        .map(|text| Edit::parse(text))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| CommandError::usage(error.to_string()))?;
    let raw = match &args.data {
        Some(path) => {
            let bytes = read(Some(path), session.ui)?;
            event_can_be_read(provider, &bytes)?;
            bytes
        }
        None => {
            compose::sample(event, id, filler).map_err(|error| compose_error(error, provider))?
        }
    };
    let body = compose::edited(raw, &edits).map_err(|error| compose_error(error, provider))?;
    if args.data.is_some() || !edits.is_empty() {
        let message = Message::post(Headers::new(), body.clone());
        let found = validate::of_event(provider, event, &message).unwrap_or_default();
        validate::warn(&found, &event.name, session.ui);
    }
    let Some(name) = &args.target else {
        return Ok(compose::as_sent(provider, event, body));
    };
    let target = provider
        .targets
        .iter()
        .find(|target| target.name == *name)
        .ok_or_else(|| {
            let names: Vec<String> = provider
                .targets
                .iter()
                .map(|own| own.name.clone())
                .collect();
            let error =
                CommandError::usage(format!("unknown target of `{}`: `{name}`", provider.id));
            if names.is_empty() {
                error.hint("it has none; leave --target out")
            } else {
                error.hint(format!("its targets are: {}", names.join(", ")))
            }
        })?;
    if !target.http {
        return Err(CommandError::usage(format!(
            "target is not an HTTP request and cannot be sent: `{name}`"
        ))
        .hint(target.about.clone()));
    }
    compose::for_target(target, event, body, filler).map_err(|error| compose_error(error, provider))
}

/// A body must be JSON where the provider's event stands nowhere else.
fn event_can_be_read(provider: &Provider, body: &[u8]) -> Result<(), CommandError> {
    let in_header = provider
        .locate
        .event
        .iter()
        .any(|own| own.headers().next().is_some());
    let Some(place) = provider.locate.event.first().filter(|_| !in_header) else {
        return Ok(());
    };
    serde_json::from_slice::<serde::de::IgnoredAny>(body).map(|_| ()).map_err(|error| {
        CommandError::usage(format!(
            "body is not JSON, but `{}` tells its event by {}",
            provider.id,
            place.describe()
        ))
        .because(error)
        .hint("to post any bytes, signed: hookcat sign PROVIDER FILE | curl -H @- --data-binary @FILE URL")
    })
}
