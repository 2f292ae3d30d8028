//! What was expected to arrive, and what did.

use serde_json::{Value, json};

use super::sanitize;
use crate::core::arrivals::{Arrival, Arrivals, Expected, Nearest};
use crate::core::expr::Expr;

/// What is missing or too much, a block of lines for each: the first says which, the others why.
#[must_use]
pub fn unmet(arrivals: &Arrivals) -> Vec<(String, Vec<String>)> {
    let what = |own: &Expected, what: &str| match &own.expr {
        Some(expr) => format!("{what}: `{}`", sanitize::line(expr.text())),
        None => what.to_owned(),
    };
    let until = arrivals
        .until
        .iter()
        .map(|own| (what(own, "no delivery ended it"), own));
    let expected = arrivals.expected.iter();
    let expected = expected.map(|own| (what(own, "expectation not met"), own));
    until
        .chain(expected)
        .filter(|(_, own)| !own.is_met())
        .map(|(what, own)| {
            let (seen, all) = (own.seen, arrivals.received);
            let mut why = vec![format!("expected {}; {seen} of {all} fit", own.count)];
            // Where there are too many, none is missing.
            let nearest = own.nearest.as_ref();
            let missing = own.seen < own.count.least();
            why.extend(nearest.filter(|_| missing).into_iter().flat_map(near));
            (what, why)
        })
        .collect()
}

fn near(nearest: &Nearest) -> Vec<String> {
    let first = format!("nearest: {}", named(&nearest.arrival));
    let misses = nearest.misses.iter().map(|miss| {
        let condition = sanitize::line(&miss.condition);
        match &miss.found {
            Some(found) => format!("  `{condition}` does not hold: {}", sanitize::line(found)),
            None => format!("  `{condition}` does not hold"),
        }
    });
    [first].into_iter().chain(misses).collect()
}

/// The last deliveries, a line each, behind one that says how many there were.
#[must_use]
pub fn last(arrivals: &Arrivals) -> Vec<String> {
    let all = arrivals.received;
    if all == 0 {
        return vec!["nothing arrived".to_owned()];
    }
    let shown = arrivals.last.len();
    let first = if u64::try_from(shown).is_ok_and(|shown| shown < all) {
        format!("arrived: {}, the last {shown}:", deliveries(all))
    } else {
        format!("arrived: {}", deliveries(all))
    };
    let lines = arrivals.last.iter().map(|own| {
        let verdict = match &own.verdict {
            Some((verdict, Some(reason))) => format!("  {verdict} ({reason})"),
            Some((verdict, None)) => format!("  {verdict}"),
            None => String::new(),
        };
        format!("  {}{verdict}", named(own))
    });
    [first].into_iter().chain(lines).collect()
}

fn deliveries(number: u64) -> String {
    match number {
        1 => "1 delivery".to_owned(),
        _ => format!("{number} deliveries"),
    }
}

/// `#41 github push`.
fn named(arrival: &Arrival) -> String {
    let id = arrival
        .id
        .map_or_else(|| "#-".to_owned(), |id| format!("#{id}"));
    let text = |text: &Option<String>| {
        let text = text.as_deref().unwrap_or("-");
        sanitize::name(text).into_owned()
    };
    let (provider, event) = (text(&arrival.provider), text(&arrival.event));
    format!("{id} {provider} {event}")
}

/// The same as JSON: `until` and `expectations`.
#[must_use]
pub fn as_json(arrivals: &Arrivals) -> Value {
    let all = arrivals.expected.iter().map(one);
    json!({
        "v": 1,
        "type": "outcome",
        "met": arrivals.is_met(),
        "received": arrivals.received,
        "until": arrivals.until.as_ref().map(one),
        "expectations": all.collect::<Value>(),
    })
}

fn one(own: &Expected) -> Value {
    let nearest = own
        .nearest
        .as_ref()
        .filter(|_| own.seen < own.count.least());
    json!({
        "expression": own.expr.as_ref().map(Expr::text),
        "least": own.count.least(),
        "most": own.count.most(),
        "seen": own.seen,
        "met": own.is_met(),
        "nearest": nearest.map(|near| json!({
            "id": near.arrival.id,
            "misses": near.misses.iter().map(|miss| json!({
                "condition": miss.condition,
                "found": miss.found,
            })).collect::<Value>(),
        })),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::expr::Input;

    fn arrivals(expr: &str, count: &str, events: &[&str]) -> Arrivals {
        let expr = Expr::parse(expr).expect(expr);
        let expected = Expected::new(Some(expr), count.parse().expect(count));
        let mut arrivals = Arrivals::new(vec![expected], None, true);
        for (id, event) in (1..).zip(events) {
            let arrival = Arrival {
                id: Some(id),
                provider: Some("github".into()),
                event: Some((*event).to_owned()),
                verdict: Some(("valid".into(), None)),
            };
            arrivals.see(arrival, &Input::new(json!({ "event": event, "size": 2 })));
        }
        arrivals
    }

    #[test]
    fn what_is_missing_is_told_with_what_came_nearest() {
        let own = arrivals(
            ".event == \"push\" and .size > 5",
            "2..",
            &["ping", "push", "a\u{1b}b"],
        );
        let (what, why) = unmet(&own).remove(0);
        assert_eq!(
            what,
            "expectation not met: `.event == \"push\" and .size > 5`"
        );
        assert_eq!(
            why,
            [
                "expected 2 or more; 0 of 3 fit",
                "nearest: #2 github push",
                "  `.size > 5` does not hold: 2",
            ]
        );
        assert_eq!(
            last(&own),
            [
                "arrived: 3 deliveries",
                "  #1 github ping  valid",
                "  #2 github push  valid",
                "  #3 github \"a\\x1bb\"  valid",
            ]
        );
        assert_eq!(
            as_json(&own)["expectations"][0]["nearest"]["misses"][0]["found"],
            "2"
        );
    }

    #[test]
    fn of_too_many_none_is_nearest() {
        let own = arrivals(".event == \"push\"", "..1", &["ping", "push", "push"]);
        let (_, why) = unmet(&own).remove(0);
        assert_eq!(why, ["expected at most 1; 2 of 3 fit"]);
        let own = arrivals(".event == \"push\"", "1", &["push"]);
        assert!(unmet(&own).is_empty());
        assert_eq!(as_json(&own)["met"], true);
    }

    #[test]
    fn many_are_counted_and_the_last_are_named() {
        let own = arrivals(".event == \"x\"", "1", &["push"; 12]);
        let lines = last(&own);
        assert_eq!(lines[0], "arrived: 12 deliveries, the last 10:");
        assert_eq!(lines.len(), 11);
        assert_eq!(last(&arrivals(".x", "1", &[])), ["nothing arrived"]);
    }
}
