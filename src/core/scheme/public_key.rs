//! Signatures with key pairs: Ed25519, ECDSA P-256 and RSA, through `ring`.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED,
    ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair,
    KeyPair as _, RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_SHA256, RSA_PSS_2048_8192_SHA512, RSA_PSS_SHA512, RsaEncoding, RsaKeyPair,
    UnparsedPublicKey, VerificationAlgorithm,
};
use serde_json::Value;
use x509_cert::Certificate;
use x509_cert::der::{Decode, pem};
use x509_cert::spki::SubjectPublicKeyInfoRef;

use super::Algorithm;
use super::key::KEY_BASE64;
use crate::core::secret::Secret;

/// A public key as its algorithm's bytes: 32 for Ed25519, a point for ECDSA, PKCS #1 for RSA.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PublicKey(Vec<u8>);

/// A key of a pair.
#[derive(Clone, Debug)]
pub(super) enum KeyPair {
    /// It verifies.
    Public(PublicKey),
    /// It signs, and so verifies too.
    Private {
        secret: PrivateKey,
        public: PublicKey,
    },
}

/// A private key: PKCS #8, or the seed of an Ed25519 key.
#[derive(Clone, Debug)]
pub(super) enum PrivateKey {
    Pkcs8(Secret),
    Seed(Secret),
}

impl PublicKey {
    /// The key of a certificate, PEM or DER.
    pub(super) fn of_certificate(algorithm: Algorithm, bytes: &[u8]) -> Option<Self> {
        let der = match pem::decode_vec(bytes) {
            Ok((_, der)) => der,
            Err(_) => bytes.to_vec(),
        };
        let certificate = Certificate::from_der(&der).ok()?;
        let info = certificate.tbs_certificate.subject_public_key_info;
        Self::checked(algorithm, info.subject_public_key.raw_bytes())
    }

    fn of_info(algorithm: Algorithm, der: &[u8]) -> Option<Self> {
        let info = SubjectPublicKeyInfoRef::from_der(der).ok()?;
        Self::checked(algorithm, info.subject_public_key.raw_bytes())
    }

    /// A JSON Web Key of a curve, as Plaid hands them out (RFC 7517, RFC 8037).
    fn of_jwk(algorithm: Algorithm, text: &[u8]) -> Option<Self> {
        let jwk: Value = serde_json::from_slice(text).ok()?;
        let text = |name: &str| jwk.get(name)?.as_str();
        let part = |name: &str| BASE64_URL_SAFE_NO_PAD.decode(text(name)?).ok();
        let bytes = match (text("kty")?, text("crv")?) {
            ("EC", "P-256") => [vec![4], part("x")?, part("y")?].concat(),
            ("OKP", "Ed25519") => part("x")?,
            _ => return None,
        };
        Self::checked(algorithm, &bytes)
    }

    fn checked(algorithm: Algorithm, bytes: &[u8]) -> Option<Self> {
        let fits = match algorithm {
            Algorithm::Ed25519 => bytes.len() == 32,
            Algorithm::EcdsaP256 | Algorithm::EcdsaP256Raw => bytes.len() == 65 && bytes[0] == 4,
            Algorithm::RsaSha1 | Algorithm::RsaSha256 | Algorithm::RsaPssSha512 => bytes.len() > 65,
            _ => false,
        };
        fits.then(|| Self(bytes.to_vec()))
    }

    fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        let with = |own: &'static dyn VerificationAlgorithm| {
            UnparsedPublicKey::new(own, &self.0)
                .verify(message, signature)
                .is_ok()
        };
        match algorithm {
            Algorithm::Ed25519 => with(&ED25519),
            Algorithm::EcdsaP256 => with(&ECDSA_P256_SHA256_ASN1),
            Algorithm::RsaSha1 => with(&RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY),
            Algorithm::EcdsaP256Raw => with(&ECDSA_P256_SHA256_FIXED),
            Algorithm::RsaSha256 => with(&RSA_PKCS1_2048_8192_SHA256),
            Algorithm::RsaPssSha512 => with(&RSA_PSS_2048_8192_SHA512),
            _ => false,
        }
    }
}

impl KeyPair {
    /// Reads a key as people have it: PEM (public, private or a certificate), a public JSON Web Key,
    /// `whpk_…` and `whsk_…`, hexadecimal or base64 of the raw key or of its DER.
    pub(super) fn read(algorithm: Algorithm, text: &[u8]) -> Option<Self> {
        let text = text.trim_ascii();
        if let Ok((label, der)) = pem::decode_vec(text) {
            return match label {
                "PUBLIC KEY" => PublicKey::of_info(algorithm, &der).map(Self::Public),
                "CERTIFICATE" => PublicKey::of_certificate(algorithm, &der).map(Self::Public),
                "PRIVATE KEY" => Self::private(algorithm, PrivateKey::Pkcs8(Secret::new(der))),
                _ => None,
            };
        }
        if text.starts_with(b"{") {
            return PublicKey::of_jwk(algorithm, text).map(Self::Public);
        }
        let bare = [b"whpk_".as_slice(), b"whsk_"]
            .iter()
            .find_map(|prefix| text.strip_prefix(*prefix))
            .unwrap_or(text);
        let bytes = hex::decode(bare)
            .ok()
            .or_else(|| KEY_BASE64.decode(bare).ok())?;
        if text.starts_with(b"whsk_") || (algorithm == Algorithm::Ed25519 && bytes.len() == 64) {
            // A seed, alone or followed by its public key.
            let seed = bytes.get(..32)?.to_vec();
            return Self::private(algorithm, PrivateKey::Seed(Secret::new(seed)));
        }
        PublicKey::checked(algorithm, &bytes)
            .filter(|_| !matches!(algorithm, Algorithm::RsaSha256 | Algorithm::RsaPssSha512))
            .or_else(|| PublicKey::of_info(algorithm, &bytes))
            .or_else(|| PublicKey::checked(algorithm, &bytes))
            .map(Self::Public)
            .or_else(|| Self::private(algorithm, PrivateKey::Pkcs8(Secret::new(bytes))))
    }

    /// Reads PEM of a key of any kind.
    pub(super) fn read_any(pem: &[u8]) -> Option<Self> {
        [
            Algorithm::Ed25519,
            Algorithm::EcdsaP256,
            Algorithm::RsaSha256,
        ]
        .into_iter()
        .find_map(|algorithm| Self::read(algorithm, pem))
    }

    /// Whether an algorithm takes keys of this kind.
    pub(super) fn fits(&self, algorithm: Algorithm) -> bool {
        let (Self::Public(public) | Self::Private { public, .. }) = self;
        PublicKey::checked(algorithm, &public.0).is_some()
    }

    fn private(algorithm: Algorithm, secret: PrivateKey) -> Option<Self> {
        let public = match algorithm {
            Algorithm::Ed25519 => ed25519(&secret)?.public_key().as_ref().to_vec(),
            Algorithm::EcdsaP256 | Algorithm::EcdsaP256Raw => {
                let pair = ecdsa(&ECDSA_P256_SHA256_ASN1_SIGNING, &secret)?;
                pair.public_key().as_ref().to_vec()
            }
            Algorithm::RsaSha256 | Algorithm::RsaPssSha512 => {
                rsa(&secret)?.public_key().as_ref().to_vec()
            }
            _ => return None,
        };
        Some(Self::Private {
            secret,
            public: PublicKey(public),
        })
    }

    /// A fresh pair as private and public bytes: of Ed25519 the seed itself, of ECDSA PKCS #8 drawn
    /// by `ring`. RSA keys are not made here.
    pub(super) fn fresh(algorithm: Algorithm, seed: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
        let private = match algorithm {
            Algorithm::Ed25519 => seed.to_vec(),
            Algorithm::EcdsaP256 => {
                let rng = SystemRandom::new();
                let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &rng);
                made.ok()?.as_ref().to_vec()
            }
            _ => return None,
        };
        let secret = match algorithm {
            Algorithm::Ed25519 => PrivateKey::Seed(Secret::new(private.clone())),
            _ => PrivateKey::Pkcs8(Secret::new(private.clone())),
        };
        match Self::private(algorithm, secret)? {
            Self::Private { public, .. } => Some((private, public.0)),
            Self::Public(_) => None,
        }
    }

    pub(super) fn is_private(&self) -> bool {
        matches!(self, Self::Private { .. })
    }

    /// Whether a signature is this key's.
    pub(super) fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        let (Self::Public(public) | Self::Private { public, .. }) = self;
        public.verifies(algorithm, message, signature)
    }

    /// A signature, `None` with a public key alone. ECDSA draws a fresh number for each.
    pub(super) fn sign(&self, algorithm: Algorithm, message: &[u8]) -> Option<Vec<u8>> {
        let Self::Private { secret, .. } = self else {
            return None;
        };
        match algorithm {
            Algorithm::Ed25519 => Some(ed25519(secret)?.sign(message).as_ref().to_vec()),
            Algorithm::EcdsaP256 => with_ecdsa(&ECDSA_P256_SHA256_ASN1_SIGNING, secret, message),
            Algorithm::EcdsaP256Raw => {
                with_ecdsa(&ECDSA_P256_SHA256_FIXED_SIGNING, secret, message)
            }
            Algorithm::RsaSha256 => with_rsa(&RSA_PKCS1_SHA256, secret, message),
            Algorithm::RsaPssSha512 => with_rsa(&RSA_PSS_SHA512, secret, message),
            _ => None,
        }
    }
}

fn with_ecdsa(
    form: &'static EcdsaSigningAlgorithm,
    secret: &PrivateKey,
    message: &[u8],
) -> Option<Vec<u8>> {
    let signature = ecdsa(form, secret)?.sign(&SystemRandom::new(), message);
    Some(signature.ok()?.as_ref().to_vec())
}

fn with_rsa(
    padding: &'static dyn RsaEncoding,
    secret: &PrivateKey,
    message: &[u8],
) -> Option<Vec<u8>> {
    let pair = rsa(secret)?;
    let mut signature = vec![0; pair.public().modulus_len()];
    pair.sign(padding, &SystemRandom::new(), message, &mut signature)
        .ok()?;
    Some(signature)
}

fn ed25519(secret: &PrivateKey) -> Option<Ed25519KeyPair> {
    match secret {
        PrivateKey::Pkcs8(der) => Ed25519KeyPair::from_pkcs8_maybe_unchecked(der.expose()).ok(),
        PrivateKey::Seed(seed) => Ed25519KeyPair::from_seed_unchecked(seed.expose()).ok(),
    }
}

fn ecdsa(form: &'static EcdsaSigningAlgorithm, secret: &PrivateKey) -> Option<EcdsaKeyPair> {
    let PrivateKey::Pkcs8(der) = secret else {
        return None;
    };
    let rng = SystemRandom::new();
    EcdsaKeyPair::from_pkcs8(form, der.expose(), &rng).ok()
}

fn rsa(secret: &PrivateKey) -> Option<RsaKeyPair> {
    let PrivateKey::Pkcs8(der) = secret else {
        return None;
    };
    RsaKeyPair::from_pkcs8(der.expose()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8032, 7.1, test 2.
    #[test]
    fn an_ed25519_seed_signs_as_the_rfc_says() {
        let seed = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
        let public = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
        let signature = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
                         085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
        let read = |text: &str| KeyPair::read(Algorithm::Ed25519, text.as_bytes()).expect("a key");
        let pair = read(&format!("{seed}{public}"));
        let made = pair.sign(Algorithm::Ed25519, &[0x72]).expect("signs");
        assert_eq!(hex::encode(&made), signature);
        let whsk = format!(
            "whsk_{}",
            KEY_BASE64.encode(hex::decode(seed).expect("hex"))
        );
        assert_eq!(
            read(&whsk).sign(Algorithm::Ed25519, &[0x72]),
            Some(made.clone())
        );
        let public = read(public);
        assert!(public.verifies(Algorithm::Ed25519, &[0x72], &made));
        assert!(!public.verifies(Algorithm::Ed25519, &[0x73], &made));
        assert!(public.sign(Algorithm::Ed25519, &[0x72]).is_none());
    }

    #[test]
    fn an_ecdsa_pair_verifies_what_it_signs() {
        let rng = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &rng)
            .expect("a key pair");
        let text = KEY_BASE64.encode(pkcs8.as_ref());
        let pair = KeyPair::read(Algorithm::EcdsaP256, text.as_bytes()).expect("a key");
        for (own, other) in [
            (Algorithm::EcdsaP256, Algorithm::EcdsaP256Raw),
            (Algorithm::EcdsaP256Raw, Algorithm::EcdsaP256),
        ] {
            let signature = pair.sign(own, b"x").expect("signs");
            assert!(pair.verifies(own, b"x", &signature));
            assert!(!pair.verifies(own, b"y", &signature));
            assert!(!pair.verifies(other, b"x", &signature));
        }
    }

    /// RFC 8037, appendix A.2, and RFC 7515, appendix A.3.1.
    #[test]
    fn a_json_web_key_is_a_public_key() {
        let okp =
            r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
        let ec = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;
        let read = |algorithm, text: &str| KeyPair::read(algorithm, text.as_bytes());
        assert!(read(Algorithm::Ed25519, okp).is_some());
        assert!(read(Algorithm::EcdsaP256, okp).is_none());
        let pair = read(Algorithm::EcdsaP256, ec).expect("a key");
        let text = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        let signature = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).expect("base64");
        assert!(pair.verifies(Algorithm::EcdsaP256Raw, text.as_bytes(), &signature));
        assert!(!pair.is_private());
    }

    #[test]
    fn what_is_no_key_is_none() {
        for text in ["", "hello", "00ff", "whpk_AAAA", "-----BEGIN X-----"] {
            assert!(
                KeyPair::read(Algorithm::Ed25519, text.as_bytes()).is_none(),
                "{text}"
            );
            assert!(
                KeyPair::read(Algorithm::RsaSha256, text.as_bytes()).is_none(),
                "{text}"
            );
        }
    }
}
