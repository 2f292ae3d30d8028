//! Deliveries from wherever a person has them: a body, a request, an export, the log.

use std::path::Path;

use clap::{Args, ValueEnum};
use jiff::Timestamp;

use super::options::read;
use super::selection::{self, is_selection};
use super::session::{Session, log_error};
use crate::core::delivery::{Delivery, Direction};
use crate::core::import::{self, ImportError, Imported, Kind, Trouble, read_with, recognise};
use crate::core::message::{Headers, Message};
use crate::error::CommandError;
use crate::log::Log;
use crate::ui::Ui;

/// What the deliveries are in. The words beside it are files, or numbers of the log: a word such as
/// `42` or `3..9` is a file where there is one of that name, and else of the log.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct Inputs {
    /// What the file holds
    #[arg(long, value_enum, default_value_t, value_name = "KIND")]
    pub(super) input: Input,

    /// Read the delivery's headers from this file; FILE is its body then
    ///
    /// Lines of `Name: value`, with or without a request line before them, what `curl -v` prints, or a
    /// JSON object. A header given with -H replaces the file's.
    #[arg(long = "headers", value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub(super) headers_file: Option<String>,

    /// Take the last N received deliveries of the log
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) last: Option<u32>,
}

/// What an input holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Input {
    /// What it is recognised as; a body where headers are given.
    #[default]
    Auto,
    /// The body alone.
    Body,
    /// A whole HTTP/1 request.
    Http,
    /// curl command lines.
    Curl,
    /// A `.http` file, as VS Code and other editors send it.
    HttpFile,
    /// A file of hurl.
    Hurl,
    /// An HTTP Archive.
    Har,
    /// Lines of hookcat's own JSON.
    Lines,
    /// GitHub deliveries, as `gh api` prints them.
    Github,
    /// Stripe events, as `stripe events retrieve` prints them.
    Stripe,
    /// Events of AWS Lambda.
    Lambda,
}

impl Inputs {
    /// Whether something is read from stdin.
    pub(super) fn read_stdin(&self, words: &[String]) -> bool {
        let unnamed = words.is_empty() && self.last.is_none();
        unnamed || words.iter().chain(&self.headers_file).any(|own| own == "-")
    }
}

/// One delivery to work on.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Subject {
    /// The request.
    pub(super) message: Message,
    /// The absolute URL it was posted to, where that is known.
    pub(super) url: Option<String>,
    /// When it was sent or received, where that is known.
    pub(super) at: Option<Timestamp>,
    /// What to call it: a file's name, `entry 3`, `#42`; with several files, the file's name first.
    pub(super) name: String,
    /// What its source could not carry.
    pub(super) notes: Vec<String>,
    /// Its number, where it is of the log.
    pub(super) log_id: Option<i64>,
}

/// The deliveries of all words, in their order; of stdin where there is no word. `given` are headers
/// for each of them; with them, an input that is not named another kind is a body.
///
/// # Errors
/// A usage error for what cannot be read as a delivery, or what contradicts itself; the log's own.
pub(super) fn subjects(
    inputs: &Inputs,
    words: &[String],
    given: &Headers,
    session: &Session,
) -> Result<Vec<Subject>, CommandError> {
    collect(inputs, words, given, session.ui, || session.existing_log())
}

fn collect(
    inputs: &Inputs,
    words: &[String],
    given: &Headers,
    ui: Ui,
    open_log: impl Fn() -> Result<Log, CommandError>,
) -> Result<Vec<Subject>, CommandError> {
    one_source(inputs, words)?;
    let mut headers = match &inputs.headers_file {
        None => Headers::new(),
        Some(path) => headers_of(path, ui)?,
    };
    replace(&mut headers, given);
    let from_log = |numbers: &dyn Fn(&Log) -> Result<Vec<i64>, CommandError>| {
        let log = open_log()?;
        let numbers = numbers(&log)?.into_iter();
        numbers
            .map(|number| {
                let delivery = log.delivery(number).map_err(|error| log_error(&error))?;
                Ok(recorded(delivery, &headers))
            })
            .collect::<Result<Vec<_>, CommandError>>()
    };
    if let Some(count) = inputs.last {
        return from_log(&|log| selection::last(count, log));
    }
    if words.is_empty() {
        return file(inputs, None, &headers, ui);
    }
    let mut all = Vec::new();
    for word in words {
        if is_of_the_log(inputs, word) {
            let word = [word.clone()];
            all.extend(from_log(&|log| selection::numbers(&word, log))?);
            continue;
        }
        let mut own = file(inputs, Some(word), &headers, ui)?;
        if words.len() > 1 {
            for subject in own.iter_mut().filter(|subject| subject.name != *word) {
                subject.name = format!("{word} {}", subject.name);
            }
        }
        all.extend(own);
    }
    Ok(all)
}

/// Where a kind or a headers' file is named, a word is a file, there or not.
fn is_of_the_log(inputs: &Inputs, word: &str) -> bool {
    inputs.input == Input::Auto
        && inputs.headers_file.is_none()
        && is_selection(word)
        && !Path::new(word).exists()
}

/// Refuses what contradicts itself.
fn one_source(inputs: &Inputs, words: &[String]) -> Result<(), CommandError> {
    if inputs.last.is_some() && (!words.is_empty() || inputs.headers_file.is_some()) {
        return Err(CommandError::usage(
            "--last takes deliveries of the log: no file goes with it",
        ));
    }
    let readers = words.iter().chain(&inputs.headers_file);
    let named = readers.filter(|own| *own == "-").count();
    let unnamed = usize::from(words.is_empty() && inputs.last.is_none());
    if named + unnamed > 1 {
        return Err(CommandError::usage("stdin can be read once only")
            .hint("name a file for what is not on stdin"));
    }
    let of_a_body = [Input::Auto, Input::Body];
    if inputs.headers_file.is_some() && !of_a_body.contains(&inputs.input) {
        return Err(CommandError::usage(
            "--headers goes with a body: other inputs have headers of their own",
        )
        .hint("add or replace one with -H 'Name: value'"));
    }
    Ok(())
}

/// The headers of a file.
fn headers_of(path: &str, ui: Ui) -> Result<Headers, CommandError> {
    import::headers(&read(Some(path), ui)?).map_err(|error| {
        CommandError::usage(format!("cannot read headers: `{path}`")).because(error)
    })
}

/// Sets headers in place of those of the same names, repeats among them kept.
fn replace(headers: &mut Headers, by: &Headers) {
    for (name, _) in by.iter() {
        headers.remove(name);
    }
    for (name, value) in by.iter() {
        headers.push(name, value);
    }
}

/// The deliveries of a file, or of stdin.
fn file(
    inputs: &Inputs,
    path: Option<&str>,
    headers: &Headers,
    ui: Ui,
) -> Result<Vec<Subject>, CommandError> {
    let bytes = read(path, ui)?;
    let name = name_of(path);
    let kind = if inputs.input == Input::Auto && !headers.is_empty() {
        None
    } else {
        inputs.input.kind(&bytes)
    };
    let Some(kind) = kind else {
        return Ok(vec![Subject {
            message: Message::post(headers.clone(), bytes),
            url: None,
            at: None,
            name: name.to_owned(),
            notes: Vec::new(),
            log_id: None,
        }]);
    };
    let found = read_as(kind, &bytes, path)?;
    let alone = kind == Kind::Http;
    let found = found.into_iter();
    Ok(found
        .map(|own| imported(own, headers, alone.then_some(name)))
        .collect())
}

impl Input {
    /// What a file is read as, `None` for a body alone.
    pub(super) fn kind(self, bytes: &[u8]) -> Option<Kind> {
        match self {
            Self::Auto => recognise(bytes),
            Self::Body => None,
            Self::Http => Some(Kind::Http),
            Self::Curl => Some(Kind::Curl),
            Self::HttpFile => Some(Kind::Rest),
            Self::Hurl => Some(Kind::Hurl),
            Self::Har => Some(Kind::Har),
            Self::Lines => Some(Kind::Lines),
            Self::Github => Some(Kind::Github),
            Self::Stripe => Some(Kind::Stripe),
            Self::Lambda => Some(Kind::Lambda),
        }
    }
}

/// What an input is called.
pub(super) fn name_of(path: Option<&str>) -> &str {
    match path {
        None | Some("-") => "stdin",
        Some(path) => path,
    }
}

/// The deliveries of a file's bytes, at least one.
///
/// # Errors
/// A usage error with the place that cannot be read.
pub(super) fn read_as(
    kind: Kind,
    bytes: &[u8],
    path: Option<&str>,
) -> Result<Vec<Imported>, CommandError> {
    let name = name_of(path);
    // Editors and hurl look beside the file, a shell where it stands.
    let beside = match kind {
        Kind::Rest | Kind::Hurl => path.map(Path::new).and_then(Path::parent),
        _ => None,
    };
    let beside = beside.unwrap_or(Path::new(""));
    let mut files = |name: &str| named_file(name, beside);
    let found = read_with(kind, bytes, &mut files).map_err(|error| unread(kind, name, error))?;
    if found.is_empty() {
        return Err(CommandError::usage(format!(
            "no delivery in {}: `{name}`",
            title(kind)
        )));
    }
    Ok(found)
}

/// A file that an input names, from a folder.
fn named_file(name: &str, folder: &Path) -> Result<Vec<u8>, String> {
    if name == "-" {
        return Err("its standard input is not known".to_owned());
    }
    let path = folder.join(name);
    // A command from elsewhere may name what never ends.
    match std::fs::metadata(&path) {
        Ok(own) if !own.is_file() => Err("not a file".to_owned()),
        Ok(_) => std::fs::read(&path).map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    }
}

fn imported(own: Imported, headers: &Headers, name: Option<&str>) -> Subject {
    let mut message = own.message;
    replace(&mut message.headers, headers);
    Subject {
        message,
        url: own.url,
        at: own.at,
        name: name.map_or(own.name, str::to_owned),
        notes: own.notes,
        log_id: None,
    }
}

fn recorded(delivery: Delivery, headers: &Headers) -> Subject {
    let mut message = delivery.message;
    replace(&mut message.headers, headers);
    let sent = delivery.direction == Direction::Sent;
    let last = delivery.attempts.into_iter().next_back();
    Subject {
        message,
        url: last.filter(|_| sent).map(|own| own.url),
        at: Some(delivery.at),
        name: format!("#{}", delivery.id.unwrap_or_default()),
        notes: Vec::new(),
        log_id: delivery.id,
    }
}

/// What a kind of file is called.
fn title(kind: Kind) -> &'static str {
    match kind {
        Kind::Http => "the request",
        Kind::Curl => "the curl command",
        Kind::Rest => "the .http file",
        Kind::Hurl => "the hurl file",
        Kind::Har => "the HAR",
        Kind::Lines => "hookcat's JSON",
        Kind::Github => "the GitHub delivery",
        Kind::Stripe => "the Stripe event",
        Kind::Lambda => "the Lambda event",
    }
}

/// What cannot be read as the kind it was named or recognised as.
fn unread(kind: Kind, name: &str, error: ImportError) -> CommandError {
    let hint = match error.trouble {
        Trouble::NoRequests => {
            "get each with its request: gh api repos/OWNER/REPO/hooks/HOOK/deliveries/ID"
        }
        _ => "a body alone is read with --input body",
    };
    CommandError::usage(format!("cannot read {}: `{name}`", title(kind)))
        .because(error)
        .hint(hint)
}

#[cfg(test)]
mod tests {
    use super::super::selection::tests::log;
    use super::*;
    use crate::ui::ColorChoice;

    /// A folder of files, and a log of three deliveries, the second of them sent.
    struct Place {
        folder: tempfile::TempDir,
        log: std::path::PathBuf,
        _keep: tempfile::TempDir,
    }

    impl Place {
        fn new() -> Self {
            let (keep, log) = log(&[Direction::Received, Direction::Sent, Direction::Received]);
            Self {
                folder: tempfile::tempdir().expect("a folder"),
                log: log.path().to_owned(),
                _keep: keep,
            }
        }

        fn file(&self, name: &str, content: &str) -> String {
            let path = self.folder.path().join(name);
            std::fs::write(&path, content).expect("writes");
            path.display().to_string()
        }

        fn subjects(
            &self,
            inputs: &Inputs,
            words: &[&str],
            given: &[(&str, &str)],
        ) -> Result<Vec<Subject>, CommandError> {
            let words: Vec<_> = words.iter().map(|&own| own.to_owned()).collect();
            let given: Headers = given.iter().copied().collect();
            collect(inputs, &words, &given, Ui::new(ColorChoice::Never), || {
                Log::open_existing(&self.log).map_err(|error| log_error(&error))
            })
        }

        fn error(&self, inputs: &Inputs, words: &[&str]) -> String {
            let error = self.subjects(inputs, words, &[]).expect_err("an error");
            error.to_string()
        }
    }

    const HAR: &str = r#"{"log": {"version": "1.2", "entries": [
        {"request": {"method": "POST", "url": "http://a/1", "headers": [{"name": "A", "value": "b"}]}},
        {"request": {"method": "POST", "url": "http://a/2", "headers": []}}]}}"#;

    fn names(found: &[Subject]) -> Vec<&str> {
        found.iter().map(|own| own.name.as_str()).collect()
    }

    #[test]
    fn a_file_is_what_it_is_recognised_as() {
        let place = Place::new();
        let body = place.file("body.json", "{\"a\": 1}\n");
        let har = place.file("a.har", HAR);
        let auto = Inputs::default();
        let found = place.subjects(&auto, &[&body], &[]).expect("a body");
        assert_eq!(
            (names(&found), &found[0].message.body[..]),
            (vec![body.as_str()], b"{\"a\": 1}\n".as_slice())
        );
        let found = place.subjects(&auto, &[&har], &[]).expect("a HAR");
        assert_eq!(names(&found), ["entry 1", "entry 2"]);
        assert_eq!(found[1].url.as_deref(), Some("http://a/2"));
        let found = place.subjects(&auto, &[&har, &body], &[]).expect("both");
        assert_eq!(
            names(&found),
            [&format!("{har} entry 1"), &format!("{har} entry 2"), &body]
        );
        // With headers, and where it is said, a file is a body whatever it looks like.
        let found = place
            .subjects(&auto, &[&har], &[("A", "b")])
            .expect("a body");
        assert_eq!(
            (found.len(), found[0].message.headers.text("a")),
            (1, Some("b"))
        );
        let inputs = Inputs {
            input: Input::Body,
            ..auto.clone()
        };
        assert_eq!(
            place.subjects(&inputs, &[&har], &[]).expect("a body").len(),
            1
        );
        let inputs = Inputs {
            input: Input::Har,
            ..auto
        };
        let found = place
            .subjects(&inputs, &[&har], &[("a", "c")])
            .expect("a HAR");
        assert_eq!(found[0].message.headers.to_lines(), b"a: c\r\n");
    }

    #[test]
    fn headers_have_a_file_of_their_own() {
        let place = Place::new();
        let body = place.file("body.json", "POST / HTTP/1.1\r\n\r\n");
        let headers = place.file("headers.txt", "X-A: 1\nX-B: 2\n");
        let inputs = Inputs {
            headers_file: Some(headers),
            ..Inputs::default()
        };
        let found = place.subjects(&inputs, &[&body], &[("x-b", "3"), ("x-b", "4")]);
        let found = found.expect("a delivery").remove(0).message;
        assert_eq!(found.headers.to_lines(), b"X-A: 1\r\nx-b: 3\r\nx-b: 4\r\n");
        assert_eq!(&found.body[..], b"POST / HTTP/1.1\r\n\r\n");
        let inputs = Inputs {
            headers_file: Some(body.clone()),
            ..Inputs::default()
        };
        assert!(
            place
                .error(&inputs, &[&body])
                .starts_with("cannot read headers: `")
        );
    }

    #[test]
    fn numbers_are_of_the_log_unless_a_file_has_the_name() {
        let place = Place::new();
        let auto = Inputs::default();
        let found = place
            .subjects(&auto, &["3", "1..3", "#2"], &[])
            .expect("deliveries");
        assert_eq!(names(&found), ["#3", "#1", "#3", "#2"]);
        let first = &found[0];
        assert_eq!(
            (first.log_id, &first.message.body[..]),
            (Some(3), b"3".as_slice())
        );
        assert_eq!(first.at, Some(Timestamp::UNIX_EPOCH));
        let last = Inputs {
            last: Some(1),
            ..auto.clone()
        };
        assert_eq!(
            names(&place.subjects(&last, &[], &[]).expect("the last")),
            ["#3"]
        );
        assert_eq!(
            place.error(&auto, &["77"]),
            "no delivery has this number: `77`"
        );
        // Where a kind is named, `7` is a file, there or not.
        let body = Inputs {
            input: Input::Body,
            ..auto
        };
        assert!(place.error(&body, &["7"]).starts_with("cannot read `7`"));
        assert!(is_of_the_log(&Inputs::default(), "7"));
        let there = place.file("7", "{}");
        assert!(!is_of_the_log(&Inputs::default(), &there));
    }

    #[test]
    fn what_cannot_be_read_says_how_it_was_taken() {
        let place = Place::new();
        let auto = Inputs::default();
        let har = place.file("a.har", &HAR.replace("\"method\"", "\"verb\""));
        let error = place.subjects(&auto, &[&har], &[]).expect_err("no method");
        assert_eq!(error.to_string(), format!("cannot read the HAR: `{har}`"));
        let empty = place.file("b.har", r#"{"log": {"version": "1.2", "entries": []}}"#);
        assert_eq!(
            place.error(&auto, &[&empty]),
            format!("no delivery in the HAR: `{empty}`")
        );
        let list = place.file("l.json", r#"[{"guid": "a", "delivered_at": "2026-01-02T03:04:05Z", "event": "push", "status_code": 200}]"#);
        let error = place.subjects(&auto, &[&list], &[]).expect_err("a list");
        assert!(error.hints()[0].contains("gh api"), "{:?}", error.hints());
    }

    #[test]
    fn a_curl_command_finds_its_files() {
        let place = Place::new();
        let body = place.file("body.json", "{}\n");
        let command = place.file(
            "curl.sh",
            &format!("curl http://a -H 'A: b' --data-binary '@{body}'"),
        );
        let found = place
            .subjects(&Inputs::default(), &[&command], &[])
            .expect("a command");
        assert_eq!(&found[0].message.body[..], b"{}\n");
        for name in ["/dev/zero", "-", "nosuch"] {
            let command = place.file("curl.sh", &format!("curl http://a -d @{name}"));
            assert!(
                place
                    .error(&Inputs::default(), &[&command])
                    .starts_with("cannot read the curl")
            );
        }
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        let place = Place::new();
        let last = Inputs {
            last: Some(1),
            ..Inputs::default()
        };
        assert!(place.error(&last, &["a"]).contains("--last"));
        assert_eq!(
            place.error(&Inputs::default(), &["-", "-"]),
            "stdin can be read once only"
        );
        let headers = Inputs {
            headers_file: Some("-".into()),
            ..Inputs::default()
        };
        assert_eq!(place.error(&headers, &[]), "stdin can be read once only");
        let har = Inputs {
            input: Input::Har,
            headers_file: Some("h".into()),
            ..Inputs::default()
        };
        assert!(
            place
                .error(&har, &["a"])
                .starts_with("--headers goes with a body")
        );
    }
}
