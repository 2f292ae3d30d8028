//! A run of load: the line that moves, the closing report, and both as JSON.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::Paint;
use super::event::{self, span};
use super::json::milliseconds;
use super::sanitize;
use super::table::cut;
use crate::core::load::{Histogram, Report, Tally};

/// The percentiles that are shown.
const QUANTILES: [(&str, f64); 6] = [
    ("p50", 0.5),
    ("p75", 0.75),
    ("p90", 0.9),
    ("p95", 0.95),
    ("p99", 0.99),
    ("p99.9", 0.999),
];
/// The longest bar.
const BAR: usize = 40;

/// Where a run stands.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// Requests begun.
    pub begun: u64,
    /// Requests that ended each second, of late.
    pub rate: f64,
    /// Since the start.
    pub elapsed: Duration,
}

/// The line of a run that goes on.
#[must_use]
pub fn line(standing: Standing, tally: &Tally, paint: Paint, width: usize) -> String {
    let ended = tally.answered() + tally.failed();
    let mut parts = vec![
        span(standing.elapsed),
        format!("{} sent", grouped(standing.begun)),
        format!("{}/s", rate(standing.rate)),
        format!("{} in flight", standing.begun.saturating_sub(ended)),
    ];
    for (status, count) in &tally.statuses {
        parts.push(format!(
            "{} {}",
            event::status(*status, paint),
            grouped(*count)
        ));
    }
    if tally.failed() > 0 {
        parts.push(paint.red(&format!("no answer {}", grouped(tally.failed()))));
    }
    if tally.answered() > 0 {
        parts.push(format!("p50 {}", span(tally.latency.quantile(0.5))));
        parts.push(format!("p99 {}", span(tally.latency.quantile(0.99))));
    }
    cut(&parts.join("  "), width).into_owned()
}

/// The closing report.
#[must_use]
pub fn report(report: &Report, paint: Paint, width: usize) -> String {
    let tally = &report.tally;
    let ended = tally.answered() + tally.failed();
    let mut head = format!(
        "{} requests in {}: {} per second over {} connections",
        grouped(ended),
        span(report.elapsed),
        rate(report.rate()),
        report.plan.connections,
    );
    if let Some(wanted) = report.plan.rate {
        head.push_str(&format!(", {} wanted", rate(wanted)));
    }
    let mut lines = vec![paint.bold(&head)];
    if report.interrupted {
        let cut = match report.cut {
            0 => "interrupted".to_owned(),
            cut => format!("interrupted: {} under way were cut off", grouped(cut)),
        };
        lines.push(paint.yellow(&cut));
    }
    if tally.answered() > 0 {
        lines.push(String::new());
        let title = if report.plan.rate.is_some() {
            "latency, from when each was due"
        } else {
            "latency"
        };
        lines.push(paint.dim(title));
        lines.extend(quantiles(&tally.latency));
        if report.plan.rate.is_some() {
            lines.push(paint.dim("of the answer alone, from when each was sent"));
            lines.extend(quantiles(&tally.service));
        }
        lines.push(String::new());
        lines.extend(bars(&tally.latency, paint, width));
    }
    lines.push(String::new());
    for (status, count) in &tally.statuses {
        let count = format!("{:>10}", grouped(*count));
        lines.push(format!("  {} {count}", event::status(*status, paint)));
    }
    for (kind, message, count) in &tally.failures {
        lines.push(format!(
            "  {} {:>10}  {}",
            paint.red("---"),
            grouped(*count),
            sanitize::line(&format!("{}: {message}", kind.as_str())),
        ));
    }
    let lines = lines.iter().map(|line| cut(line, width));
    lines.collect::<Vec<_>>().join("\n").trim_end().to_owned()
}

/// Two lines: the ends, and the percentiles.
fn quantiles(histogram: &Histogram) -> [String; 2] {
    let quantiles = QUANTILES.map(|(name, share)| {
        let value = span(histogram.quantile(share));
        format!("{name} {value}")
    });
    [
        format!(
            "  min {}  mean {}  max {}",
            span(histogram.min()),
            span(histogram.mean()),
            span(histogram.max())
        ),
        format!("  {}", quantiles.join("  ")),
    ]
}

fn bars(histogram: &Histogram, paint: Paint, width: usize) -> Vec<String> {
    let bars = histogram.bars();
    let most = bars.iter().map(|(_, count)| *count).max().unwrap_or(1);
    let room = width.saturating_sub(30).clamp(1, BAR);
    bars.iter()
        .map(|&(end, count)| {
            let parts = u128::from(count) * room as u128;
            let length = usize::try_from(parts.div_ceil(u128::from(most))).unwrap_or(room);
            let line = format!(
                "  < {:<8} {:>10}  {}",
                end_of(end),
                grouped(count),
                paint.cyan(&"█".repeat(length))
            );
            line.trim_end().to_owned()
        })
        .collect()
}

/// The end of a bar, which is a round number.
fn end_of(end: Duration) -> String {
    match end.as_micros() {
        micros @ 0..1000 => format!("{micros} µs"),
        micros @ 1000..1_000_000 => format!("{} ms", micros / 1000),
        micros => format!("{} s", micros / 1_000_000),
    }
}

fn rate(rate: f64) -> String {
    if rate < 100.0 {
        format!("{rate:.1}")
    } else {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rate is neither negative nor beyond what can be counted"
        )]
        grouped(rate.round() as u64)
    }
}

/// `12 345`: groups of three, read at a glance.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) && digits.len() > 4 {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

/// The report as one JSON object; latencies in milliseconds, of answered requests alone.
#[must_use]
pub fn as_json(report: &Report, provider: &str, event: &str, url: &str) -> Value {
    let tally = &report.tally;
    let statuses: Map<String, Value> = tally
        .statuses
        .iter()
        .map(|(status, count)| (status.to_string(), Value::from(*count)))
        .collect();
    let errors: Vec<Value> = tally
        .failures
        .iter()
        .map(|(kind, message, count)| {
            json!({ "kind": kind.as_str(), "message": message, "count": count })
        })
        .collect();
    json!({
        "v": 1,
        "type": "load",
        "provider": provider,
        "event": event,
        "url": url,
        "connections": report.plan.connections,
        "wanted_rate": report.plan.rate,
        "interrupted": report.interrupted,
        "requests": tally.answered() + tally.failed() + report.cut,
        "answered": tally.answered(),
        "accepted": tally.accepted(),
        "failed": tally.failed(),
        "cut_off": report.cut,
        "duration_ms": milliseconds(report.elapsed),
        "rate": report.rate(),
        "latency_ms": latencies(&tally.latency),
        "service_ms": latencies(&tally.service),
        "histogram": tally.latency.bars().iter().map(|(end, count)| json!({
            "below_ms": milliseconds(*end),
            "count": count,
        })).collect::<Vec<_>>(),
        "statuses": statuses,
        "errors": errors,
    })
}

fn latencies(histogram: &Histogram) -> Value {
    if histogram.count() == 0 {
        return Value::Null;
    }
    let mut all = Map::new();
    let mut put = |name: &str, value| all.insert(name.to_owned(), milliseconds(value).into());
    put("min", histogram.min());
    put("mean", histogram.mean());
    for (name, share) in QUANTILES {
        put(name, histogram.quantile(share));
    }
    put("max", histogram.max());
    Value::Object(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::delivery::{Failure, FailureKind};
    use crate::core::load::{Ended, Plan};

    fn sample(rate: Option<f64>) -> Report {
        let mut tally = Tally::default();
        for index in 1..=2000 {
            tally.record(Ended {
                result: Ok(if index % 100 == 0 { 503 } else { 200 }),
                latency: Duration::from_micros(index * 10),
                service: Duration::from_micros(index),
            });
        }
        let failure = Failure {
            kind: FailureKind::Timeout,
            message: "no answer \x1b[2J within 1s".to_owned(),
        };
        tally.record(Ended {
            result: Err(&failure),
            latency: Duration::ZERO,
            service: Duration::ZERO,
        });
        Report {
            plan: Plan {
                count: Some(2001),
                rate,
                connections: 8,
                duration: None,
            },
            elapsed: Duration::from_secs(2),
            interrupted: false,
            cut: 0,
            tally,
        }
    }

    #[test]
    fn a_report_is_read_at_a_glance() {
        let text = report(&sample(None), Paint::new(false), 80);
        assert_eq!(
            text,
            "2001 requests in 2.0 s: 1001 per second over 8 connections\n\
             \n\
             latency\n  \
               min 0.0 ms  mean 10 ms  max 20 ms\n  \
               p50 10 ms  p75 15 ms  p90 18 ms  p95 19 ms  p99 20 ms  p99.9 20 ms\n\
             \n  \
               < 20 µs             1  █\n  \
               < 50 µs             3  █\n  \
               < 100 µs            5  █\n  \
               < 200 µs           10  █\n  \
               < 500 µs           30  ██\n  \
               < 1 ms             50  ███\n  \
               < 2 ms            100  █████\n  \
               < 5 ms            303  █████████████\n  \
               < 10 ms           502  █████████████████████\n  \
               < 20 ms           996  ████████████████████████████████████████\n\
             \n  \
               200       1980\n  \
               503         20\n  \
               ---          1  timeout: no answer \\x1b[2J within 1s"
        );
        let due = report(&sample(Some(5.0)), Paint::new(false), 40);
        assert!(due.contains("from when each was due"), "{due}");
        assert!(due.lines().all(|line| line.chars().count() <= 40), "{due}");
    }

    #[test]
    fn the_line_says_where_a_run_stands() {
        let standing = Standing {
            begun: 2009,
            rate: 12345.6,
            elapsed: Duration::from_millis(1500),
        };
        let text = line(standing, &sample(None).tally, Paint::new(false), 120);
        assert_eq!(
            text,
            "1.5 s  2009 sent  12 346/s  8 in flight  200 1980  503 20  no answer 1  p50 10 ms  p99 20 ms"
        );
    }

    #[test]
    fn nothing_that_was_not_measured_is_told() {
        let mut none = sample(None);
        none.tally = Tally::default();
        let value = as_json(&none, "github", "push", "http://a/");
        assert_eq!(value["latency_ms"], Value::Null);
        assert_eq!(value["requests"], 0);
        let text = report(&none, Paint::new(false), 80);
        assert!(!text.contains("latency"), "{text}");
    }
}
