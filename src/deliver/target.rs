//! Where a request goes: reading what a person wrote, joining path and query.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use thiserror::Error;

/// Stands for a password.
const MASK: &str = "***";

/// A text that names no endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("not an endpoint, expected a URL such as `http://localhost:3000/hooks`: `{0}`")]
pub struct TargetError(pub String);

/// Reads an endpoint: a URL, `host:port/path`, `:3000/path` or a port alone.
///
/// # Errors
/// [`TargetError`] where it is none of these, or not HTTP.
pub fn endpoint(text: &str) -> Result<reqwest::Url, TargetError> {
    let error = || TargetError(masked_text(text));
    let whole = if text.contains("://") {
        text.to_owned()
    } else if text.starts_with(|char: char| char.is_ascii_digit())
        && text
            .split('/')
            .next()
            .is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
    {
        format!("http://localhost:{text}")
    } else if text.starts_with(':') {
        format!("http://localhost{text}")
    } else {
        format!("http://{text}")
    };
    let url = reqwest::Url::parse(&whole).map_err(|_| error())?;
    let web = matches!(url.scheme(), "http" | "https");
    if !web || url.host_str().is_none_or(str::is_empty) {
        return Err(error());
    }
    Ok(url)
}

/// Query parameters that hold a secret.
const SECRETS: [&str; 2] = ["access_token", "hub.verify_token"];

/// Hosts, and the paths of theirs that end with a secret: who knows the URL may post.
const POSTS: [(&str, &str); 2] = [
    ("hooks.slack.com", "/services/"),
    ("discord.com", "/api/webhooks/"),
];

/// The path without the secret it ends with; none where it does not.
fn masked_path(url: &reqwest::Url) -> Option<String> {
    let host = url.host_str()?;
    let is_such = |(own, path): &&(&str, &str)| *own == host && url.path().starts_with(path);
    POSTS.iter().find(is_such)?;
    let (start, _) = url.path().rsplit_once('/')?;
    Some(format!("{start}/{MASK}"))
}

/// An endpoint as it is shown and recorded: without the password it may carry, without the values of
/// query parameters that are secrets, and without a secret that its path ends with.
#[must_use]
pub fn masked(url: &reqwest::Url) -> String {
    let is_secret = |name: &str| SECRETS.contains(&name);
    let tells = url.query_pairs().any(|(name, _)| is_secret(&name));
    let path = masked_path(url);
    if url.password().is_none() && !tells && path.is_none() {
        return url.to_string();
    }
    let mut url = url.clone();
    if let Some(path) = path {
        url.set_path(&path);
    }
    if url.password().is_some() {
        // Only a URL without a host has no place for a password, and those were refused.
        let _ = url.set_password(Some(MASK));
    }
    if let Some(query) = url.query().filter(|_| tells) {
        let parts = query.split('&').map(|part| match part.split_once('=') {
            Some((name, _)) if is_secret(name) => format!("{name}={MASK}"),
            _ => part.to_owned(),
        });
        let query = parts.collect::<Vec<_>>().join("&");
        url.set_query(Some(&query));
    }
    url.to_string()
}

/// The same for a text that is no URL: what stands between a colon and the last `@`.
fn masked_text(text: &str) -> String {
    let start = text.find("://").map_or(0, |at| at + 3);
    match text[start..].rsplit_once('@') {
        Some((user, host)) if user.contains(':') => {
            let name = user.split(':').next().unwrap_or_default();
            format!("{}{name}:{MASK}@{host}", &text[..start])
        }
        _ => text.to_owned(),
    }
}

/// The `Host` a request to this URL carries.
#[must_use]
pub fn host(url: &reqwest::Url) -> String {
    let name = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{name}:{port}"),
        None => name.to_owned(),
    }
}

/// The `Authorization` that a URL's own user and password make (RFC 7617); none where it has none.
pub(super) fn credentials(url: &reqwest::Url) -> Option<String> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let decoded = |text| percent_decode_str(text).collect::<Vec<u8>>();
    let (name, password) = (url.username(), url.password().unwrap_or_default());
    let pair = [decoded(name), decoded(password)].join(&b':');
    Some(format!("Basic {}", STANDARD.encode(pair)))
}

/// Joins an endpoint and a request's target: an endpoint without a path of its own (`/`) takes the
/// request's path and query; one with a path or a query is used exactly as given.
#[must_use]
pub fn join(endpoint: &reqwest::Url, target: &str) -> reqwest::Url {
    let bare = matches!(endpoint.path(), "" | "/") && endpoint.query().is_none();
    let path = match target.find("://").filter(|_| !target.starts_with('/')) {
        // Absolute form: what follows the authority. A query may well hold a URL.
        Some(scheme) => target[scheme + 3..]
            .find('/')
            .map_or("/", |slash| &target[scheme + 3 + slash..]),
        None => target,
    };
    if !bare || !path.starts_with('/') {
        return endpoint.clone();
    }
    let (path, query) = match path.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (path, None),
    };
    let mut url = endpoint.clone();
    url.set_path(path);
    url.set_query(query);
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_as_people_write_them() {
        for (text, wanted) in [
            ("3000", "http://localhost:3000/"),
            (":3000/hooks", "http://localhost:3000/hooks"),
            ("localhost:3000", "http://localhost:3000/"),
            ("https://example.com/a?b=c", "https://example.com/a?b=c"),
            ("[::1]:80/x", "http://[::1]/x"),
        ] {
            let url = endpoint(text).map(|url| url.to_string());
            assert_eq!(url.as_deref(), Ok(wanted), "{text}");
        }
        for text in ["", "ftp://a/b", "http://", "a b", "99999999"] {
            assert!(endpoint(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        let shown = |text: &str| masked(&endpoint(text).expect("an endpoint"));
        assert_eq!(
            shown("http://me:hunter2@example.com:8080/a?b"),
            "http://me:***@example.com:8080/a?b"
        );
        assert_eq!(shown("http://me@example.com/"), "http://me@example.com/");
        assert_eq!(
            shown("http://h/?hub.mode=subscribe&hub.verify_token=hunter2&a"),
            "http://h/?hub.mode=subscribe&hub.verify_token=***&a"
        );
        assert_eq!(
            shown("https://hooks.slack.com/services/T0/B0/hunter2"),
            "https://hooks.slack.com/services/T0/B0/***"
        );
        assert_eq!(
            shown("https://discord.com/api/webhooks/1/hunter2?wait=true"),
            "https://discord.com/api/webhooks/1/***?wait=true"
        );
        assert_eq!(
            shown("https://example.com/services/a"),
            "https://example.com/services/a"
        );
        for text in [
            "ftp://me:hunter2@h/a",
            "http://me:hun@ter2@",
            "me:hunter2@h:x",
        ] {
            let error = endpoint(text).expect_err("no endpoint").to_string();
            assert!(!error.contains("ter2"), "{error}");
        }
    }

    #[test]
    fn a_bare_endpoint_takes_the_path_another_stays() {
        let joined = |base: &str, target: &str| {
            join(&endpoint(base).expect("an endpoint"), target).to_string()
        };
        assert_eq!(
            joined("3000", "/hooks?x=1"),
            "http://localhost:3000/hooks?x=1"
        );
        assert_eq!(
            joined("3000/own", "/hooks?x=1"),
            "http://localhost:3000/own"
        );
        assert_eq!(
            joined("3000", "http://other/a/b?c"),
            "http://localhost:3000/a/b?c"
        );
        assert_eq!(
            joined("3000", "/a?to=http://other/b"),
            "http://localhost:3000/a?to=http://other/b"
        );
        assert_eq!(joined("3000", "*"), "http://localhost:3000/");
    }
}
