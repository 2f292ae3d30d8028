//! From a message to a verdict.

use jiff::Timestamp;
use subtle::ConstantTimeEq;

use super::claim::Group;
use super::code::Text;
use super::mac::Mac;
use super::place::only;
use super::{Algorithm, Claim, Fields, Key, Part, Scheme, Tolerance};
use crate::core::event::View;
use crate::core::verdict::{Proof, Reason, Verdict, Why};

/// What verification needs to know beside the message.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The current time.
    pub now: Timestamp,
    /// The public URL the sender posted to, for schemes that sign it.
    pub url: Option<&'a str>,
    /// Replaces the definition's tolerance.
    pub tolerance: Option<Tolerance>,
    /// Seconds a delivery may be old, the limit included; replaces the tolerance's past side alone.
    pub max_age: Option<i64>,
    /// The id of the key, for schemes whose messages name one.
    pub key_id: Option<&'a str>,
}

impl Context<'_> {
    /// The limits to hold an age against, where the scheme's own are these.
    #[must_use]
    pub fn limits(&self, own: Tolerance) -> Tolerance {
        let given = self.tolerance.unwrap_or(own);
        Tolerance {
            past: self.max_age.or(given.past),
            ..given
        }
    }
}

/// Leaves the signatures of the key with the id given, where the layout names keys.
fn only_of_key(mut claim: Claim, context: &Context<'_>) -> Result<Claim, Reason> {
    let named = claim.groups.first().and_then(|group| group.key_id.clone());
    claim.groups.retain(|group| group.is_of(context.key_id));
    match named {
        Some(id) if claim.groups.is_empty() => Err(Reason::UnknownKey { id }),
        _ => Ok(claim),
    }
}

impl Scheme {
    /// Verifies a message with each of the keys.
    #[must_use]
    pub fn verify(&self, view: &View<'_>, keys: &[Key], context: &Context<'_>) -> Verdict {
        if keys.is_empty() {
            return Verdict::Unverifiable(Why::NoSecret);
        }
        match self.prove(view, keys, context) {
            Ok(proof) => Verdict::Valid(proof),
            Err(reason) => Verdict::Invalid(reason),
        }
    }

    fn prove(&self, view: &View<'_>, keys: &[Key], context: &Context<'_>) -> Result<Proof, Reason> {
        if let Some(code) = self.signed_by
            && let Some(result) = code.prove(self, view, keys, context)
        {
            self.key_is_known(view, context)?;
            return result;
        }
        let claim = self.claim(view)?;
        self.key_is_known(view, context)?;
        let claim = only_of_key(claim, context)?;
        if self.age_first {
            for group in &claim.groups {
                self.judge_age(group, context)?;
            }
        }
        let mut late = None;
        for group in &claim.groups {
            // A timestamp that is none is told before the signature: nobody can have signed it.
            if let Some(rule) = &self.timestamp {
                rule.age(&group.timestamp, context.now)?;
            }
            let Some(secret_index) = self.matching_key(view, keys, &claim, group, context)? else {
                continue;
            };
            match self.judge_age(group, context) {
                Ok(age) => {
                    return Ok(Proof {
                        secret_index,
                        coverage: self.coverage_in(view),
                        age,
                    });
                }
                Err(reason) => late = Some(reason),
            }
        }
        Err(late.unwrap_or(Reason::Mismatch))
    }

    /// The age of a group's timestamp in seconds, if it is within the tolerance.
    fn judge_age(&self, group: &Group, context: &Context<'_>) -> Result<Option<i64>, Reason> {
        let Some(rule) = &self.timestamp else {
            return Ok(None);
        };
        let Some(age) = rule.age(&group.timestamp, context.now)? else {
            return Ok(None);
        };
        age.within(context.limits(rule.tolerance()))?;
        Ok(Some(age.seconds()))
    }

    /// Whether the age of a message is vouched for by its signature: a timestamp beside the signed
    /// text can be set to anything by whoever sends an old delivery again.
    #[must_use]
    pub fn signs_timestamp(&self, view: &View<'_>) -> bool {
        if self.signed_by.is_some() {
            // Code that tells an age reads it from the text it makes.
            return true;
        }
        let Some(rule) = &self.timestamp else {
            return false;
        };
        if self.signed.parts().contains(&Part::Timestamp) {
            return true;
        }
        if self.signature.layout.carries_timestamp() {
            return false;
        }
        match (&rule.json, &rule.header) {
            (Some(pointer), _) if view.text_at(pointer).is_some() => self.signed.covers_body(),
            (_, Some(header)) => self.signed.parts().iter().any(
                |part| matches!(part, Part::Header(name) if name.eq_ignore_ascii_case(header)),
            ),
            _ => false,
        }
    }

    /// A message that names another key than the one given cannot match; it says so.
    fn key_is_known(&self, view: &View<'_>, context: &Context<'_>) -> Result<(), Reason> {
        let (Some(header), Some(own)) = (&self.key_id_header, context.key_id) else {
            return Ok(());
        };
        let id = only(&view.message().headers, header)?;
        if id == own {
            return Ok(());
        }
        Err(Reason::UnknownKey { id: id.to_owned() })
    }

    fn matching_key(
        &self,
        view: &View<'_>,
        keys: &[Key],
        claim: &Claim,
        group: &Group,
        context: &Context<'_>,
    ) -> Result<Option<usize>, Reason> {
        let message = view.message();
        for (index, key) in keys.iter().enumerate() {
            let fields = Fields::of(claim, group, view, context, key.bytes());
            let found = match self.signed_by {
                Some(code) => {
                    let texts = code.texts(&fields, view)?;
                    texts
                        .iter()
                        .any(|text| self.is_signed(key, text, &group.signatures))
                }
                None => self.is_streamed(key, &fields, &message.body, group)?,
            };
            if found {
                return Ok(Some(index));
            }
        }
        Ok(None)
    }

    /// Whether a text in one piece carries one of the signatures.
    pub(super) fn is_signed(&self, key: &Key, text: &Text, signatures: &[String]) -> bool {
        if let Some(tag) = self.tag(key, text) {
            return self.is_tag(&tag, signatures);
        }
        let algorithm = text.algorithm.unwrap_or(self.algorithm);
        self.is_paired(algorithm, key, &text.bytes, signatures)
    }

    /// The code a text has under a key; key pairs make none. A static token is its own.
    pub(super) fn tag(&self, key: &Key, text: &Text) -> Option<Vec<u8>> {
        let algorithm = text.algorithm.unwrap_or(self.algorithm);
        if algorithm == Algorithm::Token {
            return Some(key.bytes().to_vec());
        }
        let mut mac = Mac::new(algorithm, key)?;
        mac.update(&text.bytes);
        Some(mac.finish())
    }

    /// The same for a text of parts, without a copy of the body where a code can be fed in pieces.
    fn is_streamed(
        &self,
        key: &Key,
        fields: &Fields<'_>,
        body: &[u8],
        group: &Group,
    ) -> Result<bool, Reason> {
        if self.algorithm == Algorithm::Token {
            return Ok(self.is_tag(key.bytes(), &group.signatures));
        }
        let (before, after) = self.signed.around_body(fields)?;
        let body = if self.signed.has_body() { body } else { &[] };
        let Some(mut mac) = Mac::new(self.algorithm, key) else {
            let text = [&before, body, &after].concat();
            return Ok(self.is_paired(self.algorithm, key, &text, &group.signatures));
        };
        for piece in [&before, body, &after] {
            mac.update(piece);
        }
        Ok(self.is_tag(&mac.finish(), &group.signatures))
    }

    /// Whether any of the signatures is the tag, in time that does not depend on their bytes.
    pub(super) fn is_tag(&self, tag: &[u8], signatures: &[String]) -> bool {
        signatures
            .iter()
            .filter_map(|text| self.signature.encoding.decode(text))
            .fold(subtle::Choice::from(0), |found, bytes| {
                found | bytes.as_slice().ct_eq(tag)
            })
            .into()
    }

    fn is_paired(
        &self,
        algorithm: Algorithm,
        key: &Key,
        text: &[u8],
        signatures: &[String],
    ) -> bool {
        let Some(pair) = key.pair() else {
            return false;
        };
        signatures
            .iter()
            .filter_map(|signature| self.signature.encoding.decode(signature))
            .any(|signature| pair.verifies(algorithm, text, &signature))
    }
}

#[cfg(test)]
mod tests {
    use ring::hmac;

    use super::super::code::testing::Case;
    use super::*;
    use crate::core::verdict::Coverage;

    const NOW: i64 = 1_700_000_000;
    const BODY: &str = "{\"a\":1}";

    fn tag(secret: &str, text: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        hex::encode(hmac::sign(&key, text.as_bytes()))
    }

    /// What is found of a message whose signature's value is this.
    fn found(case: Case<'_>, value: &str) -> Result<(usize, Option<i64>), String> {
        let headers = [case.headers, &[("X-S", value)]].concat();
        let verdict = Case {
            headers: &headers,
            ..case
        }
        .verdict();
        match verdict {
            Verdict::Valid(proof) => Ok((proof.secret_index, proof.age)),
            Verdict::Invalid(reason) => Err(reason.slug().to_owned()),
            Verdict::Unverifiable(why) => Err(why.slug().to_owned()),
        }
    }

    fn refused(reason: &str) -> Result<(usize, Option<i64>), String> {
        Err(reason.to_owned())
    }

    fn case(scheme: &str) -> Case<'_> {
        Case {
            scheme,
            secret: "first",
            others: &["second"],
            body: BODY,
            ..Case::default()
        }
    }

    const PLAIN: &str = r#"
        name = "x"
        algorithm = "hmac-sha256"
        signed = "{body}"
        signature = { header = "X-S", encoding = "hex-lower", separator = "," }
    "#;

    #[test]
    fn the_secret_that_matched_is_told() {
        let (first, second) = (tag("first", BODY), tag("second", BODY));
        let other = tag("other", BODY);
        for (value, expected) in [
            (first.clone(), Ok((0, None))),
            (second.clone(), Ok((1, None))),
            (format!("{other},{second}"), Ok((1, None))),
            (format!("{second},{first}"), Ok((0, None))),
            (format!("{first},{first}"), Ok((0, None))),
            (other, refused("mismatch")),
            (tag("first", "{\"a\":2}"), refused("mismatch")),
            (tag("first", ""), refused("mismatch")),
            (tag("", BODY), refused("mismatch")),
            (first.to_uppercase(), refused("mismatch")),
            (first[..62].to_owned(), refused("mismatch")),
            (format!("{first}00"), refused("mismatch")),
            (format!("{first}{first}"), refused("mismatch")),
            ("00".to_owned(), refused("mismatch")),
            ("no hex".to_owned(), refused("mismatch")),
            (",".to_owned(), refused("malformed-header")),
            (String::new(), refused("missing-header")),
        ] {
            assert_eq!(found(case(PLAIN), &value), expected, "{value}");
        }
        let headers = [("X-S", first.as_str())];
        let case = Case {
            headers: &headers,
            ..case(PLAIN)
        };
        assert_eq!(case.is_valid().coverage, Coverage::Body);
        let message = case.message();
        let context = Context {
            now: Timestamp::UNIX_EPOCH,
            url: None,
            tolerance: None,
            max_age: None,
            key_id: None,
        };
        let without = case.scheme().verify(&View::new(&message), &[], &context);
        assert_eq!(without, Verdict::Unverifiable(Why::NoSecret));
    }

    #[test]
    fn a_token_is_the_secret_and_vouches_for_nothing() {
        let scheme = r#"
            name = "x"
            algorithm = "token"
            signature = { header = "X-S", encoding = "text" }
        "#;
        for (value, expected) in [
            ("first", Ok((0, None))),
            ("second", Ok((1, None))),
            ("firs", refused("mismatch")),
            ("first2", refused("mismatch")),
            ("FIRST", refused("mismatch")),
            ("", refused("missing-header")),
        ] {
            assert_eq!(found(case(scheme), value), expected, "{value}");
        }
        let headers = [("X-S", "first")];
        let proof = Case {
            headers: &headers,
            ..case(scheme)
        }
        .is_valid();
        assert_eq!(proof.coverage, Coverage::None);
    }

    #[test]
    fn a_text_without_the_body_is_signed_without_it() {
        let scheme = &PLAIN.replace("\"{body}\"", "\"{method}{header:X-A}\"");
        let case = Case {
            headers: &[("X-A", "a")],
            ..case(scheme)
        };
        assert_eq!(found(case, &tag("first", "POSTa")), Ok((0, None)));
        let with_body = tag("first", &format!("POSTa{BODY}"));
        assert_eq!(found(case, &with_body), refused("mismatch"));
    }

    const TIMED: &str = r#"
        name = "x"
        algorithm = "hmac-sha256"
        signed = "{timestamp}.{body}"
        timestamp = { unit = "seconds", past = 300, future = 60 }
        [signature]
        header = "X-S"
        layout = "pairs"
        signature-key = "v1"
        timestamp-key = "t"
        group-separator = ";"
        encoding = "hex"
    "#;

    fn stamped(secret: &str, at: i64) -> String {
        format!("t={at},v1={}", tag(secret, &format!("{at}.{BODY}")))
    }

    #[test]
    fn a_right_signature_is_good_for_its_time_only() {
        let case = case(TIMED);
        for (at, expected) in [
            (NOW, Ok((0, Some(0)))),
            (NOW - 300, Ok((0, Some(300)))),
            (NOW - 301, refused("stale")),
            (NOW + 60, Ok((0, Some(-60)))),
            (NOW + 61, refused("future")),
            (0, refused("stale")),
            (i64::MIN, refused("stale")),
            (i64::MAX, refused("future")),
        ] {
            assert_eq!(found(case, &stamped("first", at)), expected, "{at}");
            // The signature is looked at first: nobody learns whether a forgery would be in time.
            let forged = stamped("other", at);
            assert_eq!(found(case, &forged), refused("mismatch"), "{at}");
        }
        // The timestamp is signed: another one cannot be put in its place.
        let old = stamped("first", NOW - 301).replace(&(NOW - 301).to_string(), &NOW.to_string());
        assert_eq!(found(case, &old), refused("mismatch"));
        let text = format!("t=soon,v1={}", tag("first", &format!("soon.{BODY}")));
        assert_eq!(found(case, &text), refused("malformed-timestamp"));
        assert_eq!(found(case, "t=soon,v1=00"), refused("malformed-timestamp"));
        // Several spellings of one instant are several texts.
        let other = stamped("first", NOW).replace("t=1", "t=01");
        assert_eq!(found(case, &other), refused("mismatch"));
    }

    #[test]
    fn the_user_s_tolerance_goes_before_the_definition_s() {
        let tolerant = |past, future| Case {
            tolerance: Some(Tolerance { past, future }),
            ..case(TIMED)
        };
        let (old, early) = (stamped("first", NOW - 301), stamped("first", NOW + 61));
        assert_eq!(found(tolerant(None, None), &old), Ok((0, Some(301))));
        assert_eq!(found(tolerant(None, None), &early), Ok((0, Some(-61))));
        assert_eq!(found(tolerant(Some(9), None), &old), refused("stale"));
        assert_eq!(found(tolerant(None, Some(9)), &early), refused("future"));
        assert_eq!(found(tolerant(Some(9), None), &early), Ok((0, Some(-61))));
        let recent = stamped("first", NOW - 10);
        assert_eq!(found(tolerant(Some(9), None), &recent), refused("stale"));
        assert_eq!(found(tolerant(Some(10), None), &recent), Ok((0, Some(10))));
    }

    #[test]
    fn the_user_s_age_goes_before_the_tolerance_s_past_alone() {
        let aged = |max_age, tolerance| Case {
            tolerance,
            max_age,
            ..case(TIMED)
        };
        let wide = Some(Tolerance {
            past: None,
            future: None,
        });
        let (recent, early) = (stamped("first", NOW - 10), stamped("first", NOW + 61));
        let old = stamped("first", NOW - 301);
        assert_eq!(found(aged(Some(10), None), &recent), Ok((0, Some(10))));
        assert_eq!(found(aged(Some(9), None), &recent), refused("stale"));
        assert_eq!(found(aged(Some(9), wide), &recent), refused("stale"));
        assert_eq!(found(aged(Some(301), None), &old), Ok((0, Some(301))));
        assert_eq!(found(aged(Some(301), None), &early), refused("future"));
        assert_eq!(found(aged(Some(9), wide), &early), Ok((0, Some(-61))));
    }

    #[test]
    fn the_age_alone_is_told_where_the_provider_looks_at_it_first() {
        let scheme = &TIMED.replace("name = \"x\"", "name = \"x\"\nage-first = true");
        let case = case(scheme);
        for secret in ["first", "other"] {
            let old = stamped(secret, NOW - 301);
            assert_eq!(found(case, &old), refused("stale"), "{secret}");
        }
        assert_eq!(found(case, &stamped("first", NOW)), Ok((0, Some(0))));
        assert_eq!(found(case, &stamped("other", NOW)), refused("mismatch"));
    }

    #[test]
    fn each_group_has_its_own_time() {
        let case = case(TIMED);
        let (old, early) = (stamped("first", NOW - 301), stamped("first", NOW + 61));
        let (right, forged) = (stamped("second", NOW - 5), stamped("other", NOW));
        for (groups, expected) in [
            ([&old, &right], Ok((1, Some(5)))),
            ([&forged, &right], Ok((1, Some(5)))),
            ([&right, &forged], Ok((1, Some(5)))),
            // A fresh time beside a right but old signature does not make it fresh.
            ([&old, &forged], refused("stale")),
            ([&forged, &old], refused("stale")),
            ([&early, &forged], refused("future")),
            ([&forged, &forged], refused("mismatch")),
        ] {
            let value = format!("{};{}", groups[0], groups[1]);
            assert_eq!(found(case, &value), expected, "{value}");
        }
    }

    #[test]
    fn a_message_of_another_key_says_so() {
        let scheme = &PLAIN.replace("name = \"x\"", "name = \"x\"\nkey-id-header = \"X-Key\"");
        let value = tag("first", BODY);
        let with = |key_id, headers| {
            let case = Case {
                headers,
                key_id,
                ..case(scheme)
            };
            found(case, &value)
        };
        let named: &[_] = &[("X-Key", "k1")];
        assert_eq!(with(None, named), Ok((0, None)));
        assert_eq!(with(None, &[]), Ok((0, None)));
        assert_eq!(with(Some("k1"), named), Ok((0, None)));
        assert_eq!(with(Some("k2"), named), refused("unknown-key"));
        assert_eq!(with(Some("k1"), &[]), refused("missing-header"));
        let twice: &[_] = &[("X-Key", "k1"), ("X-Key", "k2")];
        assert_eq!(with(Some("k1"), twice), refused("repeated-header"));
    }

    #[test]
    fn of_signatures_that_name_their_keys_the_own_alone_counts() {
        let scheme = r#"
            name = "x"
            algorithm = "hmac-sha256"
            signed = "{body}"
            signature = { header = "X-S", encoding = "hex", layout = "keyed" }
        "#;
        let with = |key_id, value: &str| {
            let case = Case {
                key_id,
                ..case(scheme)
            };
            found(case, value)
        };
        let (right, other) = (tag("first", BODY), tag("other", BODY));
        let k1 = format!("k1={right}");
        assert_eq!(with(None, &k1), Ok((0, None)));
        assert_eq!(with(Some("k1"), &k1), Ok((0, None)));
        assert_eq!(with(Some("k2"), &k1), refused("unknown-key"));
        let mixed = format!("k1={right},k2={other}");
        assert_eq!(with(Some("k1"), &mixed), Ok((0, None)));
        assert_eq!(with(Some("k2"), &mixed), refused("mismatch"));
        assert_eq!(with(Some("k3"), &mixed), refused("unknown-key"));
    }

    #[test]
    fn a_public_key_verifies_what_its_private_key_signed() {
        let scheme = r#"
            name = "x"
            algorithm = "ed25519"
            key = "public-key"
            signed = "{body}"
            signature = { header = "X-S", encoding = "hex", separator = "," }
        "#;
        let seed = |byte: u8| [byte; 32];
        let pair = |byte| ring::signature::Ed25519KeyPair::from_seed_unchecked(&seed(byte));
        let (one, two) = (pair(1).expect("a key"), pair(2).expect("a key"));
        let public = |pair: &ring::signature::Ed25519KeyPair| {
            hex::encode(ring::signature::KeyPair::public_key(pair))
        };
        let (first, second) = (public(&one), public(&two));
        let case = Case {
            secret: &first,
            others: &[&second],
            ..case(scheme)
        };
        let by = |pair: &ring::signature::Ed25519KeyPair, text: &str| {
            hex::encode(pair.sign(text.as_bytes()))
        };
        assert_eq!(found(case, &by(&one, BODY)), Ok((0, None)));
        assert_eq!(found(case, &by(&two, BODY)), Ok((1, None)));
        let other = by(&one, "{}");
        assert_eq!(found(case, &other), refused("mismatch"));
        let both = format!("{other},{}", by(&two, BODY));
        assert_eq!(found(case, &both), Ok((1, None)));
        for text in ["00", "no hex", &by(&pair(3).expect("a key"), BODY)] {
            assert_eq!(found(case, text), refused("mismatch"), "{text}");
        }
        // A MAC with the public key as its secret is nobody's signature.
        let mac = tag(&first, BODY);
        assert_eq!(found(case, &mac), refused("mismatch"));
    }

    #[test]
    fn a_timestamp_counts_as_signed_where_the_signature_covers_it() {
        let scheme = |signed: &str, place: &str, timestamp: &str| -> Scheme {
            let text = format!(
                "name = \"x\"\nalgorithm = \"hmac-sha256\"\nsigned = \"{signed}\"\n\
                 [signature]\nheader = \"X-Sig\"\nencoding = \"hex\"\n{place}\n\
                 [timestamp]\nunit = \"seconds\"\n{timestamp}"
            );
            toml::from_str(&text).expect("a scheme")
        };
        let in_value = "layout = \"pairs\"\nsignature-key = \"v1\"\ntimestamp-key = \"t\"";
        let message = crate::core::message::Message::post(
            crate::core::message::Headers::new(),
            br#"{"at":1700000000}"#.as_slice(),
        );
        let view = View::new(&message);
        for (signed, place, timestamp, wanted) in [
            ("{timestamp}.{body}", "", "header = \"X-Time\"", true),
            ("{timestamp}.{body}", in_value, "", true),
            ("{header:X-Time}{body}", "", "header = \"X-Time\"", true),
            ("{body}", "", "json = \"/at\"", true),
            ("{body}", "", "json = \"/at\"\nheader = \"X-Time\"", true),
            ("{body}", "", "header = \"X-Time\"", false),
            ("{body}", in_value, "", false),
            ("{body}", in_value, "json = \"/at\"", false),
            ("{body}", "", "json = \"/gone\"\nheader = \"X-Time\"", false),
            ("{path}", "", "json = \"/at\"", false),
        ] {
            let scheme = scheme(signed, place, timestamp);
            assert_eq!(
                scheme.signs_timestamp(&view),
                wanted,
                "{signed} {place} {timestamp}"
            );
        }
    }
}
