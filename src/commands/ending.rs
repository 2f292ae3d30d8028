//! How a delivery that was sent ends: what an attempt's failure is called, and what helps.

use crate::core::delivery::{Attempt, Failure, FailureKind};
use crate::core::retry::{Outcome, Policy};
use crate::deliver::ClientError;
use crate::error::{CommandError, Kind};

/// The ending that the last attempt stands for.
pub(super) fn finish(last: Option<&Attempt>) -> Result<(), CommandError> {
    let Some(attempt) = last else {
        return Ok(());
    };
    match &attempt.result {
        Ok(reply) if Policy::default().judge(Some(reply.status)) == Outcome::Delivered => Ok(()),
        Ok(reply) => Err(CommandError::new(
            Kind::NotAccepted,
            format!("endpoint answered {}: `{}`", reply.status, attempt.url),
        )),
        Err(failure) => Err(not_reached(failure, &attempt.url)),
    }
}

/// The error for an endpoint that gave no answer: what exactly went wrong, and what helps against
/// that alone.
pub(super) fn not_reached(failure: &Failure, url: &str) -> CommandError {
    let cause = failure.message.as_str();
    let said = |words: &[&str]| words.iter().any(|word| cause.contains(word));
    let (what, hint) = match failure.kind {
        FailureKind::Timeout => (
            "endpoint did not answer in time",
            Some("wait longer: --timeout 60s"),
        ),
        FailureKind::Broken => ("endpoint gave no whole HTTP answer", None),
        FailureKind::Connect if said(&["refused"]) => (
            "endpoint refused the connection",
            Some("is it running? `hookcat listen` is one"),
        ),
        FailureKind::Connect if said(&["lookup", "resolve"]) => {
            ("endpoint's host name was not found", None)
        }
        FailureKind::Connect if said(&["certificate"]) => (
            "endpoint's certificate was not accepted",
            Some("trust it: --ca FILE, or take any certificate: --insecure"),
        ),
        FailureKind::Connect if said(&["corrupt message", "InvalidContentType"]) => (
            "endpoint does not speak TLS",
            Some("is it meant to be `http://`?"),
        ),
        FailureKind::Connect => ("endpoint was not reached", None),
    };
    let error =
        CommandError::new(Kind::NotReached, format!("{what}: `{url}`")).because(cause.to_owned());
    match hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

/// What HTTP cannot carry, or no client at all.
pub(super) fn client_error(error: ClientError) -> CommandError {
    match error {
        ClientError::Setup(source) => {
            CommandError::failure("cannot set up the HTTP client").because(source)
        }
        ClientError::Tls(source) => CommandError::failure("cannot set up TLS").because(source),
        error => CommandError::usage(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_went_wrong_is_told_apart_and_the_hint_fits() {
        for (kind, cause, word, hinted) in [
            (FailureKind::Connect, "Connection refused", "refused", true),
            (
                FailureKind::Connect,
                "failed to lookup address information",
                "not found",
                false,
            ),
            (
                FailureKind::Connect,
                "invalid peer certificate: UnknownIssuer",
                "certificate",
                true,
            ),
            (
                FailureKind::Connect,
                "Network is unreachable",
                "reached",
                false,
            ),
            (FailureKind::Timeout, "no answer within 1s", "in time", true),
            (
                FailureKind::Broken,
                "invalid HTTP version parsed",
                "HTTP",
                false,
            ),
        ] {
            let message = cause.to_owned();
            let error = not_reached(&Failure { kind, message }, "http://a/");
            assert_eq!(error.kind, Kind::NotReached);
            assert!(error.to_string().contains(word), "{error}");
            assert_eq!(error.hints().is_empty(), !hinted, "{error}");
        }
    }
}
