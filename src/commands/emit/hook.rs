//! `hookcat emit --install-hook`: a post-receive hook, to be put where git looks for it.

use std::path::Path;

use super::EmitArgs;
use super::git::git_error;
use crate::commands::session::Session;
use crate::error::CommandError;
use crate::git::Repository;
use crate::show::request::shell;

/// Prints the hook, and says where it belongs.
pub(super) fn print(args: &EmitArgs, session: &Session) -> Result<(), CommandError> {
    let program = std::env::current_exe().map_err(|error| {
        CommandError::failure("cannot tell where this program is").because(error)
    })?;
    let log = std::path::absolute(session.log_path()?)
        .map_err(|error| CommandError::failure("cannot tell where the log is").because(error))?;
    if let Some(name) = args.named() {
        session.provider(name)?;
    }
    let mut words = vec![
        word(&program),
        "--log".to_owned(),
        word(&log),
        "emit".to_owned(),
    ];
    words.extend(args.named().map(|name| shell(name.as_bytes())));
    words.push("--from-git".to_owned());
    if let Some(repo) = &args.repo {
        words.extend(["--repo".to_owned(), shell(repo.as_str().as_bytes())]);
    }
    let ui = session.ui;
    ui.line("#!/bin/sh")?;
    ui.line(&words.join(" "))?;
    match Repository::find(args.path()) {
        Ok(repository) => {
            let file = repository.hooks().map_err(git_error)?.join("post-receive");
            let file = file.display();
            ui.hint(&format!("append it to `{file}`, and make that executable"));
        }
        Err(error) if args.path().is_some() => return Err(git_error(error)),
        Err(_) => {
            ui.hint("append it to a repository's `hooks/post-receive`, executable");
        }
    }
    Ok(())
}

#[cfg(unix)]
fn word(path: &Path) -> String {
    use std::os::unix::ffi::OsStrExt;
    shell(path.as_os_str().as_bytes())
}

#[cfg(not(unix))]
fn word(path: &Path) -> String {
    // Git's own shell runs hooks there.
    shell(path.to_string_lossy().replace('\\', "/").as_bytes())
}
