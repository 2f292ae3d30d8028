//! `hookcat send`: a provider's event, signed, to an endpoint.

use clap::{Args, ValueEnum};
use reqwest::Url;

use super::ending::finish;
use super::handshake::{self, TokenOptions};
use super::options::{SigningOptions, one_reader_of_stdin, own_headers, read};
use super::session::{self, Session, one_of, signing_keys, warn_about};
use super::shipment::{Shipment, ToOptions, block_on, writer};
use super::sign::{definition_error, sign_error};
use super::validate;
use crate::core::compose::{self, ComposeError, Occasion, Signing};
use crate::core::delivery::{Delivery, Direction, Judgement};
use crate::core::edit::Edit;
use crate::core::event::View;
use crate::core::message::{Headers, Message};
use crate::core::provider::{Event, Provider, Status};
use crate::core::scheme::{Key, Scheme};
use crate::core::template::Filler;
use crate::core::verdict::{Proof, Verdict, Why};
use crate::deliver::host;
use crate::error::CommandError;
use crate::providers::nearest;
use crate::repeat::Repeat;
use crate::show::{json, request};
use crate::ui::Ui;

/// Send a provider's event, signed
#[derive(Args, Debug)]
pub struct SendArgs {
    /// The provider to play
    #[arg(value_name = "PROVIDER")]
    pub(super) provider: String,

    /// The event; `hookcat providers show PROVIDER` lists them. Or `handshake`, the provider's check
    /// of a URL, whose answer is judged; `handshake:NAME` where it has several
    #[arg(value_name = "EVENT")]
    event: String,

    #[command(flatten)]
    pub(super) to: ToOptions,

    /// Send this body instead of the sample: a file, or `-` for stdin
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub(super) data: Option<String>,

    /// Set a field of the body, `path.to.field=value` (can be repeated)
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub(super) edits: Vec<String>,

    /// Add or replace a header, `Name: value` (can be repeated)
    #[arg(short = 'H', long = "header", value_name = "HEADER")]
    pub(super) headers: Vec<String>,

    /// The delivery id, instead of a fresh one
    #[arg(long, value_name = "ID")]
    pub(super) id: Option<String>,

    /// Send as one of the provider's other targets, such as a chat message
    #[arg(long, value_name = "NAME")]
    pub(super) target: Option<String>,

    /// Print the request instead of sending it
    #[arg(long, value_enum, value_name = "FORM")]
    pub(super) print: Option<Print>,

    #[command(flatten)]
    pub(super) token: TokenOptions,

    #[command(flatten)]
    pub(super) signing: SigningOptions,

    #[command(flatten)]
    pub(super) repeat: Repeat,
}

/// Forms of a request that is not sent.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Print {
    /// Raw HTTP.
    Http,
    /// A curl command.
    Curl,
    /// One JSON object.
    Json,
}

/// Runs `send`.
pub(super) fn run(args: &SendArgs, session: &Session) -> Result<(), CommandError> {
    one_reader_of_stdin(&args.signing.secrets, args.data.as_deref() == Some("-"))?;
    let provider = &args
        .signing
        .shape(&session.whole_provider(&args.provider)?)?;
    if let Some(own) = handshake::find(provider, &args.event)? {
        warn_about(provider, session.ui);
        return handshake::send(args, session, provider, own);
    }
    let event = find_event(provider, &args.event)?;
    warn_about(provider, session.ui);
    let scheme = session::scheme(provider, &args.provider, args.signing.scheme.as_deref())?;
    let mut keyring = session.keyring(&args.signing.secrets, &[provider])?;
    args.signing.certify(&mut keyring)?;
    let keys = scheme.map_or(Ok(Vec::new()), |scheme| {
        signing_keys(
            &keyring,
            &args.signing.secrets,
            provider,
            scheme,
            session.ui,
        )
    })?;
    let signing = scheme.filter(|_| !keys.is_empty()).map(|scheme| Signing {
        scheme,
        keys: &keys,
        key_id: args.signing.key_id.as_deref(),
    });
    let clock = args.repeat.clock();
    let filler = Filler::new(clock.now(), args.repeat.random()?);
    let id = delivery_id(args, session, provider, &filler)?;
    let body = body(args, session, provider, event, &id, &filler)?;
    let extra = own_headers(&args.headers)?;
    let url = args.to.endpoint(session)?;
    let make = || -> Result<Message, CommandError> {
        let occasion = Occasion {
            id: &id,
            now: clock.now(),
            url: url.as_str(),
        };
        let mut message =
            compose::request(provider, event, body.clone(), signing, occasion, &filler)
                .map_err(|error| compose_error(error, provider))?;
        message.target = with_query_of(&target(&url), &message.target);
        for (name, value) in extra.iter() {
            message.headers.set(name, value);
        }
        if !message.headers.contains("user-agent") {
            message
                .headers
                .push("User-Agent", concat!("hookcat/", env!("CARGO_PKG_VERSION")));
        }
        Ok(message)
    };
    let first = make()?;
    // A signature may stand in the query.
    let mut to = url.clone();
    to.set_query(first.target.split_once('?').map(|(_, query)| query));
    let unsigned = signing.is_none() && provider.status != Status::Unsigned;
    if let Some(form) = args.print {
        return print(form, &first, &to, session).inspect(|()| {
            if unsigned {
                warn_unsigned(provider, "printed", session.ui);
            }
        });
    }
    let delivery = Delivery {
        id: None,
        direction: Direction::Sent,
        at: clock.now(),
        provider: Some(provider.id.clone()),
        event: Some(event.name.clone()),
        // Not the fresh one: a body of the user's own carries its own, or none.
        delivery_id: View::new(&first).locate(&provider.locate.delivery_id),
        judgement: Some(Judgement::new(&judged(scheme, &keys), None)),
        message: first,
        duplicate_of: None,
        replay_of: None,
        answer: None,
        attempts: Vec::new(),
    };
    let policy = args.to.policy(Some(provider));
    args.to
        .warn_of_no_schedule(&policy, Some(provider), session.ui);
    let run = Shipment {
        session,
        options: &args.to,
        client: args.to.client(&policy, &args.repeat)?,
        policy,
        writer: writer(&args.to, session)?,
    };
    if unsigned {
        warn_unsigned(provider, "sent", session.ui);
    }
    let first = delivery.message.clone();
    let outcome = block_on(run.ship(delivery, &to, |attempt| {
        // Every later attempt is signed anew; what could be made once can be made again.
        let fresh = (attempt > 1).then(|| make().ok()).flatten();
        fresh.unwrap_or_else(|| first.clone())
    }))??;
    finish(outcome)
}

/// A target with another's query behind its own.
fn with_query_of(target: &str, other: &str) -> String {
    match other.split_once('?') {
        Some((_, query)) if target.contains('?') => format!("{target}&{query}"),
        Some((_, query)) => format!("{target}?{query}"),
        None => target.to_owned(),
    }
}

/// The id that was given, else a fresh one.
fn delivery_id(
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

pub(super) fn warn_unsigned(provider: &Provider, done: &str, ui: Ui) {
    ui.warn(&format!("no secret for `{}`: {done} unsigned", provider.id));
    ui.hint("sign it: --secret env:NAME");
}

/// The event of a name, else an error with the nearest.
pub(super) fn find_event<'a>(
    provider: &'a Provider,
    name: &str,
) -> Result<&'a Event, CommandError> {
    provider.event(name).ok_or_else(|| {
        let near = nearest(
            name,
            provider.events.iter().map(|event| event.name.as_str()),
        );
        let hint = if near.is_empty() {
            format!("`hookcat providers show {}` lists its events", provider.id)
        } else {
            format!("did you mean {}?", one_of(&near))
        };
        CommandError::usage(format!("unknown event of `{}`: `{name}`", provider.id)).hint(hint)
    })
}

fn body(
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

/// What was signed counts as valid: the same engine would say so.
pub(super) fn judged(scheme: Option<&Scheme>, keys: &[Key]) -> Verdict {
    match scheme {
        None => Verdict::Unverifiable(Why::ProviderDoesNotSign),
        Some(_) if keys.is_empty() => Verdict::Unverifiable(Why::NoSecret),
        Some(scheme) => Verdict::Valid(Proof {
            secret_index: 0,
            coverage: scheme.coverage(),
            age: None,
        }),
    }
}

/// The target a URL stands for: path and query.
pub(super) fn target(url: &Url) -> String {
    match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    }
}

/// Prints a request in one of its forms.
pub(super) fn print(
    form: Print,
    message: &Message,
    url: &Url,
    session: &Session,
) -> Result<(), CommandError> {
    match form {
        Print::Curl => session.ui.line(&request::curl(message, url.as_str())),
        Print::Json => session
            .ui
            .line(&json::line(&json::request(message, url.as_str()))),
        Print::Http => session
            .ui
            .foreign(&request::http(message, &target(url), &host(url))),
    }
}

/// A request that cannot be composed, with what helps.
pub(super) fn compose_error(error: ComposeError, provider: &Provider) -> CommandError {
    match error {
        ComposeError::NotJson(source) => CommandError::usage("body is not JSON")
            .because(source)
            .hint("--set needs a JSON body; without it, --data is sent as it is"),
        ComposeError::Edit(error) => CommandError::usage(error.to_string()),
        ComposeError::Sign(error) => sign_error(&error, provider),
        ComposeError::Template(error) => definition_error(error),
        ComposeError::Header(error) => CommandError::usage(error.to_string()),
    }
}
