//! What `verify` tells a CI server: annotations, and the cases of a test report.

use std::borrow::Cow;

use super::judge::Judged;
use super::report::{NO_SCHEMA, Report, slug, who};
use crate::commands::inputs::Subject;
use crate::commands::validate::Validation;
use crate::core::verdict::Verdict;
use crate::show::annotation::{Annotation, Level, command};
use crate::show::junit::{Case, Fault, Outcome, Suite};
use crate::show::{Paint, finding, sanitize};

/// A delivery's annotations: an error where it did not end well, a warning where it passed with a
/// payload that is not quite its schema's.
pub(super) fn delivery(
    report: &Report<'_>,
    subject: &Subject,
    judged: &Judged,
    hint: Option<&str>,
) -> Vec<String> {
    let mut lines = report.lacks(judged);
    let failed = judged.kind(report.expected).is_some();
    if !failed && matches!(judged.payload, Validation::NoSchema) {
        lines.push(NO_SCHEMA.to_owned());
    }
    if !failed && lines.is_empty() {
        return Vec::new();
    }
    let mut all = vec![format!("{}: {}", subject.name, message(judged))];
    all.extend(finding::short(&judged.diagnosis));
    all.append(&mut lines);
    if failed {
        all.extend(hint.map(|hint| format!("hint: {hint}")));
    }
    let title = match report.expected {
        Some(expected) if failed => {
            format!("expected {expected}, found {}", slug(&judged.found.verdict))
        }
        _ => format!("webhook {}", slug(&judged.found.verdict)),
    };
    vec![command(&Annotation {
        level: if failed { Level::Error } else { Level::Warning },
        file: report.file,
        title: &title,
        lines: &all,
    })]
}

/// The annotation of the whole run.
pub(super) fn summary(file: Option<&str>, words: String, failed: usize) -> String {
    command(&Annotation {
        level: Level::Notice,
        file,
        title: if failed == 0 {
            "webhooks verified"
        } else {
            "webhooks not verified"
        },
        lines: &[words],
    })
}

/// The deliveries as a suite of tests: what did not end well failed, and what is unverifiable never
/// passed unless that is expected.
pub(super) fn suite(report: &Report<'_>, subjects: &[Subject], all: &[Judged]) -> Suite {
    let case = |(subject, judged): (&Subject, &Judged)| {
        let provider = judged.found.provider.as_deref().unwrap_or("unknown");
        Case {
            name: sanitize::line(&subject.name).into_owned(),
            classname: format!("verify.{provider}"),
            time: judged.took,
            outcome: match judged.kind(report.expected) {
                None => Outcome::Passed,
                Some(_) => Outcome::Failed(fault(report, judged)),
            },
        }
    };
    Suite {
        name: "hookcat verify".to_owned(),
        at: Some(report.judge.now),
        cases: subjects.iter().zip(all).map(case).collect(),
    }
}

fn fault(report: &Report<'_>, judged: &Judged) -> Fault {
    let verdict = &judged.found.verdict;
    let lacks = report.lacks(judged);
    let first = match (verdict, lacks.first()) {
        // Valid, and still not as it was asked for: that is what failed.
        (Verdict::Valid(_), Some(lack)) => format!("{}: {lack}", who(&judged.found)),
        _ => message(judged),
    };
    let found = finding::lines(&judged.diagnosis, Paint::new(false), usize::MAX);
    let lines: Vec<_> = std::iter::once(slug(verdict))
        .chain(lacks)
        .chain(found)
        .collect();
    let kind = match verdict.reason() {
        Some(reason) => reason,
        None if judged.ageless => "no-timestamp",
        None if judged.payload.is_broken() => "payload",
        None => verdict.as_str(),
    };
    Fault {
        kind: kind.to_owned(),
        message: sanitize::line(&first).into_owned(),
        text: sanitize::block(&lines.join("\n")),
    }
}

/// What was found, in a line.
fn message(judged: &Judged) -> String {
    let detail = judged.found.judgement().detail;
    let detail = match &detail {
        Some(detail) => sanitize::line(detail),
        None => Cow::Borrowed("signature ok"),
    };
    format!("{}: {detail}", who(&judged.found))
}
