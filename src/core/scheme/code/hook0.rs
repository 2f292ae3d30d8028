//! Hook0: the signature's own value names the headers that are signed.
//!
//! Source: `hook0/hook0`, `clients/go/signature.go` and `clients/conformance/signature.json`. The
//! code `v1` is over `t.names.values.body` (names joined with a space, values with a dot), `v0` over
//! `t.body`. Where both are there `v1` decides alone, so that nobody can fall back to the weaker.

use super::super::Fields;
use super::{Text, one, pair};
use crate::core::event::View;
use crate::core::message::{Headers, is_header_name};
use crate::core::verdict::Reason;

/// Headers of a delivery that are signed when they are there.
const SIGNED: [&str; 3] = ["x-event-id", "x-event-type", "x-delivery-id"];
/// One signature covers no more names than this.
const MOST: usize = 64;

pub(super) fn texts(fields: &Fields<'_>, view: &View<'_>) -> Result<Vec<Text>, Reason> {
    let body = &view.message().body;
    // A draft has no code yet; it is one of `v1`.
    let is_old = pair(fields.value, "v1").is_none() && pair(fields.value, "v0").is_some();
    if is_old {
        let bytes = [fields.timestamp.as_bytes(), b".", body].concat();
        return Ok(vec![bytes.into()]);
    }
    let names = names(pair(fields.value, "h").unwrap_or_default())?;
    let mut values = Vec::new();
    for name in &names {
        values.push(one(fields.headers, name)?);
    }
    let head = format!(
        "{}.{}.{}.",
        fields.timestamp,
        names.join(" "),
        values.join(".")
    );
    Ok(vec![[head.as_bytes(), body].concat().into()])
}

fn names(list: &str) -> Result<Vec<String>, Reason> {
    if list.is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<String> = list.split(' ').map(str::to_ascii_lowercase).collect();
    if names.len() > MOST || !names.iter().all(|name| is_header_name(name)) {
        return Err(Reason::MalformedHeader {
            name: "X-Hook0-Signature".to_owned(),
            expected: "`h=` and header names, a space between them".to_owned(),
        });
    }
    Ok(names)
}

/// Moment and names; the code follows.
pub(super) fn draft(given: &Headers, timestamp: &str) -> String {
    let mut names = SIGNED.to_vec();
    names.retain(|name| given.contains(name));
    match names.join(" ") {
        names if names.is_empty() => format!("t={timestamp}"),
        names => format!("t={timestamp},h={names}"),
    }
}

pub(super) fn finish(draft: &str, signatures: &[String]) -> String {
    let codes = signatures.iter().map(|text| format!("v1={text}"));
    std::iter::once(draft.to_owned())
        .chain(codes)
        .collect::<Vec<_>>()
        .join(",")
}

#[cfg(test)]
mod tests {
    use super::super::testing::Case;
    use super::*;

    const SCHEME: &str = r#"
        name = "hook0"
        algorithm = "hmac-sha256"
        signed-by = "hook0"
        [signature]
        header = "X-Hook0-Signature"
        layout = "pairs"
        signature-key = "v#"
        timestamp-key = "t"
        encoding = "hex"
        [timestamp]
        unit = "seconds"
        past = 300
        future = 300
    "#;

    /// `clients/conformance/signature.json`: signature, and why it is refused.
    const CONFORMANCE: [(&str, &str); 12] = [
        (
            "t=1800000000,v0=d17d66b66fca89390c5b967c45e8928fc732db07a0aabe8167b1e98213081ffe",
            "",
        ),
        (
            "t=1800000000,h=x-event-id x-delivery-id,v1=19a6fb8f6581715b241a93af02a58611c3b0ac7b747a8d2a5b120ee418d0c347",
            "",
        ),
        (
            "t=1800000000,h=x-event-id x-delivery-id,v0=bf5f4e5fe0c9143510ae192f983316a09ed392d0104d2ce0faa3d7bce3687acb,v1=19a6fb8f6581715b241a93af02a58611c3b0ac7b747a8d2a5b120ee418d0c347",
            "",
        ),
        (
            "t=1800000000,h=x-event-id x-delivery-id,v0=d17d66b66fca89390c5b967c45e8928fc732db07a0aabe8167b1e98213081ffe,v1=bf5f4e5fe0c9143510ae192f983316a09ed392d0104d2ce0faa3d7bce3687acb",
            "mismatch",
        ),
        (
            "t=1800000000,h=x-delivery-id x-event-id,v1=19a6fb8f6581715b241a93af02a58611c3b0ac7b747a8d2a5b120ee418d0c347",
            "mismatch",
        ),
        (
            "t=1800000000,h=x-delivery-id x-event-id,v1=bf5f4e5fe0c9143510ae192f983316a09ed392d0104d2ce0faa3d7bce3687acb",
            "",
        ),
        (
            "t=1800000000,h=x-event-id x-missing,v1=19a6fb8f6581715b241a93af02a58611c3b0ac7b747a8d2a5b120ee418d0c347",
            "missing-header",
        ),
        (
            "t=1800000000,v0=d17d66b66fca89390c5b967c45e8928fc732db07a0aabe8167b1e98213081ffz",
            "mismatch",
        ),
        (
            "t=1800000000,v0=d17d66b66fca89390c5b967c45e8928fc732db07a0aabe8167b1e98213081ff",
            "mismatch",
        ),
        (
            "t=1799999699,v0=4168cc6c683357e103055b48584715f12e2baa4e679b8e076254247f11edf34d",
            "stale",
        ),
        (
            "t=1800000301,v0=ba4b79e449ae52edb505b6baa07380be2baa6e0c4c6fec3b9a01c85d47a4935f",
            "future",
        ),
        (
            "t=1799999700,v0=f9689580483e051113d28de23c1658c509da2b00e7bc15a5aaa83b8bdf83ff81",
            "",
        ),
    ];

    #[test]
    fn the_conformance_file_is_met() {
        for (signature, refusal) in CONFORMANCE {
            let headers = [
                ("x-event-id", "evt-1"),
                ("x-delivery-id", "dlv-1"),
                ("content-type", "application/json"),
                ("X-Hook0-Signature", signature),
            ];
            let case = Case {
                scheme: SCHEME,
                secret: "a-subscription-secret",
                headers: &headers,
                body: r#"{"event":"user.created"}"#,
                now: 1_800_000_000,
                ..Case::default()
            };
            let verdict = case.verdict();
            assert_eq!(verdict.reason().unwrap_or_default(), refusal, "{signature}");
        }
    }

    #[test]
    fn what_is_signed_verifies() {
        for headers in [
            &[("X-Event-Id", "abc"), ("x-event-type", "auth.user.create")][..],
            &[][..],
        ] {
            Case {
                scheme: SCHEME,
                secret: "a-subscription-secret",
                headers,
                body: r#"{"hello": "world"}"#,
                ..Case::default()
            }
            .round_trip();
        }
    }

    #[test]
    fn names_are_those_of_headers_and_not_too_many() {
        let many = |count: usize| vec!["x-a"; count].join(" ");
        assert_eq!(names("").as_deref(), Ok(&[][..]));
        let lower = ["x-a".to_owned(), "x-b".to_owned()];
        assert_eq!(names("X-A x-b").as_deref(), Ok(&lower[..]));
        assert_eq!(names(&many(MOST)).map(|names| names.len()), Ok(MOST));
        for list in [
            &many(MOST + 1),
            &many(MOST + 2),
            "x-a  x-b",
            "x-a x:b",
            "\u{e9}",
        ] {
            let reason = names(list).err().map(|reason| reason.slug());
            assert_eq!(reason, Some("malformed-header"), "{list}");
        }
    }

    #[test]
    fn a_draft_names_the_headers_that_are_there() {
        let given: Headers = [("X-Event-Type", "t"), ("X-Other", "o"), ("x-event-id", "1")]
            .into_iter()
            .collect();
        assert_eq!(draft(&given, "17"), "t=17,h=x-event-id x-event-type");
        assert_eq!(draft(&Headers::new(), "17"), "t=17");
        let both = ["00".to_owned(), "11".to_owned()];
        assert_eq!(finish("t=17", &both), "t=17,v1=00,v1=11");
    }
}
