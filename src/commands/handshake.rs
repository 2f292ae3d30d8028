//! Handshakes on the command line: what `listen` is given for them, and `send PROVIDER handshake`.

use clap::Args;
use reqwest::Url;
use serde_json::json;

use super::ending::finish;
use super::options::{Format, own_headers};
use super::send::{SendArgs, compose_error, print, target, warn_unsigned};
use super::session::{self, Session, keys, one_of};
use super::shipment::{Shipment, block_on, writer};
use super::sign::definition_error;
use crate::core::compose::{self, Occasion, Signing};
use crate::core::delivery::{Delivery, Direction, Judgement};
use crate::core::event::View;
use crate::core::handshake::{self, Answer, Flaw, Given, Handshake, PREFIX, Refusal};
use crate::core::message::Message;
use crate::core::outgoing::judged;
use crate::core::provider::Provider;
use crate::core::scheme::{Key, Scheme};
use crate::core::secret::Secret;
use crate::core::template::Filler;
use crate::core::verdict::{Reason, Verdict, Why};
use crate::error::{CommandError, Kind};
use crate::providers::nearest;
use crate::receive::handshake::{Handshakes, News};
use crate::secrets::SecretRef;
use crate::show::{json as show_json, sanitize};
use crate::ui::Ui;

/// What `send` takes for a handshake.
const WORD: &str = "handshake";

/// The token of handshakes: shared by `listen` and `send`.
#[derive(Args, Clone, Debug)]
pub(super) struct TokenOptions {
    /// The verify token you chose, where handshakes hold one (Meta, eBay): a reference as --secret
    /// takes it
    #[arg(long, value_name = "REF")]
    verify_token: Option<SecretRef>,
}

/// How `listen` answers handshakes.
#[derive(Args, Clone, Debug)]
pub(super) struct AnswerOptions {
    #[command(flatten)]
    token: TokenOptions,

    /// Answer challenges that sign the sender's text even where others can reach this address
    ///
    /// X, Zoom and others want a text of theirs signed with the secret that signs deliveries. They
    /// get it for the providers given by --provider, and only while nobody but this machine can
    /// reach the address; --public-url says that others can.
    #[arg(long)]
    sign_challenges: bool,
}

impl TokenOptions {
    /// The token.
    ///
    /// # Errors
    /// A usage error for a reference that leads nowhere.
    pub(super) fn read(&self, session: &Session) -> Result<Option<Secret>, CommandError> {
        let Some(reference) = &self.verify_token else {
            return Ok(None);
        };
        let (_, source) = reference.read(|_| false, &[])?;
        source.resolve(session.ui).map(Some)
    }
}

impl AnswerOptions {
    /// The reference to the token.
    pub(super) fn reference(&self) -> Option<&SecretRef> {
        self.token.verify_token.as_ref()
    }

    /// What `listen` answers handshakes with; that others can reach it is not known to be wrong yet.
    ///
    /// # Errors
    /// As [`TokenOptions::read`].
    pub(super) fn read(
        &self,
        key_id: Option<&str>,
        session: &Session,
    ) -> Result<Handshakes, CommandError> {
        Ok(Handshakes {
            verify_token: self.token.read(session)?,
            key_id: key_id.map(str::to_owned),
            exposed: true,
            sign_challenges: self.sign_challenges,
        })
    }
}

/// Tells what a handshake leaves to do.
pub(super) fn handshaken(ui: Ui, provider: &str, news: &News) {
    match news {
        News::Next(text) => ui.hint(&format!("`{provider}`: {}", sanitize::line(text))),
        News::Refused(why, helps) => {
            let why = sanitize::line(why);
            ui.warn(&format!(
                "a handshake of `{provider}` was answered 403: {why}"
            ));
            if let Some(hint) = helps {
                ui.hint(hint);
            }
        }
    }
}

/// The handshake an event's name stands for: `handshake` is the first, `handshake:NAME` one of them.
///
/// # Errors
/// A usage error where the provider has none, or none of this name.
pub(super) fn find<'a>(
    provider: &'a Provider,
    event: &str,
) -> Result<Option<&'a Handshake>, CommandError> {
    let name = event.strip_prefix(PREFIX);
    if name.is_none() && event != WORD {
        return Ok(None);
    }
    let all = || provider.handshakes.iter().map(|own| own.name.as_str());
    let found = match name {
        None => provider.handshakes.first(),
        Some(name) => provider.handshake(name),
    };
    if found.is_some() {
        return Ok(found);
    }
    let id = &provider.id;
    Err(match name {
        Some(name) if !provider.handshakes.is_empty() => {
            let mut near = nearest(name, all());
            if near.is_empty() {
                near = all().map(str::to_owned).collect();
            }
            CommandError::usage(format!("unknown handshake of `{id}`: `{name}`"))
                .hint(format!("did you mean {}?", one_of(&near)))
        }
        _ => CommandError::usage(format!("`{id}` has no handshake"))
            .hint(format!("`hookcat providers show {id}` lists its events")),
    })
}

/// Plays the provider's side of a handshake and judges the answer.
///
/// # Errors
/// Kind `NotAccepted` for a wrong answer, `NotReached` for none.
pub(super) fn send(
    args: &SendArgs,
    session: &Session,
    provider: &Provider,
    handshake: &Handshake,
) -> Result<(), CommandError> {
    if args.body.is_given() || args.target.is_some() {
        return Err(CommandError::usage(
            "--data, --set and --target are for events: a handshake is as its provider sends it",
        ));
    }
    let play = Play::prepare(args, session, provider, handshake)?;
    let message = play.message()?;
    let view = View::new(&message);
    // Told before anything is sent: without a secret or a token, no answer can be judged.
    handshake
        .answer(&view, play.given())
        .map_err(|refusal| not_judged(&refusal, handshake))?;
    let mut url = play.url.clone();
    url.set_query(message.target.split_once('?').map(|(_, query)| query));
    let unsigned = handshake.signed && play.keys.is_empty();
    if let Some(form) = args.print {
        return print(form, &message, &url, session);
    }
    if unsigned {
        warn_unsigned(provider, "sent", session.ui);
    }
    let policy = args.to.policy(Some(provider));
    let run = Shipment {
        session,
        options: &args.to,
        client: args.to.client(&policy, &args.repeat)?,
        policy,
        writer: writer(&args.to, session)?,
    };
    let got = play.ship(&run, &message, &url, &play.verdict())?;
    let flaws = handshake
        .flaws(&view, play.given(), &got)
        .map_err(|refusal| not_judged(&refusal, handshake))?;
    if handshake.is_reflected(&got.headers) {
        let ui = session.ui;
        ui.warn("the sender's text is given back as HTML: whoever opens the URL gets their script");
        ui.hint("answer it as text/plain, with X-Content-Type-Options: nosniff");
    }
    let right = play.tell(&handshake.name, "", &flaws)?;
    if handshake.forged && !unsigned {
        let verdict = &Verdict::Invalid(Reason::Mismatch);
        let got = play.ship(&run, &handshake::forged(&message), &url, verdict)?;
        let flaws = (got.status != 401).then(|| Flaw::Status(got.status, "401".to_owned()));
        let flaws: Vec<Flaw> = flaws.into_iter().collect();
        let too = play.tell(&handshake.name, " with a wrong signature", &flaws)?;
        return ended(right && too);
    }
    ended(right)
}

fn ended(right: bool) -> Result<(), CommandError> {
    if right {
        return Ok(());
    }
    Err(CommandError::said(Kind::NotAccepted))
}

/// One handshake about to be sent.
struct Play<'a> {
    args: &'a SendArgs,
    session: &'a Session,
    provider: &'a Provider,
    handshake: &'a Handshake,
    keys: Vec<Key>,
    secret: Option<Secret>,
    token: Option<Secret>,
    url: Url,
    /// The URL without its query.
    place: String,
    filler: Filler,
    id: String,
}

impl<'a> Play<'a> {
    fn prepare(
        args: &'a SendArgs,
        session: &'a Session,
        provider: &'a Provider,
        handshake: &'a Handshake,
    ) -> Result<Self, CommandError> {
        let mut keyring = session.keyring(&args.signing.secrets, &[provider])?;
        args.signing.certify(&mut keyring)?;
        let scheme = session::scheme(provider, args.provider(), args.signing.scheme.as_deref())?;
        let keys = match scheme.filter(|_| handshake.signed) {
            Some(scheme) => keys(&keyring, provider, scheme, session.ui)?,
            None => Vec::new(),
        };
        let filler = Filler::new(args.repeat.clock().now(), args.repeat.random()?);
        let id = match &args.id {
            Some(id) => id.clone(),
            None => compose::delivery_id(provider, &filler).map_err(definition_error)?,
        };
        let url = args.to.endpoint(session)?;
        let mut place = url.clone();
        place.set_query(None);
        Ok(Self {
            args,
            session,
            provider,
            handshake,
            keys,
            secret: keyring.secret(&provider.id, None).cloned(),
            token: args.token.read(session)?,
            place: place.to_string(),
            url,
            filler,
            id,
        })
    }

    fn given(&self) -> Given<'_> {
        Given {
            secret: self.secret.as_ref(),
            verify_token: self.token.as_ref(),
            url: &self.place,
            key_id: self.args.signing.key_id.as_deref(),
        }
    }

    fn scheme(&self) -> Option<&Scheme> {
        let named = self.args.signing.scheme.as_deref();
        session::scheme(self.provider, self.args.provider(), named)
            .ok()
            .flatten()
    }

    /// The request, with fresh values.
    fn message(&self) -> Result<Message, CommandError> {
        let signing = self.scheme().filter(|_| !self.keys.is_empty());
        let signing = signing.map(|scheme| Signing {
            scheme,
            keys: &self.keys,
            key_id: self.args.signing.key_id.as_deref(),
        });
        let occasion = Occasion {
            id: &self.id,
            now: self.args.repeat.clock().now(),
            url: self.url.as_str(),
        };
        let given = self.given();
        let (provider, own) = (self.provider, self.handshake);
        let mut message = handshake::request(provider, own, given, signing, occasion, &self.filler)
            .map_err(|error| compose_error(error, provider))?;
        for (name, value) in own_headers(&self.args.headers)?.iter() {
            message.headers.set(name, value);
        }
        if !message.headers.contains("user-agent") {
            let own = concat!("hookcat/", env!("CARGO_PKG_VERSION"));
            message.headers.push("User-Agent", own);
        }
        let query = message.target.split_once('?').map(|(_, query)| query);
        let queries = [self.url.query(), query];
        let queries: Vec<&str> = queries.into_iter().flatten().collect();
        let mut url = self.url.clone();
        url.set_query(
            Some(&queries.join("&"))
                .filter(|own| !own.is_empty())
                .map(String::as_str),
        );
        message.target = target(&url);
        Ok(message)
    }

    fn verdict(&self) -> Verdict {
        if self.handshake.signed {
            judged(self.scheme(), &self.keys)
        } else {
            Verdict::Unverifiable(Why::UnsignedHandshake)
        }
    }

    /// Sends a request and gives what came back.
    fn ship(
        &self,
        run: &Shipment<'_>,
        message: &Message,
        url: &Url,
        verdict: &Verdict,
    ) -> Result<Answer, CommandError> {
        let delivery = Delivery {
            provider: Some(self.provider.id.clone()),
            event: Some(self.handshake.event()),
            delivery_id: View::new(message).locate(&self.provider.locate.delivery_id),
            judgement: Some(Judgement::new(verdict, None)),
            ..Delivery::new(
                Direction::Sent,
                self.args.repeat.clock().now(),
                message.clone(),
            )
        };
        let last = block_on(run.ship(delivery, url, |_| message.clone()))??;
        if let Some(Ok(reply)) = last.as_ref().map(|attempt| &attempt.result) {
            return Ok(Answer {
                status: reply.status,
                headers: reply.headers.clone(),
                body: reply.body.to_vec(),
            });
        }
        finish(last.as_ref())?;
        Err(CommandError::failure("there was no attempt"))
    }

    /// Tells whether an answer was right.
    fn tell(&self, name: &str, how: &str, flaws: &[Flaw]) -> Result<bool, CommandError> {
        let (ui, right) = (self.session.ui, flaws.is_empty());
        if self.args.to.format == Format::Json {
            let flaws: Vec<String> = flaws.iter().map(ToString::to_string).collect();
            ui.line(&show_json::line(&json!({
                "v": 1,
                "type": "handshake",
                "provider": self.provider.id,
                "name": name,
                "forged": !how.is_empty(),
                "right": right,
                "flaws": flaws,
            })))?;
            return Ok(right);
        }
        let paint = ui.out();
        let mut text = if right {
            paint.green(&format!("✓ handshake {name}{how} answered right"))
        } else {
            paint.red(&format!("✗ handshake {name}{how} answered wrong"))
        };
        for flaw in flaws {
            text.push_str(&format!("\n    {}", sanitize::line(&flaw.to_string())));
        }
        ui.line(&text)?;
        Ok(right)
    }
}

/// What is missing to know the right answer.
fn not_judged(refusal: &Refusal, handshake: &Handshake) -> CommandError {
    let error = CommandError::usage(format!(
        "right answer to handshake `{}` is not known: {refusal}",
        handshake.name
    ));
    match refusal.hint() {
        Some(hint) => error.hint(hint),
        None => error,
    }
}
