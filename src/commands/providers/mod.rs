//! `hookcat providers`: look at the providers hookcat knows.

mod list;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::options::Format;
use super::send::find_event;
use super::session::Session;
use crate::core::provider::Provider;
use crate::error::CommandError;
use crate::show::{catalog, json as show_json, provider as show_provider};

/// Arguments of `providers`.
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
        #[arg(value_name = "PROVIDER")]
        provider: String,
        /// How to print
        #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
        format: Format,
    },
    /// Print the JSON Schema of an event's payload
    Schema {
        /// The provider
        #[arg(value_name = "PROVIDER")]
        provider: String,
        /// The event
        #[arg(value_name = "EVENT")]
        event: String,
    },
}

/// Runs `providers`.
pub(super) fn run(args: &ProvidersArgs, session: &Session) -> Result<(), CommandError> {
    match &args.command {
        ProvidersCommand::List(args) => list::run(args, session),
        ProvidersCommand::Show {
            provider,
            format: Format::Text,
        } => {
            let text = show_provider::show(
                &session.whole_provider(provider)?,
                session.ui.out(),
                session.ui.width(),
            );
            session.ui.data(text.as_bytes())
        }
        ProvidersCommand::Show {
            provider,
            format: Format::Json,
        } => {
            let own = session.whole_provider(provider)?;
            let mut value = summary(&own);
            value["notes"] = json!(own.notes);
            value["events"] = own
                .events
                .iter()
                .map(|event| json!({ "name": event.name, "title": event.title }))
                .collect();
            session.ui.line(&show_json::line(&value))
        }
        ProvidersCommand::Schema { provider, event } => {
            let own = session.whole_provider(provider)?;
            let event = find_event(&own, event)?;
            let schema = own.schema(event).map_err(CommandError::failure)?;
            session.ui.line(&show_json::line(&schema))
        }
    }
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
        "schemes": provider.schemes.iter().map(|scheme| json!({
            "name": scheme.name,
            "algorithm": scheme.algorithm.as_str(),
            "header": scheme.signature.place.header(),
            "place": scheme.signature.place.describe(),
            "shape": scheme.signature.layout.shape(scheme.signature.encoding),
            "legacy": scheme.legacy,
        })).collect::<Value>(),
    })
}
