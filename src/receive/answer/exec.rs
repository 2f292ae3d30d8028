//! A command for each delivery: the body on its stdin, the rest in its environment.
//!
//! The shell gets the operator's text and nothing else: what comes from a sender is never part of a
//! command line.

use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::json;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::sync::Semaphore;
use tokio::time::{timeout, timeout_at};

use super::script::content_type;
use super::{Answers, Ear, deadline, not_recorded};
use crate::core::delivery::Delivery;
use crate::core::note::Note;
use crate::core::run::{End, Run};
use crate::env;
use crate::receive::news::{Event, Room};
use crate::receive::server::Reply;

/// The flag that lets more commands run at once.
pub(super) const FLAG: &str = "--exec-jobs";
/// As much of each output as is kept; the rest is read and left out.
const KEPT: usize = 256 * 1024;
/// A value in the environment is cut here: systems bound each, and all of them together.
const VALUE: usize = 8 * 1024;
/// The same for all headers together.
const HEADERS: usize = 64 * 1024;
/// How long is listened to what a command left running, after its own end.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// A command, and when and how it is run.
#[derive(Debug)]
pub struct Exec {
    /// The text the shell gets.
    pub command: String,
    /// How many may run at once: shared by all routes.
    pub jobs: Arc<Semaphore>,
    /// The same in a number.
    pub most: usize,
    /// How long a command may take; then it is killed, with all it started.
    pub timeout: Duration,
    /// Whether its exit code decides the answer, and its stdout is the body.
    pub answers: bool,
    /// Whether it is run for deliveries that are unverifiable too.
    pub unverified: bool,
    /// Variables of our own environment that it does not get, as they hold secrets.
    pub withheld: Vec<String>,
}

impl Exec {
    /// Runs it for a delivery that was answered already.
    pub(super) async fn run_after(&self, answers: &Answers, delivery: &Delivery) {
        let job = tokio::select! {
            job = self.jobs.acquire() => job,
            () = answers.tasks.closing() => {
                let told = Event::Noted(delivery.id, Note::NotRun);
                return answers.book.news.try_tell(told);
            }
        };
        let (run, _) = self.run(answers, delivery).await;
        drop(job);
        answers.book.news.try_tell(Event::Ran(Box::new(run)));
    }

    /// Runs it, and answers as it ends.
    pub(super) async fn answer(
        &self,
        answers: &Answers,
        mut delivery: Arc<Delivery>,
        mut ear: Ear,
        room: Option<Room>,
    ) {
        let mut notes = Vec::new();
        let until = deadline(ear.since, self.timeout);
        let (run, reply) = if let Ok(_job) = timeout_at(until, self.jobs.acquire()).await {
            let (run, whole) = self.run(answers, &delivery).await;
            let reply = answer_of(&run, whole);
            (Some(run), reply)
        } else {
            notes.push(Note::Full {
                most: self.most,
                flag: FLAG,
            });
            (None, not_recorded("too many deliveries are under way"))
        };
        let given = answers
            .give(&mut ear, &mut delivery, None, Ok(reply), &mut notes)
            .await;
        if given {
            answers.book.news.tell(delivery, notes, room).await;
        }
        if let Some(run) = run {
            answers.book.news.try_tell(Event::Ran(Box::new(run)));
        }
    }

    /// Runs it; also whether all of its stdout was kept.
    async fn run(&self, answers: &Answers, delivery: &Delivery) -> (Run, bool) {
        let at = answers.book.clock.now();
        let start = Instant::now();
        let (mut out, mut err) = (Output::default(), Output::default());
        let end = match self.start(delivery) {
            Ok(child) => {
                self.follow(child, &delivery.message.body, &mut out, &mut err)
                    .await
            }
            Err(error) => End::NotStarted(error.to_string()),
        };
        let run = Run {
            delivery: delivery.id,
            at,
            end,
            latency: answers.book.clock.elapsed(start),
            truncated: out.cut || err.cut,
            stdout: out.kept.into(),
            stderr: err.kept.into(),
        };
        (run, !out.cut)
    }

    fn start(&self, delivery: &Delivery) -> std::io::Result<Child> {
        let (shell, flag) = if cfg!(windows) {
            ("cmd", "/C")
        } else {
            ("sh", "-c")
        };
        let mut command = Command::new(shell);
        command
            .args([flag, &self.command])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        for name in self
            .withheld
            .iter()
            .map(String::as_str)
            .chain([env::SECRET])
        {
            command.env_remove(name);
        }
        command.envs(metadata(delivery));
        #[cfg(unix)]
        command.process_group(0);
        command.spawn()
    }

    /// Feeds it and reads it to its end, or kills it with all it started.
    async fn follow(
        &self,
        mut child: Child,
        body: &[u8],
        out: &mut Output,
        err: &mut Output,
    ) -> End {
        let mut group = Group::of(&child);
        let (input, stdout, stderr) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let feed = async move {
            if let Some(mut input) = input {
                // What does not read its stdin need not.
                let _ = input.write_all(body).await;
            }
        };
        let mut talk = std::pin::pin!(async {
            tokio::join!(feed, out.read(stdout), err.read(stderr));
        });
        let ended = timeout(self.timeout, async {
            tokio::select! {
                () = &mut talk => child.wait().await,
                status = child.wait() => {
                    let _ = timeout(LAST_WORDS, &mut talk).await;
                    status
                }
            }
        });
        if let Ok(status) = ended.await {
            group.leave();
            return status.map_or_else(|error| End::NotStarted(error.to_string()), end_of);
        }
        group.kill();
        let _ = child.start_kill();
        let gone = async { tokio::join!(&mut talk, child.wait()) };
        let _ = timeout(LAST_WORDS, gone).await;
        End::Timeout(self.timeout)
    }
}

/// What a command writes: as much of it as is kept.
#[derive(Debug, Default)]
struct Output {
    kept: Vec<u8>,
    cut: bool,
}

impl Output {
    async fn read(&mut self, stream: Option<impl AsyncRead + Unpin>) {
        let Some(mut stream) = stream else { return };
        let mut piece = vec![0; 8192];
        while let Ok(read @ 1..) = stream.read(&mut piece).await {
            let room = KEPT - self.kept.len();
            self.cut |= read > room;
            self.kept.extend_from_slice(&piece[..read.min(room)]);
        }
    }
}

/// A command with all it started: killed when this goes, unless it ended by itself.
struct Group {
    #[cfg(unix)]
    id: Option<rustix::process::Pid>,
}

impl Group {
    #[cfg(unix)]
    fn of(child: &Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Self {
            id: id.and_then(rustix::process::Pid::from_raw),
        }
    }

    #[cfg(not(unix))]
    fn of(_child: &Child) -> Self {
        Self {}
    }

    /// What it left running may go on.
    fn leave(&mut self) {
        #[cfg(unix)]
        self.id.take();
    }

    fn kill(&mut self) {
        #[cfg(unix)]
        if let Some(id) = self.id.take() {
            // It may be gone already.
            let _ = rustix::process::kill_process_group(id, rustix::process::Signal::KILL);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

fn end_of(status: ExitStatus) -> End {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return End::Signal(signal);
    }
    End::Exit(status.code().unwrap_or(-1))
}

/// What a command is told of its delivery. An empty value is one that is not known.
fn metadata(delivery: &Delivery) -> Vec<(&'static str, String)> {
    let message = &delivery.message;
    let judgement = delivery.judgement.as_ref();
    let known = |text: Option<&str>| text.map(value).unwrap_or_default();
    let (headers, whole) = headers(delivery);
    vec![
        (
            "HOOKCAT_ID",
            delivery.id.map(|id| id.to_string()).unwrap_or_default(),
        ),
        ("HOOKCAT_AT", delivery.at.to_string()),
        ("HOOKCAT_PROVIDER", known(delivery.provider.as_deref())),
        ("HOOKCAT_EVENT", known(delivery.event.as_deref())),
        (
            "HOOKCAT_DELIVERY_ID",
            known(delivery.delivery_id.as_deref()),
        ),
        (
            "HOOKCAT_VERDICT",
            known(judgement.map(|own| own.verdict.as_str())),
        ),
        (
            "HOOKCAT_DUPLICATE_OF",
            delivery
                .duplicate_of
                .map(|own| own.id.to_string())
                .unwrap_or_default(),
        ),
        ("HOOKCAT_METHOD", value(&message.method)),
        ("HOOKCAT_TARGET", value(&message.target)),
        ("HOOKCAT_HEADERS", headers),
        ("HOOKCAT_HEADERS_WHOLE", whole.to_string()),
    ]
}

/// A sender's text as a value: no variable can hold NUL, and none is longer than systems allow.
fn value(text: &str) -> String {
    let mut text = text.replace('\0', "");
    let end = (0..=VALUE.min(text.len())).rfind(|at| text.is_char_boundary(*at));
    text.truncate(end.unwrap_or(0));
    text
}

/// The headers as JSON, a list of names and values, as many from the first on as there is room for;
/// and whether these are all.
fn headers(delivery: &Delivery) -> (String, bool) {
    let mut text = String::from("[");
    for (name, value) in delivery.message.headers.iter() {
        let pair = json!([name, String::from_utf8_lossy(value)]).to_string();
        if text.len() + pair.len() + 2 > HEADERS {
            return (text + "]", false);
        }
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str(&pair);
    }
    (text + "]", true)
}

/// The answer a run stands for: 200 with its stdout, or that it failed and no more.
fn answer_of(run: &Run, whole: bool) -> Reply {
    let failed = |status, why: &str| Reply::json(status, &json!({ "error": why }));
    match run.end {
        End::Exit(0) if !whole => failed(500, "the command wrote too much"),
        End::Exit(0) => Reply {
            status: 200,
            headers: kind(&run.stdout).into_iter().collect(),
            body: run.stdout.clone(),
        },
        End::Timeout(_) => failed(504, "the command did not end in time"),
        End::Exit(_) | End::Signal(_) | End::NotStarted(_) => failed(500, "the command failed"),
    }
}

fn kind(body: &Bytes) -> Option<(String, Vec<u8>)> {
    let kind = (!body.is_empty()).then(|| content_type(body))?;
    Some(("content-type".to_owned(), kind.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::delivery::Direction;
    use crate::core::message::{Headers, Message};

    fn delivery(headers: Headers) -> Delivery {
        Delivery {
            id: Some(41),
            provider: Some("statly".into()),
            event: Some(format!("a\0$(rm)`x`\n{}", "é".repeat(VALUE))),
            ..Delivery::new(
                Direction::Received,
                jiff::Timestamp::UNIX_EPOCH,
                Message::post(headers, "{}"),
            )
        }
    }

    fn of(name: &str, delivery: &Delivery) -> String {
        let all = metadata(delivery);
        let found = all.into_iter().find(|(own, _)| *own == name);
        found.expect("is there").1
    }

    #[test]
    fn a_value_is_a_text_that_fits() {
        let own = delivery(Headers::new());
        let event = of("HOOKCAT_EVENT", &own);
        assert!(event.starts_with("a$(rm)`x`\n\u{e9}"), "{event}");
        assert!(event.len() <= VALUE && event.len() > VALUE - 2);
        assert_eq!(of("HOOKCAT_DELIVERY_ID", &own), "");
        assert_eq!(of("HOOKCAT_ID", &own), "41");
    }

    #[test]
    fn headers_are_json_however_many() {
        let few: Headers = [("X-A", "1\u{1b}"), ("x-a", "2")].into_iter().collect();
        let own = delivery(few);
        assert_eq!(
            of("HOOKCAT_HEADERS", &own),
            "[[\"X-A\",\"1\\u001b\"],[\"x-a\",\"2\"]]"
        );
        assert_eq!(of("HOOKCAT_HEADERS_WHOLE", &own), "true");
        let many: Headers = (0..10_000).map(|_| ("X-Name", "value")).collect();
        let own = delivery(many);
        let text = of("HOOKCAT_HEADERS", &own);
        assert!(text.len() <= HEADERS, "{}", text.len());
        let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert!(value.as_array().is_some_and(|own| own.len() > 1000));
        assert_eq!(of("HOOKCAT_HEADERS_WHOLE", &own), "false");
    }

    #[test]
    fn how_it_ends_is_what_is_answered() {
        let said = |end, stdout: &'static str, whole| {
            let run = Run {
                delivery: None,
                at: jiff::Timestamp::UNIX_EPOCH,
                end,
                latency: Duration::ZERO,
                stdout: stdout.into(),
                stderr: "private".into(),
                truncated: false,
            };
            let reply = answer_of(&run, whole);
            let kind = reply
                .headers
                .first()
                .map(|(_, value)| String::from_utf8_lossy(value).into_owned());
            (reply.status, kind.unwrap_or_default(), reply.body)
        };
        let json = || "application/json".to_owned();
        let text = || "text/plain; charset=utf-8".to_owned();
        assert_eq!(
            said(End::Exit(0), "{\"a\":1}\n", true),
            (200, json(), "{\"a\":1}\n".into())
        );
        assert_eq!(
            said(End::Exit(0), "done\n", true),
            (200, text(), "done\n".into())
        );
        assert_eq!(
            said(End::Exit(0), "", true),
            (200, String::new(), "".into())
        );
        assert_eq!(said(End::Exit(0), "x", false).0, 500);
        let failed = Bytes::from(r#"{"error":"the command failed"}"#);
        assert_eq!(said(End::Exit(2), "x", true), (500, json(), failed));
        assert_eq!(said(End::Signal(9), "x", true).0, 500);
        assert_eq!(said(End::NotStarted("private".into()), "", true).0, 500);
        assert_eq!(said(End::Timeout(Duration::ZERO), "x", true).0, 504);
    }
}
