//! Percent escapes as JavaScript writes them; several providers sign what their Node code produced.

/// Letters, digits and these stay as they are in `querystring.escape` and `encodeURIComponent`.
const COMPONENT: &[u8] = b"-_.!~*'()";
/// And these too in `encodeURI`.
const URI: &[u8] = b"-_.!~*'();/?:@&=+$,#";

/// `querystring.escape`.
pub(super) fn component(text: &str) -> String {
    escaped(text, COMPONENT)
}

/// `encodeURI`; a percent sign is escaped again.
pub(super) fn uri(text: &str) -> String {
    escaped(text, URI)
}

/// Everything but letters, digits and `plain` as `%XX`.
pub(super) fn escaped(text: &str, plain: &[u8]) -> String {
    text.bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() || plain.contains(&byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_those_of_node() {
        assert_eq!(component("a=b c&é"), "a%3Db%20c%26%C3%A9");
        assert_eq!(uri("/a b?c%20=d#e"), "/a%20b?c%2520=d#e");
    }
}
