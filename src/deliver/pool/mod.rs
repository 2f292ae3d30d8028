//! Connections that stay open between deliveries, by host: what webhooks and replays are sent on.
//!
//! A connection is driven by the task that waits for its answer, so nobody hears that an idle one was
//! closed until it is used again: it is kept for less time than servers keep one.

mod burst;
mod place;
mod window;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

pub use self::burst::{Heard, Outgoing};
pub use self::place::Place;
pub use self::window::Window;
use super::http1::{Connection, Endpoint, Form, Request, late};
use super::reach::is_off_limits;
use super::{ClientError, ClientOptions};
use crate::core::delivery::{Attempt, Failure, FailureKind, Reply};
use crate::core::message::Message;
use crate::repeat::Clock;

/// How long an idle connection is kept, and how many to a host.
const IDLE: Duration = Duration::from_secs(2);
const MOST_IDLE: usize = 512;
/// How long an endpoint that answered for the first time may take to close the connection without
/// having said that it would: it is waited for once, so that no request goes where nobody reads any more.
const FIRST: Duration = Duration::from_millis(5);
/// How long a host's addresses are good for.
const KNOWN: Duration = Duration::from_secs(10);
/// With more hosts than this, those that were not asked for of late are forgotten.
const MOST_HOSTS: usize = 256;

/// Sends requests. Never follows redirects, never changes a body, goes through no proxy.
pub struct Pool {
    options: ClientOptions,
    allow_link_local: bool,
    clock: Clock,
    hosts: Mutex<HashMap<String, Host>>,
    /// Room for what goes out together.
    room: Mutex<Vec<u8>>,
}

/// What is kept of a host.
struct Host {
    endpoint: Arc<Endpoint>,
    found: Instant,
    idle: Vec<Idle>,
    /// Whether it closed a connection after its first answer, without having said that it would.
    closes: bool,
    form: Form,
}

/// A connection that nobody uses, and since when.
type Idle = (Connection, Instant);

/// What a request needs to go out.
struct Ready {
    endpoint: Arc<Endpoint>,
    open: Option<Connection>,
    request: Request,
}

impl Pool {
    /// A pool without connections. Unless they are allowed, it connects to no address that is
    /// [off limits](is_off_limits), by whatever name: it is looked at where it is used.
    #[must_use]
    pub fn new(options: ClientOptions, allow_link_local: bool, clock: Clock) -> Self {
        Self {
            options,
            allow_link_local,
            clock,
            hosts: Mutex::default(),
            room: Mutex::default(),
        }
    }

    /// Makes one attempt at a place, of which the target is the message's.
    ///
    /// # Errors
    /// [`ClientError`] for what HTTP cannot carry; everything the network does is in the attempt.
    pub async fn attempt(
        &self,
        message: &Message,
        place: &Place,
        number: u32,
        timeout: Duration,
    ) -> Result<Attempt, ClientError> {
        let known = self.known(place, message).await?;
        let at = self.clock.now();
        let start = Instant::now();
        let made = tokio::time::timeout(timeout, self.exchange(known, place, message)).await;
        let result = match made {
            Ok(result) => result?,
            Err(_) => Err(late(timeout)),
        };
        Ok(Attempt {
            number,
            at,
            url: place.shown(&message.target),
            result,
            latency: self.clock.elapsed(start),
        })
    }

    async fn exchange(
        &self,
        known: Option<Ready>,
        place: &Place,
        message: &Message,
    ) -> Result<Result<Reply, Failure>, ClientError> {
        let ready = match known {
            Some(ready) => ready,
            // Looked up now and then: the common way need not carry it along.
            None => match Box::pin(self.find(place, message)).await? {
                Ok(ready) => ready,
                Err(failure) => return Ok(Err(failure)),
            },
        };
        let mut slot = ready.open;
        let result = ready.endpoint.exchange(&mut slot, &ready.request).await;
        if let Some(connection) = slot {
            self.put_back(connection, place);
        }
        Ok(result)
    }

    /// Keeps a connection for the next.
    fn put_back(&self, connection: Connection, place: &Place) {
        if let Some(host) = self.hosts().get_mut(place.origin())
            && host.idle.len() < MOST_IDLE
            && !host.closes
        {
            host.idle.push((connection, Instant::now()));
        }
    }

    /// A host that is known, with a connection if one stays open.
    async fn known(&self, place: &Place, message: &Message) -> Result<Option<Ready>, ClientError> {
        let Some((mut ready, since)) = self.idle(place, message)? else {
            return Ok(None);
        };
        let Some(connection) = &mut ready.open else {
            return Ok(Some(ready));
        };
        let left = FIRST.saturating_sub(since.elapsed());
        // Of one that was in use a moment ago there is no news.
        if left.is_zero() || connection.is_new() {
            connection.listen(left).await;
        }
        if !connection.is_open() {
            ready.open = None;
            if !left.is_zero()
                && let Some(host) = self.hosts().get_mut(place.origin())
            {
                host.closes = true;
            }
        }
        Ok(Some(ready))
    }

    /// A host that is known, with the connection that was used last, and since when that is idle.
    fn idle(
        &self,
        place: &Place,
        message: &Message,
    ) -> Result<Option<(Ready, Instant)>, ClientError> {
        let mut hosts = self.hosts();
        let Some(host) = hosts.get_mut(place.origin()) else {
            return Ok(None);
        };
        // The latest is the last; with it, all before it are too old.
        let latest = host.idle.pop();
        let open = latest.filter(|(_, since)| since.elapsed() < IDLE);
        if open.is_none() {
            host.idle.clear();
            if host.found.elapsed() >= KNOWN {
                return Ok(None);
            }
        }
        let since = open.as_ref().map_or(host.found, |own| own.1);
        let ready = Ready {
            request: host.form.request(message)?,
            endpoint: Arc::clone(&host.endpoint),
            open: open.map(|(connection, _)| connection),
        };
        Ok(Some((ready, since)))
    }

    async fn find(
        &self,
        place: &Place,
        message: &Message,
    ) -> Result<Result<Ready, Failure>, ClientError> {
        let mut form = Form::new(place.url());
        let request = form.request(message)?;
        let mut endpoint = match Endpoint::find(place.url(), &self.options).await? {
            Ok(endpoint) => endpoint.without_timeout(),
            Err(failure) => return Ok(Err(failure)),
        };
        if !self.allow_link_local && !endpoint.retain(|own| !is_off_limits(own)) {
            return Ok(Err(Failure {
                kind: FailureKind::Connect,
                message: "its address is link-local".to_owned(),
            }));
        }
        let endpoint = Arc::new(endpoint);
        let host = Host {
            endpoint: Arc::clone(&endpoint),
            found: Instant::now(),
            idle: Vec::new(),
            closes: false,
            form,
        };
        let mut hosts = self.hosts();
        if hosts.len() >= MOST_HOSTS {
            hosts.retain(|_, own| own.found.elapsed() < KNOWN);
        }
        hosts.insert(place.origin().to_owned(), host);
        Ok(Ok(Ready {
            endpoint,
            open: None,
            request,
        }))
    }

    fn hosts(&self) -> MutexGuard<'_, HashMap<String, Host>> {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::message::Headers;
    use crate::deliver::Trust;
    use crate::repeat::Repeat;

    fn attempt(url: &str) -> Attempt {
        let options = ClientOptions {
            timeout: Duration::from_secs(10),
            trust: Trust::default(),
            reply_bytes: 4,
        };
        let pool = Pool::new(options, false, Repeat::default().clock());
        let place = Place::new(url.parse().expect("a URL"));
        let message = Message::post(Headers::new(), "");
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime")
            .block_on(pool.attempt(&message, &place, 1, Duration::from_millis(50)))
            .expect("an attempt")
    }

    #[test]
    fn link_local_addresses_are_not_connected_to() {
        for url in ["http://169.254.169.254/latest", "http://[fe80::1]/"] {
            let failure = attempt(url).result.expect_err("refused");
            assert_eq!(failure.message, "its address is link-local", "{url}");
        }
    }
}
