//! What `check` found: a table at a glance, then for what is wrong why it matters and what helps.

use std::time::Duration;

use serde_json::{Value, json};

use super::event::span;
use super::page::Page;
use super::table::Table;
use super::{Paint, sanitize};
use crate::core::check::{Case, Mark, Outcome};

/// A case and what came of it.
#[derive(Clone, Debug)]
pub struct Row {
    /// The case.
    pub case: Case,
    /// What came of it.
    pub outcome: Outcome,
}

/// A run.
#[derive(Clone, Debug)]
pub struct Report {
    /// The provider that was played.
    pub provider: String,
    /// The endpoint, its secrets masked.
    pub url: String,
    /// The cases in the order they were tried.
    pub rows: Vec<Row>,
    /// How long it took.
    pub took: Duration,
}

/// Cases that are wrong in one way.
struct Block<'a> {
    rows: Vec<&'a Row>,
    why: &'a str,
    fix: &'a str,
}

/// More numbers of the log than this are not told in a line.
const NUMBERS: usize = 5;
/// More details than this are not told of one case.
const DETAILS: usize = 6;

impl Report {
    /// How many cases ended so.
    #[must_use]
    pub fn count(&self, mark: Mark) -> usize {
        self.rows
            .iter()
            .filter(|row| row.outcome.mark == mark)
            .count()
    }

    /// Whether no case failed that must not.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.count(Mark::Failed) == 0
    }

    /// The run in a line.
    #[must_use]
    pub fn summary(&self) -> String {
        let told = [
            (Mark::Passed, "passed"),
            (Mark::Failed, "failed"),
            (Mark::Warned, "could be stricter"),
            (Mark::Hinted, "hinted at"),
            (Mark::Skipped, "not tried"),
        ];
        let parts = told.iter().filter_map(|(mark, word)| {
            let count = self.count(*mark);
            (count > 0 || *mark == Mark::Failed).then(|| format!("{count} {word}"))
        });
        let parts = parts.collect::<Vec<_>>().join(", ");
        let cases = self.rows.len();
        let cases = if cases == 1 {
            "1 case".to_owned()
        } else {
            format!("{cases} cases")
        };
        format!("{cases}: {parts} in {}", span(self.took))
    }

    /// The report for a person.
    #[must_use]
    pub fn text(&self, paint: Paint, width: usize) -> String {
        let mut page = Page::new(paint, width);
        let provider = sanitize::name(&self.provider).into_owned();
        let url = sanitize::line(&self.url).into_owned();
        page.text
            .push_str(&format!("{} at {url}\n", paint.bold(&provider)));
        page.text.push_str(&self.table(paint, width));
        for block in self.blocks() {
            block.write(&mut page);
        }
        let mut skipped: Vec<(&str, Vec<&str>)> = Vec::new();
        for row in self
            .rows
            .iter()
            .filter(|row| row.outcome.mark == Mark::Skipped)
        {
            let why = row.outcome.details.first().map_or("", String::as_str);
            match skipped.iter_mut().find(|own| own.0 == why) {
                Some((_, names)) => names.push(&row.case.name),
                None => skipped.push((why, vec![&row.case.name])),
            }
        }
        if !skipped.is_empty() {
            page.text.push('\n');
        }
        for (why, names) in skipped {
            let names = if names.len() > NUMBERS {
                format!("{} cases", names.len())
            } else {
                names.join(", ")
            };
            let line = format!("{names}: not tried: {}", sanitize::line(why));
            page.hang("- ", &paint.dim(&line));
        }
        let summary = self.summary();
        let summary = if self.is_ok() {
            paint.green(&summary)
        } else {
            paint.red(&summary)
        };
        page.text.push_str(&format!("\n{summary}"));
        page.text
    }

    fn table(&self, paint: Paint, width: usize) -> String {
        let mut table = Table::new(&["", "case", "what", "expected", "got", "time", "log"]);
        table.yielding(&["what", "log"]);
        for Row { case, outcome } in &self.rows {
            let time = match outcome.mark {
                Mark::Skipped => String::new(),
                _ => span(outcome.time),
            };
            table.row(vec![
                mark(outcome.mark, paint),
                sanitize::line(&case.name).into_owned(),
                sanitize::line(&case.title).into_owned(),
                case.expect.as_str().to_owned(),
                match outcome.mark {
                    Mark::Failed => paint.red(&outcome.got),
                    Mark::Warned | Mark::Hinted => paint.yellow(&outcome.got),
                    Mark::Passed => outcome.got.clone(),
                    Mark::Skipped => paint.dim("not tried"),
                },
                time,
                numbers(&outcome.log, 1),
            ]);
        }
        let lines = table.lines(paint, width);
        let mut text = String::new();
        let mut group = None;
        text.push_str(&format!("{}\n", lines[0]));
        for (line, row) in lines[1..].iter().zip(&self.rows) {
            if group != Some(row.case.group) {
                group = Some(row.case.group);
                text.push_str(&format!("{}\n", paint.bold(row.case.group.as_str())));
            }
            text.push_str(&format!("{line}\n"));
        }
        text
    }

    /// What is wrong: cases with the same cure stand together.
    fn blocks(&self) -> Vec<Block<'_>> {
        let mut blocks: Vec<Block<'_>> = Vec::new();
        for row in self.rows.iter().filter(|own| own.is_wrong()) {
            let (why, fix) = row.case.advice(&row.outcome);
            let same = |own: &&mut Block<'_>| {
                own.why == why && own.fix == fix && own.rows[0].outcome.mark == row.outcome.mark
            };
            match blocks.iter_mut().find(same) {
                Some(block) => block.rows.push(row),
                None => blocks.push(Block {
                    rows: vec![row],
                    why,
                    fix,
                }),
            }
        }
        blocks
    }

    /// The lines for a program: one a case, then the whole.
    #[must_use]
    pub fn json(&self) -> Vec<Value> {
        let whole = json!({
            "v": 1,
            "type": "conformance",
            "provider": self.provider,
            "url": self.url,
            "ok": self.is_ok(),
            "cases": self.rows.len(),
            "passed": self.count(Mark::Passed),
            "failed": self.count(Mark::Failed),
            "warned": self.count(Mark::Warned),
            "hinted": self.count(Mark::Hinted),
            "skipped": self.count(Mark::Skipped),
            "took_ms": milliseconds(self.took),
        });
        self.rows.iter().map(Row::json).chain([whole]).collect()
    }
}

impl Row {
    /// Whether there is anything to mend.
    #[must_use]
    pub fn is_wrong(&self) -> bool {
        !matches!(self.outcome.mark, Mark::Passed | Mark::Skipped)
    }

    /// What is wrong in one line: `expected 4xx, got 500`.
    #[must_use]
    pub fn found(&self) -> String {
        let got = &self.outcome.got;
        let first = self.outcome.details.first();
        let first = first
            .map(|own| sanitize::line(own).into_owned())
            .unwrap_or_default();
        format!("expected {}, got {got}: {first}", self.case.expect.as_str())
    }

    /// All there is to say of what is wrong, in plain lines.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let (why, fix) = self.case.advice(&self.outcome);
        let details = self
            .outcome
            .details
            .iter()
            .map(|own| sanitize::line(own).into_owned());
        let mut lines: Vec<String> = details.collect();
        lines.push(format!("why: {why}"));
        lines.push(format!("fix: {fix}"));
        if let Some(id) = self.outcome.log.first() {
            lines.push(format!("see: hookcat log show {id}"));
        }
        lines
    }

    fn json(&self) -> Value {
        let Self { case, outcome } = self;
        let mut value = described(case);
        let (why, fix) = case.advice(outcome);
        value["outcome"] = outcome.mark.as_str().into();
        value["got"] = Value::from(Some(outcome.got.as_str()).filter(|own| !own.is_empty()));
        value["details"] = outcome.details.clone().into();
        value["time_ms"] = milliseconds(outcome.time).into();
        value["why"] = Value::from(Some(why).filter(|_| self.is_wrong()));
        value["fix"] = Value::from(Some(fix).filter(|_| self.is_wrong()));
        value["log"] = outcome.log.clone().into();
        value
    }
}

/// A case for a program, before it is tried.
#[must_use]
pub fn described(case: &Case) -> Value {
    json!({
        "v": 1,
        "type": "case",
        "case": case.name,
        "title": case.title,
        "group": case.group.as_str(),
        "level": case.level.as_str(),
        "expected": case.expect.as_str(),
    })
}

/// The cases for a person, before they are tried.
#[must_use]
pub fn list(cases: &[Case], paint: Paint, width: usize) -> String {
    let mut table = Table::new(&["case", "what", "expected", "level"]);
    table.yielding(&["what"]);
    for case in cases {
        table.row(vec![
            sanitize::line(&case.name).into_owned(),
            sanitize::line(&case.title).into_owned(),
            case.expect.as_str().to_owned(),
            case.level.as_str().to_owned(),
        ]);
    }
    table.lines(paint, width).join("\n")
}

fn milliseconds(time: Duration) -> f64 {
    f64::from(u32::try_from(time.as_micros()).unwrap_or(u32::MAX)) / 1000.0
}

fn mark(mark: Mark, paint: Paint) -> String {
    match mark {
        Mark::Passed => paint.green("✓"),
        Mark::Failed => paint.red("✗"),
        Mark::Warned => paint.yellow("!"),
        Mark::Hinted => paint.yellow("?"),
        Mark::Skipped => paint.dim("-"),
    }
}

/// Numbers of the log in a line: `#7 #8 …`.
fn numbers(ids: &[i64], limit: usize) -> String {
    let mut all: Vec<String> = ids.iter().take(limit).map(|id| format!("#{id}")).collect();
    if ids.len() > limit {
        all.push("…".to_owned());
    }
    all.join(" ")
}

impl Block<'_> {
    fn write(&self, page: &mut Page) {
        let paint = page.paint;
        let names: Vec<_> = self
            .rows
            .iter()
            .map(|row| sanitize::line(&row.case.name))
            .collect();
        let names = paint.bold(&names.join(", "));
        page.text.push('\n');
        page.hang(
            &format!("{} ", mark(self.rows[0].outcome.mark, paint)),
            &names,
        );
        let first = told(self.rows[0]);
        if self.rows.iter().all(|row| told(row) == first) {
            page.row("got", &first);
        } else {
            for row in &self.rows {
                let name = sanitize::line(&row.case.name);
                page.row("got", &format!("{name}: {}", told(row)));
            }
        }
        page.row("why", self.why);
        page.row("fix", &paint.cyan(self.fix));
        let ids: Vec<i64> = self
            .rows
            .iter()
            .flat_map(|row| row.outcome.log.clone())
            .collect();
        if let Some(first) = ids.first() {
            let shown = numbers(&ids, NUMBERS);
            page.row(
                "log",
                &format!("{shown}  hookcat log show {first}, hookcat replay {first}"),
            );
        }
    }
}

/// What is otherwise, in a line.
fn told(row: &Row) -> String {
    let details = &row.outcome.details;
    let shown = details.iter().take(DETAILS).map(|own| sanitize::line(own));
    let mut line = shown.collect::<Vec<_>>().join("; ");
    if details.len() > DETAILS {
        line.push_str(&format!("; and {} more", details.len() - DETAILS));
    }
    line
}
