//! A definition as a person would explain it.

use super::page::Page;
use super::{Paint, handshake, scheme, snippet};
use crate::core::event::Location;
use crate::core::provider::{Confidence, Provider, Status};
use crate::core::retry::Schedule;
use crate::core::scheme::Scheme;

/// Everything a definition says, in lines of so many columns; of the schemes all, or the one named.
#[must_use]
pub fn show(provider: &Provider, only: Option<&Scheme>, paint: Paint, width: usize) -> String {
    let mut page = Page::new(paint, width);
    page.text.push_str(&format!(
        "{} ({})\n",
        paint.bold(&provider.name),
        provider.id
    ));
    about(&mut page, provider);
    let schemes = || provider.schemes.iter();
    for own in schemes().filter(|own| only.is_none_or(|only| only.name == own.name)) {
        scheme::write(&mut page, provider, own);
    }
    if provider.schemes.is_empty() {
        page.title("signature");
        page.row(
            "none",
            "deliveries cannot be verified: the verdict is always `unverifiable`",
        );
    }
    locations(&mut page, provider);
    request(&mut page, provider);
    delivery(&mut page, provider);
    handshakes(&mut page, provider);
    traps(&mut page, provider);
    events(&mut page, provider);
    if let Some(scheme) = only.or(provider.schemes.first()) {
        page.title("verify in a shell");
        for line in snippet::verify(provider, scheme) {
            page.text.push_str(&format!("  {line}\n"));
        }
        page.title("sign in a shell");
        let line = snippet::sign(provider, scheme);
        page.text.push_str(&format!("  {line}\n"));
    }
    page.text
}

fn about(page: &mut Page, provider: &Provider) {
    if !provider.aliases.is_empty() {
        page.row("aliases", &provider.aliases.join(", "));
    }
    page.row("group", provider.category.as_str());
    let status = match provider.status {
        Status::Live => "live",
        Status::Planned => "planned: announced, not in service",
        Status::Unsigned => "unsigned: deliveries carry no signature",
    };
    page.row("status", status);
    page.row("docs", &provider.docs);
    let facts = match provider.confidence {
        Confidence::PublishedVector => {
            "published vector: a signature of the provider's own was recomputed".to_owned()
        }
        Confidence::OfficialSource => {
            "official source: the provider's own documents or library".to_owned()
        }
        Confidence::SecondHand => page.paint.yellow(
            "second-hand: somebody else's account of it; hold it against a real delivery first",
        ),
    };
    page.row("facts", &facts);
    if let Some(warning) = &provider.warning {
        let warning = page.paint.yellow(warning);
        page.row("warning", &warning);
    }
}

fn locations(page: &mut Page, provider: &Provider) {
    page.title("where things stand");
    let places = |locations: &[Location]| {
        if locations.is_empty() {
            return "nowhere documented".to_owned();
        }
        let places: Vec<String> = locations.iter().map(Location::describe).collect();
        places.join(", else ")
    };
    page.row("event", &places(&provider.locate.event));
    page.row("delivery id", &places(&provider.locate.delivery_id));
    page.row("time", &places(&provider.locate.occurred_at));
}

fn request(page: &mut Page, provider: &Provider) {
    page.title("request");
    page.row("method", &provider.send.method);
    page.row("type", &provider.send.content_type);
    if let Some(agent) = &provider.send.user_agent {
        page.row("agent", agent);
    }
    for (name, value) in &provider.send.headers {
        page.row("header", &format!("{name}: {value}"));
    }
    for target in &provider.targets {
        page.row("target", &format!("{}: {}", target.name, target.about));
    }
}

/// What the provider asks of an endpoint besides deliveries.
fn handshakes(page: &mut Page, provider: &Provider) {
    for own in &provider.handshakes {
        page.title(&format!("handshake `{}`", own.name));
        for (label, text) in handshake::rows(own) {
            page.row(label, &text);
        }
    }
}

/// What catches people out.
fn traps(page: &mut Page, provider: &Provider) {
    if provider.notes.is_empty() && provider.payload.own_choice.is_none() {
        return;
    }
    page.title("traps");
    for note in &provider.notes {
        page.item(note);
    }
    if let Some(choice) = &provider.payload.own_choice {
        page.item(&format!("our own choice: {choice}"));
    }
}

fn events(page: &mut Page, provider: &Provider) {
    if provider.events.is_empty() {
        return;
    }
    page.title(&format!("events ({})", provider.events.len()));
    let widest = provider.events.iter().map(|event| event.name.len()).max();
    for event in &provider.events {
        let name = format!("{:width$}", event.name, width = widest.unwrap_or(0));
        let name = page.paint.cyan(&name);
        page.hang(&format!("  {name}  "), &event.title);
    }
}

fn delivery(page: &mut Page, provider: &Provider) {
    let policy = &provider.delivery;
    page.title("delivery");
    page.row("success", "2xx");
    let timeout = policy.timeout.map(|span| span.to_string());
    page.row("timeout", timeout.as_deref().unwrap_or("not documented"));
    if !policy.finals.is_empty() {
        let finals: Vec<String> = policy.finals.iter().map(ToString::to_string).collect();
        page.row("final", &finals.join(", "));
    }
    let retries = match &policy.retry {
        Some(own) => schedule(own),
        // The source under it says whether there are none or only no numbers.
        None if policy.sources.contains_key("retry") => "no schedule is documented".to_owned(),
        None => "not documented".to_owned(),
    };
    page.row("retries", &retries);
    for (key, source) in &policy.sources {
        page.row("source", &format!("{key}: {source}"));
    }
    for choice in &policy.choices {
        page.item(choice);
    }
}

/// A schedule in words: the delays, as many as fit a line.
fn schedule(schedule: &Schedule) -> String {
    const SHOWN: usize = 8;
    let delays: Vec<String> = schedule
        .delays()
        .map(|delay| crate::core::retry::Span(delay).to_string())
        .take(SHOWN + 1)
        .collect();
    let more = if delays.len() > SHOWN { ", …" } else { "" };
    let shown = delays[..delays.len().min(SHOWN)].join(", ");
    match schedule {
        Schedule::Fixed { .. } => format!("after {shown}{more}"),
        Schedule::Multiples { .. } => {
            format!("after {shown}{more} (count and interval configurable)")
        }
        Schedule::Exponential { within, .. } => format!("after {shown}{more} within {within}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::line::visible_width;
    use super::*;
    use crate::providers::Catalog;

    #[test]
    fn pages_fit_the_screen() {
        let catalog = Catalog::default();
        for id in [
            "code-storage",
            "slack",
            "twilio",
            "standard-webhooks",
            "dits",
        ] {
            let provider = catalog.whole(id).expect("known");
            let page = show(&provider, None, Paint::new(false), 60);
            let shell = page.find(" in a shell").unwrap_or(page.len());
            for line in page[..shell].lines() {
                let words = line.split_whitespace().count();
                assert!(visible_width(line) <= 60 || words < 3, "{line}");
            }
        }
    }

    #[test]
    fn one_scheme_can_be_shown_alone() {
        let provider = Catalog::default().whole("github").expect("known");
        let scheme = provider.scheme("github-sha1");
        let page = show(&provider, scheme, Paint::new(false), 80);
        assert!(page.contains("`github-sha1`") && !page.contains("signature `github`"));
        assert!(page.contains("--scheme github-sha1"), "{page}");
    }
}
