//! Adyen's standard notifications: every item of the body is signed on its own.
//!
//! Source: `Adyen/adyen-node-api-library`, `src/utils/hmacValidator.ts`: eight fields of an item,
//! `:` between, nothing escaped, what is missing empty; the code stands in the item's
//! `additionalData`. One item that does not match makes the whole message invalid.

use serde_json::Value;
use subtle::ConstantTimeEq;

use super::super::mac::Mac;
use super::super::place::field;
use super::super::{Key, Piece, Scheme, SignError, Signed, Trace};
use crate::core::event::View;
use crate::core::verdict::{Proof, Reason};

const ITEMS: &str = "/notificationItems";
const ITEM: &str = "NotificationRequestItem";
const SIGNATURE: &str = "/additionalData/hmacSignature";
/// The signed fields of an item.
const FIELDS: [&str; 8] = [
    "/pspReference",
    "/originalReference",
    "/merchantAccountCode",
    "/merchantReference",
    "/amount/value",
    "/amount/currency",
    "/eventCode",
    "/success",
];

/// What is signed of an item.
fn text(item: &Value) -> String {
    let values = FIELDS.map(|pointer| match item.pointer(pointer) {
        Some(Value::String(text)) => text.clone(),
        None | Some(Value::Null) => String::new(),
        Some(other) => other.to_string(),
    });
    values.join(":")
}

fn tag(scheme: &Scheme, key: &Key, item: &Value) -> Option<Vec<u8>> {
    let mut mac = Mac::new(scheme.algorithm, key)?;
    mac.update(text(item).as_bytes());
    Some(mac.finish())
}

pub(super) fn prove(scheme: &Scheme, view: &View<'_>, keys: &[Key]) -> Result<Proof, Reason> {
    scheme.requirements(view.message())?;
    let signed = items(view)?;
    let is_of = |key: &Key| {
        signed.iter().all(|(item, signature)| {
            let claimed = scheme.signature.encoding.decode(signature);
            let own = tag(scheme, key, item);
            matches!((claimed, own), (Some(claimed), Some(own)) if claimed.ct_eq(&own).into())
        })
    };
    let secret_index = keys.iter().position(is_of).ok_or(Reason::Mismatch)?;
    Ok(Proof {
        secret_index,
        coverage: scheme.coverage(),
        age: None,
    })
}

/// Each item with its signature; at least one.
fn items<'a>(view: &'a View<'_>) -> Result<Vec<(&'a Value, &'a str)>, Reason> {
    let missing = |pointer: &str| Reason::MissingField {
        place: field(pointer),
    };
    let items = view
        .json()
        .and_then(|json| json.pointer(ITEMS)?.as_array())
        .filter(|items| !items.is_empty())
        .ok_or_else(|| missing(ITEMS))?;
    let mut signed = Vec::new();
    for (index, wrapped) in items.iter().enumerate() {
        let place = format!("{ITEMS}/{index}/{ITEM}");
        let item = wrapped.get(ITEM).ok_or_else(|| missing(&place))?;
        let signature = item
            .pointer(SIGNATURE)
            .and_then(Value::as_str)
            .ok_or_else(|| missing(&format!("{place}{SIGNATURE}")))?;
        signed.push((item, signature));
    }
    Ok(signed)
}

/// Each item's text with its signature.
pub(super) fn trace(scheme: &Scheme, view: &View<'_>, keys: &[Key]) -> Result<Vec<Trace>, Reason> {
    let traced = items(view)?
        .into_iter()
        .enumerate()
        .map(|(index, (item, signature))| {
            let text = text(item).into_bytes();
            let label = format!("fields of item {index}, `:` between");
            let pieces = vec![Piece::shown(label, text.clone())];
            scheme.trace_text(signature, pieces, &text.into(), keys)
        });
    Ok(traced.collect())
}

pub(super) fn sign(scheme: &Scheme, keys: &[Key], view: &View<'_>) -> Result<Signed, SignError> {
    let key = keys.first().ok_or(SignError::NoKey)?;
    let mut json = view.json().cloned().ok_or(SignError::NoJsonBody)?;
    let items = json
        .pointer_mut(ITEMS)
        .and_then(Value::as_array_mut)
        .filter(|items| !items.is_empty())
        .ok_or_else(|| Reason::MissingField {
            place: field(ITEMS),
        })?;
    let mut first = None;
    for (index, wrapped) in items.iter_mut().enumerate() {
        let item = wrapped.get_mut(ITEM).filter(|item| item.is_object());
        let item = item.ok_or_else(|| Reason::MissingField {
            place: field(&format!("{ITEMS}/{index}/{ITEM}")),
        })?;
        let tag = tag(scheme, key, item).ok_or(SignError::PublicKeyOnly)?;
        let value = scheme.signature.encoding.encode(&tag);
        first.get_or_insert_with(|| value.clone());
        if !item["additionalData"].is_object() {
            item["additionalData"] = Value::Object(serde_json::Map::new());
        }
        item["additionalData"]["hmacSignature"] = Value::from(value);
    }
    Ok(Signed {
        body: Some(json.to_string().into_bytes()),
        value: first.unwrap_or_default(),
        ..Signed::default()
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::Case;
    use super::*;
    use crate::core::verdict::Coverage;

    const SCHEME: &str = r#"
        name = "adyen-item"
        algorithm = "hmac-sha256"
        key = "hex"
        signed-by = "adyen-items"
        [signature]
        json = "/notificationItems/0/NotificationRequestItem/additionalData/hmacSignature"
        layout = "plain"
        encoding = "base64"
    "#;

    fn item(event: &str, success: &str, signature: &str) -> String {
        format!(
            r#"{{"NotificationRequestItem":{{"pspReference":"pspReference","originalReference":"originalReference","merchantAccountCode":"merchantAccount","merchantReference":"reference","amount":{{"currency":"EUR","value":1000}},"eventCode":"{event}","success":{success}{signature}}}}}"#
        )
    }

    fn with(signature: &str) -> String {
        format!(r#","additionalData":{{"hmacSignature":"{signature}"}}"#)
    }

    fn body(items: &[String]) -> String {
        format!(
            r#"{{"live":"false","notificationItems":[{}]}}"#,
            items.join(",")
        )
    }

    fn case(body: &str) -> Case<'_> {
        Case {
            scheme: SCHEME,
            secret: "DFB1EB5485895CFA84146406857104ABB4CBCABDC8AAF103A624C8F6A3EAAB00",
            body,
            ..Case::default()
        }
    }

    /// `hmacValidator.spec.ts` of the provider's library.
    #[test]
    fn every_item_must_match() {
        let report = item(
            "REPORT_AVAILABLE",
            "\"true\"",
            &with("ZNBPtI+oDyyRrLyD1XirkKnQgIAlFc07Vj27TeHsDRE="),
        );
        let event = item(
            "EVENT",
            "\"true\"",
            &with("ipnxGCaUZ4l8TUW75a71/ghd2Fe5ffvX0pV4TLTntIc="),
        );
        let wrong = item("REPORT_AVAILABLE", "\"true\"", &with("notValidSign"));
        let bare = item("REPORT_AVAILABLE", "\"true\"", "");
        let proof = case(&body(std::slice::from_ref(&report))).is_valid();
        assert_eq!(proof.coverage, Coverage::Part);
        case(&body(&[report.clone(), event.clone()])).is_valid();
        // A bool is written as the text is.
        case(&body(&[report.replace("\"true\"", "true")])).is_valid();
        case(&body(&[event.replace("EVENT", "EVENS")])).is_invalid("mismatch");
        case(&body(&[event.replace("1000", "1001")])).is_invalid("mismatch");
        case(&body(&[report.clone(), wrong.clone()])).is_invalid("mismatch");
        case(&body(&[wrong])).is_invalid("mismatch");
        case(&body(&[report, bare.clone()])).is_invalid("missing-field");
        case(&body(&[bare])).is_invalid("missing-field");
        case(&body(&[])).is_invalid("missing-field");
        case("no JSON").is_invalid("missing-field");
    }

    #[test]
    fn what_is_signed_verifies() {
        let bare = item("AUTHORISATION", "true", "");
        let made = case(&body(&[bare.clone(), bare])).round_trip();
        let json: Value = serde_json::from_slice(&made.body).expect("JSON");
        for index in 0..2 {
            let pointer = format!("{ITEMS}/{index}/{ITEM}{SIGNATURE}");
            assert!(json.pointer(&pointer).is_some(), "{pointer}");
        }
    }

    #[test]
    fn what_the_definition_requires_is_there() {
        let scheme = SCHEME.replace("key = ", "require = [\"X-Event\"]\nkey = ");
        let event = item(
            "EVENT",
            "\"true\"",
            &with("ipnxGCaUZ4l8TUW75a71/ghd2Fe5ffvX0pV4TLTntIc="),
        );
        let text = body(&[event]);
        let asking = Case {
            scheme: &scheme,
            ..case(&text)
        };
        asking.is_invalid("missing-header");
        Case {
            headers: &[("X-Event", "EVENT")],
            ..asking
        }
        .is_valid();
    }

    #[test]
    fn an_item_keeps_what_stands_beside_the_old_signature() {
        let more = r#","additionalData":{"reason":"x","hmacSignature":"old"}"#;
        let other = r#","additionalData":null"#;
        let items = [item("EVENT", "true", more), item("REFUND", "true", other)];
        let text = body(&items);
        let signed = case(&text).signed();
        let made = signed.body.expect("a body");
        let json: Value = serde_json::from_slice(&made).expect("JSON");
        let data = |index: usize| &json["notificationItems"][index][ITEM]["additionalData"];
        assert_eq!(data(0)["reason"], "x");
        assert_eq!(data(0)["hmacSignature"], signed.value.as_str());
        assert_ne!(data(1)["hmacSignature"], signed.value.as_str());
        case(std::str::from_utf8(&made).expect("text")).is_valid();
    }
}
