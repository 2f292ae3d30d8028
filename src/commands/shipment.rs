//! What `send` and `replay` share: where a delivery goes, its attempts, what is told and recorded.

use std::time::Duration;

use clap::Args;
use reqwest::Url;
use tokio::runtime::Runtime;

use super::ending::client_error;
use super::options::{Format, TrustOptions};
use super::session::{Session, log_error};
use super::signals::Signals;
use crate::core::delivery::{Attempt, Delivery};
use crate::core::message::Message;
use crate::core::outgoing::sent_headers;
use crate::core::provider::Provider;
use crate::core::retry::{Policy, Schedule, Span};
use crate::deliver::{Client, ClientOptions, Pace, Progress, attempts, endpoint, host, masked};
use crate::env;
use crate::error::{CommandError, Kind};
use crate::log::{Log, Writer};
use crate::repeat::Repeat;
use crate::show::event::{self, Look};
use crate::show::{json, note};
use crate::ui::Ui;

/// An endpoint that never answers is given up on after this, where no provider says otherwise.
const TIMEOUT: Duration = Duration::from_secs(30);
/// As much of an answer as is kept in the log.
const REPLY_BYTES: usize = 64 * 1024;

/// Where to send, and how often: shared by `send` and `replay`.
#[derive(Args, Clone, Debug)]
pub(super) struct ToOptions {
    /// The endpoint: a URL, host:port or a port [default: the address of `hookcat listen`]
    ///
    /// An endpoint without a path takes the path and query of the recorded request; one with a path
    /// is used as it is.
    #[arg(long, env = crate::env::unless_empty(crate::env::TO), value_name = "URL", value_hint = clap::ValueHint::Url)]
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

    #[command(flatten)]
    pub trust: TrustOptions,

    /// Keep no log of this
    #[arg(long)]
    pub no_log: bool,

    /// How to print
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: Format,
}

/// A factor of time.
pub(super) fn speed(text: &str) -> Result<f64, String> {
    text.strip_suffix('x')
        .unwrap_or(text)
        .parse()
        .ok()
        .filter(|factor: &f64| (0.001..=1e6).contains(factor))
        .ok_or_else(|| "expected a factor from 0.001x to 1000000x, such as 60x".to_owned())
}

impl ToOptions {
    /// The endpoint: the flag's, the profile's, the configuration's, or where `listen` is.
    pub(super) fn endpoint(&self, session: &Session) -> Result<Url, CommandError> {
        address(self.to.clone(), session)
    }

    /// A provider's policy with the user's own numbers; these alone are a schedule too.
    pub(super) fn policy(&self, provider: Option<&Provider>) -> Policy {
        let mut policy = provider.map(|own| own.delivery.clone()).unwrap_or_default();
        policy.retry = match (policy.retry, self.max_retries, self.retry_interval) {
            (Some(schedule), count, interval) => Some(schedule.configured(count, interval)),
            (None, Some(retries), Some(interval)) => Some(Schedule::Multiples {
                interval,
                multiples: vec![1],
                retries,
            }),
            (None, ..) => None,
        };
        policy
    }

    /// Warns where attempts were asked for and there is no schedule to make them on.
    pub(super) fn warn_of_no_schedule(&self, policy: &Policy, who: Option<&Provider>, ui: Ui) {
        if !self.retry || policy.retry.is_some() {
            return;
        }
        ui.warn(&match who {
            Some(provider) => format!(
                "`{}` documents no schedule of retries: there is one attempt",
                provider.id
            ),
            None => "no provider is known, so no schedule of retries: there is one attempt".into(),
        });
        ui.hint("give a schedule: --retry-interval 30s --max-retries 3");
    }

    /// The client for a policy.
    pub(super) fn client(&self, policy: &Policy, repeat: &Repeat) -> Result<Client, CommandError> {
        Client::new(&self.client_options(policy)?, repeat.clock()).map_err(client_error)
    }

    /// How long an answer is waited for that the provider waits for so long.
    pub(super) fn patience(&self, own: Option<Span>) -> Duration {
        let span = self.timeout.or(own);
        span.map_or(TIMEOUT, |span| span.0)
    }

    /// How that client connects.
    pub(super) fn client_options(&self, policy: &Policy) -> Result<ClientOptions, CommandError> {
        Ok(ClientOptions {
            timeout: self.patience(policy.timeout),
            trust: self.trust.read()?,
            reply_bytes: REPLY_BYTES,
        })
    }
}

/// An endpoint: the one given, the profile's, the configuration's, or where `listen` is.
pub(super) fn address(given: Option<String>, session: &Session) -> Result<Url, CommandError> {
    let listen = session.config.listen();
    let text = match given
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
        mut message: impl FnMut(u32) -> Message,
    ) -> Result<Option<Attempt>, CommandError> {
        let ui = self.session.ui;
        delivery.message.headers = sent_headers(&delivery.message.headers, &host(url));
        let look = Look {
            paint: ui.out(),
            zone: env::zone(),
            body_lines: 0,
            headers: false,
            width: ui.width(),
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
            ui.line(&event::departure(&delivery, &masked(url), &look))?;
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
            Progress::Waiting { next, delay, wait } => ui.status(&note::waiting(next, delay, wait)),
        };
        let attempt = |number| {
            let message = message(number);
            async move { self.client.attempt(&message, url, number).await }
        };
        let (made, _) = attempts(&self.policy, pace, attempt, tell)
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

/// Runs what waits, until it is done, Ctrl-C or SIGTERM.
pub(super) fn block_on<T>(future: impl Future<Output = T>) -> Result<T, CommandError> {
    runtime()?.block_on(unless_interrupted(future))
}

/// What runs futures, on this thread.
pub(super) fn runtime() -> Result<Runtime, CommandError> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| CommandError::failure("cannot start the runtime").because(error))
}

/// A future, up to Ctrl-C or SIGTERM.
pub(super) async fn unless_interrupted<T>(
    future: impl Future<Output = T>,
) -> Result<T, CommandError> {
    let mut signals = Signals::new()?;
    tokio::select! {
        result = future => Ok(result),
        () = signals.next() => {
            Err(CommandError::new(Kind::Interrupted, "interrupted before a result"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factor_has_bounds() {
        for text in ["1e-300", "0", "-1x", "inf", "NaN", "1e7x", "60xx", "x", ""] {
            assert!(speed(text).is_err(), "{text}");
        }
        assert_eq!(speed("60x"), Ok(60.0));
        assert_eq!(speed("0.5"), Ok(0.5));
    }

    #[test]
    fn own_numbers_make_a_schedule_where_none_is_documented() {
        #[derive(clap::Parser)]
        struct Line {
            #[command(flatten)]
            to: ToOptions,
        }
        let policy = |words: &[&str]| {
            let words = [&["send", "--retry"], words].concat();
            <Line as clap::Parser>::parse_from(words).to.policy(None)
        };
        assert_eq!(policy(&[]).retry, None);
        let own = policy(&["--retry-interval", "30s", "--max-retries", "2"]);
        assert_eq!(own.retry.map(|own| own.delays().count()), Some(2));
    }
}
