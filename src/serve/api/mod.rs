//! The REST interfaces: each provider's own as it documents it, and `POST /events`.
//!
//! | room | what it owns |
//! |---|---|
//! | `guard` | who may ask: the token, the host, no other site's pages |
//! | `request` | a request read: its path, its query, its JSON |
//! | `shape` | a webhook's settings under the names a provider gives them |
//! | `problem` | what a client is told where it cannot have what it asked for |
//! | `statly` | `/api/v1/code/repos/{org}/{repo}/webhooks` |
//! | `others` | `/v1/repos/{id}/webhooks` of Dits, `/api/v1/webhooks` of Code Storage |
//! | `events` | `/events` |

mod events;
mod guard;
mod others;
mod problem;
mod request;
mod shape;
mod statly;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::Notify;

pub use self::guard::Access;
use self::problem::Problem;
use self::request::Request;
use super::attempt::Sender;
use super::webhooks::Terms;
use crate::core::message::Message;
use crate::core::provider::Provider;
use crate::core::serve::dispatch::Told;
use crate::log::Log;
use crate::providers::Catalog;
use crate::receive::server::{Handler, Reply, Reset};
use crate::receive::socket::Peer;

/// What answers clients.
pub struct Api {
    /// The log, read by each in turn.
    pub log: Mutex<Log>,
    /// What the dispatcher shares.
    pub sender: Arc<Sender>,
    /// The providers.
    pub catalog: Arc<Catalog>,
    /// What may be set up.
    pub terms: Terms,
    /// Who may ask.
    pub access: Access,
    /// Wakes the dispatcher.
    pub woken: Arc<Notify>,
}

impl Handler for Api {
    async fn handle(&self, message: Message, _since: Instant) -> Result<Reply, Reset> {
        let answered = async {
            self.access.admits(&message)?;
            self.answer(Request::of(&message)).await
        };
        Ok(answered.await.unwrap_or_else(|problem| problem.reply()))
    }

    fn refused(&self, _peer: Peer, _status: Option<u16>, _why: &str) {}

    fn crowded(&self, _closed: u64, _open: usize) {}
}

impl Api {
    async fn answer(&self, request: Request<'_>) -> Result<Reply, Problem> {
        let path: Vec<&str> = request.path().collect();
        let reply = match path.as_slice() {
            [
                "api",
                "v1",
                "code",
                "repos",
                org,
                repo,
                "webhooks",
                rest @ ..,
            ] => {
                let provider = self.provider("statly")?;
                statly::answer(self, &provider, request, (org, repo), rest)?
            }
            ["v1", "repos", repo, "webhooks"] => others::dits(self, request, repo)?,
            ["api", "v1", "webhooks"] => others::code_storage(self, request)?,
            ["events"] => events::answer(self, request).await?,
            _ => return Err(Problem::not_found("path")),
        };
        if request.method() != "GET" {
            self.woken.notify_one();
        }
        Ok(reply)
    }

    /// The log, for one request at a time. What is done with it takes a few milliseconds at most, but
    /// where another process writes.
    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn provider(&self, name: &str) -> Result<Provider, Problem> {
        let found = self.catalog.whole(name);
        found.map_err(|error| Problem::unprocessable("provider", error.to_string()))
    }

    /// Says what stands in the way of all.
    fn trouble(&self, text: String) {
        let news = self.sender.news.clone();
        tokio::spawn(async move { news.tell(Told::Trouble(text)).await });
    }
}
