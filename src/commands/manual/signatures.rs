//! hookcat-signatures(7): "my signature does not verify", from symptom to command.

use clap_mangen::roff::{Roff, bold, roman};

use super::{begun, literal, words};
use crate::core::diagnose::Cause;

/// The page's file.
pub(super) const NAME: &str = "hookcat-signatures.7";

/// What the page begins with.
const ABOUT: [&str; 3] = [
    "A handler answers 400 or 401 although the delivery is genuine, or a library says that no \
     signature matches. The signature covers bytes: something changed them, or the secret, or the \
     scheme is another one than you think.",
    "`hookcat verify` looks for the change that makes the signature match, and tells only what it \
     has proven: each finding did match. It names the usual cause and the fix. Where nothing known \
     explains it, it says so: then the secret is another one, or the body is really a different one.",
    "`hookcat listen`, `hookcat log show` and `hookcat replay` say the same of what they receive, show \
     and send. What a finding says stays with you: the sender of an invalid delivery is told the kind of \
     the reason alone. No secret is ever printed, and the expected signature only with `--show-expected`.",
];

/// What people see, and the command that tells more.
pub(super) const SYMPTOMS: [(&str, &str); 11] = [
    (
        "\"No signatures found matching the expected signature for payload\" (Stripe), \"No matching signature found\" (Svix)",
        "hookcat verify -p stripe --secret env:STRIPE_SECRET request.http",
    ),
    (
        "\"Input buffers must have the same byte length\" (crypto.timingSafeEqual): see what was received and its length",
        "hookcat verify --explain -p github --secret env:GITHUB_SECRET request.http",
    ),
    (
        "your handler rejects what the provider sends: put hookcat before it and compare verdict and answer",
        "hookcat listen -p github --secret env:GITHUB_SECRET --forward-to http://localhost:3000/hooks",
    ),
    (
        "it was captured as a curl command, a HAR, a GitHub delivery, an AWS Lambda event",
        "hookcat verify --secret env:GITHUB_SECRET session.har",
    ),
    (
        "body and headers are in files of their own",
        "hookcat verify --headers headers.txt --secret env:STRIPE_SECRET body.json",
    ),
    (
        "it is in hookcat's log, as number 42, or among the last ten",
        "hookcat verify --last 10 --secret env:STRIPE_SECRET",
    ),
    (
        "you are not sure which secret it is: give them all, the verdict names the one that matched",
        "hookcat verify --secret env:STRIPE_LIVE --secret env:STRIPE_TEST request.http",
    ),
    (
        "the scheme signs the URL (Twilio, HubSpot, Plivo), and a proxy stands before you",
        "hookcat verify -p twilio --url https://example.com/hooks --secret env:TWILIO_TOKEN request.http",
    ),
    (
        "the delivery is old: judge it as of its own time",
        "hookcat verify --at 2026-01-31T12:00:00Z --secret env:STRIPE_SECRET request.http",
    ),
    (
        "you sign yourself, and want to see the exact text that is signed",
        "hookcat sign slack body.json --secret env:SLACK_SECRET --format http",
    ),
    (
        "a test should prove that a bad delivery is rejected, and why",
        "hookcat verify --expect invalid:mismatch -p github --secret env:GITHUB_SECRET request.http",
    ),
];

/// The page.
pub(super) fn page() -> String {
    let mut roff = begun(
        ("hookcat-signatures", "7"),
        "my signature does not verify: from symptom to command",
    );
    roff.control("SH", ["DESCRIPTION"]);
    for paragraph in ABOUT {
        roff.control("PP", []);
        roff.text(words(paragraph));
    }
    roff.control("SH", ["FROM SYMPTOM TO COMMAND"]);
    for (symptom, command) in SYMPTOMS {
        roff.control("PP", []);
        roff.text(words(symptom));
        literal(&mut roff, &format!("    {command}"));
    }
    roff.control("SH", ["CAUSES"]);
    roff.text(words(
        "The names are those of `cause` in the JSON of a finding. Each is followed by where it usually \
         comes from, and by what to do.",
    ));
    for cause in Cause::ALL {
        described(&mut roff, cause);
    }
    roff.control("SH", ["SEE ALSO"]);
    roff.text([
        bold("hookcat-verify"),
        roman("(1), "),
        bold("hookcat-listen"),
        roman("(1), "),
        bold("hookcat-providers"),
        roman("(5)"),
    ]);
    roff.to_roff()
}

fn described(roff: &mut Roff, cause: Cause) {
    let (why, fix) = cause.usual();
    roff.control("TP", []);
    roff.text([bold(cause.slug())]);
    roff.text(words(&format!("{why}.")));
    roff.control("IP", []);
    roff.text(words(&format!("Fix: {fix}.")));
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn every_command_is_one() {
        for (_, command) in SYMPTOMS {
            let parsed = Cli::try_parse_from(command.split(' '));
            assert!(parsed.is_ok(), "{command}: {:?}", parsed.err());
        }
    }

    #[test]
    fn every_cause_has_an_entry() {
        let page = page();
        for cause in Cause::ALL {
            let name = cause.slug().replace('-', "\\-");
            assert!(page.contains(&name), "{name}");
        }
    }
}
