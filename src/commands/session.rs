//! What a verb works with: streams, configuration, providers, secrets, the log.

use std::path::PathBuf;
use std::sync::Arc;

use crate::cli::Global;
use crate::config::{Config, Profile};
use crate::core::assess::Keyring;
use crate::core::delivery::Delivery;
use crate::core::diagnose::Diagnosis;
use crate::core::provider::Provider;
use crate::core::scheme::{Key, KeyError, Scheme};
use crate::definitions;
use crate::error::{CommandError, Kind};
use crate::log::{Log, LogError};
use crate::paths;
use crate::providers::{Catalog, UnknownProvider, nearest};
use crate::receive::intake::posted_to;
use crate::secrets::{SecretRef, Source};
use crate::ui::Ui;
use crate::verifier::Verifier;

/// The surroundings of one run.
#[derive(Debug)]
pub(super) struct Session {
    /// The streams.
    pub(super) ui: Ui,
    /// What the configuration files say.
    pub(super) config: Config,
    /// All providers, the user's own among them.
    pub(super) catalog: Arc<Catalog>,
    /// The chosen profile; an empty one where none is.
    pub(super) profile: Profile,
    log: Option<PathBuf>,
}

impl Session {
    /// Reads configuration and own providers.
    pub(super) fn open(ui: Ui, global: Global) -> Result<Self, CommandError> {
        let config = Config::load()?;
        let profile = match &global.profile {
            Some(name) => config.profile(name)?,
            None => Profile::default(),
        };
        Ok(Self {
            ui,
            catalog: Arc::new(Catalog::new(definitions::own(&config)?)),
            profile,
            log: global.log.or_else(|| config.log()),
            config,
        })
    }

    /// Where the log is, or would be.
    pub(super) fn log_path(&self) -> Result<PathBuf, CommandError> {
        match &self.log {
            Some(path) => Ok(path.clone()),
            None => paths::default_log(),
        }
    }

    /// The log, created if needed.
    pub(super) fn log(&self) -> Result<Log, CommandError> {
        let log = Log::open(&self.log_path()?)
            .map_err(|error| log_error(&error).hint("or keep none: --no-log"))?;
        Ok(log.keeping(self.config.retention()))
    }

    /// The log that is already there.
    pub(super) fn existing_log(&self) -> Result<Log, CommandError> {
        let log = Log::open_existing(&self.log_path()?).map_err(|error| log_error(&error))?;
        Ok(log.keeping(self.config.retention()))
    }

    /// The provider of a name, its head alone.
    pub(super) fn provider(&self, name: &str) -> Result<&Provider, CommandError> {
        self.catalog
            .get(name)
            .map_err(|error| unknown_provider(&error))
    }

    /// The provider of a name with its events.
    pub(super) fn whole_provider(&self, name: &str) -> Result<Provider, CommandError> {
        self.catalog
            .whole(name)
            .map_err(|error| unknown_provider(&error))
    }

    /// The secrets: those given on the command line, else the profile's, and the configuration's
    /// for providers that were given none. `only` limits the configuration's to some providers.
    pub(super) fn keyring(
        &self,
        given: &[SecretRef],
        only: &[&Provider],
    ) -> Result<Keyring, CommandError> {
        let mut keyring = Keyring::default();
        let mut given = given.to_vec();
        if given.is_empty()
            && let Some(secret) = &self.profile.secret
        {
            given.extend(secret.parse::<SecretRef>());
        }
        let id = |name: &str| {
            self.catalog
                .get(name)
                .ok()
                .map(|provider| provider.id.clone())
        };
        let names: Vec<&str> = self.catalog.names().collect();
        for reference in &given {
            let (name, source) = reference.read(|name| id(name).is_some(), &names)?;
            if matches!(source, Source::Literal(_))
                && self.ui.err_is_terminal()
                && std::env::var_os(crate::env::SECRET).is_none()
            {
                self.ui.warn(
                    "a secret on the command line is seen in the process list; use env:NAME or file:PATH",
                );
            }
            keyring.add(name.as_deref().and_then(id), source.resolve(self.ui)?);
        }
        let for_all = !given.is_empty() && !only.iter().all(|provider| keyring.names(&provider.id));
        for (name, text) in self.config.secrets() {
            let id = self.provider(&name)?.id.clone();
            let wanted = only.is_empty() || only.iter().any(|provider| provider.id == id);
            if !wanted || for_all || keyring.names(&id) && !given.is_empty() {
                continue;
            }
            let reference = text.parse::<SecretRef>();
            for found in reference.iter().map(|own| own.read(|_| false, &names)) {
                match found.and_then(|(_, source)| source.resolve(self.ui)) {
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

impl Session {
    /// What a recorded delivery can be held against again, with the secrets of environment, profile
    /// and configuration; `None` where there are none, or the provider is not known.
    pub(super) fn verifier_of(&self, delivery: &Delivery) -> Option<Verifier> {
        let provider = self.catalog.get(delivery.provider.as_deref()?).ok()?;
        let given = std::env::var(crate::env::SECRET).ok();
        let given: Vec<SecretRef> = given.iter().flat_map(|text| text.parse()).collect();
        let keyring = self.keyring(&given, &[provider]).ok()?;
        (!keyring.is_empty()).then(|| Verifier {
            catalog: Arc::clone(&self.catalog),
            named: vec![provider.clone()],
            keyring,
            ..Verifier::default()
        })
    }

    /// What would have made a recorded delivery valid, where it is not and a secret is at hand.
    pub(super) fn diagnose(&self, delivery: &Delivery) -> Option<Diagnosis> {
        let judgement = delivery.judgement.as_ref()?;
        if judgement.verdict != "invalid" {
            return None;
        }
        let verifier = self.verifier_of(delivery)?;
        let url = posted_to(&delivery.message, None, false);
        let context = verifier.context(Some(&url), delivery.at);
        let found = verifier.assess(&delivery.message, &context);
        Some(verifier.diagnose(&delivery.message, &found, &context, &[]))
    }
}

/// Refuses a scheme's name that no provider knows, where the provider is not named but detected.
pub(super) fn some_scheme(catalog: &Catalog, name: &str) -> Result<(), CommandError> {
    let all = catalog.all();
    if all.iter().any(|own| own.scheme(name).is_some()) {
        return Ok(());
    }
    let schemes = all.iter().flat_map(|own| &own.schemes);
    let near = nearest(name, schemes.map(|own| own.name.as_str()));
    let hint = match near.as_slice() {
        [] => "`hookcat providers show NAME` shows a provider's schemes".to_owned(),
        names => format!("did you mean {}?", one_of(names)),
    };
    Err(CommandError::usage(format!("unknown scheme: `{name}`")).hint(hint))
}

/// The error for a name no provider has.
fn unknown_provider(error: &UnknownProvider) -> CommandError {
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
        let there: Vec<String> = provider
            .schemes
            .iter()
            .map(|own| own.name.clone())
            .collect();
        CommandError::usage(format!("unknown scheme of `{}`: `{name}`", provider.id))
            .hint(format!("its schemes are: {}", there.join(", ")))
    })
}

/// The keys to sign with: those given on the command line, all of them; of a rotation in the
/// configuration the first, where a message has room for one signature only.
pub(super) fn signing_keys(
    keyring: &Keyring,
    given: &[SecretRef],
    provider: &Provider,
    scheme: &Scheme,
    ui: Ui,
) -> Result<Vec<Key>, CommandError> {
    let mut keys = keys(keyring, provider, scheme, ui)?;
    if given.is_empty() && !scheme.carries_several() {
        keys.truncate(1);
    }
    Ok(keys)
}

/// The secrets of a provider as a scheme's keys.
pub(super) fn keys(
    keyring: &Keyring,
    provider: &Provider,
    scheme: &Scheme,
    ui: Ui,
) -> Result<Vec<Key>, CommandError> {
    if let Some(shape) = &scheme.key_shape
        && !keyring.fits_shape(provider, scheme)
    {
        ui.warn(&format!(
            "a secret does not look like one of `{}`, which are written: `{shape}`",
            provider.id
        ));
    }
    keyring
        .keys(provider, scheme)
        .map(|(_, keys)| keys)
        .map_err(|error| {
            CommandError::usage(format!(
                "secret cannot be a key of provider: `{}`",
                provider.id
            ))
            .hint(match error {
                KeyError::NoCertificate => "give the certificate: --cert FILE".to_owned(),
                _ => format!("its key is {}", scheme.key.describe()),
            })
            .because(error)
        })
}

/// Told wherever a provider is used that is planned, or otherwise needs a word.
pub(super) fn warn_about(provider: &Provider, ui: Ui) {
    if let Some(warning) = &provider.warning {
        ui.warn(warning);
    }
}

/// Asks before what cannot be undone.
///
/// # Errors
/// A usage error where nobody can be asked.
pub(super) fn asked(ui: Ui, question: &str) -> Result<bool, CommandError> {
    if !ui.can_ask() {
        return Err(
            CommandError::usage(format!("nobody can be asked: {question}"))
                .hint("say so beforehand: --yes"),
        );
    }
    dialoguer::Confirm::new()
        .with_prompt(question)
        .default(false)
        .interact()
        .map_err(|error| CommandError::failure("cannot ask").because(error))
}

/// What is wrong with the log, with what helps.
pub(super) fn log_error(error: &LogError) -> CommandError {
    let hint = match error {
        LogError::Missing(_) => "record something first: `hookcat listen` or `hookcat send`",
        LogError::NotALog(_) | LogError::Busy | LogError::Storage(_) => {
            "name another file: --log PATH"
        }
        LogError::Newer { .. } => "update hookcat, or name another file: --log PATH",
        LogError::NoSuchDelivery(_) => "`hookcat log list` shows the numbers",
    };
    let kind = match error {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scheme_of_no_provider_is_refused() {
        let catalog = Catalog::default();
        assert!(some_scheme(&catalog, "generic-sha1").is_ok());
        let error = some_scheme(&catalog, "nosuch").expect_err("unknown");
        assert_eq!(error.kind, Kind::Usage);
    }
}
