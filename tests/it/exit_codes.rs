//! Every exit code of the table, from a real command.

use std::net::TcpListener;
use std::process::Stdio;

use crate::harness::{Listener, NOW, Sandbox};
use crate::wire::{Answer, Endpoint, post};

const BODY: &[u8] = br#"{"event":"push"}"#;

/// A header line that signs `BODY` for a provider.
fn signature(sandbox: &Sandbox, provider: &str) -> String {
    let args = ["sign", provider, "--secret", "env:S", "--now", NOW];
    let output = sandbox.run_with(&args, BODY);
    output.ok().out().trim_end().to_owned()
}

fn verify(sandbox: &Sandbox, args: &[&str], body: &[u8]) -> i32 {
    let mut all = vec!["verify"];
    all.extend_from_slice(args);
    let output = sandbox.run_with(&all, body);
    assert!(!output.stdout.is_empty(), "verify says nothing: {args:?}");
    output.code
}

#[test]
fn of_a_valid_signature() {
    let sandbox = Sandbox::new();
    let header = signature(&sandbox, "statly");
    let args = ["-p", "statly", "--secret", "env:S", "-H", &header];
    assert_eq!(verify(&sandbox, &args, BODY), 0);
}

#[test]
fn of_a_signature_that_does_not_match() {
    let sandbox = Sandbox::new();
    let header = signature(&sandbox, "statly");
    let args = ["-p", "statly", "--secret", "env:S", "-H", &header];
    assert_eq!(verify(&sandbox, &args, br#"{"event":"pusH"}"#), 3);
    let args = ["-p", "statly", "--secret", "env:WHSEC", "-H", &header];
    assert_eq!(verify(&sandbox, &args, BODY), 3);
}

#[test]
fn of_a_signature_that_is_almost_right() {
    let sandbox = Sandbox::new();
    for provider in ["statly", "stripe"] {
        let header = signature(&sandbox, provider);
        let with = |header: &str| {
            let args = [
                "-p", provider, "--secret", "env:S", "--now", NOW, "-H", header,
            ];
            verify(&sandbox, &args, BODY)
        };
        assert_eq!(with(&header), 0);
        let (rest, last) = header.split_at(header.len() - 1);
        let other = if last == "0" { "1" } else { "0" };
        assert_eq!(with(&format!("{rest}{other}")), 3, "{provider}");
        for cut in [1, 2, 32, 62] {
            let short = &header[..header.len() - cut];
            assert_ne!(with(short), 0, "{provider} without {cut}");
        }
        assert_ne!(with(&format!("{header}00")), 0, "{provider}");
    }
}

#[test]
fn of_a_time_outside_the_tolerance() {
    let sandbox = Sandbox::new();
    let header = signature(&sandbox, "slack");
    let lines: Vec<&str> = header.lines().collect();
    let at = |now: &str| {
        let mut args = vec!["-p", "slack", "--secret", "env:S", "--now", now];
        for line in &lines {
            args.extend(["-H", line]);
        }
        verify(&sandbox, &args, BODY)
    };
    assert_eq!(at("1700000300"), 0);
    assert_eq!(at("1700000301"), 4);
    assert_eq!(at("1699999700"), 0);
    assert_eq!(at("1699999699"), 4);
}

#[test]
fn of_a_signature_that_is_missing_or_malformed() {
    let sandbox = Sandbox::new();
    let with = |headers: &[&str]| {
        let mut args = vec!["-p", "statly", "--secret", "env:S"];
        for header in headers {
            args.extend(["-H", header]);
        }
        verify(&sandbox, &args, BODY)
    };
    assert_eq!(with(&[]), 5);
    assert_eq!(with(&["X-Statly-Signature: sha1=00"]), 5);
    assert_eq!(with(&["X-Statly-Signature: "]), 5);
    let twice = "X-Statly-Signature: sha256=00";
    assert_eq!(with(&[twice, twice]), 5);
    let args = ["-p", "stripe", "--secret", "env:S", "-H"];
    let with = |value: &str| verify(&sandbox, &[args.as_slice(), &[value]].concat(), BODY);
    let hex = "00".repeat(32);
    assert_eq!(with(&format!("Stripe-Signature: t=soon,v1={hex}")), 5);
}

#[test]
fn of_what_cannot_be_verified() {
    let sandbox = Sandbox::new();
    assert_eq!(verify(&sandbox, &["-p", "repo-file-sync"], BODY), 6);
    assert_eq!(verify(&sandbox, &["-p", "cloudrepo"], BODY), 6);
    let header = signature(&sandbox, "statly");
    assert_eq!(verify(&sandbox, &["-p", "statly", "-H", &header], BODY), 6);
    assert_eq!(
        verify(&sandbox, &["--secret", "env:S"], b"who sent this?"),
        6
    );
    let output = sandbox.run_with(&["sign", "cloudrepo", "--secret", "env:S"], BODY);
    output.code(6);
}

#[test]
fn of_a_usage_error() {
    let sandbox = Sandbox::new();
    sandbox.run(&[]).code(2);
    sandbox.run(&["sing"]).code(2);
    sandbox.run(&["send", "statly"]).code(2);
    sandbox.run(&["listen", "--port", "65536"]).code(2);
    sandbox.run(&["log", "show", "one"]).code(2);
    sandbox.run(&["send", "nobody", "push"]).code(2);
    sandbox.run(&["--help"]).ok();
    sandbox.run(&["--version"]).ok();
}

#[test]
fn of_a_failure() {
    let sandbox = Sandbox::new();
    sandbox.run(&["log", "list"]).code(1);
    sandbox.write("notes.txt", "milk, bread");
    let output = sandbox.run(&["log", "list", "--log", "notes.txt"]);
    output.code(1);
    let output = sandbox.run(&["listen", "--port", "0", "--log", "notes.txt"]);
    output.code(1);
    assert_eq!(
        std::fs::read(sandbox.path("notes.txt")).expect("reads"),
        b"milk, bread"
    );
}

#[test]
fn of_an_endpoint_that_answers_with_no_success() {
    let sandbox = Sandbox::new();
    for status in [199, 304, 400, 410, 500] {
        // 1xx is not an answer: what follows it would be, and nothing does.
        let wanted = if status == 199 { 8 } else { 7 };
        let endpoint = Endpoint::answering(&[status]);
        let args = ["send", "statly", "push", "--to", &endpoint.url];
        let output = sandbox.run(&args);
        assert_eq!(output.code, wanted, "{status}: {}", output.err());
    }
    let endpoint = Endpoint::answering(&[204, 500]);
    let args = ["send", "statly", "push", "--to", &endpoint.url];
    sandbox.run(&args).ok();
    sandbox.run(&["replay", "1", "--to", &endpoint.url]).code(7);
}

#[test]
fn of_an_endpoint_that_is_not_reached() {
    let sandbox = Sandbox::new();
    let send = |args: &[&str]| {
        let all = [&["send", "statly", "push", "--to"], args].concat();
        sandbox.run(&all).code
    };
    assert_eq!(send(&["http://127.0.0.1:1"]), 8);
    assert_eq!(send(&["http://name.invalid"]), 8);
    let silent = Endpoint::playing(vec![Answer::Silence]);
    assert_eq!(send(&[&silent.url, "--timeout", "0.1s"]), 8);
    let hangs_up = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("https://{}", hangs_up.local_addr().expect("an address"));
    std::thread::spawn(move || hangs_up.accept().map(drop));
    assert_eq!(send(&[&url]), 8);
}

#[test]
fn of_an_interrupt_before_a_result() {
    let sandbox = Sandbox::new();
    let endpoint = Endpoint::playing(vec![Answer::Silence]);
    let run = Listener::start(sandbox.hookcat(&["send", "statly", "push", "--to", &endpoint.url]));
    endpoint.next();
    let output = run.interrupt();
    output.code(130);
    assert!(output.err().contains("interrupted"), "{}", output.err());
}

#[test]
fn of_an_interrupt_that_ends_listen() {
    let sandbox = Sandbox::new();
    let listener = sandbox.listen(&[]);
    for _ in 0..5 {
        post(listener.address(), &[], b"{}").expect("an answer");
    }
    let output = listener.interrupt();
    output.ok();
    assert!(output.err().contains("received 5"), "{}", output.err());
}

#[test]
fn of_a_reader_that_goes_away() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.hookcat(&["providers", "show", "statly"]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("an end");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
