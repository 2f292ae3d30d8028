//! Values to text: pure, sanitised, and the only place that knows how things look.
//!
//! | room | what it shows |
//! |---|---|
//! | [`paint`] | colour for one stream |
//! | [`sanitize`] | foreign text made safe |
//! | [`json`] | the documented JSON shapes, one compact object a line |
//! | [`annotation`] | what CI shows beside the code: GitHub's workflow commands |
//! | [`junit`] | a test report that CI reads |
//! | [`arrivals`] | what was expected to arrive, and what did |
//! | [`body`] | a body as coloured JSON, text or hexdump |
//! | [`event`] | the two lines of a delivery, a whole delivery |
//! | [`export`] | recorded deliveries for other tools: curl, HAR, `.http`, hurl, tests |
//! | [`hint`] | the usual cause of an application's refusal |
//! | [`note`] | how a delivery was answered, and why so |
//! | [`notice`] | an event told to people: a chat message, a mail |
//! | [`occurrence`] | an event that happened at a provider played here |
//! | [`run`] | a command's run |
//! | [`explain`] | a verification laid open |
//! | [`finding`] | why a signature does not match |
//! | [`handshake`] | what a handshake asks, and the right answer |
//! | [`post`] | a signed request to run: curl, `HTTPie`, variables |
//! | [`repeat`] | which attempt of a delivery it is, and what changed |
//! | [`line`] | a line about a delivery, piece by piece |
//! | [`load`] | a run of load: the line that moves, and the report |
//! | [`request`] | a request as curl, as raw HTTP, as JSON |
//! | [`timeline`] | what happened to one delivery, in time |
//! | [`webhooks`] | webhooks, and what `serve` sends to them |
//! | [`stats`] | what the log holds, counted |
//! | [`table`] | aligned columns that fit the terminal |
//! | [`catalog`] | the list of providers: in groups, in columns, in lines |
//! | [`check`] | what `providers check` found |
//! | [`conformance`] | what `check` found: the table, what helps, JSON |
//! | [`sarif`] | findings for code scanning |
//! | [`definition`] | a new definition file |
//! | [`provider`] | a definition as a person would explain it |

pub mod annotation;
pub mod arrivals;
pub mod body;
pub mod catalog;
pub mod check;
pub mod conformance;
pub mod definition;
pub mod diff;
pub mod event;
pub mod explain;
pub mod export;
pub mod finding;
pub mod handshake;
pub mod hint;
pub mod json;
pub mod junit;
mod line;
pub mod load;
pub mod note;
pub mod notice;
pub mod occurrence;
mod page;
pub mod paint;
pub mod post;
pub mod provider;
pub mod repeat;
pub mod request;
pub mod run;
pub mod sanitize;
pub mod sarif;
mod scheme;
mod snippet;
pub mod stats;
pub mod table;
pub mod timeline;
pub mod webhooks;

pub use self::paint::Paint;
