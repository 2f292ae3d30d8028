//! The catalogue: as a table in groups, as names in columns, as plain lines.

use super::Paint;
use super::line::visible_width;
use super::sanitize;
use super::table::Table;
use crate::core::category::Category;
use crate::core::provider::{Confidence, Provider, Status};
use crate::core::scheme::{Encoding, Scheme};

/// The space between two names.
const GAP: usize = 2;

/// What the marks stand for, in the order of [`marks`].
const LEGEND: [(&str, &str); 3] = [
    (UNSIGNED, "sends no signature"),
    (PLANNED, "not in service yet"),
    (SECOND_HAND, "second-hand facts"),
];
const UNSIGNED: &str = "○";
const PLANNED: &str = "◌";
const SECOND_HAND: &str = "?";

/// How a provider signs, in few words: `hmac-sha256 hex`, `ed25519`, `token`, `none`.
#[must_use]
pub fn signature(provider: &Provider) -> String {
    provider
        .schemes
        .first()
        .map_or_else(|| "none".to_owned(), in_short)
}

/// A scheme in few words.
#[must_use]
pub fn in_short(scheme: &Scheme) -> String {
    let encoding = match scheme.signature.encoding {
        Encoding::Hex | Encoding::HexLower => "hex",
        Encoding::Base64 => "base64",
        Encoding::Base64url | Encoding::Base64urlNopad => "base64url",
        Encoding::Text => return scheme.algorithm.as_str().to_owned(),
    };
    if scheme.algorithm.has_pair() || scheme.algorithm.as_str() == "token" {
        return scheme.algorithm.as_str().to_owned();
    }
    format!("{} {encoding}", scheme.algorithm.as_str())
}

/// The marks of a provider, none for one that is live and well known.
fn marks(provider: &Provider) -> String {
    let status = match provider.status {
        Status::Live => "",
        Status::Unsigned => UNSIGNED,
        Status::Planned => PLANNED,
    };
    let facts = match provider.confidence {
        Confidence::SecondHand => SECOND_HAND,
        Confidence::PublishedVector | Confidence::OfficialSource => "",
    };
    format!("{status}{facts}")
}

/// The marks that stand in a list, with their meaning; nothing where there are none.
#[must_use]
pub fn legend(providers: &[&Provider], paint: Paint) -> Option<String> {
    let used: String = providers.iter().map(|own| marks(own)).collect();
    let told: Vec<String> = LEGEND
        .iter()
        .filter(|(mark, _)| used.contains(mark))
        .map(|(mark, meaning)| format!("{} {}", paint.yellow(mark), paint.dim(meaning)))
        .collect();
    (!told.is_empty()).then(|| told.join("   "))
}

/// The groups there are, in the catalogue's order.
fn groups<'a>(providers: &[&'a Provider]) -> Vec<(Category, Vec<&'a Provider>)> {
    Category::ALL
        .into_iter()
        .map(|category| {
            let members = providers.iter().copied();
            let members = members.filter(|own| own.category == category).collect();
            (category, members)
        })
        .filter(|(_, members): &(_, Vec<_>)| !members.is_empty())
        .collect()
}

/// A table in groups, each under its name: for a person who looks for one.
#[must_use]
pub fn grouped(providers: &[&Provider], paint: Paint, width: usize) -> Vec<String> {
    let groups = groups(providers);
    let mut table = Table::new(&["  provider", "", "signature", "name"]);
    table.yielding(&["name"]);
    for provider in groups.iter().flat_map(|(_, members)| members) {
        table.row(vec![
            format!("  {}", paint.bold(&provider.id)),
            paint.yellow(&marks(provider)),
            signature(provider),
            sanitize::line(&provider.name).into_owned(),
        ]);
    }
    let mut rows = table.lines(paint, width).into_iter();
    let mut lines: Vec<String> = rows.next().into_iter().collect();
    for (category, members) in groups {
        lines.push(format!(
            "{} {}",
            paint.cyan(category.as_str()),
            paint.dim(&format!("({})", members.len()))
        ));
        lines.extend(rows.by_ref().take(members.len()));
    }
    lines
}

/// The names alone, in as many columns as fit, each group behind its name: for a person who looks
/// at them all.
#[must_use]
pub fn compact(providers: &[&Provider], paint: Paint, width: usize) -> Vec<String> {
    let label = Category::ALL
        .map(|own| own.as_str().len())
        .into_iter()
        .max();
    let label = label.unwrap_or_default() + GAP;
    let mut lines = Vec::new();
    for (category, members) in groups(providers) {
        let cells: Vec<String> = members
            .iter()
            .map(|own| format!("{}{}", own.id, paint.yellow(&marks(own))))
            .collect();
        let name = category.as_str();
        let mut start = format!("{}{}", paint.cyan(name), " ".repeat(label - name.len()));
        for line in columns(&cells, width.saturating_sub(label)) {
            lines.push(format!("{start}{line}"));
            start = " ".repeat(label);
        }
    }
    lines
}

/// Cells in columns, read downwards as those of `ls`: the fewest lines that fit.
fn columns(cells: &[String], room: usize) -> Vec<String> {
    let widest = |column: &[String]| column.iter().map(|own| visible_width(own)).max();
    let height = (1..=cells.len())
        .find(|&height| {
            let widths = cells.chunks(height).filter_map(widest);
            widths.map(|width| width + GAP).sum::<usize>() <= room.saturating_add(GAP)
        })
        .unwrap_or(cells.len());
    let mut lines = vec![String::new(); height.min(cells.len())];
    for column in cells.chunks(height.max(1)) {
        let width = widest(column).unwrap_or_default() + GAP;
        for (line, cell) in lines.iter_mut().zip(column) {
            line.push_str(cell);
            line.push_str(&" ".repeat(width - visible_width(cell)));
        }
    }
    for line in &mut lines {
        line.truncate(line.trim_end().len());
    }
    lines
}

/// A line a provider with its group, for pipes: nothing is cut and everything is a word.
#[must_use]
pub fn plain(providers: &[&Provider], paint: Paint) -> Vec<String> {
    let mut table = Table::new(&["provider", "group", "status", "signature", "facts", "name"]);
    for (category, members) in groups(providers) {
        for provider in members {
            table.row(vec![
                provider.id.clone(),
                category.as_str().to_owned(),
                provider.status.as_str().to_owned(),
                signature(provider),
                provider.confidence.as_str().to_owned(),
                sanitize::line(&provider.name).into_owned(),
            ]);
        }
    }
    table.lines(paint, usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::Catalog;

    #[test]
    fn columns_are_the_fewest_lines_that_fit() {
        let cells: Vec<String> = ["aaaa", "b", "cc", "d", "e"].map(str::to_owned).into();
        assert_eq!(columns(&cells, 40), ["aaaa  b  cc  d  e"]);
        assert_eq!(columns(&cells, 12), ["aaaa  cc  e", "b     d"]);
        assert_eq!(columns(&cells, 0).len(), 5);
        assert!(columns(&[], 10).is_empty());
    }

    #[test]
    fn no_line_is_wider_than_the_screen() {
        let catalog = Catalog::default();
        for width in [60, 80, 160] {
            for line in compact(&catalog.all(), Paint::new(true), width)
                .iter()
                .chain(&grouped(&catalog.all(), Paint::new(true), width))
            {
                assert!(visible_width(line) <= width, "{line}");
            }
        }
    }
}
