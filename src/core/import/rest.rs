//! A `.http` file: requests one below the other, as VS Code and other editors send them.

use super::json::without_mark;
use super::{Files, Headers, ImportError, Imported, Message, Trouble, checked, push, target};

/// Reads every request of a `.http` file. A request that has a variable in it is refused: only its
/// editor knows the value.
///
/// # Errors
/// [`ImportError`] with the line of the request; [`Trouble::Nothing`] where there is none.
pub fn rest(text: &[u8], files: &mut Files<'_>) -> Result<Vec<Imported>, ImportError> {
    let mut found = Vec::new();
    let mut block = Vec::new();
    for (index, line) in lines(without_mark(text)).enumerate() {
        if line.starts_with(b"###") {
            found.extend(request(&std::mem::take(&mut block), files)?);
        } else {
            block.push((index + 1, line));
        }
    }
    found.extend(request(&block, files)?);
    if found.is_empty() {
        return Err(Trouble::Nothing("request").into());
    }
    Ok(found)
}

/// Lines with their ends.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split_inclusive(|&byte| byte == b'\n')
}

/// `None` where nothing but comments stands between two separators.
fn request(
    block: &[(usize, &[u8])],
    files: &mut Files<'_>,
) -> Result<Option<Imported>, ImportError> {
    let is_before = |line: &[u8]| {
        let line = line.trim_ascii();
        line.is_empty() || is_comment(line) || line.starts_with(b"@")
    };
    let Some(start) = block.iter().position(|(_, line)| !is_before(line)) else {
        return Ok(None);
    };
    let name = format!("line {}", block[start].0);
    let lines: Vec<&[u8]> = block[start..].iter().map(|(_, line)| *line).collect();
    let read = one(&lines, files).and_then(checked);
    let read = read.map_err(|trouble| trouble.at(name.clone()))?;
    Ok(Some(Imported { name, ..read }))
}

fn one(lines: &[&[u8]], files: &mut Files<'_>) -> Result<Imported, Trouble> {
    let (first, mut rest) = lines.split_first().ok_or(Trouble::Nothing("request"))?;
    if first.trim_ascii().starts_with(b"< {%") {
        return Err(Trouble::Unread("a script before a request"));
    }
    let mut line = text(first)?.trim().to_owned();
    // A query may go on below.
    while let Some((next, after)) = rest.split_first() {
        let own = text(next)?;
        if !own.starts_with([' ', '\t']) || !own.trim().starts_with(['?', '&']) {
            break;
        }
        line.push_str(own.trim());
        rest = after;
    }
    filled_in(line.as_bytes())?;
    let (method, url) = request_line(&line);
    let mut headers = Headers::new();
    while let Some((next, after)) = rest.split_first() {
        let own = next.trim_ascii();
        rest = after;
        if own.is_empty() {
            break;
        }
        if is_comment(own) {
            continue;
        }
        filled_in(own)?;
        let colon = own.iter().position(|&byte| byte == b':');
        let field = colon.map(|at| (&own[..at], &own[at + 1..]));
        let (name, value) =
            field.ok_or_else(|| Trouble::Header(String::from_utf8_lossy(own).into_owned()))?;
        push(&mut headers, &text(name)?, value)?;
    }
    let body = body(rest, files)?;
    Ok(Imported {
        message: Message {
            method,
            target: target(&url),
            headers,
            body: body.into(),
        },
        url: url.contains("://").then_some(url),
        ..Imported::default()
    })
}

/// `POST http://a/b HTTP/1.1`, `POST http://a/b` or `http://a/b`.
fn request_line(line: &str) -> (String, String) {
    let line = match line.rsplit_once(' ') {
        Some((rest, version)) if version.starts_with("HTTP/") => rest.trim_end(),
        _ => line,
    };
    match line.split_once(' ') {
        Some((method, url)) => (method.to_owned(), url.trim().to_owned()),
        None => ("GET".to_owned(), line.to_owned()),
    }
}

/// The lines up to a script for the answer, without the last line break; or the file they name.
fn body(lines: &[&[u8]], files: &mut Files<'_>) -> Result<Vec<u8>, Trouble> {
    let of_the_answer = |line: &[u8]| {
        let signs: [&[u8]; 3] = [b"> ", b">>", b"<> "];
        signs.iter().any(|sign| line.starts_with(sign))
    };
    let end = lines.iter().position(|line| of_the_answer(line));
    let lines = &lines[..end.unwrap_or(lines.len())];
    let body = lines.concat();
    let body = body.trim_ascii_end();
    let named = body
        .strip_prefix(b"<@ ")
        .or_else(|| body.strip_prefix(b"< "));
    if let Some(name) = named.filter(|name| !name.contains(&b'\n')) {
        let name = String::from_utf8_lossy(name.trim_ascii()).into_owned();
        return files(&name).map_err(|why| Trouble::File { name, why });
    }
    filled_in(body)?;
    Ok(body.to_vec())
}

fn is_comment(line: &[u8]) -> bool {
    line.starts_with(b"#") || line.starts_with(b"//")
}

/// Refuses what an editor would put something in the place of.
fn filled_in(bytes: &[u8]) -> Result<(), Trouble> {
    let Some(start) = bytes.windows(2).position(|own| own == b"{{") else {
        return Ok(());
    };
    let rest = &bytes[start..];
    let end = rest.windows(2).position(|own| own == b"}}");
    let end = end.map_or(rest.len(), |at| at + 2).min(80);
    Err(Trouble::Variable(
        String::from_utf8_lossy(&rest[..end]).into_owned(),
    ))
}

fn text(bytes: &[u8]) -> Result<String, Trouble> {
    String::from_utf8(bytes.to_vec())
        .map_err(|_| Trouble::RequestLine(String::from_utf8_lossy(bytes.trim_ascii()).into_owned()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn files(name: &str) -> Result<Vec<u8>, String> {
        match name {
            "./a.bin" => Ok(b"\0\xff".to_vec()),
            _ => Err("no such file".to_owned()),
        }
    }

    const FILE: &str = "@host = a\n\n### one\n# a comment\nPOST http://a/h\n  ?x=1\n  &y=2 HTTP/1.1\n\
        X-A: 1\n// another\nx-a:\n\n{\n  \"a\": 1\n}\n\n> {% client.test() %}\n###\n\n### two\n\
        http://b\n\n###\nPUT /c\n\n< ./a.bin\n";

    #[test]
    fn requests_are_read_as_editors_read_them() {
        let found = rest(FILE.as_bytes(), &mut files).expect("requests");
        let told: Vec<_> = found
            .iter()
            .map(|own| {
                let own = (&own.message.method, &own.message.target, &own.message.body);
                (own.0.as_str(), own.1.as_str(), &own.2[..])
            })
            .collect();
        assert_eq!(
            told,
            [
                ("POST", "/h?x=1&y=2", b"{\n  \"a\": 1\n}".as_slice()),
                ("GET", "/", b""),
                ("PUT", "/c", b"\0\xff"),
            ]
        );
        assert_eq!(found[0].message.headers.to_lines(), b"X-A: 1\r\nx-a: \r\n");
        assert_eq!(found[0].url.as_deref(), Some("http://a/h?x=1&y=2"));
        assert_eq!(
            (found[2].url.as_deref(), &*found[1].name),
            (None, "line 20")
        );
    }

    #[test]
    fn what_is_not_read_says_why() {
        for (text, wanted) in [
            ("# nothing\n", "there is no request in it"),
            (
                "POST {{host}}/a\n",
                "line 1: a variable stands in it, whose value is not known: `{{host}}`",
            ),
            (
                "###\nPOST http://a\n\n< ./b\n",
                "line 2: cannot read `./b`, which it names: no such file",
            ),
            (
                "POST http://a\nnone\n",
                "line 1: not a header, expected `Name: value`: `none`",
            ),
        ] {
            let error = rest(text.as_bytes(), &mut files).expect_err(text);
            assert_eq!(error.to_string(), wanted);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(text in r"[#< >@{}A/:.\n\r a]{0,60}") {
            let _ = rest(text.as_bytes(), &mut files);
        }
    }
}
