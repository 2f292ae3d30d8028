//! What stands in for a value: plausible, of documentation's own ranges, the same for the same value.

use core::net::IpAddr;
use std::collections::BTreeMap;

use super::words::Sort;

/// Beginnings that keys of known services have, after which they are secret.
const PREFIXES: [&str; 22] = [
    "sk_live_",
    "sk_test_",
    "rk_live_",
    "rk_test_",
    "whsec_",
    "whsk_",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
    "xoxa-",
    "xapp-",
    "AKIA",
    "ASIA",
    "AIza",
    "npm_",
    "SG.",
];
/// A name shorter than this may stand anywhere by chance.
const LEAST_NAME: usize = 4;
const FIRST_NAMES: [&str; 8] = ["Ada", "Ben", "Cleo", "Dan", "Eve", "Finn", "Gia", "Hugo"];

/// The stand-ins of one delivery.
#[derive(Debug, Default)]
pub(super) struct Masks {
    seen: BTreeMap<String, String>,
    /// Those of people, which may be named in any text.
    names: BTreeMap<String, String>,
    counts: BTreeMap<&'static str, usize>,
}

impl Masks {
    /// What stands for a value of a sort; for one of none, for what shows by its looks.
    pub(super) fn value(&mut self, sort: Option<Sort>, value: &str) -> String {
        let Some(sort) = sort.filter(|_| !value.is_empty()) else {
            return self.text(value);
        };
        let made = |number: usize| match sort {
            Sort::Name => match number {
                0..8 => format!("{} Example", FIRST_NAMES[number]),
                _ => format!("Person{number} Example"),
            },
            Sort::Login => format!("user{}", number + 1),
            Sort::Street => format!("{} Example Street", number + 1),
            _ => "Exampleville".to_owned(),
        };
        match sort {
            Sort::Secret => masked(value),
            Sort::Phone | Sort::Number => digits(value),
            Sort::Address => self.text(value),
            Sort::Name | Sort::Login => {
                let kind = if sort == Sort::Name { "name" } else { "login" };
                let made = self.once(kind, value, made);
                if value.chars().count() >= LEAST_NAME {
                    self.names.insert(value.to_owned(), made.clone());
                }
                made
            }
            Sort::Street => self.once("street", value, made),
            Sort::Town => self.once("town", value, made),
        }
    }

    /// A text without keys, addresses and names that show in it.
    pub(super) fn text(&mut self, text: &str) -> String {
        let part = |char: char| char.is_alphanumeric() || "._%+@-:=".contains(char);
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while !rest.is_empty() {
            let gap = rest.find(part).unwrap_or(rest.len());
            out.push_str(&rest[..gap]);
            rest = &rest[gap..];
            let end = rest.find(|char| !part(char)).unwrap_or(rest.len());
            let (run, after) = rest.split_at(end);
            rest = after;
            out.push_str(&self.run(run));
        }
        if is_card(text) {
            return digits(text);
        }
        self.without_names(&out)
    }

    /// Letters, digits and what stands in addresses and keys.
    fn run(&mut self, run: &str) -> String {
        // A sentence may end behind it, a scheme or a name stand before it.
        let core = run.trim_end_matches(['.', ':', '=', '-']);
        let tail = &run[core.len()..];
        let start = core.rfind(['=', ':']).map_or(0, |at| at + 1);
        if core.parse::<IpAddr>().is_ok() {
            return self.address(core) + tail;
        }
        let (head, word) = core.split_at(start);
        if word.parse::<IpAddr>().is_ok() {
            return format!("{head}{}{tail}", self.address(word));
        }
        let is_email = word.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && domain.contains('.') && !domain.starts_with('.')
        });
        if is_email {
            let made = |number| format!("person{}@example.com", number + 1);
            return format!("{head}{}{tail}", self.once("email", word, made));
        }
        let is_key = PREFIXES
            .iter()
            .any(|own| word.strip_prefix(own).is_some_and(|rest| rest.len() >= 8));
        let is_jwt = word.starts_with("eyJ") && word.matches('.').count() == 2;
        if is_key || is_jwt {
            return format!("{head}{}{tail}", masked(word));
        }
        run.to_owned()
    }

    fn address(&mut self, text: &str) -> String {
        let Ok(address) = text.parse::<IpAddr>() else {
            return text.to_owned();
        };
        if address.is_loopback() || address.is_unspecified() {
            return text.to_owned();
        }
        // What documents use: RFC 5737, RFC 3849.
        match address {
            IpAddr::V4(_) => {
                self.once("v4", text, |number| format!("192.0.2.{}", number % 254 + 1))
            }
            IpAddr::V6(_) => self.once("v6", text, |number| format!("2001:db8::{:x}", number + 1)),
        }
    }

    /// A text with other names of the people that are known by now, where they are words of it.
    fn without_names(&self, text: &str) -> String {
        let mut out = text.to_owned();
        for (name, stand_in) in self.names.iter().rev() {
            let mut from = 0;
            while let Some(at) = out[from..].find(name.as_str()).map(|at| from + at) {
                let end = at + name.len();
                let before = out[..at].chars().next_back();
                let after = out[end..].chars().next();
                let is_word = |char: Option<char>| char.is_none_or(|own| !own.is_alphanumeric());
                from = if is_word(before) && is_word(after) {
                    out.replace_range(at..end, stand_in);
                    at + stand_in.len()
                } else {
                    end
                };
            }
        }
        out
    }

    fn once(&mut self, kind: &'static str, value: &str, made: impl Fn(usize) -> String) -> String {
        // What is a stand-in already keeps its place.
        if let Some(known) = self.seen.get(value) {
            return known.clone();
        }
        let count = self.counts.entry(kind).or_default();
        let stand_in = made(*count);
        *count += 1;
        self.seen.insert(value.to_owned(), stand_in.clone());
        stand_in
    }
}

/// A value of `Authorization`, a cookie, or a token alone.
pub(super) fn credential(value: &str) -> String {
    if value.contains('=') && !value.contains(' ') || value.contains("; ") {
        // Names of cookies and parameters say what is missing.
        let pairs = value.split("; ").map(|pair| match pair.split_once('=') {
            Some((name, value)) if !name.is_empty() => format!("{name}={}", masked(value)),
            _ => masked(pair),
        });
        return pairs.collect::<Vec<_>>().join("; ");
    }
    match value.split_once(' ') {
        Some((scheme, rest)) => format!("{scheme} {}", masked(rest)),
        None => masked(value),
    }
}

/// A secret of the same look: its known beginning, then as many signs as it had.
pub(super) fn masked(value: &str) -> String {
    let prefix = PREFIXES.iter().find(|own| value.starts_with(**own));
    let (start, rest) = value.split_at(prefix.map_or(0, |own| own.len()));
    let rest = rest.chars().map(|char| match char {
        char if char.is_alphanumeric() => 'x',
        char if char.is_control() => 'x',
        char => char,
    });
    format!("{start}{}", rest.collect::<String>())
}

/// A number of the same look.
pub(super) fn digits(value: &str) -> String {
    let digit = |char: char| if char.is_ascii_digit() { '1' } else { char };
    let letter = |char: char| if char.is_alphabetic() { 'X' } else { char };
    value.chars().map(digit).map(letter).collect()
}

/// Whether a text is the number of a card: 13 to 19 digits whose last checks the others (Luhn).
fn is_card(text: &str) -> bool {
    let plain = text
        .chars()
        .all(|char| char.is_ascii_digit() || " -".contains(char));
    let digits: Vec<u32> = text.chars().filter_map(|char| char.to_digit(10)).collect();
    if !plain || !(13..=19).contains(&digits.len()) {
        return false;
    }
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(index, digit)| match (index % 2, digit * 2) {
            (0, _) => *digit,
            (_, double) => double / 10 + double % 10,
        })
        .sum();
    sum.is_multiple_of(10)
}
