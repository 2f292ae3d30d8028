//! Deliveries to verdicts: what `verify` was told, held against one delivery or many.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::commands::inputs::Subject;
use crate::commands::validate::{self, Validation};
use crate::core::assess::Assessment;
use crate::core::diagnose::Diagnosis;
use crate::core::event::View;
use crate::core::expectation::Expectation;
use crate::core::message::Message;
use crate::core::scheme::{Context, Scheme, Tolerance};
use crate::core::verdict::Verdict;
use crate::error::Kind;
use crate::repeat::Clock;
use crate::show::explain::Explanation;
use crate::verifier::Verifier;

/// So many deliveries before and after one are looked at for a part that is one of theirs.
const NEIGHBOURS: usize = 4;

/// What every delivery is held against.
pub(super) struct Judge<'a> {
    pub(super) verifier: &'a Verifier,
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
    /// What is known beside a delivery.
    pub(super) fn context<'s>(&'s self, subject: &'s Subject) -> Context<'s> {
        let now = self.at.or(subject.at).unwrap_or(self.now);
        self.verifier.context(subject.url.as_deref(), now)
    }

    /// One delivery's verdict. A part of one that does not match may be of one of the neighbours.
    fn judge(&self, subject: &Subject, neighbours: &[&Subject]) -> Judged {
        let since = Instant::now();
        let context = self.context(subject);
        let message = &subject.message;
        let found = self.verifier.assess(message, &context);
        let messages: Vec<&Message> = neighbours.iter().map(|own| &own.message).collect();
        let mut diagnosis = (self.verifier).diagnose(message, &found, &context, &messages);
        for finding in &mut diagnosis.findings {
            if let Some(other) = finding.neighbour.and_then(|place| neighbours.get(place)) {
                finding.change.push_str(&format!(": `{}`", other.name));
            }
        }
        let payload = if self.validate {
            let (provider, event) = (found.provider.as_deref(), found.event.as_deref());
            validate::of_delivery(&self.verifier.catalog, provider, event, message)
                .map_or(Validation::NoSchema, Validation::Held)
        } else {
            Validation::NotAsked
        };
        let ageless = self.verifier.max_age.is_some() && self.is_ageless(subject, &found);
        Judged {
            found,
            payload,
            ageless,
            diagnosis,
            took: self.clock.elapsed(since),
        }
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
        let candidates = self.verifier.candidates(&subject.message);
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
        subject: &'s Subject,
        found: &'s Assessment,
        context: &'s Context<'s>,
        show_expected: bool,
    ) -> Option<Explanation<'s>> {
        let id = found.provider.as_ref()?;
        let candidates = self.verifier.candidates(&subject.message);
        let provider = candidates.into_iter().find(|own| own.id == *id)?;
        let scheme = provider.scheme(found.scheme.as_ref()?)?;
        let view = View::new(&subject.message);
        let (places, keys) = self.verifier.keyring.fitting_keys(provider, scheme);
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
        // To ask costs more than to judge one delivery.
        let cores = match subjects {
            [] | [_] => 1,
            _ => thread::available_parallelism().map_or(1, NonZero::get),
        };
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
