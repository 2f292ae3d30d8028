//! Mercado Pago: a manifest of what the query and the headers say; nothing of the body.
//!
//! Source: Mercado Pago's documentation, Webhooks, "Validate the origin of a notification": a part
//! whose value is missing is left out, and `data.id` is signed in lower case. The official libraries
//! (`mercadopago/sdk-nodejs`, `src/utils/webhook`) sign it as it stands, so that is tried too.

use super::super::Fields;
use super::{Text, one};
use crate::core::event::query_value;
use crate::core::verdict::Reason;

const REQUEST_ID: &str = "x-request-id";

pub(super) fn texts(fields: &Fields<'_>) -> Result<Vec<Text>, Reason> {
    let part = |name: &str, value: &str| match value.trim() {
        "" => String::new(),
        value => format!("{name}:{value};"),
    };
    let id = query_value(fields.target(), "data.id").unwrap_or_default();
    let request = if fields.headers.contains(REQUEST_ID) {
        one(fields.headers, REQUEST_ID)?
    } else {
        ""
    };
    let manifest = |id: &str| {
        [
            part("id", id),
            part("request-id", request),
            part("ts", fields.timestamp),
        ]
        .concat()
    };
    let mut texts = vec![manifest(&id.to_lowercase()), manifest(&id)];
    texts.dedup();
    Ok(texts
        .into_iter()
        .map(|text| text.into_bytes().into())
        .collect())
}

#[cfg(test)]
mod tests {
    use super::super::testing::Case;
    use crate::core::verdict::Coverage;

    const SCHEME: &str = r#"
        name = "mercado-pago"
        algorithm = "hmac-sha256"
        signed-by = "mercado-pago"
        [signature]
        header = "x-signature"
        layout = "pairs"
        signature-key = "v1"
        timestamp-key = "ts"
        encoding = "hex-lower"
        [timestamp]
        unit = "milliseconds"
    "#;

    fn case<'a>(url: &'a str, headers: &'a [(&'a str, &'a str)]) -> Case<'a> {
        Case {
            scheme: SCHEME,
            secret: "secret",
            url: Some(url),
            headers,
            body: "{}",
            ..Case::default()
        }
    }

    /// Computed with `openssl dgst -sha256 -hmac secret` over the manifests as documented.
    #[test]
    fn missing_parts_are_left_out() {
        let url = "https://example.com/hook?data.id=ABC123&type=payment";
        for (url, request, code) in [
            (
                url,
                "req-1",
                "44d80fd005d2c663ee44303573082e33eb106d30a15630032af537e44f29e5df",
            ),
            (
                "https://example.com/hook",
                "req-1",
                "0dd1fa7cf047ed6f20134edb8c129e6f9e46285753b2011a56a80e6a1f18f1a9",
            ),
            (
                url,
                "",
                "89fbdbca7ccbc5ad3a2f410a5303ef4bd2d24b8456b60150e6adf1c0d53f7371",
            ),
            (
                "https://example.com/hook",
                "",
                "0202111f4811f44223c1b12c7a8bbb7623b8bec077d08a2816d6c7244f8ebe6b",
            ),
        ] {
            let value = format!("ts=1700000000000,v1={code}");
            let headers = [("x-signature", value.as_str()), ("x-request-id", request)];
            let proof = case(url, &headers).is_valid();
            assert_eq!(proof.coverage, Coverage::None);
            let other = case("https://example.com/hook?data.id=2", &headers);
            other.is_invalid("mismatch");
            let twice = [&headers[..], &headers[1..]].concat();
            case(url, &twice).is_invalid("repeated-header");
        }
    }

    #[test]
    fn what_is_signed_verifies() {
        let headers = [("x-request-id", "7f3a")];
        case("https://example.com/hook?data.id=Ab1", &headers).round_trip();
        case("https://example.com/hook", &[]).round_trip();
    }
}
