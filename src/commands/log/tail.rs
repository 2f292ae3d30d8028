//! `hookcat log tail`: the newest deliveries, and those that come.

use std::time::Duration;

use clap::Args;

use crate::commands::options::Format;
use crate::commands::selection::SelectionOptions;
use crate::commands::session::{Session, log_error};
use crate::commands::shipment::block_on;
use crate::core::delivery::{Delivery, Direction};
use crate::env;
use crate::error::{CommandError, Kind};
use crate::show::event::{self, Look};
use crate::show::json;

/// How often the log is looked at for more.
const PAUSE: Duration = Duration::from_millis(100);
/// How many lines of a body are shown.
const BODY_LINES: usize = 12;

#[derive(Args, Debug)]
pub(super) struct TailArgs {
    /// Show the newest N first
    #[arg(short = 'n', long, value_name = "N", default_value_t = 10)]
    lines: u32,

    /// Go on with those that come, until Ctrl-C
    #[arg(short, long)]
    follow: bool,

    #[command(flatten)]
    selection: SelectionOptions,

    /// Show two lines a delivery and no body
    #[arg(long)]
    compact: bool,

    /// How to print
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// Runs `log tail`.
pub(super) fn run(args: &TailArgs, session: &Session) -> Result<(), CommandError> {
    let selection = args.selection.read(session)?;
    let log = session.existing_log()?;
    let look = Look {
        paint: session.ui.out(),
        zone: env::zone(),
        body_lines: if args.compact { 0 } else { BODY_LINES },
        headers: false,
        width: session.ui.width(),
    };
    let print = |delivery: &Delivery| match args.format {
        Format::Json => session.ui.line(&json::line(&json::delivery(delivery))),
        Format::Text => session.ui.line(&lines(delivery, &look)),
    };
    let print = |number| match log.find(number).map_err(|error| log_error(&error))? {
        Some(delivery) => print(&delivery),
        None => Ok(()),
    };
    // Before the newest are read, so that none is missed in between.
    let mut last = log.last().map_err(|error| log_error(&error))?;
    for number in selection.between(1, last, Some(args.lines), &log)? {
        print(number)?;
    }
    if !args.follow {
        return Ok(());
    }
    let followed = block_on(async {
        loop {
            tokio::time::sleep(PAUSE).await;
            let newest = log.last().map_err(|error| log_error(&error))?;
            if newest > last {
                for number in selection.between(last + 1, newest, None, &log)? {
                    print(number)?;
                }
                last = newest;
            }
        }
    });
    match followed {
        // Ctrl-C is how following ends.
        Err(error) if error.kind == Kind::Interrupted => Ok(()),
        followed => followed?,
    }
}

/// A delivery as it is told while it happens.
fn lines(delivery: &Delivery, look: &Look) -> String {
    let attempts = (delivery.attempts.iter()).map(|own| event::attempt(delivery, own, look));
    let mut lines: Vec<String> = match delivery.direction {
        Direction::Received => vec![event::arrival(delivery, look)],
        Direction::Sent => {
            let url = delivery
                .attempts
                .first()
                .map_or("-", |own| own.url.as_str());
            vec![event::departure(delivery, url, look)]
        }
    };
    lines.extend(attempts);
    if delivery.answer.is_some() {
        lines.push(event::answer(delivery, look));
    }
    lines.join("\n")
}
