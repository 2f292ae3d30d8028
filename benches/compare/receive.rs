//! Receivers under load: `wrk` with 64 connections posting signed bodies of 1 KiB, each delivery with
//! an id of its own, at one receiver after the other, round after round.

use std::fs;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::{bare, hookcat};

const SECRET: &str = "a-secret-of-a-benchmark";
/// How often each receiver has its turn.
const ROUNDS: usize = 3;
/// How long a turn takes.
const TURN: Duration = Duration::from_secs(5);
/// How many deliveries have an id of their own; then they come again.
const IDS: usize = 50_000;

/// A receiver: how it is called, and how it is started.
struct Receiver {
    name: &'static str,
    command: Command,
    address: Address,
}

/// Where a receiver's address is found.
enum Address {
    /// In its first line on stdout.
    Told,
    /// In a file it writes.
    File(PathBuf),
    /// Here.
    Known(&'static str),
}

/// What one turn came to.
#[derive(Clone, Copy)]
struct Figures {
    rate: f64,
    p99: f64,
    /// Processor time of the receiver for one request, in microseconds.
    cpu: Option<f64>,
    /// The most memory it had resident, in MiB.
    memory: Option<f64>,
    failed: u64,
}

/// Receivers beside a bare hyper server.
pub(crate) fn run(folder: &Path) -> io::Result<()> {
    println!("\nreceiving: 64 connections, signed bodies of 1 KiB");
    if Command::new("wrk").arg("-v").output().is_err() {
        println!("  wrk is not installed");
        return Ok(());
    }
    let script = folder.join("post.lua");
    fs::write(&script, lua())?;
    let hooks = folder.join("hooks.json");
    fs::write(&hooks, HOOKS.replace("SECRET", SECRET))?;
    let mut table: Vec<(&str, Vec<Figures>)> = Vec::new();
    for round in 0..ROUNDS {
        for mut receiver in receivers(folder, &hooks, round)? {
            let at = table.iter().position(|(name, _)| *name == receiver.name);
            let at = at.unwrap_or_else(|| {
                table.push((receiver.name, Vec::new()));
                table.len() - 1
            });
            match turn(&mut receiver, &script) {
                Ok(figures) => table[at].1.push(figures),
                Err(error) if round == 0 => println!("  {} cannot be run: {error}", receiver.name),
                Err(_) => {}
            }
        }
    }
    let rows: Vec<(&str, Figures)> = table
        .iter()
        .filter(|(_, all)| !all.is_empty())
        .map(|(name, all)| (*name, median(all)))
        .collect();
    let Some((_, yardstick)) = rows.first() else {
        return Ok(());
    };
    println!(
        "  {:<34} {:>9} {:>6} {:>10} {:>6} {:>9} {:>10}",
        "", "per s", "", "p99", "", "cpu", "resident"
    );
    for (name, own) in &rows {
        let shown = |value: Option<f64>, unit: &str| {
            value.map_or_else(|| "-".to_owned(), |value| format!("{value:.1} {unit}"))
        };
        println!(
            "  {name:<34} {:>9.0} {:>5.2}x {:>7.2} ms {:>5.2}x {:>9} {:>10}{}",
            own.rate,
            own.rate / yardstick.rate,
            own.p99,
            own.p99 / yardstick.p99,
            shown(own.cpu, "µs"),
            shown(own.memory, "MiB"),
            if own.failed > 0 {
                format!("   {} failed", own.failed)
            } else {
                String::new()
            },
        );
    }
    Ok(())
}

fn receivers(folder: &Path, hooks: &Path, round: usize) -> io::Result<Vec<Receiver>> {
    let told = |name, command| Receiver {
        name,
        command,
        address: Address::Told,
    };
    let listen = |more: &[&str]| {
        let mut command = Command::new(hookcat());
        let secret = format!("github={SECRET}");
        command
            .args(["listen", "--port", "0", "--secret", &secret])
            .args(more)
            .env("HOOKCAT_LOG", folder.join(format!("log-{round}.db")));
        command
    };
    let quiet = ["--format", "json", "--quiet"];
    let ready = folder.join("ready");
    let mut printing = listen(&["--compact", "--ready-file"]);
    printing.arg(&ready);
    let mut bare = Command::new(std::env::current_exe()?);
    bare.arg(bare::WORD);
    let mut node = Command::new("node");
    node.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/compare/receiver.mjs"))
        .env("SECRET", SECRET);
    let mut webhook = Command::new("webhook");
    webhook
        .args(["-ip", "127.0.0.1", "-port", "9423", "-hooks"])
        .arg(hooks);
    Ok(vec![
        told("bare hyper, answers 200", bare),
        told("hookcat listen --quiet", listen(&quiet)),
        Receiver {
            name: "hookcat listen, prints",
            command: printing,
            address: Address::File(ready),
        },
        told(
            "hookcat listen --no-log --quiet",
            listen(&[&quiet[..], &["--no-log"]].concat()),
        ),
        told("node:http, verifies", node),
        Receiver {
            name: "webhook (Go), verifies, runs true",
            command: webhook,
            address: Address::Known("http://127.0.0.1:9423/hooks/bench"),
        },
    ])
}

/// A running receiver; killed when this goes.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn turn(receiver: &mut Receiver, script: &Path) -> io::Result<Figures> {
    let is_told = matches!(receiver.address, Address::Told);
    let child = receiver
        .command
        .stdin(Stdio::null())
        .stdout(if is_told {
            Stdio::piped()
        } else {
            Stdio::null()
        })
        // What it has to say where it cannot be run is worth reading.
        .stderr(if is_told {
            Stdio::inherit()
        } else {
            Stdio::null()
        })
        .spawn()?;
    let mut running = Running(child);
    let url = match &receiver.address {
        Address::Told => {
            let mut line = String::new();
            let stdout = running.0.stdout.take();
            BufReader::new(stdout.ok_or(io::ErrorKind::BrokenPipe)?).read_line(&mut line)?;
            url_in(&line).ok_or(io::ErrorKind::InvalidData)?
        }
        Address::File(path) => {
            std::thread::sleep(Duration::from_secs(1));
            url_in(&fs::read_to_string(path)?).ok_or(io::ErrorKind::InvalidData)?
        }
        Address::Known(url) => {
            std::thread::sleep(Duration::from_secs(1));
            (*url).to_owned()
        }
    };
    let pid = running.0.id();
    let load = |seconds: u64| {
        Command::new("wrk")
            .args(["-t1", "-c64", "--latency", &format!("-d{seconds}s"), "-s"])
            .arg(script)
            .arg(&url)
            .output()
    };
    // Warm: threads, connections, pages of the log.
    load(1)?;
    let before = cpu_seconds(pid);
    let output = load(TURN.as_secs())?;
    let after = cpu_seconds(pid);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let figures = read(&text).ok_or_else(|| io::Error::other(text.clone()))?;
    let requests = figures.rate * TURN.as_secs_f64();
    Ok(Figures {
        cpu: before
            .zip(after)
            .map(|(before, after)| (after - before) * 1e6 / requests),
        memory: resident(pid),
        ..figures
    })
}

/// The first URL in a line, of JSON or not.
fn url_in(line: &str) -> Option<String> {
    let start = line.find("http://")?;
    let rest = &line[start..];
    let end = rest.find(['"', '\n', ' ']).unwrap_or(rest.len());
    Some(format!("{}/", &rest[..end]))
}

/// What `wrk --latency` prints.
fn read(text: &str) -> Option<Figures> {
    let word = |name: &str| {
        let line = text
            .lines()
            .map(str::trim)
            .find(|line| line.starts_with(name))?;
        line.split_whitespace().last().map(str::to_owned)
    };
    let p99 = word("99%")?;
    let (number, factor) = [("us", 1e-3), ("ms", 1.0), ("s", 1e3)]
        .into_iter()
        .find_map(|(unit, factor)| Some((p99.strip_suffix(unit)?.to_owned(), factor)))?;
    let failed = word("Non-2xx").and_then(|own| own.parse().ok());
    Some(Figures {
        rate: word("Requests/sec")?.parse().ok()?,
        p99: number.parse::<f64>().ok()? * factor,
        cpu: None,
        memory: None,
        failed: failed.unwrap_or(0),
    })
}

/// Processor time a process has used, user and system; known on Linux.
fn cpu_seconds(pid: u32) -> Option<f64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
    // A tick is a hundredth of a second wherever this file is.
    Some((ticks(11)? + ticks(12)?) / 100.0)
}

/// The most memory it had resident, in MiB; known on Linux.
fn resident(pid: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024.0)
}

/// The turn whose rate is the middle one.
fn median(all: &[Figures]) -> Figures {
    let mut all = all.to_vec();
    all.sort_by(|a, b| a.rate.total_cmp(&b.rate));
    all[all.len() / 2]
}

/// Requests made beforehand, so that making them is no part of what is measured.
fn lua() -> String {
    let start = r#"{"ref":"refs/heads/main","text":""#;
    let body = format!("{start}{}\"}}", "x".repeat(1024 - start.len() - 2));
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("any length");
    mac.update(body.as_bytes());
    let signature = hex::encode(mac.finalize().into_bytes());
    format!(
        r#"local body = [[{body}]]
local headers = {{
  ["Content-Type"] = "application/json",
  ["X-GitHub-Event"] = "push",
  ["X-Hub-Signature-256"] = "sha256={signature}",
}}
local all, next = {{}}, 0
function init()
  for at = 1, {IDS} do
    headers["X-GitHub-Delivery"] = string.format("72d3162e-cc78-11e3-81ab-%012d", at)
    all[at] = wrk.format("POST", nil, headers, body)
  end
end
function request()
  next = next % {IDS} + 1
  return all[next]
end
"#
    )
}

/// What `webhook` has to do: verify, and run the least there is.
const HOOKS: &str = r#"[{
  "id": "bench",
  "execute-command": "/bin/true",
  "trigger-rule": { "match": {
    "type": "payload-hmac-sha256",
    "secret": "SECRET",
    "parameter": { "source": "header", "name": "X-Hub-Signature-256" }
  } }
}]
"#;
