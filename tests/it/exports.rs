//! Deliveries out of one log and into another, and tests made of them that run.

use std::path::Path;

use serde_json::Value;

use crate::harness::{Output, Sandbox, finish};

/// A body that is no text, as a delivery of its own.
const BINARY: &[u8] = b"\0\x01\xff\xfe\r\n\x1b[2J{\"a\"";
const TEXT: &str =
    "{\"event\": \"push\",\r\n \"caf\u{e9}\": 1.0, \"it's\":\"\\\"$HOME\\\" {{x}}\" }\n";

/// A log of three deliveries: signed JSON, bytes, an empty one with repeated headers.
fn captured(sandbox: &Sandbox) {
    let listener = sandbox.listen(&["--secret", "statly=env:S"]);
    sandbox.write("text.json", TEXT);
    sandbox.write("binary.bin", BINARY);
    let url = format!("{}/hooks?x=1&y=%20", listener.url);
    let posted = [
        "hookcat sign statly text.json --secret env:S | curl -sS -H @- -H 'X-Statly-Event: push' \
         --data-binary @text.json \"$URL\"",
        "curl -sS -H 'Content-Type: application/octet-stream' --data-binary @binary.bin \"$URL\"",
        "curl -sS -X PUT -H 'X-B: 2' -H 'x-a: 1' -H 'X-B: 1' \"$URL\"",
    ];
    for line in posted {
        sandbox.shell(&format!("URL='{url}'; {line}")).ok();
        listener.next();
    }
    // Latencies come to the log last.
    listener.interrupt().ok();
}

/// Everything of a delivery but its number, and what depends on numbers.
fn content(mut delivery: Value, without: &[&str]) -> Value {
    let fields = delivery.as_object_mut().expect("an object");
    for name in ["id", "duplicate_of"].iter().chain(without) {
        fields.remove(*name);
    }
    delivery
}

/// The headers that are the request's own.
fn own_headers(delivery: &Value) -> Vec<Value> {
    let of_the_connection = ["host", "content-length"];
    let all = delivery["headers"].as_array().expect("a list");
    let is_own = |pair: &&Value| {
        let name = pair[0].as_str().expect("a name").to_ascii_lowercase();
        !of_the_connection.contains(&name.as_str())
    };
    all.iter().filter(is_own).cloned().collect()
}

fn in_other_log(sandbox: &Sandbox, args: &[&str]) -> Output {
    let mut all = args.to_vec();
    all.extend(["--log", "other.db"]);
    sandbox.run(&all)
}

/// What arrives where the last three of a log are replayed.
fn replayed(sandbox: &Sandbox, log: &[&str]) -> Vec<(Vec<Value>, Vec<Value>)> {
    let listener = sandbox.listen(&["--no-log"]);
    let replay = ["replay", "--last", "3", "--no-log", "--to", &listener.url];
    sandbox.run(&[&replay, log].concat()).ok();
    let heard = |_| {
        let own = listener.next();
        let fields = ["method", "target", "body", "body_base64"];
        (
            fields.map(|name| own[name].clone()).to_vec(),
            own_headers(&own),
        )
    };
    (0..3).map(heard).collect()
}

#[test]
fn what_is_exported_is_imported_whole() {
    let sandbox = Sandbox::new();
    captured(&sandbox);
    let before = sandbox.deliveries();
    let again = replayed(&sandbox, &[]);
    for form in ["jsonl", "har", "curl", "http", "hurl"] {
        let file = format!("out.{form}");
        let export = ["log", "export", "1..3", "--format", form, "--output", &file];
        let told = sandbox.run(&export);
        told.ok();
        assert!(
            told.err().starts_with("wrote 3 deliveries: "),
            "{}",
            told.err()
        );
        assert!(!told.err().contains("cannot hold"), "{}", told.err());
        let imported = in_other_log(&sandbox, &["log", "import", &file, "--format", "json"]);
        let after = imported.ok().json_lines();
        assert_eq!(after.len(), 3, "{form}");
        for (before, after) in before.iter().zip(after) {
            if ["jsonl", "har"].contains(&form) {
                let repeat = ["attempt", "repeat"];
                assert_eq!(
                    content(after, &repeat),
                    content(before.clone(), &repeat),
                    "{form}"
                );
                continue;
            }
            for field in ["method", "target", "body", "body_base64", "event"] {
                assert_eq!(after[field], before[field], "{form} {field}: {after}");
            }
            assert_eq!(own_headers(&after), own_headers(before), "{form}");
        }
        // And on the wire again, from the log it was imported into.
        assert_eq!(replayed(&sandbox, &["--log", "other.db"]), again, "{form}");
        std::fs::remove_file(sandbox.path("other.db")).expect("removes");
    }
}

#[test]
fn what_a_form_cannot_hold_is_told() {
    let sandbox = Sandbox::new();
    captured(&sandbox);
    let told = sandbox.run(&["log", "export", "1..3", "--format", "http"]);
    assert_eq!(
        told.ok().err(),
        "warning: a .http file cannot hold the bytes of the body: #1, #2\n\
         hint: write to a file, the body goes into one beside it: --output FILE\n"
    );
    let listener = sandbox.listen(&[]);
    let sent = "curl -sS -H \"X-Latin: $(printf 'gr\\374n')\" -d a \"$URL\"";
    let url = &listener.url;
    sandbox.shell(&format!("URL='{url}'; {sent}")).ok();
    listener.next();
    let told = sandbox.run(&["log", "export", "4", "--format", "hurl"]);
    assert!(
        told.ok()
            .err()
            .contains("a hurl file cannot hold the bytes of header `X-Latin`: #4"),
        "{}",
        told.err()
    );
    // JSON has them beside its text.
    let line = sandbox
        .run(&["log", "export", "4"])
        .ok()
        .json_lines()
        .remove(0);
    let exact = line["headers_base64"].as_array().expect("a list");
    assert!(exact.iter().any(|own| own[1] == "Z3L8bg=="), "{line}");
}

#[cfg(unix)]
#[test]
fn an_export_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::new();
    captured(&sandbox);
    let args = [
        "log",
        "export",
        "1..3",
        "--format",
        "http",
        "-o",
        "a/out.http",
    ];
    sandbox.run(&args).ok();
    for name in ["a/out.http", "a/out.http-2.body"] {
        let mode = std::fs::metadata(sandbox.path(name)).expect("there");
        assert_eq!(mode.permissions().mode() & 0o777, 0o600, "{name}");
    }
    let body = std::fs::read(sandbox.path("a/out.http-2.body")).expect("reads");
    assert_eq!(body, BINARY);
}

/// Runs a generated test against a fresh `listen`, and holds what arrives to what was recorded.
fn run_test(sandbox: &Sandbox, form: &str, file: &str, run: &str) {
    let before = sandbox.deliveries();
    let export = ["log", "export", "1..3", "--format", form, "--output", file];
    sandbox.run(&export).ok();
    let listener = sandbox.listen(&["--no-log"]);
    let mut command = sandbox.shell_command(run);
    command.env("HOOKCAT_TO", &listener.url);
    let ran = finish(command, b"");
    assert_eq!(ran.code, 0, "{form}: {}{}", ran.out(), ran.err());
    let mut after: Vec<Value> = before.iter().map(|_| listener.next()).collect();
    // Tests may run in any order.
    for before in &before {
        let same = |after: &Value| {
            let fields = ["method", "target", "body", "body_base64"];
            let same = fields.iter().all(|field| after[*field] == before[*field]);
            let headers = own_headers(after);
            let headers: Vec<&Value> = headers
                .iter()
                .filter(|own| own[0] != "Connection")
                .collect();
            same && headers == own_headers(before).iter().collect::<Vec<_>>()
        };
        let found = after.iter().position(same);
        let found = found.unwrap_or_else(|| panic!("{form}: {before} is not among {after:?}"));
        after.remove(found);
    }
    // What refuses everything fails them.
    let refusing = sandbox.listen(&["--no-log", "--respond", "500"]);
    let mut command = sandbox.shell_command(run);
    command.env("HOOKCAT_TO", &refusing.url);
    assert_ne!(finish(command, b"").code, 0, "{form}");
}

fn is_there(sandbox: &Sandbox, tool: &str) -> bool {
    let found = sandbox.shell(&format!("command -v {tool}")).code == 0;
    if !found {
        let mut stderr = std::io::stderr().lock();
        let _ = std::io::Write::write_all(
            &mut stderr,
            format!("not run: this needs `{tool}`\n").as_bytes(),
        );
    }
    found
}

#[test]
fn tests_for_pytest_run() {
    let sandbox = Sandbox::new();
    if !is_there(&sandbox, "python3") {
        return;
    }
    captured(&sandbox);
    // As pytest would find and run them; it need not be installed for that.
    let run = "python3 -c \"import runpy\nfor name, own in runpy.run_path('test_hooks.py').items():\n    \
               if name.startswith('test_'): own()\"";
    run_test(&sandbox, "pytest", "test_hooks.py", run);
}

#[test]
fn tests_for_jest_run() {
    let sandbox = Sandbox::new();
    if !is_there(&sandbox, "node") {
        return;
    }
    captured(&sandbox);
    run_test(
        &sandbox,
        "jest",
        "hooks.test.js",
        "node --test hooks.test.js",
    );
}

#[test]
fn tests_for_go_run() {
    let sandbox = Sandbox::new();
    if !is_there(&sandbox, "go") {
        return;
    }
    captured(&sandbox);
    sandbox.write("go.mod", "module hooks\n\ngo 1.18\n");
    run_test(
        &sandbox,
        "go",
        "hooks_test.go",
        "GOFLAGS=-mod=mod go test -count=1 ./...",
    );
}

#[test]
fn tests_for_rust_run() {
    let sandbox = Sandbox::new();
    captured(&sandbox);
    // The compiler that built this one.
    let cargo = std::env::var_os("CARGO").expect("cargo runs this");
    let rustc = Path::new(&cargo).with_file_name("rustc");
    let run = format!(
        "'{}' --edition 2021 --test hooks.rs -o hooks 2>&1 && ./hooks",
        rustc.display()
    );
    run_test(&sandbox, "rust", "hooks.rs", &run);
}

#[test]
fn what_others_export_is_recorded_and_looked_at() {
    let sandbox = Sandbox::new();
    sandbox.write("hookcat.toml", "[secrets]\ngithub = \"env:S\"\n");
    let signed = sandbox.shell(
        "printf %s '{\"action\":\"opened\"}' >body.json
         hookcat sign github body.json --secret env:S --event issues --format curl --url http://a.example/h",
    );
    sandbox.write("hook.sh", signed.ok().out());
    let imported = sandbox.run(&["log", "import", "hook.sh", "--format", "json"]);
    let found = imported.ok().json_lines().remove(0);
    assert_eq!(found["provider"], "github", "{found}");
    assert_eq!(found["verdict"], "valid", "{found}");
    assert_eq!(
        found["headers"][0],
        serde_json::json!(["Host", "a.example"])
    );
    assert_eq!(imported.err(), "imported 1 delivery\n");

    sandbox.write(
        "delivery.json",
        r#"{"id": 1, "guid": "0b98", "delivered_at": "2019-06-03T00:57:16Z", "duration": 0.27,
            "status": "OK", "status_code": 202, "event": "issues", "url": "https://b.example/hooks",
            "request": {"headers": {"X-GitHub-Event": "issues", "X-GitHub-Delivery": "0b98",
                "Content-Type": "application/json"}, "payload": {"action": "opened"}},
            "response": {"headers": {"A": "b"}, "payload": "accepted"}}"#,
    );
    let imported = sandbox.run(&["log", "import", "delivery.json"]);
    assert!(
        imported.ok().out().contains("github issues"),
        "{}",
        imported.out()
    );
    assert!(
        imported.err().contains("the body is rebuilt"),
        "{}",
        imported.err()
    );
    let found = sandbox.delivery(&Value::from(2));
    assert_eq!(found["at"], "2019-06-03T00:57:16Z");
    assert_eq!(found["response"]["status"], 202);
    assert_eq!(found["attempts"][0]["response"]["body"], "accepted");

    let nothing = sandbox.run_with(&["log", "import"], b"{\"a\": 1}");
    assert_eq!(nothing.code, 2);
    assert!(
        nothing
            .err()
            .contains("nothing known holds deliveries like this: `stdin`")
    );
    let broken = sandbox.run_with(
        &["log", "import"],
        b"### a\nPOST http://a/b\n\n### b\nPOST http://a/{{c}}\n",
    );
    broken.code(2);
    assert_eq!(
        sandbox.deliveries().len(),
        2,
        "nothing of a broken file is kept"
    );
}
