//! The one error of commands, its exit code, and the one place that prints it.

use std::error::Error;
use std::fmt;

use crate::core::verdict::{Reason, Verdict};
use crate::ui::Ui;

/// What a command ends with when it does not end well.
#[derive(Debug)]
pub struct CommandError {
    /// Decides the exit code.
    pub kind: Kind,
    message: String,
    source: Option<Box<dyn Error + Send + Sync>>,
    hints: Vec<String>,
    /// Whether everything was said already and only the exit code is left.
    said: bool,
}

/// The kinds of ending; each has one exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Unexpected failure.
    Failure,
    /// Usage or configuration error.
    Usage,
    /// A signature that does not match.
    Mismatch,
    /// A right signature with a timestamp outside the tolerance.
    Stale,
    /// A signature header or timestamp that is missing or malformed.
    Malformed,
    /// Nothing that could be verified.
    Unverifiable,
    /// An endpoint that answered, but not with success.
    NotAccepted,
    /// An endpoint that was not reached.
    NotReached,
    /// An expectation that was not met.
    NotMet,
    /// An interrupt before a result.
    Interrupted,
    /// A command of the user's own that ended with this exit code.
    Command(u8),
    /// The reader of stdout went away: a quiet end.
    BrokenPipe,
}

/// The exit codes with their meaning: the man pages and the README repeat this table.
pub const EXIT_CODES: [(u8, &str); 11] = [
    (0, "done; for `verify`, valid"),
    (1, "unexpected failure: I/O, a log that cannot be opened"),
    (2, "usage or configuration error"),
    (3, "signature does not match"),
    (4, "signature right, timestamp outside the tolerance"),
    (5, "signature header or timestamp missing or malformed"),
    (
        6,
        "unverifiable: the provider does not sign, or is ambiguous",
    ),
    (7, "the endpoint answered, but not with success"),
    (
        8,
        "the endpoint was not reached: DNS, connect, TLS, timeout",
    ),
    (
        9,
        "an expectation was not met, or a conformance case failed",
    ),
    (
        130,
        "interrupted before a result (Ctrl-C is the normal end of `listen`: 0)",
    ),
];

impl Kind {
    /// The process exit code.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::BrokenPipe => 0,
            Self::Failure => 1,
            Self::Usage => 2,
            Self::Mismatch => 3,
            Self::Stale => 4,
            Self::Malformed => 5,
            Self::Unverifiable => 6,
            Self::NotAccepted => 7,
            Self::NotReached => 8,
            Self::NotMet => 9,
            Self::Interrupted => 130,
            Self::Command(code) => code,
        }
    }

    /// The kind a verdict ends `verify` with, `None` when valid.
    #[must_use]
    pub fn of(verdict: &Verdict) -> Option<Self> {
        match verdict {
            Verdict::Valid(_) => None,
            Verdict::Unverifiable(_) => Some(Self::Unverifiable),
            Verdict::Invalid(reason) => Some(match reason {
                Reason::Mismatch | Reason::UnknownKey { .. } => Self::Mismatch,
                Reason::Stale { .. } | Reason::Future { .. } => Self::Stale,
                Reason::MissingHeader { .. }
                | Reason::RepeatedHeader { .. }
                | Reason::MalformedHeader { .. }
                | Reason::MissingField { .. }
                | Reason::MalformedField { .. }
                | Reason::MalformedTimestamp { .. } => Self::Malformed,
            }),
        }
    }
}

impl CommandError {
    /// An error of a kind, told in one line.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            source: None,
            hints: Vec::new(),
            said: false,
        }
    }

    /// A usage or configuration error.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// An unexpected failure.
    pub fn failure(message: impl Into<String>) -> Self {
        Self::new(Kind::Failure, message)
    }

    /// An exit code for something that was already said.
    #[must_use]
    pub fn said(kind: Kind) -> Self {
        Self {
            said: true,
            ..Self::new(kind, "")
        }
    }

    /// Adds the cause.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Adds what helps, best with a command to run.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// What helps.
    #[must_use]
    pub fn hints(&self) -> &[String] {
        &self.hints
    }

    /// Prints the error, its causes and its hints to stderr, once.
    pub fn print(&self, ui: &Ui) {
        if self.said || self.kind == Kind::BrokenPipe {
            return;
        }
        ui.error(&self.to_string());
        let mut cause = self.source.as_deref().map(|error| error as &dyn Error);
        while let Some(error) = cause {
            ui.cause(&error.to_string());
            cause = error.source();
        }
        for hint in &self.hints {
            ui.hint(hint);
        }
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for CommandError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|error| error as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_row_in_the_table() {
        for kind in [
            Kind::Failure,
            Kind::Usage,
            Kind::Mismatch,
            Kind::Stale,
            Kind::Malformed,
            Kind::Unverifiable,
            Kind::NotAccepted,
            Kind::NotReached,
            Kind::NotMet,
            Kind::Interrupted,
            Kind::BrokenPipe,
        ] {
            let code = kind.exit_code();
            assert!(
                EXIT_CODES.iter().any(|(own, _)| *own == code),
                "{kind:?}: {code}"
            );
        }
    }
}
