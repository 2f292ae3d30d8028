//! `hookcat providers new`: a definition of one's own, from questions or flags.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use dialoguer::{Input, Select};

use crate::core::inspect::inspect;
use crate::core::message::is_header_name;
use crate::definitions;
use crate::error::{CommandError, Kind};
use crate::paths;
use crate::providers::Catalog;
use crate::show::Paint;
use crate::show::check::Checked;
use crate::show::definition::{Answers, Shape, file};
use crate::ui::Ui;

const ALGORITHMS: [&str; 10] = [
    "hmac-sha256",
    "hmac-sha1",
    "hmac-sha384",
    "hmac-sha512",
    "sha1",
    "sha256",
    "ed25519",
    "ecdsa-p256",
    "rsa-sha256",
    "token",
];
const PAIRS: [&str; 3] = ["ed25519", "ecdsa-p256", "rsa-sha256"];
const KEYS: [&str; 6] = ["utf8", "base64", "hex", "whsec", "basic", "public-key"];
const UNITS: [&str; 4] = ["seconds", "milliseconds", "rfc3339", "http-date"];
/// Seconds, where nothing else is said: what most providers document.
const TOLERANCE: u32 = 300;

/// Arguments of `providers new`.
#[derive(Args, Debug)]
pub(super) struct NewArgs {
    /// What `--provider` will take: lower case, digits and dashes
    #[arg(value_name = "ID")]
    id: Option<String>,

    /// The provider's own name
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,

    /// Where it is documented
    #[arg(long, value_name = "URL", value_hint = clap::ValueHint::Url)]
    docs: Option<String>,

    /// The signature's header
    #[arg(long, value_name = "NAME", value_parser = header)]
    header: Option<String>,

    /// What makes the signature
    #[arg(long, value_name = "ALGORITHM", value_parser = ALGORITHMS)]
    algorithm: Option<String>,

    /// What the header's value looks like: `<hex>`, `sha256=<hex>`, `t=<timestamp>,v1=<hex>`, `v1,<base64>`
    #[arg(long, value_name = "SHAPE")]
    value: Option<Shape>,

    /// What the secret's text stands for
    #[arg(long, value_name = "FORM", value_parser = KEYS)]
    key: Option<String>,

    /// What is signed: `{body}`, `{timestamp}.{body}`, `{id}.{timestamp}.{body}`
    #[arg(long, value_name = "TEXT")]
    signed: Option<String>,

    /// The timestamp's header, where it does not stand beside the signature
    #[arg(long, value_name = "NAME", value_parser = header)]
    timestamp_header: Option<String>,

    /// The timestamp's unit
    #[arg(long, value_name = "UNIT", value_parser = UNITS)]
    unit: Option<String>,

    /// Seconds that a delivery may be old; 0 allows any age
    #[arg(long, value_name = "SECONDS")]
    tolerance: Option<u32>,

    /// Where the event type stands: `header:NAME` or `json:/POINTER`
    #[arg(long, value_name = "PLACE")]
    event: Option<String>,

    /// Where the delivery id stands: `header:NAME` or `json:/POINTER`
    #[arg(long, value_name = "PLACE")]
    delivery_id: Option<String>,

    /// Ask nothing: what no flag says is left at its default
    #[arg(long)]
    no_input: bool,

    /// Write to this file instead of your providers' folder, `-` for stdout
    #[arg(short, long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    out: Option<PathBuf>,

    /// Write over a file that is there
    #[arg(long)]
    force: bool,
}

fn header(text: &str) -> Result<String, String> {
    if is_header_name(text) {
        return Ok(text.to_owned());
    }
    Err("not a header name".to_owned())
}

/// Runs `providers new`.
pub(super) fn run(args: &NewArgs, ui: Ui) -> Result<(), CommandError> {
    let answers = answers(args, &Questions::new(args, ui))?;
    let text = file(&answers);
    let provider = definitions::parse(&text).map_err(|error| {
        CommandError::usage("the answers make no definition").because(error.message)
    })?;
    let embedded = Catalog::default();
    if let Ok(taken) = embedded.get(&provider.id) {
        let name = &taken.name;
        ui.warn(&format!(
            "your definition stands in for hookcat's own of {name}"
        ));
    }
    let path = match args.out.as_deref() {
        Some(path) if path == Path::new("-") => None,
        Some(path) => Some(path.to_owned()),
        None => Some(own_path(&provider.id)?),
    };
    match &path {
        None => ui.data(text.as_bytes())?,
        Some(path) => write(path, &text, args.force)?,
    }
    let checked = Checked {
        name: provider.id.clone(),
        file: path.as_ref().map(|path| path.display().to_string()),
        found: Ok(inspect(&provider, &[])),
    };
    for line in checked.text(Paint::new(false)).lines() {
        ui.status(line);
    }
    if let Some(path) = &path {
        next(&provider.id, path, args.out.is_some(), ui);
    }
    if checked.is_ok() {
        return Ok(());
    }
    Err(CommandError::said(Kind::NotMet))
}

/// What one does with a new definition.
fn next(id: &str, path: &Path, is_elsewhere: bool, ui: Ui) {
    let path = path.display();
    if is_elsewhere {
        ui.hint(&format!(
            "name it in hookcat.toml: providers = [\"{path}\"]"
        ));
    }
    ui.hint(&format!("see it: hookcat providers show {id}"));
    ui.hint(&format!(
        "try it: hookcat send {id} example --secret SECRET --print curl"
    ));
    ui.hint(&format!(
        "check it once you have deliveries: hookcat providers check {path} --vectors FILE"
    ));
}

/// The place of one's own definitions.
fn own_path(id: &str) -> Result<PathBuf, CommandError> {
    let folder = paths::user_providers().ok_or_else(|| {
        CommandError::usage("no home directory to keep definitions in")
            .hint("name a file: --out FILE")
    })?;
    Ok(folder.join(format!("{id}.toml")))
}

/// Writes a file that is not there yet, unless told otherwise.
fn write(path: &Path, text: &str, force: bool) -> Result<(), CommandError> {
    let failed =
        |error| CommandError::failure(format!("cannot write `{}`", path.display())).because(error);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut options = std::fs::OpenOptions::new();
    let options = options.write(true).truncate(true);
    let opened = if force {
        options.create(true).open(path)
    } else {
        options.create_new(true).open(path)
    };
    match opened {
        Ok(mut file) => file.write_all(text.as_bytes()).map_err(failed),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            let told = format!("file is there already: `{}`", path.display());
            Err(CommandError::usage(told)
                .hint("write over it with --force, or elsewhere with --out"))
        }
        Err(error) => Err(failed(error)),
    }
}

/// Who answers what no flag says: a person on a terminal, or the defaults.
struct Questions {
    asks: bool,
}

impl Questions {
    fn new(args: &NewArgs, ui: Ui) -> Self {
        Self {
            asks: !args.no_input && ui.can_ask(),
        }
    }

    /// A text; without a default one must be given.
    fn text(
        &self,
        flag: &str,
        given: Option<&String>,
        question: &str,
        default: Option<&str>,
    ) -> Result<String, CommandError> {
        if let Some(given) = given {
            return Ok(given.clone());
        }
        if !self.asks {
            return default.map(str::to_owned).ok_or_else(|| {
                CommandError::usage(format!("{question} is not given"))
                    .hint(format!("give it: {flag}"))
            });
        }
        let mut input = Input::<String>::new().with_prompt(question);
        if let Some(default) = default {
            input = input
                .default(default.to_owned())
                .allow_empty(default.is_empty());
        }
        let answer = input.interact_text().map_err(unanswered)?;
        Ok(answer.trim().to_owned())
    }

    /// One of several; the first is the default.
    fn choice(
        &self,
        given: Option<&String>,
        question: &str,
        choices: &[&str],
    ) -> Result<String, CommandError> {
        match given {
            Some(given) => Ok(given.clone()),
            None if self.asks => {
                let select = Select::new()
                    .with_prompt(question)
                    .items(choices)
                    .default(0);
                let chosen = select.interact().map_err(unanswered)?;
                Ok(choices.get(chosen).copied().unwrap_or_default().to_owned())
            }
            None => Ok(choices.first().copied().unwrap_or_default().to_owned()),
        }
    }

    /// A text that may be left out.
    fn optional(
        &self,
        given: Option<&String>,
        question: &str,
    ) -> Result<Option<String>, CommandError> {
        let answer = self.text(
            "",
            given,
            &format!("{question} (nothing for none)"),
            Some(""),
        )?;
        Ok(Some(answer).filter(|answer| !answer.is_empty()))
    }
}

/// Ctrl-C, or a terminal that went away.
fn unanswered(error: dialoguer::Error) -> CommandError {
    CommandError::new(Kind::Interrupted, "no answer").because(error)
}

/// Every answer, from its flag, from a person, or its default.
fn answers(args: &NewArgs, ask: &Questions) -> Result<Answers, CommandError> {
    let id = ask.text(
        "hookcat providers new ID",
        args.id.as_ref(),
        "id of the provider",
        None,
    )?;
    let name = ask.text("", args.name.as_ref(), "name", Some(&id))?;
    let docs = ask.text("", args.docs.as_ref(), "documentation", Some("none"))?;
    let header = ask.text(
        "--header NAME",
        args.header.as_ref(),
        "header of the signature",
        None,
    )?;
    let algorithm = ask.choice(args.algorithm.as_ref(), "algorithm", &ALGORITHMS)?;
    let is_token = algorithm == "token";
    let usual = if is_token { "<token>" } else { "<hex>" };
    let value = match &args.value {
        Some(value) => value.clone(),
        None => ask
            .text("", None, "what its value looks like", Some(usual))?
            .parse()
            .map_err(CommandError::usage)?,
    };
    let keys = if PAIRS.contains(&algorithm.as_str()) {
        &["public-key"][..]
    } else {
        &KEYS[..5]
    };
    let key = ask.choice(args.key.as_ref(), "what the secret's text stands for", keys)?;
    let usual = match algorithm.as_str() {
        "sha1" | "sha256" => "{secret}{body}",
        _ if value.timestamp => "{timestamp}.{body}",
        _ => "{body}",
    };
    let signed = match &args.signed {
        None if is_token => String::new(),
        given => ask.text("", given.as_ref(), "what is signed", Some(usual))?,
    };
    let mut timestamp_header = args.timestamp_header.clone();
    if signed.contains("{timestamp}") && !value.timestamp && timestamp_header.is_none() {
        let question = "header of the timestamp";
        timestamp_header = Some(ask.text("--timestamp-header NAME", None, question, None)?);
    }
    let timestamp = if value.timestamp || timestamp_header.is_some() {
        let unit = ask.choice(args.unit.as_ref(), "unit of the timestamp", &UNITS)?;
        let given = args.tolerance.map(|own| own.to_string());
        let question = "seconds a delivery may be old (0 for any)";
        let usual = TOLERANCE.to_string();
        let tolerance = ask.text("", given.as_ref(), question, Some(&usual))?;
        let seconds = tolerance
            .parse()
            .map_err(|_| CommandError::usage(format!("not a number of seconds: `{tolerance}`")))?;
        Some((unit, seconds))
    } else {
        None
    };
    let event = ask.optional(
        args.event.as_ref(),
        "place of the event, header:NAME or json:/POINTER",
    )?;
    let question = "place of the delivery id, header:NAME or json:/POINTER";
    let delivery_id = if signed.contains("{id}") {
        let flag = "--delivery-id header:NAME";
        Some(ask.text(flag, args.delivery_id.as_ref(), question, None)?)
    } else {
        ask.optional(args.delivery_id.as_ref(), question)?
    };
    Ok(Answers {
        id,
        name,
        docs,
        header,
        algorithm,
        value,
        key,
        signed,
        timestamp_header,
        timestamp,
        event,
        delivery_id,
    })
}
