//! A provider's side of webhooks, pure: who gets which events, and what a provider lets one ask for.
//!
//! | room | what it owns |
//! |---|---|
//! | [`subscription`] | one webhook as it was set up: address, events, scope, numbers of its own |
//! | [`selection`] | which events: `push`, `pull_request.*`, `*` |
//! | [`scope`] | of which repositories: one, an organization's, all |
//! | [`dispatch`] | an event on its way to a webhook, and what is told of it |
//! | [`pace`] | how fast one endpoint is sent to, so that it takes nothing from others |
//! | [`rules`] | what a provider's documents allow of a webhook, and its plans |
//! | [`origin`] | the repository a payload is of |

pub mod dispatch;
pub mod origin;
pub mod pace;
pub mod rules;
pub mod scope;
pub mod selection;
pub mod subscription;
