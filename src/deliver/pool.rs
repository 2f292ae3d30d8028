//! Connections that stay open between deliveries, by host: what webhooks and replays are sent on.
//!
//! A connection is driven by the task that waits for its answer, so nobody hears that an idle one was
//! closed until it is used again: it is kept for less time than servers keep one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use reqwest::Url;

use super::load::{Connection, Endpoint, Form, Request, late};
use super::reach::is_off_limits;
use super::{ClientError, ClientOptions, masked};
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
}

/// What is kept of a host.
struct Host {
    endpoint: Arc<Endpoint>,
    found: Instant,
    idle: Vec<Idle>,
    /// Whether it closed a connection after its first answer, without having said that it would.
    closes: bool,
}

/// A connection that nobody uses, and since when.
type Idle = (Connection, Instant);

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
        }
    }

    /// Makes one attempt; `url` says where to, but for the target, which is the message's.
    ///
    /// # Errors
    /// [`ClientError`] for what HTTP cannot carry; everything the network does is in the attempt.
    pub async fn attempt(
        &self,
        message: &Message,
        url: &Url,
        number: u32,
        timeout: Duration,
    ) -> Result<Attempt, ClientError> {
        let request = Form::new(url).request(message)?;
        let key = url.origin().ascii_serialization();
        let known = self.known(&key).await;
        let at = self.clock.now();
        let start = Instant::now();
        let exchange = self.exchange(key, known, url, request);
        let made = tokio::time::timeout(timeout, exchange).await;
        let result = match made {
            Ok(result) => result?,
            Err(_) => Err(late(timeout)),
        };
        Ok(Attempt {
            number,
            at,
            url: masked(url),
            result,
            latency: self.clock.elapsed(start),
        })
    }

    async fn exchange(
        &self,
        key: String,
        known: Option<(Arc<Endpoint>, Option<Connection>)>,
        url: &Url,
        request: Request,
    ) -> Result<Result<Reply, Failure>, ClientError> {
        let (endpoint, mut slot) = match known {
            Some(known) => known,
            None => match self.find(&key, url).await? {
                Ok(endpoint) => (endpoint, None),
                Err(failure) => return Ok(Err(failure)),
            },
        };
        let result = endpoint.exchange(&mut slot, request).await;
        if let Some(connection) = slot
            && let Some(host) = self.hosts().get_mut(&key)
            && host.idle.len() < MOST_IDLE
            && !host.closes
        {
            host.idle.push((connection, Instant::now()));
        }
        Ok(result)
    }

    /// A host that is known, with a connection if one stays open.
    async fn known(&self, key: &str) -> Option<(Arc<Endpoint>, Option<Connection>)> {
        let (endpoint, idle) = self.idle(key)?;
        let Some((mut connection, since)) = idle else {
            return Some((endpoint, None));
        };
        let left = FIRST.saturating_sub(since.elapsed());
        // Of one that was in use a moment ago there is no news.
        if left.is_zero() || connection.is_new() {
            connection.listen(left).await;
        }
        if connection.is_open() {
            return Some((endpoint, Some(connection)));
        }
        if !left.is_zero()
            && let Some(host) = self.hosts().get_mut(key)
        {
            host.closes = true;
        }
        Some((endpoint, None))
    }

    /// A host that is known, with the connection that was used last and since when it is idle.
    fn idle(&self, key: &str) -> Option<(Arc<Endpoint>, Option<Idle>)> {
        let mut hosts = self.hosts();
        let host = hosts.get_mut(key)?;
        // The latest is the last; with it, all before it are too old.
        let latest = host.idle.pop();
        let open = latest.filter(|(_, since)| since.elapsed() < IDLE);
        if open.is_none() {
            host.idle.clear();
            if host.found.elapsed() >= KNOWN {
                return None;
            }
        }
        let endpoint = Arc::clone(&host.endpoint);
        Some((endpoint, open))
    }

    async fn find(
        &self,
        key: &str,
        url: &Url,
    ) -> Result<Result<Arc<Endpoint>, Failure>, ClientError> {
        let mut endpoint = match Endpoint::find(url, &self.options).await? {
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
        };
        let mut hosts = self.hosts();
        if hosts.len() >= MOST_HOSTS {
            hosts.retain(|_, own| own.found.elapsed() < KNOWN);
        }
        hosts.insert(key.to_owned(), host);
        Ok(Ok(endpoint))
    }

    fn hosts(&self) -> MutexGuard<'_, HashMap<String, Host>> {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};

    use super::*;
    use crate::core::message::Headers;
    use crate::deliver::Trust;
    use crate::repeat::Repeat;

    fn attempts(url: &str, count: usize) -> Vec<Attempt> {
        let options = ClientOptions {
            timeout: Duration::from_secs(10),
            trust: Trust::default(),
            reply_bytes: 4,
        };
        let pool = Pool::new(options, false, Repeat::default().clock());
        let url = url.parse().expect("a URL");
        let message = Message::post(Headers::new(), "");
        let all = async {
            let mut made = Vec::new();
            for _ in 0..count {
                let attempt = pool.attempt(&message, &url, 1, Duration::from_secs(30));
                made.push(attempt.await.expect("an attempt"));
            }
            made
        };
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime")
            .block_on(all)
    }

    /// An endpoint: for each connection, how its stream is served.
    fn endpoint(mut serve: impl FnMut(TcpStream) + Send + 'static) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}/", listener.local_addr().expect("an address"));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                serve(stream);
            }
        });
        url
    }

    #[test]
    fn link_local_addresses_are_not_connected_to() {
        for url in ["http://169.254.169.254/latest", "http://[fe80::1]/"] {
            let attempt = attempts(url, 1).remove(0);
            let failure = attempt.result.expect_err("refused");
            assert_eq!(failure.message, "its address is link-local", "{url}");
        }
    }

    #[test]
    fn an_answer_without_an_end_is_cut() {
        let url = endpoint(|mut stream| {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
            while stream.write_all(&[b'x'; 4096]).is_ok() {}
        });
        for attempt in attempts(&url, 2) {
            let reply = attempt.result.expect("an answer");
            assert_eq!((reply.status, reply.truncated), (200, true));
            assert_eq!(&reply.body[..], b"xxxx");
        }
    }

    #[test]
    fn nothing_is_sent_to_who_closed_after_the_answer_without_a_word() {
        let url = endpoint(|mut stream| {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        });
        let all = attempts(&url, 5);
        assert!(all.iter().all(|own| own.status() == Some(200)), "{all:?}");
    }
}
