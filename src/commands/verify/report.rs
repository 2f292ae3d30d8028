//! What `verify` says of each delivery, and of all of them.

use serde_json::{Value, json};

use super::judge::{Judge, Judged};
use super::{Printed, annotate};
use crate::commands::inputs::Subject;
use crate::commands::validate::{self, Validation};
use crate::core::assess::Assessment;
use crate::core::expectation::Expectation;
use crate::core::provider::Provider;
use crate::core::scheme::KeyForm;
use crate::core::verdict::{Reason, Verdict, Why};
use crate::error::CommandError;
use crate::show::explain;
use crate::show::finding;
use crate::show::{Paint, event, json::line, sanitize};
use crate::ui::Ui;

/// How and to whom it is said.
pub(super) struct Report<'a> {
    pub(super) ui: Ui,
    pub(super) judge: &'a Judge<'a>,
    pub(super) format: Printed,
    /// Whether each verification is laid open; inside, whether the expected signature too.
    pub(super) explain: Option<bool>,
    /// The verdict that is expected of every delivery.
    pub(super) expected: Option<Expectation>,
    /// The file the deliveries come from.
    pub(super) file: Option<&'a str>,
    /// Whether there are several deliveries: each is named then, and they are counted.
    pub(super) several: bool,
}

/// What is said beside the deliveries, each once.
#[derive(Default)]
struct Advice {
    hints: Vec<String>,
    no_schema: bool,
}

impl Report<'_> {
    /// Says all of it: the deliveries in their order, their number, then what helps, each once.
    pub(super) fn print(&self, subjects: &[Subject], all: &[Judged]) -> Result<(), CommandError> {
        let (out, advice) = self.lines(subjects, all);
        self.ui.data(out.as_bytes())?;
        if advice.no_schema {
            self.ui.warn(NO_SCHEMA);
        }
        for hint in advice.hints {
            self.ui.hint(&hint);
        }
        Ok(())
    }

    /// The lines of stdout, and what is said beside them.
    fn lines(&self, subjects: &[Subject], all: &[Judged]) -> (String, Advice) {
        let mut out = String::new();
        let mut advice = Advice::default();
        for (index, (subject, judged)) in subjects.iter().zip(all).enumerate() {
            let failed = judged.kind(self.expected).is_some();
            let hint = failed.then(|| self.hint(subject, judged)).flatten();
            let lines = match self.format {
                Printed::Text => self.text(subject, judged),
                Printed::Json => vec![self.json(index, subject, judged)],
                Printed::Github => annotate::delivery(self, subject, judged, hint.as_deref()),
            };
            for line in lines {
                out.push_str(&line);
                out.push('\n');
            }
            // An annotation says what helps by itself.
            if self.format == Printed::Github {
                continue;
            }
            let hints = &mut advice.hints;
            hints.extend(hint.filter(|hint| !hints.contains(hint)));
            advice.no_schema |= matches!(judged.payload, Validation::NoSchema);
        }
        if let Some(summary) = self.summary(all) {
            out.push_str(&summary);
            out.push('\n');
        }
        (out, advice)
    }

    fn hint(&self, subject: &Subject, judged: &Judged) -> Option<String> {
        hint(
            &judged.found,
            &self.judge.verifier.candidates(&subject.message),
            self.judge.verifier.max_age,
        )
    }

    /// The verdict for a person, and under it what else was asked for and is not so.
    fn text(&self, subject: &Subject, judged: &Judged) -> Vec<String> {
        let paint = self.ui.out();
        let mut first = verdict(&judged.found, paint);
        if self.several {
            first = format!("{}: {first}", sanitize::line(&subject.name));
        }
        let met = |own: &Expectation| own.is_met(&judged.found.verdict);
        let as_expected = self.expected.as_ref().is_some_and(met);
        if as_expected {
            first.push_str(&paint.dim("  as expected"));
        }
        let mut lines = vec![first];
        let diagnosis = &judged.diagnosis;
        if as_expected {
            // What was to be rejected needs no remedy.
        } else if self.several {
            let short = finding::short(diagnosis);
            lines.extend(short.map(|text| format!("  {}", paint.yellow(&text))));
        } else {
            lines.extend(finding::lines(diagnosis, paint, self.ui.width()));
        }
        self.explained(subject, judged, |own| {
            lines.push(explain::text(own, paint, self.ui.width()));
        });
        let rest = self.lacks(judged);
        lines.extend(
            rest.iter()
                .map(|line| format!("  {}", sanitize::line(line))),
        );
        lines
    }

    /// Does something with the verification laid open, where that is asked for and can be done.
    fn explained(
        &self,
        subject: &Subject,
        judged: &Judged,
        mut tell: impl FnMut(&explain::Explanation<'_>),
    ) {
        let Some(show_expected) = self.explain else {
            return;
        };
        let context = self.judge.context(subject);
        let found = &judged.found;
        if let Some(own) = self.judge.explain(subject, found, &context, show_expected) {
            tell(&own);
        }
    }

    /// What is not as it was asked for, beside the verdict; and how the payload differs from its
    /// schema.
    pub(super) fn lacks(&self, judged: &Judged) -> Vec<String> {
        let found = &judged.found.verdict;
        let unmet = self.expected.filter(|own| !own.is_met(found));
        let unmet = unmet.map(|own| format!("expected {own}, found {}", slug(found)));
        let ageless = judged.ageless.then(|| AGELESS.to_owned());
        let problems = match &judged.payload {
            Validation::Held(problems) => validate::lines(problems),
            Validation::NotAsked | Validation::NoSchema => Vec::new(),
        };
        let problems = problems.iter().map(|line| format!("payload: {line}"));
        unmet.into_iter().chain(ageless).chain(problems).collect()
    }

    /// The verdict as a line of JSON.
    fn json(&self, index: usize, subject: &Subject, judged: &Judged) -> String {
        let found = &judged.found;
        let judgement = found.judgement();
        let limits = self.judge.limits(subject, found);
        let mut verdict = json!({
            "v": 1,
            "type": "verdict",
            "index": index,
            "name": subject.name,
            "provider": found.provider,
            "scheme": found.scheme,
            "event": found.event,
            "delivery_id": found.delivery_id,
            "verdict": judgement.verdict,
            "reason": judgement.reason,
            "detail": judgement.detail,
            "secret_index": judgement.secret_index,
            "coverage": judgement.coverage,
            "age": age(&found.verdict),
            "tolerance": limits.map(|own| json!({ "past": own.past, "future": own.future })),
            "detected_by": found.evidence.as_ref().map(ToString::to_string),
            "candidates": found.candidates,
            "findings": finding::json(&judged.diagnosis),
        });
        if let Some(limit) = self.judge.verifier.max_age {
            // Known where the signature holds: of what is forged, there is no age.
            let met = match &found.verdict {
                Verdict::Valid(_) if judged.ageless => Value::Null,
                Verdict::Valid(_) => json!(true),
                Verdict::Invalid(Reason::Stale { .. }) => json!(false),
                _ => Value::Null,
            };
            verdict["max_age"] = json!({ "seconds": limit, "met": met });
        }
        match &judged.payload {
            Validation::NotAsked => {}
            Validation::NoSchema => verdict["problems"] = Value::Null,
            Validation::Held(problems) => verdict["problems"] = validate::as_json(problems),
        }
        self.explained(subject, judged, |own| {
            verdict["explanation"] = explain::json(own);
        });
        if let Some(expected) = self.expected {
            verdict["expected"] = json!(expected.to_string());
            verdict["met"] = json!(expected.is_met(&found.verdict));
        }
        line(&verdict)
    }

    /// The last line: how many there were, of which verdict, and how many ended badly.
    fn summary(&self, all: &[Judged]) -> Option<String> {
        let count = |word: &str| {
            let own = all.iter().map(|judged| judged.found.verdict.as_str());
            own.filter(|verdict| *verdict == word).count()
        };
        let [valid, invalid, unverifiable] = ["valid", "invalid", "unverifiable"].map(count);
        let failed = all.iter().filter(|own| own.kind(self.expected).is_some());
        let failed = failed.count();
        let words = || {
            let several = if all.len() == 1 { "y" } else { "ies" };
            let mut text = format!(
                "{} deliver{several}: {valid} valid, {invalid} invalid, {unverifiable} unverifiable",
                all.len(),
            );
            // The verdicts alone do not tell.
            match failed {
                _ if failed == invalid + unverifiable => {}
                0 => text.push_str("; all as expected"),
                _ => text.push_str(&format!("; {failed} not as asked for")),
            }
            text
        };
        match self.format {
            Printed::Github => Some(annotate::summary(self.file, words(), failed)),
            _ if !self.several => None,
            Printed::Text => Some(words()),
            Printed::Json => Some(line(&json!({
                "v": 1,
                "type": "summary",
                "verified": all.len(),
                "valid": valid,
                "invalid": invalid,
                "unverifiable": unverifiable,
                "failed": failed,
            }))),
        }
    }
}

pub(super) const NO_SCHEMA: &str = "no schema of this event: the payload is not validated";
const AGELESS: &str = "age unknown, so --max-age is not met: the signature covers no timestamp";

/// A verdict as `--expect` takes it.
pub(super) fn slug(verdict: &Verdict) -> String {
    match verdict.reason() {
        Some(reason) => format!("{}:{reason}", verdict.as_str()),
        None => verdict.as_str().to_owned(),
    }
}

/// Seconds since the signed timestamp, where the signature holds; negative if it lies ahead.
fn age(verdict: &Verdict) -> Option<i64> {
    match verdict {
        Verdict::Valid(proof) => proof.age,
        Verdict::Invalid(Reason::Stale { age, .. }) => Some(*age),
        Verdict::Invalid(Reason::Future { ahead, .. }) => Some(-ahead),
        Verdict::Invalid(_) | Verdict::Unverifiable(_) => None,
    }
}

/// The delivery in a word or two: its provider and event.
pub(super) fn who(found: &Assessment) -> String {
    match (&found.provider, &found.event) {
        (Some(provider), Some(event)) => format!("{provider} {}", sanitize::name(event)),
        (Some(provider), None) => provider.clone(),
        _ => "unknown provider".to_owned(),
    }
}

fn verdict(found: &Assessment, paint: Paint) -> String {
    let mut text = format!(
        "{}: {}",
        paint.bold(&who(found)),
        event::mark(Some(&found.judgement()), paint)
    );
    if let Verdict::Valid(proof) = &found.verdict {
        let age = proof.age.map(|age| {
            if age < 0 {
                format!(", {} s ahead", -age)
            } else {
                format!(", {age} s old")
            }
        });
        text.push_str(&paint.dim(&format!(
            "  secret {}{}",
            proof.secret_index + 1,
            age.unwrap_or_default()
        )));
    }
    if let Some(told) = &found.judgement().detected_by {
        text.push_str(&paint.dim(&format!("  detected by {told}")));
    }
    text
}

/// Whether the scheme that was used takes a certificate.
fn needs_certificate(found: &Assessment, candidates: &[&Provider]) -> bool {
    let mut named = candidates
        .iter()
        .filter(|own| Some(&own.id) == found.provider.as_ref());
    let scheme = named
        .next()
        .and_then(|own| own.scheme(found.scheme.as_deref()?));
    scheme.is_some_and(|scheme| scheme.key == KeyForm::Certificate)
}

/// What helps.
fn hint(found: &Assessment, candidates: &[&Provider], max_age: Option<i64>) -> Option<String> {
    match &found.verdict {
        Verdict::Unverifiable(Why::NoSecret) if needs_certificate(found, candidates) => {
            Some("give the certificate: --cert FILE, or have it fetched: --fetch-cert".to_owned())
        }
        Verdict::Unverifiable(Why::NoSecret) => {
            Some("give the secret: --secret env:NAME".to_owned())
        }
        Verdict::Unverifiable(Why::Ambiguous(names)) => {
            Some(format!("name one: -p {}", names.join(" or -p ")))
        }
        Verdict::Unverifiable(Why::UnknownProvider) => Some(
            "give the delivery's headers with -H 'Name: value', or name the provider: -p NAME"
                .to_owned(),
        ),
        Verdict::Invalid(reason) => match reason.slug() {
            "stale" if max_age.is_some() => {
                Some("allow more with --max-age, or set the time with --at".to_owned())
            }
            "stale" | "future" => {
                Some("allow any age with --tolerance 0, or set the time with --at".to_owned())
            }
            "missing-header" => {
                Some("give the delivery's headers with -H 'Name: value'".to_owned())
            }
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::core::assess::Keyring;
    use crate::core::message::{Headers, Message};
    use crate::core::secret::Secret;
    use crate::providers::Catalog;
    use crate::repeat::Repeat;
    use crate::show::junit;
    use crate::ui::ColorChoice;
    use crate::verifier::Verifier;

    const NOW: i64 = 1_700_000_000;

    fn verifier(max_age: Option<i64>) -> Verifier {
        let mut keyring = Keyring::default();
        keyring.add(Some("slack".to_owned()), Secret::new("secret"));
        Verifier {
            keyring,
            max_age,
            ..Verifier::default()
        }
    }

    fn judge(verifier: &Verifier) -> Judge<'_> {
        let now = Timestamp::from_second(NOW).expect("in range");
        let repeat = Repeat {
            now: Some(now),
            seed: None,
        };
        Judge {
            verifier,
            at: None,
            now,
            validate: false,
            clock: repeat.clock(),
        }
    }

    /// A delivery of Slack's, so many seconds old, a genuine one or one with another body.
    fn slack(catalog: &Catalog, name: &str, age: i64, genuine: bool) -> Subject {
        let scheme = &catalog.get("slack").expect("known").schemes[0];
        let keys = [scheme.read_key(&Secret::new("secret")).expect("a key")];
        let stamp = crate::core::scheme::Stamp {
            now: Timestamp::from_second(NOW - age).expect("in range"),
            id: "",
            method: "POST",
            url: None,
            headers: &Headers::new(),
            key_id: None,
        };
        let signed = scheme.sign(&keys, &stamp, b"{}").expect("signs");
        let headers: Headers = signed.headers.into_iter().collect();
        Subject {
            name: name.to_owned(),
            message: Message::post(headers, if genuine { "{}" } else { "[]" }),
            url: None,
            at: None,
            notes: Vec::new(),
            log_id: None,
        }
    }

    fn subjects(catalog: &Catalog) -> Vec<Subject> {
        vec![
            slack(catalog, "good", 0, true),
            slack(catalog, "bad\n::error::x", 0, false),
            slack(catalog, "old", 200, true),
            Subject {
                name: "unknown".to_owned(),
                message: Message::post(Headers::new(), "{}"),
                url: None,
                at: None,
                notes: Vec::new(),
                log_id: None,
            },
        ]
    }

    /// The lines of all, and the report's.
    fn told(
        format: Printed,
        expected: Option<&str>,
        max_age: Option<i64>,
    ) -> (Vec<String>, String) {
        let verifier = verifier(max_age);
        let judge = judge(&verifier);
        let subjects = subjects(&verifier.catalog);
        let all = judge.judge_all(&subjects);
        let report = Report {
            ui: Ui::new(ColorChoice::Never),
            judge: &judge,
            format,
            explain: None,
            expected: expected.map(|text| text.parse().expect("an expectation")),
            file: Some("all.har"),
            several: true,
        };
        let suite = annotate::suite(&report, &subjects, &all);
        let xml = String::from_utf8(junit::report(&[suite])).expect("UTF-8");
        let (text, _) = report.lines(&subjects, &all);
        (text.lines().map(str::to_owned).collect(), xml)
    }

    #[test]
    fn several_are_named_and_counted() {
        let (lines, _) = told(Printed::Text, None, None);
        assert_eq!(
            lines,
            [
                "good: slack: ✓ signature ok  secret 1, 0 s old  detected by header `X-Slack-Signature`",
                "bad\\n::error::x: slack: ✗ signature does not match  detected by header `X-Slack-Signature`",
                "  this signature belongs to the body of another delivery: `good`",
                "old: slack: ✓ signature ok  secret 1, 200 s old  detected by header `X-Slack-Signature`",
                "unknown: unknown provider: ? unverifiable: no known provider fits",
                "4 deliveries: 2 valid, 1 invalid, 1 unverifiable",
            ]
        );
        let (lines, _) = told(Printed::Json, None, Some(60));
        let lines: Vec<Value> = lines
            .iter()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect();
        let ages: Vec<&Value> = lines.iter().map(|line| &line["age"]).collect();
        assert_eq!(
            ages,
            [
                &json!(0),
                &json!(null),
                &json!(200),
                &json!(null),
                &json!(null)
            ]
        );
        let names: Vec<&Value> = lines.iter().map(|line| &line["name"]).collect();
        assert_eq!(names[1], "bad\n::error::x");
        assert_eq!(lines[2]["index"], 2);
        assert_eq!(lines[2]["reason"], "stale");
        assert_eq!(lines[2]["max_age"], json!({ "seconds": 60, "met": false }));
        assert_eq!(lines[0]["tolerance"], json!({ "past": 60, "future": 300 }));
        assert_eq!(
            lines[4],
            json!({ "v": 1, "type": "summary", "verified": 4, "valid": 1, "invalid": 2,
                "unverifiable": 1, "failed": 3 })
        );
    }

    #[test]
    fn ci_sees_an_error_for_each_that_did_not_end_well() {
        let (lines, xml) = told(Printed::Github, None, None);
        assert_eq!(
            lines,
            [
                "::error file=all.har,title=webhook invalid%3Amismatch::\
                 bad\\n::error::x: slack: signature does not match%0A\
                 this signature belongs to the body of another delivery: `good`",
                "::error file=all.har,title=webhook unverifiable%3Aunknown-provider::\
                 unknown: unknown provider: no known provider fits%0A\
                 hint: give the delivery's headers with -H 'Name: value', or name the provider: -p NAME",
                "::notice file=all.har,title=webhooks not verified::\
                 4 deliveries: 2 valid, 1 invalid, 1 unverifiable",
            ]
        );
        assert!(xml.contains("tests=\"4\" failures=\"2\""), "{xml}");
    }

    #[test]
    fn an_expectation_turns_the_outcome_and_hides_no_verdict() {
        let (lines, xml) = told(Printed::Text, Some("invalid"), None);
        assert_eq!(lines[1], "  expected invalid, found valid", "{lines:?}");
        assert!(lines[2].ends_with("  as expected"), "{}", lines[2]);
        let last = "4 deliveries: 2 valid, 1 invalid, 1 unverifiable; 3 not as asked for";
        assert_eq!(lines.last().map(String::as_str), Some(last));
        let document = roxmltree::Document::parse(&xml).expect("XML");
        let failed: Vec<_> = document
            .descendants()
            .filter(|node| node.has_tag_name("failure"))
            .filter_map(|node| node.parent()?.attribute("name"))
            .collect();
        assert_eq!(failed, ["good", "old", "unknown"]);
    }
}
