//! The project's templates: where their files are, and how they are read.
//!
//! They lie in `.hookcat/templates`, the nearest one upward from the working directory; a new one is
//! made beside the project's `hookcat.toml`, else in the working directory.

use std::path::{Path, PathBuf};

use crate::core::saved::{Saved, SavedError};
use crate::error::CommandError;
use crate::paths;

const FOLDER: &str = ".hookcat/templates";
const END: &str = "http";

/// A template's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// What `send` takes.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
}

/// The folder of the project's templates, where there is one.
#[must_use]
pub fn folder() -> Option<PathBuf> {
    let start = std::env::current_dir().ok()?;
    let mut folders = start.ancestors().map(|own| own.join(FOLDER));
    folders.find(|path| path.is_dir())
}

/// The folder for a new template.
fn folder_to_be() -> PathBuf {
    folder().unwrap_or_else(|| {
        let config = paths::project_config();
        let project = config.as_deref().and_then(Path::parent);
        project.unwrap_or(Path::new("")).join(FOLDER)
    })
}

/// The files, by name.
///
/// # Errors
/// A usage error for a folder that cannot be read.
pub fn files() -> Result<Vec<File>, CommandError> {
    let Some(folder) = folder() else {
        return Ok(Vec::new());
    };
    let entries = std::fs::read_dir(&folder).map_err(|error| {
        CommandError::usage(format!("cannot read `{}`", folder.display())).because(error)
    })?;
    let mut files: Vec<File> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|end| end == END))
        .filter_map(|path| {
            let name = path.file_stem()?.to_str()?.to_owned();
            Some(File { name, path })
        })
        .collect();
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

/// The path of a name: it stays in the folder.
///
/// # Errors
/// A usage error for a name that is none.
pub fn path(name: &str) -> Result<PathBuf, CommandError> {
    let fits = |char: char| char.is_ascii_alphanumeric() || "-_.".contains(char);
    if name.is_empty() || name.starts_with('.') || !name.chars().all(fits) {
        let what = format!("not a name of a template: `{name}`");
        return Err(CommandError::usage(what).hint("letters, digits, `-`, `_` and `.`"));
    }
    Ok(folder_to_be().join(format!("{name}.{END}")))
}

/// The template of a name, where there is one.
///
/// # Errors
/// A usage error for a file that is none.
pub fn named(name: &str) -> Result<Option<Saved>, CommandError> {
    let Some(file) = files()?.into_iter().find(|own| own.name == name) else {
        return Ok(None);
    };
    open(&file.path).map(Some)
}

/// Reads a template's file.
///
/// # Errors
/// A usage error where it cannot be read, or is none.
pub fn open(path: &Path) -> Result<Saved, CommandError> {
    let name = path.display().to_string();
    let bytes = std::fs::read(path)
        .map_err(|error| CommandError::usage(format!("cannot read `{name}`")).because(error))?;
    read(&bytes, &name)
}

/// Reads a template; `name` is what it is called.
///
/// # Errors
/// A usage error where it is none.
pub fn read(bytes: &[u8], name: &str) -> Result<Saved, CommandError> {
    Saved::read(bytes).map_err(|error: SavedError| {
        CommandError::usage(format!("not a template: `{name}`")).because(error)
    })
}
