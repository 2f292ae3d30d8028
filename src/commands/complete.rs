//! What a shell is told when it asks how a line goes on: providers, their events, the project's templates,
//! profiles. What cannot be read is no reason to say anything in the middle of a line.

use std::collections::BTreeMap;

use clap_complete::CompletionCandidate;

use crate::config::Config;
use crate::core::provider::Provider;
use crate::definitions;
use crate::providers::Catalog;
use crate::show::sanitize::is_hostile;
use crate::templates;

fn catalog() -> Catalog {
    let own = Config::load().and_then(|config| definitions::own(&config));
    own.map_or_else(|_| Catalog::default(), Catalog::new)
}

/// A project's names may be somebody else's: those a terminal would act on are left out.
fn candidates(named: impl IntoIterator<Item = (String, String)>) -> Vec<CompletionCandidate> {
    let is_plain = |text: &str| !text.chars().any(is_hostile);
    (named.into_iter())
        .filter(|(name, told)| is_plain(name) && is_plain(told))
        .map(|(name, told)| {
            let told = Some(told).filter(|own| !own.is_empty());
            CompletionCandidate::new(name).help(told.map(Into::into))
        })
        .collect()
}

/// All providers.
pub(super) fn providers() -> Vec<CompletionCandidate> {
    let catalog = catalog();
    let all = catalog.all().into_iter();
    candidates(all.map(|own| (own.id.clone(), own.name.clone())))
}

/// The line that is being written, as the shell hands it over: `hookcat -- hookcat send github pu`.
fn line() -> impl Iterator<Item = String> {
    let words = std::env::args_os().skip_while(|word| word != "--").skip(2);
    words.filter_map(|word| word.into_string().ok())
}

/// The first provider that the line names.
fn of_the_line() -> Option<Provider> {
    let catalog = catalog();
    line().find_map(|word| catalog.whole(&word).ok())
}

fn named(provider: Option<&Provider>) -> BTreeMap<String, String> {
    let events = provider.into_iter().flat_map(|own| &own.events);
    events
        .map(|own| (own.name.clone(), own.title.clone()))
        .collect()
}

/// The events of the provider that the line names.
pub(super) fn events() -> Vec<CompletionCandidate> {
    candidates(named(of_the_line().as_ref()))
}

/// What `send` takes after a provider: its events, its check of a URL, and the project's templates.
pub(super) fn events_and_templates() -> Vec<CompletionCandidate> {
    let provider = of_the_line();
    let mut all = named(provider.as_ref());
    let template = |own: templates::File| (own.name, "template of the project".to_owned());
    all.extend(
        templates::files()
            .unwrap_or_default()
            .into_iter()
            .map(template),
    );
    if provider.is_some_and(|own| !own.handshakes.is_empty()) {
        let told = "the provider's check of a URL";
        all.insert("handshake".to_owned(), told.to_owned());
    }
    candidates(all)
}

/// The project's templates.
pub(super) fn templates() -> Vec<CompletionCandidate> {
    let files = templates::files().unwrap_or_default().into_iter();
    candidates(files.map(|own| (own.name, String::new())))
}

/// The profiles of the configuration.
pub(crate) fn profiles() -> Vec<CompletionCandidate> {
    let Ok(config) = Config::load() else {
        return Vec::new();
    };
    let names = config
        .profiles()
        .map(|name| (name.to_owned(), String::new()));
    candidates(names)
}
