//! `hookcat log import`: deliveries from elsewhere into the log.

use std::collections::HashMap;

use clap::Args;
use clap_complete::ArgValueCandidates;
use jiff::Timestamp;

use super::inputs::{Input, name_of, read_as};
use super::options::{Format, read};
use super::session::{Session, log_error};
use crate::commands::complete;
use crate::core::delivery::{Answer, Attempt, Delivery, Direction};
use crate::core::import::{Imported, Record};
use crate::env;
use crate::error::CommandError;
use crate::log::Writer;
use crate::receive::intake::posted_to;
use crate::show::event::{self, Look};
use crate::show::json;
use crate::verifier::Verifier;

#[derive(Args, Debug)]
pub(super) struct ImportArgs {
    /// The files, or `-` for stdin
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    files: Vec<String>,

    /// The provider they are of, where it is not recorded or detected
    #[arg(short, long, value_name = "PROVIDER", add = ArgValueCandidates::new(complete::providers))]
    provider: Option<String>,

    /// What the files hold
    #[arg(long, value_enum, default_value_t, value_name = "KIND")]
    input: Input,

    /// How to print
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// Runs `log import`.
pub(super) fn run(args: &ImportArgs, session: &Session) -> Result<(), CommandError> {
    let files = match args.files.as_slice() {
        [] => vec!["-".to_owned()],
        files => files.to_vec(),
    };
    if files.iter().filter(|own| *own == "-").count() > 1 {
        return Err(CommandError::usage("stdin can be read once only"));
    }
    // All is read before anything is written: a file with a mistake leaves no half of it behind.
    let mut found = Vec::new();
    for path in &files {
        found.extend(read_file(args, path, session)?);
    }
    let verifier = verifier(args, session)?;
    let log = session.log()?;
    let writer = log.writer().map_err(|error| log_error(&error))?;
    let mut numbers = HashMap::new();
    let look = Look {
        paint: session.ui.out(),
        zone: env::zone(),
        body_lines: 0,
        headers: false,
        width: session.ui.width(),
    };
    let count = found.len();
    for (file, own) in found {
        for note in &own.notes {
            session.ui.warn(&format!("{file} {}: {note}", own.name));
        }
        let number = own.record.as_ref().and_then(|record| record.number);
        let mut delivery = delivery(own, &verifier);
        // What it was a replay of has another number in this log, or none.
        delivery.replay_of = delivery
            .replay_of
            .and_then(|old| numbers.get(&(file.clone(), old)).copied());
        let delivery = written(&writer, delivery)?;
        if let (Some(old), Some(new)) = (number, delivery.id) {
            numbers.insert((file, old), new);
        }
        match args.format {
            Format::Json => session.ui.line(&json::line(&json::delivery(&delivery)))?,
            Format::Text => session.ui.line(&event::arrival(&delivery, &look))?,
        }
    }
    let noun = if count == 1 { "delivery" } else { "deliveries" };
    session.ui.status(&format!("imported {count} {noun}"));
    Ok(())
}

/// The deliveries of one file, each with the file's name.
fn read_file(
    args: &ImportArgs,
    path: &str,
    session: &Session,
) -> Result<Vec<(String, Imported)>, CommandError> {
    let bytes = read(Some(path), session.ui)?;
    let name = name_of(Some(path)).to_owned();
    let kind = args.input.kind(&bytes).ok_or_else(|| {
        CommandError::usage(format!(
            "nothing known holds deliveries like this: `{name}`"
        ))
        .hint("name what it is: --input har; a body alone is sent with `hookcat send --data FILE`")
    })?;
    let found = read_as(kind, &bytes, Some(path))?;
    Ok(found.into_iter().map(|own| (name.clone(), own)).collect())
}

/// What deliveries without a verdict of their own are held against: the secrets at hand.
fn verifier(args: &ImportArgs, session: &Session) -> Result<Verifier, CommandError> {
    let named = match &args.provider {
        Some(name) => vec![session.provider(name)?.clone()],
        None => Vec::new(),
    };
    Ok(Verifier {
        catalog: session.catalog.clone(),
        keyring: session.keyring(&[], &named.iter().collect::<Vec<_>>())?,
        named,
        ..Verifier::default()
    })
}

/// The delivery as it is recorded: what its file says of it, and the rest as it is seen now.
fn delivery(own: Imported, verifier: &Verifier) -> Delivery {
    let at = own.at.unwrap_or_else(Timestamp::now);
    if let Some(record) = own.record {
        let Record {
            direction,
            provider,
            event,
            delivery_id,
            judgement,
            replay_of,
            answer,
            attempts,
            ..
        } = *record;
        return Delivery {
            id: None,
            direction,
            at,
            provider,
            event,
            delivery_id,
            judgement,
            message: own.message,
            duplicate_of: None,
            replay_of,
            answer,
            attempts,
        };
    }
    let mut message = own.message;
    if let (Some(url), false) = (&own.url, message.headers.contains("host")) {
        // Whoever sent it had it first; a URL is all that is left of it.
        let host = authority(url);
        let rest = message.headers.iter();
        let host = std::iter::once(("Host", host.as_bytes()));
        message.headers = host.chain(rest).collect();
    }
    let url = own.url.unwrap_or_else(|| posted_to(&message, None, false));
    let found = verifier.assess(&message, &verifier.context(Some(&url), at));
    let latency = own.answer.as_ref().and_then(|own| own.latency);
    let latency = latency.unwrap_or_default();
    let reply = own.answer.map(|own| own.reply);
    Delivery {
        id: None,
        direction: Direction::Received,
        at,
        judgement: Some(found.judgement()),
        provider: found.provider,
        event: found.event,
        delivery_id: found.delivery_id,
        message,
        duplicate_of: None,
        replay_of: None,
        answer: reply.as_ref().map(|own| Answer {
            status: own.status,
            latency,
        }),
        // An answer's headers and body have their place with the request that got them.
        attempts: reply
            .filter(|own| !own.headers.is_empty() || !own.body.is_empty())
            .map(|reply| Attempt {
                number: 1,
                at,
                url,
                result: Ok(reply),
                latency,
            })
            .into_iter()
            .collect(),
    }
}

fn authority(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    rest[..end].rsplit('@').next().unwrap_or_default()
}

/// Writes it and waits until it is on disk.
fn written(writer: &Writer, mut delivery: Delivery) -> Result<Delivery, CommandError> {
    let pending = writer.delivery(delivery.clone());
    let receipt = pending
        .map_err(|error| log_error(&error))?
        .blocking_recv()
        .map_err(|_| CommandError::failure("the log's writer ended"))?
        .map_err(|error| log_error(&error))?;
    delivery.id = Some(receipt.id);
    delivery.duplicate_of = receipt.duplicate_of;
    Ok(delivery)
}
