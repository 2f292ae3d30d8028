//! `log` over many deliveries: a million, of 2 KiB each, or as many as `HOOKCAT_BENCH_DELIVERIES` says.
//! What is printed beside each is from process start to exit.

use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use hookcat::core::delivery::{Answer, Attempt, Delivery, Direction, Judgement, Reply};
use hookcat::core::message::{Headers, Message};
use hookcat::log::{Log, LogError, Pending};
use jiff::Timestamp;

use crate::hookcat;

/// How often each command has its turn.
const ROUNDS: usize = 5;
/// What is listed: common, rare and absent.
const COMMANDS: [&[&str]; 22] = [
    &["list"],
    &["list", "--format", "json"],
    &["list", "--failed"],
    &["list", "--provider", "stripe"],
    &["list", "--provider", "zoom"],
    &["list", "--event", "rare"],
    &["list", "--event", "push*"],
    &["list", "--status", "5xx"],
    &["list", "--status", "404"],
    &["list", "--status", "418"],
    &["list", "--verdict", "invalid"],
    &["list", "--verdict", "unverifiable"],
    &["list", "--direction", "sent"],
    &["list", "--since", "2026-03-01"],
    &["list", "--until", "2026-01-02"],
    &[
        "list",
        "--since",
        "2026-02-01",
        "--until",
        "2026-02-02",
        "--failed",
    ],
    &["list", "--since", "2030-01-01", "--provider", "github"],
    &["list", "499000..499019"],
    &["list", "--filter", "payload.number % 7 == 0"],
    &["list", "--search", "refs/heads/main"],
    &["stats"],
    &["stats", "--format", "json"],
];

/// Writes the log, or takes the one that `HOOKCAT_BENCH_LOG` names, and runs the commands over it.
pub(crate) fn run(folder: &Path) -> io::Result<()> {
    let many = std::env::var("HOOKCAT_BENCH_DELIVERIES").ok();
    let many: i64 = many.and_then(|own| own.parse().ok()).unwrap_or(1_000_000);
    let path = std::env::var_os("HOOKCAT_BENCH_LOG")
        .map_or_else(|| folder.join("log.db"), std::path::PathBuf::from);
    println!("\nthe log: {many} deliveries of 2 KiB");
    if !path.exists() {
        let since = Instant::now();
        write(&path, many).map_err(io::Error::other)?;
        #[expect(clippy::cast_precision_loss, reason = "a rate")]
        let rate = many as f64 / since.elapsed().as_secs_f64();
        println!("  written at {rate:.0} a second");
    }
    println!(
        "  its file has {} MiB",
        std::fs::metadata(&path)?.len() >> 20
    );
    for args in COMMANDS {
        let mut times = Vec::new();
        for _ in 0..ROUNDS {
            let since = Instant::now();
            let status = Command::new(hookcat())
                .arg("log")
                .args(args)
                .env("HOOKCAT_LOG", &path)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()?;
            assert!(status.success(), "{args:?}");
            times.push(since.elapsed());
        }
        times.sort();
        let median = times[ROUNDS / 2].as_secs_f64() * 1e3;
        println!("  {median:>8.1} ms  log {}", args.join(" "));
    }
    Ok(())
}

fn write(path: &Path, many: i64) -> Result<(), LogError> {
    let log = Log::open(path)?;
    let writer = log.writer()?;
    let mut waiting: Vec<Pending> = Vec::new();
    for id in 1..=many {
        waiting.push(writer.delivery(delivery(id, many))?);
        if waiting.len() == 512 {
            for pending in waiting.drain(..) {
                let written = pending.blocking_recv();
                written.map_err(|error| LogError::Storage(error.to_string()))??;
            }
        }
    }
    Ok(())
}

/// One delivery of many, spread over three months of 2026; what it is depends on its number alone.
fn delivery(id: i64, many: i64) -> Delivery {
    // A generator of which neighbours have nothing in common.
    let draw = |salt: u64| {
        let mut bits = id.cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ salt;
        bits ^= bits >> 31;
        bits = bits.wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits ^ bits >> 29
    };
    let of = |salt: u64, choices: &[&str]| {
        let index = draw(salt) % u64::try_from(choices.len()).expect("few");
        choices[usize::try_from(index).expect("few")].to_owned()
    };
    let provider = of(1, &["github", "github", "stripe", "statly", "slack"]);
    let event = match id {
        5 => "rare".to_owned(),
        _ => of(
            2,
            &[
                "push",
                "pull_request.opened",
                "issues.closed",
                "invoice.paid",
                "ping",
            ],
        ),
    };
    let is_sent = draw(3).is_multiple_of(10);
    let status = match draw(4) % 1000 {
        0 => 500,
        1 => 404,
        2..=20 => 401,
        _ => 200,
    };
    let at = 1_767_225_600_000_000 + id * (90 * 86_400_000_000 / many);
    let at = Timestamp::from_microsecond(at).expect("a time of this century");
    let verdict = if status == 401 { "invalid" } else { "valid" };
    let latency = Duration::from_micros(300 + draw(5) % 9000);
    let mut text = format!(r#"{{"ref":"refs/heads/main","number":{id},"items":["#);
    while text.len() < 2000 {
        let salt = u64::try_from(text.len()).expect("short");
        text.push_str(&format!(
            r#"{{"id":"{:016x}","type":"commit"}},"#,
            draw(salt)
        ));
    }
    text.push_str("null]}");
    let headers: Headers = [
        ("Host", "localhost:4400".to_owned()),
        ("Content-Type", "application/json".to_owned()),
        ("X-Event", event.clone()),
        (
            "X-Signature",
            format!("sha256={:016x}{:016x}", draw(6), draw(7)),
        ),
    ]
    .into_iter()
    .collect();
    let answer = Answer { status, latency };
    let attempt = Attempt {
        number: 1,
        at,
        url: "http://localhost:3000/hooks".to_owned(),
        result: Ok(Reply {
            status,
            headers: Headers::new(),
            body: bytes::Bytes::new(),
            truncated: false,
        }),
        latency,
    };
    Delivery {
        id: None,
        direction: if is_sent {
            Direction::Sent
        } else {
            Direction::Received
        },
        at,
        provider: Some(provider),
        event: Some(event),
        delivery_id: Some(format!("{:016x}", draw(8))),
        judgement: (!is_sent).then(|| Judgement {
            verdict: verdict.to_owned(),
            reason: (verdict == "invalid").then(|| "mismatch".to_owned()),
            detail: None,
            secret_index: Some(0),
            coverage: Some("body".to_owned()),
            detected_by: None,
        }),
        message: Message::post(headers, text),
        duplicate_of: None,
        replay_of: None,
        answer: (!is_sent).then_some(answer),
        attempts: is_sent.then_some(attempt).into_iter().collect(),
    }
}
