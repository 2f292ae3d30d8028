//! Why a signature does not match: the change that makes it match, proven.
//!
//! Each probe changes one thing of a delivery that is usually at fault (the body, the secret, the
//! text of the signature, the scheme, the URL, the timestamp) and puts the result to the real engine,
//! [`Scheme::verify`](super::scheme::Scheme::verify). What does not verify is never said.
//!
//! The work is bounded by bytes hashed and written, not by a clock, so that the same delivery always
//! gets the same diagnosis (`search.rs`). No text of a finding holds a secret or a signature.

mod address;
mod body;
mod cause;
mod charset;
mod form;
mod headers;
mod json;
mod number;
mod pairs;
mod search;
mod secret;
mod shape;
mod signature;
mod style;
mod texts;
mod time;
mod variant;
mod whole;
mod writings;

pub use self::cause::Cause;
use self::search::Search;
use super::assess::{Keyring, choose};
use super::event::View;
use super::message::Message;
use super::provider::Provider;
use super::scheme::Context;
use super::verdict::{Verdict, Why};

/// Everything a diagnosis works on.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The delivery.
    pub message: &'a Message,
    /// The provider it was held against.
    pub provider: &'a Provider,
    /// The name of the scheme it was held against; chosen as [`assess`](super::assess::assess) does
    /// if there is none.
    pub scheme: Option<&'a str>,
    /// All secrets at hand, those for other providers too.
    pub keyring: &'a Keyring,
    /// What else verification was told.
    pub context: &'a Context<'a>,
    /// Other providers worth a try; the subject's own may be among them.
    pub others: &'a [&'a Provider],
    /// Other deliveries at hand, the likeliest first: a header or a body may be one of theirs.
    pub neighbours: &'a [&'a Message],
}

/// What a search for the cause found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnosis {
    /// The changes that make the signature match, all of them together; nearly always one. None if
    /// no known change explains it.
    pub findings: Vec<Finding>,
    /// How many changes were tried.
    pub tried: usize,
    /// Whether all were tried that apply, or one matched: the work for a large body ends early.
    pub complete: bool,
}

/// One proven change, in words. Each text is a short sentence's worth without its full stop, holds
/// bytes of the message in places and must be sanitised before a terminal sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub cause: Cause,
    /// What would make it match: `would match if the body ended in a newline`.
    pub change: String,
    /// Where that usually comes from.
    pub why: String,
    /// What to do.
    pub fix: String,
    /// The neighbour the change takes a part from, by its place in [`Subject::neighbours`].
    pub neighbour: Option<usize>,
}

/// Looks for the change that makes a delivery verify.
///
/// A valid delivery has no findings, nor has one that cannot be judged, but for secrets that are no
/// key of the scheme and for a provider that does not sign, where the delivery may be another's.
#[must_use]
pub fn diagnose(subject: &Subject<'_>, verdict: &Verdict) -> Diagnosis {
    let view = View::new(subject.message);
    let (scheme, steps) = match verdict {
        Verdict::Unverifiable(Why::ProviderDoesNotSign) => (
            whole::readable(subject, &view),
            &[whole::providers as Step][..],
        ),
        Verdict::Invalid(_) | Verdict::Unverifiable(Why::NoSecret) => {
            let scheme = choose(subject.provider, subject.scheme, &view, subject.keyring);
            (scheme, &STEPS[..])
        }
        Verdict::Valid(_) | Verdict::Unverifiable(_) => (None, &[][..]),
    };
    let Some(scheme) = scheme.filter(|_| !subject.keyring.is_empty()) else {
        return Diagnosis {
            complete: true,
            ..Diagnosis::default()
        };
    };
    let mut search = Search::new(*subject, scheme, &view);
    let mut findings = steps
        .iter()
        .find_map(|step| step(&mut search, verdict))
        .unwrap_or_default();
    let complete = search.complete || !findings.is_empty();
    // What is wrong with the age is told beside another change: both must be mended.
    let is_late = findings.iter().all(|own| !own.cause.is_of_age());
    findings.extend(search.late().filter(|_| is_late && !findings.is_empty()));
    Diagnosis {
        findings,
        tried: search.tried,
        complete,
    }
}

/// Tries the changes of one kind.
type Step = fn(&mut Search<'_>, &Verdict) -> Option<Vec<Finding>>;

/// The likeliest first: the first that is proven is told.
const STEPS: [Step; 18] = [
    time::age,
    headers::names,
    whole::elsewhere,
    signature::text,
    secret::likely,
    address::probe,
    whole::schemes,
    body::likely,
    signature::algorithm,
    headers::time,
    time::text,
    headers::id,
    whole::providers,
    whole::neighbours,
    shape::texts,
    secret::rare,
    body::rare,
    pairs::probe,
];

impl Finding {
    fn new(cause: Cause, change: impl Into<String>) -> Self {
        let (why, fix) = texts::of(cause);
        Self {
            cause,
            change: change.into(),
            why: why.to_owned(),
            fix: fix.to_owned(),
            neighbour: None,
        }
    }
}
