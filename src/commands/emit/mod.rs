//! `hookcat emit`: an event happens at a provider that is played here.

mod args;
mod git;
mod hook;
mod queue;

use serde_json::Value;

pub(in crate::commands) use self::args::EmitArgs;
use self::queue::Queue;
use crate::commands::send::{find_source, payload, warn_of_differences};
use crate::commands::session::{Session, warn_about};
use crate::commands::sign::definition_error;
use crate::core::compose;
use crate::core::serve::origin;
use crate::core::template::Filler;
use crate::error::CommandError;

/// Runs `emit`.
pub(super) fn run(args: &EmitArgs, session: &Session) -> Result<(), CommandError> {
    if args.install_hook {
        return hook::print(args, session);
    }
    let mut queue = Queue::open(args, session)?;
    if args.from_git.is_some() {
        return git::run(args, session, queue);
    }
    let provider = session.whole_provider(args.provider())?;
    let filler = Filler::new(args.repeat.clock().now(), args.repeat.random()?);
    let source = find_source(&args.body, args.event(), session, &provider)?;
    warn_about(&provider, session.ui);
    let id = compose::delivery_id(&provider, &filler).map_err(definition_error)?;
    let body = payload(&args.body, session, &provider, &source, &id, &filler)?;
    let mut json: Value = serde_json::from_slice(&body).map_err(|error| {
        CommandError::usage("body is not JSON, which webhooks of a provider carry").because(error)
    })?;
    warn_of_differences(&args.body, session, &provider, &source.event, &body);
    let (scope, body) = match args.repo.clone() {
        // The user's own body is sent as it is.
        Some(scope) if args.body.data.is_some() => (scope, body),
        Some(scope) => {
            origin::set_repository(&mut json, &scope);
            (scope, json.to_string().into_bytes())
        }
        None => (origin::repository(&json), body),
    };
    let event = &source.event;
    let body = compose::as_sent(&provider, event, body);
    queue.put(&provider, event.wire(), (&scope, None), body)?;
    queue.close()
}
