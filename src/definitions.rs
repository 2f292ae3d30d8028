//! Definitions of one's own: where their files are, and how they are read.
//!
//! A project's `hookcat.toml` names them (`providers = ["acme.toml"]`), and so may the user's; the
//! folder `providers` beside the user's holds more. A definition that comes first hides others of its
//! id, the embedded ones too.

use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use crate::config::Config;
use crate::core::provider::{DefinitionError, Provider};
use crate::error::CommandError;
use crate::paths;
use crate::providers::Catalog;
use crate::show::sanitize::is_hostile;

/// A definition's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Where it is.
    pub path: PathBuf,
    /// Whether a project names it: the project may be somebody else's.
    pub of_project: bool,
}

/// The files of one's own definitions, the nearest first.
///
/// # Errors
/// A usage error for one that is named and not there, or a folder that cannot be read.
pub fn files(config: &Config) -> Result<Vec<File>, CommandError> {
    let mut files = Vec::new();
    for (path, of_project) in config.providers() {
        if path.is_dir() {
            files.extend(
                inside(&path)?
                    .into_iter()
                    .map(|path| File { path, of_project }),
            );
        } else {
            files.push(File { path, of_project });
        }
    }
    if let Some(folder) = paths::user_providers().filter(|folder| folder.is_dir()) {
        files.extend(inside(&folder)?.into_iter().map(|path| File {
            path,
            of_project: false,
        }));
    }
    Ok(files)
}

/// Every `.toml` file of a folder, by name.
fn inside(folder: &Path) -> Result<Vec<PathBuf>, CommandError> {
    let entries = std::fs::read_dir(folder).map_err(|error| {
        CommandError::usage(format!("cannot read `{}`", folder.display())).because(error)
    })?;
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|end| end == "toml"))
        .collect();
    paths.sort();
    Ok(paths)
}

/// One's own definitions, the nearest first.
///
/// # Errors
/// A usage error with file, line, column and what was expected.
pub fn own(config: &Config) -> Result<Vec<Provider>, CommandError> {
    files(config)?
        .iter()
        .map(|file| {
            let mut provider = read(&file.path)?;
            if file.of_project && provider.warning.is_none() {
                provider.warning = in_place_of(&provider, &file.path);
            }
            Ok(provider)
        })
        .collect()
}

/// A word where a project's definition stands in for an embedded one: what is signed, and what the
/// secret is used for, is the project's then.
fn in_place_of(provider: &Provider, path: &Path) -> Option<String> {
    let taken = |name: &String| {
        Catalog::builtin()
            .iter()
            .any(|own| own.id == name || own.aliases.contains(&name.as_str()))
    };
    let name = std::iter::once(&provider.id)
        .chain(&provider.aliases)
        .find(|name| taken(name))?;
    Some(format!(
        "provider `{name}` is the project's definition here, not hookcat's: `{}`",
        path.display()
    ))
}

/// Reads one definition file.
///
/// # Errors
/// A usage error with file, line, column and what was expected.
pub fn read(path: &Path) -> Result<Provider, CommandError> {
    parse(&text(path)?).map_err(|error| {
        CommandError::usage(format!(
            "mistake in `{}`, line {}, column {}: {}",
            path.display(),
            error.line,
            error.column,
            error.message
        ))
    })
}

/// The text of a file.
///
/// # Errors
/// A usage error where it cannot be read.
pub fn text(path: &Path) -> Result<String, CommandError> {
    std::fs::read_to_string(path).map_err(|error| {
        CommandError::usage(format!("cannot read `{}`", path.display())).because(error)
    })
}

/// Reads a definition that anybody may have written.
///
/// # Errors
/// The place of the first mistake, or of a character that would act on a terminal.
pub fn parse(text: &str) -> Result<Provider, DefinitionError> {
    let provider = Provider::parse(text)?;
    // Names and notes are shown as they are, so nothing in them may move the cursor.
    match DeTable::parse(text)
        .ok()
        .and_then(|own| hostile(own.get_ref()))
    {
        None => Ok(provider),
        Some(at) => Err(DefinitionError::at(
            text,
            at,
            "control or invisible character in a text",
        )),
    }
}

/// Where the first text with a hostile character begins.
fn hostile(table: &DeTable<'_>) -> Option<usize> {
    fn within(value: &DeValue<'_>, at: usize) -> Option<usize> {
        match value {
            DeValue::String(text) => is_led_astray(text).then_some(at),
            DeValue::Array(items) => items
                .iter()
                .find_map(|item| within(item.get_ref(), item.span().start)),
            DeValue::Table(table) => hostile(table),
            _ => None,
        }
    }
    table.iter().find_map(|(key, value)| {
        let named = is_led_astray(key.get_ref()).then_some(key.span().start);
        named.or_else(|| within(value.get_ref(), value.span().start))
    })
}

fn is_led_astray(text: &str) -> bool {
    let breaks = ['\n', '\r', '\t'];
    text.chars()
        .any(|char| is_hostile(char) && !breaks.contains(&char))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "id = \"own\"\nname = \"Own\"\ndocs = \"none\"\nconfidence = \"second-hand\"\n\
                       status = \"unsigned\"\n";

    #[test]
    fn nothing_in_a_definition_acts_on_the_terminal() {
        assert!(parse(OWN).is_ok());
        let error = parse(&OWN.replace("Own", "\\u001b[2J")).expect_err("an escape");
        assert_eq!((error.line, error.column), (2, 8), "{error}");
        let error = parse(&format!("{OWN}notes = [\"a\", \"\u{202e}\"]\n")).expect_err("bidi");
        assert_eq!(error.line, 6, "{error}");
    }

    #[test]
    fn embedded_definitions_pass_too() {
        for builtin in Catalog::builtin() {
            assert!(parse(builtin.text).is_ok(), "{}", builtin.id);
        }
    }
}
