//! curl command lines: as browsers copy them, as documents print them, as hookcat prints them.

use thiserror::Error;

use super::curl_options::{self, Takes};
use super::curl_request::Request;
use super::output::{self, stdin};
use super::words::{Command, ShellError, Word, commands};
use super::{Files, ImportError, Imported, Trouble, checked};

/// Why a curl command is not read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CurlError {
    /// The text around it.
    #[error(transparent)]
    Shell(#[from] ShellError),
    /// Quotes of another system's shell.
    #[error("this is a command for Windows' cmd: copy it as cURL (bash) or cURL (POSIX)")]
    Windows,
    /// A variable, or the output of a command.
    #[error("a shell would put something in the place of `{0}`: write it out")]
    Expands(String),
    /// An option no curl has.
    #[error("curl has no such option: `{0}`")]
    Unknown(String),
    /// An option at the end that takes a value.
    #[error("option needs a value: `{0}`")]
    NoValue(String),
    /// An option whose request cannot be known from the command alone.
    #[error("`{option}` is not read: {why}")]
    Refused {
        /// The option.
        option: &'static str,
        /// Why.
        why: &'static str,
    },
    /// No URL at all.
    #[error("command names no URL")]
    NoUrl,
    /// More than one URL: several requests.
    #[error("command names several URLs: write a command for each")]
    SeveralUrls,
    /// A URL that is none.
    #[error("not a URL of http or https: `{0}`")]
    Url(String),
    /// A header that cannot be one.
    #[error("not a header, expected `Name: value`: `{0}`")]
    Header(String),
    /// A method or URL that is no text.
    #[error("not UTF-8: `{0}`")]
    Text(String),
    /// A file that cannot be read.
    #[error("cannot read `{name}`, which the command names: {why}")]
    File {
        /// As the command names it; `-` is its standard input.
        name: String,
        /// Why.
        why: String,
    },
    /// A body from a command that is not run.
    #[error("body is the output of a command, which is not run: `{0}`")]
    NotRun(String),
}

/// Reads every curl command of a script; other commands are passed over. `files` gives the files that
/// commands name; nothing is read or run here.
///
/// # Errors
/// [`Trouble::Curl`]; [`Trouble::Nothing`] where no command is one of curl.
pub fn curl(text: &[u8], files: &mut Files<'_>) -> Result<Vec<Imported>, ImportError> {
    let commands = commands(text);
    if is_for_windows(text, commands.as_deref().unwrap_or_default()) {
        return Err(Trouble::Curl(CurlError::Windows).into());
    }
    let commands = commands.map_err(|error| Trouble::Curl(error.into()))?;
    let mut found = Vec::new();
    for (index, command) in commands.iter().enumerate() {
        let Some(words) = arguments(command) else {
            continue;
        };
        let name = format!("line {}", command.line);
        let mut request = read(words, &commands, index, files)
            .map_err(Trouble::from)
            .and_then(checked)
            .map_err(|trouble| trouble.at(name.clone()))?;
        request.name = name;
        found.push(request);
    }
    if found.is_empty() {
        return Err(Trouble::Nothing("curl command").into());
    }
    Ok(found)
}

/// Whether carets quote, as they do for `cmd.exe`; `commands` are what a POSIX shell reads, if it can.
fn is_for_windows(text: &[u8], commands: &[Command]) -> bool {
    let text = text.trim_ascii_start();
    let line = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let command = line.strip_prefix(b"curl").unwrap_or_default();
    // Within quotes a line may well end so: a body's first.
    let last = commands.first().and_then(|own| own.words.last());
    let is_word = last.is_none_or(|word| word.bytes == b"^");
    command.trim_ascii_start().starts_with(b"^")
        || command.trim_ascii_end().ends_with(b" ^") && is_word
}

/// The words behind `curl`: a prompt and assignments may stand before it.
fn arguments(command: &Command) -> Option<&[Word]> {
    let is_before = |word: &Word| {
        let name = word.bytes.split(|&byte| byte == b'=').next();
        let name = name.filter(|name| name.len() < word.bytes.len());
        word.bytes == b"$"
            || name.is_some_and(|name| {
                name.iter()
                    .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
            })
    };
    let start = command.words.iter().position(|word| !is_before(word))?;
    let program = &command.words[start].bytes;
    let name = program.rsplit(|&byte| byte == b'/').next();
    (name == Some(b"curl")).then(|| &command.words[start + 1..])
}

/// Reads the arguments of one command.
fn read(
    words: &[Word],
    commands: &[Command],
    index: usize,
    files: &mut Files<'_>,
) -> Result<Imported, CurlError> {
    for word in words {
        output::literal(word)?;
    }
    let mut load = |name: &str| match name {
        "-" => stdin(commands, index, files),
        name => output::file(name, files),
    };
    let mut request = Request::default();
    let mut words = words.iter().map(|word| word.bytes.as_slice());
    let mut only_urls = false;
    while let Some(word) = words.next() {
        if let Some(name) = word.strip_prefix(b"--").filter(|_| !only_urls) {
            if name.is_empty() {
                only_urls = true;
                continue;
            }
            let shown = String::from_utf8_lossy(word).into_owned();
            let option = std::str::from_utf8(name).ok().and_then(curl_options::long);
            match option.ok_or_else(|| CurlError::Unknown(shown.clone()))? {
                (name, Takes::Nothing) => request.flag(name)?,
                (name, Takes::Value) => {
                    let value = words.next().ok_or(CurlError::NoValue(shown))?;
                    request.option(name, value, &mut load)?;
                }
            }
        } else if word.starts_with(b"-") && word.len() > 1 && !only_urls {
            let mut letters = &word[1..];
            while let Some((&letter, rest)) = letters.split_first() {
                let shown = format!("-{}", char::from(letter));
                let option = curl_options::short(letter);
                match option.ok_or_else(|| CurlError::Unknown(shown.clone()))? {
                    (name, Takes::Nothing) => request.flag(name)?,
                    (name, Takes::Value) => {
                        let value = if rest.is_empty() {
                            words.next()
                        } else {
                            Some(rest)
                        };
                        let value = value.ok_or(CurlError::NoValue(shown))?;
                        request.option(name, value, &mut load)?;
                        break;
                    }
                }
                letters = rest;
            }
        } else {
            request.option("url", word, &mut load)?;
        }
    }
    request.finish()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A folder with one file.
    fn files(name: &str) -> Result<Vec<u8>, String> {
        match name {
            "body.json" => Ok(b"{\r\n\"a\": 1\n}\n".to_vec()),
            _ => Err("no such file".to_owned()),
        }
    }

    fn all(text: &str) -> Result<Vec<Imported>, String> {
        curl(text.as_bytes(), &mut files).map_err(|error| error.to_string())
    }

    /// One command's method, target, header lines and body.
    fn one(text: &str) -> (String, String, String, String) {
        let mut found = all(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(found.len(), 1, "{text}");
        let message = found.remove(0).message;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let lines = text(&message.headers.to_lines()).replace("\r\n", "|");
        (message.method, message.target, lines, text(&message.body))
    }

    const FORM: &str = "Content-Type: application/x-www-form-urlencoded|";

    /// A command with the method, target, header lines and body it makes.
    type Case = (
        &'static str,
        &'static str,
        &'static str,
        &'static str,
        &'static str,
    );

    fn hold(cases: &[Case]) {
        for (text, method, target, headers, body) in cases {
            let found = one(text);
            let found = (&*found.0, &*found.1, &*found.2, &*found.3);
            assert_eq!(found, (*method, *target, *headers, *body), "{text}");
        }
    }

    #[test]
    fn data_is_read_as_curl_would() {
        hold(&[
            ("curl a.example", "GET", "/", "", ""),
            ("curl a/b?c=http://d", "GET", "/b?c=http://d", "", ""),
            ("$ curl -sSL -o /dev/null http://a/b#c", "GET", "/b", "", ""),
            (
                "/usr/bin/curl -d a=1 -d 'b 2' http://a?x",
                "POST",
                "/?x",
                FORM,
                "a=1&b 2",
            ),
            (
                "curl -sXPUT http://a/ -da -H'X-A:  1 '",
                "PUT",
                "/",
                "X-A: 1|Content-Type: application/x-www-form-urlencoded|",
                "a",
            ),
            (
                "curl http://a/ -d @body.json",
                "POST",
                "/",
                FORM,
                "{\"a\": 1}",
            ),
            (
                "curl http://a/ --data-raw @body.json",
                "POST",
                "/",
                FORM,
                "@body.json",
            ),
            (
                "curl http://a/ -H 'content-type: x' --data-binary @body.json",
                "POST",
                "/",
                "content-type: x|",
                "{\r\n\"a\": 1\n}\n",
            ),
            ("curl http://a/ -H Content-Type: -d ''", "POST", "/", "", ""),
            (
                "curl http://a/ -H 'X-A;' -H Accept: -I",
                "HEAD",
                "/",
                "X-A: |",
                "",
            ),
            (
                "curl http://a/ --json '{' --json '}' -H 'accept: x'",
                "POST",
                "/",
                "accept: x|Content-Type: application/json|",
                "{}",
            ),
            (
                "curl -G http://a/?x=1 --data-urlencode 'q= é&' -d r=2 --url-query s=+",
                "GET",
                "/?x=1&s=%2B&q=+%C3%A9%26&r=2",
                "",
                "",
            ),
        ]);
    }

    #[test]
    fn options_and_their_script_are_read_as_curl_would() {
        hold(&[
            (
                "curl -u me:pw -A agent -e 'from;auto' -b a=1 -b 'b=2' -r 0-1 -H 'X-A: 1' http://a",
                "GET",
                "/",
                "Authorization: Basic bWU6cHc=|Range: bytes=0-1|User-Agent: agent|Referer: from|\
                 Cookie: a=1;b=2|X-A: 1|",
                "",
            ),
            (
                "curl http://us%20er:p%40w@a",
                "GET",
                "/",
                "Authorization: Basic dXMgZXI6cEB3|",
                "",
            ),
            (
                "curl --oauth2-bearer t -u x http://a",
                "GET",
                "/",
                "Authorization: Bearer t|",
                "",
            ),
            (
                r"curl 'http://a/\[b\]?\{c\}' --compressed",
                "GET",
                "/[b]?{c}",
                "",
                "",
            ),
            (
                "T=1 curl http://a --data-raw $'\\u0021\\x41\\'' | jq .",
                "POST",
                "/",
                FORM,
                "!A'",
            ),
            (
                "echo '{\"a\": 1}' | curl http://a -d @-",
                "POST",
                "/",
                FORM,
                "{\"a\": 1}",
            ),
            (
                "cat body.json | curl http://a -d @-",
                "POST",
                "/",
                FORM,
                "{\"a\": 1}",
            ),
            (
                "curl http://a -d @- < body.json",
                "POST",
                "/",
                FORM,
                "{\"a\": 1}",
            ),
            (
                "curl http://a --data-binary @- <<'E'\n$x\nE",
                "POST",
                "/",
                FORM,
                "$x\n",
            ),
            (
                "printf %s AEE= | base64 -d | curl http://a --data-binary @-",
                "POST",
                "/",
                FORM,
                "\0A",
            ),
            (
                "curl --url http://a --request-target '*' -X OPTIONS",
                "OPTIONS",
                "*",
                "",
                "",
            ),
            ("curl -- http://a/-d", "GET", "/-d", "", ""),
        ]);
    }

    #[test]
    fn every_command_of_a_script_is_read() {
        let found =
            all("#!/bin/sh\nset -e\ncurl http://a/1 \\\n  -d x\n\necho done; curl https://b/2\n");
        let found = found.expect("a script");
        let names: Vec<_> = found.iter().map(|own| own.name.as_str()).collect();
        assert_eq!(names, ["line 3", "line 6"]);
        assert_eq!(found[1].url.as_deref(), Some("https://b/2"));
    }

    #[test]
    fn what_is_not_read_says_why() {
        for (text, wanted) in [
            ("curl", "line 1: command names no URL"),
            (
                "curl a b",
                "line 1: command names several URLs: write a command for each",
            ),
            (
                "curl ftp://a/b",
                "line 1: not a URL of http or https: `ftp://a/b`",
            ),
            (
                "curl 'http://a b'",
                "line 1: not a URL of http or https: `http://a b`",
            ),
            (
                "curl --nosuch a",
                "line 1: curl has no such option: `--nosuch`",
            ),
            ("curl -s~ a", "line 1: curl has no such option: `-~`"),
            ("curl a -d", "line 1: option needs a value: `-d`"),
            (
                "curl a -H @h",
                "line 1: `-H @FILE` is not read: give the headers one by one",
            ),
            ("curl a -X 'A B'", "line 1: not a request line: `A B /`"),
            (
                "curl a -A $'a\\r\\nX-B: c'",
                "line 1: not a header, expected `Name: value`: `User-Agent: …`",
            ),
            (
                "curl a -u $'me:p\\nw' --oauth2-bearer $'a\\x7f'",
                "line 1: not a header, expected `Name: value`: `Authorization: …`",
            ),
            (
                "curl a -H 'a b: c'",
                "line 1: not a header, expected `Name: value`: `a b: c`",
            ),
            (
                "curl a -H \"Authorization: $TOKEN\"",
                "line 1: a shell would put something in the place of `$TOKEN`: write it out",
            ),
            (
                "curl a -d @other",
                "line 1: cannot read `other`, which the command names: no such file",
            ),
            (
                "jq . x | curl a -d @-",
                "line 1: body is the output of a command, which is not run: `jq . x`",
            ),
            ("\ncurl a -d '", "line 2: quote is not closed"),
            (
                "curl ^\"http://a^\"",
                "this is a command for Windows' cmd: copy it as cURL (bash) or cURL (POSIX)",
            ),
            (
                "curl \"http://a\" ^\n  -H \"b: c\"",
                "this is a command for Windows' cmd: copy it as cURL (bash) or cURL (POSIX)",
            ),
            ("wget a", "there is no curl command in it"),
        ] {
            assert_eq!(all(text).expect_err(text), wanted, "{text}");
        }
        for text in [
            "curl a -F b=c",
            "curl a --next b",
            "curl a -T b",
            "curl -K b",
        ] {
            assert!(
                all(text).expect_err(text).contains("is not read: "),
                "{text}"
            );
        }
    }

    #[test]
    fn a_body_whose_line_ends_in_a_caret_is_one() {
        assert_eq!(one("curl a -d 'b ^\nc'").3, "b ^\nc");
        assert_eq!(one("curl a -d '^'").3, "^");
    }

    #[test]
    fn what_curl_leaves_out_is_told() {
        let found = all("curl a -b cookies.txt -H X-A --aws-sigv4 b").expect("a command");
        assert_eq!(found[0].notes.len(), 3, "{:?}", found[0].notes);
    }

    proptest! {
        #[test]
        fn any_command_is_read_without_panic(rest in r#"[-a-zA-Z0-9@=:/?#;$'"\\ |<>&\[\]%+.]{0,60}"#) {
            let _ = all(&format!("curl {rest}"));
        }
    }
}
