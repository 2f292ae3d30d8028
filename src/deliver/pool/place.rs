//! Where requests go.

use reqwest::Url;

use crate::deliver::{host, masked};

/// Where requests go, worked out once.
#[derive(Debug)]
pub struct Place {
    url: Url,
    origin: String,
    host: String,
    shown: String,
}

impl Place {
    /// A place of this URL.
    #[must_use]
    pub fn new(url: Url) -> Self {
        Self {
            origin: url.origin().ascii_serialization(),
            host: host(&url),
            shown: masked(&url),
            url,
        }
    }

    /// Its URL.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The `Host` of its requests.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Its scheme, host and port: what connections are kept by.
    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    /// The URL as it is shown and recorded.
    #[must_use]
    pub fn as_shown(&self) -> &str {
        &self.shown
    }

    /// How an attempt with this target is shown: a signature may stand in its query.
    pub(super) fn shown(&self, target: &str) -> String {
        let query = target.split_once('?').map(|(_, query)| query);
        if query == self.url.query() {
            return self.shown.clone();
        }
        let mut url = self.url.clone();
        url.set_query(query);
        masked(&url)
    }
}
