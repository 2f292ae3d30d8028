//! `hookcat replay`: recorded deliveries again, byte for byte or signed anew.

use clap::Args;
use reqwest::Url;

use super::ending::finish;
use super::options::{SigningOptions, own_headers};
use super::send::{Print, compose_error, print, target};
use super::session::{self, Session, log_error, signing_keys, warn_about};
use super::shipment::{Shipment, ToOptions, block_on, writer};
use super::sign::{definition_error, sign_error};
use crate::core::compose::{self, Occasion, Signing};
use crate::core::delivery::{Delivery, Direction};
use crate::core::message::Message;
use crate::core::scheme::SignError;
use crate::core::template::Filler;
use crate::deliver::{is_of_the_connection, join};
use crate::error::CommandError;
use crate::log::{Filter, Log};
use crate::repeat::Repeat;

/// Send recorded deliveries again, byte for byte or signed anew
#[derive(Args, Debug)]
pub struct ReplayArgs {
    /// The numbers of the deliveries: 7, or 3..9 for the received ones from 3 to 9
    #[arg(value_name = "ID", required_unless_present = "last")]
    ids: Vec<String>,

    /// Replay the last N received deliveries
    #[arg(long, value_name = "N", conflicts_with = "ids", value_parser = clap::value_parser!(u32).range(1..))]
    last: Option<u32>,

    #[command(flatten)]
    to: ToOptions,

    /// Sign anew: a fresh timestamp and id, with the local secret
    #[arg(long)]
    resign: bool,

    /// Add or replace a header, `Name: value` (can be repeated)
    #[arg(short = 'H', long = "header", value_name = "HEADER")]
    headers: Vec<String>,

    /// The provider, instead of the recorded one
    #[arg(short, long, value_name = "PROVIDER")]
    provider: Option<String>,

    /// With --resign: the delivery id, instead of a fresh one
    #[arg(long, value_name = "ID", requires = "resign")]
    id: Option<String>,

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
    let numbers = numbers(args, &log)?;
    let base = args.to.endpoint(session)?;
    let chosen = args
        .provider
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
        let last = block_on(run.ship(delivery, &url, |_| message.clone()))??;
        failures.extend(finish(last).err());
    }
    ending(failures, total)
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

/// The numbers to replay, in order.
fn numbers(args: &ReplayArgs, log: &Log) -> Result<Vec<i64>, CommandError> {
    if let Some(last) = args.last {
        let filter = Filter {
            limit: Some(last),
            direction: Some(Direction::Received.as_str().to_owned()),
            ..Filter::default()
        };
        let numbers = log.numbers(&filter).map_err(|error| log_error(&error))?;
        if numbers.is_empty() {
            return Err(CommandError::usage("log holds no received delivery")
                .hint("record some: hookcat listen"));
        }
        return Ok(numbers);
    }
    let mut numbers = Vec::new();
    for text in &args.ids {
        let error = || {
            CommandError::usage(format!("not a delivery number or range: `{text}`"))
                .hint("`hookcat log list` shows the numbers")
        };
        let number = |text: &str| {
            text.trim_start_matches('#')
                .parse::<i64>()
                .map_err(|_| error())
        };
        match text.split_once("..") {
            None => numbers.push(number(text)?),
            Some((from, to)) => {
                let filter = Filter {
                    from: Some(number(from)?),
                    to: Some(number(to.trim_start_matches('='))?),
                    // What was sent may stand in the same log; a single number takes that too.
                    direction: Some(Direction::Received.as_str().to_owned()),
                    ..Filter::default()
                };
                let found = log.numbers(&filter).map_err(|error| log_error(&error))?;
                if found.is_empty() {
                    return Err(CommandError::usage(format!(
                        "no received delivery in this range: `{text}`"
                    ))
                    .hint("`hookcat log list` shows the numbers"));
                }
                numbers.extend(found);
            }
        }
    }
    Ok(numbers)
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
            .provider
            .as_deref()
            .or(original.provider.as_deref())
            .ok_or_else(|| {
                CommandError::usage("delivery has no known provider to sign for")
                    .hint("name it: --provider NAME")
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

    /// A log with deliveries in these directions, numbered from 1.
    fn log(directions: &[Direction]) -> (tempfile::TempDir, Log) {
        let folder = tempfile::tempdir().expect("a folder");
        let log = Log::open(&folder.path().join("log.db")).expect("opens");
        let writer = log.writer().expect("starts");
        for direction in directions {
            let delivery = Delivery {
                id: None,
                direction: *direction,
                at: jiff::Timestamp::UNIX_EPOCH,
                provider: None,
                event: None,
                delivery_id: None,
                judgement: None,
                message: Message::default(),
                duplicate_of: None,
                replay_of: None,
                answer: None,
                attempts: Vec::new(),
            };
            let pending = writer.delivery(delivery).expect("queued");
            pending.blocking_recv().expect("answered").expect("written");
        }
        (folder, log)
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
    fn a_range_takes_what_was_received_a_number_takes_any() {
        use Direction::{Received, Sent};
        let (_folder, log) = log(&[Received, Sent, Received, Sent]);
        let chosen = |words: &[&str]| {
            let line = Line::parse_from([&["replay"], words].concat());
            numbers(&line.args, &log).map_err(|error| error.to_string())
        };
        assert_eq!(chosen(&["1..4"]), Ok(vec![1, 3]));
        assert_eq!(chosen(&["2", "#4"]), Ok(vec![2, 4]));
        assert_eq!(chosen(&["--last", "1"]), Ok(vec![3]));
        assert!(chosen(&["4..4"]).is_err());
        assert!(Line::try_parse_from(["replay", "--last", "0"]).is_err());
    }
}
