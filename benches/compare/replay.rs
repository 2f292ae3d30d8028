//! Recorded deliveries sent again, in their order and into the log, beside `send --count`, which keeps
//! neither: ahead of the answers and beside many connections, and each when the one before is answered
//! and beside one connection; in turn.

use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::hookcat;
use crate::load::{Server, median, tell, turn};

const SECRET: &str = "a-secret-of-a-benchmark";
const ROUNDS: usize = 5;
const COUNT: u64 = 20_000;

/// `replay` beside `send`.
pub(crate) fn run(folder: &Path) -> io::Result<()> {
    let (_server, url) = Server::start()?;
    let recorded = folder.join("replay.db");
    let mut fill = send(&url, &[]);
    fill.arg("--log").arg(&recorded).stdout(Stdio::null());
    if !fill.status()?.success() {
        return Err(io::Error::other("no deliveries could be recorded"));
    }
    println!("\nsending again: {COUNT} deliveries, in their order");
    let names = [
        "hookcat replay, logged",
        "hookcat replay --no-log",
        "hookcat replay --pipeline 1",
        "hookcat send, 1 connection",
        "hookcat send, 50 connections",
    ];
    let mut turns = vec![Vec::new(); names.len()];
    let log = folder.join("replay-turn.db");
    for _ in 0..ROUNDS {
        fs::copy(&recorded, &log)?;
        let commands = [
            replay(&url, &log, &[]),
            replay(&url, &log, &["--no-log"]),
            replay(&url, &log, &["--pipeline", "1"]),
            send(&url, &["--no-log", "--concurrency", "1"]),
            send(&url, &["--no-log"]),
        ];
        for (command, own) in commands.into_iter().zip(&mut turns) {
            own.extend(turn(command, COUNT));
        }
        let _ = fs::remove_file(&log);
    }
    let medians: Vec<_> = turns.iter_mut().map(|own| median(own)).collect();
    for (name, own) in names.iter().zip(&medians) {
        tell(name, *own, medians[4]);
    }
    Ok(())
}

fn replay(url: &str, log: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(hookcat());
    let all = format!("1..{COUNT}");
    command.args(["replay", &all, "--direction", "sent", "--yes", "--to", url]);
    command.args(more).arg("--log").arg(log);
    command
}

fn send(url: &str, more: &[&str]) -> Command {
    let mut command = Command::new(hookcat());
    let count = COUNT.to_string();
    command
        .args(["send", "github", "push", "--secret", SECRET, "--to", url])
        .args(["--count", &count])
        .args(more);
    command
}
