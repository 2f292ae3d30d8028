//! Answers by a script: in turn, late, failing by chance, none at all.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Instant;

use serde_json::{Value, json};

use crate::harness::{Listener, PATIENCE, Sandbox};
use crate::snapshot;
use crate::wire::post;

fn status(listener: &Listener, body: &[u8]) -> u16 {
    let answer = post(listener.address(), &[], body).expect("an answer");
    answer.status()
}

#[test]
fn a_sender_and_its_retries() {
    let sandbox = Sandbox::new();
    let listener = sandbox.listen(&["--respond", "500,500,200", "--secret", "statly=env:S"]);
    let to = ["--to", &listener.url, "--secret", "env:S", "--no-log"];
    let retry = ["--retry", "--speed", "100000x", "--format", "json"];
    let words = [&["send", "statly", "push"], &to[..], &retry].concat();
    for first in [1, 4] {
        let sent = sandbox.run(&words).ok().json_lines().remove(0);
        let statuses: Vec<&Value> = sent["attempts"]
            .as_array()
            .expect("attempts")
            .iter()
            .map(|own| &own["response"]["status"])
            .collect();
        assert_eq!(statuses, [500, 500, 200]);
        for (number, status) in [(first, 500), (first + 1, 500), (first + 2, 200)] {
            let told = listener.next();
            assert_eq!(told["verdict"], "valid");
            assert_eq!(told["response"]["status"], status);
            let repeats = (number > first).then_some(first);
            assert_eq!(told["duplicate_of"], json!(repeats), "{told}");
        }
    }
}

#[test]
fn in_turn_for_each_delivery_and_the_last_stays() {
    let sandbox = Sandbox::new();
    let listener = sandbox.listen(&["--respond", "503, 429, 204"]);
    let statuses = [b"1", b"1", b"2", b"1", b"1"].map(|body| status(&listener, body));
    assert_eq!(statuses, [503, 429, 503, 204, 204]);
    let logged = sandbox.deliveries();
    let logged: Vec<&Value> = logged
        .iter()
        .map(|own| &own["response"]["status"])
        .collect();
    assert_eq!(logged, [503, 429, 503, 204, 204]);
}

#[test]
fn with_a_body_and_headers() {
    let sandbox = Sandbox::new();
    sandbox.write("body.json", "{\"own\": 1.0}");
    let args = ["--respond", "429,200", "--respond-body", "@body.json"];
    let more = ["--respond-header", "X-Own: a: b", "--retry-after", "1500ms"];
    let listener = sandbox.listen(&[&args[..], &more].concat());
    let answer = post(listener.address(), &[], b"1").expect("an answer");
    assert_eq!(answer.status(), 429);
    assert_eq!(answer.body, b"{\"own\": 1.0}");
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("x-own"), Some("a: b"));
    assert_eq!(answer.header("retry-after"), Some("2"));
    let answer = post(listener.address(), &[], b"1").expect("an answer");
    assert_eq!((answer.status(), answer.header("retry-after")), (200, None));
}

#[test]
fn none_but_a_reset() {
    let sandbox = Sandbox::new();
    for args in [&["--reset"][..], &["--respond", "reset"]] {
        let listener = sandbox.listen(args);
        let mut stream = TcpStream::connect(listener.address()).expect("connects");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let request = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}";
        stream.write_all(request).expect("sends");
        let error = stream.read(&mut [0]).expect_err("a reset");
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
        let told = listener.next();
        assert_eq!(told["response"], Value::Null);
        assert_eq!(sandbox.delivery(&told["id"])["response"], Value::Null);
        let output = listener.interrupt();
        assert!(
            !output.err().contains("warning: refused"),
            "{}",
            output.err()
        );
    }
}

#[test]
fn late() {
    let sandbox = Sandbox::new();
    let listener = sandbox.listen(&["--delay", "50ms..60ms"]);
    assert_eq!(status(&listener, b"1"), 200);
    let told = listener.next();
    let latency = told["response"]["latency_ms"].as_f64().expect("a number");
    assert!(latency >= 50.0, "{told}");
    assert_eq!(sandbox.delivery(&told["id"])["response"], told["response"]);
}

#[test]
fn not_to_a_sender_that_has_hung_up() {
    let sandbox = Sandbox::new();
    let listener = sandbox.listen(&["--delay", "1h"]);
    let mut stream = TcpStream::connect(listener.address()).expect("connects");
    let request = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}";
    stream.write_all(request).expect("sends");
    // One that hangs up at once was never here.
    let deadline = Instant::now() + PATIENCE;
    while sandbox.deliveries().is_empty() {
        assert!(Instant::now() < deadline, "is not recorded");
    }
    drop(stream);
    let told = listener.next();
    assert_eq!(told["body"], "{}");
    assert_eq!(told["response"], Value::Null);
    assert_eq!(sandbox.delivery(&told["id"])["response"], Value::Null);
    let output = listener.interrupt();
    let note = "#1: the sender hung up after";
    assert!(output.err().contains(note), "{}", output.err());
}

#[test]
fn failing_by_chance_and_alike_with_a_seed() {
    let run = |seed: &str| {
        let sandbox = Sandbox::new();
        let args = ["--fail-rate", "0.5", "--seed", seed, "--no-log"];
        let listener = sandbox.listen(&args);
        (0..32_u8)
            .map(|body| status(&listener, &[body]))
            .collect::<Vec<_>>()
    };
    let statuses = run("7");
    assert_eq!(run("7"), statuses);
    assert_ne!(run("8"), statuses);
    for wanted in [200, 500] {
        assert!(statuses.contains(&wanted), "{statuses:?}");
    }
}

#[test]
fn not_to_what_is_invalid_nor_to_a_handshake() {
    let sandbox = Sandbox::new();
    let args = ["--respond", "500", "-p", "statly", "-p", "dropbox"];
    let listener = sandbox.listen(&[&args[..], &["--secret", "statly=env:S"]].concat());
    let headers = [("X-Statly-Signature", "sha256=00")];
    let answer = post(listener.address(), &headers, b"{}").expect("an answer");
    assert_eq!(answer.status(), 401);
    let request = format!(
        "GET /?challenge=abc HTTP/1.1\r\nHost: {}\r\n\r\n",
        listener.address()
    );
    let answer = crate::wire::exchange(listener.address(), request.as_bytes());
    let answer = answer.expect("an answer");
    assert_eq!((answer.status(), answer.body), (200, b"abc".to_vec()));
}

#[test]
fn beside_other_routes() {
    let sandbox = Sandbox::new();
    let args = ["--route", "/hooks=respond:418", "--route", "*=respond:503"];
    let listener = sandbox.listen(&[&args[..], &["--retry-after", "1s"]].concat());
    let answer = post(listener.address(), &[], b"1").expect("an answer");
    assert_eq!(
        (answer.status(), answer.header("retry-after")),
        (418, Some("1"))
    );
}

#[test]
fn what_makes_no_script() {
    let sandbox = Sandbox::new();
    for (name, args) in [
        ("script_of_no_status", &["--respond", "500,2xx"][..]),
        ("script_of_no_delay", &["--delay", "5s..2s"]),
        ("script_of_no_rate", &["--fail-rate", "20%"]),
        ("script_of_no_body", &["--respond-body", "@missing"]),
        (
            "script_of_no_header",
            &["--respond-header", "Content-Length: 3"],
        ),
        (
            "script_without_an_answer",
            &["--forward-to", "1", "--delay", "2s"],
        ),
        (
            "script_beside_forwarding",
            &["--forward-to", "1", "--respond", "200"],
        ),
    ] {
        let args = [&["listen", "--port", "0", "--no-log"], args].concat();
        snapshot::run(&sandbox, name, &args).code(2);
    }
}

/// What a person sees of scripted answers, and of what is in force.
#[test]
fn screens() {
    let sandbox = Sandbox::new();
    let now = ["--now", crate::harness::NOW, "--seed", "7", "--compact"];
    let rules = [
        "--route",
        "github:push=http://localhost:3000/hooks",
        "--route",
        "*.failed=respond:503",
        "--route",
        "/hooks/own=exec:cat",
        "--respond",
        "500,reset,200",
        "--fail-rate",
        "0.2",
    ];
    let args = [&now[..], &rules].concat();
    let listener = sandbox.listen_as_text(&args);
    for _ in 0..4 {
        let _ = post(listener.address(), &[], b"{}");
    }
    let output = listener.interrupt();
    let shown = [&["listen"], &args[..]].concat();
    snapshot::check(&sandbox, "scripted_answers", &shown, &output, &[]);
}
