//! Conformance: the cases that tell whether an endpoint handles a provider's deliveries rightly.
//!
//! Cases come from the definition, so a provider of one's own has them too. Each is made, then held
//! against the engine that verifies: what must be accepted is valid by it, what must be refused is
//! not, and a case that means nothing to a scheme is no case. Nothing is sent here.
//!
//! | room | what it owns |
//! |---|---|
//! | `player` | deliveries of the provider, as they should be and otherwise |
//! | `signature` | a signature where it stands, read and changed |
//! | `accept` | what must be accepted |
//! | `reject`, `times` | what must be refused |
//! | `change`, `forge` | a delivery changed on its way, a signature made up |
//! | `malformed` | what is signed and no use: it must not crash |
//! | `behaviour` | repeats, order, connections, handshakes, methods, time |
//! | `judge` | answers held against what was expected |
//! | [`timing`] | whether the time of a refusal tells how much of a signature was right |

mod accept;
mod behaviour;
mod change;
mod forge;
mod judge;
mod malformed;
mod player;
mod reject;
mod signature;
mod times;
pub mod timing;

pub use self::judge::{Answered, Mark, Outcome};
pub use self::player::{Framing, Player, Shot};

use jiff::Timestamp;

use self::player::Turn;
use super::handshake::Handshake;

/// What a case is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// The provider being honest.
    Accept,
    /// Somebody else, or the provider's delivery on a bad way.
    Reject,
    /// More than one delivery, or none.
    Behaviour,
}

impl Group {
    /// The words used in output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accept => "must accept",
            Self::Reject => "must reject",
            Self::Behaviour => "behaviour",
        }
    }
}

/// How grave it is when a case is not met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The handler is wrong.
    Must,
    /// The handler could be stricter; nobody is harmed by itself.
    Should,
    /// A statistical hint, no proof.
    Hint,
}

impl Level {
    /// The word used in output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Must => "must",
            Self::Should => "should",
            Self::Hint => "hint",
        }
    }
}

/// What an endpoint must answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// 2xx to each request.
    Accepted,
    /// 4xx to each request.
    Rejected,
    /// 2xx or 4xx: anything but a crash.
    Handled,
    /// The signed request is treated no better than the bare one before it.
    NoDelivery,
    /// The right answer to a handshake; to a forged one, 401.
    Handshaken,
    /// Each answer within the provider's time limit.
    InTime,
    /// The time of a refusal tells nothing.
    EvenTime,
}

impl Expect {
    /// The word used in output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "2xx",
            Self::Rejected => "4xx",
            Self::Handled => "2xx or 4xx",
            Self::NoDelivery => "not taken",
            Self::Handshaken => "right answer",
            Self::InTime => "in time",
            Self::EvenTime => "even time",
        }
    }
}

/// How the requests of a case go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// One after the other, a connection each.
    InTurn,
    /// All at the same time.
    AtOnce,
    /// One after the other on one connection.
    OneConnection,
    /// The first two many times, in turn.
    Sampled,
    /// Nothing goes out: it is judged by what the other cases took.
    Watched,
}

/// What a case needs to be made: fixed words, and the requests.
struct Spec {
    name: &'static str,
    title: &'static str,
    level: Level,
    expect: Expect,
    manner: Manner,
    /// Why it matters.
    why: &'static str,
    /// What helps.
    fix: &'static str,
    /// What helps where it is answered 5xx instead; `fix` if empty.
    crash: &'static str,
    /// The requests, `None` where the case means nothing.
    shots: fn(&Turn<'_>) -> Option<Vec<Shot>>,
}

/// One thing that is tried.
#[derive(Clone)]
pub struct Case {
    /// What `--only` and `--skip` take.
    pub name: String,
    /// A few words.
    pub title: String,
    /// What it is about.
    pub group: Group,
    /// How grave it is.
    pub level: Level,
    /// What must be answered.
    pub expect: Expect,
    /// How its requests go out.
    pub manner: Manner,
    /// Why it matters, in a line.
    pub why: String,
    /// What helps, in a line.
    pub fix: String,
    /// What helps where the endpoint crashes, in a line.
    pub crash: String,
    /// Whether its deliveries are one and the same, which should take effect once.
    pub repeats: bool,
    number: u64,
    make: Make,
}

#[derive(Clone, Copy)]
enum Make {
    Shots(fn(&Turn<'_>) -> Option<Vec<Shot>>),
    Handshake(usize),
}

impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Case").field(&self.name).finish()
    }
}

/// The name of the case on which all others rest.
pub const BASE: &str = "valid";

impl Case {
    fn new(group: Group, spec: &Spec, number: u64) -> Self {
        let crash = if spec.crash.is_empty() {
            spec.fix
        } else {
            spec.crash
        };
        Self {
            name: spec.name.to_owned(),
            title: spec.title.to_owned(),
            group,
            level: spec.level,
            expect: spec.expect,
            manner: spec.manner,
            why: spec.why.to_owned(),
            fix: spec.fix.to_owned(),
            crash: crash.to_owned(),
            repeats: behaviour::REPEATING.contains(&spec.name),
            number,
            make: Make::Shots(spec.shots),
        }
    }

    /// The requests, made and signed for this moment. Empty where nothing is sent, and where the
    /// case means nothing to the provider.
    #[must_use]
    pub fn shots(&self, player: &Player<'_>, now: Timestamp) -> Vec<Shot> {
        let turn = Turn::new(player, now, self.number);
        let shots = match self.make {
            Make::Shots(make) => make(&turn).unwrap_or_default(),
            Make::Handshake(index) => turn.handshake(index).unwrap_or_default(),
        };
        let fits = |shot: &Shot| match (self.expect, turn.is_valid(&shot.message)) {
            (Expect::Accepted, Some(valid)) => valid,
            (Expect::Rejected, Some(valid)) => !valid,
            _ => true,
        };
        shots.into_iter().filter(fits).collect()
    }
}

/// The cases that mean something to a provider, in the order they are tried.
#[must_use]
pub fn plan(player: &Player<'_>, now: Timestamp) -> Vec<Case> {
    let specs = (accept::SPECS.iter().map(|own| (Group::Accept, own)))
        .chain(reject::SPECS.iter().map(|own| (Group::Reject, own)))
        .chain(times::SPECS.iter().map(|own| (Group::Reject, own)))
        .chain(malformed::SPECS.iter().map(|own| (Group::Reject, own)))
        .chain(behaviour::SPECS.iter().map(|own| (Group::Behaviour, own)));
    let mut cases: Vec<Case> = (0..)
        .zip(specs)
        .map(|(number, (group, spec))| Case::new(group, spec, number))
        .filter(|case| case.manner == Manner::Watched || !case.shots(player, now).is_empty())
        .collect();
    let handshakes = player.provider.handshakes.iter().enumerate();
    let handshakes = handshakes.map(|(index, own)| of_handshake(player, index, own));
    let place = cases
        .iter()
        .position(|case| case.expect == Expect::NoDelivery);
    let place = place.unwrap_or(cases.len());
    cases.splice(place..place, handshakes);
    cases
}

fn of_handshake(player: &Player<'_>, index: usize, handshake: &Handshake) -> Case {
    let id = &player.provider.id;
    let fix = format!(
        "answer it as `hookcat listen -p {id}` does; `hookcat providers show {id}` tells how"
    );
    Case {
        name: handshake.event(),
        title: format!("handshake `{}`", handshake.name),
        group: Group::Behaviour,
        level: Level::Must,
        expect: Expect::Handshaken,
        manner: Manner::InTurn,
        why: format!(
            "{}: without the right answer it does not deliver",
            handshake.about
        ),
        crash: fix.clone(),
        fix,
        repeats: false,
        number: 1000 + u64::try_from(index).unwrap_or(0),
        make: Make::Handshake(index),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::Timestamp;

    use super::*;
    use crate::core::compose::Signing;
    use crate::core::event::View;
    use crate::core::message::Headers;
    use crate::core::provider::Provider;
    use crate::core::random::Random;
    use crate::core::scheme::{Context, Fresh, Scheme};
    use crate::core::secret::Secret;
    use crate::providers::Catalog;

    const URL: &str = "https://example.com/hooks?own=1";

    fn now() -> Timestamp {
        Timestamp::from_second(1_700_000_000).expect("in range")
    }

    /// Plays a provider, with a made-up secret, in a function.
    fn playing<T>(
        provider: &Provider,
        scheme: &Scheme,
        with: impl FnOnce(&Player<'_>) -> T,
    ) -> Option<T> {
        let secret = match scheme.fresh_secret(&mut Random::from_text("1"))? {
            Fresh::Shared(secret) => secret,
            Fresh::Pair { private, .. } => private,
        };
        let keys = [scheme.read_key(&secret).ok()?];
        let made_up = crate::core::trial::made_up_event();
        let own = Headers::new();
        let token = Secret::new("token");
        Some(with(&Player {
            provider,
            event: provider.events.first().unwrap_or(&made_up),
            signing: Some(Signing {
                scheme,
                keys: &keys,
                key_id: Some("key_1"),
            }),
            url: URL,
            target: "/hooks?own=1",
            own: &own,
            secret: Some(&secret),
            verify_token: Some(&token),
            random: Random::from_text("2"),
        }))
    }

    fn names(provider: &str) -> BTreeSet<String> {
        let provider = Catalog::default().whole(provider).expect("known");
        let cases = playing(&provider, &provider.schemes[0], |player| {
            plan(player, now())
        });
        cases
            .expect("a key")
            .into_iter()
            .map(|own| own.name)
            .collect()
    }

    #[test]
    fn every_provider_has_cases_and_none_contradicts_the_engine() {
        let catalog = Catalog::default();
        let mut kinds = BTreeSet::new();
        let mut played = 0;
        for id in catalog.names() {
            let provider = catalog.whole(id).expect("known");
            let Some(scheme) = provider.schemes.first() else {
                continue;
            };
            // One of each kind: most providers sign as another does.
            let kind = (
                scheme.algorithm.as_str(),
                scheme.signed_by,
                scheme.coverage(),
            );
            let layout = &scheme.signature.layout;
            if !kinds.insert(format!(
                "{kind:?} {layout:?} {}",
                scheme.timestamp.is_some()
            )) {
                continue;
            }
            playing(&provider, scheme, |player| {
                let cases = plan(player, now());
                assert!(cases.iter().any(|own| own.name == BASE), "{id}: {cases:?}");
                let signing = player.signing.expect("signed");
                for case in &cases {
                    for shot in case.shots(player, now()) {
                        let is_changed = shot.message.target.contains(player::CHANGED);
                        let changed = is_changed.then(|| player::changed(URL));
                        let url = changed.unwrap_or_else(|| URL.to_owned());
                        let context = Context {
                            now: now(),
                            url: Some(&url),
                            tolerance: None,
                            max_age: None,
                            key_id: Some("key_1"),
                        };
                        let view = View::new(&shot.message);
                        let valid = scheme.verify(&view, signing.keys, &context).is_valid();
                        let what = format!("{id} {} {}", case.name, shot.label);
                        match case.expect {
                            Expect::Accepted => assert!(valid, "{what}"),
                            Expect::Rejected => assert!(!valid, "{what}"),
                            _ => {}
                        }
                        assert!(shot.message.target.starts_with("/hooks?own=1"), "{what}");
                    }
                }
                played += 1;
            });
        }
        assert!(played > 40, "{played}");
    }

    #[test]
    fn a_scheme_has_the_cases_that_mean_something_to_it() {
        let github = names("github");
        for name in [
            "missing-signature",
            "truncated-signature",
            "wrong-algorithm",
            "flipped-body",
            "get",
        ] {
            assert!(github.contains(name), "{name}: {github:?}");
        }
        for name in [
            "stale",
            "future",
            "rotation",
            "flipped-timestamp",
            "form-encoding",
            "secrets",
        ] {
            assert!(!github.contains(name), "{name}: {github:?}");
        }
        let stripe = names("stripe");
        for name in [
            "stale",
            "missing-timestamp",
            "repeated-timestamp",
            "garbled-timestamp",
            "rotation",
        ] {
            assert!(stripe.contains(name), "{name}: {stripe:?}");
        }
        // It allows any timestamp ahead.
        assert!(!stripe.contains("future"), "{stripe:?}");
        let standard = names("standard-webhooks");
        for name in [
            "future",
            "flipped-id",
            "flipped-timestamp",
            "old-timestamp",
            "early-timestamp",
        ] {
            assert!(standard.contains(name), "{name}: {standard:?}");
        }
        // Two headers of a list are the list.
        assert!(!standard.contains("repeated-signature"), "{standard:?}");
        assert!(
            names("slack").contains("handshake:url_verification"),
            "{:?}",
            names("slack")
        );
    }

    #[test]
    fn a_run_repeats_and_each_delivery_has_an_id_of_its_own() {
        let statly = Catalog::default().whole("statly").expect("known");
        let shots = || {
            playing(&statly, &statly.schemes[0], |player| {
                let cases = plan(player, now());
                let sent: Vec<Vec<Shot>> =
                    cases.iter().map(|own| own.shots(player, now())).collect();
                let messages = sent.iter().flatten().map(|own| own.message.clone());
                messages.collect::<Vec<_>>()
            })
            .expect("a key")
        };
        assert_eq!(shots(), shots());
        let ids: Vec<_> = shots()
            .iter()
            .map(|own| own.headers.text("x-statly-delivery").map(str::to_owned))
            .collect();
        let different: BTreeSet<_> = ids.iter().collect();
        assert!(
            different.len() * 2 > ids.len(),
            "{} of {}",
            different.len(),
            ids.len()
        );
    }

    #[test]
    fn names_are_words_and_stand_once() {
        let stripe = Catalog::default().whole("stripe").expect("known");
        let cases =
            playing(&stripe, &stripe.schemes[0], |player| plan(player, now())).expect("a key");
        let names: BTreeSet<_> = cases.iter().map(|own| own.name.as_str()).collect();
        assert_eq!(names.len(), cases.len());
        for case in &cases {
            let plain = |char: char| char.is_ascii_lowercase() || "-:_".contains(char);
            assert!(case.name.chars().all(plain), "{}", case.name);
            assert!(
                !case.why.is_empty() && !case.fix.is_empty(),
                "{}",
                case.name
            );
            assert!(case.title.chars().count() <= 50, "{}", case.title);
        }
    }
}
