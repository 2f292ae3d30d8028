//! Deliveries of the log by their numbers: `7`, `3..9`, the last N.

use super::session::log_error;
use crate::core::delivery::Direction;
use crate::error::CommandError;
use crate::log::{Filter, Log};

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

/// The numbers of some words, in the order of the words.
///
/// # Errors
/// A usage error for a word that is no number or range, or a range with nothing in it.
pub(super) fn numbers(words: &[String], log: &Log) -> Result<Vec<i64>, CommandError> {
    let mut numbers = Vec::new();
    for text in words {
        let error = || {
            CommandError::usage(format!("not a delivery number or range: `{text}`"))
                .hint("`hookcat log list` shows the numbers")
        };
        let number = |text: &str| {
            text.trim_start_matches('#')
                .parse::<i64>()
                .map_err(|_| error())
        };
        match text.split_once("..") {
            None => numbers.push(number(text)?),
            Some((from, to)) => {
                let filter = Filter {
                    from: Some(number(from)?),
                    to: Some(number(to.trim_start_matches('='))?),
                    // What was sent may stand in the same log; a single number takes that too.
                    direction: Some(Direction::Received.as_str().to_owned()),
                    ..Filter::default()
                };
                let found = log.numbers(&filter).map_err(|error| log_error(&error))?;
                if found.is_empty() {
                    return Err(CommandError::usage(format!(
                        "no received delivery in this range: `{text}`"
                    ))
                    .hint("`hookcat log list` shows the numbers"));
                }
                numbers.extend(found);
            }
        }
    }
    Ok(numbers)
}

/// The numbers of the last received deliveries, the oldest first.
///
/// # Errors
/// A usage error where there is none.
pub(super) fn last(count: u32, log: &Log) -> Result<Vec<i64>, CommandError> {
    let filter = Filter {
        limit: Some(count),
        direction: Some(Direction::Received.as_str().to_owned()),
        ..Filter::default()
    };
    let numbers = log.numbers(&filter).map_err(|error| log_error(&error))?;
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
            let delivery = Delivery {
                id: None,
                direction: *direction,
                at: jiff::Timestamp::UNIX_EPOCH,
                provider: None,
                event: None,
                delivery_id: None,
                judgement: None,
                message: Message::post(Headers::new(), format!("{}", index + 1)),
                duplicate_of: None,
                replay_of: None,
                answer: None,
                attempts: Vec::new(),
            };
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
