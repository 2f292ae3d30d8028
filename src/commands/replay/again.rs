//! Deliveries sent again: in rounds, in their order.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;

use super::ReplayArgs;
use super::book::Book;
use super::change::{own_of, remake};
use super::originals::Originals;
use super::outcome::{Before, rejection};
use super::rounds::Rounds;
use super::sequence::{Letter, Outcomes, Sequence};
use crate::commands::ending::finish;
use crate::commands::options::Format;
use crate::commands::send::print;
use crate::commands::session::Session;
use crate::commands::shipment::{Shipment, unless_interrupted, writer};
use crate::core::attempts::gap;
use crate::core::delivery::{Attempt, Delivery, Direction};
use crate::core::outgoing::sent_headers_like;
use crate::core::provider::Provider;
use crate::core::template::Filler;
use crate::deliver::pool::{Place, Pool};
use crate::deliver::{ClientOptions, join};
use crate::error::CommandError;
use crate::log::Log;

/// What all deliveries that are sent again have in common.
pub(super) struct Again<'a> {
    pub(super) args: &'a ReplayArgs,
    pub(super) session: &'a Session,
    pub(super) log: &'a Log,
    pub(super) base: &'a Url,
    /// The provider they are taken for.
    pub(super) chosen: Option<&'a Provider>,
    pub(super) filler: &'a Filler,
}

/// What went wrong: how often, and the first time.
#[derive(Debug, Default)]
pub(super) struct Failures {
    pub(super) count: usize,
    pub(super) first: Option<CommandError>,
}

impl Failures {
    /// One more; why is asked of the first alone.
    pub(super) fn add(&mut self, why: impl FnOnce() -> CommandError) {
        self.count += 1;
        self.first.get_or_insert_with(why);
    }
}

/// How deliveries go out, and what came of those that did.
#[derive(Default)]
struct Course<'a> {
    way: Option<Way<'a>>,
    failures: Failures,
    /// What came of each in the last round, by its original's number, where there is a next one.
    before: HashMap<i64, Before>,
    /// Where the last one went, by its target: mostly, the next goes there too.
    place: Option<(String, Arc<Place>)>,
}

/// How deliveries go out.
enum Way<'a> {
    /// One attempt each.
    Once(Box<Sequence<'a>>),
    /// As many attempts as it takes.
    Retried(Box<Shipment<'a>>),
}

impl<'a> Again<'a> {
    /// Sends all of them in one round after another, up to Ctrl-C; gives what went wrong in the last.
    pub(super) async fn run(
        &self,
        numbers: &[i64],
        times: usize,
        rounds: Rounds,
    ) -> Result<Failures, CommandError> {
        let mut course = Course::default();
        let all = Box::pin(self.rounds(numbers, times, rounds, &mut course));
        let ended = unless_interrupted(all).await;
        // What was answered is recorded and told however it ends, unless nobody waits for that either.
        let closed = unless_interrupted(course.close(self)).await;
        ended??;
        closed??;
        Ok(course.failures)
    }

    async fn rounds(
        &self,
        numbers: &[i64],
        times: usize,
        mut rounds: Rounds,
        course: &mut Course<'a>,
    ) -> Result<(), CommandError> {
        loop {
            course.failures = Failures::default();
            self.all(numbers, times, course).await?;
            course.finish(self).await?;
            match rounds.next(course.failures.count == 0).await {
                Some(why) => self.session.ui.status(&why),
                None => return Ok(()),
            }
        }
    }

    /// Sends them in their order.
    async fn all(
        &self,
        numbers: &[i64],
        times: usize,
        course: &mut Course<'a>,
    ) -> Result<(), CommandError> {
        for _ in 0..times {
            let mut before = None;
            let mut originals = Originals::of(numbers, self.log);
            loop {
                let original = match originals.next() {
                    Ok(Some(Ok(original))) => original,
                    Ok(Some(Err(gone))) => {
                        course.failures.add(|| gone);
                        continue;
                    }
                    Ok(None) => break,
                    Err(error) => return course.end_with(self, error).await,
                };
                let pause = before.map_or(Duration::ZERO, |own| gap(own, original.at));
                before = Some(original.at);
                course.pause(self, self.args.pace.pause(pause)).await?;
                self.one(original, course).await?;
            }
        }
        Ok(())
    }

    async fn one(
        &self,
        mut original: Delivery,
        course: &mut Course<'a>,
    ) -> Result<(), CommandError> {
        let Self { args, session, .. } = *self;
        let place = course.place(self.base, &original.message.target);
        let url = place.url();
        let recorded = args.resigns().then(|| original.message.headers.clone());
        if let Err(error) = remake(args, session, &mut original, url, self.filler) {
            return course.end_with(self, error).await;
        }
        if let Some(form) = args.print {
            original.message.headers = own_of(&original.message.headers);
            return print(form, &original.message, url, session);
        }
        let before = Before::take(&mut original);
        let name = original.provider.as_deref();
        let known = self.chosen.or_else(|| session.catalog.get(name?).ok());
        let mut delivery = Delivery {
            provider: known.map(|own| own.id.clone()).or(original.provider),
            delivery_id: original.delivery_id,
            replay_of: original.id,
            event: original.event,
            ..Delivery::new(Direction::Sent, args.repeat.clock().now(), original.message)
        };
        let way = match &mut course.way {
            Some(way) => way,
            none => none.insert(self.way(known)?),
        };
        let mut outcomes = Told {
            again: self,
            failures: &mut course.failures,
            before: &mut course.before,
        };
        let patience = args.to.patience(known.and_then(|own| own.delivery.timeout));
        match way {
            Way::Once(sequence) => {
                let own = &delivery.message.headers;
                let recorded = recorded.as_ref().unwrap_or(own);
                delivery.message.headers = sent_headers_like(own, place.host(), recorded);
                let letter = Letter::new(before, delivery, place, patience);
                sequence.add(letter, &mut outcomes).await
            }
            Way::Retried(run) => {
                run.policy = args.to.policy(known);
                args.to.warn_of_no_schedule(&run.policy, known, session.ui);
                delivery.message.headers = own_of(&delivery.message.headers);
                let letter = Letter::new(before, delivery, place, patience);
                let delivery = Delivery::clone(&letter.delivery);
                let message = &letter.delivery.message;
                let url = letter.place.url();
                let last = run.ship(delivery, url, |_| message.clone()).await?;
                for line in outcomes.through(&letter, last.as_ref()) {
                    session.ui.line(&line)?;
                }
                Ok(())
            }
        }
    }

    /// How all of them go out, as the first one's provider has it.
    fn way(&self, known: Option<&Provider>) -> Result<Way<'a>, CommandError> {
        let Self { args, session, .. } = *self;
        let policy = args.to.policy(known);
        let writer = writer(&args.to, session)?;
        if args.to.retry {
            return Ok(Way::Retried(Box::new(Shipment {
                session,
                options: &args.to,
                client: args.to.client(&policy, &args.repeat)?,
                policy,
                writer,
            })));
        }
        // Each delivery is waited for by itself.
        let options = ClientOptions {
            timeout: Duration::MAX,
            ..args.to.client_options(&policy)?
        };
        Ok(Way::Once(Box::new(Sequence::new(
            Pool::new(options, true, args.repeat.clock()),
            usize::try_from(args.pipeline).unwrap_or(usize::MAX),
            Book::new(session, args.to.format, writer),
        ))))
    }
}

/// Tells what came of each.
struct Told<'t> {
    again: &'t Again<'t>,
    failures: &'t mut Failures,
    before: &'t mut HashMap<i64, Before>,
}

impl Outcomes for Told<'_> {
    fn through(&mut self, letter: &Letter, last: Option<&Attempt>) -> Vec<String> {
        let Again { args, session, .. } = *self.again;
        let Letter {
            before,
            delivery,
            place,
            ..
        } = letter;
        if let Err(error) = finish(last) {
            self.failures.add(|| {
                let hint = rejection(delivery, last, place.url().as_str(), session);
                hint.into_iter().fold(error, CommandError::hint)
            });
        }
        if args.to.format != Format::Text {
            return Vec::new();
        }
        let number = delivery.replay_of.unwrap_or_default();
        let before = self.before.get(&number).unwrap_or(before);
        let lines = last.map(|own| before.compared(own, session.ui.out()));
        if args.rounds.are_many() {
            self.before.insert(number, Before::of(last));
        }
        lines.unwrap_or_default()
    }
}

impl<'a> Course<'a> {
    /// Where a delivery goes that was posted to this target.
    fn place(&mut self, base: &Url, target: &str) -> Arc<Place> {
        match &self.place {
            Some((own, place)) if own == target => Arc::clone(place),
            _ => {
                let place = Arc::new(Place::new(join(base, target)));
                self.place = Some((target.to_owned(), Arc::clone(&place)));
                place
            }
        }
    }

    fn sequence<'c>(
        &'c mut self,
        again: &'c Again<'a>,
    ) -> Option<(&'c mut Sequence<'a>, Told<'c>)> {
        let told = Told {
            again,
            failures: &mut self.failures,
            before: &mut self.before,
        };
        match &mut self.way {
            Some(Way::Once(sequence)) => Some((sequence, told)),
            _ => None,
        }
    }

    /// Waits until all are answered, recorded and told.
    async fn finish(&mut self, again: &Again<'a>) -> Result<(), CommandError> {
        if let Some((sequence, mut told)) = self.sequence(again) {
            sequence.finish(&mut told).await?;
            sequence.book.drain().await?;
        }
        Ok(())
    }

    /// Ends with this error, once those before it are through.
    async fn end_with(
        &mut self,
        again: &Again<'a>,
        error: CommandError,
    ) -> Result<(), CommandError> {
        self.finish(again).await?;
        Err(error)
    }

    /// Records and tells what there is.
    async fn close(&mut self, again: &Again<'a>) -> Result<(), CommandError> {
        match self.sequence(again) {
            Some((sequence, mut told)) => sequence.close(&mut told).await,
            None => Ok(()),
        }
    }

    async fn pause(&mut self, again: &Again<'a>, span: Duration) -> Result<(), CommandError> {
        if span.is_zero() {
            return Ok(());
        }
        let pause = tokio::time::sleep(span);
        match self.sequence(again) {
            Some((sequence, mut told)) => {
                sequence.finish(&mut told).await?;
                sequence.book.hand_over()?;
                sequence.book.meanwhile(pause).await?;
            }
            None => pause.await,
        }
        Ok(())
    }
}
