//! One case after the other: sent, recorded, judged. Bounded whatever the endpoint does.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::Url;

use super::observe::Observer;
use super::pace::Pace;
use crate::core::check::timing::{SAMPLES, tell};
use crate::core::check::{
    Answered, BASE, Case, Expect, Level, Manner, Mark, Outcome, Player, Shot,
};
use crate::core::delivery::{Attempt, Delivery, Direction, Failure, FailureKind, Judgement, Reply};
use crate::core::event::View;
use crate::core::message::Message;
use crate::core::retry::Span;
use crate::deliver::exact::{Endpoint, Wire};
use crate::deliver::masked;
use crate::log::{LogError, Pending, Writer};
use crate::repeat::Clock;

/// After so many requests without an answer in time, nothing more is tried.
pub const UNANSWERED: usize = 5;

/// A run of cases against one endpoint.
pub struct Run<'a> {
    /// The provider that is played.
    pub player: &'a Player<'a>,
    /// The endpoint.
    pub endpoint: &'a Endpoint,
    /// Its URL, as it is recorded.
    pub url: &'a Url,
    /// The log, where one is kept.
    pub writer: Option<&'a Writer>,
    /// The clock of signatures and of the record.
    pub clock: Clock,
    /// Gives requests their turn.
    pub pace: Pace,
    /// Counts what took effect.
    pub observer: Option<Observer>,
    /// The provider's own time limit.
    pub limit: Option<Duration>,
    state: State,
}

/// What earlier cases leave for later ones.
#[derive(Default)]
struct State {
    /// The slowest answer so far, and the case it came in.
    slowest: Option<(Duration, String)>,
    /// Requests without an answer in time.
    unanswered: usize,
    /// Those of them that must be accepted.
    late: usize,
    /// Why nothing more is tried.
    over: Option<String>,
    /// How much one delivery changes what is observed.
    effect: Option<i64>,
}

/// A request on its way into the log.
type Written = Option<Result<Pending, LogError>>;

impl<'a> Run<'a> {
    /// A run that has not begun.
    #[must_use]
    pub fn new(player: &'a Player<'a>, endpoint: &'a Endpoint, url: &'a Url, clock: Clock) -> Self {
        Self {
            player,
            endpoint,
            url,
            writer: None,
            clock,
            pace: Pace::new(None),
            observer: None,
            limit: None,
            state: State::default(),
        }
    }

    /// Tries a case.
    ///
    /// # Errors
    /// Where the log cannot be written.
    pub async fn case(&mut self, case: &Case) -> Result<Outcome, LogError> {
        if let Some(why) = &self.state.over {
            return Ok(Outcome::skipped(why.clone()));
        }
        if case.manner == Manner::Watched {
            return Ok(self.in_time(case));
        }
        let shots = case.shots(self.player, self.clock.now());
        if let Some(why) = case.obstacle(self.player, &shots) {
            return Ok(Outcome::skipped(why));
        }
        if case.manner == Manner::Sampled {
            return self.sampled(case, &shots).await;
        }
        let (answers, effects) = if case.repeats && self.observer.is_some() {
            self.observed(case, &shots).await?
        } else {
            (self.sent(case.manner, &shots).await?, None)
        };
        let mut outcome = case.judge(self.player, &shots, &answers);
        if let Some(effects) = effects.filter(|_| outcome.mark == Mark::Passed) {
            match effects {
                Ok(None) => {}
                Ok(Some(detail)) => outcome.fail(case.level, detail),
                Err(error) => outcome.fail(Level::Should, format!("--observe: {error}")),
            }
        }
        self.remember(case, &outcome, &answers);
        Ok(outcome)
    }

    fn remember(&mut self, case: &Case, outcome: &Outcome, answers: &[Answered]) {
        let state = &mut self.state;
        // What is refused may take its time.
        let valid = case.expect == Expect::Accepted;
        for answered in answers.iter().filter(|own| valid && own.result.is_ok()) {
            if state
                .slowest
                .as_ref()
                .is_none_or(|own| own.0 < answered.latency)
            {
                state.slowest = Some((answered.latency, case.name.clone()));
            }
        }
        let unanswered = |own: &&Answered| {
            let failure = own.result.as_ref().err();
            failure.is_some_and(|own| own.kind != FailureKind::Broken)
        };
        let count = answers.iter().filter(unanswered).count();
        state.unanswered += count;
        state.late += if valid { count } else { 0 };
        if case.name == BASE && outcome.mark == Mark::Failed {
            state.over =
                Some("a valid delivery is not accepted, so nothing else tells anything".to_owned());
        } else if state.unanswered >= UNANSWERED {
            let count = state.unanswered;
            state.over = Some(format!(
                "{count} requests had no answer in time, so no more were sent"
            ));
        }
    }

    /// All requests of a case, in its manner; no more after one without an answer.
    async fn sent(&mut self, manner: Manner, shots: &[Shot]) -> Result<Vec<Answered>, LogError> {
        let mut made = Vec::new();
        match manner {
            Manner::AtOnce => {
                self.pace.turn(shots.len()).await;
                made = join_all(shots.iter().map(|shot| self.alone(shot))).await;
            }
            Manner::OneConnection => {
                let mut wire = None;
                for shot in shots {
                    self.pace.turn(1).await;
                    let one = self.along(&mut wire, shot).await;
                    let over = one.0.result.is_err();
                    made.push(one);
                    if over {
                        break;
                    }
                }
            }
            Manner::InTurn | Manner::Sampled | Manner::Watched => {
                for shot in shots {
                    self.pace.turn(1).await;
                    let one = self.alone(shot).await;
                    let late = one.0.result.as_ref().err().map(|own| own.kind);
                    made.push(one);
                    if late.is_some_and(|own| own != FailureKind::Broken) {
                        break;
                    }
                }
            }
        }
        numbered(made).await
    }

    /// A request on a connection of its own.
    async fn alone(&self, shot: &Shot) -> (Answered, Written) {
        let sent = self.endpoint.sent(&shot.message, shot.framing);
        let (at, start) = (self.clock.now(), Instant::now());
        let result = self.endpoint.exchange(&sent, shot.framing).await;
        self.recorded(shot, sent, at, start, result)
    }

    /// A request on the connection there is, if it can be used again; else on a new one.
    async fn along(&self, wire: &mut Option<Wire<'a>>, shot: &Shot) -> (Answered, Written) {
        let sent = self.endpoint.sent(&shot.message, shot.framing);
        let (at, start) = (self.clock.now(), Instant::now());
        let open = wire.take().filter(Wire::is_open);
        let mut own = match open {
            Some(own) => own,
            None => match self.endpoint.connect().await {
                Ok(own) => own,
                Err(failure) => return self.recorded(shot, sent, at, start, Err(failure)),
            },
        };
        let result = own.exchange(&sent, shot.framing).await;
        *wire = Some(own);
        self.recorded(shot, sent, at, start, result)
    }

    fn recorded(
        &self,
        shot: &Shot,
        sent: Message,
        at: jiff::Timestamp,
        start: Instant,
        result: Result<Reply, Failure>,
    ) -> (Answered, Written) {
        let latency = self.clock.elapsed(start);
        let written = self.writer.map(|writer| {
            let player = self.player;
            let verdict = player.verdict(&sent, at);
            writer.delivery(Delivery {
                provider: Some(player.provider.id.clone()),
                event: Some(shot.event.clone()),
                delivery_id: View::new(&sent).locate(&player.provider.locate.delivery_id),
                judgement: verdict.map(|own| Judgement::new(&own, None)),
                attempts: vec![Attempt {
                    number: 1,
                    at,
                    url: masked(self.url),
                    result: result.clone(),
                    latency,
                }],
                ..Delivery::new(Direction::Sent, at, sent)
            })
        });
        let answered = Answered {
            label: shot.label.clone(),
            result,
            latency,
            id: None,
        };
        (answered, written)
    }

    /// A repeated delivery, and what took effect: a detail where that was too much.
    async fn observed(
        &mut self,
        case: &Case,
        shots: &[Shot],
    ) -> Result<(Vec<Answered>, Option<Result<Option<String>, String>>), LogError> {
        let Some(observer) = self.observer.clone() else {
            return Ok((self.sent(case.manner, shots).await?, None));
        };
        let before = match observer.look().await {
            Ok(before) => before,
            Err(error) => return Ok((self.sent(case.manner, shots).await?, Some(Err(error)))),
        };
        if case.manner == Manner::AtOnce {
            let answers = self.sent(case.manner, shots).await?;
            let single = self.state.effect.unwrap_or(1);
            let effects = async {
                let first = observer.after(before).await?;
                let all = observer.settled(first).await? - before;
                Ok((all > single).then(|| {
                    format!("took effect more than once: {single} expected, {all} observed")
                }))
            };
            return Ok((answers, Some(effects.await)));
        }
        let (first, rest) = shots.split_at(shots.len().min(1));
        let mut answers = self.sent(case.manner, first).await?;
        let once = observer.after(before).await;
        answers.extend(self.sent(case.manner, rest).await?);
        let effects = async {
            let once = once?;
            let twice = observer.settled(once).await?;
            if once == before {
                return Err("a valid delivery shows no effect".to_owned());
            }
            self.state.effect = Some(once - before);
            let detail = format!(
                "took effect again: {once} observed after the first, {twice} after the second"
            );
            Ok((twice != once).then_some(detail))
        };
        let effects = effects.await;
        Ok((answers, Some(effects)))
    }

    /// Two refusals many times, in an order that favours neither.
    async fn sampled(&mut self, case: &Case, shots: &[Shot]) -> Result<Outcome, LogError> {
        let [early, late] = shots else {
            return Ok(Outcome::skipped("there is nothing to compare"));
        };
        if self.pace.is_limited() {
            return Ok(Outcome::skipped("over a network, times tell too little"));
        }
        if self.clock.is_fixed() {
            return Ok(Outcome::skipped("with --now, the clock stands still"));
        }
        let mut wire = None;
        let mut times = [Vec::new(), Vec::new()];
        let mut made = Vec::new();
        for round in 0..SAMPLES {
            let order = if round % 2 == 0 { [0, 1] } else { [1, 0] };
            for which in order {
                let (answered, written) = self.along(&mut wire, [early, late][which]).await;
                let refused = answered
                    .result
                    .as_ref()
                    .is_ok_and(|own| own.status / 100 == 4);
                times[which].push(answered.latency);
                made.push((answered, written));
                if !refused {
                    numbered(made).await?;
                    return Ok(Outcome::skipped("wrong signatures are not refused"));
                }
            }
        }
        let answers = numbered(made).await?;
        let mut outcome = case.judge(self.player, shots, &answers);
        outcome.log.truncate(2);
        // The first few warm up caches on both sides.
        let [early, late] = times.map(|own| own.into_iter().skip(SAMPLES / 10).collect::<Vec<_>>());
        "even".clone_into(&mut outcome.got);
        if let Some(tell) = tell(&early, &late) {
            outcome.got = format!("+{} µs", tell.longer.as_micros());
            let detail = format!(
                "a signature wrong at its end is refused {} µs later than one wrong from its start (z = {:.1})",
                tell.longer.as_micros(),
                tell.z
            );
            outcome.fail(case.level, detail);
        }
        Ok(outcome)
    }

    /// The slowest answer against the provider's limit.
    fn in_time(&self, case: &Case) -> Outcome {
        let Some((time, name)) = &self.state.slowest else {
            return Outcome::skipped("nothing was answered");
        };
        let Some(limit) = self.limit else {
            return Outcome::skipped("the provider documents no time limit");
        };
        let mut outcome = Outcome {
            mark: Mark::Passed,
            got: format!("limit {}", Span(limit)),
            details: Vec::new(),
            crashed: false,
            time: *time,
            log: Vec::new(),
        };
        if *time >= limit || self.state.late > 0 {
            let detail = if self.state.late > 0 {
                let waited = Span(self.endpoint.timeout());
                format!(
                    "{} valid deliveries had no answer within {waited}",
                    self.state.late
                )
            } else {
                format!("case `{name}` took {time:?}")
            };
            outcome.fail(case.level, detail);
        }
        outcome
    }
}

/// The answers with their numbers in the log, once they are on disk.
async fn numbered(made: Vec<(Answered, Written)>) -> Result<Vec<Answered>, LogError> {
    let mut answers = Vec::with_capacity(made.len());
    for (mut answered, written) in made {
        if let Some(written) = written {
            let receipt = written?.await.map_err(|_| LogError::Busy)?;
            answered.id = Some(receipt?.id);
        }
        answers.push(answered);
    }
    Ok(answers)
}
