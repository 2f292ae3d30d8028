//! A corpus of what terminals act on, the requests that carry it, and the eye that finds it in what was
//! printed.

use std::fmt::Write as _;

use ring::hmac;
use serde::Deserialize;
use serde_json::json;

use crate::harness::{Output, SECRET};

/// One case of the corpus.
#[derive(Deserialize)]
pub(crate) struct Case {
    pub(crate) name: String,
    /// Its text, or where it is none its bytes.
    text: Option<String>,
    hex: Option<String>,
}

impl Case {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        match (&self.text, &self.hex) {
            (Some(text), None) => text.clone().into_bytes(),
            (None, Some(digits)) => hex::decode(digits).expect("hex"),
            _ => panic!("a text or hex: {}", self.name),
        }
    }
}

/// All of it.
pub(crate) fn corpus() -> Vec<Case> {
    serde_json::from_str(include_str!("../vectors/escapes.json")).expect("a corpus")
}

/// The codes hookcat colours with; none of the corpus is among them.
const OWN_CODES: [&str; 10] = [
    "\x1b[0m",
    "\x1b[1m",
    "\x1b[2m",
    "\x1b[31m",
    "\x1b[32m",
    "\x1b[33m",
    "\x1b[36m",
    "\x1b[1;31m",
    "\x1b[1;33m",
    "\x1b[1;36m",
];

/// The first line of what was printed that a terminal would act on, or that says something else than
/// it shows.
pub(crate) fn acted_on(printed: &[u8], coloured: bool) -> Option<String> {
    let acts = |char: char| {
        matches!(char,
            '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\u{ad}' | '\u{34f}' | '\u{61c}'
            | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
    };
    printed.split(|&byte| byte == b'\n').find_map(|line| {
        let shown = || format!("{:?}", String::from_utf8_lossy(line));
        let Ok(text) = std::str::from_utf8(line) else {
            return Some(shown());
        };
        let mut text = text.to_owned();
        for code in OWN_CODES.iter().filter(|_| coloured) {
            text = text.replace(code, "");
        }
        text.contains(acts).then(shown)
    })
}

/// Holds an output to what a terminal only shows.
#[track_caller]
pub(crate) fn hold(what: &str, output: &Output, coloured: bool) {
    for (stream, printed) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
        if let Some(line) = acted_on(printed, coloured) {
            panic!("{what}, {stream}: {line}");
        }
        // A line break of the corpus would begin a line of its own.
        let mut lines = printed.split(|&byte| byte == b'\n');
        let forged = lines.any(|line| line.starts_with(b"owned") || line.starts_with(b"X-Owned"));
        assert!(!forged, "{what}, {stream}: {}", output.out());
    }
}

/// Whether a header or a status line can carry these bytes.
fn is_carried(bytes: &[u8]) -> bool {
    let fits = |byte: &u8| *byte == b'\t' || (*byte >= 0x20 && *byte != 0x7f);
    bytes.iter().all(fits)
}

/// A request with this line before its version.
pub(crate) fn request(first: &[u8], headers: &[(&[u8], &[u8])], body: &[u8]) -> Vec<u8> {
    let length = body.len().to_string();
    let mut out = [first, b" HTTP/1.1\r\n"].concat();
    for (name, value) in [
        (&b"Host"[..], &b"x"[..]),
        (b"Content-Length", length.as_bytes()),
    ]
    .iter()
    .chain(headers)
    {
        out.extend([name, &b": "[..], value, b"\r\n"].concat());
    }
    out.extend(b"\r\n");
    out.extend(body);
    out
}

fn percent(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "%{byte:02X}");
        out
    })
}

/// A request, and whether it must be taken.
pub(crate) type Posed = (bool, Vec<u8>);

/// A delivery whose schema is known, with a case among its fields.
pub(crate) fn misshapen(case: &Case) -> Vec<Posed> {
    let text = String::from_utf8_lossy(&case.bytes()).into_owned();
    let body = json!({ "ref": { &text: text }, &text: { &text: 1 }, "commits": [text] });
    let event = (&b"X-GitHub-Event"[..], &b"push"[..]);
    vec![(
        true,
        request(b"POST /", &[event], body.to_string().as_bytes()),
    )]
}

/// The requests of a case: whether each must be taken, and its bytes.
pub(crate) fn requests(case: &Case) -> Vec<Posed> {
    let own = case.bytes();
    let own = own.as_slice();
    let text = String::from_utf8_lossy(own).into_owned();
    let carried = is_carried(own);
    let or = |other: &'static [u8]| if carried { own } else { other };
    let name = case.name.as_bytes();
    let signed = |signature: &[u8], kind: &[u8], body: &[u8]| {
        let headers: [(&[u8], &[u8]); 8] = [
            (b"X-Case", name),
            (b"User-Agent", or(b"hostile")),
            (b"X-GitHub-Event", or(b"push")),
            (b"X-GitHub-Delivery", or(b"1")),
            (b"X-Odd", or(b"")),
            (b"Content-Type", kind),
            (b"X-Hub-Signature-256", signature),
            (b"X-GitHub-Hook-ID", or(b"2")),
        ];
        (true, request(b"POST /hooks", &headers, body))
    };
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    let github = |kind: &[u8], body: &[u8]| {
        let signature = hex::encode(hmac::sign(&key, body));
        signed(format!("sha256={signature}").as_bytes(), kind, body)
    };
    let json = json!({ "action": text, &text: [&text, { &text: 1 }], "ref": text }).to_string();
    let invalid = [b"sha256=", or(b"00")].concat();
    let raw = [b"{\"", own, b"\": \"", own, b"\"}"].concat();
    let form = format!("{0}={0}&payload=%7B%22{0}%22%3A1%7D&n=1", percent(own));
    let form_type = b"application/x-www-form-urlencoded";
    let zipped = miniz_oxide::deflate::compress_to_vec_zlib(own, 1);
    let event = json!({ "id": text, "type": text, "object": "event" }).to_string();
    let stamp = [b"t=", or(b"1"), b",v1=", or(b"00")].concat();
    let plain = |first: &[u8], headers: &[(&[u8], &[u8])], body: &[u8]| {
        request(first, &[&[(&b"X-Case"[..], name)], headers].concat(), body)
    };
    vec![
        signed(&invalid, b"application/json", json.as_bytes()),
        github(b"application/json", json.as_bytes()),
        github(or(b"text/plain"), own),
        github(b"application/json", &raw),
        github(form_type, form.as_bytes()),
        (
            true,
            plain(b"POST /", &[(b"Content-Encoding", b"deflate")], &zipped),
        ),
        (
            true,
            plain(b"POST /", &[(b"Content-Encoding", or(b"br"))], own),
        ),
        (
            true,
            plain(
                b"POST /",
                &[(b"Stripe-Signature", &stamp)],
                event.as_bytes(),
            ),
        ),
        (
            false,
            plain(&[b"POST /", own, b"?q=", own].concat(), &[], b""),
        ),
        (false, plain(&[b"PO", own, b"ST /"].concat(), &[], b"")),
        (
            false,
            plain(b"POST /", &[(&[b"X-", own].concat(), b"1")], b""),
        ),
        (false, plain(b"POST /", &[(b"X-Odd", own)], b"")),
        (false, [b"POST / HTTP/1.1", own, b"\r\n\r\n"].concat()),
        (false, [own, b"\r\n\r\n"].concat()),
    ]
}
