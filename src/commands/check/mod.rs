//! `hookcat check`: plays a provider, honest and hostile, against an endpoint.

mod report;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use clap_complete::ArgValueCandidates;
use reqwest::Url;

use super::ending::{client_error, not_reached};
use super::handshake::TokenOptions;
use super::options::{SigningOptions, TrustOptions, own_headers};
use super::send::{compose_error, find_event, target};
use super::session::{self, Session, log_error, one_of, signing_keys, warn_about};
use super::shipment::block_on;
use crate::check::observe::Observer;
use crate::check::pace::{FAR, Pace};
use crate::check::run::Run;
use crate::commands::complete;
use crate::core::check::{BASE, Case, Group, Player, plan};
use crate::core::compose::{self, Occasion, Signing};
use crate::core::delivery::FailureKind;
use crate::core::provider::{Event, Provider};
use crate::core::retry::Span;
use crate::core::scheme::{Fresh, Key, Scheme};
use crate::core::secret::Secret;
use crate::core::template::Filler;
use crate::core::trial::made_up_event;
use crate::deliver::exact::Endpoint;
use crate::deliver::{Client, ClientOptions, endpoint, masked, reach};
use crate::error::{CommandError, Kind};
use crate::providers::nearest;
use crate::repeat::Repeat;
use crate::show::conformance::{Report, Row, described, list};
use crate::show::json;

/// No request is waited for longer, unless --timeout says so.
const TIMEOUT: Duration = Duration::from_secs(5);
/// As much of an answer as is kept.
const REPLY_BYTES: usize = 64 * 1024;
/// The groups as `--only` and `--skip` take them.
const GROUPS: [(&str, Group); 3] = [
    ("accept", Group::Accept),
    ("reject", Group::Reject),
    ("behaviour", Group::Behaviour),
];

/// Play a provider, honest and hostile, against an endpoint and say what it handles wrongly
#[derive(Args, Debug)]
pub struct CheckArgs {
    /// The endpoint: a URL, host:port or a port
    #[arg(value_name = "URL", value_hint = clap::ValueHint::Url, required_unless_present = "list")]
    url: Option<String>,

    /// The provider to play
    #[arg(short, long, value_name = "PROVIDER", add = ArgValueCandidates::new(complete::providers))]
    provider: Option<String>,

    /// Send this event where a case does not say otherwise [default: the provider's first that is
    /// no test]
    #[arg(long, value_name = "EVENT", add = ArgValueCandidates::new(complete::events))]
    event: Option<String>,

    /// Try these cases only: names, `json-*`, or accept, reject, behaviour (can be repeated)
    #[arg(long, value_name = "CASES", value_delimiter = ',')]
    only: Vec<String>,

    /// Leave these cases out (can be repeated)
    #[arg(long, value_name = "CASES", value_delimiter = ',')]
    skip: Vec<String>,

    /// Print the cases instead of trying them
    #[arg(long)]
    list: bool,

    /// Count what took effect: a command that prints, or a URL that answers, a number, a line for each
    /// effect, or a JSON array
    ///
    /// With it, the same delivery sent twice, and twice at once, must take effect once. Without it,
    /// both must be answered 2xx, and nothing is said of effects.
    #[arg(long, value_name = "CMD|URL")]
    observe: Option<String>,

    /// Try an endpoint that is neither on this machine nor in a private network, too
    ///
    /// It gets at most 5 requests within any second.
    #[arg(long)]
    yes_remote: bool,

    /// Wait this long for an answer [default: the provider's limit, at most 5s]
    #[arg(long, value_name = "SPAN")]
    timeout: Option<Span>,

    /// Add a header to each request, `Name: value` (can be repeated)
    #[arg(short = 'H', long = "header", value_name = "HEADER")]
    headers: Vec<String>,

    #[command(flatten)]
    token: TokenOptions,

    #[command(flatten)]
    signing: SigningOptions,

    #[command(flatten)]
    trust: TrustOptions,

    /// Keep no log of this
    #[arg(long)]
    no_log: bool,

    /// How to print
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,

    /// Write a test report in `JUnit`'s XML, too
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    junit: Option<PathBuf>,

    /// Write the findings in SARIF, too
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    sarif: Option<PathBuf>,

    #[command(flatten)]
    repeat: Repeat,
}

/// How to print.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A table for a person.
    #[default]
    Text,
    /// One compact JSON object a line.
    Json,
    /// Annotations of a GitHub workflow.
    Github,
}

/// Runs `check`.
pub(in crate::commands) fn run(args: &CheckArgs, session: &Session) -> Result<(), CommandError> {
    let name = args.provider.as_ref().or(session.profile.provider.as_ref());
    let name = name.ok_or_else(|| {
        CommandError::usage("no provider to play")
            .hint("name it: -p github; `hookcat providers list` shows all")
    })?;
    let provider = &args.signing.shape(&session.whole_provider(name)?)?;
    let random = args.repeat.random()?;
    let scheme = session::scheme(provider, name, args.signing.scheme.as_deref())?;
    let mut keyring = session.keyring(&args.signing.secrets, &[provider])?;
    args.signing.certify(&mut keyring)?;
    let keys = match scheme {
        None => Vec::new(),
        Some(own) if args.list => vec![made_up(provider, own)?],
        Some(own) => signing_keys(&keyring, &args.signing.secrets, provider, own, session.ui)?,
    };
    if scheme.is_some() && keys.is_empty() {
        let what = format!("no secret for `{}`: nothing can be signed", provider.id);
        return Err(CommandError::usage(what).hint("give the endpoint's: --secret env:NAME"));
    }
    let signing = scheme.map(|scheme| Signing {
        scheme,
        keys: &keys,
        // Where a message names its key, a made-up one has a made-up id.
        key_id: args
            .signing
            .key_id
            .as_deref()
            .or(args.list.then_some("key")),
    });
    let made_up = made_up_event();
    let event = match &args.event {
        Some(name) => find_event(provider, name)?,
        None => usual(&provider.events).unwrap_or(&made_up),
    };
    let url = match &args.url {
        Some(text) => endpoint(text).map_err(|error| CommandError::usage(error.to_string()))?,
        None => super::shipment::address(None, session)?,
    };
    let token = args.token.read(session)?;
    let player = &Player {
        provider,
        event,
        signing,
        url: url.as_str(),
        target: &target(&url),
        own: &own_headers(&args.headers)?,
        secret: keyring.secret(&provider.id, None),
        verify_token: token.as_ref(),
        random,
    };
    let all = plan(player, args.repeat.clock().now());
    if !all.iter().any(|own| own.name == BASE) {
        return Err(unsigned(player, args));
    }
    let cases = chosen(all, args)?;
    if args.list {
        return listed(&cases, args, session);
    }
    warn_about(provider, session.ui);
    let report = tried(args, session, player, &url, cases)?;
    report::tell(&report, args, session)?;
    if report.is_ok() {
        Ok(())
    } else {
        Err(CommandError::said(Kind::NotMet))
    }
}

/// The first event that stands for something: handlers answer a test's `ping` before they look at it.
fn usual(events: &[Event]) -> Option<&Event> {
    let real = events.iter().find(|event| event.name != "ping");
    real.or(events.first())
}

/// A secret for cases that are not sent.
fn made_up(provider: &Provider, scheme: &Scheme) -> Result<Key, CommandError> {
    let fresh = scheme.fresh_secret(&mut crate::core::random::Random::from_text("hookcat"));
    let secret: Option<Secret> = fresh.map(|own| match own {
        Fresh::Shared(secret) => secret,
        Fresh::Pair { private, .. } => private,
    });
    let key = secret.and_then(|own| scheme.read_key(&own).ok());
    key.ok_or_else(|| {
        let what = format!("no key of its kind can be made up: `{}`", provider.id);
        CommandError::usage(what)
    })
}

/// Why a valid delivery cannot be made.
fn unsigned(player: &Player<'_>, args: &CheckArgs) -> CommandError {
    let now = args.repeat.clock().now();
    let filler = Filler::new(now, player.random.clone());
    let occasion = Occasion {
        id: "hookcat",
        now,
        url: player.url,
    };
    let (provider, event) = (player.provider, player.event);
    let made = compose::sample(event, "hookcat", &filler)
        .map(|body| compose::as_sent(provider, event, body))
        .and_then(|body| {
            compose::request(provider, event, body, player.signing, occasion, &filler)
        });
    if let Err(error) = made {
        return compose_error(error, provider);
    }
    let what = format!("what is signed does not verify: `{}`", provider.id);
    CommandError::usage(what).hint(format!("hookcat providers check {}", provider.id))
}

/// The cases that are asked for.
fn chosen(all: Vec<Case>, args: &CheckArgs) -> Result<Vec<Case>, CommandError> {
    let fits = |word: &str, case: &Case| {
        if let Some(start) = word.strip_suffix('*') {
            return case.name.starts_with(start);
        }
        let group = GROUPS.iter().find(|own| own.0 == word);
        case.name == word || group.is_some_and(|own| own.1 == case.group)
    };
    for word in args.only.iter().chain(&args.skip) {
        if !all.iter().any(|case| fits(word, case)) {
            let names = all.iter().map(|case| case.name.as_str());
            let near = nearest(word, names.chain(GROUPS.map(|own| own.0)));
            let hint = match near.as_slice() {
                [] => "--list shows the cases of a provider".to_owned(),
                names => format!("did you mean {}?", one_of(names)),
            };
            return Err(CommandError::usage(format!("no such case: `{word}`")).hint(hint));
        }
    }
    let any = |words: &[String], case: &Case| words.iter().any(|word| fits(word, case));
    let wanted =
        |case: &Case| (args.only.is_empty() || any(&args.only, case)) && !any(&args.skip, case);
    let cases: Vec<Case> = all.into_iter().filter(wanted).collect();
    if cases.is_empty() {
        return Err(CommandError::usage("--skip leaves no case").hint("--list shows the cases"));
    }
    Ok(cases)
}

fn listed(cases: &[Case], args: &CheckArgs, session: &Session) -> Result<(), CommandError> {
    let ui = session.ui;
    if args.format == Format::Json {
        return cases
            .iter()
            .try_for_each(|case| ui.line(&json::line(&described(case))));
    }
    ui.line(&list(cases, ui.out(), ui.width()))
}

/// Sends all there is to send.
fn tried(
    args: &CheckArgs,
    session: &Session,
    player: &Player<'_>,
    url: &Url,
    cases: Vec<Case>,
) -> Result<Report, CommandError> {
    let limit = player.provider.delivery.timeout.map(|own| own.0);
    let usual = limit.unwrap_or(TIMEOUT).min(TIMEOUT);
    let options = ClientOptions {
        timeout: args.timeout.map_or(usual, |own| own.0),
        trust: args.trust.read()?,
        reply_bytes: REPLY_BYTES,
    };
    let observer = observer(args, &options)?;
    let writer = if args.no_log {
        None
    } else {
        let log = session.log()?;
        let writer = log.writer().map_err(|error| log_error(&error))?;
        Some((log, writer))
    };
    let ui = session.ui;
    let live = args.format == Format::Text && ui.err_is_terminal();
    let start = Instant::now();
    let trying = async {
        let addresses = reach::addresses(url).await;
        let addresses = addresses.map_err(|failure| not_reached(&failure, &masked(url)))?;
        let near = addresses.iter().all(|own| reach::is_near(own.ip()));
        if !near && !args.yes_remote {
            return Err(far(url));
        }
        let endpoint = Endpoint::new(url, addresses, &options).map_err(client_error)?;
        if let Err(failure) = endpoint.connect().await
            && failure.kind == FailureKind::Connect
        {
            return Err(not_reached(&failure, &masked(url)));
        }
        let mut run = Run::new(player, &endpoint, url, args.repeat.clock());
        run.writer = writer.as_ref().map(|(_, writer)| writer);
        run.pace = Pace::new((!near).then_some(FAR));
        run.limit = limit;
        if let Some(own) = &observer {
            let looked = own.look().await;
            looked.map_err(|error| {
                CommandError::usage("--observe shows nothing that can be counted").because(error)
            })?;
        }
        run.observer = observer;
        let mut rows = Vec::with_capacity(cases.len());
        let count = cases.len();
        for (index, case) in cases.into_iter().enumerate() {
            if live {
                ui.live(
                    &ui.err()
                        .dim(&format!("{}/{count} {}", index + 1, case.name)),
                );
            }
            let outcome = run.case(&case).await.map_err(|error| log_error(&error))?;
            rows.push(Row { case, outcome });
        }
        Ok(rows)
    };
    let rows = block_on(trying);
    if live {
        ui.live("");
    }
    Ok(Report {
        provider: player.provider.id.clone(),
        url: masked(url),
        rows: rows??,
        took: args.repeat.clock().elapsed(start),
    })
}

fn far(url: &Url) -> CommandError {
    let what = format!(
        "endpoint is neither on this machine nor in a private network: `{}`",
        masked(url)
    );
    CommandError::usage(what).hint(format!(
        "if it is yours to attack: --yes-remote, at most {FAR} requests a second"
    ))
}

fn observer(args: &CheckArgs, options: &ClientOptions) -> Result<Option<Observer>, CommandError> {
    let Some(text) = &args.observe else {
        return Ok(None);
    };
    if !text.starts_with("http://") && !text.starts_with("https://") {
        return Ok(Some(Observer::Command(text.clone())));
    }
    let url = endpoint(text).map_err(|error| CommandError::usage(error.to_string()))?;
    let client = Client::new(options, args.repeat.clock()).map_err(client_error)?;
    Ok(Some(Observer::Url(Box::new(client), url)))
}
