//! What `check` prints and writes.

use std::time::Duration;

use super::{CheckArgs, Format};
use crate::commands::junit;
use crate::commands::session::Session;
use crate::core::check::Mark;
use crate::error::CommandError;
use crate::show::annotation::{Annotation, Level, command};
use crate::show::conformance::{Report, Row};
use crate::show::junit::{Case, Fault, Outcome, Suite};
use crate::show::{json, sarif};

/// Prints the report, and writes those that were asked for.
pub(super) fn tell(
    report: &Report,
    args: &CheckArgs,
    session: &Session,
) -> Result<(), CommandError> {
    if let Some(path) = &args.junit {
        junit::write(path, &[suite(report, args)])?;
    }
    if let Some(path) = &args.sarif {
        let mut text = sarif::report(report).to_string();
        text.push('\n');
        junit::write_whole(path, text.as_bytes())?;
    }
    let ui = session.ui;
    match args.format {
        Format::Text => ui.line(&report.text(ui.out(), ui.width())),
        Format::Json => {
            let lines = report.json();
            lines.iter().try_for_each(|line| ui.line(&json::line(line)))
        }
        Format::Github => {
            let lines = annotations(report);
            lines.iter().try_for_each(|line| ui.line(line))
        }
    }
}

fn annotations(report: &Report) -> Vec<String> {
    let wrong = report.rows.iter().filter(|row| row.is_wrong());
    let mut lines: Vec<String> = wrong.map(annotation).collect();
    let title = if report.is_ok() {
        "webhook endpoint conforms"
    } else {
        "webhook endpoint does not conform"
    };
    lines.push(command(&Annotation {
        level: Level::Notice,
        file: None,
        title,
        lines: &[
            format!("{} at {}", report.provider, report.url),
            report.summary(),
        ],
    }));
    lines
}

fn annotation(row: &Row) -> String {
    command(&Annotation {
        level: match row.outcome.mark {
            Mark::Failed => Level::Error,
            Mark::Warned => Level::Warning,
            _ => Level::Notice,
        },
        file: None,
        title: &format!("{}: {}", row.case.name, row.case.title),
        lines: &row.lines(),
    })
}

/// The cases as a suite of tests; what could only be stricter has passed.
fn suite(report: &Report, args: &CheckArgs) -> Suite {
    let case = |row: &Row| Case {
        name: format!("{}: {}", row.case.name, row.case.title),
        classname: format!("check.{}", report.provider),
        time: match row.outcome.mark {
            Mark::Skipped => Duration::ZERO,
            _ => row.outcome.time,
        },
        outcome: match row.outcome.mark {
            Mark::Failed => Outcome::Failed(Fault {
                kind: row.case.name.clone(),
                message: row.found(),
                text: row.lines().join("\n"),
            }),
            Mark::Skipped => Outcome::Skipped(row.outcome.details.join("; ")),
            Mark::Passed | Mark::Warned | Mark::Hinted => Outcome::Passed,
        },
    };
    Suite {
        name: "hookcat check".to_owned(),
        at: Some(args.repeat.clock().now()),
        cases: report.rows.iter().map(case).collect(),
    }
}
