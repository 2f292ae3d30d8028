//! Who may ask: the token, the host, no other site's pages.

use subtle::ConstantTimeEq;

use super::problem::Problem;
use crate::core::message::Message;
use crate::core::secret::Secret;

/// Who may ask.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// The bearer token; none is needed on an address that only this machine can reach.
    pub token: Option<Secret>,
}

impl Access {
    /// Lets a request in.
    ///
    /// # Errors
    /// Without the token there is; without one, where a browser would have been made to send it: a page of
    /// another site may post to this machine, and a name of its own may lead here.
    pub(super) fn admits(&self, message: &Message) -> Result<(), Problem> {
        if let Some(token) = &self.token {
            let given = bearer(message).unwrap_or_default();
            // Two texts of different length differ in that; how much of them agrees is not told.
            return if bool::from(given.as_bytes().ct_eq(token.expose())) {
                Ok(())
            } else {
                Err(Problem::unauthorized())
            };
        }
        let host = message.headers.text("host").unwrap_or_default();
        if !is_local(host) {
            let what = "without a token, requests are answered for `localhost` alone";
            return Err(Problem::forbidden(what));
        }
        let origin = message.headers.text("origin");
        if origin.is_some_and(|own| own.split_once("://").is_none_or(|(_, own)| own != host)) {
            let what = "without a token, pages of other sites are not answered";
            return Err(Problem::forbidden(what));
        }
        Ok(())
    }
}

/// The token of a request, if it has one.
pub(super) fn bearer(message: &Message) -> Option<&str> {
    let (scheme, token) = message.headers.text("authorization")?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// Whether a `Host` is this machine, as it is written.
fn is_local(host: &str) -> bool {
    let url = url::Url::parse(&format!("http://{host}/"));
    url.is_ok_and(|url| match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(own)) => own.is_loopback(),
        Some(url::Host::Ipv6(own)) => own.is_loopback(),
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::message::Headers;

    fn admits(token: Option<&str>, headers: &[(&str, &str)]) -> Result<(), u16> {
        let access = Access {
            token: token.map(Secret::new),
        };
        let headers: Headers = headers.iter().copied().collect();
        let admitted = access.admits(&Message::post(headers, ""));
        admitted.map_err(|problem| problem.reply().status)
    }

    #[test]
    fn the_token_is_held_to_the_byte() {
        let with = |value: &str| admits(Some("hunter2"), &[("Authorization", value)]);
        assert_eq!(with("Bearer hunter2"), Ok(()));
        assert_eq!(with("bearer  hunter2"), Ok(()));
        for value in [
            "Bearer hunter",
            "Bearer hunter22",
            "Basic hunter2",
            "hunter2",
            "",
        ] {
            assert_eq!(with(value), Err(401), "{value}");
        }
        assert_eq!(admits(Some("hunter2"), &[]), Err(401));
        assert_eq!(
            admits(Some("hunter2"), &[("Authorization", "Bearer ")]),
            Err(401)
        );
    }

    #[test]
    fn without_a_token_only_this_machine_asks() {
        for host in [
            "localhost:4500",
            "127.0.0.1:4500",
            "[::1]:4500",
            "api.localhost",
        ] {
            assert_eq!(admits(None, &[("Host", host)]), Ok(()), "{host}");
        }
        for host in ["evil.example", "evil.example:4500", "10.0.0.1", ""] {
            assert_eq!(admits(None, &[("Host", host)]), Err(403), "{host}");
        }
        let from = |origin| admits(None, &[("Host", "localhost:4500"), ("Origin", origin)]);
        assert_eq!(from("http://localhost:4500"), Ok(()));
        for origin in ["http://evil.example", "null", "http://localhost:3000"] {
            assert_eq!(from(origin), Err(403), "{origin}");
        }
    }
}
