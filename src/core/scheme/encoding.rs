//! How a digest's bytes are written.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD};
use serde::Deserialize;

/// How a digest's bytes are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// Hexadecimal, read in either case, written in lower case.
    Hex,
    /// Hexadecimal in lower case only.
    HexLower,
    /// Base64 with padding, canonical only.
    Base64,
    /// URL-safe base64 with padding, canonical only.
    Base64url,
    /// URL-safe base64 without padding, canonical only.
    Base64urlNopad,
    /// The bytes themselves: static tokens.
    Text,
}

impl Encoding {
    /// The digest as text.
    #[must_use]
    pub fn encode(self, digest: &[u8]) -> String {
        match self {
            Self::Hex | Self::HexLower => {
                let mut text = vec![0; 2 * digest.len()];
                // Into a slice it writes bytes, otherwise characters one by one.
                let _ = hex::encode_to_slice(digest, &mut text);
                String::from_utf8(text).unwrap_or_default()
            }
            Self::Base64 => BASE64_STANDARD.encode(digest),
            Self::Base64url => BASE64_URL_SAFE.encode(digest),
            Self::Base64urlNopad => BASE64_URL_SAFE_NO_PAD.encode(digest),
            Self::Text => String::from_utf8_lossy(digest).into_owned(),
        }
    }

    /// The bytes of a digest's text, `None` if it is not written this way.
    #[must_use]
    pub fn decode(self, text: &str) -> Option<Vec<u8>> {
        match self {
            Self::HexLower if text.bytes().any(|byte| byte.is_ascii_uppercase()) => None,
            Self::Hex | Self::HexLower => hex::decode(text).ok(),
            Self::Base64 => BASE64_STANDARD.decode(text).ok(),
            Self::Base64url => BASE64_URL_SAFE.decode(text).ok(),
            Self::Base64urlNopad => BASE64_URL_SAFE_NO_PAD.decode(text).ok(),
            Self::Text => Some(text.as_bytes().to_vec()),
        }
    }

    /// The name used in definitions and flags.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hex => "hex",
            Self::HexLower => "hex-lower",
            Self::Base64 => "base64",
            Self::Base64url => "base64url",
            Self::Base64urlNopad => "base64url-nopad",
            Self::Text => "text",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_canonical_only() {
        let digest = [1_u8, 2, 3, 4];
        let text = Encoding::Base64.encode(&digest);
        assert_eq!(text, "AQIDBA==");
        assert_eq!(Encoding::Base64.decode(&text), Some(digest.to_vec()));
        for other in ["AQIDBB==", "AQIDBA", "AQIDBA=", " AQIDBA==", "AQIDBA==="] {
            assert_eq!(Encoding::Base64.decode(other), None, "{other}");
        }
        assert_eq!(Encoding::HexLower.decode("AB"), None);
        assert_eq!(Encoding::Hex.decode("AB"), Some(vec![0xab]));
    }

    #[test]
    fn what_is_written_is_read_by_its_own_encoding() {
        #[derive(Deserialize)]
        struct Named {
            name: Encoding,
        }
        let digest = [0xfb, 0xff, 0x3e, 0x00];
        for (name, text) in [
            ("hex", "fbff3e00"),
            ("hex-lower", "fbff3e00"),
            ("base64", "+/8+AA=="),
            ("base64url", "-_8-AA=="),
            ("base64url-nopad", "-_8-AA"),
        ] {
            let named: Named = toml::from_str(&format!("name = \"{name}\"")).expect(name);
            let encoding = named.name;
            assert_eq!(encoding.as_str(), name);
            assert_eq!(encoding.encode(&digest), text);
            assert_eq!(encoding.decode(text), Some(digest.to_vec()), "{name}");
            assert_ne!(encoding.decode("fbff3e01"), Some(digest.to_vec()), "{name}");
            assert_eq!(encoding.decode("~"), None, "{name}");
        }
        assert_eq!(Encoding::Text.as_str(), "text");
        assert_eq!(Encoding::Text.encode(b"a secret"), "a secret");
        assert_eq!(
            Encoding::Text.decode("A secret"),
            Some(b"A secret".to_vec())
        );
    }
}
