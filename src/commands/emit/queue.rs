//! Where events go: into the log's file, from which `serve` delivers them.

use std::collections::BTreeMap;

use super::EmitArgs;
use crate::commands::options::Format;
use crate::commands::session::{Session, log_error};
use crate::core::provider::Provider;
use crate::core::serve::scope::Scope;
use crate::core::serve::subscription::Subscription;
use crate::env;
use crate::error::CommandError;
use crate::log::{Log, Occurrence, Wanted};
use crate::repeat::Clock;
use crate::show::event::Look;
use crate::show::json;
use crate::show::occurrence::{self, Happened};

/// How many webhooks are read at once.
const PAGE: u32 = 1000;
/// Bytes of events that are held to be written at once: more than an usual push has.
const HELD: usize = 8 * 1024 * 1024;

/// Takes events, writes them all at once, and says of each for how many webhooks it is.
pub(super) struct Queue<'a> {
    session: &'a Session,
    log: Log,
    clock: Clock,
    format: Format,
    webhooks: BTreeMap<String, Vec<Subscription>>,
    held: Vec<Held>,
    bytes: usize,
    /// Events that no webhook takes.
    in_vain: usize,
}

/// An event that is not written yet.
struct Held {
    occurrence: Occurrence,
    ref_name: Option<String>,
    webhooks: usize,
}

impl<'a> Queue<'a> {
    pub(super) fn open(args: &EmitArgs, session: &'a Session) -> Result<Self, CommandError> {
        Ok(Self {
            session,
            log: session.log()?,
            clock: args.repeat.clock(),
            format: args.format,
            webhooks: BTreeMap::new(),
            held: Vec::new(),
            bytes: 0,
            in_vain: 0,
        })
    }

    /// Has an event happen, at the latest when the queue is closed.
    pub(super) fn put(
        &mut self,
        provider: &Provider,
        event: &str,
        (scope, ref_name): (&Scope, Option<&str>),
        payload: Vec<u8>,
    ) -> Result<(), CommandError> {
        let webhooks = self.takers(provider, event, scope)?;
        self.bytes += payload.len();
        self.held.push(Held {
            occurrence: Occurrence {
                at: self.clock.now(),
                provider: provider.id.clone(),
                event: event.to_owned(),
                scope: scope.clone(),
                payload: payload.into(),
            },
            ref_name: ref_name.map(str::to_owned),
            webhooks,
        });
        if self.bytes >= HELD {
            self.write()?;
        }
        Ok(())
    }

    /// Writes what is held, and says so once it is on disk.
    fn write(&mut self) -> Result<(), CommandError> {
        let held = std::mem::take(&mut self.held);
        self.bytes = 0;
        let (occurrences, told): (Vec<_>, Vec<_>) = held
            .into_iter()
            .map(|own| (own.occurrence, (own.ref_name, own.webhooks)))
            .unzip();
        let ids = self.log.all_happened(&occurrences);
        let ids = ids.map_err(|error| log_error(&error))?;
        for ((id, occurrence), (ref_name, webhooks)) in ids.into_iter().zip(&occurrences).zip(told)
        {
            self.in_vain += usize::from(webhooks == 0);
            self.tell(&Happened {
                id,
                at: occurrence.at,
                provider: &occurrence.provider,
                event: &occurrence.event,
                repository: occurrence.scope.as_str(),
                ref_name: ref_name.as_deref(),
                payload: &occurrence.payload,
                webhooks,
            })?;
        }
        Ok(())
    }

    fn tell(&self, happened: &Happened<'_>) -> Result<(), CommandError> {
        let ui = self.session.ui;
        if self.format == Format::Json {
            return ui.line(&json::line(&occurrence::json(happened)));
        }
        let look = Look {
            paint: ui.out(),
            zone: env::zone(),
            body_lines: 0,
            headers: false,
            width: ui.width(),
        };
        ui.line(&occurrence::line(happened, &look))
    }

    /// How many webhooks take an event.
    fn takers(
        &mut self,
        provider: &Provider,
        event: &str,
        scope: &Scope,
    ) -> Result<usize, CommandError> {
        if !self.webhooks.contains_key(&provider.id) {
            let found = self.active(&provider.id)?;
            self.webhooks.insert(provider.id.clone(), found);
        }
        let takes = |own: &&Subscription| own.takes(&provider.id, event, scope);
        let all = self.webhooks.get(&provider.id);
        Ok(all.into_iter().flatten().filter(takes).count())
    }

    fn active(&self, provider: &str) -> Result<Vec<Subscription>, CommandError> {
        let mut wanted = Wanted {
            provider: Some(provider),
            ..Wanted::default()
        };
        let mut found = Vec::new();
        loop {
            let page = self
                .log
                .subscriptions(wanted, PAGE)
                .map_err(|error| log_error(&error))?;
            let Some(last) = page.last() else {
                return Ok(found);
            };
            wanted.after = last.subscription.id;
            found.extend(
                page.into_iter()
                    .map(|own| own.subscription)
                    .filter(|own| own.active),
            );
        }
    }

    /// Writes the rest, and says what helps where nobody hears of anything.
    pub(super) fn close(mut self) -> Result<(), CommandError> {
        self.write()?;
        let ui = self.session.ui;
        if self.in_vain > 0 && ui.err_is_terminal() {
            ui.hint("`hookcat hooks list` shows which webhooks take what");
        }
        Ok(())
    }
}
