//! `hookcat replay`: recorded deliveries again, byte for byte or signed anew.

use clap::Args;
use reqwest::Url;

use super::ending::finish;
use super::options::{SigningOptions, own_headers};
use super::selection::ChosenOptions;
use super::send::{Print, compose_error, print, target};
use super::session::{self, Session, log_error, signing_keys, warn_about};
use super::shipment::{Shipment, ToOptions, block_on, writer};
use super::sign::{definition_error, sign_error};
use crate::core::compose::{self, Occasion, Signing};
use crate::core::delivery::{Attempt, Delivery, Direction};
use crate::core::message::Message;
use crate::core::scheme::SignError;
use crate::core::template::Filler;
use crate::core::verdict::{Reason, Verdict};
use crate::deliver::{is_of_the_connection, join};
use crate::error::CommandError;
use crate::log::Log;
use crate::repeat::Repeat;
use crate::show::{event, finding, sanitize};

/// Send recorded deliveries again, byte for byte or signed anew
#[derive(Args, Debug)]
pub struct ReplayArgs {
    #[command(flatten)]
    chosen: ChosenOptions,

    #[command(flatten)]
    to: ToOptions,

    /// Sign anew: a fresh timestamp and id, with the local secret
    #[arg(long)]
    resign: bool,

    /// Add or replace a header, `Name: value` (can be repeated)
    #[arg(short = 'H', long = "header", value_name = "HEADER")]
    headers: Vec<String>,

    /// Take it for this provider's, instead of the recorded one's
    #[arg(long = "as", value_name = "PROVIDER")]
    taken_for: Option<String>,

    /// With --resign: the delivery id, instead of a fresh one
    #[arg(long, value_name = "ID", requires = "resign")]
    id: Option<String>,

    /// Show what would be sent and where to, and send nothing
    #[arg(long, conflicts_with = "print")]
    dry_run: bool,

    /// Print the request instead of sending it
    #[arg(long, value_enum, value_name = "FORM")]
    print: Option<Print>,

    #[command(flatten)]
    signing: SigningOptions,

    #[command(flatten)]
    repeat: Repeat,
}

/// Runs `replay`.
pub(super) fn run(args: &ReplayArgs, session: &Session) -> Result<(), CommandError> {
    let log = session.existing_log()?;
    let numbers = args.chosen.numbers(session, &log)?;
    if args.dry_run {
        return plan(&numbers, args, session, &log);
    }
    let base = args.to.endpoint(session)?;
    let chosen = args
        .taken_for
        .as_deref()
        .map(|name| session.provider(name))
        .transpose()?;
    if !args.resign {
        unused_signing(args, session)?;
    }
    let filler = Filler::new(args.repeat.clock().now(), args.repeat.random()?);
    let mut shipment = None;
    let mut failures = Vec::new();
    let total = numbers.len();
    for number in numbers {
        let original = log.delivery(number).map_err(|error| log_error(&error))?;
        let url = join(&base, &original.message.target);
        let (message, delivery_id) = remake(args, session, &original, &url, &filler)?;
        if let Some(form) = args.print {
            print(form, &message, &url, session)?;
            continue;
        }
        let recorded = original.provider.as_deref();
        let known = chosen.or_else(|| recorded.and_then(|name| session.catalog.get(name).ok()));
        let run = match &mut shipment {
            Some(run) => run,
            None => shipment.insert(Shipment {
                session,
                options: &args.to,
                client: args.to.client(&args.to.policy(known), &args.repeat)?,
                policy: args.to.policy(known),
                writer: writer(&args.to, session)?,
            }),
        };
        run.policy = args.to.policy(known);
        args.to.warn_of_no_schedule(&run.policy, known, session.ui);
        let delivery = Delivery {
            id: None,
            direction: Direction::Sent,
            at: args.repeat.clock().now(),
            provider: known
                .map(|own| own.id.clone())
                .or_else(|| original.provider.clone()),
            delivery_id,
            judgement: None,
            message: message.clone(),
            duplicate_of: None,
            replay_of: Some(number),
            answer: None,
            attempts: Vec::new(),
            ..original
        };
        let again = delivery.clone();
        let last = block_on(run.ship(delivery, &url, |_| message.clone()))??;
        failures.extend(finish(last.clone()).err().map(|error| {
            let hint = rejection(&again, last.as_ref(), url.as_str(), session);
            hint.into_iter().fold(error, CommandError::hint)
        }));
    }
    ending(failures, total)
}

/// Shows what would be sent.
fn plan(
    numbers: &[i64],
    args: &ReplayArgs,
    session: &Session,
    log: &Log,
) -> Result<(), CommandError> {
    let base = args.to.endpoint(session)?;
    for &number in numbers {
        let original = log.delivery(number).map_err(|error| log_error(&error))?;
        let url = join(&base, &original.message.target);
        session.ui.line(&planned(&original, url.as_str()))?;
    }
    let how = if args.resign { ", signed anew" } else { "" };
    let total = numbers.len();
    let noun = if total == 1 { "delivery" } else { "deliveries" };
    session
        .ui
        .status(&format!("{total} {noun} would be sent{how}"));
    Ok(())
}

fn planned(original: &Delivery, url: &str) -> String {
    let text = |text: &Option<String>| sanitize::name(text.as_deref().unwrap_or("-")).into_owned();
    let message = &original.message;
    format!(
        "#{}  {} {}  {}  {} {}",
        original.id.unwrap_or_default(),
        text(&original.provider),
        text(&original.event),
        event::size(message.body.len()),
        sanitize::name(&message.method),
        sanitize::line(url),
    )
}

/// Why an endpoint may have rejected a delivery's signature, as far as the local secrets tell.
fn rejection(
    delivery: &Delivery,
    last: Option<&Attempt>,
    url: &str,
    session: &Session,
) -> Option<String> {
    let last = last.filter(|own| matches!(own.status(), Some(400 | 401 | 403)))?;
    let verifier = session.verifier_of(delivery)?;
    let context = verifier.context(Some(url), last.at);
    let found = verifier.assess(&delivery.message, &context);
    match &found.verdict {
        Verdict::Valid(_) => Some(
            "the delivery verifies with the secret given here: the endpoint may have another, or \
             verify other bytes than it got"
                .to_owned(),
        ),
        Verdict::Invalid(reason @ (Reason::Stale { .. } | Reason::Future { .. })) => {
            Some(format!("the recorded {reason}: sign it anew with --resign"))
        }
        Verdict::Invalid(_) => {
            let diagnosis = verifier.diagnose(&delivery.message, &found, &context, &[]);
            let why = finding::short(&diagnosis)?;
            Some(format!("the recorded signature does not match: {why}"))
        }
        Verdict::Unverifiable(_) => None,
    }
}

/// All are sent; the first that was not accepted decides how this ends.
fn ending(failures: Vec<CommandError>, total: usize) -> Result<(), CommandError> {
    let failed = failures.len();
    match failures.into_iter().next() {
        None => Ok(()),
        Some(first) if total == 1 => Err(first),
        Some(first) => Err(CommandError::new(
            first.kind,
            format!("{failed} of {total} deliveries failed"),
        )
        .because(first)),
    }
}

/// Options that only a new signature has a use for.
fn unused_signing(args: &ReplayArgs, session: &Session) -> Result<(), CommandError> {
    if args.signing.scheme.is_some() || args.signing.shapes() {
        return Err(CommandError::usage(
            "options of the signature have no use where the recorded one is sent again",
        )
        .hint("sign anew: --resign"));
    }
    if !args.signing.secrets.is_empty() && std::env::var_os(crate::env::SECRET).is_none() {
        session
            .ui
            .warn("the secret is not used: the recorded signature is sent again");
        session.ui.hint("sign anew: --resign");
    }
    Ok(())
}

/// The recorded request as it goes out, and its delivery id.
fn remake(
    args: &ReplayArgs,
    session: &Session,
    original: &Delivery,
    url: &Url,
    filler: &Filler,
) -> Result<(Message, Option<String>), CommandError> {
    let mut message = original.message.clone();
    message.target = target(url);
    // Those were the recorded connection's; this one has its own.
    message.headers = message
        .headers
        .iter()
        .filter(|(name, _)| !is_of_the_connection(name))
        .collect();
    let mut delivery_id = original.delivery_id.clone();
    if args.resign {
        let name = args
            .taken_for
            .as_deref()
            .or(original.provider.as_deref())
            .ok_or_else(|| {
                CommandError::usage("delivery has no known provider to sign for")
                    .hint("name it: --as NAME")
            })?;
        let known = &args.signing.shape(session.provider(name)?)?;
        warn_about(known, session.ui);
        let scheme =
            session::scheme(known, name, args.signing.scheme.as_deref())?.ok_or_else(|| {
                CommandError::usage(format!("provider does not sign: `{}`", known.id))
                    .hint("replay it as it is: leave --resign out")
            })?;
        let mut keyring = session.keyring(&args.signing.secrets, &[known])?;
        args.signing.certify(&mut keyring)?;
        let keys = signing_keys(&keyring, &args.signing.secrets, known, scheme, session.ui)?;
        if keys.is_empty() {
            return Err(sign_error(&SignError::NoKey, known));
        }
        let id = match &args.id {
            Some(id) => id.clone(),
            None => compose::delivery_id(known, filler).map_err(definition_error)?,
        };
        let signing = Signing {
            scheme,
            keys: &keys,
            key_id: args.signing.key_id.as_deref(),
        };
        let now = args.repeat.clock().now();
        let occasion = Occasion {
            id: &id,
            now,
            url: url.as_str(),
        };
        compose::resign(&mut message, known, signing, occasion)
            .map_err(|error| compose_error(error, known))?;
        delivery_id = delivery_id.map(|_| id);
    }
    for (name, value) in own_headers(&args.headers)?.iter() {
        message.headers.set(name, value);
    }
    Ok((message, delivery_id))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::error::Kind;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: ReplayArgs,
    }

    #[test]
    fn of_several_the_failed_are_counted() {
        let failed = |kind| CommandError::new(kind, "endpoint answered 401: `u`");
        assert!(ending(Vec::new(), 3).is_ok());
        let several = vec![failed(Kind::NotAccepted), failed(Kind::NotReached)];
        let error = ending(several, 11).expect_err("two failed");
        assert_eq!(error.kind, Kind::NotAccepted);
        assert_eq!(error.to_string(), "2 of 11 deliveries failed");
        let alone = ending(vec![failed(Kind::NotAccepted)], 1).expect_err("failed");
        assert_eq!(alone.to_string(), "endpoint answered 401: `u`");
    }

    #[test]
    fn none_is_no_number_of_deliveries() {
        assert!(Line::try_parse_from(["replay", "--last", "0"]).is_err());
        let line = Line::parse_from(["replay", "--last", "1"]);
        assert_eq!(line.args.chosen.last, Some(1));
    }
}
