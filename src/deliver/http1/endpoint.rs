//! Where requests go: looked up once, connected to as needed.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use reqwest::Url;

use super::{Connection, Form, Request, Unanswered};
use crate::core::delivery::{Failure, FailureKind, Reply};
use crate::core::retry::Span;
use crate::deliver::attempt::cause;
use crate::deliver::{ClientError, ClientOptions, tls};

/// Where requests go, and how.
pub struct Endpoint {
    url: Url,
    addresses: Vec<SocketAddr>,
    tls: Option<tls::Connector>,
    /// None where whoever sends has a patience of its own.
    timeout: Option<Duration>,
    reply_bytes: usize,
}

impl Endpoint {
    /// Looks an endpoint's addresses up.
    ///
    /// # Errors
    /// [`ClientError`] where there can be no TLS; the inner one where there is no address.
    pub async fn find(
        url: &Url,
        options: &ClientOptions,
    ) -> Result<Result<Self, Failure>, ClientError> {
        let tls = match url.scheme() {
            "https" => Some(tls::Connector::new(url, &options.trust)?),
            _ => None,
        };
        let host = url.host_str().unwrap_or_default();
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let port = url.port_or_known_default().unwrap_or(80);
        let addresses = match tokio::net::lookup_host((bare, port)).await {
            Ok(found) => found.collect(),
            Err(error) => return Ok(Err(not_connected(&error))),
        };
        Ok(Ok(Self {
            url: url.clone(),
            addresses,
            tls,
            timeout: Some(options.timeout),
            reply_bytes: options.reply_bytes,
        }))
    }

    /// Requests to it.
    pub(in crate::deliver) fn form(&self) -> Form {
        Form::new(&self.url)
    }

    /// So much of an answer's body is kept.
    pub(in crate::deliver) fn reply_bytes(&self) -> usize {
        self.reply_bytes
    }

    /// Keeps the addresses that fit; whether any does.
    pub(in crate::deliver) fn retain(&mut self, fits: impl Fn(IpAddr) -> bool) -> bool {
        self.addresses.retain(|own| fits(own.ip()));
        !self.addresses.is_empty()
    }

    /// Waits for as long as it takes: somebody else looks at the clock.
    pub(in crate::deliver) fn without_timeout(mut self) -> Self {
        self.timeout = None;
        self
    }

    /// A connection to the first address that takes one.
    async fn connect(&self) -> Result<Connection, Failure> {
        let connecting = Connection::to_any(&self.addresses, self.tls.as_ref());
        let made = self.in_time(connecting).await?;
        made.map_err(|error| not_connected(&error))
    }

    async fn in_time<T>(&self, work: impl Future<Output = T>) -> Result<T, Failure> {
        let Some(timeout) = self.timeout else {
            return Ok(work.await);
        };
        let done = tokio::time::timeout(timeout, work).await;
        done.map_err(|_| late(timeout))
    }

    /// Sends a request on the connection there is, or on a new one.
    pub(in crate::deliver) async fn exchange(
        &self,
        slot: &mut Option<Connection>,
        request: &Request,
    ) -> Result<Reply, Failure> {
        loop {
            let mut connection = match slot.take() {
                Some(open) => open,
                // Rare, and larger than all the rest.
                None => Box::pin(self.connect()).await?,
            };
            let asking = connection.ask(request, self.reply_bytes);
            match self.in_time(asking).await? {
                // The endpoint closed a connection it was done with; nothing was sent on it.
                Err(Unanswered::NotSent) if connection.was_used() => {}
                Err(unanswered) => return Err(unanswered.failure()),
                Ok(reply) => {
                    *slot = Some(connection).filter(Connection::is_open);
                    return Ok(reply);
                }
            }
        }
    }
}

/// No answer came within this.
pub(in crate::deliver) fn late(timeout: Duration) -> Failure {
    Failure {
        kind: FailureKind::Timeout,
        message: format!("no answer within {}", Span(timeout)),
    }
}

/// Why there is no connection.
pub(in crate::deliver) fn not_connected(error: &io::Error) -> Failure {
    Failure {
        kind: FailureKind::Connect,
        message: cause(error),
    }
}
