//! A capsule: one file to share a delivery with.

use serde_json::{Value, json};

use crate::core::capsule::Capsule;
use crate::show::json;

/// The file, a field a line.
#[must_use]
pub fn capsule(capsule: &Capsule) -> String {
    let dummy = capsule.dummy.as_ref();
    let fields = [
        ("v", json!(1)),
        ("type", json!("capsule")),
        (
            "made_by",
            json!(concat!("hookcat/", env!("CARGO_PKG_VERSION"))),
        ),
        ("scheme", json!(dummy.map(|own| &own.scheme))),
        ("dummy_secret", json!(dummy.map(|own| &own.secret))),
        ("masked", json!(capsule.masked.places)),
        ("notes", json!(capsule.masked.notes)),
        ("delivery", json::delivery(&capsule.delivery)),
    ];
    let lines = fields.map(|(name, value)| format!("  \"{name}\": {}", block(&value)));
    format!("{{\n{}\n}}\n", lines.join(",\n"))
}

/// A delivery has a line for each of its fields too.
fn block(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let lines = fields
                .iter()
                .map(|(name, value)| format!("    {}: {}", json::string(name), json::line(value)));
            format!("{{\n{}\n  }}", lines.collect::<Vec<_>>().join(",\n"))
        }
        other => json::line(other),
    }
}
