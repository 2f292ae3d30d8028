//! What the log holds, counted.

use serde_json::{Value, json};

use crate::harness::Sandbox;
use crate::wire::post;

#[test]
fn what_is_recorded_is_counted() {
    let sandbox = Sandbox::new();
    let listener = sandbox.listen(&["--secret", "statly=env:S"]);
    for id in ["d1", "d1", "d2"] {
        let headers = [
            ("X-Statly-Event", "push"),
            ("X-Statly-Delivery", id),
            ("X-Statly-Signature", "sha256=00"),
        ];
        post(listener.address(), &headers, b"{}").expect("an answer");
        listener.next();
    }
    listener.interrupt();
    let send = ["send", "statly", "push", "--to", "http://127.0.0.1:1"];
    sandbox.run(&send).code(8);
    let stats = sandbox.run(&["log", "stats", "--format", "json"]);
    let stats = stats.ok().json_lines().remove(0);
    assert_eq!(stats["type"], "stats");
    assert_eq!(stats["deliveries"], 4);
    assert_eq!(stats["failed"], 4);
    assert_eq!(stats["repeats"], 1);
    assert_eq!(
        stats["by_verdict"],
        json!([
            { "verdict": "invalid:mismatch", "deliveries": 3, "failed": 3 },
            { "verdict": "unverifiable:no-secret", "deliveries": 1, "failed": 1 },
        ])
    );
    assert_eq!(
        stats["by_status"],
        json!([
            { "status": "401", "deliveries": 3, "failed": 3 },
            { "status": "connect", "deliveries": 1, "failed": 1 },
        ])
    );
    let bars = stats["bars"].as_array().expect("bars");
    assert_eq!(bars.iter().filter_map(Value::as_i64).sum::<i64>(), 4);
    assert_eq!(stats["slowest"].as_array().map(Vec::len), Some(4));
    assert!(stats["file_bytes"].as_i64() > Some(4096));
    let text = sandbox.run(&["log", "stats"]).ok().out();
    let words: Vec<&str> = text.split_whitespace().collect();
    let words = words.join(" ");
    assert!(words.starts_with("4 deliveries, "), "{text}");
    assert!(
        words.contains("failed: 4 (100.0 %), repeats: 1 (25.0 %)"),
        "{text}"
    );
    assert!(words.contains("invalid:mismatch 3 75.0 % 3"), "{text}");
}

#[test]
fn an_empty_log_has_nothing_to_count() {
    let sandbox = Sandbox::new();
    sandbox.listen(&[]).interrupt();
    let text = sandbox.run(&["log", "stats"]).ok().out();
    assert!(
        text.starts_with("0 deliveries, 0 B of bodies; failed: none"),
        "{text}"
    );
    assert_eq!(text.lines().count(), 2, "{text}");
}
