//! The command that runs beside `listen`: `listen … -- COMMAND`.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::{Child, Command};

use super::ListenArgs;
use super::transport::Place;
use crate::commands::options::Format;
use crate::commands::session::{Session, scheme};
use crate::core::assess::Keyring;
use crate::core::scheme::Fresh;
use crate::core::secret::Secret;
use crate::env;
use crate::error::CommandError;
use crate::log::Log;
use crate::ui::Ui;

/// How long a command that was told to end may take before it is killed.
const PATIENCE: Duration = Duration::from_secs(2);
/// What shells add to a signal's number.
const SIGNALLED: u8 = 128;

/// A command that runs beside the receiver; killed when this goes.
pub(super) struct Companion {
    name: String,
    child: Child,
    /// Whether it has a process group of its own, which is ended with all in it.
    #[cfg(unix)]
    grouped: bool,
}

impl Companion {
    /// Starts a command, its first word the program. Its stdout is ours, or stderr where ours is JSON.
    ///
    /// # Errors
    /// A usage error where it cannot be started.
    pub(super) fn start(
        words: &[String],
        place: &Place,
        secret: Option<&Secret>,
        log: Option<&Log>,
        format: Format,
        ui: Ui,
    ) -> Result<Option<Self>, CommandError> {
        let Some((program, words)) = words.split_first() else {
            return Ok(None);
        };
        let mut command = Command::new(program);
        command.args(words).kill_on_drop(true);
        if format == Format::Json {
            command.stdout(stderr());
        }
        variables(&mut command, place, secret, log);
        // On a terminal it stays in the foreground, where it can read and Ctrl-C reaches it.
        let grouped = !ui.can_ask();
        #[cfg(unix)]
        if grouped {
            command.process_group(0);
        }
        let child = command.spawn().map_err(|error| {
            CommandError::usage(format!("cannot start the command: `{program}`")).because(error)
        })?;
        Ok(Some(Self {
            name: program.clone(),
            child,
            #[cfg(unix)]
            grouped,
        }))
    }

    /// Its program.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Waits for its end: its exit code, or 128 and the signal that ended it.
    pub(super) async fn ended(&mut self) -> u8 {
        let status = self.child.wait().await;
        status.map_or(u8::MAX, code)
    }

    /// Ends it: it is asked to, and killed where it does not listen.
    pub(super) async fn end(&mut self) {
        self.signal(false);
        if tokio::time::timeout(PATIENCE, self.child.wait())
            .await
            .is_err()
        {
            self.signal(true);
            let _ = self.child.wait().await;
        }
    }

    #[cfg(unix)]
    fn signal(&self, kill: bool) {
        use rustix::process::{Pid, Signal, kill_process, kill_process_group};
        let signal = if kill { Signal::KILL } else { Signal::TERM };
        let id = self.child.id().and_then(|id| i32::try_from(id).ok());
        if let Some(id) = id.and_then(Pid::from_raw) {
            // It may be gone already.
            let _ = if self.grouped {
                kill_process_group(id, signal)
            } else {
                kill_process(id, signal)
            };
        }
    }

    #[cfg(not(unix))]
    fn signal(&mut self, _kill: bool) {
        let _ = self.child.start_kill();
    }
}

/// The secret that the command beside it shares: the first given; where there is none and one provider
/// is named, one made for this run.
///
/// # Errors
/// A usage error for a scheme the provider does not have.
pub(super) fn shared_secret(
    args: &ListenArgs,
    session: &Session,
    named: &[String],
    keyring: &mut Keyring,
) -> Result<Option<Secret>, CommandError> {
    if args.wait.command.is_empty() {
        return Ok(None);
    }
    let given = match named.first() {
        Some(id) => keyring.secret(id, None),
        None => keyring.first(),
    };
    let ([id], None) = (named, given) else {
        return Ok(given.cloned());
    };
    let scheme = scheme(session.provider(id)?, id, args.signing.scheme.as_deref())?;
    let mut random = args.repeat.random()?;
    let Some(Fresh::Shared(secret)) = scheme.and_then(|own| own.fresh_secret(&mut random)) else {
        return Ok(None);
    };
    keyring.add(Some(id.clone()), secret.clone());
    session
        .ui
        .status("no secret given: made one for this run, `HOOKCAT_SECRET` has it");
    Ok(Some(secret))
}

fn variables(command: &mut Command, place: &Place, secret: Option<&Secret>, log: Option<&Log>) {
    for name in [env::SECRET, env::PORT, env::BIND, env::TO] {
        command.env_remove(name);
    }
    if let (Some(url), Some(port)) = (place.url(), place.port()) {
        command
            .env(env::URL, &url)
            .env(env::TO, url)
            .env(env::PORT, port.to_string());
    }
    if let Some(path) = place.unix() {
        command.env(env::SOCKET, path);
    }
    if let Some(path) = place.certificate() {
        command.env(env::CERTIFICATE, path);
    }
    if let Some(log) = log.and_then(|log| std::path::absolute(log.path()).ok()) {
        command.env(env::LOG, log);
    }
    if let Some(text) = secret.and_then(|secret| std::str::from_utf8(secret.expose()).ok()) {
        command.env(env::SECRET, text);
    }
}

#[cfg(unix)]
fn stderr() -> Stdio {
    use std::os::fd::AsFd;
    let own = std::io::stderr().as_fd().try_clone_to_owned();
    own.map_or_else(|_| Stdio::null(), Stdio::from)
}

#[cfg(windows)]
fn stderr() -> Stdio {
    use std::os::windows::io::AsHandle;
    let own = std::io::stderr().as_handle().try_clone_to_owned();
    own.map_or_else(|_| Stdio::null(), Stdio::from)
}

fn code(status: ExitStatus) -> u8 {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return SIGNALLED.saturating_add(u8::try_from(signal).unwrap_or(0));
    }
    status
        .code()
        .and_then(|code| u8::try_from(code).ok())
        .unwrap_or(u8::MAX)
}
