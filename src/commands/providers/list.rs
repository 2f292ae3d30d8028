//! `hookcat providers list`: the catalogue, chosen from and laid out for its reader.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::super::options::Format;
use super::super::session::Session;
use super::summary;
use crate::core::category::Category;
use crate::core::event::Location;
use crate::core::provider::{Provider, Status};
use crate::core::scheme::Scheme;
use crate::error::CommandError;
use crate::show::{catalog, json};

/// Arguments of `providers list`.
#[derive(Args, Debug)]
pub(super) struct ListArgs {
    /// Only this group (can be repeated)
    #[arg(long = "category", value_name = "GROUP", value_parser = category())]
    categories: Vec<Category>,

    /// Only those in service, planned, or without a signature
    #[arg(long, value_name = "STATUS", value_parser = status())]
    status: Option<Status>,

    /// Only those with this text in id, name, another name, or a header
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,

    /// Print signature and name, however long the list is
    #[arg(long)]
    long: bool,

    /// How to print
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

fn category() -> impl TypedValueParser<Value = Category> {
    PossibleValuesParser::new(Category::ALL.map(Category::as_str)).map(|name| {
        let same = |own: &Category| own.as_str() == name;
        Category::ALL.into_iter().find(same).unwrap_or_default()
    })
}

fn status() -> impl TypedValueParser<Value = Status> {
    const ALL: [Status; 3] = [Status::Live, Status::Planned, Status::Unsigned];
    PossibleValuesParser::new(ALL.map(Status::as_str)).map(|name| {
        let same = |own: &Status| own.as_str() == name;
        ALL.into_iter().find(same).unwrap_or_default()
    })
}

impl ListArgs {
    fn wants(&self, provider: &Provider) -> bool {
        (self.categories.is_empty() || self.categories.contains(&provider.category))
            && self.status.is_none_or(|own| provider.status == own)
            && self
                .search
                .as_deref()
                .is_none_or(|text| has(provider, text))
    }
}

/// Whether a text stands in a provider's names or headers, in either case.
fn has(provider: &Provider, text: &str) -> bool {
    let text = text.to_lowercase();
    let locate = &provider.locate;
    let located = [&locate.event, &locate.delivery_id, &locate.occurred_at];
    let located = located.into_iter().flatten().flat_map(Location::headers);
    let signed = provider.schemes.iter().flat_map(Scheme::headers);
    [provider.id.as_str(), &provider.name]
        .into_iter()
        .chain(provider.aliases.iter().map(String::as_str))
        .chain(provider.detect.headers.iter().map(String::as_str))
        .chain(located)
        .map(str::to_owned)
        .chain(signed)
        .any(|own| own.to_lowercase().contains(&text))
}

/// Runs `providers list`.
pub(super) fn run(args: &ListArgs, session: &Session) -> Result<(), CommandError> {
    let ui = session.ui;
    let mut providers = session.catalog.all();
    providers.retain(|own| args.wants(own));
    if args.format == Format::Json {
        return providers
            .iter()
            .try_for_each(|own| ui.line(&json::line(&summary(own))));
    }
    if providers.is_empty() {
        ui.status("no provider is like that");
        return Ok(());
    }
    let Some((width, height)) = ui.screen() else {
        let lines = catalog::plain(&providers, ui.out());
        return ui.line(&lines.join("\n"));
    };
    let mut lines = catalog::grouped(&providers, ui.out(), width);
    // Legend and prompt take a line each.
    let is_cut = !args.long && lines.len() + 2 > height;
    if is_cut {
        lines = catalog::compact(&providers, ui.out(), width);
    }
    lines.extend(catalog::legend(&providers, ui.out()));
    ui.line(&lines.join("\n"))?;
    if is_cut {
        ui.hint("--long shows more of each; --category, --status and --search choose");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::Catalog;

    #[test]
    fn names_and_headers_are_searched() {
        let catalog = Catalog::default();
        let github = catalog.get("github").expect("known");
        for text in ["GitH", "hub-signature", "x-github-delivery"] {
            assert!(has(github, text), "{text}");
        }
        assert!(has(catalog.get("svix").expect("known"), "svix"));
        assert!(!has(github, "stripe"));
    }
}
