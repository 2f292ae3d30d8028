//! What a person sees: stdout is data, stderr is status, colour is decided for each.

use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};

use clap::ValueEnum;

use crate::env;
use crate::error::{CommandError, Kind};
use crate::show::{Paint, sanitize};

/// When to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The two output streams and how they may look.
#[derive(Clone, Copy, Debug)]
pub struct Ui {
    out: Paint,
    err: Paint,
}

impl Ui {
    /// Decides the colour of each stream.
    #[must_use]
    pub fn new(choice: ColorChoice) -> Self {
        // `colored` asks stdout's terminal for all streams; each `Paint` decides instead.
        colored::control::set_override(true);
        Self {
            out: Paint::new(wants_color(choice, io::stdout().is_terminal())),
            err: Paint::new(wants_color(choice, io::stderr().is_terminal())),
        }
    }

    /// How text on stdout may look.
    #[must_use]
    pub fn out(&self) -> Paint {
        self.out
    }

    /// Whether stdout is a terminal, and so data is read by a person.
    #[must_use]
    pub fn out_is_terminal(&self) -> bool {
        io::stdout().is_terminal()
    }

    /// Columns and rows of the terminal stdout is; none where it is no terminal.
    #[must_use]
    pub fn screen(&self) -> Option<(usize, usize)> {
        if !self.out_is_terminal() {
            return None;
        }
        let size = terminal_size::terminal_size();
        Some(size.map_or((80, 24), |(width, height)| {
            (usize::from(width.0), usize::from(height.0))
        }))
    }

    /// How many columns a line of stdout may take: unlimited where no terminal cuts it.
    #[must_use]
    pub fn width(&self) -> usize {
        self.screen().map_or(usize::MAX, |(width, _)| width)
    }

    /// How text on stderr may look.
    #[must_use]
    pub fn err(&self) -> Paint {
        self.err
    }

    /// How many columns a line on stderr's terminal may take.
    #[must_use]
    pub fn err_width(&self) -> usize {
        let size = terminal_size::terminal_size_of(io::stderr());
        size.map_or(80, |(width, _)| usize::from(width.0))
    }

    /// Puts a line in the place of the one before, on stderr's terminal; an empty one takes it away.
    pub fn live(&self, text: &str) {
        let mut stderr = io::stderr().lock();
        let _ = write!(stderr, "\r\x1b[2K{text}").and_then(|()| stderr.flush());
    }

    /// Whether a person can be asked.
    #[must_use]
    pub fn can_ask(&self) -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Whether status messages are read by a person.
    #[must_use]
    pub fn err_is_terminal(&self) -> bool {
        io::stderr().is_terminal()
    }

    /// Writes data to stdout as it is.
    ///
    /// # Errors
    /// [`Kind::BrokenPipe`] when the reader is gone, [`Kind::Failure`] otherwise.
    pub fn data(&self, bytes: &[u8]) -> Result<(), CommandError> {
        let mut stdout = io::stdout().lock();
        stdout
            .write_all(bytes)
            .and_then(|()| stdout.flush())
            .map_err(stdout_error)
    }

    /// Writes foreign bytes to stdout: exactly, unless a terminal would act on them.
    ///
    /// # Errors
    /// As [`Ui::data`].
    pub fn foreign(&self, bytes: &[u8]) -> Result<(), CommandError> {
        self.data(&seen(bytes, self.out_is_terminal()))
    }

    /// Writes a line of data to stdout.
    ///
    /// # Errors
    /// As [`Ui::data`].
    pub fn line(&self, text: &str) -> Result<(), CommandError> {
        self.data(format!("{text}\n").as_bytes())
    }

    /// Tells what happens, on stderr.
    pub fn status(&self, text: &str) {
        say(&sanitize::line(text));
    }

    /// Warns, on stderr.
    pub fn warn(&self, text: &str) {
        say(&labelled(&self.err.yellow_bold("warning:"), text));
    }

    /// Tells what helps, on stderr.
    pub fn hint(&self, text: &str) {
        say(&labelled(&self.err.cyan_bold("hint:"), text));
    }

    /// Tells what failed, on stderr.
    pub fn error(&self, text: &str) {
        say(&labelled(&self.err.red_bold("error:"), text));
    }

    /// Tells why it failed, on stderr.
    pub fn cause(&self, text: &str) {
        say(&format!("  {}", labelled(&self.err.dim("because:"), text)));
    }
}

/// Foreign bytes as they are written: a terminal gets them escaped, a pipe or a file unchanged.
fn seen(bytes: &[u8], terminal: bool) -> Cow<'_, [u8]> {
    if terminal {
        Cow::Owned(sanitize::bytes_block(bytes).into_bytes())
    } else {
        Cow::Borrowed(bytes)
    }
}

/// A message behind its label. Messages repeat arguments and file names, so they are made safe here,
/// once for all.
fn labelled(label: &str, text: &str) -> String {
    format!("{label} {}", sanitize::line(text))
}

/// A stderr that is gone is no reason to fail.
fn say(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

fn stdout_error(error: io::Error) -> CommandError {
    if error.kind() == io::ErrorKind::BrokenPipe {
        CommandError::said(Kind::BrokenPipe)
    } else {
        CommandError::failure("cannot write to stdout").because(error)
    }
}

fn wants_color(choice: ColorChoice, terminal: bool) -> bool {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if set(env::NO_COLOR).is_some() => false,
        ColorChoice::Auto => terminal || set(env::CLICOLOR_FORCE).is_some_and(|value| value != "0"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_bytes_are_exact_but_on_a_terminal() {
        let bytes = b"POST / HTTP/1.1\r\nX-A: \x1b]0;x\x07\xff\r\n";
        assert_eq!(&seen(bytes, false)[..], bytes);
        assert_eq!(
            &seen(bytes, true)[..],
            b"POST / HTTP/1.1\nX-A: \\x1b]0;x\\x07\\xff\n"
        );
    }

    #[test]
    fn messages_cannot_act_on_the_terminal() {
        assert_eq!(
            labelled("error:", "no `\x1b[2J\n`"),
            "error: no `\\x1b[2J\\n`"
        );
    }
}
