//! `hookcat sign`: the headers that sign a body, made for `curl -H @-`.

use std::io::Read;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueEnum};
use serde_json::json;

use super::options::{SigningOptions, one_reader_of_stdin, open};
use super::session::{self, Session, signing_keys, warn_about};
use crate::core::compose;
use crate::core::message::Headers;
use crate::core::provider::Provider;
use crate::core::scheme::{Part, Scheme, SignError, Signed, Stamp};
use crate::core::template::Filler;
use crate::error::{CommandError, Kind};
use crate::repeat::Repeat;
use crate::show::json::line;

/// How much of the body is read at once: large enough to keep the hash busy, small for memory.
const PIECE: usize = 256 * 1024;

/// Print the headers that sign a body
#[derive(Args, Debug)]
pub struct SignArgs {
    /// The provider whose signature to make
    #[arg(value_name = "PROVIDER")]
    provider: String,

    /// The body's file, `-` for stdin
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    file: Option<String>,

    #[command(flatten)]
    signing: SigningOptions,

    /// The event, where the provider's signature goes with an event header
    #[arg(long, value_name = "EVENT", value_parser = NonEmptyStringValueParser::new())]
    event: Option<String>,

    /// The delivery id to sign, where the scheme signs one
    #[arg(long, value_name = "ID")]
    id: Option<String>,

    /// The URL the message goes to, where the scheme signs it
    #[arg(long, value_name = "URL", value_hint = clap::ValueHint::Url)]
    url: Option<String>,

    /// The request method, where the scheme signs it
    #[arg(long, value_name = "METHOD", default_value = "POST")]
    method: String,

    /// How to print
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: SignFormat,

    #[command(flatten)]
    repeat: Repeat,
}

/// How `sign` prints.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum SignFormat {
    /// Header lines.
    #[default]
    Headers,
    /// The signature header's value alone.
    Value,
    /// One JSON object.
    Json,
}

/// Runs `sign`.
pub(super) fn run(args: &SignArgs, session: &Session) -> Result<(), CommandError> {
    one_reader_of_stdin(&args.signing.secrets, args.file.as_deref())?;
    let known = session.provider(&args.provider)?;
    let provider = &args.signing.shape(known)?;
    warn_about(provider, session.ui);
    let scheme = session::scheme(provider, &args.provider, args.signing.scheme.as_deref())?
        .ok_or_else(|| {
            CommandError::new(
                Kind::Unverifiable,
                format!("provider does not sign: `{}`", provider.id),
            )
            .hint(format!("`hookcat providers show {}` says why", provider.id))
        })?;
    let mut keyring = session.keyring(&args.signing.secrets, &[provider])?;
    args.signing.certify(&mut keyring)?;
    let keys = signing_keys(
        &keyring,
        &args.signing.secrets,
        provider,
        scheme,
        session.ui,
    )?;
    let now = args.repeat.clock().now();
    let id = match &args.id {
        Some(id) => id.clone(),
        // Templates cost as much as all the rest of signing a small body.
        None if !scheme.signs_id() => String::new(),
        None => {
            let filler = Filler::new(now, args.repeat.random()?);
            compose::delivery_id(provider, &filler).map_err(definition_error)?
        }
    };
    if args.id.is_some() && !scheme.signs_id() {
        session.ui.warn(&format!(
            "`{}` signs no delivery id: --id changes nothing",
            provider.id
        ));
    }
    let failed = |error| {
        let path = args.file.as_deref().unwrap_or("-");
        CommandError::usage(format!("cannot read `{path}`")).because(error)
    };
    let mut body = open(args.file.as_deref(), session.ui)?;
    let mut kept = Vec::new();
    // A header that is signed has to be known before the body is.
    let signed_event = if signs_its_event(scheme) {
        body.read_to_end(&mut kept).map_err(failed)?;
        Some(event_headers(args, session, provider, scheme, &kept))
    } else {
        None
    };
    let known: Headers = signed_event.iter().flatten().cloned().collect();
    let stamp = Stamp {
        now,
        id: &id,
        method: &args.method,
        url: args.url.as_deref(),
        headers: &known,
        key_id: args.signing.key_id.as_deref(),
    };
    let mut signer = scheme
        .signer(&keys, &stamp)
        .map_err(|error| sign_error(&error, provider))?;
    signer.update(&kept);
    let mut piece = vec![0; PIECE];
    // A header that goes with the signature may have to be read from the body.
    let keep = needs_event(scheme, provider) && args.event.is_none();
    loop {
        let read = body.read(&mut piece).map_err(failed)?;
        if read == 0 {
            break;
        }
        signer.update(&piece[..read]);
        if keep {
            kept.extend_from_slice(&piece[..read]);
        }
    }
    let mut made = signer
        .finish()
        .map_err(|error| sign_error(&error, provider))?;
    let event =
        signed_event.unwrap_or_else(|| event_headers(args, session, provider, scheme, &kept));
    made.headers.extend(event);
    let lines = made.headers.iter();
    compose::carried(lines.map(|(name, value)| (name.as_str(), value.as_bytes())))
        .map_err(|error| CommandError::usage(error.to_string()))?;
    print(args.format, provider, scheme, made, session)
}

fn print(
    format: SignFormat,
    provider: &Provider,
    scheme: &Scheme,
    signed: Signed,
    session: &Session,
) -> Result<(), CommandError> {
    match format {
        // A signature that stands in the body comes with the body.
        SignFormat::Headers if signed.body.is_some() => {
            session.ui.foreign(&signed.body.unwrap_or_default())
        }
        SignFormat::Headers => {
            let mut lines = Vec::new();
            for (name, value) in signed.headers {
                lines.extend_from_slice(format!("{name}: {value}\n").as_bytes());
            }
            session.ui.foreign(&lines)
        }
        SignFormat::Value => session.ui.line(&signed.value),
        SignFormat::Json => session.ui.line(&line(&json!({
            "v": 1,
            "type": "signature",
            "provider": provider.id,
            "scheme": scheme.name,
            "headers": signed.headers,
            "body": signed.body.map(|body| String::from_utf8_lossy(&body).into_owned()),
            "query": signed.query,
        }))),
    }
}

/// The headers that go unsigned with the signature and carry the event, if the scheme requires them.
fn event_headers(
    args: &SignArgs,
    session: &Session,
    provider: &Provider,
    scheme: &Scheme,
    body: &[u8],
) -> Vec<(String, String)> {
    if !needs_event(scheme, provider) {
        return Vec::new();
    }
    let Some(event) = args
        .event
        .clone()
        .or_else(|| compose::event_in_body(provider, body))
    else {
        session.ui.warn(&format!(
            "`{}` needs the header {} too, and the body does not tell the event",
            provider.id,
            scheme.require.join(", ")
        ));
        session.ui.hint("name the event: --event push");
        return Vec::new();
    };
    let named = scheme.require.iter();
    named.map(|name| (name.clone(), event.clone())).collect()
}

/// Whether a header that must be there is signed too.
fn signs_its_event(scheme: &Scheme) -> bool {
    let mut parts = scheme.signed.parts().iter();
    parts.any(|part| matches!(part, Part::Header(name) if scheme.require.contains(name)))
}

/// Whether the scheme requires the header that carries the event.
fn needs_event(scheme: &Scheme, provider: &Provider) -> bool {
    let mut places = provider
        .locate
        .event
        .iter()
        .flat_map(super::super::core::event::Location::headers);
    places.any(|name| {
        scheme
            .require
            .iter()
            .any(|own| own.eq_ignore_ascii_case(name))
    })
}

/// What keeps a message from being signed, with what helps.
pub(super) fn sign_error(error: &SignError, provider: &Provider) -> CommandError {
    let hint = match error {
        SignError::NoKey => format!(
            "give one: --secret env:NAME, or `secrets.{}` in hookcat.toml",
            provider.id
        ),
        SignError::OneSignatureOnly(_) => "give one --secret".to_owned(),
        SignError::NeedsUrl => "give the URL the message goes to: --url URL".to_owned(),
        SignError::NeedsKeyId => "give the id of the key: --key-id ID".to_owned(),
        SignError::PublicKeyOnly => {
            format!("make a pair: hookcat keys new {}", provider.id)
        }
        SignError::NoJsonBody | SignError::Missing(_) => {
            format!(
                "`hookcat providers show {}` says what is signed",
                provider.id
            )
        }
    };
    CommandError::usage(format!("{error}: `{}`", provider.id)).hint(hint)
}

/// A definition whose template is wrong: only a user's own can be.
pub(super) fn definition_error(
    error: impl std::error::Error + Send + Sync + 'static,
) -> CommandError {
    CommandError::usage("provider's definition cannot be used").because(error)
}
