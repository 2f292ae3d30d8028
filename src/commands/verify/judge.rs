//! Deliveries to verdicts: what `verify` was told, held against one delivery or many.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::commands::inputs::Subject;
use crate::commands::validate::{self, Validation};
use crate::core::assess::{Assessment, Keyring, assess};
use crate::core::diagnose::{self, Diagnosis, diagnose};
use crate::core::event::View;
use crate::core::expectation::Expectation;
use crate::core::message::Message;
use crate::core::provider::Provider;
use crate::core::scheme::{Context, Scheme, Tolerance};
use crate::core::verdict::{Reason, Verdict, Why};
use crate::error::Kind;
use crate::providers::Catalog;
use crate::repeat::Clock;
use crate::show::explain::Explanation;

/// So many deliveries before and after one are looked at for a part that is one of theirs.
const NEIGHBOURS: usize = 4;

/// What every delivery is held against.
pub(super) struct Judge<'a> {
    pub(super) catalog: &'a Catalog,
    /// The providers the user named; detected where there are none.
    pub(super) named: Vec<Provider>,
    /// The scheme the user named.
    pub(super) scheme: Option<String>,
    pub(super) keyring: Keyring,
    pub(super) key_id: Option<&'a str>,
    pub(super) tolerance: Option<Tolerance>,
    /// Seconds a delivery may be old, instead of the tolerance on that side.
    pub(super) max_age: Option<i64>,
    /// The time to judge ages by: the one given, else each delivery's own.
    pub(super) at: Option<Timestamp>,
    /// The current time, for deliveries that have none of their own.
    pub(super) now: Timestamp,
    /// Whether payloads are held against their schemas.
    pub(super) validate: bool,
    /// What measures how long a verdict takes.
    pub(super) clock: Clock,
}

/// What came of one delivery.
pub(super) struct Judged {
    pub(super) found: Assessment,
    /// What the payload lacks or has beside its schema.
    pub(super) payload: Validation,
    /// Whether its age is to be limited and cannot be known: the signature covers no timestamp.
    pub(super) ageless: bool,
    /// What would make an invalid delivery valid.
    pub(super) diagnosis: Diagnosis,
    /// How long the verdict took.
    pub(super) took: Duration,
}

impl Judge<'_> {
    /// The providers a delivery may be of.
    pub(super) fn candidates(&self, subject: &Subject) -> Vec<&Provider> {
        if self.named.is_empty() {
            self.catalog.candidates(&subject.message)
        } else {
            self.named.iter().collect()
        }
    }

    /// What is known beside a delivery.
    pub(super) fn context<'s>(&'s self, subject: &'s Subject) -> Context<'s> {
        Context {
            key_id: self.key_id,
            now: self.at.or(subject.at).unwrap_or(self.now),
            url: subject.url.as_deref(),
            tolerance: self.tolerance,
            max_age: self.max_age,
        }
    }

    /// One delivery's verdict. A part of one that does not match may be of one of the neighbours.
    fn judge(&self, subject: &Subject, neighbours: &[&Subject]) -> Judged {
        let since = Instant::now();
        let context = self.context(subject);
        let found = assess(
            &subject.message,
            &self.candidates(subject),
            !self.named.is_empty(),
            self.scheme.as_deref(),
            &self.keyring,
            &context,
        );
        let messages: Vec<&Message> = neighbours.iter().map(|own| &own.message).collect();
        let mut diagnosis = self.diagnose(subject, &found, &context, &messages);
        for finding in &mut diagnosis.findings {
            if let Some(other) = finding.neighbour.and_then(|place| neighbours.get(place)) {
                finding.change.push_str(&format!(": `{}`", other.name));
            }
        }
        let payload = if self.validate {
            let (provider, event) = (found.provider.as_deref(), found.event.as_deref());
            validate::of_delivery(self.catalog, provider, event, &subject.message)
                .map_or(Validation::NoSchema, Validation::Held)
        } else {
            Validation::NotAsked
        };
        let ageless = self.max_age.is_some() && self.is_ageless(subject, &found);
        Judged {
            found,
            payload,
            ageless,
            diagnosis,
            took: self.clock.elapsed(since),
        }
    }

    /// What would make a delivery valid that is not: of the provider it is of, or of each that it may
    /// be of.
    fn diagnose(
        &self,
        subject: &Subject,
        found: &Assessment,
        context: &Context<'_>,
        neighbours: &[&Message],
    ) -> Diagnosis {
        let candidates = self.candidates(subject);
        let mut others = self.catalog.candidates(&subject.message);
        others.extend(&candidates);
        let diagnose = |provider: &Provider, scheme: Option<&str>, verdict: &Verdict| {
            let case = diagnose::Subject {
                message: &subject.message,
                provider,
                scheme,
                keyring: &self.keyring,
                context,
                others: &others,
                neighbours,
            };
            diagnose(&case, verdict)
        };
        if let Verdict::Unverifiable(Why::Ambiguous(names)) = &found.verdict {
            let possible = candidates.iter().filter(|own| names.contains(&own.id));
            let mut each = possible.map(|own| {
                let message = &subject.message;
                let own_verdict = assess(message, &[own], true, None, &self.keyring, context);
                diagnose(own, None, &own_verdict.verdict)
            });
            return each
                .find(|one| !one.findings.is_empty())
                .unwrap_or_default();
        }
        let id = found.provider.as_deref();
        let provider = candidates.iter().find(|own| Some(own.id.as_str()) == id);
        let diagnosis = provider
            .map(|own| diagnose(own, found.scheme.as_deref(), &found.verdict))
            .unwrap_or_default();
        let is_missing = matches!(
            found.verdict,
            Verdict::Invalid(Reason::MissingHeader { .. } | Reason::MissingField { .. })
        );
        // Where nothing was sent to hold against, the verdict alone says it all.
        if is_missing && diagnosis.findings.is_empty() {
            return Diagnosis::default();
        }
        diagnosis
    }

    /// Whether a valid delivery's age is not vouched for.
    fn is_ageless(&self, subject: &Subject, found: &Assessment) -> bool {
        let Verdict::Valid(proof) = &found.verdict else {
            return false;
        };
        let signs_timestamp =
            |scheme: &Scheme| scheme.signs_timestamp(&View::new(&subject.message));
        let scheme = self.scheme_of(subject, found);
        proof.age.is_none() || !scheme.is_some_and(signs_timestamp)
    }

    /// The scheme a delivery was held against.
    fn scheme_of<'s>(&'s self, subject: &'s Subject, found: &Assessment) -> Option<&'s Scheme> {
        let candidates = self.candidates(subject);
        let provider = found.provider.as_deref()?;
        let provider = candidates.into_iter().find(|own| own.id == provider)?;
        provider.scheme(found.scheme.as_deref()?)
    }

    /// How far a delivery's timestamp might lie from now; `None` where its scheme has none.
    pub(super) fn limits(&self, subject: &Subject, found: &Assessment) -> Option<Tolerance> {
        let own = self.scheme_of(subject, found)?.tolerance()?;
        Some(self.context(subject).limits(own))
    }

    /// The verification of a delivery laid open, where a scheme is known to hold it against.
    pub(super) fn explain<'s>(
        &'s self,
        subject: &Subject,
        found: &'s Assessment,
        context: &'s Context<'s>,
        show_expected: bool,
    ) -> Option<Explanation<'s>> {
        let id = found.provider.as_ref()?;
        let named = self.named.iter().find(|own| own.id == *id);
        let provider = named.or_else(|| self.catalog.get(id).ok())?;
        let scheme = provider.scheme(found.scheme.as_ref()?)?;
        let view = View::new(&subject.message);
        let (places, keys) = self.keyring.fitting_keys(provider, scheme);
        let traces = scheme.trace(&view, &keys, context);
        let first = traces.as_ref().ok().and_then(|own| own.first());
        Some(Explanation {
            scheme,
            places,
            context,
            coverage: match (&found.verdict, first) {
                (Verdict::Valid(proof), _) => proof.coverage,
                (_, Some(trace)) => trace.coverage,
                _ => scheme.coverage(),
            },
            traces,
            show_expected,
        })
    }

    /// The verdicts of many deliveries, in their order, made on all cores.
    pub(super) fn judge_all(&self, subjects: &[Subject]) -> Vec<Judged> {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        let next = AtomicUsize::new(0);
        let work = || {
            let mut own = Vec::new();
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(subject) = subjects.get(at) else {
                    return own;
                };
                let around = at.saturating_sub(NEIGHBOURS)..subjects.len().min(at + NEIGHBOURS + 1);
                let around: Vec<&Subject> = around
                    .filter(|other| *other != at)
                    .map(|other| &subjects[other])
                    .collect();
                own.push((at, self.judge(subject, &around)));
            }
        };
        let mut all = thread::scope(|scope| {
            // The first delivery's thread is this one: a single delivery starts none.
            let others: Vec<_> = (1..cores.min(subjects.len()))
                .map(|_| scope.spawn(work))
                .collect();
            let mut all = work();
            for other in others {
                // A panic of a worker goes on here.
                all.extend(
                    other
                        .join()
                        .unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
                );
            }
            all
        });
        all.sort_unstable_by_key(|(at, _)| *at);
        all.into_iter().map(|(_, judged)| judged).collect()
    }
}

impl Judged {
    /// What this delivery ends with, `None` where all is well.
    pub(super) fn kind(&self, expected: Option<Expectation>) -> Option<Kind> {
        let verdict = &self.found.verdict;
        let kind = match expected {
            Some(expected) => (!expected.is_met(verdict)).then_some(Kind::NotMet),
            None => Kind::of(verdict),
        };
        kind.or_else(|| (self.ageless || self.payload.is_broken()).then_some(Kind::NotMet))
    }
}
