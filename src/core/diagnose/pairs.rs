//! Two things wrong at once, the usual pairs: a pasted secret and a changed body, a URL and its body.

use super::search::{Attempt, Search};
use super::{Cause, Finding, address, body, secret};
use crate::core::message::Message;
use crate::core::verdict::Verdict;

/// Larger bodies are not tried.
const LARGEST: usize = 64 << 10;
/// So many URLs are tried with another body.
const URLS: usize = 12;

/// The usual pairs.
pub(super) fn probe(search: &mut Search<'_>, verdict: &Verdict) -> Option<Vec<Finding>> {
    if search.body().len() >= LARGEST || !search.covers_body() {
        return None;
    }
    with_secrets(search, verdict).or_else(|| with_urls(search))
}

fn with_secrets(search: &mut Search<'_>, verdict: &Verdict) -> Option<Vec<Finding>> {
    for (finding, key) in secret::clean_keys(search) {
        let found = search.with_key(key, |search| body::likely(search, verdict));
        if let Some(more) = found {
            return Some(std::iter::once(finding).chain(more).collect());
        }
    }
    None
}

fn with_urls(search: &mut Search<'_>) -> Option<Vec<Finding>> {
    if !search.scheme.needs_url() {
        return None;
    }
    let message = search.message();
    let start = message.body.trim_ascii_end();
    let keys = std::mem::take(&mut search.keys);
    let mut found = None;
    'urls: for (cause, url) in address::urls(search).into_iter().take(URLS) {
        for ending in ["", "\n"] {
            let changed = Message {
                body: [start, ending.as_bytes()].concat().into(),
                ..message.clone()
            };
            let attempt = Attempt {
                message: &changed,
                url: Some(&url),
                ..search.unchanged(&keys)
            };
            if changed.body != message.body && search.prove(attempt).is_some() {
                let url = format!("would match if the URL were `{url}`");
                let body = match ending {
                    "" => "and the body did not end in white space",
                    _ => "and the body ended in a line break",
                };
                found = Some(vec![
                    Finding::new(cause, url),
                    Finding::new(Cause::BodyNewline, body),
                ]);
                break 'urls;
            }
        }
    }
    search.keys = keys;
    found
}
