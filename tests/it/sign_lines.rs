//! `sign --lines`: a line for a line, each signed by itself.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;

use serde_json::Value;

use crate::harness::{PATIENCE, Sandbox};
use crate::snapshot;

#[test]
fn each_line_is_signed_by_itself() {
    let sandbox = Sandbox::new();
    let lines = ["{\"a\": 1}", "[2]", "\"three\"", "{\"a\": 1}"];
    let text = format!(
        "{}\r\n\n{}\n  \n{}\n{}",
        lines[0], lines[1], lines[2], lines[3]
    );
    let args = ["sign", "svix", "--secret", "env:WHSEC", "--lines"];
    let output = sandbox.run_with(&args, text.as_bytes());
    let records = output.ok().json_lines();
    let numbers: Vec<&Value> = records.iter().map(|own| &own["line"]).collect();
    assert_eq!(numbers, [1, 3, 5, 6]);
    let mut ids = Vec::new();
    for (record, body) in records.iter().zip(lines) {
        assert_eq!(record["type"], "signature");
        let mut args = vec![
            "verify".to_owned(),
            "--secret".to_owned(),
            "env:WHSEC".to_owned(),
        ];
        for header in record["headers"].as_array().expect("headers") {
            let text = |at: usize| header[at].as_str().expect("text");
            args.extend(["-H".to_owned(), format!("{}: {}", text(0), text(1))]);
        }
        ids.push(record["headers"][0][1].clone());
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        sandbox.run_with(&args, body.as_bytes()).ok();
    }
    ids.dedup();
    assert_eq!(ids.len(), 4, "each has an id of its own: {ids:?}");
}

#[test]
fn a_bad_line_stops_no_other() {
    let sandbox = Sandbox::new();
    sandbox.write("lines.jsonl", "{\"a\":1}\n{\"a\":\nnope\n{\"b\":2}\n");
    let args = [
        "sign",
        "statly",
        "lines.jsonl",
        "--secret",
        "env:S",
        "--lines",
    ];
    snapshot::run(&sandbox, "sign_lines", &args).code(2);
    let many = "x\n".repeat(25);
    let args = ["sign", "statly", "-", "--secret", "env:S", "--lines"];
    let output = sandbox.run_with(&args, many.as_bytes());
    output.code(2);
    assert_eq!(output.json_lines().len(), 25);
    assert_eq!(
        output.err().matches("is not signed").count(),
        10,
        "{}",
        output.err()
    );
    assert!(
        output.err().contains("not signed: 25 of 25 lines"),
        "{}",
        output.err()
    );
    for format in ["headers", "curl", "env"] {
        let args = [
            "sign",
            "statly",
            "lines.jsonl",
            "--secret",
            "env:S",
            "--lines",
            "--format",
            format,
        ];
        sandbox.run(&args).code(2);
    }
    let args = ["sign", "pierre", "--secret", "env:S", "--lines"];
    let output = sandbox.run_with(&args, b"{\"a\":1}\n");
    let record = output.code(2).json_lines().remove(0);
    assert_eq!(
        record["type"], "error",
        "a signature without its header is none: {record}"
    );
    let args = [&args[..], &["--event", "push"]].concat();
    sandbox.run_with(&args, b"{\"a\":1}\n").ok();
}

#[test]
fn a_line_is_signed_before_the_next_one_comes() {
    let sandbox = Sandbox::new();
    let mut child = sandbox
        .hookcat(&["sign", "statly", "--secret", "env:S", "--lines"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("starts");
    let mut input = child.stdin.take().expect("stdin");
    let output = BufReader::new(child.stdout.take().expect("stdout"));
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        for line in output.lines() {
            let _ = tell.send(line.expect("reads"));
        }
    });
    for number in 1..=3 {
        writeln!(input, "{number}").expect("writes");
        let line = told.recv_timeout(PATIENCE).expect("a line for a line");
        let record: Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!(record["line"], number);
    }
    drop(input);
    assert!(child.wait().expect("ends").success());
}
