//! A verification laid open: what was signed, what was received, what each key makes of it, and how
//! much of the message that vouches for.

use serde_json::{Value, json};

use super::page::Page;
use super::{Paint, sanitize};
use crate::core::scheme::{
    Algorithm, Context, Encoding, Layout, Part, Piece, PieceBytes, Scheme, Tolerance, Trace,
};
use crate::core::verdict::{Coverage, Reason};

/// A piece longer than this is shown by its start and its end.
const WHOLE: usize = 2048;
/// So many bytes of a long piece's start, and of its end, are shown.
const ENDS: [usize; 2] = [480, 160];

/// What is laid open.
pub struct Explanation<'a> {
    /// The scheme it was held against.
    pub scheme: &'a Scheme,
    /// The signed texts, or why there are none to show.
    pub traces: Result<Vec<Trace>, Reason>,
    /// The place of each key's secret in the order given, counted from 0.
    pub places: Vec<usize>,
    /// What was known beside the message.
    pub context: &'a Context<'a>,
    /// How much of the body is covered.
    pub coverage: Coverage,
    /// Whether the expected signatures are shown: whoever sees one can forge this very message.
    pub show_expected: bool,
}

impl Explanation<'_> {
    fn tolerance(&self) -> Option<Tolerance> {
        let any = Tolerance {
            past: None,
            future: None,
        };
        let given = self.context.tolerance.is_some() || self.context.max_age.is_some();
        let own = self.scheme.tolerance().or(given.then_some(any));
        own.map(|own| self.context.limits(own))
    }

    /// The expected signature as it may be shown; a static token is the secret itself and never is.
    fn expected(&self, trace: &Trace, index: usize) -> Option<String> {
        let own = trace.made.get(index)?.expected.as_ref()?;
        let may = self.show_expected && self.scheme.algorithm != Algorithm::Token;
        may.then(|| String::from_utf8_lossy(own.expose()).into_owned())
    }
}

/// The explanation for a person.
#[must_use]
pub fn text(own: &Explanation<'_>, paint: Paint, width: usize) -> String {
    let mut page = Page::new(paint, width);
    let scheme = own.scheme;
    page.row(
        "scheme",
        &format!("{}: {}", scheme.name, scheme.algorithm.as_str()),
    );
    page.row("key", scheme.key.describe());
    let shape = scheme.signature.layout.shape(scheme.signature.encoding);
    let place = match scheme.signature.place.header() {
        Some(name) => format!("{name}: {shape}"),
        None => format!("{}: {shape}", scheme.signature.place.describe()),
    };
    page.row("stands in", &place);
    match &own.traces {
        Err(reason) => page.row("received", &paint.red(&sanitize::line(&reason.to_string()))),
        Ok(traces) => {
            for trace in traces {
                write(&mut page, own, trace);
            }
        }
    }
    for (index, line) in covers(own).iter().enumerate() {
        page.row(if index == 0 { "covers" } else { "" }, line);
    }
    page.text.truncate(page.text.trim_end().len());
    page.text
}

fn write(page: &mut Page, own: &Explanation<'_>, trace: &Trace) {
    let paint = page.paint;
    page.row("received", &sanitize::line(&trace.value));
    for line in parsed(own, trace) {
        page.row("", &line);
    }
    let total: usize = trace.pieces.iter().map(|piece| piece.bytes.len()).sum();
    if own.scheme.algorithm == Algorithm::Token {
        page.row("signed", "nothing: the secret itself is sent");
    } else {
        page.row("signed", &format!("{total} bytes, escaped:"));
        let labels = trace.pieces.iter().map(label);
        let widest = labels.map(|text| text.chars().count()).max();
        let widest = widest.unwrap_or_default();
        for piece in &trace.pieces {
            if piece.label.chars().count() > LABELS {
                page.row("", &sanitize::line(&piece.label));
            }
            let bytes = format!("{} B", piece.bytes.len());
            let head = format!("{:widest$}  {bytes:>9}  ", label(piece));
            page.hang(
                &format!("{:15}{}", "", paint.dim(&head)),
                &paint.cyan(&shown(&piece.bytes)),
            );
        }
    }
    for (index, made) in trace.made.iter().enumerate() {
        let place = own.places.get(index).copied().unwrap_or(index) + 1;
        let mark = if made.matches {
            paint.green("✓ matches")
        } else {
            paint.red("✗ differs")
        };
        let value = match (&made.expected, own.expected(trace, index)) {
            (_, Some(text)) => text,
            (None, _) => "a public key makes no signature, it only checks one".to_owned(),
            (Some(_), None) if own.scheme.algorithm == Algorithm::Token => {
                "hidden: it is the secret".to_owned()
            }
            (Some(_), None) => "hidden: --show-expected prints it".to_owned(),
        };
        let name = if index == 0 { "computed" } else { "" };
        page.row(name, &format!("secret {place}  {mark}  {value}"));
    }
    for (index, check) in trace.checks.iter().enumerate() {
        let mark = if check.holds {
            paint.green("✓")
        } else {
            paint.red("✗ not so:")
        };
        let name = if index == 0 { "checks" } else { "" };
        page.row(name, &format!("{mark} {}", sanitize::line(&check.what)));
    }
    if trace.made.is_empty() {
        page.row("computed", "nothing: no secret was given");
    }
    if let Some(age) = trace.age {
        page.row("age", &age_line(age, own.tolerance()));
    }
}

/// Labels are not made wider than this.
const LABELS: usize = 28;

/// A short name of a piece; a longer label stands in a line of its own before it.
fn label(piece: &Piece) -> String {
    let text = sanitize::line(&piece.label).into_owned();
    match text.chars().count() {
        0 => "(literal)".to_owned(),
        1..=LABELS => text,
        _ if text.starts_with('<') => "text".to_owned(),
        _ => text.split(' ').next().unwrap_or_default().to_owned(),
    }
}

/// The parts of the value as they were read.
fn parsed(own: &Explanation<'_>, trace: &Trace) -> Vec<String> {
    let mut lines = Vec::new();
    let plain = matches!(own.scheme.signature.layout, Layout::Plain { .. });
    if !trace.timestamp.is_empty() {
        lines.push(format!("timestamp  {}", sanitize::line(&trace.timestamp)));
    }
    if let Some(id) = &trace.key_id {
        lines.push(format!("key id     {}", sanitize::line(id)));
    }
    for text in &trace.signatures {
        // What stands in the header is a whole token; its signature is written as RFC 7515 says.
        let encoding = match own.scheme.jwt {
            Some(_) => Encoding::Base64urlNopad,
            None => own.scheme.signature.encoding,
        };
        let bytes = encoding.decode(text);
        let length = match (bytes, own.scheme.algorithm.tag_length()) {
            (_, _) if own.scheme.algorithm == Algorithm::Token => continue,
            (Some(bytes), Some(right)) if bytes.len() != right => format!(
                "{} bytes, but {} makes {right}",
                bytes.len(),
                own.scheme.algorithm.as_str()
            ),
            (Some(bytes), _) => format!("{} bytes", bytes.len()),
            (None, _) => format!("not {}", encoding.as_str()),
        };
        let shown = if plain && trace.signatures.len() == 1 && *text == trace.value {
            String::new()
        } else {
            format!("{}  ", sanitize::line(text))
        };
        lines.push(format!("signature  {shown}{length}"));
    }
    lines
}

/// A piece's bytes so that each can be told: a backslash is `\\`, a line break `\n`.
fn shown(bytes: &PieceBytes) -> String {
    match bytes {
        PieceBytes::Hidden(_) => "(the secret)".to_owned(),
        PieceBytes::Shown(bytes) if bytes.len() <= WHOLE => escaped(bytes),
        PieceBytes::Shown(bytes) => {
            let [start, end] = ENDS;
            let left = bytes.len() - start - end;
            format!(
                "{} …{left} bytes… {}",
                escaped(&bytes[..start]),
                escaped(&bytes[bytes.len() - end..])
            )
        }
    }
}

fn escaped(bytes: &[u8]) -> String {
    let doubled: Vec<u8> = bytes
        .iter()
        .flat_map(|&byte| std::iter::repeat_n(byte, if byte == b'\\' { 2 } else { 1 }))
        .collect();
    sanitize::bytes(&doubled)
}

fn age_line(age: i64, tolerance: Option<Tolerance>) -> String {
    let own = match age {
        0.. => format!("{age} s old"),
        _ => format!("{} s ahead", -age),
    };
    let side = |limit: Option<i64>, word: &str| match limit {
        Some(limit) => format!("{limit} s {word}"),
        None => format!("any {word}"),
    };
    match tolerance {
        None => own,
        Some(Tolerance { past, future }) => format!(
            "{own}; allowed: {}, {}",
            side(past, "old"),
            side(future, "ahead")
        ),
    }
}

/// What the signature vouches for, and what of the message anybody could change.
fn covers(own: &Explanation<'_>) -> [String; 2] {
    let scheme = own.scheme;
    let has = |wanted: &[Part]| {
        scheme
            .signed
            .parts()
            .iter()
            .any(|part| wanted.contains(part))
    };
    let body = match own.coverage {
        Coverage::Body => "the whole body",
        Coverage::Part => "part of the body",
        Coverage::None => "nothing of the body",
    };
    let mut covered = vec![body.to_owned()];
    let mut open = Vec::new();
    match own.coverage {
        Coverage::Body => {}
        Coverage::Part => open.push("the rest of the body"),
        Coverage::None => open.push("the body"),
    }
    if has(&[Part::Timestamp]) {
        covered.push("the timestamp".to_owned());
    }
    if has(&[Part::Id]) {
        covered.push("the delivery id".to_owned());
    }
    let url = scheme.needs_url() || has(&[Part::Path, Part::Target]);
    for (is_covered, name) in [(has(&[Part::Method]), "the method"), (url, "the URL")] {
        if is_covered {
            covered.push(name.to_owned());
        } else if scheme.signed_by.is_none() {
            // What a code covers beside body and URL, its own description tells.
            open.push(name);
        }
    }
    let headers = scheme.signed.parts().iter().filter_map(|part| match part {
        Part::Header(name) => Some(format!("header {name}")),
        _ => None,
    });
    covered.extend(headers);
    open.push("other headers");
    let mut left = format!("not covered: {}", open.join(", "));
    if scheme.timestamp.is_none() && scheme.jwt.is_none() {
        left.push_str("; there is no time: a delivery sent again still verifies");
    }
    [covered.join(", "), left]
}

/// The explanation for a program: the signed text is complete.
#[must_use]
pub fn json(own: &Explanation<'_>) -> Value {
    let traces = match &own.traces {
        Ok(traces) => traces.iter().map(|trace| traced(own, trace)).collect(),
        Err(_) => Value::Array(Vec::new()),
    };
    let tolerance = own.tolerance();
    json!({
        "algorithm": own.scheme.algorithm.as_str(),
        "encoding": own.scheme.signature.encoding.as_str(),
        "key": own.scheme.key.as_str(),
        "tolerance": { "past": tolerance.and_then(|own| own.past), "future": tolerance.and_then(|own| own.future) },
        "coverage": own.coverage.as_str(),
        "signatures": traces,
    })
}

fn traced(own: &Explanation<'_>, trace: &Trace) -> Value {
    let pieces = trace.pieces.iter().map(|piece| match &piece.bytes {
        PieceBytes::Hidden(length) => {
            json!({ "part": piece.label, "bytes": length, "hidden": true })
        }
        PieceBytes::Shown(bytes) => {
            let (key, value) = super::json::body(bytes);
            let key = key.replace("body", "text");
            json!({ "part": piece.label, "bytes": bytes.len(), key: value })
        }
    });
    let made = trace.made.iter().enumerate().map(|(index, made)| {
        json!({
            "secret_index": own.places.get(index).copied().unwrap_or(index),
            "matches": made.matches,
            "expected": own.expected(trace, index),
        })
    });
    json!({
        "value": trace.value,
        "received": trace.signatures,
        "timestamp": Some(&trace.timestamp).filter(|text| !text.is_empty()),
        "key_id": trace.key_id,
        "age": trace.age,
        "signed": pieces.collect::<Value>(),
        "computed": made.collect::<Value>(),
        "checks": trace.checks.iter().map(|check| json!({ "what": check.what, "holds": check.holds })).collect::<Value>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_can_be_told() {
        assert_eq!(escaped(b"a\\n\n\r\xff"), "a\\\\n\\n\\r\\xff");
        let long = PieceBytes::Shown(vec![b'a'; WHOLE + 1]);
        assert!(shown(&long).contains("…1409 bytes…"));
        assert_eq!(shown(&PieceBytes::Hidden(9)), "(the secret)");
    }

    #[test]
    fn ages_are_held_against_both_limits() {
        let limits = Tolerance {
            past: Some(300),
            future: None,
        };
        assert_eq!(
            age_line(12, Some(limits)),
            "12 s old; allowed: 300 s old, any ahead"
        );
        assert_eq!(age_line(-3, None), "3 s ahead");
    }
}
