//! Scenarios: steps in turn, shared values, expected statuses, a report.

use std::fs;

use crate::harness::Sandbox;
use crate::wire::Endpoint;

const SCRIPT: &str = r#"
provider = "statly"

[ids]
run = "run_{{ base36(8) }}"
sha = "{{ sha() }}"

[[step]]
event = "push"
set = { after = "{{ ids.sha }}" }

[[step]]
event = "ci.run_started"
set = { "extra.run" = "{{ ids.run }}", "extra.sha" = "{{ ids.sha }}" }

[[step]]
name = "it ends"
event = "ci.run_completed"
after = "2s"
id = "{{ ids.run }}-end"
set = { "extra.run" = "{{ ids.run }}" }

[[step]]
name = "forged"
event = "push"
tamper = ["body"]
expect = "4xx"
"#;

#[test]
fn steps_are_signed_in_turn_and_share_their_ids() {
    let sandbox = Sandbox::new();
    sandbox.write("ci/script.toml", SCRIPT);
    let listener = sandbox.listen(&["--secret", "statly=env:S"]);
    let mut args = vec!["send", "--script", "ci/script.toml", "--secret", "env:S"];
    args.extend([
        "--to",
        &listener.url,
        "--speed",
        "100x",
        "--junit",
        "out.xml",
    ]);
    let played = sandbox.run(&args);
    assert_eq!(played.code, 0, "{}{}", played.out(), played.err());
    let found: Vec<_> = (0..4).map(|_| listener.next()).collect();
    let body = |index: usize| -> serde_json::Value {
        serde_json::from_str(found[index]["body"].as_str().expect("text")).expect("JSON")
    };
    let events = ["push", "ci.run_started", "ci.run_completed", "push"];
    for (own, event) in found.iter().zip(events) {
        assert_eq!(own["event"], event);
    }
    assert_eq!(body(0)["after"], body(1)["extra"]["sha"]);
    assert_eq!(body(1)["extra"]["run"], body(2)["extra"]["run"]);
    let run = body(2)["extra"]["run"].as_str().expect("text").to_owned();
    assert_eq!(found[2]["delivery_id"], format!("{run}-end"));
    assert_eq!(
        (&found[2]["verdict"], &found[3]["verdict"]),
        (&"valid".into(), &"invalid".into())
    );
    let report = fs::read_to_string(sandbox.path("out.xml")).expect("reads");
    let report = roxmltree::Document::parse(&report).expect("XML");
    let root = report.root_element();
    assert_eq!(
        (root.attribute("tests"), root.attribute("failures")),
        (Some("4"), Some("0"))
    );
    let case = report
        .descendants()
        .filter(|own| own.has_tag_name("testcase"))
        .nth(2);
    let case = case.expect("a case");
    assert_eq!(
        (case.attribute("name"), case.attribute("classname")),
        (Some("it ends"), Some("send.statly"))
    );
}

#[test]
fn another_status_is_nine_and_all_steps_are_played() {
    let sandbox = Sandbox::new();
    sandbox.write("script.toml", SCRIPT);
    let endpoint = Endpoint::answering(&[200, 500, 200, 401]);
    let mut args = vec![
        "send",
        "--script",
        "script.toml",
        "--secret",
        "env:S",
        "--no-log",
    ];
    args.extend([
        "--to",
        &endpoint.url,
        "--speed",
        "1000x",
        "--junit",
        "out.xml",
    ]);
    let played = sandbox.run(&args);
    assert_eq!(played.code, 9, "{}{}", played.out(), played.err());
    let told = played.err();
    assert!(
        told.contains("step 2 `ci.run_started`: expected 2xx, endpoint answered 500"),
        "{told}"
    );
    assert!(
        told.contains("error: 1 of 4 steps did not end as expected"),
        "{told}"
    );
    let report = fs::read_to_string(sandbox.path("out.xml")).expect("reads");
    assert!(
        report.contains(r#"<failure type="status" message="expected 2xx, endpoint answered 500">"#)
    );
}

#[test]
fn an_endpoint_that_is_not_there_is_eight() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "script.toml",
        "provider = \"statly\"\n[[step]]\nevent = \"push\"\n",
    );
    let mut args = vec![
        "send",
        "--script",
        "script.toml",
        "--secret",
        "env:S",
        "--no-log",
    ];
    args.extend(["--to", "http://127.0.0.1:1"]);
    let played = sandbox.run(&args);
    assert_eq!(played.code, 8, "{}{}", played.out(), played.err());
    assert!(
        played.err().contains("1 of 1 steps got no answer"),
        "{}",
        played.err()
    );
}

#[test]
fn a_mistake_in_the_last_step_is_found_before_the_first_is_sent() {
    let sandbox = Sandbox::new();
    let listener = sandbox.listen(&["--secret", "statly=env:S"]);
    for (step, wanted) in [
        ("event = \"pusch\"", "unknown event of `statly`: `pusch`"),
        (
            "event = \"push\"\ntamper = [\"all\"]",
            "step 2 `push`: expected one of",
        ),
        (
            "event = \"push\"\nset = { a = \"{{ ids.none }}\" }",
            "template cannot be filled in",
        ),
        (
            "event = \"push\"\ntemplate = \"none\"",
            "no file and no template has this name: `none`",
        ),
        ("event = \"push\"\nwait = 1", "unknown field `wait`"),
    ] {
        let script =
            format!("provider = \"statly\"\n[[step]]\nevent = \"push\"\n[[step]]\n{step}\n");
        sandbox.write("script.toml", script);
        let mut args = vec!["send", "--script", "script.toml", "--secret", "env:S"];
        args.extend(["--to", &listener.url]);
        let refused = sandbox.run(&args);
        assert_eq!(refused.code, 2, "{step}: {}", refused.err());
        assert!(refused.err().contains(wanted), "{step}: {}", refused.err());
    }
    assert!(sandbox.deliveries().is_empty());
}
