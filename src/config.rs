//! `hookcat.toml`: the project's file, then the user's.
//!
//! Precedence: flag, environment variable, project file, user file, default. A project's file is
//! found by walking up from the working directory, so it may be somebody else's: it cannot run
//! commands (`cmd:` secrets and routes with `exec` are refused there).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::core::pattern::Pattern;
use crate::core::retry::Span;
use crate::core::script::{Delay, FailRate, Steps};
use crate::error::CommandError;
use crate::log::Retention;
use crate::paths;

/// What the configuration files say together.
#[derive(Clone, Debug, Default)]
pub struct Config {
    files: Vec<File>,
}

/// One configuration file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct File {
    /// The log file, relative to this file.
    log: Option<PathBuf>,
    /// References to secrets, by provider.
    secrets: BTreeMap<String, OneOrMany>,
    /// Defaults of `listen`.
    listen: Listen,
    /// Where `send` and `replay` send to.
    to: Option<String>,
    /// Named endpoints.
    profiles: BTreeMap<String, Profile>,
    /// How much the log keeps.
    retention: Option<Keep>,
    /// Definitions of one's own: files, or folders of them, relative to this file.
    providers: Vec<PathBuf>,
    /// Whether it is the project's.
    #[serde(skip)]
    of_project: bool,
}

/// How much the log keeps; what is not said is as it is by default.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct Keep {
    /// Days; 0 for ever.
    days: Option<u32>,
    /// MiB of the file that are in use; 0 for any number.
    mib: Option<u32>,
}

/// Defaults of `listen`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Listen {
    /// The address to bind to.
    pub bind: Option<String>,
    /// The port.
    pub port: Option<u16>,
    /// The providers to serve.
    pub provider: Vec<String>,
    /// Where to forward deliveries to.
    pub forward_to: Option<String>,
    /// Which deliveries are answered how, the first that fits.
    pub routes: Vec<Route>,
}

/// A route: a pattern, and one of `forward-to`, `respond` and `exec`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Route {
    /// Which deliveries it takes.
    #[serde(rename = "match")]
    pub pattern: Pattern,
    /// The endpoint they go on to.
    pub forward_to: Option<String>,
    /// Whether their sender is answered first; as the command line says where it is not set.
    pub ack_first: Option<bool>,
    /// The answers they get.
    pub respond: Option<Steps>,
    /// The body of these.
    pub body: Option<String>,
    /// The headers of these, each as `Name: value`.
    #[serde(default)]
    pub headers: Vec<String>,
    /// How long these are held back.
    pub delay: Option<Delay>,
    /// How many of these fail.
    pub fail_rate: Option<FailRate>,
    /// When the sender is asked to come back.
    pub retry_after: Option<Span>,
    /// The command that is run for them; never in a project's file.
    pub exec: Option<String>,
    /// Whether it decides the answer.
    #[serde(default)]
    pub exec_answers: bool,
}

/// A named endpoint.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Profile {
    /// The provider.
    pub provider: Option<String>,
    /// The secret's reference.
    pub secret: Option<String>,
    /// The endpoint's URL.
    pub to: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "expected a reference to a secret, or a list of them"
)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl Config {
    /// Reads the project's and the user's file, where they are.
    ///
    /// # Errors
    /// A usage error with file, line and what was expected.
    pub fn load() -> Result<Self, CommandError> {
        let mut files = Vec::new();
        if let Some(path) = paths::project_config() {
            let mut file = read(&path)?;
            refuse_commands(&path, &file)?;
            file.of_project = true;
            files.push(file);
        }
        if let Some(path) = paths::user_config().filter(|path| path.is_file()) {
            files.push(read(&path)?);
        }
        Ok(Self { files })
    }

    fn first<T>(&self, pick: impl Fn(&File) -> Option<T>) -> Option<T> {
        self.files.iter().find_map(pick)
    }

    /// The log file.
    #[must_use]
    pub fn log(&self) -> Option<PathBuf> {
        self.first(|file| file.log.clone())
    }

    /// How much the log keeps. A project's file, which may be somebody else's, says so only of a log it
    /// names itself.
    #[must_use]
    pub fn retention(&self) -> Retention {
        let kept = self.first(|file| {
            let may = !file.of_project || file.log.is_some();
            file.retention.filter(|_| may)
        });
        let mut retention = Retention::default();
        if let Some(Keep { days, mib }) = kept {
            let set = |own: u32| Some(own).filter(|own| *own > 0);
            if let Some(days) = days {
                retention.days = set(days);
            }
            if let Some(mib) = mib {
                retention.bytes = set(mib).map(|own| i64::from(own) << 20);
            }
        }
        retention
    }

    /// Definitions of one's own, the nearer file's first: files or folders, and whether the project
    /// names them.
    pub fn providers(&self) -> impl Iterator<Item = (PathBuf, bool)> {
        self.files.iter().flat_map(|file| {
            let paths = file.providers.iter().cloned();
            paths.map(|path| (path, file.of_project))
        })
    }

    /// Where `send` and `replay` send to.
    #[must_use]
    pub fn to(&self) -> Option<String> {
        self.first(|file| file.to.clone())
    }

    /// Defaults of `listen`, the nearer file first for each.
    #[must_use]
    pub fn listen(&self) -> Listen {
        Listen {
            bind: self.first(|file| file.listen.bind.clone()),
            port: self.first(|file| file.listen.port),
            provider: self
                .first(|file| Some(file.listen.provider.clone()).filter(|own| !own.is_empty()))
                .unwrap_or_default(),
            forward_to: self.first(|file| file.listen.forward_to.clone()),
            routes: self
                .first(|file| Some(file.listen.routes.clone()).filter(|own| !own.is_empty()))
                .unwrap_or_default(),
        }
    }

    /// Every reference to a secret there is, whoever it is for.
    pub fn references(&self) -> impl Iterator<Item = &str> {
        self.files.iter().flat_map(|file| {
            let secrets = file.secrets.values().flat_map(OneOrMany::list);
            let profiles = file.profiles.values().filter_map(|own| own.secret.as_ref());
            secrets.chain(profiles).map(String::as_str)
        })
    }

    /// References to secrets with their provider's name; a nearer file's replace a farther one's.
    #[must_use]
    pub fn secrets(&self) -> Vec<(String, String)> {
        let mut all: BTreeMap<&str, &OneOrMany> = BTreeMap::new();
        for file in self.files.iter().rev() {
            all.extend(file.secrets.iter().map(|(name, own)| (name.as_str(), own)));
        }
        all.into_iter()
            .flat_map(|(name, own)| {
                own.list()
                    .iter()
                    .map(|text| (name.to_owned(), text.clone()))
            })
            .collect()
    }

    /// The names of the profiles.
    pub fn profiles(&self) -> impl Iterator<Item = &str> {
        let all = self.files.iter().flat_map(|file| file.profiles.keys());
        all.map(String::as_str)
    }

    /// A profile by name.
    ///
    /// # Errors
    /// A usage error that lists the profiles there are.
    pub fn profile(&self, name: &str) -> Result<Profile, CommandError> {
        self.first(|file| file.profiles.get(name).cloned())
            .ok_or_else(|| {
                let names: Vec<&str> = self.profiles().collect();
                let error = CommandError::usage(format!("unknown profile: `{name}`"));
                if names.is_empty() {
                    error.hint("add `[profiles.NAME]` with provider, secret and to in hookcat.toml")
                } else {
                    error.hint(format!("the profiles are: {}", names.join(", ")))
                }
            })
    }
}

impl OneOrMany {
    fn list(&self) -> &[String] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Many(texts) => texts,
        }
    }
}

fn read(path: &Path) -> Result<File, CommandError> {
    let text = read_text(path)?;
    let mut file: File = toml::from_str(&text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        let line = text.get(..start).unwrap_or_default().matches('\n').count() + 1;
        CommandError::usage(format!(
            "mistake in `{}`, line {line}: {}",
            path.display(),
            error.message()
        ))
    })?;
    if let Some(folder) = path.parent() {
        file.log = file.log.map(|log| folder.join(log));
        for own in &mut file.providers {
            *own = folder.join(&own);
        }
    }
    Ok(file)
}

fn read_text(path: &Path) -> Result<String, CommandError> {
    std::fs::read_to_string(path).map_err(|error| {
        CommandError::usage(format!("cannot read `{}`", path.display())).because(error)
    })
}

fn refuse_commands(path: &Path, file: &File) -> Result<(), CommandError> {
    let secrets = file.secrets.values().flat_map(OneOrMany::list);
    let profiles = file.profiles.values().filter_map(|own| own.secret.as_ref());
    if secrets.chain(profiles).any(|text| text.starts_with("cmd:")) {
        return Err(CommandError::usage(format!(
            "a project's file cannot run commands (`cmd:`): `{}`",
            path.display()
        ))
        .hint("use env:NAME there, or move the line to your own configuration file"));
    }
    if file.listen.routes.iter().any(|route| route.exec.is_some()) {
        return Err(CommandError::usage(format!(
            "a project's file cannot run commands (`exec`): `{}`",
            path.display()
        ))
        .hint("move the route to your own configuration file, or give it as --exec"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_of_the_wrong_type_is_told_in_our_words() {
        let error = toml::from_str::<File>("[secrets]\nstatly = 7\n").expect_err("a number");
        let message = error.message();
        assert!(message.starts_with("expected a reference"), "{message}");
    }
}
