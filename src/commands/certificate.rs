//! `--fetch-cert`: the certificate a message names, from the provider's own host and nowhere else.

use std::time::Duration;

use reqwest::Url;

use super::ending::client_error;
use super::shipment::block_on;
use crate::core::event::View;
use crate::core::message::{Headers, Message};
use crate::core::provider::Provider;
use crate::deliver::{Client, ClientOptions, Trust};
use crate::error::{CommandError, Kind};
use crate::repeat::Clock;

/// A certificate is not waited for longer than this.
const TIMEOUT: Duration = Duration::from_secs(10);
/// A certificate is not larger than this.
const BYTES: usize = 64 * 1024;

/// The certificates that a message names under the schemes it may be signed with.
///
/// # Errors
/// An address that is not the provider's, or a host that does not give the certificate.
pub(super) fn fetched(
    message: &Message,
    candidates: &[&Provider],
    clock: Clock,
) -> Result<Vec<Vec<u8>>, CommandError> {
    let view = View::new(message);
    let mut certificates = Vec::new();
    for scheme in candidates.iter().flat_map(|provider| &provider.schemes) {
        let Some(source) = scheme
            .certificate
            .as_ref()
            .filter(|_| scheme.is_present(&view))
        else {
            continue;
        };
        let address = source
            .address(&view)
            .map_err(|error| CommandError::new(Kind::Unverifiable, error.to_string()))?;
        certificates.push(fetch(&address, clock)?);
    }
    Ok(certificates)
}

fn fetch(address: &str, clock: Clock) -> Result<Vec<u8>, CommandError> {
    let failed = |why: String| {
        CommandError::new(
            Kind::NotReached,
            format!("cannot fetch the certificate: `{address}`"),
        )
        .because(why)
        .hint("give it yourself: --cert FILE")
    };
    let url = Url::parse(address).map_err(|error| failed(error.to_string()))?;
    let options = ClientOptions {
        timeout: TIMEOUT,
        trust: Trust::default(),
        reply_bytes: BYTES,
    };
    let client = Client::new(&options, clock).map_err(client_error)?;
    let mut request = Message::post(Headers::new(), Vec::new());
    "GET".clone_into(&mut request.method);
    let attempt = block_on(client.attempt(&request, &url, 1))?.map_err(client_error)?;
    match attempt.result {
        Ok(reply) if reply.status == 200 && !reply.truncated => Ok(reply.body.to_vec()),
        Ok(reply) => Err(failed(format!("answered {}", reply.status))),
        Err(failure) => Err(failed(failure.message)),
    }
}
