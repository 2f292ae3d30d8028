//! Why a signature does not match, as far as a change that makes it match was found.

use serde_json::{Value, json};

use super::page::Page;
use super::{Paint, sanitize};
use crate::core::diagnose::Diagnosis;

/// The findings for a person: what would make it match, where that comes from, what helps. Lines
/// after a verdict, indented.
#[must_use]
pub fn lines(diagnosis: &Diagnosis, paint: Paint, width: usize) -> Vec<String> {
    let mut page = Page::new(paint, width);
    for finding in &diagnosis.findings {
        page.hang("  ", &paint.yellow(&sanitize::line(&finding.change)));
        page.row("usual cause", &sanitize::line(&finding.why));
        page.row("fix", &sanitize::line(&finding.fix));
    }
    if let Some(text) = nothing(diagnosis) {
        page.hang("  ", &paint.dim(&text));
    }
    page.text.lines().map(str::to_owned).collect()
}

/// The same in one line, where many deliveries are told.
#[must_use]
pub fn short(diagnosis: &Diagnosis) -> Option<String> {
    let changes = diagnosis.findings.iter();
    let changes: Vec<_> = changes.map(|own| sanitize::line(&own.change)).collect();
    let text = (!changes.is_empty()).then(|| changes.join("; "));
    text.or_else(|| nothing(diagnosis))
}

/// What is said where changes were tried and none matched.
fn nothing(diagnosis: &Diagnosis) -> Option<String> {
    if !diagnosis.findings.is_empty() || diagnosis.tried == 0 {
        return None;
    }
    let bound = if diagnosis.complete {
        ""
    } else {
        "; the body is large, so not all were tried"
    };
    let tried = diagnosis.tried;
    Some(format!(
        "no known change explains it ({tried} tried{bound})"
    ))
}

/// The findings for a program.
#[must_use]
pub fn json(diagnosis: &Diagnosis) -> Value {
    let findings = diagnosis.findings.iter().map(|own| {
        json!({
            "cause": own.cause.slug(),
            "change": own.change,
            "why": own.why,
            "fix": own.fix,
        })
    });
    findings.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::diagnose::{Cause, Finding};

    #[test]
    fn what_was_not_found_is_said_where_something_was_tried() {
        let told = |tried, complete| {
            let diagnosis = Diagnosis {
                tried,
                complete,
                ..Diagnosis::default()
            };
            lines(&diagnosis, Paint::new(false), 100).concat()
        };
        assert_eq!(told(0, true), "");
        assert_eq!(told(9, true), "  no known change explains it (9 tried)");
        assert!(told(9, false).contains("not all were tried"));
    }

    #[test]
    fn no_finding_moves_the_terminal() {
        let diagnosis = Diagnosis {
            findings: vec![Finding {
                cause: Cause::UrlPath,
                change: "would match with `\u{1b}[2J`".to_owned(),
                why: "why".to_owned(),
                fix: "fix".to_owned(),
                neighbour: None,
            }],
            tried: 1,
            complete: true,
        };
        let text = lines(&diagnosis, Paint::new(false), 80).join("\n");
        assert!(!text.contains('\u{1b}'), "{text}");
        assert_eq!(
            short(&diagnosis).as_deref(),
            Some("would match with `\\x1b[2J`")
        );
        assert_eq!(json(&diagnosis)[0]["cause"], "url-path");
    }
}
