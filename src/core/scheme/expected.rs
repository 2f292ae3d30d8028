//! What a signature would have to be, for the diagnosis of one that does not match.
//!
//! Nothing here decides about a message: what is found is put to [`Scheme::verify`].

use super::mac::Mac;
use super::{Algorithm, Context, Fields, Key, Scheme};
use crate::core::event::View;

impl Scheme {
    /// The tags that would sign this message, each with its key's place: of every group of the claim
    /// and every key. None where nothing but a pair of keys or a code of its own can make them.
    pub(in crate::core) fn expected(
        &self,
        view: &View<'_>,
        keys: &[Key],
        context: &Context<'_>,
    ) -> Vec<(usize, Vec<u8>)> {
        let Ok(claim) = self.claim(view) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for group in &claim.groups {
            for (place, key) in keys.iter().enumerate() {
                let fields = Fields::of(&claim, group, view, context, key.bytes());
                let tags = self.tags(view, key, &fields);
                found.extend(tags.into_iter().map(|tag| (place, tag)));
            }
        }
        found
    }

    fn tags(&self, view: &View<'_>, key: &Key, fields: &Fields<'_>) -> Vec<Vec<u8>> {
        if self.algorithm == Algorithm::Token {
            return vec![key.bytes().to_vec()];
        }
        if let Some(code) = self.signed_by {
            let texts = code.texts(fields, view).unwrap_or_default();
            let tags = texts.iter().filter_map(|text| {
                let mut mac = Mac::new(text.algorithm.unwrap_or(self.algorithm), key)?;
                mac.update(&text.bytes);
                Some(mac.finish())
            });
            return tags.collect();
        }
        let body: &[u8] = if self.signed.has_body() {
            &view.message().body
        } else {
            &[]
        };
        let started = self.started(key, fields, body);
        let tags = started.map(|(mut mac, after)| {
            mac.update(&after);
            mac.finish()
        });
        tags.into_iter().collect()
    }

    /// Whether endings of the body can be tried one by one on a text that is hashed once.
    pub(in crate::core) fn takes_endings(&self) -> bool {
        let mac = !self.algorithm.has_pair() && self.algorithm != Algorithm::Token;
        mac && self.signed_by.is_none() && self.signed.has_body()
    }

    /// Which ending after this beginning of a body gives one of the message's signatures.
    pub(in crate::core) fn matching_ending(
        &self,
        view: &View<'_>,
        (beginning, endings): (&[u8], &[&[u8]]),
        keys: &[Key],
        context: &Context<'_>,
    ) -> Option<usize> {
        let claim = self.claim(view).ok()?;
        for group in &claim.groups {
            for key in keys {
                let fields = Fields::of(&claim, group, view, context, key.bytes());
                let Some((mac, after)) = self.started(key, &fields, beginning) else {
                    continue;
                };
                let found = endings.iter().position(|ending| {
                    let mut mac = mac.clone();
                    mac.update(ending);
                    mac.update(&after);
                    self.is_tag(&mac.finish(), &group.signatures)
                });
                if found.is_some() {
                    return found;
                }
            }
        }
        None
    }

    /// A code fed with everything up to the end of a body, and what follows the body.
    fn started(&self, key: &Key, fields: &Fields<'_>, body: &[u8]) -> Option<(Mac, Vec<u8>)> {
        let (before, after) = self.signed.around_body(fields).ok()?;
        let mut mac = Mac::new(self.algorithm, key)?;
        mac.update(&before);
        mac.update(body);
        Some((mac, after))
    }
}

#[cfg(test)]
mod tests {
    use ring::hmac;

    use super::super::code::testing::Case;
    use super::*;

    const TIMED: &str = r#"
        name = "x"
        algorithm = "hmac-sha256"
        signed = "{timestamp}.{body}.end"
        signature = { header = "X-S", encoding = "hex" }
        timestamp = { header = "X-T", unit = "seconds" }
    "#;
    const WITHOUT_BODY: &str = r#"
        name = "x"
        algorithm = "hmac-sha256"
        signed = "{timestamp}"
        signature = { header = "X-S", encoding = "hex" }
        timestamp = { header = "X-T", unit = "seconds" }
    "#;
    const TOKEN: &str = r#"
        name = "x"
        algorithm = "token"
        signature = { header = "X-S", encoding = "text" }
    "#;
    const PAIR: &str = r#"
        name = "x"
        algorithm = "ed25519"
        key = "public-key"
        signed = "{body}"
        signature = { header = "X-S", encoding = "hex" }
    "#;
    const CODE: &str = r#"
        name = "x"
        algorithm = "hmac-sha1"
        signed-by = "twilio"
        signature = { header = "X-S", encoding = "base64" }
    "#;
    const PUBLIC: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

    fn tag(hash: hmac::Algorithm, secret: &str, text: &str) -> Vec<u8> {
        let key = hmac::Key::new(hash, secret.as_bytes());
        hmac::sign(&key, text.as_bytes()).as_ref().to_vec()
    }

    fn case(scheme: &str) -> Case<'_> {
        Case {
            scheme,
            secret: "first",
            others: &["second"],
            headers: &[("X-S", "00"), ("X-T", "17")],
            body: "A=1",
            url: Some("https://a.example/x"),
            ..Case::default()
        }
    }

    fn expected(case: Case<'_>) -> Vec<(usize, Vec<u8>)> {
        let message = case.message();
        let view = View::new(&message);
        case.scheme().expected(&view, &case.keys(), &case.context())
    }

    #[test]
    fn each_key_has_its_tags() {
        let sha256 = |secret, text| tag(hmac::HMAC_SHA256, secret, text);
        let of_both = |text| vec![(0, sha256("first", text)), (1, sha256("second", text))];
        assert_eq!(expected(case(TIMED)), of_both("17.A=1.end"));
        assert_eq!(expected(case(WITHOUT_BODY)), of_both("17"));
        let tokens = vec![(0, b"first".to_vec()), (1, b"second".to_vec())];
        assert_eq!(expected(case(TOKEN)), tokens);
        let by_code = expected(case(CODE));
        let sha1 = |secret| {
            let hash = hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY;
            tag(hash, secret, "https://a.example/xA1")
        };
        assert!(by_code.contains(&(0, sha1("first"))), "{by_code:?}");
        assert!(by_code.contains(&(1, sha1("second"))), "{by_code:?}");
    }

    #[test]
    fn a_public_key_makes_no_tag_and_neither_does_a_message_without_a_signature() {
        let public = Case {
            secret: PUBLIC,
            others: &[],
            ..case(PAIR)
        };
        assert_eq!(expected(public), []);
        let unsigned = Case {
            headers: &[("X-T", "17")],
            ..case(TIMED)
        };
        assert_eq!(expected(unsigned), []);
    }

    #[test]
    fn endings_are_tried_where_a_code_covers_the_body() {
        for (scheme, takes) in [
            (TIMED, true),
            (WITHOUT_BODY, false),
            (TOKEN, false),
            (PAIR, false),
            (CODE, false),
        ] {
            assert_eq!(case(scheme).scheme().takes_endings(), takes, "{scheme}");
        }
    }

    #[test]
    fn the_ending_that_was_signed_is_found_whoever_signed_it() {
        let found = |scheme, secret: &str, text: &str| {
            let value = hex::encode(tag(hmac::HMAC_SHA256, secret, text));
            let headers = [("X-S", value.as_str()), ("X-T", "17")];
            let case = Case {
                headers: &headers,
                ..case(scheme)
            };
            let (message, keys) = (case.message(), case.keys());
            let endings: [&[u8]; 3] = [b"", b"\n", b"\r\n"];
            let view = View::new(&message);
            let body = (b"A=1".as_slice(), endings.as_slice());
            case.scheme()
                .matching_ending(&view, body, &keys, &case.context())
        };
        assert_eq!(found(TIMED, "first", "17.A=1.end"), Some(0));
        assert_eq!(found(TIMED, "first", "17.A=1\n.end"), Some(1));
        assert_eq!(found(TIMED, "second", "17.A=1\r\n.end"), Some(2));
        assert_eq!(found(TIMED, "other", "17.A=1\n.end"), None);
        assert_eq!(found(TIMED, "first", "17.A=1\n\n.end"), None);
        assert_eq!(found(TIMED, "first", "18.A=1\n.end"), None);
        assert_eq!(found(TIMED, "first", "17.A=1\n"), None);
    }
}
