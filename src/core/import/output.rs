//! What a command of a script prints, for the few that make bodies: `printf`, `echo`, `cat`, `base64 -d`.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::Files;
use super::curl::CurlError;
use super::words::{Command, Input, Word};

/// A word's bytes, where no shell would put something else there.
pub(super) fn literal(word: &Word) -> Result<&[u8], CurlError> {
    match &word.expands {
        None => Ok(&word.bytes),
        Some(sign) => Err(CurlError::Expands(sign.clone())),
    }
}

/// A file that a command names.
pub(super) fn file(name: &str, files: &mut Files<'_>) -> Result<Vec<u8>, CurlError> {
    files(name).map_err(|why| CurlError::File {
        name: name.to_owned(),
        why,
    })
}

/// What a command reads from its standard input.
pub(super) fn stdin(
    commands: &[Command],
    index: usize,
    files: &mut Files<'_>,
) -> Result<Vec<u8>, CurlError> {
    // The pipe's first command is the nearest one that does not read from another.
    let piped = |command: &Command| command.input == Input::Pipe;
    let first = commands[..=index]
        .iter()
        .rposition(|own| !piped(own))
        .unwrap_or(0);
    let mut stream = match &commands[first].input {
        Input::Inherited | Input::Pipe => None,
        Input::File(word) => Some(named(word, files)?),
        Input::Text(word) => Some(literal(word)?.to_vec()),
    };
    for command in &commands[first..index] {
        stream = Some(output(command, stream, files)?);
    }
    stream.map_or_else(|| file("-", files), Ok)
}

fn named(word: &Word, files: &mut Files<'_>) -> Result<Vec<u8>, CurlError> {
    file(&String::from_utf8_lossy(literal(word)?), files)
}

fn output(
    command: &Command,
    stdin: Option<Vec<u8>>,
    files: &mut Files<'_>,
) -> Result<Vec<u8>, CurlError> {
    let words = command
        .words
        .iter()
        .map(literal)
        .collect::<Result<Vec<_>, _>>()?;
    let plain = |text: &[u8]| !text.contains(&b'\\');
    let printed = match words.as_slice() {
        [b"printf", b"%s", text] => Some(text.to_vec()),
        [b"printf", text] if plain(text) && !text.contains(&b'%') => Some(text.to_vec()),
        [b"echo", b"-n", texts @ ..] if texts.iter().all(|own| plain(own)) => {
            Some(texts.join(&b' '))
        }
        // With backslashes, shells do not agree on what it prints.
        [b"echo", texts @ ..] if texts.iter().all(|own| plain(own) && !own.starts_with(b"-")) => {
            Some([texts.join(&b' ').as_slice(), b"\n"].concat())
        }
        [b"cat"] | [b"cat", b"-"] => stdin,
        [b"cat", _] => Some(named(&command.words[1], files)?),
        [b"base64", b"-d" | b"-D" | b"--decode"] => stdin.and_then(|mut text| {
            text.retain(|byte| !byte.is_ascii_whitespace());
            BASE64_STANDARD.decode(text).ok()
        }),
        _ => None,
    };
    printed.ok_or_else(|| {
        let words: Vec<_> = words
            .iter()
            .map(|own| String::from_utf8_lossy(own))
            .collect();
        CurlError::NotRun(words.join(" "))
    })
}
