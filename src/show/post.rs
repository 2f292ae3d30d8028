//! A signed request as something to run: `curl`, `http` (`HTTPie`), variables of a shell.
//!
//! What is printed works when it is pasted, sourced or piped into any POSIX shell: a body that no
//! shell word can carry goes through `base64 -d`.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use thiserror::Error;

use super::request::shell;
use super::sanitize::is_hostile;

/// A longer body is no argument: Linux takes 128 KiB for one, and an environment that leaves less is
/// none of hookcat's business.
const LONGEST_WORD: usize = 64 * 1024;

/// A request whose body may stand in a file.
#[derive(Clone, Debug)]
pub struct Post<'a> {
    /// The method.
    pub method: &'a str,
    /// Where it goes.
    pub url: &'a str,
    /// Its headers in order.
    pub headers: Vec<(&'a str, &'a [u8])>,
    /// Its body.
    pub body: Body<'a>,
}

/// Where a body is.
#[derive(Clone, Copy, Debug)]
pub enum Body<'a> {
    /// In a file.
    File(&'a str),
    /// Here.
    Bytes(&'a [u8]),
}

/// What a form cannot carry.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unwritable {
    /// `HTTPie` reads a backslash before its own separators as an escape, and has none for that.
    #[error(
        "HTTPie has no way to write a header with a backslash before `:`, `;`, `=` or `@`: `{0}`"
    )]
    Backslash(String),
    /// A variable that shells, loaders or tools act on.
    #[error("header would set a variable that other programs act on: `{0}`")]
    Variable(String),
    /// Bytes that no variable holds.
    #[error("a body that is not text cannot stand in a variable")]
    Binary,
}

/// Whether a body can stand in single quotes: text that shows as what it is, and not too long.
fn is_word(body: &[u8]) -> bool {
    let is_plain = |text: &str| !text.chars().any(|char| is_hostile(char) && char != '\n');
    body.len() <= LONGEST_WORD && std::str::from_utf8(body).is_ok_and(is_plain)
}

/// The command that writes a body to its stdout.
fn printed(body: &[u8]) -> String {
    if is_word(body) {
        format!("printf %s {}", shell(body))
    } else {
        format!("printf %s {} | base64 -d", BASE64_STANDARD.encode(body))
    }
}

/// The request as a curl command that sends the same headers and the same bytes.
#[must_use]
pub fn curl(post: &Post<'_>) -> String {
    let mut words = vec!["curl".to_owned(), "-X".into()];
    words.push(shell(post.method.as_bytes()));
    if post.url.contains(['[', ']', '{', '}']) {
        // curl would take them for a range of URLs.
        words.push("--globoff".into());
    }
    words.push(shell(post.url.as_bytes()));
    for (name, value) in &post.headers {
        // A colon with nothing behind it would make curl drop the header.
        let field = if value.is_empty() {
            format!("{name};").into_bytes()
        } else {
            [name.as_bytes(), b": ", value].concat()
        };
        words.push(format!("-H {}", shell(&field)));
    }
    let is_empty = matches!(post.body, Body::Bytes([]));
    let mut names = post.headers.iter().map(|(name, _)| name);
    if !is_empty && !names.any(|name| name.eq_ignore_ascii_case("content-type")) {
        words.push("-H 'Content-Type:'".into());
    }
    match post.body {
        Body::Bytes([]) => {}
        Body::File(path) => {
            let argument = shell(format!("@{path}").as_bytes());
            words.push(format!("--data-binary {argument}"));
        }
        // An `@` in front would name a file.
        Body::Bytes(body) if is_word(body) && body.starts_with(b"@") => {
            words.push(format!("--data-raw {}", shell(body)));
        }
        Body::Bytes(body) if is_word(body) => {
            words.push(format!("--data-binary {}", shell(body)));
        }
        Body::Bytes(body) => {
            words.push("--data-binary @-".into());
            return format!("{} | {}", printed(body), words.join(" "));
        }
    }
    words.join(" ")
}

/// The request as a command of `HTTPie` that sends the same headers and the same bytes.
///
/// # Errors
/// [`Unwritable::Backslash`]
pub fn httpie(post: &Post<'_>) -> Result<String, Unwritable> {
    let mut words = vec!["http".to_owned()];
    let is_empty = matches!(post.body, Body::Bytes([]));
    if is_empty {
        // Without a terminal it would wait for a body.
        words.push("--ignore-stdin".to_owned());
    }
    words.push(shell(post.method.as_bytes()));
    words.push(shell(post.url.as_bytes()));
    for (name, value) in &post.headers {
        let escapes = |pair: &[u8]| pair[0] == b'\\' && b":;=@".contains(&pair[1]);
        if value.windows(2).any(escapes) {
            return Err(Unwritable::Backslash((*name).to_owned()));
        }
        let separator: &[u8] = match value.first() {
            None => b";",
            // With the colon they would read as JSON, or as a file's name.
            Some(b'=' | b'@') => b":\\",
            Some(_) => b":",
        };
        words.push(shell(&[name.as_bytes(), separator, value].concat()));
    }
    let command = words.join(" ");
    Ok(match post.body {
        Body::Bytes([]) => command,
        Body::File(path) => format!("{command} < {}", shell(path.as_bytes())),
        Body::Bytes(body) => format!("{} | {command}", printed(body)),
    })
}

/// Variables that a shell or a loader acts on, by their first word.
const ACTED_ON: [&str; 36] = [
    "ACTIONS", "ALL", "BASH", "CARGO", "CURL", "DOCKER", "DYLD", "EDITOR", "GCONV", "GIT",
    "GITHUB", "GLIBC", "GNUPG", "HOOKCAT", "HTTP", "HTTPS", "JAVA", "JDK", "LC", "LD", "LESS",
    "MALLOC", "NODE", "NO", "NPM", "PERL", "PERL5", "PIP", "PROMPT", "PYTHON", "RUBY", "RUNNER",
    "RUST", "SSH", "SSL", "XDG",
];
/// Variables of one word that a header may set; most others of one word are the system's.
const ONE_WORD: [&str; 5] = [
    "AUTHORIZATION",
    "DATE",
    "DIGEST",
    "HMACSIGNATURE",
    "SIGNATURE",
];

/// A header's name as a variable's: `Stripe-Signature` is `STRIPE_SIGNATURE`.
///
/// # Errors
/// [`Unwritable::Variable`] for one that would change how programs run.
fn variable(header: &str) -> Result<String, Unwritable> {
    let upper = |char: char| match char {
        char if char.is_ascii_alphanumeric() => char.to_ascii_uppercase(),
        _ => '_',
    };
    let name: String = header.chars().map(upper).collect();
    let is_free = match name.split_once('_') {
        Some((first, _)) => {
            !ACTED_ON.contains(&first) && first.starts_with(|c: char| c.is_ascii_uppercase())
        }
        None => ONE_WORD.contains(&name.as_str()),
    };
    if is_free {
        Ok(name)
    } else {
        Err(Unwritable::Variable(name))
    }
}

/// A signed request's parts as assignments, a line each, for `eval` and `source`.
///
/// A value stands in single quotes where it must, and plainly where it need not.
///
/// # Errors
/// [`Unwritable::Variable`] and [`Unwritable::Binary`].
pub fn variables<'a>(
    signature: &str,
    headers: impl IntoIterator<Item = (&'a str, &'a str)>,
    query: Option<&str>,
    body: Option<&[u8]>,
) -> Result<Vec<String>, Unwritable> {
    let body = body.map(|body| match std::str::from_utf8(body) {
        Ok(text) if !text.contains('\0') => Ok(text),
        _ => Err(Unwritable::Binary),
    });
    let mut lines = vec![assignment("HOOKCAT_SIGNATURE", signature)];
    for (name, value) in headers {
        lines.push(assignment(&variable(name)?, value));
    }
    lines.extend(query.map(|query| assignment("HOOKCAT_QUERY", query)));
    if let Some(body) = body {
        lines.push(assignment("HOOKCAT_BODY", body?));
    }
    Ok(lines)
}

fn assignment(name: &str, value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=@%+,".contains(&byte);
    if value.bytes().all(plain) {
        format!("{name}={value}")
    } else {
        format!("{name}='{}'", value.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::Catalog;

    fn post<'a>(headers: &[(&'a str, &'a str)], body: Body<'a>) -> Post<'a> {
        let headers = headers.iter();
        Post {
            method: "POST",
            url: "http://localhost/?a=1&b",
            headers: headers
                .map(|(name, value)| (*name, value.as_bytes()))
                .collect(),
            body,
        }
    }

    #[test]
    fn bodies_that_no_word_carries_are_decoded() {
        let line = |body: &[u8]| curl(&post(&[("Content-Type", "a/b")], Body::Bytes(body)));
        let curl = "curl -X POST 'http://localhost/?a=1&b' -H 'Content-Type: a/b'";
        assert_eq!(
            line(b"it's\n"),
            format!("{curl} --data-binary 'it'\\''s\n'")
        );
        assert_eq!(line(b"@a"), format!("{curl} --data-raw @a"));
        assert_eq!(line(b""), curl);
        for body in [b"\0".as_slice(), b"\x1b[2J", b"\xff", "\u{202e}".as_bytes()] {
            let text = BASE64_STANDARD.encode(body);
            let wanted = format!("printf %s {text} | base64 -d | {curl} --data-binary @-");
            assert_eq!(line(body), wanted);
        }
        let long = vec![b'a'; LONGEST_WORD + 1];
        assert!(line(&long).starts_with("printf %s YWFh"));
    }

    #[test]
    fn a_file_s_name_is_one_word() {
        let file = post(&[], Body::File("my body's.json"));
        assert!(
            curl(&file).ends_with(r"-H 'Content-Type:' --data-binary '@my body'\''s.json'"),
            "{}",
            curl(&file)
        );
        assert_eq!(
            httpie(&file).as_deref(),
            Ok(r"http POST 'http://localhost/?a=1&b' < 'my body'\''s.json'")
        );
    }

    #[test]
    fn httpie_s_separators_are_escaped_where_they_would_be_read() {
        let line = |value: &str| httpie(&post(&[("X-A", value)], Body::Bytes(b"")));
        let http = "http --ignore-stdin POST 'http://localhost/?a=1&b'";
        for (value, word) in [
            ("t=1,v1=a", "X-A:t=1,v1=a"),
            ("=a", r"'X-A:\=a'"),
            ("@a", r"'X-A:\@a'"),
            ("", "'X-A;'"),
            (r"a\b", r"'X-A:a\b'"),
        ] {
            assert_eq!(line(value), Ok(format!("{http} {word}")), "{value}");
        }
        let refused = Err(Unwritable::Backslash("X-A".to_owned()));
        assert_eq!(line(r"a\=b"), refused);
    }

    #[test]
    fn variables_are_quoted_where_they_must_be() {
        let lines = variables(
            "a b",
            [("Stripe-Signature", "t=1,v1=a"), ("X-It's", "it's $HOME")],
            Some("token=a%20b"),
            Some(b"{\n}"),
        );
        assert_eq!(
            lines.expect("text"),
            [
                "HOOKCAT_SIGNATURE='a b'",
                "STRIPE_SIGNATURE=t=1,v1=a",
                r"X_IT_S='it'\''s $HOME'",
                "HOOKCAT_QUERY=token=a%20b",
                "HOOKCAT_BODY='{\n}'",
            ]
        );
        let binary = variables("", [], None, Some(b"a\0"));
        assert_eq!(binary, Err(Unwritable::Binary));
    }

    #[test]
    fn no_header_sets_what_programs_act_on() {
        for header in [
            "Path",
            "IFS",
            "Env",
            "PS4",
            "LD-Preload",
            "Bash_Env",
            "Hookcat-Secret",
            "Node-Options",
            "Git-Ssh-Command",
            "Http-Proxy",
            "Home",
            "_",
            "-A",
            "1-A",
            "Prompt-Command",
        ] {
            let found = variable(header);
            assert!(
                matches!(found, Err(Unwritable::Variable(_))),
                "{header}: {found:?}"
            );
        }
        let catalog = Catalog::default();
        for provider in catalog.all() {
            for scheme in &provider.schemes {
                let equal = scheme.require_equal.keys();
                for name in scheme.headers().iter().chain(&scheme.require).chain(equal) {
                    assert!(variable(name).is_ok(), "{}: {name}", provider.id);
                }
            }
        }
    }
}
