//! What a verb works with: streams, configuration, providers, secrets, the log.

use std::path::PathBuf;

use crate::cli::Global;
use crate::config::{self, Config, Profile};
use crate::core::assess::Keyring;
use crate::core::provider::Provider;
use crate::core::scheme::{Key, Scheme};
use crate::error::{CommandError, Kind};
use crate::log::{Log, LogError};
use crate::paths;
use crate::providers::{Catalog, UnknownProvider};
use crate::secrets::{SecretRef, Source};
use crate::ui::Ui;

/// The surroundings of one run.
#[derive(Debug)]
pub struct Session {
    /// The streams.
    pub ui: Ui,
    global: Global,
}

impl Session {
    /// A run with these streams and global options.
    #[must_use]
    pub fn new(ui: Ui, global: Global) -> Self {
        Self { ui, global }
    }

    /// The configuration files.
    pub(super) fn config(&self) -> Result<Config, CommandError> {
        Config::load()
    }

    /// The chosen profile; an empty one where none is.
    pub(super) fn profile(&self, config: &Config) -> Result<Profile, CommandError> {
        match &self.global.profile {
            Some(name) => config.profile(name),
            None => Ok(Profile::default()),
        }
    }

    /// All providers, the user's own among them.
    pub(super) fn catalog(&self) -> Result<Catalog, CommandError> {
        Ok(Catalog::new(config::own_providers()?))
    }

    /// Where the log is or will be.
    pub(super) fn log_path(&self, config: &Config) -> Result<PathBuf, CommandError> {
        match self.global.log.clone().or_else(|| config.log()) {
            Some(path) => Ok(path),
            None => paths::default_log(),
        }
    }

    /// The log, created if needed.
    pub(super) fn log(&self, config: &Config) -> Result<Log, CommandError> {
        Log::open(&self.log_path(config)?).map_err(log_error)
    }

    /// The log that is already there.
    pub(super) fn existing_log(&self, config: &Config) -> Result<Log, CommandError> {
        Log::open_existing(&self.log_path(config)?).map_err(log_error)
    }

    /// The secrets: those given on the command line, else the profile's, and the configuration's
    /// for providers that were given none. `only` limits the configuration's to some providers.
    pub(super) fn keyring(
        &self,
        given: &[SecretRef],
        config: &Config,
        catalog: &Catalog,
        only: &[&Provider],
    ) -> Result<Keyring, CommandError> {
        let mut keyring = Keyring::default();
        let mut given = given.to_vec();
        if given.is_empty()
            && let Some(secret) = self.profile(config)?.secret
        {
            given.extend(secret.parse::<SecretRef>());
        }
        let id = |name: &str| catalog.get(name).ok().map(|provider| provider.id.clone());
        for reference in &given {
            let (name, source) = reference.parse(|name| id(name).is_some());
            if matches!(source, Source::Literal(_))
                && self.ui.err_is_terminal()
                && std::env::var_os(crate::env::SECRET).is_none()
            {
                self.ui.warn(
                    "a secret on the command line is seen in the process list; use env:NAME or file:PATH",
                );
            }
            keyring.add(name.as_deref().and_then(id), source.resolve(&self.ui)?);
        }
        let for_all = !given.is_empty() && !only.iter().all(|provider| keyring.names(&provider.id));
        for (name, text) in config.secrets() {
            let Some(id) = id(&name) else {
                return Err(unknown_provider(&catalog.get(&name).err().unwrap_or(
                    UnknownProvider {
                        name,
                        nearest: Vec::new(),
                    },
                )));
            };
            let wanted = only.is_empty() || only.iter().any(|provider| provider.id == id);
            if !wanted || for_all || keyring.names(&id) && !given.is_empty() {
                continue;
            }
            let reference = text.parse::<SecretRef>();
            for (_, source) in reference.iter().map(|own| own.parse(|_| false)) {
                match source.resolve(&self.ui) {
                    Ok(secret) => keyring.add(Some(id.clone()), secret),
                    // Without a choice of providers, one that is not set up is no reason to stop.
                    Err(error) if only.is_empty() => {
                        self.ui.warn(&format!("no secret for `{id}`: {error}"));
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(keyring)
    }
}

/// The provider of a name.
pub(super) fn provider<'a>(catalog: &'a Catalog, name: &str) -> Result<&'a Provider, CommandError> {
    catalog.get(name).map_err(|error| unknown_provider(&error))
}

/// The error for a name no provider has.
pub(super) fn unknown_provider(error: &UnknownProvider) -> CommandError {
    let hint = match error.nearest.as_slice() {
        [] => "`hookcat providers list` shows them all".to_owned(),
        names => format!("did you mean {}?", one_of(names)),
    };
    CommandError::usage(error.to_string()).hint(hint)
}

/// The scheme to sign or verify with: the one named, else the one an alias stands for, else the
/// provider's first.
pub(super) fn scheme<'a>(
    provider: &'a Provider,
    called: &str,
    named: Option<&str>,
) -> Result<Option<&'a Scheme>, CommandError> {
    let Some(name) = named else {
        return Ok(provider.scheme(called).or_else(|| provider.schemes.first()));
    };
    provider.scheme(name).map(Some).ok_or_else(|| {
        let names: Vec<String> = provider
            .schemes
            .iter()
            .map(|own| own.name.clone())
            .collect();
        CommandError::usage(format!("unknown scheme of `{}`: `{name}`", provider.id))
            .hint(format!("its schemes are: {}", names.join(", ")))
    })
}

/// The secrets of a provider as a scheme's keys.
pub(super) fn keys(
    keyring: &Keyring,
    provider: &Provider,
    scheme: &Scheme,
) -> Result<Vec<Key>, CommandError> {
    keyring
        .keys(provider, scheme)
        .map(|(_, keys)| keys)
        .map_err(|error| {
            CommandError::usage(format!("{error}: a secret for `{}`", provider.id))
                .hint(format!("its key is {}", scheme.key.describe()))
        })
}

/// Told wherever a provider is used that is planned, or otherwise needs a word.
pub(super) fn warn_about(provider: &Provider, ui: &Ui) {
    if let Some(warning) = &provider.warning {
        ui.warn(warning);
    }
}

/// What is wrong with the log, with what helps.
pub(super) fn log_error(error: LogError) -> CommandError {
    let hint = match &error {
        LogError::Missing(_) => "record something first: `hookcat listen` or `hookcat send`",
        LogError::NotALog(_) => "name another file: --log PATH",
        LogError::Newer { .. } => "update hookcat, or name another file: --log PATH",
        LogError::NoSuchDelivery(_) => "`hookcat log list` shows the numbers",
        LogError::Busy | LogError::Storage(_) => "name another file: --log PATH, or --no-log",
    };
    let kind = match &error {
        LogError::NoSuchDelivery(_) => Kind::Usage,
        _ => Kind::Failure,
    };
    CommandError::new(kind, error.to_string()).hint(hint)
}

/// `a`, `b` or `c`.
pub(super) fn one_of(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        Some((last, _)) => last.clone(),
        None => String::new(),
    }
}
