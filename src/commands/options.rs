//! Options that several verbs share, with one meaning everywhere.

use std::io::{IsTerminal, Read};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::session::{Session, one_of};
use crate::core::assess::Keyring;
use crate::core::expectation::{Expectation, ExpectationError, VERDICTS};
use crate::core::message::{Headers, is_header_name, is_header_value, is_of_the_connection};
use crate::core::provider::Provider;
use crate::core::retry::Span;
use crate::core::scheme::{Encoding, Layout, Place, Tolerance};
use crate::deliver::Trust;
use crate::env;
use crate::error::CommandError;
use crate::providers::{Catalog, nearest};
use crate::secrets::SecretRef;
use crate::ui::Ui;

/// Text for people or JSON for programs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Lines for a person.
    #[default]
    Text,
    /// One compact JSON object a line.
    Json,
}

/// The heading these options stand under; set on each, so that it does not run on over the verb's own.
const SIGNATURE: &str = "Signature options";

/// How a provider's deliveries are signed.
#[derive(Args, Clone, Debug)]
pub(super) struct SigningOptions {
    /// Use this secret: `env:NAME`, `file:PATH`, `cmd:COMMAND`, `-`, `prompt`, or the secret itself (can be repeated)
    ///
    /// Several secrets are tried in order, for rotation. Written PROVIDER=REF, a secret is for that
    /// provider alone.
    #[arg(help_heading = SIGNATURE, long = "secret", env = env::SECRET, hide_env_values = true, value_name = "REF")]
    pub secrets: Vec<SecretRef>,

    /// Use this scheme of the provider
    #[arg(help_heading = SIGNATURE, long, value_name = "NAME")]
    pub scheme: Option<String>,

    /// Verify with this certificate, where the provider signs with one: a PEM or DER file (can be
    /// repeated)
    #[arg(help_heading = SIGNATURE, long = "cert", value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub certificates: Vec<std::path::PathBuf>,

    /// The id of the key, where messages name one
    #[arg(help_heading = SIGNATURE, long, value_name = "ID")]
    pub key_id: Option<String>,

    /// With provider `generic`: the signature's header
    #[arg(help_heading = SIGNATURE, long, value_name = "NAME")]
    pub signature_header: Option<String>,

    /// With provider `generic`: the text before the signature
    #[arg(help_heading = SIGNATURE, long, value_name = "TEXT")]
    pub prefix: Option<String>,

    /// With provider `generic`: how the signature is written
    #[arg(help_heading = SIGNATURE, long, value_name = "ENCODING", value_parser = encoding)]
    pub encoding: Option<Encoding>,

    /// With provider `generic`: the hash of the HMAC (sha1, sha256, sha512)
    #[arg(help_heading = SIGNATURE, long, value_name = "HASH", value_parser = ["sha1", "sha256", "sha512"])]
    pub algorithm: Option<String>,
}

/// Whose TLS certificates are taken where something is sent: shared by `send`, `replay` and forwarding.
#[derive(Args, Clone, Debug)]
pub(super) struct TrustOptions {
    /// Take any TLS certificate of an endpoint
    #[arg(long, conflicts_with = "ca")]
    pub insecure: bool,

    /// Trust the certificates in this PEM file too, where an endpoint has one of them or one of
    /// theirs (can be repeated)
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub ca: Vec<std::path::PathBuf>,
}

impl TrustOptions {
    /// What is trusted.
    ///
    /// # Errors
    /// A usage error for a file that cannot be read, or holds no certificate.
    pub(super) fn read(&self) -> Result<Trust, CommandError> {
        let mut authorities = Vec::new();
        for path in &self.ca {
            let pem = std::fs::read(path).map_err(|error| {
                CommandError::usage(format!("cannot read `{}`", path.display())).because(error)
            })?;
            let found = Trust::authorities(&pem)
                .map_err(|error| CommandError::usage(format!("`{}` {error}", path.display())))?;
            authorities.extend(found);
        }
        Ok(Trust {
            insecure: self.insecure,
            authorities,
            ..Trust::default()
        })
    }
}

fn encoding(text: &str) -> Result<Encoding, String> {
    [
        Encoding::Hex,
        Encoding::HexLower,
        Encoding::Base64,
        Encoding::Base64url,
        Encoding::Base64urlNopad,
    ]
    .into_iter()
    .find(|encoding| encoding.as_str() == text)
    .ok_or_else(|| "expected hex, hex-lower, base64, base64url or base64url-nopad".to_owned())
}

impl SigningOptions {
    /// Whether an option shapes the scheme.
    pub(super) fn shapes(&self) -> bool {
        self.signature_header.is_some()
            || self.prefix.is_some()
            || self.encoding.is_some()
            || self.algorithm.is_some()
    }

    /// The catalogue, with `generic` as the options shape it.
    ///
    /// # Errors
    /// As [`SigningOptions::shape`].
    pub(super) fn catalog(&self, session: &Session) -> Result<Arc<Catalog>, CommandError> {
        if !self.shapes() {
            return Ok(Arc::clone(&session.catalog));
        }
        let shaped = self.shape(session.provider("generic")?)?;
        Ok(Arc::new(session.catalog.with(&shaped)))
    }

    /// Reads the certificates into a keyring.
    ///
    /// # Errors
    /// A usage error for a file that cannot be read.
    pub(super) fn certify(&self, keyring: &mut Keyring) -> Result<(), CommandError> {
        for path in &self.certificates {
            let bytes = std::fs::read(path).map_err(|error| {
                CommandError::usage(format!("cannot read `{}`", path.display())).because(error)
            })?;
            keyring.certify(bytes);
        }
        Ok(())
    }

    /// A provider as the options shape it; only `generic` can be shaped.
    ///
    /// # Errors
    /// A usage error for another provider, or a header that is none.
    pub(super) fn shape(&self, provider: &Provider) -> Result<Provider, CommandError> {
        let mut provider = provider.clone();
        if !self.shapes() {
            return Ok(provider);
        }
        if provider.id != "generic" {
            return Err(CommandError::usage(format!(
                "header, prefix, encoding and algorithm are set for provider `generic` only, not for `{}`",
                provider.id
            )));
        }
        if let Some(hash) = &self.algorithm {
            let name = format!("generic-{hash}");
            provider.schemes.sort_by_key(|scheme| scheme.name != name);
        }
        for scheme in &mut provider.schemes {
            if let Some(header) = &self.signature_header {
                if !is_header_name(header) {
                    return Err(CommandError::usage(format!(
                        "not a header name: `{header}`"
                    )));
                }
                scheme.signature.place = Place::Header {
                    name: header.clone(),
                    also: Vec::new(),
                    more: Vec::new(),
                    repeated: false,
                };
            }
            if let Some(encoding) = self.encoding {
                scheme.signature.encoding = encoding;
            }
            if let (
                Some(wanted),
                Layout::Plain {
                    prefix, optional, ..
                },
            ) = (&self.prefix, &mut scheme.signature.layout)
            {
                prefix.clone_from(wanted);
                *optional = wanted.is_empty();
            }
        }
        Ok(provider)
    }
}

/// Reads `Name: value` headers.
///
/// # Errors
/// A usage error with the header that is none.
pub(super) fn headers(texts: &[String]) -> Result<Headers, CommandError> {
    let mut headers = Headers::new();
    for text in texts {
        let (name, value) = text
            .split_once(':')
            .map(|(name, value)| (name.trim(), value.trim()))
            .filter(|(name, value)| is_header_name(name) && is_header_value(value.as_bytes()))
            .ok_or_else(|| {
                CommandError::usage(format!("not a header, expected `Name: value`: `{text}`"))
            })?;
        headers.push(name, value);
    }
    Ok(headers)
}

/// Reads `Name: value` headers for a request to be sent.
///
/// # Errors
/// As [`headers`], and for a header that would be shown and recorded, but not sent as written.
pub(super) fn own_headers(texts: &[String]) -> Result<Headers, CommandError> {
    let headers = headers(texts)?;
    if let Some((name, _)) = headers.iter().find(|(name, _)| is_of_the_connection(name)) {
        return Err(CommandError::usage(format!(
            "hookcat sets this header itself, or the connection has no use for it: `{name}`"
        ))
        .hint("leave it out; --print http gives a request to change and send by hand"));
    }
    Ok(headers)
}

/// Reads an address to bind to: of IP version 4 or 6, or `localhost`.
///
/// # Errors
/// A sentence with what was expected.
pub(super) fn address(text: &str) -> Result<IpAddr, String> {
    if text.eq_ignore_ascii_case("localhost") {
        return Ok(IpAddr::from([127, 0, 0, 1]));
    }
    text.trim_start_matches('[')
        .trim_end_matches(']')
        .parse()
        .map_err(|_| "expected an IP address such as 0.0.0.0, or localhost".to_owned())
}

/// A tolerance in seconds for both directions; 0 turns the check off.
#[must_use]
pub(super) fn tolerance(seconds: Option<u32>) -> Option<Tolerance> {
    seconds.map(|seconds| {
        let limit = (seconds > 0).then_some(i64::from(seconds));
        Tolerance {
            past: limit,
            future: limit,
        }
    })
}

/// Reads a span of time: plain seconds, or one with units such as `5m` or `1h 30m`.
///
/// # Errors
/// A sentence with what was expected.
pub(super) fn span(text: &str) -> Result<Span, String> {
    match text.parse() {
        Ok(seconds) => Ok(Span(Duration::from_secs(seconds))),
        Err(_) => text
            .parse()
            .map_err(|_| "expected a span of time such as 300, 300s or 5m".to_owned()),
    }
}

/// Reads a span of whole seconds, of one at least.
///
/// # Errors
/// As [`span`], and for less than a second, or parts of one.
pub(super) fn whole_seconds(text: &str) -> Result<i64, String> {
    let Span(span) = span(text)?;
    i64::try_from(span.as_secs())
        .ok()
        .filter(|seconds| *seconds > 0 && span.subsec_nanos() == 0)
        .ok_or_else(|| "expected whole seconds, at least 1, such as 300 or 5m".to_owned())
}

/// Reads the verdict that is expected, `VERDICT[:REASON]`.
///
/// # Errors
/// A sentence with what was expected, and what may be meant.
pub(super) fn expectation(text: &str) -> Result<Expectation, String> {
    text.parse().map_err(|error| {
        let (known, word, prefix): (Vec<&str>, _, _) = match &error {
            ExpectationError::Verdict(word) => {
                let meant = VERDICTS.iter().find(|own| own.1.contains(&word.as_str()));
                if let Some((verdict, _)) = meant {
                    return format!("did you mean `{verdict}:{word}`?");
                }
                (VERDICTS.map(|own| own.0).to_vec(), word, String::new())
            }
            ExpectationError::Reason { verdict, reason } => {
                let reasons = VERDICTS.iter().find(|own| own.0 == *verdict);
                let reasons = reasons.map(|own| own.1).unwrap_or_default();
                if reasons.is_empty() {
                    return format!("`{verdict}` has no reason: leave `:{reason}` out");
                }
                (reasons.to_vec(), reason, format!("{verdict}:"))
            }
        };
        let near = nearest(word, known.iter().copied());
        let near: Vec<String> = near.iter().map(|own| format!("{prefix}{own}")).collect();
        let meant = match near.as_slice() {
            [] => String::new(),
            names => format!("did you mean {}? ", one_of(names)),
        };
        let what = if prefix.is_empty() { "" } else { "a reason, " };
        format!("{meant}expected {what}one of {}", known.join(", "))
    })
}

/// Opens a file, or stdin for `-` and where no file is named.
///
/// # Errors
/// A usage error where the file cannot be read.
pub(super) fn open(path: Option<&str>, ui: Ui) -> Result<Box<dyn Read>, CommandError> {
    match path {
        None | Some("-") => {
            if std::io::stdin().is_terminal() {
                ui.status("reading the body from the terminal, Ctrl-D ends it");
            }
            Ok(Box::new(std::io::stdin().lock()))
        }
        Some(path) => std::fs::File::open(path)
            .map(|file| Box::new(file) as Box<dyn Read>)
            .map_err(|error| CommandError::usage(format!("cannot read `{path}`")).because(error)),
    }
}

/// All of a file, or of stdin.
///
/// # Errors
/// As [`open`], and where reading fails.
pub(super) fn read(path: Option<&str>, ui: Ui) -> Result<Vec<u8>, CommandError> {
    let mut bytes = Vec::new();
    open(path, ui)?.read_to_end(&mut bytes).map_err(|error| {
        CommandError::usage(format!("cannot read `{}`", path.unwrap_or("-"))).because(error)
    })?;
    Ok(bytes)
}

/// Two readers of stdin would each get a part of it.
///
/// # Errors
/// A usage error where secret and body both come from stdin.
pub(super) fn one_reader_of_stdin(secrets: &[SecretRef], body: bool) -> Result<(), CommandError> {
    let secret = secrets
        .iter()
        .any(|own| own.parse(|_| true).1 == crate::secrets::Source::Stdin);
    if secret && body {
        return Err(
            CommandError::usage("secret and body cannot both come from stdin")
                .hint("name a file for the body, or use --secret env:NAME"),
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_to_bind_to() {
        for (text, wanted) in [
            ("localhost", "127.0.0.1"),
            ("0.0.0.0", "0.0.0.0"),
            ("[::1]", "::1"),
        ] {
            assert_eq!(address(text).map(|ip| ip.to_string()), Ok(wanted.into()));
        }
        assert!(address("example.com").is_err());
    }

    #[test]
    fn spans_in_seconds_or_with_units() {
        for (text, wanted) in [("300", 300), ("300s", 300), ("5m", 300), ("1h 30m", 5400)] {
            assert_eq!(whole_seconds(text), Ok(wanted), "{text}");
        }
        for text in [
            "", "0", "0s", "-5", "-5m", "5m ago", "500ms", "1.5s", "soon",
        ] {
            assert!(whole_seconds(text).is_err(), "{text}");
        }
        assert_eq!(span("500ms"), Ok(Span(Duration::from_millis(500))));
    }

    #[test]
    fn an_expectation_of_nothing_known_says_what_is() {
        let said = |text: &str| expectation(text).expect_err("no expectation");
        assert_eq!(
            said("invald"),
            "did you mean `invalid` or `valid`? expected one of valid, invalid, unverifiable"
        );
        assert_eq!(said("mismatch"), "did you mean `invalid:mismatch`?");
        assert_eq!(
            said("unverifiable:no-secrets"),
            "did you mean `unverifiable:no-secret`? expected a reason, one of \
             provider-does-not-sign, no-secret, ambiguous, unknown-provider, unsigned-handshake"
        );
        assert_eq!(said("valid:x"), "`valid` has no reason: leave `:x` out");
        assert!(expectation("invalid:stale").is_ok());
    }

    #[test]
    fn headers_of_the_connection_are_not_the_users() {
        let read = |text: &str| own_headers(&[text.to_owned()]);
        for text in [
            "Content-Length: 5",
            "transfer-encoding: x",
            "HOST: a",
            "nocolon",
            "A: \x1b",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
        assert!(read("X-Own: value").is_ok());
        assert!(headers(&["Content-Length: 5".to_owned()]).is_ok());
    }
}
