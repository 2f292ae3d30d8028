//! Deliveries again and again: when files change, until every answer is a success.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;

use crate::error::CommandError;
use crate::show::sanitize;

/// How long it takes from one round to the next where nothing else says.
const AGAIN: Duration = Duration::from_secs(1);
/// Changes come in swarms: one is over when so long nothing changed.
const REST: Duration = Duration::from_millis(150);
/// As many changes may wait; they all lead to the same round.
const WAITING: usize = 64;
/// What tools write beside the files a person works on.
const NOISE: [&str; 3] = ["__pycache__", "node_modules", "target"];

/// Whether there are more rounds than one.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct RoundOptions {
    /// Send again whenever something changes in these files and folders
    ///
    /// What tools write is passed over: hidden files, `node_modules`, `target`, `__pycache__`.
    #[arg(long, value_name = "PATH", num_args = 1.., conflicts_with_all = ["print", "dry_run"])]
    watch: Vec<PathBuf>,

    /// Send again until every answer is a success: once a second, or with --watch when files change
    #[arg(long, conflicts_with_all = ["print", "dry_run"])]
    until_ok: bool,
}

impl RoundOptions {
    /// Whether there may be more than one.
    pub(super) fn are_many(&self) -> bool {
        self.until_ok || self.is_endless()
    }

    /// Whether only an interrupt ends it.
    pub(super) fn is_endless(&self) -> bool {
        !self.until_ok && !self.watch.is_empty()
    }

    /// What the rounds wait for. The files of this log are none that anybody works on.
    ///
    /// # Errors
    /// A usage error for a path that cannot be watched.
    pub(super) fn begin(&self, log: &Path) -> Result<Rounds, CommandError> {
        let changes = match self.watch.as_slice() {
            [] => None,
            paths => Some(Changes::of(paths, log)?),
        };
        Ok(Rounds {
            many: self.are_many(),
            until_ok: self.until_ok,
            changes,
        })
    }
}

/// One round after another.
pub(super) struct Rounds {
    many: bool,
    until_ok: bool,
    changes: Option<Changes>,
}

impl Rounds {
    /// Waits for the next round after one that went well or not, and says what led to it; `None` where
    /// there is none.
    pub(super) async fn next(&mut self, went_well: bool) -> Option<String> {
        if !self.many || self.until_ok && went_well {
            return None;
        }
        let Some(changes) = &mut self.changes else {
            tokio::time::sleep(AGAIN).await;
            return Some("again".to_owned());
        };
        let path = changes.next().await?;
        let path = path.display().to_string();
        Some(format!("changed: {}", sanitize::line(&path)))
    }
}

/// What changes in files and folders.
struct Changes {
    /// Watches as long as it is there.
    _watcher: RecommendedWatcher,
    changed: mpsc::Receiver<PathBuf>,
}

impl Changes {
    fn of(paths: &[PathBuf], log: &Path) -> Result<Self, CommandError> {
        let unwatched = |path: &Path, error: notify::Error| {
            CommandError::usage(format!("cannot watch `{}`", path.display())).because(error)
        };
        let (tell, changed) = mpsc::channel(WAITING);
        let log = std::path::absolute(log).unwrap_or_else(|_| log.to_owned());
        let roots: Vec<PathBuf> = (paths.iter())
            .map(|path| std::path::absolute(path).unwrap_or_else(|_| path.clone()))
            .collect();
        let own = roots.clone();
        let heard = move |event: notify::Result<notify::Event>| {
            let Ok(event) = event else { return };
            if event.kind.is_access() {
                return;
            }
            for path in event.paths {
                if matters(&path, &own, &log) {
                    // With many waiting, one more tells nothing new.
                    let _ = tell.try_send(path);
                }
            }
        };
        let mut watcher =
            notify::recommended_watcher(heard).map_err(|error| unwatched(Path::new("."), error))?;
        for root in &roots {
            watcher
                .watch(root, RecursiveMode::Recursive)
                .map_err(|error| unwatched(root, error))?;
        }
        Ok(Self {
            _watcher: watcher,
            changed,
        })
    }

    /// The first of some changes, when they have come to rest.
    async fn next(&mut self) -> Option<PathBuf> {
        let first = self.changed.recv().await?;
        while let Ok(Some(_)) = tokio::time::timeout(REST, self.changed.recv()).await {}
        Some(first)
    }
}

/// Whether a changed file is one that a person works on.
fn matters(path: &Path, roots: &[PathBuf], log: &Path) -> bool {
    // The log's own files are named after it: `log.db`, `log.db-wal`.
    let (own, log) = (path.as_os_str(), log.as_os_str());
    let rest = own.as_encoded_bytes().strip_prefix(log.as_encoded_bytes());
    if matches!(rest, Some([] | [b'-', ..])) {
        return false;
    }
    let below = roots.iter().find_map(|root| path.strip_prefix(root).ok());
    let mut names = below.unwrap_or(path).components();
    !names.any(|name| {
        let name = name.as_os_str().to_string_lossy();
        name.starts_with('.') || name.ends_with('~') || NOISE.contains(&&*name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tools_write_does_not_matter() {
        let (roots, log) = (
            [PathBuf::from("/home/.me/app")],
            Path::new("/home/.me/app/log.db"),
        );
        let matters = |path: &str| matters(Path::new(path), &roots, log);
        for path in [
            "/home/.me/app/src/main.rs",
            "/home/.me/app",
            "/home/.me/app/targets",
            "/home/.me/app/log.dbs",
        ] {
            assert!(matters(path), "{path}");
        }
        for path in [
            "/home/.me/app/log.db-wal",
            "/home/.me/app/.git/index",
            "/home/.me/app/src/.main.rs.swp",
            "/home/.me/app/src/main.rs~",
            "/home/.me/app/target/debug/app",
            "/home/.me/app/web/node_modules/x/index.js",
        ] {
            assert!(!matters(path), "{path}");
        }
    }

    #[tokio::test]
    async fn a_swarm_of_changes_is_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = folder.path().join("log.db");
        let paths = [folder.path().to_owned()];
        let mut changes = Changes::of(&paths, &log).expect("watches");
        for name in ["log.db-wal", ".hidden", "app.py", "more.py"] {
            std::fs::write(folder.path().join(name), "1").expect("writes");
        }
        let first = changes.next().await.expect("a change");
        assert_eq!(first.file_name(), Some("app.py".as_ref()));
        let error = Changes::of(&[folder.path().join("gone")], &log).err();
        assert!(error.is_some_and(|own| own.to_string().contains("gone")));
    }
}
