//! A file of hurl: entries of a request and what its answer must be. Sections and variables are
//! refused, since what is sent for them is known to hurl alone.

use super::json::{base64, without_mark};
use super::{Files, Headers, ImportError, Imported, Message, Trouble, checked, push, target};

/// Reads the request of every entry.
///
/// # Errors
/// [`ImportError`] with the line of the entry; [`Trouble::Nothing`] where there is none.
pub fn hurl(text: &[u8], files: &mut Files<'_>) -> Result<Vec<Imported>, ImportError> {
    let text = std::str::from_utf8(without_mark(text))
        .map_err(|_| ImportError::from(Trouble::Text("bytes that are no UTF-8".to_owned())))?;
    let mut cursor = Cursor { text, at: 0 };
    let mut found = Vec::new();
    while let Some(start) = cursor.next_entry() {
        let name = format!("line {}", text[..start].matches('\n').count() + 1);
        let read = entry(&mut cursor, files).and_then(checked);
        let read = read.map_err(|trouble| trouble.at(name.clone()))?;
        found.push(Imported { name, ..read });
    }
    if found.is_empty() {
        return Err(Trouble::Nothing("entry").into());
    }
    Ok(found)
}

/// Whether a line begins an entry: a method, then where the request goes.
pub(super) fn is_entry(line: &str) -> bool {
    let Some((method, url)) = line.split_once(' ') else {
        return false;
    };
    let url = url.trim_start();
    let goes = ["http://", "https://", "{{"];
    !method.is_empty()
        && method.bytes().all(|byte| byte.is_ascii_uppercase())
        && goes.iter().any(|own| url.starts_with(own))
}

fn entry(cursor: &mut Cursor<'_>, files: &mut Files<'_>) -> Result<Imported, Trouble> {
    let line = without_comment(cursor.line());
    let (method, url) = line.split_once(' ').unwrap_or((line, ""));
    let url = unescaped(url.trim())?;
    let mut headers = Headers::new();
    let mut body = Vec::new();
    while let Some(line) = cursor.peek() {
        let own = line.trim();
        if own.is_empty() || own.starts_with('#') {
            cursor.line();
            continue;
        }
        if is_answer(own) || is_entry(own) {
            break;
        }
        if is_body(own) {
            cursor.skip_white();
            body = self::body(cursor, files)?;
            break;
        }
        if own.starts_with('[') {
            return Err(Trouble::Unread("a section of a request"));
        }
        let own = without_comment(cursor.line());
        let colon = colon(own).ok_or_else(|| Trouble::Header(own.to_owned()))?;
        let name = unescaped(&own[..colon])?;
        push(
            &mut headers,
            &name,
            unescaped(own[colon + 1..].trim())?.as_bytes(),
        )?;
    }
    Ok(Imported {
        message: Message {
            method: method.to_owned(),
            target: target(&url),
            headers,
            body: body.into(),
        },
        url: Some(url),
        ..Imported::default()
    })
}

fn is_answer(line: &str) -> bool {
    let version = line.split(' ').next().unwrap_or_default();
    version == "HTTP" || version.starts_with("HTTP/")
}

fn is_body(line: &str) -> bool {
    let begins = ["`", "{", "base64,", "hex,", "file,", "<"];
    // `[` is a list where it is no section: sections are words.
    let list = line.strip_prefix('[').is_some_and(|rest| {
        let first = rest.trim_start().chars().next();
        first.is_none_or(|char| !char.is_ascii_uppercase())
    });
    list || begins.iter().any(|own| line.starts_with(own))
}

fn body(cursor: &mut Cursor<'_>, files: &mut Files<'_>) -> Result<Vec<u8>, Trouble> {
    for (prefix, what) in [("base64,", 0), ("hex,", 1), ("file,", 2)] {
        if !cursor.rest().starts_with(prefix) {
            continue;
        }
        let rest = &cursor.rest()[prefix.len()..];
        let end = rest
            .find(';')
            .ok_or_else(|| Trouble::Text(start_of(rest)))?;
        let content = &rest[..end];
        cursor.at += prefix.len() + end + 1;
        let spaceless: String = content.split_whitespace().collect();
        return match what {
            0 => base64(spaceless.as_bytes(), "base64,"),
            1 => hex::decode(&spaceless).map_err(|_| Trouble::Text(start_of(content))),
            _ => {
                let name = unescaped(content.trim())?;
                files(&name).map_err(|why| Trouble::File { name, why })
            }
        };
    }
    if let Some(rest) = cursor.rest().strip_prefix("```") {
        let end = rest
            .find("```")
            .ok_or_else(|| Trouble::Text(start_of(rest)))?;
        let content = &rest[..end];
        cursor.at += end + 6;
        let content = match content.split_once('\n') {
            Some((hint, text)) if ["", "json", "xml", "raw"].contains(&hint.trim()) => text,
            Some(_) => return Err(Trouble::Unread("a text with such a hint")),
            None => content,
        };
        variable(content)?;
        return Ok(content.as_bytes().to_vec());
    }
    if let Some(rest) = cursor.rest().strip_prefix('`') {
        let mut escaped = false;
        let end = rest.find(|char| {
            let ends = char == '`' && !escaped;
            escaped = char == '\\' && !escaped;
            ends
        });
        let end = end.ok_or_else(|| Trouble::Text(start_of(rest)))?;
        let content = &rest[..end];
        cursor.at += end + 2;
        return unescaped(content).map(String::into_bytes);
    }
    let rest = cursor.rest();
    if rest.starts_with(['{', '[']) {
        let mut stream =
            serde_json::Deserializer::from_str(rest).into_iter::<serde::de::IgnoredAny>();
        let end = match stream.next() {
            Some(Ok(_)) => stream.byte_offset(),
            _ => return Err(Trouble::Text(start_of(rest))),
        };
        variable(&rest[..end])?;
        cursor.at += end;
        return Ok(rest.as_bytes()[..end].to_vec());
    }
    Err(Trouble::Unread("such a body"))
}

/// As much of a text as a message has room for.
fn start_of(text: &str) -> String {
    text.chars().take(40).collect()
}

/// The colon between name and value: the first that is not escaped.
fn colon(line: &str) -> Option<usize> {
    let mut escaped = false;
    line.char_indices().find_map(|(at, char)| {
        let ends = char == ':' && !escaped;
        escaped = char == '\\' && !escaped;
        ends.then_some(at)
    })
}

/// A line without the comment behind it.
fn without_comment(line: &str) -> &str {
    let mut escaped = false;
    let end = line.find(|char| {
        let ends = char == '#' && !escaped;
        escaped = char == '\\' && !escaped;
        ends
    });
    line[..end.unwrap_or(line.len())].trim()
}

/// Refuses what hurl would put something in the place of.
fn variable(text: &str) -> Result<(), Trouble> {
    match text.find("{{") {
        Some(at) => Err(Trouble::Variable(start_of(&text[at..]))),
        None => Ok(()),
    }
}

fn unescaped(text: &str) -> Result<String, Trouble> {
    variable(text)?;
    let wrong = || Trouble::Text(start_of(text));
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        if char != '\\' {
            out.push(char);
            continue;
        }
        out.push(match chars.next().ok_or_else(wrong)? {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'u' => {
                let rest = chars.as_str().strip_prefix('{').ok_or_else(wrong)?;
                let (digits, after) = rest.split_once('}').ok_or_else(wrong)?;
                chars = after.chars();
                let number = u32::from_str_radix(digits, 16).map_err(|_| wrong())?;
                char::from_u32(number).ok_or_else(wrong)?
            }
            own if "#\"`\\/:".contains(own) => own,
            _ => return Err(wrong()),
        });
    }
    Ok(out)
}

/// Walks over the text.
struct Cursor<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Cursor<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<&'t str> {
        let rest = self.rest();
        (!rest.is_empty()).then(|| rest.split('\n').next().unwrap_or_default())
    }

    fn line(&mut self) -> &'t str {
        let line = self.peek().unwrap_or_default();
        self.at = (self.at + line.len() + 1).min(self.text.len());
        line
    }

    fn skip_white(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    /// Goes to the next line that begins an entry.
    fn next_entry(&mut self) -> Option<usize> {
        while let Some(line) = self.peek() {
            if is_entry(line.trim_end()) {
                return Some(self.at);
            }
            self.line();
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn files(name: &str) -> Result<Vec<u8>, String> {
        match name {
            "a b.bin" => Ok(b"\0".to_vec()),
            _ => Err("no such file".to_owned()),
        }
    }

    fn bodies(text: &str) -> Result<Vec<Vec<u8>>, String> {
        let found = hurl(text.as_bytes(), &mut files).map_err(|error| error.to_string())?;
        Ok(found
            .into_iter()
            .map(|own| own.message.body.to_vec())
            .collect())
    }

    #[test]
    fn entries_are_read() {
        let text = "# one\nPOST http://a/h?x=\\u{5b} # here\nX-A: 1\\# # a comment\nx-a:\n`a\\n\\`\\u{7b}{`\n\
            HTTP 200\n[Asserts]\nstatus == 200\n\nGET https://b\nHTTP *\n";
        let found = hurl(text.as_bytes(), &mut files).expect("entries");
        assert_eq!(found[0].message.target, "/h?x=[");
        assert_eq!(found[0].message.headers.to_lines(), b"X-A: 1#\r\nx-a: \r\n");
        assert_eq!(&found[0].message.body[..], b"a\n`{{");
        assert_eq!((found.len(), &*found[1].name), (2, "line 10"));
    }

    #[test]
    fn every_kind_of_body_is_read() {
        for (text, body) in [
            ("base64, AP8=;", b"\0\xff".as_slice()),
            ("hex,00 ff;", b"\0\xff"),
            ("file,a\\u{20}b.bin;", b"\0"),
            ("```\na\n{b}\n```", b"a\n{b}\n"),
            ("```json\n{}\n```", b"{}\n"),
            ("```a```", b"a"),
            ("{ \"a\":\n 1 }\nHTTP 200", b"{ \"a\":\n 1 }"),
            ("[1, 2]\n", b"[1, 2]"),
        ] {
            let found = bodies(&format!("POST http://a\n{text}\n\nPOST http://b\n"));
            assert_eq!(found, Ok(vec![body.to_vec(), Vec::new()]), "{text}");
        }
    }

    #[test]
    fn what_is_not_read_says_why() {
        for (text, wanted) in [
            ("HTTP 200", "there is no entry in it"),
            (
                "POST http://a\n[FormParams]\na: b\n",
                "line 1: a section of a request is not read",
            ),
            (
                "\nPOST http://a/{{b}}\n",
                "line 2: a variable stands in it, whose value is not known: `{{b}}`",
            ),
            ("POST http://a\n`b", "line 1: not a string: `b`"),
            ("POST http://a\n`\\q`", "line 1: not a string: `\\q`"),
        ] {
            assert_eq!(bodies(text).expect_err(text), wanted);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(rest in r"[-A-C:/,;`{}\[\]#\\nu0é \n]{0,60}") {
            let _ = bodies(&format!("POST http://a\n{rest}"));
        }
    }
}
