//! `hookcat hooks list`: the webhooks in a table.

use clap::Args;
use clap_complete::ArgValueCandidates;

use crate::commands::complete;
use crate::commands::options::Format;
use crate::commands::session::{Session, log_error};
use crate::core::serve::scope::Scope;
use crate::error::CommandError;
use crate::log::Wanted;
use crate::show::{json, webhooks as shown};

#[derive(Args, Debug)]
pub(super) struct ListArgs {
    /// Those of this provider alone
    #[arg(short, long, value_name = "PROVIDER", add = ArgValueCandidates::new(complete::providers))]
    provider: Option<String>,

    /// Those of this repository alone, `org/name`, or of this organization, `org`
    #[arg(long, value_name = "REPO")]
    repo: Option<Scope>,

    /// How to print
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// Runs `hooks list`.
pub(super) fn run(args: &ListArgs, session: &Session) -> Result<(), CommandError> {
    let provider = match &args.provider {
        Some(name) => Some(session.provider(name)?.id.as_str()),
        None => None,
    };
    let wanted = Wanted {
        provider,
        scope: args.repo.as_ref().map(Scope::as_str),
        after: 0,
    };
    let log = session.log()?;
    let found = log.subscriptions(wanted, u32::MAX);
    let found = found.map_err(|error| log_error(&error))?;
    if args.format == Format::Json {
        for own in &found {
            session.ui.line(&json::line(&shown::as_json(own)))?;
        }
        return Ok(());
    }
    if found.is_empty() {
        session.ui.status("no webhook is set up");
        session
            .ui
            .hint("set one up: hookcat hooks create statly http://localhost:3000/hooks");
        return Ok(());
    }
    let (paint, width) = (session.ui.out(), session.ui.width());
    let lines = shown::table(&found, paint).lines(paint, width);
    session.ui.line(&lines.join("\n"))
}
