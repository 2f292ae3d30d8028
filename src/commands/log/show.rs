//! `hookcat log show`: one delivery whole.

use clap::Args;

use crate::commands::options::Format;
use crate::commands::session::{Session, log_error};
use crate::deliver::{endpoint, join};
use crate::env;
use crate::error::CommandError;
use crate::show::event::{self, Look};
use crate::show::{export, finding, json, request};

#[derive(Args, Debug)]
pub(super) struct ShowArgs {
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

/// Runs `log show`.
pub(super) fn run(args: &ShowArgs, session: &Session) -> Result<(), CommandError> {
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
        let message = export::own(message);
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
        zone: env::zone(),
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
