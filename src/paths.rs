//! Where things are: the log, the configuration, the user's own providers.

use std::path::PathBuf;

use directories::ProjectDirs;

use crate::env;
use crate::error::CommandError;

fn project() -> Option<ProjectDirs> {
    ProjectDirs::from("", "", "hookcat")
}

/// The log's place in the platform's state directory.
///
/// # Errors
/// A usage error where there is no home directory.
pub fn default_log() -> Result<PathBuf, CommandError> {
    let project = project().ok_or_else(|| {
        CommandError::usage("no home directory to keep the log in")
            .hint("name a file: --log PATH, or turn the log off: --no-log")
    })?;
    // Only Linux has a directory for state; elsewhere it is data of this machine.
    let folder = project
        .state_dir()
        .unwrap_or_else(|| project.data_local_dir());
    Ok(folder.join("log.db"))
}

/// The folder of the certificate that `listen --tls` makes, in the platform's data directory.
#[must_use]
pub fn certificates() -> Option<PathBuf> {
    Some(project()?.data_local_dir().join("tls"))
}

/// The user's configuration file.
#[must_use]
pub fn user_config() -> Option<PathBuf> {
    std::env::var_os(env::CONFIG)
        .filter(|path| !path.is_empty())
        .map(PathBuf::from)
        .or_else(|| Some(project()?.config_dir().join("hookcat.toml")))
}

/// The folder of the user's own provider definitions.
#[must_use]
pub fn user_providers() -> Option<PathBuf> {
    Some(project()?.config_dir().join("providers"))
}

/// The project's configuration file: the nearest `hookcat.toml` upward from the working directory.
#[must_use]
pub fn project_config() -> Option<PathBuf> {
    let start = std::env::current_dir().ok()?;
    start
        .ancestors()
        .map(|folder| folder.join("hookcat.toml"))
        .find(|path| path.is_file())
}
