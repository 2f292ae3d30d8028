//! A real git repository whose pushes hookcat is told of, and what it then has in its queue.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use hookcat::log::Log;
use serde_json::Value;

use crate::harness::{Sandbox, finish};

/// An event as it lies in the queue.
pub(crate) struct Queued {
    pub(crate) provider: String,
    pub(crate) event: String,
    pub(crate) scope: String,
    pub(crate) payload: Value,
}

impl Queued {
    pub(crate) fn is(&self, provider: &str, event: &str) -> bool {
        (self.provider.as_str(), self.event.as_str()) == (provider, event)
    }
}

/// The events behind a number, in their order.
pub(crate) fn queued(log: &Path, after: i64) -> Vec<Queued> {
    let log = Log::open_existing(log).expect("a log");
    (after + 1..)
        .map_while(|id| log.occurrence(id).expect("reads"))
        .map(|own| Queued {
            provider: own.provider,
            event: own.event,
            scope: own.scope.to_string(),
            payload: serde_json::from_slice(&own.payload).expect("JSON"),
        })
        .collect()
}

/// A server's repository with the printed hook in it, and a working copy that pushes there.
pub(crate) struct Place {
    pub(crate) sandbox: Sandbox,
    /// How many events were looked at.
    pub(crate) seen: i64,
}

/// A name that must be quoted.
pub(crate) const LOG: &str = "it's a log.db";

impl Place {
    pub(crate) fn new() -> Self {
        let place = Self {
            sandbox: Sandbox::new(),
            seen: 0,
        };
        place.git(&["init", "-q", "--bare", "-b", "main", "server.git"]);
        place.git(&["init", "-q", "-b", "main", "copy"]);
        let log = place.sandbox.path(LOG);
        let printed = place.sandbox.run(&[
            "--log",
            log.to_str().expect("text"),
            "emit",
            "--install-hook",
            "--from-git=server.git",
            "--repo",
            "my-org/my-app",
        ]);
        let hook = place.sandbox.path("server.git/hooks/post-receive");
        let told = format!("append it to `{}`", hook.display());
        assert!(printed.ok().err().contains(&told), "{}", printed.err());
        fs::create_dir_all(hook.parent().expect("a folder")).expect("creates");
        fs::write(&hook, &printed.stdout).expect("writes");
        fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).expect("may run");
        place
    }

    pub(crate) fn git(&self, args: &[&str]) -> String {
        let mut command = self.sandbox.program("git");
        command
            .args([
                "-c",
                "user.name=Ada Lovelace",
                "-c",
                "user.email=ada@example.com",
            ])
            .args(args)
            // Who pushes, as the server's git takes it.
            .envs([
                ("GIT_COMMITTER_NAME", "Grace Hopper"),
                ("GIT_COMMITTER_EMAIL", "grace@example.com"),
            ]);
        let output = finish(command, b"");
        assert_eq!(output.code, 0, "{args:?}: {}", output.err());
        output.out().trim_end().to_owned()
    }

    pub(crate) fn commit(&self, message: &str) -> String {
        self.git(&["-C", "copy", "commit", "-q", "--allow-empty", "-m", message]);
        self.git(&["-C", "copy", "rev-parse", "HEAD"])
    }

    /// Pushes; what the hook told of it.
    pub(crate) fn push(&mut self, refs: &[&str]) -> Vec<Queued> {
        self.git(&[&["-C", "copy", "push", "-q", "../server.git"], refs].concat());
        let found = queued(&self.sandbox.path(LOG), self.seen);
        self.seen += i64::try_from(found.len()).expect("few");
        found
    }
}
