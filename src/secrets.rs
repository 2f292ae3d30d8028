//! From a secret's reference to its bytes: `env:NAME`, `file:PATH`, `cmd:COMMAND`, `-`, `prompt`.

use std::io::Read;
use std::process::{Command, Stdio};
use std::str::FromStr;

use strsim::osa_distance;

use crate::core::secret::Secret;
use crate::error::CommandError;
use crate::providers::nearest;
use crate::ui::Ui;

/// A secret longer than this is no secret: 64 KiB.
const MAX_BYTES: u64 = 64 * 1024;

/// Where a secret comes from.
#[derive(Clone, PartialEq, Eq)]
pub enum Source {
    /// The environment variable of this name.
    Env(String),
    /// The content of this file, one line break at its end left out.
    File(String),
    /// What this shell command prints, one line break at its end left out.
    Command(String),
    /// Standard input, one line break at its end left out.
    Stdin,
    /// Asked for on the terminal.
    Prompt,
    /// The text itself.
    Literal(Secret),
}

/// A secret's reference, for one provider if it was written `PROVIDER=REF`.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretRef {
    text: Secret,
}

impl FromStr for SecretRef {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self {
            text: Secret::new(text),
        })
    }
}

impl std::fmt::Debug for SecretRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.text.fmt(f)
    }
}

impl SecretRef {
    /// The provider's name in front, where `is_provider` knows it, and the source.
    #[must_use]
    pub fn parse(&self, is_provider: impl Fn(&str) -> bool) -> (Option<String>, Source) {
        let text = String::from_utf8_lossy(self.text.expose());
        match text.split_once('=') {
            Some((name, rest)) if is_provider(name) => (Some(name.to_owned()), source(rest)),
            _ => (None, source(&text)),
        }
    }

    /// As [`SecretRef::parse`], but refuses a literal that looks like a reference with a slip in it:
    /// taken for the key, it would give wrong signatures and never say why. `names` are the
    /// providers' ids.
    ///
    /// # Errors
    /// A usage error that names the slip and what was probably meant, never the rest of the text.
    pub fn read(
        &self,
        is_provider: impl Fn(&str) -> bool,
        names: &[&str],
    ) -> Result<(Option<String>, Source), CommandError> {
        let (name, source) = self.parse(is_provider);
        if let Source::Literal(secret) = &source {
            let text = String::from_utf8_lossy(secret.expose());
            let slip = match &name {
                None => unknown_name(&text, names).or_else(|| unknown_kind(&text)),
                Some(_) => unknown_kind(&text),
            };
            if let Some(error) = slip {
                return Err(
                    error.hint("a secret that really begins so is given by env:NAME or file:PATH")
                );
            }
        }
        Ok((name, source))
    }
}

/// `statyl=env:S`: the name in front of `=` is no provider's, but a reference follows, or it is
/// almost a provider's.
fn unknown_name(text: &str, names: &[&str]) -> Option<CommandError> {
    let (name, rest) = text.split_once('=')?;
    let is_word = !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    let refers = !matches!(source(rest), Source::Literal(_)) || unknown_kind(rest).is_some();
    // Base64 ends with `=` or `==`, so a short rest says nothing.
    let almost = rest.len() > 1
        && names
            .iter()
            .any(|own| own.len() > 3 && osa_distance(own, &name.to_ascii_lowercase()) <= 2);
    if !is_word || !(refers || almost) {
        return None;
    }
    let error = CommandError::usage(format!("unknown provider of a secret: `{name}`"));
    Some(match nearest(name, names.iter().copied()).first() {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint("`hookcat providers list` shows them all"),
    })
}

/// `evn:S`, `ENV:S`: the word in front of `:` is almost one of ours.
fn unknown_kind(text: &str) -> Option<CommandError> {
    let (word, _) = text.split_once(':')?;
    let lower = word.to_ascii_lowercase();
    let meant = ["env", "file", "cmd"].into_iter().find(|own| {
        let far = osa_distance(own, &lower);
        far <= 1 || far == 2 && lower.starts_with(&own[..1])
    })?;
    Some(
        CommandError::usage(format!("unknown kind of secret reference: `{word}:`"))
            .hint(format!("did you mean `{meant}:`?")),
    )
}

fn source(text: &str) -> Source {
    let after = |prefix: &str| text.strip_prefix(prefix).map(str::to_owned);
    if let Some(name) = after("env:") {
        Source::Env(name)
    } else if let Some(path) = after("file:") {
        Source::File(path)
    } else if let Some(command) = after("cmd:") {
        Source::Command(command)
    } else {
        match text {
            "-" => Source::Stdin,
            "prompt" => Source::Prompt,
            _ => Source::Literal(Secret::new(text)),
        }
    }
}

impl Source {
    /// The reference for messages: never the secret, so there is none for a literal.
    #[must_use]
    pub fn describe(&self) -> Option<String> {
        match self {
            Self::Env(name) => Some(format!("env:{name}")),
            Self::File(path) => Some(format!("file:{path}")),
            Self::Command(_) => Some("cmd:…".to_owned()),
            Self::Stdin => Some("-".to_owned()),
            Self::Prompt => Some("prompt".to_owned()),
            Self::Literal(_) => None,
        }
    }

    /// Fetches the secret.
    ///
    /// # Errors
    /// A usage error that names the reference and what is wrong with it; an empty secret is one.
    pub fn resolve(&self, ui: Ui) -> Result<Secret, CommandError> {
        if let Self::Env(rest) | Self::File(rest) | Self::Command(rest) = self
            && rest.is_empty()
        {
            return Err(
                CommandError::usage("secret's reference names nothing behind its colon")
                    .hint("write env:NAME, file:PATH or cmd:COMMAND"),
            );
        }
        let secret = match self {
            Self::Env(name) => from_env(name)?,
            Self::File(path) => from_file(path)?,
            Self::Command(command) => from_command(command)?,
            Self::Stdin => Secret::new(without_line_break(
                read_all(std::io::stdin().lock()).map_err(|error| {
                    CommandError::usage("cannot read the secret from stdin").because(error)
                })?,
            )),
            Self::Prompt => from_prompt(ui)?,
            Self::Literal(secret) => secret.clone(),
        };
        if secret.is_empty() {
            let place = self.describe().map(|own| format!(": `{own}`"));
            return Err(CommandError::usage(format!(
                "secret is empty{}",
                place.unwrap_or_default()
            ))
            .hint("an HMAC with an empty key can be forged by anyone"));
        }
        Ok(secret)
    }
}

fn from_env(name: &str) -> Result<Secret, CommandError> {
    std::env::var_os(name)
        .map(|value| Secret::new(value.into_encoded_bytes()))
        .ok_or_else(|| {
            let is_plain = name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            let error = CommandError::usage(format!(
                "environment variable of the secret is not set: `{name}`"
            ));
            if is_plain {
                error.hint(format!("set it (`export {name}=…`), or name another"))
            } else {
                error.hint("a variable's name has letters, digits and underscores")
            }
        })
}

fn from_file(path: &str) -> Result<Secret, CommandError> {
    std::fs::File::open(path)
        .and_then(read_all)
        .map(|bytes| Secret::new(without_line_break(bytes)))
        .map_err(|error| {
            CommandError::usage(format!("cannot read the secret's file: `{path}`")).because(error)
        })
}

fn from_command(command: &str) -> Result<Secret, CommandError> {
    let (shell, flag) = if cfg!(windows) {
        ("cmd", "/C")
    } else {
        ("sh", "-c")
    };
    let output = Command::new(shell)
        .args([flag, command])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| CommandError::usage("cannot run the secret's command").because(error))?;
    if !output.status.success() {
        return Err(CommandError::usage(format!(
            "the secret's command failed with {}: `cmd:…`",
            output.status
        )));
    }
    Ok(Secret::new(without_line_break(output.stdout)))
}

fn from_prompt(ui: Ui) -> Result<Secret, CommandError> {
    if !ui.can_ask() {
        return Err(CommandError::usage("no terminal to ask for the secret on")
            .hint("give it as --secret env:NAME or --secret file:PATH"));
    }
    dialoguer::Password::new()
        .with_prompt("secret")
        .interact()
        .map(Secret::new)
        .map_err(|error| CommandError::usage("cannot ask for the secret").because(error))
}

fn read_all(reader: impl Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(MAX_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// `echo` and editors end a file with a line break that is no part of the secret.
fn without_line_break(mut bytes: Vec<u8>) -> Vec<u8> {
    if bytes.ends_with(b"\n") {
        bytes.pop();
        if bytes.ends_with(b"\r") {
            bytes.pop();
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_told_from_literals() {
        let parse = |text: &str| {
            let reference: SecretRef = text.parse().expect("never fails");
            reference.parse(|name| name == "github")
        };
        let literal = |text: &str| (None, Source::Literal(Secret::new(text)));
        assert!(parse("env:A") == (None, Source::Env("A".into())));
        assert!(parse("github=file:a=b") == (Some("github".into()), Source::File("a=b".into())));
        assert!(parse("-") == (None, Source::Stdin));
        assert!(parse("c2VjcmV0==") == literal("c2VjcmV0=="));
        assert!(parse("unknown=env:A") == literal("unknown=env:A"));
    }

    #[test]
    fn a_slip_in_a_reference_is_not_taken_for_the_key() {
        let names = ["github", "statly", "generic"];
        let read = |text: &str| {
            let reference: SecretRef = text.parse().expect("never fails");
            reference.read(|name| names.contains(&name), &names)
        };
        for text in [
            "statyl=env:S",
            "nosuch=file:x",
            "nosuch=-",
            "evn:S",
            "ENV:S",
            "Env:S",
            "flie:x",
            "comd:x",
            "github=evn:S",
            "githbu=abc",
        ] {
            let error = read(text).err().unwrap_or_else(|| panic!("taken: {text}"));
            assert_eq!(error.kind, crate::error::Kind::Usage, "{text}");
        }
        for text in [
            "c2VjcmV0==",
            "whsec_c2VjcmV0",
            "a:b",
            "key:rest",
            "live:rest",
            "x=y",
            "p$w=env:S",
            "github=abc",
            "file:x",
        ] {
            assert!(read(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn one_line_break_goes() {
        assert_eq!(without_line_break(b"a\r\n".to_vec()), b"a");
        assert_eq!(without_line_break(b"a\n\n".to_vec()), b"a\n");
        assert_eq!(without_line_break(b"a ".to_vec()), b"a ");
    }
}
