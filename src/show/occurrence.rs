//! An event that happened at a provider which is played here.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::event::{Look, size};
use super::line::Line;
use super::{Paint, sanitize};

/// What happened, and for whom.
#[derive(Clone, Debug)]
pub struct Happened<'a> {
    /// The event's number.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// The provider's id.
    pub provider: &'a str,
    /// The event's name.
    pub event: &'a str,
    /// The repository, empty where it is of none.
    pub repository: &'a str,
    /// The ref it is about, where a push told it.
    pub ref_name: Option<&'a str>,
    /// The body.
    pub payload: &'a [u8],
    /// How many webhooks take it.
    pub webhooks: usize,
}

/// The line of an event.
#[must_use]
pub fn line(own: &Happened<'_>, look: &Look) -> String {
    let name = [own.provider, own.event].map(sanitize::name).join(" ");
    let mut left = Line::new(own.at, "==>", look)
        .styled(Paint::bold, &name)
        .piece(&size(own.payload.len()));
    let places = [
        Some(own.repository).filter(|name| !name.is_empty()),
        own.ref_name,
    ];
    let places: Vec<_> = places.into_iter().flatten().map(sanitize::name).collect();
    if !places.is_empty() {
        left = left.piece(&places.join(" "));
    }
    let right = match own.webhooks {
        0 => "no webhook takes it".to_owned(),
        1 => "for 1 webhook".to_owned(),
        many => format!("for {many} webhooks"),
    };
    left.end(&right)
}

/// The same for programs.
#[must_use]
pub fn json(own: &Happened<'_>) -> Value {
    let text = || Value::from(String::from_utf8_lossy(own.payload));
    json!({
        "v": 1,
        "type": "event",
        "id": own.id,
        "at": own.at.to_string(),
        "provider": own.provider,
        "event": own.event,
        "repository": Some(own.repository).filter(|name| !name.is_empty()),
        "ref": own.ref_name,
        "webhooks": own.webhooks,
        "size": own.payload.len(),
        "payload": serde_json::from_slice(own.payload).unwrap_or_else(|_| text()),
    })
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::show::Paint;

    #[test]
    fn a_line_says_what_happened_and_for_whom() {
        let look = Look {
            paint: Paint::new(false),
            zone: TimeZone::UTC,
            body_lines: 0,
            headers: false,
            width: usize::MAX,
        };
        let own = Happened {
            id: 7,
            at: Timestamp::UNIX_EPOCH,
            provider: "dits",
            event: "push.force",
            repository: "my-org/my-app",
            ref_name: Some("refs/heads/\u{1b}[2J"),
            payload: b"{\"a\":1}",
            webhooks: 1,
        };
        assert_eq!(
            line(&own, &look),
            "00:00:00.000  ==>  dits push.force  7 B  my-org/my-app \"refs/heads/\\x1b[2J\"  for 1 webhook"
        );
        assert_eq!(json(&own)["payload"]["a"], 1);
        let none = Happened {
            repository: "",
            ref_name: None,
            payload: b"\xff",
            webhooks: 0,
            ..own
        };
        let told = line(&none, &look);
        assert!(told.starts_with("00:00:00.000  ==>  dits push.force  1 B  "));
        assert!(told.ends_with("  no webhook takes it"), "{told}");
        assert_eq!(json(&none)["payload"], "\u{fffd}");
        assert_eq!(json(&none)["repository"], Value::Null);
    }
}
