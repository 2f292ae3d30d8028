//! Provider, event and verdict of one message in a single call.

use super::delivery::Judgement;
use super::detect::{Detection, Evidence, detect};
use super::event::View;
use super::message::Message;
use super::provider::Provider;
use super::scheme::{Context, Key, KeyError, KeyForm, Scheme};
use super::secret::Secret;
use super::verdict::{Reason, Verdict, Why};

/// The secrets at hand, each for every provider or for one, and certificates.
#[derive(Clone, Debug, Default)]
pub struct Keyring {
    entries: Vec<Entry>,
    certificates: Vec<Vec<u8>>,
}

#[derive(Clone, Debug)]
struct Entry {
    provider: Option<String>,
    secret: Secret,
}

impl Keyring {
    /// Adds a secret: for one provider's id, or for all.
    pub fn add(&mut self, provider: Option<String>, secret: Secret) {
        self.entries.push(Entry { provider, secret });
    }

    /// Adds a certificate, PEM or DER: for every scheme that takes one.
    pub fn certify(&mut self, certificate: Vec<u8>) {
        self.certificates.push(certificate);
    }

    /// Whether there is no secret at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.certificates.is_empty()
    }

    /// Whether a secret was given for this very provider.
    #[must_use]
    pub fn names(&self, provider: &str) -> bool {
        self.entries
            .iter()
            .any(|entry| entry.provider.as_deref() == Some(provider))
    }

    /// The secrets for a provider with their place in the order given: its own if it has some, else
    /// those for all.
    pub(in crate::core) fn secrets<'a>(
        &'a self,
        provider: &'a str,
    ) -> impl Iterator<Item = (usize, &'a Secret)> {
        let own = self.names(provider);
        self.entries
            .iter()
            .enumerate()
            .filter_map(move |(index, entry)| {
                let fits = match entry.provider.as_deref() {
                    Some(name) => name == provider,
                    None => !own,
                };
                fits.then_some((index, &entry.secret))
            })
    }

    /// Every secret with the provider it was given for, in the order given.
    pub(in crate::core) fn all(&self) -> impl Iterator<Item = (Option<&str>, &Secret)> {
        let entries = self.entries.iter();
        entries.map(|entry| (entry.provider.as_deref(), &entry.secret))
    }

    /// The first secret of all, whoever it is for.
    #[must_use]
    pub fn first(&self) -> Option<&Secret> {
        self.entries.first().map(|entry| &entry.secret)
    }

    /// Whether every secret for a provider looks as it documents them.
    #[must_use]
    pub fn fits_shape(&self, provider: &Provider, scheme: &Scheme) -> bool {
        self.secrets(&provider.id)
            .all(|(_, secret)| scheme.fits_shape(secret))
    }

    /// A provider's secret: the one of a place in the order given, else its first.
    #[must_use]
    pub fn secret<'a>(&'a self, provider: &'a str, place: Option<usize>) -> Option<&'a Secret> {
        let mut secrets = self.secrets(provider);
        secrets
            .find(|(index, _)| place.is_none_or(|place| place == *index))
            .map(|(_, secret)| secret)
    }

    /// The secrets for a provider read as a scheme's keys, with each one's place.
    ///
    /// # Errors
    /// The first secret that cannot be this scheme's key.
    pub fn keys(
        &self,
        provider: &Provider,
        scheme: &Scheme,
    ) -> Result<(Vec<usize>, Vec<Key>), KeyError> {
        self.read(provider, scheme)
            .collect::<Result<Vec<_>, _>>()
            .map(|pairs| pairs.into_iter().unzip())
    }

    /// The same, leaving out secrets that cannot be this scheme's key: with several providers at
    /// once, a secret for all need not fit each.
    #[must_use]
    pub fn fitting_keys(&self, provider: &Provider, scheme: &Scheme) -> (Vec<usize>, Vec<Key>) {
        self.read(provider, scheme).filter_map(Result::ok).unzip()
    }

    /// Each secret as a key; where the scheme takes a certificate, each certificate with the first
    /// secret's text beside it.
    fn read<'a>(
        &'a self,
        provider: &'a Provider,
        scheme: &'a Scheme,
    ) -> Box<dyn Iterator<Item = Result<(usize, Key), KeyError>> + 'a> {
        if scheme.key == KeyForm::Certificate && !self.certificates.is_empty() {
            let text = self.secrets(&provider.id).map(|(_, secret)| secret).next();
            return Box::new(self.certificates.iter().map(move |certificate| {
                KeyForm::certified(scheme.algorithm, certificate, text).map(|key| (0, key))
            }));
        }
        let secrets = self.secrets(&provider.id);
        Box::new(secrets.map(|(index, secret)| scheme.read_key(secret).map(|key| (index, key))))
    }
}

/// What is known of a message after looking at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assessment {
    /// The provider's id.
    pub provider: Option<String>,
    /// What told the provider.
    pub evidence: Option<Evidence>,
    /// The providers whose deliveries look the same, where headers and body do not tell which it is.
    pub candidates: Vec<String>,
    /// The scheme that was used.
    pub scheme: Option<String>,
    /// The event type.
    pub event: Option<String>,
    /// The provider's delivery id.
    pub delivery_id: Option<String>,
    /// The verdict.
    pub verdict: Verdict,
    /// The provider's own words for a rejection, where it documents them.
    pub provider_text: Option<String>,
}

impl Assessment {
    /// The verdict in the words that are stored and printed.
    #[must_use]
    pub fn judgement(&self) -> Judgement {
        let told = self.evidence.as_ref();
        let told = told.filter(|own| **own != Evidence::Named);
        Judgement {
            detected_by: told.map(ToString::to_string),
            ..Judgement::new(&self.verdict, self.provider_text.clone())
        }
    }
}

/// Looks at a message: which of the candidates sent it, what it is, whether it is genuine.
///
/// `named` says that the candidates are the user's own choice, so that a single one is not doubted.
/// `scheme` is the user's choice of scheme.
#[must_use]
pub fn assess(
    message: &Message,
    candidates: &[&Provider],
    named: bool,
    scheme: Option<&str>,
    keyring: &Keyring,
    context: &Context<'_>,
) -> Assessment {
    let view = View::new(message);
    let judge = |provider: &Provider| judge(&view, provider, scheme, keyring, context);
    let detection = match candidates {
        [one] if named => Detection::One(one, Evidence::Named),
        _ => detect(candidates, &view),
    };
    let candidates: Vec<String> = match &detection {
        Detection::Several(several) => several.iter().map(|own| own.id.clone()).collect(),
        Detection::One(..) | Detection::None => Vec::new(),
    };
    let (provider, evidence) = match detection {
        Detection::One(provider, evidence) => (provider, evidence),
        Detection::None => return unknown(Why::UnknownProvider),
        Detection::Several(several) => {
            let fits: Vec<_> = several
                .iter()
                .filter(|provider| judge(provider).verdict.is_valid())
                .collect();
            let general = several.iter().find(|provider| provider.detect.general);
            match (fits.as_slice(), general) {
                ([one], _) => (**one, Evidence::Secret),
                (_, Some(general)) => (*general, Evidence::General),
                _ => {
                    return Assessment {
                        candidates: candidates.clone(),
                        ..unknown(Why::Ambiguous(candidates))
                    };
                }
            }
        }
    };
    Assessment {
        provider: Some(provider.id.clone()),
        evidence: Some(evidence),
        candidates,
        event: view.locate(&provider.locate.event),
        delivery_id: view.locate(&provider.locate.delivery_id),
        ..judge(provider)
    }
}

fn unknown(why: Why) -> Assessment {
    Assessment {
        provider: None,
        evidence: None,
        candidates: Vec::new(),
        scheme: None,
        event: None,
        delivery_id: None,
        verdict: Verdict::Unverifiable(why),
        provider_text: None,
    }
}

/// The scheme a message is held against: the one named, else the first that can be read and has a
/// key, else the first that can be read, else the first that is there at all, else the provider's
/// first.
pub(in crate::core) fn choose<'a>(
    provider: &'a Provider,
    named: Option<&str>,
    view: &View<'_>,
    keyring: &Keyring,
) -> Option<&'a Scheme> {
    if let Some(name) = named {
        return provider.scheme(name);
    }
    let current = || provider.schemes.iter().filter(|scheme| !scheme.legacy);
    let mut all = current();
    if let (Some(only), None) = (all.next(), all.next()) {
        return Some(only);
    }
    let readable = || current().filter(|scheme| scheme.is_readable(view));
    readable()
        .find(|scheme| keyring.read(provider, scheme).any(|key| key.is_ok()))
        .or_else(|| readable().next())
        .or_else(|| current().find(|scheme| scheme.is_present(view)))
        .or_else(|| current().next())
}

fn judge(
    view: &View<'_>,
    provider: &Provider,
    named: Option<&str>,
    keyring: &Keyring,
    context: &Context<'_>,
) -> Assessment {
    let Some(scheme) = choose(provider, named, view, keyring) else {
        return unknown(Why::ProviderDoesNotSign);
    };
    let (places, keys) = keyring.fitting_keys(provider, scheme);
    let mut verdict = scheme.verify(view, &keys, context);
    if let Verdict::Valid(proof) = &mut verdict {
        proof.secret_index = places.get(proof.secret_index).copied().unwrap_or_default();
    }
    let provider_text = match &verdict {
        Verdict::Invalid(reason) => provider_text(scheme, reason),
        _ => None,
    };
    Assessment {
        scheme: Some(scheme.name.clone()),
        verdict,
        provider_text,
        ..unknown(Why::UnknownProvider)
    }
}

/// The provider's own words for a rejection.
fn provider_text(scheme: &Scheme, reason: &Reason) -> Option<String> {
    let text = scheme.texts.get(reason.slug())?;
    let (age, header) = match reason {
        Reason::Stale { age, .. } => (*age, ""),
        Reason::Future { ahead, .. } => (*ahead, ""),
        Reason::MissingHeader { name }
        | Reason::RepeatedHeader { name }
        | Reason::MalformedHeader { name, .. } => (0, name.as_str()),
        Reason::MissingField { .. }
        | Reason::MalformedField { .. }
        | Reason::UnknownKey { .. }
        | Reason::MalformedTimestamp { .. }
        | Reason::Mismatch => (0, ""),
    };
    Some(
        text.replace("{age}", &age.to_string())
            .replace("{header}", header),
    )
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::core::message::Headers;
    use crate::core::scheme::Stamp;
    use crate::core::verdict::Coverage;
    use crate::providers::Catalog;

    const NOW: i64 = 1_700_000_000;

    /// A definition of one scheme whose signature stands in a header.
    fn provider(id: &str, header: &str, more: &str) -> Provider {
        let text = format!(
            r#"
            id = "{id}"
            name = "{id}"
            docs = "https://example.com"
            confidence = "official-source"
            {more}
            [[scheme]]
            name = "body"
            algorithm = "hmac-sha256"
            signed = "{{body}}"
            signature = {{ header = "{header}", encoding = "hex" }}
            "#
        );
        Provider::parse(&text).expect("a definition")
    }

    fn keyring(entries: &[(Option<&str>, &str)]) -> Keyring {
        let mut keyring = Keyring::default();
        for (provider, secret) in entries {
            keyring.add(provider.map(str::to_owned), Secret::new(*secret));
        }
        keyring
    }

    fn at(now: i64) -> Context<'static> {
        Context {
            now: Timestamp::from_second(now).expect("in range"),
            url: None,
            tolerance: None,
            max_age: None,
            key_id: None,
        }
    }

    /// `{}` as a scheme signs it.
    fn signed(scheme: &Scheme, secret: &str) -> Message {
        signed_body(scheme, secret, "{}")
    }

    fn signed_body(scheme: &Scheme, secret: &str, body: &'static str) -> Message {
        let mut message = Message::post(Headers::new(), body);
        let key = scheme.read_key(&Secret::new(secret)).expect("a key");
        let stamp = Stamp {
            now: at(NOW).now,
            id: "1",
            method: "POST",
            url: None,
            headers: &message.headers,
            key_id: None,
        };
        let made = scheme.sign(&[key], &stamp, body.as_bytes());
        let made = made.expect("signs");
        if let Some(body) = made.body {
            message.body = body.into();
        }
        for (name, value) in made.headers {
            message.headers.set(&name, value);
        }
        message
    }

    fn verdict(message: &Message, provider: &Provider, keyring: &Keyring) -> Verdict {
        assess(message, &[provider], true, None, keyring, &at(NOW)).verdict
    }

    fn valid(secret_index: usize, age: Option<i64>) -> Verdict {
        Verdict::Valid(crate::core::verdict::Proof {
            secret_index,
            coverage: Coverage::Body,
            age,
        })
    }

    const MISMATCH: Verdict = Verdict::Invalid(Reason::Mismatch);

    #[test]
    fn a_provider_s_own_secrets_go_before_those_for_all() {
        let a = provider("a", "X-A", "");
        let c = provider("c", "X-C", "");
        let ring = keyring(&[
            (None, "all"),
            (Some("a"), "first"),
            (Some("b"), "other"),
            (Some("a"), "second"),
        ]);
        for (provider, secret, expected) in [
            (&a, "first", valid(1, None)),
            (&a, "second", valid(3, None)),
            (&a, "all", MISMATCH),
            (&a, "other", MISMATCH),
            (&c, "all", valid(0, None)),
            (&c, "first", MISMATCH),
        ] {
            let message = signed(&provider.schemes[0], secret);
            let found = verdict(&message, provider, &ring);
            assert_eq!(found, expected, "{} {secret}", provider.id);
        }
        assert!(ring.names("a") && !ring.names("c"));
        let text = |id: &'static str, place| ring.secret(id, place).map(Secret::expose);
        assert_eq!(text("a", None), Some(b"first".as_slice()));
        assert_eq!(text("a", Some(3)), Some(b"second".as_slice()));
        assert_eq!(text("a", Some(0)), None);
        assert_eq!(text("c", Some(0)), Some(b"all".as_slice()));
        let all: Vec<_> = ring.all().map(|(of, own)| (of, own.expose())).collect();
        let given: [(_, &[u8]); 4] = [
            (None, b"all"),
            (Some("a"), b"first"),
            (Some("b"), b"other"),
            (Some("a"), b"second"),
        ];
        assert_eq!(all, given);
    }

    #[test]
    fn without_a_secret_nothing_is_said() {
        let a = provider("a", "X-A", "");
        let message = signed(&a.schemes[0], "s");
        for ring in [Keyring::default(), keyring(&[(Some("b"), "s")])] {
            let no_secret = Verdict::Unverifiable(Why::NoSecret);
            assert_eq!(verdict(&message, &a, &ring), no_secret);
        }
        let mut ring = Keyring::default();
        assert!(ring.is_empty());
        ring.certify(Vec::new());
        assert!(!ring.is_empty());
        assert!(!keyring(&[(None, "s")]).is_empty());
    }

    #[test]
    fn a_certificate_is_no_key_of_a_scheme_that_takes_a_secret() {
        let a = provider("a", "X-A", "");
        let mut ring = keyring(&[(None, "s")]);
        ring.certify(b"no secret".to_vec());
        let of = |secret: &str| verdict(&signed(&a.schemes[0], secret), &a, &ring);
        assert_eq!(of("s"), valid(0, None));
        assert_eq!(of("no secret"), MISMATCH);
    }

    #[test]
    fn a_certificate_goes_before_the_secrets_of_a_scheme_that_takes_one() {
        let sns = Catalog::default();
        let sns = sns.get("aws-sns").expect("in the catalogue");
        let published = include_str!("../../tests/vectors/sns.json");
        let published: serde_json::Value = serde_json::from_str(published).expect("JSON");
        let text = |name: &str| published[name].as_str().expect("text").to_owned();
        let private = include_str!("../../tests/vectors/rsa-test-key.pem");
        let body = r#"{"Type":"Notification","MessageId":"1","TopicArn":"a","Message":"m"}"#;
        let own = signed_body(&sns.schemes[0], private, body);
        let amazon_s = Message::post(Headers::new(), text("version2"));
        let is_valid = |message, ring: &Keyring| verdict(message, sns, ring).is_valid();
        // Without a certificate a private key stands for the sender's.
        let mut ring = keyring(&[(Some("b"), "s"), (None, private)]);
        let found = verdict(&own, sns, &ring);
        assert!(
            matches!(&found, Verdict::Valid(proof) if proof.secret_index == 1),
            "{found:?}"
        );
        assert!(!is_valid(&amazon_s, &ring));
        ring.certify(text("certificate").into_bytes());
        assert_eq!(verdict(&own, sns, &ring), MISMATCH);
        assert!(is_valid(&amazon_s, &ring));
    }

    #[test]
    fn secrets_are_held_against_the_scheme() {
        let mut provider = provider("a", "X-A", "");
        provider.schemes[0].key = KeyForm::Hex;
        provider.schemes[0].key_shape = Some("00*".to_owned());
        let scheme = &provider.schemes[0];
        let ring = keyring(&[(Some("b"), "nothing"), (None, "00ff"), (None, "00aa")]);
        assert!(ring.fits_shape(&provider, scheme));
        let (places, keys) = ring.keys(&provider, scheme).expect("keys");
        assert_eq!((places, keys.len()), (vec![1, 2], 2));
        let ring = keyring(&[(None, "no hex"), (None, "00ff")]);
        assert!(!ring.fits_shape(&provider, scheme));
        let refused = ring.keys(&provider, scheme).map(|(places, _)| places);
        assert_eq!(refused, Err(KeyError::NotHex));
        // Among several providers a secret need not fit each; its place stays its own.
        let message = signed(scheme, "00ff");
        assert_eq!(verdict(&message, &provider, &ring), valid(1, None));
    }

    #[test]
    fn of_several_senders_the_one_whose_secret_fits_is_it() {
        let detected = "[detect]\nbody = [\"/none\"]";
        let (a, b) = (
            provider("a", "X-Same", detected),
            provider("b", "X-Same", detected),
        );
        let message = signed(&b.schemes[0], "of b");
        let judged = |candidates: &[&Provider], ring: &Keyring| {
            assess(&message, candidates, false, None, ring, &at(NOW))
        };
        let ring = keyring(&[(Some("a"), "of a"), (Some("b"), "of b")]);
        let found = judged(&[&a, &b], &ring);
        assert_eq!(found.provider.as_deref(), Some("b"));
        assert_eq!(found.evidence, Some(Evidence::Secret));
        assert_eq!(found.verdict, valid(1, None));
        assert_eq!(found.candidates, ["a", "b"]);
        let told = found.judgement().detected_by;
        assert_eq!(told.as_deref(), Some("the secret that fits"));

        // With no secret that fits, or one that fits both, nothing tells which it is.
        for ring in [keyring(&[(None, "other")]), keyring(&[(None, "of b")])] {
            let found = judged(&[&a, &b], &ring);
            let both = vec!["a".to_owned(), "b".to_owned()];
            assert_eq!(
                found.verdict,
                Verdict::Unverifiable(Why::Ambiguous(both.clone()))
            );
            assert_eq!(found.candidates, both);
            let general = provider("g", "X-Same", "[detect]\ngeneral = true");
            let found = judged(&[&a, &general], &ring);
            assert_eq!(found.provider.as_deref(), Some("g"));
            assert_eq!(found.evidence, Some(Evidence::General));
        }
    }

    #[test]
    fn only_a_named_provider_is_not_doubted() {
        let more = "[locate]\nevent = [\"header:X-Event\"]\ndelivery-id = [\"header:X-Id\"]";
        let a = provider("a", "X-A", more);
        let ring = keyring(&[(None, "s")]);
        let mut message = signed(&a.schemes[0], "s");
        message.headers.push("X-Event", "push");
        message.headers.push("X-Id", "7");
        let named = assess(&message, &[&a], true, None, &ring, &at(NOW));
        assert_eq!(named.evidence, Some(Evidence::Named));
        assert_eq!(named.judgement().detected_by, None);
        assert_eq!(named.provider.as_deref(), Some("a"));
        assert_eq!(named.scheme.as_deref(), Some("body"));
        assert_eq!(named.event.as_deref(), Some("push"));
        assert_eq!(named.delivery_id.as_deref(), Some("7"));
        let found = assess(&message, &[&a], false, None, &ring, &at(NOW));
        let by_header = Evidence::Signature("header `X-A`".to_owned());
        assert_eq!(found.evidence, Some(by_header));
        message.headers.remove("X-A");
        let missing = assess(&message, &[&a], true, None, &ring, &at(NOW));
        assert_eq!(missing.verdict.reason(), Some("missing-header"));
        let none = assess(&message, &[&a], false, None, &ring, &at(NOW));
        assert_eq!(none.verdict, Verdict::Unverifiable(Why::UnknownProvider));
    }

    /// A definition of three schemes: two that are chosen by what is there, and an old one.
    fn with_old_scheme() -> Provider {
        let mut provider = provider("a", "X-A", "");
        let mut second = provider.schemes[0].clone();
        second.name = "second".to_owned();
        second.key = KeyForm::Hex;
        let mut old = second.clone();
        old.name = "old".to_owned();
        old.legacy = true;
        let other = |header: &str| {
            let text = format!("header = \"{header}\"\nencoding = \"hex\"");
            toml::from_str(&text).expect("a signature")
        };
        second.signature = other("X-Second");
        old.signature = other("X-Old");
        provider.schemes.extend([second, old]);
        provider
    }

    #[test]
    fn an_old_scheme_counts_only_where_it_is_named() {
        let provider = with_old_scheme();
        let ring = keyring(&[(None, "00ff")]);
        let message = signed(&provider.schemes[2], "00ff");
        let judged = |scheme| assess(&message, &[&provider], true, scheme, &ring, &at(NOW));
        assert_eq!(judged(Some("old")).verdict, valid(0, None));
        let unnamed = judged(None);
        assert_eq!(unnamed.scheme.as_deref(), Some("body"));
        assert_eq!(unnamed.verdict.reason(), Some("missing-header"));
        let none = judged(Some("none")).verdict;
        assert_eq!(none, Verdict::Unverifiable(Why::ProviderDoesNotSign));
    }

    #[test]
    fn the_scheme_is_the_one_that_can_be_read_and_has_a_key() {
        let provider = with_old_scheme();
        let both = [
            signed(&provider.schemes[0], "s"),
            signed(&provider.schemes[1], "00ff"),
        ];
        let mut all = both[0].clone();
        let (name, value) = both[1].headers.iter().next().expect("a header");
        all.headers.push(name, value);
        for (message, secret, expected) in [
            (&both[0], "00ff", "body"),
            (&both[1], "00ff", "second"),
            (&all, "s", "body"),
            (&all, "00ff", "body"),
        ] {
            let ring = keyring(&[(None, secret)]);
            let found = assess(message, &[&provider], true, None, &ring, &at(NOW));
            assert_eq!(found.scheme.as_deref(), Some(expected), "{secret}");
        }
        let mut swapped = provider.clone();
        swapped.schemes.swap(0, 1);
        let ring = keyring(&[(None, "s")]);
        let found = assess(&all, &[&swapped], true, None, &ring, &at(NOW));
        assert_eq!(found.scheme.as_deref(), Some("body"), "`s` is no hex");
        assert_eq!(found.verdict, valid(0, None));
    }

    #[test]
    fn a_rejection_is_told_in_the_provider_s_words() {
        let text = r#"
            id = "a"
            name = "a"
            docs = "https://example.com"
            confidence = "official-source"
            [[scheme]]
            name = "timed"
            algorithm = "hmac-sha256"
            signed = "{timestamp}.{body}"
            signature = { header = "X-A", encoding = "hex" }
            timestamp = { header = "X-Time", unit = "seconds", past = 300, future = 60 }
            [scheme.texts]
            stale = "{age} s old"
            future = "{age} s ahead"
            missing-header = "no {header}"
        "#;
        let provider = Provider::parse(text).expect("a definition");
        let message = signed(&provider.schemes[0], "s");
        let without = {
            let mut message = message.clone();
            message.headers.remove("X-Time");
            message
        };
        let ring = keyring(&[(None, "s")]);
        let none = keyring(&[(None, "t")]);
        for (message, ring, now, reason, text) in [
            (&message, &ring, NOW + 9, None, None),
            (&message, &ring, NOW + 301, Some("stale"), Some("301 s old")),
            (
                &message,
                &ring,
                NOW - 61,
                Some("future"),
                Some("61 s ahead"),
            ),
            (&message, &none, NOW, Some("mismatch"), None),
            (
                &without,
                &ring,
                NOW,
                Some("missing-header"),
                Some("no X-Time"),
            ),
        ] {
            let found = assess(message, &[&provider], true, None, ring, &at(now));
            assert_eq!(found.verdict.reason(), reason);
            assert_eq!(found.provider_text.as_deref(), text, "{reason:?}");
        }
    }
}
