//! What a push did to a repository's refs, as the events of providers: `old new ref` lines and what
//! git knows of them in, payloads out. Nothing here runs git.

mod commit;
mod events;
mod update;

pub use self::commit::{COMMIT_FIELDS, Commit, Person, commits};
pub use self::events::{Facts, GitEvent, Pushed, RefChange, events};
pub use self::update::{Oid, RefKind, RefName, Update, UpdateError, compared};
