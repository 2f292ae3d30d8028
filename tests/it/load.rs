//! `send` many times over: each request its own, the report, the exit code, the log.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::process::Stdio;

use serde_json::Value;

use crate::harness::{Sandbox, signal};
use crate::wire::{Answer, Endpoint};

/// Sends so many to a listener and returns what it saw of them, with the report.
fn load(provider: &str, event: &str, args: &[&str]) -> (Vec<Value>, Value) {
    let sandbox = Sandbox::new();
    let secret = match provider {
        "standard-webhooks" => "env:WHSEC",
        _ => "env:S",
    };
    let listener = sandbox.listen(&["-p", provider, "--secret", secret]);
    let url = format!("http://{}/hooks", listener.address());
    let first = ["send", provider, event, "--secret", secret, "--to", &url];
    let load = ["--count", "60", "--format", "json", "--no-log"];
    let output = sandbox.run(&[&first[..], &load, args].concat());
    let report = output.ok().json_lines().remove(0);
    let all = (0..60).map(|_| listener.next()).collect();
    (all, report)
}

#[test]
fn each_has_its_own_id_and_signature() {
    for (provider, event, args) in [
        ("github", "push", &["--concurrency", "4"][..]),
        ("stripe", "invoice.paid", &[]),
        ("statly", "push", &["--concurrency", "100"]),
        ("standard-webhooks", "user.created", &[]),
    ] {
        let (all, report) = load(provider, event, args);
        let ids: BTreeSet<_> = all
            .iter()
            .filter_map(|own| own["delivery_id"].as_str())
            .collect();
        assert_eq!(ids.len(), 60, "{provider}");
        for delivery in &all {
            assert_eq!(delivery["verdict"], "valid", "{delivery}");
            assert_eq!(delivery["event"], event);
            assert_eq!(delivery["duplicate_of"], Value::Null);
            assert_eq!(delivery["target"], "/hooks");
        }
        assert_eq!(report["type"], "load");
        assert_eq!(report["accepted"], 60);
        assert_eq!(report["statuses"]["200"], 60);
        assert!(report["latency_ms"]["p50"].as_f64() > Some(0.0), "{report}");
    }
}

#[test]
fn all_have_the_id_that_is_given() {
    let (all, _) = load("github", "push", &["--id", "same"]);
    assert!(all.iter().all(|own| own["delivery_id"] == "same"));
}

#[test]
fn each_is_in_the_log() {
    let sandbox = Sandbox::new();
    let endpoint = Endpoint::answering(&[200, 500, 200]);
    let args = ["send", "github", "push", "--secret", "env:S", "--to"];
    let load = ["--count", "3", "--concurrency", "1"];
    let output = sandbox.run(&[&args[..], &[&endpoint.url], &load].concat());
    output.code(7);
    assert!(output.out().contains("3 requests in"), "{}", output.out());
    let logged = sandbox.deliveries();
    assert_eq!(logged.len(), 3);
    let mut ids = BTreeSet::new();
    for (index, status) in [200, 500, 200].into_iter().enumerate() {
        let heard = endpoint.next();
        let delivery = sandbox.delivery(&Value::from(index + 1));
        assert_eq!(delivery["direction"], "sent");
        let attempt = &delivery["attempts"][0];
        assert_eq!(attempt["response"]["status"], status);
        assert_eq!(attempt["response"]["body"], "said");
        assert_eq!(
            delivery["delivery_id"].as_str(),
            heard.header("x-github-delivery")
        );
        assert_eq!(
            delivery["body"].as_str().map(str::as_bytes),
            Some(&*heard.body)
        );
        ids.insert(delivery["delivery_id"].to_string());
    }
    assert_eq!(ids.len(), 3);
}

#[test]
fn the_same_seed_gives_the_same_ids() {
    let ids = || {
        let args = ["--seed", "1", "--concurrency", "3"];
        let (all, _) = load("standard-webhooks", "user.created", &args);
        all.iter()
            .map(|own| own["delivery_id"].to_string())
            .collect::<BTreeSet<_>>()
    };
    let first = ids();
    assert_eq!(first.len(), 60);
    assert_eq!(first, ids());
}

#[test]
fn an_endpoint_that_is_not_there_or_goes_away() {
    let sandbox = Sandbox::new();
    let free = TcpListener::bind("127.0.0.1:0").expect("a port");
    let gone = free.local_addr().expect("an address").to_string();
    drop(free);
    let args = ["send", "github", "push", "--no-log"];
    let many = ["--count", "100000", "--format", "json", "--to", &gone];
    let output = sandbox.run(&[&args[..], &many].concat());
    let report = output.code(8).json_lines().remove(0);
    assert!(output.err().contains("refused"), "{}", output.err());
    assert_eq!(report["errors"][0]["kind"], "connect");
    assert!(report["requests"].as_u64() <= Some(50), "{report}");
    let silent = Endpoint::playing(vec![Answer::Silence]);
    let output = sandbox.run(
        &[
            &args[..],
            &[
                "--concurrency",
                "1",
                "--format",
                "json",
                "--timeout",
                "50ms",
            ],
            &["--duration", "40ms", "--to", &silent.url],
        ]
        .concat(),
    );
    let report = output.code(8).json_lines().remove(0);
    assert_eq!(report["errors"][0]["kind"], "timeout");
    assert_eq!(report["latency_ms"], Value::Null);
}

#[test]
fn ctrl_c_ends_with_a_true_report() {
    let sandbox = Sandbox::new();
    let listener = sandbox.listen(&[]);
    let url = format!("http://{}", listener.address());
    let args = [
        "send", "github", "push", "--no-log", "--rate", "200", "--to", &url,
    ];
    let mut command = sandbox.hookcat(&[&args[..], &["--format", "json"]].concat());
    command.stdout(Stdio::piped());
    let sender = command.spawn().expect("starts");
    for _ in 0..20 {
        listener.next();
    }
    signal(sender.id(), "INT");
    let output = sender.wait_with_output().expect("ends");
    assert_eq!(output.status.code(), Some(0));
    let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
    assert_eq!(report["interrupted"], true);
    let sent = report["requests"].as_u64().expect("a number");
    assert!(sent >= 20, "{report}");
    for _ in 20..sent {
        listener.next();
    }
    let rate = report["rate"].as_f64().expect("a number");
    assert!(rate < 260.0, "{report}");
}

#[test]
fn ctrl_c_twice_waits_for_nothing() {
    let sandbox = Sandbox::new();
    let silent = Endpoint::playing(vec![Answer::Silence]);
    let args = ["send", "github", "push", "--no-log", "--count", "1", "--to"];
    let mut command = sandbox.hookcat(&[&args[..], &[&silent.url, "--format", "json"]].concat());
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    let mut sender = command.spawn().expect("starts");
    silent.next();
    let pid = sender.id();
    while sender.try_wait().expect("a process").is_none() {
        signal(pid, "INT");
        std::thread::yield_now();
    }
    let output = sender.wait_with_output().expect("ends");
    assert_eq!(output.status.code(), Some(130));
    let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
    assert_eq!(report["cut_off"], 1);
    assert_eq!(report["requests"], 1);
}

#[test]
fn what_makes_no_sense_together_is_refused() {
    let sandbox = Sandbox::new();
    for more in [
        &["--count", "0"][..],
        &["--count", "2", "--print", "curl"],
        &["--rate", "5", "--retry"],
        &["--rate", "fast"],
        &["--concurrency", "0"],
    ] {
        let output = sandbox.run(&[&["send", "github", "push"], more].concat());
        output.code(2);
    }
    let output = sandbox.run(&["send", "slack", "handshake", "--count", "2"]);
    output.code(2);
}
