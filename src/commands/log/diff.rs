//! `hookcat log diff`: what differs between two deliveries.

use clap::Args;

use crate::commands::session::{Session, log_error};
use crate::core::delivery::Delivery;
use crate::error::CommandError;
use crate::show::{Paint, diff};

#[derive(Args, Debug)]
pub(super) struct DiffArgs {
    /// The number of the one
    #[arg(value_name = "ID")]
    old: i64,

    /// The number of the other
    #[arg(value_name = "OTHER")]
    new: i64,

    /// Compare the answers' bodies and headers instead of the requests'
    #[arg(long)]
    answers: bool,
}

/// Runs `log diff`.
pub(super) fn run(args: &DiffArgs, session: &Session) -> Result<(), CommandError> {
    let log = session.existing_log()?;
    let read = |id| log.delivery(id).map_err(|error| log_error(&error));
    let (old, new) = (read(args.old)?, read(args.new)?);
    let paint = session.ui.out();
    let mut lines = vec![
        paint.red(&format!("--- #{}", args.old)),
        paint.green(&format!("+++ #{}", args.new)),
    ];
    let differences = if args.answers {
        answers(&old, &new, paint)
    } else {
        requests(&old, &new, paint)
    };
    if differences.is_empty() {
        let what = if args.answers { "answers" } else { "requests" };
        session
            .ui
            .status(&format!("the {what} are the same, byte for byte"));
        return Ok(());
    }
    lines.extend(differences);
    session.ui.line(&lines.join("\n"))
}

/// What differs of two requests: what is known of them, their heads, their bodies.
fn requests(old: &Delivery, new: &Delivery, paint: Paint) -> Vec<String> {
    let (old, new) = ((old, &old.message), (new, &new.message));
    let head = |(delivery, message): (&Delivery, &crate::core::message::Message)| {
        let text = |own: &Option<String>| own.as_deref().unwrap_or("-").to_owned();
        let judgement = delivery.judgement.as_ref();
        let verdict = judgement.map_or("-", |own| own.verdict.as_str());
        format!(
            "event {} {}, {verdict}\n{} {}\n{}",
            text(&delivery.provider),
            text(&delivery.event),
            message.method,
            message.target,
            lines(&message.headers.to_lines()),
        )
    };
    let mut all = diff::texts(&head(old), &head(new), paint);
    all.extend(diff::bodies(&old.1.body, &new.1.body, paint));
    all
}

/// What differs of the last answers their endpoints gave.
fn answers(old: &Delivery, new: &Delivery, paint: Paint) -> Vec<String> {
    let reply = |delivery: &Delivery| match delivery.attempts.last().map(|own| &own.result) {
        Some(Ok(reply)) => (
            format!("{}\n{}", reply.status, lines(&reply.headers.to_lines())),
            reply.body.clone(),
        ),
        Some(Err(failure)) => (failure.message.clone() + "\n", bytes::Bytes::new()),
        None => {
            let status = delivery.answer.map(|own| own.status.to_string());
            let status = status.unwrap_or_else(|| "no answer".to_owned());
            (status + "\n", bytes::Bytes::new())
        }
    };
    let (old, new) = (reply(old), reply(new));
    let mut all = diff::texts(&old.0, &new.0, paint);
    all.extend(diff::bodies(&old.1, &new.1, paint));
    all
}

fn lines(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace("\r\n", "\n")
}
