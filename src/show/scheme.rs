//! How a provider signs: the signed text drawn, and what goes with it.

use jiff::Timestamp;

use super::line::visible_width;
use super::page::{LEAST, Page, wrapped};
use super::snippet;
use super::table::cut;
use crate::core::provider::Provider;
use crate::core::random::Random;
use crate::core::scheme::{Algorithm, Layout, Part, Scheme, TimestampRule, Unit};
use crate::core::trial::{NOW, Trial};
use crate::core::verdict::Coverage;

/// A value in the drawing takes so many columns at most; the fewer where there is no room for more.
const VALUE: [usize; 2] = [24, 12];

/// Everything about one scheme.
pub(super) fn write(page: &mut Page, provider: &Provider, scheme: &Scheme) {
    let legacy = if scheme.legacy {
        ", only when named"
    } else {
        ""
    };
    page.title(&format!("signature `{}`{legacy}", scheme.name));
    page.row("algorithm", scheme.algorithm.as_str());
    signed_text(page, provider, scheme);
    headers(page, scheme);
    page.row("key", &key(scheme));
    if scheme.fresh_secret(&mut Random::from_text("")).is_some() {
        let named = snippet::scheme_option(provider, scheme);
        page.row(
            "",
            &format!("a fresh one: hookcat keys new {}{named}", provider.id),
        );
    }
    page.row("covers", covers(scheme));
    if let Some(rule) = &scheme.timestamp {
        page.row("timestamp", rule.unit.describe());
    }
    page.row("tolerance", &tolerance(scheme));
    page.row(
        "rotation",
        if scheme.carries_several() {
            "several signatures in one delivery, any may match"
        } else {
            "one signature: while secrets change, verify with both"
        },
    );
}

fn headers(page: &mut Page, scheme: &Scheme) {
    let signature = &scheme.signature;
    let shape = signature.layout.shape(signature.encoding);
    let place = match signature.place.header() {
        Some(name) => format!("{name}: {shape}"),
        None => format!("{}: {shape}", signature.place.describe()),
    };
    page.row("stands in", &place);
    let others = signature.place.headers().into_iter().skip(1);
    for name in others {
        page.row("", &format!("or {name}: {shape}"));
    }
    if let Some(name) = &scheme.id_header {
        page.row("", &format!("{name}: <id>"));
    }
    if let Some(name) = scheme
        .timestamp
        .as_ref()
        .and_then(|own| own.header.as_ref())
    {
        page.row("", &format!("{name}: <timestamp>"));
    }
    if let Some(name) = &scheme.key_id_header {
        page.row("", &format!("{name}: <id of the key>"));
    }
    for name in &scheme.require {
        page.row("requires", name);
    }
    for (name, value) in &scheme.require_equal {
        page.row("requires", &format!("{name}: {value}"));
    }
    if scheme.body_required {
        page.row("requires", "a body: an empty one is refused");
    }
    if scheme.age_first {
        page.row("order", "the age is judged before the signature");
    }
}

/// What the key is and what a real one looks like.
fn key(scheme: &Scheme) -> String {
    let mut text = scheme.key.describe().to_owned();
    if let Some(shape) = &scheme.key_shape {
        text.push_str(&format!(", such as `{}`", shape.replace('*', "…")));
    }
    text
}

fn covers(scheme: &Scheme) -> &'static str {
    match scheme.coverage() {
        Coverage::Body => "the whole body",
        Coverage::Part => "part of the body: the rest can be changed",
        Coverage::None => "nothing of the body: another body still verifies",
    }
}

fn tolerance(scheme: &Scheme) -> String {
    if let Some(rule) = &scheme.jwt {
        return match rule.max_age {
            Some(limit) => {
                format!("`iat` of the token: {limit} s in the past; `exp` and `nbf` too")
            }
            None => "`exp`, `nbf` and `iat` of the token, 5 s for clocks that differ".to_owned(),
        };
    }
    let Some(rule) = scheme
        .timestamp
        .as_ref()
        .filter(|own| own.unit != Unit::Opaque)
    else {
        return "none: an old delivery that is sent again still verifies".to_owned();
    };
    let side = |limit: Option<i64>, word: &str| {
        limit.map_or_else(
            || format!("any time in the {word}"),
            |limit| format!("{limit} s in the {word}"),
        )
    };
    format!(
        "{}, {}",
        side(rule.past, "past"),
        side(rule.future, "future")
    )
}

/// The signed text, drawn: its parts, an example, and what each part is.
fn signed_text(page: &mut Page, provider: &Provider, scheme: &Scheme) {
    if let Some(code) = scheme.signed_by {
        return page.row("signs", code.describe());
    }
    if scheme.algorithm == Algorithm::Token {
        return page.row("signs", "nothing: the secret itself is sent");
    }
    let parts = scheme.signed.parts();
    let shape: String = parts.iter().map(Part::describe).collect();
    page.row("signs", &shape);
    let trial = Trial::of(provider, scheme).ok();
    let values: Vec<String> = parts
        .iter()
        .map(|part| match &trial {
            Some(trial) => trial.value(part),
            None => without_key(part, scheme),
        })
        .collect();
    let pieces = |most| -> Vec<Piece> {
        let both = parts.iter().zip(&values);
        both.map(|(part, value)| Piece {
            value: shortened(value, most),
            meaning: meaning(part, scheme),
        })
        .collect()
    };
    let colour = |text: &str| page.paint.cyan(text);
    let lines = VALUE
        .iter()
        .find_map(|&most| drawn(&pieces(most), page.room(), colour))
        .unwrap_or_else(|| listed(&pieces(VALUE[0]), page.room(), colour));
    page.lines("", &lines);
}

/// A part of the signed text in an example.
struct Piece {
    value: String,
    /// What it is; nothing where it stands for itself.
    meaning: Option<String>,
}

/// The same for a scheme whose keys are not made here.
fn without_key(part: &Part, scheme: &Scheme) -> String {
    match (part, &scheme.timestamp) {
        (Part::Timestamp, Some(rule)) => rule
            .unit
            .render(Timestamp::from_second(NOW).unwrap_or_default()),
        (Part::Body, _) => r#"{"event":"example"}"#.to_owned(),
        (Part::BodyCrc32, _) => "3709340797".to_owned(),
        (Part::Id, _) => "id_1".to_owned(),
        (Part::Literal(text), _) => text.clone(),
        (Part::Secret, _) => "SECRET".to_owned(),
        _ => part.describe(),
    }
}

/// A value in few columns, nothing in it that breaks the line.
fn shortened(value: &str, most: usize) -> String {
    let start: String = value.chars().take(most + 1).collect();
    let plain = start.escape_debug().to_string();
    cut(&plain.replace("\\\"", "\"").replace("\\'", "'"), most).into_owned()
}

/// The example, and under each part a line to what it is:
///
/// ```text
/// v0:1700000000:{"token":"Jhj5dZrV…
///    │          └ the raw body, byte for byte
///    └ header `X-Slack-Request-Timestamp`, whole seconds since 1970
/// ```
fn drawn(pieces: &[Piece], room: usize, colour: impl Fn(&str) -> String) -> Option<Vec<String>> {
    let example: String = pieces.iter().map(|own| own.value.as_str()).collect();
    let mut column = 0;
    let mut marked: Vec<(usize, &str)> = Vec::new();
    for piece in pieces {
        marked.extend(piece.meaning.as_deref().map(|text| (column, text)));
        column += visible_width(&piece.value);
    }
    let widest = marked.last().map_or(0, |(column, _)| *column);
    if room < widest + 2 + LEAST || example.chars().count() > room {
        return None;
    }
    let bars = |columns: &[(usize, &str)]| {
        let mut line = String::new();
        for (column, _) in columns {
            line.push_str(&" ".repeat(column - visible_width(&line)));
            line.push('│');
        }
        line
    };
    let coloured = |own: &Piece| match own.meaning {
        Some(_) => colour(&own.value),
        None => own.value.clone(),
    };
    let mut lines = vec![pieces.iter().map(coloured).collect()];
    while let Some((column, meaning)) = marked.pop() {
        let bars = bars(&marked);
        let gap = " ".repeat(column - visible_width(&bars));
        for (index, text) in wrapped(meaning, room - column - 2).iter().enumerate() {
            let mark = if index == 0 { "└ " } else { "  " };
            lines.push(format!("{bars}{gap}{mark}{text}"));
        }
    }
    Some(lines)
}

/// The parts one after the other, what each is under it.
fn listed(pieces: &[Piece], room: usize, colour: impl Fn(&str) -> String) -> Vec<String> {
    pieces
        .iter()
        .filter_map(|own| Some((own.value.as_str(), own.meaning.as_deref()?)))
        .flat_map(|(value, meaning)| {
            let lines = wrapped(meaning, room.saturating_sub(2));
            let lines = lines.into_iter().map(|line| format!("  {line}"));
            std::iter::once(colour(value)).chain(lines)
        })
        .collect()
}

/// What a part is and where it stands.
fn meaning(part: &Part, scheme: &Scheme) -> Option<String> {
    let text = match part {
        Part::Literal(_) => return None,
        Part::Body => "the raw body, byte for byte".to_owned(),
        Part::Timestamp => timestamp(scheme),
        Part::Id => match &scheme.id_header {
            Some(name) => format!("header `{name}`"),
            None => "the delivery's id".to_owned(),
        },
        Part::Method => "the request method".to_owned(),
        Part::Url => "the public URL, as the provider calls it".to_owned(),
        Part::UrlBase => "the public URL without its query".to_owned(),
        Part::Path => "the path of the public URL".to_owned(),
        Part::Target => "path and query of the public URL".to_owned(),
        Part::Secret => "the secret itself".to_owned(),
        Part::BodySha256 => "SHA-256 of the raw body, as hex".to_owned(),
        Part::BodyCrc32 => "CRC-32 of the raw body, as a decimal number".to_owned(),
        Part::FormSorted => "the form's fields, sorted: each name, then its value".to_owned(),
        Part::Header(name) => format!("header `{name}`"),
        Part::Query(name) => format!("query parameter `{name}`"),
        Part::Json(pointer) => format!("field `{pointer}` of the body"),
        Part::Form(name) => format!("form field `{name}`"),
    };
    Some(text)
}

fn timestamp(scheme: &Scheme) -> String {
    let Some(rule) = &scheme.timestamp else {
        return "the time".to_owned();
    };
    let TimestampRule {
        header, json, unit, ..
    } = rule;
    let place = match (&scheme.signature.layout, json, header) {
        (
            Layout::Pairs {
                timestamp_key: Some(key),
                ..
            },
            _,
            _,
        ) => format!("`{key}` beside the signature"),
        (Layout::Positional { .. }, _, _) => "before the signature".to_owned(),
        (_, Some(pointer), _) => format!("field `{pointer}` of the body"),
        (_, _, Some(name)) => format!("header `{name}`"),
        _ => "the time".to_owned(),
    };
    match unit {
        Unit::Opaque => format!("{place}, as sent"),
        unit => format!("{place}, {}", unit.describe()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces() -> Vec<Piece> {
        let piece = |value: &str, meaning: Option<&str>| Piece {
            value: value.to_owned(),
            meaning: meaning.map(str::to_owned),
        };
        vec![
            piece("v0:", None),
            piece("17", Some("the time, in seconds since long ago")),
            piece(".", None),
            piece("{}", Some("the body")),
        ]
    }

    #[test]
    fn each_part_has_a_line_to_what_it_is() {
        let lines = drawn(&pieces(), 40, str::to_owned).expect("room");
        assert_eq!(
            lines,
            [
                "v0:17.{}",
                "   │  └ the body",
                "   └ the time, in seconds since long ago",
            ]
        );
        let narrow = drawn(&pieces(), 28, str::to_owned).expect("room");
        assert_eq!(
            narrow[2..],
            ["   └ the time, in seconds", "     since long ago"]
        );
    }

    #[test]
    fn without_room_the_parts_are_listed() {
        assert!(drawn(&pieces(), 20, str::to_owned).is_none());
        let lines = listed(&pieces(), 20, str::to_owned);
        assert_eq!(lines[0], "17");
        assert_eq!(lines.last().map(String::as_str), Some("  the body"));
    }

    #[test]
    fn a_line_break_in_the_signed_text_does_not_break_the_line() {
        assert_eq!(shortened("a\nb", 9), "a\\nb");
        assert_eq!(shortened(r#"{"a":1}"#, 9), r#"{"a":1}"#);
        assert_eq!(visible_width(&shortened(&"x".repeat(99), 12)), 12);
    }
}
