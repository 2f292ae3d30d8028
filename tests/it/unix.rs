//! `listen --unix`: the same over a socket of this user's alone.

use std::os::unix::fs::{FileTypeExt, PermissionsExt};

use serde_json::Value;

use crate::harness::{Listener, Sandbox};
use crate::snapshot;

fn listen(sandbox: &Sandbox) -> (Listener, Value) {
    let args = [
        "listen",
        "--unix",
        "a.sock",
        "--format",
        "json",
        "--secret",
        "statly=env:S",
    ];
    let listener = Listener::start(sandbox.hookcat(&args));
    let ready = listener.next();
    (listener, ready)
}

fn post(sandbox: &Sandbox, more: &str) -> String {
    let sign = "printf '{}' | hookcat sign statly --secret env:S";
    let curl = format!("curl -sS --unix-socket a.sock -H @- -d '{{}}' {more} http://localhost/in");
    sandbox.shell(&format!("{sign} | {curl}")).ok().out()
}

#[test]
fn receives_and_is_gone_at_the_end() {
    let sandbox = Sandbox::new();
    let (mut listener, ready) = listen(&sandbox);
    assert_eq!(
        (&ready["url"], &ready["port"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(ready["unix"], "a.sock");
    let file = std::fs::symlink_metadata(sandbox.path("a.sock")).expect("is there");
    assert!(file.file_type().is_socket());
    assert_eq!(file.permissions().mode() & 0o777, 0o600);
    for version in ["--http1.1", "--http2-prior-knowledge"] {
        assert!(post(&sandbox, version).contains("\"ok\":true"));
        let told = listener.next();
        assert_eq!(told["verdict"], "valid");
        assert_eq!(told["target"], "/in");
    }
    let refused = post(&sandbox, "-H 'Content-Length: 99999999'");
    assert!(refused.contains("body is too large"), "{refused}");
    let peer = listener.next()["peer"].to_string();
    assert!(peer.starts_with("\"process "), "{peer}");

    snapshot::run(
        &sandbox,
        "unix_socket_in_use",
        &["listen", "--unix", "a.sock"],
    )
    .code(2);
    // What a killed one leaves behind is nobody's.
    listener.kill();
    assert!(sandbox.path("a.sock").exists());
    let (listener, _) = listen(&sandbox);
    post(&sandbox, "");
    listener.interrupt().code(0);
    assert!(!sandbox.path("a.sock").exists());
}

#[test]
fn takes_no_other_files_place() {
    let sandbox = Sandbox::new();
    sandbox.write("a.sock", "kept");
    let refused = |name: &str, args: &[&str]| {
        snapshot::run(&sandbox, name, &[&["listen", "--unix"], args].concat()).code(2);
    };
    refused("unix_socket_over_a_file", &["a.sock"]);
    assert_eq!(
        std::fs::read(sandbox.path("a.sock")).expect("is there"),
        b"kept"
    );
    refused("unix_socket_in_no_folder", &["gone/a.sock"]);
    refused("unix_socket_with_a_port", &["b.sock", "--port", "1"]);
    assert!(!sandbox.path("b.sock").exists());
}

#[test]
fn says_where_it_is() {
    let sandbox = Sandbox::new();
    let args = [
        "listen", "--unix", "a.sock", "--no-log", "--secret", "env:S",
    ];
    let listener = Listener::start(sandbox.hookcat(&args));
    assert_eq!(
        listener.err_line(),
        "listening on unix:a.sock  (Ctrl-C ends)"
    );
    assert_eq!(
        listener.interrupt().err().lines().next(),
        Some("keeping no log")
    );
}
