//! `hookcat send`: a provider's event, signed, to an endpoint.

mod args;
mod body;
mod book;
mod load;
mod script;
mod source;

use reqwest::Url;

pub(in crate::commands) use self::args::{BodyOptions, Print, SendArgs};
use self::body::{body, delivery_id};
pub(in crate::commands) use self::body::{payload, warn_of_differences};
use self::load::Load;
pub(in crate::commands) use self::source::find as find_source;
use crate::commands::ending::finish;
use crate::commands::handshake;
use crate::commands::options::{one_reader_of_stdin, own_headers};
use crate::commands::session::{self, Session, one_of, signing_keys, warn_about};
use crate::commands::shipment::{Shipment, block_on, writer};
use crate::commands::sign::{definition_error, sign_error};
use crate::core::compose::{self, ComposeError, Occasion, Signing};
use crate::core::delivery::{Attempt, Judgement};
use crate::core::message::Message;
use crate::core::outgoing::{aim, judged, name_agent, recorded};
use crate::core::provider::{Event, Provider, Status};
use crate::core::scheme::{Key, Scheme};
use crate::core::series::Pattern;
use crate::core::tamper::{self, TamperError};
use crate::core::template::Filler;
use crate::deliver::host;
use crate::error::CommandError;
use crate::providers::nearest;
use crate::show::{json, request};
use crate::ui::Ui;

/// Runs `send`.
pub(in crate::commands) fn run(args: &SendArgs, session: &Session) -> Result<(), CommandError> {
    if let Some(path) = &args.script {
        return script::run(args, path, session);
    }
    let from_stdin = args.body.data.as_deref() == Some("-");
    one_reader_of_stdin(&args.signing.secrets, from_stdin)?;
    let provider = &args
        .signing
        .shape(&session.whole_provider(args.provider())?)?;
    if let Some(own) = handshake::find(provider, args.event())? {
        only_once(args)?;
        warn_about(provider, session.ui);
        return handshake::send(args, session, provider, own);
    }
    let filler = Filler::new(args.repeat.clock().now(), args.repeat.random()?);
    finish(one(args, session, provider, &filler)?.as_ref())
}

/// Sends one event, with all its attempts, or what it is to be sent as often as load wants; gives the
/// last attempt, where there was one.
fn one(
    args: &SendArgs,
    session: &Session,
    provider: &Provider,
    filler: &Filler,
) -> Result<Option<Attempt>, CommandError> {
    let source = args.source(session, provider)?;
    let (provider, event) = (&source.provider(provider), &source.event);
    warn_about(provider, session.ui);
    let (scheme, keys) = scheme_and_keys(args, session, provider)?;
    let signing = scheme.filter(|_| !keys.is_empty()).map(|scheme| Signing {
        scheme,
        keys: &keys,
        key_id: args.signing.key_id.as_deref(),
    });
    let clock = args.repeat.clock();
    let id = delivery_id(args, session, provider, filler)?;
    let body = body(args, session, provider, &source, &id, filler)?;
    let extra = source.headers(&own_headers(&args.headers)?);
    let url = source.url(&args.to.endpoint(session)?);
    let occasion = || Occasion {
        id: &id,
        now: clock.now(),
        url: url.as_str(),
    };
    let make = || -> Result<Message, CommandError> {
        let body = body.clone();
        let mut message = if args.tamper.is_empty() {
            compose::request(provider, event, body, signing, occasion(), filler)
                .map_err(|error| compose_error(error, provider))?
        } else {
            let unsigned = compose::request(provider, event, body, None, occasion(), filler)
                .map_err(|error| compose_error(error, provider))?;
            tampered(args, provider, &unsigned, signing, occasion(), filler)?
        };
        aim(&mut message, &target(&url));
        for (name, value) in extra.iter() {
            message.headers.set(name, value);
        }
        name_agent(&mut message);
        Ok(message)
    };
    let first = make()?;
    // A signature may stand in the query.
    let mut to = url.clone();
    to.set_query(first.target.split_once('?').map(|(_, query)| query));
    let unsigned = signing.is_none() && provider.status != Status::Unsigned;
    if let Some(form) = args.print {
        print(form, &first, &to, session)?;
        if unsigned {
            warn_unsigned(provider, "printed", session.ui);
        }
        return Ok(None);
    }
    let mut delivery = recorded(provider, event, first);
    delivery.at = clock.now();
    delivery.judgement = Some(Judgement::new(&judged(scheme, &keys), None));
    let policy = args.to.policy(Some(provider));
    args.to
        .warn_of_no_schedule(&policy, Some(provider), session.ui);
    // Said once nothing stands in the way any more.
    let tell = || {
        if unsigned {
            warn_unsigned(provider, "sent", session.ui);
        }
    };
    if let Some(plan) = args.load.plan() {
        let message = compose::request(provider, event, body, None, occasion(), filler);
        let mut message = message.map_err(|error| compose_error(error, provider))?;
        message.target = target(&url);
        name_agent(&mut message);
        let pattern = Pattern {
            message: &message,
            id: args.id.is_none().then_some(id.as_str()),
            signing,
            own: &extra,
            url: url.as_str(),
        };
        let load = Load::new(args, session, provider, pattern, delivery)?;
        tell();
        return load.run(&id, &url, plan).map(|()| None);
    }
    let run = Shipment {
        session,
        options: &args.to,
        client: args.to.client(&policy, &args.repeat)?,
        policy,
        writer: writer(&args.to, session)?,
    };
    tell();
    let first = delivery.message.clone();
    block_on(run.ship(delivery, &to, |attempt| {
        // Every later attempt is signed anew; what could be made once can be made again.
        let fresh = (attempt > 1).then(|| make().ok()).flatten();
        fresh.unwrap_or_else(|| first.clone())
    }))?
}

/// Refuses a load of handshakes.
fn only_once(args: &SendArgs) -> Result<(), CommandError> {
    if args.load.plan().is_none() {
        return Ok(());
    }
    let error = CommandError::usage("a handshake is sent once, its answer is judged");
    Err(error.hint("leave out --count, --rate, --concurrency and --duration"))
}

/// What signs, as far as anything does.
fn scheme_and_keys<'a>(
    args: &SendArgs,
    session: &Session,
    provider: &'a Provider,
) -> Result<(Option<&'a Scheme>, Vec<Key>), CommandError> {
    let signing = &args.signing;
    let scheme = session::scheme(provider, args.provider(), signing.scheme.as_deref())?;
    let mut keyring = session.keyring(&signing.secrets, &[provider])?;
    signing.certify(&mut keyring)?;
    let keys = match scheme {
        Some(own) => signing_keys(&keyring, &signing.secrets, provider, own, session.ui)?,
        None => Vec::new(),
    };
    Ok((scheme, keys))
}

/// The request, bad on purpose.
fn tampered(
    args: &SendArgs,
    provider: &Provider,
    unsigned: &Message,
    signing: Option<Signing<'_>>,
    occasion: Occasion<'_>,
    filler: &Filler,
) -> Result<Message, CommandError> {
    let signing = signing.ok_or_else(|| {
        let what = format!(
            "nothing is signed that --tamper could break: `{}`",
            provider.id
        );
        CommandError::usage(what).hint("sign it: --secret env:NAME")
    })?;
    let made = tamper::tampered(
        unsigned,
        &args.tamper,
        signing,
        occasion,
        &mut filler.random(),
    );
    made.map_err(|error| match error {
        TamperError::Compose(error) => compose_error(error, provider),
        error @ TamperError::NoMeaning(..) => CommandError::usage(error.to_string()),
    })
}

pub(in crate::commands) fn warn_unsigned(provider: &Provider, done: &str, ui: Ui) {
    ui.warn(&format!("no secret for `{}`: {done} unsigned", provider.id));
    ui.hint("sign it: --secret env:NAME");
}

/// The event of a name, else an error with the nearest.
pub(in crate::commands) fn find_event<'a>(
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

/// The target a URL stands for: path and query.
pub(in crate::commands) fn target(url: &Url) -> String {
    match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    }
}

/// Prints a request in one of its forms.
pub(in crate::commands) fn print(
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
pub(in crate::commands) fn compose_error(error: ComposeError, provider: &Provider) -> CommandError {
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
