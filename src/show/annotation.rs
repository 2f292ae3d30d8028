//! Annotations of a CI run as GitHub's workflow commands: `::error file=…,title=…::message`.
//!
//! Source: GitHub's documentation, "Workflow commands for GitHub Actions"; the escaping is that of
//! `actions/toolkit`, `packages/core/src/command.ts`.

use super::sanitize;

/// How grave it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Worth knowing.
    Notice,
    /// Passed, but not quite as it should.
    Warning,
    /// Failed.
    Error,
}

/// One annotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotation<'a> {
    /// How grave it is.
    pub level: Level,
    /// The file it is about, as it was named.
    pub file: Option<&'a str>,
    /// A few words above the message.
    pub title: &'a str,
    /// The message, a line each; none of them can act on a terminal or be a command of its own.
    pub lines: &'a [String],
}

/// An annotation as a line that GitHub acts on.
#[must_use]
pub fn command(annotation: &Annotation<'_>) -> String {
    let level = match annotation.level {
        Level::Notice => "notice",
        Level::Warning => "warning",
        Level::Error => "error",
    };
    let properties: Vec<String> = [
        annotation.file.map(|file| ("file", file)),
        Some(("title", annotation.title)),
    ]
    .into_iter()
    .flatten()
    .map(|(name, value)| format!("{name}={}", property(&sanitize::line(value))))
    .collect();
    let lines = annotation.lines.iter().map(|line| sanitize::line(line));
    let message = lines.collect::<Vec<_>>().join("\n");
    format!("::{level} {}::{}", properties.join(","), data(&message))
}

/// A message, escaped.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// A property's value, escaped.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(file: Option<&str>, title: &str, lines: &[&str]) -> String {
        let lines: Vec<String> = lines.iter().map(|&line| line.to_owned()).collect();
        command(&Annotation {
            level: Level::Error,
            file,
            title,
            lines: &lines,
        })
    }

    #[test]
    fn what_would_end_a_property_or_the_command_is_escaped() {
        assert_eq!(
            written(Some("a,b:c%.json"), "x: y, z", &["100%: a, b", "second"]),
            "::error file=a%2Cb%3Ac%25.json,title=x%3A y%2C z::100%25: a, b%0Asecond"
        );
    }

    #[test]
    fn nothing_foreign_becomes_a_command_or_acts_on_a_terminal() {
        let line = written(
            None,
            "a\r\n::add-mask::x",
            &["b\n::stop-commands::t\r\x1b[2J"],
        );
        assert_eq!(
            line,
            "::error title=a\\r\\n%3A%3Aadd-mask%3A%3Ax::b\\n::stop-commands::t\\r\\x1b[2J"
        );
        assert!(!line.contains(['\n', '\r', '\x1b']));
    }

    #[test]
    fn an_escape_in_the_text_stays_text() {
        assert_eq!(written(None, "%0A", &["%3A"]), "::error title=%250A::%253A");
    }
}
