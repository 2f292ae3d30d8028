//! The message authentication codes, fed in pieces.
//!
//! `hmac` with the `RustCrypto` hashes is the definition. For SHA-256 and SHA-512, `ring` computes the
//! same values with the CPU's vector units and takes over; a test holds the two together.

use hmac::{Hmac, KeyInit, Mac as _};
use ring::{digest, hmac as fast};
use sha1::Sha1;

use super::{Algorithm, Key};

/// A code or hash under construction.
#[derive(Clone)]
pub(super) enum Mac {
    Sha1(Box<Hmac<Sha1>>),
    Fast(Box<fast::Context>),
    /// A plain hash: the secret is a part of the text.
    Hash(Box<digest::Context>),
}

impl Mac {
    /// Starts a code, or `None` for an algorithm that computes none.
    pub(super) fn new(algorithm: Algorithm, key: &Key) -> Option<Self> {
        let with = |hash| {
            let key = fast::Key::new(hash, key.bytes());
            Some(Self::Fast(Box::new(fast::Context::with_key(&key))))
        };
        let hash = |hash| Some(Self::Hash(Box::new(digest::Context::new(hash))));
        match algorithm {
            Algorithm::HmacSha1 => Hmac::new_from_slice(key.bytes())
                .ok()
                .map(|mac| Self::Sha1(Box::new(mac))),
            Algorithm::HmacSha256 => with(fast::HMAC_SHA256),
            Algorithm::HmacSha384 => with(fast::HMAC_SHA384),
            Algorithm::HmacSha512 => with(fast::HMAC_SHA512),
            Algorithm::Sha1 => hash(&digest::SHA1_FOR_LEGACY_USE_ONLY),
            Algorithm::Sha256 => hash(&digest::SHA256),
            Algorithm::Token
            | Algorithm::Ed25519
            | Algorithm::EcdsaP256
            | Algorithm::RsaSha1
            | Algorithm::EcdsaP256Raw
            | Algorithm::RsaSha256
            | Algorithm::RsaPssSha512 => None,
        }
    }

    /// Feeds the next piece.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha1(mac) => mac.update(bytes),
            Self::Fast(mac) => mac.update(bytes),
            Self::Hash(hash) => hash.update(bytes),
        }
    }

    /// The code.
    pub(super) fn finish(self) -> Vec<u8> {
        match self {
            Self::Sha1(mac) => mac.finalize().into_bytes().to_vec(),
            Self::Fast(mac) => mac.sign().as_ref().to_vec(),
            Self::Hash(hash) => hash.finish().as_ref().to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::KeyForm;
    use super::*;
    use crate::core::secret::Secret;
    use proptest::prelude::*;
    use sha2::{Sha256, Sha512};

    fn fast(algorithm: Algorithm, key: &[u8], pieces: &[Vec<u8>]) -> Vec<u8> {
        let key = KeyForm::Utf8
            .key(algorithm, &Secret::new(key))
            .expect("not empty");
        let mut mac = Mac::new(algorithm, &key).expect("a MAC");
        for piece in pieces {
            mac.update(piece);
        }
        mac.finish()
    }

    proptest! {
        #[test]
        fn the_fast_code_is_the_defined_code(
            key in prop::collection::vec(any::<u8>(), 1..200),
            pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..4),
        ) {
            let whole = pieces.concat();
            let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("any length");
            mac.update(&whole);
            prop_assert_eq!(fast(Algorithm::HmacSha256, &key, &pieces), mac.finalize().into_bytes().to_vec());
            let mut mac = Hmac::<Sha512>::new_from_slice(&key).expect("any length");
            mac.update(&whole);
            prop_assert_eq!(fast(Algorithm::HmacSha512, &key, &pieces), mac.finalize().into_bytes().to_vec());
        }
    }

    #[test]
    fn rfc_2202_case_2() {
        let code = fast(
            Algorithm::HmacSha1,
            b"Jefe",
            &[b"what do ya want ".to_vec(), b"for nothing?".to_vec()],
        );
        assert_eq!(
            hex::encode(code),
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"
        );
    }

    #[test]
    fn rfc_4231_case_2() {
        let code = fast(
            Algorithm::HmacSha256,
            b"Jefe",
            &[b"what do ya want for nothing?".to_vec()],
        );
        assert_eq!(
            hex::encode(code),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    /// FIPS 180-4 and RFC 4231, case 2.
    #[test]
    fn each_algorithm_is_its_own() {
        for (algorithm, key, text, code) in [
            (
                Algorithm::Sha1,
                "k",
                "abc",
                "a9993e364706816aba3e25717850c26c9cd0d89d",
            ),
            (
                Algorithm::Sha256,
                "k",
                "abc",
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            ),
            (
                Algorithm::HmacSha384,
                "Jefe",
                "what do ya want for nothing?",
                "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
            ),
            (
                Algorithm::HmacSha512,
                "Jefe",
                "what do ya want for nothing?",
                "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
            ),
        ] {
            let made = fast(algorithm, key.as_bytes(), &[text.as_bytes().to_vec()]);
            assert_eq!(hex::encode(made), code, "{algorithm:?}");
        }
    }
}
