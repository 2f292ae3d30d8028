//! `verify` in a CI run: annotations, test reports, expectations, ages.

use serde_json::{Value, json};

use crate::harness::{NOW, Output, Sandbox};
use crate::snapshot;

const BODY: &str = r#"{"event":"push","ref":"refs/heads/main"}"#;

/// A sandbox with a body, and the header lines that sign it.
fn signed(provider: &str) -> (Sandbox, Vec<String>) {
    let sandbox = Sandbox::new();
    sandbox.write("body.json", BODY);
    let args = [
        "sign",
        provider,
        "body.json",
        "--secret",
        "env:S",
        "--now",
        NOW,
    ];
    let lines = sandbox.run(&args).ok().out();
    (sandbox, lines.lines().map(str::to_owned).collect())
}

/// `verify` of the body with these headers.
fn verify(sandbox: &Sandbox, provider: &str, headers: &[String], more: &[&str]) -> Output {
    let args = arguments(provider, headers, more);
    sandbox.run(&args.iter().map(String::as_str).collect::<Vec<_>>())
}

fn arguments(provider: &str, headers: &[String], more: &[&str]) -> Vec<String> {
    let mut args: Vec<String> = ["verify", "body.json", "-p", provider]
        .map(str::to_owned)
        .to_vec();
    for header in headers {
        args.extend(["-H".to_owned(), header.clone()]);
    }
    args.extend(more.iter().map(|&own| own.to_owned()));
    args
}

const GOOD: [&str; 4] = ["--secret", "env:S", "--now", NOW];
const BAD: [&str; 4] = ["--secret", "env:WHSEC", "--now", NOW];

/// The only case of a report: its name, and what it failed with.
fn case(xml: &str) -> (String, Option<(String, String)>) {
    let document = roxmltree::Document::parse(xml).expect("XML");
    let named = |name| {
        document
            .descendants()
            .filter(move |node| node.has_tag_name(name))
    };
    let cases: Vec<_> = named("testcase").collect();
    assert_eq!(cases.len(), 1, "{xml}");
    let text = |node: roxmltree::Node<'_, '_>, name| node.attribute(name).expect(name).to_owned();
    let failures: Vec<_> = named("failure").collect();
    for suite in named("testsuite") {
        assert_eq!(text(suite, "failures"), failures.len().to_string());
    }
    let failure = failures
        .first()
        .map(|&own| (text(own, "type"), text(own, "message")));
    (text(cases[0], "name"), failure)
}

#[test]
fn github_is_told_of_what_is_rejected_and_of_the_whole() {
    let (sandbox, headers) = signed("slack");
    for (name, more) in [
        ("verify_github_valid", [&GOOD[..], &[]].concat()),
        ("verify_github_invalid", [&BAD[..], &[]].concat()),
        ("verify_github_unverifiable", vec!["--now", NOW]),
        (
            "verify_github_expected",
            [&BAD[..], &["--expect", "invalid:mismatch"]].concat(),
        ),
        (
            "verify_github_unexpected",
            [&GOOD[..], &["--expect", "invalid"]].concat(),
        ),
    ] {
        let more = [more.as_slice(), &["--format", "github"]].concat();
        let args = arguments("slack", &headers, &more);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        snapshot::run(&sandbox, name, &args);
    }
    let headers = headers.iter().flat_map(|own| ["-H", own.as_str()]);
    let args = ["verify", "-p", "slack", "--format", "github"];
    let args: Vec<&str> = args.into_iter().chain(headers).chain(GOOD).collect();
    let out = sandbox.run_with(&args, BODY.as_bytes()).ok().out();
    assert!(
        out.starts_with("::notice title="),
        "stdin is no file: {out}"
    );
}

#[test]
fn a_report_fails_what_did_not_pass() {
    let (sandbox, headers) = signed("statly");
    for (more, code, wanted) in [
        (vec!["--secret", "env:S"], 0, None),
        (
            vec!["--secret", "env:WHSEC"],
            3,
            Some(("mismatch", "statly push: signature does not match")),
        ),
        (
            vec![],
            6,
            Some(("no-secret", "statly push: no secret given")),
        ),
        (vec!["--expect", "unverifiable:no-secret"], 0, None),
        (
            vec!["--expect", "invalid"],
            9,
            Some(("no-secret", "statly push: no secret given")),
        ),
        (
            vec!["--secret", "env:S", "--expect", "invalid:stale"],
            9,
            Some(("valid", "statly push: expected invalid:stale, found valid")),
        ),
        (
            vec!["--secret", "env:S", "--max-age", "5m"],
            9,
            Some((
                "no-timestamp",
                "statly push: age unknown, so --max-age is not met: the signature covers no timestamp",
            )),
        ),
    ] {
        for format in ["text", "json", "github"] {
            let report = ["--junit", "reports/verify.xml", "--format", format];
            let more = [more.as_slice(), &report].concat();
            let output = verify(&sandbox, "statly", &headers, &more);
            output.code(code);
            assert!(!output.stdout.is_empty(), "the verdict is printed still");
            let xml = std::fs::read_to_string(sandbox.path("reports/verify.xml")).expect("reads");
            let (name, failure) = case(&xml);
            assert_eq!(name, "body.json");
            let failure = failure.as_ref();
            let failure = failure.map(|(kind, message)| (kind.as_str(), message.as_str()));
            assert_eq!(failure, wanted, "{more:?}");
        }
    }
}

#[test]
fn a_whole_report() {
    let (sandbox, headers) = signed("statly");
    let more = [&BAD[..], &["--junit", "/dev/stderr", "--format", "json"]].concat();
    let args = arguments("statly", &headers, &more);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    snapshot::run(&sandbox, "verify_junit", &args).code(3);
}

#[test]
fn a_report_of_a_hostile_delivery_is_still_xml() {
    let sandbox = Sandbox::new();
    let event = "a\u{1b}[2J<&\"'>\u{202e}\u{fffe}]]>";
    sandbox.write("body.json", json!({ "event": event }).to_string());
    let more = ["-H", "X-Statly-Signature: sha256=00", "--secret", "env:S"];
    let report = ["--junit", "x.xml", "--validate", "--format", "github"];
    let more = [&more[..], &report[..]].concat();
    let output = verify(&sandbox, "statly", &[], &more);
    output.code(3);
    assert!(!output.stdout.contains(&0x1b), "{}", output.out());
    let xml = std::fs::read_to_string(sandbox.path("x.xml")).expect("reads");
    let (_, failure) = case(&xml);
    let (kind, message) = failure.expect("a failure");
    assert_eq!(kind, "mismatch");
    assert!(message.contains("<&"), "{message}");
}

#[test]
fn a_report_that_cannot_be_written_is_told_and_fails_the_run() {
    let (sandbox, headers) = signed("statly");
    let more = [&GOOD[..], &["--junit", "body.json/x.xml"]].concat();
    let output = verify(&sandbox, "statly", &headers, &more);
    output.code(1);
    assert!(output.out().contains("signature ok"));
    assert!(
        output.err().contains("cannot write `body.json/x.xml`"),
        "{}",
        output.err()
    );
    assert_eq!(
        std::fs::read_to_string(sandbox.path("body.json")).expect("reads"),
        BODY
    );
}

#[test]
fn what_is_expected_is_met_or_exit_9_says_what_was_found() {
    let (sandbox, headers) = signed("slack");
    let late = ["--secret", "env:S", "--now", "1700000301"];
    let with = |more: &[&str], expected: &str| {
        let more = [more, &["--expect", expected]].concat();
        verify(&sandbox, "slack", &headers, &more)
    };
    for (more, met, unmet) in [
        (
            &GOOD[..],
            vec!["valid"],
            vec!["invalid", "unverifiable", "invalid:stale"],
        ),
        (
            &BAD[..],
            vec!["invalid", "invalid:mismatch"],
            vec!["valid", "invalid:stale"],
        ),
        (
            &late[..],
            vec!["invalid", "invalid:stale"],
            vec!["valid", "invalid:future"],
        ),
        (
            &[][..],
            vec!["unverifiable", "unverifiable:no-secret"],
            vec!["valid", "invalid"],
        ),
    ] {
        for expected in met {
            let output = with(more, expected);
            output.ok();
            assert!(
                output.out().ends_with("  as expected\n"),
                "{}",
                output.out()
            );
            assert!(
                output.err().is_empty(),
                "nothing to help with: {}",
                output.err()
            );
        }
        for expected in unmet {
            let output = with(more, expected);
            output.code(9);
            let told = format!("  expected {expected}, found ");
            assert!(output.out().contains(&told), "{}", output.out());
        }
    }
    let check = |name, expected| {
        let args = ["verify", "body.json", "--expect", expected];
        snapshot::run(&sandbox, name, &args).code(2);
    };
    check("expect_unknown_reason", "invalid:mismached");
    check("expect_unknown_verdict", "ok");
    check("expect_reason_alone", "stale");
    let more = [&GOOD[..], &["--expect", "invalid", "--format", "json"]].concat();
    let verdict = verify(&sandbox, "slack", &headers, &more)
        .code(9)
        .json_lines()
        .remove(0);
    assert_eq!(verdict["expected"], "invalid");
    assert_eq!(verdict["met"], false);
    assert_eq!(verdict["verdict"], "valid");
}

#[test]
fn a_maximum_age_stands_for_the_provider_s_own_limit() {
    let (sandbox, headers) = signed("slack");
    let at = |age: u32, more: &[&str]| {
        let now = (1_700_000_000 + age).to_string();
        let fixed = ["--secret", "env:S", "--format", "json", "--now", &now];
        let output = verify(&sandbox, "slack", &headers, &[&fixed[..], more].concat());
        let verdict = output.json_lines().remove(0);
        (
            output.code,
            verdict["reason"].clone(),
            verdict["max_age"].clone(),
        )
    };
    let met = |seconds: u32, met: bool| json!({ "seconds": seconds, "met": met });
    assert_eq!(
        at(60, &["--max-age", "60"]),
        (0, Value::Null, met(60, true))
    );
    assert_eq!(
        at(61, &["--max-age", "60s"]),
        (4, json!("stale"), met(60, false))
    );
    // Slack's own limit is five minutes.
    assert_eq!(at(301, &[]), (4, json!("stale"), Value::Null));
    assert_eq!(
        at(3600, &["--max-age", "1h"]),
        (0, Value::Null, met(3600, true))
    );
    let open = ["--max-age", "10m", "--tolerance", "0"];
    assert_eq!(at(601, &open), (4, json!("stale"), met(600, false)));
    // The other direction stays as it is.
    let now = [
        "--secret",
        "env:S",
        "--now",
        "1699999699",
        "--max-age",
        "1h",
    ];
    verify(&sandbox, "slack", &headers, &now).code(4);
    let of_forged = [&BAD[..], &["--max-age", "1h", "--format", "json"]].concat();
    let forged = verify(&sandbox, "slack", &headers, &of_forged)
        .code(3)
        .json_lines()
        .remove(0);
    assert_eq!(forged["max_age"], json!({ "seconds": 3600, "met": null }));
    for bad in ["0", "-5", "1.5s", "500ms", "soon"] {
        let age = format!("--max-age={bad}");
        verify(&sandbox, "slack", &headers, &[&age]).code(2);
    }
}

#[test]
fn an_age_that_nobody_vouches_for_meets_no_maximum() {
    let (sandbox, headers) = signed("statly");
    let more = [&GOOD[..], &["--max-age", "5m"]].concat();
    let args = arguments("statly", &headers, &more);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    snapshot::run(&sandbox, "verify_without_a_timestamp", &args).code(9);
    for (expected, code) in [("valid", 9), ("invalid", 9)] {
        let more = [more.as_slice(), &["--expect", expected]].concat();
        verify(&sandbox, "statly", &headers, &more).code(code);
    }
    let more = [more.as_slice(), &["--format", "json"]].concat();
    let verdict = verify(&sandbox, "statly", &headers, &more)
        .json_lines()
        .remove(0);
    assert_eq!(verdict["verdict"], "valid");
    assert_eq!(verdict["max_age"], json!({ "seconds": 300, "met": null }));

    // A timestamp beside the signature can be moved by whoever sends the delivery again.
    sandbox.write_config(
        "providers/acme.toml",
        "id = \"acme\"\nname = \"Acme\"\ndocs = \"https://acme.example/\"\n\
         confidence = \"official-source\"\n\
         [[scheme]]\nname = \"acme\"\nalgorithm = \"hmac-sha256\"\nsigned = \"{body}\"\n\
         [scheme.signature]\nheader = \"X-Acme\"\nencoding = \"hex-lower\"\n\
         [scheme.timestamp]\nheader = \"X-Acme-Time\"\nunit = \"seconds\"\npast = 300\n",
    );
    let args = [
        "sign",
        "acme",
        "body.json",
        "--secret",
        "env:S",
        "--now",
        NOW,
    ];
    let headers = sandbox.run(&args).ok().out();
    let headers: Vec<String> = headers.lines().map(str::to_owned).collect();
    verify(&sandbox, "acme", &headers, &GOOD).ok();
    let more = [&GOOD[..], &["--max-age", "5m"]].concat();
    verify(&sandbox, "acme", &headers, &more).code(9);
}

#[test]
fn ages_are_judged_as_of_a_time_that_need_not_be_now() {
    let (sandbox, headers) = signed("slack");
    let code = |more: &[&str]| {
        let more = [&["--secret", "env:S"], more].concat();
        verify(&sandbox, "slack", &headers, &more).code
    };
    assert_eq!(code(&[]), 4, "the clock is far from then");
    assert_eq!(code(&["--at", NOW]), 0);
    assert_eq!(code(&["--at", "2023-11-14T22:13:20Z"]), 0);
    assert_eq!(code(&["--at", "1700000301"]), 4);
    // It wins over the clock, and counts from it.
    assert_eq!(code(&["--now", "1700009999", "--at", NOW]), 0);
    assert_eq!(code(&["--now", "1700000600", "--at", "-10m"]), 0);
    assert_eq!(code(&["--now", "1700000600", "--at", "10m ago"]), 0);
    assert_eq!(code(&["--now", NOW, "--at", "+10m"]), 4);
    assert_eq!(code(&["--at", "10m"]), 2);
    assert_eq!(code(&["--at", "-600"]), 2);
}
