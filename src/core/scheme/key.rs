//! From a secret's text to the key a scheme uses.

use base64::Engine;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use serde::Deserialize;
use thiserror::Error;
use unicode_normalization::UnicodeNormalization;

use super::Algorithm;
use super::public_key::{KeyPair, PublicKey};
use crate::core::secret::Secret;

/// Secrets are pasted with and without padding, so keys (unlike signatures) take either.
pub(super) const KEY_BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What the text of a secret stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyForm {
    /// The text itself, every character of it (Stripe's `whsec_…` included).
    #[default]
    Utf8,
    /// The text in Unicode's NFKD form.
    Utf8Nfkd,
    /// Base64 of the key.
    Base64,
    /// Hexadecimal digits of the key, either case.
    Hex,
    /// Standard Webhooks: `whsec_` and base64 of 24 to 64 bytes. The prefix may be missing, as in
    /// the official libraries, and `v1,` may stand before it (Supabase shows it so).
    Whsec,
    /// The same with `whsec_`; without it, the text itself.
    WhsecOrText,
    /// `user:password`, sent as its base64 (RFC 7617).
    Basic,
    /// The SHA-1 of the text, 20 raw bytes (Braintree).
    Sha1,
    /// A public key, which verifies, or a private one, which signs: PEM, base64 or hexadecimal, or
    /// `whpk_…` and `whsk_…`.
    PublicKey,
    /// PEM of a public or private key of any kind, or base64 of a shared secret: for schemes whose
    /// messages name the algorithm. The kind is the key's own, whatever a message says.
    PemOrBase64,
    /// A certificate given beside the secret; the secret's text may be part of what is signed.
    Certificate,
}

/// Why a secret cannot be this scheme's key.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum KeyError {
    /// No bytes, or none after the prefix.
    #[error("secret is empty")]
    Empty,
    /// Not text, where Unicode is normalised.
    #[error("secret is not UTF-8 text")]
    NotText,
    /// Not hexadecimal.
    #[error("secret is not hexadecimal, expected an even number of digits 0-9 and a-f")]
    NotHex,
    /// Not base64.
    #[error("secret is not base64")]
    NotBase64,
    /// Not base64 after `whsec_`.
    #[error("secret is not a Standard Webhooks secret, expected `whsec_` followed by base64")]
    NotWhsec,
    /// No colon.
    #[error("secret is not a user and password, expected `user:password`")]
    NotBasic,
    /// Not a key of the algorithm.
    #[error("secret is not a key for {0}, expected PEM, base64 or hexadecimal")]
    NotKey(&'static str),
    /// No certificate was given.
    #[error("no certificate given")]
    NoCertificate,
}

/// A secret made ready for one scheme.
#[derive(Clone, Debug)]
pub struct Key {
    secret: Secret,
    pair: Option<KeyPair>,
}

impl Key {
    /// The key bytes, for the MAC and for nothing that prints.
    pub(super) fn bytes(&self) -> &[u8] {
        self.secret.expose()
    }

    /// The public or private key, for schemes that have one.
    pub(super) fn pair(&self) -> Option<&KeyPair> {
        self.pair.as_ref()
    }

    /// Whether a signature can be made with it.
    #[must_use]
    pub fn signs(&self) -> bool {
        self.pair.as_ref().is_none_or(KeyPair::is_private)
    }
}

impl KeyForm {
    /// Reads a secret as this form.
    ///
    /// # Errors
    /// [`KeyError`] says what was expected; it never repeats the secret.
    pub fn key(self, algorithm: Algorithm, secret: &Secret) -> Result<Key, KeyError> {
        let bytes = secret.expose();
        let mut pair = None;
        let decoded = match self {
            Self::Utf8 => Ok(bytes.to_vec()),
            Self::Utf8Nfkd => std::str::from_utf8(bytes)
                .map(|text| text.nfkd().collect::<String>().into_bytes())
                .map_err(|_| KeyError::NotText),
            Self::Sha1 if bytes.is_empty() => Err(KeyError::Empty),
            Self::Sha1 => Ok(digest(&SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref().to_vec()),
            Self::Base64 => KEY_BASE64.decode(bytes).map_err(|_| KeyError::NotBase64),
            Self::Hex => hex::decode(bytes).map_err(|_| KeyError::NotHex),
            Self::Whsec => {
                let bytes = bytes.strip_prefix(b"v1,").unwrap_or(bytes);
                let bytes = bytes.strip_prefix(b"whsec_").unwrap_or(bytes);
                KEY_BASE64.decode(bytes).map_err(|_| KeyError::NotWhsec)
            }
            Self::WhsecOrText => match bytes.strip_prefix(b"whsec_") {
                Some(bytes) => KEY_BASE64.decode(bytes).map_err(|_| KeyError::NotWhsec),
                None => Ok(bytes.to_vec()),
            },
            Self::Basic if bytes.contains(&b':') => {
                Ok(base64::prelude::BASE64_STANDARD.encode(bytes).into_bytes())
            }
            Self::Basic => Err(KeyError::NotBasic),
            Self::PublicKey => {
                if bytes.is_empty() {
                    return Err(KeyError::Empty);
                }
                let read = KeyPair::read(algorithm, bytes);
                pair = Some(read.ok_or(KeyError::NotKey(algorithm.as_str()))?);
                Ok(bytes.to_vec())
            }
            Self::PemOrBase64 if bytes.trim_ascii_start().starts_with(b"-----BEGIN ") => {
                let read = KeyPair::read_any(bytes);
                pair = Some(read.ok_or(KeyError::NotKey("HTTP Message Signatures"))?);
                Ok(bytes.to_vec())
            }
            Self::PemOrBase64 => {
                let text = bytes.trim_ascii();
                KEY_BASE64.decode(text).map_err(|_| KeyError::NotBase64)
            }
            // A private key signs as the certificate's owner would; without one, a certificate is
            // needed.
            Self::Certificate => {
                pair = KeyPair::read(algorithm, bytes);
                if pair.is_none() {
                    return Err(KeyError::NoCertificate);
                }
                Ok(bytes.to_vec())
            }
        }?;
        if decoded.is_empty() {
            return Err(KeyError::Empty);
        }
        Ok(Key {
            secret: Secret::new(decoded),
            pair,
        })
    }

    /// A certificate as the key, with the secret's text beside it (empty where the scheme signs
    /// none).
    ///
    /// # Errors
    /// [`KeyError::NotKey`] where it holds no key of the algorithm.
    pub fn certified(
        algorithm: Algorithm,
        certificate: &[u8],
        secret: Option<&Secret>,
    ) -> Result<Key, KeyError> {
        let public = PublicKey::of_certificate(algorithm, certificate)
            .ok_or(KeyError::NotKey(algorithm.as_str()))?;
        Ok(Key {
            secret: secret.cloned().unwrap_or_else(|| Secret::new(Vec::new())),
            pair: Some(KeyPair::Public(public)),
        })
    }

    /// The name used in definitions and flags.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Utf8 => "utf8",
            Self::Utf8Nfkd => "utf8-nfkd",
            Self::Base64 => "base64",
            Self::Hex => "hex",
            Self::Whsec => "whsec",
            Self::WhsecOrText => "whsec-or-text",
            Self::Basic => "basic",
            Self::Sha1 => "sha1",
            Self::PublicKey => "public-key",
            Self::PemOrBase64 => "pem-or-base64",
            Self::Certificate => "certificate",
        }
    }

    /// The form in words, for `providers show`.
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Self::Utf8 => "the secret's text, byte for byte",
            Self::Utf8Nfkd => "the secret's text in Unicode form NFKD",
            Self::Base64 => "base64, decoded",
            Self::Hex => "hexadecimal, decoded",
            Self::Whsec => "`whsec_` and base64, decoded",
            Self::WhsecOrText => "`whsec_` and base64, decoded; without `whsec_` the text itself",
            Self::Basic => "`user:password`",
            Self::Sha1 => "the SHA-1 of the secret's text",
            Self::PemOrBase64 => "PEM of a key, or base64 of a shared secret",
            Self::PublicKey => "a public key to verify, a private one to sign",
            Self::Certificate => "a certificate, given with --cert",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_decode_or_say_what_was_expected() {
        let bytes = |form: KeyForm, text: &str| {
            form.key(Algorithm::HmacSha256, &Secret::new(text))
                .map(|key| key.bytes().to_vec())
        };
        assert_eq!(bytes(KeyForm::Utf8, "whsec_x"), Ok(b"whsec_x".to_vec()));
        assert_eq!(bytes(KeyForm::Hex, "0aFF"), Ok(vec![0x0a, 0xff]));
        assert_eq!(bytes(KeyForm::Hex, "0aF"), Err(KeyError::NotHex));
        assert_eq!(bytes(KeyForm::Base64, "AAE="), Ok(vec![0, 1]));
        assert_eq!(bytes(KeyForm::Base64, "AAE"), Ok(vec![0, 1]));
        assert_eq!(bytes(KeyForm::Whsec, "whsec_AAE="), Ok(vec![0, 1]));
        assert_eq!(bytes(KeyForm::Whsec, "v1,whsec_AAE="), Ok(vec![0, 1]));
        assert_eq!(bytes(KeyForm::Whsec, "AAE="), Ok(vec![0, 1]));
        assert_eq!(bytes(KeyForm::Whsec, "not base64"), Err(KeyError::NotWhsec));
        assert_eq!(
            bytes(KeyForm::Basic, "user:pass"),
            Ok(b"dXNlcjpwYXNz".to_vec())
        );
        assert_eq!(bytes(KeyForm::Basic, "user"), Err(KeyError::NotBasic));
        assert_eq!(bytes(KeyForm::Utf8Nfkd, "\u{fb01}"), Ok(b"fi".to_vec()));
        assert_eq!(
            bytes(KeyForm::Sha1, "abc").map(hex::encode).as_deref(),
            Ok("a9993e364706816aba3e25717850c26c9cd0d89d")
        );
        for form in [KeyForm::Utf8, KeyForm::Hex, KeyForm::Base64, KeyForm::Sha1] {
            assert_eq!(bytes(form, ""), Err(KeyError::Empty));
        }
        assert_eq!(bytes(KeyForm::Whsec, "whsec_"), Err(KeyError::Empty));
        assert_eq!(bytes(KeyForm::WhsecOrText, "whsec_AAE="), Ok(vec![0, 1]));
        assert_eq!(bytes(KeyForm::WhsecOrText, "AAE="), Ok(b"AAE=".to_vec()));
        let not_whsec = bytes(KeyForm::WhsecOrText, "whsec_*");
        assert_eq!(not_whsec, Err(KeyError::NotWhsec));
        let invalid = KeyForm::Utf8Nfkd.key(Algorithm::HmacSha256, &Secret::new(b"\xff"));
        assert_eq!(invalid.err(), Some(KeyError::NotText));
    }

    #[test]
    fn a_pair_is_read_for_schemes_that_have_one_and_no_others() {
        let private = include_str!("../../../tests/vectors/p256-test-key.pem");
        let read = |form: KeyForm, text: &str| form.key(Algorithm::EcdsaP256, &Secret::new(text));
        for form in [
            KeyForm::PublicKey,
            KeyForm::PemOrBase64,
            KeyForm::Certificate,
        ] {
            let key = read(form, private).expect("a key");
            assert!(key.pair().is_some_and(KeyPair::is_private), "{form:?}");
            assert!(key.signs(), "{form:?}");
        }
        let key = read(KeyForm::PublicKey, &format!("04{}", "0a".repeat(64))).expect("a key");
        assert!(key.pair().is_some() && !key.signs());
        for (form, text, error) in [
            (KeyForm::PublicKey, "", KeyError::Empty),
            (KeyForm::PublicKey, "x", KeyError::NotKey("ecdsa-p256")),
            (KeyForm::Certificate, "", KeyError::NoCertificate),
            (KeyForm::Certificate, "text", KeyError::NoCertificate),
            (KeyForm::PemOrBase64, "no base64", KeyError::NotBase64),
            (KeyForm::PemOrBase64, " ", KeyError::Empty),
            (
                KeyForm::PemOrBase64,
                "-----BEGIN X-----",
                KeyError::NotKey("HTTP Message Signatures"),
            ),
        ] {
            assert_eq!(read(form, text).err(), Some(error), "{form:?} {text}");
        }
        // A shared secret has no pair, and a PEM that is one is never a secret.
        let shared = read(KeyForm::PemOrBase64, " AAE= ").expect("a key");
        assert!(shared.pair().is_none() && shared.signs());
        assert_eq!(shared.bytes(), [0, 1]);
        let text = read(KeyForm::Utf8, private).expect("a key");
        assert!(text.pair().is_none());
        let indented = read(KeyForm::PemOrBase64, &format!("\n {private}")).expect("a key");
        assert!(indented.pair().is_some());
    }

    #[test]
    fn a_certificate_verifies_and_the_text_beside_it_is_signed() {
        let published = include_str!("../../../tests/vectors/sns.json");
        let published: serde_json::Value = serde_json::from_str(published).expect("JSON");
        let certificate = published["certificate"].as_str().expect("PEM").as_bytes();
        let read = |algorithm, text: Option<&Secret>| {
            KeyForm::certified(algorithm, certificate, text).map(|key| key.bytes().to_vec())
        };
        let text = Secret::new("webhook id");
        assert_eq!(read(Algorithm::RsaSha256, None), Ok(Vec::new()));
        assert_eq!(
            read(Algorithm::RsaSha256, Some(&text)),
            Ok(b"webhook id".to_vec())
        );
        let key = KeyForm::certified(Algorithm::RsaSha256, certificate, None).expect("a key");
        assert!(!key.signs());
        let ed25519 = read(Algorithm::Ed25519, None);
        assert_eq!(ed25519, Err(KeyError::NotKey("ed25519")));
        let none = KeyForm::certified(Algorithm::RsaSha256, b"no certificate", None);
        assert_eq!(none.err(), Some(KeyError::NotKey("rsa-sha256")));
    }

    #[test]
    fn each_form_has_its_name_and_its_words() {
        #[derive(Deserialize)]
        struct Named {
            name: KeyForm,
        }
        let mut all = std::collections::BTreeSet::new();
        for name in [
            "utf8",
            "utf8-nfkd",
            "base64",
            "hex",
            "whsec",
            "whsec-or-text",
            "basic",
            "sha1",
            "public-key",
            "pem-or-base64",
            "certificate",
        ] {
            let named: Named = toml::from_str(&format!("name = \"{name}\"")).expect(name);
            assert_eq!(named.name.as_str(), name);
            assert!(all.insert(named.name.describe()), "{name}");
        }
        assert!(all.iter().all(|words| words.len() > 6));
    }
}
