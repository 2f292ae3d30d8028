//! `hookcat check` itself: bounded, recorded, repeatable, reported.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::{Output, Sandbox};

/// What `serve` does with each connection, and where it listens.
fn endpoint(serve: impl Fn(TcpStream) + Send + Sync + Copy + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!(
        "http://{}/hooks",
        listener.local_addr().expect("an address")
    );
    thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.expect("a connection");
            thread::spawn(move || serve(stream));
        }
    });
    url
}

fn hangs(mut stream: TcpStream) {
    while stream.read(&mut [0; 4096]).is_ok_and(|read| read > 0) {}
}

fn check(url: &str, args: &[&str]) -> (Sandbox, Output) {
    let sandbox = Sandbox::new();
    let own = ["check", url, "-p", "github", "--secret", "env:S"];
    let output = sandbox.run(&[&own, args].concat());
    (sandbox, output)
}

#[test]
fn an_endpoint_that_hangs_is_told_soon() {
    let url = endpoint(hangs);
    let start = Instant::now();
    let (_, output) = check(&url, &["--timeout", "200ms"]);
    assert!(start.elapsed() < Duration::from_secs(5));
    let text = output.code(9).out();
    assert!(text.contains("no answer within 200ms"), "{text}");
    assert!(
        text.contains("not tried: a valid delivery is not accepted"),
        "{text}"
    );
    // Without the first, the others are given up on after a few.
    let (_, output) = check(&url, &["--timeout", "100ms", "--skip", "valid"]);
    assert!(start.elapsed() < Duration::from_secs(10));
    let text = output.code(9).out();
    assert!(text.contains("5 requests had no answer in time"), "{text}");
}

#[test]
fn an_endpoint_that_breaks_off_is_told_at_once() {
    let url = endpoint(|mut stream: TcpStream| {
        let _ = stream.read(&mut [0; 64]);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Le");
    });
    let (_, output) = check(&url, &[]);
    let text = output.code(9).out();
    assert!(text.contains("broken off"), "{text}");
    let (_, output) = check("http://127.0.0.1:1/hooks", &[]);
    assert!(output.code(8).err().contains("refused"), "{}", output.err());
}

#[test]
fn an_endpoint_far_away_is_spared() {
    for url in ["http://1.1.1.1/hooks", "https://[2606:4700::1111]/"] {
        let (sandbox, output) = check(url, &[]);
        let said = output.code(2).err();
        assert!(
            said.contains("neither on this machine nor in a private network"),
            "{said}"
        );
        assert!(said.contains("--yes-remote"), "{said}");
        assert!(sandbox.deliveries().is_empty());
    }
}

/// An endpoint that answers everything alike.
fn accepts(mut stream: TcpStream) {
    let mut read = Vec::new();
    let mut piece = [0; 4096];
    loop {
        match stream.read(&mut piece) {
            Ok(length) if length > 0 => read.extend_from_slice(&piece[..length]),
            _ => return,
        }
        let text = String::from_utf8_lossy(&read);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head.split("ontent-Length: ").nth(1);
        let length = length.and_then(|own| own.split("\r\n").next()?.parse::<usize>().ok());
        if length.is_none_or(|own| body.len() >= own) {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            read.clear();
        }
    }
}

#[test]
fn every_request_is_in_the_log_and_can_be_sent_again() {
    let url = endpoint(accepts);
    let (sandbox, output) = check(&url, &["--only", "flipped-body", "--format", "json"]);
    let case = &output.code(9).json_lines()[0];
    assert_eq!(case["outcome"], "failed");
    assert_eq!(case["got"], "200");
    let ids = case["log"].as_array().expect("numbers").clone();
    let all = sandbox.deliveries();
    assert_eq!(ids.len(), 3);
    assert_eq!(all.len(), 3);
    let delivery = sandbox.delivery(&ids[0]);
    assert_eq!(delivery["direction"], "sent");
    assert_eq!(delivery["verdict"], "invalid");
    assert_eq!(delivery["reason"], "mismatch");
    assert_eq!(delivery["event"], "push");
    sandbox
        .run(&["replay", &ids[0].to_string(), "--to", &url])
        .ok();
    let none = sandbox.run(&[
        "check", &url, "-p", "github", "--secret", "env:S", "--only", "valid", "--no-log",
    ]);
    assert!(!none.ok().out().contains('#'));
    assert_eq!(sandbox.deliveries().len(), 4);
}

#[test]
fn a_seed_repeats_a_run() {
    let url = endpoint(accepts);
    let bodies = |seed: &str| {
        let args = ["--only", "accept", "--seed", seed, "--now", "1700000000"];
        let (sandbox, _) = check(&url, &args);
        let all = sandbox.deliveries();
        let part = |own: Value| {
            let own = sandbox.delivery(&own["id"]);
            (own["body"].clone(), own["headers"].clone())
        };
        all.into_iter().take(5).map(part).collect::<Vec<_>>()
    };
    assert_eq!(bodies("7"), bodies("7"));
    assert_ne!(bodies("7"), bodies("8"));
}

#[test]
fn reports_for_programs() {
    let url = endpoint(accepts);
    let args = [
        "--only",
        "valid,unsigned,stale*",
        "--junit",
        "a/j.xml",
        "--sarif",
        "s.sarif",
    ];
    let sandbox = Sandbox::new();
    let own = [
        "check", &url, "-p", "stripe", "--secret", "env:S", "--format", "github",
    ];
    let output = sandbox.run(&[&own[..], &args].concat());
    let text = output.code(9).out();
    assert!(
        text.contains("::error title=unsigned%3A nothing signed at all::answered 200%0Awhy: "),
        "{text}"
    );
    assert!(
        text.contains("::notice title=webhook endpoint does not conform::"),
        "{text}"
    );

    let xml = std::fs::read_to_string(sandbox.path("a/j.xml")).expect("a report");
    let document = roxmltree::Document::parse(&xml).expect("XML");
    let root = document.root_element();
    assert_eq!(root.attribute("tests"), Some("3"));
    assert_eq!(root.attribute("failures"), Some("2"));
    assert!(xml.contains("classname=\"check.stripe\""), "{xml}");

    let sarif = std::fs::read_to_string(sandbox.path("s.sarif")).expect("a report");
    let sarif: Value = serde_json::from_str(&sarif).expect("JSON");
    assert_eq!(sarif["version"], "2.1.0");
    let run = &sarif["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    let results = run["results"].as_array().expect("results");
    assert_eq!((rules.len(), results.len()), (3, 2));
    for result in results {
        let index = result["ruleIndex"]
            .as_u64()
            .and_then(|own| usize::try_from(own).ok());
        assert_eq!(rules[index.expect("an index")]["id"], result["ruleId"]);
        assert_eq!(result["level"], "error");
        let place = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
        assert_eq!(place, url.as_str());
    }
}

#[test]
fn a_provider_of_ones_own_has_its_cases() {
    let sandbox = Sandbox::new();
    sandbox.write_config(
        "providers/acme.toml",
        r#"id = "acme"
name = "Acme"
docs = "https://example.com"
confidence = "official-source"

[[scheme]]
name = "acme"
algorithm = "hmac-sha512"
signed = "{timestamp}:{body}"
timestamp = { header = "X-Acme-Time", unit = "milliseconds", past = 60, future = 60 }
signature = { header = "X-Acme-Signature", encoding = "base64" }
"#,
    );
    let output = sandbox.run(&["check", "--list", "-p", "acme", "--format", "json"]);
    let cases = output.ok().json_lines();
    let names: Vec<_> = cases
        .iter()
        .map(|case| case["case"].as_str().expect("a name"))
        .collect();
    for name in [
        "valid",
        "stale",
        "future",
        "repeated-timestamp",
        "wrong-encoding",
        "flipped-timestamp",
    ] {
        assert!(names.contains(&name), "{name}: {names:?}");
    }
    let url = endpoint(accepts);
    let args = [
        "check",
        &url,
        "-p",
        "acme",
        "--secret",
        "env:S",
        "--only",
        "valid,reject",
        "--format",
        "json",
    ];
    let lines = sandbox.run(&args).code(9).json_lines();
    let whole = lines.last().expect("a line");
    // It takes everything: the valid one, and JSON that is none, are all that it may.
    assert_eq!(whole["passed"], 3, "{whole}");
    assert_eq!(whole["warned"], 1, "{whole}");
    assert_eq!(whole["failed"], lines.len() - 5, "{whole}");
}

#[test]
fn what_cannot_be_played_is_said_before_anything_is_sent() {
    let sandbox = Sandbox::new();
    for (args, word) in [
        (&["check", "1", "-p", "github"][..], "no secret"),
        (&["check", "1", "--secret", "env:S"], "no provider"),
        (
            &[
                "check",
                "1",
                "-p",
                "github",
                "--secret",
                "env:S",
                "--only",
                "jsn-unicode",
            ],
            "json-unicode",
        ),
        (
            &[
                "check", "1", "-p", "github", "--secret", "env:S", "--only", "valid", "--skip",
                "valid",
            ],
            "no case",
        ),
        (
            &[
                "check", "1", "-p", "github", "--secret", "env:S", "--event", "psh",
            ],
            "push",
        ),
        (
            &["check", "ftp://x", "-p", "github", "--secret", "env:S"],
            "not an endpoint",
        ),
    ] {
        let output = sandbox.run(args);
        assert!(
            output.code(2).err().contains(word),
            "{args:?}: {}",
            output.err()
        );
    }
    assert!(!sandbox.log().exists());
}

/// What is wrong with a `listen` of one's own that is given the secret.
fn wrong_with_listen(provider: &str, listen: &[&str], args: &[&str]) -> Vec<String> {
    let sandbox = Sandbox::new();
    let own = ["-p", provider, "--secret", "env:S"];
    let listener = sandbox.listen(&[&own, listen].concat());
    let own = ["check", &listener.url, "-p", provider, "--secret", "env:S"];
    let output = sandbox.run(&[&own, args, &["--no-log", "--format", "json"]].concat());
    let mut lines = output.json_lines();
    lines.retain(|line| line["type"] == "case");
    assert!(!lines.is_empty(), "{}", output.err());
    let wrong = lines
        .iter()
        .filter(|own| own["outcome"] == "failed" || own["outcome"] == "warned");
    wrong
        .map(|own| own["case"].as_str().expect("a name").to_owned())
        .collect()
}

#[test]
fn listen_is_right_but_for_taking_any_method() {
    // The handshake is one of the cases.
    let args = ["--skip", "compare-time"];
    assert_eq!(wrong_with_listen("slack", &[], &args), ["get"]);
}

#[test]
fn cases_go_over_tls_as_they_are() {
    let args = [
        "--insecure",
        "--only",
        "valid,large-body,chunked,expect-continue,connection-reuse,empty-signature",
    ];
    assert_eq!(wrong_with_listen("github", &["--tls"], &args), [""; 0]);
}
