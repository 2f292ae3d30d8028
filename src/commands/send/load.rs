//! `hookcat send` many times over: the threads, the line that moves, the report, the exit code.

use std::borrow::Cow;
use std::time::Duration;

use clap::Args;
use reqwest::Url;

use super::book::Book;
use super::{SendArgs, compose_error};
use crate::commands::ending::{client_error, not_reached};
use crate::commands::options::Format;
use crate::commands::session::Session;
use crate::commands::session::log_error;
use crate::commands::shipment::{ToOptions, block_on, runtime, writer};
use crate::commands::sign::definition_error;
use crate::commands::signals::Signals;
use crate::core::delivery::{Delivery, Failure};
use crate::core::load::{Plan, Report};
use crate::core::provider::Provider;
use crate::core::random::Random;
use crate::core::retry::Span;
use crate::core::series::{Ids, Pattern, Series};
use crate::core::template::Filler;
use crate::deliver::http1::Endpoint;
use crate::deliver::load::{Maker, Run, Sent};
use crate::deliver::{ClientError, masked};
use crate::error::{CommandError, Kind};
use crate::log::{LogError, Writer};
use crate::repeat::Clock;
use crate::show::{json, load as show};
use crate::ui::Ui;

/// Connections where none are given: as many as other load generators make.
const CONNECTIONS: usize = 50;
/// How often the line on the terminal moves.
const TICK: Duration = Duration::from_millis(250);

const LOAD: &str = "Load";

/// How many, how fast.
#[derive(Args, Clone, Debug)]
pub(in crate::commands) struct LoadOptions {
    /// Send so many, each with an id, timestamp and signature of its own, and report on them all
    ///
    /// Ends with 7 where an answer was no success, else with 8 where a request got no answer.
    /// Ctrl-C ends it early with a report on what was sent.
    #[arg(help_heading = LOAD, long, value_name = "N", conflicts_with_all = ["print", "retry"], value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,

    /// Send so many a second, as `50` or `600/m`; latency then counts from when each was due
    #[arg(help_heading = LOAD, long, value_name = "RATE", conflicts_with_all = ["print", "retry"], value_parser = rate)]
    rate: Option<f64>,

    /// Over so many connections, each with one request at a time [default: 50, or --count if less]
    #[arg(help_heading = LOAD, long, value_name = "C", conflicts_with_all = ["print", "retry"], value_parser = clap::value_parser!(u16).range(1..=10_000))]
    concurrency: Option<u16>,

    /// For this long, such as 30s; without it and --count, until Ctrl-C
    #[arg(help_heading = LOAD, long, value_name = "SPAN", conflicts_with_all = ["print", "retry"])]
    duration: Option<Span>,
}

/// A rate in requests a second.
fn rate(text: &str) -> Result<f64, String> {
    let (number, seconds) = match text.split_once('/') {
        None | Some((_, "s")) => (text.split('/').next().unwrap_or_default(), 1.0),
        Some((number, "m")) => (number, 60.0),
        Some((number, "h")) => (number, 3600.0),
        Some(_) => ("", 1.0),
    };
    let number = number.parse::<f64>().ok();
    number
        .map(|number| number / seconds)
        .filter(|rate| (1e-4..=1e6).contains(rate))
        .ok_or_else(|| "expected a rate such as `50`, `50/s`, `600/m` or `20/h`".to_owned())
}

impl LoadOptions {
    /// What is planned; `None` where one request is sent as always.
    pub(super) fn plan(&self) -> Option<Plan> {
        let given = self.count.is_some()
            || self.rate.is_some()
            || self.concurrency.is_some()
            || self.duration.is_some();
        let most = self.count.and_then(|count| usize::try_from(count).ok());
        let most = most.unwrap_or(usize::MAX);
        given.then(|| Plan {
            count: self.count,
            rate: self.rate,
            connections: self.concurrency.map_or(CONNECTIONS, usize::from).min(most),
            duration: self.duration.map(|span| span.0),
        })
    }
}

/// What is sent many times over.
pub(super) struct Load<'a> {
    session: &'a Session,
    options: &'a ToOptions,
    provider: &'a Provider,
    pattern: Pattern<'a>,
    /// What the log keeps of each, but for message and answer.
    delivery: Delivery,
    random: Random,
    clock: Clock,
}

/// What ends a run before its time.
enum Ending {
    Client(ClientError),
    Log(LogError),
    Command(CommandError),
}

impl From<ClientError> for Ending {
    fn from(error: ClientError) -> Self {
        Self::Client(error)
    }
}

impl From<Ending> for CommandError {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::Client(error) => client_error(error),
            Ending::Log(error) => log_error(&error),
            Ending::Command(error) => error,
        }
    }
}

impl<'a> Load<'a> {
    /// What is sent, as the command line has it.
    pub(super) fn new(
        args: &'a SendArgs,
        session: &'a Session,
        provider: &'a Provider,
        pattern: Pattern<'a>,
        delivery: Delivery,
    ) -> Result<Self, CommandError> {
        Ok(Self {
            session,
            options: &args.to,
            provider,
            pattern,
            delivery,
            random: args.repeat.random()?,
            clock: args.repeat.clock(),
        })
    }

    /// Runs the plan and reports on it; the id is for all where the pattern has none to vary.
    pub(super) fn run(&self, id: &str, url: &Url, plan: Plan) -> Result<(), CommandError> {
        let policy = self.options.policy(Some(self.provider));
        let log = writer(self.options, self.session)?;
        let mut options = self.options.client_options(&policy)?;
        if log.is_none() {
            options.reply_bytes = 0;
        }
        let endpoint = block_on(Endpoint::find(url, &options))?
            .map_err(client_error)?
            .map_err(|failure| not_reached(&failure, &masked(url)))?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = cores.min(plan.connections);
        let run = Run::new(plan, threads, self.clock);
        let (endpoint, log) = (&endpoint, log.as_ref().map(|(_, writer)| writer));
        let (interrupted, elapsed) = std::thread::scope(|scope| {
            let (told, ended) = tokio::sync::mpsc::channel(threads);
            for thread in 0..threads {
                let (told, run) = (told.clone(), &run);
                scope.spawn(move || {
                    let ended = self.work(thread, run, (id, url), endpoint, log);
                    // Nobody listens any more where the watch itself failed.
                    let _ = told.blocking_send(ended);
                });
            }
            drop(told);
            let watched = self.watch(&run, ended);
            if watched.is_err() {
                run.cut();
            }
            watched
        })?;
        let tally = run.tally();
        let report = Report {
            plan,
            elapsed,
            interrupted,
            cut: run.begun() - tally.answered() - tally.failed(),
            tally,
        };
        self.tell(&report, url)?;
        finish(&report, &masked(url))
    }

    /// A thread's share.
    fn work(
        &self,
        thread: usize,
        run: &Run,
        (id, url): (&str, &Url),
        endpoint: &Endpoint,
        log: Option<&Writer>,
    ) -> Result<(), CommandError> {
        let broken = |error| compose_error(error, self.provider);
        let filler = Filler::new(self.clock.now(), self.random.clone());
        let ids = Ids::new(self.provider, &filler, self.random.clone());
        let ids = ids.map_err(definition_error)?;
        let mut series = Series::new(self.pattern);
        let make = |number, maker: &mut Maker<'_>| {
            let id = match self.pattern.id {
                Some(_) => ids.nth(number).map(Cow::Owned),
                None => Ok(Cow::Borrowed(id)),
            };
            let id = id.map_err(|error| Ending::Command(definition_error(error)))?;
            let made = series.request(&id, self.clock.now());
            let made = made.map_err(|error| Ending::Command(broken(error)))?;
            Ok(maker.take(made)?)
        };
        let book = log.map(|writer| {
            let like = &self.delivery;
            Book::new(writer, self.provider, like, url, run.threads())
        });
        let kept = book
            .as_ref()
            .map(|book| async |sent: Sent<'_>| book.keep(sent).await.map_err(Ending::Log));
        runtime()?.block_on(async {
            run.work(thread, endpoint, make, kept).await?;
            match &book {
                Some(book) => book.close().await.map_err(Ending::Log),
                None => Ok(()),
            }
        })?;
        Ok(())
    }

    /// Moves the line until all threads are done; whether it was interrupted, and how long it took.
    fn watch(
        &self,
        run: &Run,
        mut ended: tokio::sync::mpsc::Receiver<Result<(), CommandError>>,
    ) -> Result<(bool, Duration), CommandError> {
        let ui = self.session.ui;
        let mut line = Line::new(ui);
        let mut interrupted = false;
        let mut elapsed = Duration::ZERO;
        runtime()?.block_on(async {
            let mut signals = Signals::new()?;
            loop {
                tokio::select! {
                    thread = ended.recv() => match thread {
                        None => break Ok(()),
                        Some(result) => {
                            elapsed = run.elapsed();
                            if let Err(error) = result {
                                break Err(error);
                            }
                        }
                    },
                    () = signals.next() => {
                        if interrupted {
                            run.cut();
                        } else {
                            run.end();
                        }
                        interrupted = true;
                    }
                    () = tokio::time::sleep(TICK) => line.show(run),
                }
            }
        })?;
        line.clear();
        Ok((interrupted, elapsed))
    }

    fn tell(&self, report: &Report, url: &Url) -> Result<(), CommandError> {
        let ui = self.session.ui;
        let url = masked(url);
        if self.options.format == Format::Text {
            return ui.line(&show::report(report, ui.out(), ui.width()));
        }
        let event = self.delivery.event.as_deref().unwrap_or_default();
        let value = show::as_json(report, &self.provider.id, event, &url);
        ui.line(&json::line(&value))
    }
}

/// Any answer that is no success is worse than none, since it came; an interrupt before anything
/// ended leaves no result.
fn finish(report: &Report, url: &str) -> Result<(), CommandError> {
    let tally = &report.tally;
    let ended = tally.answered() + tally.failed();
    if tally.accepted() < tally.answered() {
        Err(CommandError::said(Kind::NotAccepted))
    } else if let Some((kind, message, _)) = tally.failures.first() {
        if tally.answered() > 0 {
            return Err(CommandError::said(Kind::NotReached));
        }
        let (kind, message) = (*kind, message.clone());
        Err(not_reached(&Failure { kind, message }, url))
    } else if ended == 0 && report.interrupted {
        Err(CommandError::new(
            Kind::Interrupted,
            "interrupted before a result",
        ))
    } else {
        Ok(())
    }
}

/// The line on the terminal.
struct Line {
    ui: Ui,
    last: (u64, Duration),
    shown: bool,
}

impl Line {
    fn new(ui: Ui) -> Self {
        Self {
            ui,
            last: (0, Duration::ZERO),
            shown: false,
        }
    }

    fn show(&mut self, run: &Run) {
        if !self.ui.err_is_terminal() {
            return;
        }
        let (tally, elapsed) = (run.tally(), run.elapsed());
        let ended = tally.answered() + tally.failed();
        let (before, since) = std::mem::replace(&mut self.last, (ended, elapsed));
        #[expect(
            clippy::cast_precision_loss,
            reason = "a rate is shown in a few digits"
        )]
        let more = (ended - before) as f64;
        let standing = show::Standing {
            begun: run.begun(),
            rate: more / elapsed.saturating_sub(since).as_secs_f64().max(1e-3),
            elapsed,
        };
        let width = self.ui.err_width().saturating_sub(1);
        let text = show::line(standing, &tally, self.ui.err(), width);
        self.ui.live(&text);
        self.shown = true;
    }

    fn clear(&self) {
        if self.shown {
            self.ui.live("");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_has_a_unit() {
        for (text, wanted) in [
            ("50", 50.0),
            ("2.5/s", 2.5),
            ("600/m", 10.0),
            ("36/h", 0.01),
        ] {
            assert_eq!(rate(text), Ok(wanted), "{text}");
        }
        for text in ["", "0", "-1", "1/d", "/s", "inf", "NaN", "1e9", "5/", "1/h"] {
            let slow = text == "1/h";
            assert_eq!(rate(text).is_ok(), slow, "{text}");
        }
    }
}
