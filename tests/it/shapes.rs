//! What payloads look like, watched over deliveries, runs and the log.

use serde_json::{Value, json};

use crate::harness::{Listener, Sandbox};
use crate::wire::post;

#[test]
fn watches_the_shape_of_payloads() {
    let sandbox = Sandbox::new();
    let watch = ["--watch-shape", "--compact"];
    let push = [("X-Statly-Event", "push")];
    let send = |listener: &Listener, body: &str| {
        post(listener.address(), &push, body.as_bytes()).expect("an answer");
    };
    // What an earlier run recorded counts.
    let earlier = sandbox.listen(&[]);
    send(&earlier, r#"{"n":1,"o":1}"#);
    send(&earlier, r#"{"n":2}"#);
    earlier.interrupt();
    let listener = sandbox.listen(&watch);
    let told = |body: &str| {
        send(&listener, body);
        listener.next()["shape"].clone()
    };
    let shape = told(r#"{"n":"3","x":null}"#);
    assert_eq!(shape["compared"], 2);
    let wanted = json!([
        { "kind": "retyped", "place": "payload.n", "types": ["string"], "from": ["number"] },
        { "kind": "new", "place": "payload.x", "types": ["null"] },
    ]);
    assert_eq!(shape["changes"], wanted);
    let missing = json!({ "kind": "missing", "place": "/ref", "detail": "missing: `/ref`" });
    let problems = shape["problems"].as_array().expect("problems");
    assert!(problems.contains(&missing), "{shape}");
    let again = told(r#"{"n":"4","x":null}"#);
    assert_eq!(
        again,
        json!({ "compared": 3, "changes": [], "problems": [] })
    );
    assert_eq!(told("no payload"), Value::Null);
    drop(listener);

    let listener = sandbox.listen_as_text(&[&watch[..], &["--no-log", "--validate"]].concat());
    for body in [r#"{"n":1}"#, "{\"\\u001b[2J\":[]}", r#"{"n":1}"#] {
        send(&listener, body);
    }
    let output = listener.interrupt();
    let shown = output.out();
    assert!(!shown.contains('\u{1b}'), "{shown:?}");
    let lines: Vec<&str> = shown.lines().filter(|own| own.contains("shape:")).collect();
    let wanted = [
        "    shape: gone payload.n",
        "    shape: new payload[\"\\u001b[2J\"] (array)",
    ];
    assert_eq!(lines, wanted, "{shown}");
}
