//! Schemes that data cannot express: what is signed, or how, is made by code.
//!
//! Most only make the *text*: the rest (where the signature stands, its layout and encoding, the key,
//! the timestamp) stays data of the definition. The few that do more stand on their own.

mod adyen;
mod braintree;
mod contentful;
mod escape;
mod gitea;
mod hook0;
mod hubspot;
mod hygraph;
mod jwt;
mod mercado_pago;
mod plivo;
mod rfc9421;
mod sns;
#[cfg(test)]
pub(super) mod testing;
mod twilio;

use serde::Deserialize;

use super::{Algorithm, Claim, Context, Fields, Key, Scheme, SignError, Signed, Stamp, Trace};
use crate::core::event::View;
use crate::core::message::Headers;
use crate::core::verdict::{Coverage, Proof, Reason};

/// A construction of the signed text in code. In a definition: `signed-by = "twilio"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// URL and form fields, or URL and a hash of the body in it.
    Twilio,
    /// Method, URL, body, time; the URL as it is or partly decoded.
    Hubspot,
    /// Method, path, the headers a header names, body.
    Contentful,
    /// Time, headers the signature names, body.
    Hook0,
    /// A JSON object of body, environment and time.
    Hygraph,
    /// A form field, with or without a line break at its end.
    Braintree,
    /// A manifest of query and headers.
    MercadoPago,
    /// The body, or the JSON in a form.
    GiteaForm,
    /// Certain fields of the JSON, name and value a line each.
    AwsSns,
    /// URL with sorted query, sorted form fields, nonce.
    PlivoV3,
    /// Each item of the body, with a signature of its own.
    AdyenItems,
    /// A JSON Web Token.
    Jwt,
    /// HTTP Message Signatures.
    Rfc9421,
}

/// A text that may be the signed one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Text {
    /// The bytes.
    pub(super) bytes: Vec<u8>,
    /// The algorithm, where the message chooses it.
    pub(super) algorithm: Option<Algorithm>,
}

impl From<Vec<u8>> for Text {
    fn from(bytes: Vec<u8>) -> Self {
        Self {
            bytes,
            algorithm: None,
        }
    }
}

impl Code {
    /// The texts a sender may have signed, the most usual first; signing takes that one.
    ///
    /// # Errors
    /// What of the message is missing or malformed.
    pub(super) fn texts(self, fields: &Fields<'_>, view: &View<'_>) -> Result<Vec<Text>, Reason> {
        match self {
            Self::Twilio => Ok(twilio::texts(fields, view)),
            Self::Hubspot => Ok(hubspot::texts(fields, view)),
            Self::Contentful => contentful::texts(fields, view),
            Self::Hook0 => hook0::texts(fields, view),
            Self::Hygraph => hygraph::texts(fields, view),
            Self::Braintree => braintree::texts(view),
            Self::MercadoPago => mercado_pago::texts(fields),
            Self::GiteaForm => gitea::texts(view),
            Self::AwsSns => sns::texts(view),
            Self::PlivoV3 => plivo::texts(fields, view),
            Self::AdyenItems | Self::Jwt | Self::Rfc9421 => Ok(Vec::new()),
        }
    }

    /// The whole verification, by a code that does more than make a text.
    pub(super) fn prove(
        self,
        scheme: &Scheme,
        view: &View<'_>,
        keys: &[Key],
        context: &Context<'_>,
    ) -> Option<Result<Proof, Reason>> {
        match self {
            Self::AdyenItems => Some(adyen::prove(scheme, view, keys)),
            Self::Jwt => Some(jwt::prove(scheme, view, keys, context)),
            Self::Rfc9421 => Some(rfc9421::prove(scheme, view, keys, context)),
            _ => None,
        }
    }

    /// What is signed, laid open by the same codes.
    pub(super) fn trace(
        self,
        scheme: &Scheme,
        view: &View<'_>,
        keys: &[Key],
        context: &Context<'_>,
    ) -> Option<Result<Vec<Trace>, Reason>> {
        match self {
            Self::AdyenItems => Some(adyen::trace(scheme, view, keys)),
            Self::Jwt => Some(jwt::trace(scheme, view, keys, context)),
            Self::Rfc9421 => Some(rfc9421::trace(scheme, view, keys, context)),
            _ => None,
        }
    }

    /// The whole signing, by the same codes.
    pub(super) fn sign(
        self,
        scheme: &Scheme,
        keys: &[Key],
        stamp: &Stamp<'_>,
        view: &View<'_>,
    ) -> Option<Result<Signed, SignError>> {
        match self {
            Self::AdyenItems => Some(adyen::sign(scheme, keys, view)),
            Self::Jwt => Some(jwt::sign(scheme, keys, stamp, view)),
            Self::Rfc9421 => Some(rfc9421::sign(keys, stamp, view)),
            _ => None,
        }
    }

    /// Whether a signature in the scheme's layout is one this code can read.
    pub(super) fn reads(self, claim: &Claim) -> bool {
        match self {
            Self::Jwt => jwt::reads(claim),
            _ => true,
        }
    }

    /// Headers a message to be signed must have beside the signature's, for verification reads them.
    pub(super) fn headers(self, given: &Headers, id: &str) -> Vec<(String, String)> {
        match self {
            Self::Contentful => contentful::headers(given),
            Self::PlivoV3 => plivo::headers(given, id),
            _ => Vec::new(),
        }
    }

    /// The body to sign instead of the one given, where verification reads more of it.
    ///
    /// # Errors
    /// [`SignError`] where the body has not the provider's shape.
    pub(super) fn body(self, given: &[u8]) -> Result<Option<Vec<u8>>, SignError> {
        match self {
            Self::AwsSns => sns::body(given).map(Some),
            _ => Ok(None),
        }
    }

    /// The signature's value before the signature stands in it, where the text is made of it.
    pub(super) fn draft(self, given: &Headers, timestamp: &str) -> String {
        match self {
            Self::Hook0 => hook0::draft(given, timestamp),
            Self::Hygraph => hygraph::draft(timestamp),
            _ => String::new(),
        }
    }

    /// A draft with the signatures in it, where the layout alone does not write the value.
    pub(super) fn finish(self, draft: &str, signatures: &[String]) -> Option<String> {
        match self {
            Self::Hook0 => Some(hook0::finish(draft, signatures)),
            Self::Hygraph => Some(hygraph::finish(draft, signatures)),
            _ => None,
        }
    }

    /// How much of the body the text covers.
    pub(super) fn coverage(self) -> Coverage {
        match self {
            Self::AwsSns | Self::AdyenItems => Coverage::Part,
            // Whether the digest of a body is covered is each message's own choice.
            Self::MercadoPago | Self::Rfc9421 => Coverage::None,
            _ => Coverage::Body,
        }
    }

    /// How much of this message's body the text covers.
    pub(super) fn coverage_in(self, view: &View<'_>) -> Coverage {
        match self {
            Self::Braintree => braintree::coverage(view),
            Self::GiteaForm => gitea::coverage(view),
            Self::PlivoV3 => plivo::coverage(view),
            _ => self.coverage(),
        }
    }

    /// Whether the public URL must be known.
    pub(super) fn needs_url(self) -> bool {
        matches!(self, Self::Twilio | Self::Hubspot | Self::PlivoV3)
    }

    /// The text for a person.
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Self::Hubspot => "<method><url><body><timestamp>",
            Self::Twilio => {
                "<url><form fields sorted, name and value>; for other bodies <url>, whose query has \
                 bodySHA256"
            }
            Self::Contentful => {
                "<method>, <path and escaped query>, <headers x-contentful-signed-headers names>, \
                 <body>, a line each"
            }
            Self::Hook0 => {
                "<timestamp>.<names in h>.<their headers' values>.<body>; for v0 <timestamp>.<body>"
            }
            Self::Hygraph => "JSON of <body> as text, <environment> and <timestamp>",
            Self::Braintree => "<form bt_payload>, or that and a line break",
            Self::MercadoPago => {
                "id:<query data.id, lower case>;request-id:<header x-request-id>;ts:<timestamp>; \
                 without what is missing"
            }
            Self::GiteaForm => "<body>; of a form <form payload>",
            Self::AwsSns => "<certain fields of the body, name and value a line each>",
            Self::AdyenItems => {
                "of each item: pspReference, originalReference, merchantAccountCode, \
                 merchantReference, amount.value, amount.currency, eventCode, success, `:` between"
            }
            Self::Jwt => "a JSON Web Token",
            Self::Rfc9421 => {
                "the components Signature-Input names; the body where content-digest is one of them"
            }
            Self::PlivoV3 => {
                "<url, query sorted>.<form fields sorted, name and value>.<nonce>; without the form \
                 where there is none"
            }
        }
    }
}

/// The one value of a header the signature covers; unlike a signature, it may be empty.
fn one<'a>(headers: &'a Headers, name: &str) -> Result<&'a str, Reason> {
    let mut values = headers.all(name);
    let name = || name.to_owned();
    let value = values
        .next()
        .ok_or_else(|| Reason::MissingHeader { name: name() })?;
    if values.next().is_some() {
        return Err(Reason::RepeatedHeader { name: name() });
    }
    let text = std::str::from_utf8(value).map_err(|_| Reason::MalformedHeader {
        name: name(),
        expected: "text".to_owned(),
    })?;
    Ok(text.trim_matches([' ', '\t']))
}

/// The value of a pair `key=value` in a signature's value; the last counts, as in the libraries.
fn pair<'a>(value: &'a str, key: &str) -> Option<&'a str> {
    value
        .split(',')
        .filter_map(|pair| pair.split_once('='))
        .rfind(|(own, _)| own.trim() == key)
        .map(|(_, text)| text.trim())
}

/// Whether the body says it is a form.
fn is_form(view: &View<'_>) -> bool {
    let kind = view.message().headers.text("content-type");
    let kind = kind.unwrap_or_default().split(';').next();
    kind.unwrap_or_default()
        .trim()
        .eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// The whole body where a form has these fields and no others, each at most once.
fn form_coverage(view: &View<'_>, names: &[&str]) -> Coverage {
    let mut left = names.to_vec();
    let is_known = form_urlencoded::parse(&view.message().body).all(|(name, _)| {
        let at = left.iter().position(|own| *own == name);
        at.map(|at| left.remove(at)).is_some()
    });
    if is_known {
        Coverage::Body
    } else {
        Coverage::Part
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_words_of_its_own_and_says_what_it_needs() {
        #[derive(Deserialize)]
        struct Named {
            name: Code,
        }
        let mut all = std::collections::BTreeSet::new();
        for (name, needs_url, coverage) in [
            ("twilio", true, Coverage::Body),
            ("hubspot", true, Coverage::Body),
            ("contentful", false, Coverage::Body),
            ("hook0", false, Coverage::Body),
            ("hygraph", false, Coverage::Body),
            ("braintree", false, Coverage::Body),
            ("mercado-pago", false, Coverage::None),
            ("gitea-form", false, Coverage::Body),
            ("aws-sns", false, Coverage::Part),
            ("plivo-v3", true, Coverage::Body),
            ("adyen-items", false, Coverage::Part),
            ("jwt", false, Coverage::Body),
            ("rfc9421", false, Coverage::None),
        ] {
            let named: Named = toml::from_str(&format!("name = \"{name}\"")).expect(name);
            let code = named.name;
            assert_eq!(code.needs_url(), needs_url, "{name}");
            assert_eq!(code.coverage(), coverage, "{name}");
            assert!(
                code.describe().len() > 4 && all.insert(code.describe()),
                "{name}"
            );
        }
    }

    #[test]
    fn the_last_of_several_pairs_counts() {
        assert_eq!(pair("a=1, b=2,a = 3 ", "a"), Some("3"));
        assert_eq!(pair("a=1=2", "a"), Some("1=2"));
        assert_eq!(pair("a=1", "b"), None);
        assert_eq!(pair("a", "a"), None);
    }

    #[test]
    fn a_signed_header_stands_once_and_may_be_empty() {
        let headers: Headers = [("a", " 1\t"), ("empty", ""), ("b", "1"), ("B", "1")]
            .into_iter()
            .collect();
        assert_eq!(one(&headers, "A"), Ok("1"));
        assert_eq!(one(&headers, "empty"), Ok(""));
        let slug = |name: &str| one(&headers, name).err().map(|reason| reason.slug());
        assert_eq!(slug("b"), Some("repeated-header"));
        assert_eq!(slug("none"), Some("missing-header"));
        let binary: Headers = [("a", b"\xff".to_vec())].into_iter().collect();
        let malformed = one(&binary, "a").err().map(|reason| reason.slug());
        assert_eq!(malformed, Some("malformed-header"));
    }

    #[test]
    fn a_form_with_more_than_is_known_is_covered_in_part() {
        for (body, coverage) in [
            ("a=1&b=2", Coverage::Body),
            ("b=2&a=1", Coverage::Body),
            ("a=1", Coverage::Body),
            ("", Coverage::Body),
            ("a=1&c=2", Coverage::Part),
            ("c=2&a=1", Coverage::Part),
            ("a=1&a=1", Coverage::Part),
            ("a=1&b=2&b", Coverage::Part),
        ] {
            let message = crate::core::message::Message::post(Headers::new(), body);
            let found = form_coverage(&View::new(&message), &["a", "b"]);
            assert_eq!(found, coverage, "{body}");
        }
    }

    #[test]
    fn a_form_says_that_it_is_one() {
        for (kind, is) in [
            ("application/x-www-form-urlencoded", true),
            ("Application/X-WWW-Form-Urlencoded ; charset=utf-8", true),
            ("application/json", false),
            ("", false),
        ] {
            let headers = [("content-type", kind)].into_iter().collect();
            let message = crate::core::message::Message::post(headers, "");
            assert_eq!(is_form(&View::new(&message)), is, "{kind}");
        }
        let message = crate::core::message::Message::post(Headers::new(), "");
        assert!(!is_form(&View::new(&message)));
    }
}
