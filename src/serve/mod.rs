//! The local provider: what happened goes to every webhook that takes it, signed, until it is taken or
//! given up.
//!
//! Everything is in the log's file, and every step is one write to it:
//!
//! ```text
//! emit, POST /events ──► event ──► [fan_out] ──► dispatches ──► [dispatcher] ──► [attempt] ──► endpoint
//!                                  a batch a      one a            whose turn      one request;
//!                                  write          webhook          it is           its write says
//!                                                                                  what follows
//! ```
//!
//! So a server that dies goes on where it was: an event is fanned out from its cursor on, a dispatch is due
//! until an attempt's write says otherwise. What was sent and not written is sent again with the same id.
//!
//! | room | what it owns |
//! |---|---|
//! | [`dispatcher`] | whose turn it is: lanes, one a webhook, and what they share |
//! | `fan_out` | from an event to a dispatch for each webhook that takes it |
//! | `turns` | lanes in turn |
//! | `lane` | one webhook's turn: what is due there, what is under way |
//! | `endpoint` | a webhook read: where it goes, what signs, on which policy |
//! | [`attempt`] | one attempt, recorded with what follows it |
//! | `held` | the latest events in memory |
//! | `target` | an event as a request to an endpoint |
//! | `notify` | an event told to people: Slack, mail |
//! | [`webhooks`] | setting webhooks up, changing and trying them |
//! | [`api`] | the REST interfaces of providers, and `POST /events` |
//! | [`news`] | what is told of all that |
//! | [`lock`] | one server to a log |

pub mod api;
pub mod attempt;
pub mod dispatcher;
mod endpoint;
mod fan_out;
mod held;
mod lane;
pub mod lock;
pub mod news;
mod notify;
mod target;
mod turns;
pub mod webhooks;
