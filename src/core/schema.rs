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
    let schema = resolved(root, schema);
    match value {
        Value::Object(fields) => {
            let Some(known) = schema.get("properties").and_then(Value::as_object) else {
                return;
            };
            for (name, own) in fields {
                let length = place.len();
                place.push('/');
                place.push_str(&name.replace('~', "~0").replace('/', "~1"));
                match known.get(name) {
                    Some(schema) => new_fields(root, schema, own, place, found),
                    None if schema.get("additionalProperties").is_none() => found.push(Problem {
                        place: place.clone(),
                        kind: ProblemKind::New,
                    }),
                    None => {}
                }
                place.truncate(length);
            }
        }
        Value::Array(items) => {
            let Some(schema) = schema.get("items") else {
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

/// A schema behind a `$ref` into the root's `$defs`; of an `anyOf`, the part that has fields.
fn resolved<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let behind = schema
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|reference| root.pointer(reference.strip_prefix('#')?));
    if let Some(behind) = behind {
        return behind;
    }
    let parts = schema.get("anyOf").or_else(|| schema.get("oneOf"));
    let Some(parts) = parts.and_then(Value::as_array) else {
        return schema;
    };
    let mut objects = parts
        .iter()
        .map(|part| match part.get("$ref") {
            Some(_) => resolved(root, part),
            None => part,
        })
        .filter(|part| part.get("properties").is_some());
    match (objects.next(), objects.next()) {
        (Some(one), None) => one,
        // Several shapes: which one is meant is not told, so nothing is called new.
        _ => &Value::Null,
    }
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
        let found = problems(&schema, &json!({ "id": 7 })).expect("a schema");
        assert_eq!(found[0].to_string(), "missing: `/user`");
        assert_eq!(found.len(), 1);
    }
}
