//! The shape of payloads: which fields they have and of which types, over many of them, and what is
//! new, gone or retyped in one more.
//!
//! A shape is what is common to several payloads: merging is commutative and idempotent, so that the
//! order in which they came does not matter. It is bounded in depth, in fields an object and in all.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

/// What lies deeper than this is not told apart.
const DEPTH: usize = 24;
/// An object of more fields than this is a map: its fields are data, not shape.
const FIELDS: usize = 256;
/// So many fields and items a shape has at most; of one with more, the deepest are left out.
const NODES: usize = 4_000;
/// So many bytes of a field's name count.
const NAME: usize = 128;
/// So many changes are told.
const MOST: usize = 50;

/// What payloads look like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape(Node);

/// What stands at one place of the payloads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Node {
    types: Types,
    /// Whether an object on the way here was without it.
    optional: bool,
    /// The fields of objects, where these are no maps.
    fields: BTreeMap<String, Self>,
    /// The values of maps, as one.
    values: Option<Box<Self>>,
    /// The items of lists, as one.
    items: Option<Box<Self>>,
    /// Whether what is inside is left out.
    cut: bool,
}

/// A set of JSON types.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Types(u8);

/// The types' names, in the order of their bits.
const TYPES: [&str; 6] = ["object", "array", "string", "number", "boolean", "null"];
const OBJECT: Types = Types(1);
const NULL: Types = Types(1 << 5);

impl Types {
    fn of(value: &Value) -> Self {
        let place = match value {
            Value::Object(_) => 0,
            Value::Array(_) => 1,
            Value::String(_) => 2,
            Value::Number(_) => 3,
            Value::Bool(_) => 4,
            Value::Null => 5,
        };
        Self(1 << place)
    }

    fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    fn has(self, other: Self) -> bool {
        other.without(self).0 == 0
    }

    /// Their names.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let is_in = move |place: usize| self.0 & (1 << place) != 0;
        (TYPES.iter().enumerate()).filter_map(move |(place, name)| is_in(place).then_some(*name))
    }
}

impl fmt::Display for Types {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.names().collect();
        f.write_str(&names.join(" or "))
    }
}

/// One way in which a payload differs from all before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The place: `payload.commits[].author`.
    pub place: String,
    /// What is different.
    pub kind: ChangeKind,
}

/// What is different at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// None had it.
    New(Types),
    /// All had it.
    Gone(Types),
    /// It had other types.
    Retyped(Types, Types),
    /// It is null or of this type; until now it was only one of both.
    Nullable(Types),
}

impl ChangeKind {
    /// The stable word used in text and JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::New(_) => "new",
            Self::Gone(_) => "gone",
            Self::Retyped(..) => "retyped",
            Self::Nullable(_) => "nullable",
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, kind } = self;
        write!(f, "{} {place}", kind.word())?;
        match kind {
            ChangeKind::New(types) | ChangeKind::Nullable(types) => write!(f, " ({types})"),
            ChangeKind::Gone(_) => Ok(()),
            ChangeKind::Retyped(from, to) => write!(f, " ({from} → {to})"),
        }
    }
}

impl Shape {
    /// The shape of one payload.
    #[must_use]
    pub fn of(payload: &Value) -> Self {
        let mut shape = Self(Node::of(payload, DEPTH));
        shape.fit();
        shape
    }

    /// The shape of the payloads of both.
    #[must_use]
    pub fn merge(&self, other: &Self) -> Self {
        let mut shape = Self(self.0.merge(&other.0));
        shape.fit();
        shape
    }

    /// What is different in a payload of the shape `now`; the first of it, where it is much.
    #[must_use]
    pub fn changes(&self, now: &Self) -> Vec<Change> {
        let mut found = Vec::new();
        self.0.changes(&now.0, "payload", &mut found);
        found.truncate(MOST);
        found
    }

    /// Leaves out the deepest until it is small enough.
    fn fit(&mut self) {
        let mut depth = DEPTH;
        while depth > 1 && self.0.count() > NODES {
            depth -= 1;
            self.0.cut(depth);
        }
    }
}

impl Node {
    fn of(value: &Value, depth: usize) -> Self {
        let mut node = Self {
            types: Types::of(value),
            ..Self::default()
        };
        match value {
            Value::Object(fields) if depth > 0 => {
                for (name, value) in fields {
                    let own = Self::of(value, depth - 1);
                    let name = shortened(name);
                    // Two names may be one after they were cut.
                    let own = match node.fields.get(name) {
                        Some(other) => other.merge(&own),
                        None => own,
                    };
                    node.fields.insert(name.to_owned(), own);
                }
                if !fields.is_empty() && fields.keys().all(|name| is_id(name)) {
                    node.make_map();
                }
                node.bound();
            }
            Value::Array(items) if depth > 0 => {
                let items = items.iter().map(|item| Self::of(item, depth - 1));
                let items = items.reduce(|all, one| all.merge(&one));
                node.items = items.map(Box::new);
            }
            Value::Object(fields) => node.cut = !fields.is_empty(),
            Value::Array(items) => node.cut = !items.is_empty(),
            _ => {}
        }
        node
    }

    fn merge(&self, other: &Self) -> Self {
        let mut node = Self {
            types: self.types.and(other.types),
            optional: self.optional || other.optional,
            cut: self.cut || other.cut,
            ..Self::default()
        };
        if node.cut {
            return node;
        }
        let both = self.types.has(OBJECT) && other.types.has(OBJECT);
        for (one, another) in [(self, other), (other, self)] {
            for (name, own) in &one.fields {
                if node.fields.contains_key(name) {
                    continue;
                }
                let own = match another.fields.get(name) {
                    Some(other) => own.merge(other),
                    // A map has any field.
                    None => Self {
                        optional: own.optional || both,
                        ..own.clone()
                    },
                };
                node.fields.insert(name.clone(), own);
            }
        }
        node.values = merged(self.values.as_deref(), other.values.as_deref());
        node.items = merged(self.items.as_deref(), other.items.as_deref());
        node.bound();
        node
    }

    /// Makes a map of what has too many fields, or was a map before.
    fn bound(&mut self) {
        if self.values.is_some() && !self.fields.is_empty() || self.fields.len() > FIELDS {
            self.make_map();
        }
    }

    fn make_map(&mut self) {
        let fields = std::mem::take(&mut self.fields).into_values();
        let fields = fields.map(|own| Self {
            optional: true,
            ..own
        });
        let values = self.values.take().map(|own| *own);
        let all = values.into_iter().chain(fields);
        self.values = all.reduce(|all, one| all.merge(&one)).map(Box::new);
    }

    fn count(&self) -> usize {
        self.inside().map(|own| 1 + own.count()).sum()
    }

    fn inside(&self) -> impl Iterator<Item = &Self> {
        let boxed = self.values.iter().chain(&self.items);
        self.fields.values().chain(boxed.map(Box::as_ref))
    }

    /// Leaves out what lies deeper than so many steps.
    fn cut(&mut self, depth: usize) {
        if depth == 0 {
            let hides = self.inside().next().is_some();
            self.cut |= hides;
            self.fields.clear();
            (self.values, self.items) = (None, None);
            return;
        }
        let boxed = self.values.iter_mut().chain(&mut self.items);
        let inside = self.fields.values_mut().chain(boxed.map(Box::as_mut));
        inside.for_each(|own| own.cut(depth - 1));
    }

    fn changes(&self, now: &Self, place: &str, found: &mut Vec<Change>) {
        let mut tell = |place: String, kind| found.push(Change { place, kind });
        let added = now.types.without(self.types);
        if added != Types::default() {
            let types = self.types.and(now.types).without(NULL);
            let kind = if added == NULL || self.types == NULL {
                ChangeKind::Nullable(types)
            } else {
                ChangeKind::Retyped(self.types, now.types)
            };
            tell(place.to_owned(), kind);
        }
        if self.cut || now.cut {
            return;
        }
        // Fields of objects are known only from objects, and maps have any.
        let objects = self.types.has(OBJECT) && now.types.has(OBJECT);
        if objects && self.values.is_none() && now.values.is_none() {
            for (name, own) in &self.fields {
                if !own.optional && !now.fields.contains_key(name) {
                    tell(step(place, name), ChangeKind::Gone(own.types));
                }
            }
            for (name, own) in &now.fields {
                match self.fields.get(name) {
                    None => found.push(Change {
                        place: step(place, name),
                        kind: ChangeKind::New(own.types),
                    }),
                    Some(seen) => seen.changes(own, &step(place, name), found),
                }
            }
        }
        for (seen, now, end) in [
            (&self.values, &now.values, ".*"),
            (&self.items, &now.items, "[]"),
        ] {
            if let (Some(seen), Some(now)) = (seen, now) {
                seen.changes(now, &format!("{place}{end}"), found);
            }
        }
    }
}

fn merged(one: Option<&Node>, other: Option<&Node>) -> Option<Box<Node>> {
    let merged = match (one, other) {
        (Some(one), Some(other)) => one.merge(other),
        (one, other) => one.or(other)?.clone(),
    };
    Some(Box::new(merged))
}

/// A place one field further, as jq writes it.
fn step(place: &str, name: &str) -> String {
    let plain = |char: char| char.is_ascii_alphanumeric() || char == '_' || char == '-';
    if !name.is_empty() && name.chars().all(plain) {
        format!("{place}.{name}")
    } else {
        format!("{place}[{}]", Value::from(name))
    }
}

fn shortened(name: &str) -> &str {
    let end = (0..=NAME.min(name.len())).rfind(|at| name.is_char_boundary(*at));
    &name[..end.unwrap_or(0)]
}

/// Whether a field's name is data: a number, a UUID, or a long one of hexadecimal digits.
fn is_id(name: &str) -> bool {
    let hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let parts: Vec<usize> = name.split('-').map(str::len).collect();
    let is_number = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
    is_number
        || name.len() >= 16 && hex(name)
        || parts == [8, 4, 4, 4, 12] && name.split('-').all(hex)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn told(before: &[&Value], now: &Value) -> Vec<String> {
        let before = before.iter().map(|own| Shape::of(own));
        let seen = before.reduce(|all, one| all.merge(&one)).expect("some");
        let changes = seen.changes(&Shape::of(now));
        changes.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_new_gone_or_retyped_is_told() {
        let before = json!({ "id": 7, "user": { "name": "a" }, "tags": ["x"], "a b": 1 });
        let now = json!({ "id": "7", "user": { "nick": "a" }, "tags": [1], "new": [] });
        let wanted = [
            "gone payload[\"a b\"]",
            "retyped payload.id (number → string)",
            "new payload.new (array)",
            "retyped payload.tags[] (string → number)",
            "gone payload.user.name",
            "new payload.user.nick (string)",
        ];
        assert_eq!(told(&[&before], &now), wanted);
        let wanted = ["retyped payload (object → array)"];
        assert_eq!(told(&[&json!({ "a": 1 })], &json!([{ "b": 1 }])), wanted);
    }

    #[test]
    fn what_is_optional_does_not_flap() {
        let (with, without) = (json!({ "a": 1, "o": { "x": 1 } }), json!({ "a": 1 }));
        assert_eq!(told(&[&with], &without), ["gone payload.o"]);
        for before in [[&with, &without], [&without, &with]] {
            assert_eq!(told(&before, &without), [""; 0]);
            assert_eq!(told(&before, &with), [""; 0]);
            // What is always in an optional object is gone from it.
            assert_eq!(
                told(&before, &json!({ "a": 1, "o": {} })),
                ["gone payload.o.x"]
            );
        }
    }

    #[test]
    fn null_makes_nullable_once() {
        let (null, object) = (json!({ "a": null }), json!({ "a": { "b": 1 } }));
        assert_eq!(told(&[&null], &object), ["nullable payload.a (object)"]);
        assert_eq!(told(&[&object], &null), ["nullable payload.a (object)"]);
        for now in [&null, &object] {
            assert_eq!(told(&[&null, &object], now), [""; 0]);
        }
        let text = json!({ "a": "x" });
        let wanted = ["retyped payload.a (object or null → string)"];
        assert_eq!(told(&[&null, &object], &text), wanted);
    }

    #[test]
    fn items_are_one_and_empty_lists_know_nothing() {
        let several = json!({ "list": [{ "a": 1 }, { "a": 1, "b": 1 }] });
        assert_eq!(told(&[&several], &json!({ "list": [{ "a": 1 }] })), [""; 0]);
        assert_eq!(told(&[&several], &json!({ "list": [] })), [""; 0]);
        assert_eq!(told(&[&json!({ "list": [] })], &several), [""; 0]);
        let other = json!({ "list": [{ "a": 1 }, { "c": 1 }] });
        assert_eq!(told(&[&several], &other), ["new payload.list[].c (number)"]);
    }

    #[test]
    fn names_that_are_data_are_no_shape() {
        let uuid = "6f1b2c3d-0000-4000-8000-00000000000a";
        let users = |name: &str, value: Value| json!({ "users": { name: value } });
        let before = users("1001", json!("a"));
        assert_eq!(told(&[&before], &users(uuid, json!("b"))), [""; 0]);
        let wanted = ["retyped payload.users.* (string → number)"];
        assert_eq!(told(&[&before], &users("7", json!(1))), wanted);
        assert!(!is_id("deadbeef") && !is_id("") && is_id("deadbeefdeadbeef"));
        let many = |start: usize| -> Value {
            let fields = (start..=start + FIELDS).map(|key| (format!("k{key}"), json!(1)));
            Value::Object(fields.collect())
        };
        assert_eq!(told(&[&many(0)], &many(9_000)), [""; 0]);
    }

    #[test]
    fn depth_names_and_nodes_are_bounded() {
        let deep = (0..200).fold(json!(1), |inner, _| json!({ "a": inner }));
        let shape = Shape::of(&deep);
        assert_eq!(shape.0.count(), DEPTH);
        assert_eq!(shape.changes(&Shape::of(&json!({ "a": deep }))), []);
        let wide = |mark: &str| -> Value {
            let fields = |inner: &Value| -> Value {
                let name = |key| format!("{mark}{key}");
                Value::Object((0..100).map(|key| (name(key), inner.clone())).collect())
            };
            fields(&fields(&json!(1)))
        };
        let shape = Shape::of(&wide("a")).merge(&Shape::of(&wide("b")));
        assert!(
            (100..=NODES).contains(&shape.0.count()),
            "{}",
            shape.0.count()
        );
        assert_eq!(shape.changes(&Shape::of(&wide("a"))), []);
        let long = "ä".repeat(1000);
        let cut = Shape::of(&json!({ long: 1 }));
        assert!(cut.0.fields.keys().all(|name| name.len() <= NAME));
    }

    fn payload() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i8>().prop_map(Value::from),
            "[a-c]{0,2}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 4, |inner| {
            let name = prop_oneof!["[a-d]", Just("7".to_owned()), Just("a b".to_owned())];
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((name, inner), 0..4)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_order_of_payloads_does_not_matter(a in payload(), b in payload(), c in payload()) {
            let [a, b, c] = [a, b, c].map(|own| Shape::of(&own));
            prop_assert_eq!(a.merge(&b), b.merge(&a));
            prop_assert_eq!(a.merge(&b).merge(&c), a.merge(&b.merge(&c)));
        }

        #[test]
        fn what_was_seen_is_no_change(a in payload(), b in payload()) {
            let [a, b] = [a, b].map(|own| Shape::of(&own));
            prop_assert_eq!(a.merge(&a), a.clone());
            prop_assert_eq!(a.changes(&a), []);
            prop_assert_eq!(a.merge(&b).changes(&a), []);
            prop_assert_eq!(a.merge(&b).changes(&b), []);
        }
    }
}
