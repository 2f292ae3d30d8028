//! `hookcat log export`: recorded deliveries for other tools.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::output::{Access, replace};
use super::selection;
use super::session::{Session, log_error};
use crate::core::capsule::capsule;
use crate::core::delivery::Delivery;
use crate::core::message::Message;
use crate::core::scrub::credentials;
use crate::error::CommandError;
use crate::log::Log;
use crate::show::export::{self, Form, Loss, Piece};

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

    /// Write what can be shown to anybody: secrets and personal data masked, signed with a dummy secret
    ///
    /// The verdict stays what it was: what verified does so with the secret named in the file, what
    /// did not still does not. `log import` and `verify` read it.
    #[arg(long, conflicts_with = "format")]
    capsule: bool,

    /// Leave credentials as they are: by default those in headers and queries are masked
    #[arg(long, conflicts_with = "capsule")]
    with_credentials: bool,

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
    let mut export = Export {
        args,
        session,
        log: &log,
        written: 0,
        lost: Told::default(),
        masked: Told::default(),
    };
    match &args.output {
        Some(path) => export.write(path, &numbers)?,
        None => export.print(&numbers)?,
    }
    export.tell();
    Ok(())
}

/// One export: what is read, and what is to be told of it.
struct Export<'a> {
    args: &'a ExportArgs,
    session: &'a Session,
    log: &'a Log,
    /// How many deliveries are written.
    written: usize,
    lost: Told,
    masked: Told,
}

impl Export<'_> {
    /// A delivery at a time: a log may hold more than memory does.
    fn print(&mut self, numbers: &[i64]) -> Result<(), CommandError> {
        let ui = self.session.ui;
        ui.foreign(self.head().as_bytes())?;
        for number in numbers {
            let before = self.before();
            if let Some((piece, _)) = self.piece(*number, None)? {
                ui.foreign(format!("{before}{}", piece.text).as_bytes())?;
            }
        }
        ui.data(self.tail().as_bytes())
    }

    /// One file, and beside it the bodies that cannot stand in it.
    fn write(&mut self, path: &Path, numbers: &[i64]) -> Result<(), CommandError> {
        let replace = |path: &Path, bytes: &[u8]| {
            replace(path, bytes, Access::Private).map_err(|error| {
                CommandError::failure(format!("cannot write `{}`", path.display())).because(error)
            })
        };
        let own = path.file_name().unwrap_or_default().to_string_lossy();
        let mut text = self.head();
        for number in numbers {
            let beside = format!("{own}-{number}.body");
            let before = self.before();
            let Some((piece, delivery)) = self.piece(*number, Some(&beside))? else {
                continue;
            };
            if piece.body_beside {
                replace(&path.with_file_name(&beside), &delivery.message.body)?;
            }
            text.push_str(before);
            text.push_str(&piece.text);
        }
        text.push_str(self.tail());
        replace(path, text.as_bytes())?;
        let noun = match self.written {
            1 => "1 delivery".to_owned(),
            count => format!("{count} deliveries"),
        };
        let text = format!("wrote {noun}: {}", path.display());
        self.session.ui.status(&text);
        Ok(())
    }

    fn form(&self) -> Option<Form> {
        (!self.args.capsule).then(|| self.args.format.form())
    }

    fn head(&self) -> String {
        self.form().map(export::head).unwrap_or_default()
    }

    fn before(&self) -> &'static str {
        let form = self.form().filter(|_| self.written > 0);
        form.map(export::between).unwrap_or_default()
    }

    fn tail(&self) -> &'static str {
        self.form().map(export::tail).unwrap_or_default()
    }

    /// One delivery as it is written, and as it was read for that; none where a receiver let go of it
    /// since it was chosen.
    fn piece(
        &mut self,
        number: i64,
        beside: Option<&str>,
    ) -> Result<Option<(Piece, Delivery)>, CommandError> {
        let found = self.log.find(number).map_err(|error| log_error(&error))?;
        let Some(mut delivery) = found else {
            let gone = format!("#{number} is left out: it is not in the log any more");
            self.session.ui.warn(&gone);
            return Ok(None);
        };
        self.written += 1;
        let name = delivery.provider.as_deref();
        let provider = name.and_then(|name| self.session.catalog.get(name).ok());
        let Some(form) = self.form() else {
            let made = capsule(&delivery, provider);
            for note in &made.masked.notes {
                self.session.ui.warn(&format!("#{number}: {note}"));
            }
            self.masked.add(number, &made.masked.places);
            let piece = Piece {
                text: export::capsule(&made),
                ..Piece::default()
            };
            return Ok(Some((piece, delivery)));
        };
        if !self.args.with_credentials {
            let schemes = provider.map_or(&[][..], |own| &own.schemes);
            let (message, mut places) = credentials(&delivery.message, schemes);
            delivery.message = message;
            for reply in delivery
                .attempts
                .iter_mut()
                .flat_map(|own| own.result.as_mut())
            {
                let answer = Message::post(reply.headers.clone(), "");
                let (answer, found) = credentials(&answer, &[]);
                reply.headers = answer.headers;
                places.extend(found.iter().map(|own| format!("{own} of an answer")));
            }
            self.masked.add(number, &places);
        }
        let piece = export::piece(form, &delivery, beside);
        let losses: Vec<String> = piece.losses.iter().map(Loss::to_string).collect();
        self.lost.add(number, &losses);
        Ok(Some((piece, delivery)))
    }

    fn tell(self) {
        let ui = self.session.ui;
        let body = Loss::Body.to_string();
        let bodies = self.lost.0.contains_key(&body) && self.args.output.is_none();
        if let Some(form) = self.form() {
            for line in self.lost.lines() {
                ui.warn(&format!("{} cannot hold {line}", form.title()));
            }
            if bodies {
                ui.hint("write to a file, the body goes into one beside it: --output FILE");
            }
        }
        for line in self.masked.lines() {
            ui.status(&format!("masked {line}"));
        }
        if !self.args.capsule && !self.masked.0.is_empty() {
            ui.hint("to keep what is masked: --with-credentials");
        }
    }
}

/// What is told of deliveries, and of which.
#[derive(Default)]
struct Told(BTreeMap<String, Vec<i64>>);

impl Told {
    fn add(&mut self, number: i64, what: &[String]) {
        for own in what {
            let numbers = self.0.entry(own.clone()).or_default();
            if numbers.last() != Some(&number) {
                numbers.push(number);
            }
        }
    }

    /// ``header `Cookie`: #1, #2 and 7 more``
    fn lines(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|(what, numbers)| {
            let first: Vec<String> = numbers
                .iter()
                .take(5)
                .map(|own| format!("#{own}"))
                .collect();
            let more = match numbers.len() {
                0..=5 => String::new(),
                count => format!(" and {} more", count - 5),
            };
            format!("{what}: {}{more}", first.join(", "))
        })
    }
}
