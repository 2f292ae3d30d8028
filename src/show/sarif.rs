//! Findings in SARIF 2.1.0, as code scanning reads them.
//!
//! Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0"; what GitHub
//! needs of it: its documentation, "SARIF support for code scanning".

use serde_json::{Value, json};

use super::conformance::{Report, Row};
use crate::core::check::Mark;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The report of a run: a rule a case, a result for each that is not as it should be.
#[must_use]
pub fn report(report: &Report) -> Value {
    let tried = report
        .rows
        .iter()
        .filter(|row| row.outcome.mark != Mark::Skipped);
    let rules: Vec<Value> = tried.map(rule).collect();
    let rows = report
        .rows
        .iter()
        .filter(|row| row.outcome.mark != Mark::Skipped)
        .enumerate();
    let wrong = rows.filter(|(_, row)| row.is_wrong());
    let results: Vec<Value> = wrong
        .map(|(index, row)| result(report, row, index))
        .collect();
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {
                "driver": {
                    "name": "hookcat",
                    "semanticVersion": env!("CARGO_PKG_VERSION"),
                    "rules": rules,
                }
            },
            "automationDetails": { "id": format!("hookcat check/{}", report.provider) },
            "results": results,
        }],
    })
}

fn level(mark: Mark) -> &'static str {
    match mark {
        Mark::Failed => "error",
        Mark::Warned => "warning",
        Mark::Hinted => "note",
        Mark::Passed | Mark::Skipped => "none",
    }
}

fn rule(row: &Row) -> Value {
    let (why, fix) = row.case.advice(&row.outcome);
    json!({
        "id": row.case.name,
        "shortDescription": { "text": row.case.title },
        "fullDescription": { "text": why },
        "help": { "text": fix },
        "properties": { "tags": ["webhooks", row.case.group.as_str()] },
    })
}

fn result(report: &Report, row: &Row, index: usize) -> Value {
    json!({
        "ruleId": row.case.name,
        "ruleIndex": index,
        "level": level(row.outcome.mark),
        "message": { "text": format!("{}: {}", row.case.title, row.found()) },
        "locations": [{
            "physicalLocation": { "artifactLocation": { "uri": report.url } },
            "logicalLocations": [{ "name": report.url, "kind": "resource" }],
        }],
        // The same finding of the next run is the same alert.
        "partialFingerprints": { "case/v1": format!("{}/{}", report.provider, row.case.name) },
    })
}
