//! Deliveries in their order at one host, one attempt each: on one connection, and as many ahead of the
//! answers as the endpoint is quick.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::book::{Book, Departed};
use super::outcome::Before;
use crate::commands::ending::client_error;
use crate::core::delivery::{Attempt, Delivery};
use crate::deliver::ClientError;
use crate::deliver::pool::{Heard, Outgoing, Place, Pool, Window};
use crate::error::CommandError;

/// Of more than one at a time, no more than so many bytes are gathered, and go out at once.
const BYTES: usize = 256 * 1024;
/// With so many more to go out, it is looked whether answers came.
const LOOK: usize = 8;
/// A delivery answered within this is written with its answer; another before, so that it is seen to be
/// under way, and on disk.
const PROMPT: Duration = Duration::from_millis(50);

/// Takes what is through, and says what is told beside.
pub(super) trait Outcomes {
    /// A delivery is through with this attempt; without any, none could be made.
    fn through(&mut self, letter: &Letter, last: Option<&Attempt>) -> Vec<String>;
}

/// A delivery that is sent again.
pub(super) struct Letter {
    /// What came of it before.
    pub(super) before: Before,
    /// What goes out, with the attempts made so far.
    pub(super) delivery: Arc<Delivery>,
    /// Where it goes.
    pub(super) place: Arc<Place>,
    /// How long its answer is waited for.
    patience: Duration,
    /// What was taken down of it before it was through.
    departed: Option<Departed>,
}

/// Sends deliveries in their order.
pub(super) struct Sequence<'a> {
    pub(super) book: Book<'a>,
    pool: Rc<Pool>,
    window: Window,
    /// What goes out next, and how many bytes that is.
    gathered: VecDeque<Letter>,
    bytes: usize,
    /// What is under way, and what was heard of it.
    sent: VecDeque<Letter>,
    under_way: Option<UnderWay>,
    /// What is through, and yet to be taken down.
    done: VecDeque<Letter>,
}

/// Requests that went out together.
struct UnderWay {
    work: Pin<Box<dyn Future<Output = Result<(), ClientError>>>>,
    ended: Option<Result<(), ClientError>>,
    heard: UnboundedReceiver<Heard>,
    since: Instant,
}

impl Letter {
    pub(super) fn new(
        before: Before,
        delivery: Delivery,
        place: Arc<Place>,
        patience: Duration,
    ) -> Self {
        Self {
            before,
            delivery: Arc::new(delivery),
            place,
            patience,
            departed: None,
        }
    }

    fn size(&self) -> usize {
        let message = &self.delivery.message;
        message.headers.size() + message.body.len()
    }

    fn outgoing(&self) -> Outgoing {
        let made = u32::try_from(self.delivery.attempts.len()).unwrap_or(u32::MAX);
        Outgoing {
            delivery: Arc::clone(&self.delivery),
            place: Arc::clone(&self.place),
            number: made.saturating_add(1),
            timeout: self.patience,
        }
    }

    /// Takes down that it is under way, once.
    fn depart(&mut self, book: &mut Book<'_>) {
        if self.departed.is_none() {
            self.departed = Some(book.depart(&self.delivery, &self.place));
        }
    }
}

impl UnderWay {
    /// Requests that go out now.
    fn begin(pool: &Rc<Pool>, outgoing: Vec<Outgoing>, patience: Duration) -> Self {
        let (tell, heard) = unbounded_channel();
        let pool = Rc::clone(pool);
        let work = async move {
            // Nobody listens any more where this is given up.
            let heard = |own| drop(tell.send(own));
            pool.burst(outgoing, patience, heard).await
        };
        Self {
            work: Box::pin(work),
            ended: None,
            heard,
            since: Instant::now(),
        }
    }

    /// Lets it go on, until it ends.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.ended.is_none() {
            self.ended = Some(ready!(self.work.as_mut().poll(context)));
        }
        Poll::Ready(())
    }

    async fn end(&mut self) {
        poll_fn(|context| self.poll(context)).await;
    }

    /// Lets it go on as far as it can, without waiting.
    async fn go_on(&mut self) {
        let polled = |context: &mut Context<'_>| {
            let _ = self.poll(context);
            Poll::Ready(())
        };
        poll_fn(polled).await;
    }
}

impl<'a> Sequence<'a> {
    /// A sequence of which at most so many are under way at once.
    pub(super) fn new(pool: Pool, most: usize, book: Book<'a>) -> Self {
        Self {
            book,
            pool: Rc::new(pool),
            window: Window::new(most),
            gathered: VecDeque::new(),
            bytes: 0,
            sent: VecDeque::new(),
            under_way: None,
            done: VecDeque::new(),
        }
    }

    /// Puts a delivery behind those that go out.
    ///
    /// # Errors
    /// What HTTP cannot carry; what the log or stdout does not take.
    pub(super) async fn add(
        &mut self,
        letter: Letter,
        outcomes: &mut impl Outcomes,
    ) -> Result<(), CommandError> {
        self.book.make_room().await?;
        self.bytes += letter.size();
        self.gathered.push_back(letter);
        if self.gathered.len() >= self.window.size() || self.bytes >= BYTES {
            self.next(outcomes).await?;
        } else if self.gathered.len().is_multiple_of(LOOK)
            && let Some(under_way) = &mut self.under_way
        {
            // The runtime looks what its sockets have to say.
            tokio::task::yield_now().await;
            under_way.go_on().await;
        }
        Ok(())
    }

    /// Waits until all are through.
    ///
    /// # Errors
    /// As [`Sequence::add`].
    pub(super) async fn finish(
        &mut self,
        outcomes: &mut impl Outcomes,
    ) -> Result<(), CommandError> {
        while self.under_way.is_some() || !self.gathered.is_empty() {
            self.next(outcomes).await?;
        }
        Ok(())
    }

    /// Takes down what there is, also of deliveries that were given up while they were under way.
    ///
    /// # Errors
    /// What the log or stdout does not take.
    pub(super) async fn close(&mut self, outcomes: &mut impl Outcomes) -> Result<(), CommandError> {
        let before = self.gathered.len();
        let collected = self.collect();
        let given_up = self.gathered.len() - before;
        self.settle(outcomes).await?;
        for letter in self.gathered.iter_mut().take(given_up) {
            letter.depart(&mut self.book);
        }
        self.book.drain().await.and(collected)
    }

    /// When all that is under way is answered, the next go out, and what became of those before is taken
    /// down.
    async fn next(&mut self, outcomes: &mut impl Outcomes) -> Result<(), CommandError> {
        self.answered().await?;
        self.collect()?;
        self.set_off().await;
        self.settle(outcomes).await?;
        self.book.go_on()
    }

    /// Waits until what is under way is answered.
    async fn answered(&mut self) -> Result<(), CommandError> {
        let Some(under_way) = &mut self.under_way else {
            return Ok(());
        };
        let in_time = tokio::time::timeout(PROMPT, under_way.end());
        if self.book.meanwhile(in_time).await?.is_err() {
            for letter in &mut self.sent {
                letter.depart(&mut self.book);
            }
            self.book.hand_over()?;
            self.book.meanwhile(under_way.end()).await?;
        }
        Ok(())
    }

    /// Gives those that were under way what was heard of them; those that are not through go out again.
    fn collect(&mut self) -> Result<(), CommandError> {
        let Some(under_way) = self.under_way.take() else {
            return Ok(());
        };
        let took = under_way.since.elapsed();
        let UnderWay {
            work,
            ended,
            mut heard,
            ..
        } = under_way;
        // It holds on to what it sends.
        drop(work);
        let (sent, done) = (self.sent.len(), self.done.len());
        let (mut again, mut lost) = (VecDeque::new(), 0);
        for mut letter in self.sent.drain(..) {
            let (attempt, through) = match heard.try_recv() {
                Ok(Heard::Through(attempt)) => (Some(attempt), true),
                Ok(Heard::Lost(attempt)) => (Some(attempt), false),
                Err(_) => (None, false),
            };
            lost += usize::from(attempt.is_some() && !through);
            Arc::make_mut(&mut letter.delivery).attempts.extend(attempt);
            if through {
                self.done.push_back(letter);
            } else {
                self.bytes += letter.size();
                again.push_back(letter);
            }
        }
        self.window
            .learn((sent, self.done.len() - done, lost), took);
        again.append(&mut self.gathered);
        self.gathered = again;
        ended.unwrap_or(Ok(())).map_err(client_error)
    }

    /// Sends the next, as many as may go out together.
    async fn set_off(&mut self) {
        let mut bytes = 0;
        while self.sent.len() < self.window.size()
            && bytes < BYTES
            && let Some(letter) = self.gathered.pop_front()
        {
            bytes += letter.size();
            self.sent.push_back(letter);
        }
        self.bytes -= bytes;
        if self.sent.is_empty() {
            return;
        }
        let outgoing = self.sent.iter().map(Letter::outgoing).collect();
        let begun = UnderWay::begin(&self.pool, outgoing, self.window.patience());
        self.under_way.insert(begun).go_on().await;
    }

    /// Takes down what is through.
    async fn settle(&mut self, outcomes: &mut impl Outcomes) -> Result<(), CommandError> {
        if self.done.iter().any(|own| own.departed.is_some()) {
            // Their numbers are known when the log has written them.
            self.book.drain().await?;
        }
        for letter in self.done.drain(..) {
            let beside = outcomes.through(&letter, letter.delivery.attempts.last());
            let Letter {
                delivery,
                place,
                departed,
                ..
            } = letter;
            self.book.arrive(delivery, place, departed.as_ref(), beside);
        }
        Ok(())
    }
}
