//! What is sent: the delivery's id and its body, from the sample or from the user.

use std::collections::BTreeMap;
use std::ffi::OsString;

use super::args::BodyOptions;
use super::source::Source;
use super::{SendArgs, compose_error};
use crate::commands::options::read;
use crate::commands::session::Session;
use crate::commands::sign::definition_error;
use crate::commands::validate;
use crate::core::compose::{self, ComposeError};
use crate::core::edit::Edit;
use crate::core::message::{Headers, Message};
use crate::core::provider::{Event, Provider};
use crate::core::template::Filler;
use crate::error::CommandError;
use crate::show::notice::Notice;

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

/// The payload of an event: the sample, a template filled in or the user's own, with edits.
pub(in crate::commands) fn payload(
    options: &BodyOptions,
    session: &Session,
    provider: &Provider,
    source: &Source,
    id: &str,
    filler: &Filler,
) -> Result<Vec<u8>, CommandError> {
    let event = &source.event;
    let wrong = |error: ComposeError| compose_error(error, provider);
    let edits = options.edits()?;
    let raw = match (&options.data, &source.template) {
        (Some(path), _) => read(Some(path), session.ui)?,
        (None, Some(template)) => {
            let own = source
                .is_file
                .then(|| filler.beside().variables(variables()));
            let filler = own.as_ref().unwrap_or(filler);
            let body = compose::filled(&template.message.body, event, id, filler);
            body.map_err(|error| source.unfilled(error, provider))?
        }
        (None, None) => compose::sample(event, id, filler).map_err(wrong)?,
    };
    compose::edited(raw, &edits).map_err(wrong)
}

/// Says how a body of the user's own differs from its event's schema.
pub(in crate::commands) fn warn_of_differences(
    options: &BodyOptions,
    session: &Session,
    provider: &Provider,
    event: &Event,
    body: &[u8],
) {
    if options.is_given() && event.content_type(provider).contains("json") {
        let message = Message::post(Headers::new(), body.to_vec());
        let found = validate::of_event(provider, event, &message).unwrap_or_default();
        validate::warn(&found, &event.name, session.ui);
    }
}

/// The body of an event, as its content type or another target has it.
pub(super) fn body(
    args: &SendArgs,
    session: &Session,
    provider: &Provider,
    source: &Source,
    id: &str,
    filler: &Filler,
) -> Result<Vec<u8>, CommandError> {
    let event = &source.event;
    let wrong = |error: ComposeError| compose_error(error, provider);
    let body = payload(&args.body, session, provider, source, id, filler)?;
    if args.body.data.is_some() && args.content_type.is_none() {
        event_can_be_read(provider, &body)?;
    }
    warn_of_differences(&args.body, session, provider, event, &body);
    let Some(name) = &args.target else {
        if args.is_payload() {
            return Ok(compose::as_payload(&body));
        }
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
    let notice = Notice::of(provider, &event.name, &body).slack();
    compose::for_target(target, event, body, &notice, filler).map_err(wrong)
}

/// The environment, as far as it is text.
fn variables() -> BTreeMap<String, String> {
    let text = |(name, value): (OsString, OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    std::env::vars_os().filter_map(text).collect()
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

/// Words for media types.
const TYPES: [(&str, &str); 6] = [
    ("json", "application/json"),
    ("form", "application/x-www-form-urlencoded"),
    ("payload", "application/x-www-form-urlencoded"),
    ("xml", "application/xml"),
    ("text", "text/plain; charset=utf-8"),
    ("raw", "application/octet-stream"),
];

impl BodyOptions {
    /// Whether something of the body is the user's own.
    pub(in crate::commands) fn is_given(&self) -> bool {
        self.data.is_some()
            || self.template.is_some()
            || !self.edits.is_empty()
            || !self.json_edits.is_empty()
            || !self.more.is_empty()
    }

    fn edits(&self) -> Result<Vec<Edit>, CommandError> {
        let plain = self.edits.iter().map(|text| Edit::parse(text));
        let json = self.json_edits.iter().map(|text| Edit::parse_json(text));
        plain
            .chain(json)
            .chain(self.more.iter().cloned().map(Ok))
            .collect::<Result<_, _>>()
            .map_err(|error| CommandError::usage(error.to_string()))
    }
}

impl SendArgs {
    fn is_payload(&self) -> bool {
        self.content_type.as_deref() == Some("payload")
    }

    /// The media type that was asked for.
    pub(super) fn media_type(&self) -> Result<Option<String>, CommandError> {
        let Some(word) = &self.content_type else {
            return Ok(None);
        };
        let known = TYPES.iter().find(|(own, _)| own == word);
        match known {
            Some((_, media)) => Ok(Some((*media).to_owned())),
            None if word.contains('/') => Ok(Some(word.clone())),
            None => {
                let words = TYPES.map(|(word, _)| word).join(", ");
                let what = format!("not a content type: `{word}`");
                let hint = format!("one of {words}, or a media type such as text/csv");
                Err(CommandError::usage(what).hint(hint))
            }
        }
    }
}
