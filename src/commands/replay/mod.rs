//! `hookcat replay`: recorded deliveries again, byte for byte or signed anew.

mod change;
mod outcome;
mod pace;
mod pick;
mod rounds;

use std::collections::HashMap;
use std::time::Duration;

use clap::Args;
use clap_complete::ArgValueCandidates;
use reqwest::Url;

use self::change::{ChangeOptions, remake, unused_signing};
use self::outcome::{compared, rejection};
use self::pace::Pace;
use self::pick::pick;
use self::rounds::{RoundOptions, Rounds};
use super::ending::finish;
use super::options::{Format, SigningOptions};
use super::selection::ChosenOptions;
use super::send::{Print, print};
use super::session::{Session, asked, log_error};
use super::shipment::{Shipment, ToOptions, block_on, writer};
use crate::commands::complete;
use crate::core::attempts::gap;
use crate::core::delivery::{Delivery, Direction};
use crate::core::provider::Provider;
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
    #[arg(long, value_name = "PACE", default_value = "max")]
    pace: Pace,

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
    let failures = match block_on(again.rounds(&numbers, times, rounds)) {
        // That is how it ends.
        Err(error) if args.rounds.is_endless() && error.kind == Kind::Interrupted => Vec::new(),
        result => result??,
    };
    ending(failures, total)
}

/// What all deliveries that are sent again have in common.
struct Again<'a> {
    args: &'a ReplayArgs,
    session: &'a Session,
    log: &'a Log,
    base: &'a Url,
    /// The provider they are taken for.
    chosen: Option<&'a Provider>,
    filler: &'a Filler,
}

/// What one delivery leaves to those after it.
#[derive(Default)]
struct Course<'a> {
    shipment: Option<Shipment<'a>>,
    /// What was sent in the last round, by its original's number, where there is a next one.
    before: HashMap<i64, Delivery>,
}

impl<'a> Again<'a> {
    /// Sends all of them in one round after another; gives what went wrong in the last.
    async fn rounds(
        &self,
        numbers: &[i64],
        times: usize,
        mut rounds: Rounds,
    ) -> Result<Vec<CommandError>, CommandError> {
        let mut course = Course::default();
        loop {
            let failures = self.all(numbers, times, &mut course).await?;
            match rounds.next(failures.is_empty()).await {
                Some(why) => self.session.ui.status(&why),
                None => return Ok(failures),
            }
        }
    }

    /// Sends them in their order; gives what went wrong with which.
    async fn all(
        &self,
        numbers: &[i64],
        times: usize,
        course: &mut Course<'a>,
    ) -> Result<Vec<CommandError>, CommandError> {
        let mut failures = Vec::new();
        for _ in 0..times {
            let mut before = None;
            for &number in numbers {
                let original = self
                    .log
                    .delivery(number)
                    .map_err(|error| log_error(&error))?;
                let pause = before.map_or(Duration::ZERO, |own| gap(own, original.at));
                before = Some(original.at);
                tokio::time::sleep(self.args.pace.pause(pause)).await;
                failures.extend(self.one(original, course).await?);
            }
        }
        Ok(failures)
    }

    async fn one(
        &self,
        original: Delivery,
        course: &mut Course<'a>,
    ) -> Result<Option<CommandError>, CommandError> {
        let Self { args, session, .. } = *self;
        let url = join(self.base, &original.message.target);
        let (message, delivery_id) = remake(args, session, &original, &url, self.filler)?;
        if let Some(form) = args.print {
            print(form, &message, &url, session)?;
            return Ok(None);
        }
        let recorded = original.provider.as_deref();
        let known =
            (self.chosen).or_else(|| recorded.and_then(|name| session.catalog.get(name).ok()));
        let run = match &mut course.shipment {
            Some(run) => run,
            none => none.insert(Shipment {
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
            replay_of: original.id,
            answer: None,
            attempts: Vec::new(),
            event: original.event.clone(),
        };
        let again = delivery.clone();
        let last = run.ship(delivery, &url, |_| message.clone()).await?;
        if args.to.format == Format::Text
            && let Some(last) = &last
        {
            let number = original.id.unwrap_or_default();
            let before = course.before.get(&number).unwrap_or(&original);
            for line in compared(before, last, session.ui.out()) {
                session.ui.line(&line)?;
            }
            if args.rounds.are_many() {
                let attempts = vec![last.clone()];
                let sent = Delivery {
                    attempts,
                    ..again.clone()
                };
                course.before.insert(number, sent);
            }
        }
        Ok(finish(last.clone()).err().map(|error| {
            let hint = rejection(&again, last.as_ref(), url.as_str(), session);
            hint.into_iter().fold(error, CommandError::hint)
        }))
    }
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
