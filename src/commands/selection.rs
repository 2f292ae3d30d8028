//! Which deliveries of the log: `7`, `3..9`, the last N, and those that filters leave.

use clap::Args;
use clap_complete::ArgValueCandidates;
use jiff::Timestamp;

use super::options::expectation;
use super::search::Search;
use super::session::{Session, log_error};
use crate::commands::complete;
use crate::core::delivery::Direction;
use crate::core::expectation::Expectation;
use crate::core::expr::{Expr, Input};
use crate::core::moment::Moment;
use crate::core::retry::StatusClass;
use crate::env;
use crate::error::CommandError;
use crate::log::{Filter, Log, LogError};
use crate::show::json;

/// The heading of what limits a selection.
const SELECTION: &str = "Selection";

/// Which deliveries: all that fit everything given here.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct SelectionOptions {
    /// Those that failed: answered with other than 2xx, or passed on without a 2xx
    #[arg(help_heading = SELECTION, long)]
    pub(super) failed: bool,

    /// From this moment on: `2h` (ago), `yesterday`, `14:30`, `2026-11-20`, RFC 3339
    #[arg(help_heading = SELECTION, long, value_name = "TIME")]
    pub(super) since: Option<Moment>,

    /// Up to this moment, written as for --since; a day is taken whole
    #[arg(help_heading = SELECTION, long, value_name = "TIME")]
    pub(super) until: Option<Moment>,

    /// Of this provider
    #[arg(help_heading = SELECTION, short, long, value_name = "PROVIDER", add = ArgValueCandidates::new(complete::providers))]
    pub(super) provider: Option<String>,

    /// Of this event type; `*` stands for any text: `pull_request.*`
    #[arg(help_heading = SELECTION, long, value_name = "EVENT", add = ArgValueCandidates::new(complete::events))]
    pub(super) event: Option<String>,

    /// With this status, `404` or `5xx`: the answer given, or the last attempt's (can be repeated)
    #[arg(help_heading = SELECTION, long, value_name = "STATUS")]
    pub(super) status: Vec<StatusClass>,

    /// With this verdict: `valid`, `invalid`, `invalid:stale`, `unverifiable`
    #[arg(help_heading = SELECTION, long, value_name = "VERDICT[:REASON]", value_parser = expectation)]
    pub(super) verdict: Option<Expectation>,

    /// In this direction
    #[arg(help_heading = SELECTION, long, value_name = "DIRECTION", value_parser = ["received", "sent"])]
    pub(super) direction: Option<String>,

    /// With this text in body, headers, target or delivery id, in any case of ASCII letters
    #[arg(help_heading = SELECTION, long, value_name = "TEXT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(super) search: Option<String>,

    /// For which this jq expression holds
    ///
    /// Its input is a delivery as `--format json` prints it, and `payload` is its body as JSON or the
    /// fields of its form: `.event == "push" and payload.ref == "refs/heads/main"`.
    #[arg(help_heading = SELECTION, long, value_name = "EXPR")]
    pub(super) filter: Option<String>,
}

/// A selection that was read: what the log filters by, and what each delivery is held against.
#[derive(Debug, Default)]
pub(super) struct Selection {
    filter: Filter,
    expr: Option<Expr>,
    search: Option<Search>,
}

impl SelectionOptions {
    /// Whether anything is asked for.
    pub(super) fn is_some(&self) -> bool {
        let Self {
            failed,
            since,
            until,
            provider,
            event,
            status,
            verdict,
            direction,
            search,
            filter,
        } = self;
        *failed
            || since.is_some()
            || until.is_some()
            || !status.is_empty()
            || verdict.is_some()
            || [provider, event, direction, search, filter]
                .iter()
                .any(|own| own.is_some())
    }

    /// Reads them.
    ///
    /// # Errors
    /// A usage error for an unknown provider, a moment beyond the calendar, what is no expression.
    pub(super) fn read(&self, session: &Session) -> Result<Selection, CommandError> {
        let provider = match &self.provider {
            Some(name) => Some(session.provider(name)?.id.clone()),
            None => None,
        };
        let now = Timestamp::now().to_zoned(env::zone());
        let beyond = || CommandError::usage("time is beyond the calendar");
        let since = self.since.map(|own| own.start(&now).ok_or_else(beyond));
        let until = self.until.map(|own| own.end(&now).ok_or_else(beyond));
        let expr = self.filter.as_deref().map(Expr::parse).transpose();
        let filter = Filter {
            provider,
            event: self.event.clone(),
            direction: self.direction.clone(),
            verdict: self
                .verdict
                .map(|own| (own.verdict().to_owned(), own.reason().map(str::to_owned))),
            status: self.status.iter().map(|own| own.ends()).collect(),
            failed: self.failed,
            since: since.transpose()?,
            until: until.transpose()?,
            ..Filter::default()
        };
        Ok(Selection {
            filter,
            expr: expr.map_err(|error| CommandError::usage(error.to_string()))?,
            search: self.search.as_ref().map(|own| Search {
                text: own.clone().into_bytes(),
                ui: session.ui,
            }),
        })
    }
}

impl Selection {
    /// What was received, where no direction is asked for.
    pub(super) fn received(mut self) -> Self {
        let received = || Direction::Received.as_str().to_owned();
        self.filter.direction.get_or_insert_with(received);
        self
    }

    /// The numbers of those that fit, the oldest first; at most so many, counted from the newest.
    ///
    /// # Errors
    /// What is wrong with the log.
    pub(super) fn last(&self, count: Option<u32>, log: &Log) -> Result<Vec<i64>, CommandError> {
        let numbers = self.found(&self.filter, count, log);
        numbers.map_err(|error| log_error(&error))
    }

    /// The numbers from one to another of those that fit, the oldest first; at most so many, counted from
    /// the newest.
    ///
    /// # Errors
    /// What is wrong with the log.
    pub(super) fn between(
        &self,
        from: i64,
        to: i64,
        count: Option<u32>,
        log: &Log,
    ) -> Result<Vec<i64>, CommandError> {
        let mut filter = self.filter.clone();
        (filter.from, filter.to) = (Some(from), Some(to));
        let numbers = self.found(&filter, count, log);
        numbers.map_err(|error| log_error(&error))
    }

    /// The numbers of some words, in the order of the words, of those that fit.
    ///
    /// # Errors
    /// A usage error for a word that is no number or range, or with nothing in it.
    pub(super) fn of(&self, words: &[String], log: &Log) -> Result<Vec<i64>, CommandError> {
        let mut numbers = Vec::new();
        for word in words {
            let (from, to) = ends(word)?;
            let is_range = word.contains("..");
            let mut filter = self.filter.clone();
            if !is_range {
                // Whoever names a delivery means it, whichever way it went.
                filter.direction = None;
                log.delivery(from).map_err(|error| log_error(&error))?;
            }
            (filter.from, filter.to) = (Some(from), Some(to));
            let found = self.found(&filter, None, log);
            let found = found.map_err(|error| log_error(&error))?;
            if found.is_empty() && is_range {
                let what = filter.direction.map(|own| own + " ").unwrap_or_default();
                return Err(CommandError::usage(format!(
                    "no {what}delivery in this range: `{word}`"
                ))
                .hint("`hookcat log list` shows the numbers"));
            }
            numbers.extend(found);
        }
        Ok(numbers)
    }

    fn found(&self, filter: &Filter, count: Option<u32>, log: &Log) -> Result<Vec<i64>, LogError> {
        let count = count.map_or(usize::MAX, |own| usize::try_from(own).unwrap_or(usize::MAX));
        let ranges = match &self.search {
            Some(search) => search.ranges(filter, log)?,
            None => vec![(i64::MIN, i64::MAX)],
        };
        let mut numbers = Vec::new();
        for (from, to) in ranges {
            let mut filter = filter.clone();
            filter.from = Some(filter.from.map_or(from, |own| own.max(from)));
            filter.to = Some(filter.to.map_or(to, |own| own.min(to)));
            if numbers.len() == count || filter.from > filter.to {
                continue;
            }
            for number in log.newest(&filter)? {
                if numbers.len() == count {
                    break;
                }
                let number = number?;
                if self.fits(number, log)? {
                    numbers.push(number);
                }
            }
        }
        numbers.reverse();
        Ok(numbers)
    }

    fn fits(&self, number: i64, log: &Log) -> Result<bool, LogError> {
        if let Some(search) = &self.search
            && !log.holds(number, &search.text)?
        {
            return Ok(false);
        }
        let Some(expr) = &self.expr else {
            return Ok(true);
        };
        let found = log.find(number)?;
        Ok(found.is_some_and(|own| expr.holds(&Input::new(json::delivery(&own)))))
    }
}

/// What is taken from the log again: numbers, or the last, of what was received.
#[derive(Args, Clone, Debug)]
pub(super) struct ChosenOptions {
    /// The numbers of the deliveries: 7, or 3..9 for the received ones from 3 to 9
    #[arg(value_name = "ID")]
    pub(super) ids: Vec<String>,

    /// The last N received deliveries, of those that fit
    #[arg(long, value_name = "N", conflicts_with = "ids", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) last: Option<u32>,

    #[command(flatten)]
    pub(super) options: SelectionOptions,
}

impl ChosenOptions {
    /// The numbers that were chosen, the oldest first or in the order of the words.
    ///
    /// # Errors
    /// A usage error where nothing was chosen, or nothing fits.
    pub(super) fn numbers(&self, session: &Session, log: &Log) -> Result<Vec<i64>, CommandError> {
        if self.ids.is_empty() && self.last.is_none() && !self.options.is_some() {
            return Err(CommandError::usage("no delivery chosen").hint(
                "name numbers or ranges, --last N, --failed, --since TIME or another filter",
            ));
        }
        let selection = self.options.read(session)?.received();
        let numbers = if !self.ids.is_empty() {
            selection.of(&self.ids, log)?
        } else if self.options.is_some() {
            selection.last(self.last, log)?
        } else {
            return last(self.last.unwrap_or(1), log);
        };
        if numbers.is_empty() {
            return Err(CommandError::usage("no received delivery fits")
                .hint("`hookcat log list` with the same filters shows both directions"));
        }
        Ok(numbers)
    }
}

/// Whether a word is written as a number or a range of numbers.
pub(super) fn is_selection(word: &str) -> bool {
    let is_number = |text: &str| {
        let digits = text.strip_prefix('#').unwrap_or(text);
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    match word.split_once("..") {
        None => is_number(word),
        Some((from, to)) => is_number(from) && is_number(to.strip_prefix('=').unwrap_or(to)),
    }
}

/// The first and last number of `7`, `#7`, `3..9`.
fn ends(word: &str) -> Result<(i64, i64), CommandError> {
    let number = |text: &str| {
        text.trim_start_matches('#').parse::<i64>().map_err(|_| {
            CommandError::usage(format!("not a delivery number or range: `{word}`"))
                .hint("`hookcat log list` shows the numbers")
        })
    };
    match word.split_once("..") {
        None => number(word).map(|own| (own, own)),
        Some((from, to)) => Ok((number(from)?, number(to.trim_start_matches('='))?)),
    }
}

/// The numbers of some words, in the order of the words: what was received, where a range is
/// written.
///
/// # Errors
/// A usage error for a word that is no number or range, or a range with nothing in it.
pub(super) fn numbers(words: &[String], log: &Log) -> Result<Vec<i64>, CommandError> {
    Selection::default().received().of(words, log)
}

/// The numbers of the last received deliveries, the oldest first.
///
/// # Errors
/// A usage error where there is none.
pub(super) fn last(count: u32, log: &Log) -> Result<Vec<i64>, CommandError> {
    let numbers = Selection::default().received().last(Some(count), log)?;
    if numbers.is_empty() {
        return Err(CommandError::usage("log holds no received delivery")
            .hint("record some: hookcat listen"));
    }
    Ok(numbers)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::core::delivery::Delivery;
    use crate::core::message::{Headers, Message};

    /// A log with deliveries in these directions, numbered from 1; a body is its number.
    pub(in crate::commands) fn log(directions: &[Direction]) -> (tempfile::TempDir, Log) {
        let folder = tempfile::tempdir().expect("a folder");
        let log = Log::open(&folder.path().join("log.db")).expect("opens");
        let writer = log.writer().expect("starts");
        for (index, direction) in directions.iter().enumerate() {
            let delivery = Delivery::new(
                *direction,
                jiff::Timestamp::UNIX_EPOCH,
                Message::post(Headers::new(), format!("{}", index + 1)),
            );
            let pending = writer.delivery(delivery).expect("queued");
            pending.blocking_recv().expect("answered").expect("written");
        }
        (folder, log)
    }

    #[test]
    fn words_that_are_numbers_or_ranges() {
        for word in ["7", "#7", "3..9", "3..=9", "#3..#9"] {
            assert!(is_selection(word), "{word}");
        }
        for word in [
            "",
            "#",
            "..",
            "3..",
            "body.json",
            "7a",
            "-",
            "-7",
            "3-9",
            "../7",
        ] {
            assert!(!is_selection(word), "{word}");
        }
    }

    #[test]
    fn a_range_takes_what_was_received_a_number_takes_any() {
        use Direction::{Received, Sent};
        let (_folder, log) = log(&[Received, Sent, Received, Sent]);
        let chosen = |words: &[&str]| {
            let words: Vec<_> = words.iter().map(|&own| own.to_owned()).collect();
            numbers(&words, &log).map_err(|error| error.to_string())
        };
        assert_eq!(chosen(&["1..4"]), Ok(vec![1, 3]));
        assert_eq!(chosen(&["2", "#4"]), Ok(vec![2, 4]));
        assert!(chosen(&["4..4"]).is_err() && chosen(&["x"]).is_err());
        assert_eq!(last(1, &log).ok(), Some(vec![3]));
        assert_eq!(last(9, &log).ok(), Some(vec![1, 3]));
    }
}
