//! What the log holds, for people and for programs.

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::table::Table;
use super::{Paint, event, sanitize};
use crate::core::delivery::Delivery;

/// Rows of a table for people; the rest is summed up.
const ROWS: usize = 10;
/// The heights of a bar.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// How many, and how many of them failed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Count {
    /// All of them.
    pub all: i64,
    /// The failed ones.
    pub failed: i64,
}

/// How the deliveries divide by one of their properties.
#[derive(Debug)]
pub struct Division<'a> {
    /// The property.
    pub name: &'static str,
    /// Its values, the most frequent first.
    pub rows: Vec<(&'a str, Count)>,
}

/// What is shown.
#[derive(Debug)]
pub struct Stats<'a> {
    /// All deliveries.
    pub total: Count,
    /// The bytes of their bodies.
    pub body_bytes: i64,
    /// How many repeat an earlier one.
    pub repeats: i64,
    /// By provider, event, and so on.
    pub divisions: Vec<Division<'a>>,
    /// How many in equal spans of time, and from when to when.
    pub bars: &'a [i64],
    /// When the bars begin and end.
    pub span: Option<(jiff::Timestamp, jiff::Timestamp)>,
    /// Those answered last, with microseconds.
    pub slowest: Vec<(Delivery, i64)>,
    /// The log, and the bytes of its file.
    pub file: (String, i64),
    /// The bytes of it that are free to be written to.
    pub free_bytes: i64,
    /// How many days and how many bytes are kept; any number where there is none.
    pub kept: (Option<u32>, Option<i64>),
}

/// How much is kept, for a person.
fn kept(kept: (Option<u32>, Option<i64>)) -> String {
    match kept {
        (None, None) => "all is kept".to_owned(),
        (Some(days), None) => format!("{days} days are kept"),
        (None, Some(size)) => format!("{} are kept", bytes(size)),
        (Some(days), Some(size)) => format!("{days} days and {} are kept", bytes(size)),
    }
}

/// The statistics as text.
#[must_use]
pub fn lines(stats: &Stats<'_>, paint: Paint, zone: &TimeZone, width: usize) -> String {
    let Stats { total, .. } = stats;
    let all = total.all;
    let mut out = format!(
        "{}, {} of bodies; failed: {}, repeats: {}\n",
        paint.bold(&counted(all)),
        bytes(stats.body_bytes),
        share(total.failed, all),
        share(stats.repeats, all),
    );
    let free = match stats.free_bytes {
        0 => String::new(),
        free => format!(", {} of it free", bytes(free)),
    };
    let (path, size) = &stats.file;
    out.push_str(&format!(
        "{} in `{}`{free}; {}\n",
        bytes(*size),
        sanitize::line(path),
        kept(stats.kept),
    ));
    if let Some((start, end)) = stats.span {
        let most = stats.bars.iter().copied().max().unwrap_or(0);
        let bars: String = stats.bars.iter().map(|own| bar(*own, most)).collect();
        let when = |at: jiff::Timestamp| {
            let at = at.to_zoned(zone.clone());
            at.strftime("%Y-%m-%d %H:%M").to_string()
        };
        out.push_str(&format!("\n{}\n", paint.cyan(&bars)));
        out.push_str(&format!(
            "{} to {}, at most {} a bar\n",
            when(start),
            when(end),
            number(most)
        ));
    }
    for division in stats.divisions.iter().filter(|own| !own.rows.is_empty()) {
        let mut table = Table::new(&[division.name, "deliveries", "share", "failed"]);
        table.yielding(&[division.name]);
        let wide = number(division.rows.first().map_or(0, |own| own.1.all)).len();
        let row = |name: String, count: Count| {
            let failed = match count.failed {
                0 => "-".to_owned(),
                failed => paint.red(&number(failed)),
            };
            let percent = percent(count.all, all);
            vec![
                name,
                format!("{:>wide$}", number(count.all)),
                percent,
                failed,
            ]
        };
        for (name, count) in division.rows.iter().take(ROWS) {
            table.row(row(sanitize::name(name).into_owned(), *count));
        }
        let rest = &division.rows[division.rows.len().min(ROWS)..];
        if !rest.is_empty() {
            let sum = |of: fn(&Count) -> i64| rest.iter().map(|own| of(&own.1)).sum();
            let count = Count {
                all: sum(|own| own.all),
                failed: sum(|own| own.failed),
            };
            table.row(row(paint.dim(&format!("{} more", rest.len())), count));
        }
        out.push_str(&format!("\n{}\n", table.lines(paint, width).join("\n")));
    }
    if !stats.slowest.is_empty() {
        let mut table = Table::new(&["slowest", "took", "provider", "event", "status"]);
        table.yielding(&["provider", "event"]);
        for (delivery, took) in &stats.slowest {
            let text = |own: Option<&str>| sanitize::name(own.unwrap_or("-")).into_owned();
            let took = std::time::Duration::from_micros(u64::try_from(*took).unwrap_or(0));
            table.row(vec![
                format!("#{}", delivery.id.unwrap_or_default()),
                event::span(took),
                text(delivery.provider.as_deref()),
                text(delivery.event.as_deref()),
                delivery
                    .status()
                    .map_or("-".to_owned(), |own| own.to_string()),
            ]);
        }
        out.push_str(&format!("\n{}\n", table.lines(paint, width).join("\n")));
    }
    out.trim_end().to_owned()
}

/// The statistics as JSON.
#[must_use]
pub fn as_json(stats: &Stats<'_>) -> Value {
    let mut out = json!({
        "v": 1,
        "type": "stats",
        "deliveries": stats.total.all,
        "failed": stats.total.failed,
        "repeats": stats.repeats,
        "body_bytes": stats.body_bytes,
        "log": stats.file.0,
        "file_bytes": stats.file.1,
        "free_bytes": stats.free_bytes,
        "kept_days": stats.kept.0,
        "kept_bytes": stats.kept.1,
        "start": stats.span.map(|own| own.0.to_string()),
        "end": stats.span.map(|own| own.1.to_string()),
        "bars": stats.bars,
    });
    for Division { name, rows } in &stats.divisions {
        let row = |(value, count): &(&str, Count)| json!({ *name: value, "deliveries": count.all, "failed": count.failed });
        out[format!("by_{name}")] = rows.iter().map(row).collect();
    }
    #[expect(clippy::cast_precision_loss, reason = "microseconds of a request")]
    let slow =
        |(own, took): &(Delivery, i64)| json!({ "id": own.id, "latency_ms": *took as f64 / 1e3 });
    out["slowest"] = stats.slowest.iter().map(slow).collect();
    out
}

fn bar(count: i64, most: i64) -> char {
    if count == 0 || most == 0 {
        return ' ';
    }
    let height = usize::try_from(count.saturating_sub(1).saturating_mul(8) / most).unwrap_or(0);
    BARS[height.min(7)]
}

fn counted(count: i64) -> String {
    let noun = if count == 1 { "delivery" } else { "deliveries" };
    format!("{} {noun}", number(count))
}

fn bytes(bytes: i64) -> String {
    event::size(usize::try_from(bytes).unwrap_or(0))
}

fn share(part: i64, all: i64) -> String {
    if part == 0 {
        return "none".to_owned();
    }
    format!("{} ({})", number(part), percent(part, all))
}

fn percent(part: i64, all: i64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
    let percent = part as f64 * 100.0 / all.max(1) as f64;
    format!("{percent:.1} %")
}

/// `1204`, `12 041`: digits in threes from five on.
fn number(number: i64) -> String {
    let digits = number.to_string();
    if digits.len() < 5 {
        return digits;
    }
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_bars() {
        for (own, wanted) in [
            (7, "7"),
            (1204, "1204"),
            (12_041, "12 041"),
            (1_000_000, "1 000 000"),
        ] {
            assert_eq!(number(own), wanted);
        }
        let bars: String = [0, 1, 4, 8].iter().map(|own| bar(*own, 8)).collect();
        assert_eq!(bars, " ▁▄█");
    }
}
