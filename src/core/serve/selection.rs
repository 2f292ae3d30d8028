//! Which events a webhook takes.

use std::fmt;
use std::str::FromStr;

/// The most a webhook may name, and the longest name.
const MOST: usize = 100;
const LONGEST: usize = 100;

/// Events by name, by the first part of their names (`pull_request.*`), or all (`*`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection(Vec<String>);

impl Selection {
    /// Every event.
    #[must_use]
    pub fn everything() -> Self {
        Self(vec!["*".to_owned()])
    }

    /// Reads a list of them; one that stands twice counts once.
    ///
    /// # Errors
    /// A sentence with what was expected.
    pub fn of<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let mut found: Vec<String> = Vec::new();
        for text in texts {
            let text = text.trim();
            let stem = text.strip_suffix(".*").unwrap_or(text);
            let plain = |char: char| char.is_alphanumeric() || "._-:/".contains(char);
            let is_name = !stem.is_empty() && stem.len() <= LONGEST && stem.chars().all(plain);
            if text != "*" && !is_name {
                return Err(format!(
                    "not an event, expected `push`, `pull_request.*` or `*`: `{text}`"
                ));
            }
            if !found.iter().any(|own| own == text) {
                found.push(text.to_owned());
            }
        }
        match found.len() {
            0 => Err("no event: name at least one, or `*` for all".to_owned()),
            many if many > MOST => Err(format!(
                "too many events, at most {MOST} can be named: {many}"
            )),
            _ => Ok(Self(found)),
        }
    }

    /// Whether an event is among them.
    #[must_use]
    pub fn takes(&self, event: &str) -> bool {
        self.0.iter().any(|own| fits(own, event))
    }

    /// The first that none of these events is of.
    #[must_use]
    pub fn stranger<'a>(&self, known: &(impl Iterator<Item = &'a str> + Clone)) -> Option<&str> {
        let mut own = self.0.iter();
        own.find(|own| !known.clone().any(|event| fits(own, event)))
            .map(String::as_str)
    }

    /// As they were written.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

fn fits(own: &str, event: &str) -> bool {
    match own.strip_suffix('*') {
        // With the dot, which keeps `pull_request.*` from `pull_requests.opened`.
        Some(stem) => event.starts_with(stem),
        None => own == event,
    }
}

impl FromStr for Selection {
    type Err = String;

    /// Reads them with commas between.
    fn from_str(text: &str) -> Result<Self, String> {
        Self::of(text.split(',').filter(|own| !own.trim().is_empty()))
    }
}

impl fmt::Display for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_taken_by_name_by_stem_or_all() {
        for (own, event, wanted) in [
            ("push", "push", true),
            ("push", "push.tag", false),
            ("push,create", "create", true),
            ("pull_request.*", "pull_request.opened", true),
            ("pull_request.*", "pull_request", false),
            ("pull_request.*", "pull_requests.opened", false),
            ("repo.sync.*", "repo.sync.failed", true),
            ("*", "anything", true),
        ] {
            let selection: Selection = own.parse().expect("a selection");
            assert_eq!(selection.takes(event), wanted, "{own} {event}");
        }
    }

    #[test]
    fn what_names_no_event_is_refused() {
        for text in ["", " , ", "**", "pu*sh", ".*", "a b", "\u{1b}[0m"] {
            assert!(text.parse::<Selection>().is_err(), "{text}");
        }
        let many: Vec<String> = (0..101).map(|own| format!("e{own}")).collect();
        assert!(Selection::of(many.iter().map(String::as_str)).is_err());
        let twice: Selection = "push, push".parse().expect("a selection");
        assert_eq!(twice.to_string(), "push");
        let known = ["push", "issue.opened"].into_iter();
        let stranger = |text: &str| {
            let own: Selection = text.parse().expect("a selection");
            own.stranger(&known).map(str::to_owned)
        };
        assert_eq!(stranger("push,issue.*,*"), None);
        assert_eq!(stranger("push,pul").as_deref(), Some("pul"));
    }
}
