//! `hookcat hooks`: webhooks, set up and looked at, whether or not `serve` runs.

mod create;
mod list;
mod settings;
mod show;
mod update;

use clap::{Args, Subcommand};
use jiff::Timestamp;

use super::options::Format;
use super::session::{Session, asked, log_error};
use crate::core::provider::Provider;
use crate::core::serve::subscription::{Listed, Refusal};
use crate::core::template::Filler;
use crate::error::CommandError;
use crate::log::Log;
use crate::repeat::system_random;
use crate::serve::webhooks::{self, Unfit};
use crate::show::{json, webhooks as shown};

/// Set up webhooks that `serve` delivers to, and look at them
#[derive(Args, Debug)]
pub struct HooksArgs {
    #[command(subcommand)]
    command: HooksCommand,
}

#[derive(Debug, Subcommand)]
enum HooksCommand {
    /// Set a webhook up
    Create(Box<create::CreateArgs>),
    /// List webhooks
    List(list::ListArgs),
    /// Show a webhook and its latest deliveries
    Show(show::ShowArgs),
    /// Change a webhook
    Update(Box<update::UpdateArgs>),
    /// Delete a webhook, with what is still to be sent to it
    Delete(DeleteArgs),
    /// Have a webhook tried: with a `ping`, or the first event it takes
    Test(OneArgs),
    /// Have a delivery made once more
    Redeliver(RedeliverArgs),
}

#[derive(Args, Debug)]
struct OneArgs {
    /// The webhook's number
    #[arg(value_name = "ID", value_parser = number)]
    id: i64,

    /// How to print
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

#[derive(Args, Debug)]
struct DeleteArgs {
    /// The webhook's number
    #[arg(value_name = "ID", value_parser = number)]
    id: i64,

    /// Do not ask
    #[arg(long)]
    yes: bool,
}

#[derive(Args, Debug)]
struct RedeliverArgs {
    /// The webhook's number
    #[arg(value_name = "ID", value_parser = number)]
    id: i64,

    /// The delivery's id, as `hookcat hooks show` lists it
    #[arg(value_name = "DELIVERY")]
    delivery: String,
}

/// Runs `hooks`.
pub(super) fn run(args: &HooksArgs, session: &Session) -> Result<(), CommandError> {
    match &args.command {
        HooksCommand::Create(args) => create::run(args, session),
        HooksCommand::List(args) => list::run(args, session),
        HooksCommand::Show(args) => show::run(args, session),
        HooksCommand::Update(args) => update::run(args, session),
        HooksCommand::Delete(args) => delete(args, session),
        HooksCommand::Test(args) => test(args, session),
        HooksCommand::Redeliver(args) => redeliver(args, session),
    }
}

fn delete(args: &DeleteArgs, session: &Session) -> Result<(), CommandError> {
    let (log, listed) = find(args.id, session)?;
    let address = listed.subscription.shown();
    let question = format!("delete webhook {} to {address}?", args.id);
    if !args.yes && !asked(session.ui, &question)? {
        return Ok(());
    }
    log.unsubscribe(args.id)
        .map_err(|error| log_error(&error))?;
    session
        .ui
        .status(&format!("webhook {} is deleted", args.id));
    Ok(())
}

fn test(args: &OneArgs, session: &Session) -> Result<(), CommandError> {
    let (log, listed) = find(args.id, session)?;
    let own = &listed.subscription;
    let provider = session.whole_provider(&own.provider)?;
    let now = Timestamp::now();
    let filler = Filler::new(now, system_random()?);
    let tried = webhooks::try_out(&log, &provider, own, &filler, now);
    let (id, event) = tried.map_err(|unfit| unfit_error(&unfit))?;
    if args.format == Format::Json {
        return session.ui.line(&json::line(&serde_json::json!({
            "v": 1, "type": "test", "webhook": own.id, "event": event, "delivery_id": id,
        })));
    }
    session.ui.status(&format!(
        "`{event}` is to be sent as {id}: `hookcat serve` does, `hookcat hooks show {}` tells",
        own.id
    ));
    Ok(())
}

fn redeliver(args: &RedeliverArgs, session: &Session) -> Result<(), CommandError> {
    let (log, _) = find(args.id, session)?;
    let found = log.dispatch(args.id, &args.delivery);
    let found = found.map_err(|error| log_error(&error))?.ok_or_else(|| {
        CommandError::usage(format!(
            "no delivery to webhook {} has this id: `{}`",
            args.id, args.delivery
        ))
        .hint(format!("`hookcat hooks show {}` lists them", args.id))
    })?;
    let sent = log.redeliver(found.id, Timestamp::now());
    sent.map_err(|error| log_error(&error))?;
    session.ui.status(&format!(
        "{} is to be sent once more: `hookcat serve` does",
        found.delivery_id
    ));
    Ok(())
}

/// The log and the webhook of a number.
fn find(id: i64, session: &Session) -> Result<(Log, Listed), CommandError> {
    let log = session.log()?;
    let found = log.subscription(id).map_err(|error| log_error(&error))?;
    let found = found.ok_or_else(|| {
        CommandError::usage(format!("no webhook has this number: `{id}`"))
            .hint("`hookcat hooks list` shows them")
    })?;
    Ok((log, found))
}

/// A webhook's number, as it stands in lists or in an API's ids.
fn number(text: &str) -> Result<i64, String> {
    let digits = text.strip_prefix("webhook_").unwrap_or(text);
    digits
        .parse()
        .ok()
        .filter(|own| *own > 0)
        .ok_or_else(|| "expected a number, as `hookcat hooks list` shows it".to_owned())
}

/// Tells of a webhook that was written.
fn tell(
    listed: &Listed,
    done: &str,
    format: Format,
    session: &Session,
) -> Result<(), CommandError> {
    if format == Format::Json {
        return session.ui.line(&json::line(&shown::as_json(listed)));
    }
    session.ui.line(&shown::full(listed, session.ui.out()))?;
    session.ui.status(done);
    Ok(())
}

/// Why a webhook is not as it was asked for, with what helps.
fn unfit_error(unfit: &Unfit) -> CommandError {
    let error = CommandError::usage(unfit.to_string());
    match unfit {
        Unfit::Refused(Refusal::NotHttps { .. }) => {
            error.hint("take it all the same: --allow-http")
        }
        Unfit::Refused(Refusal::NoSuchEvent { .. }) => {
            error.hint("`hookcat providers show PROVIDER` lists its events")
        }
        Unfit::LinkLocal(_) => error.hint("take it all the same: --allow-link-local"),
        Unfit::Full { .. } => error.hint("choose a larger plan: --plan pro, --plan enterprise"),
        Unfit::Inactive(id) => error.hint(format!("hookcat hooks update {id} --active true")),
        Unfit::Log(own) => log_error(own),
        _ => error,
    }
}

/// Warns where requests will not be signed though the provider signs.
fn warn_unsigned(listed: &Listed, provider: &Provider, session: &Session) {
    let signs = !provider.schemes.is_empty() && listed.subscription.url().is_some();
    if signs && listed.subscription.secret.is_none() {
        session.ui.warn("no secret: deliveries are not signed");
        session.ui.hint("give one: --secret env:NAME");
    }
}
