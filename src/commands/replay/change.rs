//! What becomes of a recorded request before it is sent again.

use std::path::PathBuf;
use std::process::Command;

use clap::Args;
use reqwest::Url;

use super::ReplayArgs;
use crate::commands::options::own_headers;
use crate::commands::output::{Access, replace};
use crate::commands::send::{compose_error, target};
use crate::commands::session::{self, Session, signing_keys, warn_about};
use crate::commands::sign::{definition_error, sign_error};
use crate::core::compose::{self, Occasion, Signing};
use crate::core::delivery::Delivery;
use crate::core::edit::Edit;
use crate::core::message::{Headers, Message, is_of_the_connection};
use crate::core::scheme::SignError;
use crate::core::template::Filler;
use crate::error::CommandError;

/// A compressed body that is larger than this when decoded is not changed.
const DECODED: usize = 64 * 1024 * 1024;

/// What is another than recorded.
#[derive(Args, Clone, Debug)]
pub(super) struct ChangeOptions {
    /// Edit the body in `$VISUAL` or `$EDITOR`, and sign it anew
    ///
    /// A last line break that only the editor added is dropped.
    #[arg(long)]
    edit: bool,

    /// Set a field of the body, `path.to.field=value`, and sign it anew (can be repeated)
    #[arg(long = "set", value_name = "PATH=VALUE")]
    edits: Vec<String>,

    /// Set a field of the body to a value that is JSON, and sign it anew (can be repeated)
    #[arg(long = "set-json", value_name = "PATH=JSON")]
    json_edits: Vec<String>,

    /// Send with this method
    #[arg(long, value_name = "METHOD", value_parser = method)]
    method: Option<String>,

    /// Add or replace a header, `Name: value` (can be repeated)
    #[arg(short = 'H', long = "header", value_name = "HEADER")]
    headers: Vec<String>,
}

/// A method that can stand in a request.
fn method(text: &str) -> Result<String, String> {
    reqwest::Method::from_bytes(text.as_bytes())
        .map(|own| own.as_str().to_owned())
        .map_err(|_| "expected a method, such as PUT".to_owned())
}

impl ChangeOptions {
    /// Whether the body is another.
    pub(super) fn is_of_the_body(&self) -> bool {
        self.edit || !self.edits.is_empty() || !self.json_edits.is_empty()
    }

    /// The body as it is to be sent. A compressed one is changed and sent decoded.
    fn apply(&self, message: &mut Message) -> Result<(), CommandError> {
        if let Some(method) = &self.method {
            message.method.clone_from(method);
        }
        if !self.is_of_the_body() {
            return Ok(());
        }
        if let Some(coding) = message.headers.coding() {
            let decoded = coding
                .decode(&message.body, DECODED)
                .ok_or_else(|| CommandError::usage(format!("body cannot be decoded: {coding}")))?;
            message.body = decoded.into();
            message.headers.remove("content-encoding");
        }
        let plain = self.edits.iter().map(|text| Edit::parse(text));
        let json = self.json_edits.iter().map(|text| Edit::parse_json(text));
        let edits = plain.chain(json).collect::<Result<Vec<_>, _>>();
        let edits = edits.map_err(|error| CommandError::usage(error.to_string()))?;
        let body = compose::edited(message.body.to_vec(), &edits)
            .map_err(|error| CommandError::usage(error.to_string()))?;
        message.body = if self.edit { edited(&body)? } else { body }.into();
        Ok(())
    }
}

/// What the user's editor makes of a body.
fn edited(body: &[u8]) -> Result<Vec<u8>, CommandError> {
    let named = |name: &str| {
        std::env::var(name)
            .ok()
            .filter(|own| !own.trim().is_empty())
    };
    let editor = named("VISUAL").or_else(|| named("EDITOR"));
    let editor = editor.unwrap_or_else(|| "vi".to_owned());
    let failed = |what: String| {
        CommandError::failure(what).hint("nothing was sent; name another: EDITOR=nano")
    };
    let path = draft();
    let wrong = |error: std::io::Error| {
        CommandError::failure(format!("cannot write `{}`", path.display())).because(error)
    };
    replace(&path, body, Access::Private).map_err(wrong)?;
    let result = command(&editor)
        .arg(&path)
        .status()
        .map_err(|error| failed(format!("cannot run `{editor}`")).because(error))
        .and_then(|status| {
            if status.success() {
                std::fs::read(&path).map_err(wrong)
            } else {
                Err(failed(format!("`{editor}` failed: {status}")))
            }
        });
    let _ = std::fs::remove_file(&path);
    Ok(without_added_end(body, result?))
}

/// An editor with its own arguments: `code --wait`.
fn command(editor: &str) -> Command {
    #[cfg(unix)]
    {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("{editor} \"$@\""), "editor"]);
        command
    }
    #[cfg(not(unix))]
    {
        let mut words = editor.split_whitespace();
        let mut command = Command::new(words.next().unwrap_or(editor));
        command.args(words);
        command
    }
}

/// A file for the editor that nobody else has.
fn draft() -> PathBuf {
    let unique = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |own| own.as_nanos());
    std::env::temp_dir().join(format!("hookcat-{}-{unique}.json", std::process::id()))
}

/// The text without the line break that an editor ends its last line with, if there was none before.
fn without_added_end(before: &[u8], mut after: Vec<u8>) -> Vec<u8> {
    if !before.ends_with(b"\n") && after.ends_with(b"\n") {
        after.pop();
        if after.ends_with(b"\r") && !before.ends_with(b"\r") {
            after.pop();
        }
    }
    after
}

/// Options that only a new signature has a use for.
pub(super) fn unused_signing(args: &ReplayArgs, session: &Session) -> Result<(), CommandError> {
    if args.signing.scheme.is_some() || args.signing.shapes() {
        return Err(CommandError::usage(
            "options of the signature have no use where the recorded one is sent again",
        )
        .hint("sign anew: --resign"));
    }
    if !args.signing.secrets.is_empty() && std::env::var_os(crate::env::SECRET).is_none() {
        session
            .ui
            .warn("the secret is not used: the recorded signature is sent again");
        session.ui.hint("sign anew: --resign");
    }
    Ok(())
}

/// Makes of what was recorded what goes out: the message, of which the recorded connection's own headers
/// are no part, and the delivery id.
pub(super) fn remake(
    args: &ReplayArgs,
    session: &Session,
    recorded: &mut Delivery,
    url: &Url,
    filler: &Filler,
) -> Result<(), CommandError> {
    let Delivery {
        message,
        provider,
        delivery_id,
        ..
    } = recorded;
    message.target = target(url);
    args.changes.apply(message)?;
    if args.resigns() {
        message.headers = own_of(&message.headers);
        let name = args
            .taken_for
            .as_deref()
            .or(provider.as_deref())
            .ok_or_else(|| {
                CommandError::usage("delivery has no known provider to sign for")
                    .hint("name it: --as NAME")
            })?;
        let known = &args.signing.shape(session.provider(name)?)?;
        warn_about(known, session.ui);
        let scheme =
            session::scheme(known, name, args.signing.scheme.as_deref())?.ok_or_else(|| {
                CommandError::usage(format!("provider does not sign: `{}`", known.id))
                    .hint("replay it as it is: leave --resign out")
            })?;
        let mut keyring = session.keyring(&args.signing.secrets, &[known])?;
        args.signing.certify(&mut keyring)?;
        let keys = signing_keys(&keyring, &args.signing.secrets, known, scheme, session.ui)?;
        if keys.is_empty() {
            return Err(sign_error(&SignError::NoKey, known));
        }
        let id = match &args.id {
            Some(id) => id.clone(),
            None => compose::delivery_id(known, filler).map_err(definition_error)?,
        };
        let signing = Signing {
            scheme,
            keys: &keys,
            key_id: args.signing.key_id.as_deref(),
        };
        let now = args.repeat.clock().now();
        let occasion = Occasion {
            id: &id,
            now,
            url: url.as_str(),
        };
        compose::resign(message, known, signing, occasion)
            .map_err(|error| compose_error(error, known))?;
        if delivery_id.is_some() {
            *delivery_id = Some(id);
        }
    }
    for (name, value) in own_headers(&args.changes.headers)?.iter() {
        message.headers.set(name, value);
    }
    Ok(())
}

/// The headers that were not the connection's.
pub(super) fn own_of(headers: &Headers) -> Headers {
    let own = headers.iter();
    own.filter(|(name, _)| !is_of_the_connection(name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_added_line_break_is_dropped() {
        for (before, after, wanted) in [
            ("{}", "{}\n", "{}"),
            ("{}", "{}\r\n", "{}"),
            ("{}", "{}\n\n", "{}\n"),
            ("{}\n", "{}\n", "{}\n"),
            ("{}\n", "{}", "{}"),
            ("", "\n", ""),
        ] {
            let found = without_added_end(before.as_bytes(), after.as_bytes().to_vec());
            assert_eq!(found, wanted.as_bytes(), "{before:?} {after:?}");
        }
    }
}
