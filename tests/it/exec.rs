//! Commands that `listen` runs: what they get, what becomes of what they do.

use std::fs;
use std::io::Write;

use serde_json::{Value, json};

use crate::harness::{Listener, NOW, PATIENCE, Sandbox};
use crate::snapshot;
use crate::wire::{Heard, post};

/// Posts a delivery of Statly, signed.
fn deliver(sandbox: &Sandbox, listener: &Listener, event: &str, body: &[u8]) -> Heard {
    let sign = ["sign", "statly", "--secret", "env:S", "--format", "value"];
    let signature = sandbox.run_with(&sign, body).ok().out();
    let headers = [
        ("X-Statly-Event", event),
        ("X-Statly-Delivery", "d_1"),
        ("X-Statly-Signature", signature.trim()),
    ];
    post(listener.address(), &headers, body).expect("an answer")
}

const SECRET: [&str; 2] = ["--secret", "statly=env:S"];

/// The run that is told after its delivery.
fn run(listener: &Listener) -> Value {
    assert_eq!(listener.next()["type"], "delivery");
    let told = listener.next();
    assert_eq!(told["type"], "run", "{told}");
    told
}

#[test]
fn gets_the_body_and_the_metadata_and_no_secret() {
    let sandbox = Sandbox::new();
    let command = "cat > body; env > vars; echo out; echo err >&2";
    let args = [&["listen", "--port", "0", "--format", "json"], &SECRET[..]].concat();
    let mut listen = sandbox.hookcat(&[&args[..], &["--exec", command]].concat());
    listen
        .env("HOOKCAT_SECRET", "env:WHSEC")
        .env("HOOKCAT_EVENT", "inherited");
    let listener = Listener::start(listen);
    let url = listener.next()["url"].as_str().expect("a URL").to_owned();
    let address = url.strip_prefix("http://").expect("a plain URL");
    let body = b"\xff\x00{\"a\": 1}\r\n";
    let sign = ["sign", "statly", "--secret", "env:S", "--format", "value"];
    let signature = sandbox.run_with(&sign, body).ok().out();
    let hostile = "$(touch owned) `touch owned` \"; touch owned; '";
    let headers = [
        ("X-Statly-Event", hostile),
        ("X-Statly-Delivery", "d_1"),
        ("X-Statly-Signature", signature.trim()),
    ];
    let answer = post(address, &headers, body).expect("an answer");
    assert_eq!(answer.status(), 200);
    let told = run(&listener);
    assert_eq!(told["delivery"], 1);
    assert_eq!(told["exit_code"], 0);
    assert_eq!(
        (&told["stdout"], &told["stderr"]),
        (&json!("out\n"), &json!("err\n"))
    );
    assert_eq!(fs::read(sandbox.path("body")).expect("reads"), body);
    assert!(!sandbox.path("owned").exists());
    let vars = fs::read_to_string(sandbox.path("vars")).expect("reads");
    let value = |name: &str| {
        let own = |line: &str| line.strip_prefix(&format!("{name}=")).map(str::to_owned);
        vars.lines().find_map(own)
    };
    for (name, wanted) in [
        ("HOOKCAT_ID", "1"),
        ("HOOKCAT_PROVIDER", "statly"),
        ("HOOKCAT_EVENT", hostile),
        ("HOOKCAT_DELIVERY_ID", "d_1"),
        ("HOOKCAT_VERDICT", "valid"),
        ("HOOKCAT_METHOD", "POST"),
        ("HOOKCAT_TARGET", "/hooks"),
        ("HOOKCAT_HEADERS_WHOLE", "true"),
    ] {
        assert_eq!(value(name).as_deref(), Some(wanted), "{name}");
    }
    let headers: Value =
        serde_json::from_str(&value("HOOKCAT_HEADERS").expect("headers")).expect("JSON");
    assert_eq!(headers[2], json!(["X-Statly-Event", hostile]));
    for name in ["HOOKCAT_SECRET", "S", "WHSEC"] {
        assert_eq!(value(name), None, "{name}");
    }
    assert!(value("PATH").is_some());
}

#[test]
fn runs_for_what_is_verified_unless_told_otherwise() {
    let sandbox = Sandbox::new();
    let listener = sandbox.listen(&["--exec", "echo ran", "--secret", "statly=env:S"]);
    let answer = post(listener.address(), &[], b"{}").expect("an answer");
    assert_eq!(answer.status(), 200);
    assert_eq!(listener.next()["verdict"], "unverifiable");
    deliver(&sandbox, &listener, "push", b"{}");
    assert_eq!(run(&listener)["delivery"], 2);
    let output = listener.interrupt();
    assert!(
        output.err().contains("#1: not verified"),
        "{}",
        output.err()
    );
    let args = ["--exec", "echo ran", "--exec-answers"];
    let listener = sandbox.listen(&args);
    let answer = post(listener.address(), &[], b"{}").expect("an answer");
    assert_eq!(answer.status(), 403);
    let args = [&args[..], &["--exec-unverified"], &SECRET].concat();
    let listener = sandbox.listen(&args);
    let answer = post(listener.address(), &[], b"{}").expect("an answer");
    assert_eq!((answer.status(), answer.body), (200, b"ran\n".to_vec()));
    let headers = [("X-Statly-Signature", "sha256=00")];
    let answer = post(listener.address(), &headers, b"{}").expect("an answer");
    assert_eq!(answer.status(), 401);
}

#[test]
fn answers_as_it_ends() {
    let sandbox = Sandbox::new();
    let command = r#"case "$HOOKCAT_EVENT" in
        good) echo '{"done":true}';; bad) echo private; exit 2;; dead) kill -9 $$;; esac"#;
    let args = [&["--exec", command, "--exec-answers"], &SECRET[..]].concat();
    let listener = sandbox.listen(&args);
    let answer = deliver(&sandbox, &listener, "good", b"{}");
    assert_eq!(
        (answer.status(), &answer.body[..]),
        (200, &b"{\"done\":true}\n"[..])
    );
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(run(&listener)["exit_code"], 0);
    let answer = deliver(&sandbox, &listener, "bad", b"{}");
    assert_eq!(answer.status(), 500);
    assert!(!String::from_utf8_lossy(&answer.body).contains("private"));
    assert_eq!(run(&listener)["exit_code"], 2);
    assert_eq!(deliver(&sandbox, &listener, "dead", b"{}").status(), 500);
    assert_eq!(run(&listener)["signal"], 9);
    let logged = sandbox.deliveries();
    let statuses: Vec<&Value> = logged
        .iter()
        .map(|own| &own["response"]["status"])
        .collect();
    assert_eq!(statuses, [200, 500, 500]);
}

/// A pipe with a name; whoever opens it waits for the other side.
fn pipe(sandbox: &Sandbox, name: &str) -> std::path::PathBuf {
    let made = sandbox.program("mkfifo").arg(name).status();
    assert!(made.is_ok_and(|status| status.success()), "mkfifo");
    sandbox.path(name)
}

#[test]
fn is_killed_with_all_it_started() {
    let sandbox = Sandbox::new();
    let fifo = pipe(&sandbox, "alive");
    // What holds the pipe is not the shell but its child's child.
    let command = "(sleep 1000 > alive & wait) & wait";
    let args = [
        "--exec",
        command,
        "--exec-answers",
        "--exec-timeout",
        "500ms",
    ];
    let listener = sandbox.listen(&[&args[..], &SECRET].concat());
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || tell.send(fs::read(fifo)));
    let answer = deliver(&sandbox, &listener, "push", b"{}");
    assert_eq!(answer.status(), 504);
    let ended = run(&listener);
    assert_eq!(
        ended["error"],
        json!({ "kind": "timeout", "message": "killed after 500ms" })
    );
    let read = told.recv_timeout(PATIENCE).expect("is alive");
    assert_eq!(read.expect("reads"), b"");
}

#[test]
fn is_killed_at_the_end() {
    let sandbox = Sandbox::new();
    let fifo = pipe(&sandbox, "alive");
    let command = "sleep 1000 > alive";
    let listener = sandbox.listen(&[&["--exec", command], &SECRET[..]].concat());
    deliver(&sandbox, &listener, "push", b"{}");
    assert_eq!(listener.next()["type"], "delivery");
    // Opens once the command has.
    let mut alive = fs::File::open(fifo).expect("opens");
    let output = listener.interrupt();
    assert_eq!(std::io::Read::read(&mut alive, &mut [0]).expect("reads"), 0);
    let summary = "; 1 given up before the end of their work";
    assert!(output.err().contains(summary), "{}", output.err());
}

#[test]
fn runs_no_more_at_once_than_told_to() {
    let sandbox = Sandbox::new();
    let fifo = pipe(&sandbox, "go");
    let command = "echo start >> order; read line < go; echo end >> order";
    let args = [&["--exec", command, "--exec-jobs", "1"], &SECRET[..]].concat();
    let listener = sandbox.listen(&args);
    for body in [b"1", b"2"] {
        assert_eq!(deliver(&sandbox, &listener, "push", body).status(), 200);
        assert_eq!(listener.next()["type"], "delivery");
    }
    for _ in 0..2 {
        let mut go = fs::OpenOptions::new()
            .write(true)
            .open(&fifo)
            .expect("opens");
        go.write_all(b"\n").expect("writes");
        drop(go);
        assert_eq!(listener.next()["exit_code"], 0);
    }
    let order = fs::read_to_string(sandbox.path("order")).expect("reads");
    assert_eq!(order, "start\nend\nstart\nend\n");
}

#[test]
fn writes_no_more_than_is_kept() {
    let sandbox = Sandbox::new();
    let command = "head -c 300000 /dev/zero | tr '\\0' a";
    let args = [&["--exec", command, "--exec-answers"], &SECRET[..]].concat();
    let listener = sandbox.listen(&args);
    assert_eq!(deliver(&sandbox, &listener, "push", b"{}").status(), 500);
    let told = run(&listener);
    assert_eq!(told["truncated"], true);
    assert_eq!(told["stdout"].as_str().map(str::len), Some(256 * 1024));
}

#[test]
fn leaves_alone_what_it_started_and_did_not_wait_for() {
    let sandbox = Sandbox::new();
    let fifo = pipe(&sandbox, "go");
    let late = pipe(&sandbox, "late");
    let command = "(read line < go; echo late > late) & echo soon";
    let args = [&["--exec", command, "--exec-answers"], &SECRET[..]].concat();
    let listener = sandbox.listen(&args);
    let answer = deliver(&sandbox, &listener, "push", b"{}");
    assert_eq!((answer.status(), answer.body), (200, b"soon\n".to_vec()));
    run(&listener);
    fs::write(fifo, b"\n").expect("writes");
    assert_eq!(fs::read(late).expect("reads"), b"late\n");
}

#[test]
fn is_never_a_project_that_runs_it() {
    let sandbox = Sandbox::new();
    let routes = "[[listen.routes]]\nmatch = \"*\"\nexec = \"echo ran\"\nexec-answers = true\n";
    sandbox.write("hookcat.toml", routes);
    let args = ["listen", "--port", "0", "--no-log"];
    snapshot::run(&sandbox, "config_with_exec", &args).code(2);
    fs::remove_file(sandbox.path("hookcat.toml")).expect("removes");
    sandbox.write_config("hookcat.toml", routes);
    let listener = sandbox.listen(&SECRET);
    assert_eq!(deliver(&sandbox, &listener, "push", b"{}").body, b"ran\n");
}

/// What a person sees.
#[test]
fn screens() {
    let sandbox = Sandbox::new();
    let command = r"cat; printf '\033[2Jno\n' >&2; exit 3";
    let args = [
        "--exec",
        command,
        "--now",
        NOW,
        "--compact",
        "--secret",
        "statly=env:S",
    ];
    let listener = sandbox.listen_as_text(&args);
    deliver(&sandbox, &listener, "push", b"{\"a\":1}");
    // The run is told when it is over, whatever else comes meanwhile.
    let mut seen = String::new();
    while !seen.contains("err |") {
        seen.push_str(&format!("{}\n", listener.out_line()));
    }
    post(listener.address(), &[], b"{}").expect("an answer");
    let mut output = listener.interrupt();
    output.stdout = [seen.into_bytes(), output.stdout].concat();
    let shown = [&["listen"], &args[..]].concat();
    snapshot::check(&sandbox, "exec", &shown, &output, &[]);
}
