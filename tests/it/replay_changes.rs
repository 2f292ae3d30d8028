//! Recorded deliveries sent again as something else: edited, set, several times over.

use std::process::Stdio;

use serde_json::Value;

use crate::harness::{Listener, Sandbox, signal};
use crate::wire::post;

/// A receiver with a secret, and a delivery in its log.
fn recorded() -> (Sandbox, Listener) {
    let sandbox = Sandbox::new();
    let listener = sandbox.listen(&["--secret", "statly=env:S"]);
    let args = ["send", "statly", "push", "--secret", "env:S", "--no-log"];
    let to = ["--to", &listener.url, "--data", "body.json"];
    sandbox.write("body.json", r#"{"event":"push","ref":"one","n":1.0}"#);
    sandbox.run(&[&args[..], &to].concat()).ok();
    let first = listener.next();
    assert_eq!(
        (&first["id"], &first["verdict"]),
        (&1.into(), &"valid".into()),
        "{first}"
    );
    (sandbox, listener)
}

/// Sends the first delivery again; what arrives.
fn replayed(sandbox: &Sandbox, listener: &Listener, args: &[&str]) -> Value {
    let common = ["replay", "1", "--no-log", "--to", &listener.url];
    let mut command = sandbox.hookcat(&[&common[..], args].concat());
    // Every editor that is named: this one's work is known.
    command.env("EDITOR", "sed -i -e s/one/two/ -e '$a\\'");
    crate::harness::finish(command, b"").ok();
    listener.next()
}

fn is_valid(delivery: &Value) -> bool {
    delivery["verdict"] == "valid"
}

#[test]
fn what_is_changed_is_signed_anew() {
    let (sandbox, listener) = recorded();
    let secret = ["--secret", "env:S"];
    let own = replayed(&sandbox, &listener, &[&["--edit"][..], &secret].concat());
    assert!(is_valid(&own), "{own}");
    // All other bytes are the recorded ones, and the editor's last line break is not among them.
    assert_eq!(own["body"], r#"{"event":"push","ref":"two","n":1.0}"#);
    let changes = [
        "--set",
        "ref=three",
        "--set-json",
        "n=[2]",
        "--method",
        "PUT",
    ];
    let own = replayed(&sandbox, &listener, &[&changes[..], &secret].concat());
    assert!(is_valid(&own), "{own}");
    assert_eq!(own["body"], r#"{"event":"push","ref":"three","n":[2]}"#);
    assert_eq!(own["method"], "PUT");
    // As it was, it has the recorded signature.
    let own = replayed(&sandbox, &listener, &[]);
    assert!(is_valid(&own), "{own}");
    assert_eq!(own["body"], r#"{"event":"push","ref":"one","n":1.0}"#);
}

#[test]
fn an_editor_that_fails_sends_nothing() {
    let (sandbox, listener) = recorded();
    let args = [
        "replay",
        "1",
        "--to",
        &listener.url,
        "--edit",
        "--secret",
        "env:S",
    ];
    let mut command = sandbox.hookcat(&args);
    command.env("EDITOR", "false");
    let output = crate::harness::finish(command, b"");
    assert_eq!(
        output.code(1).err().lines().next(),
        Some("error: `false` failed: exit status: 1")
    );
    assert_eq!(sandbox.deliveries().len(), 1);
}

#[test]
fn several_times_over_in_their_order() {
    let (sandbox, listener) = recorded();
    post(listener.address(), &[("X-Statly-Event", "ping")], b"2").expect("an answer");
    listener.next();
    let args = [
        "replay",
        "--last",
        "2",
        "--times",
        "11",
        "--to",
        &listener.url,
    ];
    // More than are sent unasked where there is somebody to ask.
    let output = sandbox.run(&[&args[..], &["--pace", "1000000x"]].concat());
    assert!(
        output.code(7).err().contains("11 of 22 deliveries failed"),
        "{}",
        output.err()
    );
    let out = output.out();
    let told = |mark: &str| {
        out.lines()
            .filter(|own| own.trim_start().starts_with(mark))
            .count()
    };
    assert_eq!(
        (told("then 200 after"), told("then 401 after")),
        (11, 11),
        "{out}"
    );
    let events: Vec<Value> = (0..22).map(|_| listener.next()["event"].clone()).collect();
    assert!(
        events.chunks(2).all(|own| own == ["push", "ping"]),
        "{events:?}"
    );
}

#[test]
fn until_every_answer_is_a_success() {
    let (sandbox, _first) = recorded();
    let other = sandbox.listen(&["--no-log", "--respond", "500,503,200"]);
    let args = ["replay", "1", "--until-ok", "--no-log", "--to", &other.url];
    let output = sandbox.run(&args);
    let out = output.ok().out();
    let told = |mark: &str| out.matches(mark).count();
    // Each time beside the time before, the first time beside what was recorded.
    for (then, now) in [(200, 500), (500, 503), (503, 200)] {
        let fits = |own: &str| {
            own.contains(&format!("then {then} after")) && own.contains(&format!("now {now} after"))
        };
        assert!(out.lines().any(fits), "{then} {now}: {out}");
    }
    assert_eq!(
        (told("now "), output.err().matches("again").count()),
        (3, 2)
    );
}

#[test]
fn when_files_change() {
    let (sandbox, listener) = recorded();
    sandbox.write("src/app.py", "1");
    let args = ["replay", "1", "--to", &listener.url, "--watch", "src"];
    let child = sandbox
        .hookcat(&args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    assert_eq!(listener.next()["event"], "push");
    sandbox.write("src/app.py", "2");
    assert_eq!(listener.next()["event"], "push");
    signal(child.id(), "INT");
    let output = child.wait_with_output().expect("ends");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(
        told.contains("changed: ") && told.contains("app.py"),
        "{told}"
    );
    assert!(output.status.success(), "{told}");
    let gone = ["replay", "1", "--watch", "no-such-folder"];
    let output = sandbox.run(&gone);
    assert!(
        output.code(2).err().contains("cannot watch"),
        "{}",
        output.err()
    );
}

#[test]
fn nobody_picks_without_a_terminal() {
    let (sandbox, listener) = recorded();
    let output = sandbox.run(&["replay", "--pick", "--to", &listener.url]);
    let err = output.code(2).err();
    assert!(err.contains("--pick needs a terminal"), "{err}");
}
