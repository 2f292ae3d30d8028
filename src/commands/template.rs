//! `hookcat template`: deliveries that are sent again and again.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use clap_complete::ArgValueCandidates;
use serde_json::json;

use super::options::Format;
use super::output::{Access, replace};
use super::session::{Session, log_error};
use crate::commands::complete;
use crate::core::fake::FAKES;
use crate::core::saved::Saved;
use crate::error::CommandError;
use crate::show::table::Table;
use crate::show::{event::size, json as show_json, sanitize};
use crate::templates;

/// Save deliveries as templates of the project, and look at them
#[derive(Args, Debug)]
pub struct TemplateArgs {
    #[command(subcommand)]
    command: TemplateCommand,
}

#[derive(Debug, Subcommand)]
enum TemplateCommand {
    /// Make a template of a recorded delivery: secrets and personal data masked
    Save(SaveArgs),
    /// List the project's templates
    List {
        /// How to print
        #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
        format: Format,
    },
    /// Print a template
    Show {
        /// The template's name
        #[arg(value_name = "NAME", add = ArgValueCandidates::new(complete::templates))]
        name: String,
    },
    /// List what templates can fill in
    Functions,
}

#[derive(Args, Debug)]
struct SaveArgs {
    /// The delivery's number
    #[arg(value_name = "ID")]
    id: i64,

    /// What `send` will take: letters, digits, `-`, `_` and `.`
    #[arg(value_name = "NAME")]
    name: String,

    /// The provider, instead of the recorded one
    #[arg(short, long, value_name = "PROVIDER", add = ArgValueCandidates::new(complete::providers))]
    provider: Option<String>,

    /// The event type, instead of the recorded one
    #[arg(long, value_name = "EVENT", add = ArgValueCandidates::new(complete::events))]
    event: Option<String>,

    /// Replace a template that is there
    #[arg(long)]
    force: bool,
}

/// Runs `template`.
pub(super) fn run(args: &TemplateArgs, session: &Session) -> Result<(), CommandError> {
    match &args.command {
        TemplateCommand::Save(args) => save(args, session),
        TemplateCommand::List { format } => list(*format, session),
        TemplateCommand::Show { name } => {
            let path = file(name)?;
            let bytes = std::fs::read(&path).map_err(|error| {
                CommandError::usage(format!("cannot read `{}`", path.display())).because(error)
            })?;
            session.ui.foreign(&bytes)
        }
        TemplateCommand::Functions => functions(session),
    }
}

fn file(name: &str) -> Result<PathBuf, CommandError> {
    let files = templates::files()?;
    let found = files.into_iter().find(|own| own.name == name);
    found.map(|own| own.path).ok_or_else(|| {
        CommandError::usage(format!("no template has this name: `{name}`"))
            .hint("`hookcat template list` shows them; make one: hookcat template save ID NAME")
    })
}

fn save(args: &SaveArgs, session: &Session) -> Result<(), CommandError> {
    let log = session.existing_log()?;
    let delivery = log.delivery(args.id).map_err(|error| log_error(&error))?;
    let name = args.provider.as_deref().or(delivery.provider.as_deref());
    let name = name.ok_or_else(|| {
        CommandError::usage("delivery has no known provider").hint("name it: --provider NAME")
    })?;
    let provider = session.provider(name)?;
    let event = args.event.as_deref().or(delivery.event.as_deref());
    let event = event.ok_or_else(|| {
        CommandError::usage("delivery has no known event type").hint("name it: --event NAME")
    })?;
    let path = templates::path(&args.name)?;
    if path.exists() && !args.force {
        return Err(CommandError::usage(format!(
            "template is there already: `{}`",
            path.display()
        ))
        .hint("replace it: --force"));
    }
    let (saved, masked) = Saved::new(&delivery, provider, event);
    let about = [format!(
        "of a delivery of {:.0}; send it: hookcat send {} {}",
        delivery.at, provider.id, args.name
    )];
    replace(&path, &saved.file(&about), Access::Usual).map_err(|error| {
        CommandError::failure(format!("cannot write `{}`", path.display())).because(error)
    })?;
    let ui = session.ui;
    for note in &masked.notes {
        ui.warn(note);
    }
    for place in &masked.places {
        ui.status(&format!("masked {place}"));
    }
    ui.status(&format!("saved: {}", path.display()));
    ui.hint(&format!(
        "read it before you share it; send it: hookcat send {} {}",
        provider.id, args.name
    ));
    Ok(())
}

fn list(format: Format, session: &Session) -> Result<(), CommandError> {
    let ui = session.ui;
    let mut table = Table::new(&["name", "provider", "event", "size", "file"]);
    table.yielding(&["file", "event"]);
    let files = templates::files()?;
    if files.is_empty() && format == Format::Text {
        ui.status("no template yet");
        ui.hint("make one of a recorded delivery: hookcat template save ID NAME");
        return Ok(());
    }
    for file in files {
        let saved = match templates::open(&file.path) {
            Ok(saved) => saved,
            Err(error) => {
                ui.warn(&error.to_string());
                continue;
            }
        };
        let bytes = saved.message.body.len();
        if format == Format::Json {
            ui.line(&show_json::line(&json!({
                "v": 1,
                "type": "template",
                "name": file.name,
                "provider": saved.provider,
                "event": saved.event,
                "size": bytes,
                "file": file.path.display().to_string(),
            })))?;
            continue;
        }
        let text = |text: &str| sanitize::name(text).into_owned();
        table.row(vec![
            text(&file.name),
            text(&saved.provider),
            text(&saved.event),
            size(bytes),
            text(&file.path.display().to_string()),
        ]);
    }
    if format == Format::Json {
        return Ok(());
    }
    ui.line(&table.lines(ui.out(), ui.width()).join("\n"))
}

/// What stands in templates, and what it becomes.
const FUNCTIONS: [(&str, &str); 11] = [
    ("delivery_id", "the delivery's id, fresh each time"),
    ("event", "the event as the provider writes it"),
    (
        "now(-90)",
        "the time 90 seconds ago, as 2024-01-01T00:00:00Z",
    ),
    (
        "unix(), unix_ms()",
        "the same in seconds and milliseconds since 1970",
    ),
    ("uuid()", "a random UUID"),
    ("hex(40), base36(16)", "so many random digits"),
    ("number(1, 99)", "a random number from 1 to 99"),
    ("seq(), seq(100)", "1, 2, 3 and on, or from 100 on"),
    (
        "env(\"NAME\")",
        "an environment variable, in a file given with --template",
    ),
    ("ids.NAME", "a value shared by the steps of a script"),
    ("ref | upper", "and the filters, tests and blocks of Jinja"),
];

fn functions(session: &Session) -> Result<(), CommandError> {
    let fakes: Vec<String> = FAKES.iter().map(|(name, _)| format!("{name}()")).collect();
    let (some, others) = fakes.split_at(fakes.len().div_ceil(2));
    let mut rows: Vec<(String, &str)> = FUNCTIONS
        .iter()
        .map(|(name, about)| ((*name).to_owned(), *about))
        .collect();
    rows.push((some.join(", "), "made up, and nobody's"));
    rows.push((others.join(", "), "the same"));
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let lines: Vec<String> = rows
        .iter()
        .map(|(name, about)| format!("{name:width$}  {about}"))
        .collect();
    session.ui.line(&lines.join("\n"))
}
