//! `hookcat log export`: recorded deliveries for other tools.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::output::{Access, replace};
use super::selection;
use super::session::{Session, log_error};
use crate::core::delivery::Delivery;
use crate::error::CommandError;
use crate::log::Log;
use crate::show::export::{self, Form, Loss};

#[derive(Args, Debug)]
pub(super) struct ExportArgs {
    /// The numbers of the deliveries: 7, or 3..9 for the received ones from 3 to 9
    #[arg(value_name = "ID", required_unless_present = "last")]
    ids: Vec<String>,

    /// Export the last N received deliveries
    #[arg(long, value_name = "N", conflicts_with = "ids", value_parser = clap::value_parser!(u32).range(1..))]
    last: Option<u32>,

    /// What to write
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    format: Format,

    /// Write to this file instead of stdout
    #[arg(short, long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    output: Option<PathBuf>,
}

/// Forms of an export.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// hookcat's own JSON, a delivery a line.
    #[default]
    Jsonl,
    /// Commands of curl.
    Curl,
    /// An HTTP Archive 1.2.
    Har,
    /// A .http file, for VS Code and other editors.
    Http,
    /// A file of hurl.
    Hurl,
    /// A test for pytest.
    Pytest,
    /// A test for Jest and node --test.
    Jest,
    /// A test for go test.
    Go,
    /// A test for cargo test.
    Rust,
}

impl Format {
    fn form(self) -> Form {
        match self {
            Self::Jsonl => Form::Lines,
            Self::Curl => Form::Curl,
            Self::Har => Form::Har,
            Self::Http => Form::Rest,
            Self::Hurl => Form::Hurl,
            Self::Pytest => Form::Pytest,
            Self::Jest => Form::Jest,
            Self::Go => Form::Go,
            Self::Rust => Form::Rust,
        }
    }
}

/// Runs `log export`.
pub(super) fn run(args: &ExportArgs, session: &Session) -> Result<(), CommandError> {
    let log = session.existing_log()?;
    let numbers = match args.last {
        Some(count) => selection::last(count, &log)?,
        None => selection::numbers(&args.ids, &log)?,
    };
    let form = args.format.form();
    let mut lost = Lost::default();
    if let Some(path) = &args.output {
        let count = numbers.len();
        to_file(path, form, &numbers, &log, &mut lost)?;
        let noun = if count == 1 { "delivery" } else { "deliveries" };
        let text = format!("wrote {count} {noun}: {}", path.display());
        session.ui.status(&text);
    } else {
        // A delivery at a time: a log may hold more than memory does.
        let mut text = export::head(form);
        for (index, number) in numbers.iter().enumerate() {
            let delivery = delivery(&log, *number)?;
            let piece = export::piece(form, &delivery, None);
            lost.add(*number, piece.losses);
            if index > 0 {
                text.push_str(export::between(form));
            }
            text.push_str(&piece.text);
            session.ui.foreign(text.as_bytes())?;
            text.clear();
        }
        session.ui.data(export::tail(form).as_bytes())?;
    }
    lost.tell(form, args.output.is_none(), session);
    Ok(())
}

fn delivery(log: &Log, number: i64) -> Result<Delivery, CommandError> {
    log.delivery(number).map_err(|error| log_error(&error))
}

/// Writes one file, and beside it the bodies that cannot stand in it.
fn to_file(
    path: &Path,
    form: Form,
    numbers: &[i64],
    log: &Log,
    lost: &mut Lost,
) -> Result<(), CommandError> {
    let write = |path: &Path, bytes: &[u8]| {
        replace(path, bytes, Access::Private).map_err(|error| {
            CommandError::failure(format!("cannot write `{}`", path.display())).because(error)
        })
    };
    let own = path.file_name().unwrap_or_default().to_string_lossy();
    let mut text = export::head(form);
    for (index, number) in numbers.iter().enumerate() {
        let delivery = delivery(log, *number)?;
        let beside = format!("{own}-{number}.body");
        let piece = export::piece(form, &delivery, Some(&beside));
        if piece.body_beside {
            write(&path.with_file_name(&beside), &delivery.message.body)?;
        }
        lost.add(*number, piece.losses);
        if index > 0 {
            text.push_str(export::between(form));
        }
        text.push_str(&piece.text);
    }
    text.push_str(export::tail(form));
    write(path, text.as_bytes())
}

/// What a form could not carry, with the deliveries it is missing from.
#[derive(Default)]
struct Lost(BTreeMap<String, Vec<i64>>);

impl Lost {
    fn add(&mut self, number: i64, losses: Vec<Loss>) {
        for loss in losses {
            self.0.entry(loss.to_string()).or_default().push(number);
        }
    }

    fn tell(self, form: Form, to_stdout: bool, session: &Session) {
        let ui = session.ui;
        let body = Loss::Body.to_string();
        let bodies = self.0.contains_key(&body);
        for (what, numbers) in self.0 {
            let first: Vec<String> = numbers
                .iter()
                .take(5)
                .map(|own| format!("#{own}"))
                .collect();
            let more = match numbers.len() {
                0..=5 => String::new(),
                count => format!(" and {} more", count - 5),
            };
            let of = first.join(", ");
            ui.warn(&format!("{} cannot hold {what}: {of}{more}", form.title()));
        }
        if bodies && to_stdout {
            ui.hint("write to a file, the body goes into one beside it: --output FILE");
        } else if !form.carries_record() && ui.err_is_terminal() {
            let what = form.title();
            ui.hint(&format!(
                "{what} is the request alone; verdict, answer and attempts go with --format jsonl or har"
            ));
        }
    }
}
