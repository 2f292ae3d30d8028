//! What a provider's JSON Web Tokens say, as data; [`super::Code::Jwt`] reads and makes them.

use serde::Deserialize;

use super::{Algorithm, Encoding, Tolerance};
use crate::core::verdict::Coverage;

/// Seconds two clocks may differ, as in `MessageBird`'s library.
pub(super) const LEEWAY: i64 = 5;

/// What a token says. In a definition: `[scheme.jwt]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct JwtRule {
    /// The algorithms a token may name; signing takes the first that fits the key.
    pub algorithms: Vec<JwtAlgorithm>,
    /// What `iss` must be.
    pub issuer: Option<String>,
    /// Whether `iss` is the id of the key: `LiveKit` puts the API key there.
    #[serde(default)]
    pub key_id_is_issuer: bool,
    /// The claim that is the body's SHA-256.
    pub body_hash: Option<ClaimHash>,
    /// The claim that is the URL's SHA-256.
    pub url_hash: Option<ClaimHash>,
    /// The claim that is the URL.
    pub url_claim: Option<String>,
    /// Seconds `iat` may lie in the past.
    pub max_age: Option<i64>,
}

/// A claim that is a SHA-256.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ClaimHash {
    /// The claim's name.
    pub claim: String,
    /// How the hash is written.
    pub encoding: Encoding,
    /// Whether the claim is left out where there is nothing to hash (`MessageBird`).
    #[serde(default)]
    pub unless_empty: bool,
}

/// A token's algorithm; there is no `none`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum JwtAlgorithm {
    /// HMAC with SHA-256.
    Hs256,
    /// HMAC with SHA-384.
    Hs384,
    /// HMAC with SHA-512.
    Hs512,
    /// ECDSA over P-256 with SHA-256.
    Es256,
    /// RSA PKCS #1 v1.5 with SHA-256.
    Rs256,
}

impl JwtAlgorithm {
    /// The name in a token.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Hs384 => "HS384",
            Self::Hs512 => "HS512",
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
        }
    }

    /// What makes the token's signature.
    pub(super) fn algorithm(self) -> Algorithm {
        match self {
            Self::Hs256 => Algorithm::HmacSha256,
            Self::Hs384 => Algorithm::HmacSha384,
            Self::Hs512 => Algorithm::HmacSha512,
            Self::Es256 => Algorithm::EcdsaP256Raw,
            Self::Rs256 => Algorithm::RsaSha256,
        }
    }
}

impl JwtRule {
    /// How far the time in `iat` may lie from now.
    pub(super) fn tolerance(&self) -> Tolerance {
        Tolerance {
            past: self.max_age,
            future: Some(LEEWAY),
        }
    }

    /// What `iss` must be, where the key's id is known or the issuer is one for all.
    pub(super) fn issuer_for<'a>(&'a self, key_id: Option<&'a str>) -> Option<&'a str> {
        let own = key_id.filter(|_| self.key_id_is_issuer);
        own.or(self.issuer.as_deref())
    }

    /// How much of the body a token vouches for.
    pub(super) fn coverage(&self) -> Coverage {
        match self.body_hash {
            Some(_) => Coverage::Body,
            None => Coverage::None,
        }
    }

    /// Whether the public URL must be known.
    pub(super) fn needs_url(&self) -> bool {
        self.url_hash.is_some() || self.url_claim.is_some()
    }

    /// What is wrong with this table.
    pub(super) fn consistent(&self) -> Result<(), String> {
        let has_pair = |own: &JwtAlgorithm| own.algorithm().has_pair();
        if self.algorithms.is_empty() {
            return Err("`jwt.algorithms` names no algorithm".into());
        }
        if self.algorithms.iter().any(has_pair) != self.algorithms.iter().all(has_pair) {
            return Err("`jwt.algorithms` mixes shared secrets and key pairs".into());
        }
        Ok(())
    }

    /// The algorithms for a person.
    pub(super) fn names(&self) -> String {
        let names: Vec<_> = self.algorithms.iter().map(|own| own.name()).collect();
        names.join(" or ")
    }
}
