//! What goes in wrong comes out with a code, a reason and a hint: whole outputs.

use std::net::TcpListener;

use crate::harness::{NOW, Sandbox};
use crate::snapshot;

#[track_caller]
fn refused(sandbox: &Sandbox, name: &str, args: &[&str], code: i32) {
    snapshot::run(sandbox, name, args).code(code);
}

#[test]
fn unknown_names() {
    let sandbox = Sandbox::new();
    let check = |name: &str, args: &[&str]| refused(&sandbox, name, args, 2);
    check("unknown_provider_to_send", &["send", "statley", "push"]);
    check("unknown_provider_to_sign", &["sign", "git", "-"]);
    check("unknown_provider_to_verify", &["verify", "-p", "pier"]);
    check("unknown_provider_to_listen", &["listen", "-p", "zzz"]);
    check("unknown_event", &["send", "statly", "pull_request.open"]);
    check("unknown_event_like_no_other", &["send", "dits", "qqq"]);
    check("unknown_scheme", &["sign", "github", "--scheme", "sha512"]);
    check(
        "unknown_target",
        &["send", "cloudrepo", "file.upload", "--target", "fax"],
    );
    check(
        "unknown_profile",
        &["send", "dits", "push", "--profile", "ci"],
    );
}

#[test]
fn secrets_that_are_none() {
    let sandbox = Sandbox::new();
    sandbox.write("empty", "\n");
    let check = |name: &str, args: &[&str]| refused(&sandbox, name, args, 2);
    check("secret_empty", &["sign", "statly", "--secret", ""]);
    check(
        "secret_empty_for_a_provider",
        &["listen", "--port", "0", "--secret", "statly="],
    );
    check(
        "secret_empty_file",
        &["verify", "-p", "statly", "--secret", "file:empty"],
    );
    check(
        "secret_of_no_variable",
        &["listen", "--port", "0", "--secret", "env:NOT_SET"],
    );
    check(
        "secret_of_no_file",
        &["send", "statly", "push", "--secret", "file:gone"],
    );
    check(
        "secret_of_a_failing_command",
        &["sign", "statly", "--secret", "cmd:exit 3"],
    );
    check(
        "secret_without_a_terminal",
        &["sign", "statly", "--secret", "prompt"],
    );
    check(
        "secret_and_body_from_stdin",
        &["sign", "statly", "--secret", "-"],
    );
}

#[test]
fn secrets_of_another_shape() {
    let sandbox = Sandbox::new();
    sandbox.write("body.json", "{}");
    let check = |name: &str, args: &[&str]| refused(&sandbox, name, args, 2);
    check(
        "secret_misshapen_to_sign",
        &["sign", "svix", "body.json", "--secret", "whsec_no base64"],
    );
    check(
        "secret_misshapen_to_verify",
        &["verify", "body.json", "-p", "svix", "--secret", "whsec_%"],
    );
    check(
        "secret_misshapen_to_listen",
        &["listen", "--port", "0", "-p", "svix", "--secret", "whsec_"],
    );
    check(
        "secret_misshapen_to_send",
        &["send", "svix", "user.created", "--secret", "env:S"],
    );
    check("secret_missing", &["sign", "statly", "body.json"]);
}

#[test]
fn bodies_that_are_not_json() {
    let sandbox = Sandbox::new();
    sandbox.write("body.txt", "event=file.synced");
    let check = |name: &str, args: &[&str]| refused(&sandbox, name, args, 2);
    check(
        "body_without_an_event",
        &["send", "stripe", "invoice.paid", "--data", "body.txt"],
    );
    check(
        "body_that_cannot_be_edited",
        &[
            "send", "statly", "push", "--data", "body.txt", "--set", "a=1",
        ],
    );
    check(
        "body_of_no_file",
        &["send", "statly", "push", "--data", "gone.json"],
    );
    check(
        "edit_of_nothing",
        &["send", "statly", "push", "--set", "ref"],
    );
    let args = [
        "sign", "pierre", "body.txt", "--secret", "env:S", "--now", NOW,
    ];
    snapshot::run(&sandbox, "sign_without_an_event", &args).ok();
}

#[test]
fn requests_that_are_none() {
    let sandbox = Sandbox::new();
    sandbox.write("request.http", "POST /hooks\r\nno header\r\n\r\n{}");
    let check = |name: &str, args: &[&str]| refused(&sandbox, name, args, 2);
    check(
        "request_misshapen",
        &["verify", "request.http", "--input", "http"],
    );
    check("request_of_no_file", &["verify", "gone.http"]);
    check("header_misshapen", &["verify", "-H", "X-Statly-Signature"]);
    check(
        "header_with_a_line_break",
        &["send", "statly", "push", "-H", "X-A: b\nX-C: d"],
    );
    check(
        "endpoint_misshapen",
        &["send", "statly", "push", "--to", "ftp://example.com"],
    );
    check(
        "time_misshapen",
        &["send", "statly", "push", "--now", "yesterday"],
    );
}

#[test]
fn a_port_in_use() {
    let sandbox = Sandbox::new();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let args = ["listen", "--port", &port, "--secret", "env:S"];
    let output = sandbox.run(&args);
    snapshot::check(
        &sandbox,
        "port_in_use",
        &args,
        &output,
        &[(&port, "[PORT]")],
    );
    output.code(2);
}

#[test]
fn an_endpoint_that_nobody_is_at() {
    let sandbox = Sandbox::new();
    let args = [
        "send",
        "statly",
        "push",
        "--secret",
        "env:S",
        "--to",
        "http://127.0.0.1:1",
        "--now",
        NOW,
        "--seed",
        "a",
    ];
    refused(&sandbox, "endpoint_unreachable", &args, 8);
}

#[test]
fn a_log_that_is_none() {
    let sandbox = Sandbox::new();
    refused(&sandbox, "log_missing", &["log", "list"], 1);
    refused(&sandbox, "log_missing_to_replay", &["replay", "1"], 1);
    sandbox.write(
        "notes.txt",
        "milk, bread, and more than a hundred bytes".repeat(9),
    );
    let args = ["log", "list", "--log", "notes.txt"];
    refused(&sandbox, "log_of_text", &args, 1);
    let other = rusqlite::Connection::open(sandbox.path("other.db")).expect("opens");
    other
        .execute_batch("CREATE TABLE own (a); INSERT INTO own VALUES (1);")
        .expect("runs");
    drop(other);
    let before = std::fs::read(sandbox.path("other.db")).expect("reads");
    let args = ["listen", "--port", "0", "--log", "other.db"];
    refused(&sandbox, "log_of_another_program", &args, 1);
    let after = std::fs::read(sandbox.path("other.db")).expect("reads");
    assert!(before == after, "another program's file was changed");
}

#[test]
fn a_log_of_the_future() {
    let sandbox = Sandbox::new();
    let args = ["send", "statly", "push", "--to", "http://127.0.0.1:1"];
    sandbox.run(&args).code(8);
    let log = rusqlite::Connection::open(sandbox.log()).expect("opens");
    log.pragma_update(None, "user_version", 4711).expect("sets");
    drop(log);
    let output = sandbox.run(&["log", "list"]);
    let known = output
        .err()
        .split("knows up to ")
        .nth(1)
        .and_then(|rest| rest.split(':').next().map(str::to_owned))
        .expect("the version known");
    let known = format!("up to {known}:");
    let variable = [(known.as_str(), "up to [VERSION]:")];
    snapshot::check(&sandbox, "log_newer", &["log", "list"], &output, &variable);
    output.code(1);
    sandbox.run(&["listen", "--port", "0"]).code(1);
}

#[test]
fn numbers_of_no_delivery() {
    let sandbox = Sandbox::new();
    let args = ["send", "statly", "push", "--to", "http://127.0.0.1:1"];
    sandbox.run(&args).code(8);
    let check = |name: &str, args: &[&str]| refused(&sandbox, name, args, 2);
    check("delivery_unknown", &["log", "show", "7"]);
    check("delivery_unknown_to_replay", &["replay", "7"]);
    check("delivery_misshapen", &["replay", "seven"]);
    check("delivery_of_no_range", &["replay", "7..9"]);
    check("delivery_none_received", &["replay", "--last", "1"]);
}

const OWN: &str = r#"id = "own"
name = "Own"
docs = "https://example.com"
confidence = "second-hand"

[[scheme]]
name = "own"
algorithm = "hmac-sha256"
key = "utf8"
signed = "{body}"

[scheme.signature]
header = "X-Own"
layout = "plain"
encoding = "hex"
"#;

#[test]
fn definitions_with_a_mistake() {
    let check = |name: &str, from: &str, to: &str| {
        let sandbox = Sandbox::new();
        assert!(OWN.contains(from), "{from}");
        sandbox.write_config("providers/own.toml", OWN.replace(from, to));
        refused(&sandbox, name, &["providers", "show", "own"], 2);
    };
    check("definition_syntax", "key = \"utf8\"", "key = ");
    check("definition_unknown_field", "layout =", "layuot =");
    check("definition_unknown_value", "hmac-sha256", "hmac-md4");
    check("definition_missing_field", "name = \"Own\"\n", "");
    check("definition_unknown_part", "{body}", "{boby}");
    check("definition_bad_header", "X-Own", "X Own");
}

#[test]
fn configurations_with_a_mistake() {
    let check = |name: &str, content: &str| {
        let sandbox = Sandbox::new();
        sandbox.write("hookcat.toml", content);
        refused(&sandbox, name, &["providers", "list"], 2);
    };
    check("config_syntax", "to = \"http://localhost\n");
    check("config_unknown_field", "\n[listen]\nprot = 4400\n");
    check("config_with_a_command", "[secrets]\nstatly = \"cmd:id\"\n");
    check(
        "config_with_a_command_in_a_list",
        "[secrets]\nstatly = [\"env:S\", \"cmd:id\"]\n",
    );
    check(
        "config_with_a_command_in_a_profile",
        "[profiles.ci]\nsecret = \"cmd:id\"\n",
    );
}

#[test]
fn a_command_runs_from_the_users_own_configuration() {
    let sandbox = Sandbox::new();
    sandbox.write("body.json", "{}");
    let command = "[secrets]\nstatly = \"cmd:printf hidden\"\n";
    sandbox.write_config("hookcat.toml", command);
    let configured = sandbox.run(&["sign", "statly", "body.json"]);
    let given = sandbox.run(&["sign", "statly", "body.json", "--secret", "hidden"]);
    assert_eq!(configured.ok().out(), given.ok().out());
}

#[test]
fn names_of_providers_in_the_log() {
    let sandbox = Sandbox::new();
    let args = ["send", "pierre", "push", "--to", "http://127.0.0.1:1"];
    sandbox.run(&args).code(8);
    let listed = sandbox.run(&["log", "list", "-p", "pierre"]);
    assert!(
        listed.ok().out().contains("code-storage"),
        "{}",
        listed.err()
    );
    sandbox.run(&["log", "list", "-p", "statley"]).code(2);
}

#[test]
fn the_nearest_name_may_be_an_alias() {
    let sandbox = Sandbox::new();
    let output = sandbox.run(&["send", "pier", "push"]);
    output.code(2);
    assert!(output.err().contains("`pierre`"), "{}", output.err());
}

#[test]
fn an_event_of_no_name() {
    let sandbox = Sandbox::new();
    sandbox.write("body.json", "{}");
    let args = [
        "sign",
        "pierre",
        "body.json",
        "--secret",
        "env:S",
        "--event",
    ];
    sandbox.run(&[args.as_slice(), &[""]].concat()).code(2);
}
