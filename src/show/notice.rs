//! An event told to people: a message for a chat, a mail. What stands in a payload is foreign: it is
//! made safe, bounded, and kept from the markup around it.

use serde_json::Value;

use super::event::size;
use super::sanitize;
use crate::core::event::View;
use crate::core::message::{Headers, Message};
use crate::core::provider::Provider;

/// A value is cut behind so many characters.
const VALUE: usize = 200;
/// A message has so many further facts.
const FACTS: usize = 12;
/// So deep a payload is looked into.
const DEPTH: usize = 4;

/// What is looked for first, in this order: what it is about, where, by whom.
const ABOUT: [&str; 9] = [
    "/artifact/path",
    "/pullRequest/title",
    "/data/pull_request/title",
    "/issue/title",
    "/ref",
    "/branch/name",
    "/tag/name",
    "/lock/path",
    "/data/sync_task/id",
];
const PLACE: [&str; 6] = [
    "/repository/full_name",
    "/repository/fullName",
    "/repository/name",
    "/repository/url",
    "/repository/id",
    "/organization/name",
];
const PERSON: [&str; 5] = [
    "/user",
    "/sender/name",
    "/sender/login",
    "/sender/email",
    "/actor/name",
];
const SIZE: &str = "/artifact/size";
/// What is told otherwise, or tells a person nothing.
const LEFT_OUT: [&str; 8] = [
    "event",
    "type",
    "timestamp",
    "action",
    "repository",
    "sender",
    "user",
    "organization",
];

/// What a message says of an event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notice {
    provider: String,
    event: String,
    title: String,
    about: Option<String>,
    size: Option<usize>,
    place: Option<String>,
    person: Option<String>,
    at: Option<String>,
    commits: Vec<String>,
    facts: Vec<(String, String)>,
}

impl Notice {
    /// Reads an event's payload; of a body that is no JSON, there is but its size to tell.
    #[must_use]
    pub fn of(provider: &Provider, event: &str, payload: &[u8]) -> Self {
        let title = provider.event(event).map(|own| own.title.as_str());
        let message = Message::post(Headers::new(), payload.to_vec());
        let view = View::new(&message);
        let mut notice = Self {
            provider: provider.name.clone(),
            event: event.to_owned(),
            title: title
                .filter(|own| !own.is_empty())
                .unwrap_or(event)
                .to_owned(),
            at: view.locate(&provider.locate.occurred_at),
            ..Self::default()
        };
        let Some(json) = view.json() else {
            let body = format!("{}, no JSON", size(payload.len()));
            notice.facts.push(("body".to_owned(), body));
            return notice;
        };
        let first = |places: &[&'static str]| {
            let mut found = places
                .iter()
                .filter_map(|at| Some((*at, text(json.pointer(at)?)?)));
            found.find(|(_, text)| !text.is_empty())
        };
        let about = first(&ABOUT);
        notice.place = first(&PLACE).map(|own| own.1);
        notice.person = first(&PERSON).map(|own| own.1);
        notice.size = json
            .pointer(SIZE)
            .and_then(Value::as_u64)
            .and_then(|bytes| usize::try_from(bytes).ok());
        let commits = json.get("commits").and_then(Value::as_array);
        notice.commits = commits
            .into_iter()
            .flatten()
            .rev()
            .filter_map(commit)
            .collect();
        let taken = about.as_ref().map_or("", |own| own.0);
        leaves(json, "", DEPTH, taken, &mut notice.facts);
        notice.about = about.map(|own| own.1);
        notice
    }

    /// The text of a Slack message, in its mrkdwn: what is foreign stands in code, where nothing is a
    /// link, a mention or bold.
    ///
    /// <https://docs.slack.dev/messaging/formatting-message-text>
    #[must_use]
    pub fn slack(&self) -> String {
        let mut text = format!("*{}*", mrkdwn(&self.title));
        if let Some(about) = &self.about {
            text.push_str(&format!(": {}", code(about)));
        }
        if let Some(bytes) = self.size {
            text.push_str(&format!(" ({})", size(bytes)));
        }
        if let Some(place) = &self.place {
            text.push_str(&format!(" in {}", code(place)));
        }
        if let Some(person) = &self.person {
            text.push_str(&format!(" by {}", code(person)));
        }
        let (commits, more) = shortened(&self.commits);
        for own in commits {
            text.push_str(&format!("\n• {}", code(own)));
        }
        if more > 0 {
            text.push_str(&format!("\n… and {more} more"));
        }
        if self.about.is_none() && self.commits.is_empty() {
            for (name, value) in self.facts.iter().take(FACTS) {
                text.push_str(&format!("\n• {}: {}", mrkdwn(name), code(value)));
            }
        }
        text
    }

    /// The body of a Slack incoming webhook.
    ///
    /// <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks>
    #[must_use]
    pub fn slack_body(&self) -> Vec<u8> {
        serde_json::json!({ "text": self.slack() })
            .to_string()
            .into_bytes()
    }

    /// The subject of a mail: one line.
    #[must_use]
    pub fn subject(&self) -> String {
        let mut text = format!("[{}] {}", safe(&self.provider), safe(&self.title));
        if let Some(about) = &self.about {
            text.push_str(&format!(": {}", safe(about)));
        }
        if let Some(place) = &self.place {
            text.push_str(&format!(" in {}", safe(place)));
        }
        text
    }

    /// The text of a mail.
    #[must_use]
    pub fn mail(&self) -> String {
        let mut lines = vec![safe(&self.title), String::new()];
        let mut row = |name: &str, value: &str| lines.push(format!("{name}: {}", safe(value)));
        row("Event", &self.event);
        for (name, value) in [
            ("At", &self.at),
            ("In", &self.place),
            ("By", &self.person),
            ("About", &self.about),
        ] {
            if let Some(value) = value {
                row(name, value);
            }
        }
        if let Some(bytes) = self.size {
            row("Size", &format!("{} ({bytes} bytes)", size(bytes)));
        }
        let (commits, more) = shortened(&self.commits);
        for own in commits {
            row("Commit", own);
        }
        if more > 0 {
            row("Commit", &format!("… and {more} more"));
        }
        for (name, value) in self.facts.iter().take(FACTS) {
            row(&safe(name), value);
        }
        lines.push(String::new());
        lines.push(format!(
            "This is hookcat, playing {}.",
            safe(&self.provider)
        ));
        lines.join("\n") + "\n"
    }
}

/// As many as a message has room for, and how many are left.
fn shortened(all: &[String]) -> (&[String], usize) {
    let room = all.len().min(FACTS);
    (&all[..room], all.len() - room)
}

/// A scalar as text.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(bool) => Some(bool.to_string()),
        _ => None,
    }
}

/// A commit in a line: the beginning of its name, and of its message.
fn commit(value: &Value) -> Option<String> {
    let sha = value.get("sha").or_else(|| value.get("id"))?.as_str()?;
    let message = value
        .get("message")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let short: String = sha.chars().take(7).collect();
    Some(format!(
        "{short} {}",
        message.lines().next().unwrap_or_default()
    ))
}

/// The scalars of a payload with their paths, but for what is told already.
fn leaves(value: &Value, path: &str, depth: usize, taken: &str, found: &mut Vec<(String, String)>) {
    let Some(fields) = value.as_object().filter(|_| depth > 0) else {
        return;
    };
    for (name, value) in fields {
        let is_told = path.is_empty() && (LEFT_OUT.contains(&name.as_str()) || name == "commits");
        let pointer = format!("{path}/{name}");
        if is_told || pointer == taken || pointer == SIZE || found.len() > FACTS {
            continue;
        }
        let shown = pointer[1..].replace('/', ".");
        match value {
            Value::Array(items) => found.push((shown, format!("{} items", items.len()))),
            Value::Object(_) => leaves(value, &pointer, depth - 1, taken, found),
            Value::Null => {}
            scalar => found.extend(text(scalar).map(|text| (shown, text))),
        }
    }
}

/// Foreign text in one line, cut.
fn safe(text: &str) -> String {
    let cut = match text.char_indices().nth(VALUE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    };
    sanitize::line(&cut).into_owned()
}

/// Foreign text in Slack's markup: the three characters that it reads are written as it asks for, and
/// a backtick, which would begin code or end it, not at all.
fn mrkdwn(text: &str) -> String {
    let text = safe(text).replace('`', "'");
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// The same as code.
fn code(text: &str) -> String {
    format!("`{}`", mrkdwn(text))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::core::compose;
    use crate::core::random::Random;
    use crate::core::template::Filler;
    use crate::providers::Catalog;

    fn provider(name: &str) -> Provider {
        Catalog::default().whole(name).expect("a provider")
    }

    fn notice(name: &str, event: &str, payload: &Value) -> Notice {
        Notice::of(&provider(name), event, payload.to_string().as_bytes())
    }

    fn sample(name: &str, event: &str) -> Notice {
        let provider = provider(name);
        let filler = Filler::new(Timestamp::UNIX_EPOCH, Random::from_text("1"));
        let own = provider.event(event).expect("an event");
        let payload = compose::sample(own, "id", &filler).expect("a sample");
        Notice::of(&provider, event, &payload)
    }

    #[test]
    fn each_event_of_cloudrepo_has_its_message() {
        let said: Vec<String> = provider("cloudrepo")
            .events
            .iter()
            .map(|event| sample("cloudrepo", &event.name).slack())
            .collect();
        assert_eq!(
            said,
            [
                "*File Deletion*: `com/example/app/1.4.0-SNAPSHOT/app-1.4.0-SNAPSHOT.jar` (2.4 MB) \
                 in `maven-snapshots` by `john.doe@example.com`",
                "*File Download*: `example-client/2.0.1/example_client-2.0.1-py3-none-any.whl` (2.4 MB) \
                 in `python-internal` by `ci@example.com`",
                "*File Upload*: `com/example/app/1.4.0/app-1.4.0.jar` (2.4 MB) \
                 in `maven-releases` by `john.doe@example.com`",
            ]
        );
    }

    #[test]
    fn a_mail_has_a_line_a_fact() {
        let own = sample("cloudrepo", "file.upload");
        assert_eq!(
            own.subject(),
            "[CloudRepo] File Upload: com/example/app/1.4.0/app-1.4.0.jar in maven-releases"
        );
        let mail = own.mail();
        let lines: Vec<&str> = mail.lines().collect();
        assert_eq!(
            lines[..7],
            [
                "File Upload",
                "",
                "Event: file.upload",
                "At: 1970-01-01T00:00:00Z",
                "In: maven-releases",
                "By: john.doe@example.com",
                "About: com/example/app/1.4.0/app-1.4.0.jar",
            ]
        );
        assert!(lines[7].starts_with("Size: 2.4 MB ("), "{mail}");
        assert!(lines[8].starts_with("artifact.sha256: "), "{mail}");
        assert_eq!(lines[10], "This is hookcat, playing CloudRepo.");
    }

    #[test]
    fn commits_are_told_the_newest_first_and_not_all() {
        let commits: Vec<Value> = (0..30)
            .map(|number| json!({ "sha": format!("{number:040}"), "message": format!("{number}\nwhy") }))
            .collect();
        let payload = json!({ "ref": "refs/heads/main", "commits": commits });
        let said = notice("statly", "push", &payload).slack();
        let lines: Vec<&str> = said.lines().collect();
        assert_eq!(
            lines[0],
            "*commits pushed to any branch*: `refs/heads/main`"
        );
        assert_eq!(lines[1], "• `0000000 29`");
        assert_eq!((lines.len(), lines[13]), (14, "… and 18 more"));
    }

    #[test]
    fn an_event_nobody_thought_of_is_told_by_its_fields() {
        let payload = json!({
            "event": "drift.detected",
            "organization": { "name": "My Organization" },
            "data": { "drift": { "files": [1, 2], "deep": { "er": { "no": 1 } }, "n": null, "ok": true } },
        });
        let said = notice("repo-file-sync", "drift.detected", &payload).slack();
        assert_eq!(
            said,
            "*drift was detected in a synced repository* in `My Organization`\n\
             • data.drift.files: `2 items`\n• data.drift.ok: `true`"
        );
        let said = Notice::of(&provider("stripe"), "own.event", b"\xff\0").slack();
        assert_eq!(said, "*own.event*\n• body: `2 B, no JSON`");
    }

    #[test]
    fn every_event_there_is_can_be_told() {
        for builtin in Catalog::builtin() {
            let provider = provider(builtin.id);
            for event in &provider.events {
                let filler = Filler::new(Timestamp::UNIX_EPOCH, Random::from_text("1"));
                let id = compose::delivery_id(&provider, &filler).expect("an id");
                let payload = compose::sample(event, &id, &filler).expect("a sample");
                let own = Notice::of(&provider, &event.name, &payload);
                assert!(own.slack().starts_with('*'), "{}", builtin.id);
                assert!(own.slack().len() < 4000 && own.subject().len() < 500);
            }
        }
    }

    #[test]
    fn foreign_text_is_no_markup() {
        let payload = json!({
            "artifact": { "path": "<!channel> & `*x*` \u{202e}\r\nX: 1" },
            "repository": { "name": "<https://evil.example|click>" },
        });
        let own = notice("cloudrepo", "file.upload", &payload);
        assert_eq!(
            own.slack(),
            "*File Upload*: `&lt;!channel&gt; &amp; '*x*' \\u{202e}\\r\\nX: 1` \
             in `&lt;https://evil.example|click&gt;`"
        );
        assert!(!own.subject().contains(['\r', '\n', '\u{202e}']));
        let own = Notice::of(&provider("cloudrepo"), "<!here>", b"{}");
        assert_eq!(own.slack(), "*&lt;!here&gt;*");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn whatever_comes_is_bounded_and_safe(
            name in "\\PC{0,300}|.{0,300}",
            value in ".{0,600}",
            many in 0usize..200,
        ) {
            let mut payload = json!({ "ref": value, "repository": { "name": name }, "sender": { "name": value } });
            for number in 0..many {
                payload[format!("{name}{number}")] = value.clone().into();
            }
            payload["commits"] = vec![json!({ "id": value, "message": value }); many].into();
            let own = notice("statly", &name, &payload);
            let unsafe_ = |char: char| char != '\n' && sanitize::is_hostile(char);
            for text in [own.slack(), own.mail(), own.subject()] {
                prop_assert!(!text.chars().any(unsafe_));
                prop_assert!(text.chars().count() < 40_000);
            }
            prop_assert!(!own.subject().contains('\n'));
            prop_assert!(!own.slack().contains(['<', '>']));
            prop_assert_eq!(own.slack().matches('`').count() % 2, 0);
        }
    }
}
