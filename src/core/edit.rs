//! `path=value` edits of a JSON document.

use serde_json::{Map, Value};
use thiserror::Error;

/// One `path=value` edit of a JSON document.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    path: Vec<Step>,
    value: Value,
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    /// `name`: a field, or an index where there is a list.
    Name(String),
    /// `[0]`: an index.
    Index(usize),
}

/// Why an edit does not apply.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EditError {
    /// No `=`.
    #[error("not an assignment, expected `path=value`: `{0}`")]
    NotAssignment(String),
    /// A value that has to be JSON.
    #[error("not JSON, a text stands in quotes: `{0}`")]
    NotJson(String),
    /// Two dots in a row, or one at an end.
    #[error("path has a step without a name: `{0}`")]
    EmptyStep(String),
    /// A path that leads through a text, a number or another leaf.
    #[error("path leads through a value that has no fields: `{0}`")]
    ThroughLeaf(String),
    /// `[0]` where there are fields.
    #[error("not a list: `{0}`")]
    NotAList(String),
    /// A list index that is no number or leaves a gap.
    #[error("not an index of this list (0 to {len}): `{path}`")]
    Index {
        /// The path up to the index.
        path: String,
        /// The list's length.
        len: usize,
    },
}

impl Edit {
    /// Reads `commits.0.message=Fix the build` or `commits[0].message=…`. The path's steps are split
    /// by dots (`\.` is a dot in a name, `\[` a bracket), lists take indices. The value is JSON where
    /// it parses as a number, `true`, `false`, `null`, a list, an object or a quoted string, and plain
    /// text otherwise: a whole number too large to be kept exactly is text.
    ///
    /// # Errors
    /// [`EditError::NotAssignment`] or [`EditError::EmptyStep`]
    pub fn parse(text: &str) -> Result<Self, EditError> {
        let (path, value) = text
            .split_once('=')
            .filter(|(path, _)| !path.is_empty())
            .ok_or_else(|| EditError::NotAssignment(text.to_owned()))?;
        Ok(Self {
            path: steps(path).ok_or_else(|| EditError::EmptyStep(path.to_owned()))?,
            value: read_value(value),
        })
    }

    /// The same with a value that must be JSON: `ref="main"`, `commits=[]`. No number is taken for text.
    ///
    /// # Errors
    /// As [`Edit::parse`], and [`EditError::NotJson`].
    pub fn parse_json(text: &str) -> Result<Self, EditError> {
        let mut edit = Self::parse(text)?;
        let value = text.split_once('=').map_or("", |(_, value)| value);
        edit.value =
            serde_json::from_str(value).map_err(|_| EditError::NotJson(value.to_owned()))?;
        Ok(edit)
    }

    /// The same with a value that is at hand.
    ///
    /// # Errors
    /// [`EditError::EmptyStep`]
    pub fn set(path: &str, value: Value) -> Result<Self, EditError> {
        let path = steps(path).ok_or_else(|| EditError::EmptyStep(path.to_owned()))?;
        Ok(Self { path, value })
    }

    /// Sets the value, making objects and lists on the way where there is nothing yet.
    ///
    /// # Errors
    /// [`EditError`] where the path does not fit the document.
    pub fn apply(&self, document: &mut Value) -> Result<(), EditError> {
        let mut place = document;
        for (depth, step) in self.path.iter().enumerate() {
            let path = || written(&self.path[..=depth]);
            if place.is_null() {
                *place = match step {
                    Step::Name(_) => Value::Object(Map::new()),
                    Step::Index(_) => Value::Array(Vec::new()),
                };
            }
            place = match (place, step) {
                (Value::Object(fields), Step::Name(name)) => {
                    fields.entry(name.as_str()).or_insert(Value::Null)
                }
                (Value::Array(items), step) => {
                    let len = items.len();
                    let index = match step {
                        Step::Name(name) => name.parse().ok(),
                        Step::Index(index) => Some(*index),
                    };
                    let index = index
                        .filter(|&index: &usize| index <= len)
                        .ok_or_else(|| EditError::Index { path: path(), len })?;
                    if index == len {
                        items.push(Value::Null);
                    }
                    &mut items[index]
                }
                (Value::Object(_), Step::Index(_)) => return Err(EditError::NotAList(path())),
                _ => return Err(EditError::ThroughLeaf(path())),
            };
        }
        *place = self.value.clone();
        Ok(())
    }
}

/// JSON where it is, else text. A whole number that a float would round is kept as it was written.
fn read_value(text: &str) -> Value {
    let as_text = || Value::String(text.to_owned());
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    match serde_json::from_str(text) {
        Ok(Value::Number(number)) if is_whole && number.is_f64() => as_text(),
        Ok(value) => value,
        Err(_) => as_text(),
    }
}

/// Splits a path into its steps; `None` where one has no name.
fn steps(path: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut rest = path;
    loop {
        let (name, after) = name(rest);
        // A path may begin with an index, for a document that is a list.
        let bare_index = after.starts_with('[') && steps.is_empty();
        if !name.is_empty() {
            steps.push(Step::Name(name));
        } else if !bare_index {
            return None;
        }
        rest = after;
        while let Some((index, after)) = index(rest) {
            steps.push(Step::Index(index));
            rest = after;
        }
        if rest.is_empty() {
            return Some(steps);
        }
        rest = rest.strip_prefix('.')?;
    }
}

/// A name up to the next dot or index, and what follows it.
fn name(text: &str) -> (String, &str) {
    let mut name = String::new();
    let mut rest = text;
    while let Some(char) = rest.chars().next() {
        if char == '.' || index(rest).is_some() {
            break;
        }
        let escaped = rest
            .strip_prefix('\\')
            .filter(|after| after.starts_with(['.', '[']));
        let (kept, after) = match escaped {
            Some(after) => after.split_at(1),
            None => rest.split_at(char.len_utf8()),
        };
        name.push_str(kept);
        rest = after;
    }
    (name, rest)
}

/// `[12]` and what follows it, where a step ends behind it.
fn index(text: &str) -> Option<(usize, &str)> {
    let (digits, after) = text.strip_prefix('[')?.split_once(']')?;
    let ends = after.is_empty() || after.starts_with(['.', '[']);
    let number = digits
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| digits.parse().ok())
        .flatten()?;
    ends.then_some((number, after))
}

/// Steps as a path for messages.
fn written(steps: &[Step]) -> String {
    let mut path = String::new();
    for step in steps {
        match step {
            Step::Index(index) => path.push_str(&format!("[{index}]")),
            Step::Name(name) => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(name);
            }
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn edits_set_make_and_append() {
        let mut document = json!({"a": {"b": 1}, "list": [{"x": 1}]});
        for (edit, pointer, wanted) in [
            ("a.b=2", "/a/b", json!(2)),
            (
                "a.c.d=text with = sign",
                "/a/c/d",
                json!("text with = sign"),
            ),
            ("list.0.x=null", "/list/0/x", json!(null)),
            ("list.1={\"y\":true}", "/list/1/y", json!(true)),
            ("a.v\\.1=\"7\"", "/a/v.1", json!("7")),
            ("list[0].x=7", "/list/0/x", json!(7)),
            ("list[2][0]=deep", "/list/2/0", json!("deep")),
            ("new[0].x=1", "/new/0/x", json!(1)),
            ("a\\[0]=1", "/a[0]", json!(1)),
            ("odd[x]=1", "/odd[x]", json!(1)),
            (
                "n=99999999999999999999999",
                "/n",
                json!("99999999999999999999999"),
            ),
            ("n=18446744073709551615", "/n", json!(u64::MAX)),
        ] {
            let edit = Edit::parse(edit).expect("parses");
            edit.apply(&mut document).expect("applies");
            assert_eq!(document.pointer(pointer), Some(&wanted), "{edit:?}");
        }
    }

    #[test]
    fn edits_that_do_not_fit_say_where() {
        let mut document = json!({"a": 1, "list": []});
        let apply = |text: &str, document: &mut Value| Edit::parse(text)?.apply(document);
        assert_eq!(
            apply("a.b.c=1", &mut document),
            Err(EditError::ThroughLeaf("a.b".into()))
        );
        assert_eq!(
            apply("list.1=1", &mut document),
            Err(EditError::Index {
                path: "list.1".into(),
                len: 0
            })
        );
        assert!(matches!(
            apply("novalue", &mut document),
            Err(EditError::NotAssignment(_))
        ));
    }

    #[test]
    fn a_step_needs_a_name_and_an_index_a_list() {
        for path in ["a..b", ".a", "a.", "."] {
            let error = EditError::EmptyStep(path.into());
            assert_eq!(Edit::parse(&format!("{path}=1")), Err(error));
        }
        let mut document = json!({"a": {"b": 1}});
        let edit = Edit::parse("a[0]=1").expect("parses");
        let error = edit.apply(&mut document).expect_err("no list");
        assert_eq!(error, EditError::NotAList("a[0]".into()));
        let mut list = json!([{"x": 1}]);
        let edit = Edit::parse("[0].x=2").expect("parses");
        edit.apply(&mut list).expect("applies");
        assert_eq!(list, json!([{"x": 2}]));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in ".{0,40}", path in r"[ab.\\\[\]0-9]{0,12}") {
            let _ = Edit::parse(&text);
            if let Ok(edit) = Edit::parse(&format!("{path}=1")) {
                let _ = edit.apply(&mut json!({"a": [1], "b": {"a": null}}));
            }
        }
    }
}
