//! `hookcat hooks create`: set a webhook up.

use clap::Args;
use clap_complete::ArgValueCandidates;
use jiff::Timestamp;

use super::settings::SettingOptions;
use super::{tell, unfit_error, warn_unsigned};
use crate::commands::complete;
use crate::commands::options::Format;
use crate::commands::session::{Session, warn_about};
use crate::core::serve::scope::Scope;
use crate::core::serve::subscription::{Subscription, Target};
use crate::error::CommandError;
use crate::serve::webhooks;

#[derive(Args, Debug)]
pub(super) struct CreateArgs {
    /// The provider to play
    #[arg(value_name = "PROVIDER", add = ArgValueCandidates::new(complete::providers))]
    provider: String,

    /// Where events go: a URL, or a mail address with --target email
    #[arg(value_name = "URL", value_hint = clap::ValueHint::Url)]
    url: String,

    /// Hear of one repository, `org/name`, or of all of an organization, `org` [default: of all]
    #[arg(
        long,
        value_name = "REPO",
        default_value = "",
        hide_default_value = true
    )]
    repo: Scope,

    /// How events go there: json (the payload, signed), slack (a message) or email
    #[arg(long, value_name = "TARGET", default_value = "json")]
    target: Target,

    #[command(flatten)]
    settings: SettingOptions,

    /// How to print
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// Runs `hooks create`.
pub(super) fn run(args: &CreateArgs, session: &Session) -> Result<(), CommandError> {
    let provider = session.whole_provider(&args.provider)?;
    warn_about(&provider, session.ui);
    let terms = args.settings.terms.read(session)?;
    let mut new = Subscription::new(&provider, args.url.as_str());
    new.scope.clone_from(&args.repo);
    new.target = args.target;
    args.settings.set(&mut new, session)?;
    let log = session.log()?;
    let created = webhooks::create(&log, &provider, &new, &terms, Timestamp::now());
    let created = created.map_err(|unfit| unfit_error(&unfit))?;
    warn_unsigned(&created, &provider, session);
    let done = format!("webhook {} is set up", created.subscription.id);
    tell(&created, &done, args.format, session)
}
