//! One recorded delivery: what `listen`, `log`, filters and exports all speak of.

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;

use super::message::{Headers, Message};
use super::verdict::{Coverage, Verdict};

/// A delivery as it happened, in either direction.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// The log's number, `None` where no log is kept.
    pub id: Option<i64>,
    /// Whether it came in or went out.
    pub direction: Direction,
    /// When it arrived, or when its first attempt began.
    pub at: Timestamp,
    /// The provider's id, if one is known.
    pub provider: Option<String>,
    /// The event type, if one was found.
    pub event: Option<String>,
    /// The id the provider gave it, the same over all attempts.
    pub delivery_id: Option<String>,
    /// What verification said; `None` for what was sent without being looked at.
    pub judgement: Option<Judgement>,
    /// The request.
    pub message: Message,
    /// The earlier delivery with the same provider id (or, where there is none, the same method,
    /// target and body). One that is not invalid never repeats an invalid one.
    pub duplicate_of: Option<Duplicate>,
    /// The delivery this one repeats, for what `replay` sent.
    pub replay_of: Option<i64>,
    /// The answer to a received delivery.
    pub answer: Option<Answer>,
    /// Requests this delivery caused: sending, replaying, forwarding.
    pub attempts: Vec<Attempt>,
}

impl Delivery {
    /// A request of which nothing else is known yet.
    #[must_use]
    pub fn new(direction: Direction, at: Timestamp, message: Message) -> Self {
        Self {
            id: None,
            direction,
            at,
            provider: None,
            event: None,
            delivery_id: None,
            judgement: None,
            message,
            duplicate_of: None,
            replay_of: None,
            answer: None,
            attempts: Vec::new(),
        }
    }
}

/// Which way a delivery went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Somebody sent it to `listen`.
    Received,
    /// `send` or `replay` sent it.
    Sent,
}

impl Direction {
    /// The word used in JSON output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Sent => "sent",
        }
    }
}

/// A verdict in the words that are stored and printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// `valid`, `invalid` or `unverifiable`.
    pub verdict: String,
    /// The reason's stable name, `None` when valid.
    pub reason: Option<String>,
    /// The reason in a sentence, in the provider's own words where it documents them.
    pub detail: Option<String>,
    /// Which secret matched, counted from 0 in the order they were given.
    pub secret_index: Option<i64>,
    /// `body`, `part` or `none`.
    pub coverage: Option<String>,
    /// What told the provider, where it was detected: ``header `X-GitHub-Event` ``.
    pub detected_by: Option<String>,
}

impl Judgement {
    /// Puts a verdict into words; `text` is the provider's own sentence, if it has one.
    #[must_use]
    pub fn new(verdict: &Verdict, text: Option<String>) -> Self {
        let (detail, proof) = match verdict {
            Verdict::Valid(proof) => (None, Some(proof)),
            Verdict::Invalid(reason) => (Some(text.unwrap_or_else(|| reason.to_string())), None),
            Verdict::Unverifiable(why) => (Some(why.to_string()), None),
        };
        Self {
            verdict: verdict.as_str().to_owned(),
            reason: verdict.reason().map(str::to_owned),
            detail,
            secret_index: proof.and_then(|proof| i64::try_from(proof.secret_index).ok()),
            coverage: proof.map(|proof| Coverage::as_str(proof.coverage).to_owned()),
            detected_by: None,
        }
    }
}

/// An earlier delivery that this one repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duplicate {
    /// The first such delivery's number.
    pub id: i64,
    /// When that one arrived.
    pub at: Timestamp,
    /// Which attempt of it this is, counted from 1 for the first.
    pub attempt: u32,
    /// The attempt before this one, where it is still known.
    pub previous: Option<Previous>,
    /// Whether the body is another than that of the attempt before, where that is known.
    pub body_differs: Option<bool>,
    /// Whether signature or timestamp are others than those of the attempt before, where both had
    /// them in headers.
    pub signature_renewed: Option<bool>,
}

/// An earlier attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Previous {
    /// Its number.
    pub id: i64,
    /// When it arrived.
    pub at: Timestamp,
}

/// What `listen` answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status sent.
    pub status: u16,
    /// From the end of the request to the answer.
    pub latency: Duration,
}

/// One request that was made, with all that came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Counted from 1.
    pub number: u32,
    /// When it began.
    pub at: Timestamp,
    /// Where it went.
    pub url: String,
    /// What came back.
    pub result: Result<Reply, Failure>,
    /// From the start to the last byte of the answer, or to the failure.
    pub latency: Duration,
}

/// An endpoint's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The answer's headers.
    pub headers: Headers,
    /// The answer's body, cut at the recording limit.
    pub body: Bytes,
    /// Whether the body was longer than what was read of it.
    pub truncated: bool,
}

/// Why no answer came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What kind of failure.
    pub kind: FailureKind,
    /// The cause in the system's words.
    pub message: String,
}

/// Kinds of failure to reach an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// No connection: DNS, refused, unreachable, TLS.
    Connect,
    /// No answer in time.
    Timeout,
    /// The connection broke before the answer was whole.
    Broken,
}

impl FailureKind {
    /// The word used in JSON output and in the log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Timeout => "timeout",
            Self::Broken => "broken",
        }
    }

    /// Reads what [`FailureKind::as_str`] wrote.
    #[must_use]
    pub fn from_word(word: &str) -> Self {
        match word {
            "timeout" => Self::Timeout,
            "broken" => Self::Broken,
            _ => Self::Connect,
        }
    }
}

impl Attempt {
    /// The answer's status, `None` if none came.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.result.as_ref().ok().map(|reply| reply.status)
    }
}

impl Delivery {
    /// Which attempt of its delivery this is, counted from 1; `None` for what was sent.
    #[must_use]
    pub fn attempt(&self) -> Option<u32> {
        let repeated = self.duplicate_of.map(|own| own.attempt);
        (self.direction == Direction::Received).then(|| repeated.unwrap_or(1))
    }

    /// The status that came of it: the answer given, or the last attempt's.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self.direction {
            Direction::Received => self.answer.map(|answer| answer.status),
            Direction::Sent => self.attempts.last().and_then(Attempt::status),
        }
    }
}
