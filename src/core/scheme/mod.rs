//! The signature engine: one description that is parsed and verified, rendered and signed.
//!
//! A [`Scheme`] is data read from a provider's definition. [`Scheme::verify`] reads what
//! [`Scheme::signer`] renders, through the same [`Layout`], [`Encoding`] and [`SignedText`], so the
//! two directions cannot drift.
//!
//! Decided once, for every scheme:
//! - a header that must stand once and is repeated makes the message invalid, whichever copy is right;
//! - an empty signature header counts as missing;
//! - the layout decides what is *malformed*; a digest that does not decode is a *mismatch*;
//! - base64 is accepted in its one canonical form only, so nobody can vary a valid signature;
//! - hex is accepted in either case only where the definition says `hex` (not `hex-lower`);
//! - the text of a timestamp is signed as it was sent, never the number parsed from it;
//! - a signature is looked at before the age, unless the provider documents the opposite.

mod algorithm;
mod certificate;
mod claim;
mod code;
mod encoding;
mod expected;
mod fresh;
mod jwt_rule;
mod key;
mod layout;
mod mac;
mod place;
mod public_key;
mod sign;
mod signed_text;
mod timestamp;
mod trace;
mod verify;

use std::collections::BTreeMap;

use serde::Deserialize;

pub use self::algorithm::Algorithm;
pub use self::certificate::{CertificateSource, NotFetched};
pub use self::claim::Claim;
pub use self::code::Code;
pub use self::encoding::Encoding;
pub use self::fresh::Fresh;
pub use self::jwt_rule::{ClaimHash, JwtAlgorithm, JwtRule};
pub use self::key::{Key, KeyError, KeyForm};
pub use self::layout::Layout;
pub use self::place::{Place, Signature};
pub use self::sign::{SignError, Signed, Signer, Stamp};
pub use self::signed_text::{Fields, Part, SignedText};
pub use self::timestamp::{TimestampRule, Tolerance, Unit};
pub use self::trace::{Check, Made, Piece, PieceBytes, Trace};
pub use self::verify::Context;

use super::verdict::Coverage;

/// How a provider signs: everything needed to verify and to sign.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Scheme {
    /// What `--scheme` takes.
    pub name: String,
    /// Used only when named by `--scheme`, never chosen by itself: old or rarely used.
    #[serde(default)]
    pub legacy: bool,
    /// What makes the signature.
    pub algorithm: Algorithm,
    /// What the secret's text stands for.
    #[serde(default)]
    pub key: KeyForm,
    /// What a real secret looks like, with `*` for anything: `whsec_*`. One that does not fit is
    /// worth a warning.
    pub key_shape: Option<String>,
    /// What is signed; empty for a static token.
    #[serde(default)]
    pub signed: SignedText,
    /// Code that makes the signed text, where parts cannot express it.
    pub signed_by: Option<Code>,
    /// Where a message names its sender's certificate.
    pub certificate: Option<CertificateSource>,
    /// How much of the body a signature vouches for, where the text does not tell.
    pub coverage: Option<Coverage>,
    /// Where the signature stands and how it is written.
    pub signature: Signature,
    /// The signed timestamp, if the scheme has one.
    pub timestamp: Option<TimestampRule>,
    /// What a token says, with `signed-by = "jwt"`.
    pub jwt: Option<JwtRule>,
    /// The header of the signed id, where `{id}` is part of the signed text.
    pub id_header: Option<String>,
    /// The header that names the key.
    pub key_id_header: Option<String>,
    /// Headers that must be there although they are not signed.
    #[serde(default)]
    pub require: Vec<String>,
    /// Headers that must be there with this value.
    #[serde(default)]
    pub require_equal: BTreeMap<String, String>,
    /// Whether an empty body is refused.
    #[serde(default)]
    pub body_required: bool,
    /// Whether the provider documents that the age is judged before the signature.
    #[serde(default)]
    pub age_first: bool,
    /// The provider's own words for a rejection, by reason: `{age}` stands for seconds, `{header}`
    /// for the header at fault.
    #[serde(default)]
    pub texts: BTreeMap<String, String>,
}

impl Scheme {
    /// How much of the body a valid signature vouches for.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        let of_token = self.jwt.as_ref().map(JwtRule::coverage);
        let own = self.coverage.or(of_token);
        own.unwrap_or_else(|| match self.signed_by {
            Some(code) => code.coverage(),
            None if self.signed.covers_body() => Coverage::Body,
            None => Coverage::None,
        })
    }

    /// The same for one message: some codes cover more or less of it as it comes.
    pub(crate) fn coverage_in(&self, view: &super::event::View<'_>) -> Coverage {
        match (self.coverage, self.signed_by) {
            (None, Some(code)) if self.jwt.is_none() => code.coverage_in(view),
            _ => self.coverage(),
        }
    }

    /// Reads a secret as this scheme's key.
    ///
    /// # Errors
    /// [`KeyError`] says what was expected; it never repeats the secret.
    pub fn read_key(&self, secret: &super::secret::Secret) -> Result<Key, KeyError> {
        self.key.key(self.algorithm, secret)
    }

    /// Whether the request's public URL is signed.
    #[must_use]
    pub fn needs_url(&self) -> bool {
        let url = [Part::Url, Part::UrlBase];
        self.signed_by.is_some_and(Code::needs_url)
            || self.jwt.as_ref().is_some_and(JwtRule::needs_url)
            || self.signed.parts().iter().any(|part| url.contains(part))
    }

    /// How far a signed timestamp may lie from now; `None` where the scheme has none.
    #[must_use]
    pub fn tolerance(&self) -> Option<Tolerance> {
        let rule = self.timestamp.as_ref().map(TimestampRule::tolerance);
        rule.or_else(|| self.jwt.as_ref().map(JwtRule::tolerance))
    }

    /// Whether the delivery id is signed.
    #[must_use]
    pub fn signs_id(&self) -> bool {
        self.id_header.is_some()
    }

    /// Whether a body can be signed piece by piece as it is read.
    #[must_use]
    pub fn streams(&self) -> bool {
        let plain = self.signed_by.is_none() && self.signature.place.header().is_some();
        let in_body = self
            .timestamp
            .as_ref()
            .is_some_and(|rule| rule.json.is_some());
        plain && !in_body && !self.algorithm.has_pair() && !self.signed.needs_body_first()
    }

    /// Whether signatures of several keys can stand in one message.
    #[must_use]
    pub fn carries_several(&self) -> bool {
        self.signature.layout.carries_several() || self.signature.place.carries_several()
    }

    /// Every header this scheme reads, the signature's first.
    #[must_use]
    pub fn headers(&self) -> Vec<String> {
        let timestamp = self.timestamp.as_ref().and_then(|rule| rule.header.clone());
        let mut names = self.signature.place.headers();
        names.extend(self.id_header.clone());
        names.extend(timestamp);
        names.extend(self.key_id_header.clone());
        names
    }

    /// Whether a secret's text looks like this provider's, as far as it documents their shape.
    #[must_use]
    pub fn fits_shape(&self, secret: &super::secret::Secret) -> bool {
        let Some(shape) = &self.key_shape else {
            return true;
        };
        let text = secret.expose();
        match shape.split_once('*') {
            Some((start, end)) => {
                text.len() >= start.len() + end.len()
                    && text.starts_with(start.as_bytes())
                    && text.ends_with(end.as_bytes())
            }
            None => text == shape.as_bytes(),
        }
    }

    /// What is wrong with this description, beyond what parsing finds: a person's sentence.
    ///
    /// # Errors
    /// The parts that contradict each other or lack a counterpart.
    pub fn consistent(&self) -> Result<(), String> {
        self.text_is_consistent()?;
        self.timestamp_is_consistent()?;
        let uses = |part: &Part| self.signed.parts().contains(part);
        if self.signed_by.is_none() && uses(&Part::Id) != self.id_header.is_some() {
            return Err("`{id}` in `signed` and `id-header` go together".into());
        }
        if self.algorithm.has_pair()
            && !matches!(self.key, KeyForm::PublicKey | KeyForm::Certificate)
            && self.signed_by.is_none()
        {
            return Err(format!(
                "algorithm `{}` needs `key = \"public-key\"` or `\"certificate\"`",
                self.algorithm.as_str()
            ));
        }
        if uses(&Part::Body) && self.signature.place.is_in_body() {
            return Err("a signature in the body cannot cover `{body}`".into());
        }
        self.token_is_consistent()?;
        let slugs = &super::verdict::Reason::SLUGS;
        match self
            .texts
            .keys()
            .find(|slug| !slugs.contains(&slug.as_str()))
        {
            Some(slug) => Err(format!(
                "unknown reason in `texts`, expected one of {}: `{slug}`",
                slugs.join(", ")
            )),
            None => Ok(()),
        }
    }

    fn text_is_consistent(&self) -> Result<(), String> {
        let empty = self.signed.parts().is_empty();
        match (self.signed_by, self.algorithm) {
            (Some(_), _) if !empty => Err("`signed` and `signed-by` exclude each other".into()),
            (None, Algorithm::Token) if !empty => {
                Err("algorithm `token` signs nothing: remove `signed`".into())
            }
            (Some(_), _) | (None, Algorithm::Token) => Ok(()),
            (None, algorithm) if empty => Err(format!(
                "algorithm `{}` needs `signed`, such as \"{{body}}\"",
                algorithm.as_str()
            )),
            (None, Algorithm::Sha1 | Algorithm::Sha256)
                if !self.signed.parts().contains(&Part::Secret) =>
            {
                Err("a plain hash needs `{secret}` in `signed`".into())
            }
            _ => Ok(()),
        }
    }

    fn token_is_consistent(&self) -> Result<(), String> {
        match &self.jwt {
            None if self.signed_by == Some(Code::Jwt) => {
                Err("`signed-by = \"jwt\"` needs `[scheme.jwt]`".into())
            }
            Some(_) if self.signed_by != Some(Code::Jwt) => {
                Err("`[scheme.jwt]` needs `signed-by = \"jwt\"`".into())
            }
            Some(rule) => rule.consistent(),
            None => Ok(()),
        }
    }

    fn timestamp_is_consistent(&self) -> Result<(), String> {
        let in_value = self.signature.layout.carries_timestamp();
        let placed = in_value
            || self
                .timestamp
                .as_ref()
                .is_some_and(|rule| rule.header.is_some() || rule.json.is_some());
        if self.signed.parts().contains(&Part::Timestamp) && !placed {
            return Err(
                "`{timestamp}` in `signed` needs `signature.timestamp-key` or `timestamp.header`"
                    .into(),
            );
        }
        if in_value && self.timestamp.is_none() {
            return Err("a timestamp needs `[scheme.timestamp]` with its `unit`".into());
        }
        if self.timestamp.is_some() && !placed && self.signed_by.is_none() {
            return Err(
                "`[scheme.timestamp]` needs `header`, `json`, or `signature.timestamp-key`".into(),
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::event::View;
    use crate::core::message::{Headers, Message};
    use crate::core::secret::Secret;

    /// A scheme as a definition writes it; without `algorithm` or `signature` it has the usual one.
    fn scheme(more: &str) -> Scheme {
        let mut text = format!("name = \"x\"\n{more}\n");
        if !more.contains("algorithm =") {
            text.push_str("algorithm = \"hmac-sha256\"\n");
        }
        if !more.contains("signature =") {
            text.push_str("signature = { header = \"X-S\", encoding = \"hex\" }\n");
        }
        toml::from_str(&text).expect(more)
    }

    const PAIRS: &str = r#"signature = { header = "X-S", encoding = "hex", layout = "pairs",
        signature-key = "v1", timestamp-key = "t" }"#;
    const JSON: &str = r#"signature = { json = "/s", encoding = "hex" }"#;
    const SECONDS: &str = "timestamp = { header = \"X-T\", unit = \"seconds\" }";

    #[test]
    fn a_signature_vouches_for_no_more_than_its_text_has() {
        for (more, coverage) in [
            ("signed = \"{body}\"", Coverage::Body),
            ("signed = \"{id}.{body}\"", Coverage::Body),
            ("signed = \"{url}{body-sha256}\"", Coverage::Body),
            ("signed = \"{id}{body-crc32}\"", Coverage::Body),
            ("signed = \"{url}{form-sorted}\"", Coverage::Body),
            ("signed = \"{timestamp}{json:/id}\"", Coverage::None),
            ("signed = \"{url}\"", Coverage::None),
            ("algorithm = \"token\"", Coverage::None),
            (
                "signed = \"{json:/id}\"\ncoverage = \"part\"",
                Coverage::Part,
            ),
            ("signed = \"{body}\"\ncoverage = \"none\"", Coverage::None),
            ("signed-by = \"twilio\"", Coverage::Body),
            ("signed-by = \"hubspot\"", Coverage::Body),
            ("signed-by = \"mercado-pago\"", Coverage::None),
            ("signed-by = \"rfc9421\"", Coverage::None),
            ("signed-by = \"aws-sns\"", Coverage::Part),
            ("signed-by = \"adyen-items\"", Coverage::Part),
            (
                "signed-by = \"jwt\"\njwt = { algorithms = [\"HS256\"] }",
                Coverage::None,
            ),
            (
                "signed-by = \"jwt\"\njwt = { algorithms = [\"HS256\"], body-hash = { claim = \"b\", encoding = \"hex\" } }",
                Coverage::Body,
            ),
        ] {
            let scheme = scheme(more);
            let message = Message::post(Headers::new(), "");
            assert_eq!(scheme.coverage(), coverage, "{more}");
            assert_eq!(scheme.coverage_in(&View::new(&message)), coverage, "{more}");
        }
    }

    #[test]
    fn what_a_definition_says_of_itself() {
        let urls = [
            ("signed = \"{url}{body}\"", true),
            ("signed = \"{url-base}{body}\"", true),
            ("signed = \"{path}{body}\"", false),
            ("signed-by = \"twilio\"", true),
            ("signed-by = \"hook0\"", false),
            (
                "signed-by = \"jwt\"\njwt = { algorithms = [\"HS256\"], url-claim = \"sub\" }",
                true,
            ),
            (
                "signed-by = \"jwt\"\njwt = { algorithms = [\"HS256\"] }",
                false,
            ),
        ];
        for (more, needs) in urls {
            assert_eq!(scheme(more).needs_url(), needs, "{more}");
        }
        let ids = scheme("signed = \"{id}{body}\"\nid-header = \"X-Id\"\nkey-id-header = \"X-K\"");
        assert!(ids.signs_id());
        assert_eq!(ids.headers(), ["X-S", "X-Id", "X-K"]);
        let timed = scheme(&format!("signed = \"{{timestamp}}{{body}}\"\n{SECONDS}"));
        assert!(!timed.signs_id());
        assert_eq!(timed.headers(), ["X-S", "X-T"]);
        for (more, several) in [
            ("signed = \"{body}\"", false),
            (PAIRS, true),
            (
                "signature = { header = \"X-1\", more = [\"X-2\"], encoding = \"hex\" }",
                true,
            ),
            (
                "signature = { header = \"X-1\", numbered = true, encoding = \"hex\" }",
                true,
            ),
            (JSON, false),
        ] {
            assert_eq!(scheme(more).carries_several(), several, "{more}");
        }
    }

    #[test]
    fn the_limits_of_an_age_are_the_timestamp_s_or_the_token_s() {
        let timed = |limit| {
            let rule = format!("{{ header = \"X-T\", unit = \"seconds\", {limit} }}");
            scheme(&format!(
                "signed = \"{{timestamp}}{{body}}\"\ntimestamp = {rule}"
            ))
        };
        let token = "signed-by = \"jwt\"\njwt = { algorithms = [\"HS256\"], max-age = 600 }";
        for (scheme, past, future) in [
            (timed("past = 300"), Some(300), None),
            (timed("future = 60"), None, Some(60)),
            (scheme(token), Some(600), Some(jwt_rule::LEEWAY)),
        ] {
            assert_eq!(scheme.tolerance(), Some(Tolerance { past, future }));
        }
        assert_eq!(scheme("signed = \"{body}\"").tolerance(), None);
    }

    /// A body is read whole where the text is made of it, and needs no room elsewhere.
    #[test]
    fn a_body_streams_where_it_is_signed_as_it_is() {
        for (more, streams) in [
            ("signed = \"{timestamp}.{body}\"", true),
            ("signed = \"{url}{body-sha256}\"", false),
            ("signed = \"{json:/id}\"", false),
            ("signed-by = \"gitea-form\"", false),
            (
                "signed = \"{id}\"\nsignature = { json = \"/s\", encoding = \"hex\" }",
                false,
            ),
            ("algorithm = \"ed25519\"\nsigned = \"{body}\"", false),
            (
                "signed = \"{body}\"\ntimestamp = { json = \"/t\", unit = \"seconds\" }",
                false,
            ),
        ] {
            assert_eq!(scheme(more).streams(), streams, "{more}");
        }
    }

    #[test]
    fn a_secret_has_its_provider_s_shape() {
        for (shape, secret, fits) in [
            ("whsec_*", "whsec_x", true),
            ("whsec_*", "whsec_", true),
            ("whsec_*", "sk_x", false),
            ("*=end", "x=end", true),
            ("*=end", "x", false),
            ("ab*ba", "ab-ba", true),
            ("ab*ba", "abba", true),
            ("ab*ba", "aba", false),
            ("ab*b", "ab", false),
            ("ab*bc", "xx-bc", false),
            ("ab*bc", "ab-xx", false),
            ("fixed", "fixed", true),
            ("fixed", "other", false),
        ] {
            let mut scheme = scheme("signed = \"{body}\"");
            scheme.key_shape = Some(shape.to_owned());
            assert_eq!(
                scheme.fits_shape(&Secret::new(secret)),
                fits,
                "{shape}: {secret}"
            );
            scheme.key_shape = None;
            assert!(scheme.fits_shape(&Secret::new(secret)));
        }
    }

    /// Expects of each description that it is right, or what is said of it.
    fn described(cases: &[(&str, &str)]) {
        for (more, expected) in cases {
            let found = scheme(more).consistent().err().unwrap_or_default();
            assert_eq!(found.is_empty(), expected.is_empty(), "{more}: {found}");
            assert!(found.contains(expected), "{more}: {found}");
        }
    }

    #[test]
    fn what_is_signed_fits_the_algorithm_and_the_key() {
        described(&[
            ("", "needs `signed`"),
            ("signed = \"{body}\"", ""),
            ("signed-by = \"hubspot\"", ""),
            (
                "signed = \"{body}\"\nsigned-by = \"hubspot\"",
                "exclude each other",
            ),
            ("algorithm = \"token\"", ""),
            (
                "algorithm = \"token\"\nsigned = \"{body}\"",
                "signs nothing",
            ),
            (
                "algorithm = \"sha256\"\nsigned = \"{body}\"",
                "needs `{secret}`",
            ),
            (
                "algorithm = \"sha1\"\nsigned = \"{body}\"",
                "needs `{secret}`",
            ),
            ("algorithm = \"sha256\"\nsigned = \"{secret}{body}\"", ""),
            ("algorithm = \"ed25519\"\nsigned = \"{body}\"", "needs `key"),
            (
                "algorithm = \"ed25519\"\nkey = \"public-key\"\nsigned = \"{body}\"",
                "",
            ),
            (
                "algorithm = \"rsa-sha256\"\nkey = \"certificate\"\nsigned = \"{body}\"",
                "",
            ),
            ("algorithm = \"ed25519\"\nsigned-by = \"rfc9421\"", ""),
            ("signed = \"{id}{body}\"", "go together"),
            ("signed = \"{body}\"\nid-header = \"X-Id\"", "go together"),
            ("signed = \"{id}{body}\"\nid-header = \"X-Id\"", ""),
            ("signed-by = \"plivo-v3\"\nid-header = \"X-Nonce\"", ""),
            (
                &format!("signed = \"{{body}}\"\n{JSON}"),
                "in the body cannot cover",
            ),
            (&format!("signed = \"{{json:/id}}\"\n{JSON}"), ""),
            (
                "signed = \"{body}\"\ntexts = { wrong = \"x\" }",
                "unknown reason",
            ),
            ("signed = \"{body}\"\ntexts = { stale = \"x\" }", ""),
        ]);
    }

    #[test]
    fn a_timestamp_has_a_place_and_a_unit() {
        let timed = "signed = \"{timestamp}{body}\"";
        let unit = "timestamp = { unit = \"seconds\" }";
        described(&[
            (timed, "`{timestamp}` in `signed`"),
            (&format!("{timed}\n{SECONDS}"), ""),
            (&format!("{timed}\n{PAIRS}"), "a timestamp needs"),
            (&format!("{timed}\n{PAIRS}\n{unit}"), ""),
            (&format!("signed = \"{{body}}\"\n{unit}"), "needs `header`"),
            (&format!("signed-by = \"rfc9421\"\n{unit}"), ""),
            (
                &format!("{timed}\ntimestamp = {{ json = \"/t\", unit = \"seconds\" }}"),
                "",
            ),
        ]);
    }

    #[test]
    fn a_token_s_rule_goes_with_the_code_that_reads_it() {
        let with = |algorithms: &str| {
            format!("signed-by = \"jwt\"\njwt = {{ algorithms = [{algorithms}] }}")
        };
        described(&[
            ("signed-by = \"jwt\"", "needs `[scheme.jwt]`"),
            (
                "signed = \"{body}\"\njwt = { algorithms = [\"HS256\"] }",
                "signed-by = \"jwt\"",
            ),
            (&with(""), "names no algorithm"),
            (&with("\"HS256\", \"HS512\""), ""),
            (&with("\"ES256\", \"RS256\""), ""),
            (&with("\"HS256\", \"ES256\""), "mixes"),
        ]);
    }
}
