//! Whose endpoint it is: hostile requests go to one's own, unless asked for; nobody's requests go where a
//! machine's own network answers.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::Url;
use url::Host;

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

/// Where clouds answer with credentials, beside the link-local 169.254.169.254.
const METADATA_V4: [Ipv4Addr; 2] = [
    Ipv4Addr::new(100, 100, 100, 200),
    Ipv4Addr::new(192, 0, 0, 192),
];
const METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);

/// Whether an address is link-local or one where a cloud's metadata is, however it is written: a webhook
/// that points there would have the machine read out its own secrets.
#[must_use]
pub fn is_off_limits(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(own) => own.is_link_local() || METADATA_V4.contains(&own),
        IpAddr::V6(own) => {
            own.is_unicast_link_local()
                || own == METADATA_V6
                || embedded(own).is_some_and(|own| is_off_limits(own.into()))
        }
    }
}

/// The address of version 4 that a translator would make of this one (RFC 6052, RFC 3056).
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let all = address.segments();
    let of = |at: usize| Ipv4Addr::from((u32::from(all[at]) << 16) | u32::from(all[at + 1]));
    match all[..2] {
        [0x64, 0xff9b] => Some(of(6)),
        [0x2002, _] => Some(of(1)),
        _ if all[..6] == [0; 6] => Some(of(6)),
        _ => None,
    }
}

/// Whether a URL names such an address itself.
#[must_use]
pub fn names_off_limits(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(own)) => is_off_limits(own.into()),
        Some(Host::Ipv6(own)) => is_off_limits(own.into()),
        Some(Host::Domain(_)) | None => false,
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
    fn a_machines_own_network_is_off_limits_however_it_is_written() {
        for text in [
            "169.254.169.254",
            "169.254.0.1",
            "fe80::1",
            "::ffff:169.254.169.254",
            "::169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "2002:a9fe:a9fe::",
            "fd00:ec2::254",
            "100.100.100.200",
        ] {
            assert!(is_off_limits(text.parse().expect("an address")), "{text}");
        }
        for text in [
            "127.0.0.1",
            "10.0.0.1",
            "192.168.1.1",
            "::1",
            "fd00::1",
            "1.1.1.1",
        ] {
            assert!(!is_off_limits(text.parse().expect("an address")), "{text}");
        }
        // A URL's host is read as a number where it is one, whatever its base.
        for url in [
            "http://169.254.169.254/latest",
            "http://0xa9fea9fe/",
            "http://2852039166/",
            "http://[::ffff:a9fe:a9fe]/",
        ] {
            assert!(names_off_limits(&url.parse().expect("a URL")), "{url}");
        }
        assert!(!names_off_limits(
            &"http://localhost/".parse().expect("a URL")
        ));
    }

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
