//! Many requests of one event: rendered once, and made anew where id, time and signature stand.

use bytes::Bytes;
use jiff::Timestamp;

use super::compose::{self, ComposeError, Occasion, Signing};
use super::message::{Headers, Message};
use super::provider::Provider;
use super::random::Random;
use super::template::{FillError, Filler, Names, Ready};

/// An id that is shorter may stand in a body by chance, and is not looked for in it.
const LEAST_ID: usize = 8;

/// What all requests of a series have in common.
#[derive(Clone, Copy, Debug)]
pub struct Pattern<'a> {
    /// One of them, unsigned; its target is the endpoint's.
    pub message: &'a Message,
    /// Its id, which each other request has another for; `None` where all have the same.
    pub id: Option<&'a str>,
    /// How each is signed.
    pub signing: Option<Signing<'a>>,
    /// Headers set last, over those of the signature.
    pub own: &'a Headers,
    /// The URL the requests go to.
    pub url: &'a str,
}

/// Makes one request of a series after another, each in the place of the one before.
#[derive(Debug)]
pub struct Series<'a> {
    pattern: Pattern<'a>,
    message: Message,
    headers: Vec<(String, Pieces)>,
    body: Option<Pieces>,
}

/// A text around the places where an id stands.
#[derive(Debug)]
struct Pieces(Vec<Vec<u8>>);

impl Pieces {
    /// `None` where the id is not in it.
    fn around(id: &str, text: &[u8]) -> Option<Self> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(at) = rest
            .windows(id.len().max(1))
            .position(|own| own == id.as_bytes())
        {
            pieces.push(rest[..at].to_vec());
            rest = &rest[at + id.len()..];
        }
        pieces.push(rest.to_vec());
        (pieces.len() > 1).then_some(Self(pieces))
    }

    fn with(&self, id: &str) -> Vec<u8> {
        self.0.join(id.as_bytes())
    }
}

impl<'a> Series<'a> {
    /// Finds where the id stands.
    #[must_use]
    pub fn new(pattern: Pattern<'a>) -> Self {
        let message = pattern.message;
        let around = |text: &[u8]| {
            let id = pattern.id.filter(|id| id.len() >= LEAST_ID)?;
            Pieces::around(id, text)
        };
        let headers = message.headers.iter().filter_map(|(name, value)| {
            let whole = pattern.id.is_some_and(|id| id.as_bytes() == value);
            let pieces = if whole {
                Some(Pieces(vec![Vec::new(), Vec::new()]))
            } else {
                around(value)
            };
            Some((name.to_owned(), pieces?))
        });
        Self {
            headers: headers.collect(),
            body: around(&message.body),
            message: message.clone(),
            pattern,
        }
    }

    /// The request with this id, signed at this time.
    ///
    /// # Errors
    /// [`ComposeError`] as [`compose::request`].
    pub fn request(&mut self, id: &str, now: Timestamp) -> Result<&Message, ComposeError> {
        let Pattern {
            message: first,
            signing,
            own,
            url,
            ..
        } = self.pattern;
        let message = &mut self.message;
        // The signature's headers go; the id's are set in place.
        message.headers.truncate(first.headers.len());
        for (name, pieces) in &self.headers {
            message.headers.set(name, pieces.with(id));
        }
        message.body = match &self.body {
            Some(pieces) => Bytes::from(pieces.with(id)),
            None => first.body.clone(),
        };
        message.target.clone_from(&first.target);
        if let Some(signing) = signing {
            let occasion = Occasion { id, now, url };
            compose::sign(message, signing, occasion)?;
        }
        for (name, value) in own.iter() {
            message.headers.set(name, value);
        }
        Ok(message)
    }
}

/// The ids of a series: each number has its own, the same in every run with the same seed.
pub struct Ids<'a> {
    filler: &'a Filler,
    form: IdForm<'a>,
    random: Random,
}

/// How an id is made.
enum IdForm<'a> {
    Uuid,
    /// So many characters of `[a-z0-9]` between two texts: what most templates are.
    Base36(&'a str, usize, &'a str),
    Template(Ready<'a>),
}

impl<'a> IdForm<'a> {
    /// The form of a template that needs no reading.
    fn plain(template: &'a str) -> Option<Self> {
        if ["", "{{ uuid() }}"].contains(&template) {
            return Some(Self::Uuid);
        }
        let (before, rest) = template.split_once("{{ base36(")?;
        let (length, after) = rest.split_once(") }}")?;
        let is_plain = |text: &str| !text.contains(['{', '\n', '\r']);
        // A template draws no more than this.
        let length = length.parse().ok().filter(|own| *own <= 1024)?;
        (is_plain(before) && is_plain(after)).then_some(Self::Base36(before, length, after))
    }
}

impl<'a> Ids<'a> {
    /// Ids as the provider writes them; UUIDs where it documents none.
    ///
    /// # Errors
    /// [`FillError`] where the definition's template is wrong.
    pub fn new(
        provider: &'a Provider,
        filler: &'a Filler,
        random: Random,
    ) -> Result<Self, FillError> {
        let template = provider.send.delivery_id.as_str();
        Ok(Self {
            filler,
            form: match IdForm::plain(template) {
                Some(plain) => plain,
                None => IdForm::Template(filler.ready(template)?),
            },
            random,
        })
    }

    /// The id of this number.
    ///
    /// # Errors
    /// As [`Ids::new`].
    pub fn nth(&self, number: u64) -> Result<String, FillError> {
        let mut own = self.random.nth(number);
        match &self.form {
            IdForm::Uuid => Ok(own.uuid()),
            IdForm::Base36(before, length, after) => {
                Ok([before, own.base36(*length).as_str(), after].concat())
            }
            IdForm::Template(template) => {
                *self.filler.random() = own;
                template.fill(Names::default())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::scheme::Fresh;
    use super::*;
    use crate::providers::Catalog;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    #[test]
    fn ids_are_told_apart_and_repeat_with_their_seed() {
        let catalog = Catalog::default();
        for name in ["github", "stripe", "svix"] {
            let provider = catalog.get(name).expect("there");
            let filler = Filler::new(at(0), Random::from_text("x"));
            let ids = |seed| Ids::new(provider, &filler, Random::from_text(seed)).expect("fits");
            let (one, same, other) = (ids("1"), ids("1"), ids("2"));
            let nth = |ids: &Ids<'_>, number| ids.nth(number).expect("fits");
            assert_eq!(nth(&one, 7), nth(&same, 7));
            assert_ne!(nth(&one, 7), nth(&one, 8));
            assert_ne!(nth(&one, 7), nth(&other, 7));
        }
    }

    #[test]
    fn an_id_is_what_its_template_gives() {
        let catalog = Catalog::default();
        for provider in catalog.all() {
            let filler = Filler::new(at(0), Random::from_text("x"));
            let ids = Ids::new(provider, &filler, Random::from_text("1")).expect("fits");
            let id = ids.nth(7).expect("fits");
            let own = Filler::new(at(0), Random::from_text("1").nth(7));
            let wanted = compose::delivery_id(provider, &own).expect("fits");
            assert_eq!(id, wanted, "{}", provider.id);
        }
        for (template, plain) in [
            ("d_{{ base36(16) }}", true),
            ("d_{{ base36(16) }}_{{ hex(2) }}", false),
            ("{{ base36(2000) }}", false),
            ("{{ base36(n) }}", false),
            ("d_{{ base36(16) }}\n", false),
        ] {
            assert_eq!(IdForm::plain(template).is_some(), plain, "{template}");
        }
    }

    const URL: &str = "https://example.com/hooks?a=1";

    /// A request as it is rendered for itself.
    fn rendered(
        provider: &Provider,
        signing: Option<Signing<'_>>,
        id: &str,
    ) -> Result<Message, ComposeError> {
        let now = at(1_700_000_000);
        let filler = Filler::new(now, Random::from_text("1"));
        let event = &provider.events[0];
        let body = compose::sample(event, id, &filler)?;
        let body = compose::as_sent(provider, event, body);
        let occasion = Occasion { id, now, url: URL };
        let mut message = compose::request(provider, event, body, None, occasion, &filler)?;
        message.target = "/hooks?a=1".to_owned();
        if let Some(signing) = signing {
            compose::sign(&mut message, signing, occasion)?;
        }
        Ok(message)
    }

    #[test]
    fn each_request_is_as_if_it_were_rendered_for_itself() {
        let catalog = Catalog::default();
        let mut compared = 0;
        for name in catalog.names() {
            let provider = catalog.whole(name).expect("there");
            let filler = Filler::new(at(0), Random::from_text("x"));
            let ids = Ids::new(&provider, &filler, Random::from_text("1")).expect("fits");
            let [first, second, third] = [1, 2, 3].map(|number| ids.nth(number).expect("fits"));
            for scheme in provider
                .schemes
                .iter()
                .filter(|_| !provider.events.is_empty())
            {
                let secret = match scheme.fresh_secret(&mut Random::from_text("1")) {
                    Some(Fresh::Shared(secret)) => secret,
                    Some(Fresh::Pair { private, .. }) => private,
                    None => continue,
                };
                let keys = [scheme.read_key(&secret).expect("a key")];
                let signing = Some(Signing {
                    scheme,
                    keys: &keys,
                    key_id: Some("key"),
                });
                let unsigned = rendered(&provider, None, &first).expect(name);
                let own = Headers::new();
                let mut series = Series::new(Pattern {
                    message: &unsigned,
                    id: Some(&first),
                    signing,
                    own: &own,
                    url: URL,
                });
                let again = rendered(&provider, signing, &third);
                // ECDSA and tokens draw numbers of their own: another each time.
                if again.as_ref().ok() != rendered(&provider, signing, &third).ok().as_ref() {
                    continue;
                }
                for id in [&second, &third] {
                    let made = series.request(id, at(1_700_000_000));
                    match (made, rendered(&provider, signing, id)) {
                        (Ok(made), Ok(wanted)) => {
                            assert_eq!(*made, wanted, "{name} {}", scheme.name);
                            compared += 1;
                        }
                        (made, wanted) => assert_eq!(made.is_err(), wanted.is_err(), "{name}"),
                    }
                }
            }
        }
        assert!(compared > 100, "{compared}");
    }

    #[test]
    fn own_headers_have_the_last_word() {
        let message = Message::post([("X-A", "id-of-the-first")].into_iter().collect(), "b");
        let own = [("x-a", "own"), ("X-B", "own")].into_iter().collect();
        let mut series = Series::new(Pattern {
            message: &message,
            id: Some("id-of-the-first"),
            signing: None,
            own: &own,
            url: URL,
        });
        for id in ["1", "2"] {
            let made = series.request(id, at(0)).expect("made");
            assert_eq!(made.headers.to_lines(), b"X-A: own\r\nX-B: own\r\n");
            assert_eq!(&made.body[..], b"b");
        }
    }
}
