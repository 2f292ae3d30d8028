//! The limits of `listen` as flags: each holds, and says so.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::Value;

use crate::harness::{PATIENCE, Sandbox};
use crate::wire::{exchange, post};

fn connected(address: &str, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).expect("connects");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    stream.write_all(bytes).expect("writes");
    stream
}

/// All that comes until the other end closes.
fn rest(mut stream: TcpStream) -> String {
    let mut text = Vec::new();
    // What came stays, whether the end is a close or a reset.
    let _ = stream.read_to_end(&mut text);
    String::from_utf8_lossy(&text).into_owned()
}

fn request(address: &str, fields: usize) -> Vec<u8> {
    // `Host` and `Content-Length` are two of them.
    let fields: String = (2..fields)
        .map(|n| format!("X-Field-{n}: {n}\r\n"))
        .collect();
    format!("POST / HTTP/1.1\r\nHost: {address}\r\nContent-Length: 0\r\n{fields}\r\n").into_bytes()
}

#[test]
fn header_fields_are_counted() {
    let sandbox = Sandbox::new();
    for (flag, most) in [
        (&[][..], 100),
        (&["--max-headers", "5"], 5),
        (&["--max-headers", "9999"], 9999),
    ] {
        let listener = sandbox.listen(flag);
        let address = listener.address();
        let answer = exchange(address, &request(address, most)).expect("an answer");
        assert_eq!(answer.status(), 200, "{most}");
        let told = listener.next();
        let headers = told["headers"].as_array().expect("a list");
        assert_eq!(headers.len(), most);
        assert_eq!(headers[0][0], "Host", "case and order are kept");
        assert_eq!(headers[most - 1][0], format!("X-Field-{}", most - 1));
        let answer = rest(connected(address, &request(address, most + 1)));
        assert!(answer.starts_with("HTTP/1.1 431 "), "{most}: {answer}");
        let told = listener.next();
        assert_eq!(
            (&told["type"], &told["status"]),
            (&"refused".into(), &431.into())
        );
    }
}

#[test]
fn nobody_is_waited_for_longer_than_said() {
    let sandbox = Sandbox::new();
    let listener = sandbox.listen(&["--head-timeout", "200ms", "--body-timeout", "200ms"]);
    for (sent, why) in [
        ("POST / HTTP/1.1\r\nHo", "request head came too slowly"),
        ("PRI * HTT", "request head came too slowly"),
        (
            "POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\na",
            "body came too slowly",
        ),
    ] {
        let answer = rest(connected(listener.address(), sent.as_bytes()));
        assert!(answer.starts_with("HTTP/1.1 408 "), "{sent:?}: {answer:?}");
        let told = listener.next();
        assert_eq!(
            (&told["status"], &told["reason"]),
            (&408.into(), &why.into())
        );
    }
    // Who says nothing at all is closed without a word.
    assert_eq!(rest(connected(listener.address(), b"")), "");
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    rest(connected(listener.address(), preface));
    let output = listener.interrupt();
    assert_eq!(
        output.err().matches("warning: refused").count(),
        3,
        "{}",
        output.err()
    );
}

#[test]
fn a_connection_too_many_sends_the_slowest_away() {
    let sandbox = Sandbox::new();
    let listener = sandbox.listen(&["--max-connections", "1", "--no-log"]);
    let slow = connected(
        listener.address(),
        b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\na",
    );
    let answer = post(listener.address(), &[], b"{}").expect("an answer");
    assert_eq!(answer.status(), 200);
    assert!(rest(slow).starts_with("HTTP/1.1 408 "));
    assert_eq!(listener.next()["type"], Value::from("delivery"));
    let warning = "1 connections are open: closed 1 that kept others waiting";
    listener
        .until(|line| line.contains(warning))
        .expect("a warning");
}
