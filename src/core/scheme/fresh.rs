//! Fresh secrets in the shape a scheme takes.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::public_key::KeyPair;
use super::{Algorithm, Encoding, KeyForm, Scheme};
use crate::core::random::Random;
use crate::core::secret::Secret;

/// A fresh secret, or a fresh pair of keys.
#[derive(Clone, Debug)]
pub enum Fresh {
    /// Both sides use it.
    Shared(Secret),
    /// The sender signs with one, the receiver verifies with the other.
    Pair {
        /// The private key.
        private: Secret,
        /// The public key.
        public: String,
    },
}

/// `SubjectPublicKeyInfo` of a P-256 key up to the point (RFC 5480).
const P256_INFO: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

impl Scheme {
    /// A fresh secret for this scheme, `None` where it takes a key that is not made here: RSA, or a
    /// certificate.
    #[must_use]
    pub fn fresh_secret(&self, random: &mut Random) -> Option<Fresh> {
        let bytes = |random: &mut Random| hex::decode(random.hex(64)).unwrap_or_default();
        let text = match self.key {
            KeyForm::Utf8 | KeyForm::Utf8Nfkd | KeyForm::Sha1 => {
                let shape = self.key_shape.as_deref().unwrap_or("*");
                let (start, end) = shape.split_once('*').unwrap_or((shape, ""));
                format!("{start}{}{end}", random.base36(40))
            }
            KeyForm::Base64 | KeyForm::PemOrBase64 => BASE64_STANDARD.encode(bytes(random)),
            KeyForm::Hex => random.hex(64),
            KeyForm::Whsec | KeyForm::WhsecOrText => {
                format!("whsec_{}", BASE64_STANDARD.encode(bytes(random)))
            }
            KeyForm::Basic => format!("hookcat:{}", random.base36(32)),
            KeyForm::PublicKey => return self.fresh_pair(&bytes(random)),
            KeyForm::Certificate => return None,
        };
        Some(Fresh::Shared(Secret::new(text)))
    }

    fn fresh_pair(&self, seed: &[u8]) -> Option<Fresh> {
        let (private, public) = KeyPair::fresh(self.algorithm, seed)?;
        let encode = |bytes: &[u8]| match self.signature.encoding {
            Encoding::Hex | Encoding::HexLower => hex::encode(bytes),
            _ => BASE64_STANDARD.encode(bytes),
        };
        if self.algorithm == Algorithm::EcdsaP256 {
            return Some(Fresh::Pair {
                private: Secret::new(BASE64_STANDARD.encode(private)),
                public: BASE64_STANDARD.encode([&P256_INFO, public.as_slice()].concat()),
            });
        }
        let standard = self.key_shape.as_deref() == Some("wh*");
        let (signs, verifies) = if standard {
            ("whsk_", "whpk_")
        } else {
            ("", "")
        };
        let both = [private, public.clone()].concat();
        Some(Fresh::Pair {
            private: Secret::new(format!("{signs}{}", encode(&both))),
            public: format!("{verifies}{}", encode(&public)),
        })
    }
}
