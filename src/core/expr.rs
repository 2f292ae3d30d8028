//! Expressions over a delivery, in jq's language: what `--filter`, `--until` and `--expect` take.
//!
//! The input is the documented JSON shape of a delivery, the one `--format json` prints. Beside jq's
//! own filters there is `payload`: the body as JSON, or the fields of a form.
//!
//! An expression *holds* where one of its results is neither `false` nor `null`. Where it fails for
//! a delivery (a payload that is no JSON, a field of another type) it does not hold.

use jaq_core::load::{self, Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Vars, compile, data, unwrap_valr};
use jaq_json::Val;
use serde::Deserialize;
use serde_json::{Map, Value};
use thiserror::Error;

type Filter = jaq_core::compile::Filter<jaq_core::Native<data::JustLut<Val>>>;

/// What every expression can use beside jaq's filters: the payload, and what jq has and jaq lacks.
const PRELUDE: &str = "def payload: .payload; def IN(s): any(s == .; .);";

/// A text that is no expression.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("not a jq expression, {why}: `{text}`")]
pub struct ExprError {
    text: String,
    why: String,
}

/// An expression, ready to be held against deliveries.
pub struct Expr {
    text: String,
    whole: Filter,
    /// The conditions that a top-level `and` joins: the whole expression where it is one.
    parts: Vec<Condition>,
}

struct Condition {
    text: String,
    filter: Filter,
    /// What stands before its comparison.
    left: Option<Filter>,
}

/// A condition that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Miss {
    /// The condition as it was written.
    pub condition: String,
    /// What it compares, as compact JSON; a long one is cut. `None` where it compares nothing.
    pub found: Option<String>,
}

/// As much of a value as a miss tells, in characters.
const TOLD: usize = 80;

impl std::fmt::Debug for Expr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Expr").field(&self.text).finish()
    }
}

/// A delivery, ready to have expressions held against it.
pub struct Input(Val);

impl Input {
    /// Takes a delivery's JSON shape; its body is parsed for `payload`.
    #[must_use]
    pub fn new(mut delivery: Value) -> Self {
        let payload = payload(&delivery);
        if let Value::Object(fields) = &mut delivery {
            fields.insert("payload".to_owned(), payload);
        }
        Self(Val::deserialize(delivery).unwrap_or_default())
    }
}

/// The body as JSON, or the fields of a form, or the JSON in the form's field `payload`.
fn payload(delivery: &Value) -> Value {
    let body = delivery["decoded_body"].as_str();
    let Some(body) = body.or_else(|| delivery["body"].as_str()) else {
        return Value::Null;
    };
    if let Ok(json) = serde_json::from_str(body.trim_start_matches('\u{feff}')) {
        return json;
    }
    let headers = delivery["headers"].as_array().into_iter().flatten();
    let is_form = headers.into_iter().any(|field| {
        let name = field[0].as_str().unwrap_or_default();
        let value = field[1].as_str().unwrap_or_default();
        name.eq_ignore_ascii_case("content-type")
            && value.starts_with("application/x-www-form-urlencoded")
    });
    if !is_form {
        return Value::Null;
    }
    let fields: Map<String, Value> = form_urlencoded::parse(body.as_bytes())
        .map(|(name, value)| (name.into_owned(), Value::from(value)))
        .collect();
    let inner = fields.get("payload").and_then(Value::as_str);
    inner
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or(Value::Object(fields))
}

impl Expr {
    /// Reads an expression.
    ///
    /// # Errors
    /// [`ExprError`] with the place that cannot be read, or the name nobody knows.
    pub fn parse(text: &str) -> Result<Self, ExprError> {
        let whole = compiled(text)?;
        let parts = conditions(text).into_iter().map(Condition::read);
        let parts = parts.collect::<Option<Vec<_>>>();
        let parts = parts.or_else(|| Condition::read(text).map(|own| vec![own]));
        let parts = parts.unwrap_or_default();
        Ok(Self {
            text: text.to_owned(),
            whole,
            parts,
        })
    }

    /// The expression as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it holds.
    #[must_use]
    pub fn holds(&self, input: &Input) -> bool {
        holds(&self.whole, input)
    }

    /// The conditions that do not hold, of those a top-level `and` joins; the whole expression where
    /// it is one. Nothing where it holds.
    #[must_use]
    pub fn misses(&self, input: &Input) -> Vec<Miss> {
        if self.holds(input) {
            return Vec::new();
        }
        let missed = self.parts.iter().filter(|own| !holds(&own.filter, input));
        let missed: Vec<Miss> = missed.map(|own| own.miss(input)).collect();
        if missed.is_empty() {
            // Each holds by itself, as where a result of one makes the next fail.
            let condition = self.text.clone();
            return vec![Miss {
                condition,
                found: None,
            }];
        }
        missed
    }
}

impl Condition {
    fn read(text: &str) -> Option<Self> {
        let left = compared(text).and_then(|left| compiled(left).ok());
        Some(Self {
            text: text.to_owned(),
            filter: compiled(text).ok()?,
            left,
        })
    }

    fn miss(&self, input: &Input) -> Miss {
        let found = self.left.as_ref().and_then(|left| first(left, input));
        let found = found.map(|value| {
            let text = value.to_string();
            match text.char_indices().nth(TOLD) {
                Some((end, _)) => format!("{}…", &text[..end]),
                None => text,
            }
        });
        Miss {
            condition: self.text.clone(),
            found,
        }
    }
}

fn holds(filter: &Filter, input: &Input) -> bool {
    results(filter, input).any(|value| !matches!(value, Val::Null | Val::Bool(false)))
}

fn first(filter: &Filter, input: &Input) -> Option<Val> {
    results(filter, input).next()
}

/// All results up to the first that is an error.
fn results<'a>(filter: &'a Filter, Input(input): &Input) -> impl Iterator<Item = Val> + 'a {
    let context = Ctx::<data::JustLut<Val>>::new(&filter.lut, Vars::new([]));
    let results = filter.id.run((context, input.clone()));
    results.map(unwrap_valr).map_while(Result::ok)
}

fn compiled(text: &str) -> Result<Filter, ExprError> {
    let prelude = load::parse(PRELUDE, |parser| parser.defs()).unwrap_or_default();
    let definitions = jaq_core::defs()
        .chain(jaq_std::defs())
        .chain(jaq_json::defs())
        .chain(prelude);
    let natives = jaq_core::funs()
        .chain(jaq_std::funs())
        .chain(jaq_json::funs());
    let arena = Arena::default();
    let program = File {
        code: text,
        path: (),
    };
    let wrong = |why: String| ExprError {
        text: text.to_owned(),
        why,
    };
    let modules = Loader::new(definitions)
        .load(&arena, program)
        .map_err(|errors| wrong(unread(text, &errors)))?;
    Compiler::default()
        .with_funs(natives)
        .compile(modules)
        .map_err(|errors| wrong(unknown(&errors)))
}

/// What cannot be read, and where.
fn unread(text: &str, errors: &load::Errors<&str, ()>) -> String {
    let first = errors.iter().map(|(_, error)| error).next();
    let (expected, found) = match first {
        Some(load::Error::Lex(errors)) => match errors.first() {
            Some((expect, rest)) => (expect.as_str(), *rest),
            None => return "it cannot be read".to_owned(),
        },
        Some(load::Error::Parse(errors)) => match errors.first() {
            Some((expect, rest)) => (expect.as_str(), *rest),
            None => return "it cannot be read".to_owned(),
        },
        _ => return "modules cannot be included".to_owned(),
    };
    let at = (found.as_ptr() as usize).wrapping_sub(text.as_ptr() as usize);
    // What jaq calls nothing is the end.
    let expected = if expected == "nothing" {
        "its end"
    } else {
        expected
    };
    match text.get(..at).filter(|_| !found.is_empty()) {
        Some(before) => format!(
            "expected {expected} at character {}",
            before.chars().count() + 1
        ),
        None => format!("expected {expected} at its end"),
    }
}

fn unknown(errors: &compile::Errors<&str, ()>) -> String {
    let mut names = errors.iter().flat_map(|(_, errors)| errors);
    match names.next() {
        Some((name, kind)) => format!("unknown {} `{name}`", kind.as_str()),
        None => "it cannot be compiled".to_owned(),
    }
}

/// The text between the `and`s outside of all strings and brackets; all of it where something binds
/// looser than they do, which makes their parts no conditions of the whole.
fn conditions(text: &str) -> Vec<&str> {
    let looser = ["|", ",", " or ", " as "];
    if outside(text).any(|at| looser.iter().any(|own| text[at..].starts_with(own))) {
        return vec![text];
    }
    let mut parts = Vec::new();
    let mut start = 0;
    for at in outside(text).filter(|at| text[*at..].starts_with(" and ")) {
        // Of ` and and ` the second begins inside the first; it is no expression anyway.
        if at >= start {
            parts.push(text[start..at].trim());
            start = at + " and ".len();
        }
    }
    parts.push(text[start..].trim());
    parts
}

/// What stands before the one comparison outside of all strings and brackets; none where the
/// comparison is not the last that is done.
fn compared(text: &str) -> Option<&str> {
    let signs = ["==", "!=", "<=", ">=", "<", ">"];
    let at = outside(text).find(|at| signs.iter().any(|own| text[*at..].starts_with(own)))?;
    let joins = ["|", ",", " or ", " and ", " as "];
    let is_joined = outside(text).any(|place| {
        let (pipe, others) = joins.split_at(1);
        let is = |words: &[&str]| words.iter().any(|own| text[place..].starts_with(own));
        is(others) || place > at && is(pipe)
    });
    Some(text[..at].trim()).filter(|left| !left.is_empty() && !is_joined)
}

/// The places of ASCII characters outside of all strings and brackets.
fn outside(text: &str) -> impl Iterator<Item = usize> {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    text.bytes().enumerate().filter_map(move |(at, byte)| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ if depth == 0 && byte.is_ascii() => return Some(at),
            _ => {}
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn input() -> Input {
        Input::new(json!({
            "v": 1, "type": "delivery", "id": 41, "provider": "github", "event": "push",
            "verdict": "valid", "size": 1204, "headers": [["X-A", "1"]],
            "body": "{\"ref\":\"refs/heads/main\",\"commits\":[{\"id\":\"a\"},{\"id\":\"b\"}]}",
        }))
    }

    fn holds(text: &str) -> bool {
        Expr::parse(text).expect(text).holds(&input())
    }

    #[test]
    fn a_delivery_is_asked_in_jq() {
        for text in [
            ".event == \"push\"",
            ".event == \"push\" and .verdict == \"valid\"",
            "payload.ref == \"refs/heads/main\"",
            "payload.commits | length == 2",
            "payload.commits[] | select(.id == \"b\")",
            ".size > 1000 and (.event | startswith(\"pu\"))",
            ".event | test(\"^p.sh$\")",
            ".headers | any(.[0] == \"X-A\")",
            ".event | IN(\"push\", \"ping\")",
        ] {
            assert!(holds(text), "{text}");
        }
        for text in [
            ".event == \"ping\"",
            ".nothing",
            "false, null",
            "empty",
            "payload.ref.no",
            ".event + 1",
            "error(\"x\")",
        ] {
            assert!(!holds(text), "{text}");
        }
    }

    #[test]
    fn a_form_s_payload_is_its_fields_or_the_json_in_it() {
        let form = |body: &str| {
            Input::new(json!({
                "headers": [["Content-Type", "application/x-www-form-urlencoded"]],
                "body": body,
            }))
        };
        let expr = Expr::parse("payload.a == \"1 2\"").expect("reads");
        assert!(expr.holds(&form("a=1+2&b=3")));
        assert!(expr.holds(&form("payload=%7B%22a%22%3A%221%202%22%7D")));
        let expr = Expr::parse("payload == null").expect("reads");
        assert!(expr.holds(&Input::new(json!({ "body": "no json", "headers": [] }))));
        assert!(expr.holds(&Input::new(json!({ "body_base64": "/w==", "headers": [] }))));
    }

    #[test]
    fn the_conditions_that_fail_are_named() {
        let misses = |text: &str| -> Vec<String> {
            let misses = Expr::parse(text).expect(text).misses(&input());
            misses.into_iter().map(|own| own.condition).collect()
        };
        assert_eq!(misses(".event == \"push\""), Vec::<String>::new());
        assert_eq!(
            misses(".event == \"push\" and .size > 5000 and .verdict == \"a and b\""),
            [".size > 5000", ".verdict == \"a and b\""]
        );
        assert_eq!(misses("(.a and .b) and .event"), ["(.a and .b)"]);
        let whole = ".a == 1 or .event == 1 and .b";
        assert_eq!(misses(whole), [whole]);
    }

    #[test]
    fn a_miss_tells_what_was_found() {
        for (text, found) in [
            (".event == \"ping\"", Some("\"push\"")),
            (
                "payload.ref != \"refs/heads/main\"",
                Some("\"refs/heads/main\""),
            ),
            (".size > 5000", Some("1204")),
            ("(payload.commits | length) >= 3", Some("2")),
            (".no == 1", Some("null")),
            (".event.x == 1", None),
            (".no", None),
            (".event | startswith(\"x\")", None),
            ("payload.commits | length == 3", Some("2")),
            (".size == 1 | . and true", None),
            (".event == 1 or .size == 2", None),
            ("(.a == \"<\")", None),
        ] {
            let misses = Expr::parse(text).expect(text).misses(&input());
            let [miss] = &misses[..] else {
                panic!("{text}: {misses:?}");
            };
            assert_eq!(miss.found.as_deref(), found, "{text}");
        }
        let long = Input::new(json!({ "event": "é".repeat(200) }));
        let misses = Expr::parse(".event == 1").expect("reads").misses(&long);
        let found = misses[0].found.as_deref().expect("a value");
        assert_eq!(found.chars().count(), TOLD + 1);
        assert!(found.ends_with('…'));
    }

    #[test]
    fn what_is_no_expression_says_where() {
        for (text, why) in [
            (".event ==", "at its end"),
            (".event = = 1", "at character 10"),
            ("x y", "expected its end at character 3"),
            ("(.a", "expected closing parenthesis"),
            ("nosuch(.a)", "unknown filter `nosuch`"),
            (".a == $x", "unknown variable `$x`"),
        ] {
            let error = Expr::parse(text).expect_err(text).to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn an_expression_can_be_held_by_several_threads() {
        fn shared<T: Send + Sync>(_: &T) {}
        shared(&Expr::parse(".a").expect("reads"));
    }
}
