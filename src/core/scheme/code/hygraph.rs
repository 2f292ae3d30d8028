//! Hygraph: a JSON object of the body as text, the environment and the time.
//!
//! Source: `hygraph/hygraph-utils`, `index.js`. The value is `sign=…, env=…, t=…` in this order (the
//! library reads it by position), and `&`, `<` and `>` stand in the text as the sender's Go code
//! writes them in JSON within JSON; the library's first version left them alone.

use serde_json::Value;

use super::super::Fields;
use super::{Text, pair};
use crate::core::event::View;
use crate::core::verdict::Reason;

/// The environment a project has from the start, and the library's own default.
const ENVIRONMENT: &str = "master";

pub(super) fn texts(fields: &Fields<'_>, view: &View<'_>) -> Result<Vec<Text>, Reason> {
    let environment = pair(fields.value, "env").ok_or_else(|| Reason::MalformedHeader {
        name: "gcms-signature".to_owned(),
        expected: "`sign=<base64>, env=<environment>, t=<milliseconds>`".to_owned(),
    })?;
    let Ok(body) = std::str::from_utf8(&view.message().body) else {
        // No JSON text can hold such a body, so nobody can have signed it.
        return Ok(Vec::new());
    };
    let plain = format!(
        r#"{{"Body":{},"EnvironmentName":{},"TimeStamp":{}}}"#,
        Value::from(body),
        Value::from(environment),
        fields.timestamp
    );
    let escaped = plain
        .replace('&', r"\\u0026")
        .replace('<', r"\\u003c")
        .replace('>', r"\\u003e");
    let mut texts = vec![plain, escaped];
    texts.dedup();
    Ok(texts
        .into_iter()
        .map(|text| text.into_bytes().into())
        .collect())
}

pub(super) fn draft(timestamp: &str) -> String {
    format!("env={ENVIRONMENT}, t={timestamp}")
}

pub(super) fn finish(draft: &str, signatures: &[String]) -> String {
    format!("sign={}, {draft}", signatures.join(", sign="))
}

#[cfg(test)]
mod tests {
    use super::super::testing::Case;

    const SCHEME: &str = r#"
        name = "hygraph"
        algorithm = "hmac-sha256"
        signed-by = "hygraph"
        [signature]
        header = "gcms-signature"
        layout = "pairs"
        signature-key = "sign"
        timestamp-key = "t"
        encoding = "base64"
        [timestamp]
        unit = "milliseconds"
    "#;

    fn case<'a>(headers: &'a [(&'a str, &'a str)]) -> Case<'a> {
        Case {
            scheme: SCHEME,
            secret: "rCNwyiloY3oJYYkxgpBXaleIiUv5MYlx",
            headers,
            body: r#"{"hello":"world"}"#,
            now: 1_638_296_531,
            ..Case::default()
        }
    }

    /// Made with `generateWebhookSignature`.
    #[test]
    fn the_environment_is_signed() {
        let value =
            "sign=NC4lNgN9WFZGwHG0nTLmEEr1N57EmEzozQdYauveKB0=, env=master, t=1638296531000";
        case(&[("gcms-signature", value)]).is_valid();
        let other = value.replace("master", "test");
        case(&[("gcms-signature", &other)]).is_invalid("mismatch");
        let without = value.replace("env=master, ", "");
        case(&[("gcms-signature", &without)]).is_invalid("malformed-header");
    }

    #[test]
    fn what_is_signed_verifies() {
        let made = case(&[]).round_trip();
        let value = made.headers.text("gcms-signature").expect("is there");
        assert!(value.ends_with(", env=master, t=1638296531000"), "{value}");
        Case {
            body: "{\"a\":\"<b> & \\u0026 \u{e9}\"}\n",
            ..case(&[])
        }
        .round_trip();
    }
}
