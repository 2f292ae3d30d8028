//! `hookcat listen`: receive, verify, record, show, forward.

mod answers;
mod companion;
mod ending;
mod exec;
mod forwarding;
mod ready;
mod routes;
mod scripts;
mod sift;
mod transport;
mod waited;

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use clap_complete::ArgValueCandidates;
use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedReceiver;

use self::answers::{answers, not_to_ourselves};
use self::companion::{Companion, shared_secret};
use self::ending::{Audience, Ending, until_over};
use self::ready::ReadyFile;
use self::routes::RouteOptions;
use self::sift::Sift;
pub(super) use self::transport::PORT;
use self::transport::{LimitOptions, TransportOptions};
use self::waited::{ShowOptions, Terms, WaitOptions};
use crate::commands::complete;
use crate::commands::demo;
use crate::commands::handshake::AnswerOptions;
use crate::commands::options::{Format, SigningOptions, tolerance};
use crate::commands::printer::Printer;
use crate::commands::session::{Session, keys, scheme, some_scheme, warn_about};
use crate::commands::shapes::ShapeWatch;
use crate::commands::signals::Signals;
use crate::core::assess::Keyring;
use crate::core::provider::Provider;
use crate::core::secret::Secret;
use crate::env;
use crate::error::{CommandError, Kind};
use crate::log::Log;
use crate::receive::intake::{Counts, Intake};
use crate::receive::news::{News, Told};
use crate::repeat::Repeat;
use crate::show::event::Look;
use crate::ui::Ui;
use crate::verifier::Verifier;

/// How many lines of a body the terminal shows.
const BODY_LINES: usize = 12;

/// Receive webhooks: verify, record, show and forward them
#[derive(Args, Debug)]
pub struct ListenArgs {
    /// Serve this provider; detected from each request if none is given (can be repeated)
    #[arg(short, long = "provider", value_name = "PROVIDER", add = ArgValueCandidates::new(complete::providers))]
    providers: Vec<String>,

    #[command(flatten)]
    signing: SigningOptions,

    #[command(flatten)]
    transport: TransportOptions,

    #[command(flatten)]
    routes: RouteOptions,

    /// The URL senders post to, where schemes sign it and it is not this address
    #[arg(long, value_name = "URL", value_hint = clap::ValueHint::Url)]
    public_url: Option<String>,

    #[command(flatten)]
    handshakes: AnswerOptions,

    /// Allow timestamps this many seconds off, in both directions; 0 allows any
    #[arg(long, value_name = "SECONDS")]
    tolerance: Option<u32>,

    /// Hold payloads against their event's schema and say what is missing, retyped or new
    #[arg(long)]
    validate: bool,

    /// Say which fields of a payload are new, gone or retyped
    ///
    /// Each payload is held against those before it of the same event, in this run and the last 20 in
    /// the log, and against the event's schema. What is told once is not told again. Invalid
    /// deliveries and bodies of more than 1 MiB are not looked at.
    #[arg(long)]
    watch_shape: bool,

    /// Keep no log
    ///
    /// Repeats are then told from the latest 10,000 deliveries of this run.
    #[arg(long)]
    no_log: bool,

    #[command(flatten)]
    show: ShowOptions,

    /// Show two lines a delivery and no body
    #[arg(long, conflicts_with = "full")]
    compact: bool,

    /// Show all headers and the whole body
    #[arg(long)]
    full: bool,

    /// How to print
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,

    /// First send samples of well-known providers to itself, good and bad ones
    #[arg(long, conflicts_with_all = ["providers", "routes", "forward_to", "respond", "reset", "exec"])]
    demo: bool,

    #[command(flatten)]
    wait: WaitOptions,

    #[command(flatten)]
    limits: LimitOptions,

    #[command(flatten)]
    repeat: Repeat,
}

/// Runs `listen`.
pub(in crate::commands) fn run(args: &ListenArgs, session: &Session) -> Result<(), CommandError> {
    let named = named(args, session)?;
    if let Some(scheme) = args.signing.scheme.as_deref().filter(|_| named.is_empty()) {
        some_scheme(&session.catalog, scheme)?;
    }
    let terms = args.wait.read(&args.show)?;
    let demo = args.demo.then(demo::Demo::new).transpose()?;
    let mut keyring = match &demo {
        Some(demo) => demo.keyring(&session.catalog),
        None => keyring(args, session, &named)?,
    };
    let secret = shared_secret(args, session, &named, &mut keyring)?;
    let log = (!args.no_log).then(|| session.log()).transpose()?;
    let (news, events) = News::channel(terms.share(args.format));
    let catalog = args.signing.catalog(session)?;
    let known = |name: &String| catalog.get(name).ok().cloned();
    let intake = Intake {
        verifier: Arc::new(Verifier {
            named: named.iter().filter_map(known).collect(),
            scheme: args.signing.scheme.clone(),
            keyring,
            key_id: args.signing.key_id.clone(),
            tolerance: tolerance(args.tolerance),
            max_age: None,
            catalog: Arc::clone(&catalog),
        }),
        public_url: args.public_url.clone(),
        secure: false,
        handshakes: (args.handshakes).read(args.signing.key_id.as_deref(), session)?,
        answers: Arc::new(answers(args, session, &catalog, log.as_ref(), news)?),
        counts: Counts::default(),
    };
    // Messages are served on threads of their own.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| CommandError::failure("cannot start the runtime").because(error))?;
    let start = Start {
        intake,
        events,
        log: log.as_ref(),
        demo,
        terms,
        secret,
    };
    let result = runtime.block_on(listen(args, session, start));
    // Only a printer nobody reads could still be at work.
    runtime.shutdown_timeout(Duration::from_millis(100));
    result
}

/// The providers to serve, by id.
fn named(args: &ListenArgs, session: &Session) -> Result<Vec<String>, CommandError> {
    let mut chosen = args.providers.clone();
    if chosen.is_empty() && !args.demo {
        chosen.extend(session.profile.provider.clone());
    }
    if chosen.is_empty() && !args.demo {
        chosen = session.config.listen().provider;
    }
    chosen
        .iter()
        .map(|name| {
            let known = session.provider(name)?;
            warn_about(known, session.ui);
            Ok(known.id.clone())
        })
        .collect()
}

/// The secrets, each held against its provider's scheme before anything starts.
fn keyring(
    args: &ListenArgs,
    session: &Session,
    named: &[String],
) -> Result<Keyring, CommandError> {
    let only = named
        .iter()
        .map(|name| session.provider(name))
        .collect::<Result<Vec<&Provider>, _>>()?;
    let mut keyring = session.keyring(&args.signing.secrets, &only)?;
    args.signing.certify(&mut keyring)?;
    for own in &only {
        if let Some(scheme) = scheme(own, &own.id, args.signing.scheme.as_deref())? {
            // A secret for all need not fit each of several providers.
            if only.len() == 1 || keyring.names(&own.id) {
                keys(&keyring, own, scheme, session.ui)?;
            }
        }
    }
    Ok(keyring)
}

/// All that is there before the socket is.
struct Start<'a> {
    intake: Intake,
    events: UnboundedReceiver<Told>,
    log: Option<&'a Log>,
    demo: Option<demo::Demo>,
    terms: Terms,
    /// What the command beside it shares.
    secret: Option<Secret>,
}

async fn listen(
    args: &ListenArgs,
    session: &Session,
    start: Start<'_>,
) -> Result<(), CommandError> {
    let Start {
        mut intake,
        mut events,
        log,
        demo,
        terms,
        secret,
    } = start;
    let ui = session.ui;
    let ready_file = args.wait.ready_file.as_deref();
    ready_file.map(ReadyFile::clear).transpose()?;
    let (listener, place) = args.transport.open(session).await?;
    not_to_ourselves(&intake.answers.routes, &place)?;
    // Before anybody hears that it is ready, and so may end it.
    let mut signals = Signals::new()?;
    intake.handshakes.exposed = place.exposed().is_some() || args.public_url.is_some();
    intake.secure = place.certificate().is_some();
    ready::tell(args, ui, &place, log, &intake)?;
    let ready_file = ready_file
        .map(|path| ReadyFile::write(path, &place))
        .transpose()?;
    let words = &args.wait.command;
    let companion = Companion::start(words, &place, secret.as_ref(), log, args.format, ui)?;
    let stop = Arc::new(Notify::new());
    let ending = Ending {
        stop: Arc::clone(&stop),
        enough: Arc::default(),
        enough_ends: terms.ends(),
        timeout: args.wait.timeout.map(|own| own.0),
        linger: args.wait.linger.map(|own| own.0).unwrap_or_default(),
        companion,
    };
    let judges = terms.waits();
    // Cut short, what was expected is neither met nor missed, and the command has no result.
    let unjudged = if judges || ending.companion.is_some() {
        Err(CommandError::said(Kind::Interrupted))
    } else {
        Ok(())
    };
    let mut missed = intake.answers.book.news.missed();
    let sift = terms.sifts().then(|| {
        let (printer, shown) = News::channel(Terms::shown(args.format));
        missed = printer.missed();
        let all = std::mem::replace(&mut events, shown);
        Sift::new(terms, printer, Arc::clone(&ending.enough)).start(all)
    });
    let printer = Printer {
        ui,
        format: args.format,
        look: look(args, ui),
        logged: log.is_some(),
        missed,
        schemas: args.validate.then(|| Arc::clone(&session.catalog)),
        shapes: watch(args, session, log.is_some())?,
        verifier: Arc::clone(&intake.verifier),
        public_url: args.public_url.clone(),
        secure: intake.secure,
    }
    .start(events, Arc::clone(&stop));
    if let (Some(demo), Some(url)) = (demo, place.url()) {
        tokio::spawn(demo.play(Arc::clone(&session.catalog), url, place.trust(), ui));
    }
    let audience = Audience {
        ui,
        format: args.format,
        printer,
        sift,
        judges,
    };
    let limits = args.limits.read();
    let outcome = tokio::select! {
        outcome = until_over(listener, limits, intake, ending, audience) => outcome,
        () = async {
            signals.next().await;
            stop.notify_one();
            // Who asks twice does not want to wait.
            signals.next().await;
        } => unjudged,
    };
    drop(ready_file);
    outcome
}

/// What watches the payloads' shapes, with the log to read from, if that is asked for.
fn watch(
    args: &ListenArgs,
    session: &Session,
    logged: bool,
) -> Result<Option<RefCell<ShapeWatch>>, CommandError> {
    if !args.watch_shape {
        return Ok(None);
    }
    let log = logged.then(|| session.existing_log()).transpose()?;
    // With `--validate` what differs from the schema is told anyway.
    let schemas = (!args.validate).then(|| Arc::clone(&session.catalog));
    Ok(Some(RefCell::new(ShapeWatch::new(log, schemas))))
}

fn look(args: &ListenArgs, ui: Ui) -> Look {
    Look {
        paint: ui.out(),
        zone: env::zone(),
        body_lines: match (args.compact, args.full) {
            (true, _) => 0,
            (_, true) => usize::MAX,
            _ => BODY_LINES,
        },
        headers: args.full,
        width: ui.width(),
    }
}
