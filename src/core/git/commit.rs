//! Commits as `git log` writes them field by field, and the people in them.

use jiff::Timestamp;

/// Somebody by name and address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// The name.
    pub name: String,
    /// The e-mail address.
    pub email: String,
}

/// A commit, as far as payloads tell of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Its object name.
    pub sha: String,
    /// Its message, without the line breaks at its end; a very long one is cut.
    pub message: String,
    /// Who wrote it.
    pub author: Person,
    /// When it was committed; `None` where no calendar has that time.
    pub at: Option<Timestamp>,
}

/// The fields of a commit, in git's words and in the order that [`commits`] reads them; a NUL stands
/// between them, since nothing in a commit can hold one.
pub const COMMIT_FIELDS: &str = "%H%x00%an%x00%ae%x00%ct%x00%B";

/// A longer message is cut: payloads are held in memory and in the log.
const MESSAGE_CHARS: usize = 16 * 1024;
/// The same of a name.
const NAME_CHARS: usize = 256;

/// Reads commits in [`COMMIT_FIELDS`], a NUL behind each. What is cut off at the end is left out.
#[must_use]
pub fn commits(bytes: &[u8]) -> Vec<Commit> {
    let fields: Vec<&[u8]> = bytes.split(|byte| *byte == 0).collect();
    // What stands behind the last NUL is nothing, or a commit that is not whole.
    let whole = &fields[..fields.len() - 1];
    let commit = |own: &[&[u8]]| Commit {
        sha: text(own[0], 64),
        author: Person {
            name: text(own[1], NAME_CHARS),
            email: text(own[2], NAME_CHARS),
        },
        at: text(own[3], 24)
            .parse()
            .ok()
            .and_then(|seconds| Timestamp::from_second(seconds).ok()),
        message: text(own[4], MESSAGE_CHARS),
    };
    whole.chunks_exact(5).map(commit).collect()
}

fn text(bytes: &[u8], chars: usize) -> String {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_end_matches(['\n', '\r']);
    match text.char_indices().nth(chars) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

impl Person {
    /// Reads `Name <address>`, as `git var` writes it with a time behind.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (name, rest) = text.split_once('<')?;
        let (email, _) = rest.split_once('>')?;
        let cut = |text: &str| text.trim().chars().take(NAME_CHARS).collect();
        Some(Self {
            name: cut(name),
            email: cut(email),
        })
        .filter(|own: &Self| !own.name.is_empty())
    }

    /// A name without spaces, as logins are: what stands before the `@`, else the name itself.
    #[must_use]
    pub fn login(&self) -> String {
        let local = self.email.split('@').next().unwrap_or_default();
        let base = if local.is_empty() { &self.name } else { local };
        let plain = |char: char| {
            if char.is_ascii_alphanumeric() || "._+-".contains(char) {
                char.to_ascii_lowercase()
            } else {
                '-'
            }
        };
        base.chars().map(plain).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commits_are_read_field_by_field() {
        let bytes = b"aa\0J\xc3\xb6rg\0j@x.y\x001700000000\0Fix\n\nwhy\n\0bb\0\0\0soon\0\0";
        let found = commits(bytes);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].author.name, "Jörg");
        assert_eq!(found[0].message, "Fix\n\nwhy");
        assert_eq!(found[0].at.map(Timestamp::as_second), Some(1_700_000_000));
        assert_eq!((found[1].sha.as_str(), found[1].at), ("bb", None));
        assert_eq!(commits(b""), []);
    }

    #[test]
    fn a_commit_that_is_not_whole_is_left_out() {
        assert_eq!(commits(b"aa\0n\0e\x001\0Fix").len(), 0);
        assert_eq!(commits(b"aa\0n\0e\x001\0Fix\0bb\0n").len(), 1);
    }

    #[test]
    fn foreign_bytes_and_long_texts_are_bounded() {
        let long = [
            b"aa\0\xff\0e\x001\0".as_slice(),
            &vec![b'x'; 100_000],
            b"\0",
        ]
        .concat();
        let found = commits(&long);
        assert_eq!(found[0].author.name, "\u{fffd}");
        assert_eq!(found[0].message.chars().count(), MESSAGE_CHARS + 1);
    }

    #[test]
    fn people() {
        let read = |text: &str| Person::parse(text).map(|own| (own.login(), own.name));
        let found = read("John Doe <John.Doe@example.com> 1700000000 +0100");
        assert_eq!(found, Some(("john.doe".into(), "John Doe".into())));
        assert_eq!(read("Ünal <>").map(|own| own.0), Some("-nal".into()));
        assert_eq!(read("<a@b>"), None);
        assert_eq!(read("nobody"), None);
    }
}
