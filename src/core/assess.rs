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
    fn secrets<'a>(&'a self, provider: &'a str) -> impl Iterator<Item = (usize, &'a Secret)> {
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
fn choose<'a>(
    provider: &'a Provider,
    named: Option<&str>,
    view: &View<'_>,
    keyring: &Keyring,
) -> Option<&'a Scheme> {
    if let Some(name) = named {
        return provider.scheme(name);
    }
    let current = || provider.schemes.iter().filter(|scheme| !scheme.legacy);
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
