//! `hookcat keys`: fresh secrets and key pairs.

use clap::{Args, Subcommand};
use clap_complete::ArgValueCandidates;
use serde_json::json;

use super::options::Format;
use super::session::{self, Session};
use crate::commands::complete;
use crate::core::scheme::{Fresh, KeyForm};
use crate::core::secret::Secret;
use crate::error::CommandError;
use crate::repeat::system_random;
use crate::show::json::line;

/// Make fresh secrets and key pairs
#[derive(Args, Debug)]
pub struct KeysArgs {
    #[command(subcommand)]
    command: KeysCommand,
}

#[derive(Debug, Subcommand)]
enum KeysCommand {
    /// Make a secret in the provider's shape, or a key pair where it signs with one
    New {
        /// The provider
        #[arg(value_name = "PROVIDER", add = ArgValueCandidates::new(complete::providers))]
        provider: String,
        /// For this scheme of the provider
        #[arg(long, value_name = "NAME")]
        scheme: Option<String>,
        /// How to print
        #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
        format: Format,
    },
}

/// Runs `keys`.
pub(super) fn run(args: &KeysArgs, session: &Session) -> Result<(), CommandError> {
    let KeysCommand::New {
        provider: name,
        scheme,
        format,
    } = &args.command;
    let provider = session.provider(name)?;
    let scheme = session::scheme(provider, name, scheme.as_deref())?.ok_or_else(|| {
        CommandError::usage(format!("provider does not sign: `{}`", provider.id))
            .hint(format!("`hookcat providers show {}` says why", provider.id))
    })?;
    let fresh = scheme.fresh_secret(&mut system_random()?).ok_or_else(|| {
        let error = CommandError::usage(format!("keys for {} are not made here", scheme.algorithm.as_str()));
        if scheme.key == KeyForm::Certificate {
            error.hint("a certificate: openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -subj /CN=test")
        } else {
            error.hint("a key: openssl genpkey -algorithm RSA -out key.pem")
        }
    })?;
    let text = |secret: &Secret| String::from_utf8_lossy(secret.expose()).into_owned();
    let ui = session.ui;
    match (&fresh, format) {
        (Fresh::Shared(secret), Format::Text) => ui.line(&text(secret)),
        (Fresh::Pair { private, public }, Format::Text) => {
            ui.line(&format!("private {}\npublic  {public}", text(private)))?;
            ui.hint("sign with the private key, verify with the public one: both go to --secret");
            Ok(())
        }
        (Fresh::Shared(secret), Format::Json) => ui.line(&line(&json!({
            "v": 1,
            "type": "key",
            "provider": provider.id,
            "scheme": scheme.name,
            "secret": text(secret),
        }))),
        (Fresh::Pair { private, public }, Format::Json) => ui.line(&line(&json!({
            "v": 1,
            "type": "key",
            "provider": provider.id,
            "scheme": scheme.name,
            "private": text(private),
            "public": public,
        }))),
    }
}
