//! `hookcat emit`: events into the queue, from samples, templates and bodies.

use hookcat::core::serve::subscription::Subscription;
use hookcat::log::Log;
use hookcat::providers::Catalog;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::harness::Sandbox;

#[test]
fn events_are_made_of_samples_and_of_bodies_of_ones_own() {
    let sandbox = Sandbox::new();
    let emit = |args: &[&str]| -> Value {
        let output = sandbox.run(&[&["emit"], args, &["--format", "json"]].concat());
        output.ok().json_lines().remove(0)
    };
    let own = emit(&["statly", "push", "--set", "ref=refs/heads/x"]);
    assert_eq!((&own["v"], &own["type"]), (&json!(1), &json!("event")));
    assert_eq!(
        (&own["repository"], &own["webhooks"]),
        (&json!("my-org/my-app"), &json!(0))
    );
    assert_eq!(own["payload"]["ref"], "refs/heads/x");
    let own = emit(&["cloudrepo", "File Upload", "--repo", "acme/jars"]);
    assert_eq!(
        (&own["event"], &own["repository"]),
        (&json!("file.upload"), &json!("acme/jars"))
    );
    assert_eq!(own["payload"]["repository"]["name"], "jars");
    let own = emit(&["code-storage", "push", "--repo", "acme/jars"]);
    assert_eq!(
        own["payload"]["repository"]["url"],
        "https://git.code.storage/acme/jars"
    );
    let own = emit(&["repo-file-sync", "drift.detected"]);
    assert_eq!(own["repository"], Value::Null);

    // A body of one's own goes as it is, to the byte.
    let body = "{ \"repository\": {\"fullName\": \"a/b\"},  \"n\": 1.0 }\n";
    sandbox.write("body.json", body);
    let own = emit(&["statly", "push", "--data", "body.json", "--repo", "c/d"]);
    assert_eq!(own["repository"], "c/d");
    let id = own["id"].as_i64().expect("a number");
    let log = Log::open_existing(&sandbox.log()).expect("a log");
    let kept = log.occurrence(id).expect("reads").expect("there");
    assert_eq!(&kept.payload[..], body.as_bytes());
    let own = emit(&["statly", "push", "--data", "body.json"]);
    assert_eq!(own["repository"], "a/b");
}

#[test]
fn the_webhooks_that_take_it_are_counted() {
    let sandbox = Sandbox::new();
    sandbox.run(&["emit", "statly", "push"]).ok();
    let log = Log::open_existing(&sandbox.log()).expect("a log");
    let provider = Catalog::default().whole("statly").expect("there");
    for (scope, events, active) in [
        ("my-org/my-app", "push", true),
        ("my-org", "*", true),
        ("my-org", "*", false),
        ("", "issue.*", true),
        ("other", "push", true),
    ] {
        let mut own = Subscription::new(&provider, "http://localhost:1/");
        own.scope = scope.parse().expect("a scope");
        own.events = events.parse().expect("events");
        own.active = active;
        log.subscribe(&own, None, Timestamp::now()).expect("writes");
    }
    let told = |args: &[&str]| sandbox.run(&[&["emit"], args].concat()).ok().out();
    assert!(
        told(&["statly", "push"])
            .trim_end()
            .ends_with("for 2 webhooks")
    );
    assert!(
        told(&["statly", "issue.opened", "--repo", "x/y"])
            .trim_end()
            .ends_with("for 1 webhook")
    );
    assert!(
        told(&["dits", "push"])
            .trim_end()
            .ends_with("no webhook takes it")
    );
}
