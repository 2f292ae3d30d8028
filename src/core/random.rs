//! One source of random ids and values, repeatable from a seed.

use sha2::{Digest, Sha256};

/// A stream of bytes grown from 32 bytes of seed: SHA-256 in counter mode.
///
/// The seed comes from outside (the system's generator, or `--seed`), which keeps the core pure and
/// makes everything built from it repeatable byte for byte.
#[derive(Clone, Debug)]
pub struct Random {
    seed: [u8; 32],
    counter: u64,
    block: [u8; 32],
    used: usize,
}

impl Random {
    /// A stream from 32 bytes of entropy.
    #[must_use]
    pub fn new(seed: [u8; 32]) -> Self {
        Self {
            seed,
            counter: 0,
            block: [0; 32],
            used: 32,
        }
    }

    /// A stream from a text such as the value of `--seed`.
    #[must_use]
    pub fn from_text(seed: &str) -> Self {
        Self::new(Sha256::digest(seed.as_bytes()).into())
    }

    /// Another source, told from this one by a number; the same for the same seed and number.
    #[must_use]
    pub fn nth(&self, number: u64) -> Self {
        let mut hash = Sha256::new();
        hash.update(self.seed);
        hash.update(b"nth");
        hash.update(number.to_le_bytes());
        Self::new(hash.finalize().into())
    }

    /// Fills a buffer.
    pub fn fill(&mut self, mut buffer: &mut [u8]) {
        while !buffer.is_empty() {
            if self.used == self.block.len() {
                let mut hash = Sha256::new();
                hash.update(self.seed);
                hash.update(self.counter.to_le_bytes());
                self.block = hash.finalize().into();
                self.counter += 1;
                self.used = 0;
            }
            let some = buffer.len().min(self.block.len() - self.used);
            let (now, rest) = buffer.split_at_mut(some);
            now.copy_from_slice(&self.block[self.used..][..some]);
            self.used += some;
            buffer = rest;
        }
    }

    /// A number below `bound` (which must not be 0). The bias is below 2⁻³² for bounds below 2³².
    pub fn below(&mut self, bound: u64) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        u64::from_le_bytes(bytes) % bound.max(1)
    }

    /// `length` lower-case hexadecimal digits: a commit SHA is 40 of them.
    pub fn hex(&mut self, length: usize) -> String {
        let mut bytes = vec![0; length.div_ceil(2)];
        self.fill(&mut bytes);
        let mut text = hex::encode(bytes);
        text.truncate(length);
        text
    }

    /// `length` characters of `[a-z0-9]`: the tail of ids such as `delivery_8f2c…`.
    pub fn base36(&mut self, length: usize) -> String {
        const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
        let mut text = String::with_capacity(length);
        for _ in 0..length {
            let digit = usize::try_from(self.below(36)).unwrap_or(0);
            text.push(char::from(DIGITS[digit]));
        }
        text
    }

    /// A random (version 4) UUID.
    pub fn uuid(&mut self) -> String {
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        bytes[6] = (bytes[6] & 0x0f) | 0x40;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        let text = hex::encode(bytes);
        format!(
            "{}-{}-{}-{}-{}",
            &text[..8],
            &text[8..12],
            &text[12..16],
            &text[16..20],
            &text[20..]
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_and_another_differs() {
        let draw = |seed| {
            let mut random = Random::from_text(seed);
            (random.hex(40), random.base36(12), random.uuid())
        };
        assert_eq!(draw("7"), draw("7"));
        assert_ne!(draw("7"), draw("8"));
        assert_eq!(draw("7").0.len(), 40);
        assert_eq!(draw("7").2.len(), 36);
    }
}
