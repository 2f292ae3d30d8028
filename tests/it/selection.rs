//! Which deliveries of the log: the filters `log list` and `replay` share.

use serde_json::Value;

use crate::harness::Sandbox;
use crate::wire::{Endpoint, post};

/// A log with two valid pushes, a forged one, a delivery of another provider, and one that was sent.
fn recorded() -> Sandbox {
    let sandbox = Sandbox::new();
    let listener = sandbox.listen(&["--secret", "statly=env:S"]);
    for body in ["{\"a\":1}", "{\"a\":2,\"x\":\"Needle\"}"] {
        let args = ["sign", "statly", "--secret", "env:S", "--format", "value"];
        let signature = sandbox.run_with(&args, body.as_bytes()).ok().out();
        let headers = [
            ("X-Statly-Event", "push"),
            ("X-Statly-Signature", signature.trim()),
        ];
        post(listener.address(), &headers, body.as_bytes()).expect("an answer");
        listener.next();
    }
    let forged = [
        ("X-Statly-Event", "push"),
        ("X-Statly-Signature", "sha256=00"),
    ];
    post(listener.address(), &forged, b"{\"a\":3}").expect("an answer");
    listener.next();
    let other = [
        ("X-GitHub-Event", "issues.opened"),
        ("X-GitHub-Delivery", "d4"),
    ];
    post(listener.address(), &other, b"{\"a\":4}").expect("an answer");
    listener.next();
    listener.interrupt();
    let to = ["send", "statly", "push", "--to", "http://127.0.0.1:1"];
    sandbox.run(&to).code(8);
    sandbox
}

fn listed(sandbox: &Sandbox, args: &[&str]) -> Vec<i64> {
    let args = [&["log", "list", "--format", "json"], args].concat();
    let lines = sandbox.run(&args).ok().json_lines();
    let id = |line: &Value| line["id"].as_i64().expect("a number");
    lines.iter().map(id).collect()
}

#[test]
fn filters_of_the_list() {
    let sandbox = recorded();
    for (args, wanted) in [
        (&[][..], &[1, 2, 3, 4, 5][..]),
        (&["--last", "2"], &[4, 5]),
        (&["3", "1..2"], &[3, 1, 2]),
        (&["1..5", "--failed"], &[3, 5]),
        (&["--failed"], &[3, 5]),
        (&["--failed", "--direction", "received"], &[3]),
        (&["--provider", "github"], &[4]),
        (&["--event", "p*"], &[1, 2, 3, 5]),
        (&["--status", "4xx"], &[3]),
        (&["--status", "200", "--status", "401", "-n", "2"], &[3, 4]),
        (&["--verdict", "valid"], &[1, 2]),
        (&["--verdict", "invalid:mismatch"], &[3]),
        (&["--verdict", "invalid:stale"], &[]),
        (&["--since", "1h"], &[1, 2, 3, 4, 5]),
        (&["--until", "1h"], &[]),
        (
            &["--since", "2020-01-01", "--until", "today"],
            &[1, 2, 3, 4, 5],
        ),
        (&["--search", "neeDLE"], &[2]),
        (&["--search", "x-github-delivery: d4"], &[4]),
        (
            &["--filter", "payload.a > 1 and .provider == \"statly\""],
            &[2, 3],
        ),
        (&["--filter", "payload.a != null", "-n", "1"], &[4]),
        (&["--filter", "payload.a > 1", "--search", "needle"], &[2]),
    ] {
        assert_eq!(listed(&sandbox, args), wanted, "{args:?}");
    }
}

#[test]
fn replays_of_what_fits() {
    let sandbox = recorded();
    let endpoint = Endpoint::answering(&[200, 200]);
    let replay = |args: &[&str]| {
        let args = [&["replay", "--to", &endpoint.url], args].concat();
        sandbox.run(&args)
    };
    let planned = replay(&["--provider", "statly", "--verdict", "valid", "--dry-run"]);
    let numbers: Vec<String> = planned
        .ok()
        .out()
        .lines()
        .filter_map(|line| line.split(' ').next().map(str::to_owned))
        .collect();
    assert_eq!(numbers, ["#1", "#2"]);
    assert!(planned.err().contains("2 deliveries would be sent"));
    assert_eq!(listed(&sandbox, &["--last", "1"]), [5], "nothing was sent");
    replay(&["--search", "needle"]).ok();
    replay(&["--last", "1", "--failed", "--provider", "statly"]).ok();
    let sent = sandbox.deliveries();
    let of: Vec<&Value> = sent[5..].iter().map(|own| &own["replay_of"]).collect();
    assert_eq!(of, [2, 3]);
    replay(&[]).code(2);
    replay(&["--event", "none"]).code(2);
    replay(&["5", "--dry-run"]).ok();
}
