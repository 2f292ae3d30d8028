//! What `listen` prints, on a thread of its own: a reader that stalls stops nothing else.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinHandle;

use super::handshake::handshaken;
use super::options::Format;
use super::shapes::{Observed, ShapeWatch};
use super::validate;
use crate::core::delivery::{Attempt, Delivery};
use crate::core::diagnose::Diagnosis;
use crate::core::note::Note;
use crate::core::schema::Problem;
use crate::error::{CommandError, Kind};
use crate::providers::Catalog;
use crate::receive::intake::posted_to;
use crate::receive::news::{self, Event, Missed, Told};
use crate::show::event::{self, Look};
use crate::show::{finding, hint, json as show_json, note, run as show_run, sanitize};
use crate::ui::Ui;
use crate::verifier::Verifier;

/// How to print.
pub(super) struct Printer {
    pub(super) ui: Ui,
    pub(super) format: Format,
    pub(super) look: Look,
    /// Whether a log has what is not shown.
    pub(super) logged: bool,
    pub(super) missed: Arc<Missed>,
    /// The catalogue whose schemas payloads are held against, if they are.
    pub(super) schemas: Option<Arc<Catalog>>,
    /// What payloads looked like so far, if that is watched.
    pub(super) shapes: Option<RefCell<ShapeWatch>>,
    /// What deliveries were held against: it says what would make an invalid one valid.
    pub(super) verifier: Arc<Verifier>,
    pub(super) public_url: Option<String>,
    /// Whether the address itself is `https`.
    pub(super) secure: bool,
}

/// While more than this wait to be printed, nothing is searched for a cause: a flood of forged
/// deliveries must not hold up the others.
const WAITING: usize = 16;

impl Printer {
    /// Prints what happens, until there is nobody left to tell it or nobody left to read it; then
    /// it asks for the end.
    pub(super) fn start(
        self,
        mut events: UnboundedReceiver<Told>,
        stop: Arc<Notify>,
    ) -> JoinHandle<Result<(), CommandError>> {
        tokio::task::spawn_blocking(move || {
            let mut result = Ok(());
            while let Some(told) = news::next(&mut events) {
                result = self.print(&told.event, events.len() <= WAITING);
                if result.is_err() {
                    break;
                }
                self.own_up();
            }
            self.own_up();
            // Without a reader there is no use in going on.
            stop.notify_one();
            match result {
                Err(error) if error.kind != Kind::BrokenPipe => Err(error),
                _ => Ok(()),
            }
        })
    }

    /// Says what was left out.
    fn own_up(&self) {
        let deliveries = self.missed.deliveries.swap(0, Ordering::Relaxed);
        if deliveries > 0 {
            let log = if self.logged {
                ", the log has them"
            } else {
                ": the terminal is slower than the traffic"
            };
            self.ui
                .status(&format!("… {deliveries} deliveries not shown{log}"));
        }
        let others = self.missed.others.swap(0, Ordering::Relaxed);
        if others > 0 {
            self.ui.status(&format!("… {others} warnings not shown"));
        }
    }

    /// What would make an invalid delivery valid.
    fn diagnose(&self, delivery: &Delivery) -> Option<Diagnosis> {
        let judgement = delivery.judgement.as_ref()?;
        let reason = judgement.reason.as_deref();
        if judgement.verdict != "invalid" && reason != Some("ambiguous") {
            return None;
        }
        let message = &delivery.message;
        let url = posted_to(message, self.public_url.as_deref(), self.secure);
        let context = self.verifier.context(Some(&url), delivery.at);
        let found = self.verifier.assess(message, &context);
        Some(self.verifier.diagnose(message, &found, &context, &[]))
    }

    /// What is to be told of a payload's shape, where that is watched.
    fn shape(&self, delivery: &Delivery, has_time: bool) -> Option<Observed> {
        let mut watch = self.shapes.as_ref()?.borrow_mut();
        watch.look(delivery, has_time)
    }

    fn print(&self, event: &Event, has_time: bool) -> Result<(), CommandError> {
        let Self { ui, look, .. } = self;
        let json = self.format == Format::Json;
        match event {
            Event::Delivery(delivery, notes) if json => {
                let mut value = show_json::delivery(delivery);
                let diagnosis = has_time.then(|| self.diagnose(delivery)).flatten();
                if let Some(own) = &diagnosis {
                    value["findings"] = finding::json(own);
                }
                if let Some(catalog) = &self.schemas {
                    let found = problems(catalog, delivery);
                    value["problems"] = found.as_deref().map_or(Value::Null, validate::as_json);
                }
                if self.shapes.is_some() {
                    let observed = self.shape(delivery, has_time);
                    value["shape"] = observed.map_or(Value::Null, |own| own.as_json());
                }
                ui.line(&show_json::line(&value))?;
                self.note(delivery.id, notes);
                Ok(())
            }
            Event::Delivery(delivery, notes) => ui.line(&self.delivery(delivery, notes, has_time)),
            Event::Attempt(delivery, attempt, notes) if json => {
                let mut value = json!({ "v": 1, "type": "attempt", "delivery": delivery.id });
                if let (Value::Object(value), Value::Object(own)) =
                    (&mut value, show_json::attempt(attempt))
                {
                    value.extend(own);
                }
                ui.line(&show_json::line(&value))?;
                self.note(delivery.id, notes);
                Ok(())
            }
            Event::Attempt(delivery, attempt, notes) => {
                let mut text = self.attempt(delivery, attempt);
                text.push_str(&self.notes(notes));
                ui.line(&text)
            }
            Event::Ran(run) if json => ui.line(&show_json::line(&show_run::as_json(run))),
            Event::Ran(run) => ui.line(&show_run::lines(run, look)),
            Event::Noted(id, note) => {
                self.note(*id, std::slice::from_ref(note));
                Ok(())
            }
            Event::Refused {
                at,
                peer,
                status,
                why,
            } => {
                let what = match status {
                    Some(status) => format!("refused a request of {peer} with {status}"),
                    None => format!("closed a connection of {peer}"),
                };
                ui.warn(&format!("{what}: {}", sanitize::line(why)));
                if !json {
                    return Ok(());
                }
                ui.line(&show_json::line(&json!({
                    "v": 1,
                    "type": "refused",
                    "at": at.to_string(),
                    "peer": peer.to_string(),
                    "status": status,
                    "reason": why,
                })))
            }
            Event::Crowded { closed, open } => {
                ui.warn(&format!(
                    "{open} connections are open: closed {closed} that kept others waiting"
                ));
                Ok(())
            }
            Event::Handshake(provider, news) => {
                handshaken(*ui, provider, news);
                Ok(())
            }
            Event::NotLogged(why) => {
                ui.warn(&format!(
                    "a delivery was not recorded and answered 503: {}",
                    sanitize::line(why)
                ));
                Ok(())
            }
        }
    }
}

impl Printer {
    /// A delivery with all that came of it.
    fn delivery(&self, delivery: &Delivery, notes: &[Note], has_time: bool) -> String {
        let look = &self.look;
        let mut text = event::arrival(delivery, look);
        let diagnosis = has_time.then(|| self.diagnose(delivery)).flatten();
        let lines = diagnosis
            .iter()
            .flat_map(|own| finding::lines(own, look.paint, look.width));
        // Under the verdict, before the body.
        let end = text.find('\n').unwrap_or(text.len());
        text.insert_str(
            end,
            &lines.map(|line| format!("\n{line}")).collect::<String>(),
        );
        let found = self
            .schemas
            .as_ref()
            .and_then(|own| problems(own, delivery));
        for line in validate::lines(&found.unwrap_or_default()) {
            let line = format!("payload: {}", sanitize::line(&line));
            text.push_str(&format!("\n    {}", look.paint.yellow(&line)));
        }
        for line in self
            .shape(delivery, has_time)
            .iter()
            .flat_map(Observed::lines)
        {
            let line = format!("shape: {}", sanitize::line(&line));
            text.push_str(&format!("\n    {}", look.paint.yellow(&line)));
        }
        for attempt in &delivery.attempts {
            text.push('\n');
            text.push_str(&self.attempt(delivery, attempt));
        }
        if delivery.attempts.is_empty() {
            text.push('\n');
            text.push_str(&event::answer(delivery, look));
        }
        text.push_str(&self.notes(notes));
        text
    }

    /// An attempt, and what usually helps where it failed.
    fn attempt(&self, delivery: &Delivery, attempt: &Attempt) -> String {
        let look = &self.look;
        let mut text = event::attempt(delivery, attempt, look);
        if let Some(hint) = hint::of(delivery, attempt, self.logged) {
            text.push_str(&format!("\n    {} {hint}", look.paint.cyan_bold("hint:")));
        }
        text
    }

    /// What stands below a delivery.
    fn notes(&self, notes: &[Note]) -> String {
        let paint = self.look.paint;
        let lines = notes.iter().map(|own| match own {
            Note::Scripted(_) => paint.dim(&note::line(own)),
            _ => paint.yellow(&note::line(own)),
        });
        lines.map(|line| format!("\n    {line}")).collect()
    }

    /// The same beside the data; what a script did says the answer itself.
    fn note(&self, id: Option<i64>, notes: &[Note]) {
        let number = id.map_or_else(|| "#-".to_owned(), |id| format!("#{id}"));
        for own in notes.iter().filter(|own| !matches!(own, Note::Scripted(_))) {
            self.ui.status(&format!("{number}: {}", note::line(own)));
        }
    }
}

fn problems(catalog: &Catalog, delivery: &Delivery) -> Option<Vec<Problem>> {
    let provider = delivery.provider.as_deref();
    validate::of_delivery(
        catalog,
        provider,
        delivery.event.as_deref(),
        &delivery.message,
    )
}
