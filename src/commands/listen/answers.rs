//! What answers the deliveries of one `listen`.

use std::sync::{Arc, Mutex};

use super::ListenArgs;
use super::forwarding::is_own;
use super::transport::Place;
use crate::commands::session::{Session, log_error};
use crate::deliver::masked;
use crate::error::CommandError;
use crate::log::Log;
use crate::providers::Catalog;
use crate::receive::answer::Answers;
use crate::receive::answer::tasks::Tasks;
use crate::receive::attempts::Unlogged;
use crate::receive::book::Book;
use crate::receive::news::News;
use crate::receive::route::{Action, Routes};

/// What answers deliveries, and where that is kept and told.
///
/// # Errors
/// A usage error for what cannot be done with deliveries, a failure for a log that cannot be written.
pub(super) fn answers(
    args: &ListenArgs,
    session: &Session,
    catalog: &Arc<Catalog>,
    log: Option<&Log>,
    news: News,
) -> Result<Answers, CommandError> {
    let clock = args.repeat.clock();
    let forwarding = args.routes.forward.read(args.limits.max_body, clock)?;
    let references = args.signing.secrets.iter();
    let references: Vec<_> = references.chain(args.handshakes.reference()).collect();
    Ok(Answers {
        book: Book {
            writer: log
                .map(Log::writer)
                .transpose()
                .map_err(|error| log_error(&error))?,
            news,
            clock,
            unlogged: Unlogged::default(),
        },
        catalog: Arc::clone(catalog),
        routes: args
            .routes
            .read(session, &references, forwarding, !args.demo)?,
        forward_invalid: args.routes.forward.forward_invalid,
        random: Mutex::new(args.repeat.random()?),
        tasks: Tasks::default(),
    })
}

/// Refuses to forward to ourselves. No endpoint is a Unix socket.
///
/// # Errors
/// A usage error that names the endpoint.
pub(super) fn not_to_ourselves(routes: &Routes, place: &Place) -> Result<(), CommandError> {
    let Some(own) = place.address() else {
        return Ok(());
    };
    let own = routes.iter().find_map(|(_, action)| match action {
        Action::Forward(forward) if is_own(&forward.endpoint, own) => Some(&forward.endpoint),
        _ => None,
    });
    own.map_or(Ok(()), |url| {
        Err(CommandError::usage(format!(
            "would forward to itself, without end: `{}`",
            masked(url)
        ))
        .hint("listen elsewhere: --port 4401, or any free one: --port 0"))
    })
}
