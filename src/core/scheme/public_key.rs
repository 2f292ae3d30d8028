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
        // The raw key last: of RSA it is told by its length alone, which a private one has too.
        let private = || Self::private(algorithm, PrivateKey::Pkcs8(Secret::new(bytes.clone())));
        PublicKey::of_info(algorithm, &bytes)
            .map(Self::Public)
            .or_else(private)
            .or_else(|| PublicKey::checked(algorithm, &bytes).map(Self::Public))
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

    const ED25519: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF
-----END PRIVATE KEY-----";
    const ED25519_PUBLIC: &str = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=
-----END PUBLIC KEY-----";
    const P256: &str = include_str!("../../../tests/vectors/p256-test-key.pem");
    const P256_PUBLIC: &str = "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEmXuXPQDuYDeFI945q2sIwxhBhheC
pvBAsNUWSXgW8wuOY6XTF3CiGcBgBUT3mIx/9XM98BkalmUiWb3flOjHfQ==
-----END PUBLIC KEY-----";
    const P256_CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----
MIIBdDCCARugAwIBAgIUc1m0lZzPydnIm7X5tCaf6fSOY98wCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEdGVzdDAgFw0yNjExMjExMDA1MzVaGA8yMTI2MTAyODEwMDUz
NVowDzENMAsGA1UEAwwEdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABJl7
lz0A7mA3hSPeOatrCMMYQYYXgqbwQLDVFkl4FvMLjmOl0xdwohnAYAVE95iMf/Vz
PfAZGpZlIlm935Tox32jUzBRMB0GA1UdDgQWBBT6Q+t6KU72JGkUo+oj1Ggoltnc
djAfBgNVHSMEGDAWgBT6Q+t6KU72JGkUo+oj1GgoltncdjAPBgNVHRMBAf8EBTAD
AQH/MAoGCCqGSM49BAMCA0cAMEQCIDCI2nyPJp9c9yerebT60+LY/fpSFfhOCc48
c8KJ3Y1UAiA4XSpHkHJcE6OPwajxh49gFNGR6FQvG5QED+4Pg98tQw==
-----END CERTIFICATE-----";
    const RSA: &str = include_str!("../../../tests/vectors/rsa-test-key.pem");
    const RSA_PUBLIC: &str = "-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAzwiRS24PzM4PVPqKfyDl
k47i1bFixZJ0YbVb0Gudptq1bCsde8Hj5skORoKe8sY77aIXVNLzzfjuRJe4MQ5c
q/ui3vZC7LvSPrLz4yOcEVtSxdC/tn8cLfqSCufKPFIFz0IElv2abalXPEh60egV
BK0XnqvhMeGAZ+aKaBLMbAsz22vwEVA3+wZ9+IwIGWCIQ14eTMRnqp71AkewB5+w
5AKgXlGbIkUHptWocoJIfCntdWW8P5Moks5EnaoNaeaEnuEKcFyvCXxRreYn8P5G
kOegkj0xqCy2AmQjQZWELhw9dtC3F8QIHb2pipM59JNJ+cPK86+RIOHEWsP1Fum9
mwIDAQAB
-----END PUBLIC KEY-----";

    /// The algorithms that sign here, with the private and the public key as OpenSSL writes them.
    const SIGNING: [(Algorithm, &str, &str); 5] = [
        (Algorithm::Ed25519, ED25519, ED25519_PUBLIC),
        (Algorithm::EcdsaP256, P256, P256_PUBLIC),
        (Algorithm::EcdsaP256Raw, P256, P256_PUBLIC),
        (Algorithm::RsaSha256, RSA, RSA_PUBLIC),
        (Algorithm::RsaPssSha512, RSA, RSA_PUBLIC),
    ];

    fn public(pair: &KeyPair) -> &PublicKey {
        let (KeyPair::Public(public) | KeyPair::Private { public, .. }) = pair;
        public
    }

    #[test]
    fn a_signature_is_its_key_s_and_its_algorithm_s_alone() {
        for (own, private, known) in SIGNING {
            let private = KeyPair::read(own, private.as_bytes()).expect("a private key");
            let known = KeyPair::read(own, known.as_bytes()).expect("a public key");
            assert!(private.is_private() && !known.is_private());
            assert_eq!(public(&private), public(&known), "{own:?}");
            assert!(known.sign(own, b"x").is_none());
            let signature = private.sign(own, b"x").expect("signs");
            assert!(known.verifies(own, b"x", &signature), "{own:?}");
            assert!(private.verifies(own, b"x", &signature), "{own:?}");
            assert!(!known.verifies(own, b"y", &signature), "{own:?}");
            assert!(!known.verifies(own, b"", &signature), "{own:?}");
            assert!(!known.verifies(own, b"x", b""), "{own:?}");
            assert!(!known.verifies(own, b"x", &signature[1..]), "{own:?}");
            for (other, _, key) in SIGNING {
                if other != own {
                    assert!(!known.verifies(other, b"x", &signature), "{other:?}");
                    let key = KeyPair::read(other, key.as_bytes()).expect("a key");
                    let is_same = public(&key) == public(&known);
                    let found = key.verifies(own, b"x", &signature);
                    assert_eq!(found, is_same, "{own:?} {other:?}");
                }
            }
            for mac in [Algorithm::HmacSha256, Algorithm::Token, Algorithm::Sha256] {
                assert!(!known.verifies(mac, b"x", &signature) && !known.fits(mac));
                assert!(private.sign(mac, b"x").is_none());
            }
        }
        // SHA-1 is looked at where a provider still has it, and never made.
        let rsa = KeyPair::read(Algorithm::RsaSha256, RSA.as_bytes()).expect("a key");
        assert!(rsa.sign(Algorithm::RsaSha1, b"x").is_none());
    }

    #[test]
    fn a_key_is_read_as_people_have_it() {
        let der = |pem: &str| pem::decode_vec(pem.as_bytes()).expect("PEM").1;
        for (algorithm, private, known) in SIGNING {
            let expected = KeyPair::read(algorithm, known.as_bytes()).expect("a key");
            let bytes = &public(&expected).0;
            for text in [
                format!("\n{known}\n"),
                KEY_BASE64.encode(der(known)),
                hex::encode(der(known)),
                hex::encode(bytes),
                KEY_BASE64.encode(bytes),
            ] {
                let read = KeyPair::read(algorithm, text.as_bytes()).expect("a key");
                assert!(!read.is_private());
                assert_eq!(public(&read), public(&expected), "{algorithm:?} {text}");
            }
            for text in [private.to_owned(), KEY_BASE64.encode(der(private))] {
                let read = KeyPair::read(algorithm, text.as_bytes()).expect("a key");
                assert!(read.is_private());
                assert_eq!(public(&read), public(&expected), "{algorithm:?}");
            }
        }
        let (ed25519, p256) = (Algorithm::Ed25519, Algorithm::EcdsaP256);
        let read = |algorithm, text: &str| KeyPair::read(algorithm, text.as_bytes());
        let point = public(&read(p256, P256_PUBLIC).expect("a key")).clone();
        let of_certificate = read(p256, P256_CERTIFICATE).expect("a key");
        assert!(!of_certificate.is_private());
        assert_eq!(*public(&of_certificate), point);
        for bytes in [P256_CERTIFICATE.as_bytes(), &der(P256_CERTIFICATE)] {
            let found = PublicKey::of_certificate(p256, bytes);
            assert_eq!(found.as_ref(), Some(&point));
            assert_eq!(PublicKey::of_certificate(ed25519, bytes), None);
        }
        let info = der(RSA_PUBLIC);
        let of_info = PublicKey::of_info(Algorithm::RsaSha1, &info);
        let of_text = read(Algorithm::RsaSha1, &KEY_BASE64.encode(&info)).expect("a key");
        assert_eq!(of_info.as_ref(), Some(public(&of_text)));
        // 32 bytes are a public key, and 64 a seed with it: a public key must not sign.
        let known = public(&read(ed25519, ED25519_PUBLIC).expect("a key")).clone();
        let whpk = format!("whpk_{}", KEY_BASE64.encode(&known.0));
        let named = read(ed25519, &whpk).expect("a key");
        assert!(!named.is_private());
        assert_eq!(*public(&named), known);
    }

    #[test]
    fn a_key_of_another_kind_is_none() {
        let read = |algorithm, text: &str| KeyPair::read(algorithm, text.as_bytes()).is_some();
        let kinds = [
            (Algorithm::Ed25519, ED25519, ED25519_PUBLIC),
            (Algorithm::EcdsaP256, P256, P256_PUBLIC),
            (Algorithm::RsaSha256, RSA, RSA_PUBLIC),
        ];
        for (algorithm, ..) in SIGNING {
            for (kind, private, known) in kinds {
                let is_own = kind == algorithm
                    || kind == Algorithm::EcdsaP256 && algorithm == Algorithm::EcdsaP256Raw
                    || kind == Algorithm::RsaSha256 && algorithm == Algorithm::RsaPssSha512;
                assert_eq!(read(algorithm, private), is_own, "{algorithm:?} {kind:?}");
                assert_eq!(read(algorithm, known), is_own, "{algorithm:?} {kind:?}");
                let pair = KeyPair::read(kind, known.as_bytes()).expect("a key");
                assert_eq!(pair.fits(algorithm), is_own, "{algorithm:?} {kind:?}");
                let any = KeyPair::read_any(private.as_bytes()).expect("a key");
                assert!(any.is_private());
                assert_eq!(any.fits(algorithm), is_own, "{algorithm:?} {kind:?}");
            }
        }
        for mac in [Algorithm::HmacSha256, Algorithm::Token] {
            assert!(!read(mac, RSA) && !read(mac, RSA_PUBLIC) && !read(mac, &"0a".repeat(32)));
        }
        let certificate = P256_CERTIFICATE.as_bytes();
        assert!(PublicKey::of_certificate(Algorithm::RsaSha256, certificate).is_none());
        let point = "04".repeat(65);
        assert!(read(Algorithm::EcdsaP256, &point));
        for (algorithm, text) in [
            (Algorithm::Ed25519, "0a".repeat(31)),
            (Algorithm::Ed25519, "0a".repeat(33)),
            // A seed beside another's public key is still that seed's key; half a seed is none.
            (Algorithm::Ed25519, "whsk_AAAA".to_owned()),
            (Algorithm::EcdsaP256, "04".repeat(64)),
            (Algorithm::EcdsaP256, "04".repeat(66)),
            (Algorithm::EcdsaP256, "02".repeat(65)),
            (Algorithm::EcdsaP256, "0a".repeat(64)),
            (Algorithm::RsaSha256, point),
            (Algorithm::RsaSha256, "0a".repeat(64)),
        ] {
            assert!(!read(algorithm, &text), "{algorithm:?} {text}");
        }
        let of = |text: &str| KeyPair::read_any(text.as_bytes()).is_some();
        assert!(!of("no key") && !of("-----BEGIN X-----"));
    }

    #[test]
    fn a_fresh_pair_signs_what_its_public_key_verifies() {
        let seed = [7; 32];
        for algorithm in [Algorithm::Ed25519, Algorithm::EcdsaP256] {
            let (private, known) = KeyPair::fresh(algorithm, &seed).expect("a pair");
            let private = match algorithm {
                Algorithm::Ed25519 => [private, known.clone()].concat(),
                _ => private,
            };
            let private = KeyPair::read(algorithm, hex::encode(private).as_bytes());
            let known = KeyPair::read(algorithm, hex::encode(known).as_bytes());
            let (private, known) = (private.expect("a key"), known.expect("a key"));
            assert!(private.is_private() && !known.is_private());
            let signature = private.sign(algorithm, b"x").expect("signs");
            assert!(known.verifies(algorithm, b"x", &signature));
        }
        assert!(KeyPair::fresh(Algorithm::RsaSha256, &seed).is_none());
        assert!(KeyPair::fresh(Algorithm::HmacSha256, &seed).is_none());
    }
}
