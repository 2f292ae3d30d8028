//! A file of headers: `Name: value` lines, as `curl -v`, a proxy or a log shows them, or a JSON object.

use super::json::{Fields, parse, without_mark};
use super::{Headers, ImportError, Trouble, push};

/// Reads headers. A request or status line may come first; of what `curl -v` prints, the request's lines
/// (`> `) are taken; an object of JSON, as a framework logs its headers, has a name and a value or a list
/// of values each.
///
/// # Errors
/// [`Trouble::Header`] with the line.
pub fn headers(text: &[u8]) -> Result<Headers, ImportError> {
    let text = without_mark(text);
    let headers = if text.trim_ascii_start().starts_with(b"{") {
        let fields: Fields = parse(text, "an object of headers")?;
        fields.headers()?
    } else {
        of_lines(text)?
    };
    if headers.is_empty() {
        return Err(Trouble::Nothing("header").into());
    }
    Ok(headers)
}

fn of_lines(text: &[u8]) -> Result<Headers, ImportError> {
    let mut headers = Headers::new();
    let lines = || {
        text.split(|&byte| byte == b'\n')
            .map(<[u8]>::trim_ascii_end)
    };
    let verbose = lines().any(|line| line.starts_with(b"> "));
    for (index, line) in lines().enumerate() {
        let line = match line.strip_prefix(b">") {
            Some(line) if verbose => line.trim_ascii_start(),
            _ if verbose => continue,
            _ => line,
        };
        if line.is_empty() || headers.is_empty() && is_first_line(line) {
            continue;
        }
        let place = format!("line {}", index + 1);
        let colon = line.iter().position(|&byte| byte == b':');
        let field = colon.map(|at| (&line[..at], &line[at + 1..]));
        let (name, value) = field.ok_or_else(|| {
            Trouble::Header(String::from_utf8_lossy(line).into_owned()).at(place.clone())
        })?;
        push(&mut headers, &String::from_utf8_lossy(name), value)
            .map_err(|trouble| trouble.at(place))?;
    }
    Ok(headers)
}

/// `POST /hooks HTTP/1.1` or `HTTP/2 200`, but not `Via: HTTP/1.1`.
fn is_first_line(line: &[u8]) -> bool {
    let version = |word: Option<&[u8]>| word.is_some_and(|own| own.starts_with(b"HTTP/"));
    let mut words = line.split(|&byte| byte == b' ');
    let first = words.next().unwrap_or_default();
    version(Some(first)) || !first.contains(&b':') && version(words.next_back())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn headers_are_read_as_people_have_them() {
        for text in [
            "X-A: 1\nx-b:  2:3 \n",
            "\u{feff}X-A: 1\r\nx-b: 2:3\r\n\r\n",
            "POST /h HTTP/1.1\r\nX-A: 1\r\nx-b: 2:3",
            "HTTP/2 200\nX-A: 1\n\nx-b: 2:3",
            "* Connected\n> POST / HTTP/2\n> X-A: 1\n> x-b: 2:3\n>\n< HTTP/2 200\n< a: b\n{ [5 bytes]",
            " {\"X-A\": 1, \"x-b\": [\"2:3\"], \"c\": null}",
        ] {
            let headers = headers(text.as_bytes()).expect("headers");
            assert_eq!(headers.to_lines(), b"X-A: 1\r\nx-b: 2:3\r\n", "{text}");
        }
    }

    #[test]
    fn a_header_whose_value_is_a_version_is_no_first_line() {
        let text = b"Via: HTTP/1.1\r\nUpgrade: a HTTP/2\r\n";
        assert_eq!(headers(text).expect("headers").to_lines(), text);
    }

    #[test]
    fn what_is_no_header_names_its_line() {
        let error = |text: &str| headers(text.as_bytes()).expect_err("wrong").to_string();
        assert_eq!(
            error("A: b\n\n{\"c\": 1}"),
            "line 3: not a header, expected `Name: value`: `{\"c\": 1}`"
        );
        assert!(error("A: b\n folded").starts_with("line 2: "));
        for text in ["\n", "{}", "{\"a\": null}"] {
            assert_eq!(error(text), "there is no header in it");
        }
        assert!(error("{\"a\"").starts_with("not an object of headers: "));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(text in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = headers(&text);
        }

        #[test]
        fn lines_of_the_log_are_read_back(fields in prop::collection::vec(("[A-Za-z-]{1,8}", "[!-~]{0,12}"), 1..8)) {
            let wanted: Headers = fields.into_iter().collect();
            let read = headers(&wanted.to_lines());
            prop_assert_eq!(read, Ok(wanted));
        }
    }
}
