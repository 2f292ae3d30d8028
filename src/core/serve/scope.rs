//! Of which repositories a webhook hears, and of which one an event is.

use std::fmt;
use std::str::FromStr;

/// The longest there may be.
const LONGEST: usize = 200;

/// All repositories (the empty text), an organization's (`my-org`), or one (`my-org/my-app`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Scope(String);

impl Scope {
    /// All there are.
    #[must_use]
    pub fn everything() -> Self {
        Self::default()
    }

    /// As it is kept: the empty text for all.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is one repository of an organization.
    #[must_use]
    pub fn is_repository(&self) -> bool {
        self.as_str().contains('/')
    }

    /// Whether an event of the other is of this one: a repository is of its organization.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        let rest = other.0.strip_prefix(&self.0);
        self.0.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

impl FromStr for Scope {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_name = |part: &str| {
            let plain = |char: char| char.is_alphanumeric() || "-_.~".contains(char);
            !part.is_empty() && part.chars().all(plain)
        };
        if text.is_empty() || text.len() <= LONGEST && text.split('/').all(is_name) {
            return Ok(Self(text.to_owned()));
        }
        Err(format!(
            "not a repository, expected `org/name`, or `org` for all of an organization: `{text}`"
        ))
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "*" } else { &self.0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_of_its_organization_and_no_other() {
        let covers = |own: &str, other: &str| {
            let scope = |text: &str| text.parse::<Scope>().expect("a scope");
            scope(own).covers(&scope(other))
        };
        for (own, other, wanted) in [
            ("", "", true),
            ("", "org/app", true),
            ("org", "org/app", true),
            ("org", "org", true),
            ("org", "organic/app", false),
            ("org/app", "org/app", true),
            ("org/app", "org/application", false),
            ("org/app", "org", false),
            ("org/app", "", false),
            ("group/sub", "group/sub/app", true),
        ] {
            assert_eq!(covers(own, other), wanted, "{own} {other}");
        }
        for text in ["/", "org/", "a b/c", "a/../\u{1b}", &"x".repeat(201)] {
            assert!(text.parse::<Scope>().is_err(), "{text}");
        }
    }
}
