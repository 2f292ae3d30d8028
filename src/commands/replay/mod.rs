//! `hookcat replay`: recorded deliveries again, byte for byte or signed anew.

mod again;
mod book;
mod change;
mod originals;
mod outcome;
mod pace;
mod pick;
mod rounds;
mod sequence;

use clap::Args;
use clap_complete::ArgValueCandidates;

use self::again::{Again, Failures};
use self::change::{ChangeOptions, unused_signing};
use self::pace::Pace;
use self::pick::pick;
use self::rounds::RoundOptions;
use super::options::SigningOptions;
use super::selection::ChosenOptions;
use super::send::Print;
use super::session::{Session, asked, log_error};
use super::shipment::{ToOptions, runtime};
use crate::commands::complete;
use crate::core::delivery::Delivery;
use crate::core::template::Filler;
use crate::deliver::join;
use crate::error::{CommandError, Kind};
use crate::log::Log;
use crate::repeat::Repeat;
use crate::show::{event, sanitize};

/// More than so many are asked about before they are sent, where a person can be.
const MANY: usize = 20;

/// So many of the newest are there to choose from.
const LISTED: u32 = 1000;

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

    #[command(flatten)]
    changes: ChangeOptions,

    /// Send all of them so many times over
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    times: u32,

    #[command(flatten)]
    rounds: RoundOptions,

    /// Choose the delivery from a list, which can be searched
    #[arg(long, conflicts_with_all = ["ids", "last"])]
    pick: bool,

    /// Leave the pauses there were between them: `original`, so many times shorter: `2x`, or none: `max`
    ///
    /// However fast, they arrive in their order, on one connection: --pipeline.
    #[arg(long, value_name = "PACE", default_value = "max")]
    pace: Pace,

    /// Send up to so many before the first of them is answered; 1 makes each wait for the one before
    ///
    /// An endpoint gets more than one at a time when it has answered dozens, each within half a
    /// millisecond, and as long as it does. What it had not answered when a connection broke is sent
    /// again, which counts as another attempt.
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=1024), conflicts_with = "retry")]
    pipeline: u32,

    /// Do not ask before many are sent
    #[arg(short, long)]
    yes: bool,

    /// Take it for this provider's, instead of the recorded one's
    #[arg(long = "as", value_name = "PROVIDER", add = ArgValueCandidates::new(complete::providers))]
    taken_for: Option<String>,

    /// With --resign: the delivery id, instead of a fresh one
    #[arg(long, value_name = "ID", requires = "resign", conflicts_with = "times")]
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

impl ReplayArgs {
    /// Whether they are signed anew: where that is asked for, and where the body is another.
    fn resigns(&self) -> bool {
        self.resign || self.changes.is_of_the_body()
    }
}

/// Runs `replay`.
pub(super) fn run(args: &ReplayArgs, session: &Session) -> Result<(), CommandError> {
    let log = session.existing_log()?;
    let numbers = if args.pick {
        let newest = args.chosen.options.read(session)?.received();
        vec![pick(&newest.last(Some(LISTED), &log)?, session, &log)?]
    } else {
        args.chosen.numbers(session, &log)?
    };
    if args.dry_run {
        return plan(&numbers, args, session, &log);
    }
    let base = args.to.endpoint(session)?;
    let chosen = args
        .taken_for
        .as_deref()
        .map(|name| session.provider(name))
        .transpose()?;
    if !args.resigns() {
        unused_signing(args, session)?;
    }
    let times = usize::try_from(args.times).unwrap_or(usize::MAX);
    let total = numbers.len().saturating_mul(times);
    let asks = total > MANY && !args.yes && args.print.is_none() && session.ui.can_ask();
    if asks && !asked(session.ui, &format!("send {total} deliveries to {base}?"))? {
        session.ui.status("nothing was sent");
        return Ok(());
    }
    let filler = Filler::new(args.repeat.clock().now(), args.repeat.random()?);
    let again = Again {
        args,
        session,
        log: &log,
        base: &base,
        chosen,
        filler: &filler,
    };
    // All of them on one runtime, so that connections are used again.
    let rounds = args.rounds.begin(log.path())?;
    let failures = match runtime()?.block_on(again.run(&numbers, times, rounds)) {
        // That is how it ends.
        Err(error) if args.rounds.is_endless() && error.kind == Kind::Interrupted => {
            Failures::default()
        }
        result => result?,
    };
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
    let times = match args.times {
        1 => String::new(),
        times => format!(", {times} times over"),
    };
    let how = if args.resigns() { ", signed anew" } else { "" };
    let total = numbers.len();
    let noun = if total == 1 { "delivery" } else { "deliveries" };
    session
        .ui
        .status(&format!("{total} {noun} would be sent{times}{how}"));
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

/// All are sent; the first that was not accepted decides how this ends.
fn ending(failures: Failures, total: usize) -> Result<(), CommandError> {
    let Failures { count, first } = failures;
    match first {
        None => Ok(()),
        Some(first) if total == 1 => Err(first),
        Some(first) => Err(CommandError::new(
            first.kind,
            format!("{count} of {total} deliveries failed"),
        )
        .because(first)),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: ReplayArgs,
    }

    #[test]
    fn of_several_the_failed_are_counted() {
        let failed = |kinds: &[Kind]| {
            let mut failures = Failures::default();
            for kind in kinds {
                failures.add(|| CommandError::new(*kind, "endpoint answered 401: `u`"));
            }
            failures
        };
        assert!(ending(Failures::default(), 3).is_ok());
        let several = failed(&[Kind::NotAccepted, Kind::NotReached]);
        let error = ending(several, 11).expect_err("two failed");
        assert_eq!(error.kind, Kind::NotAccepted);
        assert_eq!(error.to_string(), "2 of 11 deliveries failed");
        let alone = ending(failed(&[Kind::NotAccepted]), 1).expect_err("failed");
        assert_eq!(alone.to_string(), "endpoint answered 401: `u`");
    }

    #[test]
    fn none_is_no_number_of_deliveries() {
        assert!(Line::try_parse_from(["replay", "--last", "0"]).is_err());
        let line = Line::parse_from(["replay", "--last", "1"]);
        assert_eq!(line.args.chosen.last, Some(1));
    }
}
