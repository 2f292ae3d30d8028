//! `hookcat log list`: the deliveries in a table.

use clap::Args;
use jiff::{Timestamp, Zoned};

use crate::commands::options::Format;
use crate::commands::selection::SelectionOptions;
use crate::commands::session::{Session, log_error};
use crate::env;
use crate::error::CommandError;
use crate::log::Summary;
use crate::show::table::Table;
use crate::show::{Paint, event, json, sanitize};

#[derive(Args, Debug)]
pub(super) struct ListArgs {
    /// These alone: 7, or 3..9 for those from 3 to 9
    #[arg(value_name = "ID")]
    ids: Vec<String>,

    /// List at most this many, counted from the newest; 20 where no ID is given
    #[arg(
        short = 'n',
        long,
        visible_alias = "last",
        value_name = "N",
        conflicts_with = "ids"
    )]
    limit: Option<u32>,

    #[command(flatten)]
    selection: SelectionOptions,

    /// How to print
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// How many are listed where nothing is said.
const SCREENFUL: u32 = 20;

/// Runs `log list`.
pub(super) fn run(args: &ListArgs, session: &Session) -> Result<(), CommandError> {
    let selection = args.selection.read(session)?;
    let log = session.existing_log()?;
    let numbers = if args.ids.is_empty() {
        selection.last(Some(args.limit.unwrap_or(SCREENFUL)), &log)?
    } else {
        selection.of(&args.ids, &log)?
    };
    if args.format == Format::Json {
        for id in numbers {
            if let Some(own) = log.find(id).map_err(|error| log_error(&error))? {
                session.ui.line(&json::line(&json::delivery(&own)))?;
            }
        }
        return Ok(());
    }
    let rows = log.summaries(&numbers).map_err(|error| log_error(&error))?;
    if rows.is_empty() {
        session.ui.status("no delivery fits");
        return Ok(());
    }
    let mut table = Table::new(&[
        "id",
        "at",
        "",
        "provider",
        "event",
        "verdict",
        "status",
        "size",
        "delivery id",
    ]);
    table.yielding(&["provider", "event", "delivery id"]);
    let now = Timestamp::now().to_zoned(env::zone());
    for row in &rows {
        table.row(cells(row, &now, session.ui.out()));
    }
    let width = session.ui.width();
    let lines = table.lines(session.ui.out(), width).join("\n");
    session.ui.line(&lines)
}

fn cells(row: &Summary, now: &Zoned, paint: Paint) -> Vec<String> {
    let text = |text: &Option<String>| {
        text.as_deref()
            .map_or_else(|| "-".to_owned(), |text| sanitize::name(text).into_owned())
    };
    // A log may be somebody else's.
    let verdict = match row.verdict.as_deref().map(sanitize::line) {
        Some(word) if word == "valid" => paint.green("valid"),
        Some(word) if word == "invalid" => {
            let reason = row.reason.as_deref().unwrap_or("invalid");
            paint.red(&sanitize::line(reason))
        }
        Some(other) => paint.yellow(&other),
        None => "-".to_owned(),
    };
    let status = match (row.status, &row.error) {
        (Some(status @ 200..=299), _) => paint.green(&status.to_string()),
        (Some(status), _) => paint.red(&status.to_string()),
        (None, Some(error)) => paint.red(&sanitize::line(error)),
        (None, None) => "-".to_owned(),
    };
    vec![
        format!("#{}", row.id),
        when(&row.at.to_zoned(now.time_zone().clone()), now),
        if row.direction == "sent" { "out" } else { "in" }.to_owned(),
        text(&row.provider),
        text(&row.event),
        verdict,
        status,
        event::size(usize::try_from(row.size).unwrap_or(0)),
        text(&row.delivery_id),
    ]
}

/// Day and time, with the year where it is another one.
fn when(at: &Zoned, now: &Zoned) -> String {
    let form = if at.year() == now.year() {
        "%m-%d %H:%M:%S"
    } else {
        "%Y-%m-%d %H:%M:%S"
    };
    at.strftime(form).to_string()
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;

    #[test]
    fn another_year_is_told() {
        let at = |text: &str| {
            let at: Timestamp = text.parse().expect("a time");
            at.to_zoned(TimeZone::UTC)
        };
        let now = at("2026-03-01T00:00:00Z");
        assert_eq!(when(&at("2026-02-01T10:20:30Z"), &now), "02-01 10:20:30");
        assert_eq!(
            when(&at("2025-12-31T23:59:59Z"), &now),
            "2025-12-31 23:59:59"
        );
    }
}
