//! The JSON Schema of definitions: what it takes and what `hookcat` takes are the same.

use std::collections::BTreeSet;

use hookcat::definitions;
use hookcat::providers::{Catalog, DEFINITION_SCHEMA};
use jsonschema::Validator;
use serde_json::Value;

use crate::harness::Sandbox;

fn schema() -> Value {
    serde_json::from_str(DEFINITION_SCHEMA).expect("JSON")
}

fn validator() -> Validator {
    jsonschema::validator_for(&schema()).expect("a schema")
}

fn as_json(toml: &str) -> Value {
    toml::from_str(toml).expect("TOML")
}

/// Every table with every enumeration in it; `#` marks the table of a name.
const ALL: &str = r#"
id = "own"
name = "Own"
docs = "none"
confidence = "second-hand"
#root
[detect]
#detect
[locate]
#locate
[send]
#send
[delivery]
#delivery
[subscription]
#subscription
[[subscription.plans]]
name = "a"
days = 1
#plan
[[scheme]]
name = "own"
algorithm = "hmac-sha256"
signed = "{body}"
#scheme
[scheme.signature]
header = "X-Own"
encoding = "hex"
#signature
[scheme.timestamp]
header = "X-Time"
unit = "seconds"
#timestamp
[scheme.certificate]
url = ["header:X-Cert"]
hosts = ["example.com"]
#certificate
[scheme.jwt]
algorithms = ["HS256"]
#jwt
[scheme.jwt.body-hash]
claim = "a"
encoding = "hex"
#claim
[[handshake]]
name = "ping"
about = "a"
source = "b"
#handshake
[handshake.allow]
characters = "hex"
max = 3
#allow
[handshake.compute]
algorithm = "sha256"
over = "a"
encoding = "hex"
#compute
[handshake.answer]
#answer
[handshake.answer.header-rules]
X-A = "free"
#rules
[handshake.request]
#request
[[target]]
name = "a"
about = "b"
#target
[payload]
#payload
[[event]]
name = "a"
title = "b"
sample = "{}"
schema = "{}"
#event
[event.git]
on = ["tag-moved"]
body = "{}"
#git
"#;

/// What the parser says it expected there.
fn expected(text: &str) -> BTreeSet<String> {
    let error = definitions::parse(text).expect_err("a mistake");
    let (_, list) = error
        .message
        .split_once("expected ")
        .unwrap_or_else(|| panic!("{error}"));
    let names = list.split('`').skip(1).step_by(2);
    names.map(str::to_owned).collect()
}

fn names<'a>(names: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
    names.map(str::to_owned).collect()
}

#[test]
fn every_key_of_the_parser_is_in_the_schema_and_no_other() {
    let schema = schema();
    let tables = [
        "detect",
        "locate",
        "send",
        "delivery",
        "scheme",
        "signature",
        "timestamp",
        "certificate",
        "jwt",
        "claim",
        "handshake",
        "allow",
        "compute",
        "answer",
        "request",
        "target",
        "payload",
        "event",
        "git",
        "subscription",
        "plan",
    ];
    let keys = |table: &Value| {
        names(
            table["properties"]
                .as_object()
                .expect("keys")
                .keys()
                .map(String::as_str),
        )
    };
    let with = |table: &str| ALL.replace(&format!("#{table}\n"), "zzz = 1\n");
    assert_eq!(keys(&schema), expected(&with("root")));
    for table in tables {
        assert_eq!(
            keys(&schema["$defs"][table]),
            expected(&with(table)),
            "{table}"
        );
    }
    // A schedule has the keys of its kind.
    let mut of_all = BTreeSet::from(["kind".to_owned()]);
    for kind in ["fixed", "multiples", "exponential"] {
        let retry = format!("retry = {{ kind = \"{kind}\", zzz = 1 }}\n");
        of_all.extend(expected(&ALL.replace("#delivery\n", &retry)));
    }
    assert_eq!(keys(&schema["$defs"]["retry"]), of_all);
    let defs = schema["$defs"].as_object().expect("tables");
    assert_eq!(defs.len(), tables.len() + 2, "a table is not tested");
}

#[test]
fn every_choice_of_the_parser_is_in_the_schema_and_no_other() {
    let schema = schema();
    let key = |table: &str, key: &str| schema["$defs"][table]["properties"][key].clone();
    let of = |value: &Value| {
        let own = value["enum"].as_array().expect("choices");
        names(own.iter().filter_map(Value::as_str))
    };
    for name in ["category", "status"] {
        let text = ALL.replace("#root\n", &format!("{name} = \"zzz\"\n"));
        assert_eq!(of(&schema["properties"][name]), expected(&text), "{name}");
    }
    let text = ALL.replace("\"second-hand\"", "\"zzz\"");
    assert_eq!(of(&schema["properties"]["confidence"]), expected(&text));
    let added = [
        ("scheme", "key"),
        ("scheme", "signed-by"),
        ("scheme", "coverage"),
        ("signature", "layout"),
        ("signature", "repeats"),
    ];
    for (table, name) in added {
        let text = ALL.replace(&format!("#{table}\n"), &format!("{name} = \"zzz\"\n"));
        assert_eq!(of(&key(table, name)), expected(&text), "{table}.{name}");
    }
    let changed = [
        ("scheme", "algorithm", "algorithm = \"hmac-sha256\""),
        ("signature", "encoding", "encoding = \"hex\"\n#signature"),
        ("claim", "encoding", "encoding = \"hex\"\n#claim"),
        ("compute", "encoding", "encoding = \"hex\"\n#compute"),
        ("compute", "algorithm", "algorithm = \"sha256\""),
        ("timestamp", "unit", "unit = \"seconds\""),
        ("allow", "characters", "characters = \"hex\""),
    ];
    for (table, name, line) in changed {
        let text = ALL.replace(line, &format!("{name} = \"zzz\""));
        assert_eq!(of(&key(table, name)), expected(&text), "{table}.{name}");
    }
    let text = ALL.replace("[\"HS256\"]", "[\"zzz\"]");
    assert_eq!(of(&key("jwt", "algorithms")["items"]), expected(&text));
    let text = ALL.replace("[\"tag-moved\"]", "[\"zzz\"]");
    assert_eq!(of(&key("git", "on")["items"]), expected(&text));
    let text = ALL.replace("\"free\"", "\"zzz\"");
    assert_eq!(
        of(&key("answer", "header-rules")["additionalProperties"]),
        expected(&text)
    );
    let text = ALL.replace("#delivery\n", "retry = { kind = \"zzz\" }\n");
    assert_eq!(of(&key("retry", "kind")), expected(&text));
}

#[test]
fn every_embedded_definition_fits() {
    let validator = validator();
    for builtin in Catalog::builtin() {
        let errors: Vec<String> = validator
            .iter_errors(&as_json(builtin.text))
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{}: {}", builtin.id, errors.join("\n"));
    }
}

#[test]
fn broken_ones_do_not() {
    let validator = validator();
    let (good, _) = ALL.split_once("[scheme.certificate]").expect("a part");
    assert!(validator.is_valid(&as_json(good)));
    assert!(definitions::parse(good).is_ok());
    for (from, to) in [
        ("id = \"own\"", "id = \"Own One\""),
        ("name = \"Own\"\n", ""),
        ("second-hand", "sure"),
        ("hmac-sha256", "hmac-md5"),
        ("header = \"X-Own\"", "header = \"X Own\""),
        ("header = \"X-Own\"", ""),
        ("header = \"X-Own\"", "header = \"X-Own\"\njson = \"/a\""),
        ("#locate", "event = [\"X-Event\"]"),
        ("#locate", "event = \"json:/a\""),
        ("#signature", "separator = \"::\""),
        ("#scheme", "texts = { late = \"x\" }"),
        ("#delivery", "final = [\"6xx\"]"),
        ("unit = \"seconds\"", "unit = \"hours\""),
    ] {
        assert!(good.contains(from), "{from}");
        let bad = good.replace(from, to);
        assert!(!validator.is_valid(&as_json(&bad)), "{from} -> {to}");
        assert!(definitions::parse(&bad).is_err(), "{from} -> {to}");
    }
}

#[test]
fn it_is_printed_for_editors() {
    let output = Sandbox::new().run(&["providers", "schema"]);
    assert_eq!(output.ok().out(), DEFINITION_SCHEMA);
    // One of an event takes both names.
    Sandbox::new()
        .run(&["providers", "schema", "github"])
        .code(2);
}

#[test]
fn every_key_is_described_in_the_man_page() {
    let page = include_str!("../../man/hookcat-providers.5").replace("\\-", "-");
    let schema = schema();
    let tables = schema["$defs"].as_object().expect("tables").values();
    for table in tables.chain([&schema]) {
        let Some(keys) = table["properties"].as_object() else {
            continue;
        };
        for (name, key) in keys {
            assert!(page.contains(&format!("\\fB{name}\\fR")), "{name}");
            let about = key["description"]
                .as_str()
                .unwrap_or_else(|| panic!("{name}"));
            assert!(about.ends_with('.'), "{name}: {about}");
        }
    }
}
