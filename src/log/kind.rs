//! What deliveries are told apart by: one row for all that differ in none of it.

use std::borrow::Cow;
use std::collections::HashMap;

use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};

use super::row::absent;
use crate::core::delivery::{Attempt, Delivery};

/// How many kinds a writer remembers; with one more it begins anew.
const REMEMBERED: usize = 4096;

/// One combination of what deliveries are told apart by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Kind<'a> {
    pub(super) direction: Cow<'a, str>,
    pub(super) provider: Option<Cow<'a, str>>,
    pub(super) event: Option<Cow<'a, str>>,
    pub(super) verdict: Option<Cow<'a, str>>,
    pub(super) reason: Option<Cow<'a, str>>,
    pub(super) coverage: Option<Cow<'a, str>>,
    pub(super) secret_index: Option<i64>,
    pub(super) detected_by: Option<Cow<'a, str>>,
    pub(super) method: Cow<'a, str>,
    /// The status of the answer given.
    pub(super) answer: Option<u16>,
    /// The status of the last attempt, or why it has none; `None` without an attempt.
    pub(super) last: Option<(Option<u16>, Option<Cow<'a, str>>)>,
}

impl<'a> Kind<'a> {
    /// The kind of a delivery with the attempts it has.
    pub(super) fn of(delivery: &'a Delivery) -> Self {
        let judgement = delivery.judgement.as_ref();
        let error = |own: &'a Attempt| Some(own.result.as_ref().err()?.kind.as_str().into());
        let text = |own: &'a Option<String>| own.as_deref().map(Cow::from);
        Self {
            direction: delivery.direction.as_str().into(),
            provider: text(&delivery.provider),
            event: text(&delivery.event),
            verdict: judgement.map(|own| own.verdict.as_str().into()),
            reason: judgement.and_then(|own| text(&own.reason)),
            coverage: judgement.and_then(|own| text(&own.coverage)),
            secret_index: judgement.and_then(|own| own.secret_index),
            detected_by: judgement.and_then(|own| text(&own.detected_by)),
            method: delivery.message.method.as_str().into(),
            answer: delivery.answer.map(|own| own.status),
            last: (delivery.attempts.last()).map(|own| (own.status(), error(own))),
        }
    }

    /// The answer given, or else the last attempt's.
    fn status(&self) -> Option<u16> {
        self.answer
            .or_else(|| self.last.as_ref().and_then(|own| own.0))
    }

    /// Whether a status other than 2xx was answered or came back, or none came back at all.
    fn failed(&self) -> bool {
        let is_success = |status: &u16| (200..=299).contains(status);
        let refused = self.answer.is_some_and(|status| !is_success(&status));
        let last = self.last.as_ref();
        refused || last.is_some_and(|(status, _)| !status.as_ref().is_some_and(is_success))
    }

    fn owned(self) -> Kind<'static> {
        let own = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        Kind {
            direction: own(self.direction),
            provider: self.provider.map(own),
            event: self.event.map(own),
            verdict: self.verdict.map(own),
            reason: self.reason.map(own),
            coverage: self.coverage.map(own),
            secret_index: self.secret_index,
            detected_by: self.detected_by.map(own),
            method: own(self.method),
            answer: self.answer,
            last: (self.last).map(|(status, error)| (status, error.map(own))),
        }
    }
}

/// The numbers of the kinds a writer has met.
#[derive(Debug, Default)]
pub(super) struct Kinds {
    numbers: HashMap<Kind<'static>, i64>,
    /// The one asked for last: mostly the next is of the same kind, and to compare is quicker than to
    /// look up.
    last: Option<(Kind<'static>, i64)>,
}

impl Kinds {
    /// The number of a kind, which is written where it is new.
    pub(super) fn number(
        &mut self,
        connection: &Connection,
        kind: Kind<'_>,
    ) -> rusqlite::Result<i64> {
        match &self.last {
            Some((last, number)) if *last == kind => return Ok(*number),
            _ => {}
        }
        let number = if let Some(number) = find(&self.numbers, &kind) {
            number
        } else {
            let number = match known(connection, &kind)? {
                Some(number) => number,
                None => write(connection, &kind)?,
            };
            if self.numbers.len() >= REMEMBERED {
                self.numbers.clear();
            }
            self.numbers.insert(kind.clone().owned(), number);
            number
        };
        self.last = Some((kind.owned(), number));
        Ok(number)
    }
}

/// Looks a kind up whose texts live as long as they may.
fn find<'k>(kinds: &HashMap<Kind<'k>, i64>, kind: &Kind<'k>) -> Option<i64> {
    kinds.get(kind).copied()
}

fn known(connection: &Connection, kind: &Kind<'_>) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached(
            "SELECT id FROM kind WHERE event IS ?1 AND provider IS ?2 AND status IS ?3
                AND verdict IS ?4 AND reason IS ?5 AND direction = ?6 AND coverage IS ?7
                AND secret_index IS ?8 AND detected_by IS ?9 AND method = ?10 AND answer IS ?11
                AND error IS ?12 AND failed = ?13",
        )?
        .query_row(values(kind), |row| row.get(0))
        .map(Some)
        .or_else(absent)
}

fn write(connection: &Connection, kind: &Kind<'_>) -> rusqlite::Result<i64> {
    connection
        .prepare_cached(
            "INSERT INTO kind (event, provider, status, verdict, reason, direction, coverage,
                secret_index, detected_by, method, answer, error, failed)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        )?
        .execute(values(kind))?;
    Ok(connection.last_insert_rowid())
}

fn values(kind: &Kind<'_>) -> impl rusqlite::Params {
    let text = |own: Option<&Cow<'_, str>>| match own {
        Some(text) => Value::Text(text.clone().into_owned()),
        None => Value::Null,
    };
    let number = |own: Option<i64>| own.map_or(Value::Null, Value::Integer);
    let status = |own: Option<u16>| number(own.map(i64::from));
    let error = kind.last.as_ref().and_then(|own| own.1.as_ref());
    params_from_iter([
        text(kind.event.as_ref()),
        text(kind.provider.as_ref()),
        status(kind.status()),
        text(kind.verdict.as_ref()),
        text(kind.reason.as_ref()),
        text(Some(&kind.direction)),
        text(kind.coverage.as_ref()),
        number(kind.secret_index),
        text(kind.detected_by.as_ref()),
        text(Some(&kind.method)),
        status(kind.answer),
        text(error),
        number(Some(i64::from(kind.failed()))),
    ])
}

/// Brings a delivery's kind up to date with its answer and its attempts, and its latency in microseconds:
/// the answer's, or the last attempt's where there is none.
pub(super) fn renew(
    connection: &Connection,
    kinds: &mut Kinds,
    delivery: i64,
    answer: Option<u16>,
    latency: i64,
) -> rusqlite::Result<()> {
    let found = connection
        .prepare_cached(
            "SELECT k.direction, k.provider, k.event, k.verdict, k.reason, k.coverage,
                k.secret_index, k.detected_by, k.method, k.answer, a.number, a.status, a.error_kind
             FROM delivery d JOIN kind k ON k.id = d.kind
             LEFT JOIN attempt a ON a.delivery = d.id
             WHERE d.id = ?1 ORDER BY a.number DESC LIMIT 1",
        )?
        .query_row([delivery], |row| {
            let text = |at: usize| -> rusqlite::Result<Option<Cow<'static, str>>> {
                Ok(row.get::<_, Option<String>>(at)?.map(Cow::from))
            };
            Ok(Kind {
                direction: text(0)?.unwrap_or_default(),
                provider: text(1)?,
                event: text(2)?,
                verdict: text(3)?,
                reason: text(4)?,
                coverage: text(5)?,
                secret_index: row.get(6)?,
                detected_by: text(7)?,
                method: text(8)?.unwrap_or_default(),
                answer: answer.or(row.get(9)?),
                last: match row.get::<_, Option<u32>>(10)? {
                    Some(_) => Some((row.get(11)?, text(12)?)),
                    None => None,
                },
            })
        })
        .map(Some)
        .or_else(absent)?;
    let Some(kind) = found else {
        return Ok(());
    };
    let is_answered = answer.is_none() && kind.answer.is_some();
    let kind = kinds.number(connection, kind)?;
    connection
        .prepare_cached(
            "UPDATE delivery SET kind = ?2, latency = iif(?3, latency, ?4) WHERE id = ?1",
        )?
        .execute(params![delivery, kind, is_answered, latency])
        .map(|_| ())
}
