//! What `verify` says of each delivery.

use serde_json::{Value, json};

use super::judge::Judged;
use crate::commands::session::Session;
use crate::commands::validate::{self, Validation};
use crate::core::assess::Assessment;
use crate::core::provider::Provider;
use crate::core::scheme::KeyForm;
use crate::core::verdict::{Verdict, Why};
use crate::error::CommandError;
use crate::show::explain::{self, Explanation};
use crate::show::{event, json::line, sanitize};

/// The verdict for a person, and under it what the payload lacks.
pub(super) fn text(
    judged: &Judged,
    explanation: Option<&Explanation<'_>>,
    session: &Session,
) -> Result<(), CommandError> {
    session.ui.line(&verdict(&judged.found, session))?;
    if let Some(own) = explanation {
        let text = explain::text(own, session.ui.out(), session.ui.width());
        session.ui.line(&text)?;
    }
    tell_payload(&judged.payload, session)
}

/// The verdict as a line of JSON.
pub(super) fn json(
    judged: &Judged,
    explanation: Option<&Explanation<'_>>,
    session: &Session,
) -> Result<(), CommandError> {
    let mut verdict = as_json(&judged.found, &judged.payload);
    if let Some(own) = explanation {
        verdict["explanation"] = explain::json(own);
    }
    session.ui.line(&line(&verdict))
}

fn verdict(found: &Assessment, session: &Session) -> String {
    let name = match (&found.provider, &found.event) {
        (Some(provider), Some(event)) => format!("{provider} {}", sanitize::name(event)),
        (Some(provider), None) => provider.clone(),
        _ => "unknown provider".to_owned(),
    };
    let paint = session.ui.out();
    let mut text = format!(
        "{}: {}",
        paint.bold(&name),
        event::mark(Some(&found.judgement()), paint)
    );
    if let Verdict::Valid(proof) = &found.verdict {
        let age = proof.age.map(|age| {
            if age < 0 {
                format!(", {} s ahead", -age)
            } else {
                format!(", {age} s old")
            }
        });
        text.push_str(&paint.dim(&format!(
            "  secret {}{}",
            proof.secret_index + 1,
            age.unwrap_or_default()
        )));
    }
    if let Some(told) = &found.judgement().detected_by {
        text.push_str(&paint.dim(&format!("  detected by {told}")));
    }
    text
}

/// What the payload lacks or has beside its schema.
fn tell_payload(payload: &Validation, session: &Session) -> Result<(), CommandError> {
    let problems = match payload {
        Validation::NotAsked => return Ok(()),
        Validation::NoSchema => {
            session
                .ui
                .warn("no schema of this event: the payload is not validated");
            return Ok(());
        }
        Validation::Held(problems) => problems,
    };
    for line in validate::lines(problems) {
        session
            .ui
            .line(&format!("  payload: {}", sanitize::line(&line)))?;
    }
    Ok(())
}

fn as_json(found: &Assessment, payload: &Validation) -> Value {
    let judgement = found.judgement();
    let proof = match &found.verdict {
        Verdict::Valid(proof) => Some(proof),
        _ => None,
    };
    let mut verdict = json!({
        "v": 1,
        "type": "verdict",
        "provider": found.provider,
        "scheme": found.scheme,
        "event": found.event,
        "delivery_id": found.delivery_id,
        "verdict": judgement.verdict,
        "reason": judgement.reason,
        "detail": judgement.detail,
        "secret_index": judgement.secret_index,
        "coverage": judgement.coverage,
        "age": proof.and_then(|proof| proof.age),
        "detected_by": found.evidence.as_ref().map(ToString::to_string),
        "candidates": found.candidates,
    });
    match payload {
        Validation::NotAsked => {}
        Validation::NoSchema => verdict["problems"] = Value::Null,
        Validation::Held(problems) => verdict["problems"] = validate::as_json(problems),
    }
    verdict
}

/// Whether the scheme that was used takes a certificate.
fn needs_certificate(found: &Assessment, candidates: &[&Provider]) -> bool {
    let mut named = candidates
        .iter()
        .filter(|own| Some(&own.id) == found.provider.as_ref());
    let scheme = named
        .next()
        .and_then(|own| own.scheme(found.scheme.as_deref()?));
    scheme.is_some_and(|scheme| scheme.key == KeyForm::Certificate)
}

/// What helps.
pub(super) fn hint(found: &Assessment, candidates: &[&Provider]) -> Option<String> {
    match &found.verdict {
        Verdict::Unverifiable(Why::NoSecret) if needs_certificate(found, candidates) => {
            Some("give the certificate: --cert FILE, or have it fetched: --fetch-cert".to_owned())
        }
        Verdict::Unverifiable(Why::NoSecret) => {
            Some("give the secret: --secret env:NAME".to_owned())
        }
        Verdict::Unverifiable(Why::Ambiguous(names)) => {
            Some(format!("name one: -p {}", names.join(" or -p ")))
        }
        Verdict::Unverifiable(Why::UnknownProvider) => Some(
            "give the delivery's headers with -H 'Name: value', or name the provider: -p NAME"
                .to_owned(),
        ),
        Verdict::Invalid(reason) => match reason.slug() {
            "stale" | "future" => {
                Some("allow any age with --tolerance 0, or set the time with --now".to_owned())
            }
            "missing-header" => {
                Some("give the delivery's headers with -H 'Name: value'".to_owned())
            }
            _ => None,
        },
        _ => None,
    }
}
