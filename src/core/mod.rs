//! The pure core: bytes, a definition, secrets and `now` in; values out.
//!
//! Nothing here reads a clock, the environment, a file, a socket or a terminal, and nothing knows of
//! clap, tokio, hyper or `SQLite` (`tests/it/house.rs` holds it to that). Everything a verb decides
//! about a webhook is decided here, so that `listen`, `verify`, `sign`, `send` and `replay` cannot
//! disagree.
//!
//! | room | what it owns |
//! |---|---|
//! | [`message`] | method, target, ordered headers, raw body: bytes, never re-serialised |
//! | [`scenario`] | steps that are sent in turn, and the answers they are to get |
//! | [`scrub`] | a message without secrets and personal data |
//! | [`secret`] | key material that redacts and zeroizes itself |
//! | [`provider`] | one definition file: schemes, events, locations, delivery policy, sources |
//! | [`category`] | what providers are for: the groups of the catalogue |
//! | [`scheme`] | the signature engine: one description parsed, verified, rendered, signed |
//! | [`verdict`] | valid, invalid with a typed reason, or unverifiable |
//! | [`expectation`] | the verdict that is expected of a delivery: `invalid:mismatch` |
//! | [`event`] | where event type, delivery id and time stand in a message |
//! | [`expr`] | jq expressions over a delivery's JSON shape |
//! | [`arrivals`] | what is expected to arrive, and what did |
//! | [`compose`] | from an event to the signed request, and a recorded one signed anew |
//! | [`capsule`] | a delivery to show around: masked, and signed with a dummy secret |
//! | [`delivery`] | one recorded delivery: message, judgement, answer, attempts |
//! | [`attempts`] | attempts of one delivery: which one it is, and what changed |
//! | [`detect`] | which provider sent a message, with the evidence |
//! | [`mod@check`] | conformance: the cases an endpoint is held to, and what its answers say |
//! | [`coding`] | compressed bodies, decoded within a bound |
//! | [`assess`] | detection, event and verdict of one message in a single call |
//! | [`mod@diagnose`] | the change that makes a signature match, proven |
//! | [`template`] | sample payloads, filled in repeatably |
//! | [`fake`] | made-up values that look real |
//! | [`saved`] | templates of a project: a delivery to send again and again |
//! | [`git`] | what a push did to refs, as the events of providers |
//! | [`handshake`] | what a provider asks of an endpoint before deliveries, and the right answer |
//! | [`outgoing`] | a composed request made ready to leave, and what the log keeps of it |
//! | [`pattern`] | which deliveries a route takes |
//! | [`script`] | scripted answers: steps, delays, failures |
//! | [`moment`] | a moment as people say it: `2h`, `yesterday`, a date |
//! | [`note`] | what an operator is told of how a delivery was answered |
//! | [`run`] | one run of a command for a delivery |
//! | [`edit`] | `path=value` edits of a JSON body |
//! | [`import`] | deliveries as people have them: curl, HAR, exports |
//! | [`raw_http`] | a request as text: the wire, a dump, a file |
//! | [`retry`] | delivery policy: success, timeout, which answers are final, delays |
//! | [`tamper`] | a request made bad on purpose |
//! | [`timeline`] | what happened to one delivery, and what its sender's schedule says |
//! | [`schema`] | a payload against its event's JSON Schema: missing, retyped, new |
//! | [`sieve`] | which of many texts may hold another |
//! | [`shape`] | what payloads look like: what is new, gone or retyped in one more |
//! | [`load`] | load on an endpoint: what is planned, and what came of it |
//! | [`serve`] | a provider's side: webhooks, their events and scopes, what a provider allows of them |
//! | [`series`] | many requests of one event, rendered once |
//! | [`inspect`] | a definition held to its word: schemes, samples, vectors |
//! | [`trial`] | a definition tried out: a delivery made up, signed, verified |
//! | [`vector`] | test vectors, run against a definition |
//! | [`recent`] | what was seen of late, bounded |
//! | [`random`] | one source of ids, repeatable from a seed |

pub mod arrivals;
pub mod assess;
pub mod attempts;
pub mod capsule;
pub mod category;
pub mod check;
pub mod coding;
pub mod compose;
pub mod delivery;
pub mod detect;
pub mod diagnose;
pub mod edit;
pub mod event;
pub mod expectation;
pub mod expr;
pub mod fake;
pub mod git;
pub mod handshake;
pub mod import;
pub mod inspect;
pub mod load;
pub mod message;
pub mod moment;
pub mod note;
pub mod outgoing;
pub mod pattern;
pub mod pointer;
pub mod provider;
pub mod random;
pub mod raw_http;
pub mod recent;
pub mod retry;
pub mod run;
pub mod saved;
pub mod scenario;
pub mod schema;
pub mod scheme;
pub mod script;
pub mod scrub;
pub mod secret;
pub mod series;
pub mod serve;
pub mod shape;
pub mod sieve;
pub mod tamper;
pub mod template;
pub mod timeline;
pub mod trial;
pub mod vector;
pub mod verdict;
