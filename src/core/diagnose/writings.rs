//! The ways JSON is written again, as data.

use super::Cause;
use super::number::Numbers;
use super::style::{Escapes, Order, Spacing, Style};

/// How a library writes JSON: what of it is told, and the look of it.
pub(super) type Writing = (Cause, &'static str, Style);

const fn style(spacing: Spacing, escapes: Escapes, numbers: Numbers, order: Order) -> Style {
    Style {
        spacing,
        escapes,
        numbers,
        order,
    }
}

const fn javascript(spacing: Spacing) -> Style {
    style(
        spacing,
        Escapes::Least,
        Numbers::JavaScript,
        Order::JavaScript,
    )
}

const fn kept(spacing: Spacing, escapes: Escapes) -> Style {
    style(spacing, escapes, Numbers::Kept, Order::Kept)
}

const fn python(spacing: Spacing, escapes: Escapes, order: Order) -> Style {
    style(spacing, escapes, Numbers::Python, order)
}

const COMPACT: &str = "were compact JSON, as JSON.stringify writes it";
const SPACED: &str =
    "were JSON with a space after each comma and colon, as Python's json.dumps writes it";
const PHP: &str = "were JSON as PHP's json_encode writes it, with `\\/`";
const HTML: &str = "were JSON with <, > and & escaped, as Go and Rails write it";
const SORTED: &str = "were JSON with sorted keys";

/// The usual ones.
pub(super) const LIKELY: [Writing; 12] = {
    use Escapes::{Ascii, Html, Kept, Least, Php};
    use Spacing::{Compact, Indent, Spaced};
    [
        (Cause::JsonCompact, COMPACT, javascript(Compact)),
        (Cause::JsonCompact, "were compact JSON", kept(Compact, Kept)),
        (
            Cause::JsonSpaced,
            SPACED,
            python(Spaced, Ascii, Order::Kept),
        ),
        (
            Cause::JsonPretty,
            "were JSON indented by 2 spaces",
            javascript(Indent("  ")),
        ),
        (
            Cause::JsonSpaced,
            "were JSON as Python's json.dumps(ensure_ascii=False) writes it",
            python(Spaced, Least, Order::Kept),
        ),
        (
            Cause::JsonSorted,
            SORTED,
            style(Compact, Least, Numbers::JavaScript, Order::Sorted),
        ),
        (
            Cause::JsonSlashes,
            PHP,
            style(Compact, Php, Numbers::Php, Order::Kept),
        ),
        (
            Cause::JsonHtmlEscapes,
            HTML,
            style(Compact, Html, Numbers::JavaScript, Order::Sorted),
        ),
        (
            Cause::JsonPretty,
            "were JSON indented by 4 spaces",
            javascript(Indent("    ")),
        ),
        (
            Cause::JsonUnicode,
            "were compact JSON with \\u escapes beyond ASCII",
            kept(Compact, Ascii),
        ),
        (
            Cause::JsonUnicode,
            "were compact JSON without \\u escapes",
            kept(Compact, Least),
        ),
        (
            Cause::JsonSorted,
            "were JSON with sorted keys, as Python's json.dumps(sort_keys=True) writes it",
            python(Spaced, Ascii, Order::Sorted),
        ),
    ]
};

/// The rest.
pub(super) const RARE: [Writing; 18] = {
    use Escapes::{Ascii, DotNet, Gson, Html, Kept, Least, Php, Slash};
    use Spacing::{Compact, Indent, Spaced};
    const TWO: Spacing = Indent("  ");
    const FOUR: Spacing = Indent("    ");
    [
        (Cause::JsonHtmlEscapes, HTML, kept(Compact, Html)),
        (
            Cause::JsonHtmlEscapes,
            "were JSON with < > & = ' escaped, as Gson writes it",
            kept(Compact, Gson),
        ),
        (
            Cause::JsonDotnet,
            "were JSON as .NET's System.Text.Json writes it",
            kept(Compact, DotNet),
        ),
        (
            Cause::JsonDotnet,
            "were indented JSON as .NET's System.Text.Json writes it",
            kept(TWO, DotNet),
        ),
        (
            Cause::JsonSlashes,
            "were JSON with `\\/`, as PHP writes it with JSON_UNESCAPED_UNICODE",
            style(Compact, Slash, Numbers::Php, Order::Kept),
        ),
        (
            Cause::JsonSlashes,
            "were JSON as PHP writes it with JSON_PRETTY_PRINT",
            style(FOUR, Php, Numbers::Php, Order::Kept),
        ),
        (
            Cause::JsonPretty,
            "were JSON indented by tabs",
            javascript(Indent("\t")),
        ),
        (
            Cause::JsonPretty,
            "were JSON indented by 2 spaces",
            kept(TWO, Kept),
        ),
        (
            Cause::JsonPretty,
            "were JSON indented by 4 spaces",
            kept(FOUR, Kept),
        ),
        (
            Cause::JsonPretty,
            "were JSON indented by tabs",
            kept(Indent("\t"), Kept),
        ),
        (
            Cause::JsonPretty,
            "were JSON as Python's json.dumps(indent=2) writes it",
            python(TWO, Ascii, Order::Kept),
        ),
        (
            Cause::JsonPretty,
            "were JSON as Python's json.dumps(indent=4) writes it",
            python(FOUR, Ascii, Order::Kept),
        ),
        (
            Cause::JsonSpaced,
            "were JSON with a space after each comma and colon",
            kept(Spaced, Kept),
        ),
        (
            Cause::JsonSorted,
            "were compact JSON with sorted keys and \\u escapes",
            python(Compact, Ascii, Order::Sorted),
        ),
        (
            Cause::JsonSorted,
            SORTED,
            style(Compact, Kept, Numbers::Kept, Order::Sorted),
        ),
        (
            Cause::JsonSorted,
            "were JSON with sorted keys, indented by 2 spaces",
            style(TWO, Least, Numbers::JavaScript, Order::Sorted),
        ),
        (
            Cause::JsonSorted,
            "were JSON with sorted keys, indented by 4 spaces",
            python(FOUR, Ascii, Order::Sorted),
        ),
        (
            Cause::JsonColumn,
            "were JSON as PostgreSQL's jsonb writes it",
            style(Spaced, Least, Numbers::Kept, Order::Lengths),
        ),
    ]
};
