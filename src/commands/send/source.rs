//! What is sent: an event of the provider, or a template.

use std::borrow::Cow;
use std::path::Path;

use reqwest::Url;

use super::args::BodyOptions;
use super::{SendArgs, compose_error, find_event};
use crate::commands::options::read;
use crate::commands::session::Session;
use crate::core::compose::ComposeError;
use crate::core::message::Headers;
use crate::core::outgoing;
use crate::core::provider::{Event, Provider};
use crate::core::saved::{Saved, is_saved};
use crate::deliver::join;
use crate::error::CommandError;
use crate::templates;

/// An event, and the template it is made from where that is not the definition's sample.
pub(in crate::commands) struct Source {
    pub(in crate::commands) event: Event,
    pub(super) template: Option<Saved>,
    /// Whether the template is a file that was named, not one of the project's.
    pub(super) is_file: bool,
    name: String,
}

/// Finds what is named: a template that was asked for, else an event, else a template of this name.
pub(in crate::commands) fn find(
    options: &BodyOptions,
    event: &str,
    session: &Session,
    provider: &Provider,
) -> Result<Source, CommandError> {
    match &options.template {
        Some(name) => of_template(name, event, session, provider),
        None => of_event(event, provider),
    }
}

impl SendArgs {
    /// What the arguments name, with the content type they name.
    pub(super) fn source(
        &self,
        session: &Session,
        provider: &Provider,
    ) -> Result<Source, CommandError> {
        let media = self.media_type()?;
        let mut source = find(&self.body, self.event(), session, provider)?;
        let own = source.template.as_ref();
        let own = own.and_then(|own| own.message.headers.text("content-type"));
        let own = own.map(str::to_owned).or_else(|| by_name(&self.body));
        if let Some(media) = media.or(own) {
            source.event.content_type = Some(media);
        }
        Ok(source)
    }
}

/// What a file's name says of its content.
fn by_name(options: &BodyOptions) -> Option<String> {
    let file = options.template.as_ref().or(options.data.as_ref())?;
    let end = Path::new(file).extension()?.to_str()?;
    (end == "xml").then(|| "application/xml".to_owned())
}

/// An event of the definition, else a template of this name and provider.
fn of_event(name: &str, provider: &Provider) -> Result<Source, CommandError> {
    if provider.event(name).is_none()
        && let Some(saved) = templates::named(name)?
        && saved.provider == provider.id
    {
        return Ok(of_saved(saved, name, provider));
    }
    Ok(Source {
        event: find_event(provider, name)?.clone(),
        template: None,
        is_file: false,
        name: name.to_owned(),
    })
}

/// A template that was asked for: a file, or one of the project's.
fn of_template(
    name: &str,
    event: &str,
    session: &Session,
    provider: &Provider,
) -> Result<Source, CommandError> {
    if name == "-" || Path::new(name).is_file() {
        let bytes = read(Some(name), session.ui)?;
        let saved = if is_saved(&bytes) {
            templates::read(&bytes, name)?
        } else {
            Saved::of_body(&provider.id, &find_event(provider, event)?.name, bytes)
        };
        return Ok(Source {
            is_file: true,
            ..of_saved(saved, name, provider)
        });
    }
    let saved = templates::named(name)?.ok_or_else(|| {
        let error = CommandError::usage(format!("no file and no template has this name: `{name}`"));
        error.hint("`hookcat template list` shows the project's")
    })?;
    Ok(of_saved(saved, name, provider))
}

fn of_saved(saved: Saved, name: &str, provider: &Provider) -> Source {
    let event = outgoing::event(provider, &saved.event);
    Source {
        event,
        template: Some(saved),
        is_file: false,
        name: name.to_owned(),
    }
}

impl Source {
    /// The provider, with the method of the template.
    pub(super) fn provider<'p>(&self, provider: &'p Provider) -> Cow<'p, Provider> {
        match &self.template {
            Some(own) if own.message.method != provider.send.method => {
                let mut provider = provider.clone();
                provider.send.method.clone_from(&own.message.method);
                Cow::Owned(provider)
            }
            _ => Cow::Borrowed(provider),
        }
    }

    /// The headers of the template, and those of the command line over them.
    pub(super) fn headers(&self, own: &Headers) -> Headers {
        let mut headers = Headers::new();
        let template = self
            .template
            .iter()
            .flat_map(|own| own.message.headers.iter());
        for (name, value) in template.filter(|(name, _)| !name.eq_ignore_ascii_case("content-type"))
        {
            headers.push(name, value);
        }
        for (name, value) in own.iter() {
            headers.set(name, value);
        }
        headers
    }

    /// Where it goes: an endpoint without a path takes the template's.
    pub(super) fn url(&self, endpoint: &Url) -> Url {
        match &self.template {
            Some(own) => join(endpoint, &own.message.target),
            None => endpoint.clone(),
        }
    }

    /// A template that cannot be filled in.
    pub(super) fn unfilled(&self, error: ComposeError, provider: &Provider) -> CommandError {
        let ComposeError::Template(error) = error else {
            return compose_error(error, provider);
        };
        let hint = if self.is_file {
            "what templates know: `hookcat template functions`"
        } else {
            "`env` is for files alone (--template FILE): a project may be somebody else's"
        };
        CommandError::usage(format!("template cannot be filled in: `{}`", self.name))
            .because(error)
            .hint(hint)
    }
}
