//! `hookcat emit --from-git`: what a push did, told as the events of providers.

use std::io::{IsTerminal, Read};
use std::path::Path;

use super::EmitArgs;
use super::queue::Queue;
use crate::commands::output::{Access, replace};
use crate::commands::send::compose_error;
use crate::commands::session::{Session, warn_about};
use crate::core::git::{
    Oid, Person, Pushed, RefChange, RefKind, RefName, Update, compared, events,
};
use crate::core::provider::Provider;
use crate::core::serve::scope::Scope;
use crate::core::template::Filler;
use crate::error::CommandError;
use crate::git::{GitError, Refs, Repository, before};
use crate::ui::Ui;

/// The most refs of a push that are told.
const REFS: usize = 1000;
/// No push has more lines than fit in here.
const INPUT: u64 = 64 * 1024 * 1024;
/// Where a repository keeps the refs that `--compare` compares with.
const STATE: &str = "hookcat-refs";

/// Runs `emit --from-git`.
pub(super) fn run(
    args: &EmitArgs,
    session: &Session,
    queue: Queue<'_>,
) -> Result<(), CommandError> {
    let ui = session.ui;
    let providers = providers(args, session)?;
    let repository = Repository::find(args.path()).map_err(git_error)?;
    let now = repository.refs().map_err(git_error)?;
    let (mut updates, state) = if args.compare {
        let state = repository.folder().join(STATE);
        let Some(old) = remembered(&state)? else {
            remember(&state, &now)?;
            ui.status("the refs are remembered: the next --compare tells what changed since now");
            return Ok(());
        };
        (compared(&old, &now), Some(state))
    } else {
        (read(ui)?, None)
    };
    if updates.len() > REFS {
        let all = updates.len();
        updates.truncate(REFS);
        ui.warn(&format!("{all} refs changed: the first {REFS} are told"));
    }
    let teller = Teller {
        args,
        ui,
        scope: scope(args, &repository)?,
        sender: sender(args, &repository)?,
        before: before(&now, &updates),
        repository,
        providers,
        filler: Filler::new(args.repeat.clock().now(), args.repeat.random()?),
    };
    let mut queue = queue;
    for update in &updates {
        teller.tell(update, &mut queue)?;
    }
    queue.close()?;
    // Not before all of it is on disk: rather told twice than never.
    match state {
        Some(state) => remember(&state, &now),
        None => Ok(()),
    }
}

/// Those that a push has events of.
fn providers(args: &EmitArgs, session: &Session) -> Result<Vec<Provider>, CommandError> {
    let Some(name) = args.named() else {
        return Ok(session.catalog.of_git());
    };
    let provider = session.whole_provider(name)?;
    if provider.events.iter().all(|event| event.git.is_none()) {
        let known = session.catalog.of_git();
        let known: Vec<&str> = known.iter().map(|own| own.id.as_str()).collect();
        let what = format!("no event of `{}` comes from git", provider.id);
        return Err(CommandError::usage(what).hint(format!(
            "those of these do: {}; `[event.git]` of a definition says how, hookcat-providers(5)",
            known.join(", ")
        )));
    }
    warn_about(&provider, session.ui);
    Ok(vec![provider])
}

/// The lines of a post-receive hook.
fn read(ui: Ui) -> Result<Vec<Update>, CommandError> {
    if std::io::stdin().is_terminal() {
        ui.status(
            "reading lines `OLD NEW REF`, Ctrl-D ends them; --compare takes what changed instead",
        );
    }
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .take(INPUT)
        .read_to_end(&mut bytes)
        .map_err(|error| CommandError::usage("cannot read stdin").because(error))?;
    let lines = bytes.split(|byte| *byte == b'\n').enumerate();
    let lines = lines.filter(|(_, line)| !line.is_empty());
    lines
        .map(|(index, line)| {
            let what = format!("line {} of stdin is none of a push", index + 1);
            Update::parse(line).map_err(|error| CommandError::usage(what).because(error))
        })
        .collect()
}

fn scope(args: &EmitArgs, repository: &Repository) -> Result<Scope, CommandError> {
    match &args.repo {
        Some(scope) => Ok(scope.clone()),
        None => repository.name().parse().map_err(|error: String| {
            CommandError::usage(error).hint("say which repository it is: --repo org/name")
        }),
    }
}

fn sender(args: &EmitArgs, repository: &Repository) -> Result<Person, CommandError> {
    if let Some(own) = &args.sender {
        return Ok(own.clone());
    }
    let user = repository.user().map_err(git_error)?;
    Ok(user.unwrap_or_else(|| Person {
        name: "git".to_owned(),
        email: "git@localhost".to_owned(),
    }))
}

/// Tells of one ref after the other.
struct Teller<'a> {
    args: &'a EmitArgs,
    ui: Ui,
    scope: Scope,
    sender: Person,
    before: Refs,
    repository: Repository,
    providers: Vec<Provider>,
    filler: Filler,
}

impl Teller<'_> {
    fn tell(&self, update: &Update, queue: &mut Queue<'_>) -> Result<(), CommandError> {
        let name = update.name.as_str();
        if update.name.kind() == RefKind::Other {
            self.ui
                .status(&format!("neither a branch nor a tag, left out: `{name}`"));
            return Ok(());
        }
        let facts = self
            .repository
            .facts(update, &self.before)
            .map_err(git_error)?;
        let pushed = Pushed {
            repository: self.scope.as_str(),
            sender: &self.sender,
            update,
            facts: &facts,
        };
        let filler = self.filler.later(self.args.repeat.clock().now());
        let mut told = 0;
        for provider in &self.providers {
            let found = events(provider, pushed, &filler)
                .map_err(|error| compose_error(error, provider))?;
            told += found.len();
            for (event, payload) in found {
                queue.put(provider, &event, (&self.scope, Some(name)), payload)?;
            }
        }
        if told == 0 {
            let what = facts.changes(update);
            let what: Vec<&str> = what.into_iter().map(RefChange::describe).collect();
            self.ui
                .status(&format!("no event tells it, {}: `{name}`", what.join(", ")));
        }
        Ok(())
    }
}

/// The refs as they were at the last `--compare`; none where there was none.
fn remembered(path: &Path) -> Result<Option<Refs>, CommandError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            let what = format!("cannot read `{}`", path.display());
            return Err(CommandError::failure(what).because(error));
        }
    };
    let line = |line: &str| {
        let (oid, name) = line.split_once(' ')?;
        Some((RefName::new(name.as_bytes()), Oid::parse(oid)?))
    };
    Ok(Some(text.lines().filter_map(line).collect()))
}

fn remember(path: &Path, refs: &Refs) -> Result<(), CommandError> {
    let lines = refs
        .iter()
        .map(|(name, oid)| format!("{oid} {}\n", name.as_str()));
    replace(path, lines.collect::<String>().as_bytes(), Access::Usual).map_err(|error| {
        CommandError::failure(format!("cannot write `{}`", path.display())).because(error)
    })
}

/// What git does not say, with what helps.
pub(super) fn git_error(error: GitError) -> CommandError {
    let what = error.to_string();
    match error {
        GitError::NoGit(cause) => CommandError::failure(what)
            .because(cause)
            .hint("refs and commits are read by the `git` program: install it, or add it to PATH"),
        GitError::NoRepository { said, .. } => CommandError::usage(what).because(said).hint(
            "name the repository: --from-git=PATH; a provider's name stands before --from-git",
        ),
        GitError::NoCommit(_) => CommandError::usage(what)
            .hint("is it another repository's push? name that: --from-git=PATH"),
        GitError::Failed { said, .. } => CommandError::failure(what).because(said),
    }
}
