//! `hookcat log prune`: delete deliveries, and give their room back.

use clap::Args;

use crate::commands::options::Format;
use crate::commands::selection::SelectionOptions;
use crate::commands::session::{Session, asked, log_error};
use crate::error::CommandError;
use crate::show::event::size;
use crate::show::json;

#[derive(Args, Debug)]
pub(super) struct PruneArgs {
    /// These alone: 7, or 3..9 for those from 3 to 9
    #[arg(value_name = "ID")]
    ids: Vec<String>,

    #[command(flatten)]
    selection: SelectionOptions,

    /// Of those that fit, keep the newest N
    #[arg(long, value_name = "N")]
    keep: Option<u32>,

    /// Say how many would be deleted, and delete none
    #[arg(long)]
    dry_run: bool,

    /// Do not ask
    #[arg(short, long)]
    yes: bool,

    /// How to print
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// Runs `log prune`.
pub(super) fn run(args: &PruneArgs, session: &Session) -> Result<(), CommandError> {
    if args.ids.is_empty() && !args.selection.is_some() && args.keep.is_none() {
        return Err(CommandError::usage("no delivery chosen").hint(
            "name numbers or ranges, or filters: `--until 30d`; all but the newest: `--keep N`",
        ));
    }
    let selection = args.selection.read(session)?;
    let log = session.existing_log()?;
    let mut numbers = if args.ids.is_empty() {
        selection.last(None, &log)?
    } else {
        selection.of(&args.ids, &log)?
    };
    numbers.sort_unstable();
    numbers.dedup();
    let kept = usize::try_from(args.keep.unwrap_or(0)).unwrap_or(usize::MAX);
    numbers.truncate(numbers.len().saturating_sub(kept));
    let what = match numbers.len() {
        1 => "1 delivery".to_owned(),
        many => format!("{many} deliveries"),
    };
    if args.dry_run || numbers.is_empty() {
        if args.format == Format::Json {
            return told(session, 0, numbers.len(), None);
        }
        session.ui.status(&format!("{what} would be deleted"));
        return Ok(());
    }
    if !args.yes && !asked(session.ui, &format!("delete {what} for good?"))? {
        session.ui.status("nothing was deleted");
        return Ok(());
    }
    let pruned = log.prune(&numbers).map_err(|error| log_error(&error))?;
    if args.format == Format::Json {
        return told(
            session,
            pruned.deliveries,
            numbers.len(),
            Some(pruned.bytes),
        );
    }
    let [before, after] =
        [pruned.bytes.0, pruned.bytes.1].map(|bytes| size(usize::try_from(bytes).unwrap_or(0)));
    let sizes = format!("the file had {before} and has {after}");
    session.ui.status(&format!("deleted {what}; {sizes}"));
    Ok(())
}

fn told(
    session: &Session,
    deleted: usize,
    chosen: usize,
    bytes: Option<(i64, i64)>,
) -> Result<(), CommandError> {
    let value = serde_json::json!({
        "chosen": chosen,
        "deleted": deleted,
        "bytes_before": bytes.map(|own| own.0),
        "bytes_after": bytes.map(|own| own.1),
    });
    session.ui.line(&json::line(&value))
}
