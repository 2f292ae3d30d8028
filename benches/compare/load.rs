//! Load on a bare server: `send --count`, which makes and signs each request, beside `oha`, which
//! posts one body over and over; in turn.

use std::fs;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use crate::{bare, hookcat};

const SECRET: &str = "a-secret-of-a-benchmark";
const ROUNDS: usize = 3;
const COUNT: u64 = 100_000;
const CONNECTIONS: [&str; 2] = ["64", "16"];

/// What one turn came to.
#[derive(Clone, Copy)]
pub(crate) struct Figures {
    pub(crate) rate: f64,
    /// Processor time of the sender for one request, in microseconds.
    pub(crate) cpu: Option<f64>,
}

/// A running server; killed when this goes.
pub(crate) struct Server(Child);

impl Server {
    /// A bare one, and its address.
    pub(crate) fn start() -> io::Result<(Self, String)> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg(bare::WORD)
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let server = Self(child);
        let mut url = String::new();
        BufReader::new(stdout).read_line(&mut url)?;
        Ok((server, format!("{}/hooks", url.trim())))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `send` beside `oha`.
pub(crate) fn run(folder: &Path) -> io::Result<()> {
    let (_server, url) = Server::start()?;
    let body = folder.join("load.json");
    fs::write(&body, sample()?)?;
    for connections in CONNECTIONS {
        println!("\nsending: {COUNT} requests, {connections} connections");
        let names = [
            "hookcat send --no-log",
            "hookcat send, logged",
            "oha, one body",
        ];
        let mut turns = vec![Vec::new(); names.len()];
        for round in 0..ROUNDS {
            let log = folder.join(format!("load-{connections}-{round}.db"));
            let commands = [
                send(&url, connections, None),
                send(&url, connections, Some(&log)),
                oha(&url, connections, &body),
            ];
            for (command, own) in commands.into_iter().zip(&mut turns) {
                own.extend(turn(command, COUNT));
            }
            let _ = fs::remove_file(log);
        }
        let medians = turns.iter_mut().map(|own| median(own));
        let medians: Vec<Option<Figures>> = medians.collect();
        let yardstick = medians.last().copied().flatten();
        for (name, figures) in names.iter().zip(&medians) {
            tell(name, *figures, yardstick);
        }
    }
    Ok(())
}

/// A line of the report: what one sender came to, and beside another.
pub(crate) fn tell(name: &str, figures: Option<Figures>, yardstick: Option<Figures>) {
    let Some(own) = figures else {
        println!("  {name:<28} cannot be run");
        return;
    };
    let ratio = yardstick.map_or_else(
        || "-".to_owned(),
        |other| format!("{:.2}x", own.rate / other.rate),
    );
    let cpu = own
        .cpu
        .map_or_else(|| "-".to_owned(), |cpu| format!("{cpu:.1} µs"));
    println!(
        "  {name:<28} {:>9.0} per s {ratio:>7} {cpu:>9} cpu",
        own.rate
    );
}

/// The body that `send` sends, so that both send as much.
fn sample() -> io::Result<Vec<u8>> {
    let args = ["send", "github", "push", "--print", "json", "--to", "1"];
    let output = Command::new(hookcat()).args(args).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let value: serde_json::Value = serde_json::from_str(&text)?;
    Ok(value["body"].as_str().unwrap_or("{}").as_bytes().to_vec())
}

fn send(url: &str, connections: &str, log: Option<&Path>) -> Command {
    let mut command = Command::new(hookcat());
    let count = COUNT.to_string();
    command
        .args(["send", "github", "push", "--secret", SECRET, "--to", url])
        .args(["--count", &count, "--concurrency", connections])
        .args(["--format", "json"]);
    match log {
        Some(log) => command.arg("--log").arg(log),
        None => command.arg("--no-log"),
    };
    command
}

fn oha(url: &str, connections: &str, body: &Path) -> Command {
    let mut command = Command::new("oha");
    let count = COUNT.to_string();
    command
        .args(["--no-tui", "-n", &count, "-c", connections, "-m", "POST"])
        .args(["-T", "application/json", "-D"])
        .arg(body)
        .arg(url);
    command
}

/// Start to exit, for so many requests; `None` where it cannot be run.
pub(crate) fn turn(mut command: Command, count: u64) -> Option<Figures> {
    let before = cpu_of_children()?;
    let since = Instant::now();
    let status = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .ok()?;
    let elapsed = since.elapsed().as_secs_f64();
    let cpu = cpu_of_children()? - before;
    #[expect(clippy::cast_precision_loss, reason = "small")]
    let count = count as f64;
    status.success().then(|| Figures {
        rate: count / elapsed,
        cpu: (cpu > 0.0).then(|| cpu * 1e6 / count),
    })
}

/// Processor time of all children that ended; zero where it is not known.
fn cpu_of_children() -> Option<f64> {
    let Ok(stat) = fs::read_to_string("/proc/self/stat") else {
        return Some(0.0);
    };
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
    // A tick is a hundredth of a second wherever this file is.
    Some((ticks(13)? + ticks(14)?) / 100.0)
}

/// The turn whose rate is the middle one.
pub(crate) fn median(all: &mut [Figures]) -> Option<Figures> {
    all.sort_by(|a, b| a.rate.total_cmp(&b.rate));
    all.get(all.len() / 2).copied()
}
