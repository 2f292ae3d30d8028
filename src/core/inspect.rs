//! A definition held to its word: its schemes, its samples, vectors.

use jiff::Timestamp;

use super::compose;
use super::provider::{Event, Provider};
use super::random::Random;
use super::schema::{self, ProblemKind};
use super::template::Filler;
use super::trial::{NOW, Trial, Untried};
use super::vector::Vector;
use super::verdict::Verdict;

/// What was tried of a definition, and what came out otherwise than it should.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// How many schemes were tried.
    pub schemes: usize,
    /// Schemes whose keys are not made here: only vectors can show that they work.
    pub untried: Vec<String>,
    /// How many events' samples were held against their schemas.
    pub events: usize,
    /// How many vectors gave their verdicts.
    pub vectors: usize,
    /// What is otherwise, a sentence each.
    pub problems: Vec<String>,
}

/// Holds a definition to its word.
#[must_use]
pub fn inspect(provider: &Provider, vectors: &[Vector]) -> Report {
    let mut report = Report::default();
    for scheme in &provider.schemes {
        let problem = match Trial::of(provider, scheme) {
            Err(Untried::NoKey) => {
                report.untried.push(scheme.name.clone());
                continue;
            }
            Err(Untried::Failed(message)) => Some(message),
            Ok(trial) => trial.prove().err(),
        };
        report.schemes += 1;
        let told = problem.map(|problem| format!("scheme `{}`: {problem}", scheme.name));
        report.problems.extend(told);
    }
    for event in &provider.events {
        report.events += 1;
        let told = sample_problems(provider, event);
        let told = told.map(|problem| format!("event `{}`: {problem}", event.name));
        report.problems.extend(told);
    }
    for vector in vectors
        .iter()
        .filter(|own| provider.is_called(&own.provider))
    {
        match vector_problem(provider, vector) {
            None => report.vectors += 1,
            Some(problem) => {
                let about = match vector.why.as_str() {
                    "" => String::new(),
                    why => format!(" ({why})"),
                };
                let scheme = &vector.scheme;
                let told = format!("vector of `{scheme}`{about}: {problem}");
                report.problems.push(told);
            }
        }
    }
    report
}

/// The first way in which an event's sample does not fit.
fn sample_problems(provider: &Provider, event: &Event) -> Option<String> {
    let now = Timestamp::from_second(NOW).unwrap_or_default();
    let filler = Filler::new(now, Random::from_text(&event.name));
    let found = compose::delivery_id(provider, &filler)
        .map_err(|error| error.to_string())
        .and_then(|id| compose::sample(event, &id, &filler).map_err(|error| error.to_string()))
        .and_then(|body| serde_json::from_slice(&body).map_err(|error| error.to_string()))
        .and_then(|payload| schema::problems(&provider.schema(event)?, &payload));
    match found {
        Err(problem) => Some(problem),
        Ok(problems) => {
            // A sample may show more than its schema names: that is no mistake.
            let mut problems = problems.iter();
            let first = problems.find(|own| own.kind != ProblemKind::New)?;
            Some(format!("its sample does not fit its schema: {first}"))
        }
    }
}

fn vector_problem(provider: &Provider, vector: &Vector) -> Option<String> {
    let found = match vector.run(provider) {
        Ok(found) => found.verdict,
        Err(error) => return Some(error),
    };
    let reason = found.reason();
    if found.is_valid() != vector.valid {
        let wanted = if vector.valid { "valid" } else { "invalid" };
        let why = match &found {
            Verdict::Invalid(reason) => format!(": {reason}"),
            Verdict::Unverifiable(why) => format!(": {why}"),
            Verdict::Valid(_) => String::new(),
        };
        return Some(format!("expected {wanted}, got {}{why}", found.as_str()));
    }
    let wanted = vector.rest.get("reason").and_then(|own| own.as_str())?;
    (reason != Some(wanted)).then(|| {
        format!(
            "expected reason `{wanted}`, got `{}`",
            reason.unwrap_or("none")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::Catalog;

    fn vector(more: &str) -> Vector {
        let text = format!(
            r#"{{"provider":"gitlab","scheme":"gitlab","secret":"s","headers":{{"X-Gitlab-Token":"s"}},
               "timestamp_now":0,"why":"a token"{more}}}"#
        );
        serde_json::from_str(&text).expect("a vector")
    }

    #[test]
    fn vectors_give_their_verdicts_or_say_what_they_gave() {
        let provider = Catalog::default().whole("gitlab").expect("known");
        let scheme = provider.schemes[0].name.clone();
        let run = |more: &str| {
            let mut vector = vector(more);
            vector.scheme.clone_from(&scheme);
            let report = inspect(&provider, &[vector]);
            (report.vectors, report.problems)
        };
        assert_eq!(run(r#","valid":true"#), (1, Vec::new()));
        let (_, problems) = run(r#","valid":false"#);
        assert!(problems[0].contains("(a token): expected invalid, got valid"));
        let other = vector(r#","valid":true"#);
        let slack = Catalog::default().whole("slack").expect("known");
        assert_eq!(inspect(&slack, &[other]).vectors, 0);
    }

    #[test]
    fn a_sample_that_does_not_fit_is_told() {
        let mut provider = Catalog::default().whole("generic").expect("known");
        provider.events[0].schema = r#"{"type":"object","required":["more"]}"#.to_owned();
        let report = inspect(&provider, &[]);
        assert_eq!(
            report.problems,
            ["event `event`: its sample does not fit its schema: missing: `/more`"]
        );
    }
}
