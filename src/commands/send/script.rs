//! `hookcat send --script`: a scenario, step by step, each answer held to what is expected.

use std::path::Path;
use std::time::Duration;

use super::{SendArgs, one};
use crate::commands::junit;
use crate::commands::options::{Format, read};
use crate::commands::session::Session;
use crate::commands::shipment::block_on;
use crate::core::delivery::Attempt;
use crate::core::scenario::{Scenario, ScenarioError, Step};
use crate::core::template::Filler;
use crate::error::{CommandError, Kind};
use crate::repeat::Clock;
use crate::show::json;
use crate::show::junit::{Case, Fault, Outcome, Suite};

/// What came of a step.
enum End {
    AsExpected,
    /// Another status.
    Other(u16),
    /// No answer, and why.
    NoAnswer(String),
    /// An interrupt came first.
    NotTried,
}

/// Plays a scenario.
///
/// # Errors
/// A usage error for a mistake in it, before anything is sent; 9 where an answer is not the expected
/// one, 8 where none came.
pub(super) fn run(args: &SendArgs, path: &Path, session: &Session) -> Result<(), CommandError> {
    let name = path.display().to_string();
    let scenario = scenario(&name, session)?;
    let clock = args.repeat.clock();
    let all = Filler::new(clock.now(), args.repeat.random()?);
    let shared = scenario.shared(&all).map_err(|error| {
        CommandError::usage(format!("`ids` cannot be filled in: `{name}`")).because(error)
    })?;
    let player = Player {
        args,
        session,
        scenario: &scenario,
        folder: path.parent().unwrap_or(Path::new("")),
        all: all.ids(shared),
        clock,
    };
    // A mistake in the last step is found before the first one is sent.
    for (index, step) in scenario.steps.iter().enumerate() {
        player.check(index + 1, step)?;
    }
    let began = clock.now();
    let mut cases = Vec::new();
    let mut interrupted = None;
    for (index, step) in scenario.steps.iter().enumerate() {
        let (end, time) = if interrupted.is_some() {
            (End::NotTried, Duration::ZERO)
        } else {
            match player.play(index + 1, step) {
                Ok(came) => came,
                Err(error) if error.kind == Kind::Interrupted => {
                    interrupted = Some(error);
                    (End::NotTried, Duration::ZERO)
                }
                Err(error) => return Err(error),
            }
        };
        player.tell(index + 1, step, &end)?;
        cases.push(player.case(step, &end, time));
    }
    let result = ending(&cases, interrupted);
    if let Some(file) = &args.junit {
        let suite = Suite {
            name: format!("hookcat send --script {name}"),
            at: Some(began),
            cases,
        };
        junit::write(file, &[suite])?;
    }
    result
}

fn scenario(name: &str, session: &Session) -> Result<Scenario, CommandError> {
    let bytes = read(Some(name), session.ui)?;
    let text = String::from_utf8_lossy(&bytes);
    text.parse().map_err(|error: ScenarioError| {
        CommandError::usage(format!("not a scenario: `{name}`"))
            .because(error)
            .hint("hookcat-scripts(7) describes the file")
    })
}

/// How all ended: 9 before 8, since an answer says more than none.
fn ending(cases: &[Case], interrupted: Option<CommandError>) -> Result<(), CommandError> {
    if let Some(error) = interrupted {
        return Err(error);
    }
    let count = |is: fn(&Outcome) -> bool| cases.iter().filter(|own| is(&own.outcome)).count();
    let failed = count(|own| matches!(own, Outcome::Failed(_)));
    let unanswered = count(|own| matches!(own, Outcome::Errored(_)));
    let all = cases.len();
    let (kind, what) = match (failed, unanswered) {
        (0, 0) => return Ok(()),
        (0, count) => (
            Kind::NotReached,
            format!("{count} of {all} steps got no answer"),
        ),
        (count, _) => (
            Kind::NotMet,
            format!("{count} of {all} steps did not end as expected"),
        ),
    };
    Err(CommandError::new(kind, what))
}

struct Player<'a> {
    args: &'a SendArgs,
    session: &'a Session,
    scenario: &'a Scenario,
    folder: &'a Path,
    all: Filler,
    clock: Clock,
}

impl Player<'_> {
    /// The arguments that a step stands for.
    fn args(&self, number: usize, step: &Step, filler: &Filler) -> Result<SendArgs, CommandError> {
        let wrong = |error: String| {
            CommandError::usage(format!("step {number} `{}`: {error}", step.name()))
        };
        let beside = |name: &String| {
            let path = self.folder.join(name);
            let is_file = path.is_file();
            if is_file {
                path.display().to_string()
            } else {
                name.clone()
            }
        };
        let mut args = self.args.of(self.scenario.provider(step), &step.event);
        args.id = step
            .id(filler)
            .map_err(|error| wrong(error.to_string()).because(error))?;
        args.body.data = step.data.as_ref().map(beside);
        args.body.template = step.template.as_ref().map(beside);
        args.content_type = step.content_type.clone().or(args.content_type);
        args.body.more = step
            .edits(filler)
            .map_err(|error| wrong(error.to_string()).because(error))?;
        args.headers.extend(step.headers.iter().cloned());
        for word in &step.tamper {
            args.tamper.push(word.parse().map_err(wrong)?);
        }
        Ok(args)
    }

    /// Finds mistakes without sending anything.
    fn check(&self, number: usize, step: &Step) -> Result<(), CommandError> {
        let args = self.args(number, step, &self.filler())?;
        let provider = self.session.whole_provider(args.provider())?;
        args.source(self.session, &provider).map(|_| ())
    }

    /// What fills in a step: the time is its own, all else goes on.
    fn filler(&self) -> Filler {
        self.all.later(self.clock.now())
    }

    fn play(&self, number: usize, step: &Step) -> Result<(End, Duration), CommandError> {
        if let Some(wait) = step.after {
            let wait = wait.0.div_f64(self.args.to.speed);
            // A sleep begins within the runtime.
            block_on(async { tokio::time::sleep(wait).await })?;
        }
        let filler = self.filler();
        let args = self.args(number, step, &filler)?;
        let provider = self.session.whole_provider(args.provider())?;
        let provider = args.signing.shape(&provider)?;
        let last: Option<Attempt> = one(&args, self.session, &provider, &filler)?;
        let time = last.as_ref().map(|own| own.latency).unwrap_or_default();
        let end = match last.map(|own| own.result) {
            Some(Ok(reply)) if step.expect.fits(reply.status) => End::AsExpected,
            Some(Ok(reply)) => End::Other(reply.status),
            Some(Err(failure)) => End::NoAnswer(failure.message),
            None => End::NotTried,
        };
        Ok((end, time))
    }

    /// What a step's end is called, where it is not the expected one.
    fn fault(step: &Step, end: &End) -> Option<String> {
        let expected = &step.expect;
        match end {
            End::AsExpected => None,
            End::Other(status) => Some(format!("expected {expected}, endpoint answered {status}")),
            End::NoAnswer(why) => Some(format!("expected {expected}, no answer came: {why}")),
            End::NotTried => Some("not sent: interrupted".to_owned()),
        }
    }

    fn tell(&self, number: usize, step: &Step, end: &End) -> Result<(), CommandError> {
        let fault = Self::fault(step, end);
        if self.args.to.format == Format::Json {
            let status = match end {
                End::Other(status) => Some(*status),
                _ => None,
            };
            return self.session.ui.line(&json::line(&serde_json::json!({
                "v": 1,
                "type": "step",
                "step": number,
                "name": step.name(),
                "as_expected": fault.is_none(),
                "expected": step.expect.to_string(),
                "unexpected_status": status,
                "fault": fault,
            })));
        }
        if let Some(fault) = fault {
            let name = step.name();
            self.session
                .ui
                .warn(&format!("step {number} `{name}`: {fault}"));
        }
        Ok(())
    }

    fn case(&self, step: &Step, end: &End, time: Duration) -> Case {
        let message = Self::fault(step, end).unwrap_or_default();
        let fault = |kind: &str| Fault {
            kind: kind.to_owned(),
            message: message.clone(),
            text: String::new(),
        };
        Case {
            name: step.name().to_owned(),
            classname: format!("send.{}", self.scenario.provider(step)),
            time,
            outcome: match end {
                End::AsExpected => Outcome::Passed,
                End::Other(_) => Outcome::Failed(fault("status")),
                End::NoAnswer(_) => Outcome::Errored(fault("no-answer")),
                End::NotTried => Outcome::Skipped(message),
            },
        }
    }
}
