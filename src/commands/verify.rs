//! `hookcat verify`: is this delivery genuine, and if not, why.

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::certificate;
use super::options::{Format, SigningOptions, headers, one_reader_of_stdin, read, tolerance};
use super::session::{Session, keys, scheme, some_scheme, warn_about};
use super::validate;
use crate::core::assess::{Assessment, assess};
use crate::core::message::Message;
use crate::core::provider::Provider;
use crate::core::raw_http;
use crate::core::schema::Problem;
use crate::core::scheme::{Context, KeyForm};
use crate::core::verdict::{Verdict, Why};
use crate::error::{CommandError, Kind};
use crate::repeat::Repeat;
use crate::show::{event, json::line, sanitize};

/// Verify a delivery's signature and say why it fails
#[derive(Args, Debug)]
pub struct VerifyArgs {
    /// The body's file or a raw HTTP request's, `-` for stdin
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    file: Option<String>,

    /// The provider; detected from the headers if not given (can be repeated)
    #[arg(short, long = "provider", value_name = "PROVIDER")]
    providers: Vec<String>,

    /// A header of the delivery, `Name: value` (can be repeated)
    #[arg(short = 'H', long = "header", value_name = "HEADER")]
    headers: Vec<String>,

    /// What the file holds
    #[arg(long, value_enum, default_value_t, value_name = "KIND")]
    input: Input,

    #[command(flatten)]
    signing: SigningOptions,

    /// Allow timestamps this many seconds off, in both directions; 0 allows any
    #[arg(long, value_name = "SECONDS")]
    tolerance: Option<u32>,

    /// Fetch the certificate a message names, from the provider's own host over https
    #[arg(long)]
    fetch_cert: bool,

    /// Hold the payload against its event's schema; exit 9 if something is missing or retyped
    #[arg(long)]
    validate: bool,

    /// The URL the sender posted to, where the scheme signs it
    #[arg(long, value_name = "URL", value_hint = clap::ValueHint::Url)]
    url: Option<String>,

    /// The request method, where the scheme signs it
    #[arg(long, value_name = "METHOD")]
    method: Option<String>,

    /// How to print
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,

    #[command(flatten)]
    repeat: Repeat,
}

/// What the input holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Input {
    /// An HTTP request if it begins like one and no -H is given, else a body.
    #[default]
    Auto,
    /// The body alone.
    Body,
    /// A whole HTTP/1 request.
    Http,
}

/// Runs `verify`.
pub(super) fn run(args: &VerifyArgs, session: &Session) -> Result<(), CommandError> {
    one_reader_of_stdin(&args.signing.secrets, args.file.as_deref())?;
    let mut chosen = args.providers.clone();
    if chosen.is_empty() {
        chosen.extend(session.profile.provider.clone());
    }
    let named = chosen
        .iter()
        .map(|name| args.signing.shape(session.provider(name)?))
        .collect::<Result<Vec<Provider>, _>>()?;
    if let Some(scheme) = args.signing.scheme.as_deref().filter(|_| named.is_empty()) {
        some_scheme(&session.catalog, scheme)?;
    }
    let message = message(args, session)?;
    let candidates: Vec<&Provider> = if named.is_empty() {
        session.catalog.candidates(&message)
    } else {
        named.iter().collect()
    };
    let mut keyring = session.keyring(&args.signing.secrets, &candidates)?;
    args.signing.certify(&mut keyring)?;
    if args.fetch_cert {
        for certificate in certificate::fetched(&message, &candidates, args.repeat.clock())? {
            keyring.certify(certificate);
        }
    }
    let mut scheme_name = args.signing.scheme.clone();
    if let (Some(name), [one]) = (chosen.first(), candidates.as_slice()) {
        warn_about(one, session.ui);
        if let Some(scheme) = scheme(one, name, scheme_name.as_deref())? {
            keys(&keyring, one, scheme, session.ui)?;
            // An alias such as `svix` stands for the scheme of its name.
            if scheme.name == *name && one.id != *name {
                scheme_name = Some(scheme.name.clone());
            }
        }
    }
    let context = Context {
        key_id: args.signing.key_id.as_deref(),
        now: args.repeat.clock().now(),
        url: args.url.as_deref(),
        tolerance: tolerance(args.tolerance),
    };
    let found = assess(
        &message,
        &candidates,
        !named.is_empty(),
        scheme_name.as_deref(),
        &keyring,
        &context,
    );
    let problems = args.validate.then(|| {
        let (provider, event) = (found.provider.as_deref(), found.event.as_deref());
        validate::of_delivery(&session.catalog, provider, event, &message)
    });
    match args.format {
        Format::Text => session.ui.line(&text(&found, session))?,
        Format::Json => session.ui.line(&json_line(&found, problems.as_ref()))?,
    }
    if args.format == Format::Text
        && let Some(problems) = &problems
    {
        tell_problems(problems.as_deref(), session)?;
    }
    let Some(kind) = Kind::of(&found.verdict) else {
        return match problems.flatten() {
            Some(problems) if validate::is_broken(&problems) => {
                Err(CommandError::said(Kind::NotMet))
            }
            _ => Ok(()),
        };
    };
    if let Some(hint) = hint(&found, &candidates) {
        session.ui.hint(&hint);
    }
    Err(CommandError::said(kind))
}

/// The delivery: a raw request, or body and headers.
fn message(args: &VerifyArgs, session: &Session) -> Result<Message, CommandError> {
    let bytes = read(args.file.as_deref(), session.ui)?;
    let given = headers(&args.headers)?;
    let is_request = match args.input {
        Input::Http => true,
        Input::Body => false,
        Input::Auto => given.is_empty() && raw_http::looks_like_request(&bytes),
    };
    let mut message = if is_request {
        raw_http::request(&bytes).map_err(|error| {
            CommandError::usage("cannot read the request")
                .because(error)
                .hint("a body alone is read with --input body")
        })?
    } else {
        Message::post(given.clone(), bytes)
    };
    if is_request {
        for (name, value) in given.iter() {
            message.headers.set(name, value);
        }
    }
    if let Some(method) = &args.method {
        message.method.clone_from(method);
    }
    Ok(message)
}

fn text(found: &Assessment, session: &Session) -> String {
    let name = match (&found.provider, &found.event) {
        (Some(provider), Some(event)) => format!("{provider} {}", sanitize::name(event)),
        (Some(provider), None) => provider.clone(),
        _ => "unknown provider".to_owned(),
    };
    let paint = session.ui.out();
    let mut text = format!(
        "{}: {}",
        paint.bold(&name),
        event::mark(Some(&found.judgement()), paint)
    );
    if let Verdict::Valid(proof) = &found.verdict {
        let age = proof.age.map(|age| {
            if age < 0 {
                format!(", {} s ahead", -age)
            } else {
                format!(", {age} s old")
            }
        });
        text.push_str(&paint.dim(&format!(
            "  secret {}{}",
            proof.secret_index + 1,
            age.unwrap_or_default()
        )));
    }
    if let Some(told) = &found.judgement().detected_by {
        text.push_str(&paint.dim(&format!("  detected by {told}")));
    }
    text
}

/// What the payload lacks or has beside its schema.
fn tell_problems(problems: Option<&[Problem]>, session: &Session) -> Result<(), CommandError> {
    let Some(problems) = problems else {
        session
            .ui
            .warn("no schema of this event: the payload is not validated");
        return Ok(());
    };
    for line in validate::lines(problems) {
        session
            .ui
            .line(&format!("  payload: {}", sanitize::line(&line)))?;
    }
    Ok(())
}

fn json_line(found: &Assessment, problems: Option<&Option<Vec<Problem>>>) -> String {
    let judgement = found.judgement();
    let proof = match &found.verdict {
        Verdict::Valid(proof) => Some(proof),
        _ => None,
    };
    let mut verdict = json!({
        "v": 1,
        "type": "verdict",
        "provider": found.provider,
        "scheme": found.scheme,
        "event": found.event,
        "delivery_id": found.delivery_id,
        "verdict": judgement.verdict,
        "reason": judgement.reason,
        "detail": judgement.detail,
        "secret_index": judgement.secret_index,
        "coverage": judgement.coverage,
        "age": proof.and_then(|proof| proof.age),
        "detected_by": found.evidence.as_ref().map(ToString::to_string),
        "candidates": found.candidates,
    });
    if let Some(problems) = problems {
        verdict["problems"] = problems.as_deref().map_or(Value::Null, validate::as_json);
    }
    line(&verdict)
}

/// Whether the scheme that was used takes a certificate.
fn needs_certificate(found: &Assessment, candidates: &[&Provider]) -> bool {
    let mut named = candidates
        .iter()
        .filter(|own| Some(&own.id) == found.provider.as_ref());
    let scheme = named
        .next()
        .and_then(|own| own.scheme(found.scheme.as_deref()?));
    scheme.is_some_and(|scheme| scheme.key == KeyForm::Certificate)
}

fn hint(found: &Assessment, candidates: &[&Provider]) -> Option<String> {
    match &found.verdict {
        Verdict::Unverifiable(Why::NoSecret) if needs_certificate(found, candidates) => {
            Some("give the certificate: --cert FILE, or have it fetched: --fetch-cert".to_owned())
        }
        Verdict::Unverifiable(Why::NoSecret) => {
            Some("give the secret: --secret env:NAME".to_owned())
        }
        Verdict::Unverifiable(Why::Ambiguous(names)) => {
            Some(format!("name one: -p {}", names.join(" or -p ")))
        }
        Verdict::Unverifiable(Why::UnknownProvider) => Some(
            "give the delivery's headers with -H 'Name: value', or name the provider: -p NAME"
                .to_owned(),
        ),
        Verdict::Invalid(reason) => match reason.slug() {
            "stale" | "future" => {
                Some("allow any age with --tolerance 0, or set the time with --now".to_owned())
            }
            "missing-header" => {
                Some("give the delivery's headers with -H 'Name: value'".to_owned())
            }
            _ => None,
        },
        _ => None,
    }
}
