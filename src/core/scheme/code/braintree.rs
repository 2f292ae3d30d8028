//! Braintree: the form field `bt_payload`, tried again with a line break at its end.
//!
//! Source: `braintree/braintree_python`, `webhook_notification_gateway.py`: the payload is base64 with
//! line breaks, the last of which some forms lose; other characters are refused. Each signature names
//! the public key it belongs to.

use super::Text;
use crate::core::event::{View, form_value};
use crate::core::verdict::{Coverage, Reason};

const PAYLOAD: &str = "bt_payload";
const SIGNATURE: &str = "bt_signature";

pub(super) fn texts(view: &View<'_>) -> Result<Vec<Text>, Reason> {
    let place = || format!("form field `{PAYLOAD}`");
    let payload = form_value(&view.message().body, PAYLOAD)
        .filter(|payload| !payload.is_empty())
        .ok_or_else(|| Reason::MissingField { place: place() })?;
    let is_base64 =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'=' | b'/' | b'\n');
    if !payload.bytes().all(is_base64) {
        return Err(Reason::MalformedField {
            place: place(),
            expected: "base64".to_owned(),
        });
    }
    let again = format!("{payload}\n").into_bytes();
    Ok(vec![payload.into_bytes().into(), again.into()])
}

/// The payload is all of the message, unless something else stands beside it.
pub(super) fn coverage(view: &View<'_>) -> Coverage {
    super::form_coverage(view, &[PAYLOAD, SIGNATURE])
}

#[cfg(test)]
mod tests {
    use super::super::testing::Case;
    use super::*;

    const SCHEME: &str = r#"
        name = "braintree"
        algorithm = "hmac-sha1"
        key = "sha1"
        signed-by = "braintree"
        [signature]
        form = "bt_signature"
        layout = "keyed"
        separator = "&"
        mark = "|"
        encoding = "hex-lower"
    "#;

    const PAYLOAD: &str = "PG5vdGlmaWNhdGlvbj48dGltZXN0YW1wIHR5cGU9ImRhdGV0aW1lIj4yMDI0LTAxLTAxVDAwOjAw%0AOjAwWjwvdGltZXN0YW1wPjxraW5kPmNoZWNrPC9raW5kPjxzdWJqZWN0PjxjaGVjayB0eXBlPSJi%0Ab29sZWFuIj50cnVlPC9jaGVjaz48L3N1YmplY3Q%2BPC9ub3RpZmljYXRpb24%2B";

    fn case(body: &str) -> Case<'_> {
        Case {
            scheme: SCHEME,
            secret: "integration_private_key",
            key_id: Some("integration_public_key"),
            headers: &[("Content-Type", "application/x-www-form-urlencoded")],
            body,
            ..Case::default()
        }
    }

    /// Made with the keys and the code of `webhook_testing_gateway.py`.
    #[test]
    fn the_signature_of_the_public_key_counts() {
        let right = "f14606926e0f2db57f428876e8bbb44fe7e38d07";
        let body = |id: &str, end: &str| {
            format!("bt_signature=other%7C00%26{id}%7C{right}&bt_payload={PAYLOAD}{end}")
        };
        let signed = body("integration_public_key", "");
        assert_eq!(case(&signed).is_valid().coverage, Coverage::Body);
        case(&body("integration_public_key", "%0A")).is_valid();
        case(&body("another", "")).is_invalid("unknown-key");
        case(&body("integration_public_key", "%0A%0A")).is_invalid("mismatch");
        case(&body("integration_public_key", "%20")).is_invalid("malformed-field");
        let nothing = "bt_signature=k%7C00&bt_payload=";
        case(nothing).is_invalid("unknown-key");
        let nothing = nothing.replace("=k%7C", "=integration_public_key%7C");
        case(&nothing).is_invalid("missing-field");
        let more = format!("{signed}&x=1");
        assert_eq!(case(&more).is_valid().coverage, Coverage::Part);
    }

    #[test]
    fn what_is_signed_verifies() {
        let body = format!("bt_payload={PAYLOAD}");
        case(&body).round_trip();
    }
}
