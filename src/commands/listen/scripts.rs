//! Answers that `listen` gives by a script.

use bytes::Bytes;
use clap::Args;

use super::forwarding::patience;
use crate::commands::options::headers;
use crate::config::Route;
use crate::core::message::Headers;
use crate::core::message::is_of_the_connection;
use crate::core::retry::Span;
use crate::core::script::{Delay, FailRate, Script, Step, Steps};
use crate::error::CommandError;

/// The heading these options stand under; set on each, so that it does not run on over the verb's own.
const SCRIPTED: &str = "Scripted answers";

/// What senders hear, whatever they sent.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct ScriptOptions {
    /// Answer a delivery's attempts with these statuses in turn, such as 500,500,200; the last stays
    ///
    /// Attempts are counted for each delivery, by its id or, where it has none, by method, target and
    /// body. `reset` in place of a status resets the connection. What is invalid is answered 401 all
    /// the same, and a handshake as its provider wants it.
    #[arg(help_heading = SCRIPTED, long, value_name = "STATUS,…", conflicts_with = "forward_to")]
    pub(super) respond: Option<Steps>,

    /// The body of scripted answers: a text, or @FILE
    #[arg(help_heading = SCRIPTED, long, value_name = "TEXT", allow_hyphen_values = true)]
    respond_body: Option<String>,

    /// Add this header to scripted answers (can be repeated)
    #[arg(help_heading = SCRIPTED, long = "respond-header", value_name = "NAME: VALUE")]
    respond_headers: Vec<String>,

    /// Hold scripted answers back for so long, or for a different span each time, such as 2s..5s
    #[arg(help_heading = SCRIPTED, long, value_name = "SPAN")]
    delay: Option<Delay>,

    /// Reset connections instead of answering: the same as --respond reset
    #[arg(help_heading = SCRIPTED, long, conflicts_with_all = ["respond", "forward_to"])]
    reset: bool,

    /// Answer so many of the deliveries 500, from 0 to 1; with --seed the same ones in every run
    #[arg(help_heading = SCRIPTED, long, value_name = "RATE")]
    fail_rate: Option<FailRate>,

    /// Ask for the next attempt after this span, in scripted answers that are no success
    #[arg(help_heading = SCRIPTED, long, value_name = "SPAN", value_parser = patience)]
    retry_after: Option<Span>,
}

impl ScriptOptions {
    /// Whether the command line says what is answered.
    pub(super) fn says_what(&self) -> bool {
        self.respond.is_some() || self.reset
    }

    /// The first flag that says how scripted answers are, whatever they are.
    pub(super) fn says_how(&self) -> Option<&'static str> {
        [
            (self.respond_body.is_some(), "--respond-body"),
            (!self.respond_headers.is_empty(), "--respond-header"),
            (self.delay.is_some(), "--delay"),
            (self.fail_rate.is_some(), "--fail-rate"),
            (self.retry_after.is_some(), "--retry-after"),
        ]
        .into_iter()
        .find_map(|(given, flag)| given.then_some(flag))
    }

    /// The script of the command line, with these steps if it does not say others.
    ///
    /// # Errors
    /// A usage error for a body that cannot be read, or a header that is none.
    pub(super) fn read(&self, steps: Option<Steps>) -> Result<Script, CommandError> {
        let own = self.reset.then(|| Step::Reset.into());
        Ok(Script {
            steps: steps.or(self.respond.clone()).or(own).unwrap_or_default(),
            headers: answer_headers(&self.respond_headers)?,
            body: self.respond_body.as_deref().map(body).transpose()?,
            delay: self.delay.unwrap_or_default(),
            fail_rate: self.fail_rate.unwrap_or_default(),
            retry_after: self.retry_after.map(|span| span.0),
        })
    }
}

/// The script of a route in a file.
///
/// # Errors
/// A usage error for a header that is none.
pub(super) fn of_route(route: &Route, steps: &Steps) -> Result<Script, CommandError> {
    Ok(Script {
        steps: steps.clone(),
        headers: answer_headers(&route.headers)?,
        body: route.body.clone().map(Bytes::from),
        delay: route.delay.unwrap_or_default(),
        fail_rate: route.fail_rate.unwrap_or_default(),
        retry_after: route.retry_after.map(|span| span.0),
    })
}

/// A script in a few words, for the lines that say what is in force.
pub(super) fn words(script: &Script) -> String {
    let mut text = script.steps.to_string();
    if !script.delay.is_none() {
        text.push_str(&format!(", held back {}", script.delay));
    }
    if !script.fail_rate.is_none() {
        text.push_str(&format!("; 500 at a rate of {}", script.fail_rate));
    }
    text
}

fn answer_headers(texts: &[String]) -> Result<Headers, CommandError> {
    let headers = headers(texts)?;
    if let Some((name, _)) = headers.iter().find(|(name, _)| is_of_the_connection(name)) {
        return Err(CommandError::usage(format!(
            "hookcat sets this header itself, or the connection has no use for it: `{name}`"
        )));
    }
    Ok(headers)
}

fn body(text: &str) -> Result<Bytes, CommandError> {
    let Some(path) = text.strip_prefix('@') else {
        return Ok(text.to_owned().into());
    };
    std::fs::read(path)
        .map(Bytes::from)
        .map_err(|error| CommandError::usage(format!("cannot read `{path}`")).because(error))
}
