//! A shell script as commands and words: quotes, `$'…'`, continued lines, pipes, redirections.
//! Nothing is run or expanded; a word that a shell would expand says so.

use thiserror::Error;

/// Why a text is no script.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ShellError {
    /// A quote that nothing closes.
    #[error("line {0}: quote is not closed")]
    Quote(usize),
}

/// A word, its quotes resolved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Word {
    /// What the command gets.
    pub(super) bytes: Vec<u8>,
    /// What a shell would put in its place: `$TOKEN`.
    pub(super) expands: Option<String>,
}

/// Where a command's standard input comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Input {
    /// The surroundings.
    #[default]
    Inherited,
    /// The output of the command before it.
    Pipe,
    /// A file: `< body.json`.
    File(Word),
    /// The script itself: `<<< text`, `<<EOF`.
    Text(Word),
}

/// A simple command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Command {
    /// The line it begins in, counted from 1.
    pub(super) line: usize,
    /// Its words, the redirections left out.
    pub(super) words: Vec<Word>,
    /// Where it reads.
    pub(super) input: Input,
}

/// The commands of a script, in order.
pub(super) fn commands(text: &[u8]) -> Result<Vec<Command>, ShellError> {
    let mut reader = Reader {
        text,
        line: 1,
        ..Reader::default()
    };
    reader.read()?;
    Ok(reader.done)
}

/// What follows a redirection's sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Redirection {
    /// A file to read.
    From,
    /// A text to read.
    Here,
    /// The line that ends a text to read, which begins in the next line.
    Until,
    /// Something that does not matter here: where the output goes.
    Other,
}

#[derive(Debug, Default)]
struct Reader<'t> {
    text: &'t [u8],
    at: usize,
    line: usize,
    done: Vec<Command>,
    command: Command,
    word: Option<Word>,
    /// Whether a part of the word is quoted.
    quoted: bool,
    redirection: Option<Redirection>,
    /// The end of a here-document that begins in the next line, and whether it is expanded.
    document: Option<(Vec<u8>, bool)>,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        self.line += usize::from(byte == b'\n');
        Some(byte)
    }

    fn skip(&mut self, word: &[u8]) -> bool {
        let there = self.text[self.at..].starts_with(word);
        if there {
            for _ in word {
                self.next();
            }
        }
        there
    }

    fn word(&mut self) -> &mut Word {
        if self.command.words.is_empty() && self.word.is_none() && self.redirection.is_none() {
            self.command.line = self.line;
        }
        self.word.get_or_insert_default()
    }

    fn push(&mut self, byte: u8) {
        self.word().bytes.push(byte);
    }

    fn read(&mut self) -> Result<(), ShellError> {
        while let Some(byte) = self.next() {
            match byte {
                b'\\' if self.skip(b"\r\n") || self.skip(b"\n") => {}
                b'\\' => {
                    let byte = self.next().unwrap_or(b'\\');
                    self.push(byte);
                }
                b'\'' => self.single()?,
                b'"' => self.double()?,
                b'$' if self.skip(b"'") => self.ansi()?,
                b'$' if self.skip(b"\"") => self.double()?,
                b'$' | b'`' => self.dollar(byte),
                b' ' | b'\t' => self.end_word(),
                b'\n' => self.end_line(),
                b'\r' if self.peek() == Some(b'\n') => {}
                b'#' if self.word.is_none() => {
                    while self.peek().is_some_and(|byte| byte != b'\n') {
                        self.at += 1;
                    }
                }
                b'|' => {
                    let pipe = !self.skip(b"|");
                    self.skip(b"&");
                    self.end_command();
                    if pipe {
                        self.command.input = Input::Pipe;
                    }
                }
                b'&' if self.peek() == Some(b'>') => {}
                b';' | b'&' | b'(' | b')' => self.end_command(),
                b'<' | b'>' => self.redirect(byte),
                byte => self.push(byte),
            }
        }
        self.end_command();
        Ok(())
    }

    fn single(&mut self) -> Result<(), ShellError> {
        let line = self.line;
        self.word();
        self.quoted = true;
        loop {
            match self.next().ok_or(ShellError::Quote(line))? {
                b'\'' => return Ok(()),
                byte => self.push(byte),
            }
        }
    }

    fn double(&mut self) -> Result<(), ShellError> {
        let line = self.line;
        self.word();
        self.quoted = true;
        loop {
            match self.next().ok_or(ShellError::Quote(line))? {
                b'"' => return Ok(()),
                b'\\' if self.skip(b"\n") => {}
                b'\\' => match self.peek() {
                    Some(byte @ (b'$' | b'`' | b'"' | b'\\')) => {
                        self.next();
                        self.push(byte);
                    }
                    _ => self.push(b'\\'),
                },
                byte @ (b'$' | b'`') => self.dollar(byte),
                byte => self.push(byte),
            }
        }
    }

    /// `$` or a backquote outside of single quotes: the begin of an expansion, or itself.
    fn dollar(&mut self, byte: u8) {
        let rest = &self.text[self.at..];
        let name = rest
            .iter()
            .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_')
            .count();
        let expands = match rest.first() {
            _ if byte == b'`' => Some("`".to_owned()),
            Some(sign @ (b'(' | b'{' | b'?' | b'$' | b'@' | b'*' | b'!' | b'#')) => {
                Some(format!("${}", char::from(*sign)))
            }
            _ if name > 0 => Some(format!("${}", String::from_utf8_lossy(&rest[..name]))),
            _ => None,
        };
        let word = self.word();
        word.bytes.push(byte);
        word.expands = word.expands.take().or(expands);
    }

    /// `$'…'`: the escapes of ANSI C. A NUL is kept, which a shell cannot pass on: who copied it meant it.
    fn ansi(&mut self) -> Result<(), ShellError> {
        let line = self.line;
        self.word();
        self.quoted = true;
        // Half a surrogate pair that waits for the other: browsers write characters beyond U+FFFF so.
        let mut half = None;
        loop {
            let byte = self.next().ok_or(ShellError::Quote(line))?;
            if byte == b'\'' {
                return Ok(());
            }
            if byte != b'\\' {
                self.push(byte);
                continue;
            }
            let byte = self.next().ok_or(ShellError::Quote(line))?;
            let plain = match byte {
                b'a' => 7,
                b'b' => 8,
                b'e' | b'E' => 0x1b,
                b'f' => 0x0c,
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                b'v' => 0x0b,
                b'c' => self.next().ok_or(ShellError::Quote(line))? & 0x1f,
                b'\\' | b'\'' | b'"' | b'?' => byte,
                b'0'..=b'7' => {
                    self.at -= 1;
                    self.number(3, 8).unwrap_or_default().to_le_bytes()[0]
                }
                b'x' | b'u' | b'U' => {
                    let digits = match byte {
                        b'x' => 2,
                        b'u' => 4,
                        _ => 8,
                    };
                    match self.number(digits, 16) {
                        Some(number) if byte == b'x' => number.to_le_bytes()[0],
                        Some(number) => {
                            half = self.character(number, half);
                            continue;
                        }
                        None => {
                            self.push(b'\\');
                            byte
                        }
                    }
                }
                other => {
                    self.push(b'\\');
                    other
                }
            };
            self.push(plain);
        }
    }

    /// Up to so many digits as a number.
    fn number(&mut self, digits: usize, radix: u32) -> Option<u32> {
        let mut number = None;
        for _ in 0..digits {
            let digit = self
                .peek()
                .and_then(|byte| char::from(byte).to_digit(radix));
            let Some(digit) = digit else { break };
            self.at += 1;
            number = Some(
                number
                    .unwrap_or(0_u32)
                    .wrapping_mul(radix)
                    .wrapping_add(digit),
            );
        }
        number
    }

    /// Appends a character; of a surrogate pair, the second half makes one of both.
    fn character(&mut self, number: u32, half: Option<u32>) -> Option<u32> {
        if (0xd800..0xdc00).contains(&number) {
            return Some(number);
        }
        let number = match half {
            Some(high) if (0xdc00..0xe000).contains(&number) => {
                0x10000 + ((high - 0xd800) << 10) + (number - 0xdc00)
            }
            _ => number,
        };
        let char = char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER);
        let word = self.word();
        word.bytes
            .extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
        None
    }

    fn redirect(&mut self, sign: u8) {
        // `2>` names a descriptor, no word.
        let digits = |word: &Word| word.bytes.iter().all(u8::is_ascii_digit);
        if !self.quoted && self.word.as_ref().is_some_and(digits) {
            self.word = None;
        }
        self.end_word();
        self.redirection = Some(match sign {
            b'<' if self.skip(b"<<") => Redirection::Here,
            b'<' if self.skip(b"<-") || self.skip(b"<") => Redirection::Until,
            b'<' if self.skip(b"&") || self.skip(b">") => Redirection::Other,
            b'<' => Redirection::From,
            _ => {
                let _ = self.skip(b">") || self.skip(b"|") || self.skip(b"&");
                Redirection::Other
            }
        });
    }

    fn end_word(&mut self) {
        let quoted = std::mem::take(&mut self.quoted);
        let Some(mut word) = self.word.take() else {
            return;
        };
        match self.redirection.take() {
            None => self.command.words.push(word),
            Some(Redirection::From) => self.command.input = Input::File(word),
            Some(Redirection::Here) => {
                word.bytes.push(b'\n');
                self.command.input = Input::Text(word);
            }
            Some(Redirection::Until) => self.document = Some((word.bytes, !quoted)),
            Some(Redirection::Other) => {}
        }
    }

    fn end_line(&mut self) {
        self.end_word();
        if let Some((end, expanded)) = self.document.take() {
            self.command.input = Input::Text(self.here_document(&end, expanded));
        }
        // A pipe's other side may stand in the next line.
        if self.command.input != Input::Pipe || !self.command.words.is_empty() {
            self.end_command();
        }
    }

    /// The lines up to the one that is `end`.
    fn here_document(&mut self, end: &[u8], expanded: bool) -> Word {
        let mut word = Word::default();
        while self.at < self.text.len() {
            let rest = &self.text[self.at..];
            let length = rest.iter().position(|&byte| byte == b'\n');
            let line = &rest[..length.unwrap_or(rest.len())];
            self.at += line.len() + usize::from(length.is_some());
            self.line += 1;
            if line.trim_ascii() == end {
                break;
            }
            word.bytes.extend_from_slice(line);
            word.bytes.push(b'\n');
        }
        let sign = |byte: &u8| b"$`\\".contains(byte);
        word.expands = word
            .bytes
            .iter()
            .find(|byte| expanded && sign(byte))
            .map(|byte| char::from(*byte).to_string());
        word
    }

    fn end_command(&mut self) {
        self.end_word();
        self.redirection = None;
        let command = std::mem::take(&mut self.command);
        if !command.words.is_empty() {
            self.done.push(command);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(text: &str) -> Vec<String> {
        let commands = commands(text.as_bytes()).expect("a script");
        let words = commands.into_iter().flat_map(|own| own.words);
        words
            .map(|word| String::from_utf8_lossy(&word.bytes).into_owned())
            .collect()
    }

    #[test]
    fn words_are_those_of_a_shell() {
        for (text, wanted) in [
            (
                r#"curl -H 'A: b' "c\"d\n" e\ f"#,
                vec!["curl", "-H", "A: b", "c\"d\\n", "e f"],
            ),
            ("curl \\\n  'a'\\''b' \\\r\n  c", vec!["curl", "a'b", "c"]),
            (
                r"$'a\n\x41\u00e9\101\'\\\e\cA'",
                vec!["a\nA\u{e9}A'\\\u{1b}\u{1}"],
            ),
            (
                r"$'\ud83d\ude05' $'\U0001F605' $'\ud83d'",
                vec!["\u{1f605}", "\u{1f605}", ""],
            ),
            ("a '' \"\" b#c # d\ne", vec!["a", "", "", "b#c", "e"]),
            (
                "a 2>/dev/null b > x >> 'y' c 2>&1 &> z d",
                vec!["a", "b", "c", "d"],
            ),
            ("a; b && c | d & e", vec!["a", "b", "c", "d", "e"]),
            ("cost: 5$ \"$\"", vec!["cost:", "5$", "$"]),
        ] {
            assert_eq!(split(text), wanted, "{text}");
        }
    }

    #[test]
    fn what_a_shell_would_expand_is_told() {
        for (text, wanted) in [
            ("$TOKEN", Some("$TOKEN")),
            ("\"a ${B}\"", Some("${")),
            ("\"$(date)\"", Some("$(")),
            ("`date`", Some("`")),
            ("'$TOKEN' ", None),
            ("\"\\$TOKEN\"", None),
        ] {
            let command = commands(text.as_bytes()).expect("a script").remove(0);
            assert_eq!(command.words[0].expands.as_deref(), wanted, "{text}");
        }
    }

    #[test]
    fn standard_input_is_followed() {
        let input = |text: &str| {
            let found = commands(text.as_bytes()).expect("a script");
            found.into_iter().next_back().map(|own| own.input)
        };
        let text = |bytes: &str| {
            Some(Input::Text(Word {
                bytes: bytes.into(),
                expands: None,
            }))
        };
        assert_eq!(input("printf x |\n curl a"), Some(Input::Pipe));
        assert_eq!(input("curl a <<< 'b c'"), text("b c\n"));
        assert_eq!(
            input("curl a <<'EOF' -v\n{\n $x\n}\nEOF\n"),
            text("{\n $x\n}\n")
        );
        let found = commands(b"curl a <<EOF\n$x\nEOF\ncurl b").expect("a script");
        assert!(matches!(&found[0].input, Input::Text(own) if own.expands.is_some()));
        assert_eq!((found.len(), found[1].line), (2, 4));
        assert!(
            matches!(input("curl a < b.json"), Some(Input::File(own)) if own.bytes == b"b.json")
        );
    }

    #[test]
    fn an_open_quote_names_its_line() {
        for quote in ["'", "\"", "$'"] {
            let error = commands(format!("a\nb {quote}c\nd").as_bytes());
            assert_eq!(error, Err(ShellError::Quote(2)));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_split_without_panic(text in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = commands(&text);
        }

        #[test]
        fn any_signs_are_split_without_panic(text in r#"[a$'"\\`<>|&;()# \nux0-9]{0,60}"#) {
            let _ = commands(text.as_bytes());
        }
    }
}
