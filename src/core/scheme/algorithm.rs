//! What makes a signature.

use serde::Deserialize;

/// What makes a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Algorithm {
    /// HMAC with SHA-1 (20 bytes). Broken as a hash, still sound as a MAC; some providers have only it.
    HmacSha1,
    /// HMAC with SHA-256 (32 bytes).
    HmacSha256,
    /// HMAC with SHA-384 (48 bytes).
    HmacSha384,
    /// HMAC with SHA-512 (64 bytes).
    HmacSha512,
    /// A plain SHA-1 over a text that holds the secret.
    Sha1,
    /// A plain SHA-256 over a text that holds the secret.
    Sha256,
    /// Ed25519 (RFC 8032).
    Ed25519,
    /// ECDSA over P-256 with SHA-256, the signature in ASN.1 DER.
    EcdsaP256,
    /// The same, the signature as its two numbers of 32 bytes (JWT's ES256).
    EcdsaP256Raw,
    /// RSA PKCS #1 v1.5 with SHA-1. Verified only: nobody should sign so anymore.
    RsaSha1,
    /// RSA PKCS #1 v1.5 with SHA-256.
    RsaSha256,
    /// RSA PSS with SHA-512.
    RsaPssSha512,
    /// No signature: the secret itself is sent.
    Token,
}

impl Algorithm {
    /// The name used in definitions and flags.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HmacSha1 => "hmac-sha1",
            Self::HmacSha256 => "hmac-sha256",
            Self::HmacSha384 => "hmac-sha384",
            Self::HmacSha512 => "hmac-sha512",
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Ed25519 => "ed25519",
            Self::EcdsaP256 => "ecdsa-p256",
            Self::EcdsaP256Raw => "ecdsa-p256-raw",
            Self::RsaSha1 => "rsa-sha1",
            Self::RsaSha256 => "rsa-sha256",
            Self::RsaPssSha512 => "rsa-pss-sha512",
            Self::Token => "token",
        }
    }

    /// The length of its signatures in bytes, where they all have the same.
    #[must_use]
    pub fn tag_length(self) -> Option<usize> {
        match self {
            Self::HmacSha1 | Self::Sha1 => Some(20),
            Self::HmacSha256 | Self::Sha256 => Some(32),
            Self::HmacSha384 => Some(48),
            Self::HmacSha512 | Self::Ed25519 | Self::EcdsaP256Raw => Some(64),
            Self::EcdsaP256
            | Self::RsaSha1
            | Self::RsaSha256
            | Self::RsaPssSha512
            | Self::Token => None,
        }
    }

    /// Whether it takes a key pair: a public key verifies, a private one signs.
    #[must_use]
    pub fn has_pair(self) -> bool {
        matches!(
            self,
            Self::Ed25519
                | Self::EcdsaP256
                | Self::EcdsaP256Raw
                | Self::RsaSha1
                | Self::RsaSha256
                | Self::RsaPssSha512
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_its_name_its_length_and_its_kind_of_key() {
        #[derive(Deserialize)]
        struct Named {
            name: Algorithm,
        }
        for (name, length, has_pair) in [
            ("hmac-sha1", Some(20), false),
            ("hmac-sha256", Some(32), false),
            ("hmac-sha384", Some(48), false),
            ("hmac-sha512", Some(64), false),
            ("sha1", Some(20), false),
            ("sha256", Some(32), false),
            ("ed25519", Some(64), true),
            ("ecdsa-p256", None, true),
            ("ecdsa-p256-raw", Some(64), true),
            ("rsa-sha1", None, true),
            ("rsa-sha256", None, true),
            ("rsa-pss-sha512", None, true),
            ("token", None, false),
        ] {
            let named: Named = toml::from_str(&format!("name = \"{name}\"")).expect(name);
            let algorithm = named.name;
            assert_eq!(algorithm.as_str(), name);
            assert_eq!(algorithm.tag_length(), length, "{name}");
            assert_eq!(algorithm.has_pair(), has_pair, "{name}");
        }
    }
}
