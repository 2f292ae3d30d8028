//! What really happened: repeats told as attempts, and the timeline of one delivery.

use serde_json::{Value, json};

use crate::harness::{Listener, NOW, Sandbox};
use crate::snapshot;
use crate::wire::{Endpoint, post};

/// Posts an attempt of a delivery.
fn attempt(listener: &Listener, id: &str, signature: &str, body: &str) {
    let headers = [
        ("X-Statly-Event", "push"),
        ("X-Statly-Delivery", id),
        ("X-Statly-Signature", signature),
    ];
    post(listener.address(), &headers, body.as_bytes()).expect("an answer");
}

fn signed(sandbox: &Sandbox, body: &str) -> String {
    let args = ["sign", "statly", "--secret", "env:S", "--format", "value"];
    let output = sandbox.run_with(&args, body.as_bytes());
    output.ok().out().trim().to_owned()
}

#[test]
fn repeats_are_attempts_with_a_log_and_without() {
    let sandbox = Sandbox::new();
    let signatures = ["{}", "{\"a\":1}"].map(|body| signed(&sandbox, body));
    for log in [&["--log", "own.db"][..], &["--no-log"]] {
        let args = [&["--secret", "statly=env:S"], log].concat();
        let listener = sandbox.listen(&args);
        let told = |signature: &str, body: &str| {
            attempt(&listener, "d1", signature, body);
            listener.next()
        };
        let first = told(&signatures[0], "{}");
        assert_eq!(
            (&first["attempt"], &first["repeat"]),
            (&json!(1), &Value::Null)
        );
        let second = told(&signatures[0], "{}");
        assert_eq!(
            (&second["attempt"], &second["duplicate_of"]),
            (&json!(2), &json!(1))
        );
        assert_eq!(second["repeat"]["body_differs"], false);
        assert_eq!(second["repeat"]["signature_renewed"], false);
        let third = told(&signatures[1], "{\"a\":1}");
        assert_eq!(
            (&third["attempt"], &third["duplicate_of"]),
            (&json!(3), &json!(1))
        );
        let repeat = &third["repeat"];
        assert_eq!(repeat["previous"], 2);
        assert_eq!(repeat["body_differs"], true);
        assert_eq!(repeat["signature_renewed"], true);
        assert!(repeat["since_first_ms"].as_f64() >= repeat["gap_ms"].as_f64());
        // What anybody can forge counts for itself alone.
        assert_eq!(told("sha256=00", "{}")["attempt"], 4);
        assert_eq!(told(&signatures[0], "{}")["attempt"], 4);
        if log.len() == 2 {
            let shown = sandbox.run(&["log", "show", "3", "--format", "json", "--log", "own.db"]);
            let shown = shown.ok().json_lines().remove(0);
            assert_eq!((&shown["attempt"], &shown["repeat"]), (&json!(3), repeat));
        }
    }
}

#[test]
fn screens() {
    let sandbox = Sandbox::new();
    let endpoint = Endpoint::answering(&[500, 503, 200, 200, 200]);
    let fixed = ["--now", NOW, "--compact", "--secret", "statly=env:S"];
    let args = [&fixed[..], &["--forward-to", &endpoint.url]].concat();
    let listener = sandbox.listen_as_text(&args);
    let bodies = ["{}", "{}", "{ }"];
    for body in bodies {
        attempt(&listener, "d1", &signed(&sandbox, body), body);
    }
    attempt(&listener, "d2", "sha256=00", "{}");
    let output = listener.interrupt();
    let variable = [(endpoint.url.as_str(), "http://127.0.0.1:[PORT]")];
    let shown = [&["listen"], &args[..]].concat();
    snapshot::check(&sandbox, "repeats", &shown, &output, &variable);
    let replay = ["replay", "2", "--to", &endpoint.url, "--now", "1700000060"];
    sandbox.run(&replay).ok();
    for (name, args) in [
        ("timeline", &["log", "timeline", "2"][..]),
        (
            "timeline_json",
            &["log", "timeline", "5", "--format", "json"],
        ),
        ("timeline_of_the_last", &["log", "timeline", "3", "-n", "1"]),
        ("timeline_of_one", &["log", "timeline", "4"]),
        ("timeline_of_none", &["log", "timeline", "99"]),
    ] {
        let output = sandbox.run(args);
        snapshot::check(&sandbox, name, args, &output, &variable);
    }
}
