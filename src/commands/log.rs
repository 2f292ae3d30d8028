//! `hookcat log`: look at the recorded deliveries.

use clap::{Args, Subcommand};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use super::options::Format;
use super::session::{Session, log_error};
use crate::deliver::{endpoint, join};
use crate::error::CommandError;
use crate::log::{Filter, Summary};
use crate::show::event::{self, Look};
use crate::show::table::Table;
use crate::show::{Paint, finding, json, request, sanitize};

/// Look at the recorded deliveries
#[derive(Args, Debug)]
pub struct LogArgs {
    #[command(subcommand)]
    command: LogCommand,
}

#[derive(Debug, Subcommand)]
enum LogCommand {
    /// List deliveries, the newest last
    List(ListArgs),
    /// Show one delivery: request, verdict, answer, attempts
    Show(ShowArgs),
}

#[derive(Args, Debug)]
struct ListArgs {
    /// List at most this many, counted from the newest
    #[arg(short = 'n', long, value_name = "N", default_value_t = 20)]
    limit: u32,

    /// Of this provider alone
    #[arg(short, long, value_name = "PROVIDER")]
    provider: Option<String>,

    /// Of this event type alone
    #[arg(long, value_name = "EVENT")]
    event: Option<String>,

    /// In this direction alone
    #[arg(long, value_name = "DIRECTION", value_parser = ["received", "sent"])]
    direction: Option<String>,

    /// How to print
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

#[derive(Args, Debug)]
struct ShowArgs {
    /// The delivery's number
    #[arg(value_name = "ID")]
    id: i64,

    /// Print the request as it stood on the wire
    #[arg(long, group = "form")]
    raw: bool,

    /// Print the body's bytes alone
    #[arg(long, group = "form")]
    body: bool,

    /// Print a curl command that sends it again
    #[arg(long, group = "form")]
    curl: bool,

    /// How to print
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "FORMAT",
        group = "form"
    )]
    format: Format,
}

/// Runs `log`.
pub(super) fn run(args: &LogArgs, session: &Session) -> Result<(), CommandError> {
    match &args.command {
        LogCommand::List(args) => list(args, session),
        LogCommand::Show(args) => show(args, session),
    }
}

fn list(args: &ListArgs, session: &Session) -> Result<(), CommandError> {
    let provider = match &args.provider {
        Some(name) => Some(session.provider(name)?.id.clone()),
        None => None,
    };
    let log = session.existing_log()?;
    let filter = Filter {
        limit: Some(args.limit),
        provider,
        event: args.event.clone(),
        direction: args.direction.clone(),
        ..Filter::default()
    };
    if args.format == Format::Json {
        for id in log.numbers(&filter).map_err(|error| log_error(&error))? {
            let delivery = log.delivery(id).map_err(|error| log_error(&error))?;
            session.ui.line(&json::line(&json::delivery(&delivery)))?;
        }
        return Ok(());
    }
    let rows = log.summaries(&filter).map_err(|error| log_error(&error))?;
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
    let now = Timestamp::now().to_zoned(TimeZone::system());
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

fn show(args: &ShowArgs, session: &Session) -> Result<(), CommandError> {
    let log = session.existing_log()?;
    let delivery = log.delivery(args.id).map_err(|error| log_error(&error))?;
    let message = &delivery.message;
    if args.body {
        return session.ui.foreign(&message.body);
    }
    let host = message
        .headers
        .text("host")
        .unwrap_or("localhost")
        .to_owned();
    if args.raw {
        return session
            .ui
            .foreign(&request::http(message, &message.target, &host));
    }
    if args.curl {
        let base = endpoint(&host).or_else(|_| endpoint("localhost"));
        let base = base.map_err(|error| CommandError::failure(error.to_string()))?;
        let mut message = message.clone();
        for name in ["host", "content-length", "connection", "transfer-encoding"] {
            message.headers.remove(name);
        }
        let url = join(&base, &message.target);
        return session.ui.line(&request::curl(&message, url.as_str()));
    }
    let diagnosis = session.diagnose(&delivery);
    if args.format == Format::Json {
        let mut value = json::delivery(&delivery);
        if let Some(own) = &diagnosis {
            value["findings"] = finding::json(own);
        }
        return session.ui.line(&json::line(&value));
    }
    let look = Look {
        paint: session.ui.out(),
        zone: TimeZone::system(),
        body_lines: usize::MAX,
        headers: true,
        width: session.ui.width(),
    };
    session.ui.line(&event::full(&delivery, &look))?;
    if let Some(own) = &diagnosis {
        let lines = finding::lines(own, look.paint, look.width).join("\n");
        return session.ui.line(&format!("\nwhy it is invalid\n{lines}"));
    }
    let judgement = delivery.judgement.as_ref();
    if judgement.is_some_and(|own| own.verdict == "invalid") {
        let id = args.id;
        session
            .ui
            .hint(&format!("`hookcat verify {id} --secret env:NAME` says why"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
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
