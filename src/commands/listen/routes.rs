//! Which deliveries `listen` answers how: from the command line, else from the files.

use std::str::FromStr;
use std::sync::Arc;

use clap::Args;

use super::exec::{Commands, ExecOptions};
use super::forwarding::{ForwardOptions, Forwarding};
use super::scripts::{self, ScriptOptions};
use crate::commands::session::Session;
use crate::config::Route;
use crate::core::pattern::Pattern;
use crate::core::script::Steps;
use crate::deliver::masked;
use crate::env;
use crate::error::CommandError;
use crate::receive::answer::script::Scripted;
use crate::receive::route::{Action, Routes};
use crate::secrets::{SecretRef, Source};
use crate::ui::Ui;

/// What is done with deliveries.
#[derive(Args, Clone, Debug)]
pub(super) struct RouteOptions {
    /// Do this with the deliveries that fit: forward, answer by a script, or run a command (can be
    /// repeated)
    ///
    /// PATTERN is `github:push`, an event of any provider (`*.failed`), or a path (`/hooks/*`); `*`
    /// stands for anything, and what is not known is fitted by `*` alone. An event with a colon is
    /// written `*:repo:push`. ACTION is an endpoint as --forward-to takes it, `respond:500,500,200`,
    /// or `exec:COMMAND`. The first route that fits decides; --forward-to, --respond or --exec are for
    /// what none fits. Where one of these four is given, what the configuration files say of them is
    /// left out.
    #[arg(long = "route", value_name = "PATTERN=ACTION")]
    routes: Vec<RouteText>,

    #[command(flatten)]
    pub(super) forward: ForwardOptions,

    // So that the heading of what is trusted does not run on over the verb's own options.
    #[command(flatten, next_help_heading = None::<&str>)]
    script: ScriptOptions,

    #[command(flatten)]
    exec: ExecOptions,
}

/// A route as it is written on the command line.
#[derive(Clone, Debug)]
struct RouteText {
    pattern: Pattern,
    action: ActionText,
}

#[derive(Clone, Debug)]
enum ActionText {
    Forward(String),
    Respond(Steps),
    Run(String),
}

impl FromStr for RouteText {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (pattern, action) = text.split_once('=').ok_or_else(|| {
            "expected PATTERN=ACTION, such as `github:push=http://localhost:3000/hooks`".to_owned()
        })?;
        Ok(Self {
            pattern: pattern.trim().parse()?,
            action: action.trim().parse()?,
        })
    }
}

impl FromStr for ActionText {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(steps) = text.strip_prefix("respond:") {
            return steps.parse().map(Self::Respond);
        }
        match text.strip_prefix("exec:") {
            Some("") => Err("expected a command behind `exec:`".to_owned()),
            Some(command) => Ok(Self::Run(command.to_owned())),
            None => Ok(Self::Forward(text.to_owned())),
        }
    }
}

/// Makes actions of what was written.
struct Maker<'a> {
    session: &'a Session,
    forwarding: Forwarding,
    commands: Commands,
}

impl RouteOptions {
    /// The routes, those that are for everything left at the end. `references` are those to secrets,
    /// beside the files' own.
    ///
    /// # Errors
    /// A usage error for what cannot be done, or is of no use.
    pub(super) fn read(
        &self,
        session: &Session,
        references: &[&SecretRef],
        maker: Forwarding,
        configured: bool,
    ) -> Result<Routes, CommandError> {
        let maker = Maker {
            session,
            forwarding: maker,
            commands: self.exec.read(withheld(session, references)),
        };
        let mut routes = Routes::default();
        if self.is_given() {
            self.of_flags(&maker, &mut routes)?;
        } else if configured {
            let listen = session.config.listen();
            for route in &listen.routes {
                routes.push(maker.pattern(&route.pattern)?, maker.of_file(route)?);
            }
            if let Some(text) = &listen.forward_to {
                let action = maker.forward(text, None)?;
                routes.push(Pattern::everything(), action);
            }
        }
        if let Some(flag) = self.script.says_how() {
            let scripted = |(_, action): &(_, Action)| matches!(action, Action::Respond(_));
            if !self.is_given() || !routes.iter().any(scripted) {
                return Err(CommandError::usage(format!(
                    "no answer is scripted that `{flag}` could be for"
                ))
                .hint("script some: --respond 200, or --route 'github:push=respond:200'"));
            }
        }
        Ok(routes)
    }

    /// Whether the command line says what is done with deliveries.
    fn is_given(&self) -> bool {
        let has_route = !self.routes.is_empty() || self.forward.forward_to.is_some();
        has_route || self.script.says_what() || self.exec.exec.is_some() || self.scripts_alone()
    }

    /// Whether nothing is said but how scripted answers are: all of them are scripted then.
    fn scripts_alone(&self) -> bool {
        let other = !self.routes.is_empty()
            || self.forward.forward_to.is_some()
            || self.exec.exec.is_some();
        self.script.says_how().is_some() && !other
    }

    fn of_flags(&self, maker: &Maker<'_>, routes: &mut Routes) -> Result<(), CommandError> {
        for own in &self.routes {
            let action = match &own.action {
                ActionText::Forward(text) => maker.forward(text, None)?,
                ActionText::Respond(steps) => self.respond(Some(steps.clone()))?,
                ActionText::Run(command) => maker.run(command, false),
            };
            routes.push(maker.pattern(&own.pattern)?, action);
        }
        let last = if let Some(text) = &self.forward.forward_to {
            maker.forward(text, None)?
        } else if let Some(command) = &self.exec.exec {
            maker.run(command, false)
        } else if self.script.says_what() || self.scripts_alone() {
            self.respond(None)?
        } else {
            return Ok(());
        };
        routes.push(Pattern::everything(), last);
        Ok(())
    }

    fn respond(&self, steps: Option<Steps>) -> Result<Action, CommandError> {
        let script = self.script.read(steps)?;
        Ok(Action::Respond(Arc::new(Scripted::new(script))))
    }
}

impl Maker<'_> {
    /// A pattern with its provider's id in place of another name of it.
    fn pattern(&self, pattern: &Pattern) -> Result<Pattern, CommandError> {
        let Some(name) = pattern.provider() else {
            return Ok(pattern.clone());
        };
        let known = self.session.provider(name).map_err(|error| {
            error.hint(format!("an event with a colon is written `*:{pattern}`"))
        })?;
        let text = pattern.to_string();
        format!("{}{}", known.id, &text[name.len()..])
            .parse()
            .map_err(CommandError::usage)
    }

    fn forward(&self, text: &str, ack_first: Option<bool>) -> Result<Action, CommandError> {
        Ok(Action::Forward(Arc::new(
            self.forwarding.to(text, ack_first)?,
        )))
    }

    fn run(&self, command: &str, answers: bool) -> Action {
        Action::Run(Arc::new(self.commands.run(command, answers)))
    }

    fn of_file(&self, route: &Route) -> Result<Action, CommandError> {
        let scripted = route.body.is_some()
            || !route.headers.is_empty()
            || route.delay.is_some()
            || route.fail_rate.is_some()
            || route.retry_after.is_some();
        let own = |what: &str| {
            CommandError::usage(format!("route `{}` {what}", route.pattern))
                .hint("a route has a `match`, and one of `forward-to`, `respond` and `exec`")
        };
        match (&route.forward_to, &route.respond, &route.exec) {
            (Some(_), None, None) | (None, None, Some(_)) if scripted => {
                Err(own("has an answer that is not its own"))
            }
            (Some(text), None, None) => self.forward(text, route.ack_first),
            (None, None, Some(command)) => Ok(self.run(command, route.exec_answers)),
            (None, steps, None) if steps.is_some() || scripted => {
                let steps = steps.clone().unwrap_or_default();
                let script = scripts::of_route(route, &steps)?;
                Ok(Action::Respond(Arc::new(Scripted::new(script))))
            }
            (None, None, None) => Err(own("does nothing")),
            _ => Err(own("does several things")),
        }
    }
}

/// The variables of the environment that hold secrets.
fn withheld(session: &Session, references: &[&SecretRef]) -> Vec<String> {
    let configured = session.config.references().map(SecretRef::from_str);
    // A flag in its place does not make it any less of a secret.
    let variable = std::env::var(env::SECRET).ok();
    let variable = variable.iter().map(|text| SecretRef::from_str(text));
    let all = references
        .iter()
        .map(|own| (*own).clone())
        .chain(configured.chain(variable).flatten());
    all.filter_map(
        |reference| match reference.parse(|name| session.catalog.get(name).is_ok()).1 {
            Source::Env(name) => Some(name),
            _ => None,
        },
    )
    .collect()
}

/// Says what is done with which deliveries.
pub(super) fn tell(routes: &Routes, ui: Ui) {
    let last = Pattern::everything();
    let is_only = routes.iter().count() == 1;
    for (pattern, action) in routes.iter() {
        let what = match action {
            Action::Forward(own) => {
                let first = if own.ack_first.is_some() {
                    " after the answer"
                } else {
                    ""
                };
                format!("forwarding to {}{first}", masked(&own.endpoint))
            }
            Action::Respond(own) => format!("answering {}", scripts::words(&own.script)),
            Action::Run(own) if own.answers => format!("answering by `{}`", own.command),
            Action::Run(own) => format!("running `{}`", own.command),
        };
        ui.status(&if *pattern != last {
            format!("{pattern}: {what}")
        } else if is_only {
            what
        } else {
            format!("else: {what}")
        });
    }
}
