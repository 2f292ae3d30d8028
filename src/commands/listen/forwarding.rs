//! Where `listen` forwards to, and how long it waits for whom.

use std::cell::OnceCell;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use clap::builder::RangedU64ValueParser;
use reqwest::Url;
use tokio::sync::Semaphore;

use crate::commands::ending::client_error;
use crate::commands::options::TrustOptions;
use crate::commands::shipment::speed;
use crate::core::retry::Span;
use crate::deliver::{Client, ClientOptions, Pace, endpoint};
use crate::error::CommandError;
use crate::receive::answer::forward::Forward;
use crate::repeat::Clock;

/// The heading these options stand under; set on each, so that it does not run on over the verb's own.
const FORWARDING: &str = "Forwarding";

/// How deliveries go on to an application.
#[derive(Args, Clone, Debug)]
pub(super) struct ForwardOptions {
    /// Forward deliveries that are not invalid to this endpoint and pass its answer back
    ///
    /// The body goes on byte for byte, with every header but `Host` and those of the connection; the
    /// case of header names may change. An endpoint without a path takes the path and query of each
    /// request; one with a path is used as it is, so that the request's own are left out. Redirects
    /// are never followed.
    #[arg(help_heading = FORWARDING, long, value_name = "URL", value_hint = clap::ValueHint::Url)]
    pub(super) forward_to: Option<String>,

    /// Forward invalid deliveries too
    #[arg(help_heading = FORWARDING, long)]
    pub(super) forward_invalid: bool,

    /// Give up on a forwarded delivery's answer after this span [default: the provider's, else 30s]
    ///
    /// Where a provider documents how long it waits, its sender gets 504 after that, as the real one
    /// would have hung up; the application is listened to for 30s all the same, to say how long it
    /// took.
    #[arg(help_heading = FORWARDING, long, value_name = "SPAN", value_parser = patience)]
    forward_timeout: Option<Span>,

    /// Answer the sender 200 as soon as its delivery is recorded, and forward it then
    #[arg(help_heading = FORWARDING, long)]
    ack_first: bool,

    /// Forward again on the provider's schedule until delivered
    ///
    /// Only after the sender has its answer: one that hears of a failure tries again by itself.
    #[arg(help_heading = FORWARDING, long, requires = "ack_first")]
    forward_retry: bool,

    /// Wait so many times shorter than the provider, such as 60x
    #[arg(help_heading = FORWARDING, long, value_name = "FACTOR", default_value = "1x", value_parser = speed)]
    speed: f64,

    /// Forward at most so many deliveries at once; others wait as long as their sender would
    #[arg(help_heading = FORWARDING, long, value_name = "N", default_value_t = 50, value_parser = RangedU64ValueParser::<u16>::new().range(1..))]
    max_forwards: u16,

    #[command(flatten, next_help_heading = FORWARDING)]
    trust: TrustOptions,
}

/// A span that somebody can wait.
pub(super) fn patience(text: &str) -> Result<Span, String> {
    let span: Span = text.parse()?;
    let is_sane = (1..=3_600_000).contains(&span.0.as_millis());
    is_sane
        .then_some(span)
        .ok_or_else(|| "expected a span from 1ms to 1h".to_owned())
}

/// What all routes to applications share: one client, so that what holds for one holds for all.
pub(super) struct Forwarding {
    /// Made for the first of them: most receivers have none.
    client: OnceCell<Client>,
    options: ClientOptions,
    clock: Clock,
    slots: Arc<Semaphore>,
    most: usize,
    timeout: Option<Duration>,
    ack_first: bool,
    pace: Pace,
}

impl ForwardOptions {
    /// What all routes to applications share.
    ///
    /// # Errors
    /// A usage error for certificates that cannot be read.
    pub(super) fn read(
        &self,
        reply_bytes: usize,
        clock: Clock,
    ) -> Result<Forwarding, CommandError> {
        let options = ClientOptions {
            // Each delivery sets its own.
            timeout: Duration::from_secs(30),
            trust: self.trust.read()?,
            reply_bytes,
        };
        let most = usize::from(self.max_forwards);
        Ok(Forwarding {
            client: OnceCell::new(),
            options,
            clock,
            slots: Arc::new(Semaphore::new(most)),
            most,
            timeout: self.forward_timeout.map(|span| span.0),
            ack_first: self.ack_first,
            pace: Pace {
                retry: self.forward_retry,
                speed: self.speed,
            },
        })
    }
}

impl Forwarding {
    /// A route to an application; `ack_first` is the route's own word on that.
    ///
    /// # Errors
    /// A usage error for what names no endpoint, a failure where no client can be set up.
    pub(super) fn to(&self, text: &str, ack_first: Option<bool>) -> Result<Forward, CommandError> {
        Ok(Forward {
            client: self.client()?.clone(),
            endpoint: endpoint(text).map_err(|error| CommandError::usage(error.to_string()))?,
            slots: Arc::clone(&self.slots),
            most: self.most,
            timeout: self.timeout,
            ack_first: ack_first.unwrap_or(self.ack_first).then_some(self.pace),
        })
    }

    fn client(&self) -> Result<&Client, CommandError> {
        if let Some(made) = self.client.get() {
            return Ok(made);
        }
        let made = Client::new(&self.options, self.clock).map_err(client_error)?;
        Ok(self.client.get_or_init(|| made))
    }
}

/// Whether an endpoint is the very address that is listened on: what came in would come in for ever.
pub(super) fn is_own(endpoint: &Url, own: SocketAddr) -> bool {
    let is_here = match endpoint.host() {
        Some(url::Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(url::Host::Ipv4(ip)) => ip.is_loopback() || own.ip() == ip,
        Some(url::Host::Ipv6(ip)) => ip.is_loopback() || own.ip() == ip,
        None => false,
    };
    is_here && endpoint.port_or_known_default() == Some(own.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_that_is_our_own() {
        let own = |text: &str, address: &str| {
            let address = address.parse().expect("an address");
            is_own(&endpoint(text).expect("an endpoint"), address)
        };
        for text in [
            "4400",
            "http://LOCALHOST:4400/x",
            "127.0.0.1:4400",
            "[::1]:4400",
        ] {
            assert!(own(text, "127.0.0.1:4400"), "{text}");
        }
        assert!(own("http://192.0.2.1:4400", "192.0.2.1:4400"));
        assert!(own("http://localhost", "0.0.0.0:80"));
        for text in ["4401", "https://localhost/", "http://example.com:4400"] {
            assert!(!own(text, "127.0.0.1:4400"), "{text}");
        }
    }

    #[test]
    fn a_span_that_somebody_can_wait() {
        for text in ["0s", "2h", "x"] {
            assert!(patience(text).is_err(), "{text}");
        }
        assert!(patience("1h").is_ok());
    }
}
