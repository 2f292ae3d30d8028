//! Every sample payload fits its event's JSON Schema, whatever it is filled with.

use hookcat::core::schema::problems;
use jsonschema::Validator;
use serde_json::{Value, json};

use crate::harness::{NOW, Sandbox};

/// The fields of a form as the JSON object they were made of.
fn fields(form: &str) -> Value {
    let pairs = form_urlencoded::parse(form.as_bytes());
    pairs
        .map(|(name, text)| {
            let nested = text.starts_with(['{', '[']);
            let value = serde_json::from_str(&text).ok().filter(|_| nested);
            (
                name.into_owned(),
                value.unwrap_or_else(|| Value::from(text)),
            )
        })
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// What `send` would send of an event.
fn sample(sandbox: &Sandbox, provider: &str, event: &str, seed: &str) -> Value {
    let args = ["send", provider, event, "--print", "json", "--seed", seed];
    let output = sandbox.run(&[args.as_slice(), &["--now", NOW]].concat());
    let request = output.ok().json_lines().remove(0);
    let text = request["body"].as_str().expect("text");
    serde_json::from_str(text).unwrap_or_else(|_| fields(text))
}

#[test]
fn fit_their_schemas() {
    let sandbox = Sandbox::new();
    let providers = sandbox.run(&["providers", "list", "--format", "json"]);
    let mut checked = 0;
    for provider in providers.ok().json_lines() {
        let id = provider["id"].as_str().expect("an id");
        let shown = sandbox.run(&["providers", "show", id, "--format", "json"]);
        let shown = shown.ok().json_lines().remove(0);
        for event in shown["events"].as_array().expect("events") {
            let event = event["name"].as_str().expect("a name");
            let schema = sandbox.run(&["providers", "schema", id, event]);
            let schema: Value = schema.ok().json_lines().remove(0);
            let validator = jsonschema::options()
                .should_validate_formats(true)
                .build(&schema)
                .unwrap_or_else(|error| panic!("{id} {event}: {error}"));
            for seed in ["a", "b"] {
                let sample = sample(&sandbox, id, event, seed);
                fits(&validator, &sample, &format!("{id} {event}"));
                let found = problems(&schema, &sample).expect("a schema");
                assert!(found.is_empty(), "{id} {event}: {found:?}");
            }
            checked += 1;
        }
    }
    assert!(checked >= 46, "only {checked} events");
}

#[track_caller]
fn fits(validator: &Validator, sample: &Value, name: &str) {
    let errors: Vec<String> = validator
        .iter_errors(sample)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{name}: {}\n{sample}", errors.join("\n"));
}

/// What a schema makes of a body that another event sent.
fn takes(provider: &str, event: &str, body: &Value) -> bool {
    let schema = Sandbox::new().run(&["providers", "schema", provider, event]);
    let schema: Value = schema.ok().json_lines().remove(0);
    jsonschema::validator_for(&schema)
        .expect("a schema")
        .is_valid(body)
}

#[test]
fn do_not_fit_the_schemas_of_other_events() {
    let sandbox = Sandbox::new();
    let push = sample(&sandbox, "statly", "push", "a");
    assert!(takes("statly", "push", &push));
    assert!(!takes("statly", "release", &push));
    assert!(!takes("statly", "pull_request.opened", &push));
    assert!(!takes("statly", "push", &json!({ "event": "push" })));
    let push = sample(&sandbox, "code-storage", "push", "a");
    assert!(
        push["type"].is_null(),
        "the event stands in the header only"
    );
    assert!(!takes("dits", "push", &push));
}
