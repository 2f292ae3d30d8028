//! Whose turn it is.
//!
//! Each webhook is a lane. A lane whose turn it is begins one attempt and goes to the end of the queue, so
//! that a webhook with much to send takes turns with the others. What is due stays on disk but for a few
//! of each lane.
//!
//! Requests that take long do not count against the room the others share: after a second they have
//! room of their own, and a lane that was slow begins its next there.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::attempt::{Ended, Sender};
use super::endpoint::Endpoint;
use super::fan_out::{self, Batch};
use super::held::Held;
use super::lane::Lane;
use super::turns::Turns;
use crate::core::provider::Provider;
use crate::core::random::Random;
use crate::core::serve::dispatch::Told;
use crate::core::serve::pace::LONG;
use crate::core::serve::subscription::Subscription;
use crate::log::{Change, Due, Log, LogError, Wanted};
use crate::providers::Catalog;

/// Requests under way that do not take long, those that do, both, and those being written too.
const QUICK: usize = 64;
const SLOW: usize = 256;
const OPEN: usize = 576;
const ALL: usize = 1200;
/// With fewer lanes that have something to send, the next webhooks of an event get theirs.
const SOON: usize = 512;
/// How often others' writes are looked for.
const TICK: Duration = Duration::from_millis(50);
/// How often what is kept is held against the days it is kept.
const UPKEEP: Duration = Duration::from_secs(60);
/// How long requests under way get at the end.
const DRAIN: Duration = Duration::from_secs(5);
/// Sends what is due.
pub struct Dispatcher {
    log: Log,
    sender: Arc<Sender>,
    catalog: Arc<Catalog>,
    days: u32,
    providers: HashMap<String, Option<Arc<Provider>>>,
    turns: Turns,
    /// Slow lanes that wait for room.
    put_off: Vec<i64>,
    /// By dispatch.
    under_way: HashMap<i64, UnderWay>,
    slow: usize,
    held: Held,
    revision: Option<i64>,
    /// Whether an event may wait to be fanned out, whether a batch of the first is being written, and to
    /// how many webhooks it went.
    waits: bool,
    fanning: bool,
    fanned: usize,
    /// Where ids come from, and how many were drawn.
    ids: Random,
    drawn: u64,
    done: (UnboundedSender<Done>, UnboundedReceiver<Done>),
}

/// What ran beside the dispatcher.
enum Done {
    Answer,
    Attempt(Ended),
    Batch(Batch),
}

struct UnderWay {
    lane: i64,
    since: Instant,
    slow: bool,
}

impl Dispatcher {
    /// A dispatcher of what is in this log; what ended is kept so many days.
    #[must_use]
    pub fn new(log: Log, sender: Arc<Sender>, catalog: Arc<Catalog>, days: u32) -> Self {
        // A source of its own: no id is a value of another's.
        let ids = sender.random.nth(u64::MAX);
        Self {
            log,
            sender,
            catalog,
            days,
            providers: HashMap::new(),
            turns: Turns::default(),
            put_off: Vec::new(),
            under_way: HashMap::new(),
            slow: 0,
            held: Held::default(),
            revision: None,
            waits: true,
            fanning: false,
            fanned: 0,
            ids,
            drawn: 0,
            done: unbounded_channel(),
        }
    }

    /// Sends until `stop` comes true, then waits a moment for what is under way; how many deliveries are
    /// still to be made. `woken` is told of writes of this process.
    ///
    /// # Errors
    /// [`LogError`] where the log cannot be read.
    pub async fn run(
        mut self,
        woken: Arc<Notify>,
        stop: impl Future<Output = ()>,
    ) -> Result<i64, LogError> {
        let mut stop = std::pin::pin!(stop);
        let mut look = true;
        let mut upkeep = Instant::now();
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let now = self.sender.clock.now();
            if look {
                self.read_webhooks(now).await?;
                self.waits = true;
                look = false;
            }
            self.turns.ring(now);
            self.begin(now)?;
            // No more than is sent soon: what waits on disk costs nothing. And not so late that there is
            // nothing to send while it is written.
            if self.waits && !self.fanning && self.turns.ready.len() < SOON {
                self.fan_out(now).await?;
            }
            if upkeep.elapsed() >= UPKEEP && !self.expire(now).await {
                upkeep = Instant::now();
            }
            let alarm = self.turns.until_alarm(now).min(TICK);
            tokio::select! {
                () = &mut stop => break,
                Some(done) = self.done.1.recv() => {
                    self.take_in(done).await;
                    while let Ok(done) = self.done.1.try_recv() {
                        self.take_in(done).await;
                    }
                }
                () = woken.notified() => look = true,
                _ = tick.tick() => {
                    self.mark_slow();
                    look = true;
                }
                () = tokio::time::sleep(alarm) => {}
            }
        }
        let drained = async {
            while !self.under_way.is_empty()
                && let Some(done) = self.done.1.recv().await
            {
                if let Done::Attempt(ended) = done {
                    self.under_way.remove(&ended.dispatch);
                }
            }
        };
        // What is cut short is made again: nobody wrote that it was made.
        let _ = tokio::time::timeout(DRAIN, drained).await;
        self.log.pending()
    }

    fn has_room(&self) -> bool {
        let recording = self.sender.recording.load(Ordering::Relaxed);
        let open = self.under_way.len().saturating_sub(recording);
        open.saturating_sub(self.slow) < QUICK && open < OPEN && self.under_way.len() < ALL
    }

    /// Reads the webhooks anew where any changed.
    async fn read_webhooks(&mut self, now: Timestamp) -> Result<(), LogError> {
        let revision = self.log.revision()?;
        if self.revision == Some(revision) {
            return Ok(());
        }
        self.revision = Some(revision);
        let mut before = std::mem::take(&mut self.turns.lanes);
        for listed in self.log.subscriptions(Wanted::default(), u32::MAX)? {
            let own = listed.subscription;
            let lane = match before.remove(&own.id) {
                Some(lane) if lane.subscription == own => lane,
                old => {
                    let endpoint = match self.endpoint(&own) {
                        Ok(endpoint) => endpoint,
                        Err(trouble) => {
                            let trouble =
                                format!("nothing is sent to webhook {}: {trouble}", own.id);
                            self.sender.news.tell(Told::Trouble(trouble)).await;
                            None
                        }
                    };
                    let mut lane = Lane::new(own, endpoint);
                    if let Some(old) = old {
                        lane.under_way = old.under_way;
                        lane.queued = old.queued;
                        lane.alarm = old.alarm;
                    }
                    lane
                }
            };
            self.turns.lanes.insert(lane.subscription.id, lane);
        }
        for lane in self.turns.lanes.values_mut() {
            lane.forget();
        }
        for (id, due) in self.log.due_by_subscription()? {
            if let Some(lane) = self.turns.lanes.get_mut(&id) {
                lane.due_at(due);
                self.turns.arrange(id, now);
            }
        }
        Ok(())
    }

    /// What is needed to send to a webhook; nothing where it is not active.
    fn endpoint(&mut self, own: &Subscription) -> Result<Option<Arc<Endpoint>>, String> {
        if !own.active {
            return Ok(None);
        }
        let provider = self
            .provider(&own.provider)
            .ok_or_else(|| format!("no provider has this name: `{}`", own.provider))?;
        Endpoint::read(own.clone(), provider).map(|own| Some(Arc::new(own)))
    }

    fn provider(&mut self, name: &str) -> Option<Arc<Provider>> {
        if let Some(known) = self.providers.get(name) {
            return known.clone();
        }
        let found = self.catalog.whole(name).ok().map(Arc::new);
        self.providers.insert(name.to_owned(), found.clone());
        found
    }

    /// Begins attempts, one a turn, as long as there is room.
    fn begin(&mut self, now: Timestamp) -> Result<(), LogError> {
        if self.slow < SLOW {
            self.turns.ready.extend(self.put_off.drain(..));
        }
        while self.has_room()
            && let Some(id) = self.turns.ready.pop_front()
        {
            let Some(lane) = self.turns.lanes.get_mut(&id) else {
                continue;
            };
            if lane.pace.is_slow() && self.slow >= SLOW {
                self.put_off.push(id);
                continue;
            }
            lane.queued = false;
            // Who may not begin another is arranged anew when one ends, or its pause does.
            if !lane.pace.allows(lane.under_way.len(), now) {
                if lane.under_way.is_empty() {
                    self.turns.arrange(id, now);
                }
                continue;
            }
            let Some(endpoint) = lane.endpoint.clone() else {
                continue;
            };
            let slow = lane.pace.is_slow();
            if let Some(due) = lane.take(&self.log, now)? {
                lane.under_way.insert(due.id);
                let since = Instant::now();
                let lane = id;
                self.slow += usize::from(slow);
                (self.under_way).insert(due.id, UnderWay { lane, since, slow });
                self.send(endpoint, due)?;
            }
            self.turns.arrange(id, now);
        }
        Ok(())
    }

    fn send(&mut self, endpoint: Arc<Endpoint>, due: Due) -> Result<(), LogError> {
        let happened = self.held.event(&self.log, due.event, &endpoint.provider)?;
        let (sender, told) = (Arc::clone(&self.sender), self.done.0.clone());
        tokio::spawn(async move {
            let ended = match happened {
                Some(happened) => {
                    let answered = || drop(told.send(Done::Answer));
                    sender.attempt(&endpoint, &happened, due, answered).await
                }
                // Its event went while it was read: so did it.
                None => Ended {
                    dispatch: due.id,
                    success: true,
                    took: Duration::ZERO,
                    again: None,
                },
            };
            let _ = told.send(Done::Attempt(ended));
        });
        Ok(())
    }

    async fn take_in(&mut self, done: Done) {
        match done {
            Done::Answer => {}
            Done::Attempt(ended) => self.end(&ended).await,
            Done::Batch(batch) => self.fanned_out(batch).await,
        }
    }

    /// Room again, and perhaps another attempt to come.
    async fn end(&mut self, ended: &Ended) {
        let Some(under_way) = self.under_way.remove(&ended.dispatch) else {
            return;
        };
        self.slow -= usize::from(under_way.slow);
        let (id, now) = (under_way.lane, self.sender.clock.now());
        let Some(lane) = self.turns.lanes.get_mut(&id) else {
            return;
        };
        lane.under_way.remove(&ended.dispatch);
        if let Some(again) = ended.again {
            lane.due_at(again);
        }
        let speed = self.sender.speed;
        if let Some(turn) = lane.pace.ended(ended.success, ended.took, now, speed) {
            let told = Told::Turned {
                subscription: id,
                address: lane.subscription.shown(),
                turn,
            };
            self.sender.news.tell(told).await;
        }
        self.turns.arrange(id, now);
    }

    /// Gives requests that take long room of their own.
    fn mark_slow(&mut self) {
        for under_way in self.under_way.values_mut() {
            if !under_way.slow && under_way.since.elapsed() >= LONG {
                under_way.slow = true;
                self.slow += 1;
                if let Some(lane) = self.turns.lanes.get_mut(&under_way.lane) {
                    lane.pace.takes_long();
                }
            }
        }
    }

    /// Has the next batch of the first event that waits written, while deliveries go on.
    async fn fan_out(&mut self, now: Timestamp) -> Result<(), LogError> {
        let Some(waiting) = self.log.waiting()? else {
            self.waits = false;
            return Ok(());
        };
        // After the event was read: all webhooks up to its horizon are known then.
        self.read_webhooks(now).await?;
        let name = &waiting.occurrence.provider;
        let provider = self.provider(name);
        let (lanes, ids) = (&self.turns.lanes, (&self.ids, self.drawn));
        let batch = match fan_out::batch(lanes, &waiting, provider.as_deref(), now, ids) {
            Ok(batch) => batch,
            Err(why) => {
                let trouble = format!("event of `{name}` goes nowhere: {why}");
                self.sender.news.tell(Told::Trouble(trouble)).await;
                Batch::of_none(&waiting, now)
            }
        };
        self.drawn += u64::try_from(batch.to.len()).unwrap_or(0);
        self.fanning = true;
        let (sender, told) = (Arc::clone(&self.sender), self.done.0.clone());
        tokio::spawn(async move {
            let batch = batch.written(&sender).await;
            let _ = told.send(Done::Batch(batch));
        });
        Ok(())
    }

    /// Gives the webhooks of a batch their turn.
    async fn fanned_out(&mut self, batch: Batch) {
        self.fanning = false;
        self.fanned += batch.to.len();
        let now = self.sender.clock.now();
        let last = batch.cursor.is_none();
        for (id, due) in batch.dues() {
            if let Some(lane) = self.turns.lanes.get_mut(&id) {
                match due {
                    Some(due) => lane.due_now(due, now),
                    None => lane.due_at(now),
                }
                self.turns.arrange(id, now);
            }
        }
        if last {
            let occurrence = batch.waiting.occurrence;
            let told = Told::FannedOut {
                provider: occurrence.provider,
                event: occurrence.event,
                scope: occurrence.scope,
                webhooks: std::mem::take(&mut self.fanned),
            };
            self.sender.news.tell(told).await;
        }
    }

    /// Deletes some of what ended long ago; whether there may be more.
    async fn expire(&mut self, now: Timestamp) -> bool {
        let kept = SignedDuration::from_hours(24 * i64::from(self.days));
        let Ok(before) = now.checked_sub(kept) else {
            return false;
        };
        self.sender.record(Change::Expired(before)).await.id > 0
    }
}
