//! `hookcat hooks show`: a webhook and its latest deliveries.

use clap::Args;
use serde_json::json;

use super::{find, number};
use crate::commands::options::Format;
use crate::commands::session::{Session, log_error};
use crate::core::serve::dispatch::{Dispatch, Standing};
use crate::error::CommandError;
use crate::show::{json as show_json, webhooks as shown};

#[derive(Args, Debug)]
pub(super) struct ShowArgs {
    /// The webhook's number
    #[arg(value_name = "ID", value_parser = number)]
    id: i64,

    /// Show so many of its latest deliveries
    #[arg(short = 'n', long, value_name = "N", default_value_t = 10)]
    limit: u32,

    /// How to print
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// Runs `hooks show`.
pub(super) fn run(args: &ShowArgs, session: &Session) -> Result<(), CommandError> {
    let (log, listed) = find(args.id, session)?;
    let found = log.dispatches(args.id, i64::MAX, args.limit);
    let found = found.map_err(|error| log_error(&error))?;
    if args.format == Format::Json {
        let mut value = shown::as_json(&listed);
        value["latest"] = found.iter().map(as_json).collect();
        return session.ui.line(&show_json::line(&value));
    }
    let (paint, width) = (session.ui.out(), session.ui.width());
    session.ui.line(&shown::full(&listed, paint))?;
    if found.is_empty() {
        session.ui.status("nothing was sent to it yet");
        return Ok(());
    }
    let lines = shown::deliveries(&found, paint).lines(paint, width);
    session.ui.line(&format!("\n{}", lines.join("\n")))
}

fn as_json(own: &Dispatch) -> serde_json::Value {
    let (state, next) = match own.standing {
        Standing::Delivered => ("delivered", None),
        Standing::Failed => ("failed", None),
        Standing::Pending(due) if own.attempts > 0 => ("retrying", Some(due)),
        Standing::Pending(due) => ("pending", Some(due)),
    };
    json!({
        "delivery_id": own.delivery_id,
        "event": own.event,
        "state": state,
        "attempts": own.attempts,
        "status": own.status,
        "error": own.error,
        "latency_ms": own.latency.map(show_json::milliseconds),
        "attempted_at": own.attempted.map(|own| own.to_string()),
        "next_attempt_at": next.map(|own| own.to_string()),
        "log": own.delivery,
    })
}
