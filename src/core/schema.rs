//! A payload held against its event's JSON Schema: what is missing, of another type, or new.

use std::fmt;

use jsonschema::error::{TypeKind, ValidationErrorKind};
use serde_json::Value;

/// More problems than this say no more.
const MOST: usize = 20;

/// One way in which a payload differs from its schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The JSON pointer of the field; empty for the payload itself.
    pub place: String,
    /// What is wrong with it.
    pub kind: ProblemKind,
}

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// A field that must be there is not.
    Missing,
    /// The field has another type than the one named.
    Type(String),
    /// The field's value is not one that is documented.
    Value,
    /// The field is not in the schema.
    New,
}

impl ProblemKind {
    /// The stable name used in JSON output.
    #[must_use]
    pub fn slug(&self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Type(_) => "type",
            Self::Value => "value",
            Self::New => "new",
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = match self.place.as_str() {
            "" => "payload",
            place => place,
        };
        match &self.kind {
            ProblemKind::Missing => write!(f, "missing: `{place}`"),
            ProblemKind::Type(expected) => write!(f, "wrong type, expected {expected}: `{place}`"),
            ProblemKind::Value => write!(f, "not a documented value: `{place}`"),
            ProblemKind::New => write!(f, "not in the schema: `{place}`"),
        }
    }
}

/// Holds a payload against a schema.
///
/// # Errors
/// What is wrong with the schema itself.
pub fn problems(schema: &Value, payload: &Value) -> Result<Vec<Problem>, String> {
    let validator = jsonschema::validator_for(schema).map_err(|error| error.to_string())?;
    let mut problems: Vec<Problem> = validator
        .iter_errors(payload)
        .take(MOST)
        .map(|error| {
            let place = error.instance_path().as_str().to_owned();
            match error.kind() {
                ValidationErrorKind::Required { property } => Problem {
                    place: format!("{place}/{}", property.as_str().unwrap_or_default()),
                    kind: ProblemKind::Missing,
                },
                ValidationErrorKind::Type { kind } => Problem {
                    place,
                    kind: ProblemKind::Type(type_names(kind)),
                },
                _ => Problem {
                    place,
                    kind: ProblemKind::Value,
                },
            }
        })
        .collect();
    new_fields(schema, schema, payload, &mut String::new(), &mut problems);
    problems.truncate(MOST);
    Ok(problems)
}

fn type_names(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(own) => own.to_string(),
        TypeKind::Multiple(several) => {
            let names: Vec<String> = several.iter().map(|own| own.to_string()).collect();
            names.join(" or ")
        }
    }
}

/// Fields of objects whose schema names their fields, and not this one.
fn new_fields(
    root: &Value,
    schema: &Value,
    value: &Value,
    place: &mut String,
    found: &mut Vec<Problem>,
) {
    let parts = parts(root, schema);
    match value {
        Value::Object(fields) => {
            let known = |part: &&Value| part.get("properties").is_some();
            let open = parts
                .iter()
                .any(|part| part.get("additionalProperties").is_some());
            if open || !parts.iter().any(known) {
                return;
            }
            for (name, own) in fields {
                let length = place.len();
                place.push('/');
                place.push_str(&name.replace('~', "~0").replace('/', "~1"));
                let schemas: Vec<&Value> = parts
                    .iter()
                    .filter_map(|part| part.get("properties")?.get(name))
                    .collect();
                match schemas.as_slice() {
                    [] => found.push(Problem {
                        place: place.clone(),
                        kind: ProblemKind::New,
                    }),
                    [one] => new_fields(root, one, own, place, found),
                    // Several parts describe it; what each leaves out another may have.
                    _ => {}
                }
                place.truncate(length);
            }
        }
        Value::Array(items) => {
            let Some(schema) = parts.iter().find_map(|part| part.get("items")) else {
                return;
            };
            for (index, item) in items.iter().enumerate() {
                let length = place.len();
                place.push_str(&format!("/{index}"));
                new_fields(root, schema, item, place, found);
                place.truncate(length);
            }
        }
        _ => {}
    }
}

/// The schemas that all hold: one behind a `$ref` into the root's `$defs`, those of an `allOf`, and of
/// an `anyOf` the one that has fields. Several such shapes tell nothing, since which is meant is open.
fn parts<'a>(root: &'a Value, schema: &'a Value) -> Vec<&'a Value> {
    let behind = schema
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|reference| root.pointer(reference.strip_prefix('#')?));
    let mut found = match behind {
        Some(behind) => parts(root, behind),
        None => Vec::new(),
    };
    found.push(schema);
    for part in schema
        .get("allOf")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        found.extend(parts(root, part));
    }
    let either = schema.get("anyOf").or_else(|| schema.get("oneOf"));
    if let Some(either) = either.and_then(Value::as_array) {
        let has_fields = |own: &Vec<&Value>| own.iter().any(|own| own.get("properties").is_some());
        let shapes: Vec<_> = either
            .iter()
            .map(|part| parts(root, part))
            .filter(has_fields)
            .collect();
        match shapes.len() {
            0 | 1 => found.extend(shapes.into_iter().flatten()),
            _ => return Vec::new(),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_missing_retyped_or_new_is_named() {
        let schema = json!({
            "type": "object",
            "required": ["id", "user"],
            "properties": {
                "id": { "type": "integer" },
                "kind": { "enum": ["a", "b"] },
                "user": { "$ref": "#/$defs/user" },
                "tags": { "type": "array", "items": { "type": "string" } },
            },
            "$defs": { "user": { "type": "object", "properties": { "name": { "type": "string" } } } },
        });
        let payload = json!({
            "id": "7", "kind": "c", "tags": [1], "extra": true, "user": { "nick": "x" },
        });
        let found = problems(&schema, &payload).expect("a schema");
        let lines: Vec<String> = found.iter().map(ToString::to_string).collect();
        for line in [
            "wrong type, expected integer: `/id`",
            "not a documented value: `/kind`",
            "wrong type, expected string: `/tags/0`",
            "not in the schema: `/extra`",
            "not in the schema: `/user/nick`",
        ] {
            assert!(lines.iter().any(|own| own == line), "{line}: {lines:?}");
        }
        let whole = json!({
            "allOf": [{ "$ref": "#/$defs/base" }],
            "properties": { "own": { "type": "integer" } },
            "$defs": { "base": { "properties": { "shared": { "type": "integer" } } } },
        });
        let found =
            problems(&whole, &json!({ "own": 1, "shared": 1, "other": 1 })).expect("a schema");
        assert_eq!(found[0].to_string(), "not in the schema: `/other`");
        assert_eq!(found.len(), 1);
        let found = problems(&schema, &json!({ "id": 7 })).expect("a schema");
        assert_eq!(found[0].to_string(), "missing: `/user`");
        assert_eq!(found.len(), 1);
    }
}
