//! A definition as a person would explain it.

use super::Paint;
use super::event::visible_width;
use crate::core::provider::Provider;
use crate::core::retry::Schedule;
use crate::core::scheme::{Algorithm, KeyForm, Part, Scheme, TimestampRule};

/// Text is not wrapped narrower than this, however narrow the screen.
const LEAST: usize = 20;

/// Everything a definition says, in lines of so many columns.
#[must_use]
pub fn show(provider: &Provider, paint: Paint, width: usize) -> String {
    let mut page = Page {
        paint,
        width,
        text: String::new(),
    };
    page.text.push_str(&format!(
        "{} ({})\n",
        paint.bold(&provider.name),
        provider.id
    ));
    if !provider.aliases.is_empty() {
        page.row("aliases", &provider.aliases.join(", "));
    }
    page.row("status", provider.status.as_str());
    page.row("docs", &provider.docs);
    page.row("facts", provider.confidence.as_str());
    if let Some(warning) = &provider.warning {
        page.row("warning", &paint.yellow(warning));
    }

    for scheme in &provider.schemes {
        page.scheme(scheme);
    }
    if provider.schemes.is_empty() {
        page.title("signature");
        page.row(
            "none",
            "deliveries cannot be verified: the verdict is always `unverifiable`",
        );
    }

    page.title("where things stand");
    let places = |locations: &[crate::core::event::Location]| {
        if locations.is_empty() {
            return "nowhere documented".to_owned();
        }
        let places: Vec<String> = locations
            .iter()
            .map(super::super::core::event::Location::describe)
            .collect();
        places.join(", else ")
    };
    page.row("event", &places(&provider.locate.event));
    page.row("delivery id", &places(&provider.locate.delivery_id));
    page.row("time", &places(&provider.locate.occurred_at));

    page.title("request");
    page.row("method", &provider.send.method);
    page.row("type", &provider.send.content_type);
    if let Some(agent) = &provider.send.user_agent {
        page.row("agent", agent);
    }
    for (name, value) in &provider.send.headers {
        page.row("header", &format!("{name}: {value}"));
    }
    for target in &provider.targets {
        page.row("target", &format!("{}: {}", target.name, target.about));
    }

    page.delivery(provider);

    if !provider.notes.is_empty() || provider.payload.own_choice.is_some() {
        page.title("notes");
        for note in &provider.notes {
            page.item(note);
        }
        if let Some(choice) = &provider.payload.own_choice {
            page.item(&format!("our own choice: {choice}"));
        }
    }

    if !provider.events.is_empty() {
        page.title(&format!("events ({})", provider.events.len()));
        let widest = provider.events.iter().map(|event| event.name.len()).max();
        for event in &provider.events {
            let name = format!("{:width$}", event.name, width = widest.unwrap_or(0));
            page.hang(&format!("  {}  ", paint.cyan(&name)), &event.title);
        }
    }

    if let Some(scheme) = provider.schemes.first() {
        page.title("in a shell");
        for command in commands(provider, scheme) {
            page.text.push_str(&format!("  {command}\n"));
        }
    }
    page.text
}

/// A text in lines of at most so many columns, broken at spaces; a word longer than that stays whole.
fn wrapped(text: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let end = lines.len() - 1;
        let taken = visible_width(&lines[end]);
        if taken == 0 {
            lines[end].push_str(word);
        } else if taken.saturating_add(1 + visible_width(word)) <= room {
            lines[end].push(' ');
            lines[end].push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// Signing and verifying in a shell, with everything the scheme asks for.
fn commands(provider: &Provider, scheme: &Scheme) -> [String; 2] {
    let id = &provider.id;
    let mut options = String::from("--secret env:SECRET");
    if scheme.key == KeyForm::Certificate {
        options.push_str(" --cert cert.pem");
    }
    if scheme.key_id_header.is_some() {
        options.push_str(" --key-id ID");
    }
    if scheme.needs_url() {
        options.push_str(" --url URL");
    }
    let event = match provider.events.first() {
        Some(event) if !scheme.require.is_empty() => format!(" --event {}", event.wire()),
        _ => String::new(),
    };
    let equal = scheme.require_equal.iter();
    let headers: String = scheme
        .headers()
        .iter()
        .chain(&scheme.require)
        .map(|name| format!(" -H '{name}: …'"))
        .chain(equal.map(|(name, value)| format!(" -H '{name}: {value}'")))
        .collect();
    let post = if scheme.signature.place.is_in_body() {
        "curl --data-binary @- URL"
    } else {
        "curl -H @- --data-binary @body.json URL"
    };
    [
        format!("hookcat sign {id}{event} {options} body.json | {post}"),
        format!("hookcat verify -p {id} {options}{headers} body.json"),
    ]
}

struct Page {
    paint: Paint,
    width: usize,
    text: String,
}

impl Page {
    fn title(&mut self, title: &str) {
        self.text
            .push_str(&format!("\n{}\n", self.paint.bold(title)));
    }

    fn row(&mut self, label: &str, value: &str) {
        let label = self.paint.dim(&format!("{label:<11}"));
        self.hang(&format!("  {label}  "), value);
    }

    /// A text behind a label, its further lines under its first.
    fn hang(&mut self, label: &str, text: &str) {
        let indent = visible_width(label);
        let room = self.width.saturating_sub(indent).max(LEAST);
        let lines = wrapped(text, room).join(&format!("\n{}", " ".repeat(indent)));
        self.text.push_str(&format!("{label}{lines}\n"));
    }

    fn item(&mut self, text: &str) {
        self.hang("  - ", text);
    }

    fn scheme(&mut self, scheme: &Scheme) {
        let legacy = if scheme.legacy {
            ", only when named"
        } else {
            ""
        };
        self.title(&format!("signature `{}`{legacy}", scheme.name));
        self.row("algorithm", scheme.algorithm.as_str());
        let signature = &scheme.signature;
        let shape = signature.layout.shape(signature.encoding);
        self.row(
            "stands in",
            &format!("{}: {shape}", signature.place.describe()),
        );
        if scheme.algorithm == Algorithm::Token {
            self.row("signs", "nothing: the secret itself stands in the header");
        } else {
            self.row("signs", &drawn(scheme));
        }
        self.row("key", scheme.key.describe());
        self.row(
            "covers",
            match scheme.coverage() {
                crate::core::verdict::Coverage::Body => "the whole body",
                crate::core::verdict::Coverage::Part => "part of the body",
                crate::core::verdict::Coverage::None => "nothing of the body",
            },
        );
        if let Some(rule) = &scheme.timestamp {
            self.row("timestamp", rule.unit.describe());
            self.row("tolerance", &tolerance(rule));
        }
        for header in &scheme.require {
            self.row("requires", header);
        }
        self.row(
            "rotation",
            if scheme.carries_several() {
                "several signatures in one header, any may match"
            } else {
                "one signature"
            },
        );
    }

    fn delivery(&mut self, provider: &Provider) {
        let policy = &provider.delivery;
        self.title("delivery");
        self.row("success", "2xx");
        let timeout = policy.timeout.map(|span| span.to_string());
        self.row("timeout", timeout.as_deref().unwrap_or("not documented"));
        if !policy.finals.is_empty() {
            let finals: Vec<String> = policy.finals.iter().map(ToString::to_string).collect();
            self.row("final", &finals.join(", "));
        }
        let retries = match &policy.retry {
            Some(own) => schedule(own),
            // The source under it says whether there are none or only no numbers.
            None if policy.sources.contains_key("retry") => "no schedule is documented".to_owned(),
            None => "not documented".to_owned(),
        };
        self.row("retries", &retries);
        for (key, source) in &policy.sources {
            self.row("source", &format!("{key}: {source}"));
        }
        for choice in &policy.choices {
            self.item(choice);
        }
    }
}

/// The signed text with its parts named: `<timestamp>.<body>`.
fn drawn(scheme: &Scheme) -> String {
    match scheme.signed_by {
        Some(code) => code.describe().to_owned(),
        None => scheme.signed.parts().iter().map(Part::describe).collect(),
    }
}

fn tolerance(rule: &TimestampRule) -> String {
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

/// A schedule in words: the delays, as many as fit a line.
fn schedule(schedule: &Schedule) -> String {
    const SHOWN: usize = 8;
    let delays: Vec<String> = schedule
        .delays()
        .map(|delay| crate::core::retry::Span(delay).to_string())
        .take(SHOWN + 1)
        .collect();
    let more = if delays.len() > SHOWN { ", …" } else { "" };
    let shown = delays[..delays.len().min(SHOWN)].join(", ");
    match schedule {
        Schedule::Fixed { .. } => format!("after {shown}{more}"),
        Schedule::Multiples { .. } => {
            format!("after {shown}{more} (count and interval configurable)")
        }
        Schedule::Exponential { within, .. } => format!("after {shown}{more} within {within}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::Catalog;

    #[test]
    fn the_commands_name_every_header_the_scheme_asks_for() {
        let provider = Catalog::default().whole("code-storage").expect("known");
        let [sign, verify] = commands(&provider, &provider.schemes[0]);
        assert!(sign.contains(" --event push "), "{sign}");
        assert!(
            verify.contains("-H 'X-Pierre-Signature: …' -H 'X-Pierre-Event: …' body.json"),
            "{verify}"
        );
    }

    #[test]
    fn long_facts_hang_under_their_first_line() {
        let provider = Catalog::default().whole("code-storage").expect("known");
        let page = show(&provider, Paint::new(false), 60);
        let shell = page.find("in a shell").expect("a heading");
        for line in page[..shell].lines() {
            let one_word = line.trim_start().split(' ').count() < 3;
            assert!(visible_width(line) <= 60 || one_word, "{line}");
        }
        let hanging = "\n    ".to_owned();
        assert!(page.contains(&hanging), "{page}");
        assert_eq!(wrapped("a bb ccc", 4), ["a bb", "ccc"]);
        assert_eq!(wrapped("abcdef g", 3), ["abcdef", "g"]);
    }
}
