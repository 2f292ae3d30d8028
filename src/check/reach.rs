//! Whose endpoint it is: hostile requests go to one's own, unless asked for.

use std::net::{IpAddr, SocketAddr};

use reqwest::Url;

use crate::core::delivery::{Failure, FailureKind};

/// Whether an address is of this machine or of a private network (RFC 1918, RFC 4193, link-local).
#[must_use]
pub fn is_near(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(own) => {
            own.is_loopback() || own.is_private() || own.is_link_local() || own.is_unspecified()
        }
        IpAddr::V6(own) => {
            own.is_loopback()
                || own.is_unique_local()
                || own.is_unicast_link_local()
                || own.is_unspecified()
        }
    }
}

/// The addresses of an endpoint: looked up once, so that what was judged is what is sent to.
///
/// # Errors
/// Where there is none.
pub async fn addresses(url: &Url) -> Result<Vec<SocketAddr>, Failure> {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let port = url.port_or_known_default().unwrap_or(80);
    let found = tokio::net::lookup_host((bare, port)).await;
    let found = found.map(Iterator::collect).map_err(|error| Failure {
        kind: FailureKind::Connect,
        message: error.to_string(),
    })?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_can_reach_is_far() {
        for near in [
            "127.0.0.1",
            "127.9.9.9",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "0.0.0.0",
            "169.254.1.1",
            "::1",
            "fd00::1",
            "fe80::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
        ] {
            assert!(is_near(near.parse().expect("an address")), "{near}");
        }
        for far in [
            "1.1.1.1",
            "172.32.0.1",
            "192.169.0.1",
            "100.64.0.1",
            "2606:4700::1111",
            "::ffff:1.1.1.1",
        ] {
            assert!(!is_near(far.parse().expect("an address")), "{far}");
        }
    }
}
