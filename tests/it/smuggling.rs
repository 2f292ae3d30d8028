//! Requests that two readers could read in two ways: each is refused and its connection closed, or is
//! one message, and what stands behind it is the next one.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::Value;

use crate::harness::{PATIENCE, Sandbox};

/// What stands behind each on the same connection.
const NEXT: &str = "GET /next HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
/// A request that stands where a body may be.
const INNER: &str = "POST /inner HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";
/// A body in chunks: `a`.
const CHUNKS: &str = "1\r\na\r\n0\r\n\r\n";
const CHUNKED: &str = "Transfer-Encoding: chunked";

/// The statuses that come until the connection is closed.
fn answered(address: &str, bytes: &str) -> Vec<u16> {
    let mut stream = TcpStream::connect(address).expect("connects");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    stream.write_all(bytes.as_bytes()).expect("writes");
    let mut all = Vec::new();
    // What came stays, whether the end is a close or a reset.
    let _ = stream.read_to_end(&mut all);
    let text = String::from_utf8_lossy(&all).into_owned();
    let lines = text.split("HTTP/1.").skip(1);
    let statuses = lines.map(|own| own[2..5].parse().expect("a status"));
    statuses.filter(|status| *status != 100).collect()
}

/// What comes of bytes on one connection: a delivery each as `METHOD TARGET BODY`, a refusal as its
/// status.
fn found(bytes: &[String]) -> Vec<Vec<String>> {
    let sandbox = Sandbox::new();
    let listener = sandbox.listen(&["--no-log", "--body-timeout", "300ms"]);
    let each = bytes.iter().map(|bytes| {
        let statuses = answered(listener.address(), bytes);
        let told = statuses.iter().map(|status| {
            let own = listener.next();
            if own["type"] == "refused" {
                assert_eq!(own["status"], Value::from(*status), "{bytes:?}: {own}");
                return status.to_string();
            }
            assert_eq!(*status, 200, "{bytes:?}: {own}");
            let word = |name: &str| own[name].as_str().expect("text").to_owned();
            let body = word("body");
            let text = format!("{} {} {body}", word("method"), word("target"));
            text.trim_end().to_owned()
        });
        told.collect()
    });
    each.collect()
}

#[track_caller]
fn hold(cases: &[(&str, String, &[&str])]) {
    let bytes: Vec<String> = cases.iter().map(|case| case.1.clone()).collect();
    for ((name, bytes, wanted), found) in cases.iter().zip(found(&bytes)) {
        assert_eq!(found, *wanted, "{name}: {bytes:?}");
    }
}

/// A POST with these fields, with this after its head, and the next request.
fn post(fields: &str, after: &str) -> String {
    format!("POST /a HTTP/1.1\r\nHost: x\r\n{fields}\r\n\r\n{after}{NEXT}")
}

const REFUSED: &[&str] = &["400"];
const BOTH: &[&str] = &["POST /a a", "GET /next"];

#[test]
fn a_length_is_one_number() {
    let length = INNER.len();
    let given = |text: &str| post(&format!("Content-Length: {text}"), "aaaaa");
    let twice = format!("POST /a {}", INNER.trim_end());
    hold(&[
        (
            "two",
            post(
                &format!("Content-Length: 0\r\nContent-Length: {length}"),
                INNER,
            ),
            REFUSED,
        ),
        (
            "a list of two",
            post(&format!("Content-Length: 0, {length}"), INNER),
            REFUSED,
        ),
        ("a list of one", given("5, 5"), REFUSED),
        (
            "the same twice",
            post(
                &format!("Content-Length: {length}\r\nContent-Length: {length}"),
                INNER,
            ),
            &[&twice, "GET /next"],
        ),
        ("with a plus", given("+5"), REFUSED),
        ("negative", given("-5"), REFUSED),
        ("hexadecimal", given("0x5"), REFUSED),
        ("empty", given(""), REFUSED),
        ("a fraction", given("5.0"), REFUSED),
        ("in two", given("0 5"), REFUSED),
        ("beyond 64 bits", given("18446744073709551616"), REFUSED),
        ("as long as can be", given("18446744073709551615"), &["431"]),
        ("with zeros", given("005"), &["POST /a aaaaa", "GET /next"]),
        (
            "space before the colon",
            post("Content-Length : 5", "aaaaa"),
            REFUSED,
        ),
        (
            "smaller than the body",
            post("Content-Length: 1", "ab"),
            &["POST /a a", "bGET /next"],
        ),
        (
            "larger than the body",
            post("Content-Length: 4000", ""),
            &["408"],
        ),
    ]);
}

#[test]
fn a_coding_is_chunked_or_none() {
    let with = |fields: &str| post(fields, CHUNKS);
    hold(&[
        // Chunks win, and nothing is read behind them (RFC 9112, 6.1).
        (
            "beside a length",
            post(&format!("Content-Length: 4\r\n{CHUNKED}"), CHUNKS),
            &["POST /a a"],
        ),
        (
            "before a length",
            post(
                &format!("{CHUNKED}\r\nContent-Length: 60"),
                &format!("0\r\n\r\n{INNER}"),
            ),
            &["POST /a"],
        ),
        ("twice", with(&format!("{CHUNKED}\r\n{CHUNKED}")), BOTH),
        (
            "twice in a list",
            with("Transfer-Encoding: chunked, chunked"),
            BOTH,
        ),
        ("in capitals", with("TRANSFER-ENCODING: ChUnKeD"), BOTH),
        ("after a tab", with("Transfer-Encoding:\tchunked"), BOTH),
        (
            "after another",
            with("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked"),
            BOTH,
        ),
        (
            "before another",
            with(&format!("{CHUNKED}\r\nTransfer-Encoding: identity")),
            REFUSED,
        ),
        (
            "not the last",
            with("Transfer-Encoding: chunked, gzip"),
            REFUSED,
        ),
        (
            "something like it",
            with("Transfer-Encoding: xchunked"),
            REFUSED,
        ),
        ("in quotes", with("Transfer-Encoding: \"chunked\""), REFUSED),
        (
            "with a parameter",
            with("Transfer-Encoding: chunked;q=1"),
            REFUSED,
        ),
        ("empty", with("Transfer-Encoding: "), REFUSED),
        (
            "none, with a length",
            post("Transfer-Encoding: identity\r\nContent-Length: 5", "aaaaa"),
            REFUSED,
        ),
        (
            "after a vertical tab",
            with("Transfer-Encoding: \x0bchunked"),
            REFUSED,
        ),
        (
            "space before the colon",
            with("Transfer-Encoding : chunked"),
            REFUSED,
        ),
        ("folded", with("Transfer-Encoding:\r\n chunked"), REFUSED),
        (
            "of a version without it",
            format!("POST /a HTTP/1.0\r\n{CHUNKED}\r\n\r\n{CHUNKS}{NEXT}"),
            REFUSED,
        ),
        (
            "another header",
            post("Transfer_Encoding: chunked\r\nContent-Length: 1", "a"),
            BOTH,
        ),
    ]);
}

#[test]
fn a_chunk_is_a_size_and_so_many_bytes() {
    let with = |body: &str| post(CHUNKED, body);
    let last = |size: &str| with(&format!("{size}\r\na\r\n0\r\n\r\n"));
    hold(&[
        ("an extension", last("1;a=b"), BOTH),
        ("space behind", last("1 "), BOTH),
        ("zeros", last("00000000000000000000001"), BOTH),
        (
            "trailers",
            with("1\r\na\r\n0\r\nContent-Length: 9\r\n\r\n"),
            BOTH,
        ),
        (
            // Whoever ends the trailers at the two line feeds reads a request there.
            "trailers that line feeds end",
            with(&format!(
                "1\r\na\r\n0\r\nX-A: b\n\n{}",
                NEXT.replace("/next", "/inner")
            )),
            BOTH,
        ),
        ("an extension over two lines", last("1;a=\"\r\n\""), REFUSED),
        ("an extension with a line feed", last("1;a\nb"), REFUSED),
        ("line feeds", with("1\na\n0\n\n"), REFUSED),
        ("negative", last("-1"), REFUSED),
        ("with a plus", last("+1"), REFUSED),
        ("with a prefix", last("0x1"), REFUSED),
        ("beyond 64 bits", last("10000000000000001"), REFUSED),
        ("as long as can be", last("ffffffffffffffff"), &["408"]),
        ("space before", last(" 1"), REFUSED),
        ("none", last(""), REFUSED),
        (
            "more bytes than said",
            with("1\r\nab\r\n0\r\n\r\n"),
            REFUSED,
        ),
        (
            "cut off",
            format!("POST /a HTTP/1.1\r\nHost: x\r\n{CHUNKED}\r\n\r\n5\r\na"),
            &["408"],
        ),
    ]);
}

#[test]
fn a_field_is_a_line() {
    let refused = |name: &'static str, fields: &str| (name, post(fields, ""), REFUSED);
    hold(&[
        refused("folded", "X-A: b\r\n c"),
        refused("folded at once", " X-A: b"),
        refused("a carriage return", "X-A: b\rContent-Length: 5"),
        refused("NUL in a value", "X-A: b\0c"),
        refused("NUL in a name", "X-\0A: b"),
        refused("DEL", "X-A: b\x7f"),
        refused("an escape", "X-A: \x1b[2J"),
        refused("no colon", "X-A"),
        refused("no name", ": b"),
        refused("two hosts", "Host: y"),
        refused("the same host twice", "Host: x"),
        // As lenient readers end a line: the head is over, and the rest is the next request.
        (
            "line feeds",
            format!("POST /a HTTP/1.1\nHost: x\nContent-Length: 1\n\na{NEXT}"),
            BOTH,
        ),
        (
            "a head that line feeds end",
            format!("POST /a HTTP/1.1\r\nHost: x\r\nX-A: b\n\n{INNER}{NEXT}"),
            &["POST /a", "POST /inner", "GET /next"],
        ),
        (
            "a length the connection is to forget",
            post("Connection: Content-Length\r\nContent-Length: 1", "a"),
            BOTH,
        ),
        (
            "one that waits",
            post("Expect: 100-continue\r\nContent-Length: 1", "a"),
            BOTH,
        ),
        (
            "an upgrade",
            post(
                "Upgrade: h2c\r\nConnection: Upgrade\r\nContent-Length: 1",
                "a",
            ),
            BOTH,
        ),
    ]);
}

#[test]
fn a_request_line_is_three_words() {
    let line = |line: &str| format!("{line}\r\nHost: x\r\n\r\n{NEXT}");
    hold(&[
        ("an old version", line("POST /a HTTP/1.0"), &["POST /a"]),
        ("a version there is not", line("POST /a HTTP/1.2"), REFUSED),
        ("no version", format!("GET /a\r\n\r\n{NEXT}"), REFUSED),
        ("two spaces", line("POST  /a HTTP/1.1"), REFUSED),
        ("a tab", line("POST\t/a HTTP/1.1"), REFUSED),
        ("a target with a space", line("POST /a b HTTP/1.1"), REFUSED),
        ("a method with a colon", line("PO:ST /a HTTP/1.1"), REFUSED),
        (
            "line breaks before",
            format!("\r\n\n{}", line("POST /a HTTP/1.1")),
            &["POST /a", "GET /next"],
        ),
        (
            "an absolute target",
            line("POST http://other.example/a HTTP/1.1"),
            &["POST http://other.example/a", "GET /next"],
        ),
        ("a tunnel", line("CONNECT x:80 HTTP/1.1"), &["CONNECT x:80"]),
        (
            "a body nobody expects",
            format!(
                "GET /a HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{INNER}{NEXT}",
                INNER.len()
            ),
            &[&format!("GET /a {}", INNER.trim_end()), "GET /next"],
        ),
    ]);
}
