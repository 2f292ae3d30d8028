//! Says that the socket accepts: on the output, and in a file for whoever waits for one.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::ListenArgs;
use super::routes;
use super::transport::Place;
use crate::commands::options::Format;
use crate::error::CommandError;
use crate::log::Log;
use crate::receive::intake::Intake;
use crate::show::{json as show_json, sanitize};
use crate::ui::Ui;

/// A file that is there while the socket accepts.
#[derive(Debug)]
pub(super) struct ReadyFile {
    path: PathBuf,
    /// Whether it is ours to remove: a pipe is not.
    is_ours: bool,
}

impl ReadyFile {
    /// Removes what an earlier run left, so that nobody takes it for this one's.
    ///
    /// # Errors
    /// A usage error where it cannot be removed.
    pub(super) fn clear(path: &Path) -> Result<(), CommandError> {
        match fs::symlink_metadata(path) {
            Ok(own) if own.is_file() => {
                fs::remove_file(path).map_err(|error| unwritten(path, error))
            }
            _ => Ok(()),
        }
    }

    /// Writes where to send to: all of it at once, or nothing.
    ///
    /// # Errors
    /// A usage error where it cannot be written.
    pub(super) fn write(path: &Path, place: &Place) -> Result<Self, CommandError> {
        let text = match (place.url(), place.unix()) {
            (Some(url), _) => format!("{url}\n"),
            (None, socket) => format!("unix:{}\n", socket.unwrap_or(Path::new("")).display()),
        };
        let is_ours = !fs::metadata(path).is_ok_and(|own| !own.is_file());
        let written = if is_ours {
            beside(path).and_then(|beside| {
                fs::write(&beside, text)?;
                fs::rename(&beside, path).inspect_err(|_| {
                    let _ = fs::remove_file(&beside);
                })
            })
        } else {
            fs::write(path, text)
        };
        written.map_err(|error| unwritten(path, error))?;
        Ok(Self {
            path: path.to_owned(),
            is_ours,
        })
    }
}

impl Drop for ReadyFile {
    fn drop(&mut self) {
        if self.is_ours {
            // Whoever took it away already had his reason.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// A file of our own in the same folder.
fn beside(path: &Path) -> io::Result<PathBuf> {
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let mut own = name.to_owned();
    own.push(format!(".{}", std::process::id()));
    Ok(path.with_file_name(own))
}

fn unwritten(path: &Path, error: io::Error) -> CommandError {
    CommandError::usage(format!("cannot write the ready file: `{}`", path.display())).because(error)
}

/// Says that the socket accepts: the first line of all.
pub(super) fn tell(
    args: &ListenArgs,
    ui: Ui,
    place: &Place,
    log: Option<&Log>,
    intake: &Intake,
) -> Result<(), CommandError> {
    if args.format == Format::Json {
        ui.line(&show_json::line(&json!({
            "v": 1,
            "type": "ready",
            "url": place.url(),
            "port": place.port(),
            "unix": place.unix().map(Path::to_string_lossy),
            "certificate": place.certificate().map(Path::to_string_lossy),
            "log": log.map(|log| log.path().to_string_lossy()),
        })))?;
    } else {
        place.tell(ui);
        match log {
            Some(log) => ui.status(&format!(
                "logging to {}",
                sanitize::line(&log.path().to_string_lossy())
            )),
            None => ui.status("keeping no log"),
        }
        routes::tell(&intake.answers.routes, ui);
    }
    if let Some(ip) = place.exposed() {
        ui.warn(&format!("`{ip}` can be reached from other machines"));
    }
    if intake.verifier.keyring.is_empty() {
        ui.warn("no secret given: nothing can be verified");
        ui.hint("give one: --secret env:NAME, or --secret PROVIDER=env:NAME");
    }
    Ok(())
}
