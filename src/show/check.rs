//! What `providers check` found.

use serde_json::{Value, json};

use super::Paint;
use super::sanitize;
use crate::core::inspect::Report;
use crate::core::provider::DefinitionError;

/// A definition with what was found.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The provider's id, or the file's name where the definition cannot be read.
    pub name: String,
    /// The file, where it is no embedded one.
    pub file: Option<String>,
    /// A mistake, or what was tried.
    pub found: Result<Report, DefinitionError>,
}

impl Checked {
    /// Whether all is well.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.found.as_ref().is_ok_and(|own| own.problems.is_empty())
    }

    /// A line for a person, and one for each thing that is otherwise.
    #[must_use]
    pub fn text(&self, paint: Paint) -> String {
        let mark = if self.is_ok() {
            paint.green("✓")
        } else {
            paint.red("✗")
        };
        let name = sanitize::line(self.file.as_ref().unwrap_or(&self.name));
        match &self.found {
            Err(error) => {
                let message = sanitize::line(&error.message);
                format!(
                    "{mark} {name}\n    line {}, column {}: {message}",
                    error.line, error.column
                )
            }
            Ok(report) => {
                let name = paint.bold(&format!("{name:<18}"));
                let mut text = format!("{mark} {name}  {}", tried(report));
                for scheme in &report.untried {
                    let told = format!("  no key to try `{scheme}` with");
                    text.push_str(&paint.yellow(&told));
                }
                for problem in &report.problems {
                    text.push_str(&format!("\n    {}", sanitize::line(problem)));
                }
                text
            }
        }
    }

    /// The same for a program.
    #[must_use]
    pub fn json(&self) -> Value {
        let mut value = json!({
            "v": 1,
            "type": "check",
            "provider": self.name,
            "file": self.file,
            "ok": self.is_ok(),
        });
        match &self.found {
            Err(error) => {
                value["mistake"] = json!({
                    "line": error.line,
                    "column": error.column,
                    "message": error.message,
                });
            }
            Ok(report) => {
                value["schemes"] = json!(report.schemes);
                value["untried"] = json!(report.untried);
                value["events"] = json!(report.events);
                value["vectors"] = json!(report.vectors);
                value["problems"] = json!(report.problems);
            }
        }
        value
    }
}

/// What was tried, in words: `2 schemes, 5 events, 1 vector`.
fn tried(report: &Report) -> String {
    let counts = [
        (report.schemes, "scheme"),
        (report.events, "event"),
        (report.vectors, "vector"),
    ];
    let told: Vec<String> = counts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| counted(count, word))
        .collect();
    if told.is_empty() {
        return "nothing to try".to_owned();
    }
    told.join(", ")
}

/// `1 event`, `2 events`.
#[must_use]
pub fn counted(count: usize, word: &str) -> String {
    let end = if count == 1 { "" } else { "s" };
    format!("{count} {word}{end}")
}
