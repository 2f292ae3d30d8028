//! How a run ends: when it is asked to, after a span, with a command, or once nothing more is waited
//! for; and what it comes to then.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::companion::Companion;
use crate::commands::options::Format;
use crate::core::arrivals::Arrivals;
use crate::error::{CommandError, Kind};
use crate::receive::crew::Crew;
use crate::receive::intake::Intake;
use crate::receive::server::{self, Limits};
use crate::receive::socket::Listener;
use crate::show::{arrivals, event, json as show_json};
use crate::ui::Ui;

/// How long of the end requests under way may take, and what goes on after them.
const WORK: Duration = Duration::from_millis(4200);
/// How long the end may take: requests under way, then what is left to print.
const ENDING: Duration = Duration::from_millis(4500);
/// How long the summary may take where nobody reads.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// What ends a run.
pub(super) struct Ending {
    /// Somebody asked for the end, or nobody is left to tell anything.
    pub(super) stop: Arc<Notify>,
    /// Nothing more need be waited for.
    pub(super) enough: Arc<Notify>,
    /// Whether that is the end; else it is the command's.
    pub(super) enough_ends: bool,
    /// How long it may take.
    pub(super) timeout: Option<Duration>,
    /// How long is waited after the command's end.
    pub(super) linger: Duration,
    /// The command that runs beside it.
    pub(super) companion: Option<Companion>,
}

/// What ended a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    Asked,
    Enough,
    Time(Duration),
    /// With this exit code.
    Command(u8),
}

impl Ended {
    fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "interrupt",
            Self::Enough => "expectations",
            Self::Time(_) => "timeout",
            Self::Command(_) => "command",
        }
    }
}

impl Ending {
    /// Waits for the end; a command that is not over by then is ended.
    async fn wait(&mut self) -> Ended {
        let limit = self.timeout;
        let time = async move {
            match limit {
                Some(limit) => {
                    tokio::time::sleep(limit).await;
                    limit
                }
                None => std::future::pending().await,
            }
        };
        let mut time = std::pin::pin!(time);
        let command = async {
            match &mut self.companion {
                Some(companion) => companion.ended().await,
                None => std::future::pending().await,
            }
        };
        let ended = tokio::select! {
            () = self.stop.notified() => Ended::Asked,
            () = self.enough.notified(), if self.enough_ends => Ended::Enough,
            limit = &mut time => Ended::Time(limit),
            code = command => Ended::Command(code),
        };
        match (ended, &mut self.companion) {
            // What failed need not be waited for.
            (Ended::Command(0), _) => tokio::select! {
                () = self.stop.notified() => {}
                () = self.enough.notified() => {}
                _ = time => {}
                () = tokio::time::sleep(self.linger) => {}
            },
            (Ended::Command(_), _) | (_, None) => {}
            (_, Some(companion)) => companion.end().await,
        }
        ended
    }
}

/// Those who look at what happens.
pub(super) struct Audience {
    pub(super) ui: Ui,
    pub(super) format: Format,
    pub(super) printer: JoinHandle<Result<(), CommandError>>,
    /// What is waited for, where something is.
    pub(super) sift: Option<JoinHandle<Arrivals>>,
    /// Whether it says what came of that.
    pub(super) judges: bool,
}

/// Receives until the end, prints what was received and says what it comes to.
pub(super) async fn until_over(
    listener: Listener,
    limits: Limits,
    intake: Intake,
    mut ending: Ending,
    mut audience: Audience,
) -> Result<(), CommandError> {
    let start = Instant::now();
    let stopped = OnceLock::new();
    let shutdown = async {
        let ended = ending.wait().await;
        let _ = stopped.set((ended, Instant::now()));
    };
    let intake = Arc::new(intake);
    let crew = Crew::of_every_core()
        .map_err(|error| CommandError::failure("cannot start threads").because(error))?;
    server::run(listener, limits, &crew, shutdown, Arc::clone(&intake)).await;
    let (ended, since) = stopped
        .into_inner()
        .unwrap_or((Ended::Asked, Instant::now()));
    let left = intake
        .answers
        .tasks
        .end(WORK.saturating_sub(since.elapsed()))
        .await;
    // Joined where nobody waits for what it does.
    let _ = tokio::task::spawn_blocking(move || drop(crew)).await;
    let mut summary = intake.counts.summary();
    if left > 0 {
        summary.push_str(&format!("; {left} given up before the end of their work"));
    }
    // The last holder of the way to the printer ends it; the last holder of the log closes it.
    drop(intake);
    let mut arrivals = None;
    if let Some(sift) = audience.sift.take() {
        let sifted = tokio::time::timeout(ENDING.saturating_sub(since.elapsed()), sift).await;
        match sifted {
            Ok(sifted) => arrivals = sifted.ok(),
            Err(_) => return Err(CommandError::failure("an expression takes too long to end")),
        }
    }
    let printer = &mut audience.printer;
    let outcome = tokio::time::timeout(ENDING.saturating_sub(since.elapsed()), printer).await;
    let stalled = outcome.is_err();
    // Where stdout is not read stderr may not be either.
    let ui = audience.ui;
    let last_words = tokio::task::spawn_blocking(move || {
        if stalled {
            ui.warn("stdout is not read: not everything was printed");
        }
        ui.status(&summary);
    });
    let _ = tokio::time::timeout(LAST_WORDS, last_words).await;
    match outcome {
        Ok(Ok(outcome)) => outcome?,
        Ok(Err(_)) => return Err(CommandError::failure("the printer ended")),
        Err(_) => {}
    }
    let took = since.duration_since(start);
    let arrivals = arrivals.filter(|_| audience.judges);
    judge(
        ended,
        ending.companion.as_ref(),
        arrivals.as_ref(),
        took,
        &audience,
    )
}

/// What it comes to: the command's exit code, then the expectations'.
fn judge(
    ended: Ended,
    companion: Option<&Companion>,
    expected: Option<&Arrivals>,
    took: Duration,
    audience: &Audience,
) -> Result<(), CommandError> {
    let ui = audience.ui;
    let code = match ended {
        Ended::Command(code) => Some(code),
        _ => None,
    };
    if let Some(own) = expected {
        if audience.format == Format::Json {
            let mut value = arrivals::as_json(own);
            value["ended_by"] = json!(ended.as_str());
            value["exit_code"] = json!(code);
            ui.line(&show_json::line(&value))?;
        }
        tell(own, took, ui);
    }
    let command = companion
        .map(|own| own.name().to_owned())
        .unwrap_or_default();
    match ended {
        Ended::Command(code @ 1..) => Err(CommandError::new(
            Kind::Command(code),
            format!("command ended with exit code {code}: `{command}`"),
        )),
        Ended::Time(limit) if companion.is_some() => Err(CommandError::new(
            Kind::NotMet,
            format!(
                "command did not end within {}: `{command}`",
                event::span(limit)
            ),
        )),
        Ended::Asked if companion.is_some() => Err(CommandError::said(Kind::Interrupted)),
        _ if expected.is_some_and(|own| !own.is_met()) => Err(CommandError::said(Kind::NotMet)),
        _ => Ok(()),
    }
}

/// Tells a person what came of what was expected.
fn tell(own: &Arrivals, took: Duration, ui: Ui) {
    let unmet = arrivals::unmet(own);
    if unmet.is_empty() {
        return ui.status(&format!("all expectations met in {}", event::span(took)));
    }
    for (what, why) in unmet {
        ui.error(&what);
        for line in why {
            ui.status(&format!("  {line}"));
        }
    }
    for line in arrivals::last(own) {
        ui.status(&line);
    }
    if own.received == 0 {
        ui.hint("is the sender pointed at this address? `hookcat send` sends a sample");
    }
}
