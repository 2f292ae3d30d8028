//! Values that nobody has and that look as if somebody had: names, addresses, words.

use super::random::Random;

const FIRST: [&str; 16] = [
    "Ada", "Ben", "Cleo", "Dan", "Edda", "Finn", "Gia", "Hugo", "Ines", "Jon", "Kaja", "Luis",
    "Mia", "Nils", "Olga", "Per",
];
const LAST: [&str; 16] = [
    "Abel", "Brandt", "Castro", "Dahl", "Ekman", "Flores", "Garcia", "Hansen", "Ito", "Jansen",
    "Kowal", "Lopez", "Meyer", "Novak", "Okafor", "Park",
];
const WORDS: [&str; 24] = [
    "amber", "basin", "cedar", "delta", "ember", "fjord", "grove", "harbor", "island", "jade",
    "kiln", "lagoon", "meadow", "north", "orchard", "prairie", "quarry", "river", "summit",
    "tundra", "upland", "valley", "willow", "zephyr",
];

/// A function of templates with its name.
pub type Fake = (&'static str, fn(&mut Random) -> String);

/// What templates can make up: `{{ name() }}`, `{{ email() }}` and the others.
pub const FAKES: [Fake; 9] = [
    ("first_name", |random| one(&FIRST, random).to_owned()),
    ("last_name", |random| one(&LAST, random).to_owned()),
    ("name", |random| {
        let first = one(&FIRST, random);
        format!("{first} {}", one(&LAST, random))
    }),
    ("login", |random| {
        let first = one(&FIRST, random).to_lowercase();
        format!("{first}-{}", one(&WORDS, random))
    }),
    // A domain that is nobody's (RFC 2606).
    ("email", |random| {
        let first = one(&FIRST, random).to_lowercase();
        format!("{first}.{}@example.com", one(&LAST, random).to_lowercase())
    }),
    ("word", |random| one(&WORDS, random).to_owned()),
    ("slug", |random| {
        let first = one(&WORDS, random);
        format!("{first}-{}", one(&WORDS, random))
    }),
    ("sentence", |random| {
        let words: Vec<&str> = (0..6).map(|_| one(&WORDS, random)).collect();
        let text = words.join(" ");
        let (start, rest) = text.split_at(1);
        format!("{}{rest}.", start.to_uppercase())
    }),
    ("sha", |random| random.hex(40)),
];

fn one<'a>(all: &[&'a str], random: &mut Random) -> &'a str {
    let drawn = random.below(all.len() as u64);
    usize::try_from(drawn)
        .ok()
        .and_then(|index| all.get(index))
        .copied()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_makes_up_the_same_and_json_can_hold_it() {
        for (name, make) in FAKES {
            let draw = |seed| {
                let mut random = Random::from_text(seed);
                (make(&mut random), make(&mut random), make(&mut random))
            };
            assert_eq!(draw("7"), draw("7"), "{name}");
            assert_ne!(draw("7"), draw("8"), "{name}");
            let plain = |char: char| char.is_ascii_alphanumeric() || "@.- ".contains(char);
            assert!(draw("7").0.chars().all(plain), "{name}: {}", draw("7").0);
        }
    }
}
