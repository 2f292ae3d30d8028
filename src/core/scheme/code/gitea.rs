//! Gitea and Forgejo: the JSON, also where a form carries it.
//!
//! Source: `go-gitea/gitea`, `services/webhook/deliver.go`: the signature is over the payload's text,
//! which a form sends as the field `payload`.

use super::Text;
use crate::core::event::{View, form_value};
use crate::core::verdict::{Coverage, Reason};

const PAYLOAD: &str = "payload";

pub(super) fn texts(view: &View<'_>) -> Result<Vec<Text>, Reason> {
    let body = &view.message().body;
    if !super::is_form(view) {
        return Ok(vec![body.to_vec().into()]);
    }
    let payload = form_value(body, PAYLOAD).ok_or_else(|| Reason::MissingField {
        place: format!("form field `{PAYLOAD}`"),
    })?;
    Ok(vec![payload.into_bytes().into()])
}

/// A form may have fields beside the payload, and those are not signed.
pub(super) fn coverage(view: &View<'_>) -> Coverage {
    if super::is_form(view) {
        super::form_coverage(view, &[PAYLOAD])
    } else {
        Coverage::Body
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Case;
    use super::*;

    const SCHEME: &str = r#"
        name = "gitea"
        algorithm = "hmac-sha256"
        signed-by = "gitea-form"
        [signature]
        header = "X-Gitea-Signature"
        layout = "plain"
        encoding = "hex-lower"
    "#;

    #[test]
    fn a_form_is_signed_as_the_json_in_it() {
        let json = r#"{"ref":"refs/heads/main","x":"a+b & c"}"#;
        let plain = Case {
            scheme: SCHEME,
            secret: "s",
            headers: &[("Content-Type", "application/json")],
            body: json,
            ..Case::default()
        };
        plain.round_trip();
        let pairs = [("payload", json)];
        let form = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish();
        let form_case = Case {
            headers: &[(
                "Content-Type",
                "application/x-www-form-urlencoded; charset=utf-8",
            )],
            body: &form,
            ..plain
        };
        let made = form_case.round_trip();
        assert_eq!(coverage(&View::new(&made)), Coverage::Body);
        assert_eq!(form_case.signed().value, plain.signed().value);
        let signature = plain.signed().value;
        let headers = [
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("X-Gitea-Signature", signature.as_str()),
        ];
        let more = format!("{form}&payload=%7B%7D");
        let proof = Case {
            headers: &headers,
            body: &more,
            ..plain
        }
        .is_valid();
        assert_eq!(proof.coverage, Coverage::Part);
        Case {
            headers: &headers,
            body: json,
            ..plain
        }
        .is_invalid("missing-field");
    }
}
