//! A search of the log for a text: where to look, and what is told meanwhile.

use crate::core::sieve;
use crate::log::{Filter, Log, LogError};
use crate::ui::Ui;

/// So many deliveries are looked into one by one as quickly.
const FEW: i64 = 500;
/// Of so many steps it is told how far they are.
const LONG: usize = 64;

/// A text that is searched for, and where it is told that it takes a while.
#[derive(Debug)]
pub(super) struct Search {
    pub(super) text: Vec<u8>,
    pub(super) ui: Ui,
}

impl Search {
    /// Where in the log the text may be, the newest first.
    ///
    /// # Errors
    /// [`LogError::Storage`]
    pub(super) fn ranges(&self, filter: &Filter, log: &Log) -> Result<Vec<(i64, i64)>, LogError> {
        let (from, to) = (filter.from.unwrap_or(1), filter.to.unwrap_or(i64::MAX));
        if self.text.len() < sieve::RUN || to.saturating_sub(from) < FEW {
            return Ok(vec![(i64::MIN, i64::MAX)]);
        }
        let mut told = false;
        log.make_sieves(|done, all| {
            if all < LONG {
                return;
            }
            let what = "getting the log ready for searches, once";
            if self.ui.err_is_terminal() {
                self.ui.live(&format!("{what}: {} %", done * 100 / all));
            } else if !told {
                self.ui.status(what);
            }
            told = true;
        })?;
        if told && self.ui.err_is_terminal() {
            self.ui.live("");
        }
        log.may_hold(&self.text)
    }
}
