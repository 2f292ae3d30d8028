//! hookcat-providers(5): the definition format, from its JSON Schema.

use clap_mangen::roff::{Roff, bold, italic, roman};
use serde_json::Value;

use super::{begun, literal, words};
use crate::providers::DEFINITION_SCHEMA;

/// The page's file.
pub(super) const NAME: &str = "hookcat-providers.5";

/// Each table of the schema as a definition writes it.
const TABLES: [(&str, &str); 23] = [
    ("detect", "[detect]"),
    ("locate", "[locate]"),
    ("send", "[send]"),
    ("delivery", "[delivery]"),
    ("retry", "delivery.retry"),
    ("subscription", "[subscription]"),
    ("plan", "subscription.plans"),
    ("scheme", "[[scheme]]"),
    ("signature", "[scheme.signature]"),
    ("timestamp", "[scheme.timestamp]"),
    ("certificate", "[scheme.certificate]"),
    ("jwt", "[scheme.jwt]"),
    ("claim", "[scheme.jwt.body-hash], [scheme.jwt.url-hash]"),
    ("handshake", "[[handshake]]"),
    ("allow", "handshake.allow"),
    ("compute", "handshake.compute"),
    ("answer", "[handshake.answer]"),
    ("request", "[handshake.request]"),
    ("target", "[[target]]"),
    ("payload", "[payload]"),
    ("event", "[[event]]"),
    ("git", "[event.git]"),
    ("location", "PLACES"),
];

/// What the page begins with.
const ABOUT: [&str; 4] = [
    "A provider is one TOML file: how it signs, where things stand in its webhooks, what its events \
     look like. hookcat's own providers are such files, and so is yours. The same description signs \
     and verifies.",
    "Definitions are looked for in this order, and the first of an id counts: files and folders that \
     `providers` of the project's hookcat.toml names, relative to it; those that `providers` of your \
     own hookcat.toml names; every `.toml` file in the folder `providers` of your configuration \
     directory; hookcat's own.",
    "`hookcat providers new` makes a file from a few answers, `hookcat providers check FILE` finds its \
     mistakes and tries what it signs, `hookcat providers schema` prints the JSON Schema of this format \
     for editors, and `hookcat providers show ID` explains it.",
    "Nothing in a definition runs a command, and nothing is fetched for it but a certificate, from \
     the hosts it names, where `--fetch-cert` is given.",
];

/// The least one can write.
const EXAMPLE: &str = r#"id = "acme"
name = "Acme"
docs = "https://acme.example/docs/webhooks"
confidence = "official-source"

[locate]
event = ["header:X-Acme-Event"]
delivery-id = ["json:/id"]

[[scheme]]
name = "acme"
algorithm = "hmac-sha256"
signed = "{timestamp}.{body}"

[scheme.signature]
header = "X-Acme-Signature"
prefix = "v1="
encoding = "hex-lower"

[scheme.timestamp]
header = "X-Acme-Time"
unit = "seconds"
past = 300
"#;

/// The format of test vectors, key by key.
const VECTORS: [(&str, &str); 12] = [
    (
        "provider",
        "The provider's id. Vectors of others are counted and skipped.",
    ),
    ("scheme", "The scheme's name."),
    ("secret", "The secret's text."),
    ("secret2", "A second secret: a rotation."),
    ("cert_pem", "A certificate in PEM."),
    ("key_id", "The id of the key."),
    ("method", "The request method; `POST` if left out."),
    ("url", "The public URL, where it is signed."),
    ("headers", "An object of headers."),
    ("body", "The body as text; empty if left out."),
    (
        "timestamp_now",
        "The time to judge the age at, in seconds since 1970.",
    ),
    (
        "valid",
        "Whether the delivery is genuine. `reason` beside it, such as `stale` or `mismatch`, must be \
         the one it is rejected for; `why` says what the vector is about.",
    ),
];

/// The page.
pub(super) fn page() -> String {
    let schema: Value = serde_json::from_str(DEFINITION_SCHEMA).unwrap_or_default();
    let mut roff = begun(
        ("hookcat-providers", "5"),
        "the format of provider definitions",
    );
    roff.control("SH", ["DESCRIPTION"]);
    for paragraph in ABOUT {
        roff.control("PP", []);
        roff.text(words(paragraph));
    }
    roff.control("SH", ["EXAMPLE"]);
    literal(&mut roff, EXAMPLE);
    roff.control("SH", ["AT THE TOP"]);
    keys(&mut roff, &schema);
    for (name, title) in TABLES {
        let Some(table) = schema["$defs"].get(name) else {
            continue;
        };
        roff.control("SH", [title]);
        roff.text(words(text(table, "description")));
        keys(&mut roff, table);
    }
    roff.control("SH", ["TEST VECTORS"]);
    roff.text(words(
        "`hookcat providers check --vectors FILE` reads a JSON array of deliveries with their verdicts:",
    ));
    for (name, about) in VECTORS {
        roff.control("TP", []);
        roff.text([bold(name)]);
        roff.text(words(about));
    }
    roff.control("SH", ["SEE ALSO"]);
    roff.text([
        bold("hookcat-providers"),
        roman("(1), "),
        bold("hookcat"),
        roman("(1)"),
    ]);
    roff.to_roff()
}

/// The keys of a table, each with what it takes.
fn keys(roff: &mut Roff, table: &Value) {
    let required: Vec<&str> = table["required"]
        .as_array()
        .map(|own| own.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    for (name, key) in table["properties"].as_object().into_iter().flatten() {
        roff.control("TP", []);
        let mut line = vec![bold(name.as_str()), roman(" "), italic(takes(key))];
        if required.contains(&name.as_str()) {
            line.push(roman(", required"));
        }
        roff.text(line);
        let mut about = words(text(key, "description"));
        let choices = [
            key,
            &key["items"],
            &key["additionalProperties"],
            &key["propertyNames"],
        ];
        for choice in choices.iter().filter_map(|own| own["enum"].as_array()) {
            let names: Vec<String> = choice
                .iter()
                .filter_map(|own| own.as_str().map(|own| format!("`{own}`")))
                .collect();
            about.push(roman(" One of "));
            about.extend(words(&names.join(", ")));
            about.push(roman("."));
        }
        roff.text(about);
    }
}

/// What a key takes, in a word or two.
fn takes(key: &Value) -> &'static str {
    match (text(key, "type"), text(key, "$ref")) {
        ("array", _) => match (text(&key["items"], "type"), text(&key["items"], "$ref")) {
            ("array", _) => "list of pairs",
            (_, "#/$defs/location") => "list of places",
            (_, "") => "list",
            _ => "tables",
        },
        ("boolean", _) => "true or false",
        ("integer", _) => "number",
        ("object", _) => "table of texts",
        ("string", _) | (_, "") => "text",
        _ => "table",
    }
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_has_a_section() {
        let schema: Value = serde_json::from_str(DEFINITION_SCHEMA).expect("JSON");
        for name in schema["$defs"].as_object().expect("tables").keys() {
            assert!(TABLES.iter().any(|(own, _)| own == name), "{name}");
        }
    }

    #[test]
    fn the_example_is_a_definition() {
        let provider = crate::definitions::parse(EXAMPLE).expect("a definition");
        let report = crate::core::inspect::inspect(&provider, &[]);
        assert_eq!(report.problems, Vec::<String>::new());
    }
}
