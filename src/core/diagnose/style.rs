//! JSON written again, as the usual libraries do.

use std::fmt::Write;

use super::json::{Node, decoded, first};
use super::number::Numbers;

/// A body written again is at most so many times as long.
const LONGER: usize = 6;

/// How a library writes JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Style {
    pub(super) spacing: Spacing,
    pub(super) escapes: Escapes,
    pub(super) numbers: Numbers,
    pub(super) order: Order,
}

/// The white space between the tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spacing {
    /// None.
    Compact,
    /// A space after each comma and colon.
    Spaced,
    /// A line an item, indented by this; a space after each colon.
    Indent(&'static str),
}

/// Which characters are escaped, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Escapes {
    /// As they stand.
    Kept,
    /// Only those that must be: `JSON.stringify` and most others.
    Least,
    /// All beyond ASCII too: Python's `json.dumps`.
    Ascii,
    /// The slash, and all beyond ASCII: PHP's `json_encode`.
    Php,
    /// The slash: PHP with `JSON_UNESCAPED_UNICODE`.
    Slash,
    /// `<`, `>` and `&`: Go and Rails.
    Html,
    /// The same, `=` and `'`: Gson.
    Gson,
    /// All that .NET's `System.Text.Json` holds unsafe, in upper-case digits.
    DotNet,
}

/// The order of an object's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// As they stand.
    Kept,
    /// Whole numbers first, in their order: JavaScript's objects.
    JavaScript,
    /// By code point.
    Sorted,
    /// The short before the long: `PostgreSQL`'s `jsonb`.
    Lengths,
}

impl Style {
    /// Writes the value of a body of this size; nothing where it would become many times longer.
    pub(super) fn write(self, node: &Node<'_>, size: usize) -> Option<Vec<u8>> {
        let mut special = [false; 256];
        if self.escapes != Escapes::Kept {
            for (byte, own) in (0..=u8::MAX).zip(&mut special) {
                *own = self.escapes.may_escape(byte);
            }
        }
        let mut writer = Writer {
            style: self,
            special,
            limit: LONGER * size + 4096,
            out: String::with_capacity(size + size / 4),
        };
        writer.node(node, 0);
        (writer.out.len() <= writer.limit).then(|| writer.out.into_bytes())
    }
}

struct Writer {
    style: Style,
    /// Bytes a text must be looked at for: they may be escaped.
    special: [bool; 256],
    /// Nothing is added beyond this length: an indent can be much longer than what it stands before.
    limit: usize,
    out: String,
}

impl Writer {
    fn node(&mut self, node: &Node<'_>, depth: usize) {
        match node {
            _ if self.out.len() > self.limit => {}
            Node::Bare(text) => match self.style.numbers.rewritten(text) {
                Some(other) => self.out.push_str(&other),
                None => self.out.push_str(text),
            },
            Node::Text(text) => self.text(text),
            Node::Array(items) => {
                self.out.push('[');
                for (index, item) in items.iter().enumerate() {
                    self.before(index, depth);
                    self.node(item, depth + 1);
                }
                self.end(items.is_empty(), depth, ']');
            }
            Node::Object(fields) => {
                self.out.push('{');
                match self.style.order.of(fields) {
                    None => self.fields(fields.iter().map(|(name, node)| (*name, node)), depth),
                    Some(ordered) => self.fields(ordered.into_iter(), depth),
                }
                self.end(fields.is_empty(), depth, '}');
            }
        }
    }

    fn fields<'n, 'a: 'n>(
        &mut self,
        fields: impl Iterator<Item = (&'a str, &'n Node<'a>)>,
        depth: usize,
    ) {
        for (index, (name, node)) in fields.enumerate() {
            self.before(index, depth);
            self.text(name);
            self.out.push(':');
            if self.style.spacing != Spacing::Compact {
                self.out.push(' ');
            }
            self.node(node, depth + 1);
        }
    }

    fn before(&mut self, index: usize, depth: usize) {
        if index > 0 {
            self.out.push(',');
        }
        match self.style.spacing {
            Spacing::Spaced if index > 0 => self.out.push(' '),
            Spacing::Indent(indent) => line(indent, depth + 1, &mut self.out),
            _ => {}
        }
    }

    fn end(&mut self, is_empty: bool, depth: usize, close: char) {
        if let (Spacing::Indent(indent), false) = (self.style.spacing, is_empty) {
            line(indent, depth, &mut self.out);
        }
        self.out.push(close);
    }

    fn text(&mut self, text: &str) {
        self.out.push('"');
        let mut rest = text;
        let special = |byte: u8| self.special[usize::from(byte)];
        while let Some(at) = rest.bytes().position(special) {
            let Some((code, after)) = first(&rest[at..]) else {
                break;
            };
            self.out.push_str(&rest[..at]);
            match (self.style.escapes.escape(code), char::from_u32(code)) {
                (Some(escape), _) => escape.write(code, &mut self.out),
                (None, Some(char)) => self.out.push(char),
                (None, None) => Escape::Lower.write(code, &mut self.out),
            }
            rest = after;
        }
        self.out.push_str(rest);
        self.out.push('"');
    }
}

fn line(indent: &str, depth: usize, out: &mut String) {
    out.push('\n');
    for _ in 0..depth {
        out.push_str(indent);
    }
}

/// How one character is escaped.
enum Escape {
    /// By a backslash and this.
    Short(char),
    /// `\u` and four digits, in lower case.
    Lower,
    /// The same in upper case.
    Upper,
}

impl Escape {
    fn write(&self, code: u32, out: &mut String) {
        let mut units = [0; 2];
        let units = match (self, char::from_u32(code)) {
            (Self::Short(char), _) => {
                out.push('\\');
                return out.push(*char);
            }
            (_, Some(char)) => char.encode_utf16(&mut units),
            (_, None) => {
                units[0] = u16::try_from(code).unwrap_or_default();
                &mut units[..1]
            }
        };
        for unit in units {
            // Writing to a string does not fail.
            let _ = match self {
                Self::Upper => write!(out, "\\u{unit:04X}"),
                _ => write!(out, "\\u{unit:04x}"),
            };
        }
    }
}

impl Escapes {
    fn only_ascii(self) -> bool {
        matches!(self, Self::Ascii | Self::Php | Self::DotNet)
    }

    /// Whether a text with this byte may be written otherwise than it stands.
    fn may_escape(self, byte: u8) -> bool {
        match byte {
            0..0x80 => self.escape(u32::from(byte)).is_some(),
            // The first byte of the two separators of lines.
            0xe2 => self.escape(0x2028).is_some(),
            _ => self.only_ascii(),
        }
    }

    fn escape(self, code: u32) -> Option<Escape> {
        let own = char::from_u32(code).unwrap_or_default();
        let short = |char| Some(Escape::Short(char));
        match own {
            '"' if self == Self::DotNet => Some(Escape::Upper),
            '"' | '\\' => short(own),
            '\n' => short('n'),
            '\t' => short('t'),
            '\r' => short('r'),
            '\u{8}' => short('b'),
            '\u{c}' => short('f'),
            '/' if matches!(self, Self::Php | Self::Slash) => short('/'),
            '<' | '>' | '&' if matches!(self, Self::Html | Self::Gson) => Some(Escape::Lower),
            '=' | '\'' if self == Self::Gson => Some(Escape::Lower),
            '<' | '>' | '&' | '\'' | '+' | '`' | '\u{7f}' if self == Self::DotNet => {
                Some(Escape::Upper)
            }
            '\u{2028}' | '\u{2029}' if matches!(self, Self::Html | Self::Gson | Self::Slash) => {
                Some(Escape::Lower)
            }
            _ if code < 0x20 && self == Self::DotNet => Some(Escape::Upper),
            _ if code < 0x20 => Some(Escape::Lower),
            _ if code >= 0x80 && self == Self::DotNet => Some(Escape::Upper),
            _ if code >= 0x80 && self.only_ascii() => Some(Escape::Lower),
            _ => None,
        }
    }
}

impl Order {
    /// An object's fields in this order; nothing where they stand in it.
    fn of<'n, 'a>(self, fields: &'n [(&'a str, Node<'a>)]) -> Option<Vec<(&'a str, &'n Node<'a>)>> {
        let in_order = match self {
            Self::Kept => true,
            Self::JavaScript => !fields.iter().any(|(name, _)| index(name).is_some()),
            Self::Sorted | Self::Lengths => fields.len() < 2,
        };
        if in_order {
            return None;
        }
        let mut fields: Vec<_> = fields.iter().map(|(name, node)| (*name, node)).collect();
        match self {
            Self::Kept => {}
            // Names that are no numbers come after them all, in the order they stand in.
            Self::JavaScript => fields.sort_by_key(|(name, _)| index(name).unwrap_or(u32::MAX)),
            Self::Sorted => fields.sort_by(|a, b| decoded(a.0).cmp(&decoded(b.0))),
            Self::Lengths => fields.sort_by(|a, b| {
                let (a, b) = (decoded(a.0), decoded(b.0));
                a.len().cmp(&b.len()).then(a.cmp(&b))
            }),
        }
        Some(fields)
    }
}

/// The number a name is, if JavaScript takes it for an array's index.
fn index(name: &str) -> Option<u32> {
    let plain = name == "0" || matches!(name.as_bytes().first(), Some(b'1'..=b'9'));
    if !plain {
        return None;
    }
    name.parse().ok().filter(|own| *own != u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::json::parse;
    use super::*;

    const BODY: &str = r#"{ "b":"é/<&>'+=", "a":[1.0,{}, []],"10":null,"9":"\u2028😀\u0001\"" }"#;

    fn write(spacing: Spacing, escapes: Escapes, numbers: Numbers, order: Order) -> String {
        let style = Style {
            spacing,
            escapes,
            numbers,
            order,
        };
        let node = parse(BODY.as_bytes()).expect("JSON");
        let written = style.write(&node, BODY.len()).expect("short");
        String::from_utf8(written).expect("text")
    }

    /// The first three as Node.js 20 and Python 3.13 write them.
    #[test]
    fn bodies_are_written_as_the_libraries_do() {
        use Spacing::{Compact, Indent, Spaced};
        let javascript = |spacing| {
            write(
                spacing,
                Escapes::Least,
                Numbers::JavaScript,
                Order::JavaScript,
            )
        };
        assert_eq!(
            javascript(Compact),
            "{\"9\":\"\u{2028}😀\\u0001\\\"\",\"10\":null,\"b\":\"é/<&>'+=\",\"a\":[1,{},[]]}"
        );
        assert_eq!(
            javascript(Indent("  ")),
            "{\n  \"9\": \"\u{2028}😀\\u0001\\\"\",\n  \"10\": null,\n  \"b\": \"é/<&>'+=\",\n  \"a\": [\n    1,\n    {},\n    []\n  ]\n}"
        );
        assert_eq!(
            write(Spaced, Escapes::Ascii, Numbers::Python, Order::Kept),
            r#"{"b": "\u00e9/<&>'+=", "a": [1.0, {}, []], "10": null, "9": "\u2028\ud83d\ude00\u0001\""}"#
        );
        assert_eq!(
            write(Compact, Escapes::Php, Numbers::Php, Order::Kept),
            r#"{"b":"\u00e9\/<&>'+=","a":[1,{},[]],"10":null,"9":"\u2028\ud83d\ude00\u0001\""}"#
        );
        assert_eq!(
            write(Compact, Escapes::Html, Numbers::JavaScript, Order::Sorted),
            r#"{"10":null,"9":"\u2028😀\u0001\"","a":[1,{},[]],"b":"é/\u003c\u0026\u003e'+="}"#
        );
        assert_eq!(
            write(Compact, Escapes::DotNet, Numbers::Kept, Order::Kept),
            r#"{"b":"\u00E9/\u003C\u0026\u003E\u0027\u002B=","a":[1.0,{},[]],"10":null,"9":"\u2028\uD83D\uDE00\u0001\u0022"}"#
        );
        assert_eq!(
            write(Compact, Escapes::Gson, Numbers::Kept, Order::Lengths),
            r#"{"9":"\u2028😀\u0001\"","a":[1.0,{},[]],"b":"é/\u003c\u0026\u003e\u0027+\u003d","10":null}"#
        );
        assert_eq!(
            write(Compact, Escapes::Kept, Numbers::Kept, Order::Kept),
            r#"{"b":"é/<&>'+=","a":[1.0,{}, []],"10":null,"9":"\u2028😀\u0001\""}"#
                .replace(", ", ",")
        );
    }

    #[test]
    fn a_body_does_not_become_many_times_longer() {
        let body = "[".repeat(100) + &"[],".repeat(2000) + "[]" + &"]".repeat(100);
        let node = parse(body.as_bytes()).expect("JSON");
        let style = |spacing| Style {
            spacing,
            escapes: Escapes::Kept,
            numbers: Numbers::Kept,
            order: Order::Kept,
        };
        assert_eq!(
            style(Spacing::Indent("    ")).write(&node, body.len()),
            None
        );
        let compact = style(Spacing::Compact).write(&node, body.len());
        assert_eq!(compact, Some(body.into_bytes()));
    }
}
