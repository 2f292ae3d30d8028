//! A handshake as a person would explain it.

use crate::core::handshake::Handshake;

/// What a handshake asks and what the right answer is, each with its label.
#[must_use]
pub fn rows(handshake: &Handshake) -> Vec<(&'static str, String)> {
    let mut rows = vec![
        ("about", handshake.about.clone()),
        ("asks", asks(handshake)),
        ("answer", answer(handshake)),
    ];
    if let Some(allow) = &handshake.allow {
        rows.push(("allows", allow.describe()));
    }
    if handshake.is_oracle() {
        let text = "signs the sender's text with the secret: answered for a named provider only";
        rows.push(("trap", text.to_owned()));
    }
    if handshake.forged {
        let text = "also sent with a wrong signature, which must get 401";
        rows.push(("trap", text.to_owned()));
    }
    if let Some(note) = &handshake.note {
        rows.push(("note", note.clone()));
    }
    rows.push(("source", handshake.source.clone()));
    rows
}

/// `GET, unsigned, with query parameter crc_token`.
fn asks(own: &Handshake) -> String {
    let signed = if own.signed { "signed" } else { "unsigned" };
    let mut with = Vec::new();
    let equal = |kind: &str, name: &str, value: &str| format!("{kind} `{name}` = `{value}`");
    with.extend((own.query.iter()).map(|name| format!("query parameter `{name}`")));
    let query = own.query_equal.iter();
    with.extend(query.map(|(name, value)| equal("query parameter", name, value)));
    with.extend(own.headers.iter().map(|name| format!("header `{name}`")));
    let headers = own.headers_equal.iter();
    with.extend(headers.map(|(name, value)| equal("header", name, value)));
    with.extend((own.json.iter()).map(|at| format!("`{at}` in the JSON body")));
    let json = own.json_equal.iter();
    with.extend(json.map(|(at, value)| format!("`{at}` = {value} in the JSON body")));
    let mut text = format!("{}, {signed}", own.method);
    if !with.is_empty() {
        text.push_str(&format!(", with {}", with.join(", ")));
    }
    text
}

/// `200, text/plain: {query:challenge}`.
fn answer(own: &Handshake) -> String {
    let form = &own.answer;
    let mut text = form.status.to_string();
    for (name, value) in &form.headers {
        text.push_str(&format!(", {name}: {value}"));
    }
    match (&form.content_type, &form.body) {
        (Some(content_type), Some(body)) => text.push_str(&format!(", {content_type}: {body}")),
        (_, Some(_)) => text.push_str(", an empty body"),
        (_, None) => {}
    }
    if let Some(compute) = &own.compute {
        text.push_str(&format!(
            "; computed is {} of {}",
            compute.describe(),
            compute.over
        ));
    }
    text
}
