//! What usually causes the answer an application gave, or gave not, and what helps.

use url::Url;

use super::{event, sanitize};
use crate::core::delivery::{Attempt, Delivery, FailureKind, Reply};

/// The usual cause of a forwarded delivery's failure, in one line; `logged` says whether it can be
/// replayed. `None` for a success, and where nothing is usual.
#[must_use]
pub fn of(delivery: &Delivery, attempt: &Attempt, logged: bool) -> Option<String> {
    match &attempt.result {
        Ok(reply) => of_answer(delivery, attempt, reply, logged),
        Err(failure) => of_failure(attempt, failure.kind, &failure.message),
    }
}

fn of_answer(
    delivery: &Delivery,
    attempt: &Attempt,
    reply: &Reply,
    logged: bool,
) -> Option<String> {
    let url = Url::parse(&attempt.url).ok();
    let path = url.as_ref().map_or("/", |url| url.path());
    let path = sanitize::target(path);
    let method = sanitize::target(&delivery.message.method);
    Some(match reply.status {
        300..=399 => {
            let to = reply.headers.text("location")?;
            let whole = url.and_then(|url| url.join(to).ok());
            let to = whole.map_or_else(|| to.to_owned(), |url| url.to_string());
            format!(
                "redirects are never followed, this one points to {}: give that to --forward-to",
                sanitize::target(&to)
            )
        }
        status @ (400 | 401 | 403) => return of_refusal(delivery, status),
        404 | 410 => format!(
            "your app has nothing at `{path}`: is the path right? --forward-to takes a whole URL"
        ),
        405 => match reply.headers.text("allow") {
            Some(allowed) => format!(
                "your app does not take {method} at `{path}`: it allows {}",
                sanitize::line(allowed)
            ),
            None => format!("your app does not take {method} at `{path}`"),
        },
        413 => format!(
            "your app takes smaller bodies only: this one has {}",
            event::size(delivery.message.body.len())
        ),
        415 => match delivery.message.headers.text("content-type") {
            Some(kind) => format!("your app does not take `{}`", sanitize::line(kind)),
            None => "your app wants a content type, and the sender gave none".to_owned(),
        },
        429 => "your app, or what stands before it, limits the rate".to_owned(),
        502..=504 => {
            "this is the answer of what stands before your app: is the app itself up?".to_owned()
        }
        500..=599 => match delivery.id.filter(|_| logged) {
            Some(id) => format!(
                "your app failed, its own output says why; to try again: hookcat replay {id} --to URL"
            ),
            None => "your app failed, its own output says why".to_owned(),
        },
        _ => return None,
    })
}

/// A refusal of who is asking: a matter of the signature, as far as hookcat can tell.
fn of_refusal(delivery: &Delivery, status: u16) -> Option<String> {
    let judgement = delivery.judgement.as_ref()?;
    let text = match (judgement.verdict.as_str(), judgement.reason.as_deref()) {
        ("valid", _) if status == 400 => {
            "if your handler means the signature: hookcat found it right, so give it the same secret, and \
             the raw body before anything parses it"
        }
        ("valid", _) => {
            "hookcat found the signature right: give your handler the same secret, and the raw body \
             before anything parses it"
        }
        ("invalid", _) => "hookcat found the signature wrong too",
        (_, Some("no-secret" | "ambiguous")) => {
            "most often a signature: give your handler the sender's secret, and the raw body before \
             anything parses it; with --secret hookcat checks it too"
        }
        _ if status != 400 => "your app wants proof that this sender does not give",
        _ => return None,
    };
    Some(text.to_owned())
}

fn of_failure(attempt: &Attempt, kind: FailureKind, cause: &str) -> Option<String> {
    let said = |words: &[&str]| words.iter().any(|word| cause.contains(word));
    let port = Url::parse(&attempt.url)
        .ok()
        .and_then(|url| url.port_or_known_default());
    Some(match kind {
        FailureKind::Timeout => {
            "wait longer: --forward-timeout 60s; answer the sender first: --ack-first".to_owned()
        }
        FailureKind::Broken => "does it speak HTTP? write https:// where it speaks TLS".to_owned(),
        FailureKind::Connect if said(&["refused"]) => match port {
            Some(port) => format!("is your app running on port {port}?"),
            None => "is your app running?".to_owned(),
        },
        FailureKind::Connect if said(&["lookup", "resolve"]) => {
            "no host has this name: is --forward-to right?".to_owned()
        }
        FailureKind::Connect if said(&["certificate"]) => {
            "take any certificate: --insecure; or trust its authority: --ca FILE".to_owned()
        }
        FailureKind::Connect if said(&["corrupt message", "InvalidContentType"]) => {
            "it does not speak TLS: write http://".to_owned()
        }
        FailureKind::Connect => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;

    use super::*;
    use crate::core::delivery::{Direction, Failure, Judgement};
    use crate::core::message::{Headers, Message};

    fn delivery(verdict: &str, reason: Option<&str>) -> Delivery {
        Delivery {
            id: Some(41),
            judgement: Some(Judgement {
                verdict: verdict.to_owned(),
                reason: reason.map(str::to_owned),
                detail: None,
                secret_index: None,
                coverage: None,
                detected_by: None,
            }),
            ..Delivery::new(
                Direction::Received,
                Timestamp::UNIX_EPOCH,
                Message::post(
                    [("Content-Type", "text/x\u{9b}")].into_iter().collect(),
                    "{}",
                ),
            )
        }
    }

    fn attempt(url: &str, result: Result<Reply, Failure>) -> Attempt {
        Attempt {
            number: 1,
            at: Timestamp::UNIX_EPOCH,
            url: url.to_owned(),
            result,
            latency: Duration::ZERO,
        }
    }

    fn answered(status: u16, headers: &[(&str, &str)], delivery: &Delivery) -> String {
        let reply = Reply {
            status,
            headers: headers.iter().copied().collect::<Headers>(),
            body: "".into(),
            truncated: false,
        };
        let attempt = attempt("http://localhost:3000/hooks?x=1", Ok(reply));
        of(delivery, &attempt, true).unwrap_or_default()
    }

    #[test]
    fn answers_and_their_usual_causes() {
        let valid = delivery("valid", None);
        let says = |status, headers: &[(&str, &str)]| answered(status, headers, &valid);
        for (status, headers, wanted) in [
            (200, &[][..], ""),
            (204, &[], ""),
            (301, &[], ""),
            (
                308,
                &[("location", "/hooks/")],
                "points to http://localhost:3000/hooks/:",
            ),
            (
                307,
                &[("location", "https://a.example/x\u{202e}")],
                "points to https://a.example/x%E2%80%AE:",
            ),
            (400, &[], "the raw body"),
            (401, &[], "the same secret"),
            (403, &[], "the same secret"),
            (404, &[], "nothing at `/hooks`"),
            (405, &[], "does not take POST at `/hooks`"),
            (405, &[("allow", "GET\u{7}")], "it allows GET\\x07"),
            (413, &[], "this one has 2 B"),
            (415, &[], "does not take `text/x\\x9b`"),
            (418, &[], ""),
            (429, &[], "limits the rate"),
            (500, &[], "hookcat replay 41 --to URL"),
            (502, &[], "stands before your app"),
        ] {
            let said = says(status, headers);
            assert!(said.contains(wanted), "{status}: {said}");
            assert_eq!(said.is_empty(), wanted.is_empty(), "{status}: {said}");
        }
    }

    #[test]
    fn a_refusal_is_seen_beside_the_verdict() {
        for (verdict, reason, status, wanted) in [
            ("valid", None, 401, "found the signature right"),
            ("invalid", Some("mismatch"), 401, "wrong too"),
            ("unverifiable", Some("no-secret"), 400, "with --secret"),
            (
                "unverifiable",
                Some("provider-does-not-sign"),
                403,
                "wants proof",
            ),
            ("unverifiable", Some("provider-does-not-sign"), 400, ""),
        ] {
            let said = answered(status, &[], &delivery(verdict, reason));
            assert!(said.contains(wanted), "{verdict} {status}: {said}");
            assert_eq!(said.is_empty(), wanted.is_empty(), "{verdict}: {said}");
        }
    }

    #[test]
    fn failures_and_what_helps() {
        for (kind, cause, wanted) in [
            (
                FailureKind::Connect,
                "Connection refused",
                "running on port 3000?",
            ),
            (
                FailureKind::Connect,
                "failed to lookup address information",
                "no host",
            ),
            (
                FailureKind::Connect,
                "invalid peer certificate: UnknownIssuer",
                "--insecure",
            ),
            (
                FailureKind::Connect,
                "received corrupt message of type InvalidContentType",
                "http://",
            ),
            (FailureKind::Connect, "Network is unreachable", ""),
            (
                FailureKind::Timeout,
                "no answer within 3s",
                "--forward-timeout",
            ),
            (
                FailureKind::Broken,
                "invalid HTTP version parsed",
                "https://",
            ),
        ] {
            let message = cause.to_owned();
            let own = attempt("http://localhost:3000/", Err(Failure { kind, message }));
            let said = of(&delivery("valid", None), &own, true).unwrap_or_default();
            assert!(said.contains(wanted), "{cause}: {said}");
            assert_eq!(said.is_empty(), wanted.is_empty(), "{cause}: {said}");
        }
    }

    #[test]
    fn what_is_not_logged_cannot_be_replayed() {
        let reply = Reply {
            status: 500,
            headers: Headers::new(),
            body: "".into(),
            truncated: false,
        };
        let own = attempt("http://a/", Ok(reply));
        let said = of(&delivery("valid", None), &own, false).unwrap_or_default();
        assert!(
            said.contains("failed") && !said.contains("replay"),
            "{said}"
        );
    }
}
