//! `hookcat log timeline`: what happened to one delivery, attempt for attempt.

use clap::Args;

use crate::commands::options::Format;
use crate::commands::session::{Session, log_error};
use crate::core::timeline::Timeline;
use crate::env;
use crate::error::CommandError;
use crate::show::event::Look;
use crate::show::{json, timeline};

#[derive(Args, Debug)]
pub(super) struct TimelineArgs {
    /// The number of any of its attempts or replays
    #[arg(value_name = "ID")]
    id: i64,

    /// Show at most this many attempts, counted from the newest
    #[arg(short = 'n', long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,

    /// How to print
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// Runs `log timeline`.
pub(super) fn run(args: &TimelineArgs, session: &Session) -> Result<(), CommandError> {
    let log = session.existing_log()?;
    let group = log
        .group(args.id, args.limit)
        .map_err(|error| log_error(&error))?;
    let provider = group
        .deliveries
        .iter()
        .find_map(|own| own.provider.as_deref());
    let known = provider.and_then(|name| session.catalog.get(name).ok());
    let policy = known.map(|own| &own.delivery);
    let timeline = Timeline::new(&group.deliveries, &group.replays, group.earlier, policy);
    if args.format == Format::Json {
        let value = timeline::as_json(&timeline);
        return session.ui.line(&json::line(&value));
    }
    let look = Look {
        paint: session.ui.out(),
        zone: env::zone(),
        body_lines: 0,
        headers: false,
        width: session.ui.width(),
    };
    session.ui.line(&timeline::lines(&timeline, &look))
}
