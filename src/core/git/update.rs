//! One ref before and after: what a line of a post-receive hook says.

use std::collections::BTreeMap;
use std::fmt;

use thiserror::Error;

/// The name of an object: 40 hexadecimal digits of SHA-1, or 64 of SHA-256.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Oid(String);

impl Oid {
    /// Reads one; `None` where it is none. Git writes lower case, and an absent one as zeros.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let fits = matches!(text.len(), 40 | 64) && text.bytes().all(is_hex);
        fits.then(|| Self(text.to_owned()))
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What git writes in its place where there is none.
    #[must_use]
    pub fn none_like(&self) -> String {
        "0".repeat(self.0.len())
    }

    fn is_none(&self) -> bool {
        self.0.bytes().all(|byte| byte == b'0')
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The whole name of a ref: `refs/heads/main`. Bytes that are no UTF-8 are shown by a mark.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RefName(String);

/// What a ref is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefKind {
    /// Under `refs/heads/`.
    Branch,
    /// Under `refs/tags/`.
    Tag,
    /// Notes, reviews, what a tool keeps: no provider here tells of them.
    Other,
}

impl RefName {
    /// Takes a name as git wrote it.
    #[must_use]
    pub fn new(name: &[u8]) -> Self {
        Self(String::from_utf8_lossy(name).into_owned())
    }

    /// The whole name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is a branch or a tag.
    #[must_use]
    pub fn kind(&self) -> RefKind {
        self.split().0
    }

    /// The name a person uses: `main`.
    #[must_use]
    pub fn short(&self) -> &str {
        self.split().1
    }

    fn split(&self) -> (RefKind, &str) {
        let under = |folder: &str| self.0.strip_prefix(folder).filter(|name| !name.is_empty());
        if let Some(name) = under("refs/heads/") {
            (RefKind::Branch, name)
        } else if let Some(name) = under("refs/tags/") {
            (RefKind::Tag, name)
        } else {
            (RefKind::Other, &self.0)
        }
    }
}

/// A ref that was made, moved or deleted: at least one of both objects is there, and they differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// What it named before; `None` where there was no such ref.
    pub before: Option<Oid>,
    /// What it names now; `None` where it was deleted.
    pub after: Option<Oid>,
    /// Its name.
    pub name: RefName,
}

/// A line that is none of a post-receive hook.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum UpdateError {
    /// Not three words, or no object names.
    #[error("expected `OLD NEW REF`, as git gives them to post-receive: `{0}`")]
    NotALine(String),
    /// The same before and after.
    #[error("this ref did not change: `{0}`")]
    NoChange(String),
}

impl Update {
    /// Reads `OLD NEW REF`.
    ///
    /// # Errors
    /// [`UpdateError`]
    pub fn parse(line: &[u8]) -> Result<Self, UpdateError> {
        let shown = || String::from_utf8_lossy(line).chars().take(200).collect();
        let mut words = line.splitn(3, |byte| *byte == b' ');
        let mut oid = || Oid::parse(std::str::from_utf8(words.next()?).ok()?);
        let (Some(before), Some(after)) = (oid(), oid()) else {
            return Err(UpdateError::NotALine(shown()));
        };
        let name = words.next().filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| UpdateError::NotALine(shown()))?;
        if before == after {
            return Err(UpdateError::NoChange(shown()));
        }
        let there = |oid: Oid| (!oid.is_none()).then_some(oid);
        Ok(Self {
            before: there(before),
            after: there(after),
            name: RefName::new(name),
        })
    }

    /// The line it was read from.
    #[must_use]
    pub fn to_line(&self) -> String {
        let (before, after) = self.both();
        format!("{before} {after} {}", self.name.as_str())
    }

    /// Both objects as git writes them: zeros for the one that is not there.
    #[must_use]
    pub fn both(&self) -> (String, String) {
        let zeros = self.before.as_ref().or(self.after.as_ref());
        let zeros = zeros.map(Oid::none_like).unwrap_or_default();
        let text = |oid: &Option<Oid>| oid.as_ref().map_or(zeros.clone(), Oid::to_string);
        (text(&self.before), text(&self.after))
    }

    /// The object the ref names now, or named last.
    #[must_use]
    pub fn last(&self) -> &str {
        let last = self.after.as_ref().or(self.before.as_ref());
        last.map(Oid::as_str).unwrap_or_default()
    }
}

/// What changed between two states of a repository's refs, in the order of their names.
#[must_use]
pub fn compared(before: &BTreeMap<RefName, Oid>, after: &BTreeMap<RefName, Oid>) -> Vec<Update> {
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    let mut names: Vec<&RefName> = after.keys().chain(gone).collect();
    names.sort();
    let update = |name: &RefName| Update {
        before: before.get(name).cloned(),
        after: after.get(name).cloned(),
        name: name.clone(),
    };
    let updates = names.into_iter().map(update);
    updates.filter(|own| own.before != own.after).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
    const NONE: &str = "0000000000000000000000000000000000000000";

    fn update(line: &str) -> Result<Update, UpdateError> {
        Update::parse(line.as_bytes())
    }

    #[test]
    fn a_line_says_what_happened_to_a_ref() {
        let made = update(&format!("{NONE} {A} refs/heads/a b")).expect("a line");
        assert_eq!((made.before.is_none(), made.last()), (true, A));
        assert_eq!(made.name.short(), "a b", "all behind the second space");
        assert_eq!(made.both(), (NONE.to_owned(), A.to_owned()));
        let gone = update(&format!("{A} {NONE} refs/tags/v1")).expect("a line");
        assert_eq!((gone.after.is_none(), gone.last()), (true, A));
        assert_eq!(gone.name.kind(), RefKind::Tag);
        for line in [&made, &gone] {
            assert_eq!(Update::parse(line.to_line().as_bytes()).as_ref(), Ok(line));
        }
        let wide = "c".repeat(64);
        let wide = update(&format!("{wide} {} refs/heads/x", "0".repeat(64)));
        assert_eq!(wide.expect("SHA-256").both().1, "0".repeat(64));
    }

    #[test]
    fn what_is_no_line_is_refused_and_cut() {
        for line in [
            "",
            "main",
            &format!("{A} {B}"),
            &format!("{A} {B} "),
            &format!("{A} main refs/heads/main"),
            &format!("--all {B} refs/heads/main"),
            &format!("{} {B} refs/heads/main", A.to_uppercase()),
            &"x".repeat(9000),
        ] {
            let error = update(line).expect_err(line);
            assert!(matches!(error, UpdateError::NotALine(_)), "{line}");
            assert!(error.to_string().len() < 300);
        }
        let same = update(&format!("{A} {A} refs/heads/main"));
        assert!(matches!(same, Err(UpdateError::NoChange(_))));
        let zeros = update(&format!("{NONE} {NONE} refs/heads/main"));
        assert!(matches!(zeros, Err(UpdateError::NoChange(_))));
    }

    #[test]
    fn kinds_of_refs() {
        let kind = |name: &str| RefName::new(name.as_bytes()).kind();
        assert_eq!(kind("refs/heads/feature/x"), RefKind::Branch);
        assert_eq!(kind("refs/tags/v1"), RefKind::Tag);
        for other in ["refs/notes/commits", "refs/heads/", "HEAD", "main"] {
            assert_eq!(kind(other), RefKind::Other, "{other}");
        }
    }

    #[test]
    fn two_states_are_compared() {
        let state = |refs: &[(&str, &str)]| {
            let own = refs.iter().map(|(name, oid)| {
                let oid = Oid::parse(oid).expect("an object");
                (RefName::new(name.as_bytes()), oid)
            });
            own.collect::<BTreeMap<_, _>>()
        };
        let before = state(&[
            ("refs/heads/a", A),
            ("refs/heads/b", A),
            ("refs/heads/c", A),
        ]);
        let after = state(&[("refs/heads/a", A), ("refs/heads/b", B), ("refs/tags/t", B)]);
        let found: Vec<String> = compared(&before, &after)
            .iter()
            .map(Update::to_line)
            .collect();
        assert_eq!(
            found,
            [
                format!("{A} {B} refs/heads/b"),
                format!("{A} {NONE} refs/heads/c"),
                format!("{NONE} {B} refs/tags/t"),
            ]
        );
        assert!(compared(&after, &after).is_empty());
    }
}
