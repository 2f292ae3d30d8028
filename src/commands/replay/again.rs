//! Deliveries sent again: in rounds, in their order, one after the other.

use std::collections::HashMap;
use std::time::Duration;

use reqwest::Url;

use super::ReplayArgs;
use super::change::remake;
use super::outcome::{compared, rejection};
use super::rounds::Rounds;
use super::sequence::{Book, Sequence};
use crate::commands::ending::finish;
use crate::commands::options::Format;
use crate::commands::send::print;
use crate::commands::session::{Session, log_error};
use crate::commands::shipment::{Shipment, unless_interrupted, writer};
use crate::core::attempts::gap;
use crate::core::delivery::{Attempt, Delivery, Direction};
use crate::core::outgoing::sent_headers_like;
use crate::core::provider::Provider;
use crate::core::template::Filler;
use crate::deliver::pool::Pool;
use crate::deliver::{ClientOptions, host, join};
use crate::error::CommandError;
use crate::log::{Log, LogError};

/// So many are read at once, or as many as have bodies of so many bytes together.
const AHEAD: usize = 64;
const AHEAD_BYTES: usize = 1024 * 1024;

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

/// Deliveries as the log has them, some read ahead.
struct Originals<'a> {
    log: &'a Log,
    numbers: &'a [i64],
    ahead: std::vec::IntoIter<Delivery>,
}

impl<'a> Originals<'a> {
    fn of(numbers: &'a [i64], log: &'a Log) -> Self {
        Self {
            log,
            numbers,
            ahead: Vec::new().into_iter(),
        }
    }

    /// The next; the inner error for one that a receiver let go of meanwhile.
    fn next(&mut self) -> Result<Option<Result<Delivery, CommandError>>, CommandError> {
        if self.ahead.len() == 0 && !self.numbers.is_empty() {
            let next = &self.numbers[..self.numbers.len().min(AHEAD)];
            match self.log.first_of(next, AHEAD_BYTES) {
                Ok(found) => {
                    self.numbers = &self.numbers[found.len()..];
                    self.ahead = found.into_iter();
                }
                Err(error @ LogError::NoSuchDelivery(_)) => {
                    self.numbers = &self.numbers[1..];
                    return Ok(Some(Err(log_error(&error))));
                }
                Err(error) => return Err(log_error(&error)),
            }
        }
        Ok(self.ahead.next().map(Ok))
    }
}

/// What one delivery leaves to those after it.
#[derive(Default)]
struct Course<'a> {
    way: Option<Way<'a>>,
    /// What was sent in the last round, by its original's number, where there is a next one.
    before: HashMap<i64, Delivery>,
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
        let closed = match course.book() {
            Some(book) => unless_interrupted(book.close()).await,
            None => Ok(Ok(())),
        };
        let failures = ended??;
        closed??;
        Ok(failures)
    }

    async fn rounds(
        &self,
        numbers: &[i64],
        times: usize,
        mut rounds: Rounds,
        course: &mut Course<'a>,
    ) -> Result<Failures, CommandError> {
        loop {
            let failures = self.all(numbers, times, course).await?;
            if let Some(book) = course.book() {
                book.drain().await?;
            }
            match rounds.next(failures.count == 0).await {
                Some(why) => self.session.ui.status(&why),
                None => return Ok(failures),
            }
        }
    }

    /// Sends them in their order; gives what went wrong.
    async fn all(
        &self,
        numbers: &[i64],
        times: usize,
        course: &mut Course<'a>,
    ) -> Result<Failures, CommandError> {
        let mut failures = Failures::default();
        for _ in 0..times {
            let mut before = None;
            let mut originals = Originals::of(numbers, self.log);
            while let Some(original) = originals.next()? {
                let original = match original {
                    Ok(original) => original,
                    Err(gone) => {
                        failures.add(|| gone);
                        continue;
                    }
                };
                let pause = before.map_or(Duration::ZERO, |own| gap(own, original.at));
                before = Some(original.at);
                course.pause(self.args.pace.pause(pause)).await?;
                self.one(original, course, &mut failures).await?;
            }
        }
        Ok(failures)
    }

    async fn one(
        &self,
        original: Delivery,
        course: &mut Course<'a>,
        failures: &mut Failures,
    ) -> Result<(), CommandError> {
        let Self { args, session, .. } = *self;
        let url = join(self.base, &original.message.target);
        let (message, delivery_id) = remake(args, session, &original, &url, self.filler)?;
        if let Some(form) = args.print {
            return print(form, &message, &url, session);
        }
        let recorded = original.provider.as_deref();
        let known =
            (self.chosen).or_else(|| recorded.and_then(|name| session.catalog.get(name).ok()));
        let delivery = Delivery {
            provider: known
                .map(|own| own.id.clone())
                .or_else(|| original.provider.clone()),
            delivery_id,
            replay_of: original.id,
            event: original.event.clone(),
            ..Delivery::new(Direction::Sent, args.repeat.clock().now(), message)
        };
        let again = delivery.clone();
        let paint = session.ui.out();
        let number = original.id.unwrap_or_default();
        let Course { way, before } = course;
        let way = match way {
            Some(way) => way,
            none => none.insert(self.way(known)?),
        };
        let before_it = before.get(&number).unwrap_or(&original);
        let is_text = args.to.format == Format::Text;
        let beside = |last: &Attempt| {
            if is_text {
                compared(before_it, last, paint)
            } else {
                Vec::new()
            }
        };
        let last = match way {
            Way::Once(sequence) => {
                let patience = args.to.patience(&args.to.policy(known));
                let mut delivery = delivery;
                delivery.message.headers = sent_headers_like(
                    &delivery.message.headers,
                    &host(&url),
                    &original.message.headers,
                );
                Some(sequence.send(delivery, &url, patience, beside).await?)
            }
            Way::Retried(run) => {
                run.policy = args.to.policy(known);
                args.to.warn_of_no_schedule(&run.policy, known, session.ui);
                let message = &again.message;
                let last = run.ship(delivery, &url, |_| message.clone()).await?;
                for line in last.iter().flat_map(beside) {
                    session.ui.line(&line)?;
                }
                last
            }
        };
        if let Err(error) = finish(last.as_ref()) {
            failures.add(|| {
                let hint = rejection(&again, last.as_ref(), url.as_str(), session);
                hint.into_iter().fold(error, CommandError::hint)
            });
        }
        if is_text && args.rounds.are_many() {
            let attempts = last.into_iter().collect();
            before.insert(number, Delivery { attempts, ..again });
        }
        Ok(())
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
        Ok(Way::Once(Box::new(Sequence {
            place: None,
            pool: Pool::new(options, true, args.repeat.clock()),
            book: Book::new(session, args.to.format, writer),
        })))
    }
}

impl<'a> Course<'a> {
    /// What is yet to be told and recorded.
    fn book(&mut self) -> Option<&mut Book<'a>> {
        match &mut self.way {
            Some(Way::Once(sequence)) => Some(&mut sequence.book),
            _ => None,
        }
    }

    async fn pause(&mut self, span: Duration) -> Result<(), CommandError> {
        if span.is_zero() {
            return Ok(());
        }
        let pause = tokio::time::sleep(span);
        match self.book() {
            Some(book) => {
                book.hand_over()?;
                book.meanwhile(pause).await?;
            }
            None => pause.await,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::message::{Headers, Message};

    #[test]
    fn what_was_let_go_of_holds_up_no_other() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = Log::open(&folder.path().join("log.db")).expect("opens");
        let writer = log.writer().expect("starts");
        for _ in 0..4 {
            let delivery = Delivery::new(
                Direction::Received,
                jiff::Timestamp::UNIX_EPOCH,
                Message::post(Headers::new(), "{}"),
            );
            let pending = writer.delivery(delivery).expect("queued");
            pending.blocking_recv().expect("answered").expect("written");
        }
        drop(writer);
        log.prune(&[1, 3]).expect("prunes");
        let mut originals = Originals::of(&[1, 2, 3, 4], &log);
        let mut read = Vec::new();
        while let Some(next) = originals.next().expect("reads") {
            read.push(next.ok().and_then(|own| own.id));
        }
        assert_eq!(read, [None, Some(2), None, Some(4)]);
    }
}
