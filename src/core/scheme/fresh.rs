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

#[cfg(test)]
mod tests {
    use super::*;

    fn fresh(more: &str) -> (Scheme, Option<Fresh>) {
        let text = format!("name = \"x\"\nsigned = \"{{body}}\"\n{more}");
        let scheme: Scheme = toml::from_str(&text).expect(more);
        let fresh = scheme.fresh_secret(&mut Random::from_text("seed"));
        (scheme, fresh)
    }

    #[test]
    fn a_shared_secret_has_its_form_and_its_shape() {
        for (more, start, length) in [
            ("", "", 40),
            ("key-shape = \"sk_*=\"", "sk_", 44),
            ("key = \"sha1\"", "", 40),
            ("key = \"utf8-nfkd\"", "", 40),
            ("key = \"base64\"", "", 44),
            ("key = \"hex\"", "", 64),
            ("key = \"whsec\"\nkey-shape = \"whsec_*\"", "whsec_", 50),
            ("key = \"whsec-or-text\"", "whsec_", 50),
            ("key = \"basic\"", "hookcat:", 40),
            ("key = \"pem-or-base64\"", "", 44),
        ] {
            let header =
                "algorithm = \"hmac-sha256\"\nsignature = { header = \"X\", encoding = \"hex\" }";
            let (scheme, fresh) = fresh(&format!("{header}\n{more}"));
            let Some(Fresh::Shared(secret)) = fresh else {
                panic!("{more}");
            };
            let text = std::str::from_utf8(secret.expose()).expect("text");
            assert!(text.starts_with(start), "{more}: {text}");
            assert_eq!(text.len(), length, "{more}: {text}");
            assert!(scheme.fits_shape(&secret), "{more}: {text}");
            assert!(scheme.read_key(&secret).is_ok(), "{more}: {text}");
            let other = scheme.fresh_secret(&mut Random::from_text("other"));
            let Some(Fresh::Shared(other)) = other else {
                panic!("{more}");
            };
            assert_ne!(secret, other, "{more}");
        }
    }

    #[test]
    fn a_pair_is_written_as_its_scheme_has_keys() {
        let plain = |text: &str| !text.starts_with("wh");
        for (algorithm, encoding, shape, start, length) in [
            ("ed25519", "hex", "*", "", 64),
            ("ed25519", "hex-lower", "*", "", 64),
            ("ed25519", "base64", "*", "", 44),
            ("ed25519", "base64", "wh*", "whpk_", 49),
            (
                "ecdsa-p256",
                "base64",
                "*",
                "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE",
                124,
            ),
        ] {
            let (scheme, fresh) = fresh(&format!(
                "algorithm = \"{algorithm}\"\nkey = \"public-key\"\nkey-shape = \"{shape}\"\n\
                 signature = {{ header = \"X\", encoding = \"{encoding}\" }}"
            ));
            let Some(Fresh::Pair { private, public }) = fresh else {
                panic!("{algorithm}");
            };
            assert!(public.starts_with(start), "{public}");
            assert_eq!(public.len(), length, "{public}");
            let secret = std::str::from_utf8(private.expose()).expect("text");
            assert_eq!(secret.starts_with("whsk_"), shape == "wh*", "{algorithm}");
            assert_eq!(plain(secret), plain(&public));
            let key = scheme.read_key(&private).expect("a private key");
            assert!(key.signs(), "{algorithm}");
            let known = scheme.read_key(&Secret::new(public)).expect("a public key");
            assert!(!known.signs(), "{algorithm}");
        }
        let header = "signature = { header = \"X\", encoding = \"base64\" }";
        for key in ["public-key", "certificate"] {
            let rsa = format!("algorithm = \"rsa-sha256\"\nkey = \"{key}\"\n{header}");
            assert!(fresh(&rsa).1.is_none(), "{key}");
        }
    }
}
