//! `sign --lines`: each line of JSON a body of its own, signed as it is read.

use std::io::{BufRead, BufReader, Read};

use serde::Serialize;
use serde::de::IgnoredAny;

use super::{Signing, definition_error};
use crate::commands::options::open;
use crate::core::compose;
use crate::core::scheme::Signed;
use crate::core::template::Filler;
use crate::error::CommandError;
use crate::show::json;

/// As long as the longest body `listen` takes; what is longer is no line to sign.
const LONGEST_LINE: usize = 10 * 1024 * 1024;
/// So much is gathered before it is written, unless the input pauses.
const PIECE: usize = 64 * 1024;
/// So many bad lines are told on stderr; all of them stand in the output.
const TOLD: usize = 10;

/// What came of a line; the keys in the order they are printed.
#[derive(Serialize)]
#[serde(untagged)]
enum Record<'a> {
    Signature {
        v: u8,
        r#type: &'static str,
        line: u64,
        provider: &'a str,
        scheme: &'a str,
        value: &'a str,
        headers: &'a [(String, String)],
        body: Option<&'a str>,
        query: Option<&'a (String, String)>,
    },
    Error {
        v: u8,
        r#type: &'static str,
        line: u64,
        error: &'a str,
    },
}

/// Signs every line of the input.
pub(super) fn run(signing: &Signing<'_>) -> Result<(), CommandError> {
    let (args, ui) = (signing.args, signing.session.ui);
    let mut input = BufReader::with_capacity(PIECE, open(args.file.as_deref(), ui)?);
    let filler = Filler::new(signing.clock.now(), args.repeat.random()?);
    let mut piece = vec![0; PIECE];
    let (mut line, mut out) = (Vec::new(), String::new());
    let (mut number, mut lines, mut bad) = (0, 0, 0);
    loop {
        // Whoever writes a line and waits for its signature gets it.
        if input.buffer().is_empty() || out.len() > PIECE {
            ui.data(out.as_bytes())?;
            out.clear();
        }
        let read = read_line(&mut input, &mut line).map_err(|error| {
            let path = args.file.as_deref().unwrap_or("-");
            CommandError::usage(format!("cannot read `{path}`")).because(error)
        })?;
        let Some(whole) = read else {
            break;
        };
        number += 1;
        if whole && line.trim_ascii().is_empty() {
            continue;
        }
        lines += 1;
        let made = if whole {
            sign(signing, &line, &filler, &mut piece)
        } else {
            Err(format!("longer than {LONGEST_LINE} bytes"))
        };
        let record = match &made {
            Ok(signed) => signature(signing, number, signed),
            Err(error) => Record::Error {
                v: 1,
                r#type: "error",
                line: number,
                error,
            },
        };
        out.push_str(&json::line(&record));
        out.push('\n');
        if let Err(error) = &made {
            bad += 1;
            if bad <= TOLD {
                ui.warn(&format!("line {number} is not signed: {error}"));
            }
        }
    }
    ui.data(out.as_bytes())?;
    if bad == 0 {
        return Ok(());
    }
    let error = CommandError::usage(format!("not signed: {bad} of {lines} lines"));
    if bad <= TOLD {
        return Err(error);
    }
    Err(error.hint("the output has each of them, as an object of type `error`"))
}

fn signature<'a>(signing: &'a Signing<'_>, line: u64, signed: &'a Signed) -> Record<'a> {
    let body = signed.body.as_deref();
    Record::Signature {
        v: 1,
        r#type: "signature",
        line,
        provider: &signing.provider.id,
        scheme: &signing.scheme.name,
        value: &signed.value,
        headers: &signed.headers,
        // It was JSON, and still is.
        body: body.and_then(|body| std::str::from_utf8(body).ok()),
        query: signed.query.as_ref(),
    }
}

/// Signs one line, with a delivery id of its own.
fn sign(
    signing: &Signing<'_>,
    line: &[u8],
    filler: &Filler,
    piece: &mut [u8],
) -> Result<Signed, String> {
    serde_json::from_slice::<IgnoredAny>(line).map_err(|error| {
        let told = error.to_string();
        let what = told.split(" at line ").next().unwrap_or_default();
        format!("not JSON: {what}, column {}", error.column())
    })?;
    let id = if signing.scheme.signs_id() {
        compose::delivery_id(signing.provider, filler)
            .map_err(|error| told(&definition_error(error)))?
    } else {
        String::new()
    };
    let made = signing
        .sign(&mut &line[..], &id, false, piece)
        .map_err(|error| told(&error))?;
    if made.lacks_event {
        return Err(signing.no_event());
    }
    Ok(made.signed)
}

/// An error with its causes in one line.
fn told(error: &CommandError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

/// Reads the next line without its ending: whether it is whole, `None` at the end. Of a line that is
/// too long nothing is kept.
fn read_line<R: Read>(
    input: &mut BufReader<R>,
    line: &mut Vec<u8>,
) -> std::io::Result<Option<bool>> {
    line.clear();
    let mut whole = true;
    let mut any = false;
    loop {
        let buffer = match input.fill_buf() {
            Ok(buffer) => buffer,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if buffer.is_empty() {
            break;
        }
        any = true;
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let part = &buffer[..end.unwrap_or(buffer.len())];
        whole = whole && line.len() + part.len() <= LONGEST_LINE;
        if whole {
            line.extend_from_slice(part);
        } else {
            line.clear();
        }
        let used = part.len() + usize::from(end.is_some());
        input.consume(used);
        if end.is_some() {
            break;
        }
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Ok(any.then_some(whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_one_by_one_and_those_too_long_are_skipped() {
        let long = vec![b' '; LONGEST_LINE + 1];
        let text = [b"a\r\n\n".as_slice(), &long, b"\nb"].concat();
        for capacity in [1, 7, PIECE] {
            let mut input = BufReader::with_capacity(capacity, &text[..]);
            let mut line = Vec::new();
            let mut next = || {
                let whole = read_line(&mut input, &mut line).expect("reads");
                whole.map(|whole| (whole, line.clone()))
            };
            assert_eq!(next(), Some((true, b"a".to_vec())));
            assert_eq!(next(), Some((true, b"".to_vec())));
            assert_eq!(next(), Some((false, b"".to_vec())));
            assert_eq!(next(), Some((true, b"b".to_vec())));
            assert_eq!(next(), None);
        }
    }
}
