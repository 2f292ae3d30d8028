//! `hookcat sign`: what signs a body, as header lines for `curl -H @-` or as something to run.

mod lines;
mod shape;

use std::fs;
use std::io::{self, Read};

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueEnum};
use clap_complete::ArgValueCandidates;
use reqwest::Url;

use super::options::{SigningOptions, one_reader_of_stdin, open};
use super::session::{self, Session, signing_keys, warn_about};
use super::shipment::address;
use crate::commands::complete;
use crate::core::compose;
use crate::core::message::Headers;
use crate::core::provider::Provider;
use crate::core::scheme::{Key, Part, Scheme, SignError, Signed, Stamp};
use crate::core::template::Filler;
use crate::error::{CommandError, Kind};
use crate::repeat::{Clock, Repeat};

/// How much of the body is read at once: large enough to keep the hash busy, small for memory.
const PIECE: usize = 256 * 1024;

/// Print the headers that sign a body
#[derive(Args, Debug)]
pub struct SignArgs {
    /// The provider whose signature to make
    #[arg(value_name = "PROVIDER", add = ArgValueCandidates::new(complete::providers))]
    provider: String,

    /// The body's file, `-` for stdin
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    file: Option<String>,

    #[command(flatten)]
    signing: SigningOptions,

    /// The event, where the provider's signature goes with an event header
    #[arg(long, value_name = "EVENT", add = ArgValueCandidates::new(complete::events), value_parser = NonEmptyStringValueParser::new())]
    event: Option<String>,

    /// The delivery id to sign, where the scheme signs one
    #[arg(long, value_name = "ID")]
    id: Option<String>,

    /// The URL the message goes to: signed where the scheme signs it, and part of a whole request
    ///
    /// For `curl`, `httpie` and `http` it is the address of `hookcat listen` if not given.
    #[arg(long, value_name = "URL", value_hint = clap::ValueHint::Url)]
    url: Option<String>,

    /// The request method, where the scheme signs it or a whole request is printed
    #[arg(long, value_name = "METHOD", default_value = "POST")]
    method: String,

    /// Sign each line as a body of its own: JSON in, a line of JSON out
    ///
    /// Every line has its own timestamp and delivery id. A line that is no JSON, or cannot be signed,
    /// gives an object of type `error` in its place, the others are signed, and the exit code is 2.
    /// Empty lines are left out.
    #[arg(long, conflicts_with = "id")]
    lines: bool,

    /// How to print [default: headers; with --lines, json]
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<SignFormat>,

    #[command(flatten)]
    repeat: Repeat,
}

/// How `sign` prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum SignFormat {
    /// Header lines.
    #[default]
    Headers,
    /// The signature header's value alone.
    Value,
    /// One JSON object.
    Json,
    /// A curl command that posts the body.
    Curl,
    /// A command of `HTTPie` that posts the body.
    Httpie,
    /// The whole request as raw HTTP.
    Http,
    /// Variables for `eval` and `source`: `HOOKCAT_SIGNATURE`, each header such as
    /// `STRIPE_SIGNATURE`, and `HOOKCAT_QUERY` or `HOOKCAT_BODY` where the signature stands there.
    Env,
}

impl SignFormat {
    /// Whether it is a whole request, with a URL and a body.
    fn is_request(self) -> bool {
        matches!(self, Self::Curl | Self::Httpie | Self::Http)
    }
}

/// What signs bodies, one or many.
struct Signing<'a> {
    args: &'a SignArgs,
    session: &'a Session,
    provider: &'a Provider,
    scheme: &'a Scheme,
    keys: Vec<Key>,
    clock: Clock,
    /// The URL the signature may cover.
    url: Option<String>,
}

/// Runs `sign`.
pub(super) fn run(args: &SignArgs, session: &Session) -> Result<(), CommandError> {
    one_reader_of_stdin(
        &args.signing.secrets,
        matches!(args.file.as_deref(), None | Some("-")),
    )?;
    let format = args.format.unwrap_or_default();
    if args.lines && !matches!(args.format, None | Some(SignFormat::Json)) {
        return Err(
            CommandError::usage("--lines prints JSON, a line for a line")
                .hint("leave --format out"),
        );
    }
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
    let target = if format.is_request() {
        Some(address(args.url.clone(), session)?)
    } else {
        None
    };
    let signing = Signing {
        args,
        session,
        provider,
        scheme,
        keys,
        clock: args.repeat.clock(),
        // Signed as it was given: what a receiver takes it for is not known.
        url: args.url.clone().or(target.as_ref().map(Url::to_string)),
    };
    if args.lines {
        return lines::run(&signing);
    }
    signing.one(format, target.as_ref())
}

impl Signing<'_> {
    /// Signs one body, and prints it.
    fn one(&self, format: SignFormat, target: Option<&Url>) -> Result<(), CommandError> {
        let (args, session, provider) = (self.args, self.session, self.provider);
        let id = match &args.id {
            Some(id) => id.clone(),
            // Templates cost as much as all the rest of signing a small body.
            None if !self.scheme.signs_id() => String::new(),
            None => {
                let filler = Filler::new(self.clock.now(), args.repeat.random()?);
                compose::delivery_id(provider, &filler).map_err(definition_error)?
            }
        };
        if args.id.is_some() && !self.scheme.signs_id() {
            session.ui.warn(&format!(
                "`{}` signs no delivery id: --id changes nothing",
                provider.id
            ));
        }
        let file = self.file();
        // A command names a file's body; everything else that needs it has it here.
        let keep = format == SignFormat::Http || format.is_request() && file.is_none();
        let mut body = open(args.file.as_deref(), session.ui)?;
        let mut piece = vec![0; PIECE];
        let mut made = self.sign(&mut body, &id, keep, &mut piece)?;
        if made.lacks_event {
            session.ui.warn(&self.no_event());
            session.ui.hint("name the event: --event push");
        }
        shape::Shape {
            format,
            provider,
            scheme: self.scheme,
            method: &args.method,
            target,
            file,
            kept: std::mem::take(&mut made.kept),
            ui: session.ui,
        }
        .print(made.signed)
    }

    /// The body's file, where it can be read again: a pipe cannot.
    fn file(&self) -> Option<&str> {
        let file = self.args.file.as_deref().filter(|file| *file != "-")?;
        let is_file = fs::metadata(file).is_ok_and(|found| found.is_file());
        is_file.then_some(file)
    }

    /// Signs a body as it is read.
    ///
    /// # Errors
    /// What keeps it from being read or signed.
    fn sign(
        &self,
        body: &mut dyn Read,
        id: &str,
        keep: bool,
        piece: &mut [u8],
    ) -> Result<Made, CommandError> {
        let (args, provider, scheme) = (self.args, self.provider, self.scheme);
        let failed = |error: io::Error| {
            let path = args.file.as_deref().unwrap_or("-");
            CommandError::usage(format!("cannot read `{path}`")).because(error)
        };
        let mut kept = Vec::new();
        let mut lacks_event = false;
        let mut event_headers = |body: &[u8]| {
            let found = self.event_headers(body);
            lacks_event = found.is_none();
            found.unwrap_or_default()
        };
        // A header that is signed has to be known before the body is.
        let signed_event = if signs_its_event(scheme) {
            body.read_to_end(&mut kept).map_err(failed)?;
            Some(event_headers(&kept))
        } else {
            None
        };
        let known: Headers = signed_event.iter().flatten().cloned().collect();
        let stamp = Stamp {
            now: self.clock.now(),
            id,
            method: &args.method,
            url: self.url.as_deref(),
            headers: &known,
            key_id: args.signing.key_id.as_deref(),
        };
        let mut signer = scheme
            .signer(&self.keys, &stamp)
            .map_err(|error| sign_error(&error, provider))?;
        signer.update(&kept);
        // A header that goes with the signature may have to be read from the body.
        let keep = keep || needs_event(scheme, provider) && args.event.is_none();
        loop {
            let read = body.read(piece).map_err(failed)?;
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
        let event = signed_event.unwrap_or_else(|| event_headers(&kept));
        made.headers.extend(event);
        let lines = made.headers.iter();
        compose::carried(lines.map(|(name, value)| (name.as_str(), value.as_bytes())))
            .map_err(|error| CommandError::usage(error.to_string()))?;
        Ok(Made {
            signed: made,
            kept,
            lacks_event,
        })
    }

    /// The headers that go unsigned with the signature and carry the event, if the scheme requires
    /// them; `None` where the event is not known.
    fn event_headers(&self, body: &[u8]) -> Option<Vec<(String, String)>> {
        if !needs_event(self.scheme, self.provider) {
            return Some(Vec::new());
        }
        let given = self.args.event.clone();
        let event = given.or_else(|| compose::event_in_body(self.provider, body))?;
        let named = self.scheme.require.iter();
        Some(named.map(|name| (name.clone(), event.clone())).collect())
    }

    /// What a body that does not tell its event lacks.
    fn no_event(&self) -> String {
        format!(
            "`{}` needs the header {} too, and the body does not tell the event",
            self.provider.id,
            self.scheme.require.join(", ")
        )
    }
}

/// A body that was signed.
struct Made {
    signed: Signed,
    /// The body, where it was to be kept.
    kept: Vec<u8>,
    /// Whether a header is missing that names the event.
    lacks_event: bool,
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
        SignError::OneSignatureOnly(_) => {
            "give one --secret: in a rotation here, receivers take both and the sender signs with one"
                .to_owned()
        }
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
