//! Deliveries to verdicts: what `verify` was told, held against one delivery or many.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use jiff::Timestamp;

use super::Subject;
use crate::commands::validate;
use crate::core::assess::{Assessment, Keyring, assess};
use crate::core::provider::Provider;
use crate::core::schema::Problem;
use crate::core::scheme::{Context, Tolerance};
use crate::error::Kind;
use crate::providers::Catalog;

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
    /// The time to judge ages by: the one given, else each delivery's own.
    pub(super) at: Option<Timestamp>,
    /// The current time, for deliveries that have none of their own.
    pub(super) now: Timestamp,
    /// Whether payloads are held against their schemas.
    pub(super) validate: bool,
}

/// What came of one delivery.
pub(super) struct Judged {
    pub(super) found: Assessment,
    /// What the payload lacks or has beside its schema; inside, `None` where no schema is known.
    pub(super) problems: Option<Option<Vec<Problem>>>,
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
        }
    }

    /// One delivery's verdict.
    pub(super) fn judge(&self, subject: &Subject) -> Judged {
        let found = assess(
            &subject.message,
            &self.candidates(subject),
            !self.named.is_empty(),
            self.scheme.as_deref(),
            &self.keyring,
            &self.context(subject),
        );
        let problems = self.validate.then(|| {
            let (provider, event) = (found.provider.as_deref(), found.event.as_deref());
            validate::of_delivery(self.catalog, provider, event, &subject.message)
        });
        Judged { found, problems }
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
                own.push((at, self.judge(subject)));
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
    pub(super) fn kind(&self) -> Option<Kind> {
        let broken = |problems: &&Vec<Problem>| validate::is_broken(problems);
        let problems = self.problems.as_ref().and_then(Option::as_ref);
        Kind::of(&self.found.verdict).or_else(|| problems.filter(broken).map(|_| Kind::NotMet))
    }
}
