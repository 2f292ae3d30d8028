//! The options of `send`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use clap_complete::ArgValueCandidates;

use super::load::LoadOptions;
use crate::commands::complete;
use crate::commands::handshake::TokenOptions;
use crate::commands::options::SigningOptions;
use crate::commands::shipment::ToOptions;
use crate::core::edit::Edit;
use crate::core::tamper::Tamper;
use crate::repeat::Repeat;

/// Send a provider's event, signed
#[derive(Args, Clone, Debug)]
pub struct SendArgs {
    /// The provider to play
    #[arg(value_name = "PROVIDER", add = ArgValueCandidates::new(complete::providers), required_unless_present = "script")]
    provider: Option<String>,

    /// The event; `hookcat providers show PROVIDER` lists them. Or a template of the project
    /// (`hookcat template list`). Or `handshake`, the provider's check of a URL, whose answer is judged;
    /// `handshake:NAME` where it has several
    #[arg(value_name = "EVENT", add = ArgValueCandidates::new(complete::events_and_templates), required_unless_present = "script")]
    event: Option<String>,

    #[command(flatten)]
    pub(in crate::commands) to: ToOptions,

    #[command(flatten)]
    pub(in crate::commands) body: BodyOptions,

    /// Send it as json, form (its fields), payload (JSON in the field `payload` of a form), xml, text,
    /// raw, or any media type; the signature is of what is sent
    #[arg(long, value_name = "TYPE")]
    pub(in crate::commands) content_type: Option<String>,

    /// Add or replace a header, `Name: value` (can be repeated)
    #[arg(short = 'H', long = "header", value_name = "HEADER")]
    pub(in crate::commands) headers: Vec<String>,

    /// The delivery id, instead of a fresh one
    #[arg(long, value_name = "ID")]
    pub(in crate::commands) id: Option<String>,

    /// Send as one of the provider's other targets, such as a chat message
    #[arg(long, value_name = "NAME")]
    pub(in crate::commands) target: Option<String>,

    /// Print the request instead of sending it
    #[arg(long, value_enum, value_name = "FORM")]
    pub(in crate::commands) print: Option<Print>,

    /// Make it bad on purpose: body, signature, secret, timestamp=-10m, missing-header, duplicate,
    /// reorder or reencode (can be repeated)
    ///
    /// `body`, `signature`: one character is another. `secret`: a secret made up signs it.
    /// `timestamp`: it is signed so long ago, or ahead. `missing-header`, `duplicate`: the
    /// signature's header is not there, or twice. `reorder`, `reencode`: the body says the same in
    /// another order, or in other bytes.
    #[arg(long, value_name = "KIND", conflicts_with_all = ["count", "rate", "concurrency", "duration"])]
    pub(in crate::commands) tamper: Vec<Tamper>,

    /// Play a scenario: steps with events, waits, shared ids and expected statuses, in a TOML file
    ///
    /// Ends with 9 where an answer is not the expected one. hookcat-scripts(7) describes the file.
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, conflicts_with_all = ["provider", "event", "data", "template", "edits", "json_edits", "id", "target", "print", "tamper", "count", "rate", "concurrency", "duration"])]
    pub(in crate::commands) script: Option<PathBuf>,

    /// With --script: write a test report to this file, as CI servers read it
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, requires = "script")]
    pub(in crate::commands) junit: Option<PathBuf>,

    #[command(flatten)]
    pub(in crate::commands) token: TokenOptions,

    #[command(flatten)]
    pub(in crate::commands) signing: SigningOptions,

    #[command(flatten)]
    pub(in crate::commands) load: LoadOptions,

    #[command(flatten)]
    pub(in crate::commands) repeat: Repeat,
}

/// Forms of a request that is not sent.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(in crate::commands) enum Print {
    /// Raw HTTP.
    Http,
    /// A curl command.
    Curl,
    /// One JSON object.
    Json,
}

/// What is told: the sample, or a body of the user's own. Shared by `send` and `emit`.
#[derive(Args, Clone, Debug, Default)]
pub(in crate::commands) struct BodyOptions {
    /// Send this body instead of the sample: a file, or `-` for stdin
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, conflicts_with = "template")]
    pub(in crate::commands) data: Option<String>,

    /// Send this template, filled in: a file, or the name of one of the project's
    ///
    /// `{{ now() }}`, `{{ uuid() }}`, `{{ seq() }}`, `{{ hex(40) }}`, `{{ sha() }}`, `{{ name() }}`,
    /// `{{ email() }}`, `{{ delivery_id }}` and others are filled in; `{{ env("NAME") }}` in a file.
    #[arg(long, value_name = "NAME", value_hint = clap::ValueHint::FilePath)]
    pub(in crate::commands) template: Option<String>,

    /// Set a field of the body, `path.to.field=value` (can be repeated)
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub(in crate::commands) edits: Vec<String>,

    /// Set a field of the body to a value that is JSON: `labels=["a"]`, `ref="1"` (can be repeated)
    #[arg(long = "set-json", value_name = "PATH=JSON")]
    pub(in crate::commands) json_edits: Vec<String>,

    /// Further edits, of a script's step.
    #[arg(skip)]
    pub(in crate::commands) more: Vec<Edit>,
}

impl SendArgs {
    /// The provider as it was named; empty only where a script names it.
    pub(in crate::commands) fn provider(&self) -> &str {
        self.provider.as_deref().unwrap_or_default()
    }

    /// The event as it was named.
    pub(in crate::commands) fn event(&self) -> &str {
        self.event.as_deref().unwrap_or_default()
    }

    /// The same for another provider's event.
    pub(in crate::commands) fn of(&self, provider: &str, event: &str) -> Self {
        Self {
            provider: Some(provider.to_owned()),
            event: Some(event.to_owned()),
            script: None,
            junit: None,
            ..self.clone()
        }
    }
}
