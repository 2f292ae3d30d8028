//! What `listen` shows, and what it waits for: filters and expectations.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;

use crate::commands::options::Format;
use crate::core::arrivals::{Arrivals, Count, Expected};
use crate::core::expr::Expr;
use crate::core::retry::Span;
use crate::error::CommandError;
use crate::receive::news::Share;

/// The heading of what is waited for.
const WAITING: &str = "Expectations";
/// How long can be waited: a day.
const LONGEST: u128 = 86_400_000;

/// What is shown.
#[derive(Args, Clone, Debug)]
pub(super) struct ShowOptions {
    /// Show and count only the deliveries that this jq expression holds for (all are recorded)
    ///
    /// Its input is a delivery as `--format json` prints it, and `payload` is its body as JSON or the
    /// fields of its form: `.event == "push" and payload.ref == "refs/heads/main"`.
    #[arg(long, value_name = "EXPR")]
    filter: Option<String>,

    /// Show no deliveries: where it listens, warnings and the outcome alone
    #[arg(short, long, conflicts_with_all = ["compact", "full", "validate", "watch_shape"])]
    quiet: bool,
}

/// What is waited for.
#[derive(Args, Clone, Debug)]
pub(super) struct WaitOptions {
    /// Expect a delivery that this jq expression holds for, and end once all are met (can be repeated)
    ///
    /// The input is the same as --filter's. Where they are not met in the end, however it ends, the
    /// exit code is 9, and what did arrive is told with what came nearest.
    #[arg(help_heading = WAITING, long, value_name = "EXPR")]
    expect: Vec<String>,

    /// Expect so many deliveries: `3`, `2..`, `2..5`, `..5`, `0`, of each --expect or of all
    ///
    /// With an expression behind it, it is an expectation of its own: `2:.event == "push"`. `3` is met
    /// as soon as there are 3; a range with an upper end, and `0`, wait for --timeout, --until, the end
    /// of COMMAND or Ctrl-C, as one more could come.
    #[arg(help_heading = WAITING, long, value_name = "COUNT[:EXPR]")]
    expect_count: Vec<CountText>,

    /// End with the first delivery that this jq expression holds for
    #[arg(help_heading = WAITING, long, value_name = "EXPR")]
    until: Option<String>,

    /// End with the first delivery
    #[arg(help_heading = WAITING, long, conflicts_with = "until")]
    once: bool,

    /// End after this span at the latest
    #[arg(help_heading = WAITING, long, value_name = "SPAN", value_parser = span)]
    pub(super) timeout: Option<Span>,

    /// After the end of COMMAND, wait this long at most for what is still expected
    #[arg(help_heading = WAITING, long, value_name = "SPAN", value_parser = span, requires = "command")]
    pub(super) linger: Option<Span>,

    /// Write the URL to this file once it can be sent to; removed at the end
    #[arg(help_heading = WAITING, long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub(super) ready_file: Option<PathBuf>,

    /// Run this command beside it, once ready, and end with it: with its exit code, or 9
    ///
    /// Its environment has `HOOKCAT_URL`, `HOOKCAT_PORT` and `HOOKCAT_SECRET` (made for the run where
    /// one provider is named and no secret is given), and `HOOKCAT_TO` and `HOOKCAT_LOG`, so that a
    /// hookcat in it finds this one.
    #[arg(last = true, value_name = "COMMAND", value_hint = clap::ValueHint::CommandWithArguments)]
    pub(super) command: Vec<String>,
}

/// A count, for all expectations or for one of its own.
#[derive(Clone, Debug)]
struct CountText {
    count: Count,
    expr: Option<String>,
}

impl FromStr for CountText {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (count, expr) = match text.split_once(':') {
            Some((count, expr)) => (count, Some(expr.to_owned())),
            None => (text, None),
        };
        Ok(Self {
            count: count.trim().parse()?,
            expr,
        })
    }
}

/// A span that a whole run can take.
fn span(text: &str) -> Result<Span, String> {
    let span: Span = text.parse()?;
    let is_sane = (1..=LONGEST).contains(&span.0.as_millis());
    is_sane
        .then_some(span)
        .ok_or_else(|| "expected a span from 1ms to 24h".to_owned())
}

/// What becomes of deliveries on their way to the printer.
#[derive(Debug)]
pub(super) struct Terms {
    /// Which deliveries there are, for whoever looks.
    pub(super) filter: Option<Expr>,
    /// Whether none is shown.
    pub(super) quiet: bool,
    /// What is waited for.
    pub(super) arrivals: Arrivals,
    ends: bool,
}

impl Terms {
    /// Whether something is waited for, so that no delivery may be missed.
    pub(super) fn waits(&self) -> bool {
        !self.arrivals.expected.is_empty() || self.arrivals.until.is_some()
    }

    /// Whether it is over once nothing more need be waited for.
    pub(super) fn ends(&self) -> bool {
        self.ends
    }

    /// Whether deliveries must be looked at before they are shown.
    pub(super) fn sifts(&self) -> bool {
        self.waits() || self.filter.is_some() && !self.quiet
    }

    /// Which deliveries must be told.
    pub(super) fn share(&self, format: Format) -> Share {
        if self.waits() {
            Share::All
        } else if self.quiet {
            Share::None
        } else {
            Self::shown(format)
        }
    }

    /// Which of the deliveries that are shown the printer must be told.
    pub(super) fn shown(format: Format) -> Share {
        match format {
            Format::Json => Share::All,
            Format::Text => Share::Fitting,
        }
    }
}

impl WaitOptions {
    /// What is shown and waited for.
    ///
    /// # Errors
    /// A usage error for what is no expression, and for counts that nothing would ever decide.
    pub(super) fn read(&self, show: &ShowOptions) -> Result<Terms, CommandError> {
        let expr = |text: &String| {
            Expr::parse(text).map_err(|error| CommandError::usage(error.to_string()))
        };
        let mut common = None;
        let mut expected = Vec::new();
        for own in &self.expect_count {
            match &own.expr {
                Some(text) => expected.push(Expected::new(Some(expr(text)?), own.count)),
                None if common.replace(own.count).is_some() => {
                    return Err(CommandError::usage(
                        "two counts for the same deliveries: `--expect-count`",
                    )
                    .hint("give each its expression: --expect-count '2:.event == \"push\"'"));
                }
                None => {}
            }
        }
        let count = common.unwrap_or_default();
        for text in &self.expect {
            expected.push(Expected::new(Some(expr(text)?), count));
        }
        if self.expect.is_empty() && common.is_some() {
            expected.push(Expected::new(None, count));
        }
        let first = |expr| Expected::new(expr, Count::default());
        let until = match &self.until {
            Some(text) => Some(first(Some(expr(text)?))),
            None => self.once.then(|| first(None)),
        };
        let filter = show.filter.as_ref().map(expr).transpose()?;
        let ends = until.is_some() || self.command.is_empty();
        Ok(Terms {
            filter,
            quiet: show.quiet,
            arrivals: Arrivals::new(expected, until, ends),
            ends,
        })
    }
}
