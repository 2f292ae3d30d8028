//! How a delivery is answered: decided before it is recorded, carried out after.
//!
//! | room | what it owns |
//! |---|---|
//! | [`forward`] | the application behind: its answer, in time or late; attempts after the answer |
//! | [`script`] | answers the operator wrote |
//! | [`exec`] | a command for each delivery |
//! | [`tasks`] | what goes on after its request: bounded, and ended in time |

pub mod exec;
pub mod forward;
pub mod script;
pub mod tasks;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::sync::oneshot;

use self::exec::Exec;
use self::forward::Forward;
use self::script::Scripted;
use self::tasks::{Seat, Tasks};
use super::book::Book;
use super::news::Room;
use super::route::{Action, Routes};
use super::server::{Reply, Reset};
use crate::core::delivery::{Answer, Attempt, Delivery};
use crate::core::note::Note;
use crate::core::pattern::Subject;
use crate::core::random::Random;
use crate::core::script::{Step, Turn};
use crate::core::verdict::{Reason, Verdict};
use crate::providers::Catalog;

/// What answers deliveries.
pub struct Answers {
    /// Where everything is kept and told.
    pub book: Book,
    /// All providers, for their timeouts and retries.
    pub catalog: Arc<Catalog>,
    /// Which deliveries are answered how; hookcat answers the others.
    pub routes: Routes,
    /// Whether invalid deliveries are forwarded too.
    pub forward_invalid: bool,
    /// The dice of scripts.
    pub random: Mutex<Random>,
    /// What goes on after its request.
    pub tasks: Tasks,
}

/// How a delivery is going to be answered.
pub(super) enum Plan {
    /// By hookcat, with this status, and why it is refused if it is.
    Own(u16, Option<&'static str>),
    /// As the provider's handshake wants it.
    Handshake(Reply),
    /// By a script.
    Script(Arc<Scripted>, Turn),
    /// By the application behind, or by hookcat before it goes there.
    Forward(Arc<Forward>, Seat),
    /// By hookcat, with a command run for it, or by the command.
    Run(Arc<Exec>, Seat),
    /// Too many deliveries are under way: how many may be, and the flag for more.
    Full(usize, &'static str),
    /// The command is not run, as the delivery is not verified.
    NotRun(u16),
}

/// A sender that waits for its answer.
struct Ear {
    say: Option<oneshot::Sender<Result<Reply, Reset>>>,
    since: Instant,
}

impl Answers {
    /// Decides how a delivery is answered: by the first route that fits it. What is invalid is refused,
    /// unless it is to be forwarded all the same; a handshake is answered by hookcat, unless it is
    /// forwarded.
    pub(super) fn plan(
        &self,
        delivery: &Delivery,
        verdict: &Verdict,
        handshake: Option<Reply>,
    ) -> Plan {
        let action = self.routes.find(Subject {
            provider: delivery.provider.as_deref(),
            event: delivery.event.as_deref(),
            target: &delivery.message.target,
        });
        let refused = match verdict {
            Verdict::Invalid(reason) => Some(Reason::slug(reason)),
            Verdict::Valid(_) | Verdict::Unverifiable(_) => None,
        };
        let seat = || self.tasks.seat(delivery.message.body.len());
        match (action, handshake) {
            (Some(Action::Forward(own)), _) if refused.is_none() || self.forward_invalid => {
                match seat() {
                    Some(seat) => Plan::Forward(Arc::clone(own), seat),
                    None => Plan::Full(own.most, forward::FLAG),
                }
            }
            (_, Some(reply)) => Plan::Handshake(reply),
            _ if refused.is_some() => Plan::Own(401, refused),
            (Some(Action::Respond(own)), None) => {
                let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
                Plan::Script(Arc::clone(own), own.turn(delivery, &mut random))
            }
            (Some(Action::Run(own)), None)
                if !own.unverified && !matches!(verdict, Verdict::Valid(_)) =>
            {
                // Where the command answers, nobody took this one.
                Plan::NotRun(if own.answers { 403 } else { 200 })
            }
            (Some(Action::Run(own)), None) => match seat() {
                Some(seat) => Plan::Run(Arc::clone(own), seat),
                None => Plan::Full(own.most, exec::FLAG),
            },
            (Some(Action::Forward(_)) | None, None) => Plan::Own(200, None),
        }
    }

    /// Answers a recorded delivery as planned, and tells it.
    pub(super) async fn carry_out(
        self: &Arc<Self>,
        plan: Plan,
        delivery: Arc<Delivery>,
        since: Instant,
        room: Option<Room>,
    ) -> Result<Reply, Reset> {
        if !plan.is_at_once() {
            // Rarer and larger than what is answered here: each request would be as large.
            return Box::pin(self.later(plan, delivery, since, room)).await;
        }
        let id = delivery.id;
        let after = plan.goes_on().then(|| Arc::clone(&delivery));
        self.book.news.tell(delivery, plan.notes(), room).await;
        let reply = plan.reply(id);
        if let Some(delivery) = after {
            let own = Arc::clone(self);
            self.tasks.spawn(async move {
                match plan {
                    Plan::Forward(forward, _seat) => forward.deliver(&own, &delivery).await,
                    Plan::Run(exec, _seat) => exec.run_after(&own, &delivery).await,
                    _ => {}
                }
            });
        }
        reply
    }

    /// Answers in a task of its own, which does not end with the sender's patience.
    async fn later(
        self: &Arc<Self>,
        plan: Plan,
        delivery: Arc<Delivery>,
        since: Instant,
        room: Option<Room>,
    ) -> Result<Reply, Reset> {
        let (say, said) = oneshot::channel();
        let ear = Ear {
            say: Some(say),
            since,
        };
        let own = Arc::clone(self);
        self.tasks.spawn(async move {
            match plan {
                Plan::Forward(forward, _seat) => forward.pass_on(&own, delivery, ear, room).await,
                Plan::Run(exec, _seat) => exec.answer(&own, delivery, ear, room).await,
                Plan::Script(script, turn) => {
                    own.hold_back(&script, turn, delivery, ear, room).await;
                }
                _ => {}
            }
        });
        // Only the end of everything drops the ear without a word.
        said.await
            .unwrap_or_else(|_| Ok(not_recorded("the receiver is ending")))
    }

    /// Answers by a script, after its delay or when the sender has had enough.
    async fn hold_back(
        &self,
        script: &Scripted,
        turn: Turn,
        mut delivery: Arc<Delivery>,
        mut ear: Ear,
        room: Option<Room>,
    ) {
        tokio::select! {
            () = tokio::time::sleep(turn.delay) => {}
            () = ear.hang_up() => {}
        }
        let mut notes = vec![Note::Scripted(turn)];
        let reply = match turn.step {
            Step::Status(status) => Ok(script.reply(status, delivery.id)),
            Step::Reset => Err(Reset),
        };
        if self
            .give(&mut ear, &mut delivery, None, reply, &mut notes)
            .await
        {
            self.book.news.tell(delivery, notes, room).await;
        }
    }

    /// Records an answer, with the attempt it came of, and gives it. What a sender did not wait for is
    /// not recorded as given. False where it could not be recorded: the delivery is to be sent again.
    async fn give(
        &self,
        ear: &mut Ear,
        delivery: &mut Arc<Delivery>,
        attempt: Option<&Attempt>,
        reply: Result<Reply, Reset>,
        notes: &mut Vec<Note>,
    ) -> bool {
        let latency = self.book.clock.elapsed(ear.since);
        let gone = ear.is_gone();
        if gone {
            notes.push(Note::HungUp { after: latency });
        }
        let answer = reply.as_ref().ok().filter(|_| !gone).map(|reply| Answer {
            status: reply.status,
            latency,
        });
        if let Err(error) = self.book.outcome(delivery.id, attempt, answer).await {
            self.book.not_logged(&error);
            ear.hear(Ok(not_recorded("delivery could not be recorded")));
            return false;
        }
        Arc::make_mut(delivery).answer = answer;
        ear.hear(reply);
        true
    }
}

impl Plan {
    /// The status, where it is known before the delivery is recorded.
    pub(super) fn status(&self) -> Option<u16> {
        match self {
            Self::Own(status, _) | Self::NotRun(status) => Some(*status),
            Self::Handshake(reply) => Some(reply.status),
            Self::Full(..) => Some(503),
            Self::Script(_, turn) => match turn.step {
                Step::Status(status) if turn.delay.is_zero() => Some(status),
                Step::Status(_) | Step::Reset => None,
            },
            Self::Forward(..) | Self::Run(..) => self.goes_on().then_some(200),
        }
    }

    /// Whether an application answers, or may.
    pub(super) fn is_forwarded(&self) -> bool {
        matches!(self, Self::Forward(..))
    }

    /// Whether there is work to do after the answer.
    fn goes_on(&self) -> bool {
        match self {
            Self::Forward(forward, _) => forward.ack_first.is_some(),
            Self::Run(exec, _) => !exec.answers,
            _ => false,
        }
    }

    fn is_at_once(&self) -> bool {
        match self {
            Self::Forward(..) | Self::Run(..) => self.goes_on(),
            Self::Script(_, turn) => turn.delay.is_zero(),
            _ => true,
        }
    }

    fn notes(&self) -> Vec<Note> {
        match self {
            Self::Script(_, turn) => vec![Note::Scripted(*turn)],
            Self::Full(most, flag) => vec![Note::Full { most: *most, flag }],
            Self::NotRun(_) => vec![Note::NotVerified],
            _ => Vec::new(),
        }
    }

    /// What the sender hears from hookcat itself: never more of a rejection than its kind.
    fn reply(&self, id: Option<i64>) -> Result<Reply, Reset> {
        // Written out: of most deliveries this is all they are answered.
        let ok = |status| {
            let id = id.map_or_else(|| "null".to_owned(), |id| id.to_string());
            Reply::of_json(status, format!(r#"{{"ok":true,"id":{id}}}"#))
        };
        Ok(match self {
            Self::Own(status, Some(reason)) => Reply::json(
                *status,
                &json!({ "error": "invalid signature", "reason": reason }),
            ),
            Self::Own(status, None) => ok(*status),
            Self::Handshake(reply) => reply.clone(),
            Self::Full(..) => not_recorded("too many deliveries are under way"),
            Self::Script(
                _,
                Turn {
                    step: Step::Reset, ..
                },
            ) => return Err(Reset),
            Self::Script(
                script,
                Turn {
                    step: Step::Status(status),
                    ..
                },
            ) => script.reply(*status, id),
            Self::Forward(..) | Self::Run(..) | Self::NotRun(200) => ok(200),
            Self::NotRun(status) => {
                Reply::json(*status, &json!({ "error": "delivery is not verified" }))
            }
        })
    }
}

impl Ear {
    /// Whether the sender hung up before it was answered.
    fn is_gone(&self) -> bool {
        self.say.as_ref().is_some_and(oneshot::Sender::is_closed)
    }

    /// Comes true when the sender hangs up.
    async fn hang_up(&mut self) {
        match &mut self.say {
            Some(say) => say.closed().await,
            None => std::future::pending().await,
        }
    }

    fn hear(&mut self, reply: Result<Reply, Reset>) {
        if let Some(say) = self.say.take() {
            let _ = say.send(reply);
        }
    }
}

/// The answer to what is not kept, or not taken on: the sender is asked to send it again.
pub(super) fn not_recorded(why: &str) -> Reply {
    let mut reply = Reply::json(503, &json!({ "error": why }));
    let after = ("retry-after".to_owned(), b"5".to_vec());
    reply.headers.push(after);
    reply
}

/// No deadline is further away than this, so that clocks can count it.
const FAR: Duration = Duration::from_secs(24 * 3600);

/// A moment so long after another.
fn deadline(since: Instant, after: Duration) -> tokio::time::Instant {
    tokio::time::Instant::from_std(since + after.min(FAR))
}

#[cfg(test)]
mod tests;
