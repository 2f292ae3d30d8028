//! What a repository says of its refs and commits, through the `git` program: fixed arguments, no
//! shell, and nothing but object names on its stdin.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

use thiserror::Error;

use crate::core::git::{
    COMMIT_FIELDS, Commit, Facts, Oid, Person, RefKind, RefName, Update, commits,
};

/// So many commits of a push are told, the newest: a first push may bring a million.
const COMMITS: usize = 100;
/// More than this is not read of what git says.
const OUTPUT: u64 = 32 * 1024 * 1024;
/// And more than this is not read of what it complains of.
const COMPLAINT: u64 = 4 * 1024;

/// What `git rev-parse --local-env-vars` lists: a hook has them for its own repository, so they are
/// kept from git where another one is named.
const OF_A_REPOSITORY: [&str; 15] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
];

/// A repository.
#[derive(Clone, Debug)]
pub struct Repository {
    path: Option<PathBuf>,
    folder: PathBuf,
}

/// What each ref names.
pub type Refs = BTreeMap<RefName, Oid>;

/// Why git does not say what is asked.
#[derive(Debug, Error)]
pub enum GitError {
    /// No program of this name.
    #[error("cannot run `git`")]
    NoGit(#[source] std::io::Error),
    /// It does not take this for a repository.
    #[error("not a git repository: `{path}`")]
    NoRepository {
        /// As it was named.
        path: String,
        /// What git says.
        #[source]
        said: Said,
    },
    /// A branch names what is not there.
    #[error("the repository has no such commit: `{0}`")]
    NoCommit(Oid),
    /// It ended without success.
    #[error("`git {asked}` failed")]
    Failed {
        /// What it was to do.
        asked: String,
        /// What it says.
        #[source]
        said: Said,
    },
}

/// What git says on its stderr.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct Said(String);

/// How git ended, and what it wrote.
struct Answer {
    code: Option<i32>,
    out: Vec<u8>,
    said: Said,
}

impl Repository {
    /// Finds the repository at or above a path; without one, the one that git itself would take here,
    /// in a hook the hook's own.
    ///
    /// # Errors
    /// [`GitError::NoRepository`], [`GitError::NoGit`]
    pub fn find(path: Option<&Path>) -> Result<Self, GitError> {
        let mut own = Self {
            path: path.map(Path::to_owned),
            folder: PathBuf::new(),
        };
        let answer = own.ask(&["rev-parse", "--absolute-git-dir"], None)?;
        if answer.code != Some(0) {
            let path = path.unwrap_or(Path::new("."));
            return Err(GitError::NoRepository {
                path: path.display().to_string(),
                said: answer.said,
            });
        }
        own.folder = folder(&answer.out);
        Ok(own)
    }

    /// The folder with the repository's own files.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where its hooks are.
    ///
    /// # Errors
    /// [`GitError`]
    pub fn hooks(&self) -> Result<PathBuf, GitError> {
        let asked = ["rev-parse", "--path-format=absolute", "--git-path", "hooks"];
        Ok(folder(&self.said(&asked, None)?))
    }

    /// A name in the form `organization/name`, of the last two folders of its path; what names of
    /// repositories cannot hold is a dash.
    #[must_use]
    pub fn name(&self) -> String {
        let is_inside = self.folder.file_name().is_some_and(|name| name == ".git");
        let top = if is_inside {
            self.folder.parent()
        } else {
            Some(self.folder.as_path())
        };
        let names = top.into_iter().flat_map(Path::components).rev();
        let mut names = names
            .filter_map(|part| match part {
                std::path::Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
                _ => None,
            })
            .take(2);
        let name = names.next().unwrap_or_else(|| "repository".to_owned());
        let name = name.strip_suffix(".git").unwrap_or(&name);
        let organization = names.next().unwrap_or_else(|| "local".to_owned());
        let plain = |char: char| char.is_alphanumeric() || "-_.~".contains(char);
        let dashed = |text: &str| text.replace(|char| !plain(char), "-");
        format!("{}/{}", dashed(&organization), dashed(name))
    }

    /// Who git takes the user for; `None` where it does not know.
    ///
    /// # Errors
    /// [`GitError::NoGit`]
    pub fn user(&self) -> Result<Option<Person>, GitError> {
        let answer = self.ask(&["var", "GIT_COMMITTER_IDENT"], None)?;
        Ok(Person::parse(&String::from_utf8_lossy(&answer.out)).filter(|_| answer.code == Some(0)))
    }

    /// Its branches and tags, and what they name.
    ///
    /// # Errors
    /// [`GitError`]
    pub fn refs(&self) -> Result<Refs, GitError> {
        // A ref's name holds neither spaces nor line breaks.
        let asked = [
            "for-each-ref",
            "--format=%(objectname) %(refname)",
            "refs/heads/",
            "refs/tags/",
        ];
        let found = self.said(&asked, None)?;
        let line = |line: &[u8]| {
            let (oid, name) = line.split_at_checked(line.iter().position(|byte| *byte == b' ')?)?;
            let oid = Oid::parse(std::str::from_utf8(oid).ok()?)?;
            Some((RefName::new(&name[1..]), oid))
        };
        Ok(found
            .split(|byte| *byte == b'\n')
            .filter_map(line)
            .collect())
    }

    /// What there is to say of a ref that changed, where the refs were these before all of it did.
    ///
    /// # Errors
    /// [`GitError`]
    pub fn facts(&self, update: &Update, before: &Refs) -> Result<Facts, GitError> {
        let kind = update.name.kind();
        let Some(after) = update.after.as_ref().filter(|_| kind != RefKind::Other) else {
            return Ok(Facts::default());
        };
        let tip = match self.commit_of(after)? {
            Some(tip) => tip,
            // It may name a file or a folder.
            None if kind == RefKind::Tag => return Ok(Facts::default()),
            None => return Err(GitError::NoCommit(after.clone())),
        };
        let forced = match &update.before {
            Some(old) if kind == RefKind::Branch => !self.is_ancestor(old, &tip)?,
            _ => false,
        };
        let known: BTreeSet<&Oid> = match &update.before {
            Some(old) => BTreeSet::from([old]),
            None => before.values().collect(),
        };
        let mut commits = self.commits(&tip, known.into_iter(), COMMITS)?;
        let head = match commits.first() {
            Some(first) => Some(first.clone()),
            None => self.commits(&tip, std::iter::empty(), 1)?.pop(),
        };
        commits.reverse();
        Ok(Facts {
            forced,
            commits,
            head,
        })
    }

    /// The commit that an object is, or a tag names.
    fn commit_of(&self, oid: &Oid) -> Result<Option<Oid>, GitError> {
        let commit = format!("{oid}^{{commit}}");
        let answer = self.ask(
            &[
                "rev-parse",
                "--verify",
                "--quiet",
                "--end-of-options",
                &commit,
            ],
            None,
        )?;
        Ok(Oid::parse(String::from_utf8_lossy(&answer.out).trim_end()))
    }

    /// Whether one commit is in the history of another. What the repository has no more is not: it
    /// would be kept.
    fn is_ancestor(&self, old: &Oid, new: &Oid) -> Result<bool, GitError> {
        let Some(old) = self.commit_of(old)? else {
            return Ok(false);
        };
        let asked = [
            "merge-base",
            "--is-ancestor",
            "--end-of-options",
            old.as_str(),
            new.as_str(),
        ];
        let answer = self.ask(&asked, None)?;
        match answer.code {
            Some(0) => Ok(true),
            Some(1) => Ok(false),
            _ => Err(failed(&asked, answer)),
        }
    }

    /// The newest commits in one's history that are in none of the others'.
    fn commits<'a>(
        &self,
        tip: &Oid,
        known: impl Iterator<Item = &'a Oid>,
        most: usize,
    ) -> Result<Vec<Commit>, GitError> {
        let mut input = format!("{tip}\n");
        for oid in known {
            input.push_str(&format!("^{oid}\n"));
        }
        let (most, form) = (
            format!("--max-count={most}"),
            format!("--format=tformat:{COMMIT_FIELDS}"),
        );
        let asked = [
            "log",
            "-z",
            // What a configuration may add to it, and what an object that is not there any more is no
            // reason for.
            "--no-show-signature",
            "--no-patch",
            "--no-color",
            "--encoding=UTF-8",
            "--ignore-missing",
            &most,
            &form,
            "--stdin",
        ];
        Ok(commits(&self.said(&asked, Some(input))?))
    }

    fn said(&self, asked: &[&str], input: Option<String>) -> Result<Vec<u8>, GitError> {
        let answer = self.ask(asked, input)?;
        match answer.code {
            Some(0) => Ok(answer.out),
            _ => Err(failed(asked, answer)),
        }
    }

    fn ask(&self, asked: &[&str], input: Option<String>) -> Result<Answer, GitError> {
        let mut command = Command::new("git");
        if let Some(path) = &self.path {
            for name in OF_A_REPOSITORY {
                command.env_remove(name);
            }
            command.arg("-C").arg(path);
        }
        let mut child = command
            .args(["--no-pager", "--no-replace-objects"])
            .args(asked)
            .env("LC_ALL", "C")
            .env("GIT_NO_LAZY_FETCH", "1")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_TERMINAL_PROMPT", "0")
            .stdin(if input.is_some() {
                Stdio::piped()
            } else {
                Stdio::null()
            })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(GitError::NoGit)?;
        talk(&mut child, input).map_err(GitError::NoGit)
    }
}

/// Gives git its stdin and takes what it writes, all at once, so that neither waits for the other.
fn talk(child: &mut Child, input: Option<String>) -> std::io::Result<Answer> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let mut out = Vec::new();
    let complaint = thread::scope(|scope| {
        let complaint = scope.spawn(move || {
            let mut text = Vec::new();
            let mut stderr = stderr?;
            let _ = stderr.by_ref().take(COMPLAINT).read_to_end(&mut text);
            // The rest is taken too, or git would wait.
            let _ = std::io::copy(&mut stderr, &mut std::io::sink());
            Some(text)
        });
        scope.spawn(move || {
            // Git may have read enough: how it ends says what matters.
            let written = stdin
                .zip(input)
                .map(|(mut stdin, text)| stdin.write_all(text.as_bytes()));
            drop(written);
        });
        if let Some(stdout) = stdout {
            // What is over the bound ends git: nobody reads on.
            let _ = stdout.take(OUTPUT).read_to_end(&mut out);
        }
        complaint.join().ok().flatten().unwrap_or_default()
    });
    let is_cut = u64::try_from(out.len()).is_ok_and(|len| len == OUTPUT);
    let code = child.wait()?.code().or(is_cut.then_some(0));
    let said = String::from_utf8_lossy(&complaint);
    let said = said.trim().strip_prefix("fatal: ").unwrap_or(said.trim());
    Ok(Answer {
        code,
        out,
        said: Said(if said.is_empty() {
            "it does not say why".to_owned()
        } else {
            said.to_owned()
        }),
    })
}

fn failed(asked: &[&str], answer: Answer) -> GitError {
    GitError::Failed {
        asked: asked.first().copied().unwrap_or_default().to_owned(),
        said: answer.said,
    }
}

/// A path as git writes it.
#[cfg(unix)]
fn folder(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    let line = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    PathBuf::from(std::ffi::OsStr::from_bytes(line))
}

#[cfg(not(unix))]
fn folder(bytes: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(bytes).trim_end())
}

/// The refs as they were before these changes.
#[must_use]
pub fn before(now: &Refs, updates: &[Update]) -> Refs {
    let mut refs = now.clone();
    for update in updates {
        match &update.before {
            Some(old) => refs.insert(update.name.clone(), old.clone()),
            None => refs.remove(&update.name),
        };
    }
    refs
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A repository to change, and its refs as they were when it was looked at last.
    struct Work {
        folder: tempfile::TempDir,
        before: Refs,
    }

    impl Work {
        fn new(more: &[&str]) -> Self {
            let work = Self {
                folder: tempfile::tempdir().expect("a folder"),
                before: Refs::new(),
            };
            work.git(&[&["init", "-q", "-b", "main"], more].concat());
            work
        }

        fn git(&self, args: &[&str]) -> String {
            let mut command = Command::new("git");
            for name in OF_A_REPOSITORY {
                command.env_remove(name);
            }
            let output = command
                .arg("-C")
                .arg(self.folder.path())
                .args(["-c", "user.name=Ada L", "-c", "user.email=ada@example.com"])
                .args(args)
                .env("GIT_CONFIG_GLOBAL", "/dev/null")
                .env("GIT_CONFIG_SYSTEM", "/dev/null")
                .output()
                .expect("git");
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{args:?}: {said}");
            String::from_utf8_lossy(&output.stdout)
                .trim_end()
                .to_owned()
        }

        fn commit(&self, message: &str) -> String {
            self.git(&["commit", "-q", "--allow-empty", "-m", message]);
            self.git(&["rev-parse", "HEAD"])
        }

        /// What changed since it was looked at last, with what there is to say of it.
        fn news(&mut self) -> Vec<(Update, Facts)> {
            let repository = Repository::find(Some(self.folder.path())).expect("a repository");
            let now = repository.refs().expect("refs");
            let updates = crate::core::git::compared(&self.before, &now);
            let old = before(&now, &updates);
            assert_eq!(old, self.before);
            self.before = now;
            let facts = |update: &Update| repository.facts(update, &old).expect("facts");
            updates
                .iter()
                .map(|own| (own.clone(), facts(own)))
                .collect()
        }
    }

    fn messages(facts: &Facts) -> Vec<&str> {
        facts
            .commits
            .iter()
            .map(|own| own.message.as_str())
            .collect()
    }

    #[test]
    fn commits_are_those_that_are_new_and_a_force_push_is_told_by_ancestry() {
        let mut work = Work::new(&[]);
        let first = work.commit("one\n\nwhy");
        let second = work.commit("two -- \u{2192}");
        let (_, facts) = work.news().remove(0);
        assert_eq!(messages(&facts), ["one\n\nwhy", "two -- \u{2192}"]);
        assert_eq!(facts.commits[0].author.email, "ada@example.com");
        assert_eq!(
            facts.head.as_ref().map(|own| own.sha.as_str()),
            Some(&*second)
        );

        let third = work.commit("three");
        let (update, facts) = work.news().remove(0);
        assert_eq!((messages(&facts), facts.forced), (vec!["three"], false));
        assert_eq!(update.both(), (second.clone(), third));

        // Something else in its place; then back to where it was, which brings nothing new.
        work.git(&["reset", "-q", "--hard", &first]);
        let other = work.commit("other");
        let (_, facts) = work.news().remove(0);
        assert_eq!((messages(&facts), facts.forced), (vec!["other"], true));
        work.git(&["reset", "-q", "--hard", &first]);
        let (update, facts) = work.news().remove(0);
        assert_eq!((messages(&facts), facts.forced), (vec![], true));
        assert_eq!(update.both(), (other, first.clone()));
        assert_eq!(facts.head.map(|own| own.sha), Some(first));
    }

    #[test]
    fn a_new_branch_brings_what_no_ref_had() {
        let mut work = Work::new(&[]);
        let first = work.commit("one");
        work.news();
        work.git(&["branch", "same"]);
        work.git(&["checkout", "-q", "-b", "more"]);
        work.commit("two");
        work.git(&["branch", "more-too"]);
        let news = work.news();
        let told: Vec<_> = news
            .iter()
            .map(|own| (own.0.name.short(), messages(&own.1)))
            .collect();
        let wanted = [
            ("more", vec!["two"]),
            ("more-too", vec!["two"]),
            ("same", vec![]),
        ];
        assert_eq!(told, wanted);
        assert_eq!(news[2].1.head.as_ref().map(|own| &*own.sha), Some(&*first));
        work.git(&["checkout", "-q", "main"]);
        work.git(&["branch", "-D", "more-too"]);
        let (update, facts) = work.news().remove(0);
        assert_eq!((update.after, facts), (None, Facts::default()));
    }

    #[test]
    fn tags_of_commits_of_tags_and_of_files() {
        let mut work = Work::new(&[]);
        let first = work.commit("one");
        work.news();
        work.git(&["tag", "light"]);
        work.git(&["tag", "-a", "-m", "released", "noted"]);
        let file = work.git(&["hash-object", "-w", "/dev/null"]);
        work.git(&["tag", "file", &file]);
        let news = work.news();
        let head = |at: usize| news[at].1.head.as_ref().map(|own| own.sha.clone());
        assert_eq!((news[0].0.last(), head(0)), (&*file, None));
        assert_eq!((news[1].0.last(), head(1)), (&*first, Some(first.clone())));
        assert!(news[2].0.last() != first && head(2) == Some(first));
    }

    #[test]
    fn a_push_of_very_many_commits_is_bounded() {
        let mut work = Work::new(&["--object-format=sha256"]);
        let mut import = String::new();
        for number in 0..=COMMITS {
            let message = format!("commit {number}");
            import.push_str(&format!(
                "commit refs/heads/main\ncommitter A <a@b> {number} +0000\ndata {}\n{message}\n",
                message.len()
            ));
        }
        let file = work.folder.path().join("import");
        std::fs::write(&file, import).expect("writes");
        let status = Command::new("git")
            .arg("-C")
            .arg(work.folder.path())
            .args(["fast-import", "--quiet"])
            .stdin(std::fs::File::open(file).expect("opens"))
            .status();
        assert!(status.expect("git").success());
        let (update, facts) = work.news().remove(0);
        assert_eq!(facts.commits.len(), COMMITS);
        assert_eq!(messages(&facts)[0], "commit 1", "the oldest is left out");
        assert_eq!(update.last().len(), 64);
    }

    #[test]
    fn a_configuration_cannot_get_between_the_fields() {
        let mut work = Work::new(&[]);
        work.commit("one");
        work.news();
        for (name, value) in [
            ("log.showSignature", "true"),
            ("log.decorate", "full"),
            ("log.date", "relative"),
            ("color.ui", "always"),
            ("core.pager", "false"),
            ("i18n.logOutputEncoding", "UTF-16"),
        ] {
            work.git(&["config", name, value]);
        }
        work.commit("two \u{fc}");
        let (_, facts) = work.news().remove(0);
        assert_eq!(messages(&facts), ["two \u{fc}"]);
    }

    #[test]
    fn a_ref_that_looks_like_an_option_is_a_ref() {
        let mut work = Work::new(&[]);
        let first = work.commit("--all");
        work.git(&["update-ref", "refs/heads/--upload-pack=x", &first]);
        let news = work.news();
        assert_eq!(news[0].0.name.short(), "--upload-pack=x");
        assert_eq!(messages(&news[0].1), ["--all"]);
    }

    #[test]
    fn what_is_no_repository_says_so() {
        let folder = tempfile::tempdir().expect("a folder");
        let error = Repository::find(Some(folder.path())).expect_err("none");
        let GitError::NoRepository { path, said } = error else {
            panic!("{error}");
        };
        assert_eq!(path, folder.path().display().to_string());
        assert!(
            said.to_string().starts_with("not a git repository"),
            "{said}"
        );
    }

    #[test]
    fn names_of_repositories() {
        let name = |folder: &str| {
            let folder = PathBuf::from(folder);
            Repository { path: None, folder }.name()
        };
        assert_eq!(name("/srv/git/my-org/my-app.git"), "my-org/my-app");
        assert_eq!(name("/home/me/src/my-app/.git"), "src/my-app");
        assert_eq!(name("/app.git"), "local/app");
        assert_eq!(name("/my files/a&b/.git"), "my-files/a-b");
    }
}
