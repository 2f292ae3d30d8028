//! Which deliveries a route takes: a text with `*` for anything.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

/// A pattern over deliveries, in one of three forms:
///
/// | written | fits |
/// |---|---|
/// | `github:push` | this event of this provider |
/// | `push` | this event of whatever provider |
/// | `/hooks/github` | this path, whatever the query |
///
/// `*` stands for any characters, none and `/` among them; everything else stands for itself, case and
/// all. What is not known of a delivery, its provider or its event, is the empty text: only `*` fits
/// it. The first `:` ends the provider, so an event that has one is written `*:repo:push`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Pattern {
    text: String,
    form: Form,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Form {
    Event { provider: Glob, event: Glob },
    Path(Glob),
}

/// What a pattern is held against.
#[derive(Clone, Copy, Debug, Default)]
pub struct Subject<'a> {
    /// The provider's id.
    pub provider: Option<&'a str>,
    /// The event's name.
    pub event: Option<&'a str>,
    /// The request's target.
    pub target: &'a str,
}

impl Pattern {
    /// The pattern that fits every delivery.
    #[must_use]
    pub fn everything() -> Self {
        Self {
            text: "*".to_owned(),
            form: Form::Path(Glob("*".to_owned())),
        }
    }

    /// Whether it fits a delivery.
    #[must_use]
    pub fn fits(&self, subject: Subject<'_>) -> bool {
        match &self.form {
            Form::Event { provider, event } => {
                provider.fits(subject.provider.unwrap_or_default())
                    && event.fits(subject.event.unwrap_or_default())
            }
            Form::Path(path) => path.fits(subject.target.split('?').next().unwrap_or_default()),
        }
    }

    /// The provider it names, where it names exactly one.
    #[must_use]
    pub fn provider(&self) -> Option<&str> {
        match &self.form {
            Form::Event { provider, .. } if !provider.0.contains('*') => Some(&provider.0),
            _ => None,
        }
    }
}

impl FromStr for Pattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_word = |part: &str| !part.is_empty() && !part.chars().any(char::is_whitespace);
        let (provider, event) = match text.split_once(':') {
            Some(parts) if !text.starts_with('/') => parts,
            _ => ("*", text),
        };
        if !is_word(provider) || !is_word(event) {
            return Err(format!(
                "not a pattern, expected one such as `github:push`, `*.failed` or `/hooks/*`: `{text}`"
            ));
        }
        let glob = |text: &str| Glob(text.to_owned());
        Ok(Self {
            text: text.to_owned(),
            form: if text.starts_with('/') {
                Form::Path(glob(text))
            } else {
                Form::Event {
                    provider: glob(provider),
                    event: glob(event),
                }
            },
        })
    }
}

impl TryFrom<String> for Pattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A text in which `*` stands for any characters.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Glob(String);

impl Glob {
    /// Takes as long as the two are together, however many `*` there are: each part between two is
    /// looked for where the one before it ended, and the first place is as good as any later one.
    fn fits(&self, text: &str) -> bool {
        let Some((first, rest)) = self.0.split_once('*') else {
            return self.0 == text;
        };
        let Some(mut left) = text.strip_prefix(first) else {
            return false;
        };
        let mut parts: Vec<&str> = rest.split('*').collect();
        let last = parts.pop().unwrap_or_default();
        for part in parts {
            match left.find(part) {
                Some(at) => left = &left[at + part.len()..],
                None => return false,
            }
        }
        left.ends_with(last)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fits(pattern: &str, provider: &str, event: &str, target: &str) -> bool {
        let known = |text| Some(text).filter(|text: &&str| !text.is_empty());
        let subject = Subject {
            provider: known(provider),
            event: known(event),
            target,
        };
        pattern.parse::<Pattern>().expect("a pattern").fits(subject)
    }

    #[test]
    fn patterns_and_what_they_fit() {
        for (pattern, provider, event, target, wanted) in [
            ("github:push", "github", "push", "/", true),
            ("github:push", "github", "pushed", "/", false),
            ("github:push", "gitlab", "push", "/", false),
            ("github:Push", "github", "push", "/", false),
            ("github:*", "github", "", "/", true),
            ("github:*", "", "push", "/", false),
            ("git*:push", "gitlab", "push", "/", true),
            ("push", "gitea", "push", "/", true),
            ("push", "", "push", "/", true),
            ("*.failed", "stripe", "invoice.payment.failed", "/", true),
            ("*.failed", "stripe", "failed", "/", false),
            ("*:*.failed", "stripe", "charge.failed", "/", true),
            ("invoice.*.x", "stripe", "invoice.x", "/", false),
            ("*", "", "", "/any?x", true),
            ("*:*", "", "", "/", true),
            ("*:repo:push", "bitbucket-cloud", "repo:push", "/", true),
            ("repo:push", "bitbucket-cloud", "repo:push", "/", false),
            ("/hooks", "github", "push", "/hooks?x=/other", true),
            ("/hooks", "github", "push", "/hooks/a", false),
            ("/hooks/*", "", "", "/hooks/a/b?c", true),
            ("/hooks/*", "", "", "/hooks", false),
            ("/a:b", "a", "b", "/", false),
            ("/a:b", "", "", "/a:b", true),
        ] {
            let found = fits(pattern, provider, event, target);
            assert_eq!(found, wanted, "{pattern} {provider} {event} {target}");
        }
        let everything = Pattern::everything();
        assert!(everything.fits(Subject::default()));
    }

    #[test]
    fn what_is_no_pattern() {
        for text in ["", ":", "github:", ":push", "a b", "github: push"] {
            assert!(text.parse::<Pattern>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_provider_is_told_where_there_is_just_one() {
        let named = |text: &str| {
            let pattern: Pattern = text.parse().expect("a pattern");
            pattern.provider().map(str::to_owned)
        };
        assert_eq!(named("github:*").as_deref(), Some("github"));
        assert_eq!(named("git*:push"), None);
        assert_eq!(named("push"), None);
        assert_eq!(named("/github:push"), None);
    }

    /// The same by trying every way out: the definition.
    fn slowly(glob: &[char], text: &[char]) -> bool {
        match glob.split_first() {
            None => text.is_empty(),
            Some(('*', rest)) => (0..=text.len()).any(|at| slowly(rest, &text[at..])),
            Some((char, rest)) => text.first() == Some(char) && slowly(rest, &text[1..]),
        }
    }

    proptest! {
        #[test]
        fn a_glob_fits_what_its_definition_says(glob in "[ab*é]{0,8}", text in "[abé]{0,8}") {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            let wanted = slowly(&chars(&glob), &chars(&text));
            prop_assert_eq!(Glob(glob).fits(&text), wanted);
        }
    }
}
