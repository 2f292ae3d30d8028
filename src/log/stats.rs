//! What the log holds, counted.

use std::collections::HashMap;

use jiff::Timestamp;
use rusqlite::params;

use super::tally::SLOT;
use super::{Log, LogError, row};

/// How many bars time is divided into, at most.
const BARS: i64 = 48;
/// Up to so many deliveries are looked at one by one, where ten minutes a bar were too coarse.
const FEW: i64 = 50_000;
/// How many kinds are told apart.
const KINDS: i64 = 20_000;
/// How many of the slowest are told.
const SLOWEST: usize = 5;
/// From here on an index has them, in microseconds.
const SLOW: i64 = 100_000;
/// Where the index has too few, they are looked for among so many of the newest.
const RECENT: i64 = 100_000;

/// What a log holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// All deliveries.
    pub total: Count,
    /// The bytes of their bodies.
    pub body_bytes: i64,
    /// How many repeat an earlier one.
    pub repeats: i64,
    /// By direction.
    pub directions: Vec<(String, Count)>,
    /// By provider's id, the most frequent first; as all that follow.
    pub providers: Vec<(String, Count)>,
    /// By event type.
    pub events: Vec<(String, Count)>,
    /// By verdict, with its reason behind a colon.
    pub verdicts: Vec<(String, Count)>,
    /// By status, or why there is none.
    pub statuses: Vec<(String, Count)>,
    /// How many there were in equal spans, from `start` to `end`.
    pub bars: Vec<i64>,
    /// When the first bar begins.
    pub start: Option<Timestamp>,
    /// When the last bar ends.
    pub end: Option<Timestamp>,
    /// Those that took longest to be answered, with microseconds: all from 100 ms on, of the others the
    /// newest are looked at.
    pub slowest: Vec<(i64, i64)>,
    /// The bytes of the file.
    pub file_bytes: i64,
    /// The bytes of it that are free to be written to.
    pub free_bytes: i64,
}

/// How many, and how many of them failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// All of them.
    pub all: i64,
    /// Answered with other than 2xx, or passed on without a 2xx.
    pub failed: i64,
}

/// A dimension that is being counted.
#[derive(Default)]
struct Tally(HashMap<String, Count>);

impl Tally {
    fn add(&mut self, name: String, count: Count) {
        let own = self.0.entry(name).or_default();
        own.all += count.all;
        own.failed += count.failed;
    }

    /// The most frequent first.
    fn sorted(self) -> Vec<(String, Count)> {
        let mut rows: Vec<_> = self.0.into_iter().collect();
        rows.sort_by(|a, b| b.1.all.cmp(&a.1.all).then_with(|| a.0.cmp(&b.0)));
        rows
    }
}

impl Log {
    /// What the log holds.
    ///
    /// # Errors
    /// [`LogError::Storage`]
    pub fn stats(&self) -> Result<Stats, LogError> {
        let mut stats = Stats::default();
        // One moment for all that is counted.
        let reading = self.connection.unchecked_transaction()?;
        self.count_kinds(&mut stats)?;
        self.count_bars(&mut stats)?;
        stats.slowest = self.slowest()?;
        let pragma = |name: &str| {
            let read = |row: &rusqlite::Row<'_>| row.get::<_, i64>(0);
            self.connection.pragma_query_value(None, name, read)
        };
        let page = pragma("page_size")?;
        stats.file_bytes = pragma("page_count")? * page;
        stats.free_bytes = pragma("freelist_count")? * page;
        drop(reading);
        Ok(stats)
    }

    fn count_kinds(&self, stats: &mut Stats) -> Result<(), LogError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT k.direction, k.provider, k.event, k.verdict, k.reason, k.status, k.error,
                k.failed, sum(t.count), sum(t.bytes), sum(t.repeats)
             FROM tally t JOIN kind k ON k.id = t.kind GROUP BY k.id ORDER BY 9 DESC",
        )?;
        let mut rows = statement.query([])?;
        let (mut directions, mut providers) = (Tally::default(), Tally::default());
        let (mut events, mut verdicts) = (Tally::default(), Tally::default());
        let mut statuses = Tally::default();
        let mut seen = 0;
        while let Some(row) = rows.next()? {
            let all: i64 = row.get(8)?;
            let failed = if row.get(7)? { all } else { 0 };
            let count = Count { all, failed };
            stats.total.all += all;
            stats.total.failed += failed;
            stats.body_bytes += row.get::<_, i64>(9)?;
            stats.repeats += row.get::<_, i64>(10)?;
            seen += 1;
            if seen > KINDS {
                continue;
            }
            let text = |at: usize| row.get::<_, Option<String>>(at);
            let none = || "-".to_owned();
            directions.add(row.get(0)?, count);
            providers.add(text(1)?.unwrap_or_else(none), count);
            events.add(text(2)?.unwrap_or_else(none), count);
            let verdict = match (text(3)?, text(4)?) {
                (Some(verdict), Some(reason)) => format!("{verdict}:{reason}"),
                (verdict, _) => verdict.unwrap_or_else(none),
            };
            verdicts.add(verdict, count);
            let answered = row.get::<_, Option<u16>>(5)?;
            let answered = answered.map(|own| own.to_string());
            statuses.add(answered.or(text(6)?).unwrap_or_else(none), count);
        }
        stats.directions = directions.sorted();
        stats.providers = providers.sorted();
        stats.events = events.sorted();
        stats.verdicts = verdicts.sorted();
        stats.statuses = statuses.sorted();
        Ok(())
    }

    fn count_bars(&self, stats: &mut Stats) -> Result<(), LogError> {
        let (first, last): (Option<i64>, Option<i64>) = self
            .connection
            .prepare_cached("SELECT min(slot), max(slot) FROM tally")?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let Some((first, last)) = first.zip(last) else {
            return Ok(());
        };
        let is_short = last - first < BARS;
        let sql = if is_short && stats.total.all <= FEW {
            "SELECT at, 1 FROM delivery"
        } else {
            "SELECT slot * 600000000, sum(count) FROM tally GROUP BY slot"
        };
        let mut statement = self.connection.prepare_cached(sql)?;
        let found: Vec<(i64, i64)> = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        let by_slot = !(is_short && stats.total.all <= FEW);
        let instants = || found.iter().map(|own| own.0);
        let start = instants().min().unwrap_or(0);
        let last = instants().max().unwrap_or(0);
        let (end, bars) = if by_slot {
            (last + SLOT, BARS.min((last - start) / SLOT + 1))
        } else {
            (last + 1, BARS.min(last - start + 1))
        };
        let mut counts = vec![0; usize::try_from(bars).unwrap_or(1)];
        for (at, count) in &found {
            // In 128 bits: a log may span centuries of microseconds.
            let bar = i128::from(at - start) * i128::from(bars) / i128::from(end - start);
            let bar = usize::try_from(bar).unwrap_or(0).min(counts.len() - 1);
            counts[bar] += count;
        }
        stats.bars = counts;
        (stats.start, stats.end) = (Some(row::instant(start)), Some(row::instant(end)));
        Ok(())
    }

    fn slowest(&self) -> Result<Vec<(i64, i64)>, LogError> {
        let read = |least: i64| -> Result<Vec<(i64, i64)>, LogError> {
            // Written out, so that SQLite sees that the index of the slow ones will do.
            let test = match least {
                0 => format!("id > (SELECT max(id) FROM delivery) - {RECENT}"),
                least => format!("latency >= {least}"),
            };
            let sql = format!(
                "SELECT id, latency FROM delivery
                 WHERE latency IS NOT NULL AND {test} ORDER BY latency DESC LIMIT ?1"
            );
            let rows = self
                .connection
                .prepare_cached(&sql)?
                .query_map(params![i64::try_from(SLOWEST).unwrap_or(0)], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })?
                .collect::<Result<_, _>>()?;
            Ok(rows)
        };
        let slow = read(SLOW)?;
        if slow.len() == SLOWEST {
            Ok(slow)
        } else {
            read(0)
        }
    }
}
