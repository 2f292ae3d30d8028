//! Which of many texts may hold another, told from a few bits of each hundred.
//!
//! A sieve marks every run of five bytes, whatever the case of its letters, at a place of its own among
//! its bits. A text that is searched for has such runs too: where one of them is not marked, no text in
//! the sieve holds it. Where all are, one may.

/// How long the runs are. A shorter text passes every sieve.
pub const RUN: usize = 5;

/// The bits of some texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sieve(Vec<u8>);

impl Sieve {
    /// An empty one for texts of so many bytes together: a bit for two of them, as most runs are met
    /// more than once; half a KiB at least, 256 KiB at most.
    #[must_use]
    pub fn with_room(bytes: usize) -> Self {
        let size = (bytes / 16).clamp(512, 256 * 1024).next_power_of_two();
        Self(vec![0; size])
    }

    /// Takes a text in.
    pub fn add(&mut self, text: &[u8]) {
        for place in places(text, self.0.len()) {
            self.0[place / 8] |= 1 << (place % 8);
        }
    }

    /// The bits, for [`may_hold`].
    #[must_use]
    pub fn into_bits(self) -> Vec<u8> {
        self.0
    }
}

/// Whether one of the texts of a sieve may hold this one, cases apart; false only where none does. What
/// are no bits of a sieve rule nothing out.
#[must_use]
pub fn may_hold(bits: &[u8], text: &[u8]) -> bool {
    !bits.len().is_power_of_two()
        || places(text, bits.len()).all(|place| bits[place / 8] & 1 << (place % 8) != 0)
}

/// Whether a text holds another, cases of ASCII letters apart.
#[must_use]
pub fn holds(text: &[u8], wanted: &[u8]) -> bool {
    let Some(first) = wanted.first() else {
        return true;
    };
    let ends = text
        .len()
        .checked_sub(wanted.len())
        .map_or(0, |last| last + 1);
    let (lower, upper) = (first.to_ascii_lowercase(), first.to_ascii_uppercase());
    memchr::memchr2_iter(lower, upper, &text[..ends])
        .any(|at| text[at..at + wanted.len()].eq_ignore_ascii_case(wanted))
}

/// Where the runs of a text are marked among the bits of so many bytes, a power of two.
fn places(text: &[u8], bytes: usize) -> impl Iterator<Item = usize> {
    let shift = u64::BITS - (bytes as u64 * 8).trailing_zeros();
    let mut run: u64 = 0;
    let runs = text.iter().map(move |byte| {
        run = (run << 8 | u64::from(byte.to_ascii_lowercase())) & 0xff_ffff_ffff;
        run
    });
    // Multiplied by 2^64 divided by the golden ratio, the high bits of neighbours lie far apart.
    runs.skip(RUN - 1).map(move |run| {
        usize::try_from(run.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> shift).unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_not_there_is_told_by_few_bits() {
        let mut sieve = Sieve::with_room(256 * 2000);
        for number in 0..256 {
            let filling: String = (0..60)
                .map(|at| format!("{:08x}", number * 7919 * at))
                .collect();
            sieve.add(
                format!(r#"{{"id":{number},"name":"Octocat","more":"{filling}"}}"#).as_bytes(),
            );
        }
        let bits = sieve.into_bits();
        assert_eq!(bits.len(), 32 * 1024);
        for there in ["octocat", "OCTOCAT\",", "\"id\":17,", "octo", ""] {
            assert!(may_hold(&bits, there.as_bytes()), "{there}");
        }
        for gone in ["octodog", "0b9d2c1e-7a52-4b8e-9f2b", "nowhere"] {
            assert!(!may_hold(&bits, gone.as_bytes()), "{gone}");
        }
        assert!(may_hold(&[], b"anything"));
        assert!(may_hold(&[0; 3], b"anything"));
    }

    proptest! {
        #[test]
        fn what_is_held_passes(
            before in prop::collection::vec(any::<u8>(), 0..300),
            wanted in prop::collection::vec(any::<u8>(), 0..40),
            after in prop::collection::vec(any::<u8>(), 0..300),
        ) {
            let text = [before, wanted.to_ascii_uppercase(), after].concat();
            prop_assert!(holds(&text, &wanted));
            let mut sieve = Sieve::with_room(text.len());
            sieve.add(&text);
            prop_assert!(may_hold(&sieve.into_bits(), &wanted));
        }

        #[test]
        fn what_is_not_held_is_not_found(text in "[ab]{0,30}", wanted in "[abAB]{1,6}") {
            let found = text.contains(&wanted.to_lowercase());
            prop_assert_eq!(holds(text.as_bytes(), wanted.as_bytes()), found);
        }
    }
}
