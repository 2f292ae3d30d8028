//! The signals that end a run that would not end by itself.

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::error::CommandError;

/// Ctrl-C and SIGTERM. Whoever holds this decides what they do.
pub(super) struct Signals {
    #[cfg(unix)]
    interrupt: Signal,
    #[cfg(unix)]
    terminate: Signal,
    #[cfg(windows)]
    interrupt: tokio::signal::windows::CtrlC,
}

impl Signals {
    /// From here on, the process is not simply ended.
    pub(super) fn new() -> Result<Self, CommandError> {
        let error = |error| CommandError::failure("cannot wait for signals").because(error);
        Ok(Self {
            #[cfg(unix)]
            interrupt: signal(SignalKind::interrupt()).map_err(error)?,
            #[cfg(unix)]
            terminate: signal(SignalKind::terminate()).map_err(error)?,
            #[cfg(windows)]
            interrupt: tokio::signal::windows::ctrl_c().map_err(error)?,
        })
    }

    /// Comes true with the next one.
    pub(super) async fn next(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        #[cfg(windows)]
        self.interrupt.recv().await;
    }
}
