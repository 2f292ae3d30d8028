//! `hookcat verify`: is this delivery genuine, and if not, why.

mod annotate;
mod judge;
mod moment;
mod report;

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use clap_complete::ArgValueCandidates;

use self::judge::{Judge, Judged};
use self::moment::{Moment, moment};
use self::report::Report;
use super::inputs::{self, Inputs, Subject};
use super::options::{
    SigningOptions, expectation, headers, one_reader_of_stdin, tolerance, whole_seconds,
};
use super::session::{Session, keys, scheme, some_scheme, warn_about};
use super::{certificate, junit};
use crate::commands::complete;
use crate::core::assess::Keyring;
use crate::core::expectation::Expectation;
use crate::core::provider::Provider;
use crate::error::{CommandError, Kind};
use crate::repeat::Repeat;
use crate::verifier::Verifier;

/// Verify a delivery's signature and say why it fails
#[derive(Args, Debug)]
pub struct VerifyArgs {
    /// What to verify: a body, a raw HTTP request, a curl command, a HAR, an export, `-` for stdin; or
    /// numbers of the log, such as 42 or 3..9
    ///
    /// A file is recognised by what it holds, unless --input names it; with -H or --headers it is the
    /// body. A word that is a number is a file where there is one of that name.
    #[arg(value_name = "FILE|ID", value_hint = clap::ValueHint::FilePath)]
    files: Vec<String>,

    /// The provider; detected from the headers if not given (can be repeated)
    #[arg(short, long = "provider", value_name = "PROVIDER", add = ArgValueCandidates::new(complete::providers))]
    providers: Vec<String>,

    /// A header of the delivery, `Name: value` (can be repeated)
    #[arg(short = 'H', long = "header", value_name = "HEADER")]
    headers: Vec<String>,

    #[command(flatten)]
    inputs: Inputs,

    #[command(flatten)]
    signing: SigningOptions,

    /// Allow timestamps this many seconds off, in both directions; 0 allows any
    #[arg(long, value_name = "SECONDS")]
    tolerance: Option<u32>,

    /// Refuse what is older than this, such as 300 or 5m, or whose age no signature vouches for
    ///
    /// It replaces the provider's own limit, in this direction alone. A delivery whose signature
    /// covers no timestamp cannot meet it: exit 9.
    #[arg(long, value_name = "SPAN", value_parser = whole_seconds)]
    max_age: Option<i64>,

    /// Judge ages as of this time: seconds since 1970, RFC 3339, or a span from now such as -10m
    ///
    /// Without it, a delivery whose time is known is judged as of then, and any other as of now.
    /// Only ages are judged by it; --now sets the clock itself, so that whole runs repeat. Where
    /// both are given, this one judges.
    #[arg(long, value_name = "TIME", value_parser = moment, allow_hyphen_values = true)]
    at: Option<Moment>,

    /// Expect this verdict, such as `valid`, `invalid` or `invalid:mismatch`: 0 if met, else exit 9
    ///
    /// Every delivery must meet it. A reason can be named behind the verdict, as in JSON's `reason`:
    /// `unverifiable:no-secret`.
    #[arg(long, value_name = "VERDICT[:REASON]", value_parser = expectation)]
    expect: Option<Expectation>,

    /// Fetch the certificate a message names, from the provider's own host over https
    #[arg(long)]
    fetch_cert: bool,

    /// Hold the payload against its event's schema; exit 9 if something is missing or retyped
    #[arg(long)]
    validate: bool,

    /// Lay open what was signed, what was received and what each secret makes of it
    #[arg(long)]
    explain: bool,

    /// With --explain: print the expected signature too; whoever sees it can forge this delivery
    #[arg(long, requires = "explain")]
    show_expected: bool,

    /// The URL the sender posted to, where the scheme signs it
    #[arg(long, value_name = "URL", value_hint = clap::ValueHint::Url)]
    url: Option<String>,

    /// The request method, where the scheme signs it
    #[arg(long, value_name = "METHOD")]
    method: Option<String>,

    /// How to print
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Printed,

    /// Write a test report too: XML in the shape of `JUnit`
    ///
    /// One test case a delivery: what is invalid or unverifiable failed, unless --expect says so.
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    junit: Option<PathBuf>,

    #[command(flatten)]
    repeat: Repeat,
}

/// How `verify` prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Printed {
    /// Lines for a person.
    #[default]
    Text,
    /// One compact JSON object a line.
    Json,
    /// Annotations of a run of GitHub Actions.
    Github,
}

/// Runs `verify`.
pub(super) fn run(args: &VerifyArgs, session: &Session) -> Result<(), CommandError> {
    let stdin = args.inputs.read_stdin(&args.files);
    one_reader_of_stdin(&args.signing.secrets, stdin)?;
    let mut chosen = args.providers.clone();
    if chosen.is_empty() {
        chosen.extend(session.profile.provider.clone());
    }
    let named = chosen
        .iter()
        .map(|name| args.signing.shape(session.provider(name)?))
        .collect::<Result<Vec<Provider>, _>>()?;
    if let Some(scheme) = args.signing.scheme.as_deref().filter(|_| named.is_empty()) {
        some_scheme(&session.catalog, scheme)?;
    }
    let subjects = subjects(args, session)?;
    let clock = args.repeat.clock();
    let now = clock.now();
    let mut verifier = Verifier {
        catalog: Arc::clone(&session.catalog),
        named,
        scheme: args.signing.scheme.clone(),
        keyring: Keyring::default(),
        key_id: args.signing.key_id.clone(),
        tolerance: tolerance(args.tolerance),
        max_age: args.max_age,
    };
    verifier.keyring = keyring(args, session, &verifier, &subjects)?;
    if let (Some(name), [one]) = (chosen.first(), verifier.named.as_slice()) {
        warn_about(one, session.ui);
        if let Some(scheme) = scheme(one, name, verifier.scheme.as_deref())? {
            keys(&verifier.keyring, one, scheme, session.ui)?;
            // An alias such as `svix` stands for the scheme of its name.
            if scheme.name == *name && one.id != *name {
                verifier.scheme = Some(scheme.name.clone());
            }
        }
    }
    let judge = Judge {
        verifier: &verifier,
        at: args.at.map(|at| at.instant(now)).or(args.repeat.now),
        now,
        validate: args.validate,
        clock,
    };
    let all = judge.judge_all(&subjects);
    let report = Report {
        ui: session.ui,
        judge: &judge,
        explain: args.explain.then_some(args.show_expected),
        format: args.format,
        expected: args.expect,
        file: args
            .files
            .first()
            .map(String::as_str)
            .filter(|file| *file != "-"),
        several: subjects.len() > 1,
    };
    // Written first: whoever stops reading the lines still gets the report.
    let written = match &args.junit {
        Some(path) => junit::write(path, &[annotate::suite(&report, &subjects, &all)]),
        None => Ok(()),
    };
    report.print(&subjects, &all)?;
    written?;
    ending(&all, args.expect)
}

/// How it ends: with the gravest of all verdicts.
fn ending(all: &[Judged], expected: Option<Expectation>) -> Result<(), CommandError> {
    let kinds = all.iter().filter_map(|judged| judged.kind(expected));
    match kinds.max_by_key(|kind| GRAVITY.iter().position(|own| own == kind)) {
        Some(kind) => Err(CommandError::said(kind)),
        None => Ok(()),
    }
}

/// The endings from the lightest to the gravest: what may be forged is worse than what is late.
const GRAVITY: [Kind; 5] = [
    Kind::NotMet,
    Kind::Unverifiable,
    Kind::Stale,
    Kind::Malformed,
    Kind::Mismatch,
];

/// The secrets and certificates for all deliveries.
fn keyring(
    args: &VerifyArgs,
    session: &Session,
    verifier: &Verifier,
    subjects: &[Subject],
) -> Result<Keyring, CommandError> {
    let mut candidates: Vec<&Provider> = Vec::new();
    for subject in subjects {
        for provider in verifier.candidates(&subject.message) {
            if !candidates.iter().any(|own| own.id == provider.id) {
                candidates.push(provider);
            }
        }
    }
    let mut keyring = session.keyring(&args.signing.secrets, &candidates)?;
    args.signing.certify(&mut keyring)?;
    if args.fetch_cert {
        for subject in subjects {
            let candidates = verifier.candidates(&subject.message);
            let clock = args.repeat.clock();
            for certificate in certificate::fetched(&subject.message, &candidates, clock)? {
                keyring.certify(certificate);
            }
        }
    }
    Ok(keyring)
}

/// The deliveries to verify.
fn subjects(args: &VerifyArgs, session: &Session) -> Result<Vec<Subject>, CommandError> {
    let given = headers(&args.headers)?;
    let mut found = inputs::subjects(&args.inputs, &args.files, &given, session)?;
    for subject in &mut found {
        if let Some(method) = &args.method {
            subject.message.method.clone_from(method);
        }
        if args.url.is_some() {
            subject.url.clone_from(&args.url);
        }
    }
    // Equal notes of many entries are one.
    let mut told: Vec<&String> = Vec::new();
    for subject in &found {
        for note in &subject.notes {
            if !told.contains(&note) {
                session.ui.warn(&format!("{}: {note}", subject.name));
                told.push(note);
            }
        }
    }
    Ok(found)
}
