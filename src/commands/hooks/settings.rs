//! A webhook's settings on the command line: shared by `create` and `update`.

use clap::Args;

use crate::commands::serve::TermOptions;
use crate::commands::session::Session;
use crate::core::retry::Span;
use crate::core::secret::Secret;
use crate::core::serve::selection::Selection;
use crate::core::serve::subscription::Subscription;
use crate::error::CommandError;
use crate::secrets::SecretRef;

#[derive(Args, Clone, Debug)]
pub(super) struct SettingOptions {
    /// The events it takes, as `push,pull_request.*` or `*` (can be repeated)
    #[arg(long, value_name = "EVENTS", value_delimiter = ',')]
    events: Vec<String>,

    /// Use this secret: `env:NAME`, `file:PATH`, `cmd:COMMAND`, `-`, `prompt`, or the secret itself (can be repeated)
    ///
    /// A webhook has one. It is kept in the log's file, which only you can read, and never printed.
    #[arg(long = "secret", value_name = "REF")]
    secrets: Vec<SecretRef>,

    /// Try again so often, where a webhook has a number of its own (Statly)
    #[arg(long, value_name = "N")]
    max_retries: Option<u32>,

    /// The interval of the schedule, such as 30s, where a webhook has one of its own (Statly)
    #[arg(long, value_name = "SPAN")]
    retry_interval: Option<Span>,

    /// Whether anything is sent to it
    #[arg(long, value_name = "BOOL", action = clap::ArgAction::Set)]
    active: Option<bool>,

    #[command(flatten)]
    pub(super) terms: TermOptions,
}

impl SettingOptions {
    /// Sets what was given.
    ///
    /// # Errors
    /// A usage error for what cannot be read.
    pub(super) fn set(
        &self,
        own: &mut Subscription,
        session: &Session,
    ) -> Result<(), CommandError> {
        if !self.events.is_empty() {
            own.events = Selection::of(self.events.iter().map(String::as_str))
                .map_err(CommandError::usage)?;
        }
        if let Some(secret) = self.secret(session)? {
            own.secret = Some(secret);
        }
        own.max_retries = self.max_retries.or(own.max_retries);
        let interval = self.retry_interval.map(|own| own.0);
        own.retry_interval = interval.or(own.retry_interval);
        own.active = self.active.unwrap_or(own.active);
        Ok(())
    }

    fn secret(&self, session: &Session) -> Result<Option<Secret>, CommandError> {
        match self.secrets.as_slice() {
            [] => Ok(None),
            [one] => {
                let names: Vec<&str> = session.catalog.names().collect();
                let is_known = |name: &str| session.catalog.get(name).is_ok();
                let (_, source) = one.read(is_known, &names)?;
                source.resolve(session.ui).map(Some)
            }
            _ => Err(CommandError::usage(
                "a webhook has one secret: several are given",
            )),
        }
    }
}
