//! `hookcat hooks update`: change a webhook.

use clap::Args;

use super::settings::SettingOptions;
use super::{find, number, tell, unfit_error, warn_unsigned};
use crate::commands::options::Format;
use crate::commands::session::Session;
use crate::error::CommandError;
use crate::serve::webhooks;

#[derive(Args, Debug)]
pub(super) struct UpdateArgs {
    /// The webhook's number
    #[arg(value_name = "ID", value_parser = number)]
    id: i64,

    /// Where events go
    #[arg(long, value_name = "URL", value_hint = clap::ValueHint::Url)]
    url: Option<String>,

    /// Sign no more
    #[arg(long, conflicts_with = "secrets")]
    no_secret: bool,

    #[command(flatten)]
    settings: SettingOptions,

    /// How to print
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// Runs `hooks update`.
pub(super) fn run(args: &UpdateArgs, session: &Session) -> Result<(), CommandError> {
    let (log, listed) = find(args.id, session)?;
    let mut own = listed.subscription;
    let provider = session.whole_provider(&own.provider)?;
    let terms = args.settings.terms.read(session)?;
    if let Some(url) = &args.url {
        own.address.clone_from(url);
    }
    if args.no_secret {
        own.secret = None;
    }
    args.settings.set(&mut own, session)?;
    let changed = webhooks::change(&log, &provider, &own, &terms);
    let changed = changed.map_err(|unfit| unfit_error(&unfit))?;
    let changed = changed.ok_or_else(|| {
        CommandError::failure(format!("webhook was deleted meanwhile: `{}`", args.id))
    })?;
    warn_unsigned(&changed, &provider, session);
    let done = format!("webhook {} is changed", args.id);
    tell(&changed, &done, args.format, session)
}
