//! What a message claims: its signatures as written, and what goes with them.

use super::place::{field, only};
use super::{Scheme, TimestampRule};
use crate::core::event::View;
use crate::core::message::Message;
use crate::core::verdict::Reason;

/// What a message claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Signatures with their timestamp; any may match. Most schemes have one group.
    pub groups: Vec<Group>,
    /// The delivery id's text, empty where none is signed.
    pub id: String,
}

/// Signatures that share a timestamp.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The signatures' texts.
    pub signatures: Vec<String>,
    /// The timestamp's text, empty where the scheme has none.
    pub timestamp: String,
    /// The id of the key that made them, where the layout names one.
    pub key_id: Option<String>,
    /// The whole value they stand in.
    pub value: String,
}

impl Group {
    /// Whether the signatures may be those of the key with this id; without an id, any may be.
    pub(super) fn is_of(&self, key_id: Option<&str>) -> bool {
        match (self.key_id.as_deref(), key_id) {
            (Some(named), Some(own)) => named == own,
            _ => true,
        }
    }
}

impl Scheme {
    /// Whether a message carries this scheme's signature, readable or not.
    #[must_use]
    pub fn is_present(&self, view: &View<'_>) -> bool {
        self.signature.place.is_present(view)
    }

    /// Whether a message carries a signature this scheme can read: in its layout, and of its length.
    #[must_use]
    pub fn is_readable(&self, view: &View<'_>) -> bool {
        let Ok(claim) = self.claim(view) else {
            return false;
        };
        if let Some(code) = self.signed_by {
            return code.reads(&claim);
        }
        let Some(length) = self.algorithm.tag_length() else {
            return true;
        };
        let mut signatures = claim.groups.iter().flat_map(|group| &group.signatures);
        signatures.any(|text| {
            let tag = self.signature.encoding.decode(text);
            tag.is_some_and(|tag| tag.len() == length)
        })
    }

    /// Reads what a message claims, in the order of the checks.
    ///
    /// # Errors
    /// What is missing, repeated or malformed.
    pub fn claim(&self, view: &View<'_>) -> Result<Claim, Reason> {
        let place = &self.signature.place;
        let values = place.values(view)?;
        self.requirements(view.message())?;
        let headers = &view.message().headers;
        let id = match &self.id_header {
            Some(name) => only(headers, name)?.to_owned(),
            None => String::new(),
        };
        let mut groups = Vec::new();
        for value in &values {
            let written = self.signature.layout.parse(value).map_err(|()| {
                let shape = self.signature.layout.shape(self.signature.encoding);
                place.malformed(format!("`{shape}`"))
            })?;
            for group in written {
                groups.push(Group {
                    timestamp: self.timestamp_of(view, group.timestamp)?,
                    signatures: group.signatures.into_iter().map(str::to_owned).collect(),
                    key_id: group.key_id.map(str::to_owned),
                    value: value.clone(),
                });
            }
        }
        Ok(Claim { groups, id })
    }

    /// The timestamp's text: from the signature's value, the body, or a header.
    fn timestamp_of(&self, view: &View<'_>, written: Option<&str>) -> Result<String, Reason> {
        let Some(TimestampRule { header, json, .. }) = &self.timestamp else {
            return Ok(String::new());
        };
        let headers = &view.message().headers;
        if let Some(text) = written {
            if let Some(name) = header
                && only(headers, name)? != text
            {
                return Err(Reason::MalformedHeader {
                    name: name.clone(),
                    expected: "the timestamp of the signature".to_owned(),
                });
            }
            return Ok(text.to_owned());
        }
        if let Some(pointer) = json {
            match view.text_at(pointer) {
                Some(text) => return Ok(text),
                None if header.is_none() => {
                    return Err(Reason::MissingField {
                        place: field(pointer),
                    });
                }
                None => {}
            }
        }
        match header {
            Some(name) => only(headers, name).map(str::to_owned),
            None => Ok(String::new()),
        }
    }

    /// Whether the headers and the body are there that must be, signed or not.
    pub(super) fn requirements(&self, message: &Message) -> Result<(), Reason> {
        for name in &self.require {
            only(&message.headers, name)?;
        }
        for (name, value) in &self.require_equal {
            if only(&message.headers, name)? != value {
                return Err(Reason::MalformedHeader {
                    name: name.clone(),
                    expected: format!("`{value}`"),
                });
            }
        }
        if self.body_required && message.body.is_empty() {
            return Err(Reason::MissingField {
                place: "body".to_owned(),
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::code::testing::Case;
    use super::*;

    /// What a message claims under a scheme, as `signatures@time` and the id, or why it cannot be read.
    fn claimed(scheme: &str, headers: &[(&str, &str)], body: &str) -> String {
        let case = Case {
            scheme,
            headers,
            body,
            ..Case::default()
        };
        let message = case.message();
        let claim = case.scheme().claim(&View::new(&message));
        let claim = match claim {
            Ok(claim) => claim,
            Err(reason) => return reason.to_string(),
        };
        let groups = claim.groups.iter().map(|group| {
            let signatures = group.signatures.join("+");
            format!("{}@{}", signatures, group.timestamp)
        });
        groups.collect::<Vec<_>>().join(" ") + &claim.id
    }

    #[test]
    fn the_signed_id_is_there_once() {
        let scheme = r#"
            name = "x"
            algorithm = "hmac-sha256"
            signed = "{id}.{body}"
            id-header = "X-Id"
            signature = { header = "X-S", encoding = "hex" }
        "#;
        let found = |ids: &[&str]| {
            let ids = ids.iter().map(|id| ("X-Id", *id));
            let headers: Vec<_> = ids.chain([("X-S", "00")]).collect();
            claimed(scheme, &headers, "")
        };
        assert_eq!(found(&["7"]), "00@7");
        assert_eq!(found(&[]), "header `X-Id` is missing");
        assert_eq!(found(&[""]), "header `X-Id` is missing");
        let twice = "header `X-Id` is there more than once";
        assert_eq!(found(&["7", "8"]), twice);
        assert_eq!(found(&["7", "7"]), twice);
    }

    #[test]
    fn a_timestamp_has_one_value() {
        let scheme = |timestamp: &str, signature: &str| {
            format!(
                r#"
                name = "x"
                algorithm = "hmac-sha256"
                signed = "{{timestamp}}.{{body}}"
                timestamp = {{ unit = "seconds", {timestamp} }}
                signature = {{ header = "X-S", encoding = "hex", {signature} }}
                "#
            )
        };
        let header = "header = \"X-T\"";
        let pairs = "layout = \"pairs\", signature-key = \"v1\", timestamp-key = \"t\"";
        let in_header = scheme(header, "prefix = \"\"");
        let in_both = scheme(header, pairs);
        let in_body = scheme("json = \"/t\"", "prefix = \"\"");
        let body_or_header = scheme("json = \"/t\", header = \"X-T\"", "prefix = \"\"");
        let (plain, paired) = (("X-S", "00"), ("X-S", "t=17,v1=00"));
        let missing = "header `X-T` is missing";
        let no_field = "field `/t` of the body is missing";
        let (time, other) = (("X-T", "17"), ("X-T", "18"));
        for (scheme, headers, body, expected) in [
            (&in_header, &[plain, time][..], "", "00@17"),
            (&in_header, &[plain], "", missing),
            (
                &in_header,
                &[plain, time, other],
                "",
                "header `X-T` is there more than once",
            ),
            (&in_both, &[paired, time], "", "00@17"),
            (
                &in_both,
                &[paired, other],
                "",
                "header `X-T` is malformed, expected the timestamp of the signature",
            ),
            (&in_both, &[paired], "", missing),
            (&in_body, &[plain], "{\"t\":17}", "00@17"),
            (&in_body, &[plain], "{\"t\":\"17\"}", "00@17"),
            (&in_body, &[plain], "{\"t\":null}", no_field),
            (&in_body, &[plain, time], "{}", no_field),
            (&body_or_header, &[plain, other], "{\"t\":17}", "00@17"),
            (&body_or_header, &[plain, other], "{}", "00@18"),
            (&body_or_header, &[plain], "{}", missing),
        ] {
            let found = claimed(scheme, headers, body);
            assert_eq!(found, expected, "{headers:?} {body}");
        }
    }

    #[test]
    fn what_must_be_there_is_there() {
        let scheme = r#"
            name = "x"
            algorithm = "hmac-sha256"
            signed = "{body}"
            require = ["X-Event"]
            require-equal = { X-Version = "1" }
            signature = { header = "X-S", encoding = "hex" }
        "#;
        let needs_body = scheme.replace("require =", "body-required = true\nrequire =");
        let event = ("X-Event", "push");
        let version = ("X-Version", "1");
        let signature = ("X-S", "00");
        for (scheme, headers, body, expected) in [
            (scheme, &[signature, event, version][..], "", "00@"),
            (&needs_body, &[signature, event, version], "x", "00@"),
            (
                &needs_body,
                &[signature, event, version],
                "",
                "body is missing",
            ),
            (
                scheme,
                &[signature, version],
                "x",
                "header `X-Event` is missing",
            ),
            (
                scheme,
                &[signature, event],
                "x",
                "header `X-Version` is missing",
            ),
            (
                scheme,
                &[signature, event, ("X-Version", "2")],
                "x",
                "header `X-Version` is malformed, expected `1`",
            ),
            (scheme, &[event, version], "x", "header `X-S` is missing"),
        ] {
            assert_eq!(claimed(scheme, headers, body), expected, "{headers:?}");
        }
    }

    #[test]
    fn a_signature_that_can_be_read_has_its_layout_and_length() {
        let scheme = |algorithm: &str| {
            format!(
                r#"
                name = "x"
                algorithm = "{algorithm}"
                {}
                signature = {{ header = "X-S", prefix = "v1=", separator = ",", encoding = "hex" }}
                "#,
                match algorithm {
                    "token" => "",
                    "ed25519" | "ecdsa-p256" => "signed = \"{body}\"\nkey = \"public-key\"",
                    "sha1" | "sha256" => "signed = \"{body}{secret}\"",
                    _ => "signed = \"{body}\"",
                }
            )
        };
        let of = |length: usize| format!("v1={}", "0a".repeat(length));
        let long = format!("v1=00,{}", of(20));
        for (algorithm, value, present, readable) in [
            ("hmac-sha1", of(20), true, true),
            ("sha1", of(20), true, true),
            ("hmac-sha256", of(32), true, true),
            ("sha256", of(32), true, true),
            ("hmac-sha384", of(48), true, true),
            ("hmac-sha512", of(64), true, true),
            ("ed25519", of(64), true, true),
            ("hmac-sha1", of(32), true, false),
            ("hmac-sha256", of(20), true, false),
            ("hmac-sha256", of(31), true, false),
            ("hmac-sha256", "v1=no hex".to_owned(), true, false),
            ("hmac-sha256", "v2=00".to_owned(), true, false),
            ("hmac-sha1", long, true, true),
            ("ecdsa-p256", of(70), true, true),
            ("token", of(1), true, true),
            ("token", "v2=00".to_owned(), true, false),
        ] {
            let scheme = scheme(algorithm);
            let headers = [("X-S", value.as_str())];
            let case = Case {
                scheme: &scheme,
                headers: &headers,
                ..Case::default()
            };
            let (message, other) = (case.message(), Case::default().message());
            let (view, none) = (View::new(&message), View::new(&other));
            let scheme = case.scheme();
            assert_eq!(scheme.is_present(&view), present, "{algorithm} {value}");
            assert_eq!(scheme.is_readable(&view), readable, "{algorithm} {value}");
            assert!(!scheme.is_present(&none) && !scheme.is_readable(&none));
        }
    }
}
