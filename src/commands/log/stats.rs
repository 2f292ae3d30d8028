//! `hookcat log stats`: what the log holds, counted.

use clap::Args;

use crate::commands::options::Format;
use crate::commands::session::{Session, log_error};
use crate::env;
use crate::error::CommandError;
use crate::log::{Count, Log, LogError, Stats};
use crate::show::{json, stats};

#[derive(Args, Debug)]
pub(super) struct StatsArgs {
    /// How to print
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// Runs `log stats`.
pub(super) fn run(args: &StatsArgs, session: &Session) -> Result<(), CommandError> {
    let log = session.existing_log()?;
    let counted = log.stats().map_err(|error| log_error(&error))?;
    let told = told(&counted, &log).map_err(|error| log_error(&error))?;
    if args.format == Format::Json {
        return session.ui.line(&json::line(&stats::as_json(&told)));
    }
    let (ui, zone) = (session.ui, env::zone());
    ui.line(&stats::lines(&told, ui.out(), &zone, ui.width()))
}

fn told<'a>(counted: &'a Stats, log: &Log) -> Result<stats::Stats<'a>, LogError> {
    let count = |own: Count| stats::Count {
        all: own.all,
        failed: own.failed,
    };
    let divisions = [
        ("direction", &counted.directions),
        ("provider", &counted.providers),
        ("event", &counted.events),
        ("verdict", &counted.verdicts),
        ("status", &counted.statuses),
    ];
    let mut slowest = Vec::new();
    for &(id, took) in &counted.slowest {
        slowest.extend(log.find(id)?.map(|own| (own, took)));
    }
    Ok(stats::Stats {
        total: count(counted.total),
        body_bytes: counted.body_bytes,
        repeats: counted.repeats,
        divisions: divisions
            .into_iter()
            .map(|(name, rows)| stats::Division {
                name,
                rows: rows
                    .iter()
                    .map(|own| (own.0.as_str(), count(own.1)))
                    .collect(),
            })
            .collect(),
        bars: &counted.bars,
        span: counted.start.zip(counted.end),
        slowest,
        file: (log.path().display().to_string(), counted.file_bytes),
        free_bytes: counted.free_bytes,
        kept: (log.retention().days, log.retention().bytes),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::delivery::{Answer, Delivery, Direction};
    use crate::core::message::{Headers, Message};

    #[test]
    fn what_was_let_go_of_meanwhile_is_left_out() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = Log::open(&folder.path().join("log.db")).expect("opens");
        let writer = log.writer().expect("starts");
        for _ in 0..2 {
            let delivery = Delivery {
                id: None,
                direction: Direction::Received,
                at: jiff::Timestamp::UNIX_EPOCH,
                provider: None,
                event: None,
                delivery_id: None,
                judgement: None,
                message: Message::post(Headers::new(), "{}"),
                duplicate_of: None,
                replay_of: None,
                answer: Some(Answer {
                    status: 200,
                    latency: std::time::Duration::from_secs(1),
                }),
                attempts: Vec::new(),
            };
            let pending = writer.delivery(delivery).expect("queued");
            pending.blocking_recv().expect("answered").expect("written");
        }
        drop(writer);
        let counted = log.stats().expect("counts");
        log.prune(&[1]).expect("prunes");
        let told = told(&counted, &log).expect("reads");
        assert_eq!((counted.slowest.len(), told.slowest.len()), (2, 1));
        assert_eq!(told.slowest[0].0.id, Some(2));
    }
}
