//! `hookcat send`: a provider's event, signed, to an endpoint.

use std::time::Duration;

use clap::{Args, ValueEnum};
use reqwest::Url;

use super::options::{Format, SigningOptions, headers, one_reader_of_stdin, read};
use super::session::{self, Session, keys, log_error, one_of, warn_about};
use super::sign::{definition_error, sign_error};
use crate::core::compose::{self, ComposeError, Occasion, Signing};
use crate::core::delivery::{Attempt, Delivery, Direction, Judgement};
use crate::core::message::Message;
use crate::core::provider::{Event, Provider, Status};
use crate::core::retry::{Outcome, Policy, Span};
use crate::core::scheme::{Key, Scheme};
use crate::core::template::{Edit, Filler};
use crate::core::verdict::{Proof, Verdict, Why};
use crate::deliver::{Client, ClientError, ClientOptions, Pace, Progress, attempts, endpoint};
use crate::error::{CommandError, Kind};
use crate::log::{Log, Writer};
use crate::providers::nearest;
use crate::repeat::Repeat;
use crate::show::event::{self, Look};
use crate::show::{json, request};

/// An endpoint that never answers is given up on after this, where no provider says otherwise.
const TIMEOUT: Duration = Duration::from_secs(30);
/// As much of an answer as is kept in the log.
pub(super) const REPLY_BYTES: usize = 64 * 1024;

/// Arguments of `send`.
#[derive(Args, Debug)]
pub struct SendArgs {
    /// The provider to play
    #[arg(value_name = "PROVIDER")]
    provider: String,

    /// The event; `hookcat providers show PROVIDER` lists them
    #[arg(value_name = "EVENT")]
    event: String,

    #[command(flatten)]
    to: ToOptions,

    /// Send this body instead of the sample: a file, or `-` for stdin
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    data: Option<String>,

    /// Set a field of the body, `path.to.field=value` (can be repeated)
    #[arg(long = "set", value_name = "PATH=VALUE")]
    edits: Vec<String>,

    /// Add or replace a header, `Name: value` (can be repeated)
    #[arg(short = 'H', long = "header", value_name = "HEADER")]
    headers: Vec<String>,

    /// The delivery id, instead of a fresh one
    #[arg(long, value_name = "ID")]
    id: Option<String>,

    /// Send as one of the provider's other targets, such as a chat message
    #[arg(long, value_name = "NAME")]
    target: Option<String>,

    /// Print the request instead of sending it
    #[arg(long, value_enum, value_name = "FORM")]
    print: Option<Print>,

    #[command(flatten)]
    signing: SigningOptions,

    #[command(flatten)]
    repeat: Repeat,
}

/// Where to send, and how often: shared by `send` and `replay`.
#[derive(Args, Clone, Debug)]
pub(super) struct ToOptions {
    /// The endpoint: a URL, host:port or a port [default: the address of `hookcat listen`]
    ///
    /// An endpoint without a path takes the path and query of the recorded request; one with a path
    /// is used as it is.
    #[arg(long, env = crate::env::TO, value_name = "URL", value_hint = clap::ValueHint::Url)]
    pub to: Option<String>,

    /// Try again on the provider's schedule until delivered
    #[arg(long)]
    pub retry: bool,

    /// Try again at most so many times
    #[arg(long, value_name = "N", requires = "retry")]
    pub max_retries: Option<u32>,

    /// The interval of the provider's schedule, such as 30s
    #[arg(long, value_name = "SPAN", requires = "retry")]
    pub retry_interval: Option<Span>,

    /// Wait so many times shorter than the provider, such as 60x
    #[arg(long, value_name = "FACTOR", default_value = "1x", value_parser = speed)]
    pub speed: f64,

    /// Give up on an answer after this span [default: the provider's, else 30s]
    #[arg(long, value_name = "SPAN")]
    pub timeout: Option<Span>,

    /// Take any TLS certificate
    #[arg(long)]
    pub insecure: bool,

    /// Keep no log of this
    #[arg(long)]
    pub no_log: bool,

    /// How to print
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: Format,
}

/// Forms of a request that is not sent.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Print {
    /// Raw HTTP.
    Http,
    /// A curl command.
    Curl,
    /// One JSON object.
    Json,
}

fn speed(text: &str) -> Result<f64, String> {
    text.trim_end_matches('x')
        .parse()
        .ok()
        .filter(|factor: &f64| factor.is_finite() && *factor > 0.0)
        .ok_or_else(|| "expected a factor such as 60x".to_owned())
}

impl ToOptions {
    /// The endpoint: the flag's, the profile's, the configuration's, or where `listen` is.
    pub(super) fn endpoint(&self, session: &Session) -> Result<Url, CommandError> {
        let listen = session.config.listen();
        let text = match self
            .to
            .clone()
            .or(session.profile.to.clone())
            .or_else(|| session.config.to())
        {
            Some(text) => text,
            None => format!(
                "http://{}:{}",
                listen.bind.as_deref().unwrap_or("127.0.0.1"),
                listen.port.unwrap_or(super::listen::PORT)
            ),
        };
        endpoint(&text).map_err(|error| CommandError::usage(error.to_string()))
    }

    /// A provider's policy with the user's own numbers.
    pub(super) fn policy(&self, provider: Option<&Provider>) -> Policy {
        let mut policy = provider.map(|own| own.delivery.clone()).unwrap_or_default();
        policy.retry = policy
            .retry
            .map(|schedule| schedule.configured(self.max_retries, self.retry_interval));
        policy
    }

    /// The client for a policy.
    pub(super) fn client(&self, policy: &Policy, repeat: &Repeat) -> Result<Client, CommandError> {
        let timeout = self
            .timeout
            .or(policy.timeout)
            .map_or(TIMEOUT, |span| span.0);
        let options = ClientOptions {
            timeout,
            insecure: self.insecure,
            reply_bytes: REPLY_BYTES,
        };
        Client::new(options, repeat.clock()).map_err(client_error)
    }
}

/// Runs `send`.
pub(super) fn run(args: &SendArgs, session: &Session) -> Result<(), CommandError> {
    one_reader_of_stdin(&args.signing.secrets, args.data.as_deref().or(Some("")))?;
    let provider = &args
        .signing
        .shape(&session.whole_provider(&args.provider)?)?;
    let event = find_event(provider, &args.event)?;
    warn_about(provider, session.ui);
    let scheme = session::scheme(provider, &args.provider, args.signing.scheme.as_deref())?;
    let keyring = session.keyring(&args.signing.secrets, &[provider])?;
    let keys = scheme.map_or(Ok(Vec::new()), |scheme| keys(&keyring, provider, scheme))?;
    let signing = scheme.filter(|_| !keys.is_empty()).map(|scheme| Signing {
        scheme,
        keys: &keys,
    });
    if signing.is_none() && provider.status != Status::Unsigned {
        session
            .ui
            .warn(&format!("no secret for `{}`: sent unsigned", provider.id));
        session.ui.hint("sign it: --secret env:NAME");
    }

    let clock = args.repeat.clock();
    let filler = Filler::new(clock.now(), args.repeat.random()?);
    let id = match &args.id {
        Some(id) => id.clone(),
        None => compose::delivery_id(provider, &filler).map_err(definition_error)?,
    };
    let body = body(args, session, provider, event, &id, &filler)?;
    let own_headers = headers(&args.headers)?;
    let url = args.to.endpoint(session)?;
    let make = || -> Result<Message, CommandError> {
        let occasion = Occasion {
            id: &id,
            now: clock.now(),
            url: url.as_str(),
        };
        let mut message =
            compose::request(provider, event, body.clone(), signing, occasion, &filler)
                .map_err(|error| compose_error(error, provider))?;
        message.target = target(&url);
        for (name, value) in own_headers.iter() {
            message.headers.set(name, value);
        }
        if !message.headers.contains("user-agent") {
            message
                .headers
                .push("User-Agent", concat!("hookcat/", env!("CARGO_PKG_VERSION")));
        }
        Ok(message)
    };
    let first = make()?;
    if let Some(form) = args.print {
        return print(form, &first, &url, session);
    }
    let delivery = Delivery {
        id: None,
        direction: Direction::Sent,
        at: clock.now(),
        provider: Some(provider.id.clone()),
        event: Some(event.name.clone()),
        delivery_id: Some(id.clone()).filter(|_| !provider.locate.delivery_id.is_empty()),
        judgement: Some(judged(scheme, &keys)),
        message: first,
        duplicate_of: None,
        replay_of: None,
        answer: None,
        attempts: Vec::new(),
    };
    let policy = args.to.policy(Some(provider));
    let run = Shipment {
        session,
        options: &args.to,
        client: args.to.client(&policy, &args.repeat)?,
        policy,
        writer: writer(&args.to, session)?,
    };
    let mut next = Some(delivery.message.clone());
    let outcome = block_on(run.ship(delivery, &url, |_| {
        next.take().or_else(|| make().ok()).unwrap_or_default()
    }))??;
    finish(outcome)
}

/// The event of a name, else an error with the nearest.
pub(super) fn find_event<'a>(
    provider: &'a Provider,
    name: &str,
) -> Result<&'a Event, CommandError> {
    provider.event(name).ok_or_else(|| {
        let near = nearest(
            name,
            provider.events.iter().map(|event| event.name.as_str()),
        );
        let hint = if near.is_empty() {
            format!("`hookcat providers show {}` lists its events", provider.id)
        } else {
            format!("did you mean {}?", one_of(&near))
        };
        CommandError::usage(format!("unknown event of `{}`: `{name}`", provider.id)).hint(hint)
    })
}

fn body(
    args: &SendArgs,
    session: &Session,
    provider: &Provider,
    event: &Event,
    id: &str,
    filler: &Filler,
) -> Result<Vec<u8>, CommandError> {
    let edits = args
        .edits
        .iter()
        .map(|text| Edit::parse(text))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| CommandError::usage(error.to_string()))?;
    let raw = match &args.data {
        Some(path) => {
            let bytes = read(Some(path), session.ui)?;
            event_can_be_read(provider, &bytes)?;
            bytes
        }
        None => {
            compose::sample(event, id, filler).map_err(|error| compose_error(error, provider))?
        }
    };
    let body = compose::edited(raw, &edits).map_err(|error| compose_error(error, provider))?;
    let Some(name) = &args.target else {
        return Ok(body);
    };
    let target = provider
        .targets
        .iter()
        .find(|target| target.name == *name)
        .ok_or_else(|| {
            let names: Vec<String> = provider
                .targets
                .iter()
                .map(|own| own.name.clone())
                .collect();
            let error =
                CommandError::usage(format!("unknown target of `{}`: `{name}`", provider.id));
            if names.is_empty() {
                error.hint("it has none; leave --target out")
            } else {
                error.hint(format!("its targets are: {}", names.join(", ")))
            }
        })?;
    if !target.http {
        return Err(CommandError::usage(format!(
            "target is not an HTTP request and cannot be sent: `{name}`"
        ))
        .hint(target.about.clone()));
    }
    compose::for_target(target, event, body, filler).map_err(|error| compose_error(error, provider))
}

/// A body must be JSON where the provider's event stands nowhere else.
fn event_can_be_read(provider: &Provider, body: &[u8]) -> Result<(), CommandError> {
    let in_header = provider
        .locate
        .event
        .iter()
        .any(|own| own.headers().next().is_some());
    let Some(place) = provider.locate.event.first().filter(|_| !in_header) else {
        return Ok(());
    };
    serde_json::from_slice::<serde::de::IgnoredAny>(body).map(|_| ()).map_err(|error| {
        CommandError::usage(format!(
            "body is not JSON, but `{}` tells its event by {}",
            provider.id,
            place.describe()
        ))
        .because(error)
        .hint("to post any bytes, signed: hookcat sign PROVIDER FILE | curl -H @- --data-binary @FILE URL")
    })
}

/// What was signed counts as valid: the same engine would say so.
fn judged(scheme: Option<&Scheme>, keys: &[Key]) -> Judgement {
    let verdict = match scheme {
        None => Verdict::Unverifiable(Why::ProviderDoesNotSign),
        Some(_) if keys.is_empty() => Verdict::Unverifiable(Why::NoSecret),
        Some(scheme) => Verdict::Valid(Proof {
            secret_index: 0,
            coverage: scheme.coverage(),
            age: None,
        }),
    };
    Judgement::new(&verdict, None)
}

/// The target a URL stands for: path and query.
pub(super) fn target(url: &Url) -> String {
    match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    }
}

/// Prints a request in one of its forms.
pub(super) fn print(
    form: Print,
    message: &Message,
    url: &Url,
    session: &Session,
) -> Result<(), CommandError> {
    match form {
        Print::Curl => session.ui.line(&request::curl(message, url.as_str())),
        Print::Json => session
            .ui
            .line(&json::line(&json::request(message, url.as_str()))),
        Print::Http => {
            let host = match url.port() {
                Some(port) => format!("{}:{port}", url.host_str().unwrap_or_default()),
                None => url.host_str().unwrap_or_default().to_owned(),
            };
            session
                .ui
                .data(&request::http(message, &target(url), &host))
        }
    }
}

/// The log's writer, unless there is to be none.
pub(super) fn writer(
    options: &ToOptions,
    session: &Session,
) -> Result<Option<(Log, Writer)>, CommandError> {
    if options.no_log {
        return Ok(None);
    }
    let log = session.log()?;
    let writer = log.writer().map_err(|error| log_error(&error))?;
    Ok(Some((log, writer)))
}

/// Sends one delivery after another: attempts, log, lines.
pub(super) struct Shipment<'a> {
    pub(super) session: &'a Session,
    pub(super) options: &'a ToOptions,
    pub(super) client: Client,
    pub(super) policy: Policy,
    pub(super) writer: Option<(Log, Writer)>,
}

impl Shipment<'_> {
    /// Sends a delivery and tells what comes of it; `message` makes each attempt's request.
    pub(super) async fn ship(
        &self,
        mut delivery: Delivery,
        url: &Url,
        message: impl FnMut(u32) -> Message,
    ) -> Result<Option<Attempt>, CommandError> {
        let ui = self.session.ui;
        let look = Look {
            paint: ui.out(),
            zone: jiff::tz::TimeZone::system(),
            body_lines: 0,
            headers: false,
        };
        if let Some((_, writer)) = &self.writer {
            let receipt = writer
                .delivery(delivery.clone())
                .map_err(|error| log_error(&error))?;
            let receipt = receipt
                .await
                .map_err(|_| CommandError::failure("the log's writer ended"))?;
            delivery.id = Some(receipt.map_err(|error| log_error(&error))?.id);
        }
        let text = self.options.format == Format::Text;
        if text {
            ui.line(&event::departure(&delivery, url.as_str(), &look))?;
        }
        let pace = Pace {
            retry: self.options.retry,
            speed: self.options.speed,
        };
        let mut pending = Vec::new();
        let mut failed = None;
        let tell = |progress: Progress<'_>| match progress {
            Progress::Ended(attempt, _) => {
                if let (Some((_, writer)), Some(id)) = (&self.writer, delivery.id) {
                    pending.push(writer.attempt(id, attempt.clone()));
                }
                if text && let Err(error) = ui.line(&event::attempt(&delivery, attempt, &look)) {
                    failed.get_or_insert(error);
                }
            }
            Progress::Waiting { next, delay, wait } => ui.status(&format!(
                "attempt {next} in {}{}",
                event::span(wait),
                if wait == delay {
                    String::new()
                } else {
                    format!(" (the provider waits {})", event::span(delay))
                }
            )),
        };
        let (made, _) = attempts(&self.client, &self.policy, pace, url, message, tell)
            .await
            .map_err(client_error)?;
        for write in pending {
            let written = write.map_err(|error| log_error(&error))?.await;
            written
                .map_err(|_| CommandError::failure("the log's writer ended"))?
                .map_err(|error| log_error(&error))?;
        }
        if let Some(error) = failed {
            return Err(error);
        }
        delivery.attempts = made;
        if !text {
            ui.line(&json::line(&json::delivery(&delivery)))?;
        }
        Ok(delivery.attempts.pop())
    }
}

/// The ending that the last attempt stands for.
pub(super) fn finish(last: Option<Attempt>) -> Result<(), CommandError> {
    let Some(attempt) = last else {
        return Ok(());
    };
    match &attempt.result {
        Ok(reply) if Policy::default().judge(Some(reply.status)) == Outcome::Delivered => Ok(()),
        Ok(reply) => Err(CommandError::new(
            Kind::NotAccepted,
            format!("endpoint answered {}: `{}`", reply.status, attempt.url),
        )),
        Err(failure) => Err(CommandError::new(
            Kind::NotReached,
            format!("endpoint was not reached: `{}`", attempt.url),
        )
        .because(failure.message.clone())
        .hint("is it running? `hookcat listen` is one")),
    }
}

/// Runs what waits, until it is done or Ctrl-C.
pub(super) fn block_on<T>(future: impl Future<Output = T>) -> Result<T, CommandError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| CommandError::failure("cannot start the runtime").because(error))?;
    runtime.block_on(async {
        tokio::select! {
            result = future => Ok(result),
            _ = tokio::signal::ctrl_c() => {
                Err(CommandError::new(Kind::Interrupted, "interrupted before a result"))
            }
        }
    })
}

/// What HTTP cannot carry, or no client at all.
pub(super) fn client_error(error: ClientError) -> CommandError {
    match error {
        ClientError::Setup(source) => {
            CommandError::failure("cannot set up the HTTP client").because(source)
        }
        error => CommandError::usage(error.to_string()),
    }
}

/// A request that cannot be composed, with what helps.
pub(super) fn compose_error(error: ComposeError, provider: &Provider) -> CommandError {
    match error {
        ComposeError::NotJson(source) => CommandError::usage("body is not JSON")
            .because(source)
            .hint("--set needs a JSON body; without it, --data is sent as it is"),
        ComposeError::Edit(error) => CommandError::usage(error.to_string()),
        ComposeError::Sign(error) => sign_error(&error, provider),
        ComposeError::Template(error) => definition_error(error),
    }
}
