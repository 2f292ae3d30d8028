//! A delivery chosen from a list that can be searched.

use dialoguer::FuzzySelect;
use dialoguer::theme::SimpleTheme;
use jiff::tz::TimeZone;

use crate::commands::session::{Session, log_error};
use crate::env;
use crate::error::{CommandError, Kind};
use crate::log::{Log, Summary};
use crate::show::table::cut;
use crate::show::{event, sanitize};

/// What stands before a choice, and the last column.
const MARGIN: usize = 3;

/// Asks which of these deliveries it is, the newest first.
///
/// # Errors
/// A usage error where nobody can be asked; interrupted where nothing is chosen.
pub(super) fn pick(numbers: &[i64], session: &Session, log: &Log) -> Result<i64, CommandError> {
    if !session.ui.can_ask() {
        return Err(
            CommandError::usage("nobody can be asked which: --pick needs a terminal")
                .hint("`hookcat log list` shows the numbers"),
        );
    }
    if numbers.is_empty() {
        return Err(
            CommandError::usage("log holds no received delivery that fits")
                .hint("record some: hookcat listen"),
        );
    }
    let mut choices = log.summaries(numbers).map_err(|error| log_error(&error))?;
    choices.reverse();
    // A line that wraps cannot be drawn over.
    let width = session.ui.err_width().saturating_sub(MARGIN);
    let zone = env::zone();
    let lines: Vec<String> = (choices.iter())
        .map(|own| cut(&line(own, &zone), width).into_owned())
        .collect();
    let chosen = FuzzySelect::with_theme(&SimpleTheme)
        .with_prompt("which delivery (type to search, Esc for none)")
        .items(&lines)
        .default(0)
        .interact_opt()
        .map_err(|error| CommandError::failure("cannot ask").because(error))?;
    let chosen = chosen.and_then(|place| choices.get(place));
    chosen
        .map(|own| own.id)
        .ok_or_else(|| CommandError::new(Kind::Interrupted, "no delivery was chosen"))
}

/// A delivery in a line that can be searched by all it says.
fn line(own: &Summary, zone: &TimeZone) -> String {
    let text = |text: &Option<String>| sanitize::name(text.as_deref().unwrap_or("-")).into_owned();
    let status = own
        .status
        .map_or_else(|| text(&own.error), |own| own.to_string());
    format!(
        "#{}  {}  {} {}  {}  {status}  {}  {}",
        own.id,
        own.at.to_zoned(zone.clone()).strftime("%m-%d %H:%M:%S"),
        text(&own.provider),
        text(&own.event),
        text(&own.verdict),
        event::size(usize::try_from(own.size).unwrap_or(0)),
        text(&own.delivery_id),
    )
}
