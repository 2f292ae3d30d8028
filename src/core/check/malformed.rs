//! Deliveries that are signed and yet no use: they may be refused or taken, but nothing may crash.

use super::forge::repeated;
use super::player::{Shot, Turn};
use super::reject::{CAUGHT, must};
use super::{Expect, Level, Spec};

pub(super) const SPECS: [Spec; 3] = [
    Spec {
        level: Level::Should,
        ..must(
            "repeated-signature-first",
            "two signature headers, the right one first",
            "harmless by itself, but a proxy may look at the other one",
            "refuse a signature header that is there more than once",
            CAUGHT,
            |turn| repeated(turn, true),
        )
    },
    Spec {
        expect: Expect::Handled,
        ..must(
            "json-not-object",
            "JSON that is no object, signed",
            "a crash is answered 5xx, and so the provider sends the same again and again",
            "look what a body is before taking fields of it; answer 400, or 2xx and do nothing",
            "",
            not_object,
        )
    },
    Spec {
        expect: Expect::Handled,
        ..must(
            "broken-json",
            "JSON that is broken, signed",
            "a crash is answered 5xx, and so the provider sends the same again and again",
            "catch the parser's error and answer 400",
            "",
            broken_json,
        )
    },
];

fn not_object(turn: &Turn<'_>) -> Option<Vec<Shot>> {
    turn.json_object()?;
    let bodies = ["[]", "null", "\"text\"", "1"];
    let shot = |body: &str| Some(turn.with_body(body)?.labelled(body));
    Some(bodies.into_iter().filter_map(shot).collect())
}

fn broken_json(turn: &Turn<'_>) -> Option<Vec<Shot>> {
    let text = turn.json_object()?;
    let half: String = text.chars().take(text.chars().count() / 2).collect();
    let bodies = [("cut in half", half), ("no JSON", "{hookcat".to_owned())];
    let shot = |(label, body): (&str, String)| Some(turn.with_body(body)?.labelled(label));
    let mut shots: Vec<Shot> = bodies.into_iter().filter_map(shot).collect();
    let no_text = turn.with_body(b"{\"hookcat\":\"\xff\xfe\"}".as_slice());
    shots.extend(no_text.map(|own| own.labelled("no UTF-8")));
    Some(shots)
}
