//! Amazon SNS: certain fields of the JSON, a line with the name and one with the value.
//!
//! Source: Amazon's documentation, "Verifying the signatures of Amazon SNS messages", and
//! `aws/aws-sdk-ruby`, `aws-sdk-sns/message_verifier.rb`: the version chooses the hash, and the
//! certificate must come from Amazon, by HTTPS, as PEM. Lambda writes `Url` where HTTP has `URL`.

use serde_json::Value;

use super::super::sign::with_field;
use super::super::{Algorithm, SignError};
use super::Text;
use crate::core::event::View;
use crate::core::verdict::Reason;

/// The signed fields of a notification, in order; the subject may be missing.
const NOTIFICATION: [&str; 6] = [
    "Message",
    "MessageId",
    "Subject",
    "Timestamp",
    "TopicArn",
    "Type",
];
/// The signed fields of the two messages on a subscription.
const SUBSCRIPTION: [&str; 7] = [
    "Message",
    "MessageId",
    "SubscribeURL",
    "Timestamp",
    "Token",
    "TopicArn",
    "Type",
];
/// Where a message that hookcat signs says its certificate is; nobody fetches it.
const CERTIFICATE: &str =
    "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-hookcat.pem";

pub(super) fn texts(view: &View<'_>) -> Result<Vec<Text>, Reason> {
    let missing = |name: &str| Reason::MissingField {
        place: super::super::place::field(&format!("/{name}")),
    };
    let malformed = |name: &str, expected: &str| Reason::MalformedField {
        place: super::super::place::field(&format!("/{name}")),
        expected: expected.to_owned(),
    };
    let text = |name: &str| match view.json()?.get(name)? {
        Value::String(text) => Some(text.as_str()),
        _ => None,
    };
    let either = |name: &str| text(name).or_else(|| text(&name.replace("URL", "Url")));
    let version = text("SignatureVersion").ok_or_else(|| missing("SignatureVersion"))?;
    let algorithm = match version {
        "1" => Algorithm::RsaSha1,
        "2" => Algorithm::RsaSha256,
        _ => return Err(malformed("SignatureVersion", "`1` or `2`")),
    };
    // Both spellings at once are both looked at: a reader may take either.
    let urls = [text("SigningCertURL"), text("SigningCertUrl")];
    if urls == [None, None] {
        return Err(missing("SigningCertURL"));
    }
    if !urls.into_iter().flatten().all(is_of_amazon) {
        return Err(malformed(
            "SigningCertURL",
            "`https://sns.<region>.amazonaws.com/….pem`",
        ));
    }
    let names: &[&str] = match text("Type").ok_or_else(|| missing("Type"))? {
        "Notification" => &NOTIFICATION,
        "SubscriptionConfirmation" | "UnsubscribeConfirmation" => &SUBSCRIPTION,
        _ => {
            return Err(malformed(
                "Type",
                "`Notification`, `SubscriptionConfirmation` or `UnsubscribeConfirmation`",
            ));
        }
    };
    let mut signed = String::new();
    for name in names {
        match either(name) {
            Some(value) => signed.push_str(&format!("{name}\n{value}\n")),
            None if *name == "Subject" => {}
            None => return Err(missing(name)),
        }
    }
    Ok(vec![Text {
        bytes: signed.into_bytes(),
        algorithm: Some(algorithm),
    }])
}

/// Whether a URL is one Amazon publishes its certificates at.
fn is_of_amazon(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("https://") else {
        return false;
    };
    let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(end);
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let host = host.strip_suffix(".cn").unwrap_or(host);
    let region = host
        .strip_prefix("sns.")
        .and_then(|host| host.strip_suffix(".amazonaws.com"));
    let is_region = |region: &str| {
        region.len() >= 3
            && region
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    region.is_some_and(is_region) && path.starts_with('/') && path.as_bytes().ends_with(b".pem")
}

/// The version that is signed, and a place of the certificate if the message has none.
pub(super) fn body(given: &[u8]) -> Result<Vec<u8>, SignError> {
    let body = with_field(given, "/SignatureVersion", Value::from("2"))?;
    let json: Value = serde_json::from_slice(&body).map_err(|_| SignError::NoJsonBody)?;
    let named = ["SigningCertURL", "SigningCertUrl"];
    if named.iter().any(|name| json.get(name).is_some()) {
        return Ok(body);
    }
    with_field(&body, "/SigningCertURL", Value::from(CERTIFICATE))
}

#[cfg(test)]
mod tests {
    use super::super::testing::Case;
    use super::*;
    use crate::core::verdict::Coverage;

    const SCHEME: &str = r#"
        name = "aws-sns"
        algorithm = "rsa-sha256"
        key = "certificate"
        signed-by = "aws-sns"
        [signature]
        json = "/Signature"
        layout = "plain"
        encoding = "base64"
        [timestamp]
        json = "/Timestamp"
        unit = "rfc3339"
    "#;

    /// `aws-sdk-sns/spec/message_verifier_spec.rb`: the messages and the certificate.
    const PUBLISHED: &str = include_str!("../../../../tests/vectors/sns.json");

    #[test]
    fn published_messages_give_their_verdicts() {
        let published: Value = serde_json::from_str(PUBLISHED).expect("JSON");
        let certificate = published["certificate"].as_str().expect("a certificate");
        let case = |body: &str, reason: &str| {
            let case = Case {
                scheme: SCHEME,
                certificate: Some(certificate),
                body,
                now: 1_659_043_438,
                ..Case::default()
            };
            if reason.is_empty() {
                assert_eq!(case.is_valid().coverage, Coverage::Part);
            } else {
                case.is_invalid(reason);
            }
        };
        for version in ["version1", "version2"] {
            let message = published[version].as_str().expect("a message");
            case(message, "");
            for (from, to, reason) in [
                ("Hello world", "Hello World", "mismatch"),
                (
                    "\"SignatureVersion\" : \"",
                    "\"SignatureVersion\" : \"3",
                    "malformed-field",
                ),
                (
                    "https://sns.us-east-2.amazonaws.com/Simple",
                    "https://internetbadguys.com/Simple",
                    "malformed-field",
                ),
                ("\"Notification\"", "\"Other\"", "malformed-field"),
                ("\"TopicArn\"", "\"topic\"", "missing-field"),
                (
                    "\"MessageId\"",
                    "\"Subject\" : \"x\", \"MessageId\"",
                    "mismatch",
                ),
            ] {
                let changed = message.replace(from, to);
                assert_ne!(changed, message, "{from}");
                case(&changed, reason);
            }
            // Where both spellings stand, both are of Amazon: a reader may take either.
            for other in [
                "https://evil.example/a.pem",
                "http://sns.us-east-2.amazonaws.com/a.pem",
            ] {
                let both = format!("\"SigningCertUrl\" : \"{other}\", \"SigningCertURL\"");
                case(
                    &message.replace("\"SigningCertURL\"", &both),
                    "malformed-field",
                );
            }
            // Lambda's spelling is the same message.
            case(&message.replace("SigningCertURL", "SigningCertUrl"), "");
        }
    }

    #[test]
    fn certificates_come_from_amazon() {
        for (url, is) in [
            ("https://sns.us-east-2.amazonaws.com/a.pem", true),
            ("https://sns.cn-north-1.amazonaws.com.cn/a.pem", true),
            ("http://sns.us-east-2.amazonaws.com/a.pem", false),
            ("https://sns.us-east-2.amazonaws.com/a.txt", false),
            ("https://sns.us-east-2.amazonaws.com/a?.pem", false),
            ("https://sns.us-east-2.amazonaws.com.evil.com/a.pem", false),
            (
                "https://evil.com\\.sns.us-east-2.amazonaws.com/a.pem",
                false,
            ),
            ("https://sns.us-east-2.amazonaws.com@evil.com/a.pem", false),
            ("https://x.sns.us-east-2.amazonaws.com/a.pem", false),
            ("https://sns.amazonaws.com/a.pem", false),
            ("https://sns.us.east.amazonaws.com/a.pem", false),
            ("https://sns.us-east-2.amazonaws.com:443@evil/a.pem", false),
            ("https://sns.us-east-2.amazonaws.com", false),
        ] {
            assert_eq!(is_of_amazon(url), is, "{url}");
        }
    }

    #[test]
    fn what_is_signed_verifies() {
        let key = include_str!("../../../../tests/vectors/rsa-test-key.pem");
        for body in [
            r#"{"Type":"Notification","MessageId":"1","TopicArn":"arn","Message":"m","Timestamp":"x"}"#,
            r#"{"Type":"SubscriptionConfirmation","MessageId":"1","TopicArn":"arn","Message":"m","Token":"t","SubscribeURL":"https://x","Timestamp":"x"}"#,
        ] {
            let made = Case {
                scheme: SCHEME,
                secret: key,
                body,
                ..Case::default()
            }
            .round_trip();
            let json: Value = serde_json::from_slice(&made.body).expect("JSON");
            assert_eq!(json["SignatureVersion"], "2");
            assert_eq!(json["Timestamp"], "2023-11-14T22:13:20Z");
        }
    }
}
