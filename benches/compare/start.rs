//! Commands from process start to exit, in turn (ours, theirs, ours, theirs), so that a machine that
//! slows down slows both.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::hookcat;

const SECRET: &str = "a-secret-of-a-benchmark";

/// A command and how it is called in the table.
struct Contender {
    name: &'static str,
    program: PathBuf,
    args: Vec<String>,
}

impl Contender {
    fn new(name: &'static str, program: impl Into<PathBuf>, args: &[&str]) -> Self {
        Self {
            name,
            program: program.into(),
            args: args.iter().map(|&arg| arg.to_owned()).collect(),
        }
    }

    /// Start to exit, once.
    fn run(&self) -> Option<Duration> {
        let since = Instant::now();
        let status = Command::new(&self.program)
            .args(&self.args)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .ok()?;
        status.code()?;
        Some(since.elapsed())
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// Runs the contenders in turn and prints each one's median and its ratio to the last.
fn compare(title: &str, rounds: usize, contenders: &[Contender]) {
    println!("\n{title}");
    let mut times = vec![Vec::with_capacity(rounds); contenders.len()];
    for round in 0..=rounds {
        for (contender, own) in contenders.iter().zip(&mut times) {
            match contender.run() {
                // The first round warms up.
                Some(time) if round > 0 => own.push(time),
                Some(_) => {}
                None => {
                    println!("  {} cannot be run", contender.name);
                    return;
                }
            }
        }
    }
    let medians: Vec<Duration> = times.into_iter().map(median).collect();
    let Some(yardstick) = medians.last() else {
        return;
    };
    for (contender, time) in contenders.iter().zip(&medians) {
        println!(
            "  {:<28} {:>10.3} ms   {:>5.2}x as fast as {}",
            contender.name,
            time.as_secs_f64() * 1e3,
            yardstick.as_secs_f64() / time.as_secs_f64(),
            contenders[contenders.len() - 1].name,
        );
    }
}

/// `sign` and `verify` beside OpenSSL.
pub(crate) fn run(folder: &Path) -> std::io::Result<()> {
    let small = folder.join("1KiB");
    File::create(&small)?.write_all(&[b'x'; 1024])?;
    let large = folder.join("1GiB");
    File::create(&large)?.set_len(1 << 30)?;
    let (one, all) = (small.to_string_lossy(), large.to_string_lossy());
    let digest = ["dgst", "-sha256", "-hmac", SECRET];
    let openssl = |file: &str| {
        Contender::new(
            "openssl dgst -hmac",
            "openssl",
            &[&digest[..], &[file]].concat(),
        )
    };
    let sign = ["sign", "github", "--secret", SECRET];
    // A signature that matches: of one that does not, the cause would be looked for.
    let signed = Command::new(hookcat()).args(sign).arg(&small).output()?;
    let header = String::from_utf8_lossy(&signed.stdout)
        .trim_end()
        .to_owned();
    let verify = ["verify", "-p", "github", "--secret", SECRET, "-H", &header];

    compare(
        "1 KiB, process start to exit",
        200,
        &[
            Contender::new("hookcat sign", hookcat(), &[&sign[..], &[&one]].concat()),
            Contender::new(
                "hookcat verify",
                hookcat(),
                &[&verify[..], &[&one]].concat(),
            ),
            Contender::new("an empty process", "true", &[]),
            openssl(&one),
        ],
    );
    compare(
        "1 GiB file, streamed",
        5,
        &[
            Contender::new("hookcat sign", hookcat(), &[&sign[..], &[&all]].concat()),
            openssl(&all),
        ],
    );
    std::fs::remove_file(large)
}
