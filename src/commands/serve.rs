//! `hookcat serve`: a provider on this machine.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use clap::Args;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc};

use super::options::{Format, TrustOptions, address};
use super::session::{Session, log_error};
use super::shipment::speed;
use super::signals::Signals;
use crate::core::secret::Secret;
use crate::core::serve::dispatch::Told;
use crate::core::serve::subscription::{Listed, Target};
use crate::deliver::ClientOptions;
use crate::deliver::mail::Mailer;
use crate::deliver::pool::Pool;
use crate::env;
use crate::error::CommandError;
use crate::log::{Log, Wanted};
use crate::receive::crew::Crew;
use crate::receive::server::{self, Limits};
use crate::repeat::{Clock, Repeat, system_random};
use crate::secrets::SecretRef;
use crate::serve::api::{Access, Api};
use crate::serve::attempt::Sender;
use crate::serve::dispatcher::Dispatcher;
use crate::serve::lock::Lock;
use crate::serve::news::News;
use crate::serve::webhooks::Terms;
use crate::show::event::Look;
use crate::show::{json as show_json, sanitize, webhooks as show};
use crate::ui::Ui;

/// Where clients find it.
const PORT: u16 = 4500;
/// As much of an answer as is kept in the log.
const REPLY_BYTES: usize = 64 * 1024;
/// The largest request of a client.
const BODY: usize = 1024 * 1024;
/// No provider waits longer; those that say so wait less.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Play a provider: deliver events to webhooks, with its retries, and answer its API
#[derive(Args, Debug)]
pub struct ServeArgs {
    /// The address to bind to; others can reach one that is not of this machine, and then need --token
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1", value_parser = address)]
    bind: IpAddr,

    /// The port; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = PORT)]
    port: u16,

    /// Answer only who sends this bearer token: a reference, as `env:NAME`
    #[arg(long, value_name = "REF")]
    token: Option<SecretRef>,

    /// Wait so many times shorter than the provider between attempts, such as 60x
    #[arg(long, value_name = "FACTOR", default_value = "1x", value_parser = speed)]
    speed: f64,

    /// Send the mails of webhooks with a mail address through this server, `HOST:PORT`: plain SMTP, as
    /// Mailpit and other mail catchers speak it
    #[arg(long, value_name = "SERVER")]
    smtp: Option<String>,

    #[command(flatten)]
    terms: TermOptions,

    #[command(flatten)]
    trust: TrustOptions,

    /// How to print
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// What webhooks may be: shared with `hooks`.
#[derive(Args, Clone, Debug)]
pub(super) struct TermOptions {
    /// The account's plan, where the provider has plans: free, pro or enterprise
    ///
    /// Of Statly: 3, 20 or any number of webhooks a repository, deliveries kept 7, 30 or 90 days.
    #[arg(long, value_name = "NAME", default_value = PLAN)]
    plan: String,

    /// Take URLs with plain HTTP where the provider takes HTTPS only; those of this machine always are
    #[arg(long)]
    allow_http: bool,

    /// Take link-local addresses, where a cloud's metadata is
    #[arg(long)]
    allow_link_local: bool,
}

/// The plan that limits nothing.
const PLAN: &str = "enterprise";

impl TermOptions {
    /// The terms.
    ///
    /// # Errors
    /// A usage error for a plan no provider has.
    pub(super) fn read(&self, session: &Session) -> Result<Terms, CommandError> {
        self.days(session)?;
        Ok(Terms {
            allow_http: self.allow_http,
            allow_link_local: self.allow_link_local,
            plan: self.plan.clone(),
        })
    }

    /// How many days deliveries are kept.
    fn days(&self, session: &Session) -> Result<u32, CommandError> {
        let statly = session.provider("statly")?;
        let plan = statly.subscription.plan(&self.plan).ok_or_else(|| {
            let plans = statly.subscription.plans.iter();
            let names: Vec<&str> = plans.map(|own| own.name.as_str()).collect();
            CommandError::usage(format!("unknown plan: `{}`", self.plan))
                .hint(format!("one of {}", names.join(", ")))
        })?;
        Ok(plan.days)
    }
}

/// Runs `serve`.
pub(super) fn run(args: &ServeArgs, session: &Session) -> Result<(), CommandError> {
    let terms = args.terms.read(session)?;
    let days = args.terms.days(session)?;
    let token = token(args, session)?;
    let log = session.log()?;
    let lock = Lock::take(log.path())
        .map_err(|error| CommandError::failure("cannot lock the log").because(error))?;
    let Some(_lock) = lock else {
        let what = format!(
            "another `hookcat serve` has this log: `{}`",
            log.path().display()
        );
        return Err(CommandError::failure(what).hint("end it, or name another file: --log PATH"));
    };
    // One thread sends and answers, one writes: handing each delivery from thread to thread costs more
    // than all that is done with it.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| CommandError::failure("cannot start the runtime").because(error))?;
    let start = Start {
        terms,
        days,
        token,
        log,
    };
    let result = runtime.block_on(serve(args, session, start));
    runtime.shutdown_timeout(Duration::from_millis(100));
    result
}

/// What mails go out with, where a server is named.
fn mailer(args: &ServeArgs, clock: Clock) -> Result<Option<Mailer>, CommandError> {
    let mailer = args
        .smtp
        .as_ref()
        .map(|own| Mailer::new(own, TIMEOUT, clock));
    let mailer = mailer.transpose();
    mailer.map_err(|error| CommandError::usage(error.to_string()))
}

fn token(args: &ServeArgs, session: &Session) -> Result<Option<Secret>, CommandError> {
    let token = match &args.token {
        Some(reference) => {
            let (_, source) = reference.read(|_| false, &[])?;
            Some(source.resolve(session.ui)?)
        }
        None => None,
    };
    if token.is_none() && !args.bind.is_loopback() {
        let what = format!("others can reach `{}`: a token is needed", args.bind);
        return Err(CommandError::usage(what).hint("give one: --token env:NAME"));
    }
    Ok(token)
}

/// What is there before the socket is.
struct Start {
    terms: Terms,
    days: u32,
    token: Option<Secret>,
    log: Log,
}

async fn serve(args: &ServeArgs, session: &Session, start: Start) -> Result<(), CommandError> {
    let Start {
        terms,
        days,
        token,
        log,
    } = start;
    let failed = |error: &_| log_error(error);
    let clock = Repeat::default().clock();
    let options = ClientOptions {
        timeout: TIMEOUT,
        trust: args.trust.read()?,
        reply_bytes: REPLY_BYTES,
    };
    let (news, told) = News::channel(args.format == Format::Json);
    let sender = Arc::new(Sender {
        pool: Pool::new(options, terms.allow_link_local, clock),
        mailer: mailer(args, clock)?,
        writer: log.writer().map_err(|error| failed(&error))?,
        clock,
        speed: args.speed,
        recording: AtomicUsize::new(0),
        news: news.clone(),
        random: system_random()?,
        filler: Mutex::default(),
    });
    let woken = Arc::new(Notify::new());
    let api = Api {
        log: Mutex::new(Log::open(log.path()).map_err(|error| failed(&error))?),
        sender: Arc::clone(&sender),
        catalog: Arc::clone(&session.catalog),
        terms,
        access: Access { token },
        woken: Arc::clone(&woken),
    };
    let place = SocketAddr::new(args.bind, args.port);
    let listener = TcpListener::bind(place).await.map_err(|error| {
        CommandError::failure(format!("cannot listen on `{place}`"))
            .because(error)
            .hint("choose another port: --port 0 takes a free one")
    })?;
    let place = listener.local_addr().unwrap_or(place);
    // Before anybody hears that it is ready, and so may end it.
    let mut signals = Signals::new()?;
    ready(args, session.ui, &log, place)?;
    let over = Arc::new(Notify::new());
    let limits = Limits {
        body: BODY,
        ..Limits::default()
    };
    let ended = Arc::clone(&over);
    let clients = tokio::spawn(async move {
        let crew = Crew::default();
        server::run(listener, limits, &crew, ended.notified(), Arc::new(api)).await;
    });
    let printer = printer(args, session.ui, told);
    let catalog = Arc::clone(&session.catalog);
    let dispatcher = Dispatcher::new(log, sender, catalog, days);
    let left = dispatcher.run(woken, signals.next()).await;
    over.notify_one();
    let _ = clients.await;
    let missed = news.missed();
    drop(news);
    let _ = tokio::time::timeout(Duration::from_secs(1), printer).await;
    if missed > 0 {
        session.ui.status(&format!(
            "{missed} lines were too many to show; `hookcat log list` has all"
        ));
    }
    match left.map_err(|error| failed(&error))? {
        0 => {}
        left => session.ui.status(&format!(
            "{left} deliveries are still to be made: the next `hookcat serve` goes on with them"
        )),
    }
    Ok(())
}

/// Says that the socket accepts: the first line of all.
fn ready(args: &ServeArgs, ui: Ui, log: &Log, place: SocketAddr) -> Result<(), CommandError> {
    let url = format!("http://{place}");
    let failed = |error: &_| log_error(error);
    if args.format == Format::Json {
        return ui.line(&show_json::line(&json!({
            "v": 1,
            "type": "ready",
            "url": url,
            "port": place.port(),
            "log": log.path().to_string_lossy(),
        })));
    }
    let webhooks = log.subscriptions(Wanted::default(), u32::MAX);
    let webhooks = webhooks.map_err(|error| failed(&error))?;
    let is_mail = |own: &Listed| own.subscription.target == Target::Email;
    if args.smtp.is_none() && webhooks.iter().any(is_mail) {
        ui.warn("no mail server: webhooks with a mail address get nothing");
        ui.hint("name one: --smtp localhost:1025");
    }
    let webhooks = webhooks.len();
    let pending = log.pending().map_err(|error| failed(&error))?;
    ui.status(&format!("serving on {url} (Ctrl-C ends it)"));
    ui.status(&format!(
        "logging to {}",
        sanitize::line(&log.path().to_string_lossy())
    ));
    ui.status(&format!(
        "webhooks: {webhooks}, deliveries to make: {pending}"
    ));
    if webhooks == 0 {
        ui.hint("set one up: hookcat hooks create statly http://localhost:3000/hooks");
    }
    if !place.ip().is_loopback() {
        ui.warn(&format!(
            "`{}` can be reached from other machines",
            place.ip()
        ));
    }
    Ok(())
}

/// Prints what it is told, on a thread that a slow terminal may hold up.
fn printer(
    args: &ServeArgs,
    ui: Ui,
    mut told: mpsc::Receiver<Told>,
) -> tokio::task::JoinHandle<()> {
    let json = args.format == Format::Json;
    let look = Look {
        paint: ui.out(),
        zone: env::zone(),
        body_lines: 0,
        headers: false,
        width: ui.width(),
    };
    tokio::task::spawn_blocking(move || {
        let mut is_read = true;
        // Nobody may read any more; deliveries go on.
        while let Some(told) = told.blocking_recv() {
            if !is_read {
                continue;
            }
            let printed = match &told {
                Told::Trouble(text) => {
                    ui.warn(text);
                    Ok(())
                }
                told if json => ui.line(&show_json::line(&show::told_as_json(told))),
                told => ui.line(&show::told(told, jiff::Timestamp::now(), &look)),
            };
            is_read = printed.is_ok();
        }
    })
}
