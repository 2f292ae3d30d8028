//! What a delivery repeats: which attempt it is, how long after the others, what changed.

use serde_json::{Value, json};

use super::event::{Look, span};
use super::json::milliseconds;
use super::page::{LEAST, wrapped};
use crate::core::attempts::gap;
use crate::core::delivery::Delivery;

/// What is told below a line begins where that says what arrived.
const BELOW: usize = 19;

/// `duplicate of #41 (+9.1 s), attempt 3 (+3.2 s), body differs`: how long after the first and, from
/// the third on, after the one before.
#[must_use]
pub fn words(delivery: &Delivery) -> Option<String> {
    let own = delivery.duplicate_of?;
    let since_first = span(gap(own.at, delivery.at));
    let mut text = format!("duplicate of #{} (+{since_first})", own.id);
    if own.attempt > 2 {
        text.push_str(&format!(", attempt {}", own.attempt));
        if let Some(before) = own.previous {
            text.push_str(&format!(" (+{})", span(gap(before.at, delivery.at))));
        }
    }
    for change in changes(delivery) {
        text.push_str(&format!(", {change}"));
    }
    Some(text)
}

/// The words behind a line that has `taken` so many columns already, or else below it.
pub(super) fn beside_or_below(delivery: &Delivery, taken: usize, look: &Look) -> (String, String) {
    let Some(words) = words(delivery) else {
        return (String::new(), String::new());
    };
    let paint = look.paint;
    if taken + 2 + words.len() <= look.width {
        return (format!("  {}", paint.yellow(&words)), String::new());
    }
    let room = look.width.saturating_sub(BELOW).max(LEAST);
    let lines = wrapped(&words, room).into_iter();
    let lines = lines.map(|line| format!("\n{}{}", " ".repeat(BELOW), paint.yellow(&line)));
    (String::new(), lines.collect())
}

/// What changed since the attempt before.
pub(super) fn changes(delivery: &Delivery) -> impl Iterator<Item = &'static str> {
    let own = delivery.duplicate_of;
    let said = |which: Option<bool>, word| which.filter(|is_so| *is_so).map(|_| word);
    let body = said(own.and_then(|own| own.body_differs), "body differs");
    let signature = said(own.and_then(|own| own.signature_renewed), "signed anew");
    body.into_iter().chain(signature)
}

/// The same as an object; null for a first attempt.
#[must_use]
pub fn as_json(delivery: &Delivery) -> Value {
    let Some(own) = delivery.duplicate_of else {
        return Value::Null;
    };
    let since = |from| milliseconds(gap(from, delivery.at));
    json!({
        "previous": own.previous.map(|own| own.id),
        "gap_ms": own.previous.map(|own| since(own.at)),
        "since_first_ms": since(own.at),
        "body_differs": own.body_differs,
        "signature_renewed": own.signature_renewed,
    })
}

#[cfg(test)]
pub(super) mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::core::delivery::{Direction, Duplicate, Previous};
    use crate::core::message::Message;

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_millisecond(milliseconds).expect("in range")
    }

    /// Delivery 43, attempt 3 of 41, 9.1 s after it and 3.2 s after 42.
    pub(in crate::show) fn third() -> Delivery {
        Delivery {
            id: Some(43),
            provider: Some("statly".into()),
            event: Some("push".into()),
            delivery_id: Some("delivery_8f2c".into()),
            duplicate_of: Some(Duplicate {
                id: 41,
                at: at(0),
                attempt: 3,
                previous: Some(Previous {
                    id: 42,
                    at: at(5_900),
                }),
                body_differs: Some(true),
                signature_renewed: Some(true),
            }),
            ..Delivery::new(Direction::Received, at(9_100), Message::default())
        }
    }

    #[test]
    fn a_repeat_is_told_as_what_it_is() {
        let mut delivery = third();
        let said = |delivery: &Delivery| words(delivery).expect("words");
        let wanted = "duplicate of #41 (+9.1 s), attempt 3 (+3.2 s), body differs, signed anew";
        assert_eq!(said(&delivery), wanted);
        let told = as_json(&delivery);
        assert_eq!(
            (&told["previous"], &told["gap_ms"]),
            (&json!(42), &json!(3200.0))
        );
        let own = delivery.duplicate_of.as_mut().expect("a repeat");
        (own.previous, own.body_differs) = (None, Some(false));
        own.signature_renewed = None;
        assert_eq!(said(&delivery), "duplicate of #41 (+9.1 s), attempt 3");
        delivery.duplicate_of.as_mut().expect("a repeat").attempt = 2;
        assert_eq!(said(&delivery), "duplicate of #41 (+9.1 s)");
        // A clock that was set back makes no gap.
        delivery.at = at(-5);
        assert_eq!(said(&delivery), "duplicate of #41 (+0.0 ms)");
        delivery.duplicate_of = None;
        assert_eq!((words(&delivery), as_json(&delivery)), (None, Value::Null));
    }
}
