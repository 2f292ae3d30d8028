//! `hookcat providers`: look at the providers hookcat knows.

mod check;
mod list;
mod new;

use clap::{Args, Subcommand};
use clap_complete::ArgValueCandidates;
use serde_json::{Value, json};

use super::options::Format;
use super::send::find_event;
use super::session::Session;
use crate::commands::complete;
use crate::core::provider::Provider;
use crate::core::scheme::{Part, Scheme, TimestampRule};
use crate::error::CommandError;
use crate::providers::DEFINITION_SCHEMA;
use crate::show::{catalog, json as show_json, provider as show_provider};
use crate::ui::Ui;

/// Look at the providers hookcat knows
#[derive(Args, Debug)]
pub struct ProvidersArgs {
    #[command(subcommand)]
    command: ProvidersCommand,
}

#[derive(Debug, Subcommand)]
enum ProvidersCommand {
    /// List the providers in groups
    List(list::ListArgs),
    /// Show everything known of one provider
    Show {
        /// The provider
        #[arg(value_name = "PROVIDER", add = ArgValueCandidates::new(complete::providers))]
        provider: String,
        /// Show this scheme of the provider alone
        #[arg(long, value_name = "NAME")]
        scheme: Option<String>,
        /// How to print
        #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
        format: Format,
    },
    /// Make a definition of your own
    New(Box<new::NewArgs>),
    /// Check definitions: mistakes, samples, what they sign, and test vectors
    Check(check::CheckArgs),
    /// Print the JSON Schema of an event's payload, or of definitions if none is named
    Schema {
        /// The provider
        #[arg(value_name = "PROVIDER", add = ArgValueCandidates::new(complete::providers), requires = "event")]
        provider: Option<String>,
        /// The event
        #[arg(value_name = "EVENT", add = ArgValueCandidates::new(complete::events))]
        event: Option<String>,
    },
}

/// Runs `providers`. Checking needs no session: a mistake in a definition would end it.
pub(super) fn run(
    args: &ProvidersArgs,
    ui: Ui,
    session: impl FnOnce() -> Result<Session, CommandError>,
) -> Result<(), CommandError> {
    match &args.command {
        ProvidersCommand::List(args) => list::run(args, &session()?),
        ProvidersCommand::Show {
            provider,
            scheme,
            format,
        } => show(provider, scheme.as_deref(), *format, &session()?),
        ProvidersCommand::Schema {
            provider: Some(provider),
            event: Some(event),
        } => {
            let own = session()?.whole_provider(provider)?;
            let event = find_event(&own, event)?;
            let schema = own.schema(event).map_err(CommandError::failure)?;
            ui.line(&show_json::line(&schema))
        }
        ProvidersCommand::Schema { .. } => ui.data(DEFINITION_SCHEMA.as_bytes()),
        ProvidersCommand::Check(args) => check::run(args, ui),
        ProvidersCommand::New(args) => new::run(args, ui),
    }
}

fn show(
    name: &str,
    scheme: Option<&str>,
    format: Format,
    session: &Session,
) -> Result<(), CommandError> {
    let provider = session.whole_provider(name)?;
    let only = match scheme {
        Some(_) => super::session::scheme(&provider, name, scheme)?,
        None => None,
    };
    let ui = session.ui;
    if format == Format::Text {
        let text = show_provider::show(&provider, only, ui.out(), ui.width());
        return ui.data(text.as_bytes());
    }
    let mut value = summary(&provider);
    if let Some(only) = only {
        value["schemes"] = json!([scheme_value(only)]);
    }
    value["notes"] = json!(provider.notes);
    value["events"] = provider
        .events
        .iter()
        .map(|event| json!({ "name": event.name, "title": event.title }))
        .collect();
    ui.line(&show_json::line(&value))
}

fn summary(provider: &Provider) -> Value {
    json!({
        "v": 1,
        "type": "provider",
        "id": provider.id,
        "name": provider.name,
        "aliases": provider.aliases,
        "category": provider.category.as_str(),
        "status": provider.status.as_str(),
        "docs": provider.docs,
        "confidence": provider.confidence.as_str(),
        "signature": catalog::signature(provider),
        "schemes": provider.schemes.iter().map(scheme_value).collect::<Value>(),
    })
}

fn scheme_value(scheme: &Scheme) -> Value {
    let signed = scheme.signed.parts().iter().map(Part::describe);
    let tolerance = scheme.timestamp.as_ref().map(TimestampRule::tolerance);
    json!({
        "name": scheme.name,
        "algorithm": scheme.algorithm.as_str(),
        "header": scheme.signature.place.header(),
        "place": scheme.signature.place.describe(),
        "shape": scheme.signature.layout.shape(scheme.signature.encoding),
        "signed": scheme.signed_by.map_or_else(|| signed.collect(), |own| own.describe().to_owned()),
        "key": scheme.key.as_str(),
        "key_shape": scheme.key_shape,
        "headers": scheme.headers(),
        "coverage": scheme.coverage().as_str(),
        "tolerance": tolerance.map(|own| json!({ "past": own.past, "future": own.future })),
        "legacy": scheme.legacy,
    })
}
