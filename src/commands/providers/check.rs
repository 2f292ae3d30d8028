//! `hookcat providers check`: definitions held to their word.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::super::options::Format;
use crate::config::Config;
use crate::core::inspect::inspect;
use crate::core::provider::Provider;
use crate::core::vector::Vector;
use crate::definitions;
use crate::error::{CommandError, Kind};
use crate::providers::Catalog;
use crate::show::check::{Checked, counted};
use crate::show::json::line;
use crate::ui::Ui;

/// Arguments of `providers check`.
#[derive(Args, Debug)]
pub(super) struct CheckArgs {
    /// The definitions' files; all of hookcat's and your own if none is named
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    files: Vec<PathBuf>,

    /// Run these test vectors too: a JSON array of deliveries with their verdicts
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    vectors: Option<PathBuf>,

    /// How to print
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// Runs `providers check`.
pub(super) fn run(args: &CheckArgs, ui: Ui) -> Result<(), CommandError> {
    let vectors = match &args.vectors {
        Some(path) => read_vectors(path)?,
        None => Vec::new(),
    };
    let mut tally = Tally::default();
    let mut told = |checked: Checked| {
        tally.add(&checked);
        match args.format {
            Format::Text => ui.line(&checked.text(ui.out())),
            Format::Json => ui.line(&line(&checked.json())),
        }
    };
    let mut names: Vec<String> = Vec::new();
    let mut tell = |file: Option<&PathBuf>, text: &str| {
        let checked = check(file, text, &vectors);
        names.extend(checked.1);
        told(checked.0)
    };
    let mut files = args.files.clone();
    if files.is_empty() {
        let own = definitions::files(&Config::load()?)?;
        files.extend(own.into_iter().map(|file| file.path));
        for builtin in Catalog::builtin() {
            tell(None, builtin.text)?;
        }
    }
    for path in &files {
        tell(Some(path), &definitions::text(path)?)?;
    }
    let of_others = |vector: &&Vector| !names.contains(&vector.provider);
    tally.skipped = vectors.iter().filter(of_others).count();
    match args.format {
        Format::Text => ui.status(&tally.text()),
        Format::Json => ui.line(&line(&tally.json()))?,
    }
    match (tally.mistakes, tally.failed) {
        (0, 0) => Ok(()),
        (0, _) => Err(CommandError::said(Kind::NotMet)),
        _ => Err(CommandError::said(Kind::Usage)),
    }
}

/// Checks one definition; the names its vectors go by come with it.
fn check(file: Option<&PathBuf>, text: &str, vectors: &[Vector]) -> (Checked, Vec<String>) {
    let file = file.map(|path| path.display().to_string());
    match definitions::parse(text) {
        Ok(provider) => {
            let Provider { id, aliases, .. } = &provider;
            let names = std::iter::once(id).chain(aliases).cloned().collect();
            let checked = Checked {
                name: id.clone(),
                file,
                found: Ok(inspect(&provider, vectors)),
            };
            (checked, names)
        }
        Err(error) => {
            let checked = Checked {
                name: file.clone().unwrap_or_default(),
                file,
                found: Err(error),
            };
            (checked, Vec::new())
        }
    }
}

fn read_vectors(path: &Path) -> Result<Vec<Vector>, CommandError> {
    serde_json::from_str(&definitions::text(path)?).map_err(|error| {
        CommandError::usage(format!("not a list of vectors: `{}`", path.display()))
            .because(error)
            .hint("`man hookcat-providers` (section 5) describes them")
    })
}

/// What all of them come to.
#[derive(Default)]
struct Tally {
    definitions: usize,
    mistakes: usize,
    failed: usize,
    vectors: usize,
    skipped: usize,
}

impl Tally {
    fn add(&mut self, checked: &Checked) {
        self.definitions += 1;
        match &checked.found {
            Err(_) => self.mistakes += 1,
            Ok(report) => {
                self.vectors += report.vectors;
                self.failed += usize::from(!report.problems.is_empty());
            }
        }
    }

    fn text(&self) -> String {
        let mut text = counted(self.definitions, "definition");
        if self.vectors > 0 {
            text.push_str(&format!(", {}", counted(self.vectors, "vector")));
        }
        if self.skipped > 0 {
            text.push_str(&format!(" ({} of other providers skipped)", self.skipped));
        }
        match (self.mistakes, self.failed) {
            (0, 0) => text.push_str(": all is well"),
            (0, failed) => text.push_str(&format!(": {failed} not as defined")),
            (mistakes, 0) => text.push_str(&format!(": {mistakes} with a mistake")),
            (mistakes, failed) => {
                text.push_str(&format!(
                    ": {mistakes} with a mistake, {failed} not as defined"
                ));
            }
        }
        text
    }

    fn json(&self) -> serde_json::Value {
        json!({
            "v": 1,
            "type": "checked",
            "definitions": self.definitions,
            "mistakes": self.mistakes,
            "failed": self.failed,
            "vectors": self.vectors,
            "skipped": self.skipped,
        })
    }
}
