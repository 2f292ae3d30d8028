//! The log kept small and looked through: prune, retention, tail, diff.

use crate::harness::{Listener, PATIENCE, Sandbox};
use crate::wire::post;

/// A log of deliveries with these bodies.
fn recorded(bodies: &[&str]) -> Sandbox {
    let sandbox = Sandbox::new();
    let listener = sandbox.listen(&[]);
    for body in bodies {
        let answer = post(
            listener.address(),
            &[("X-Statly-Event", "push")],
            body.as_bytes(),
        );
        assert_eq!(answer.expect("an answer").status(), 200);
        listener.next();
    }
    listener.interrupt();
    sandbox
}

fn left(sandbox: &Sandbox) -> Vec<i64> {
    let ids = sandbox.deliveries();
    ids.iter().filter_map(|own| own["id"].as_i64()).collect()
}

#[test]
fn what_is_chosen_is_deleted() {
    let sandbox = recorded(&["1", "2", "3", "4", "5", "6"]);
    let output = sandbox.run(&["log", "prune", "--keep", "2", "--dry-run"]);
    assert_eq!(output.ok().err(), "4 deliveries would be deleted\n");
    // Nobody is there to be asked.
    let output = sandbox.run(&["log", "prune", "2"]);
    assert!(output.code(2).err().contains("--yes"), "{}", output.err());
    assert_eq!(left(&sandbox).len(), 6);
    sandbox.run(&["log", "prune", "2..3", "--yes"]).ok();
    assert_eq!(left(&sandbox), [1, 4, 5, 6]);
    let output = sandbox.run(&["log", "prune", "--keep", "1", "-y", "--format", "json"]);
    let told = output.ok().json_lines().remove(0);
    assert_eq!((&told["deleted"], &told["chosen"]), (&3.into(), &3.into()));
    assert_eq!(left(&sandbox), [6]);
    let output = sandbox.run(&["log", "prune"]);
    assert!(output.code(2).err().contains("--until"), "{}", output.err());
}

#[test]
fn more_than_is_kept_goes_by_itself() {
    let sandbox = recorded(&[]);
    sandbox.write("hookcat.toml", "log = 'own.db'\n[retention]\nmib = 1\n");
    let listener = sandbox.listen(&[]);
    // Nothing that could be compressed.
    let mut state = 7_u32;
    let mut noise = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[0]
    };
    for _ in 0..80 {
        let body: Vec<u8> = (0..32 * 1024).map(|_| noise()).collect();
        let answer = post(listener.address(), &[], &body).expect("an answer");
        assert_eq!(answer.status(), 200);
        listener.next();
    }
    listener.interrupt();
    // What is left to do is done with the next that writes to it.
    let listener = sandbox.listen(&[]);
    post(listener.address(), &[], b"last").expect("an answer");
    listener.next();
    let counts = || {
        sandbox
            .run(&["log", "stats", "--format", "json"])
            .ok()
            .json_lines()
    };
    let start = std::time::Instant::now();
    loop {
        let counted = counts().remove(0);
        let number = |name: &str| counted[name].as_i64().expect("a number");
        assert_eq!(number("kept_bytes"), 1 << 20);
        if number("file_bytes") - number("free_bytes") <= 1 << 20 {
            assert!((10..60).contains(&number("deliveries")), "{counted}");
            break;
        }
        assert!(start.elapsed() < PATIENCE, "{counted}");
    }
    let text = sandbox.run(&["log", "stats"]).ok().out();
    assert!(text.contains("90 days and 1.0 MB are kept"), "{text}");
    assert_eq!(
        sandbox.deliveries().last().map(|own| own["body"].clone()),
        Some("last".into())
    );
}

#[test]
fn tail_shows_the_newest_and_follows() {
    let sandbox = recorded(&["1", "2", "3"]);
    let output = sandbox.run(&["log", "tail", "-n", "2", "--format", "json"]);
    let bodies = |lines: Vec<serde_json::Value>| -> Vec<String> {
        lines
            .iter()
            .map(|own| own["body"].as_str().expect("text").to_owned())
            .collect()
    };
    assert_eq!(bodies(output.ok().json_lines()), ["2", "3"]);
    let args = [
        "log", "tail", "-n", "1", "-f", "--format", "json", "--event", "push",
    ];
    let tail = Listener::start(sandbox.hookcat(&args));
    assert_eq!(tail.next()["body"], "3");
    let listener = sandbox.listen(&[]);
    for (event, body) in [("ping", "4"), ("push", "5")] {
        post(
            listener.address(),
            &[("X-Statly-Event", event)],
            body.as_bytes(),
        )
        .expect("an answer");
    }
    assert_eq!(tail.next()["body"], "5");
    tail.interrupt().ok();
}

#[test]
fn diff_tells_what_changed() {
    let sandbox = recorded(&[r#"{"a":1,"b":2}"#, r#"{"a":1,"b":3}"#, r#"{"a":1,"b":2}"#]);
    let output = sandbox.run(&["log", "diff", "1", "2"]);
    let out = output.ok().out();
    assert!(out.starts_with("--- #1\n+++ #2\n"), "{out}");
    let changed: Vec<&str> = out
        .lines()
        .skip(2)
        .filter(|own| !own.starts_with(' '))
        .collect();
    assert_eq!(changed, ["-   \"b\": 2", "+   \"b\": 3"]);
    let output = sandbox.run(&["log", "diff", "1", "3"]);
    assert_eq!(
        output.ok().err(),
        "the requests are the same, byte for byte\n"
    );
    sandbox.run(&["log", "diff", "1", "9"]).code(2);
}
