//! The catalogue: the embedded definitions and the user's own, parsed only when asked for.
//!
//! `index.rs` is generated from the definition files: it knows every name and every telling header,
//! so that neither `--provider` nor detection parses a definition it does not need.

mod index;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use thiserror::Error;

use self::index::{BUILTIN, SPEAKERS};
use crate::core::message::Message;
use crate::core::provider::Provider;
use crate::core::scheme::Scheme;

/// The JSON Schema of definitions, for editors.
pub const DEFINITION_SCHEMA: &str = include_str!("definition.schema.json");

/// What the index knows of an embedded definition.
#[derive(Debug)]
pub struct Builtin {
    /// The provider's id.
    pub id: &'static str,
    /// Its other names.
    pub aliases: &'static [&'static str],
    /// Headers that make it a candidate, lower case.
    pub headers: &'static [&'static str],
    /// Whether it can be told by its body or query, where no header speaks.
    pub by_body: bool,
    /// The definition.
    pub text: &'static str,
}

/// All providers there are: the user's own before the embedded ones.
#[derive(Debug)]
pub struct Catalog {
    own: Vec<Provider>,
    heads: Vec<OnceLock<Provider>>,
}

/// No provider of this name.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("unknown provider: `{name}`")]
pub struct UnknownProvider {
    /// The name as given.
    pub name: String,
    /// The names most like it, the best first.
    pub nearest: Vec<String>,
}

impl Default for Catalog {
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

impl Catalog {
    /// The embedded definitions, and the user's own, which win where an id is taken; of several of
    /// those the first does.
    #[must_use]
    pub fn new(own: Vec<Provider>) -> Self {
        let mut first: Vec<Provider> = Vec::with_capacity(own.len());
        for provider in own {
            if !first.contains(&provider) {
                first.push(provider);
            }
        }
        Self {
            own: first,
            heads: BUILTIN.iter().map(|_| OnceLock::new()).collect(),
        }
    }

    /// The same catalogue with one more definition, which wins where its id is taken.
    #[must_use]
    pub fn with(&self, provider: &Provider) -> Self {
        let others = self.own.iter().filter(|own| *own != provider).cloned();
        Self::new(std::iter::once(provider.clone()).chain(others).collect())
    }

    /// The embedded definitions' index.
    #[must_use]
    pub fn builtin() -> &'static [Builtin] {
        BUILTIN
    }

    /// How many embedded definitions were parsed so far: start-up must not grow with the catalogue.
    #[must_use]
    pub fn parsed(&self) -> usize {
        self.heads
            .iter()
            .filter(|head| head.get().is_some())
            .count()
    }

    fn head(&self, index: usize) -> Option<&Provider> {
        let (slot, builtin) = (self.heads.get(index)?, BUILTIN.get(index)?);
        if let Some(provider) = slot.get() {
            return Some(provider);
        }
        // Embedded definitions are parsed by a test; one that did not would be skipped here.
        let provider = Provider::head(builtin.text).ok()?;
        Some(slot.get_or_init(|| provider))
    }

    /// The provider of a name. Of an embedded one, the head alone is parsed.
    ///
    /// # Errors
    /// [`UnknownProvider`] with the nearest names.
    pub fn get(&self, name: &str) -> Result<&Provider, UnknownProvider> {
        self.own
            .iter()
            .find(|provider| provider.is_called(name))
            .or_else(|| {
                let index = BUILTIN
                    .iter()
                    .position(|builtin| builtin.id == name || builtin.aliases.contains(&name))?;
                self.head(index)
            })
            .ok_or_else(|| UnknownProvider {
                name: name.to_owned(),
                nearest: nearest(name, self.names().chain(self.aliases())),
            })
    }

    /// The provider of a name with its events.
    ///
    /// # Errors
    /// As [`Catalog::get`].
    pub fn whole(&self, name: &str) -> Result<Provider, UnknownProvider> {
        let provider = self.get(name)?;
        // One's own is read whole; without events it is no other's.
        if self.own.contains(provider) {
            return Ok(provider.clone());
        }
        let text = BUILTIN.iter().find(|builtin| builtin.id == provider.id);
        Ok(text
            .and_then(|builtin| Provider::parse(builtin.text).ok())
            .unwrap_or_else(|| provider.clone()))
    }

    /// The providers with events that come from git, whole, by id.
    #[must_use]
    pub fn of_git(&self) -> Vec<Provider> {
        let is_told = |own: &Provider| own.events.iter().any(|event| event.git.is_some());
        let embedded = BUILTIN
            .iter()
            .filter(|builtin| builtin.text.contains("\n[event.git]"))
            .filter_map(|builtin| self.whole(builtin.id).ok());
        let mut found = self.own.clone();
        found.extend(embedded.filter(|provider| !self.own.contains(provider)));
        found.retain(is_told);
        found.sort_by(|a, b| a.id.cmp(&b.id));
        found
    }

    /// Every provider, by id.
    #[must_use]
    pub fn all(&self) -> Vec<&Provider> {
        let embedded = (0..BUILTIN.len()).filter_map(|index| self.head(index));
        let mut all: Vec<&Provider> = self.own.iter().collect();
        all.extend(embedded.filter(|provider| !self.own.contains(provider)));
        all.sort_by(|a, b| a.id.cmp(&b.id));
        all
    }

    /// Every id.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.own
            .iter()
            .map(|provider| provider.id.as_str())
            .chain(BUILTIN.iter().map(|builtin| builtin.id))
    }

    /// Every other name.
    fn aliases(&self) -> impl Iterator<Item = &str> {
        let own = self.own.iter().flat_map(|provider| &provider.aliases);
        own.map(String::as_str).chain(
            BUILTIN
                .iter()
                .flat_map(|builtin| builtin.aliases.iter().copied()),
        )
    }

    /// The providers that may have sent a message, by its headers; where no header speaks, those
    /// that can be told by their body.
    #[must_use]
    pub fn candidates(&self, message: &Message) -> Vec<&Provider> {
        let names = message.headers.iter().map(|(name, _)| name);
        let mut speaking: Vec<usize> = names.flat_map(spoken_for).copied().collect();
        speaking.sort_unstable();
        speaking.dedup();
        if speaking.is_empty() {
            let by_body = |index: &usize| BUILTIN[*index].by_body;
            speaking = (0..BUILTIN.len()).filter(by_body).collect();
        }
        let embedded = speaking.into_iter().filter_map(|index| self.head(index));
        let mut candidates: Vec<&Provider> = self.own.iter().collect();
        candidates.extend(embedded.filter(|provider| !self.own.contains(provider)));
        candidates
    }
}

/// The embedded definitions that a header makes candidates: their places in [`BUILTIN`].
fn spoken_for(name: &str) -> &'static [usize] {
    // None of them is longer.
    let mut lower = [0; 64];
    let Some(lower) = lower.get_mut(..name.len()) else {
        return &[];
    };
    lower.copy_from_slice(name.as_bytes());
    lower.make_ascii_lowercase();
    let by_length = |(own, _): &(&str, &[usize])| {
        let lengths = own.len().cmp(&lower.len());
        lengths.then_with(|| own.as_bytes().cmp(lower))
    };
    let place = SPEAKERS.binary_search_by(by_length);
    place.map_or(&[], |place| SPEAKERS[place].1)
}

/// The names most like a mistyped one, the best first, at most three.
pub fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut scored: Vec<(f64, &str)> = names
        .map(|own| (strsim::jaro_winkler(name, own), own))
        .filter(|(score, own)| *score > 0.75 || (name.len() > 2 && own.contains(name)))
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    scored
        .into_iter()
        .take(3)
        .map(|(_, own)| own.to_owned())
        .collect()
}

/// The text of `index.rs` for a set of definitions, given as file name and text.
///
/// # Errors
/// The file with a mistake, and the mistake.
pub fn render_index(files: &[(String, String)]) -> Result<String, String> {
    let mut out = String::from(
        "// Generated from the definition files beside this one by `cargo test --test it generated`\n\
         // with REGENERATE=1.\n\n\
         use super::Builtin;\n\n\
         #[rustfmt::skip]\n\
         pub(super) static BUILTIN: &[Builtin] = &[\n",
    );
    // By their lengths first: every header of every message is held against them.
    let mut speakers: BTreeMap<(usize, String), Vec<usize>> = BTreeMap::new();
    for (index, (file, text)) in files.iter().enumerate() {
        let provider = Provider::parse(text).map_err(|error| format!("{file}: {error}"))?;
        let mut headers: Vec<String> = provider
            .detect
            .headers
            .iter()
            .cloned()
            .chain(
                provider
                    .schemes
                    .iter()
                    .filter(|scheme| !scheme.legacy)
                    .flat_map(|scheme| scheme.signature.place.headers()),
            )
            .map(|name| name.to_ascii_lowercase())
            .collect();
        headers.sort();
        headers.dedup();
        for name in &headers {
            let key = (name.len(), name.clone());
            speakers.entry(key).or_default().push(index);
        }
        let in_body = |scheme: &Scheme| !scheme.legacy && scheme.signature.place.header().is_none();
        let by_body = headers.is_empty() && !provider.detect.body.is_empty()
            || provider.schemes.iter().any(in_body);
        out.push_str(&format!(
            "    Builtin {{\n        id: {:?},\n        aliases: &{:?},\n        headers: &{:?},\n        \
             by_body: {by_body},\n        text: include_str!({file:?}),\n    }},\n",
            provider.id, provider.aliases, headers,
        ));
    }
    out.push_str(
        "];\n\n/// The headers above, the shortest first, each with the places of those that have it.\n\
         #[rustfmt::skip]\n\
         pub(super) static SPEAKERS: &[(&str, &[usize])] = &[\n",
    );
    for ((_, name), places) in speakers {
        out.push_str(&format!("    ({name:?}, &{places:?}),\n"));
    }
    out.push_str("];\n");
    Ok(out)
}

#[cfg(test)]
mod handshakes;
