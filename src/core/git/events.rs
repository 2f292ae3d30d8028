//! From a ref that changed to the events a provider has for that, by its definition's templates.

use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::commit::{Commit, Person};
use super::update::{RefKind, Update};
use crate::core::compose::{self, ComposeError};
use crate::core::provider::Provider;
use crate::core::template::Filler;

/// How an event comes from git: when, and with which payload.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct GitEvent {
    /// What happened to a ref.
    pub on: Vec<RefChange>,
    /// The payload: a template of JSON text, with the values of [`events`].
    pub body: String,
}

/// What can happen to a ref.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefChange {
    /// A branch that was not there.
    BranchCreated,
    /// Commits that the branch had not: it grew, or is new and brings commits nobody had.
    CommitsPushed,
    /// A branch whose last commit before is not in it any more.
    ForcePushed,
    /// A branch that is gone.
    BranchDeleted,
    /// A tag that was not there.
    TagCreated,
    /// A tag that names something else.
    TagMoved,
    /// A tag that is gone.
    TagDeleted,
}

impl RefChange {
    /// What happened, for a person.
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Self::BranchCreated => "branch created",
            Self::CommitsPushed => "commits pushed",
            Self::ForcePushed => "force push",
            Self::BranchDeleted => "branch deleted",
            Self::TagCreated => "tag created",
            Self::TagMoved => "tag moved",
            Self::TagDeleted => "tag deleted",
        }
    }
}

/// What only the repository can say of an update.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Whether what the ref named before is no ancestor of what it names now.
    pub forced: bool,
    /// The commits that are new, the oldest first; of very many the newest.
    pub commits: Vec<Commit>,
    /// The commit the ref names now, or its tag names; `None` where there is none.
    pub head: Option<Commit>,
}

impl Facts {
    /// What an update is: a new branch with new commits is two things.
    #[must_use]
    pub fn changes(&self, update: &Update) -> Vec<RefChange> {
        let (is_new, is_gone) = (update.before.is_none(), update.after.is_none());
        match update.name.kind() {
            RefKind::Other => Vec::new(),
            RefKind::Tag if is_gone => vec![RefChange::TagDeleted],
            RefKind::Tag if is_new => vec![RefChange::TagCreated],
            RefKind::Tag => vec![RefChange::TagMoved],
            RefKind::Branch if is_gone => vec![RefChange::BranchDeleted],
            RefKind::Branch if is_new && self.commits.is_empty() => vec![RefChange::BranchCreated],
            RefKind::Branch if is_new => {
                vec![RefChange::BranchCreated, RefChange::CommitsPushed]
            }
            RefKind::Branch if self.forced => vec![RefChange::ForcePushed],
            RefKind::Branch => vec![RefChange::CommitsPushed],
        }
    }
}

/// A push, as far as one ref of it goes.
#[derive(Clone, Copy, Debug)]
pub struct Pushed<'a> {
    /// The repository: `organization/name`.
    pub repository: &'a str,
    /// Who pushed.
    pub sender: &'a Person,
    /// The ref.
    pub update: &'a Update,
    /// What the repository says of it.
    pub facts: &'a Facts,
}

/// The events a provider has for a push, each by its name with its payload, in the order of what
/// happened and then of the definition.
///
/// # Errors
/// [`ComposeError`] where a definition's template is wrong.
pub fn events(
    provider: &Provider,
    pushed: Pushed<'_>,
    filler: &Filler,
) -> Result<Vec<(String, Vec<u8>)>, ComposeError> {
    let mut found = Vec::new();
    for change in pushed.facts.changes(pushed.update) {
        for event in &provider.events {
            let Some(own) = event.git.as_ref().filter(|own| own.on.contains(&change)) else {
                continue;
            };
            let mut values = pushed.values();
            values["event"] = event.wire().into();
            values["delivery_id"] = compose::delivery_id(provider, filler)?.into();
            let text = filler.fill_with(&own.body, &values)?;
            let payload: Value = serde_json::from_str(&text).map_err(ComposeError::NotJson)?;
            found.push((event.wire().to_owned(), payload.to_string().into_bytes()));
        }
    }
    Ok(found)
}

impl Pushed<'_> {
    /// What a template may name. `key` and `number` are ids made of the name: the same for all events
    /// of a repository, an organization or a person.
    fn values(&self) -> Value {
        let (organization, name) = split(self.repository);
        let (before, after) = self.update.both();
        let sender = self.sender;
        let is_tag = self.update.name.kind() == RefKind::Tag;
        json!({
            "repository": {
                "full_name": self.repository,
                "name": name,
                "number": number(self.repository),
                "key": key(self.repository),
            },
            "organization": { "name": organization, "key": key(organization) },
            "sender": {
                "name": sender.name,
                "email": sender.email,
                "login": sender.login(),
                "number": number(&sender.email),
                "key": key(&sender.email),
            },
            "ref": self.update.name.as_str(),
            "ref_name": self.update.name.short(),
            "ref_type": if is_tag { "tag" } else { "branch" },
            "before": before,
            "after": after,
            "sha": self.update.last(),
            "forced": self.facts.forced,
            "commits": self.facts.commits.iter().map(values).collect::<Vec<_>>(),
            "head": self.facts.head.as_ref().map(values),
        })
    }
}

fn values(commit: &Commit) -> Value {
    let at = commit.at.unwrap_or_default();
    json!({
        "sha": commit.sha,
        "message": commit.message,
        "author": { "name": commit.author.name, "email": commit.author.email },
        "timestamp": format!("{at:.0}"),
    })
}

/// Organization and name of a repository.
fn split(full_name: &str) -> (&str, &str) {
    full_name.rsplit_once('/').unwrap_or(("", full_name))
}

/// 64 digits that are a name's own.
fn key(name: &str) -> String {
    hex::encode(Sha256::digest(name))
}

/// A number that is a name's own: positive, and exact in every JSON reader.
fn number(name: &str) -> u32 {
    (crc32fast::hash(name.as_bytes()) >> 1).max(1)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::core::random::Random;
    use crate::core::schema;
    use crate::providers::Catalog;

    const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
    const NONE: &str = "0000000000000000000000000000000000000000";

    fn commit(sha: &str, message: &str) -> Commit {
        Commit {
            sha: sha.to_owned(),
            message: message.to_owned(),
            author: Person {
                name: "Ada \"<script>\"".to_owned(),
                email: "ada@example.com".to_owned(),
            },
            at: Timestamp::from_second(1_700_000_000).ok(),
        }
    }

    fn grown(forced: bool) -> Facts {
        Facts {
            forced,
            commits: vec![commit(A, "One\n\n{{ now() }}"), commit(B, "Two")],
            head: Some(commit(B, "Two")),
        }
    }

    /// The events of a provider for a line, by name.
    fn told(provider: &str, line: &str, facts: &Facts) -> Vec<(String, Value)> {
        let provider = Catalog::default().whole(provider).expect("a provider");
        let update = Update::parse(line.as_bytes()).expect("a line");
        let sender = Person {
            name: "Grace Hopper".to_owned(),
            email: "grace@example.com".to_owned(),
        };
        let pushed = Pushed {
            repository: "my-org/my-app",
            sender: &sender,
            update: &update,
            facts,
        };
        let filler = Filler::new(Timestamp::UNIX_EPOCH, Random::from_text("1"));
        let found = events(&provider, pushed, &filler).expect("events");
        found
            .into_iter()
            .map(|(name, payload)| {
                let payload: Value = serde_json::from_slice(&payload).expect("JSON");
                let event = provider.event(&name).expect("an event");
                let shape = provider.schema(event).expect("a schema");
                let problems = schema::problems(&shape, &payload).expect("a schema");
                assert!(problems.is_empty(), "{name}: {problems:?}");
                (name, payload)
            })
            .collect()
    }

    fn names(provider: &str, line: &str, facts: &Facts) -> Vec<String> {
        told(provider, line, facts)
            .into_iter()
            .map(|own| own.0)
            .collect()
    }

    #[test]
    fn every_change_has_the_events_of_each_provider() {
        let empty = Facts::default();
        let head = Facts {
            head: Some(commit(A, "One")),
            ..Facts::default()
        };
        let (grown, forced) = (grown(false), grown(true));
        let none: [&str; 0] = [];
        let cases: [(String, &Facts, [&[&str]; 3]); 10] = [
            (
                format!("{A} {B} refs/heads/main"),
                &grown,
                [&["push"], &["push"], &["push"]],
            ),
            (
                format!("{A} {B} refs/heads/main"),
                &forced,
                [&["push.force"], &["push"], &["push"]],
            ),
            (
                format!("{NONE} {B} refs/heads/new"),
                &head,
                [&["branch.created"], &["create"], &none],
            ),
            (
                format!("{NONE} {B} refs/heads/new"),
                &grown,
                [&["branch.created", "push"], &["create", "push"], &["push"]],
            ),
            (
                format!("{B} {NONE} refs/heads/old"),
                &empty,
                [&["branch.deleted"], &["delete"], &none],
            ),
            (
                format!("{NONE} {B} refs/tags/v1"),
                &head,
                [&["push.tag", "tag.created"], &["create"], &none],
            ),
            // A tag of a file names no commit.
            (
                format!("{NONE} {B} refs/tags/v1"),
                &empty,
                [&["push.tag", "tag.created"], &["create"], &none],
            ),
            (
                format!("{A} {B} refs/tags/v1"),
                &head,
                [&["push.tag"], &none, &none],
            ),
            (
                format!("{B} {NONE} refs/tags/v1"),
                &empty,
                [&none, &["delete"], &none],
            ),
            (
                format!("{A} {B} refs/notes/commits"),
                &grown,
                [&none, &none, &none],
            ),
        ];
        for (line, facts, [dits, statly, storage]) in cases {
            assert_eq!(names("dits", &line, facts), dits, "{line}");
            assert_eq!(names("statly", &line, facts), statly, "{line}");
            assert_eq!(names("code-storage", &line, facts), storage, "{line}");
        }
        assert!(names("stripe", &format!("{A} {B} refs/heads/main"), &grown).is_empty());
    }

    #[test]
    fn refs_shas_and_commits_are_those_of_the_push() {
        let line = format!("{A} {B} refs/heads/feature/x");
        let (_, push) = told("statly", &line, &grown(false)).remove(0);
        assert_eq!(push["ref"], "refs/heads/feature/x");
        assert_eq!((&push["before"], &push["after"]), (&A.into(), &B.into()));
        assert_eq!(push["repository"]["fullName"], "my-org/my-app");
        assert_eq!(push["sender"]["email"], "grace@example.com");
        assert_eq!(
            push["commits"][0]["message"], "One\n\n{{ now() }}",
            "never a template"
        );
        assert_eq!(push["commits"][0]["author"]["name"], "Ada \"<script>\"");
        assert_eq!(push["commits"][1]["sha"], B);
        assert_eq!(push["commits"][1]["timestamp"], "2023-11-14T22:13:20Z");
        let (_, forced) = told("dits", &line, &grown(true)).remove(0);
        assert_eq!(
            (&forced["forced"], &forced["head_commit"]["id"]),
            (&true.into(), &B.into())
        );
        assert_eq!(forced["sender"]["login"], "grace");
        let (_, storage) = told("code-storage", &line, &grown(false)).remove(0);
        assert_eq!(storage["ref"], "feature/x");
        let line = format!("{B} {NONE} refs/heads/old");
        let (_, gone) = told("dits", &line, &Facts::default()).remove(0);
        assert_eq!(gone["branch"], json!({ "name": "old", "sha": B }));
        let (_, gone) = told("statly", &line, &Facts::default()).remove(0);
        assert_eq!(
            (&gone["ref"], &gone["sha"]),
            (&"refs/heads/old".into(), &B.into())
        );
        assert_eq!(gone["refType"], "branch");
    }

    #[test]
    fn ids_are_those_of_the_name() {
        let line = format!("{A} {B} refs/heads/main");
        let id = |line: &str| told("dits", line, &grown(false))[0].1["repository"]["id"].clone();
        assert_eq!(id(&line), id(&format!("{B} {A} refs/heads/other")));
        assert!(number("a") != number("b") && number("") > 0);
    }
}
