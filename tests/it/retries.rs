//! `send --retry` on a provider's policy: which answers are final, when it ends, what is kept.

use serde_json::Value;

use crate::harness::{Output, Sandbox};
use crate::wire::{Answer, Endpoint};

/// Hours in the time that a test has.
const FAST: [&str; 3] = ["--retry", "--speed", "100000x"];

fn send(sandbox: &Sandbox, endpoint: &Endpoint, args: &[&str]) -> Output {
    let to = ["--to", endpoint.url.as_str()];
    sandbox.run(&[&["send"], args, &to, &FAST].concat())
}

/// The statuses of a delivery's attempts, as the log has them.
fn statuses(sandbox: &Sandbox) -> Vec<Value> {
    let logged = sandbox.delivery(&Value::from(1));
    let attempts = logged["attempts"].as_array().expect("attempts");
    for (index, attempt) in attempts.iter().enumerate() {
        assert_eq!(attempt["attempt"], index + 1);
    }
    let status = |attempt: &Value| attempt["response"]["status"].clone();
    attempts.iter().map(status).collect()
}

#[test]
fn until_delivered() {
    let sandbox = Sandbox::new();
    let endpoint = Endpoint::answering(&[500, 500, 200, 200]);
    let output = send(
        &sandbox,
        &endpoint,
        &["statly", "push", "--secret", "env:S"],
    );
    output.ok();
    assert_eq!(statuses(&sandbox), [500, 500, 200]);
    let first = endpoint.next();
    for _ in 0..2 {
        let again = endpoint.next();
        assert_eq!(again.body, first.body);
        for name in ["x-statly-delivery", "x-statly-signature", "x-statly-event"] {
            assert!(first.header(name).is_some(), "{name}");
            assert_eq!(again.header(name), first.header(name), "{name}");
        }
    }
    assert_eq!(endpoint.left(), 0);
    for said in ["the provider waits 60.0 s", "the provider waits 2 min"] {
        assert!(output.err().contains(said), "{said}: {}", output.err());
    }
}

#[test]
fn until_the_schedule_is_over() {
    let sandbox = Sandbox::new();
    let endpoint = Endpoint::answering(&[500, 404, 410, 503, 200]);
    send(&sandbox, &endpoint, &["statly", "push"]).code(7);
    assert_eq!(statuses(&sandbox), [500, 404, 410, 503]);
}

#[test]
fn until_an_answer_is_final() {
    let sandbox = Sandbox::new();
    let endpoint = Endpoint::answering(&[500, 404, 200]);
    send(&sandbox, &endpoint, &["dits", "push", "--secret", "env:S"]).code(7);
    assert_eq!(statuses(&sandbox), [500, 404]);
}

#[test]
fn as_often_as_told() {
    let sandbox = Sandbox::new();
    let endpoint = Endpoint::answering(&[500, 500, 500]);
    send(
        &sandbox,
        &endpoint,
        &["statly", "push", "--max-retries", "1"],
    )
    .code(7);
    assert_eq!(statuses(&sandbox), [500, 500]);
}

#[test]
fn never_where_not_told_to() {
    let sandbox = Sandbox::new();
    let endpoint = Endpoint::answering(&[500, 200]);
    sandbox
        .run(&["send", "statly", "push", "--to", &endpoint.url])
        .code(7);
    assert_eq!(statuses(&sandbox), [500]);
}

#[test]
fn after_a_silence() {
    let sandbox = Sandbox::new();
    let endpoint = Endpoint::playing(vec![Answer::Silence, Answer::Status(200, "late")]);
    let args = ["dits", "push", "--timeout", "0.2s"];
    send(&sandbox, &endpoint, &args).ok();
    let logged = sandbox.delivery(&Value::from(1));
    assert_eq!(logged["attempts"][0]["error"]["kind"], "timeout");
    assert_eq!(logged["attempts"][1]["response"]["status"], 200);
    assert_eq!(logged["attempts"][1]["response"]["body"], "late");
}

#[test]
fn with_a_fresh_timestamp_and_the_same_id() {
    let sandbox = Sandbox::new();
    let endpoint = Endpoint::answering(&[500, 200]);
    let listener = sandbox.listen(&["--secret", "env:WHSEC"]);
    let args = ["svix", "user.created", "--secret", "env:WHSEC"];
    // Slow enough for the second to change: 5 s at 4x.
    let to = ["--to", endpoint.url.as_str(), "--retry", "--speed", "4x"];
    sandbox
        .run(&[&["send"], args.as_slice(), &to].concat())
        .ok();
    let (first, second) = (endpoint.next(), endpoint.next());
    assert_eq!(first.header("svix-id"), second.header("svix-id"));
    assert_ne!(
        first.header("svix-timestamp"),
        second.header("svix-timestamp")
    );
    assert_ne!(
        first.header("svix-signature"),
        second.header("svix-signature")
    );
    let headers: Vec<(&str, &str)> = second
        .headers
        .iter()
        .filter(|(name, _)| name.to_ascii_lowercase().starts_with("svix"))
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    crate::wire::post(listener.address(), &headers, &second.body).expect("an answer");
    assert_eq!(listener.next()["verdict"], "valid");
}

#[test]
fn a_redirect_is_an_answer() {
    let sandbox = Sandbox::new();
    let endpoint = Endpoint::answering(&[302, 200]);
    sandbox
        .run(&["send", "statly", "push", "--to", &endpoint.url])
        .code(7);
    endpoint.next();
    assert_eq!(endpoint.left(), 0);
}
