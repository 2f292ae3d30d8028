//! `HubSpot`, version 3: method, URL, body and time; the URL as it is, or with some escapes decoded.
//!
//! Source: `HubSpot`'s documentation, Validate requests, decodes them; its libraries
//! (`@hubspot/api-client` 14, `hubspot-api-client` 12) sign the URL as it is. Both are taken.

use super::super::Fields;
use super::Text;
use crate::core::event::View;

pub(super) fn texts(fields: &Fields<'_>, view: &View<'_>) -> Vec<Text> {
    let mut urls = vec![fields.url.to_owned(), decoded(fields.url)];
    urls.dedup();
    let method = fields.method.to_ascii_uppercase();
    let body: &[u8] = &view.message().body;
    let text = |url: String| {
        [
            method.as_bytes(),
            url.as_bytes(),
            body,
            fields.timestamp.as_bytes(),
        ]
        .concat()
    };
    urls.into_iter().map(|url| text(url).into()).collect()
}

/// The URL with the documented escapes decoded and no others.
fn decoded(url: &str) -> String {
    const ESCAPES: [(&str, &str); 13] = [
        ("%3A", ":"),
        ("%2F", "/"),
        ("%3F", "?"),
        ("%40", "@"),
        ("%21", "!"),
        ("%24", "$"),
        ("%27", "'"),
        ("%28", "("),
        ("%29", ")"),
        ("%2A", "*"),
        ("%2C", ","),
        ("%3B", ";"),
        ("%23", "#"),
    ];
    let mut text = url.to_owned();
    for (escape, char) in ESCAPES {
        text = text
            .replace(escape, char)
            .replace(&escape.to_ascii_lowercase(), char);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_escapes_and_no_others_are_decoded() {
        assert_eq!(
            decoded("https://a.example/x%2Fy?q=%20%3a"),
            "https://a.example/x/y?q=%20:"
        );
    }
}
