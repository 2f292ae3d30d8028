//! From a secret's text to the key bytes a scheme uses.

use base64::Engine;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;
use thiserror::Error;

use crate::core::secret::Secret;

/// Secrets are pasted with and without padding, so keys (unlike signatures) take either.
const KEY_BASE64: GeneralPurpose = GeneralPurpose::new(
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
    /// Base64 of the key.
    Base64,
    /// Hexadecimal digits of the key, either case.
    Hex,
    /// Standard Webhooks: `whsec_` and base64 of 24 to 64 bytes. The prefix may be missing, as in
    /// the official libraries, and `v1,` may stand before it (Supabase shows it so).
    Whsec,
}

/// Why a secret cannot be this scheme's key.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum KeyError {
    /// No bytes, or none after the prefix.
    #[error("secret is empty")]
    Empty,
    /// Not hexadecimal.
    #[error("secret is not hexadecimal, expected an even number of digits 0-9 and a-f")]
    NotHex,
    /// Not base64.
    #[error("secret is not base64")]
    NotBase64,
    /// Not base64 after `whsec_`.
    #[error("secret is not a Standard Webhooks secret, expected `whsec_` followed by base64")]
    NotWhsec,
}

/// A secret made ready for one scheme.
#[derive(Clone, Debug)]
pub struct Key(Secret);

impl Key {
    /// The key bytes, for the MAC and for nothing that prints.
    pub(super) fn bytes(&self) -> &[u8] {
        self.0.expose()
    }
}

impl KeyForm {
    /// Reads a secret as this form.
    ///
    /// # Errors
    /// [`KeyError`] says what was expected; it never repeats the secret.
    pub fn key(self, secret: &Secret) -> Result<Key, KeyError> {
        let bytes = secret.expose();
        let decoded = match self {
            Self::Utf8 => Ok(bytes.to_vec()),
            Self::Base64 => KEY_BASE64.decode(bytes).map_err(|_| KeyError::NotBase64),
            Self::Hex => hex::decode(bytes).map_err(|_| KeyError::NotHex),
            Self::Whsec => {
                let bytes = bytes.strip_prefix(b"v1,").unwrap_or(bytes);
                let bytes = bytes.strip_prefix(b"whsec_").unwrap_or(bytes);
                KEY_BASE64.decode(bytes).map_err(|_| KeyError::NotWhsec)
            }
        }?;
        if decoded.is_empty() {
            return Err(KeyError::Empty);
        }
        Ok(Key(Secret::new(decoded)))
    }

    /// The name used in definitions and flags.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Utf8 => "utf8",
            Self::Base64 => "base64",
            Self::Hex => "hex",
            Self::Whsec => "whsec",
        }
    }

    /// The form in words, for `providers show`.
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Self::Utf8 => "the secret's text, byte for byte",
            Self::Base64 => "base64, decoded",
            Self::Hex => "hexadecimal, decoded",
            Self::Whsec => "`whsec_` and base64, decoded",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_decode_or_say_what_was_expected() {
        let bytes = |form: KeyForm, text: &str| {
            form.key(&Secret::new(text)).map(|key| key.bytes().to_vec())
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
        for form in [KeyForm::Utf8, KeyForm::Hex, KeyForm::Base64] {
            assert_eq!(bytes(form, ""), Err(KeyError::Empty));
        }
        assert_eq!(bytes(KeyForm::Whsec, "whsec_"), Err(KeyError::Empty));
    }
}
